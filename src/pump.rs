//! [`Pump`]: bytes on their way to one key of a bucket, chunk by chunk, hashed as they pass: in one `put` when their number
//! is known, in parts of 8 MiB when it is not. It holds one part at the most, and none of it is in wasm memory.

use durable_objects::ids::Sha256;
use futures::future::{Either, Fuse, FusedFuture as _, FutureExt as _, join, select};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, WritableStreamDefaultWriter};

use crate::blobs::{Blobs, Multipart, PutOptions, failed};
use crate::bytes;
use crate::error::Error;

/// The size of a part: the bucket wants at least 5 MiB and all but the last equal.
pub const PART_BYTES: u32 = 8 * 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    type FixedLengthStream;
    #[wasm_bindgen(constructor)]
    fn new(size_bytes: f64) -> FixedLengthStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &FixedLengthStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &FixedLengthStream) -> web_sys::WritableStream;

    #[wasm_bindgen(js_namespace = crypto, js_name = DigestStream, extends = web_sys::WritableStream)]
    type DigestStream;
    #[wasm_bindgen(constructor, js_namespace = crypto, js_class = "DigestStream")]
    fn new(algorithm: &str) -> DigestStream;
    #[wasm_bindgen(method, getter)]
    fn digest(this: &DigestStream) -> Promise;

    #[wasm_bindgen(extends = ReadableStream)]
    type Piped;
    #[wasm_bindgen(method, js_name = pipeTo)]
    fn pipe_to(this: &Piped, sink: &DigestStream) -> Promise;
}

/// A stream of exactly so many bytes: where they are written, and where they are read. A write is done when it has been read; one that
/// ends before its length breaks off.
pub fn fixed_length(size_bytes: u64) -> Result<(WritableStreamDefaultWriter, ReadableStream), Error> {
    #[expect(clippy::cast_precision_loss, reason = "bounded by the limits")]
    let stream = FixedLengthStream::new(size_bytes as f64);
    let writer = stream.writable().get_writer().map_err(|cause| Error::internal("a stream", &cause))?;
    Ok((writer, stream.readable()))
}

/// Bytes on their way to a key.
pub struct Pump {
    key: String,
    digest: DigestStream,
    hasher: WritableStreamDefaultWriter,
    sink: Sink,
}

enum Sink {
    /// One `put` that reads what is written here.
    Put { writer: WritableStreamDefaultWriter, put: Fuse<JsFuture> },
    /// Parts, the next of which is being filled.
    Parts { upload: Multipart, part: Uint8Array, filled: u32, parts: Array },
}

impl Pump {
    /// Of exactly so many bytes, in one `put`.
    pub fn put(blobs: &Blobs, key: String, size_bytes: u64, options: &PutOptions<'_>) -> Result<Self, Error> {
        let (writer, readable) = fixed_length(size_bytes)?;
        let put = blobs.start_put(&key, &readable, options)?.fuse();
        Self::into_sink(key, Sink::Put { writer, put })
    }

    /// Of any number of bytes, as the parts of an upload that has been started.
    pub fn parts(key: String, upload: Multipart) -> Result<Self, Error> {
        let part = Uint8Array::new_with_length(PART_BYTES);
        Self::into_sink(key, Sink::Parts { upload, part, filled: 0, parts: Array::new() })
    }

    fn into_sink(key: String, sink: Sink) -> Result<Self, Error> {
        let digest = DigestStream::new("SHA-256");
        let hasher = digest.get_writer().map_err(|cause| Error::internal("hashing", &cause))?;
        Ok(Self { key, digest, hasher, sink })
    }

    /// Where the bytes go.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Sends a chunk to the hash and to the bucket, both at once. It is done with it when it returns: the chunk's buffer may
    /// be used again.
    pub async fn send(&mut self, blobs: &Blobs, chunk: &Uint8Array) -> Result<(), Error> {
        let hashed = JsFuture::from(self.hasher.write_with_chunk(chunk));
        let (hashed, sent) = join(hashed, self.sink.send(blobs, &self.key, chunk)).await;
        hashed.map_err(|cause| Error::internal("hashing", &cause))?;
        sent
    }

    /// The end of the bytes: they are all safe when it returns. If they are to have a hash and have another, they are not
    /// kept.
    pub async fn finish(self, blobs: &Blobs, stated: Option<&Sha256>) -> Result<Sha256, Error> {
        let hashing = |cause: JsValue| Error::internal("hashing", &cause);
        JsFuture::from(self.hasher.close()).await.map_err(hashing)?;
        let hash = bytes::to_sha256(&JsFuture::from(self.digest.digest()).await.map_err(hashing)?);
        if stated.is_some_and(|stated| *stated != hash) {
            self.sink.abort().await;
            return Err(Error::HashMismatch);
        }
        match self.sink {
            Sink::Put { writer, put } => {
                let closed = JsFuture::from(writer.close());
                let putting = |cause: JsValue| failed("putting", &self.key, &cause);
                // In this order: where the `put` has failed, nobody may ever see the end of the stream.
                put.await.map_err(putting)?;
                closed.await.map_err(putting)?;
            }
            Sink::Parts { upload, part, filled, parts } => {
                if filled > 0 {
                    parts.push(&blobs.put_part(&upload, parts.length() + 1, &part.subarray(0, filled)).await?);
                }
                blobs.complete(&upload, &parts).await?;
            }
        }
        Ok(hash)
    }

    /// The end of the attempt. Parts that were sent stay until the upload that they belong to is ended.
    pub async fn abort(self) {
        self.sink.abort().await;
    }
}

impl Sink {
    async fn abort(self) {
        if let Self::Put { writer, put } = self {
            // Ends the `put`, so that it has failed before the alarm looks.
            let aborted = JsFuture::from(writer.abort());
            if !put.is_terminated() {
                let _ = join(aborted, put).await;
            }
        }
    }

    async fn send(&mut self, blobs: &Blobs, key: &str, chunk: &Uint8Array) -> Result<(), Error> {
        match self {
            Self::Put { writer, put } => {
                // A `put` that has failed may leave the stream as it is: then nobody would ever take the chunk.
                match select(JsFuture::from(writer.write_with_chunk(chunk)), put).await {
                    Either::Left((written, _)) => written.map(drop).map_err(|cause| failed("writing to", key, &cause)),
                    Either::Right((Ok(_), _)) => Err(Error::BucketFailed(format!("putting {key}: it ended early"))),
                    Either::Right((Err(cause), _)) => Err(failed("putting", key, &cause)),
                }
            }
            Self::Parts { upload, part, filled, parts } => {
                let mut taken = 0;
                while taken < chunk.length() {
                    let room = (PART_BYTES - *filled).min(chunk.length() - taken);
                    part.set(&chunk.subarray(taken, taken + room), *filled);
                    (taken, *filled) = (taken + room, *filled + room);
                    if *filled == PART_BYTES {
                        parts.push(&blobs.put_part(upload, parts.length() + 1, part).await?);
                        *filled = 0;
                    }
                }
                Ok(())
            }
        }
    }
}

/// The hash of a stream that the runtime reads by itself.
pub async fn hash_of(stream: &JsValue) -> Result<Sha256, Error> {
    use wasm_bindgen::JsCast as _;

    let broken = |cause: JsValue| Error::internal("hashing", &cause);
    let digest = DigestStream::new("SHA-256");
    JsFuture::from(stream.unchecked_ref::<Piped>().pipe_to(&digest)).await.map_err(broken)?;
    Ok(bytes::to_sha256(&JsFuture::from(digest.digest()).await.map_err(broken)?))
}
