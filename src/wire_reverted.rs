//! What clients see of a restore or an undo: what has been taken back, and what has not. A contract, as in `wire.rs`.

use durable_objects::call::{Reverted, Why};
use serde::Serialize;

use crate::wire::True;

/// What has been taken back, and what has not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Reverted"))]
pub struct RevertedBody {
    /// What has been left as it is: the first 1,000 of it.
    conflicts: Vec<ConflictItem>,
    /// How much that is.
    conflicts_total: usize,
    /// How many entries are what and where they were.
    restored: usize,
    success: True,
    /// How many went to the trash, since they were not there then.
    trashed: usize,
    /// The turn in which this was done: undoing that one puts all of it back.
    turn: String,
}

/// An entry that was not taken back.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RevertConflict"))]
struct ConflictItem {
    /// For people.
    details: &'static str,
    path: String,
    /// For programs: `changed-since`, `place-taken`, `directory-gone`, `directory-trashed`, `holds-others`, `protected`, `gone`
    /// or `partly-gone`.
    reason: &'static str,
}

impl RevertedBody {
    /// As it is told.
    pub fn new(root: &str, reverted: &Reverted) -> Self {
        let conflicts = reverted.left.iter().map(|left| {
            let (reason, details) = reason(left.why);
            ConflictItem { details, path: left.path.absolute(root), reason }
        });
        Self {
            conflicts: conflicts.collect(),
            conflicts_total: reverted.left_total,
            restored: reverted.restored,
            success: True,
            trashed: reverted.trashed,
            turn: reverted.turn.as_str().to_owned(),
        }
    }
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

#[cfg(test)]
mod tests {
    use durable_objects::call::Left;
    use durable_objects::ids::Label;
    use durable_objects::path::FilePath;

    use super::*;

    #[test]
    fn what_is_left_says_why() {
        let left = vec![Left { path: FilePath::try_from("a".to_owned()).unwrap(), why: Why::ChangedSince }];
        let turn = Label::parse("undo-9").unwrap();
        let answer = RevertedBody::new("/r", &Reverted { restored: 2, trashed: 1, left, left_total: 1, turn });
        insta::assert_snapshot!(serde_json::to_string(&answer).unwrap(), @r#"{"conflicts":[{"details":"Somebody else has changed it since","path":"/r/a","reason":"changed-since"}],"conflictsTotal":1,"restored":2,"success":true,"trashed":1,"turn":"undo-9"}"#);
    }
}
