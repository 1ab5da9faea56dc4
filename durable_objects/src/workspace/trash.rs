//! The trash: a directory beside the root, whose entries know where they were and when they go for good.
//!
//! Deleting moves a node there and nothing else, so a directory of any size is a constant number of rows, and the file
//! keeps its history through deletion and return.

use serde_json::json;

use crate::call::{Emptied, Error, Kind, ListTrash, Restore, Restored, Sought, TrashCursor, TrashListing, Trashed};
use crate::path::FilePath;
use crate::sql::{Param, Sql, first, only};

use super::timer::{self, Timer};
use super::tree::{self, Node, Target, kind};
use super::txn::{Change, Tx};
use super::{history, media, reclaim, schema};

/// How many nodes one statement takes: their ids stay far below the platform's 2 MB for a bound value.
const GIVE_UP_CHUNK: usize = 10_000;
/// How many expired entries one step drops.
const EXPIRE_BATCH: i64 = 500;

/// Puts an entry into the trash. Its name there cannot be taken: the time in it is later than any before.
pub fn put(tx: &Tx<'_>, node: &Node, path: &FilePath) -> Result<Trashed, Error> {
    put_as(tx, node, path, &format!("{}.{}", path.name(), tx.now_ms))
}

/// Puts an entry into the trash under a name that must be free there.
pub fn put_as(tx: &Tx<'_>, node: &Node, path: &FilePath, name: &str) -> Result<Trashed, Error> {
    let trash = FilePath::trash().child(name);
    let expires_ms = tx.now_ms + tx.limits.trash_ms;
    let rev = tx.record(Change::Trash, Some(node.id), path, None)?;
    history::close(tx, node, rev)?;
    tree::relocate(tx, node, schema::TRASH, trash.name(), rev)?;
    let insert = "INSERT INTO trash (node, original_path, deleted_ms, expires_ms) VALUES (?1, ?2, ?3, ?4)";
    tx.sql.query(insert, &[node.id.into(), path.as_str().into(), tx.now_ms.into(), expires_ms.into()])?;
    timer::arm(tx.sql, Timer::Expire, expires_ms)?;
    Ok(Trashed {
        original: path.clone(),
        path: trash,
        kind: node.kind,
        size_bytes: node.size_bytes,
        deleted_ms: tx.now_ms,
        expires_ms,
    })
}

