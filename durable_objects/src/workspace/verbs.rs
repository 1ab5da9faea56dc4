//! The verbs that look at one place or change it: list, stat, read, write, make a directory, delete. Moving and copying
//! are in `relocate`, the trash's own verbs in `trash`.
//!
//! Each is a function over a handle, with the call as it travelled. Those that change something get a `Tx` and run in
//! its transaction; what they have done by the time they return an error is undone.

use crate::call::{
    Condition, Delete, Deleted, Entry, Error, Found, List, Listing, Made, MakeDirectory, Place, Read, Sought, Stat,
    Write, Written,
};
use crate::sql::{Bytes, Sql, only};

use super::asof::Moment;
use super::blobs::Kept;
use super::conditions::{check, describe, entry, parse_hash};
use super::tree::{self, New, Node, Target};
use super::txn::{Change, Tx};
use super::walk::{Top, walk};
use super::{blobs, history, media, reclaim, trash};

/// A page of a directory.
pub fn list(sql: &dyn Sql, call: &List) -> Result<Listing, Error> {
    let node = tree::get(sql, &call.path, Sought::Directory)?;
    list_of(sql, call, &node, None)
}

/// A page of a directory that has been found: as it is, or as it was.
pub fn list_of(sql: &dyn Sql, call: &List, node: &Node, at: Option<Moment>) -> Result<Listing, Error> {
    if !node.is_directory() {
        return Err(Error::NotADirectory { path: call.path.clone() });
    }
    let tag = match at {
        Some(moment) => past_tag(sql, moment)?,
        None if call.depth > 1 => tree_tag(sql)?,
        None => describe(sql, &call.path, node)?.tag(),
    };
    if call.unless.matches(Some(&tag)) {
        return Ok(Listing { tag, is_unchanged: true, entries: Vec::new(), next: None });
    }
    let top = Top { id: node.id, path: &call.path, at, skip: &[] };
    let (steps, next) = walk(sql, top, call.depth, call.after.as_ref(), call.limit)?;
    let entries = steps.into_iter().map(|step| step.listed).collect();
    Ok(Listing { tag, is_unchanged: false, entries, next })
}

/// What changes with anything in the tree. It may change when a certain subtree does not; never the other way round.
fn tree_tag(sql: &dyn Sql) -> Result<String, Error> {
    Ok(format!("r{}", only(sql, "SELECT v FROM meta WHERE k = 'rev'", &[])?.int(0)?))
}

/// What changes with anything in the trees of the past: when something is deleted for good, which takes a rev, and when the
/// alarm takes it apart or it is no longer kept, which takes none.
fn past_tag(sql: &dyn Sql, moment: Moment) -> Result<String, Error> {
    const LOSSES: &str = "SELECT coalesce((SELECT v FROM meta WHERE k = 'losses'), 0)";
    Ok(format!("{}-{}-at-{}", tree_tag(sql)?, only(sql, LOSSES, &[])?.int(0)?, moment.rev))
}

/// One entry.
pub fn stat(sql: &dyn Sql, call: &Stat) -> Result<Entry, Error> {
    describe(sql, &call.path, &tree::get(sql, &call.path, Sought::Path)?)
}

/// A file with its bytes, or with the way to them.
pub fn read(sql: &dyn Sql, call: &Read) -> Result<(Found, Option<Bytes>), Error> {
    open(sql, call, &tree::get(sql, &call.path, Sought::File)?)
}

/// A file that has been found, as it is or as it was.
pub fn open(sql: &dyn Sql, call: &Read, node: &Node) -> Result<(Found, Option<Bytes>), Error> {
    // The bytes come along at once when nothing can be said against them.
    const PLACE: &str = "SELECT hex(hash), key, CASE WHEN ?2 THEN bytes END, place FROM blob WHERE id = ?1";
    let not_there = || Error::NotFound { sought: Sought::File, path: call.path.clone() };
    let blob = node.blob.ok_or_else(not_there)?;
    let is_wanted = call.unless == Condition::None;
    let row = only(sql, PLACE, &[blob.into(), i64::from(is_wanted).into()])?;
    let entry = entry(&call.path, node, parse_hash(row.text(0)?)?);
    // Bytes that are not ours yet may have changed behind their tag.
    if entry.hash.is_some() && call.unless.matches(Some(&entry.tag())) {
        return Ok((Found { entry, bytes: Place::Unchanged }, None));
    }
    if let Some(key) = row.text_or_null(1)? {
        let place = match (&entry.hash, row.int(3)?) {
            (None, _) => Place::Foreign,
            (Some(_), media::MEDIA) => Place::Media,
            (Some(_), _) => Place::Stored,
        };
        return Ok((Found { entry, bytes: place(key.to_owned()) }, None));
    }
    let row = if is_wanted { row } else { only(sql, PLACE, &[blob.into(), 1.into()])? };
    let bytes = row.into_bytes(2)?;
    Ok((Found { entry, bytes: Place::Body }, Some(bytes)))
}

/// A file's new content.
pub fn write(tx: &Tx<'_>, call: &Write, body: Option<&Bytes>) -> Result<Written, Error> {
    let target = tree::target(tx, &call.path, call.make_parents)?;
    check(tx.sql, &call.only_if, &call.path, target.taken())?;
    let (rev, kept) = match target {
        Target::Taken(node) if node.is_directory() => return Err(Error::IsADirectory { path: call.path.clone() }),
        Target::Taken(node) => {
            let rev = tx.record(Change::Write, Some(node.id), &call.path, None)?;
            let kept = blobs::keep(tx, &call.hash, &call.content, body, rev)?;
            replace(tx, &node, rev, kept)?;
            (rev, kept)
        }
        Target::Free { parent } => {
            let rev = tx.record(Change::Create, None, &call.path, None)?;
            let kept = blobs::keep(tx, &call.hash, &call.content, body, rev)?;
            tree::insert(tx, rev, parent, call.path.name(), &New::File(kept))?;
            (rev, kept)
        }
    };
    let media = media::capture(tx, call.path.name(), kept)?;
    Ok(Written { size_bytes: kept.size_bytes, modified_ms: tx.now_ms, rev, media })
}

/// Gives a file other content; what it had becomes a version. The same content again is a new time and no new version.
pub fn replace(tx: &Tx<'_>, file: &Node, rev: i64, Kept { blob, size_bytes }: Kept) -> Result<(), Error> {
    if file.blob == Some(blob) {
        tx.sql.query("UPDATE node SET modified_ms = ?2 WHERE id = ?1", &[file.id.into(), tx.now_ms.into()])?;
    } else {
        history::close_version(tx, file, rev)?;
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
    check(tx.sql, &call.only_if, &call.path, Some(&node))?;
    if call.permanent || call.path.is_in_trash() {
        reclaim::unlink(tx, &node, &call.path)?;
        return Ok(Deleted::ForGood);
    }
    Ok(Deleted::Trashed(trash::put(tx, &node, &call.path)?))
}
