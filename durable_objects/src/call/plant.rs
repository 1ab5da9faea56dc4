//! The verbs that plant a whole tree: an app that is installed, a desktop that is forked.
//!
//! Its bytes come first, to a stage, in as many calls as it takes; then one call gives them their places. A stage that nobody
//! plants is cleared by the alarm.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Conditions;
use crate::ids::{Label, Sha256};
use crate::path::FilePath;

/// Opens a stage for some contents. What the workspace has of them already is held there and need not be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenStage {
    /// The contents, each once.
    pub contents: Vec<WantedContent>,
    /// How many entries the tree will have: the workspace must have room for them.
    pub entries: usize,
}

/// A content that a tree needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedContent {
    /// What it is.
    pub hash: Sha256,
    /// Its bytes: the quota must have room for those that are missing.
    pub size_bytes: u64,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOpened {
    /// Its number, never used twice.
    pub stage: i64,
    /// What has to be sent.
    pub missing: Vec<Sha256>,
}

/// Brings contents. Small ones are the body of the call, one behind the other; large ones lie in the bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FillStage {
    /// The stage.
    pub stage: i64,
    /// The contents, in the order of the body.
    pub contents: Vec<SentContent>,
}

/// A content that is brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentContent {
    /// What it is.
    pub hash: Sha256,
    /// Its bytes.
    pub size_bytes: u64,
    /// The announced key under which they lie; none if they are in the body.
    pub key: Option<String>,
}

/// They are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFilled {}

/// Gives a stage up. It can be repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloseStage {
    /// The stage.
    pub stage: i64,
}

/// It is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageClosed {}

/// Plants a tree whose contents are on a stage, which ends with it: all of it, or none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlantTree {
    /// The stage.
    pub stage: i64,
    /// Where the tree goes: nothing is there yet, but for an update.
    pub folder: FilePath,
    /// Whether it takes the place of what was planted there before. What somebody has changed since stays.
    pub is_update: bool,
    /// What is in it. A directory comes before what it holds.
    pub entries: Vec<NewEntry>,
    /// Files elsewhere that change with it.
    pub texts: Vec<NewText>,
    /// Where it comes from.
    pub origin: Origin,
}

/// An entry of a tree that is planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntry {
    /// Its path below the folder.
    pub path: FilePath,
    /// The content of a file; none for a directory.
    pub hash: Option<Sha256>,
}

/// A small file that is written in the same transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewText {
    /// The file.
    pub path: FilePath,
    /// Its new content.
    pub text: String,
    /// The hash of it.
    pub hash: Sha256,
    /// Whether nothing is left in it: then it goes with the tree, if it came with it.
    pub is_bare: bool,
    /// What the file must be for this to happen.
    pub only_if: Conditions,
}

/// What was published that a tree comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// Its id.
    pub item: String,
    /// Its version.
    pub version: String,
    /// What else is to be known of it later.
    pub note: Value,
}

/// What a planted tree is. The numbers are those of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginKind {
    /// An app, of which it is known what was planted: so it can be updated.
    App = 0,
    /// A desktop, which is its user's own from then on.
    Desktop = 1,
}

/// A tree that is planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// How many files were written.
    pub written: usize,
    /// Of an update: what went to the trash, since it is no part of the tree any more. A directory counts once.
    pub removed: usize,
    /// Of an update: what somebody has changed, and stays as it is; or deleted, and stays so.
    pub kept: Vec<FilePath>,
    /// The turn that it is.
    pub turn: Label,
}

/// Takes a planted tree into the trash again. Where somebody has deleted it already, the rest of it goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UprootTree {
    /// The node of its folder.
    pub node: i64,
    /// Files elsewhere that change with it.
    pub texts: Vec<NewText>,
    /// The planted trees that use what was made for it.
    pub heirs: Vec<Heir>,
}

/// A planted tree that takes over what stays of another, to be rid of it at its own end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heir {
    /// The node of its folder.
    pub node: i64,
    /// What is added to its note, as a JSON merge patch (RFC 7396).
    pub note: Value,
}

/// It is in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uprooted {
    /// Where; none if it was not in the tree any more.
    pub trash_path: Option<FilePath>,
    /// The turn that it is.
    pub turn: Label,
}

/// What was planted and is in the tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListPlanted {
    /// Of all there is, this.
    pub which: WhichPlanted,
}

/// Which planted trees are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WhichPlanted {
    /// All of them.
    All,
    /// What comes from this.
    Of(String),
    /// What is at this place.
    At(FilePath),
    /// What came from this and is not in the tree any more: in the trash, or deleted for good and still in the history.
    Lost(String),
}

/// The planted trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedTrees {
    /// The latest first.
    pub trees: Vec<PlantedTree>,
}

/// A tree that was planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedTree {
    /// The node of its folder, wherever it goes.
    pub node: i64,
    /// Where it is by now; of one that was deleted for good, the root.
    pub folder: FilePath,
    /// Where it comes from. Of an app, the version most of whose files are there: an undo changes it as well.
    pub origin: Origin,
    /// When it was planted.
    pub planted_ms: i64,
}
