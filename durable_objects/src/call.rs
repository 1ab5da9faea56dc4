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
    Read => Entry,
    Write => Written,
    MakeDirectory => Made,
    Move => Relocated,
    Copy => Relocated,
    Delete => Deleted,
    ListTrash => TrashListing,
    Restore => Restored,
    EmptyTrash => Emptied,
}

impl Verb {
    /// Whether bytes come with it.
    pub const fn has_body(&self) -> bool {
        matches!(self, Self::Write(_))
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
}

/// One entry, whatever it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stat {
    /// The entry.
    pub path: FilePath,
}

/// A file and its bytes, which are the body of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    /// The file.
    pub path: FilePath,
}

/// A file's new content, which is the body of the call. Writing over a file keeps its history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Write {
    /// The file.
    pub path: FilePath,
    /// The hash of the body, computed by the Worker.
    pub hash: Sha256,
    /// Whether missing parents are made.
    pub make_parents: bool,
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
}

/// An entry into the trash, or for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delete {
    /// The entry. In the trash, deleting is always for good.
    pub path: FilePath,
    /// Whether it skips the trash: the entry and its versions are gone.
    pub permanent: bool,
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

/// A page of a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
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
        let verb = Verb::from(Write { path: path("a/é📦\"\\"), hash: Sha256::new([7; 32]), make_parents: true });
        let request = Request { verb, actor: Label::parse("agent"), turn: None };
        let header = to_header(&request).unwrap();
        insta::assert_snapshot!(header, @r#"{"verb":{"Write":{"path":"a/\u00e9\ud83d\udce6\"\\","hash":"0707070707070707070707070707070707070707070707070707070707070707","make_parents":true}},"actor":"agent","turn":null}"#);
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
