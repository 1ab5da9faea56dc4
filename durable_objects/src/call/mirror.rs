//! The verbs of the bucket copy: how far it has followed, and what others have changed in it.

use serde::{Deserialize, Serialize};

use super::{Content, Cursor};
use crate::ids::Sha256;
use crate::path::FilePath;

/// The bucket copy brought up to date at once, and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncMirror {}

/// How far the bucket copy has followed the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorState {
    /// Whether it follows at all: it is configuration.
    pub is_on: bool,
    /// Every change up to this rev is in it, whole transactions only.
    pub mirrored_rev: i64,
    /// The last rev of the workspace.
    pub rev: i64,
    /// How many changes and entries have yet to be looked at; 0 if nothing is left to do.
    pub pending: u64,
    /// How many files have been changed in it by others since, so that it does not follow there until they are imported.
    pub changed_there: u64,
    /// How many files have a path that is too long for a key of the bucket.
    pub too_long: u64,
}

/// An object of the bucket copy, as a listing of it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its path.
    pub path: FilePath,
    /// Whether it stands for a directory: its key ends with a slash.
    pub is_directory: bool,
    /// The bucket's tag of it.
    pub etag: String,
}

/// A page of the bucket copy, held against what is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompareMirror {
    /// Its objects, in the order of their keys.
    pub objects: Vec<Seen>,
    /// It has all that lies at this path or below it.
    pub within: FilePath,
    /// Of that, what is behind this key, as it stands below the user's part of the bucket.
    pub after: String,
    /// And up to this one; if there is none, all.
    pub until: Option<String>,
}

/// What is new, changed or gone on a page of the bucket copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The objects, by their place in the question, that are not as they were when they were last seen.
    pub changed: Vec<usize>,
    /// What was there and was not listed, with the tag that it had.
    pub gone: Vec<Seen>,
    /// The same of what others had changed there before.
    pub lost: Vec<Seen>,
    /// The objects, by their place in the question, that lie where the copy does not go.
    pub left_out: Vec<usize>,
    /// How far this goes, if not as far as was asked.
    pub until: Option<String>,
}

/// Something that others have put into the bucket copy, to become an entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeIn {
    /// Where it lies and goes.
    pub path: FilePath,
    /// The tag that it had when it was read.
    pub etag: String,
    /// When it was put there.
    pub uploaded_ms: i64,
    /// A file's bytes; nothing for a directory.
    pub file: Option<(Sha256, Content)>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TakenIn {
    /// Nothing: the entry is the same already.
    Same,
    /// A new entry.
    Imported,
    /// New content of a file that had not changed here.
    Updated,
    /// The file had changed here too: both are kept.
    Both {
        /// Whether the content of the copy is the file's now, since it is the newer one; if not, it is a version.
        is_theirs: bool,
        /// Whether the file had been deleted or moved away here.
        was_gone: bool,
    },
    /// Something else is in the way.
    InTheWay,
}

/// A file that others have removed from the bucket copy, to be deleted here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeAway {
    /// What is gone, with the tag that it had.
    pub gone: Seen,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TakenAway {
    /// It is in the trash.
    Trashed,
    /// It has changed here since, so it stays, and is copied anew.
    Kept,
    /// There was nothing to do.
    Nothing,
}

/// Some of what is known of the bucket copy, held against the tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckMirror {
    /// First, all that is known, behind this key.
    pub known: Option<String>,
    /// Then all that is in the tree, behind this entry.
    pub after: Option<Cursor>,
    /// Whether what is wrong is looked at anew by the alarm.
    pub repair: bool,
}

/// What is wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MirrorChecked {
    /// In words.
    pub problems: Vec<String>,
    /// How many files were looked at.
    pub checked: usize,
    /// Where to go on, if something is left.
    pub next: Option<CheckMirror>,
}

/// Files that are gone from the bucket copy, to be put there anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenewMirror {
    /// They, with the tags that they had.
    pub gone: Vec<Seen>,
}

/// Files that will be put there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Renewed {
    /// They.
    pub paths: Vec<FilePath>,
}
