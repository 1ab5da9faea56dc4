//! Which part of an undoing fits the tree as it is: tried out on the tree as it would be, and narrowed until nothing is in
//! anything's way. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;

use crate::call::{Error, Kind, Left, Why};
use crate::path::FilePath;
use crate::sql::{Sql, first};

use super::asof;
use super::revert::{Back, Out, Plan, chunked};
use super::schema::{ROOT, TRASH};
use super::since::{LIVE, Paths, State, States};

/// What is to be taken back, as far as it fits.
#[derive(Default)]
pub struct Wish {
    /// What is to be as it was, by node.
    pub back: States,
    /// What is to go, by node. What is in the trash already counts, since what it is in may come back.
    pub out: States,
    /// What the turn has made.
    pub made: BTreeSet<i64>,
    /// What is left as it is, by node, and why.
    pub left: BTreeMap<i64, Why>,
    /// When and where the turn first found each node.
    pub found: BTreeMap<i64, (i64, FilePath)>,
    /// What nodes are now, of those that have a row.
    pub now: States,
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
    /// Leaves what does not fit. Each round looks at all of it, since what is left stays in the way of something else.
    pub fn fit(&mut self, sql: &dyn Sql, force: bool) -> Result<(), Error> {
        let mut table = Table { sql, parents: HashMap::new(), entries: HashMap::new() };
        loop {
            let mut misfits = Misfits::new();
            let is_changed = self.try_back(&mut table, force, &mut misfits)?;
            self.try_out(&mut table, force, &mut misfits)?;
            if misfits.is_empty() && !is_changed {
                return Ok(());
            }
            for (node, why) in misfits {
                self.back.remove(&node);
                self.out.remove(&node);
                self.left.insert(node, why);
            }
        }
    }

    /// Looks at what is to be as it was. Answers whether something goes to the trash instead, or to make room.
    fn try_back(&mut self, table: &mut Table<'_>, force: bool, misfits: &mut Misfits) -> Result<bool, Error> {
        let mut ends = HashMap::from([(ROOT, End::Tree), (TRASH, End::Trash)]);
        let mut thrown = Vec::new();
        let mut places = BTreeMap::new();
        for (&node, to) in &self.back {
            // What stays where it is has no need of a place, even in the trash.
            if self.now.get(&node).is_some_and(|now| now.is_where(to)) {
                continue;
            }
            match self.end_of(table, to.parent, &mut ends)? {
                End::Tree if places.contains_key(&(to.parent, &to.name)) => drop(misfits.insert(node, Why::PlaceTaken)),
                End::Tree => drop(places.insert((to.parent, &to.name), node)),
                End::Trash if self.was_trashed(table.sql, node, to.parent)? => thrown.push(node),
                End::Trash | End::Nowhere => drop(misfits.insert(node, Why::DirectoryGone)),
            }
        }
        let occupants = table.occupants(places.iter().map(|((parent, name), node)| (*node, *parent, name.as_str())))?;
        let stays = |occupant: &State| {
            let moves = self.back.get(&occupant.node).is_some_and(|to| !to.is_where(occupant));
            !moves && !self.out.contains_key(&occupant.node)
        };
        let taken: Vec<_> = occupants.into_iter().filter(|(_, occupant)| stays(occupant)).collect();
        let mut is_changed = !thrown.is_empty();
        for (node, occupant) in taken {
            if force && !self.back.contains_key(&occupant.node) && !occupant.is_protected() {
                self.now.insert(occupant.node, occupant.clone());
                self.out.insert(occupant.node, occupant);
                is_changed = true;
            } else {
                misfits.insert(node, Why::PlaceTaken);
            }
        }
        for node in thrown {
            self.back.remove(&node);
            // What has no row, or is in the trash again, is out already.
            if let Some(now) = self.now.get(&node).filter(|now| now.parent != TRASH) {
                self.out.insert(node, now.clone());
            }
        }
        Ok(is_changed)
    }

    /// Looks at what is to go: what the agent cannot do without stays, and a directory into which others have put something.
    fn try_out(&self, table: &mut Table<'_>, force: bool, misfits: &mut Misfits) -> Result<(), Error> {
        for (&node, now) in &self.out {
            if now.is_protected() {
                misfits.insert(node, Why::Protected);
            }
            if force || now.kind != Kind::Directory as i64 {
                continue;
            }
            let goes = |entry: &i64| self.out.contains_key(entry) || self.back.contains_key(entry);
            // What was in it already when the turn found it goes along, as it came along.
            let since = self.found.get(&node).map_or(0, |(first_rev, _)| *first_rev);
            let most = self.out.len() + self.back.len();
            if !table.entries_since(node, since, most)?.iter().all(goes) {
                misfits.insert(node, Why::HoldsOthers);
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
        let Some((first_rev, _)) = self.found.get(&node) else { return Ok(false) };
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
        let mut table = Table { sql, parents: HashMap::new(), entries: HashMap::new() };
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
        let left = self.left.iter().map(|(node, &why)| {
            let path = self.found.get(node).map(|(_, path)| path.clone()).unwrap_or_default();
            Left { path, why }
        });
        let left = left.collect();
        Ok((plan, left))
    }
}

/// The tree as it is, each part of it read once.
struct Table<'a> {
    sql: &'a dyn Sql,
    parents: HashMap<i64, Option<i64>>,
    entries: HashMap<i64, Vec<i64>>,
}

impl Table<'_> {
    fn parent(&mut self, node: i64) -> Result<Option<i64>, Error> {
        if let Some(parent) = self.parents.get(&node) {
            return Ok(*parent);
        }
        let row = first(self.sql, "SELECT parent FROM node WHERE id = ?1", &[node.into()])?;
        let parent = row.map(|row| row.int(0)).transpose()?;
        self.parents.insert(node, parent);
        Ok(parent)
    }

    /// The entries of a directory that have changed since a rev; of more than `most`, one more.
    fn entries_since(&mut self, directory: i64, rev: i64, most: usize) -> Result<&Vec<i64>, Error> {
        if !self.entries.contains_key(&directory) {
            let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
            let entries = "SELECT id FROM node WHERE parent = ?1 AND rev >= ?2 LIMIT ?3";
            let rows = self.sql.query(entries, &[directory.into(), rev.into(), limit.into()])?;
            let entries = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
            self.entries.insert(directory, entries);
        }
        Ok(self.entries.entry(directory).or_default())
    }

    /// What is at places, each of which a node is to have.
    fn occupants<'n>(&self, places: impl Iterator<Item = (i64, i64, &'n str)>) -> Result<Vec<(i64, State)>, Error> {
        let select = format!(
            "SELECT {LIVE}, value ->> 0 FROM json_each(?1) CROSS JOIN node INDEXED BY node_entry
              ON node.parent = value ->> 1 AND node.name = value ->> 2"
        );
        let mut occupants = Vec::new();
        chunked(places.map(|place| json!(place)), |rows| {
            for row in self.sql.query(&select, &[rows.into()])? {
                occupants.push((row.int(10)?, State::from_row(&row)?));
            }
            Ok(())
        })?;
        Ok(occupants)
    }
}
