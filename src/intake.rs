//! [`Intake`]: takes a file's bytes as they come and puts them where they belong, before any row names them.
//!
//! Up to 1 MiB they are collected and later go into the row itself. Beyond that they are announced to the workspace and
//! stream on into the bucket: in one `put` when their number is known, in parts of 8 MiB when it is not. They are hashed
//! on the way. Nothing here holds more than one part, and nothing of it is in wasm memory.
//!
//! Whatever goes wrong, [`Intake::abandon`] tells the workspace, whose alarm removes what was sent. Should this request
//! end without a word, the alarm finds the announcement.

use durable_objects::call::{Abandon, Announce, Content};
use durable_objects::ids::Sha256;
use durable_objects::limits::INLINE_MAX_BYTES;
use futures::future::{Either, Fuse, FusedFuture as _, FutureExt as _, join, select};
use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, WritableStreamDefaultWriter};

use crate::blobs::{Blobs, Multipart, failed};
use crate::body;
use crate::bytes::{self, sha256};
use crate::chunks::Chunks;
use crate::digest::Stated;
use crate::error::Error;
use crate::workspace::Workspace;

/// The size of a part: the bucket wants at least 5 MiB and all but the last equal.
const PART_BYTES: u32 = 8 * 1024 * 1024;

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
}

/// Bytes that are safe, and known by their hash.
pub struct Staged {
    /// What they are.
    pub hash: Sha256,
    /// Where they are.
    pub content: Content,
    /// They themselves, if they are to travel with the call.
    pub body: Option<ArrayBuffer>,
}

/// Takes a file's bytes.
pub struct Intake<'a> {
    workspace: &'a Workspace,
    blobs: Blobs,
    max_bytes: u64,
    /// How many there will be, if that is known; how many there can be, if not.
    expected: Expected,
    seen_bytes: u64,
    state: State,
}

/// What is known of a body before it comes.
#[derive(Clone, Copy)]
pub enum Expected {
    /// It has exactly this many bytes.
    Exactly(u64),
    /// It has no more than this many.
    AtMost(u64),
}

enum State {
    /// Copies of the chunks so far.
    Small(Array),
    /// On the way to the bucket.
    Large(Large),
}

struct Large {
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

impl<'a> Intake<'a> {
    /// Takes bytes of a caller, up to a limit.
    pub fn new(workspace: &'a Workspace, expected: Expected, max_bytes: u64) -> Result<Self, Error> {
        let blobs = Blobs::of(workspace.incoming())?;
        Ok(Self { workspace, blobs, max_bytes, expected, seen_bytes: 0, state: State::Small(Array::new()) })
    }

    /// Takes all of a buffer.
    pub async fn take_buffer(workspace: &'a Workspace, buffer: &ArrayBuffer) -> Result<Staged, Error> {
        let size_bytes = u64::from(buffer.byte_length());
        if size_bytes <= INLINE_MAX_BYTES {
            return Staged::small(buffer.clone()).await;
        }
        let mut intake = Self::new(workspace, Expected::Exactly(size_bytes), size_bytes)?;
        let written = intake.write(&Uint8Array::new(buffer)).await;
        intake.end(written).await
    }

    /// Takes the body of the request, up to a limit.
    pub async fn take_body(workspace: &'a Workspace, max_bytes: u64) -> Result<Staged, Error> {
        let incoming = workspace.incoming();
        let expected = match incoming.content_length() {
            Some(size_bytes) if size_bytes > max_bytes => {
                return Err(Error::TooLarge { what: "File", size_bytes, max_bytes });
            }
            Some(size_bytes) if size_bytes <= INLINE_MAX_BYTES => {
                return Staged::small(body::read(incoming, "File", max_bytes).await?).await;
            }
            Some(size_bytes) => Expected::Exactly(size_bytes),
            None => Expected::AtMost(max_bytes),
        };
        let Some(stream) = incoming.request.body() else { return Staged::small(ArrayBuffer::new(0)).await };
        let mut chunks = Chunks::new(stream).map_err(|cause| Error::internal("reading a body", &cause))?;
        let mut intake = Self::new(workspace, expected, max_bytes)?;
        let written = intake.write_all(&mut chunks).await;
        if written.is_err() {
            chunks.cancel();
        }
        intake.end(written).await
    }

    async fn write_all(&mut self, chunks: &mut Chunks) -> Result<(), Error> {
        while let Some(chunk) = chunks.next().await.map_err(|_| body::cut_off())? {
            self.write(&chunk).await?;
        }
        Ok(())
    }

