//! Deleting for good: unlinking at once, whatever the size, and taking the rows apart later, batch by batch.

use serde_json::json;

use crate::call::{Error, Kind};
use crate::path::FilePath;
use crate::sql::{Param, first};

use super::timer::{self, Timer};
use super::tree::{self, Node};
use super::txn::{Change, Tx};
use super::{blobs, history, planted, schema};

/// How many rows of the tree one step takes apart.
const UNLINK_BATCH: usize = 1000;

/// Takes an entry, with everything in it, out of the tree and out of its history, but for what a checkpoint covers. A
/// constant number of rows: what hangs below goes by the alarm.
pub fn unlink(tx: &Tx<'_>, node: &Node, path: &FilePath) -> Result<(), Error> {
    let rev = tx.record(Change::Delete, Some(node.id), path, None)?;
    history::end(tx, &json!([node.id]).to_string(), rev)?;
    tx.sql.query("DELETE FROM trash WHERE node = ?1", &[node.id.into()])?;
    detach(tx, "id = ?1", node.id.into(), rev)?;
    tree::entries_changed(tx, node.parent, rev)?;
    timer::arm(tx.sql, Timer::Unlink, timer::AT_ONCE)?;
    Ok(())
}

/// Hangs nodes below [`schema::UNLINKED`], under a name that no two of them share. `rev` is the deletion, also of what is
/// taken apart later: it ends the states that a checkpoint covers.
pub fn detach(tx: &Tx<'_>, which: &str, param: Param<'_>, rev: i64) -> Result<(), Error> {
    let update = format!("UPDATE node SET parent = ?2, name = id, fold = '', rev = ?3 WHERE {which}");
    tx.sql.query(&update, &[param, schema::UNLINKED.into(), rev.into()])?;
    Ok(())
}

/// One step of taking apart what was unlinked: files go, directories lose their entries and then go themselves. What a
/// checkpoint covers ends as if it had gone in the moment of the deletion.
pub fn take_apart(tx: &Tx<'_>) -> Result<(), Error> {
    let mut left = UNLINK_BATCH;
    while left > 0 {
        let top = "SELECT id, rev, kind FROM node WHERE parent = ?1 LIMIT 1";
        let Some(top) = first(tx.sql, top, &[schema::UNLINKED.into()])? else {
            timer::settle(tx.sql, Timer::Unlink, None)?;
            return planted::forget_gone(tx);
        };
        let (top, deleted_rev, top_kind) = (top.int(0)?, top.int(1)?, top.int(2)?);
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        let entries =
            tx.sql.query("SELECT id, kind FROM node WHERE parent = ?1 LIMIT ?2", &[top.into(), limit.into()])?;
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        for row in &entries {
            let list = if row.int(1)? == Kind::Directory as i64 { &mut directories } else { &mut files };
            list.push(row.int(0)?);
        }
        if entries.is_empty() {
            erase(tx, &[top], top_kind == Kind::File as i64)?;
        } else {
            let directories = json!(directories).to_string();
            history::end(tx, &json!(files).to_string(), deleted_rev)?;
            erase(tx, &files, true)?;
            history::end(tx, &directories, deleted_rev)?;
            detach(tx, "id IN (SELECT value FROM json_each(?1))", (&directories).into(), deleted_rev)?;
        }
        left = left.saturating_sub(entries.len().max(1));
    }
    timer::settle(tx.sql, Timer::Unlink, Some(timer::AT_ONCE))?;
    Ok(())
}

/// Drops rows that nothing hangs below and whose history has ended.
fn erase(tx: &Tx<'_>, nodes: &[i64], are_files: bool) -> Result<(), Error> {
    let ids = json!(nodes).to_string();
    history::note_loss(tx)?;
    let these = "id IN (SELECT value FROM json_each(?1))";
    blobs::drop_all(tx, &format!("SELECT blob FROM node WHERE {these}"), &[(&ids).into()])?;
    tx.sql.query(&format!("DELETE FROM node WHERE {these}"), &[(&ids).into()])?;
    let count = i64::try_from(nodes.len()).unwrap_or(i64::MAX);
    tx.remove_entries(count);
    if are_files {
        tx.add_files(-count);
    }
    Ok(())
}
