//! Which part of an undoing fits the tree as it is: tried out on the tree as it would be, and narrowed until nothing is in
//! anything's way. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::call::{Error, Kind, Left, UndoTurn, Why};
use crate::ids::Label;
use crate::limits::REVERT_MAX_ENTRIES;
use crate::sql::Sql;

use super::revert::{Back, Out, Plan};
use super::schema::{ROOT, TRASH, UNLINKED};
use super::since::{LIVE, Paths, State, States};
use super::table::Table;
use super::{asof, turns};

/// As in the table.
const DIRECTORY: i64 = Kind::Directory as i64;

/// What is to be taken back, as far as it fits.
pub struct Wish {
    /// What is to be as it was, by node.
    pub back: States,
    /// What is to go, by node. What is in the trash already counts, since what it is in may come back.
    pub out: States,
    /// What the turn has made.
    pub made: BTreeSet<i64>,
    /// What is left as it is, by node, and why; and what comes back in part.
    pub left: BTreeMap<i64, Why>,
    /// The turn's first rev of each node.
    pub found: BTreeMap<i64, i64>,
    /// What nodes are now, of those that have a row.
    pub now: States,
    turn: Label,
    force: bool,
}

/// Where a way up ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Tree,
    Trash,
    Nowhere,
}

/// What stays as it is after all: a node that was to be as it was or to go, and why it does not.
type Misfits = BTreeMap<i64, Why>;

impl Wish {
    /// Nothing yet.
    pub fn of(call: &UndoTurn) -> Self {
        Self {
            back: States::new(),
            out: States::new(),
            made: BTreeSet::new(),
            left: BTreeMap::new(),
            found: BTreeMap::new(),
            now: States::new(),
            turn: call.turn.clone(),
            force: call.force,
        }
    }

    /// Leaves what does not fit. Each round looks at all of it, since what is left stays in the way of something else; it
    /// takes about as many rounds as the tree is deep.
    pub fn fit(&mut self, sql: &dyn Sql) -> Result<(), Error> {
        let mut table = Table::new(sql);
        let others = if self.force { HashMap::new() } else { self.others(&table)? };
        loop {
            let mut misfits = Misfits::new();
            let is_changed = self.try_back(&mut table, &mut misfits)?;
            self.try_out(&mut table, &others, &mut misfits)?;
            if misfits.is_empty() && !is_changed {
                return Ok(());
            }
            for (node, why) in misfits {
                self.back.remove(&node);
                self.left.insert(node, why);
                if self.out.remove(&node).is_some() {
                    self.open(sql, node)?;
                }
            }
        }
    }

