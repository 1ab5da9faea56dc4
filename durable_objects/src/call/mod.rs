//! The object's interface: every verb as a type, its answer as a type, and one error that knows nothing of HTTP.
//!
//! A call travels as one fetch from the Worker to the object. Its [`Request`] is JSON: the body, or, when it brings bytes,
//! which are the body then, the header [`CALL`]. The answer is `Result<Answer, Error>` as serde sees it, always with status 200: in
//! the body, or in the header [`ANSWER`] when the body is a file's bytes. What it cost is in [`COST`].

mod answers;
mod error;
mod fsck;
mod history;
mod verbs;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::Label;

pub use answers::*;
pub use error::{Error, Sought};
pub use fsck::*;
pub use history::*;
pub use verbs::*;

/// The header with the call when the body is bytes, as ASCII JSON.
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
    ListAt => Listing,
    StatAt => Entry,
    ReadAt => Found,
    ListVersions => Versions,
    RestoreVersion => Written,
    TakeCheckpoint => Checkpoint,
    ListCheckpoints => Checkpoints,
    DropCheckpoint => Dropped,
    CompareCheckpoint => Differences,
    RestoreCheckpoint => Reverted,
    ListTurns => Turns,
    ShowTurn => TurnChanges,
    UndoTurn => Reverted,
    Measure => Usage,
    CheckRules => RulesChecked,
    ListOwners => Owners,
    DisownObjects => Disowned,
    ListContents => Contents,
    ReadContent => ContentRead,
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
    use crate::path::FilePath;

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
