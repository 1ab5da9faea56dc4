//! Taking back what a turn has done, and nothing else.
//!
//! For each entry that the turn has changed: it becomes what it was just before the turn first did. What others have changed
//! since stays as it is and is reported, unless the caller insists. All of it is decided before anything is done: the plan is
//! tried out on the tree as it would be, and what does not fit is left, until the rest does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::call::{Error, Kind, LEFT_MAX, Reverted, UndoTurn, Why};
use crate::ids::Label;
use crate::limits::REVERT_MAX_ENTRIES;
use crate::sql::{Sql, first};

use super::asof;
use super::fit::Wish;
use super::revert::{self, chunked};
use super::schema::{ROOT, TRASH, UNLINKED};
use super::since::{LIVE, PAST, State, States};
use super::turns;
use super::txn::Tx;

/// Takes a turn back.
pub fn undo(tx: &Tx<'_>, call: &UndoTurn) -> Result<Reverted, Error> {
    turns::check_whole(tx.sql, &call.turn)?;
    let touched = Touched::of(tx.sql, &call.turn)?;
    let turn = tx.own_turn("undo", Some(&call.turn))?;
    let mut wish = touched.wish(tx.sql, call)?;
    wish.fit(tx.sql)?;
    let (plan, mut left) = wish.into_plan(tx.sql)?;
    let (restored, trashed) = (plan.back.len(), plan.out.len());
    revert::apply(tx, plan)?;
    left.sort();
    left.dedup();
    let left_total = left.len();
    // Where all of it was left, nothing was taken back; where there was nothing to do, somebody else has.
    if restored + trashed > 0 || left_total == 0 {
        tx.undoes(&call.turn);
        turns::note_undone(tx, &call.turn)?;
    }
    left.truncate(LEFT_MAX);
    Ok(Reverted { restored, trashed, left, left_total, turn })
}

/// What a turn has had its hands on. What it made in a directory that it made itself, and nobody has touched since, is not
/// looked at: it comes and goes with its directory.
struct Touched {
    /// The turn.
    turn: Label,
    /// Its nodes, each with the turn's first rev of it.
    nodes: BTreeMap<i64, i64>,
    /// What they were when the turn first ended a state of theirs.
    before: States,
    /// What they are.
    now: States,
    /// Of the revs that made a node or a state of it, those of the turn.
    revs: BTreeSet<i64>,
}

