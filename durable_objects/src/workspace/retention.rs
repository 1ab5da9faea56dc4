//! Retention: history, feed and turns end by age, and the feed by its length too.
//!
//! The feed is as long as it is for those who follow it; that many rows can be one afternoon of copying. So its length takes
//! nothing from the history: what ended under a rev that the feed has lost stays until it is old enough.

use crate::call::Error;
use crate::limits::DAY_MS;
use crate::sql::{first, only};

use super::history::{PRUNE_BATCH, begin_at, note_loss, uncovered};
use super::timer::{self, Timer};
use super::txn::Tx;
use super::{blobs, planted};

/// Retention is looked at this often at the most, so that an hour of writes a month ago is one alarm and not thousands.
const PRUNE_INTERVAL_MS: i64 = DAY_MS / 24;

/// One step of retention: what ended too long ago goes, in past and feed alike, and of the feed what it is too long for.
pub fn prune(tx: &Tx<'_>) -> Result<(), Error> {
    let aged_rev = aged_rev(tx)?;
    let full = usize::try_from(PRUNE_BATCH).unwrap_or(usize::MAX);
    // In this order: what says how old something is goes after it.
    let is_cut = prune_past(tx, aged_rev)? == full || prune_times(tx, aged_rev)? == full;
    let due_ms = if is_cut { Some(timer::AT_ONCE) } else { next_prune_ms(tx, aged_rev)? };
    timer::settle(tx.sql, Timer::Prune, due_ms)?;
    planted::forget_gone(tx)
}

/// Drops states that ended at a rev or before, and answers how many.
fn prune_past(tx: &Tx<'_>, aged_rev: i64) -> Result<usize, Error> {
    let expired = concat!(
        "SELECT p.node, p.to_rev FROM past p WHERE p.to_rev <= ?1 AND ",
        uncovered!(),
        " ORDER BY p.to_rev, p.node LIMIT ?2"
    );
    let bounds = [aged_rev.into(), PRUNE_BATCH.into()];
    let dropped_blobs = format!("SELECT blob FROM past WHERE (node, to_rev) IN ({expired})");
    blobs::drop_all(tx, &dropped_blobs, &bounds)?;
    let past = format!("DELETE FROM past WHERE (node, to_rev) IN ({expired}) RETURNING 1");
    let past = tx.sql.query(&past, &bounds)?.len();
    if past > 0 {
        begin_at(tx, aged_rev)?;
        note_loss(tx)?;
    }
    Ok(past)
}

/// Drops what tells of revs that are too old, or that the feed is too long for, and answers how many rows of it.
fn prune_times(tx: &Tx<'_>, aged_rev: i64) -> Result<usize, Error> {
    tx.sql.query("DELETE FROM passed WHERE rev <= ?1", &[aged_rev.into()])?;
    let changes = prune_feed(tx, aged_rev)?;
    Ok(changes.max(prune_turns(tx, aged_rev)?))
}

/// Drops rows of the feed that are too old or too many, and answers how many. When those were made that are not too old
/// stays known, to the hour: what the history has from then has its own time to stay.
fn prune_feed(tx: &Tx<'_>, aged_rev: i64) -> Result<usize, Error> {
    // The newest transaction stays: the clock of the workspace hangs on it, and no page of the feed has half of one.
    const THESE: &str = "SELECT rev, at_ms FROM change
        WHERE rev <= ?1 AND rev < (SELECT txn FROM change ORDER BY rev DESC LIMIT 1) ORDER BY rev LIMIT ?2";
    let last_rev = aged_rev.max(surplus_rev(tx)?);
    if last_rev > aged_rev {
        let note = format!(
            "INSERT INTO passed (hour, rev, at_ms)
             SELECT at_ms / ?3, max(rev), at_ms FROM ({THESE}) WHERE rev > ?4 GROUP BY at_ms / ?3
             ON CONFLICT (hour) DO UPDATE SET rev = excluded.rev, at_ms = excluded.at_ms"
        );
        let bounds = [last_rev.into(), PRUNE_BATCH.into(), PRUNE_INTERVAL_MS.into(), aged_rev.into()];
        tx.sql.query(&note, &bounds)?;
    }
    let prune = format!("DELETE FROM change WHERE rev IN (SELECT rev FROM ({THESE})) RETURNING 1");
    Ok(tx.sql.query(&prune, &[last_rev.into(), PRUNE_BATCH.into()])?.len())
}

/// Forgets turns whose last change was at a rev or before, and answers how many.
fn prune_turns(tx: &Tx<'_>, aged_rev: i64) -> Result<usize, Error> {
    let prune = "DELETE FROM turn WHERE turn IN (SELECT turn FROM turn t INDEXED BY turn_last WHERE last_rev <= ?1
            AND NOT EXISTS (SELECT 1 FROM change WHERE change.turn = t.turn) ORDER BY last_rev LIMIT ?2) RETURNING 1";
    Ok(tx.sql.query(prune, &[aged_rev.into(), PRUNE_BATCH.into()])?.len())
}

/// The last rev that is too old.
fn aged_rev(tx: &Tx<'_>) -> Result<i64, Error> {
    let aged = "SELECT coalesce((SELECT rev FROM change WHERE at_ms <= ?1 ORDER BY at_ms DESC, rev DESC LIMIT 1),
        (SELECT max(rev) FROM passed WHERE at_ms <= ?1), 0)";
    Ok(only(tx.sql, aged, &[(tx.now_ms - tx.limits.versions_ms).into()])?.int(0)?)
}

/// The last rev that the feed is too long for, which is the end of a transaction.
fn surplus_rev(tx: &Tx<'_>) -> Result<i64, Error> {
    let surplus = "SELECT txn - 1 FROM change WHERE rev > ?1 ORDER BY rev LIMIT 1";
    let surplus = first(tx.sql, surplus, &[(tx.rev() - i64::from(tx.limits.feed_rows.max(1))).into()])?;
    Ok(surplus.map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

/// When the oldest change that is not too old yet will be: the newest one too, since what it replaced goes then.
fn next_prune_ms(tx: &Tx<'_>, aged_rev: i64) -> Result<Option<i64>, Error> {
    let oldest = "SELECT coalesce((SELECT min(at_ms) FROM passed WHERE rev > ?1),
        (SELECT at_ms FROM change WHERE rev > ?1 ORDER BY rev LIMIT 1))";
    let oldest = only(tx.sql, oldest, &[aged_rev.into()])?.int_or_null(0)?;
    Ok(oldest.map(|at_ms| (at_ms + tx.limits.versions_ms).max(tx.now_ms + PRUNE_INTERVAL_MS)))
}
