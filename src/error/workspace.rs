//! What is told of a failure that the workspace names.

use durable_objects::call::{self, Sought};

use super::told::{Told, told};
use super::{NO_MEDIA, OURS};
use crate::conditional::quote;
use crate::wire::{Nullable, Time};

/// What is told of it.
pub fn told_of(error: &call::Error) -> Told {
    use call::Error as E;

    match error {
        E::NotFound { sought, .. } => told(404, not_found(*sought)),
        E::NotADirectory { .. } => told(400, "Not a directory"),
        E::IsADirectory { .. } => told(409, "A directory is already there"),
        E::IsAFile { .. } => told(409, "A file is in the way"),
        E::AlreadyThere { .. } => told(409, "Something is already there"),
        E::ConditionFailed { found, .. } => {
            let told = told(412, "The file is not what it was expected to be");
            match found {
                Some(entry) => told.with(|body| {
                    body.etag = Some(Nullable(Some(quote(&entry.tag()))));
                    body.size = Some(entry.size_bytes);
                    body.modified = Some(Time(entry.modified_ms));
                }),
                None => told.with(|body| body.etag = Some(Nullable(None))),
            }
        }
        E::UnknownUpload { .. } => told(503, "The upload was given up before it ended; nothing was changed; try again")
            .header("Retry-After", "1")
            .cause(error.to_string()),
        E::UnknownMedia { .. } => told(404, NO_MEDIA),
        E::ImportFirst { .. } => told(503, "The workspace is being opened; try again").header("Retry-After", "1"),
        E::Closed => told(410, "This account was deleted"),
        E::BadCursor => told(400, "Invalid cursor"),
        E::UnknownRev { .. } => told(404, "There is no such revision yet"),
        E::RevGone { .. } => told(410, "That moment is no longer kept; what a checkpoint covers is"),
        E::FeedGone { rev } => told(410, "Changes since then are no longer kept: list again, and go on from this rev")
            .with(|body| body.rev = Some(*rev)),
        E::VersionGone { .. } => told(404, "The file has no such version, or its content is no longer kept"),
        E::NoCheckpoint { .. } => told(404, "Checkpoint not found"),
        E::TooManyCheckpoints { max } => told(409, format!("There are {max} checkpoints, and no more fit; delete one")),
        E::NoTurn { .. } => told(404, "Nothing is known of this turn"),
        E::TurnGone { .. } => told(
            410,
            "The beginning of this turn is no longer kept, so it cannot be undone as a whole; files have their versions",
        ),
        E::TooManyChanges { max } => told(
            413,
            format!(
                "More than {max} entries have changed: that is too much at once; put directories with many new entries \
                 into the trash, then try again"
            ),
        ),
        E::TooDeep { .. } => told(400, "Path too long"),
        E::IntoItself { .. } => told(400, "A directory cannot go into itself"),
        E::Protected { moving: false, .. } => told(403, "Cannot delete protected path"),
        E::Protected { moving: true, .. } => told(403, "Cannot move protected path"),
        E::InTrash { .. } => told(403, "The trash is read-only; use restore"),
        E::TooManyEntries { max } => {
            told(507, format!("The workspace is full: it holds at most {max} files and directories"))
        }
        E::CopyTooLarge { max } => told(413, format!("A copy holds at most {max} entries; copy its parts")),
        E::QuotaExceeded { needed_bytes, left_bytes } => {
            told(507, format!("The workspace is full: {needed_bytes} bytes are needed and {left_bytes} are left"))
                .with(|body| (body.needed_bytes, body.left_bytes) = (Some(*needed_bytes), Some(*left_bytes)))
        }
        E::HeldAlready { .. } => told(409, "This is being published already; try again in a while"),
        E::TooManyHolds {} => {
            told(429, "Too much of this workspace is being downloaded or published; try again in a while")
                .header("Retry-After", "5")
        }
        E::NotHeld { .. } => {
            told(409, "It took too long, or the workspace was reset meanwhile; nothing was published; try again")
        }
        E::NotStaged { .. } => {
            told(409, "It took too long, or the workspace was changed meanwhile; nothing was planted; try again")
        }
        E::TooManyStages { .. } => told(409, "Too much is being installed at once; try again in a while"),
        E::NotPlanted { .. } => told(404, "Nothing was installed there"),
        E::NewerSchema { .. } => {
            told(503, "The workspace was written by a newer version of this service").cause(error.to_string())
        }
        E::Misconfigured { .. } => told(503, "The service is misconfigured").cause(error.to_string()),
        E::Storage { .. } => told(500, OURS).cause(error.to_string()),
    }
}

const fn not_found(sought: Sought) -> &'static str {
    match sought {
        Sought::Directory => "Directory not found",
        Sought::File => "File not found",
        Sought::Path => "Path not found",
        Sought::Source => "Source path not found",
        Sought::Parent => "Parent directory not found",
        Sought::Trashed => "Nothing like that is in the trash",
    }
}