    /// The end of the bytes, or of the attempt.
    pub async fn end(self, written: Result<(), Error>) -> Result<Staged, Error> {
        match written {
            Ok(()) => self.finish().await,
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    /// Takes one chunk. It is done with it when it returns: the chunk's buffer may be used again.
    pub async fn write(&mut self, chunk: &Uint8Array) -> Result<(), Error> {
        self.seen_bytes += u64::from(chunk.length());
        if self.seen_bytes > self.max_bytes {
            let (size_bytes, max_bytes) = (self.seen_bytes, self.max_bytes);
            return Err(Error::TooLarge { what: "File", size_bytes, max_bytes });
        }
        if let State::Small(chunks) = &self.state {
            if self.seen_bytes <= INLINE_MAX_BYTES {
                chunks.push(&chunk.slice(0, chunk.length()));
                return Ok(());
            }
            let held = chunks.clone();
            self.state = State::Large(self.open().await?);
            for chunk in held.iter() {
                self.pass_on(&chunk.into()).await?;
            }
        }
        self.pass_on(chunk).await
    }

    /// Announces a key and opens the way to it.
    async fn open(&self) -> Result<Large, Error> {
        let key = Blobs::new_key(self.workspace.user());
        let reserved_bytes = match self.expected {
            Expected::Exactly(bytes) | Expected::AtMost(bytes) => bytes.min(self.max_bytes),
        };
        let announce = Announce { key: key.clone(), multipart_id: None, reserved_bytes };
        self.workspace.call(announce.clone()).await?;
        match self.connect(&announce).await {
            Ok(large) => Ok(large),
            Err(error) => {
                abandon(self.workspace, &key).await;
                Err(error)
            }
        }
    }

    async fn connect(&self, announce: &Announce) -> Result<Large, Error> {
        let key = announce.key.clone();
        let sink = match self.expected {
            Expected::Exactly(size_bytes) => {
                #[expect(clippy::cast_precision_loss, reason = "bounded by the limit")]
                let stream = FixedLengthStream::new(size_bytes as f64);
                let put = self.blobs.start_put(&key, &stream.readable()).fuse();
                let writer = stream.writable().get_writer().map_err(|cause| failed("writing to", &key, &cause))?;
                Sink::Put { writer, put }
            }
            Expected::AtMost(_) => {
                let upload = self.blobs.start_multipart(&key).await?;
                // From now on the alarm can end it. Should this very moment be the last, the platform does, in a week.
                let announce = Announce { multipart_id: Some(upload.upload_id()), ..announce.clone() };
                if let Err(error) = self.workspace.call(announce).await {
                    self.blobs.abort(&upload).await;
                    return Err(error);
                }
                Sink::Parts { upload, part: Uint8Array::new_with_length(PART_BYTES), filled: 0, parts: Array::new() }
            }
        };
        let digest = DigestStream::new("SHA-256");
        let hasher = digest.get_writer().map_err(|cause| Error::internal("hashing", &cause))?;
        Ok(Large { key, digest, hasher, sink })
    }

    /// Sends a chunk to the hash and to the bucket, both at once.
    async fn pass_on(&mut self, chunk: &Uint8Array) -> Result<(), Error> {
        let State::Large(large) = &mut self.state else { return Ok(()) };
        let hashed = JsFuture::from(large.hasher.write_with_chunk(chunk));
        let (hashed, sent) = join(hashed, large.sink.send(&self.blobs, &large.key, chunk)).await;
        hashed.map_err(|cause| Error::internal("hashing", &cause))?;
        sent
    }

    /// The end of the bytes: they are all safe when it returns.
    async fn finish(self) -> Result<Staged, Error> {
        match self.state {
            State::Small(chunks) => Staged::small(bytes::join(&chunks, self.seen_bytes)).await,
            State::Large(large) => {
                let key = large.key.clone();
                match large.finish(&self.blobs).await {
                    Ok(hash) => {
                        let content = Content::Stored { key, size_bytes: self.seen_bytes };
                        Ok(Staged { hash, content, body: None })
                    }
                    Err(error) => {
                        abandon(self.workspace, &key).await;
                        Err(error)
                    }
                }
            }
        }
    }

    /// The end of the attempt.
    async fn abandon(self) {
        if let State::Large(large) = self.state {
            if let Sink::Put { writer, put } = large.sink {
                // Ends the `put`, so that it has failed before the alarm looks.
                let aborted = JsFuture::from(writer.abort());
                if !put.is_terminated() {
                    let _ = join(aborted, put).await;
                }
            }
            abandon(self.workspace, &large.key).await;
        }
    }
}

impl Staged {
    /// Bytes that go into the row.
    async fn small(body: ArrayBuffer) -> Result<Self, Error> {
        Ok(Self { hash: sha256(&body).await?, content: Content::Body, body: Some(body) })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.byte_length() == 0)
    }

    /// These bytes, if they are what their sender says; if not, they are given up.
    pub async fn checked(self, workspace: &Workspace, stated: &Stated) -> Result<Self, Error> {
        match stated.check(&self.hash) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.abandon(workspace).await;
                Err(error)
            }
        }
    }

    /// What must be done when the bytes are not used after all.
    pub async fn abandon(&self, workspace: &Workspace) {
        if let Content::Stored { key, .. } = &self.content {
            abandon(workspace, key).await;
        }
    }
}

async fn abandon(workspace: &Workspace, key: &str) {
    let told = workspace.call(Abandon { key: key.to_owned() }).await;
    // Not heard of now, the alarm finds the key when its time is over; but a workspace that refuses has forgotten it.
    if let (Err(Error::Workspace(_)), Ok(blobs)) = (told, Blobs::of(workspace.incoming())) {
        blobs.delete(key).await;
    }
}

impl Sink {
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

impl Large {
    async fn finish(self, blobs: &Blobs) -> Result<Sha256, Error> {
        let hashing = |cause: JsValue| Error::internal("hashing", &cause);
        JsFuture::from(self.hasher.close()).await.map_err(hashing)?;
        let hash = bytes::to_sha256(&JsFuture::from(self.digest.digest()).await.map_err(hashing)?);
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
}
