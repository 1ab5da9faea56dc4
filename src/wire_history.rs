//! What clients see of the past: the JSON shapes of versions, checkpoints, turns and usage. A contract, as in `wire.rs`.

use durable_objects::call::{
    Amount, Changed, Checkpoint, Difference, MirrorState, Reverted, Turn, Usage, Version, Why,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::wire::Time;
use durable_objects::item::Type;

/// One content that a file has had.
#[derive(Debug, Serialize)]
pub struct VersionItem {
    version: i64,
    size: u64,
    hash: Option<String>,
    modified: Time,
    actor: Option<String>,
    turn: Option<String>,
    available: bool,
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

/// A checkpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointItem {
    id: i64,
    label: Option<String>,
    created_at: Time,
}

impl CheckpointItem {
    /// As it is told.
    pub fn new(checkpoint: &Checkpoint) -> Self {
        Self { id: checkpoint.rev, label: checkpoint.label.clone(), created_at: Time(checkpoint.at_ms) }
    }
}

/// An entry that is otherwise than it was at a checkpoint.
#[derive(Debug, Serialize)]
pub struct DifferenceItem {
    change: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(rename = "type")]
    kind: Type,
    rewritten: bool,
}

impl DifferenceItem {
    /// As it is told: `path` is where it is, or was if it is gone; `was` is there if it has moved.
    pub fn new(root: &str, difference: &Difference) -> Self {
        let Difference { path, was, is_file, is_rewritten } = difference;
        let absolute = |path: &durable_objects::path::FilePath| path.absolute(root);
        let change = match (path, was) {
            (Some(_), None) => "created",
            (None, _) => "deleted",
            (Some(path), Some(was)) if path != was => "moved",
            (Some(_), Some(_)) => "written",
        };
        Self {
            change,
            path: path.as_ref().or(was.as_ref()).map(absolute).unwrap_or_default(),
            was: was.as_ref().filter(|_| change == "moved").map(absolute),
            kind: if *is_file { Type::File } else { Type::Directory },
            rewritten: *is_rewritten,
        }
    }
}

/// A turn.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnItem {
    turn: String,
    actor: Option<String>,
    changes: u64,
    first_at: Time,
    last_at: Time,
}

impl TurnItem {
    /// As it is told.
    pub fn new(turn: &Turn) -> Self {
        Self {
            turn: turn.turn.clone().into(),
            actor: turn.actor.clone().map(String::from),
            changes: turn.changes,
            first_at: Time(turn.first_ms),
            last_at: Time(turn.last_ms),
        }
    }
}

/// A row of the feed.
#[derive(Debug, Serialize)]
pub struct ChangeItem {
    rev: i64,
    change: String,
    path: String,
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

/// What has been taken back, and what has not.
pub fn reverted(root: &str, reverted: &Reverted) -> Value {
    let conflicts = reverted.left.iter().map(|left| {
        let (reason, sentence) = reason(left.why);
        json!({ "path": left.path.absolute(root), "reason": reason, "details": sentence })
    });
    json!({
        "success": true,
        "restored": reverted.restored,
        "trashed": reverted.trashed,
        "conflicts": conflicts.collect::<Vec<_>>(),
        "conflictsTotal": reverted.left_total,
        "turn": reverted.turn.as_str(),
    })
}

/// Why something was left as it is: a word for programs, a sentence for people.
const fn reason(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::ChangedSince => ("changed-since", "Somebody else has changed it since"),
        Why::PlaceTaken => ("place-taken", "Something else is where it was"),
        Why::DirectoryGone => ("directory-gone", "The directory that it was in is gone"),
        Why::DirectoryTrashed => (
            "directory-trashed",
            "The directory that it was in is in the trash: restore that first, then undo this again",
        ),
        Why::HoldsOthers => ("holds-others", "Others have put something into it"),
        Why::Protected => ("protected", "It cannot be deleted"),
        Why::Gone => ("gone", "It was deleted for good, or is no longer kept"),
        Why::PartlyGone => {
            ("partly-gone", "It was deleted for good and is back; what was in it and in no checkpoint may be missing")
        }
    }
}

/// What is stored.
#[derive(Debug, Serialize)]
pub struct UsageBody {
    live: AmountBody,
    trash: AmountBody,
    versions: AmountBody,
    media: AmountBody,
    /// Null while the catalogue cannot be asked.
    published: Option<AmountBody>,
    quota: QuotaBody,
    copy: Option<CopyBody>,
}

#[derive(Debug, Serialize)]
struct AmountBody {
    bytes: u64,
    files: u64,
}

#[derive(Debug, Serialize)]
struct QuotaBody {
    bytes: u64,
    /// What can still be stored.
    left: u64,
    /// Set aside for uploads under way.
    reserved: u64,
    /// Let go of, removed within the hour, and not counted.
    leaving: u64,
}

impl From<Amount> for AmountBody {
    fn from(Amount { bytes, files }: Amount) -> Self {
        Self { bytes, files }
    }
}

impl UsageBody {
    /// As it is told. What is published is the catalogue's to know.
    pub fn new(usage: &Usage, published: Option<Amount>) -> Self {
        Self {
            live: usage.live.into(),
            trash: usage.trash.into(),
            versions: usage.versions.into(),
            media: usage.media.into(),
            published: published.map(Into::into),
            quota: QuotaBody {
                bytes: usage.quota_bytes,
                left: usage.left_bytes,
                reserved: usage.reserved_bytes,
                leaving: usage.leaving_bytes,
            },
            copy: CopyBody::new(&usage.mirror),
        }
    }
}

/// How far the bucket copy has followed the tree.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CopyBody {
    mirrored_rev: i64,
    rev: i64,
    pending: u64,
    /// Files that others have changed there and that are not imported.
    changed_there: u64,
    /// Files whose paths are too long for a key.
    too_long: u64,
}

impl CopyBody {
    /// As it is told; nothing if it is switched off.
    pub fn new(state: &MirrorState) -> Option<Self> {
        let MirrorState { is_on, mirrored_rev, rev, pending, changed_there, too_long } = *state;
        is_on.then_some(Self { mirrored_rev, rev, pending, changed_there, too_long })
    }

    /// Whether there is something to do.
    pub const fn is_behind(&self) -> bool {
        self.pending > 0
    }
}

#[cfg(test)]
mod tests {
    use durable_objects::call::Left;
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

    #[test]
    fn what_is_left_says_why() {
        let left = vec![Left { path: path("a"), why: Why::ChangedSince }];
        let turn = Label::parse("undo-9").unwrap();
        let answer = reverted("/r", &Reverted { restored: 2, trashed: 1, left, left_total: 1, turn });
        insta::assert_snapshot!(answer, @r#"{"conflicts":[{"details":"Somebody else has changed it since","path":"/r/a","reason":"changed-since"}],"conflictsTotal":1,"restored":2,"success":true,"trashed":1,"turn":"undo-9"}"#);
    }
}
