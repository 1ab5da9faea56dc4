//! Bodies of requests, read with a bound: what is over it is refused before it is read, or while.

use js_sys::{Array, ArrayBuffer, JsString, Object, Reflect};
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;

use crate::bytes::{self, decode_utf8, is_text};
use crate::chunks::Chunks;
use crate::error::Error;
use crate::incoming::Incoming;

#[wasm_bindgen]
extern "C" {
    // `js_sys::JSON::parse` takes a Rust string: it would copy the text through wasm.
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &JsString) -> Result<JsValue, JsValue>;
}

/// The longest JSON body: 10 MiB of content, tripled by escapes, with room for the rest.
pub const JSON_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Beyond it, the numbers of JSON are not whole any more.
const MAX_SAFE: f64 = 9_007_199_254_740_992.0;

/// The whole body, up to `max_bytes`. `what` names it in the error.
pub async fn read(incoming: &Incoming, what: &'static str, max_bytes: u64) -> Result<ArrayBuffer, Error> {
    let too_large = |size_bytes| Error::TooLarge { what, size_bytes, max_bytes };
    let broken = |_: JsValue| cut_off();
    match incoming.content_length() {
        Some(size_bytes) if size_bytes > max_bytes => Err(too_large(size_bytes)),
        // The runtime ends a body where its stated length does.
        Some(_) => {
            let buffer = JsFuture::from(incoming.request.array_buffer().map_err(broken)?).await.map_err(broken)?;
            Ok(buffer.unchecked_into())
        }
        None => {
            let Some(stream) = incoming.request.body() else { return Ok(ArrayBuffer::new(0)) };
            collect(stream, what, max_bytes, cut_off).await
        }
    }
}

/// A whole stream of unknown length, up to `max_bytes`. `cut_off` is what it means when it ends too early.
pub async fn collect(
    stream: ReadableStream,
    what: &'static str,
    max_bytes: u64,
    cut_off: fn() -> Error,
) -> Result<ArrayBuffer, Error> {
    let mut chunks = Chunks::new(stream).map_err(|_| cut_off())?;
    let (held, mut seen_bytes) = (Array::new(), 0);
    while let Some(chunk) = chunks.next().await.map_err(|_| cut_off())? {
        seen_bytes += u64::from(chunk.length());
        if seen_bytes > max_bytes {
            chunks.cancel();
            return Err(Error::TooLarge { what, size_bytes: seen_bytes, max_bytes });
        }
        held.push(&chunk.slice(0, chunk.length()));
    }
    Ok(bytes::join(&held, seen_bytes))
}

/// A body whose sender has gone.
pub fn cut_off() -> Error {
    Error::BadRequest("The body was cut off; nothing was changed".to_owned())
}

/// A body that is a JSON object. It is parsed by the runtime, so that a file's content in it does not go through wasm.
pub struct JsonBody(JsValue);

impl JsonBody {
    /// Reads and parses it.
    pub async fn read(incoming: &Incoming) -> Result<Self, Error> {
        Self::read_up_to(incoming, JSON_MAX_BYTES).await
    }

    /// Reads and parses one that may be longer than others.
    pub async fn read_up_to(incoming: &Incoming, max_bytes: u64) -> Result<Self, Error> {
        let invalid = || Error::BadRequest("Invalid JSON body".to_owned());
        let text = decode_utf8(&read(incoming, "Body", max_bytes).await?).ok_or_else(invalid)?;
        let value = parse(&text).map_err(|_| invalid())?;
        let object = Object::try_from(&value).filter(|_| !Array::is_array(&value));
        let members = object.map(Object::values).ok_or_else(invalid)?;
        // A lone half of a surrogate pair can be written in JSON, and is no text: it has no bytes.
        if members.iter().filter_map(|member| member.dyn_into().ok()).all(|text| is_text(&text)) {
            Ok(Self(value))
        } else {
            Err(invalid())
        }
    }

    /// Reads and parses it; no body at all is an object without members.
    pub async fn read_or_empty(incoming: &Incoming) -> Result<Self, Error> {
        let is_empty = incoming.content_length().map_or(incoming.request.body().is_none(), |length| length == 0);
        if is_empty { Ok(Self(Object::new().into())) } else { Self::read(incoming).await }
    }

    /// A member that is a text, left where it is.
    pub fn js_text(&self, name: &str) -> Option<JsString> {
        self.member(name).dyn_into().ok()
    }

    /// A member that is a text; none if it is absent, empty or something else.
    pub fn text(&self, name: &str) -> Option<String> {
        self.js_text(name).map(String::from).filter(|text| !text.is_empty())
    }

    /// A member that may be absent, and is a text if it is there.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, Error> {
        let value = self.member(name);
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        value.as_string().ok_or_else(|| Error::BadRequest(format!("{name} must be a text"))).map(Some)
    }

    /// The same, left where it is.
    pub fn optional_js_text(&self, name: &str) -> Result<Option<JsString>, Error> {
        let value = self.member(name);
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        value.dyn_into().map(Some).map_err(|_| Error::BadRequest(format!("{name} must be a text")))
    }

    /// A member that is a whole number from 1, as revs are.
    pub fn number(&self, name: &str) -> Option<i64> {
        let number =
            self.member(name).as_f64().filter(|number| number.fract() == 0.0 && (1.0..MAX_SAFE).contains(number));
        #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
        number.map(|number| number as i64)
    }

    /// A member that is true or false.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        let value = self.member(name);
        if value.is_undefined() {
            return Ok(default);
        }
        value.as_bool().ok_or_else(|| Error::BadRequest(format!("{name} must be true or false")))
    }

    /// A member of any kind, as it is for serde; none if it is absent or null.
    pub fn value(&self, name: &str) -> Result<Option<Value>, Error> {
        let value = self.member(name);
        if value.is_undefined() || value.is_null() {
            return Ok(None);
        }
        let text = js_sys::JSON::stringify(&value).map(String::from).unwrap_or_default();
        // Lone halves of surrogate pairs, which have no bytes, are refused here.
        serde_json::from_str(&text).map(Some).map_err(|_| Error::BadRequest("Invalid JSON body".to_owned()))
    }

    fn member(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }
}
