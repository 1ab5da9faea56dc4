//! Bytes on their way out, whole or in part: what every route that answers raw bytes does about `Range`.

use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::answer::Answer;
use crate::blobs::Range;
use crate::conditional::{self, Part};
use crate::error::Error;
use crate::incoming::Incoming;

/// The part that a caller wants, if it is not the whole.
pub fn asked_for(incoming: &Incoming, size_bytes: u64, tag: &str) -> Result<Option<Range>, Error> {
    match conditional::part(incoming, size_bytes, tag) {
        Part::Whole => Ok(None),
        Part::Of(range) => Ok(Some(range)),
        Part::Unsatisfiable => Err(Error::RangeNotSatisfiable { size_bytes }),
    }
}

/// The whole of so many bytes, or the part of it that was wanted.
pub fn answer(body: JsValue, size_bytes: u64, range: Option<Range>) -> Answer {
    match range {
        Some(Range { offset, length }) => Answer::native(206, body)
            .with("Content-Length", &length.to_string())
            .with("Content-Range", &format!("bytes {offset}-{}/{size_bytes}", offset + length - 1)),
        None => Answer::native(200, body).with("Content-Length", &size_bytes.to_string()),
    }
}

/// Bytes that are in memory, or a part of them.
pub fn of_buffer(buffer: &ArrayBuffer, range: Option<Range>) -> JsValue {
    range.map_or_else(|| buffer.into(), |range| slice(buffer, range).into())
}

/// The body of a response, or a part of it, for bytes that are few enough to be in memory.
pub async fn of_response(response: &Response, range: Option<Range>) -> Result<JsValue, Error> {
    match range {
        Some(range) => Ok(slice(&to_buffer(response).await?, range).into()),
        None => Ok(response.body().into()),
    }
}

/// The body of a response in one buffer.
pub async fn to_buffer(response: &Response) -> Result<ArrayBuffer, Error> {
    let cut_off = |cause: JsValue| Error::Interrupted(format!("the bytes were cut off: {cause:?}"));
    let buffer = response.array_buffer().map_err(cut_off)?;
    Ok(JsFuture::from(buffer).await.map_err(cut_off)?.unchecked_into())
}

/// Part of some bytes. Its numbers fit: the bytes are in memory.
fn slice(buffer: &ArrayBuffer, Range { offset, length }: Range) -> ArrayBuffer {
    let index = |number| u32::try_from(number).unwrap_or(u32::MAX);
    buffer.slice_with_end(index(offset), index(offset + length))
}
