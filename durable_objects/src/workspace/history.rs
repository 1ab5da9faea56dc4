//! What was: a row of `past` for each state that an entry had, and when it may go.
//!
//! Three things keep a state: its age, its place among the newest of its file, and a checkpoint in its time. A checkpoint
//! outweighs all others, permanent deletion too. How long the feed is does not matter to it.

use serde_json::json;

use crate::call::Error;
use crate::sql::{Sql, first, only};

use super::timer::{self, Timer};
use super::tree::Node;
use super::txn::Tx;
use super::{blobs, planted};

/// How many rows one step of the alarm may drop: a transaction of well under a second.
pub const PRUNE_BATCH: i64 = 1000;

/// How many versions behind the ones to keep are looked at in each write. One a write comes there and is given up at once,
/// unless something keeps it: then it is looked at again, until that many others are kept in front of it.
const CAP_WINDOW: i64 = 32;

/// How many files one step looks at for versions that only a checkpoint has kept.
const CAP_BATCH: i64 = 100;

/// Whether a checkpoint lies in the time of a past row `p`. Such a row is kept whatever its age.
macro_rules! uncovered {
    () => {
        "NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= p.from_rev AND c.rev < p.to_rev)"
    };
}
pub(super) use uncovered;

/// Makes history of the states that nodes have now. What follows says of which; `?2` is the rev that ends them, `?3` whether
/// their content ends there too.
macro_rules! close_states {
    () => {
        "INSERT INTO past (node, from_rev, to_rev, parent, name, kind, mode, blob, size, mime, modified_ms, ends_content)
         SELECT node.id, node.rev, ?2, node.parent, node.name, node.kind, node.mode, node.blob, node.size, node.mime,
            node.modified_ms, ?3"
    };
}

/// Ends the state that a node has had until now, since it goes elsewhere: it is history from `rev` on. The caller then
/// changes the node's place and sets its `rev`.
pub fn close(tx: &Tx<'_>, node: &Node, rev: i64) -> Result<(), Error> {
    close_state(tx, node, rev, false)
}

/// Ends the state that a file has had until now, since it gets other content: that is a version from `rev` on. The caller
/// then sets both.
pub fn close_version(tx: &Tx<'_>, file: &Node, rev: i64) -> Result<(), Error> {
    close_state(tx, file, rev, true)?;
    cap(tx, file.id, CAP_WINDOW)
}

fn close_state(tx: &Tx<'_>, node: &Node, rev: i64, ends_content: bool) -> Result<(), Error> {
    let copy = concat!(close_states!(), " FROM node WHERE id = ?1");
    tx.sql.query(copy, &[node.id.into(), rev.into(), i64::from(ends_content).into()])?;
    Ok(())
}

/// Gives up a file's oldest versions beyond the number to keep. It is done at each write and not by the alarm: an agent
/// that writes a log of 1 MB every second would fill the quota before any alarm came by. A version goes whole, with all the
/// states that had its content, and only its content goes: the states stay as long as any other, so that every tree within
/// retention still lists the file. What the file was before the turn that wrote it last stays too, so that this turn can be
/// taken back however often it writes.
fn cap(tx: &Tx<'_>, file: i64, window: i64) -> Result<(), Error> {
    const EXCESS: &str = concat!(
        "WITH excess AS (SELECT node, to_rev, blob, coalesce((SELECT older.to_rev FROM past older
                WHERE older.node = newest.node AND older.to_rev < newest.to_rev AND older.ends_content = 1
                ORDER BY older.to_rev DESC LIMIT 1), 0) AS after_rev
             FROM (SELECT node, to_rev, blob FROM past INDEXED BY past_content
                WHERE node = ?1 AND ends_content = 1 AND blob IS NOT NULL ORDER BY to_rev DESC LIMIT ?3 OFFSET ?2) newest),
        last (turn) AS MATERIALIZED (SELECT turn FROM change WHERE rev = (
            SELECT max(to_rev) FROM past INDEXED BY past_content WHERE node = ?1 AND ends_content = 1 AND blob IS NOT NULL))
        SELECT after_rev, to_rev, blob FROM excess WHERE NOT EXISTS (SELECT 1 FROM past p
            WHERE p.node = excess.node AND p.to_rev > excess.after_rev AND p.to_rev <= excess.to_rev AND (NOT ",
        uncovered!(),
        " OR EXISTS (SELECT 1 FROM last JOIN change ended ON ended.rev = p.to_rev AND ended.turn = last.turn
                LEFT JOIN change began ON began.rev = p.from_rev WHERE began.turn IS NOT last.turn)))"
    );
    let kept = i64::from(tx.limits.versions_per_file);
    for row in tx.sql.query(EXCESS, &[file.into(), kept.into(), window.into()])? {
        let give_up = "UPDATE past SET blob = NULL WHERE node = ?1 AND to_rev > ?2 AND to_rev <= ?3";
        tx.sql.query(give_up, &[file.into(), row.int(0)?.into(), row.int(1)?.into()])?;
        blobs::drop_one(tx, row.int_or_null(2)?)?;
    }
    Ok(())
}

