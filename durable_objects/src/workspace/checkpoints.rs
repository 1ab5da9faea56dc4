//! Checkpoints: names for the tree as it was. A checkpoint is a row that keeps a rev, and takes that rev for itself, so it
//! costs the same whatever there is; that nothing of it is lost is the business of everything that lets go of history.

use std::collections::HashSet;

use crate::call::{
    Checkpoint, Checkpoints, CompareCheckpoint, Difference, Differences, DropCheckpoint, Dropped, Error, Kind, Left,
    RestoreCheckpoint, Reverted, Sought, TakeCheckpoint, Why,
};
use crate::limits::{CHECKPOINTS_MAX, WALK_MAX_BYTES};
use crate::path::FilePath;
use crate::sql::{Sql, SqlError, first, only};

use super::asof::{self, Moment};
use super::revert::{self, Back, Out, Plan};
use super::schema::ROOT;
use super::since::{self, LIVE, Paths, Since, State};
use super::txn::{Change, Tx};
use super::{history, media};

/// Keeps the tree as it is.
pub fn take(tx: &Tx<'_>, call: &TakeCheckpoint) -> Result<Checkpoint, Error> {
    let taken = only(tx.sql, "SELECT count(*) FROM checkpoint WHERE until_ms IS NULL", &[])?.count(0)?;
    if taken >= CHECKPOINTS_MAX as u64 {
        return Err(Error::TooManyCheckpoints { max: CHECKPOINTS_MAX });
    }
    let rev = tx.record(Change::Checkpoint, Some(ROOT), &FilePath::root(), None)?;
    let label = call.label.as_deref();
    let insert = "INSERT INTO checkpoint (id, rev, label, at_ms) VALUES (?1, ?1, ?2, ?3)";
    tx.sql.query(insert, &[rev.into(), label.into(), tx.now_ms.into()])?;
    Ok(Checkpoint { rev, label: call.label.clone(), at_ms: tx.now_ms })
}

/// All checkpoints, newest first.
pub fn list(sql: &dyn Sql) -> Result<Checkpoints, Error> {
    let rows = sql.query("SELECT id, label, at_ms FROM checkpoint WHERE until_ms IS NULL ORDER BY id DESC", &[])?;
    let checkpoints = rows.iter().map(|row| {
        let label = row.text_or_null(1)?.map(str::to_owned);
        Ok(Checkpoint { rev: row.int(0)?, label, at_ms: row.int(2)? })
    });
    Ok(Checkpoints { checkpoints: checkpoints.collect::<Result<_, SqlError>>()? })
}

/// Gives a checkpoint up. What only it held goes by the alarm.
pub fn drop(tx: &Tx<'_>, call: &DropCheckpoint) -> Result<Dropped, Error> {
    get(tx.sql, call.rev)?;
    tx.sql.query("DELETE FROM checkpoint WHERE id = ?1", &[call.rev.into()])?;
    tx.record(Change::DropCheckpoint, Some(ROOT), &FilePath::root(), None)?;
    history::let_go(tx)?;
    Ok(Dropped {})
}

fn get(sql: &dyn Sql, rev: i64) -> Result<(), Error> {
    let found = first(sql, "SELECT 1 FROM checkpoint WHERE id = ?1 AND until_ms IS NULL", &[rev.into()])?;
    found.map(|_| ()).ok_or(Error::NoCheckpoint { rev })
}

/// What is otherwise now, by path.
pub fn compare(sql: &dyn Sql, call: &CompareCheckpoint) -> Result<Differences, Error> {
    get(sql, call.rev)?;
    let since = since::changes(sql, call.rev)?;
    let (mut now, mut then) = (Paths::now(sql, &since), Paths::then(sql, &since));
    let mut differences = Vec::new();
    let is_made = |state: &&State| !since.then.contains_key(&state.node) && !since.derived.contains(&state.node);
    let made = since.now.values().filter(is_made);
    for state in since.then.values().chain(made) {
        let (is, was) = (now.in_tree(state.node)?, then.in_tree(state.node)?);
        let sides = (since.now.get(&state.node), since.then.get(&state.node));
        let is_rewritten = matches!(sides, (Some(now), Some(then)) if !now.is_what(then));
        let is_told = match (&is, &was) {
            (None, None) => false,
            // What is in a directory that came is told with it, and so is what was in one that went.
            (Some(_), None) => true,
            (None, Some(_)) => now.in_tree(state.parent)?.is_some(),
            (Some(_), Some(_)) => is_rewritten || !matches!(sides, (Some(now), Some(then)) if now.is_where(then)),
        };
        if is_told {
            let is_file = state.kind == Kind::File as i64;
            differences.push(Difference { path: is, was, is_file, is_rewritten });
        }
    }
    differences.sort_by(|one, other| place(one).cmp(&place(other)));
    let total = differences.len();
    // As many as an answer holds: at least one, so that pages come to an end.
    let mut held_bytes = 0;
    let page = differences.into_iter().skip(call.skip).take(call.limit).take_while(|difference| {
        let fits = held_bytes <= WALK_MAX_BYTES;
        held_bytes +=
            [&difference.path, &difference.was].into_iter().flatten().map(|path| path.as_str().len()).sum::<usize>();
        fits
    });
    Ok(Differences { differences: page.collect(), total })
}

