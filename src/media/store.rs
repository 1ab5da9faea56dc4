//! Bytes become an item: hashed, put under a key that was announced, and only then named by a row.
//!
//! | bytes | way | operations on the bucket |
//! |---|---|---|
//! | up to 8 MiB | held, hashed, put once | 1 |
//! | more, with their hash and number stated | streamed to their key, where the bucket checks the hash | 1 |
//! | more | streamed to a staging key and hashed on the way, then streamed to the key that the hash names | 3 |
//!
//! Equal bytes of one owner are one item, however many bring them at once: whose row is first wins, the others are
//! answered that item. Whatever goes wrong, the object is told, and its alarm removes what was sent; should this request
//! end without a word, the alarm finds what was announced.

mod allowance;
mod staged;
mod streamed;

pub use allowance::Allowance;
pub use staged::start_announced;

use std::cell::RefCell;

use durable_objects::call::{
    AbandonMedia, AnnounceMedia, Error as CallError, KeepMedia, MediaAnnounced, MediaFacts, MediaKept,
};
use durable_objects::ids::{MediaId, Sha256};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response};

use super::about::About;
use super::key::media_key;
use super::kind::{self, HEAD_BYTES, MediaType, NotMedia};
use super::types::SVG;
use crate::blobs::{Blobs, PutOptions};
use crate::bytes::sha256;
use crate::chunks::Chunks;
use crate::error::Error;
use crate::intake::Expected;
use crate::workspace::Workspace;

/// How much is held in memory: up to this, bytes are put once.
const HELD_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// How long an announcement holds: longer than any request goes on.
const LASTS_MS: i64 = 60 * 60 * 1000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_randomly(bytes: &mut [u8]);
}

/// A new id: nobody guesses it.
pub fn new_id() -> MediaId {
    let mut bytes = [0; 16];
    fill_randomly(&mut bytes);
    MediaId::new(bytes)
}

/// Bytes that were held, up to 8 MiB.
pub type Held = RefCell<Option<ArrayBuffer>>;

/// Bytes of one item on their way in.
pub struct Ingest<'a> {
    workspace: &'a Workspace,
    blobs: Blobs,
    about: &'a About,
    id: MediaId,
    /// The type that the bytes must be of, if an upload was signed for one.
    must_be: Option<MediaType>,
    /// The private item that is being shared.
    share_of: Option<MediaId>,
    /// What it shares with others.
    allowance: Option<&'a Allowance>,
    /// The key that was promised.
    promised_key: Option<&'a str>,
    /// Where bytes that were held are left, for whoever has to do without an item.
    held: Option<&'a Held>,
    /// Where bytes were sent to.
    keys: RefCell<Vec<String>>,
}

impl<'a> Ingest<'a> {
    /// Of what a caller says this about.
    pub fn new(workspace: &'a Workspace, about: &'a About) -> Result<Self, Error> {
        let blobs = Blobs::of_media(workspace.incoming())?;
        Ok(Self {
            workspace,
            blobs,
            about,
            id: new_id(),
            must_be: None,
            share_of: None,
            allowance: None,
            promised_key: None,
            held: None,
            keys: RefCell::default(),
        })
    }

    /// Under an id that has announced keys before.
    pub fn with_id(self, id: MediaId) -> Self {
        Self { id, ..self }
    }

    /// Under a key that was announced with that id. Should it fail, the announcement stays until its time is over: the key
    /// was promised, and the sender may try again.
    pub fn under(self, key: Option<&'a str>) -> Self {
        Self { promised_key: key, ..self }
    }

    /// Leaving the bytes, if they are few enough to be held, to whoever asks for them afterwards.
    pub fn leaving(self, held: &'a Held) -> Self {
        Self { held: Some(held), ..self }
    }

    /// Only of this type.
    pub fn of_type(self, must_be: MediaType) -> Self {
        Self { must_be: Some(must_be), ..self }
    }

    /// To make an item public that is not yet.
    pub fn sharing(self, item: MediaId) -> Self {
        Self { share_of: Some(item), ..self }
    }

    /// Out of what it shares with others.
    pub fn out_of(self, allowance: &'a Allowance) -> Self {
        Self { allowance: Some(allowance), ..self }
    }

    /// Takes a buffer.
    pub async fn take_buffer(self, buffer: &ArrayBuffer) -> Result<MediaKept, Error> {
        self.count(buffer.byte_length().into())?;
        let kept = self.keep_buffer(buffer).await;
        self.end(kept).await
    }

    /// Takes a stream, up to a number of bytes. `cut_off` is what it means when it ends too early.
    pub async fn take_stream(
        self,
        stream: ReadableStream,
        expected: Expected,
        max_bytes: u64,
        cut_off: fn() -> Error,
    ) -> Result<MediaKept, Error> {
        match expected {
            Expected::Exactly(size_bytes) if size_bytes <= HELD_MAX_BYTES.min(max_bytes) => {
                self.count(size_bytes)?;
                // The runtime ends a body where its stated length does.
                let buffer = to_buffer(&stream).await.map_err(|_| cut_off());
                let kept = match buffer {
                    Ok(buffer) => self.keep_buffer(&buffer).await,
                    Err(error) => Err(error),
                };
                return self.end(kept).await;
            }
            Expected::Exactly(_) | Expected::AtMost(_) => {}
        }
        let mut chunks = Chunks::new(stream).map_err(|cause| Error::internal("reading media", &cause))?;
        let kept = self.keep_stream(&mut chunks, expected, max_bytes, cut_off).await;
        if kept.is_ok() && self.must_be.is_some() {
            // Known before its end: who uploads is heard out all the same, since a browser takes an early answer for a failure.
            while let Ok(Some(_)) = chunks.next().await {}
        }
        // Refused, or known already: the rest is not wanted. At the end of the stream this does nothing.
        chunks.cancel();
        self.end(kept).await
    }

