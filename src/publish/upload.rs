//! What is sent to be published, for hosts whose files live in the browser: looked through while it comes, and kept unpacked
//! for an hour under a key that is announced as that of any upload. Its time over, the alarm removes it.
//!
//! The object holds the bytes of the files, then the index of them as JSON, then the index's length in eight bytes.

use durable_objects::call::{Abandon, Announce};
use futures::future::try_join;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response, WritableStreamDefaultWriter};

use super::Malformed;
use super::caps::is_ratio_fine;
use super::sink::Sink;
use super::unpack::{Index, Unpacker};
use crate::blobs::{Blobs, Shelf};
use crate::body;
use crate::chunks::Chunks;
use crate::error::Error;
use crate::incoming::now_ms;
use crate::pump::Pump;
use crate::workspace::Workspace;

/// The most bytes of one request's body, as the platform's common plans have it.
pub const UPLOAD_MAX_BYTES: u64 = 95 * 1024 * 1024;
/// How long it waits to be published.
pub const WAITS_MS: i64 = 60 * 60 * 1000;
/// The longest index: ten thousand paths of 400 bytes.
const INDEX_MAX_BYTES: u64 = 6 * 1024 * 1024;
/// How much room is set aside at a time.
const STEP_BYTES: u64 = 8 * 1024 * 1024;
/// The most that a gzipped one may unpack to, what is passed over included.
const UNPACKED_MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The length of the index.
const TAIL_BYTES: usize = 8;

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> DecompressionStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &DecompressionStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &DecompressionStream) -> web_sys::WritableStream;
}

/// The id of an upload: the part of its key that no other has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadId(String);

impl UploadId {
    /// The id, when it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        (text.len() == 36 && is_plain).then(|| Self(text.to_owned()))
    }

    /// As clients write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it lies.
    pub fn key(&self, workspace: &Workspace) -> String {
        format!("{}{}", Shelf::Bundles.prefix(workspace.user()), self.0)
    }
}

/// What has been taken.
pub struct Taken {
    /// Its id.
    pub id: UploadId,
    /// The bytes of its files.
    pub size_bytes: u64,
    /// How many those are.
    pub files: usize,
    /// When it is over.
    pub expires_ms: i64,
}

/// Takes the body of the request.
pub async fn take_body(workspace: &Workspace) -> Result<Taken, Error> {
    let incoming = workspace.incoming();
    if let Some(size_bytes) = incoming.content_length().filter(|size_bytes| *size_bytes > UPLOAD_MAX_BYTES) {
        return Err(Error::TooLarge { what: "Upload", size_bytes, max_bytes: UPLOAD_MAX_BYTES });
    }
    take(workspace, incoming.request.body()).await
}

/// Takes bytes that are there.
pub async fn take_buffer(workspace: &Workspace, buffer: &ArrayBuffer) -> Result<Taken, Error> {
    let body = Response::new_with_opt_buffer_source(Some(buffer));
    take(workspace, body.map_err(|cause| Error::internal("an upload", &cause))?.body()).await
}

async fn take(workspace: &Workspace, body: Option<ReadableStream>) -> Result<Taken, Error> {
    let id = UploadId(Blobs::new_bundle_id());
    let staged = async { Stage::open(workspace, id.key(workspace)).await?.run(body).await };
    match staged.await {
        Ok(index) => Ok(Taken {
            id,
            size_bytes: index.files.iter().map(|file| file.size_bytes).sum(),
            files: index.files.len(),
            expires_ms: now_ms() + WAITS_MS,
        }),
        Err(error) => {
            abandon(workspace, &id).await;
            Err(error)
        }
    }
}

/// Has an upload go, best effort: else the alarm does it when its time is over.
pub async fn abandon(workspace: &Workspace, id: &UploadId) {
    let _ = workspace.call(Abandon { key: id.key(workspace) }).await;
}

