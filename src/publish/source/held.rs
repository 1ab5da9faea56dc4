//! A workspace's tree that is held.

use durable_objects::call::{
    CONTENTS_MAX_BYTES, Condition, Error as CallError, Found, HeldEntry, Kind, Place, Read, ReadAt, ReadBranches,
    ReadContents, ReadTree, TREE_PAGE_MAX, When,
};
use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use web_sys::ReadableStream;

use super::{At, Contents, File, Rules, Source, cut_off};
use crate::blobs::Blobs;
use crate::body::collect;
use crate::error::Error;
use crate::pump::hash_of;
use crate::workspace::Workspace;

/// How many files that a sandbox has put into the bucket are read only to know what they are. The alarm is taking them over:
/// where there are more, a publish waits for it.
const UNKNOWN_MAX: usize = 200;
/// How many contents a batch has at the most: each is a row, however small.
pub const BATCH_MAX: usize = 1_000;

/// An entry of a tree that is held.
pub struct TreeEntry {
    /// Where it is, in the workspace.
    pub path: FilePath,
    /// As a listing of that moment has it.
    pub modified_ms: i64,
    /// What it is, if it is no directory.
    pub file: Option<File>,
}

/// Where a file's bytes come from.
pub enum Opened {
    /// With those of others.
    Batched,
    /// At once.
    Whole(ArrayBuffer),
    /// One after the other.
    Stream(ReadableStream),
}

/// A tree that is held.
pub struct Held {
    pub hold: i64,
    pub rev: i64,
}

impl Held {
    pub async fn contents(&self, source: &Source<'_>, folder: &str, rules: &Rules) -> Result<Contents, Error> {
        let path = below(&source.root, folder);
        let skip: Vec<String> = rules.never_entered().into_iter().map(str::to_owned).collect();
        let (mut contents, mut after, mut unknown) = (Contents::default(), None, 0);
        loop {
            let call =
                ReadTree { hold: self.hold, path: path.clone(), after, skip: skip.clone(), limit: TREE_PAGE_MAX };
            let page = source.workspace.call(call).await?;
            for entry in page.entries {
                let names: Vec<&str> = entry.path.segments().skip(source.root.depth()).collect();
                let below = names.join("/");
                if !contents.takes(&below, rules) {
                    continue;
                }
                if entry.kind == Kind::Directory {
                    contents.directories.push(below);
                    continue;
                }
                unknown += usize::from(entry.hash.is_none());
                contents.files.push(self.file(source, below, entry, unknown).await?);
            }
            after = page.next;
            source.keep().await?;
            if after.is_none() {
                contents.excluded.dedup();
                return Ok(contents);
            }
        }
    }

