//! Bytes that are in a bucket already: under a staging key, until their hash names the one they belong to, or as the file
//! that is being shared.

use durable_objects::call::{Announce, Error as CallError, MediaAnnounced, MediaFacts, MediaKept};
use durable_objects::ids::Sha256;
use js_sys::Uint8Array;

use super::{Ingest, options};
use crate::blobs::{Blobs, Multipart, PutOptions};
use crate::error::Error;
use crate::media::kind::{HEAD_BYTES, MediaType};
use crate::pump::{Pump, hash_of};
use crate::workspace::Workspace;

impl Ingest<'_> {
    /// Takes what lies under a staging key that was announced.
    pub async fn take_staged(self, staging: &str, size_bytes: u64) -> Result<MediaKept, Error> {
        let kept = self.keep_staged(staging, size_bytes).await;
        self.end(kept).await
    }

    /// Takes what lies in another bucket: a file that is being shared, whose hash is known.
    pub async fn take_stored(self, from: &Blobs, from_key: &str, size_bytes: u64) -> Result<MediaKept, Error> {
        let kept = self.keep_stored(from, from_key, size_bytes).await;
        self.end(kept).await
    }

    async fn keep_stored(&self, from: &Blobs, from_key: &str, size_bytes: u64) -> Result<MediaKept, Error> {
        let hash = self.about.hash.ok_or_else(|| Error::Internal("a stored file has no hash".to_owned()))?;
        let head = from.head_of(from_key, size_bytes, HEAD_BYTES as u64).await?;
        let head = Uint8Array::new(&head).to_vec();
        let found = self.detect(&head, Some(size_bytes))?;
        let key = match self.announce(Some(hash), self.key(&hash, found), size_bytes).await? {
            MediaAnnounced::Known(media) => return Ok(MediaKept { media: *media, was_known: true }),
            MediaAnnounced::Reserved { key, .. } => key,
        };
        let body = from.get(from_key, size_bytes, None).await?;
        self.blobs.put(&key, &body, &options(&hash, found)).await?;
        self.keep(key, hash, size_bytes, self.about.facts(found, &head)).await
    }

    /// Begins to send to a staging key, and answers how much room there is. A source that does not say how many bytes it has
    /// gets what the quota has left, once more than `seen_bytes` have come.
    pub(super) async fn stage(
        &self,
        size_bytes: Option<u64>,
        seen_bytes: u64,
        max_bytes: u64,
    ) -> Result<(Pump, u64), Error> {
        let staging = Blobs::new_staging_key(self.workspace.user());
        let wanted_bytes = size_bytes.unwrap_or(max_bytes);
        let announced = self.announce_up_to(None, staging, wanted_bytes, size_bytes.is_none()).await?;
        let MediaAnnounced::Reserved { key, reserved_bytes } = announced else {
            return Err(Error::Internal("bytes without a hash were known".to_owned()));
        };
        if let Some(size_bytes) = size_bytes {
            return Ok((Pump::put(&self.blobs, key, size_bytes, &PutOptions::default())?, size_bytes));
        }
        if seen_bytes > reserved_bytes {
            return Err(CallError::QuotaExceeded { needed_bytes: seen_bytes, left_bytes: reserved_bytes }.into());
        }
        let upload = start_announced(self.workspace, &self.blobs, &key).await?;
        Ok((Pump::parts(key, upload)?, reserved_bytes))
    }

    async fn keep_staged(&self, staging: &str, size_bytes: u64) -> Result<MediaKept, Error> {
        self.keys.borrow_mut().push(staging.to_owned());
        let head = self.blobs.head_of(staging, size_bytes, HEAD_BYTES as u64).await?;
        let head = Uint8Array::new(&head).to_vec();
        let found = self.detect(&head, Some(size_bytes))?;
        let body = self.blobs.get(staging, size_bytes, None).await?;
        let hash = hash_of(&body).await?;
        self.move_staged(staging, hash, size_bytes, found, self.about.facts(found, &head)).await
    }

    /// From a staging key to the one that the hash names.
    pub(super) async fn move_staged(
        &self,
        staging: &str,
        hash: Sha256,
        size_bytes: u64,
        found: MediaType,
        facts: MediaFacts,
    ) -> Result<MediaKept, Error> {
        self.check(&hash)?;
        let key = match self.announce(Some(hash), self.key(&hash, found), 0).await? {
            MediaAnnounced::Known(media) => return Ok(MediaKept { media: *media, was_known: true }),
            MediaAnnounced::Reserved { key, .. } => key,
        };
        let body = self.blobs.get(staging, size_bytes, None).await?;
        self.blobs.put(&key, &body, &options(&hash, found)).await?;
        self.keep(key, hash, size_bytes, facts).await
    }
}

/// Begins an upload in parts to a key that was announced, and has the object know of it. If it cannot be told, nobody could
/// end the upload later: it is ended at once.
pub async fn start_announced(workspace: &Workspace, blobs: &Blobs, key: &str) -> Result<Multipart, Error> {
    let upload = blobs.start_multipart(key).await?;
    let announce = Announce { key: key.to_owned(), multipart_id: Some(upload.upload_id()), reserved_bytes: 0 };
    match workspace.call(announce).await {
        Ok(_) => Ok(upload),
        Err(error) => {
            blobs.abort(&upload).await;
            Err(error)
        }
    }
}
