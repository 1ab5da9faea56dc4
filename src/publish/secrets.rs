//! Credentials, found by their form in the bytes of a file, as they stream by. Never by the name of a file: `tokenizer.ts` is
//! none.
//!
//! A rule wants what only a real credential has: its length, its alphabet, a key's body behind its first line. What it takes for
//! one all the same is published when the request's `allow` names the file.

mod assignment;
mod rules;
#[cfg(test)]
mod tests;

use serde::Serialize;

use rules::longest_match;

/// What something looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "FindingRule"))]
pub enum Rule {
    /// A private key in PEM.
    #[serde(rename = "private-key")]
    PrivateKey,
    /// A key of AWS.
    #[serde(rename = "aws-key")]
    Aws,
    /// A token of GitHub.
    #[serde(rename = "github-token")]
    GitHub,
    /// A token or webhook of Slack.
    #[serde(rename = "slack-token")]
    Slack,
    /// A key of `OpenAI`, or of another provider that writes them so.
    #[serde(rename = "openai-key")]
    OpenAi,
    /// A key of Google.
    #[serde(rename = "google-key")]
    Google,
    /// A key of a provider of models: fal, Hugging Face, Replicate.
    #[serde(rename = "provider-key")]
    Provider,
    /// An address with a password in it.
    #[serde(rename = "address-password")]
    Address,
    /// A signed token.
    #[serde(rename = "jwt")]
    Jwt,
    /// A token that a header brings along.
    #[serde(rename = "bearer-token")]
    Bearer,
    /// A name that says it is secret, with a value that looks like it.
    #[serde(rename = "secret-assignment")]
    Assignment,
}

/// Where something was found. What it was is not told: a report must not hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which line, from 1.
    pub line: u64,
    /// What it looks like.
    pub rule: Rule,
}

/// The most findings of one file: who sees these looks at the rest.
pub const FINDINGS_MAX: usize = 20;
/// How far a rule looks ahead: the longest that has to be seen to know what it is.
const LOOK_AHEAD_BYTES: usize = 4096;

/// Looks through one file.
#[derive(Default)]
pub struct Scan {
    line: u64,
    /// The byte before what is being looked at: a credential begins where a word does.
    before: u8,
    /// The end of what has come, which a rule could not see past.
    carried: Vec<u8>,
    findings: Vec<Finding>,
}

impl Scan {
    /// Looks at the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.carried.is_empty() {
            let looked = self.look(bytes, bytes.len().saturating_sub(LOOK_AHEAD_BYTES));
            self.carried.extend(bytes.get(looked..).unwrap_or_default());
            return;
        }
        // What is carried, with as much as its rules have to see; then the rest, as it came.
        let (ahead, _) = bytes.split_at(bytes.len().min(2 * LOOK_AHEAD_BYTES));
        let carried_bytes = self.carried.len();
        let mut joined = std::mem::take(&mut self.carried);
        joined.extend(ahead);
        if ahead.len() == bytes.len() {
            let looked = self.look(&joined, joined.len().saturating_sub(LOOK_AHEAD_BYTES));
            joined.drain(..looked);
            self.carried = joined;
        } else {
            let looked = self.look(&joined, carried_bytes);
            let rest = bytes.get(looked.saturating_sub(carried_bytes)..).unwrap_or_default();
            self.feed(rest);
        }
    }

    /// The end of the file: what was found.
    pub fn finish(mut self) -> Vec<Finding> {
        let carried = std::mem::take(&mut self.carried);
        self.look(&carried, carried.len());
        self.findings
    }

    /// Looks at what begins before `end`, and answers where it stopped, which may lie behind that.
    fn look(&mut self, bytes: &[u8], end: usize) -> usize {
        let mut at = 0;
        while at < end {
            let Some(byte) = bytes.get(at).copied() else { break };
            if byte == b'\n' {
                self.line += 1;
            }
            let found = longest_match(self.before, byte, bytes.get(at..).unwrap_or_default());
            let length = found.map_or(1, |(rule, length)| {
                let finding = Finding { line: self.line + 1, rule };
                if self.findings.len() < FINDINGS_MAX && self.findings.last() != Some(&finding) {
                    self.findings.push(finding);
                }
                length.max(1)
            });
            // What a rule has taken has no lines in it that count twice.
            let taken = bytes.get(at + 1..at + length).unwrap_or_default();
            self.line += taken.split(|byte| *byte == b'\n').skip(1).count() as u64;
            at += length;
            self.before = at.checked_sub(1).and_then(|last| bytes.get(last)).copied().unwrap_or_default();
        }
        at.min(bytes.len())
    }
}