/// Ends the history of nodes, a JSON array of ids, that are deleted for good at `rev`. What a checkpoint covers stays, the
/// state that they have now included, and is noted, so that it goes with the last checkpoint that has it.
pub fn end(tx: &Tx<'_>, nodes: &str, rev: i64) -> Result<(), Error> {
    let is_covered = first(tx.sql, "SELECT 1 FROM checkpoint LIMIT 1", &[])?.is_some();
    if is_covered {
        let close = concat!(
            close_states!(),
            " FROM json_each(?1) CROSS JOIN node ON node.id = value
               WHERE EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= node.rev AND c.rev < ?2)"
        );
        tx.sql.query(close, &[nodes.into(), rev.into(), 0.into()])?;
    }
    forget(tx, nodes)?;
    if is_covered {
        let note = "INSERT OR IGNORE INTO held (node)
            SELECT value FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM past WHERE past.node = value)";
        tx.sql.query(note, &[nodes.into()])?;
    }
    Ok(())
}

/// Drops what nodes were, but for what a checkpoint covers.
fn forget(tx: &Tx<'_>, nodes: &str) -> Result<(), Error> {
    let gone = concat!("FROM past AS p WHERE p.node IN (SELECT value FROM json_each(?1)) AND ", uncovered!());
    blobs::drop_all(tx, &format!("SELECT p.blob {gone}"), &[nodes.into()])?;
    tx.sql.query(&format!("DELETE {gone}"), &[nodes.into()])?;
    Ok(())
}

/// Whether a node may have been at another path with the content that it has: it was moved, or something above it.
pub fn was_elsewhere(sql: &dyn Sql, node: i64) -> Result<bool, Error> {
    const MOVED: &str = "WITH RECURSIVE above (parent, rev) AS (
            SELECT parent, rev FROM node WHERE id = ?1
            UNION ALL SELECT node.parent, node.rev FROM above CROSS JOIN node ON node.id = above.parent)
        SELECT 1 FROM node WHERE id = ?1 AND (EXISTS (SELECT 1 FROM above WHERE above.rev > node.rev)
            OR EXISTS (SELECT 1 FROM past WHERE past.node = node.id AND to_rev = node.rev AND ends_content = 0))";
    Ok(first(sql, MOVED, &[node.into()])?.is_some())
}

/// Drops all that nodes were, whatever covers it: for what is derived, and can be derived again.
pub fn erase(tx: &Tx<'_>, nodes: &str) -> Result<(), Error> {
    let these = "FROM past WHERE node IN (SELECT value FROM json_each(?1))";
    blobs::drop_all(tx, &format!("SELECT blob {these}"), &[nodes.into()])?;
    tx.sql.query(&format!("DELETE {these}"), &[nodes.into()])?;
    note_loss(tx)
}

