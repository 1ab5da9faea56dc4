//! What was: a row of `past` for each state that an entry had, and their end by retention.
//!
//! Three things keep a state: its age, its place among the newest of its file, and a checkpoint in its time. A checkpoint
//! outweighs all others, permanent deletion too.

use serde_json::json;

use crate::call::Error;
use crate::ids::Label;
use crate::limits::DAY_MS;
use crate::sql::{first, only};

use super::blobs;
use super::timer::{self, Timer};
use super::tree::Node;
use super::txn::Tx;

/// How many rows one step of pruning may drop: a transaction of well under a second.
const PRUNE_BATCH: i64 = 1000;

/// How many states behind the ones to keep are looked at in each write. One a write comes there, and those further behind
/// have been looked at before.
const CAP_WINDOW: i64 = 32;

/// Retention is looked at this often at the most, so that an hour of writes a month ago is one alarm and not thousands.
const PRUNE_INTERVAL_MS: i64 = DAY_MS / 24;

/// Whether a checkpoint lies in the time of a past row `p`. Such a row is kept whatever its age.
macro_rules! uncovered {
    () => {
        "NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= p.from_rev AND c.rev < p.to_rev)"
    };
}

/// Makes history of the states that nodes have now. What follows says of which; `?2` is the rev that ends them.
macro_rules! close_states {
    () => {
        "INSERT INTO past (node, from_rev, to_rev, parent, name, kind, mode, blob, size, mime, modified_ms)
         SELECT node.id, node.rev, ?2, node.parent, node.name, node.kind, node.mode, node.blob, node.size, node.mime,
            node.modified_ms"
    };
}

/// Ends the state that a node has had until now: it is history from `rev` on. The caller then changes the node's place
/// or content and sets its `rev`.
pub fn close(tx: &Tx<'_>, node: &Node, rev: i64) -> Result<(), Error> {
    let copy = concat!(close_states!(), " FROM node WHERE id = ?1");
    tx.sql.query(copy, &[node.id.into(), rev.into()])?;
    if node.blob.is_some() {
        cap(tx, node.id)?;
    }
    Ok(())
}

