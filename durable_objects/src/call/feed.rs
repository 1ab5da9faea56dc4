//! The feed of changes: one row for each rev, in order, so that who has read up to a rev can ask for what came after it.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::ids::Label;
use crate::path::FilePath;

/// What has changed since a rev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFeed {
    /// The rev up to which the caller knows everything. None asks for nothing but the newest rev, to begin there.
    pub since: Option<i64>,
    /// Only what is about this entry: it, what lies in it, or what it lies in. The root is everything.
    pub path: FilePath,
    /// The most events to answer; with 0, only whether all since then is still known. A transaction that alone is longer is
    /// answered whole all the same.
    pub limit: usize,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its rev.
    pub rev: i64,
    /// What happened, in the feed's word.
    pub change: String,
    /// Where.
    pub path: FilePath,
    /// Where it was before, or what it was copied from.
    pub from: Option<FilePath>,
    /// What the entry was from then on. None once nobody knows any more: it was deleted for good, or is no entry at all.
    pub state: Option<State>,
    /// Who did it.
    pub actor: Option<Label>,
    /// In which unit of work.
    pub turn: Option<Label>,
    /// When.
    pub at_ms: i64,
}

/// What an entry was as of some rev.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What it was.
    pub kind: Kind,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// When its content last changed.
    pub modified_ms: i64,
}

/// A page of the feed, oldest first. It ends where a transaction ends, unless one transaction alone is more than an answer can
/// carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPage {
    /// The events.
    pub events: Vec<Event>,
    /// How far the feed has been looked through: where to go on.
    pub rev: i64,
    /// Whether that is its end.
    pub is_last: bool,
}
