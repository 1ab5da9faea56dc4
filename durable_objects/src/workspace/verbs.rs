//! The verbs that look at one place or change it: list, stat, read, write, make a directory, delete. Moving and copying
//! are in `relocate`, the trash's own verbs in `trash`.
//!
//! Each is a function over a handle, with the call as it travelled. Those that change something get a `Tx` and run in
//! its transaction; what they have done by the time they return an error is undone.

use crate::call::{
    Cursor, Delete, Deleted, Entry, Error, Kind, List, Listing, Made, MakeDirectory, Read, Sought, Stat, Write, Written,
};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Bytes, Sql, SqlError, len_bytes, only};

use super::tree::{self, Content, Node, Target};
use super::txn::{Change, Tx};
use super::{blobs, history, reclaim, trash};

/// A page of a directory.
pub fn list(sql: &dyn Sql, call: &List) -> Result<Listing, Error> {
    let node = tree::get(sql, &call.path, Sought::Directory)?;
    if !node.is_directory() {
        return Err(Error::NotADirectory { path: call.path.clone() });
    }
    let (steps, is_cut) = tree::walk(sql, (node.id, &call.path), call.depth, call.after.as_ref(), call.limit)?;
    let last = steps.last().filter(|_| is_cut);
    let next = last.map(|step| Cursor { path: step.listed.path.clone(), kind: step.listed.kind });
    Ok(Listing { entries: steps.into_iter().map(|step| step.listed).collect(), next })
}

/// One entry.
pub fn stat(sql: &dyn Sql, call: &Stat) -> Result<Entry, Error> {
    let node = tree::get(sql, &call.path, Sought::Path)?;
    let hash = match node.blob {
        Some(blob) => {
            Some(parse_hash(only(sql, "SELECT hex(hash) FROM blob WHERE id = ?1", &[blob.into()])?.text(0)?)?)
        }
        None => None,
    };
    Ok(entry(&call.path, &node, hash))
}

/// A file with its bytes.
pub fn read(sql: &dyn Sql, call: &Read) -> Result<(Entry, Bytes), Error> {
    let not_there = || Error::NotFound { sought: Sought::File, path: call.path.clone() };
    let node = tree::find(sql, &call.path)?.ok_or_else(not_there)?;
    let blob = node.blob.ok_or_else(not_there)?;
    let row = only(sql, "SELECT hex(hash), bytes FROM blob WHERE id = ?1", &[blob.into()])?;
    let hash = parse_hash(row.text(0)?)?;
    Ok((entry(&call.path, &node, Some(hash)), row.into_bytes(1)?))
}

/// A file's new content.
pub fn write(tx: &Tx<'_>, call: &Write, bytes: &Bytes) -> Result<Written, Error> {
    let size_bytes = len_bytes(bytes);
    let rev = match tree::target(tx, &call.path, call.make_parents)? {
        Target::Taken(node) if node.is_directory() => return Err(Error::IsADirectory { path: call.path.clone() }),
        Target::Taken(node) => {
            let rev = tx.record(Change::Write, Some(node.id), &call.path, None)?;
            let blob = blobs::keep(tx, &call.hash, bytes, rev)?;
            replace(tx, &node, rev, blob, size_bytes)?;
            rev
        }
        Target::Free { parent } => {
            let rev = tx.record(Change::Create, None, &call.path, None)?;
            let blob = blobs::keep(tx, &call.hash, bytes, rev)?;
            tree::insert(tx, rev, parent, call.path.name(), &Content::File { blob, size_bytes })?;
            rev
        }
    };
    Ok(Written { size_bytes, modified_ms: tx.now_ms, rev })
}

/// Gives a file other content; what it had becomes a version. The same content again is a new time and no new version.
pub fn replace(tx: &Tx<'_>, file: &Node, rev: i64, blob: i64, size_bytes: u64) -> Result<(), Error> {
    if file.blob == Some(blob) {
        tx.sql.query("UPDATE node SET modified_ms = ?2 WHERE id = ?1", &[file.id.into(), tx.now_ms.into()])?;
    } else {
        history::close(tx, file, rev)?;
        let update = "UPDATE node SET blob = ?2, size = ?3, modified_ms = ?4, rev = ?5 WHERE id = ?1";
        let size = size_bytes.cast_signed();
        tx.sql.query(update, &[file.id.into(), blob.into(), size.into(), tx.now_ms.into(), rev.into()])?;
    }
    tree::content_changed(tx, file.parent, rev)
}

/// A directory, with its parents.
pub fn make_directory(tx: &Tx<'_>, call: &MakeDirectory) -> Result<Made, Error> {
    match tree::target(tx, &call.path, true)? {
        Target::Taken(node) if node.is_directory() => Ok(Made { made: false }),
        Target::Taken(_) => Err(Error::IsAFile { path: call.path.clone() }),
        Target::Free { parent } => {
            tree::make_directory(tx, parent, &call.path)?;
            Ok(Made { made: true })
        }
    }
}

/// An entry into the trash, or for good.
pub fn delete(tx: &Tx<'_>, call: &Delete) -> Result<Deleted, Error> {
    if call.path.is_protected() {
        return Err(Error::Protected { path: call.path.clone(), moving: false });
    }
    let node = tree::get(tx.sql, &call.path, Sought::Path)?;
    if call.permanent || call.path.is_in_trash() {
        reclaim::unlink(tx, &node, &call.path)?;
        return Ok(Deleted::ForGood);
    }
    Ok(Deleted::Trashed(trash::put(tx, &node, &call.path)?))
}

fn entry(path: &FilePath, node: &Node, hash: Option<Sha256>) -> Entry {
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

fn parse_hash(hex: &str) -> Result<Sha256, SqlError> {
    Sha256::from_hex(hex).ok_or_else(|| SqlError(format!("{hex:?} is no hash")))
}
