//! The object's interface: every verb as a type, its answer as a type, and one error that knows nothing of HTTP.
//!
//! A call travels as one fetch from the Worker to the object. Its [`Request`] is JSON in the header [`CALL`], the bytes
//! it brings, if any, are the body. The answer is `Result<Answer, Error>` as serde sees it, always with status 200: in
//! the body, or in the header [`ANSWER`] when the body is a file's bytes. What it cost is in [`COST`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::{Label, Sha256};
use crate::path::FilePath;
use crate::sql::SqlError;

/// The header with the call, as ASCII JSON.
pub const CALL: &str = "holdfast-call";
/// The header with the answer when the body is raw bytes, as ASCII JSON.
pub const ANSWER: &str = "holdfast-answer";
/// The header with the rows read and written: `12,3`.
pub const COST: &str = "holdfast-cost";

/// A verb and what it answers.
pub trait Call: Into<Verb> {
    /// The answer, when there is no [`Error`].
    type Answer: Serialize + DeserializeOwned;
}

/// One line a verb: `Verb => Answer`. It makes the [`Verb`] that travels and ties each answer to its call.
macro_rules! calls {
    ($($call:ident => $answer:ty,)*) => {
        /// Any call.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum Verb {
            $(#[doc = concat!("See [`", stringify!($call), "`].")] $call($call),)*
        }
        $(
            impl From<$call> for Verb {
                fn from(call: $call) -> Self {
                    Self::$call(call)
                }
            }
            impl Call for $call {
                type Answer = $answer;
            }
        )*
    };
}

calls! {
    List => Listing,
    Stat => Entry,
    Read => Found,
    Write => Written,
    Announce => Announced,
    Abandon => Abandoned,
    MakeDirectory => Made,
    Move => Relocated,
    Copy => Relocated,
    Delete => Deleted,
    ListTrash => TrashListing,
    Restore => Restored,
    EmptyTrash => Emptied,
    Ping => Pong,
    Reset => Cleared,
    Close => Cleared,
    Import => Imported,
}

impl Verb {
    /// Whether bytes come with it.
    pub const fn has_body(&self) -> bool {
        matches!(self, Self::Write(Write { content: Content::Body, .. }))
    }
}

/// A call with who makes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// Who changes something (`X-Actor`).
    pub actor: Option<Label>,
    /// The unit of work it belongs to (`X-Turn`).
    pub turn: Option<Label>,
}

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
}

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
}

/// A page of a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// What changes whenever the answer to the same question would.
    pub tag: String,
    /// Whether the caller has it already: then nothing else is answered.
    pub is_unchanged: bool,
    /// The entries, in order.
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
    /// A directory cannot go into itself.
    #[error("{path:?} would go into itself")]
    IntoItself {
        /// The directory.
        path: FilePath,
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

/// JSON that fits an HTTP header: everything beyond ASCII is escaped, which JSON allows only inside strings, and outside
/// of them there is nothing beyond ASCII.
pub fn to_header(value: &impl Serialize) -> Result<String, serde_json::Error> {
    use std::fmt::Write as _;

    let json = serde_json::to_string(value)?;
    if json.is_ascii() {
        return Ok(json);
    }
    let mut header = String::with_capacity(json.len() * 2);
    for char in json.chars() {
        if char.is_ascii() {
            header.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(header, "\\u{unit:04x}");
            }
        }
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> FilePath {
        FilePath::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_call_travels_as_ascii_json() {
        let verb = Verb::from(MakeDirectory { path: path("a/é📦\"\\") });
        let request = Request { verb, actor: Label::parse("agent"), turn: None };
        let header = to_header(&request).unwrap();
        insta::assert_snapshot!(header, @r#"{"verb":{"MakeDirectory":{"path":"a/\u00e9\ud83d\udce6\"\\"}},"actor":"agent","turn":null}"#);
        let back: Request = serde_json::from_str(&header).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), serde_json::to_string(&request).unwrap());
    }

    #[test]
    fn an_answer_travels_as_serde_writes_a_result() {
        let made: Result<Made, Error> = Ok(Made { made: true });
        insta::assert_snapshot!(to_header(&made).unwrap(), @r#"{"Ok":{"made":true}}"#);
        let gone: Result<Made, Error> = Err(Error::NotFound { sought: Sought::Parent, path: path("x") });
        insta::assert_snapshot!(to_header(&gone).unwrap(), @r#"{"Err":{"NotFound":{"sought":"Parent","path":"x"}}}"#);
    }
}
