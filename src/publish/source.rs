//! What is published, as it is in the workspace at one moment: the tree is held, and read in pages and batches while others
//! go on writing.

use durable_objects::call::{
    CONTENTS_MAX_BYTES, Condition, Error as CallError, HoldTree, Kind, Place, Read, ReadAt, ReadContents, ReadTree,
    ReleaseTree, TREE_PAGE_MAX, When,
};
use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;

use super::exclude::{Reason, Rules};
use crate::blobs::Blobs;
use crate::body::collect;
use crate::bytes;
use crate::chunks::Chunks;
use crate::error::Error;
use crate::workspace::Workspace;

/// How long a publish may take at the most: then its hold ends, and it fails.
const LASTS_MS: i64 = 60 * 60 * 1000;

/// A tree that is held.
pub struct Source<'a> {
    workspace: &'a Workspace,
    hold: i64,
    rev: i64,
    /// What paths are told below of.
    root: FilePath,
}

/// A file that is published.
pub struct File {
    /// Below the root.
    pub path: String,
    /// Its bytes.
    pub size_bytes: u64,
    /// Their hash.
    pub hash: Sha256,
    place: Place,
}

/// What is published, and what is not.
#[derive(Default)]
pub struct Contents {
    /// Files, in the order of a listing.
    pub files: Vec<File>,
    /// Directories.
    pub directories: Vec<String>,
    /// What is left out, and why.
    pub excluded: Vec<(String, Reason)>,
}

impl<'a> Source<'a> {
    /// Holds the workspace as it is now. One publish of a name goes on at a time.
    pub async fn hold(workspace: &'a Workspace, name: String, root: FilePath) -> Result<Self, Error> {
        let held = workspace.call(HoldTree { name, lasts_ms: LASTS_MS }).await?;
        Ok(Self { workspace, hold: held.hold, rev: held.rev, root })
    }

    /// The end of it. Where it is not heard of, the alarm lets go.
    pub async fn release(&self) {
        let _ = self.workspace.call(ReleaseTree { hold: self.hold }).await;
    }

    /// A path below the root, as clients write it.
    pub fn absolute(&self, path: &str) -> String {
        let root = self.root.absolute(&self.workspace.incoming().config.root);
        if path.is_empty() { root } else { format!("{root}/{path}") }
    }

    /// What is in a folder below the root, and goes by the rules.
    pub async fn contents(&self, folder: &str, rules: &Rules) -> Result<Contents, Error> {
        let path =
            folder.split('/').filter(|name| !name.is_empty()).fold(self.root.clone(), |path, name| path.child(name));
        let skip: Vec<String> = rules.never_entered().into_iter().map(str::to_owned).collect();
        let (mut contents, mut after) = (Contents::default(), None);
        loop {
            let call =
                ReadTree { hold: self.hold, path: path.clone(), after, skip: skip.clone(), limit: TREE_PAGE_MAX };
            let page = self.workspace.call(call).await?;
            for entry in page.entries {
                let below: Vec<&str> = entry.path.segments().skip(self.root.depth()).collect();
                let below = below.join("/");
                if let Some((out, reason)) = rules.left_out(&below) {
                    // What is below a directory that is out is not told one by one.
                    if contents.excluded.last().is_none_or(|(last, _)| last != out) {
                        contents.excluded.push((out.to_owned(), reason));
                    }
                } else if entry.kind == Kind::Directory {
                    contents.directories.push(below);
                } else {
                    let hash = entry.hash.ok_or(Error::Moving)?;
                    contents.files.push(File { path: below, size_bytes: entry.size_bytes, hash, place: entry.bytes });
                }
            }
            after = page.next;
            if after.is_none() {
                contents.excluded.dedup();
                return Ok(contents);
            }
        }
    }

