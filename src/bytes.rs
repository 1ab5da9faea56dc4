//! Bytes and texts of files, which stay outside of wasm memory: the runtime encodes, decodes and hashes them itself.

use durable_objects::ids::Sha256;
use js_sys::{Array, ArrayBuffer, JsString, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::error::Error;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"])]
    fn digest(algorithm: &str, bytes: &ArrayBuffer) -> Result<Promise, JsValue>;

    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    #[wasm_bindgen(method)]
    fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;

    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new(label: &str, options: &Object) -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &ArrayBuffer) -> Result<JsString, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = fromBase64)]
    fn parse_base64(text: &JsString) -> Result<Uint8Array, JsValue>;

    // What `js-sys` has no words for yet.
    type Modern;
    #[wasm_bindgen(method, js_name = toBase64)]
    fn to_base64(this: &Modern) -> JsString;
    #[wasm_bindgen(method, js_name = isWellFormed)]
    fn is_well_formed(this: &Modern) -> bool;
}

/// The hash that identifies content.
pub async fn sha256(bytes: &ArrayBuffer) -> Result<Sha256, Error> {
    let failed = |cause: JsValue| Error::internal("SHA-256", &cause);
    Ok(to_sha256(&JsFuture::from(digest("SHA-256", bytes).map_err(failed)?).await.map_err(failed)?))
}

/// The hash that the runtime has computed.
pub fn to_sha256(digest: &JsValue) -> Sha256 {
    let mut bytes = [0; 32];
    Uint8Array::new(digest).copy_to(&mut bytes);
    Sha256::new(bytes)
}

/// Chunks in one piece.
pub fn join(chunks: &Array, size_bytes: u64) -> ArrayBuffer {
    // No caller's bound is near 2^32.
    let joined = Uint8Array::new_with_length(u32::try_from(size_bytes).unwrap_or(u32::MAX));
    let mut offset = 0;
    for chunk in chunks.iter().map(JsCast::unchecked_into::<Uint8Array>) {
        joined.set(&chunk, offset);
        offset += chunk.length();
    }
    whole_buffer(&joined)
}

/// The text that bytes are in UTF-8, byte order mark included; none if they are no UTF-8.
pub fn decode_utf8(bytes: &ArrayBuffer) -> Option<JsString> {
    let options = Object::new();
    for option in ["fatal", "ignoreBOM"] {
        Reflect::set(&options, &option.into(), &JsValue::TRUE).ok()?;
    }
    TextDecoder::new("utf-8", &options).decode(bytes).ok()
}

/// The same in wasm memory, without a text of the runtime's on the way.
pub fn to_utf8(bytes: &ArrayBuffer) -> Option<String> {
    String::from_utf8(Uint8Array::new(bytes).to_vec()).ok()
}

/// Whether a string of the runtime is a text: it may hold lone halves of surrogate pairs, which have no bytes.
pub fn is_text(string: &JsString) -> bool {
    string.unchecked_ref::<Modern>().is_well_formed()
}

/// A text in UTF-8.
pub fn encode_utf8(text: &JsString) -> ArrayBuffer {
    whole_buffer(&TextEncoder::new().encode(text))
}

/// The bytes that a base64 text stands for, with or without padding and line breaks; none if it is no base64.
pub fn from_base64(text: &JsString) -> Option<ArrayBuffer> {
    parse_base64(text).ok().map(|bytes| whole_buffer(&bytes))
}

/// Bytes as base64 in one line, padded.
pub fn to_base64(bytes: &ArrayBuffer) -> JsString {
    Uint8Array::new(bytes).unchecked_ref::<Modern>().to_base64()
}

/// The buffer of an array: its own when it fills it, else a copy of just these bytes.
fn whole_buffer(array: &Uint8Array) -> ArrayBuffer {
    let buffer: ArrayBuffer = array.buffer().unchecked_into();
    if buffer.byte_length() == array.byte_length() {
        buffer
    } else {
        array.slice(0, array.length()).buffer().unchecked_into()
    }
}
