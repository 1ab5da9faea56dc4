//! What is told of a publish while it goes on, to those who ask for lines.

use std::cell::Cell;

use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, WritableStreamDefaultWriter};

use crate::bytes::encode_utf8;
use crate::error::Error;
use crate::incoming::now_ms;

/// How often the files are told: nobody reads faster, and what is told waits in memory.
const EACH_MS: i64 = 250;

#[wasm_bindgen]
extern "C" {
    type IdentityTransformStream;
    #[wasm_bindgen(constructor)]
    fn new() -> IdentityTransformStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &IdentityTransformStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &IdentityTransformStream) -> web_sys::WritableStream;
}

/// A line of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PublishStep"))]
pub struct Line {
    /// How many files of it are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// Of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    /// `listing`, `scanning`, `packing`, `sending` or `publishing`.
    step: &'static str,
}

/// Where it is told.
pub struct Progress {
    writer: Option<WritableStreamDefaultWriter>,
    told_ms: Cell<i64>,
}

impl Progress {
    /// To nobody.
    pub fn silent() -> Self {
        Self { writer: None, told_ms: Cell::default() }
    }

    /// As lines of JSON, each a step, and the last one the answer; beside it the body that they are read from.
    pub fn lines() -> Result<(Self, ReadableStream), Error> {
        let stream = IdentityTransformStream::new();
        let writer = stream.writable().get_writer().map_err(|cause| Error::internal("progress", &cause))?;
        Ok((Self { writer: Some(writer), told_ms: Cell::default() }, stream.readable()))
    }

    /// A step begins.
    pub fn step(&self, step: &'static str) {
        self.tell(&Line { files: None, of: None, step });
    }

    /// So many files of a step are done.
    pub fn files(&self, step: &'static str, done: usize, total: usize) {
        if self.writer.is_some() && (done == total || now_ms() - self.told_ms.get() >= EACH_MS) {
            self.told_ms.set(now_ms());
            self.tell(&Line { files: Some(done), of: Some(total), step });
        }
    }

    /// The last line. Whether anybody still reads it does not matter.
    pub async fn end(self, line: &impl Serialize) {
        self.tell(line);
        if let Some(writer) = self.writer {
            let _: Result<JsValue, JsValue> = JsFuture::from(writer.close()).await;
        }
    }

    /// It is not waited for: a slow reader must not slow a publish.
    fn tell(&self, line: &impl Serialize) {
        if let Some(writer) = &self.writer {
            // What is told is texts and numbers, and can be written.
            let line = serde_json::to_string(line).unwrap_or_default();
            let bytes = encode_utf8(&format!("{line}\n").into());
            drop(JsFuture::from(writer.write_with_chunk(&js_sys::Uint8Array::new(&bytes))));
        }
    }
}
