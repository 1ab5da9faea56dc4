//! What clients see of the past: the JSON shapes of versions, checkpoints and turns. A contract, as in `wire.rs`.

use durable_objects::call::{Changed, Checkpoint, Difference, Turn, Version};
use serde::Serialize;

use crate::wire::{Time, True};
use durable_objects::item::Type;

/// What is said of a page of the feed beside its changes, which are text already (see [`durable_objects::event`]).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangesTail {
    /// There is more: ask again since `rev`.
    pub more: bool,
    /// Everything up to here has been told.
    pub rev: i64,
}

/// A page of a file's versions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Versions"))]
pub struct VersionsBody {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The file.
    pub path: String,
    /// The newest first.
    pub versions: Vec<VersionItem>,
}

/// One content that a file has had.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Version"))]
pub struct VersionItem {
    /// The rev that made it, and its name.
    version: i64,
    size: u64,
    /// Null once its content is gone, or while it is not known.
    hash: Option<String>,
    modified: Time,
    actor: Option<String>,
    turn: Option<String>,
    /// Whether its content is still kept.
    available: bool,
    /// Whether it is what the file has now.
    current: bool,
}

impl VersionItem {
    /// As it is told.
    pub fn new(version: &Version) -> Self {
        Self {
            version: version.rev,
            size: version.size_bytes,
            hash: version.hash.map(String::from),
            modified: Time(version.modified_ms),
            actor: version.actor.clone().map(String::from),
            turn: version.turn.clone().map(String::from),
            available: version.is_kept,
            current: version.is_current,
        }
    }
}

/// An earlier content that a file has again.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "VersionRestored"))]
pub struct VersionRestoredBody {
    /// When, unlike any earlier time.
    pub modified: Time,
    /// The file.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// It is done.
    pub success: True,
    /// What the file has now is a version of its own, of this name.
    pub version: i64,
}

/// What one version of a file has and another has not.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Diff"))]
pub struct DiffBody {
    /// Whether one of them is no text.
    pub binary: bool,
    /// A unified diff; of bytes that are no text, a sentence.
    pub diff: String,
    /// The older side.
    pub from: DiffSide,
    /// Whether they are the same bytes.
    pub identical: bool,
    /// The file.
    pub path: String,
    /// The newer side.
    pub to: DiffSide,
}

/// One side of a difference.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DiffSide {
    /// What identifies its content.
    pub hash: Option<String>,
    /// Its bytes.
    pub size: u64,
    /// Its name.
    pub version: i64,
}

/// A checkpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Checkpoint"))]
pub struct CheckpointItem {
    /// The rev that it took for itself: `at` takes it.
    id: i64,
    label: Option<String>,
    created_at: Time,
}

/// All checkpoints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Checkpoints"))]
pub struct CheckpointsBody {
    /// The newest first.
    pub checkpoints: Vec<CheckpointItem>,
}

/// A checkpoint that is gone.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "CheckpointDropped"))]
pub struct CheckpointDroppedBody {
    /// Which it was.
    pub id: i64,
    /// It is done.
    pub success: True,
}

