//! Files looked through on their way: what holds a credential stops a publish, unless the request allows it by name.

use js_sys::Uint8Array;
use serde::Serialize;

use super::secrets::{Rule, Scan};
use super::source::Source;
use crate::error::Error;

/// The most findings that are told.
const TOLD_MAX: usize = 100;

/// Where something looks like a credential. What it is is never told.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Finding"))]
pub struct Secret {
    /// The line, from 1.
    pub line: u64,
    /// The file, as clients write it.
    pub path: String,
    /// What it looks like.
    pub rule: Rule,
}

/// What has been found so far.
pub struct Findings<'a> {
    source: &'a Source<'a>,
    allow: &'a [String],
    secrets: Vec<Secret>,
    current: Option<(String, Scan)>,
}

impl<'a> Findings<'a> {
    /// Nothing yet. `allow` names files below the root, or as clients write them.
    pub fn new(source: &'a Source<'a>, allow: &'a [String]) -> Self {
        Self { source, allow, secrets: Vec::new(), current: None }
    }

    /// A file begins.
    pub fn begin(&mut self, path: &str) {
        let absolute = self.source.absolute(path);
        let is_allowed = self.allow.iter().any(|allowed| allowed == path || *allowed == absolute);
        self.current = (!is_allowed).then(|| (absolute, Scan::default()));
    }

    /// Its next bytes.
    pub fn feed(&mut self, chunk: &Uint8Array) {
        if let Some((_, scan)) = &mut self.current {
            scan.feed(&chunk.to_vec());
        }
    }

    /// Its end.
    pub fn end(&mut self) {
        let Some((path, scan)) = self.current.take() else { return };
        let found = scan.finish().into_iter();
        let room = TOLD_MAX.saturating_sub(self.secrets.len());
        let secrets = found.map(|finding| Secret { path: path.clone(), line: finding.line, rule: finding.rule });
        self.secrets.extend(secrets.take(room));
    }

    /// Fails if there is anything.
    pub fn check(&mut self) -> Result<(), Error> {
        let secrets = std::mem::take(&mut self.secrets);
        if secrets.is_empty() { Ok(()) } else { Err(Error::SecretsFound(secrets)) }
    }

    /// What there is.
    pub fn into_secrets(self) -> Vec<Secret> {
        self.secrets
    }
}