/// Gives up the content of a file's oldest states beyond the number to keep. It is done at each write and not by the alarm:
/// an agent that writes a log of 1 MB every second would fill the quota before any alarm came by. The states themselves
/// stay as long as any other, so that every tree within retention still lists the file. What the file was before the turn
/// that is writing now stays too, so that this turn can be taken back however often it writes.
fn cap(tx: &Tx<'_>, node: i64) -> Result<(), Error> {
    let oldest = concat!(
        "SELECT p.to_rev, p.blob FROM (SELECT * FROM past WHERE node = ?1 ORDER BY to_rev DESC LIMIT ?3 OFFSET ?2) p
            WHERE p.blob IS NOT NULL
              AND NOT (EXISTS (SELECT 1 FROM change d WHERE d.rev = p.to_rev AND d.turn = ?4)
                AND NOT EXISTS (SELECT 1 FROM change d WHERE d.rev = p.from_rev AND d.turn = ?4)) AND ",
        uncovered!()
    );
    let kept = i64::from(tx.limits.versions_per_file);
    let turn = tx.turn().map(Label::as_str);
    let rows = tx.sql.query(oldest, &[node.into(), kept.into(), CAP_WINDOW.into(), turn.into()])?;
    for row in rows {
        let give_up = "UPDATE past SET blob = NULL WHERE node = ?1 AND to_rev = ?2";
        tx.sql.query(give_up, &[node.into(), row.int(0)?.into()])?;
        blobs::drop_one(tx, row.int_or_null(1)?)?;
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
        tx.sql.query(close, &[nodes.into(), rev.into()])?;
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

/// Drops all that nodes were, whatever covers it: for what is derived, and can be derived again.
pub fn erase(tx: &Tx<'_>, nodes: &str) -> Result<(), Error> {
    let these = "FROM past WHERE node IN (SELECT value FROM json_each(?1))";
    blobs::drop_all(tx, &format!("SELECT blob {these}"), &[nodes.into()])?;
    tx.sql.query(&format!("DELETE {these}"), &[nodes.into()])?;
    Ok(())
}

/// One step of letting go of what was deleted for good, behind the one before: the states that no checkpoint has any more.
pub fn release(tx: &Tx<'_>) -> Result<(), Error> {
    let page = "SELECT node FROM held WHERE node > coalesce((SELECT v FROM meta WHERE k = 'released'), 0)
        ORDER BY node LIMIT ?1";
    let page = tx.sql.query(page, &[PRUNE_BATCH.into()])?;
    let nodes: Vec<i64> = page.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let Some(last) = nodes.last() else {
        tx.sql.query("DELETE FROM meta WHERE k = 'released'", &[])?;
        timer::settle(tx.sql, Timer::Release, None)?;
        return Ok(());
    };
    let ids = json!(nodes).to_string();
    forget(tx, &ids)?;
    let gone = "DELETE FROM held WHERE node IN (SELECT value FROM json_each(?1))
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.node = held.node)";
    tx.sql.query(gone, &[(&ids).into()])?;
    let mark = "INSERT INTO meta (k, v) VALUES ('released', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
    tx.sql.query(mark, &[(*last).into()])?;
    timer::settle(tx.sql, Timer::Release, Some(timer::AT_ONCE))?;
    Ok(())
}

/// Has everything looked at that a checkpoint may have kept alone: it is gone.
pub fn let_go(tx: &Tx<'_>) -> Result<(), Error> {
    tx.sql.query("DELETE FROM meta WHERE k = 'released'", &[])?;
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

/// One step of retention: what ended before the horizon goes, in past and feed alike.
pub fn prune(tx: &Tx<'_>) -> Result<(), Error> {
    let horizon = horizon_rev(tx)?;
    let expired = concat!(
        "SELECT p.node, p.to_rev FROM past p WHERE p.to_rev <= ?1 AND ",
        uncovered!(),
        " ORDER BY p.to_rev, p.node LIMIT ?2"
    );
    let bounds = [horizon.into(), PRUNE_BATCH.into()];
    let dropped_blobs = format!("SELECT blob FROM past WHERE (node, to_rev) IN ({expired})");
    blobs::drop_all(tx, &dropped_blobs, &bounds)?;
    let past = format!("DELETE FROM past WHERE (node, to_rev) IN ({expired}) RETURNING 1");
    let past = tx.sql.query(&past, &bounds)?.len();
    if past > 0 {
        begin_at(tx, horizon)?;
    }
    // The newest transaction stays: the clock of the workspace hangs on it, and no page of the feed has half of one.
    let feed = "DELETE FROM change WHERE rev IN (
        SELECT rev FROM change WHERE rev <= ?1 AND rev < (SELECT txn FROM change ORDER BY rev DESC LIMIT 1)
         ORDER BY rev LIMIT ?2) RETURNING 1";
    let feed = tx.sql.query(feed, &bounds)?.len();
    let full = usize::try_from(PRUNE_BATCH).unwrap_or(usize::MAX);
    let due_ms = if past == full || feed == full { Some(timer::AT_ONCE) } else { next_prune_ms(tx, horizon)? };
    timer::settle(tx.sql, Timer::Prune, due_ms)?;
    Ok(())
}

/// The last rev beyond retention, which is the end of a transaction: by age, and by the feed's length.
fn horizon_rev(tx: &Tx<'_>) -> Result<i64, Error> {
    let by_age = "SELECT rev FROM change WHERE at_ms <= ?1 ORDER BY at_ms DESC, rev DESC LIMIT 1";
    let by_age = first(tx.sql, by_age, &[(tx.now_ms - tx.limits.versions_ms).into()])?;
    let by_age = by_age.map(|row| row.int(0)).transpose()?.unwrap_or(0);
    let by_length = "SELECT txn - 1 FROM change WHERE rev > ?1 ORDER BY rev LIMIT 1";
    let by_length = first(tx.sql, by_length, &[(tx.rev() - i64::from(tx.limits.feed_rows.max(1))).into()])?;
    let by_length = by_length.map(|row| row.int(0)).transpose()?.unwrap_or(0);
    Ok(by_age.max(by_length))
}

/// When the oldest change within the horizon will be beyond it: the newest one too, since what it replaced goes then.
fn next_prune_ms(tx: &Tx<'_>, horizon: i64) -> Result<Option<i64>, Error> {
    let oldest = "SELECT at_ms FROM change WHERE rev > ?1 ORDER BY rev LIMIT 1";
    let oldest = first(tx.sql, oldest, &[horizon.into()])?.map(|row| row.int(0)).transpose()?;
    Ok(oldest.map(|at_ms| (at_ms + tx.limits.versions_ms).max(tx.now_ms + PRUNE_INTERVAL_MS)))
}