/// One step of letting go of what only a checkpoint has kept, behind the one before: first the states of what was deleted
/// for good, then the versions of files beyond the number to keep.
pub fn release(tx: &Tx<'_>) -> Result<(), Error> {
    let page = "SELECT node FROM held WHERE node > coalesce((SELECT v FROM meta WHERE k = 'released'), 0)
        ORDER BY node LIMIT ?1";
    let page = tx.sql.query(page, &[PRUNE_BATCH.into()])?;
    let nodes: Vec<i64> = page.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let Some(last) = nodes.last() else { return cap_more(tx) };
    let ids = json!(nodes).to_string();
    forget(tx, &ids)?;
    let gone = "DELETE FROM held WHERE node IN (SELECT value FROM json_each(?1))
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.node = held.node)";
    tx.sql.query(gone, &[(&ids).into()])?;
    note_loss(tx)?;
    let mark = "INSERT INTO meta (k, v) VALUES ('released', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
    tx.sql.query(mark, &[(*last).into()])?;
    timer::settle(tx.sql, Timer::Release, Some(timer::AT_ONCE))?;
    Ok(())
}

/// One step of giving up versions of files that have more than there should be.
fn cap_more(tx: &Tx<'_>) -> Result<(), Error> {
    let page = "SELECT node FROM past INDEXED BY past_content WHERE ends_content = 1 AND blob IS NOT NULL
            AND node > coalesce((SELECT v FROM meta WHERE k = 'capped'), 0)
        GROUP BY node HAVING count(*) > ?1 ORDER BY node LIMIT ?2";
    let page = tx.sql.query(page, &[i64::from(tx.limits.versions_per_file).into(), CAP_BATCH.into()])?;
    for row in &page {
        cap(tx, row.int(0)?, PRUNE_BATCH)?;
    }
    let due_ms = if let Some(last) = page.last() {
        let mark = "INSERT INTO meta (k, v) VALUES ('capped', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
        tx.sql.query(mark, &[last.int(0)?.into()])?;
        Some(timer::AT_ONCE)
    } else {
        tx.sql.query("DELETE FROM meta WHERE k IN ('released', 'capped')", &[])?;
        planted::forget_gone(tx)?;
        None
    };
    timer::settle(tx.sql, Timer::Release, due_ms)?;
    Ok(())
}

/// Says that trees of the past are listed otherwise than before: something is missing, or has another size. No rev tells.
pub fn note_loss(tx: &Tx<'_>) -> Result<(), Error> {
    let count = "INSERT INTO meta (k, v) VALUES ('losses', 1) ON CONFLICT (k) DO UPDATE SET v = v + 1";
    tx.sql.query(count, &[])?;
    Ok(())
}

/// Has everything looked at that a checkpoint may have kept alone: it is gone.
pub fn let_go(tx: &Tx<'_>) -> Result<(), Error> {
    tx.sql.query("DELETE FROM meta WHERE k IN ('released', 'capped')", &[])?;
    timer::arm(tx.sql, Timer::Release, timer::AT_ONCE)?;
    timer::arm(tx.sql, Timer::Prune, timer::AT_ONCE)?;
    Ok(())
}

/// Says that nothing before a rev is known any more.
pub fn begin_at(tx: &Tx<'_>, rev: i64) -> Result<(), Error> {
    let raise = "INSERT INTO meta (k, v) VALUES ('floor', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v
        WHERE v < excluded.v";
    tx.sql.query(raise, &[rev.into()])?;
    Ok(())
}

/// Fails unless the tree as of a rev is still complete: within retention, or that of a checkpoint.
pub fn check_kept(sql: &dyn crate::sql::Sql, rev: i64) -> Result<(), Error> {
    let known = "SELECT (SELECT v FROM meta WHERE k = 'rev'), coalesce((SELECT v FROM meta WHERE k = 'floor'), 1),
        EXISTS (SELECT 1 FROM checkpoint WHERE rev = ?1)";
    let row = only(sql, known, &[rev.into()])?;
    let (last, floor, is_checkpoint) = (row.int(0)?, row.int(1)?, row.int(2)? != 0);
    if rev > last {
        return Err(Error::UnknownRev { rev });
    }
    if rev < floor && !is_checkpoint { Err(Error::RevGone { rev }) } else { Ok(()) }
}
