//! What an entry is, in full, and whether it is what a caller expects: looked at in the transaction of the change, so that
//! of two callers who expect the same only one goes ahead.

use crate::call::{Condition, Conditions, Entry, Error, Kind};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Sql, SqlError, only};

use super::tree::Node;

/// Everything that is known of an entry.
pub fn describe(sql: &dyn Sql, path: &FilePath, node: &Node) -> Result<Entry, Error> {
    let hash = match node.blob {
        Some(blob) => parse_hash(only(sql, "SELECT hex(hash) FROM blob WHERE id = ?1", &[blob.into()])?.text(0)?)?,
        None => None,
    };
    Ok(entry(path, node, hash))
}

/// An entry whose content is known.
pub fn entry(path: &FilePath, node: &Node, hash: Option<Sha256>) -> Entry {
    let children_rev = if node.kind == Kind::Directory { node.children_rev } else { node.rev };
    Entry {
        path: path.clone(),
        kind: node.kind,
        size_bytes: node.size_bytes,
        modified_ms: node.modified_ms,
        rev: node.rev,
        children_rev,
        hash,
    }
}

/// A hash as `hex` writes it: nothing while it is not known.
pub fn parse_hash(hex: &str) -> Result<Option<Sha256>, SqlError> {
    match hex {
        "" => Ok(None),
        hex => Sha256::from_hex(hex).map(Some).ok_or_else(|| SqlError(format!("{hex:?} is no hash"))),
    }
}

/// Fails unless what is at a place, if anything, is what the caller expects.
pub fn check(sql: &dyn Sql, expected: &Conditions, path: &FilePath, node: Option<&Node>) -> Result<(), Error> {
    if *expected == Conditions::default() {
        return Ok(());
    }
    let found = node.map(|node| describe(sql, path, node)).transpose()?;
    let tag = found.as_ref().map(Entry::tag);
    let is_one = expected.is == Condition::None || expected.is.matches(tag.as_deref());
    if is_one && !expected.is_not.matches(tag.as_deref()) {
        return Ok(());
    }
    Err(Error::ConditionFailed { path: path.clone(), found })
}

/// Of the conditions of a move or copy: what they say of the source.
pub fn of_source(conditions: &Conditions) -> Conditions {
    Conditions { is: conditions.is.clone(), is_not: Condition::None }
}

/// Of the conditions of a move or copy: what they say of what is at the target.
pub fn of_target(conditions: &Conditions) -> Conditions {
    Conditions { is: Condition::None, is_not: conditions.is_not.clone() }
}