/// The index of an upload.
pub async fn index(workspace: &Workspace, id: &UploadId) -> Result<Index, Error> {
    let blobs = Blobs::of(workspace.incoming())?;
    let end = blobs.read_end(&id.key(workspace), INDEX_MAX_BYTES + TAIL_BYTES as u64).await?;
    let end: ArrayBuffer = end.ok_or(Error::NoUpload)?;
    let end = Uint8Array::new(&end).to_vec();
    let index = end.split_last_chunk::<TAIL_BYTES>().and_then(|(before, tail)| {
        let size = usize::try_from(u64::from_be_bytes(*tail)).ok()?;
        serde_json::from_slice(before.get(before.len().checked_sub(size)?..)?).ok()
    });
    index.ok_or_else(|| Error::Internal("an upload without an index".to_owned()))
}

/// An upload on its way to its key.
struct Stage<'a> {
    workspace: &'a Workspace,
    key: String,
    sink: Sink,
    sent_bytes: u64,
    reserved_bytes: u64,
}

impl<'a> Stage<'a> {
    /// Announces a key, and opens the way to it.
    async fn open(workspace: &'a Workspace, key: String) -> Result<Self, Error> {
        let announce = Announce { key: key.clone(), multipart_id: None, reserved_bytes: STEP_BYTES };
        workspace.call(announce.clone()).await?;
        let blobs = Blobs::of(workspace.incoming())?;
        let upload = blobs.start_multipart(&key).await?;
        let announce = Announce { multipart_id: Some(upload.upload_id()), ..announce };
        if let Err(error) = workspace.call(announce).await {
            blobs.abort(&upload).await;
            return Err(error);
        }
        let sink = Sink::pump(blobs, Pump::parts(key.clone(), upload)?);
        Ok(Self { workspace, key, sink, sent_bytes: 0, reserved_bytes: STEP_BYTES })
    }

    /// Takes all of it, to its end.
    async fn run(mut self, body: Option<ReadableStream>) -> Result<Index, Error> {
        let taken = match body {
            Some(body) => self.take(body).await,
            None => Err(refused(Malformed { why: "is empty", at_bytes: 0 })),
        };
        match taken {
            Ok(index) => self.end(&index).await.map(|()| index),
            Err(error) => {
                self.sink.abort().await;
                Err(error)
            }
        }
    }

    async fn take(&mut self, body: ReadableStream) -> Result<Index, Error> {
        let reading = |cause: JsValue| Error::internal("reading an upload", &cause);
        let mut chunks = Chunks::new(body).map_err(reading)?;
        let first = chunks.next().await.map_err(|_| body::cut_off())?;
        let is_gzip = first.as_ref().is_some_and(|first| first.get_index(0) == 0x1F && first.get_index(1) == 0x8B);
        let mut packed = Packed { chunks, first, seen_bytes: 0 };
        let taken = if is_gzip {
            let gunzip = DecompressionStream::new("gzip");
            let mut unpacked = Chunks::new(gunzip.readable()).map_err(reading)?;
            let writer = gunzip.writable().get_writer().map_err(reading)?;
            // Each waits for the other: what comes out must be taken for more to go in.
            let both =
                try_join(packed.feed(&writer), self.unpack(async || unpacked.next().await.map_err(not_gzip))).await;
            if both.is_err() {
                unpacked.cancel();
                drop(JsFuture::from(writer.abort()));
            }
            both.and_then(|(packed_bytes, (index, unpacked_bytes))| {
                let is_fine = is_ratio_fine(packed_bytes, unpacked_bytes);
                if is_fine {
                    Ok(index)
                } else {
                    Err(refused(Malformed { why: "unpacks to far too much", at_bytes: 0 }))
                }
            })
        } else {
            self.unpack(async || packed.next().await).await.map(|(index, _)| index)
        };
        if taken.is_err() {
            packed.chunks.cancel();
        }
        taken
    }

