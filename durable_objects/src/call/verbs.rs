//! The verbs: what can be asked of a workspace, each a type in the imperative.

use serde::{Deserialize, Serialize};

use super::{Cursor, Kind, TrashCursor};
use crate::ids::Sha256;
use crate::path::FilePath;

/// Entries of a directory: directories first, then by name without regard to case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct List {
    /// The directory.
    pub path: FilePath,
    /// How many levels: 1 is the directory's own entries.
    pub depth: usize,
    /// The most entries to answer.
    pub limit: usize,
    /// Where an earlier answer stopped.
    pub after: Option<Cursor>,
    /// The tags that the caller has: if one is the listing's, only the tag is answered.
    pub unless: Condition,
}

/// One entry, whatever it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stat {
    /// The entry.
    pub path: FilePath,
}

/// A file and its bytes: small ones are the body of the answer, large ones lie in a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    /// The file.
    pub path: FilePath,
    /// The tags that the caller has: if one is the file's, the bytes do not travel.
    pub unless: Condition,
}

/// A file's new content. Writing over a file keeps its history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Write {
    /// The file.
    pub path: FilePath,
    /// The hash of the content, computed by the Worker.
    pub hash: Sha256,
    /// Where the content is.
    pub content: Content,
    /// Whether missing parents are made.
    pub make_parents: bool,
    /// What the file must be for this to happen.
    pub only_if: Conditions,
}

/// Where the content of a write is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Content {
    /// The body of the call.
    Body,
    /// In the bucket, under a key that was announced.
    Stored {
        /// The key.
        key: String,
        /// How many bytes lie there.
        size_bytes: u64,
    },
}

/// A key that bytes are about to be sent to. Whatever happens to the sender, the object finds them: they end in a
/// [`Write`], or the alarm removes them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Announce {
    /// A random key that nothing else uses.
    pub key: String,
    /// The multipart upload under which the bytes go there, once it is known.
    pub multipart_id: Option<String>,
    /// How many bytes there can be: the quota must have room for them.
    pub reserved_bytes: u64,
}

/// Bytes that will not be used: the alarm removes them at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Abandon {
    /// The announced key.
    pub key: String,
}

/// Tags to compare an entry with (see [`Entry::tag`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Nothing was asked.
    #[default]
    None,
    /// Any entry that exists.
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

impl Condition {
    /// Whether an entry with this tag, or no entry, is what is meant.
    pub fn matches(&self, tag: Option<&str>) -> bool {
        match (self, tag) {
            (Self::None, _) | (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::OneOf(tags), Some(tag)) => tags.iter().any(|one| one == tag),
        }
    }
}

/// What must hold of an entry for a change to happen. It is looked at in the transaction of the change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The entry must be one of these.
    pub is: Condition,
    /// The entry must be none of these.
    pub is_not: Condition,
}

/// A directory, with its parents. Fine if it is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MakeDirectory {
    /// The directory.
    pub path: FilePath,
}

/// Another place for an entry; missing parents are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Move {
    /// Where it is.
    pub from: FilePath,
    /// Where it goes.
    pub to: FilePath,
    /// Whether a file may replace the file that is there. The target keeps its history.
    pub overwrite: bool,
    /// `is` is about the source, `is_not` about what is at the target.
    pub only_if: Conditions,
}

/// A second entry with the same content, of a directory with everything in it; missing parents are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Copy {
    /// What is copied.
    pub from: FilePath,
    /// Where the copy goes.
    pub to: FilePath,
    /// Whether a file may replace the file that is there. The target keeps its history.
    pub overwrite: bool,
    /// `is` is about the source, `is_not` about what is at the target.
    pub only_if: Conditions,
}

/// An entry into the trash, or for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delete {
    /// The entry. In the trash, deleting is always for good.
    pub path: FilePath,
    /// Whether it skips the trash: the entry and its versions are gone.
    pub permanent: bool,
    /// What the entry must be for this to happen.
    pub only_if: Conditions,
}

/// What is in the trash, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListTrash {
    /// The most entries to answer.
    pub limit: usize,
    /// Where an earlier answer stopped.
    pub after: Option<TrashCursor>,
}

/// Something out of the trash; missing parents are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Restore {
    /// The entry in the trash, or something inside a directory there.
    pub path: FilePath,
    /// Where it goes, if not where it was.
    pub to: Option<FilePath>,
}

/// Everything in the trash for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmptyTrash {}

/// Nothing: whether the object answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ping {}

/// Everything of the workspace gone: the tree, its versions, its trash, its checkpoints, its feed, its bytes. Revs go on
/// counting, so that nobody mistakes what comes for what was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reset {}

/// As [`Reset`], and for good: every later call is refused, so that an old URL cannot bring the account back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Close {}

/// Files that others have put into the bucket before this workspace was first opened: they become entries at once, and
/// their bytes are taken over later. Repeating it does no harm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Import {
    /// The files, in the order of their keys.
    pub files: Vec<Foreign>,
    /// Whether there are no more.
    pub done: bool,
}

/// A file that lies in the bucket under somebody else's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Its key. What lies there may change or go: it is not ours.
    pub key: String,
    /// Where it goes.
    pub path: FilePath,
    /// What it is: some sandboxes leave an object for a directory.
    pub kind: Kind,
    /// Its size when it was seen.
    pub size_bytes: u64,
    /// The bucket's tag of it then.
    pub etag: String,
}
