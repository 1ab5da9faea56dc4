//! The verbs of publishing, and of whoever else makes something of a whole tree: it is held as it is while it is read in pages
//! and batches, and others go on writing.

use serde::{Deserialize, Serialize};

use super::{Cursor, Kind, Place};
use crate::ids::Sha256;
use crate::path::FilePath;

/// The most bytes that [`ReadContents`] answers at once.
pub const CONTENTS_MAX_BYTES: u64 = 4 * 1024 * 1024;
/// The most entries that a page of [`ReadTree`] has.
pub const TREE_PAGE_MAX: usize = 2_000;

/// Keeps the tree as it is now, for whoever makes something of it. There is one hold of a name at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldTree {
    /// What is being made.
    pub name: String,
    /// For how long at the most: then the alarm lets go of it.
    pub lasts_ms: i64,
    /// How many of the holds that there may be at a time are left to others.
    pub spares: i64,
}

/// A tree that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeHeld {
    /// Its number, never used twice.
    pub hold: i64,
    /// As of which rev.
    pub rev: i64,
}

/// Holds it for longer. To be said again and again: a publish that has died is in nobody's way for long.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeepTree {
    /// The hold.
    pub hold: i64,
    /// For how long from now on.
    pub lasts_ms: i64,
}

/// It is still held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeKept {}

/// Lets go of it. It can be repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseTree {
    /// The hold.
    pub hold: i64,
}

/// Nothing is held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeReleased {}

/// A page of what is below a directory of a held tree, in the order of a listing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadTree {
    /// The hold.
    pub hold: i64,
    /// The directory.
    pub path: FilePath,
    /// The last entry of the page before.
    pub after: Option<Cursor>,
    /// Names of directories that are told and not entered.
    pub skip: Vec<String>,
    /// The most entries to answer, up to [`TREE_PAGE_MAX`].
    pub limit: usize,
}

/// A page of some entries of a held tree, each followed by what is below it in the order of a listing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadBranches {
    /// The hold.
    pub hold: i64,
    /// Files and directories, none of them in another.
    pub paths: Vec<FilePath>,
    /// The last entry of the page before.
    pub after: Option<Cursor>,
    /// The most entries to answer, up to [`TREE_PAGE_MAX`].
    pub limit: usize,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreePage {
    /// The entries.
    pub entries: Vec<HeldEntry>,
    /// Where to go on, if something is left.
    pub next: Option<Cursor>,
}

/// An entry of a held tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldEntry {
    /// Where it is.
    pub path: FilePath,
    /// What it is.
    pub kind: Kind,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// As a listing of that moment has it.
    pub modified_ms: i64,
    /// What a file's bytes are, if that is known by now.
    pub hash: Option<Sha256>,
    /// Where they are. [`Place::Body`]: they are to be had by [`ReadContents`].
    pub bytes: Place,
}

/// The bytes of files that lie in the database: as many as fit into one answer, one behind the other in its body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadContents {
    /// The hold.
    pub hold: i64,
    /// What they are, in order.
    pub hashes: Vec<Sha256>,
}

/// How many bytes each has, as far as they fit: of the first hashes that were asked for, and at least of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentsRead {
    /// In order.
    pub sizes: Vec<u64>,
}
