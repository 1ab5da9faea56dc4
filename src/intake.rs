//! [`Intake`]: takes a file's bytes as they come and puts them where they belong, before any row names them.
//!
//! Up to 1 MiB they are collected and later go into the row itself. Beyond that they are announced to the workspace and
//! stream on into the bucket and are hashed on the way, by a [`Pump`].
//!
//! Whatever goes wrong, [`Intake::abandon`] tells the workspace, whose alarm removes what was sent. Should this request
//! end without a word, the alarm finds the announcement.

use durable_objects::call::{Abandon, Announce, Content};
use durable_objects::ids::Sha256;
use durable_objects::limits::INLINE_MAX_BYTES;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::blobs::{Blobs, PutOptions, StoredObject, failed};
use crate::body;
use crate::bytes::{self, sha256};
use crate::chunks::Chunks;
use crate::digest::Stated;
use crate::error::Error;
use crate::pump::Pump;
use crate::workspace::Workspace;

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
    Large(Pump),
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

    /// Takes all of an object that others have put into the bucket.
    pub async fn take_object(workspace: &'a Workspace, object: &StoredObject) -> Result<Staged, Error> {
        let size_bytes = object.size_bytes();
        if size_bytes <= INLINE_MAX_BYTES {
            return Staged::small(object.buffer().await?).await;
        }
        let broken = |cause: JsValue| failed("getting", &object.key(), &cause);
        let mut chunks = Chunks::new(object.body().unchecked_into()).map_err(broken)?;
        let mut intake = Self::new(workspace, Expected::Exactly(size_bytes), size_bytes)?;
        let written = async {
            while let Some(chunk) = chunks.next().await.map_err(broken)? {
                intake.write(&chunk).await?;
            }
            Ok(())
        };
        let written = written.await;
        if written.is_err() {
            chunks.cancel();
        }
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
    async fn open(&self) -> Result<Pump, Error> {
        let key = Blobs::new_key(self.workspace.user());
        let reserved_bytes = match self.expected {
            Expected::Exactly(bytes) | Expected::AtMost(bytes) => bytes.min(self.max_bytes),
        };
        let announce = Announce { key: key.clone(), multipart_id: None, reserved_bytes };
        self.workspace.call(announce.clone()).await?;
        match self.connect(&announce).await {
            Ok(pump) => Ok(pump),
            Err(error) => {
                abandon(self.workspace, &key).await;
                Err(error)
            }
        }
    }

    async fn connect(&self, announce: &Announce) -> Result<Pump, Error> {
        let key = announce.key.clone();
        match self.expected {
            Expected::Exactly(size_bytes) => Pump::put(&self.blobs, key, size_bytes, &PutOptions::default()),
            Expected::AtMost(_) => {
                let upload = self.blobs.start_multipart(&key).await?;
                // From now on the alarm can end it. Should this very moment be the last, the platform does, in a week.
                let announce = Announce { multipart_id: Some(upload.upload_id()), ..announce.clone() };
                if let Err(error) = self.workspace.call(announce).await {
                    self.blobs.abort(&upload).await;
                    return Err(error);
                }
                Pump::parts(key, upload)
            }
        }
    }

    async fn pass_on(&mut self, chunk: &Uint8Array) -> Result<(), Error> {
        match &mut self.state {
            State::Large(pump) => pump.send(&self.blobs, chunk).await,
            State::Small(_) => Ok(()),
        }
    }

    /// The end of the bytes: they are all safe when it returns.
    async fn finish(self) -> Result<Staged, Error> {
        match self.state {
            State::Small(chunks) => Staged::small(bytes::join(&chunks, self.seen_bytes)).await,
            State::Large(pump) => {
                let key = pump.key().to_owned();
                match pump.finish(&self.blobs, None).await {
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
        if let State::Large(pump) = self.state {
            let key = pump.key().to_owned();
            pump.abort().await;
            abandon(self.workspace, &key).await;
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