    /// One file below the root, if it is there and no longer than so many bytes.
    pub async fn read(&self, path: &str, max_bytes: u64) -> Result<Option<ArrayBuffer>, Error> {
        let at = path.split('/').fold(self.root.clone(), |path, name| path.child(name));
        let call = ReadAt { when: When::At(self.rev), read: Read { path: at, unless: Condition::None } };
        let (found, body) = match self.workspace.call_for_bytes(call).await {
            Ok(found) => found,
            Err(Error::Workspace(CallError::NotFound { .. })) => return Ok(None),
            Err(error) => return Err(error),
        };
        if found.entry.size_bytes > max_bytes {
            return Ok(None);
        }
        let size_bytes = found.entry.size_bytes;
        let Some(stream) = open(self.workspace, &found.bytes, size_bytes).await? else { return Ok(body) };
        collect(stream, "File", max_bytes, cut_off).await.map(Some)
    }

    /// The same as a text; none if it is no UTF-8.
    pub async fn read_text(&self, path: &str, max_bytes: usize) -> Result<Option<String>, Error> {
        let bytes = self.read(path, max_bytes as u64).await?;
        Ok(bytes.and_then(|bytes| bytes::decode_utf8(&bytes)).map(String::from))
    }

    /// Reads files one after the other.
    pub fn reader<'f>(&'f self, files: &'f [File]) -> Reader<'f> {
        Reader { source: self, files, at: 0, batch: None, current: Current::Nothing }
    }
}

fn cut_off() -> Error {
    Error::Interrupted("a file was cut off".to_owned())
}

/// The bytes of a file that lies in a bucket; none if it does not.
pub async fn open(
    workspace: &Workspace,
    place: &Place,
    size_bytes: u64,
) -> Result<Option<web_sys::ReadableStream>, Error> {
    let stream = match place {
        Place::Body | Place::Unchanged => return Ok(None),
        Place::Foreign(_) => return Err(Error::Moving),
        Place::Stored(key) => Blobs::of(workspace.incoming())?.get(key, size_bytes, None).await?,
        Place::Media(key) => Blobs::of_media(workspace.incoming())?.get_movable(key, None).await?,
    };
    Ok(Some(stream.unchecked_into()))
}

/// Reads files in the order in which they were given: small ones in batches, large ones as streams.
pub struct Reader<'f> {
    source: &'f Source<'f>,
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
}

impl<'f> Reader<'f> {
    /// Goes on to the next file; none behind the last.
    pub async fn next_file(&mut self) -> Result<Option<&'f File>, Error> {
        let Some(file) = self.files.get(self.at) else { return Ok(None) };
        self.at += 1;
        self.current = match open(self.source.workspace, &file.place, file.size_bytes).await? {
            Some(stream) => Current::Stream(Chunks::new(stream).map_err(|cause| Error::internal("reading", &cause))?),
            None => Current::Held(self.take_from_batch().await?),
        };
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
                    self.current = Current::Stream(chunks);
                }
                Ok(chunk)
            }
        }
    }

    /// The bytes of the file before `at`, which lies in the database.
    async fn take_from_batch(&mut self) -> Result<Uint8Array, Error> {
        let missing = || Error::Internal("a batch without bytes".to_owned());
        loop {
            if let Some(batch) = &mut self.batch
                && let Some(size_bytes) = batch.sizes.next()
            {
                let length = u32::try_from(size_bytes).unwrap_or(u32::MAX);
                let bytes = Uint8Array::new_with_byte_offset_and_length(&batch.bytes, batch.offset, length);
                batch.offset += length;
                return Ok(bytes);
            }
            let mut total_bytes = 0;
            let inline = self.files.iter().skip(self.at - 1).filter(|file| file.place == Place::Body);
            let next = inline.take_while(|file| {
                total_bytes += file.size_bytes;
                total_bytes <= CONTENTS_MAX_BYTES
            });
            // An empty file costs a row too: so many rows, and so long a call, at once.
            let hashes: Vec<Sha256> = next.take(1_000).map(|file| file.hash).collect();
            let call = ReadContents { hold: self.source.hold, hashes };
            let (read, bytes) = self.source.workspace.call_for_bytes(call).await?;
            self.batch = Some(Batch { bytes: bytes.ok_or_else(missing)?, offset: 0, sizes: read.sizes.into_iter() });
        }
    }
}
