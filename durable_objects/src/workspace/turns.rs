//! What each turn did, as the feed knows it.

use crate::call::{Changed, Error, ListTurns, ShowTurn, Turn, TurnChanges, Turns};
use crate::ids::Label;
use crate::path::FilePath;
use crate::sql::{Row, Sql, SqlError, first};

use super::trash::stored_path;
use super::versions::label;

/// How many rows of the feed one page of turns looks at: others' changes may lie between those of two turns.
const FEED_AHEAD: i64 = 10_000;

/// A page of turns, that of the newest change first. A turn stands where its last change does.
pub fn list(sql: &dyn Sql, call: &ListTurns) -> Result<Turns, Error> {
    // The last row of what was looked at says where the next page begins.
    const PAGE: &str = "SELECT rev, turn, actor, at_ms,
            (SELECT count(*) FROM change d WHERE d.turn = c.turn),
            (SELECT at_ms FROM change d WHERE d.turn = c.turn ORDER BY rev LIMIT 1)
        FROM (SELECT rev, turn, actor, at_ms FROM change WHERE rev < ?1 ORDER BY rev DESC LIMIT ?3) c
        WHERE turn IS NOT NULL AND NOT EXISTS (SELECT 1 FROM change d WHERE d.turn = c.turn AND d.rev > c.rev)
        ORDER BY rev DESC LIMIT ?2";
    const SEEN: &str = "SELECT rev FROM change WHERE rev < ?1 ORDER BY rev DESC LIMIT 1 OFFSET ?2";
    const NEWEST: i64 = 1 << 53;
    let before = call.before.unwrap_or(NEWEST);
    let more = i64::try_from(call.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = sql.query(PAGE, &[before.into(), more.into(), FEED_AHEAD.into()])?;
    let is_cut = rows.len() > call.limit;
    rows.truncate(call.limit);
    let next = match rows.last() {
        Some(row) if is_cut => Some(row.int(0)?),
        _ => {
            let left = sql.query(SEEN, &[before.into(), FEED_AHEAD.into()])?;
            left.first().map(|row| row.int(0)).transpose()?.map(|rev| rev + 1)
        }
    };
    let turns = rows.iter().map(|row| {
        Ok(Turn {
            turn: label(row, 1)?.ok_or_else(|| SqlError("a turn without a name".to_owned()))?,
            actor: label(row, 2)?,
            changes: row.count(4)?,
            first_ms: row.int(5)?,
            last_ms: row.int(3)?,
        })
    });
    Ok(Turns { turns: turns.collect::<Result<_, SqlError>>()?, next })
}

/// A page of what a turn has changed, oldest first.
pub fn show(sql: &dyn Sql, call: &ShowTurn) -> Result<TurnChanges, Error> {
    let more = i64::try_from(call.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut changes = of_turn(sql, &call.turn, call.after.unwrap_or(0), more)?;
    if changes.is_empty() && call.after.is_none() {
        return Err(Error::NoTurn { turn: call.turn.as_str().to_owned() });
    }
    let is_cut = changes.len() > call.limit;
    changes.truncate(call.limit);
    let next = changes.last().filter(|_| is_cut).map(|(_, changed)| changed.rev);
    Ok(TurnChanges { changes: changes.into_iter().map(|(_, changed)| changed).collect(), next })
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
