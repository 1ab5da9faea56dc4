//! The answers: what a workspace says, each a noun or a participle.

use serde::{Deserialize, Serialize};

use crate::ids::{MediaId, Sha256};
use crate::path::FilePath;

/// What an entry is. The numbers are those of the schema; 2 is reserved for links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Holds entries.
    Directory = 0,
    /// Holds bytes.
    File = 1,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it is.
    pub path: FilePath,
    /// What it is.
    pub kind: Kind,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// When its content last changed; for a directory, when an entry came or went. Strictly rising over a workspace.
    pub modified_ms: i64,
    /// The revision that last changed its place or content.
    pub rev: i64,
    /// The revision of the last change to a directory's entries.
    pub children_rev: i64,
    /// A file's content.
    pub hash: Option<Sha256>,
}

impl Entry {
    /// What identifies the entry's state: a file's content, wherever it lies; for a directory, the list of its entries
    /// and itself.
    pub fn tag(&self) -> String {
        match self.hash {
            Some(hash) => hash.to_string(),
            None => format!("{}-{}", self.rev, self.children_rev),
        }
    }
}

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The file.
    pub entry: Entry,
    /// Where its bytes are.
    pub bytes: Place,
}

/// Where the bytes of an answer are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Nowhere: the caller has them.
    Unchanged,
    /// The body of the answer.
    Body,
    /// In the bucket, under a key that is not ours: it may have another size by now.
    Foreign(String),
    /// In the bucket, under this key. It stays readable for an hour after the file has let go of it.
    Stored(String),
    /// In the bucket of media, under this key. It goes with the media item, and the bytes come home: who finds nothing
    /// there has to ask again.
    Media(String),
}

/// A page of a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// What changes whenever the answer to the same question would.
    pub tag: String,
    /// Whether the caller has it already: then nothing else is answered.
    pub is_unchanged: bool,
    /// The entries, in order. They travel beside the rest, see [`crate::item`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Listed>,
    /// Where to go on, if something is left.
    pub next: Option<Cursor>,
}

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Where it is.
    pub path: FilePath,
    /// What it is.
    pub kind: Kind,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// As in [`Entry`].
    pub modified_ms: i64,
}

/// The entry that a listing answered last. It is a place in the order, not a row: it still means the same when the
/// entry is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where the entry was.
    pub path: FilePath,
    /// What it was, since directories come first.
    pub kind: Kind,
}

/// A file as it was just written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its bytes.
    pub size_bytes: u64,
    /// When, unlike any earlier time.
    pub modified_ms: i64,
    /// The revision of the change.
    pub rev: i64,
    /// The media item that the content is, if its name says that it is media and the deployment takes note of such.
    pub media: Option<MediaId>,
}

/// A key that is reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {}

/// A key that is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {}

/// A directory that is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Whether it was missing.
    pub made: bool,
}

/// A move or copy that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocated {
    /// How many entries were written: 1 for a move of any size, 0 when there was nothing to do.
    pub entries: usize,
}

/// An entry that is no longer where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deleted {
    /// It can be restored.
    Trashed(Trashed),
    /// It cannot.
    ForGood,
}

/// One entry in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trashed {
    /// Where it was.
    pub original: FilePath,
    /// Where it is: `.trash/{name}.{deleted_ms}`.
    pub path: FilePath,
    /// What it is.
    pub kind: Kind,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// When it was deleted.
    pub deleted_ms: i64,
    /// When it goes for good.
    pub expires_ms: i64,
}

/// A page of the trash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrashListing {
    /// The entries, newest first.
    pub entries: Vec<Trashed>,
    /// Where to go on, if something is left.
    pub next: Option<TrashCursor>,
}

/// The entry that a listing of the trash answered last: its deletion, and its node to break ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashCursor {
    /// When the entry was deleted.
    pub deleted_ms: i64,
    /// Its node.
    pub node: i64,
}

/// Something that left the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Where it is now.
    pub path: FilePath,
}

/// What emptying the trash gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emptied {
    /// How many entries of the trash.
    pub count: u64,
    /// The bytes of all files in them.
    pub bytes: u64,
}

/// The object answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {}

/// The workspace is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// How many entries it had.
    pub entries: u64,
}

/// What an import has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Entries that were not there.
    pub entries: usize,
    /// Objects that are no entry: something else has their name, or the workspace is full.
    pub passed_over: usize,
}