/// What is in the trash, newest first.
pub fn list(sql: &dyn Sql, call: &ListTrash) -> Result<TrashListing, Error> {
    const PAGE: &str = "SELECT t.node, t.original_path, n.name, n.kind, n.size, t.deleted_ms, t.expires_ms
        FROM trash t CROSS JOIN node n ON n.id = t.node
        WHERE (t.deleted_ms, t.node) < (?1, ?2) ORDER BY t.deleted_ms DESC, t.node DESC LIMIT ?3";
    // Beyond every time and every rev that crosses exactly.
    const NEWEST: TrashCursor = TrashCursor { deleted_ms: 1 << 53, node: 1 << 53 };
    let after = call.after.unwrap_or(NEWEST);
    let more = i64::try_from(call.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = sql.query(PAGE, &[after.deleted_ms.into(), after.node.into(), more.into()])?;
    let is_cut = rows.len() > call.limit;
    rows.truncate(call.limit);
    let trash = FilePath::trash();
    let entries = rows.iter().map(|row| {
        Ok(Trashed {
            original: stored_path(row.text(1)?)?,
            path: trash.child(row.text(2)?),
            kind: kind(row.int(3)?),
            size_bytes: row.count(4)?,
            deleted_ms: row.int(5)?,
            expires_ms: row.int(6)?,
        })
    });
    let entries: Vec<Trashed> = entries.collect::<Result<_, Error>>()?;
    let last = rows.last().filter(|_| is_cut);
    let next =
        last.map(|row| Ok::<_, Error>(TrashCursor { deleted_ms: row.int(5)?, node: row.int(0)? })).transpose()?;
    Ok(TrashListing { entries, next })
}

/// Brings something back, to where it was or to another place.
pub fn restore(tx: &Tx<'_>, call: &Restore) -> Result<Restored, Error> {
    let not_there = || Error::NotFound { sought: Sought::Trashed, path: call.path.clone() };
    if !call.path.is_in_trash() || call.path.is_trash() {
        return Err(not_there());
    }
    let node = tree::find(tx.sql, &call.path)?.ok_or_else(not_there)?;
    let to = match &call.to {
        Some(to) => to.clone(),
        None => original(tx, &call.path)?.ok_or_else(not_there)?,
    };
    tree::check_depth(tx.sql, &node, &call.path, &to)?;
    let Target::Free { parent } = tree::target(tx, &to, true)? else {
        return Err(Error::AlreadyThere { path: to });
    };
    if let Some(content) = node.content() {
        media::capture(tx, to.name(), content)?;
    }
    let rev = tx.record(Change::Restore, Some(node.id), &to, Some(&call.path))?;
    history::close(tx, &node, rev)?;
    tree::relocate(tx, &node, parent, to.name(), rev)?;
    tx.sql.query("DELETE FROM trash WHERE node = ?1", &[node.id.into()])?;
    Ok(Restored { path: to })
}

/// Where something in the trash was: the place of the entry that was deleted, and from there the way to it.
fn original(tx: &Tx<'_>, path: &FilePath) -> Result<Option<FilePath>, Error> {
    let deleted = path.segments().take(2).fold(FilePath::root(), |path, name| path.child(name));
    let Some(node) = tree::find(tx.sql, &deleted)? else { return Ok(None) };
    let row = first(tx.sql, "SELECT original_path FROM trash WHERE node = ?1", &[node.id.into()])?;
    row.map(|row| Ok(stored_path(row.text(0)?)?.join_below(&deleted, path))).transpose()
}

/// Gives up everything in the trash.
pub fn empty(tx: &Tx<'_>) -> Result<Emptied, Error> {
    const BYTES: &str = "WITH RECURSIVE inside (id, kind, size) AS (
            SELECT id, kind, size FROM node WHERE parent = ?1
            UNION ALL
            SELECT n.id, n.kind, n.size FROM inside i CROSS JOIN node n INDEXED BY node_listing
             WHERE i.kind = ?2 AND n.parent = i.id)
        SELECT count(*), coalesce(sum(size), 0) FROM inside";
    let held = only(tx.sql, "SELECT count(*) FROM trash", &[])?.count(0)?;
    if held == 0 {
        return Ok(Emptied { count: 0, bytes: 0 });
    }
    let bytes = only(tx.sql, BYTES, &[schema::TRASH.into(), (Kind::Directory as i64).into()])?.count(1)?;
    give_up(tx, "SELECT node FROM trash WHERE node > ?1", 0.into())?;
    timer::settle(tx.sql, Timer::Expire, None)?;
    Ok(Emptied { count: held, bytes })
}

/// One step of expiry.
pub fn expire(tx: &Tx<'_>) -> Result<(), Error> {
    let expired = format!("SELECT node FROM trash WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT {EXPIRE_BATCH}");
    if first(tx.sql, "SELECT 1 FROM trash WHERE expires_ms <= ?1 LIMIT 1", &[tx.now_ms.into()])?.is_some() {
        give_up(tx, &expired, tx.now_ms.into())?;
    }
    let next_ms = only(tx.sql, "SELECT min(expires_ms) FROM trash", &[])?.int_or_null(0)?;
    timer::settle(tx.sql, Timer::Expire, next_ms)?;
    Ok(())
}

/// Unlinks the entries of the trash that `select` answers. The feed says so in one row: what had been deleted before was
/// out of everyone's sight already.
fn give_up(tx: &Tx<'_>, select: &str, param: Param<'_>) -> Result<(), Error> {
    let rows = tx.sql.query(select, &[param])?;
    let nodes: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let rev = tx.record(Change::Empty, Some(schema::TRASH), &FilePath::trash(), None)?;
    let these = "IN (SELECT value FROM json_each(?1))";
    for nodes in nodes.chunks(GIVE_UP_CHUNK) {
        let nodes = json!(nodes).to_string();
        history::end(tx, &nodes, rev)?;
        reclaim::detach(tx, &format!("id {these}"), (&nodes).into(), rev)?;
        tx.sql.query(&format!("DELETE FROM trash WHERE node {these}"), &[(&nodes).into()])?;
    }
    tree::entries_changed(tx, schema::TRASH, rev)?;
    timer::arm(tx.sql, Timer::Unlink, timer::AT_ONCE)?;
    Ok(())
}

/// A path as it stands in a row.
pub fn stored_path(text: &str) -> Result<FilePath, Error> {
    FilePath::try_from(text.to_owned())
        .map_err(|error| Error::Storage { message: format!("{text:?} in a row: {error}") })
}
