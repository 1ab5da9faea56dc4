//! The one error of the object. It knows nothing of HTTP: what a caller is told of it is the Worker's to say.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Entry;
use crate::ids::MediaId;
use crate::path::FilePath;
use crate::sql::SqlError;

/// What a call looked for and did not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sought {
    /// A directory to list.
    Directory,
    /// A file to read.
    File,
    /// Any entry.
    Path,
    /// What was to be moved or copied.
    Source,
    /// The directory to write in.
    Parent,
    /// Something in the trash.
    Trashed,
}

/// Why a call did not do what it says. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Error {
    /// Nothing is there.
    #[error("nothing is at {path:?}")]
    NotFound {
        /// What the call wanted there.
        sought: Sought,
        /// Where.
        path: FilePath,
    },
    /// A directory was asked for.
    #[error("{path:?} is not a directory")]
    NotADirectory {
        /// What is a file.
        path: FilePath,
    },
    /// A directory stands where a file should go.
    #[error("{path:?} is a directory")]
    IsADirectory {
        /// The directory.
        path: FilePath,
    },
    /// A file stands where a directory should be.
    #[error("{path:?} is a file")]
    IsAFile {
        /// The file.
        path: FilePath,
    },
    /// Something is there already.
    #[error("something is already at {path:?}")]
    AlreadyThere {
        /// Where.
        path: FilePath,
    },
    /// The entry is not what the caller said it must be.
    #[error("{path:?} is not what it was expected to be")]
    ConditionFailed {
        /// Which entry.
        path: FilePath,
        /// What it is, if it is there.
        found: Option<Entry>,
    },
    /// Bytes were sent to a key that is not announced, or not any more.
    #[error("the upload to {key} is not known")]
    UnknownUpload {
        /// The key.
        key: String,
    },
    /// No item of the ledger has this id, or not any more.
    #[error("no media item {id}")]
    UnknownMedia {
        /// The id.
        id: MediaId,
    },
    /// The workspace is opened for the first time: what the bucket holds has to be imported before anything else.
    #[error("the workspace has to be imported first")]
    ImportFirst {
        /// The last path of an import that was cut off.
        after: Option<FilePath>,
    },
    /// The account has been deleted.
    #[error("the account was deleted")]
    Closed,
    /// A cursor that no listing of this directory has answered.
    #[error("the cursor is not of this listing")]
    BadCursor,
    /// A rev that is yet to come.
    #[error("there is no rev {rev} yet")]
    UnknownRev {
        /// The rev.
        rev: i64,
    },
    /// A rev beyond retention, of which no checkpoint was taken.
    #[error("rev {rev} is no longer kept")]
    RevGone {
        /// The rev.
        rev: i64,
    },
    /// Changes since a rev that the feed has lost, or that was before a reset.
    #[error("not all changes since then are known; the newest rev is {rev}")]
    FeedGone {
        /// The rev that the tree has now: who has listed it goes on from there.
        rev: i64,
    },
    /// A version that the file has not had, or whose content is no longer kept.
    #[error("{path:?} has no content of rev {rev}")]
    VersionGone {
        /// The file.
        path: FilePath,
        /// The version.
        rev: i64,
    },
    /// No checkpoint has this name.
    #[error("there is no checkpoint {rev}")]
    NoCheckpoint {
        /// The name.
        rev: i64,
    },
    /// There are as many checkpoints as there may be.
    #[error("a workspace is limited to {max} checkpoints")]
    TooManyCheckpoints {
        /// The limit.
        max: usize,
    },
    /// Nothing that is still known was changed under this turn.
    #[error("nothing is known of the turn {turn:?}")]
    NoTurn {
        /// The turn.
        turn: String,
    },
    /// The first changes of a turn are beyond retention, so it cannot be taken back as a whole.
    #[error("the beginning of the turn {turn:?} is no longer kept")]
    TurnGone {
        /// The turn.
        turn: String,
    },
    /// More has changed than one transaction takes back.
    #[error("more than {max} changes cannot be taken back at once")]
    TooManyChanges {
        /// The limit.
        max: usize,
    },
    /// A directory cannot go into itself.
    #[error("{path:?} would go into itself")]
    IntoItself {
        /// The directory.
        path: FilePath,
    },
    /// What it takes along would lie too deep.
    #[error("{path:?} would lie deeper than {max} levels")]
    TooDeep {
        /// The directory, where it was to go.
        path: FilePath,
        /// The limit.
        max: usize,
    },
    /// It must stay.
    #[error("{path:?} is protected")]
    Protected {
        /// What must stay.
        path: FilePath,
        /// Whether it was to be moved, not deleted.
        moving: bool,
    },
    /// The trash takes what is deleted and gives what is restored, nothing else.
    #[error("{path:?} is in the trash")]
    InTrash {
        /// The place in the trash.
        path: FilePath,
    },
    /// The workspace would hold too many entries.
    #[error("the workspace is limited to {max} entries")]
    TooManyEntries {
        /// The limit.
        max: u32,
    },
    /// One copy would make too many entries.
    #[error("a copy is limited to {max} entries")]
    CopyTooLarge {
        /// The limit.
        max: usize,
    },
    /// The bytes do not fit any more.
    #[error("{needed_bytes} bytes are needed and {left_bytes} are left")]
    QuotaExceeded {
        /// What the call would store.
        needed_bytes: u64,
        /// What is left.
        left_bytes: u64,
    },
    /// The database is of a newer version of this code, which alone may touch it.
    #[error("the workspace has schema {found}, this code knows {known}")]
    NewerSchema {
        /// What the database says.
        found: i64,
        /// The newest that this code knows.
        known: i64,
    },
    /// A configured limit is no number.
    #[error("{message}")]
    Misconfigured {
        /// Which, and why.
        message: String,
    },
    /// Something of this name is being made already.
    #[error("{name:?} is being made already")]
    HeldAlready {
        /// What is.
        name: String,
    },
    /// As many trees are held as there may be at a time.
    #[error("too many trees are held")]
    TooManyHolds {},
    /// The tree is not held any more.
    #[error("the hold {hold} is over")]
    NotHeld {
        /// Its number.
        hold: i64,
    },
    /// The stage is not there any more, or something on it is not.
    #[error("the stage {stage} is over")]
    NotStaged {
        /// Its number.
        stage: i64,
    },
    /// There are as many stages as there may be.
    #[error("a workspace is limited to {max} stages")]
    TooManyStages {
        /// The limit.
        max: usize,
    },
    /// Nothing was planted there.
    #[error("nothing was planted at {path:?}")]
    NotPlanted {
        /// Where.
        path: FilePath,
    },
    /// The database failed, or a row is not what it must be.
    #[error("{message}")]
    Storage {
        /// What it said.
        message: String,
    },
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        Self::Storage { message: error.0 }
    }
}