    async fn keep_buffer(&self, buffer: &ArrayBuffer) -> Result<MediaKept, Error> {
        if let Some(held) = self.held {
            held.replace(Some(buffer.clone()));
        }
        let size_bytes = u64::from(buffer.byte_length());
        let head = head_of(buffer);
        let found = self.detect(&head, Some(size_bytes))?;
        let hash = sha256(buffer).await?;
        self.check(&hash)?;
        let key = match self.announce(Some(hash), self.key(&hash, found), size_bytes).await? {
            MediaAnnounced::Known(media) => return Ok(MediaKept { media: *media, was_known: true }),
            MediaAnnounced::Reserved { key, .. } => key,
        };
        self.blobs.put(&key, buffer, &options(&hash, found)).await?;
        self.keep(key, hash, size_bytes, self.about.facts(found, &head)).await
    }

    async fn announce(&self, hash: Option<Sha256>, key: String, reserved_bytes: u64) -> Result<MediaAnnounced, Error> {
        self.announce_up_to(hash, key, reserved_bytes, false).await
    }

    async fn announce_up_to(
        &self,
        hash: Option<Sha256>,
        key: String,
        reserved_bytes: u64,
        or_less: bool,
    ) -> Result<MediaAnnounced, Error> {
        let (id, scope) = (self.id.clone(), self.about.scope.clone());
        let call = AnnounceMedia { id, hash, key, reserved_bytes, or_less, lasts_ms: LASTS_MS, scope };
        let announced = self.workspace.call(call).await?;
        if let MediaAnnounced::Reserved { key, .. } = &announced {
            self.keys.borrow_mut().push(key.clone());
        }
        Ok(announced)
    }

    async fn keep(&self, key: String, hash: Sha256, size_bytes: u64, facts: MediaFacts) -> Result<MediaKept, Error> {
        let call = KeepMedia {
            id: self.id.clone(),
            key,
            share_of: self.share_of.clone(),
            hash,
            size_bytes,
            facts,
            scope: self.about.scope.clone(),
            origin: self.workspace.incoming().origin.clone(),
        };
        self.workspace.call(call).await
    }

    /// What is to be done when it went wrong: the object is told. One that is closed has forgotten all keys, and nobody else
    /// would find what lies there.
    async fn end(self, kept: Result<MediaKept, Error>) -> Result<MediaKept, Error> {
        if kept.is_err() && !self.keys.borrow().is_empty() {
            let is_closed = matches!(kept, Err(Error::Workspace(CallError::Closed)));
            if self.promised_key.is_some() && !is_closed {
                return kept;
            }
            let told = self.workspace.call(AbandonMedia { id: self.id.clone() }).await;
            if let Err(Error::Workspace(CallError::Closed)) = told {
                let keys = self.keys.take();
                for key in &keys {
                    self.blobs.delete(key).await;
                }
            }
        }
        kept
    }

    fn detect(&self, head: &[u8], size_bytes: Option<u64>) -> Result<MediaType, Error> {
        let allowed = &self.workspace.incoming().config.media.types;
        let head = head.get(..HEAD_BYTES).unwrap_or(head);
        let found = kind::detect(head, size_bytes, &self.about.hint(), allowed).map_err(Error::NotMedia)?;
        match self.must_be {
            Some(must_be) if must_be.mime != found.mime => Err(Error::NotMedia(NotMedia::NotAsSigned(found))),
            _ => Ok(found),
        }
    }

    fn count(&self, size_bytes: u64) -> Result<(), Error> {
        self.allowance.map_or(Ok(()), |allowance| allowance.take(size_bytes))
    }

    fn check(&self, hash: &Sha256) -> Result<(), Error> {
        if self.about.hash.is_none_or(|stated| stated == *hash) { Ok(()) } else { Err(Error::HashMismatch) }
    }

    fn key(&self, hash: &Sha256, found: MediaType) -> String {
        if let Some(promised) = self.promised_key {
            return promised.to_owned();
        }
        key(self.workspace, self.about, hash, found)
    }
}

/// The key of bytes that arrive now.
pub fn key(workspace: &Workspace, about: &About, hash: &Sha256, found: MediaType) -> String {
    let scope = &about.scope;
    let now_ms = workspace.incoming().now_ms;
    media_key(workspace.user(), scope.desktop.as_deref(), scope.app.as_deref(), now_ms, hash, found.extension)
}

fn options(hash: &Sha256, found: MediaType) -> PutOptions<'_> {
    PutOptions { hash: Some(hash), content_type: Some(found.mime), is_attachment: found == SVG }
}

/// A stream in one buffer.
async fn to_buffer(stream: &ReadableStream) -> Result<ArrayBuffer, JsValue> {
    let response = Response::new_with_opt_readable_stream(Some(stream))?;
    Ok(JsFuture::from(response.array_buffer()?).await?.unchecked_into())
}

/// The first bytes of a buffer, in wasm memory.
fn head_of(buffer: &ArrayBuffer) -> Vec<u8> {
    let length = buffer.byte_length().min(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    Uint8Array::new_with_byte_offset_and_length(buffer, 0, length).to_vec()
}