    /// Looks through what comes, and sends on the bytes of its files; answers how many bytes came, too.
    async fn unpack(
        &mut self,
        mut next: impl AsyncFnMut() -> Result<Option<Uint8Array>, Error>,
    ) -> Result<(Index, u64), Error> {
        let (mut unpacker, mut seen_bytes) = (Unpacker::default(), 0);
        while let Some(chunk) = next().await? {
            seen_bytes += u64::from(chunk.length());
            if seen_bytes > UNPACKED_MAX_BYTES {
                return Err(refused(Malformed { why: "unpacks to far too much", at_bytes: 0 }));
            }
            unpacker.feed(&chunk.to_vec()).map_err(refused)?;
            self.send(&unpacker.take()).await?;
        }
        let (index, rest) = unpacker.finish().map_err(refused)?;
        self.send(&rest).await?;
        Ok((index, seen_bytes))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sent_bytes += bytes.len() as u64;
        if self.sent_bytes > self.reserved_bytes {
            self.reserve(self.sent_bytes.next_multiple_of(STEP_BYTES)).await?;
        }
        self.sink.write_own(bytes).await
    }

    async fn reserve(&mut self, reserved_bytes: u64) -> Result<(), Error> {
        self.reserved_bytes = reserved_bytes;
        self.workspace.call(Announce { key: self.key.clone(), multipart_id: None, reserved_bytes }).await.map(drop)
    }

    /// All of it is there: with its index, it is whole.
    async fn end(mut self, index: &Index) -> Result<(), Error> {
        let text = serde_json::to_vec(index).map_err(|error| Error::internal("an index", &error))?;
        let size_bytes = text.len() as u64;
        let sent = if size_bytes > INDEX_MAX_BYTES {
            Err(refused(Malformed { why: "has names that are too long together", at_bytes: 0 }))
        } else {
            match self.send(&text).await {
                Ok(()) => self.send(&size_bytes.to_be_bytes()).await,
                failed => failed,
            }
        };
        if let Err(error) = sent {
            self.sink.abort().await;
            return Err(error);
        }
        // As much as it takes, and an hour from now on.
        self.reserve(self.sent_bytes).await?;
        self.sink.finish().await.map(drop)
    }
}

/// The bytes as they were sent.
struct Packed {
    chunks: Chunks,
    /// The first of them, which has been looked at.
    first: Option<Uint8Array>,
    seen_bytes: u64,
}

impl Packed {
    async fn next(&mut self) -> Result<Option<Uint8Array>, Error> {
        let chunk = match self.first.take() {
            Some(first) => Some(first),
            None => self.chunks.next().await.map_err(|_| body::cut_off())?,
        };
        self.seen_bytes += chunk.as_ref().map_or(0, |chunk| u64::from(chunk.length()));
        if self.seen_bytes > UPLOAD_MAX_BYTES {
            return Err(Error::TooLarge { what: "Upload", size_bytes: self.seen_bytes, max_bytes: UPLOAD_MAX_BYTES });
        }
        Ok(chunk)
    }

    /// Has all of it gunzipped, and answers how much it was.
    async fn feed(&mut self, writer: &WritableStreamDefaultWriter) -> Result<u64, Error> {
        while let Some(chunk) = self.next().await? {
            JsFuture::from(writer.write_with_chunk(&chunk)).await.map_err(not_gzip)?;
        }
        JsFuture::from(writer.close()).await.map_err(not_gzip)?;
        Ok(self.seen_bytes)
    }
}

/// A body that cannot be unpacked.
fn not_gzip(_: JsValue) -> Error {
    refused(Malformed { why: "is gzipped, and cut off or broken", at_bytes: 0 })
}

fn refused(Malformed { why, at_bytes }: Malformed) -> Error {
    let at = if at_bytes > 0 { format!(" (at byte {at_bytes})") } else { String::new() };
    Error::BadRequest(format!("The upload {why}{at}"))
}
