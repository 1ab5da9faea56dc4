//! The verifier's verbs: what the object can say of itself, page by page, for the Worker to compare with the bucket.

use serde::{Deserialize, Serialize};

use crate::ids::Sha256;

/// Some of the rules that hold of every workspace, each looked at in all of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckRules {
    /// The first rule to look at.
    pub first: usize,
    /// Whether what is certain is put right: counters are added up anew, tasks set again, content that nothing uses noted.
    pub repair: bool,
}

/// What some rules have to say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RulesChecked {
    /// Breaches, in words.
    pub problems: Vec<String>,
    /// What was put right, in words.
    pub repaired: Vec<String>,
    /// How many rules were looked at.
    pub checked: usize,
    /// The next rule, if one is left.
    pub next: Option<usize>,
}

/// One of the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Store {
    /// The private one.
    Data,
    /// That of media.
    Media,
}

/// Who owns what lies in a bucket, in the order of keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListOwners {
    /// Which bucket.
    pub store: Store,
    /// Only keys beyond this one.
    pub after: String,
    /// Only keys up to this one.
    pub until: String,
}

/// An owner of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The object's key.
    pub key: String,
    /// Its size, if it must be there; it may be on its way there, or gone already.
    pub size_bytes: Option<u64>,
}

/// A page of owners.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Owners {
    /// They.
    pub owners: Vec<Owner>,
    /// How far this page goes, if it does not go as far as was asked.
    pub until: Option<String>,
}

/// Objects of a bucket that belong to nobody: the alarm removes those that still do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DisownObjects {
    /// Which bucket.
    pub store: Store,
    /// Their keys. They must lie where only this workspace puts something.
    pub keys: Vec<String>,
}

/// Objects that the alarm will remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disowned {
    /// Their keys.
    pub keys: Vec<String>,
}

/// Contents, to be compared with their hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListContents {
    /// Only those beyond this one.
    pub after: i64,
    /// The most to answer.
    pub limit: usize,
}

/// A content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredContent {
    /// Its number.
    pub id: i64,
    /// Its hash.
    pub hash: Sha256,
    /// Its size.
    pub size_bytes: u64,
    /// Where it lies, if not in its row.
    pub key: Option<(Store, String)>,
}

/// A page of contents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contents {
    /// They, in order.
    pub contents: Vec<StoredContent>,
}

/// The bytes of a content that lie in its row: they are the body of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadContent {
    /// Its number.
    pub id: i64,
}

/// Bytes, if they are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRead {
    /// Whether they are the body.
    pub is_there: bool,
}
