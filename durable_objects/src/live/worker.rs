//! Requests on a socket, passed on to the Worker: a method of a frame is the route of the same name, so that its rules and its
//! refusals are the same, and nothing is written twice.
//!
//! The way is the platform's loopback: the object vouches for the user (`props`), whose signature was verified when the socket
//! was opened and may have expired since. Nobody else can send these.

use js_sys::{Array, JsString, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::console_error;

use super::frame::FRAME_MAX_CHARS;
use super::refusal::Refusal;
use super::socket::Attached;

#[wasm_bindgen]
extern "C" {
    /// `ctx.exports`: what this Worker exports, as bindings to it.
    pub type Exports;
    #[wasm_bindgen(method, catch, js_name = default)]
    fn worker(this: &Exports, options: &JsValue) -> Result<Fetcher, JsValue>;

    type Fetcher;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Fetcher, url: &str, init: &Object) -> Result<Promise, JsValue>;

    type Answer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Answer) -> Headers;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Answer) -> Option<Body>;

    type Headers;
    #[wasm_bindgen(method)]
    fn get(this: &Headers, name: &str) -> Option<String>;

    type Body;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Body) -> Result<Reader, JsValue>;
    type Reader;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Reader) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancel(this: &Reader) -> Result<Promise, JsValue>;
    type Chunk;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Chunk) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Chunk) -> js_sys::Uint8Array;

    type Blob;
    #[wasm_bindgen(constructor, catch)]
    fn new(parts: &Array) -> Result<Blob, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn text(this: &Blob) -> Result<Promise, JsValue>;

    // Takes any object: its members become texts.
    type URLSearchParams;
    #[wasm_bindgen(constructor, catch)]
    fn new(params: &JsValue) -> Result<URLSearchParams, JsValue>;
    #[wasm_bindgen(method, js_name = toString)]
    fn to_text(this: &URLSearchParams) -> String;
}

/// What a route answered.
pub struct Answered {
    /// JSON.
    pub body: JsString,
    /// The tag of what it is about.
    pub etag: Option<String>,
}

/// Which route a method is: `files.trash.empty` is `POST /api/files/trash/empty`.
pub fn route(method: &str) -> Option<(&'static str, String)> {
    let name = method.strip_prefix("files.")?;
    let verb = match name {
        "list" | "stat" | "read" | "changes" | "versions" | "diff" | "trash" => "GET",
        "write" | "mkdir" | "move" | "copy" | "restore" | "trash.empty" | "versions.restore" => "POST",
        "delete" => return Some(("DELETE", "/api/files".to_owned())),
        _ => return None,
    };
    Some((verb, format!("/api/files/{}", name.replace('.', "/"))))
}

/// The parameters that are headers over HTTP.
const HEADERS: [(&str, &str); 4] =
    [("ifMatch", "If-Match"), ("ifNoneMatch", "If-None-Match"), ("actor", "X-Actor"), ("turn", "X-Turn")];

const NO_PARAMS: &str = "The params must be an object of texts, numbers and switches";

/// Refuses params of any other kind.
pub fn check(params: &JsValue) -> Result<(), Refusal> {
    let is_one = params.is_undefined() || params.is_object() && !Array::is_array(params);
    if is_one { Ok(()) } else { Err(Refusal::new(400, NO_PARAMS)) }
}

/// Asks the Worker in the name of a socket's user.
pub async fn ask(
    exports: &Exports,
    attached: &Attached,
    (verb, path): (&str, String),
    params: &JsValue,
) -> Result<Answered, Refusal> {
    let bad = |_: JsValue| Refusal::new(400, NO_PARAMS);
    let params = if params.is_undefined() { Object::new().into() } else { params.clone() };
    let init = Object::new();
    let headers = Object::new();
    for (name, header) in HEADERS {
        let value = Reflect::get(&params, &name.into()).map_err(bad)?;
        if value.is_undefined() || value.is_null() {
            continue;
        }
        // What is over is no header, and would fail as if it were our fault.
        let text = value.as_string().or_else(|| value.as_f64().map(|number| number.to_string()));
        let Some(text) = text.filter(|text| !text.contains(['\r', '\n', '\0'])) else {
            return Err(Refusal::new(400, &format!("{name} must be one line of text")));
        };
        Reflect::set(&headers, &header.into(), &text.into()).map_err(bad)?;
    }
    Reflect::set(&init, &"method".into(), &verb.into()).map_err(bad)?;
    Reflect::set(&init, &"headers".into(), &headers).map_err(bad)?;
    let url = if verb == "POST" {
        let body = js_sys::JSON::stringify(&params).map_err(bad)?;
        Reflect::set(&init, &"body".into(), &body).map_err(bad)?;
        path
    } else {
        format!("{path}?{}", URLSearchParams::new(&params).map_err(bad)?.to_text())
    };
    let answer = fetch(exports, attached, &url, &init).await.map_err(|cause| {
        console_error!("a request on a socket: {cause:?}");
        Refusal::new(503, "The service was interrupted; please try again")
    })?;
    let text = text(&answer).await.map_err(|_| Refusal::new(503, "The service was interrupted; please try again"))?;
    let Some(body) = text else {
        let details = JsString::from(serde_json::json!({ "url": url }).to_string());
        let message = format!("The answer is too long for a frame; ask for less, or {verb} the url over HTTP");
        return Err(Refusal { details: Some(details), ..Refusal::new(413, &message) });
    };
    match answer.status() {
        304 => Ok(Answered { body: "{\"notModified\":true}".into(), etag: answer.headers().get("ETag") }),
        200..=299 => Ok(Answered { body, etag: answer.headers().get("ETag") }),
        status => Err(Refusal { status, message: sentence(&body), details: Some(body) }),
    }
}

async fn fetch(exports: &Exports, attached: &Attached, url: &str, init: &Object) -> Result<Answer, JsValue> {
    let props = Object::new();
    Reflect::set(&props, &"userId".into(), &attached.user.as_str().into())?;
    let options = Object::new();
    Reflect::set(&options, &"props".into(), &props)?;
    let answer = exports.worker(&options)?.fetch(&format!("{}{url}", attached.origin), init)?;
    Ok(JsFuture::from(answer).await?.unchecked_into())
}

/// The body as text, unless it is longer than a frame: then no more of it is read.
async fn text(answer: &Answer) -> Result<Option<JsString>, JsValue> {
    let Some(body) = answer.body() else { return Ok(Some("null".into())) };
    let (reader, parts, mut bytes) = (body.reader()?, Array::new(), 0);
    loop {
        let chunk: Chunk = JsFuture::from(reader.read()?).await?.unchecked_into();
        if chunk.done() {
            let text = JsFuture::from(Blob::new(&parts)?.text()?).await?;
            return Ok(Some(text.unchecked_into()));
        }
        bytes += chunk.value().length();
        if bytes > FRAME_MAX_CHARS {
            let _ = reader.cancel()?;
            return Ok(None);
        }
        parts.push(&chunk.value());
    }
}

/// What an error says.
fn sentence(body: &JsString) -> String {
    let error = js_sys::JSON::parse(&String::from(body)).and_then(|body| Reflect::get(&body, &"error".into()));
    error.ok().and_then(|error| error.as_string()).unwrap_or_else(|| "The request was refused".to_owned())
}
