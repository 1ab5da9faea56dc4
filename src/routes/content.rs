//! Files as bytes, on their way out: whole or in part, from the row or from the bucket, without passing through wasm.

use std::rc::Rc;

use durable_objects::call::{Entry, Error as CallError, Found, Kind, Place, Read, Sought, Stat};
use durable_objects::path::FilePath;
use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::{Blobs, Range};
use crate::conditional::{self, Part, quote};
use crate::disposition::content_disposition;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::mime;
use crate::wire::Time;
use crate::workspace::Workspace;

/// `GET /api/files/content?path=`: the bytes, to be shown.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    raw(&caller, &incoming, "inline").await
}

/// `GET /api/files/download?path=`: the bytes, to be saved.
pub async fn download(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    raw(&caller, &incoming, "attachment").await
}

async fn raw(caller: &Caller, incoming: &Rc<Incoming>, disposition: &'static str) -> Outcome {
    let path = incoming.query_path()?;
    let workspace = Workspace::of(caller, incoming)?;
    let unless = conditional::of_look(incoming);
    if incoming.method == "HEAD" {
        let entry = stat_file(&workspace, path).await?;
        let is_unchanged = unless.matches(Some(&entry.tag()));
        let head = if is_unchanged { unchanged(&entry) } else { described(Answer::empty(200), &entry, disposition) };
        return Ok(if is_unchanged { head } else { head.with("Content-Length", &entry.size_bytes.to_string()) });
    }
    let (Found { mut entry, bytes: place }, response) = workspace.call_for_bytes(Read { path, unless }).await?;
    if place == Place::Unchanged {
        return Ok(unchanged(&entry));
    }
    if let Place::Foreign(key) = &place {
        // Not ours yet: answered as it is now, and whole.
        let (size_bytes, body) = Blobs::of(incoming)?.get_foreign(key).await?;
        entry.size_bytes = size_bytes;
        let answer = Answer::native(200, body).with("Content-Length", &size_bytes.to_string());
        return Ok(described(answer, &entry, disposition));
    }
    let size_bytes = entry.size_bytes;
    let range = match conditional::part(incoming, size_bytes, &entry.tag()) {
        Part::Whole => None,
        Part::Of(range) => Some(range),
        Part::Unsatisfiable => return Err(Error::RangeNotSatisfiable { size_bytes }),
    };
    let body = match (&place, response, range) {
        (Place::Stored(key), ..) => Blobs::of(incoming)?.get(key, size_bytes, range).await?,
        (_, Some(response), None) => response.body().into(),
        (_, response, Some(range)) => slice(&whole(incoming, &place, response, size_bytes).await?, range).into(),
        (_, None, None) => return Err(Error::Internal("the object answered without the bytes".to_owned())),
    };
    let length = range.map_or(size_bytes, |range| range.length);
    let answer =
        Answer::native(if range.is_some() { 206 } else { 200 }, body).with("Content-Length", &length.to_string());
    let answer = match range {
        Some(Range { offset, length }) => {
            answer.with("Content-Range", &format!("bytes {offset}-{}/{size_bytes}", offset + length - 1))
        }
        None => answer,
    };
    Ok(described(answer, &entry, disposition))
}

/// With everything that is to be said of a file's raw bytes.
fn described(answer: Answer, entry: &Entry, disposition: &str) -> Answer {
    let name = entry.path.name();
    let mime = mime::of_name(name);
    let disposition = if mime::is_active(mime) { "attachment" } else { disposition };
    with_validators(answer, entry)
        .with("Content-Type", mime)
        .with("Content-Disposition", &content_disposition(disposition, name))
        .with("Accept-Ranges", "bytes")
        // What a user stores can be anything: it is never to run with the powers of this origin.
        .with("Content-Security-Policy", "sandbox")
}

pub fn with_validators(answer: Answer, entry: &Entry) -> Answer {
    answer.with("ETag", &quote(&entry.tag())).with("Last-Modified", &Time(entry.modified_ms).http_date())
}

/// The answer to a caller who has it already.
pub fn unchanged(entry: &Entry) -> Answer {
    with_validators(Answer::empty(304), entry)
}

/// A file's bytes in one buffer of the runtime: for files of a bounded size.
pub async fn whole(
    incoming: &Rc<Incoming>,
    place: &Place,
    response: Option<Response>,
    size_bytes: u64,
) -> Result<ArrayBuffer, Error> {
    let cut_off = |cause: JsValue| Error::Interrupted(format!("the bytes were cut off: {cause:?}"));
    let response = match (place, response) {
        (Place::Foreign(key), _) => {
            let (size_bytes, body) = Blobs::of(incoming)?.get_foreign(key).await?;
            let max_bytes = incoming.config.json_file_max_bytes;
            if size_bytes > max_bytes {
                return Err(Error::TooLargeForJson { size_bytes, max_bytes });
            }
            Response::new_with_opt_readable_stream(Some(&body.unchecked_into())).map_err(cut_off)?
        }
        (Place::Stored(key), _) => {
            let body = Blobs::of(incoming)?.get(key, size_bytes, None).await?;
            Response::new_with_opt_readable_stream(Some(&body.unchecked_into())).map_err(cut_off)?
        }
        (_, Some(response)) => response,
        (_, None) => return Err(Error::Internal("the object answered without the bytes".to_owned())),
    };
    let buffer = JsFuture::from(response.array_buffer().map_err(cut_off)?).await.map_err(cut_off)?;
    Ok(buffer.unchecked_into())
}

/// Part of a small file. Its numbers fit: the file is in memory.
fn slice(buffer: &ArrayBuffer, Range { offset, length }: Range) -> ArrayBuffer {
    let index = |number| u32::try_from(number).unwrap_or(u32::MAX);
    buffer.slice_with_end(index(offset), index(offset + length))
}

/// A file without its bytes.
async fn stat_file(workspace: &Workspace, path: FilePath) -> Result<Entry, Error> {
    let not_there = CallError::NotFound { sought: Sought::File, path: path.clone() };
    match workspace.call(Stat { path }).await {
        Ok(entry) if entry.kind == Kind::File => Ok(entry),
        Ok(_) | Err(Error::Workspace(CallError::NotFound { .. })) => Err(not_there.into()),
        Err(error) => Err(error),
    }
}
