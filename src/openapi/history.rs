//! The past: versions, the feed of changes, checkpoints, turns.

use durable_objects::event::Event;
use schemars::JsonSchema;

use super::document::Document;
use super::files::PageQuery;
use super::operation::Access::Signed;
use crate::wire_history::{
    ChangesTail, CheckpointDroppedBody, CheckpointItem, CheckpointsBody, DiffBody, DifferencesBody, TurnChangesBody,
    TurnsBody, VersionRestoredBody, VersionsBody,
};
use crate::wire_reverted::RevertedBody;

pub fn describe(document: &mut Document) {
    document.group(
        "history",
        "The past: versions of a file, the feed of changes, checkpoints, turns and taking them back.",
    );
    document
        .on(Signed, "GET /api/files/versions", "listVersions")
        .about("What a file has been, newest first")
        .query::<VersionsQuery>()
        .answers::<VersionsBody>()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "POST /api/files/versions/restore", "restoreVersion")
        .about("An earlier content of a file, written anew")
        .takes::<RestoreVersionRequest>()
        .answers::<VersionRestoredBody>()
        .changes()
        .conditional()
        .end();
    document
        .on(Signed, "GET /api/files/diff", "diffVersions")
        .about("What one version has and another has not")
        .more("Of texts of up to 512 KiB and 10,000 lines.")
        .query::<DiffQuery>()
        .answers::<DiffBody>()
        .refuses(&[404, 413])
        .end();
    document
        .on(Signed, "GET /api/files/changes", "listChanges")
        .about("What has changed since a rev, in whole transactions")
        .more("Without `since`, the rev to begin at. A 410 has the rev to go on from, after listing again.")
        .query::<ChangesQuery>()
        .answers::<Changes>()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "GET /api/checkpoints", "listCheckpoints")
        .about("All checkpoints, newest first")
        .answers::<CheckpointsBody>()
        .end();
    document
        .on(Signed, "POST /api/checkpoints", "takeCheckpoint")
        .about("Keeps everything as it is, at the cost of one row")
        .may_take::<CheckpointRequest>()
        .answers::<CheckpointItem>()
        .changes()
        .end();
    document
        .on(Signed, "DELETE /api/checkpoints/{id}", "dropCheckpoint")
        .about("The end of a checkpoint: what only it held goes")
        .answers::<CheckpointDroppedBody>()
        .changes()
        .end();
    document
        .on(Signed, "GET /api/checkpoints/{id}/changes", "compareCheckpoint")
.about("What is otherwise now than it was, by path")
        .more("Below a directory that has come, was moved or is gone, nothing is said of what has only come or gone with it.")
        .query::<PageQuery>()
        .answers::<DifferencesBody>()
        .refuses(&[404, 413])
        .end();
    document
        .on(Signed, "POST /api/checkpoints/{id}/restore", "restoreCheckpoint")
        .about("The tree, or one entry of it, as it was")
        .more("What has come since goes to the trash.")
        .may_take::<RestoreCheckpointRequest>()
        .answers::<RevertedBody>()
        .changes()
        .refuses(&[413])
        .end();
    document
        .on(Signed, "GET /api/turns", "listTurns")
        .about("The turns that have changed something, newest first")
        .query::<PageQuery>()
        .answers::<TurnsBody>()
        .end();
    document
        .on(Signed, "GET /api/turns/{turn}", "showTurn")
        .about("What a turn has changed, in order")
        .query::<PageQuery>()
        .answers::<TurnChangesBody>()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "POST /api/turns/{turn}/undo", "undoTurn")
        .about("Exactly what a turn has changed, taken back")
        .more("What somebody else has changed since is left as it is, and named.")
        .may_take::<UndoRequest>()
        .answers::<RevertedBody>()
        .changes()
        .refuses(&[413])
        .end();
}

/// A page of the feed.
#[derive(JsonSchema)]
struct Changes {
    changes: Vec<Event<'static>>,
    #[serde(flatten)]
    tail: ChangesTail,
}

#[derive(JsonSchema)]
struct VersionsQuery {
    path: String,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
struct RestoreVersionRequest {
    path: String,
    version: u64,
}

#[derive(JsonSchema)]
struct DiffQuery {
    path: String,
    /// A version; without it, the one before the other.
    from: Option<u64>,
    /// A version; without it, what the file has now.
    to: Option<u64>,
}

#[derive(JsonSchema)]
struct ChangesQuery {
    /// The rev up to which everything is known.
    since: Option<u64>,
    /// Only what is about this entry: it, what lies in it, or what it lies in.
    path: Option<String>,
    /// With 0, only whether all since then is still known.
    #[schemars(range(max = 10_000))]
    limit: Option<u32>,
    /// How many seconds the answer may wait until something happens.
    #[schemars(range(max = 30))]
    wait: Option<u32>,
}

#[derive(JsonSchema)]
struct CheckpointRequest {
    /// For people: up to 200 characters.
    label: Option<String>,
}

#[derive(JsonSchema)]
struct RestoreCheckpointRequest {
    /// Only this, with all that was in it.
    path: Option<String>,
}

#[derive(JsonSchema)]
struct UndoRequest {
    /// Also what others have changed since, or have put in the way; false if it is left out.
    force: Option<bool>,
}
