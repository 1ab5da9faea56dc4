//! Where a bundle goes as it is made: pieces of any size, gathered into writes of one size.

use durable_objects::ids::Sha256;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use sha2::{Digest as _, Sha256 as Hasher};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response, WritableStreamDefaultWriter};

use crate::blobs::{Blobs, PutOptions};
use crate::error::Error;
use crate::gather::Gather;
use crate::pump::Pump;

#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> CompressionStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &CompressionStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &CompressionStream) -> web_sys::WritableStream;
}

/// A bundle that is being made.
pub struct Sink {
    gather: Gather,
    target: Target,
}

enum Target {
    /// Into the bucket as it is.
    Bucket(Blobs, Box<Pump>),
    /// Gzipped, and held: its size is not known before its end.
    Gzip { writer: WritableStreamDefaultWriter, whole: Promise, hasher: Box<Hasher> },
    /// Nowhere: what it would be is all that matters.
    Hash(Box<Hasher>),
}

/// A bundle that is made.
pub struct Made {
    /// The hash of what was written.
    pub hash: Sha256,
    /// What it became, if it was gzipped.
    pub gzipped: Option<ArrayBuffer>,
}

impl Sink {
    /// Into a key of a bucket: exactly so many bytes.
    pub fn bucket(blobs: Blobs, key: String, size_bytes: u64, content_type: &str) -> Result<Self, Error> {
        let options = PutOptions { content_type: Some(content_type), ..PutOptions::default() };
        let pump = Pump::put(&blobs, key, size_bytes, &options)?;
        Ok(Self::pump(blobs, pump))
    }

    /// Into what a pump leads to.
    pub fn pump(blobs: Blobs, pump: Pump) -> Self {
        Self::into_target(Target::Bucket(blobs, Box::new(pump)))
    }

    /// Through gzip.
    pub fn gzip() -> Result<Self, Error> {
        let failed = |cause: JsValue| Error::internal("gzip", &cause);
        let stream = CompressionStream::new("gzip");
        // It is read while it is written: nobody waits for the other.
        let whole = Response::new_with_opt_readable_stream(Some(&stream.readable())).map_err(failed)?;
        let whole = whole.array_buffer().map_err(failed)?;
        let writer = stream.writable().get_writer().map_err(failed)?;
        Ok(Self::into_target(Target::Gzip { writer, whole, hasher: Box::default() }))
    }

    /// To its hash alone.
    pub fn hash() -> Self {
        Self::into_target(Target::Hash(Box::default()))
    }

    fn into_target(target: Target) -> Self {
        Self { gather: Gather::new(), target }
    }

    /// Writes bytes of our own.
    pub async fn write_own(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(&Uint8Array::from(bytes)).await
    }

    /// Writes bytes of the runtime. It is done with them when it returns.
    pub async fn write(&mut self, bytes: &Uint8Array) -> Result<(), Error> {
        let mut taken = 0;
        while taken < bytes.length() {
            taken += self.gather.take(bytes, taken);
            if let Some(chunk) = self.gather.full() {
                self.send(&chunk).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, chunk: &Uint8Array) -> Result<(), Error> {
        match &mut self.target {
            Target::Bucket(blobs, pump) => pump.send(blobs, chunk).await,
            Target::Gzip { writer, hasher, .. } => {
                hasher.update(chunk.to_vec());
                let written = JsFuture::from(writer.write_with_chunk(chunk)).await;
                written.map(drop).map_err(|cause| Error::internal("gzip", &cause))
            }
            Target::Hash(hasher) => {
                hasher.update(chunk.to_vec());
                Ok(())
            }
        }
    }

    /// The end: all of it is safe when it returns.
    pub async fn finish(mut self) -> Result<Made, Error> {
        if let Some(chunk) = self.gather.rest() {
            self.send(&chunk).await?;
        }
        let failed = |cause: JsValue| Error::internal("gzip", &cause);
        let hash = |hasher: Hasher| Sha256::new(hasher.finalize().into());
        match self.target {
            Target::Bucket(blobs, pump) => Ok(Made { hash: pump.finish(&blobs, None).await?, gzipped: None }),
            Target::Gzip { writer, whole, hasher } => {
                let closed = JsFuture::from(writer.close());
                let gzipped: ArrayBuffer = JsFuture::from(whole).await.map_err(failed)?.unchecked_into();
                closed.await.map_err(failed)?;
                Ok(Made { hash: hash(*hasher), gzipped: Some(gzipped) })
            }
            Target::Hash(hasher) => Ok(Made { hash: hash(*hasher), gzipped: None }),
        }
    }

    /// The end of the attempt.
    pub async fn abort(self) {
        match self.target {
            Target::Bucket(_, pump) => pump.abort().await,
            Target::Gzip { writer, .. } => drop(JsFuture::from(writer.abort()).await),
            Target::Hash(_) => {}
        }
    }
}
