//! What is told of a failure: to the caller, and to the log.

use serde::Serialize;
use worker::console_error;

use crate::publish::scan::Secret;
use crate::wire::{Nullable, Time};

/// Why a request was not answered as it was meant. Nothing has changed, but after a 503 with `Retry-After` something may have.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ErrorBody"))]
pub struct ErrorBody {
    /// Of a zip: how many there are of what it takes only so many of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Of a 401: what is wrong with the signed query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// A sentence that a person can act on.
    pub error: String,
    /// Of a 412: the tag of what is there; null if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<Nullable<String>>,
    /// Where something looks like a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Secret>>,
    /// What to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// Of a 507: what the quota has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_bytes: Option<u64>,
    /// How many of them it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// Of a 413: how many bytes there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<u64>,
    /// Of a 412: when what is there last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Time>,
    /// Of a 507: what would have been stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_bytes: Option<u64>,
    /// A version that is free, where the one that was named is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_version: Option<String>,
    /// The file that has to be repaired first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whose status this is, where it is a provider's: it says nothing of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Of a 410 of the feed: where to go on from, after listing again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<i64>,
    /// Of a 413, how many bytes there are, or were seen; of a 412, the size of what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The status, where it can no longer be told otherwise: in the last line of an answer in lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What is told of a failure, and how.
pub struct Told {
    pub status: u16,
    pub body: ErrorBody,
    pub header: Option<(&'static str, String)>,
    cause: Option<String>,
}

/// A status and a sentence.
pub fn told(status: u16, sentence: impl Into<String>) -> Told {
    let body = ErrorBody { error: sentence.into(), ..ErrorBody::default() };
    Told { status, body, header: None, cause: None }
}

impl Told {
    /// What stands beside the sentence.
    pub fn with(mut self, tell: impl FnOnce(&mut ErrorBody)) -> Self {
        tell(&mut self.body);
        self
    }

    /// With what to do instead.
    pub fn hint(self, hint: &'static str) -> Self {
        self.with(|body| body.hint = Some(hint))
    }

    /// With what is too large, and how large it may be.
    pub fn sizes(self, size_bytes: u64, max_bytes: u64) -> Self {
        self.with(|body| (body.size, body.max_size) = (Some(size_bytes), Some(max_bytes)))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.header = Some((name, value.to_owned()));
        self
    }

    /// What the log is told.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Tells the log, and leaves what the caller is told.
    pub fn logged(self) -> Self {
        if let Some(cause) = &self.cause {
            console_error!("{}: {cause}", self.status);
        }
        self
    }
}
