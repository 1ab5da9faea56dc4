//! [`Answer`]: a response under construction. It becomes the runtime's own at the very end, in one step.

use js_sys::JsString;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, ResponseInit};

use crate::error::Error;

#[wasm_bindgen]
extern "C" {
    /// The constructor that takes a body of any kind: a string, a buffer or a stream of the runtime, none of which has
    /// to pass through wasm.
    #[wasm_bindgen(js_name = Response)]
    type NativeResponse;
    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(body: &JsValue, init: &ResponseInit) -> Result<NativeResponse, JsValue>;
}

/// A status, headers and a body.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: JsValue,
}

impl Answer {
    /// JSON as text.
    pub fn json(status: u16, json: &str) -> Self {
        Self::native(status, JsString::from(json).into()).with("Content-Type", "application/json")
    }

    /// 200 with a value as JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self, Error> {
        let json = serde_json::to_string(value).map_err(|error| Error::internal("an answer", &error))?;
        Ok(Self::json(200, &json))
    }

    /// A body that is the runtime's: a string, a buffer, a stream, or `null`.
    pub fn native(status: u16, body: JsValue) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// No body.
    pub fn empty(status: u16) -> Self {
        Self::native(status, JsValue::NULL)
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

    /// The runtime's response.
    pub fn into_response(self) -> Result<web_sys::Response, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in self.headers {
            headers.append(name, &value)?;
        }
        let init = ResponseInit::new();
        init.set_status(self.status);
        init.set_headers(&headers);
        Ok(NativeResponse::new(&self.body, &init)?.unchecked_into())
    }
}
