//! What was sent to be published. Its files lie one behind the other, in the order in which they came; they are wanted in the
//! order in which they are written. So some of them are brought at a time, and each is picked from what passes by.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;

use super::{At, Contents, File, Reason, Rules};
use crate::blobs::{Blobs, Range};
use crate::chunks::Chunks;
use crate::error::Error;
use crate::publish::unpack::{Index, Indexed};
use crate::publish::upload::{self, UploadId};
use crate::workspace::Workspace;

/// How many bytes are brought at a time. An upload of the largest size in the worst order passes by ten times.
const WINDOW_BYTES: u64 = 16 * 1024 * 1024;
/// What is larger comes by itself.
const LARGE_BYTES: u64 = 4 * 1024 * 1024;

/// An upload.
pub struct Sent {
    blobs: Blobs,
    key: String,
    index: Index,
}

/// A file that is wanted: where it is, how long it is, and where it goes.
type Wanted = (u64, u64, u64);

impl Sent {
    /// The upload of an id.
    pub async fn find(workspace: &Workspace, id: &UploadId) -> Result<Self, Error> {
        let mut index = upload::index(workspace, id).await?;
        // So that what is left out comes together.
        index.files.sort_by(|one, other| one.path.split('/').cmp(other.path.split('/')));
        Ok(Self { blobs: Blobs::of(workspace.incoming())?, key: id.key(workspace), index })
    }

    pub fn contents(&self, folder: &str, rules: &Rules) -> Result<Contents, Error> {
        let mut contents = Contents::default();
        let is_within =
            |path: &str| folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        for file in self.index.files.iter().filter(|file| is_within(&file.path)) {
            if contents.takes(&file.path, rules) {
                let Indexed { path, offset, size_bytes, hash } = file.clone();
                contents.files.push(File { path, size_bytes, hash, at: At::Sent(offset) });
            }
        }
        for directory in self.index.directories.iter().filter(|path| is_within(path)) {
            if contents.takes(directory, rules) {
                contents.directories.push(directory.to_owned());
            }
        }
        let links = self.index.links.iter().filter(|path| is_within(path));
        contents.excluded.extend(links.map(|link| (link.clone(), Reason::Link)));
        contents.excluded.sort_unstable();
        contents.excluded.dedup();
        if contents.files.is_empty() {
            let what = if folder.is_empty() { "no files" } else { "nothing in the app's folder" };
            return Err(Error::BadRequest(format!("The upload has {what} to publish")));
        }
        Ok(contents)
    }

    pub async fn read(&self, path: &str, max_bytes: u64) -> Result<Option<ArrayBuffer>, Error> {
        let file = self.index.files.iter().find(|file| file.path == path && file.size_bytes <= max_bytes);
        let Some(Indexed { offset, size_bytes, .. }) = file else { return Ok(None) };
        self.pick(&mut [(*offset, *size_bytes, 0)], *size_bytes).await.map(Some)
    }

    /// The bytes of a large file; none if it is not.
    pub async fn open(&self, offset: u64, size_bytes: u64) -> Result<Option<ReadableStream>, Error> {
        if size_bytes <= LARGE_BYTES {
            return Ok(None);
        }
        self.bring(offset, size_bytes).await.map(Some)
    }

    /// The bytes of the first of some files that are not large: as many as come at once.
    pub async fn batch(&self, files: &[File]) -> Result<(ArrayBuffer, Vec<u64>), Error> {
        let mut total_bytes = 0;
        let mut wanted: Vec<Wanted> = Vec::new();
        for file in files.iter().filter(|file| file.size_bytes <= LARGE_BYTES) {
            let At::Sent(offset) = file.at else { continue };
            if total_bytes + file.size_bytes > WINDOW_BYTES {
                break;
            }
            wanted.push((offset, file.size_bytes, total_bytes));
            total_bytes += file.size_bytes;
        }
        let sizes = wanted.iter().map(|(_, size_bytes, _)| *size_bytes).collect();
        Ok((self.pick(&mut wanted, total_bytes).await?, sizes))
    }

    /// Brings files into one buffer of so many bytes.
    async fn pick(&self, wanted: &mut [Wanted], total_bytes: u64) -> Result<ArrayBuffer, Error> {
        let picked = Uint8Array::new_with_length(index(total_bytes));
        wanted.sort_unstable();
        let mut left = wanted.iter().filter(|(_, size_bytes, _)| *size_bytes > 0).copied().peekable();
        let Some((start, ..)) = left.peek().copied() else { return Ok(picked.buffer().unchecked_into()) };
        let end = wanted.iter().map(|(offset, size_bytes, _)| offset + size_bytes).max().unwrap_or(start);
        let reading = |cause: JsValue| Error::internal("reading an upload", &cause);
        let mut chunks = Chunks::new(self.bring(start, end - start).await?).map_err(reading)?;
        let mut at = start;
        while let Some(chunk) = chunks.next().await.map_err(|_| super::cut_off())? {
            let until = at + u64::from(chunk.length());
            while let Some((offset, size_bytes, to)) = left.peek().copied().filter(|(offset, ..)| *offset < until) {
                let (from, stop) = (offset.max(at), (offset + size_bytes).min(until));
                let part = chunk.subarray(index(from - at), index(stop - at));
                picked.set(&part, index(to + from - offset));
                if offset + size_bytes > until {
                    break;
                }
                left.next();
            }
            at = until;
        }
        if left.peek().is_some() { Err(super::cut_off()) } else { Ok(picked.buffer().unchecked_into()) }
    }

    async fn bring(&self, offset: u64, length: u64) -> Result<ReadableStream, Error> {
        let found = self.blobs.find(&self.key, Some(Range { offset, length })).await?;
        found.map(|(_, body)| body.unchecked_into()).ok_or(Error::NoUpload)
    }
}

/// A place in a buffer: it is in memory.
fn index(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
