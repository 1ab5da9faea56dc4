//! Moving and copying.

use std::collections::HashMap;

use serde_json::json;

use crate::call::{Copy, Error, Kind, Move, Relocated, Sought};
use crate::limits::COPY_MAX_ENTRIES;
use crate::path::{FilePath, MAX_DEPTH};

use super::blobs::Kept;
use super::conditions::{check, of_source, of_target};
use super::tree::{self, New, Node, Target};
use super::txn::{Change, Tx};
use super::walk::{Step, Top, walk};
use super::{history, media, verbs};

/// How much JSON one statement of a copy takes: well below the platform's 2 MB for a bound value.
const COPY_CHUNK_BYTES: usize = 256 * 1024;

/// Moves an entry: one row, whatever hangs below it. A file that goes over a file gives it its content and ends; the
/// target keeps its id, and so its history.
pub fn relocate(tx: &Tx<'_>, call: &Move) -> Result<Relocated, Error> {
    if call.from.is_protected() {
        return Err(Error::Protected { path: call.from.clone(), moving: true });
    }
    if call.from.is_in_trash() {
        return Err(Error::InTrash { path: call.from.clone() });
    }
    let source = tree::get(tx.sql, &call.from, Sought::Source)?;
    check(tx.sql, &of_source(&call.only_if), &call.from, Some(&source))?;
    if call.from == call.to {
        return Ok(Relocated { entries: 0 });
    }
    refuse_into_itself(&source, &call.from, &call.to)?;
    tree::check_depth(tx.sql, &source, &call.from, &call.to)?;
    let target = tree::target(tx, &call.to, true)?;
    check(tx.sql, &of_target(&call.only_if), &call.to, target.taken())?;
    if let Some(content) = source.content() {
        // Its new name may be the first that says what it is.
        media::capture(tx, call.to.name(), content)?;
    }
    match target {
        Target::Taken(target) => {
            let content = replaceable(&source, &target, &call.to, call.overwrite)?;
            let rev = tx.record(Change::Move, Some(target.id), &call.to, Some(&call.from))?;
            verbs::replace(tx, &target, rev, content)?;
            history::close(tx, &source, rev)?;
            tx.sql.query("DELETE FROM node WHERE id = ?1", &[source.id.into()])?;
            tx.remove_entries(1);
            tx.add_files(-1);
            tree::entries_changed(tx, source.parent, rev)?;
        }
        Target::Free { parent } => {
            let rev = tx.record(Change::Move, Some(source.id), &call.to, Some(&call.from))?;
            history::close(tx, &source, rev)?;
            tree::relocate(tx, &source, parent, call.to.name(), rev)?;
        }
    }
    Ok(Relocated { entries: 1 })
}

/// Copies an entry with everything in it. Bytes are shared, so it costs rows only.
pub fn copy(tx: &Tx<'_>, call: &Copy) -> Result<Relocated, Error> {
    // What the trash holds has longer names than anything else may have.
    if call.from.is_trash() {
        return Err(Error::InTrash { path: call.from.clone() });
    }
    let source = tree::get(tx.sql, &call.from, Sought::Source)?;
    check(tx.sql, &of_source(&call.only_if), &call.from, Some(&source))?;
    refuse_into_itself(&source, &call.from, &call.to)?;
    if call.from == call.to {
        let same = Err(Error::AlreadyThere { path: call.to.clone() });
        return if call.overwrite { Ok(Relocated { entries: 0 }) } else { same };
    }
    let target = tree::target(tx, &call.to, true)?;
    check(tx.sql, &of_target(&call.only_if), &call.to, target.taken())?;
    if let Some(content) = source.content() {
        media::capture(tx, call.to.name(), content)?;
    }
    let parent = match target {
        Target::Taken(target) => {
            let content = replaceable(&source, &target, &call.to, call.overwrite)?;
            let rev = tx.record(Change::Copy, Some(target.id), &call.to, Some(&call.from))?;
            verbs::replace(tx, &target, rev, content)?;
            return Ok(Relocated { entries: 1 });
        }
        Target::Free { parent } => parent,
    };
    // Before anything is made: a copy is not to find itself.
    let (new, below) = match source.content() {
        Some(content) => (New::File(content), Vec::new()),
        None => (New::Directory, whole(tx, &source, &call.from)?),
    };
    let rev = tx.record(Change::Copy, None, &call.to, Some(&call.from))?;
    tree::insert(tx, rev, parent, call.to.name(), &new)?;
    copy_below(tx, call, &below, (source.id, rev))?;
    media::capture_copies(tx, &below)?;
    Ok(Relocated { entries: 1 + below.len() })
}