/// By what a difference is sorted.
fn place(difference: &Difference) -> (Option<&FilePath>, Option<&FilePath>) {
    (difference.path.as_ref().or(difference.was.as_ref()), difference.was.as_ref())
}

/// Brings the tree back, or one entry with all that was in it. What has come since goes to the trash: nothing is lost.
pub fn restore(tx: &Tx<'_>, call: &RestoreCheckpoint) -> Result<Reverted, Error> {
    if call.path.is_in_trash() {
        return Err(Error::InTrash { path: call.path.clone() });
    }
    get(tx.sql, call.rev)?;
    let turn = tx.own_turn("restore", None)?;
    let since = since::changes(tx.sql, call.rev)?;
    let not_there = || Error::NotFound { sought: Sought::Path, path: call.path.clone() };
    let top = asof::find(tx.sql, &call.path, Moment::of(tx.sql, call.rev)?)?.ok_or_else(not_there)?.id;
    let (plan, left) = plan(tx.sql, &since, &call.path, top)?;
    let (restored, trashed, left_total) = (plan.back.len(), plan.out.len(), left.len());
    revert::apply(tx, plan)?;
    // A folder that it was laid out in may have gone.
    media::changed(tx)?;
    Ok(Reverted { restored, trashed, left, left_total, turn })
}

/// What has to happen for everything at and below a path to be what it was. `top` is the entry that was at the path.
fn plan(sql: &dyn Sql, since: &Since, path: &FilePath, top: i64) -> Result<(Plan, Vec<Left>), Error> {
    let (mut now, mut then) = (Paths::now(sql, since), Paths::then(sql, since));
    let (mut plan, mut left, mut returning) = (Plan::default(), Vec::new(), HashSet::new());
    let mut was_inside = |node: i64| Ok::<_, Error>(then.in_tree(node)?.filter(|was| was.is_within(path)));
    for to in since.then.values() {
        let Some(was) = was_inside(to.node)? else { continue };
        let state = since.now.get(&to.node);
        if state.is_none_or(|now| !now.is_where(to) || !now.is_what(to)) {
            returning.insert(to.node);
            plan.back.push(Back { to: to.clone(), now: state.cloned(), path: was, from: now.get(to.node)? });
        }
    }
    let needed: HashSet<(i64, &str)> =
        since.then.values().filter(|to| returning.contains(&to.node)).map(State::place).collect();
    for state in since.now.values() {
        // What is in something that goes, goes with it.
        let goes = |node: i64, inside: Option<FilePath>| since.now.contains_key(&node) && inside.is_none();
        if was_inside(state.node)?.is_some() || goes(state.parent, was_inside(state.parent)?) {
            continue;
        }
        let Some(directory) = was_inside(state.parent)? else { continue };
        let path = now.in_tree(state.node)?.unwrap_or_else(|| directory.child(&state.name));
        if needed.contains(&state.place()) {
            plan.out.push(Out { now: state.clone(), path });
        } else if state.is_protected() {
            left.push(Left { path, why: Why::Protected });
        } else if !since.derived.contains(&state.node) || path != directory.child(&state.name) {
            // What is derived stays where it is laid out. In a directory that goes elsewhere it would be the user's.
            plan.out.push(Out { now: state.clone(), path });
        }
    }
    // Its directory may be elsewhere by now: it comes back to its path, and not to where that has gone.
    let moves = |back: &Back| back.to.node == top && back.moves();
    if top != ROOT && (now.in_tree(top)?.as_ref() != Some(path) || plan.back.iter().any(moves)) {
        plan.top = Some(top);
        if !plan.back.iter().any(|back| back.to.node == top) {
            plan.back.push(unchanged(sql, top, path, now.get(top)?)?);
        }
    }
    // By path, so that a parent comes before what is in it, and the same restore is always the same feed.
    plan.back.sort_by(|one, other| one.path.cmp(&other.path));
    plan.out.sort_by(|one, other| one.path.cmp(&other.path));
    Ok((plan, left))
}

/// An entry that has not changed, but what it is in has.
fn unchanged(sql: &dyn Sql, node: i64, path: &FilePath, from: Option<FilePath>) -> Result<Back, Error> {
    let state = only(sql, &format!("SELECT {LIVE} FROM node WHERE id = ?1"), &[node.into()])?;
    let now = State::from_row(&state)?;
    let to = State { parent: 0, ..now.clone() };
    Ok(Back { to, now: Some(now), path: path.clone(), from })
}
