//! [`Answer`]: a response under construction. It becomes the runtime's own at the very end, in one step.

use std::cell::RefCell;
use std::collections::HashMap;

use durable_objects::words::word;
use js_sys::{JsString, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, ResponseInit, WebSocket};

use crate::cors;
use crate::error::Error;

#[wasm_bindgen]
extern "C" {
    /// The constructor that takes a body of any kind: a string, a buffer or a stream of the runtime, none of which has
    /// to pass through wasm.
    #[wasm_bindgen(js_name = Response)]
    type NativeResponse;
    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(body: &JsValue, init: &JsValue) -> Result<NativeResponse, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &NativeResponse) -> NativeHeaders;

    // Takes names that the runtime has already.
    type NativeHeaders;
    #[wasm_bindgen(method, catch)]
    fn set(this: &NativeHeaders, name: &JsString, value: &str) -> Result<(), JsValue>;
}

/// A value as the JSON of an answer, or of a part of one.
pub fn to_text(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::internal("an answer", &error))
}

/// A status, headers and a body.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: JsValue,
    socket: Option<WebSocket>,
}

impl Answer {
    /// JSON as text.
    pub fn json(status: u16, json: &str) -> Self {
        Self::native(status, JsString::from(json).into()).with("Content-Type", "application/json")
    }

    /// 200 with a value as JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self, Error> {
        Ok(Self::json(200, &to_text(value)?))
    }

    /// A body that is the runtime's: a string, a buffer, a stream, or `null`.
    pub fn native(status: u16, body: JsValue) -> Self {
        Self { status, headers: Vec::new(), body, socket: None }
    }

    /// The client's end of a socket.
    pub fn switched(socket: WebSocket) -> Self {
        Self { socket: Some(socket), ..Self::empty(101) }
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        Self::native(status, JsValue::NULL)
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a header unless it has it already.
    pub fn or(self, name: &'static str, value: &str) -> Self {
        if self.has(name) { self } else { self.with(name, value) }
    }

    /// Whether it has a header.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(had, _)| *had == name)
    }

    /// What a `HEAD` request gets.
    pub fn without_body(mut self) -> Self {
        self.body = JsValue::NULL;
        self
    }

    /// The runtime's response. What every answer of a status has is made once and copied by the runtime itself: each
    /// header that is told anew costs as much as all of these together.
    pub fn into_response(self) -> Result<web_sys::Response, JsValue> {
        if let Some(socket) = self.socket {
            let init = ResponseInit::new();
            init.set_status(self.status);
            Reflect::set(&init, &"webSocket".into(), &socket)?;
            return Ok(NativeResponse::new(&JsValue::NULL, &init)?.unchecked_into());
        }
        let is_public = self.headers.iter().any(|(name, value)| *name == cors::ALLOW_ORIGIN && value == "*");
        let response = NativeResponse::new(&self.body, &init(self.status, is_public)?)?;
        let headers = response.headers();
        for (name, value) in self.headers {
            headers.set(&word(name), &value)?;
        }
        Ok(response.unchecked_into())
    }
}

/// What every answer carries.
const ALWAYS: [(&str, &str); 2] = [
    ("X-Content-Type-Options", "nosniff"),
    // The URL is a credential: a page that is opened from an answer must not pass it on.
    ("Referrer-Policy", "no-referrer"),
];

thread_local! {
    static INITS: RefCell<HashMap<(u16, bool), JsValue>> = RefCell::default();
}

/// What the constructor of a response takes, for a status and for everyone or not.
fn init(status: u16, is_public: bool) -> Result<JsValue, JsValue> {
    if let Some(init) = INITS.with_borrow(|inits| inits.get(&(status, is_public)).cloned()) {
        return Ok(init);
    }
    let headers = Headers::new()?;
    for (name, value) in ALWAYS {
        headers.set(name, value)?;
    }
    if !is_public {
        // Also without an origin: a cache must not hand what it got without one to a page that has one.
        headers.set("Vary", "Origin")?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    let init = JsValue::from(init);
    INITS.with_borrow_mut(|inits| inits.insert((status, is_public), init.clone()));
    Ok(init)
}
