//! Every failure, and the one place where it becomes a status and a sentence.
//!
//! What a caller can act on is told to them. What they cannot is logged once, with its cause, and they get a sentence
//! that says nothing of the inside. Neither holds a query, a signature or content.

mod told;
mod workspace;

use std::fmt;

use durable_objects::call;
use durable_objects::path::PathError;
pub use told::ErrorBody;
use told::{Told, told};

use crate::answer::{Answer, to_text};
use crate::auth::Unauthorized;
use crate::catalog::{Kind, Version};
use crate::media::address::Refusal;
use crate::media::kind::NotMedia;
use crate::publish::scan::Secret;

/// What is said when there is nothing that a caller could do.
const OURS: &str = "Something went wrong on our side";

/// What is said of an item that is not there.
const NO_MEDIA: &str = "Media not found";

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
    /// More than one zip takes.
    ZipTooLarge {
        /// What it takes so many of.
        of_what: &'static str,
        /// How many there are, or how many were counted.
        count: u64,
        /// The limit.
        max: u64,
    },
    /// Whoever asked has gone, or reads nothing.
    NobodyReads,
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
        provider: String,
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
        let Told { status, body, header, .. } = self.told().logged();
        // A body of texts and numbers can be written.
        let answer = Answer::json(status, &to_text(&body).unwrap_or_default()).with("Cache-Control", "no-store");
        header.into_iter().fold(answer, |answer, (name, value)| answer.with(name, &value))
    }

    /// The last line of an answer that has begun, in which the status can no longer be told otherwise.
    pub fn into_line(self) -> ErrorBody {
        let Told { status, body, .. } = self.told().logged();
        ErrorBody { status: Some(status), ..body }
    }

    /// The sentence that a caller is told, where it is one part of an answer.
    pub fn sentence(&self) -> String {
        self.told().body.error
    }

    /// What is told of each failure.
    fn told(&self) -> Told {
        match self {
            Self::Unauthorized(reason) => {
                told(401, "Unauthorized").with(|body| body.details = Some(reason.details().to_owned()))
            }
            Self::NotTheHost => {
                told(401, "Unauthorized").with(|body| body.details = Some("Invalid host secret".to_owned()))
            }
            Self::NotConfigured(sentence) => told(503, *sentence).cause(*sentence),
            Self::NoRoute => told(404, "Not found"),
            Self::MethodNotAllowed(allow) => told(405, "Method not allowed").header("Allow", allow),
            Self::NoUpgrade => told(426, "This is a WebSocket; files are below /api/files"),
            Self::BadRequest(sentence) => told(400, sentence.as_str()),
            Self::Path(error) => told(400, error.to_string()),
            Self::TooLarge { what, size_bytes, max_bytes } => {
                told(413, format!("{what} too large")).sizes(*size_bytes, *max_bytes)
            }
            Self::TooLargeForJson { size_bytes, max_bytes } => {
                told(413, "File too large").sizes(*size_bytes, *max_bytes).hint("Download the file instead")
            }
            Self::TooLargeToCompare { max_bytes, max_lines } => {
                let sentence = format!("Files of up to {max_bytes} bytes and {max_lines} lines are compared");
                told(413, sentence).with(|body| body.max_size = Some(*max_bytes)).hint("Read both versions instead")
            }
            Self::ZipTooLarge { of_what, count, max } => {
                let sentence = format!("A zip takes at most {max} {of_what}, and this is more; download its parts");
                told(413, sentence).with(|body| (body.count, body.max) = (Some(*count), Some(*max)))
            }
            Self::NobodyReads => told(408, "Nothing was read for too long"),
            Self::TakenAway => told(404, "The bytes of this file were removed from the bucket")
                .hint("Delete the file, or write it anew"),
            Self::NotText => {
                told(415, "The file is not UTF-8 text").hint("Ask for encoding=base64, or download the file")
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
                taken.with(|body| body.next_version = next.map(|next| next.to_string()))
            }
            Self::SecretsFound(secrets) => {
                told(422, "Some files hold what looks like credentials; take it out, or allow these files by name")
                    .with(|body| body.findings = Some(secrets.clone()))
            }
            Self::BadBundle(why) => told(422, format!("The bundle {why}; nothing was changed")),
            Self::BrokenFile { path, why } => {
                told(422, format!("{path} cannot be changed, since {why}; repair it first; nothing was changed"))
                    .with(|body| body.path = Some(path.clone()))
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
                let told = told(*status, sentence.as_str()).with(|body| body.provider = Some(provider.clone()));
                // What it said is not for the log: it may hold anything.
                if *status >= 500 { told.cause(format!("{provider} answered {status}")) } else { told }
            }
            Self::RangeNotSatisfiable { size_bytes } => {
                told(416, "Range not satisfiable").header("Content-Range", &format!("bytes */{size_bytes}"))
            }
            Self::Workspace(error) => workspace::told_of(error),
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