/// Everything below a directory, if one copy may make so much.
fn whole(tx: &Tx<'_>, directory: &Node, path: &FilePath) -> Result<Vec<Step>, Error> {
    let top = Top { id: directory.id, path, at: None, skip: &[] };
    match walk(tx.sql, top, usize::MAX, None, COPY_MAX_ENTRIES - 1)? {
        (steps, None) => Ok(steps),
        (_, Some(_)) => Err(Error::CopyTooLarge { max: COPY_MAX_ENTRIES }),
    }
}

/// Copies what is below a directory, whose own node and that of its copy are `top`.
fn copy_below(tx: &Tx<'_>, call: &Copy, below: &[Step], top: (i64, i64)) -> Result<(), Error> {
    let first_rev = tx.take_revs(i64::try_from(below.len()).unwrap_or(i64::MAX));
    tx.add_entries(below.len())?;
    let files = below.iter().filter(|step| step.listed.kind == Kind::File).count();
    tx.add_files(i64::try_from(files).unwrap_or(i64::MAX));
    let mut copies = HashMap::from([top]);
    let mut rows = Vec::new();
    let mut rows_bytes = 0;
    for (rev, step) in (first_rev..).zip(below) {
        copies.insert(step.id, rev);
        // A walk comes by a directory before what is in it.
        let parent = copies.get(&step.parent).copied().unwrap_or(top.1);
        let from = &step.listed.path;
        let to = call.to.join_below(&call.from, from);
        if to.depth() > MAX_DEPTH + 1 {
            return Err(Error::TooDeep { path: call.to.clone(), max: MAX_DEPTH });
        }
        rows_bytes += to.as_str().len() + from.as_str().len();
        rows.push(json!([rev, rev, to, from, parent, step.id]));
        if rows_bytes > COPY_CHUNK_BYTES {
            insert_copies(tx, &std::mem::take(&mut rows))?;
            rows_bytes = 0;
        }
    }
    insert_copies(tx, &rows)?;
    tree::entries_changed(tx, top.1, tx.rev())
}

/// Makes nodes out of rows of rev, rev, the new path, the old one, the parent and the node to copy.
fn insert_copies(tx: &Tx<'_>, rows: &[serde_json::Value]) -> Result<(), Error> {
    let insert = "INSERT INTO node
          (id, parent, name, fold, kind, mode, blob, size, mime, created_ms, modified_ms, mtime_ms, rev, children_rev)
        SELECT value ->> 0, value ->> 4, name, fold, kind, mode, blob, size, mime, ?2, ?2, mtime_ms, value ->> 0, ?3
          FROM json_each(?1) CROSS JOIN node ON node.id = value ->> 5";
    if rows.is_empty() {
        return Ok(());
    }
    let rows = json!(rows).to_string();
    tx.record_many(Change::Copy, &rows)?;
    tx.sql.query(insert, &[(&rows).into(), tx.now_ms.into(), tx.rev().into()])?;
    Ok(())
}

fn refuse_into_itself(source: &Node, from: &FilePath, to: &FilePath) -> Result<(), Error> {
    if source.is_directory() && to.is_within(from) {
        return Err(Error::IntoItself { path: from.clone() });
    }
    Ok(())
}

/// The content that goes over what is at `to`, if it may: only a file, only over a file, and only when the caller says so.
fn replaceable(source: &Node, target: &Node, to: &FilePath, overwrite: bool) -> Result<Kept, Error> {
    match (source.content(), target.blob) {
        (Some(content), Some(_)) if overwrite => Ok(content),
        (Some(_), None) if overwrite => Err(Error::IsADirectory { path: to.clone() }),
        _ => Err(Error::AlreadyThere { path: to.clone() }),
    }
}