/// A page of what is otherwise than it was at a checkpoint.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Differences"))]
pub struct DifferencesBody {
    /// By path.
    pub changes: Vec<DifferenceItem>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many there are in all.
    pub total: usize,
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum DifferenceKind {
    /// It was not there.
    Created,
    /// It is gone.
    Deleted,
    /// It was elsewhere.
    Moved,
    /// It has other content.
    Written,
}

impl CheckpointItem {
    /// As it is told.
    pub fn new(checkpoint: &Checkpoint) -> Self {
        Self { id: checkpoint.rev, label: checkpoint.label.clone(), created_at: Time(checkpoint.at_ms) }
    }
}

/// An entry that is otherwise than it was at a checkpoint.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Difference"))]
pub struct DifferenceItem {
    change: DifferenceKind,
    /// Where it is, or was if it is gone.
    path: String,
    /// Where it was, if it has moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(rename = "type")]
    kind: Type,
    /// Whether it is a file with other content now.
    rewritten: bool,
}

impl DifferenceItem {
    /// As it is told.
    pub fn new(root: &str, difference: &Difference) -> Self {
        let Difference { path, was, is_file, is_rewritten } = difference;
        let absolute = |path: &durable_objects::path::FilePath| path.absolute(root);
        let change = match (path, was) {
            (Some(_), None) => DifferenceKind::Created,
            (None, _) => DifferenceKind::Deleted,
            (Some(path), Some(was)) if path != was => DifferenceKind::Moved,
            (Some(_), Some(_)) => DifferenceKind::Written,
        };
        Self {
            change,
            path: path.as_ref().or(was.as_ref()).map(absolute).unwrap_or_default(),
            was: was.as_ref().filter(|_| change == DifferenceKind::Moved).map(absolute),
            kind: if *is_file { Type::File } else { Type::Directory },
            rewritten: *is_rewritten,
        }
    }
}

/// A page of turns.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Turns"))]
pub struct TurnsBody {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// That of the newest change first.
    pub turns: Vec<TurnItem>,
}

/// A turn.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Turn"))]
pub struct TurnItem {
    /// As its caller has named it.
    turn: String,
    /// Who made its last change.
    actor: Option<String>,
    /// How many, those included that the feed has lost.
    changes: u64,
    first_at: Time,
    last_at: Time,
    /// Its first change, unless the feed has lost that.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<ChangeItem>,
    /// The turn that it took back, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    undoes: Option<String>,
    /// Whether it has been taken back, and not been done again since.
    undone: bool,
}

impl TurnItem {
    /// As it is told.
    pub fn new(root: &str, turn: &Turn) -> Self {
        Self {
            turn: turn.turn.clone().into(),
            actor: turn.actor.clone().map(String::from),
            changes: turn.changes,
            first_at: Time(turn.first_ms),
            last_at: Time(turn.last_ms),
            first: turn.first.as_ref().map(|first| ChangeItem::new(root, first)),
            undoes: turn.undoes.clone().map(String::from),
            undone: turn.is_undone,
        }
    }
}

/// A page of what a turn has changed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "TurnChanges"))]
pub struct TurnChangesBody {
    /// In order.
    pub changes: Vec<ChangeItem>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The turn.
    pub turn: String,
}

/// A row of the feed, as a turn lists it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "TurnChange"))]
pub struct ChangeItem {
    rev: i64,
    /// What happened, as `kind` of a `Change`.
    change: String,
    path: String,
    /// Where it was before, or what it was copied from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    actor: Option<String>,
    at: Time,
}

impl ChangeItem {
    /// As it is told.
    pub fn new(root: &str, changed: &Changed) -> Self {
        Self {
            rev: changed.rev,
            change: changed.kind.clone(),
            path: changed.path.absolute(root),
            from: changed.from.as_ref().map(|from| from.absolute(root)),
            actor: changed.actor.clone().map(String::from),
            at: Time(changed.at_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use durable_objects::ids::Label;
    use durable_objects::path::FilePath;

    use super::*;

    fn path(text: &str) -> FilePath {
        FilePath::try_from(text.to_owned()).unwrap()
    }

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn a_version_says_what_wrote_it_and_whether_it_is_there() {
        let version = Version {
            rev: 7,
            size_bytes: 3,
            hash: None,
            modified_ms: 1_763_720_000_007,
            actor: Label::parse("agent"),
            turn: None,
            is_kept: false,
            is_current: false,
        };
        insta::assert_snapshot!(json(&VersionItem::new(&version)), @r#"{"version":7,"size":3,"hash":null,"modified":"2025-11-21T10:13:20.007Z","actor":"agent","turn":null,"available":false,"current":false}"#);
    }

    #[test]
    fn a_difference_has_one_word() {
        let item = |path_now: Option<&str>, was: Option<&str>, is_rewritten| {
            let difference = Difference { path: path_now.map(path), was: was.map(path), is_file: true, is_rewritten };
            json(&DifferenceItem::new("/r", &difference))
        };
        insta::assert_snapshot!(item(Some("a"), None, false), @r#"{"change":"created","path":"/r/a","type":"file","rewritten":false}"#);
        insta::assert_snapshot!(item(None, Some("a"), false), @r#"{"change":"deleted","path":"/r/a","type":"file","rewritten":false}"#);
        insta::assert_snapshot!(item(Some("b"), Some("a"), true), @r#"{"change":"moved","path":"/r/b","was":"/r/a","type":"file","rewritten":true}"#);
        insta::assert_snapshot!(item(Some("a"), Some("a"), true), @r#"{"change":"written","path":"/r/a","type":"file","rewritten":true}"#);
    }
}
