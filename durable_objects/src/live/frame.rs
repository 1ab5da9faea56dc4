//! Frames: the JSON that goes over a socket, as clients and gateways of this kind know it.
//!
//! Frames are parsed and written by the runtime, so that a file's content in them does not go through wasm.

use js_sys::{JsString, Reflect};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::refusal::Refusal;
use super::socket::Goodbye;

#[wasm_bindgen]
extern "C" {
    // `js_sys::JSON::parse` takes a Rust string: it would copy the text through wasm.
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &JsString) -> Result<JsValue, JsValue>;
}

/// The longest frame, either way, in characters: what both sides hold in memory at once is bounded by it.
pub const FRAME_MAX_CHARS: u32 = 1024 * 1024;

/// The longest id of a request.
const ID_MAX_CHARS: usize = 128;

/// The ping that the runtime answers by itself, while the object sleeps; and what it answers.
pub const PING: [&str; 2] =
    [r#"{"type":"req","id":"ping","method":"ping"}"#, r#"{"type":"res","id":"ping","ok":true,"payload":{}}"#];

/// A request of a client's.
pub struct Asked {
    /// As its answer will be named.
    pub id: String,
    /// What is asked.
    pub method: String,
    /// With what; undefined if nothing.
    pub params: JsValue,
}

/// What a message is that is no request.
pub enum NoRequest {
    /// Nothing to go on with.
    Close(Goodbye),
    /// Nothing that can be answered: this is said instead.
    Refuse(JsString),
}

/// Reads a message.
pub fn read(message: &JsValue) -> Result<Asked, NoRequest> {
    let text: &JsString = message.dyn_ref().ok_or(NoRequest::Close(Goodbye::NotText))?;
    if text.length() > FRAME_MAX_CHARS {
        return Err(NoRequest::Close(Goodbye::TooLong));
    }
    let sentence = "A frame is {type:\"req\",id,method,params}, with a text of up to 128 characters as its id";
    let refuse = || NoRequest::Refuse(Refusal::new(400, sentence).frame(None));
    let frame = parse(text).map_err(|_| refuse())?;
    let member = |name: &str| Reflect::get(&frame, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let text = |name: &str| member(name).as_string();
    let id = text("id").filter(|id| (1..=ID_MAX_CHARS).contains(&id.chars().count()));
    match (text("type").as_deref(), id, text("method")) {
        (Some("req"), Some(id), Some(method)) => Ok(Asked { id, method, params: member("params") }),
        _ => Err(refuse()),
    }
}

/// The answer to a request, around a payload that is JSON already; with its tag, if it is of something that has one.
pub fn answer(id: &str, payload: &JsString, etag: Option<&str>) -> JsString {
    let etag = etag.map_or(String::new(), |etag| format!("\"etag\":{},", json!(etag)));
    let head = format!("{{\"type\":\"res\",\"id\":{},\"ok\":true,{etag}\"payload\":", json!(id));
    JsString::from(head).concat(payload).concat(&"}".into())
}

/// An event, around a payload that is JSON already.
pub fn event(name: &str, payload: &str) -> String {
    format!("{{\"type\":\"event\",\"event\":{},\"payload\":{payload}}}", json!(name))
}
