//! The object's interface: every verb as a type, its answer as a type, and one error that knows nothing of HTTP.
//!
//! A call travels as one RPC from the Worker to the object. Its [`Request`] is JSON, beside the bytes that it brings, if any; the
//! answer is `Result<Answer, Error>` as serde sees it, beside a file's bytes, and the rows that it took.

mod answers;
mod error;
mod feed;
mod fsck;
mod history;
mod media;
mod mirror;
mod plant;
mod publish;
mod verbs;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::Label;

pub use answers::*;
pub use error::{Error, Sought};
pub use feed::*;
pub use fsck::*;
pub use history::*;
pub use media::*;
pub use mirror::*;
pub use plant::*;
pub use publish::*;
pub use verbs::*;

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
    AnnounceMedia => MediaAnnounced,
    KeepMedia => MediaKept,
    AbandonMedia => MediaAbandoned,
    GetMedia => Media,
    ReadMedia => MediaFound,
    ListMedia => MediaListing,
    UsesOfMedia => MediaUses,
    DeleteMedia => MediaDeleted,
    MediaRemoved => MediaForgotten,
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
    HoldTree => TreeHeld,
    KeepTree => TreeKept,
    ReleaseTree => TreeReleased,
    ReadTree => TreePage,
    ReadBranches => TreePage,
    ReadContents => ContentsRead,
    SyncMirror => MirrorState,
    CompareMirror => Compared,
    TakeIn => TakenIn,
    TakeAway => TakenAway,
    ReadFeed => FeedPage,
    CheckMirror => MirrorChecked,
    RenewMirror => Renewed,
    OpenStage => StageOpened,
    FillStage => StageFilled,
    CloseStage => StageClosed,
    PlantTree => Planted,
    UprootTree => Uprooted,
    ListPlanted => PlantedTrees,
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
    /// Where clients see the root, when the answer is to be written as they see it.
    pub root: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::FilePath;

    fn path(text: &str) -> FilePath {
        FilePath::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_call_travels_as_json() {
        let verb = Verb::from(MakeDirectory { path: path("a/é📦\"\\") });
        let request = Request { verb, actor: Label::parse("agent"), turn: None, root: None };
        let json = serde_json::to_string(&request).unwrap();
        insta::assert_snapshot!(json, @r#"{"verb":{"MakeDirectory":{"path":"a/é📦\"\\"}},"actor":"agent","turn":null,"root":null}"#);
        let back: Request = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), serde_json::to_string(&request).unwrap());
    }

    #[test]
    fn an_answer_travels_as_serde_writes_a_result() {
        let made: Result<Made, Error> = Ok(Made { made: true });
        insta::assert_snapshot!(serde_json::to_string(&made).unwrap(), @r#"{"Ok":{"made":true}}"#);
        let gone: Result<Made, Error> = Err(Error::NotFound { sought: Sought::Parent, path: path("x") });
        insta::assert_snapshot!(serde_json::to_string(&gone).unwrap(), @r#"{"Err":{"NotFound":{"sought":"Parent","path":"x"}}}"#);
    }
}
