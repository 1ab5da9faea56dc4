//! What was: a row of `past` for each state that an entry had, and their end by retention.

use crate::call::Error;
use crate::limits::DAY_MS;
use crate::sql::first;

use super::blobs;
use super::timer::{self, Timer};
use super::tree::Node;
use super::txn::Tx;

/// How many rows one step of pruning may drop: a transaction of well under a second.
const PRUNE_BATCH: i64 = 1000;

/// Retention is looked at this often at the most, so that an hour of writes a month ago is one alarm and not thousands.
const PRUNE_INTERVAL_MS: i64 = DAY_MS / 24;

/// Whether a checkpoint lies in the time of a past row `p`. Such a row is kept whatever its age.
macro_rules! uncovered {
    () => {
        "NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= p.from_rev AND c.rev < p.to_rev)"
    };
}

/// Ends the state that a node has had until now: it is history from `rev` on. The caller then changes the node's place
/// or content and sets its `rev`.
pub fn close(tx: &Tx<'_>, node: &Node, rev: i64) -> Result<(), Error> {
    let copy = "INSERT INTO past (node, from_rev, to_rev, parent, name, kind, mode, blob, size, mime, modified_ms)
        SELECT id, rev, ?2, parent, name, kind, mode, blob, size, mime, modified_ms FROM node WHERE id = ?1";
    tx.sql.query(copy, &[node.id.into(), rev.into()])?;
    if node.blob.is_some() {
        cap(tx, node.id)?;
    }
    Ok(())
}

/// Drops the oldest states of a file beyond the number to keep. It is done at each write and not by the alarm: an agent
/// that writes a log of 1 MB every second would fill the quota before any alarm came by.
fn cap(tx: &Tx<'_>, node: i64) -> Result<(), Error> {
    let oldest = concat!(
        "SELECT p.node, p.to_rev, p.blob FROM (SELECT * FROM past WHERE node = ?1 ORDER BY to_rev DESC LIMIT -1 OFFSET ?2) p
            WHERE ",
        uncovered!()
    );
    let rows = tx.sql.query(oldest, &[node.into(), i64::from(tx.limits.versions_per_file).into()])?;
    for row in rows {
        tx.sql.query("DELETE FROM past WHERE node = ?1 AND to_rev = ?2", &[row.int(0)?.into(), row.int(1)?.into()])?;
        blobs::drop_one(tx, row.int_or_null(2)?)?;
    }
    Ok(())
}

/// Forgets what a node was, as when it is deleted for good.
pub fn forget(tx: &Tx<'_>, nodes: &str) -> Result<(), Error> {
    blobs::drop_all(tx, "SELECT blob FROM past WHERE node IN (SELECT value FROM json_each(?1))", &[nodes.into()])?;
    tx.sql.query("DELETE FROM past WHERE node IN (SELECT value FROM json_each(?1))", &[nodes.into()])?;
    Ok(())
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
