//! The verbs of history, and their answers: versions of a file, checkpoints of the tree, what each turn did, and all of it
//! taken back.
//!
//! A **rev** names a moment: the tree as it was when that change had been made. A version is named by the rev that made
//! it, a checkpoint by the rev that it took for itself, so wherever a rev is asked for, both will do.

use serde::{Deserialize, Serialize};

use super::{Conditions, List, MirrorState, Read, Stat};
use crate::ids::{Label, Sha256};
use crate::path::FilePath;

/// Which state of a file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// What was at the path as of this rev.
    At(i64),
    /// What the file that is at the path now was as of this rev, wherever it was then.
    Version(i64),
}

/// A directory as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListAt {
    /// As of this rev.
    pub rev: i64,
    /// What is asked.
    pub list: List,
}

/// An entry as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatAt {
    /// Which state.
    pub when: When,
    /// What is asked.
    pub stat: Stat,
}

/// A file as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadAt {
    /// Which state.
    pub when: When,
    /// What is asked.
    pub read: Read,
}

/// The contents that a file has had, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListVersions {
    /// The file.
    pub path: FilePath,
    /// The most versions to answer.
    pub limit: usize,
    /// Only those that ended at this rev or before: where an earlier answer stopped.
    pub before: Option<i64>,
}

/// One content that a file has had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The rev that made it, and its name.
    pub rev: i64,
    /// Its bytes.
    pub size_bytes: u64,
    /// What identifies them; none once they are gone, or while they are not known.
    pub hash: Option<Sha256>,
    /// When it was written.
    pub modified_ms: i64,
    /// Who wrote it, if that is still known.
    pub actor: Option<Label>,
    /// In which unit of work.
    pub turn: Option<Label>,
    /// Whether its bytes are still there.
    pub is_kept: bool,
    /// Whether it is what the file has now.
    pub is_current: bool,
}

/// A page of a file's versions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Versions {
    /// The versions, newest first.
    pub versions: Vec<Version>,
    /// Where to go on, if something is left.
    pub next: Option<i64>,
}

/// A file's content as it was, written anew. Answers what a write answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestoreVersion {
    /// The file.
    pub path: FilePath,
    /// The version's name.
    pub version: i64,
    /// What the file must be for this to happen.
    pub only_if: Conditions,
}

/// A name for the tree as it is. Nothing of it is lost as long as the checkpoint is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeCheckpoint {
    /// For people.
    pub label: Option<String>,
}

/// A moment that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its rev, and its name.
    pub rev: i64,
    /// For people.
    pub label: Option<String>,
    /// When it was taken.
    pub at_ms: i64,
}

/// All checkpoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListCheckpoints {}

/// All checkpoints, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoints {
    /// They.
    pub checkpoints: Vec<Checkpoint>,
}

/// The end of a checkpoint: what only it held is let go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DropCheckpoint {
    /// Its name.
    pub rev: i64,
}

/// A checkpoint that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {}

/// What is otherwise now than it was at a checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompareCheckpoint {
    /// Its name.
    pub rev: i64,
    /// The most differences to answer.
    pub limit: usize,
    /// How many an earlier answer had come to.
    pub skip: usize,
}

/// One entry that is otherwise than it was. Below a directory that has come, was moved or is gone, nothing is said of what has
/// only come or gone with it, nor of what is laid out for media.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// Where it is now, unless it is gone.
    pub path: Option<FilePath>,
    /// Where it was, unless it was not there.
    pub was: Option<FilePath>,
    /// Whether it is a file.
    pub is_file: bool,
    /// Whether it is a file with other content now.
    pub is_rewritten: bool,
}

/// A page of differences, by path.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Differences {
    /// They.
    pub differences: Vec<Difference>,
    /// How many there are in all.
    pub total: usize,
}

/// The tree, or one entry with all that was in it, as it was at a checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestoreCheckpoint {
    /// The checkpoint's name.
    pub rev: i64,
    /// What is restored: the root for all of it.
    pub path: FilePath,
}