    pub async fn branches(
        &self,
        source: &Source<'_>,
        paths: &[FilePath],
        entries_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<TreeEntry>, Error> {
        let (mut entries, mut after, mut unknown, mut bytes) = (Vec::new(), None, 0, 0);
        loop {
            let call = ReadBranches { hold: self.hold, paths: paths.to_vec(), after, limit: TREE_PAGE_MAX };
            let page = source.workspace.call(call).await?;
            for entry in page.entries {
                let (path, modified_ms) = (entry.path.clone(), entry.modified_ms);
                bytes += path.as_str().len();
                let file = if entry.kind == Kind::File {
                    unknown += usize::from(entry.hash.is_none());
                    Some(self.file(source, path.to_string(), entry, unknown).await?)
                } else {
                    None
                };
                entries.push(TreeEntry { path, modified_ms, file });
            }
            after = page.next;
            source.keep().await?;
            if after.is_none() || entries.len() > entries_max || bytes > bytes_max {
                return Ok(entries);
            }
        }
    }

    async fn file(&self, source: &Source<'_>, path: String, entry: HeldEntry, unknown: usize) -> Result<File, Error> {
        let HeldEntry { size_bytes, hash, bytes, .. } = entry;
        if let Some(hash) = hash {
            return Ok(File { path, size_bytes, hash, at: At::Held(bytes) });
        }
        // What a sandbox has put there is what it is by now, and read to be known.
        if unknown > UNKNOWN_MAX {
            return Err(Error::Moving);
        }
        let Place::Foreign(key) = &bytes else { return Err(Error::Moving) };
        match Blobs::of(source.workspace.incoming())?.get_foreign(key).await {
            Ok((size_bytes, stream)) => {
                Ok(File { path, size_bytes, hash: hash_of(&stream).await?, at: At::Held(bytes) })
            }
            // It has been taken over since.
            Err(Error::TakenAway) => {
                let (found, _) = self.find(source, &path).await?.ok_or(Error::Moving)?;
                let (size_bytes, hash) = (found.entry.size_bytes, found.entry.hash.ok_or(Error::Moving)?);
                Ok(File { path, size_bytes, hash, at: At::Held(found.bytes) })
            }
            Err(error) => Err(error),
        }
    }

    /// A file as it was, and where its bytes are by now.
    async fn find(&self, source: &Source<'_>, path: &str) -> Result<Option<(Found, Option<ArrayBuffer>)>, Error> {
        let read = Read { path: below(&source.root, path), unless: Condition::None };
        let call = ReadAt { when: When::At(self.rev), read };
        match source.workspace.call_for_bytes(call).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Workspace(CallError::NotFound { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn read(&self, source: &Source<'_>, path: &str, max_bytes: u64) -> Result<Option<ArrayBuffer>, Error> {
        let Some((found, body)) = self.find(source, path).await? else { return Ok(None) };
        let size_bytes = found.entry.size_bytes;
        if size_bytes > max_bytes {
            return Ok(None);
        }
        match open(source.workspace, &found.bytes, size_bytes).await? {
            Some(stream) => collect(stream, "File", max_bytes, cut_off).await.map(Some),
            None => Ok(body),
        }
    }

    /// The bytes of a file. What was a sandbox's, or an item's that was deleted, may lie elsewhere since it was looked at: then
    /// it is looked for again.
    pub async fn open(&self, source: &Source<'_>, file: &File, place: &Place) -> Result<Opened, Error> {
        match open(source.workspace, place, file.size_bytes).await {
            Ok(stream) => Ok(stream.map_or(Opened::Batched, Opened::Stream)),
            Err(Error::TakenAway | Error::Moving) => {
                let (found, body) = self.find(source, &file.path).await?.ok_or(Error::Moving)?;
                if found.entry.hash != Some(file.hash) {
                    return Err(Error::Moving);
                }
                match open(source.workspace, &found.bytes, file.size_bytes).await? {
                    Some(stream) => Ok(Opened::Stream(stream)),
                    None => body.map(Opened::Whole).ok_or(Error::Moving),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The contents of the first of some files that lie in the database: as many as come at once.
    pub async fn batch(&self, workspace: &Workspace, files: &[File]) -> Result<(ArrayBuffer, Vec<u64>), Error> {
        let mut total_bytes = 0;
        let inline = files.iter().filter(|file| matches!(file.at, At::Held(Place::Body)));
        let next = inline.take_while(|file| {
            total_bytes += file.size_bytes;
            total_bytes <= CONTENTS_MAX_BYTES
        });
        let hashes: Vec<Sha256> = next.take(BATCH_MAX).map(|file| file.hash).collect();
        let (read, bytes) = workspace.call_for_bytes(ReadContents { hold: self.hold, hashes }).await?;
        Ok((bytes.ok_or_else(|| Error::Internal("a batch without bytes".to_owned()))?, read.sizes))
    }
}

fn below(root: &FilePath, path: &str) -> FilePath {
    path.split('/').filter(|name| !name.is_empty()).fold(root.clone(), |path, name| path.child(name))
}

/// The bytes of a file that lies in a bucket, wherever it was found; none if it does not.
pub async fn open(workspace: &Workspace, place: &Place, size_bytes: u64) -> Result<Option<ReadableStream>, Error> {
    let stream = match place {
        Place::Body | Place::Unchanged => return Ok(None),
        Place::Foreign(key) => Blobs::of(workspace.incoming())?.get_foreign(key).await?.1,
        Place::Stored(key) => Blobs::of(workspace.incoming())?.get(key, size_bytes, None).await?,
        Place::Media(key) => Blobs::of_media(workspace.incoming())?.get_movable(key, None).await?,
    };
    Ok(Some(stream.unchecked_into()))
}
