//! Bytes that come as a stream: few are held, many go on to the bucket as they come.

use durable_objects::call::{Error as CallError, MediaAnnounced, MediaKept};
use js_sys::{Array, Uint8Array};

use super::{HELD_MAX_BYTES, Ingest, options};
use crate::bytes::join;
use crate::chunks::Chunks;
use crate::error::Error;
use crate::intake::Expected;
use crate::pump::Pump;

impl Ingest<'_> {
    pub(super) async fn keep_stream(
        &self,
        chunks: &mut Chunks,
        expected: Expected,
        max_bytes: u64,
        cut_off: fn() -> Error,
    ) -> Result<MediaKept, Error> {
        let (chunks_held, mut seen_bytes) = (Array::new(), 0);
        while seen_bytes <= HELD_MAX_BYTES {
            let Some(chunk) = chunks.next().await.map_err(|_| cut_off())? else {
                return self.keep_buffer(&join(&chunks_held, seen_bytes)).await;
            };
            seen_bytes = self.bounded(seen_bytes, &chunk, max_bytes)?;
            chunks_held.push(&chunk.slice(0, chunk.length()));
        }
        let head = Uint8Array::from(chunks_held.get(0)).to_vec();
        let size_bytes = match expected {
            Expected::Exactly(size_bytes) => Some(size_bytes),
            Expected::AtMost(_) => None,
        };
        let found = self.detect(&head, size_bytes)?;
        let facts = self.about.facts(found, &head);
        let mut room_bytes = max_bytes;
        let mut pump = match (self.about.hash, size_bytes) {
            (Some(hash), Some(size_bytes)) => {
                match self.announce(Some(hash), self.key(&hash, found), size_bytes).await? {
                    MediaAnnounced::Known(media) => return Ok(MediaKept { media: *media, was_known: true }),
                    MediaAnnounced::Reserved { key, .. } => {
                        Pump::put(&self.blobs, key, size_bytes, &options(&hash, found))?
                    }
                }
            }
            (_, size_bytes) => {
                let (pump, reserved_bytes) = self.stage(size_bytes, seen_bytes, max_bytes).await?;
                room_bytes = reserved_bytes;
                pump
            }
        };
        let sent = self.send_all(&mut pump, &chunks_held, chunks, seen_bytes, (max_bytes, room_bytes), cut_off).await;
        let seen_bytes = match sent {
            Ok(seen_bytes) => seen_bytes,
            Err(error) => {
                pump.abort().await;
                return Err(error);
            }
        };
        let key = pump.key().to_owned();
        let hash = pump.finish(&self.blobs, self.about.hash.as_ref()).await?;
        if self.about.hash.is_some() && size_bytes.is_some() {
            return self.keep(key, hash, seen_bytes, facts).await;
        }
        self.move_staged(&key, hash, seen_bytes, found, facts).await
    }

    async fn send_all(
        &self,
        pump: &mut Pump,
        held: &Array,
        chunks: &mut Chunks,
        mut seen_bytes: u64,
        (max_bytes, room_bytes): (u64, u64),
        cut_off: fn() -> Error,
    ) -> Result<u64, Error> {
        while held.length() > 0 {
            pump.send(&self.blobs, &held.shift().into()).await?;
        }
        while let Some(chunk) = chunks.next().await.map_err(|_| cut_off())? {
            seen_bytes = self.bounded(seen_bytes, &chunk, max_bytes)?;
            if seen_bytes > room_bytes {
                return Err(CallError::QuotaExceeded { needed_bytes: seen_bytes, left_bytes: room_bytes }.into());
            }
            pump.send(&self.blobs, &chunk).await?;
        }
        Ok(seen_bytes)
    }

    /// With how many bytes more have arrived, unless that is too many.
    fn bounded(&self, seen_bytes: u64, chunk: &Uint8Array, max_bytes: u64) -> Result<u64, Error> {
        self.count(chunk.length().into())?;
        let size_bytes = seen_bytes + u64::from(chunk.length());
        let too_large = || Error::TooLarge { what: "Media", size_bytes, max_bytes };
        (size_bytes <= max_bytes).then_some(size_bytes).ok_or_else(too_large)
    }
}