/// What has been taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverted {
    /// How many entries are what and where they were.
    pub restored: usize,
    /// How many went to the trash, since they were not there then. What is in them went along uncounted.
    pub trashed: usize,
    /// What has been left as it is, and why. At most [`LEFT_MAX`] of them.
    pub left: Vec<Left>,
    /// How many were left in all.
    pub left_total: usize,
    /// The turn under which this happened: undone, everything is again as it was before.
    pub turn: Label,
}

/// How many entries that were left as they are an answer names.
pub const LEFT_MAX: usize = 1000;

/// An entry that was not taken back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// Where it was when the turn found it, or where the turn made it or brought it from the trash.
    pub path: FilePath,
    /// Why.
    pub why: Why,
}

/// Why something was not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Why {
    /// Somebody else has changed it since.
    ChangedSince,
    /// Something else is where it was.
    PlaceTaken,
    /// The directory that it was in is gone.
    DirectoryGone,
    /// The directory that it was in is in the trash, and may come back from there.
    DirectoryTrashed,
    /// It is a directory in which others have put something.
    HoldsOthers,
    /// The agent does not start without it, so it is never removed.
    Protected,
    /// It was deleted for good, or what it was is no longer kept.
    Gone,
    /// It is a directory that was deleted for good: it is back, with what a checkpoint has of what was in it.
    PartlyGone,
}

/// Exactly what a turn has changed, taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoTurn {
    /// The turn.
    pub turn: Label,
    /// Whether that goes for what others have changed since, or have put in the way, as well.
    pub force: bool,
}

/// The turns that have changed something, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListTurns {
    /// The most turns to answer.
    pub limit: usize,
    /// Only those whose last change is older than this rev: where an earlier answer stopped.
    pub before: Option<i64>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// As its caller has named it.
    pub turn: Label,
    /// Who made its last change.
    pub actor: Option<Label>,
    /// How many changes, those included that the feed has lost.
    pub changes: u64,
    /// When it made the first.
    pub first_ms: i64,
    /// When it made the last.
    pub last_ms: i64,
    /// The first, unless the feed has lost it.
    pub first: Option<Changed>,
    /// The turn that it took back.
    pub undoes: Option<Label>,
    /// Whether it has been taken back, and not been done again since.
    pub is_undone: bool,
}

/// A page of turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Turns {
    /// The turns, that of the newest change first.
    pub turns: Vec<Turn>,
    /// Where to go on, if something is left.
    pub next: Option<i64>,
}

/// What a turn has changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShowTurn {
    /// The turn.
    pub turn: Label,
    /// The most changes to answer.
    pub limit: usize,
    /// Where an earlier answer stopped.
    pub after: Option<i64>,
}

/// One row of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Its rev.
    pub rev: i64,
    /// What happened, in the feed's word.
    pub kind: String,
    /// Where.
    pub path: FilePath,
    /// Where it was before, or what it was copied from.
    pub from: Option<FilePath>,
    /// Who did it.
    pub actor: Option<Label>,
    /// When.
    pub at_ms: i64,
}

impl Changed {
    /// How long its paths are.
    pub fn path_bytes(&self) -> usize {
        self.path.as_str().len() + self.from.as_ref().map_or(0, |from| from.as_str().len())
    }
}

/// A page of a turn's changes, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnChanges {
    /// They.
    pub changes: Vec<Changed>,
    /// Where to go on, if something is left.
    pub next: Option<i64>,
}

/// How much is kept, and as what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measure {}

/// Bytes, and the number of files that they are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Physical: what equal files share is counted once.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
}

/// What a workspace stores. Bytes that several use are counted with the first of live, trash and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// In the tree.
    pub live: Amount,
    /// In the trash alone.
    pub trash: Amount,
    /// In the history alone, checkpoints included; each content is a file here.
    pub versions: Amount,
    /// Public media; each item is a file here. A file of the tree whose bytes are one counts here alone.
    pub media: Amount,
    /// Let go of: removed within the hour, and not counted against the quota before.
    pub leaving_bytes: u64,
    /// Set aside for uploads under way.
    pub reserved_bytes: u64,
    /// The limit.
    pub quota_bytes: u64,
    /// What is left of it.
    pub left_bytes: u64,
    /// How far the bucket copy is.
    pub mirror: MirrorState,
}