    /// Looks into a directory that does not go: what the turn made in it goes by itself.
    pub fn open(&mut self, sql: &dyn Sql, directory: i64) -> Result<(), Error> {
        let made = format!(
            "SELECT {LIVE} FROM node INDEXED BY node_entry WHERE parent = ?1 AND rev = id AND EXISTS (
                SELECT 1 FROM change c WHERE c.rev = node.id AND c.node = c.rev AND c.turn = ?2) LIMIT ?3"
        );
        let limit = i64::try_from(REVERT_MAX_ENTRIES).unwrap_or(i64::MAX).saturating_add(1);
        for row in sql.query(&made, &[directory.into(), self.turn.as_str().into(), limit.into()])? {
            let state = State::from_row(&row)?;
            if self.found.contains_key(&state.node) {
                continue;
            }
            self.found.insert(state.node, state.node);
            self.made.insert(state.node);
            self.now.insert(state.node, state.clone());
            self.out.insert(state.node, state);
        }
        if self.found.len() > REVERT_MAX_ENTRIES {
            return Err(Error::TooManyChanges { max: REVERT_MAX_ENTRIES });
        }
        Ok(())
    }

    /// The directories in which others have changed an entry since the turn came by, each with the last such rev.
    fn others(&self, table: &Table<'_>) -> Result<HashMap<i64, i64>, Error> {
        let directories = self.out.values().chain(self.back.values()).filter(|state| state.kind == DIRECTORY);
        let since = directories.filter_map(|state| self.found.get(&state.node)).min();
        since.map_or(Ok(HashMap::new()), |since| table.changed_by_others(*since, &self.turn))
    }

    /// Looks at what is to be as it was. Answers whether something goes to the trash instead, or to make room.
    fn try_back(&mut self, table: &mut Table<'_>, misfits: &mut Misfits) -> Result<bool, Error> {
        let mut ends = HashMap::from([(ROOT, End::Tree), (TRASH, End::Trash)]);
        let mut thrown = Vec::new();
        let mut places = BTreeMap::new();
        for (&node, to) in &self.back {
            // What stays where it is has no need of a place, even in the trash.
            if self.now.get(&node).is_some_and(|now| now.is_where(to)) {
                continue;
            }
            match self.end_of(table, to.parent, &mut ends)? {
                End::Tree if places.contains_key(&to.place()) => drop(misfits.insert(node, Why::PlaceTaken)),
                End::Tree => drop(places.insert(to.place(), node)),
                End::Trash if self.was_trashed(table.sql, node, to.parent)? => thrown.push(node),
                End::Trash => drop(misfits.insert(node, Why::DirectoryTrashed)),
                End::Nowhere => drop(misfits.insert(node, Why::DirectoryGone)),
            }
        }
        table.look_at(places.keys().copied())?;
        let mut in_the_way = Vec::new();
        for (&place, &node) in &places {
            let Some(occupant) = table.occupant(place) else { continue };
            let moves = self.back.get(&occupant.node).is_some_and(|to| !to.is_where(occupant));
            if moves || self.out.contains_key(&occupant.node) {
                continue;
            }
            if self.force && !self.back.contains_key(&occupant.node) && !occupant.is_protected() {
                in_the_way.push(occupant.clone());
            } else {
                misfits.insert(node, Why::PlaceTaken);
            }
        }
        if !self.force {
            self.pass_on(&places, misfits);
        }
        let is_changed = !thrown.is_empty() || !in_the_way.is_empty();
        for occupant in in_the_way {
            self.now.insert(occupant.node, occupant.clone());
            self.out.insert(occupant.node, occupant);
        }
        for node in thrown {
            self.back.remove(&node);
            match self.now.get(&node) {
                Some(now) if now.parent == TRASH => {}
                Some(now) if now.parent != UNLINKED => drop(self.out.insert(node, now.clone())),
                // It was in the trash, and what is deleted for good does not come back there.
                _ => drop(self.left.insert(node, Why::Gone)),
            }
        }
        Ok(is_changed)
    }

    /// What stays keeps its place, so who wants that stays as well, and so on: each change of places is followed to its end.
    fn pass_on(&self, places: &BTreeMap<(i64, &str), i64>, misfits: &mut Misfits) {
        let mut staying: Vec<i64> = misfits.keys().copied().collect();
        while let Some(node) = staying.pop() {
            let wanting = self.now.get(&node).and_then(|now| places.get(&now.place()));
            if let Some(&wanting) = wanting
                && !misfits.contains_key(&wanting)
            {
                misfits.insert(wanting, Why::PlaceTaken);
                staying.push(wanting);
            }
        }
    }

    /// Looks at what is to go: what the agent cannot do without stays, and a directory into which others have put something,
    /// however deep.
    fn try_out(&self, table: &mut Table<'_>, others: &HashMap<i64, i64>, misfits: &mut Misfits) -> Result<(), Error> {
        let protected = self.out.values().filter(|now| now.is_protected());
        misfits.extend(protected.map(|now| (now.node, Why::Protected)));
        if self.force {
            return Ok(());
        }
        let stays = |node: &&i64| !self.out.contains_key(node) && !self.back.contains_key(node);
        let left = self.left.keys().filter(stays).filter_map(|node| self.now.get(node));
        let left = left.map(|now| (now.parent, now.from_rev));
        for (directory, rev) in others.iter().map(|(directory, rev)| (*directory, *rev)).chain(left) {
            let (mut here, mut is_held) = (directory, false);
            loop {
                if self.out.contains_key(&here) {
                    // What was in it already when the turn found it goes along, as it came along.
                    is_held = is_held || self.found.get(&here).is_none_or(|first_rev| *first_rev <= rev);
                    if is_held {
                        misfits.entry(here).or_insert(Why::HoldsOthers);
                    }
                }
                let goes_elsewhere = match (self.back.get(&here), self.now.get(&here)) {
                    (Some(to), Some(now)) => !to.is_where(now),
                    _ => false,
                };
                match table.parent(here)? {
                    Some(parent) if !goes_elsewhere => here = parent,
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// Where the way up from a node would end.
    fn end_of(&self, table: &mut Table<'_>, node: i64, ends: &mut HashMap<i64, End>) -> Result<End, Error> {
        let (mut way, mut seen, mut here) = (Vec::new(), BTreeSet::new(), node);
        let end = loop {
            if let Some(end) = ends.get(&here) {
                break *end;
            }
            // A way that comes by the same place twice has no end.
            if !seen.insert(here) {
                break End::Nowhere;
            }
            way.push(here);
            here = match (self.back.get(&here), self.out.contains_key(&here)) {
                (Some(to), _) => to.parent,
                (None, true) => TRASH,
                (None, false) => match table.parent(here)? {
                    Some(parent) => parent,
                    None => break End::Nowhere,
                },
            };
        };
        ends.extend(way.into_iter().map(|node| (node, end)));
        Ok(end)
    }

    /// Whether a directory was in the trash when the turn took something out of it.
    fn was_trashed(&self, sql: &dyn Sql, node: i64, directory: i64) -> Result<bool, Error> {
        let Some(first_rev) = self.found.get(&node) else { return Ok(false) };
        let mut here = directory;
        while here != TRASH {
            let Some((state, _)) = asof::state(sql, here, first_rev - 1)? else { return Ok(false) };
            here = state.parent;
        }
        Ok(true)
    }

    /// What is to be done, and what is left.
    pub fn into_plan(mut self, sql: &dyn Sql) -> Result<(Plan, Vec<Left>), Error> {
        let nothing = States::new();
        let mut plan = Plan::default();
        let mut table = Table::new(sql);
        let mut ends = HashMap::from([(ROOT, End::Tree), (TRASH, End::Trash)]);
        for &node in &self.made {
            if self.end_of(&mut table, node, &mut ends)? != End::Tree {
                self.left.remove(&node);
            }
        }
        let mut is = Paths::new(sql, &self.now, &nothing);
        for (&node, now) in &self.out {
            // What is in something that goes, goes with it; what would be in the trash anyway is out already.
            if self.end_of(&mut table, now.parent, &mut ends)? != End::Tree {
                continue;
            }
            plan.out.push(Out { now: now.clone(), path: is.get(node)?.unwrap_or_default() });
        }
        let mut will_be = Paths::new(sql, &self.back, &nothing);
        for (&node, to) in &self.back {
            let (path, from) = (will_be.get(node)?.unwrap_or_default(), is.get(node)?);
            plan.back.push(Back { to: to.clone(), now: self.now.get(&node).cloned(), path, from });
        }
        // By path, so that a parent comes before what is in it, and the same undoing is always the same feed.
        plan.back.sort_by(|one, other| one.path.cmp(&other.path));
        plan.out.sort_by(|one, other| one.path.cmp(&other.path));
        let mut left = Vec::new();
        for (node, &why) in &self.left {
            let path = self.found.get(node).map(|first_rev| turns::path_at(sql, *first_rev)).transpose()?;
            left.push(Left { path: path.unwrap_or_default(), why });
        }
        Ok((plan, left))
    }
}
