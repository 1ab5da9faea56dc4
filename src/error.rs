//! Every failure, and the one place where it becomes a status and a sentence.
//!
//! What a caller can act on is told to them. What they cannot is logged once, with its cause, and they get a sentence
//! that says nothing of the inside. Neither holds a query, a signature or content.

use std::fmt;

use durable_objects::call::{self, Sought};
use durable_objects::path::PathError;
use serde_json::{Map, Value};
use worker::console_error;

use crate::answer::Answer;
use crate::auth::Unauthorized;
use crate::catalog::{Kind, Version};
use crate::conditional::quote;
use crate::media::address::Refusal;
use crate::media::kind::NotMedia;
use crate::publish::scan::Secret;
use crate::wire::Time;

/// Why a request is not answered as it was meant.
#[derive(Debug)]
pub enum Error {
    /// No valid signature.
    Unauthorized(Unauthorized),
    /// No valid host secret.
    NotTheHost,
    /// The operator has left something out.
    NotConfigured(&'static str),
    /// No route has this path.
    NoRoute,
    /// The route has other methods: these.
    MethodNotAllowed(String),
    /// What only a socket can be had of was asked for without one.
    NoUpgrade,
    /// The request cannot be understood.
    BadRequest(String),
    /// A path that is none.
    Path(PathError),
    /// A body or file over its limit.
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size, or how much of it was seen.
        size_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// A file that is too large to travel as JSON.
    TooLargeForJson {
        /// Its size.
        size_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// A file that is too large to compare with another.
    TooLargeToCompare {
        /// The most bytes.
        max_bytes: u64,
        /// The most lines.
        max_lines: usize,
    },
    /// Bytes of a sandbox's that are not there any more, and had not been taken over yet.
    TakenAway,
    /// Bytes that are no text were asked for as text.
    NotText,
    /// Something of another user's.
    NotYours,
    /// No item that there is.
    NoMedia,
    /// Nothing published that there is, or that this caller may know of.
    NotPublished(Kind),
    /// No version of it that there is.
    NoVersion,
    /// A version that was published without this file.
    NotPublishedWith(&'static str),
    /// No upload that waits to be published.
    NoUpload,
    /// The operator has put no baseline there.
    NoBaseline,
    /// Something published that others may look at only.
    NotTheOwner,
    /// A version that holds something else.
    VersionTaken {
        /// One that is free, if one follows.
        next: Option<Version>,
    },
    /// Files that hold what looks like credentials.
    SecretsFound(Vec<Secret>),
    /// A bundle that is not what it must be: what it is, as a sentence goes on after "the bundle".
    BadBundle(String),
    /// A file of the user's that would have to be changed, and cannot be read.
    BrokenFile {
        /// Which, as clients write it.
        path: String,
        /// Why.
        why: String,
    },
    /// An app that is not in this workspace.
    NotInstalled,
    /// Other changes came first, however often it was tried.
    Crowded,
    /// A handle that another user has.
    HandleTaken,
    /// A user who has published as much as one may.
    TooManyPublished {
        /// How much that is, of each kind.
        max: usize,
    },
    /// Bytes that are no media.
    NotMedia(NotMedia),
    /// An address that is not fetched.
    AddressRefused(Refusal),
    /// Bytes that are not what they were stated to be.
    HashMismatch,
    /// A source or a provider that did not do its part: what is told of it.
    UpstreamFailed(String),
    /// What a provider said no to, with its status.
    ProviderRefused {
        /// Its status.
        status: u16,
        /// What is told of it.
        sentence: String,
        /// Who: told beside it, since a status of a provider's is not one of ours.
        provider: Value,
    },
    /// What the workspace said.
    Workspace(call::Error),
    /// None of the bytes that were asked for exist.
    RangeNotSatisfiable {
        /// How many there are.
        size_bytes: u64,
    },
    /// Bytes that were elsewhere when somebody came for them: they are being brought home.
    Moving,
    /// The bucket did not do what it was asked to.
    BucketFailed(String),
    /// The catalogue did not do what it was asked to.
    CatalogFailed(String),
    /// The workspace did not answer: it is starting again, or overloaded.
    Interrupted(String),
    /// Anything that should not happen.
    Internal(String),
}

impl Error {
    /// Something that should not happen, while doing something.
    pub fn internal(doing: &str, cause: &impl fmt::Debug) -> Self {
        Self::Internal(format!("{doing}: {cause:?}"))
    }

    /// The answer. Failures of our own are logged here and in [`Self::into_line`], and nowhere else.
    pub fn into_answer(self) -> Answer {
        let (status, body, header) = self.told().into_body();
        let answer = Answer::json(status, &Value::Object(body).to_string()).with("Cache-Control", "no-store");
        header.into_iter().fold(answer, |answer, (name, value)| answer.with(name, &value))
    }

    /// The last line of an answer that has begun, in which the status can no longer be told otherwise.
    pub fn into_line(self) -> Value {
        let (status, mut body, _) = self.told().into_body();
        body.insert("status".to_owned(), status.into());
        Value::Object(body)
    }

    /// The sentence that a caller is told, where it is one part of an answer.
    pub fn sentence(&self) -> String {
        self.told().sentence
    }

    /// What is told of each failure.
    fn told(&self) -> Told {
        match self {
            Self::Unauthorized(reason) => told(401, "Unauthorized").detail("details", reason.details()),
            Self::NotTheHost => told(401, "Unauthorized").detail("details", "Invalid host secret"),
            Self::NotConfigured(sentence) => told(503, *sentence).cause(*sentence),
            Self::NoRoute => told(404, "Not found"),
            Self::MethodNotAllowed(allow) => told(405, "Method not allowed").header("Allow", allow),
            Self::NoUpgrade => told(426, "This is a WebSocket; files are below /api/files"),
            Self::BadRequest(sentence) => told(400, sentence.as_str()),
            Self::Path(error) => told(400, error.to_string()),
            Self::TooLarge { what, size_bytes, max_bytes } => {
                told(413, format!("{what} too large")).detail("size", *size_bytes).detail("maxSize", *max_bytes)
            }
            Self::TooLargeForJson { size_bytes, max_bytes } => told(413, "File too large")
                .detail("size", *size_bytes)
                .detail("maxSize", *max_bytes)
                .detail("hint", "Download the file instead"),
            Self::TooLargeToCompare { max_bytes, max_lines } => {
                let sentence = format!("Files of up to {max_bytes} bytes and {max_lines} lines are compared");
                told(413, sentence).detail("maxSize", *max_bytes).detail("hint", "Read both versions instead")
            }
            Self::TakenAway => {
                let hint = "Delete the file, or write it anew";
                told(404, "The bytes of this file were removed from the bucket").detail("hint", hint)
            }
            Self::NotText => {
                let hint = "Ask for encoding=base64, or download the file";
                told(415, "The file is not UTF-8 text").detail("hint", hint)
            }
            Self::NotYours => told(403, "Only your own media can be listed"),
            Self::NoMedia => told(404, NO_MEDIA),
            Self::NotPublished(kind) => told(404, format!("{} not found", kind.noun())),
            Self::NoVersion => told(404, "Version not found"),
            Self::NotPublishedWith(name) => told(404, format!("This version was published without {name}")),
            Self::NoUpload => told(404, "Upload not found; an upload waits for an hour"),
            Self::NoBaseline => told(404, "There is no baseline snapshot"),
            Self::NotTheOwner => told(403, "Only the owner may change this"),
            Self::VersionTaken { next } => {
                let taken = told(409, "This version was published with other content; versions never change");
                next.iter().fold(taken, |taken, next| taken.detail("nextVersion", next.to_string()))
            }
            Self::SecretsFound(secrets) => {
                told(422, "Some files hold what looks like credentials; take it out, or allow these files by name")
                    .detail("findings", secrets.iter().map(Secret::told).collect::<Vec<_>>())
            }
            Self::BadBundle(why) => told(422, format!("The bundle {why}; nothing was changed")),
            Self::BrokenFile { path, why } => {
                told(422, format!("{path} cannot be changed, since {why}; repair it first; nothing was changed"))
                    .detail("path", path.as_str())
            }
            Self::NotInstalled => told(404, "The app is not installed"),
            Self::Crowded => {
                told(503, "Other changes to the same files came first each time; nothing was changed; try again")
                    .header("Retry-After", "1")
            }
            Self::HandleTaken => told(409, "This handle is taken"),
            Self::TooManyPublished { max } => {
                told(409, format!("You have published {max} of these, and no more fit; unpublish one"))
            }
            Self::NotMedia(reason @ NotMedia::Empty) => told(400, reason.sentence()),
            Self::NotMedia(reason) => told(415, reason.sentence()),
            Self::AddressRefused(refusal) => told(400, refusal.sentence()),
            Self::HashMismatch => told(400, "The bytes do not have the stated sha256"),
            Self::UpstreamFailed(sentence) => told(502, sentence.as_str()).cause(sentence.as_str()),
            Self::ProviderRefused { status, sentence, provider } => {
                let told = told(*status, sentence.as_str()).detail("provider", provider.clone());
                // What it said is not for the log: it may hold anything.
                if *status >= 500 { told.cause(format!("{provider} answered {status}")) } else { told }
            }
            Self::RangeNotSatisfiable { size_bytes } => {
                told(416, "Range not satisfiable").header("Content-Range", &format!("bytes */{size_bytes}"))
            }
            Self::Workspace(error) => told_of_workspace(error),
            Self::Moving => told(503, "The file is being moved; try again").header("Retry-After", "1"),
            Self::BucketFailed(cause) => {
                let sentence = "The storage is not available right now; try again";
                told(503, sentence).header("Retry-After", "1").cause(cause.as_str())
            }
            Self::CatalogFailed(cause) => {
                let sentence = "The catalogue is not available right now; try again";
                told(503, sentence).header("Retry-After", "1").cause(cause.as_str())
            }
            Self::Interrupted(cause) => {
                let sentence = "The workspace is not available right now; try again";
                told(503, sentence).header("Retry-After", "1").cause(cause.as_str())
            }
            Self::Internal(cause) => told(500, OURS).cause(cause.as_str()),
        }
    }
}

/// What is said when there is nothing that a caller could do.
const OURS: &str = "Something went wrong on our side";

/// What is said of an item that is not there.
const NO_MEDIA: &str = "Media not found";

/// What is told of a failure: to the caller, and to the log.
struct Told {
    status: u16,
    sentence: String,
    details: Vec<(&'static str, Value)>,
    header: Option<(&'static str, String)>,
    cause: Option<String>,
}

fn told(status: u16, sentence: impl Into<String>) -> Told {
    Told { status, sentence: sentence.into(), details: Vec::new(), header: None, cause: None }
}

impl Told {
    /// What stands beside the sentence.
    fn detail(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((key, value.into()));
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.header = Some((name, value.to_owned()));
        self
    }

    /// What is answered, once the log has been told.
    fn into_body(self) -> (u16, Map<String, Value>, Option<(&'static str, String)>) {
        if let Some(cause) = self.cause {
            console_error!("{}: {cause}", self.status);
        }
        let mut body = Map::from_iter([("error".to_owned(), Value::from(self.sentence))]);
        body.extend(self.details.into_iter().map(|(key, value)| (key.to_owned(), value)));
        (self.status, body, self.header)
    }

    /// What the log is told.
    fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

fn told_of_workspace(error: &call::Error) -> Told {
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
                Some(entry) => told
                    .detail("etag", quote(&entry.tag()))
                    .detail("size", entry.size_bytes)
                    .detail("modified", String::from(Time(entry.modified_ms))),
                None => told.detail("etag", Value::Null),
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
        E::FeedGone { rev } => {
            told(410, "Changes since then are no longer kept: list again, and go on from this rev").detail("rev", *rev)
        }
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
                .detail("neededBytes", *needed_bytes)
                .detail("leftBytes", *left_bytes)
        }
        E::HeldAlready { .. } => {
            told(409, "This is being published already, or too much is at once; try again in a while")
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

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

impl From<call::Error> for Error {
    fn from(error: call::Error) -> Self {
        Self::Workspace(error)
    }
}
