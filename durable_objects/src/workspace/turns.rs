//! The turns: which there are, what each did as the feed knows it, and whether that is all of it.

use crate::call::{Changed, Error, ListTurns, ShowTurn, Turn, TurnChanges, Turns};
use crate::ids::Label;
use crate::path::FilePath;
use crate::sql::{Row, Sql, SqlError, first};

use super::trash::stored_path;
use super::txn::Tx;
use super::versions::label;

/// How many rows of the feed are read at once: with the longest paths, 2 MB.
const ROWS_AHEAD: usize = 256;

/// The most bytes of paths that one answer carries: it is in memory several times, as text and as values, on both sides.
const SHOWN_MAX_BYTES: usize = 4 * 1024 * 1024;

/// A page of turns, that of the newest change first. It reads two rows or three for each turn of the page, which ends at the
/// limit, or where its paths have become more bytes than one answer should carry.
pub fn list(sql: &dyn Sql, call: &ListTurns) -> Result<Turns, Error> {
    const PAGE: &str = "SELECT change.node, first_rev, kind, path, from_path, change.actor, at_ms,
            last_rev, turn.turn, turn.actor, changes, first_ms, last_ms, undoes, is_undone
        FROM turn LEFT JOIN change ON change.rev = first_rev WHERE last_rev < ?1 ORDER BY last_rev DESC LIMIT ?2";
    const NEWEST: i64 = 1 << 53;
    let (mut turns, mut held_bytes, mut before) = (Vec::new(), 0, call.before.unwrap_or(NEWEST));
    loop {
        let ahead = ROWS_AHEAD.min(call.limit - turns.len() + 1);
        let rows = sql.query(PAGE, &[before.into(), i64::try_from(ahead).unwrap_or(i64::MAX).into()])?;
        for row in &rows {
            if turns.len() == call.limit || held_bytes > SHOWN_MAX_BYTES {
                return Ok(Turns { turns, next: Some(before) });
            }
            before = row.int(7)?;
            // The feed may have lost it.
            let first = if row.text_or_null(2)?.is_some() { Some(changed(row)?) } else { None };
            held_bytes += first.as_ref().map_or(0, Changed::path_bytes);
            turns.push(Turn {
                turn: label(row, 8)?.ok_or_else(|| SqlError("a turn without a name".to_owned()))?,
                actor: label(row, 9)?,
                changes: row.count(10)?,
                first_ms: row.int(11)?,
                last_ms: row.int(12)?,
                first,
                undoes: label(row, 13)?,
                is_undone: row.int(14)? != 0,
            });
        }
        if rows.len() < ahead {
            return Ok(Turns { turns, next: None });
        }
    }
}

/// Notes that a turn has been taken back. If it was an undo, what that took back is done again, and so on.
pub fn note_undone(tx: &Tx<'_>, turn: &Label) -> Result<(), Error> {
    // Whoever gives a turn of theirs to an undo can make a circle of them.
    const STEPS_MAX: i64 = 1000;
    const NOTE: &str = "WITH RECURSIVE chain (turn, step) AS (
            SELECT ?1, 0
            UNION ALL
            SELECT turn.undoes, step + 1 FROM chain CROSS JOIN turn ON turn.turn = chain.turn
             WHERE turn.undoes IS NOT NULL AND step < ?2)
        UPDATE turn SET is_undone = step % 2 = 0 FROM (SELECT turn, min(step) AS step FROM chain GROUP BY turn) chain
         WHERE turn.turn = chain.turn";
    tx.sql.query(NOTE, &[turn.as_str().into(), STEPS_MAX.into()])?;
    Ok(())
}

/// Fails unless something is known of a turn. Answers its first rev.
fn first_rev(sql: &dyn Sql, turn: &Label) -> Result<i64, Error> {
    let known = first(sql, "SELECT first_rev FROM turn WHERE turn = ?1", &[turn.as_str().into()])?;
    known.ok_or_else(|| Error::NoTurn { turn: turn.as_str().to_owned() })?.int(0).map_err(Error::from)
}

/// Fails unless all that a turn has done is still known: its first change is in the feed, and what it ended in the history.
/// Of half a turn, the other half would be taken for what was there before.
pub fn check_whole(sql: &dyn Sql, turn: &Label) -> Result<(), Error> {
    // A reset ends the history itself, at its own rev.
    const KEPT: &str = "SELECT 1 FROM change WHERE rev = ?1
        AND (kind = 'reset' OR rev > coalesce((SELECT v FROM meta WHERE k = 'floor'), 0))";
    let kept = first(sql, KEPT, &[first_rev(sql, turn)?.into()])?;
    kept.map(|_| ()).ok_or_else(|| Error::TurnGone { turn: turn.as_str().to_owned() })
}

/// A page of what a turn has changed, as far as the feed has it, oldest first. It ends at the limit, or where its paths have
/// become more bytes than one answer should carry.
pub fn show(sql: &dyn Sql, call: &ShowTurn) -> Result<TurnChanges, Error> {
    first_rev(sql, &call.turn)?;
    let (mut changes, mut held_bytes, mut after) = (Vec::new(), 0, call.after.unwrap_or(0));
    loop {
        let rows = of_turn(sql, &call.turn, after, i64::try_from(ROWS_AHEAD).unwrap_or(i64::MAX))?;
        let is_last = rows.len() < ROWS_AHEAD;
        for (_, changed) in rows {
            if changes.len() == call.limit || held_bytes > SHOWN_MAX_BYTES {
                return Ok(TurnChanges { changes, next: Some(after) });
            }
            after = changed.rev;
            held_bytes += changed.path_bytes();
            changes.push(changed);
        }
        if is_last {
            return Ok(TurnChanges { changes, next: None });
        }
    }
}

/// The rows of the feed of one turn behind a rev, each with its node.
pub fn of_turn(sql: &dyn Sql, turn: &Label, after: i64, limit: i64) -> Result<Vec<(i64, Changed)>, Error> {
    const PAGE: &str = "SELECT node, rev, kind, path, from_path, actor, at_ms FROM change
        WHERE turn = ?1 AND rev > ?2 ORDER BY rev LIMIT ?3";
    let rows = sql.query(PAGE, &[turn.as_str().into(), after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.int(0)?, changed(row)?))).collect()
}

/// Where a change found an entry, or where it made it; of what came out of the trash, where it came to.
pub fn path_at(sql: &dyn Sql, rev: i64) -> Result<FilePath, Error> {
    const PATH: &str = "SELECT path, iif(kind = 'copy', NULL, from_path) FROM change WHERE rev = ?1";
    let Some(row) = first(sql, PATH, &[rev.into()])? else { return Ok(FilePath::root()) };
    let from = row.text_or_null(1)?.map(stored_path).transpose()?;
    Ok(match from.filter(|from| !from.is_in_trash()) {
        Some(from) => from,
        None => stored_path(row.text(0)?)?,
    })
}

fn changed(row: &Row) -> Result<Changed, Error> {
    let from: Option<FilePath> = row.text_or_null(4)?.map(stored_path).transpose()?;
    Ok(Changed {
        rev: row.int(1)?,
        kind: row.text(2)?.to_owned(),
        path: stored_path(row.text(3)?)?,
        from,
        actor: label(row, 5)?,
        at_ms: row.int(6)?,
    })
}
