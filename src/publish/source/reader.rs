//! Files one after the other: small ones in batches, large ones as streams.

use durable_objects::call::CONTENTS_MAX_BYTES;
use durable_objects::ids::Sha256;
use js_sys::{ArrayBuffer, Uint8Array};
use sha2::{Digest as _, Sha256 as Hasher};

use super::held::{BATCH_MAX, Opened};
use super::{At, File, Place, Source, Tree, cut_off};
use crate::chunks::Chunks;
use crate::error::Error;

/// Reads files in the order in which they were given.
pub struct Reader<'f> {
    source: &'f Source<'f>,
    step: &'static str,
    files: &'f [File],
    /// The next file.
    at: usize,
    batch: Option<Batch>,
    current: Current,
}

/// Files that have come together.
struct Batch {
    bytes: ArrayBuffer,
    offset: u32,
    sizes: std::vec::IntoIter<u64>,
}

enum Current {
    Nothing,
    Held(Uint8Array),
    Stream(Chunks),
    /// Of bytes that others may change at any time.
    Checked(Chunks, Box<Check>),
}

/// What bytes must turn out to be.
struct Check {
    hasher: Hasher,
    left_bytes: u64,
    hash: Sha256,
}

impl<'f> Reader<'f> {
    pub(super) fn new(source: &'f Source<'f>, step: &'static str, files: &'f [File]) -> Self {
        Self { source, step, files, at: 0, batch: None, current: Current::Nothing }
    }

    /// Goes on to the next file; none behind the last.
    pub async fn next_file(&mut self) -> Result<Option<&'f File>, Error> {
        self.source.keep().await?;
        self.source.progress.files(self.step, self.at, self.files.len());
        let Some(file) = self.files.get(self.at) else { return Ok(None) };
        let opened = match (&self.source.tree, &file.at) {
            (Tree::Held(held), At::Held(place)) => held.open(self.source, file, place).await?,
            (Tree::Sent(sent), At::Sent(offset)) => {
                sent.open(*offset, file.size_bytes).await?.map_or(Opened::Batched, Opened::Stream)
            }
            (Tree::Held(_) | Tree::Sent(_), At::Held(_) | At::Sent(_)) => Opened::Batched,
        };
        self.current = match opened {
            Opened::Whole(bytes) => Current::Held(Uint8Array::new(&bytes)),
            Opened::Stream(stream) => {
                let chunks = Chunks::new(stream).map_err(|cause| Error::internal("reading", &cause))?;
                if matches!(file.at, At::Held(Place::Foreign(_))) {
                    let check = Check { hasher: Hasher::new(), left_bytes: file.size_bytes, hash: file.hash };
                    Current::Checked(chunks, Box::new(check))
                } else {
                    Current::Stream(chunks)
                }
            }
            Opened::Batched => Current::Held(self.take_from_batch().await?),
        };
        self.at += 1;
        Ok(Some(file))
    }

    /// The next bytes of the file; none at its end. They are valid until the next call and no longer.
    pub async fn next_chunk(&mut self) -> Result<Option<Uint8Array>, Error> {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => Ok(None),
            Current::Held(bytes) => Ok(Some(bytes)),
            Current::Stream(mut chunks) => {
                let chunk = chunks.next().await.map_err(|_| cut_off())?;
                if chunk.is_some() {
                    self.source.keep().await?;
                    self.current = Current::Stream(chunks);
                }
                Ok(chunk)
            }
            Current::Checked(mut chunks, mut check) => {
                let chunk = chunks.next().await.map_err(|_| cut_off())?;
                check.look(chunk.as_ref())?;
                if chunk.is_some() {
                    self.current = Current::Checked(chunks, check);
                }
                Ok(chunk)
            }
        }
    }

    /// The bytes of the file that is `at`, which came or comes with others.
    async fn take_from_batch(&mut self) -> Result<Uint8Array, Error> {
        loop {
            if let Some(batch) = &mut self.batch
                && let Some(size_bytes) = batch.sizes.next()
            {
                let length = u32::try_from(size_bytes).unwrap_or(u32::MAX);
                let bytes = Uint8Array::new_with_byte_offset_and_length(&batch.bytes, batch.offset, length);
                batch.offset += length;
                return Ok(bytes);
            }
            let next = self.files.get(self.at..).unwrap_or_default();
            let (bytes, sizes) = match &self.source.tree {
                Tree::Held(held) => held.batch(self.source.workspace, next).await?,
                Tree::Sent(sent) => sent.batch(next).await?,
            };
            if sizes.is_empty() {
                return Err(Error::Internal("a batch without files".to_owned()));
            }
            self.batch = Some(Batch { bytes, offset: 0, sizes: sizes.into_iter() });
        }
    }
}

/// How often others are asked when files of a workspace are read in order: once for each that lies in a bucket, and once for each
/// batch of the others.
pub fn count_reads(files: &[File]) -> usize {
    let (mut reads, mut batched, mut batched_bytes) = (0, BATCH_MAX, 0);
    for file in files {
        if !matches!(file.at, At::Held(Place::Body)) {
            reads += 1;
        } else if batched == BATCH_MAX || batched_bytes + file.size_bytes > CONTENTS_MAX_BYTES {
            (reads, batched, batched_bytes) = (reads + 1, 1, file.size_bytes);
        } else {
            (batched, batched_bytes) = (batched + 1, batched_bytes + file.size_bytes);
        }
    }
    reads
}

impl Check {
    /// The next bytes, or the end. What has changed since it was looked at is looked at again by the next attempt.
    fn look(&mut self, chunk: Option<&Uint8Array>) -> Result<(), Error> {
        let Some(chunk) = chunk else {
            let found = Sha256::new(self.hasher.finalize_reset().into());
            return if self.left_bytes == 0 && found == self.hash { Ok(()) } else { Err(Error::Moving) };
        };
        self.left_bytes = self.left_bytes.checked_sub(u64::from(chunk.length())).ok_or(Error::Moving)?;
        self.hasher.update(chunk.to_vec());
        Ok(())
    }
}
