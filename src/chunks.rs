//! A stream's bytes, chunk by chunk, in one buffer of the runtime that is used over and over: whatever the stream's
//! length, this much memory, and none of it wasm's unless somebody copies it there.

use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;

/// How much one read takes at the most. Larger reads are hardly faster; reads of 4 KiB are six times slower.
const CHUNK_MAX_BYTES: u32 = 256 * 1024;
/// How much it takes at the least, but at the stream's end.
const CHUNK_MIN_BYTES: u32 = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = ReadableStream)]
    type ByteSource;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &ByteSource, options: &Object) -> Result<ByobReader, JsValue>;

    type ByobReader;
    /// The runtime's own: like `read`, but not satisfied with a few bytes.
    #[wasm_bindgen(method, js_name = readAtLeast)]
    fn read_at_least(this: &ByobReader, min_bytes: u32, view: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &ByobReader) -> Promise;
}

/// The chunks of a stream.
pub struct Chunks {
    reader: ByobReader,
    buffer: ArrayBuffer,
}

impl Chunks {
    /// Of a body.
    pub fn new(stream: ReadableStream) -> Result<Self, JsValue> {
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"byob".into())?;
        let reader = stream.unchecked_into::<ByteSource>().reader(&options)?;
        Ok(Self { reader, buffer: ArrayBuffer::new(CHUNK_MAX_BYTES) })
    }

    /// The next chunk; none at the end. It lies in the buffer: it is valid until the next call and no longer.
    pub async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let view = Uint8Array::new(&self.buffer);
        let result = JsFuture::from(self.reader.read_at_least(CHUNK_MIN_BYTES, &view)).await?;
        let Some(chunk) = Reflect::get(&result, &"value".into())?.dyn_into::<Uint8Array>().ok() else {
            return Ok(None);
        };
        // Reading moved the buffer into the chunk: it comes back with it.
        self.buffer = chunk.buffer().unchecked_into();
        Ok((chunk.length() > 0).then_some(chunk))
    }

    /// Says that the rest is not wanted.
    pub fn cancel(&self) {
        // Whether the sender hears of it changes nothing here.
        drop(JsFuture::from(self.reader.cancel()));
    }
}
