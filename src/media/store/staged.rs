//! Bytes that are in a bucket already: under a staging key, until their hash names the one they belong to, or as the file
//! that is being shared.

use durable_objects::call::{Announce, MediaAnnounced, MediaFacts, MediaKept};
use durable_objects::ids::Sha256;
use js_sys::Uint8Array;

use super::{Ingest, options};
use crate::blobs::{Blobs, PutOptions};
use crate::error::Error;
use crate::media::kind::{HEAD_BYTES, MediaType};
use crate::pump::{Pump, hash_of};

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
            MediaAnnounced::Reserved { key } => key,
        };
        let body = from.get(from_key, size_bytes, None).await?;
        self.blobs.put(&key, &body, &options(&hash, found)).await?;
        self.keep(key, hash, size_bytes, self.about.facts(found, &head)).await
    }

    /// Begins to send to a staging key.
    pub(super) async fn stage(&self, size_bytes: Option<u64>, max_bytes: u64) -> Result<Pump, Error> {
        let staging = Blobs::new_staging_key(self.workspace.user());
        let reserved_bytes = size_bytes.unwrap_or(max_bytes);
        let MediaAnnounced::Reserved { key } = self.announce(None, staging, reserved_bytes).await? else {
            return Err(Error::Internal("bytes without a hash were known".to_owned()));
        };
        if let Some(size_bytes) = size_bytes {
            return Pump::put(&self.blobs, key, size_bytes, &PutOptions::default());
        }
        let upload = self.blobs.start_multipart(&key).await?;
        let multipart_id = Some(upload.upload_id());
        self.workspace.call(Announce { key: key.clone(), multipart_id, reserved_bytes }).await?;
        Pump::parts(key, upload)
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
            MediaAnnounced::Reserved { key } => key,
        };
        let body = self.blobs.get(staging, size_bytes, None).await?;
        self.blobs.put(&key, &body, &options(&hash, found)).await?;
        self.keep(key, hash, size_bytes, facts).await
    }
}