impl Touched {
    fn of(sql: &dyn Sql, turn: &Label) -> Result<Self, Error> {
        // What is said of the root is said of the whole: a reset, a checkpoint.
        const CHANGED: &str = "SELECT c.node, min(c.rev) FROM change c
             WHERE c.turn = ?1 AND (c.node <> ?3 OR c.kind = 'reset') AND NOT (
                EXISTS (SELECT 1 FROM change m WHERE m.rev = c.node AND m.node = m.rev AND m.turn = ?1)
                AND NOT EXISTS (SELECT 1 FROM past WHERE past.node = c.node)
                AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = c.node AND NOT EXISTS (
                    SELECT 1 FROM change d WHERE d.rev = n.parent AND d.node = d.rev AND d.turn = ?1)))
             GROUP BY c.node LIMIT ?2";
        let first_of_all = "SELECT 1 FROM change WHERE turn = ?1 LIMIT 1";
        if first(sql, first_of_all, &[turn.as_str().into()])?.is_none() {
            return Err(Error::NoTurn { turn: turn.as_str().to_owned() });
        }
        let max = REVERT_MAX_ENTRIES;
        let limit = i64::try_from(max).unwrap_or(i64::MAX).saturating_add(1);
        let changed = sql.query(CHANGED, &[turn.as_str().into(), limit.into(), ROOT.into()])?;
        let ended = format!(
            "SELECT {PAST}, min(past.to_rev) FROM change CROSS JOIN past INDEXED BY past_to ON past.to_rev = change.rev
              WHERE change.turn = ?1 GROUP BY past.node LIMIT ?2"
        );
        let ended = sql.query(&ended, &[turn.as_str().into(), limit.into()])?;
        if changed.len() > max || ended.len() > max {
            return Err(Error::TooManyChanges { max });
        }
        let mut nodes = BTreeMap::new();
        for row in &changed {
            nodes.insert(row.int(0)?, row.int(1)?);
        }
        let mut before = States::new();
        for row in &ended {
            let (state, rev) = (State::from_row(row)?, row.int(10)?);
            nodes.entry(state.node).and_modify(|first| *first = rev.min(*first)).or_insert(rev);
            before.insert(state.node, state);
        }
        let now = live(sql, nodes.keys().copied())?;
        let states = before.values().chain(now.values()).map(|state| state.from_rev);
        let revs = revs_of(sql, turn, nodes.keys().copied().chain(states))?;
        Ok(Self { turn: turn.clone(), nodes, before, now, revs })
    }

    /// What the turn's undoing would be if nothing stood in its way.
    fn wish(self, sql: &dyn Sql, call: &UndoTurn) -> Result<Wish, Error> {
        let changed_since = self.changed_since(sql)?;
        let mut wish = Wish::of(call);
        for (&node, first_rev) in &self.nodes {
            let (before, now) = (self.before.get(&node), self.now.get(&node));
            let before = before.filter(|before| !self.revs.contains(&before.from_rev));
            let is_made = before.is_none() && self.is_made(sql, node, *first_rev)?;
            let is_changed = changed_since.contains(&node) && !call.force;
            let why = match (before, now) {
                (Some(before), _) if !is_possible(before) => Why::Gone,
                (Some(before), Some(now)) if is_same(before, now) => continue,
                (Some(_), _) if is_changed => Why::ChangedSince,
                (Some(before), now) => {
                    wish.back.insert(node, before.clone());
                    // Of what was in it, nobody knows any more whether a checkpoint has it all.
                    let is_unlinked = now.is_none_or(|now| now.parent == UNLINKED);
                    if before.kind != Kind::Directory as i64 || !is_unlinked {
                        continue;
                    }
                    Why::PartlyGone
                }
                (None, None) if is_made => continue,
                (None, Some(now)) if is_made && (now.parent == TRASH || now.parent == UNLINKED) => continue,
                (None, Some(_)) if is_made && is_changed => {
                    wish.made.insert(node);
                    Why::ChangedSince
                }
                (None, Some(now)) if is_made => {
                    wish.made.insert(node);
                    wish.out.insert(node, now.clone());
                    continue;
                }
                // It is there and the turn has not changed it: the same bytes were written again.
                (None, Some(now)) if node > TRASH && now.parent != UNLINKED => continue,
                (None, _) => Why::Gone,
            };
            wish.left.insert(node, why);
        }
        wish.found = self.nodes;
        wish.now = self.now;
        let is_open = |now: &&State| self.revs.contains(&now.node) && now.parent != TRASH && now.parent != UNLINKED;
        let stay = wish.now.values().filter(is_open).map(|now| now.node).filter(|node| !wish.out.contains_key(node));
        for node in stay.collect::<Vec<_>>() {
            wish.open(sql, node)?;
        }
        Ok(wish)
    }

    /// Whether an entry is there because of the turn: it made it, or brought it back from where nothing comes back by itself.
    fn is_made(&self, sql: &dyn Sql, node: i64, first_rev: i64) -> Result<bool, Error> {
        Ok(self.revs.contains(&node)
            || self.before.contains_key(&node)
            || (self.now.get(&node).is_some_and(|now| now.from_rev >= first_rev && now.parent != UNLINKED)
                && node > TRASH
                && asof::state(sql, node, first_rev - 1)?.is_none()))
    }

    /// The nodes of which a state has begun since the turn first changed them that is not the turn's.
    fn changed_since(&self, sql: &dyn Sql) -> Result<BTreeSet<i64>, Error> {
        const BY_OTHERS: &str =
            "SELECT DISTINCT past.node FROM json_each(?1) CROSS JOIN past ON past.node = value ->> 0
            WHERE past.to_rev >= value ->> 1
              AND NOT EXISTS (SELECT 1 FROM change WHERE change.rev = past.to_rev AND change.turn = ?2)";
        let mut changed = BTreeSet::new();
        chunked(self.nodes.iter().map(|(node, rev)| json!([node, rev])), |rows| {
            for row in sql.query(BY_OTHERS, &[rows.into(), self.turn.as_str().into()])? {
                changed.insert(row.int(0)?);
            }
            Ok(())
        })?;
        let newer = self.now.values().filter(|now| {
            let first_rev = self.nodes.get(&now.node).copied().unwrap_or(0);
            now.from_rev > first_rev && !self.revs.contains(&now.from_rev)
        });
        changed.extend(newer.map(|now| now.node));
        Ok(changed)
    }
}

/// Whether a state can be had again: a file's content must still be kept.
fn is_possible(state: &State) -> bool {
    state.kind == Kind::Directory as i64 || state.blob.is_some()
}

/// Whether an entry is what it was, so that nothing has to be done; in the trash, one place is as good as another.
fn is_same(before: &State, now: &State) -> bool {
    let is_there = now.is_where(before) || (now.parent == TRASH && before.parent == TRASH);
    is_there && now.is_what(before)
}

/// Of some revs, those of a turn.
fn revs_of(sql: &dyn Sql, turn: &Label, revs: impl Iterator<Item = i64>) -> Result<BTreeSet<i64>, Error> {
    const OURS: &str =
        "SELECT change.rev FROM json_each(?1) CROSS JOIN change ON change.rev = value WHERE change.turn = ?2";
    let mut ours = BTreeSet::new();
    chunked(revs.map(Into::into), |revs| {
        for row in sql.query(OURS, &[revs.into(), turn.as_str().into()])? {
            ours.insert(row.int(0)?);
        }
        Ok(())
    })?;
    Ok(ours)
}

/// The rows of nodes, of those that have one.
fn live(sql: &dyn Sql, nodes: impl Iterator<Item = i64>) -> Result<States, Error> {
    let select = format!("SELECT {LIVE} FROM json_each(?1) CROSS JOIN node ON node.id = value");
    let mut states = States::new();
    chunked(nodes.map(Into::into), |ids| {
        for row in sql.query(&select, &[ids.into()])? {
            let state = State::from_row(&row)?;
            states.insert(state.node, state);
        }
        Ok(())
    })?;
    Ok(states)
}
