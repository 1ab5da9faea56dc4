//! The contents that a file has had. A version is a run of states with one content: moving a file makes a state of it and
//! no version. It is named by the rev that began the run, as far back as it is kept.

use crate::call::{Error, ListVersions, RestoreVersion, Sought, Version, Versions, Written};
use crate::ids::Label;
use crate::sql::{Row, Sql, SqlError, first};

use super::blobs::Kept;
use super::conditions::{check, parse_hash};
use super::txn::{Change, Tx};
use super::{asof, media, tree, verbs};

/// How many states are read at once.
const STATES_AHEAD: i64 = 200;

/// One state of a file.
struct State {
    from_rev: i64,
    /// None for the state that it has now.
    to_rev: Option<i64>,
    blob: Option<i64>,
    size_bytes: u64,
    modified_ms: i64,
    /// Whether its content ended with it.
    ends_content: bool,
}

/// A page of a file's versions, newest first.
pub fn list(sql: &dyn Sql, call: &ListVersions) -> Result<Versions, Error> {
    let file = tree::get(sql, &call.path, Sought::File)?;
    if file.is_directory() {
        return Err(Error::NotFound { sought: Sought::File, path: call.path.clone() });
    }
    let now = State {
        from_rev: file.rev,
        to_rev: None,
        blob: file.blob,
        size_bytes: file.size_bytes,
        modified_ms: file.modified_ms,
        ends_content: false,
    };
    let mut runs: Vec<State> = if call.before.is_none() { vec![now] } else { Vec::new() };
    let mut before = call.before.unwrap_or(i64::from(u32::MAX) << 20);
    // One run more than asked for: it tells that something is left, and that the one before it is whole.
    'all: loop {
        let states = states(sql, file.id, before)?;
        let is_last = states.len() < usize::try_from(STATES_AHEAD).unwrap_or(usize::MAX);
        for state in states {
            before = state.to_rev.unwrap_or(before) - 1;
            match runs.last_mut() {
                Some(newer) if newer.from_rev == state.to_rev.unwrap_or(0) && !state.ends_content => {
                    newer.from_rev = state.from_rev;
                    newer.modified_ms = state.modified_ms;
                }
                _ => runs.push(state),
            }
            if runs.len() > call.limit {
                break 'all;
            }
        }
        if is_last {
            break;
        }
    }
    let next = if runs.len() > call.limit { runs.last().and_then(|run| run.to_rev) } else { None };
    runs.truncate(call.limit);
    let versions = runs.iter().map(|run| describe(sql, run)).collect::<Result<_, _>>()?;
    Ok(Versions { versions, next })
}

/// The states of a file that ended at a rev or before, newest first.
fn states(sql: &dyn Sql, file: i64, before: i64) -> Result<Vec<State>, Error> {
    const PAGE: &str = "SELECT from_rev, to_rev, blob, size, modified_ms, ends_content FROM past
        WHERE node = ?1 AND to_rev <= ?2 ORDER BY to_rev DESC LIMIT ?3";
    let rows = sql.query(PAGE, &[file.into(), before.into(), STATES_AHEAD.into()])?;
    let states = rows.iter().map(|row| {
        Ok(State {
            from_rev: row.int(0)?,
            to_rev: Some(row.int(1)?),
            blob: row.int_or_null(2)?,
            size_bytes: row.count(3)?,
            modified_ms: row.int(4)?,
            ends_content: row.int(5)? != 0,
        })
    });
    Ok(states.collect::<Result<_, SqlError>>()?)
}

fn describe(sql: &dyn Sql, run: &State) -> Result<Version, Error> {
    const ABOUT: &str = "SELECT (SELECT hex(hash) FROM blob WHERE id = ?2), actor, turn
        FROM (SELECT 1) LEFT JOIN change ON rev = ?1";
    let row = first(sql, ABOUT, &[run.from_rev.into(), run.blob.into()])?;
    let row = row.ok_or_else(|| SqlError("a row without a table".to_owned()))?;
    Ok(Version {
        rev: run.from_rev,
        size_bytes: run.size_bytes,
        hash: parse_hash(row.text_or_null(0)?.unwrap_or_default())?,
        modified_ms: run.modified_ms,
        actor: label(&row, 1)?,
        turn: label(&row, 2)?,
        is_kept: run.blob.is_some(),
        is_current: run.to_rev.is_none(),
    })
}

/// A label as it stands in a row.
pub fn label(row: &Row, column: usize) -> Result<Option<Label>, SqlError> {
    Ok(row.text_or_null(column)?.and_then(Label::parse))
}

/// Writes a file's earlier content anew.
pub fn restore(tx: &Tx<'_>, call: &RestoreVersion) -> Result<Written, Error> {
    if call.path.is_in_trash() {
        return Err(Error::InTrash { path: call.path.clone() });
    }
    let file = tree::get(tx.sql, &call.path, Sought::File)?;
    check(tx.sql, &call.only_if, &call.path, Some(&file))?;
    let version = asof::version(tx.sql, &call.path, call.version)?;
    let gone = || Error::VersionGone { path: call.path.clone(), rev: call.version };
    let Kept { blob, size_bytes } = version.content().ok_or_else(gone)?;
    let rev = tx.record(Change::Write, Some(file.id), &call.path, None)?;
    let kept = Kept { blob, size_bytes };
    verbs::replace(tx, &file, rev, kept)?;
    let media = media::capture(tx, call.path.name(), kept)?;
    Ok(Written { size_bytes, modified_ms: tx.now_ms, rev, media })
}
