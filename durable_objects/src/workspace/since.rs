//! What has changed since a rev: the states that entries had then and have no more, and those that they have now and had
//! not then. Found by the indexes of revs, so it costs what has changed and not what there is.

use std::collections::{BTreeSet, HashMap};

use crate::call::Error;
use crate::limits::REVERT_MAX_ENTRIES;
use crate::path::FilePath;
use crate::sql::{Row, Sql, SqlError, first};

use super::media;
use super::schema::{ROOT, TRASH, UNLINKED};

/// Place and content of an entry, as they are or as they were.
#[derive(Clone, Debug)]
pub struct State {
    /// The entry.
    pub node: i64,
    /// The rev that made it so.
    pub from_rev: i64,
    /// The directory.
    pub parent: i64,
    /// The name there.
    pub name: String,
    /// As in the table.
    pub kind: i64,
    /// As in the table.
    pub mode: Option<i64>,
    /// The content; none for a directory, and for a file whose content is no longer kept.
    pub blob: Option<i64>,
    /// Its size.
    pub size: i64,
    /// As in the table.
    pub mime: Option<String>,
    /// As in the table.
    pub modified_ms: i64,
}

/// What is selected of a live node, and of a past one, for [`State::from_row`].
pub const LIVE: &str =
    "node.id, node.rev, node.parent, node.name, node.kind, node.mode, node.blob, node.size, node.mime,
    node.modified_ms";
pub const PAST: &str = "past.node, past.from_rev, past.parent, past.name, past.kind, past.mode, past.blob, past.size,
    past.mime, past.modified_ms";

impl State {
    /// Reads [`LIVE`] or [`PAST`].
    pub fn from_row(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            node: row.int(0)?,
            from_rev: row.int(1)?,
            parent: row.int(2)?,
            name: row.text(3)?.to_owned(),
            kind: row.int(4)?,
            mode: row.int_or_null(5)?,
            blob: row.int_or_null(6)?,
            size: row.int(7)?,
            mime: row.text_or_null(8)?.map(str::to_owned),
            modified_ms: row.int(9)?,
        })
    }

    /// Whether it is at the same place.
    pub fn is_where(&self, other: &Self) -> bool {
        self.parent == other.parent && self.name == other.name
    }

    /// Its directory and its name there.
    pub fn place(&self) -> (i64, &str) {
        (self.parent, &self.name)
    }

    /// Whether it is what the agent does not start without.
    pub fn is_protected(&self) -> bool {
        self.parent == ROOT && FilePath::root().child(&self.name).is_protected()
    }

    /// Whether it has the same content.
    pub fn is_what(&self, other: &Self) -> bool {
        self.blob == other.blob && self.mode == other.mode
    }
}

/// States by their node.
pub type States = HashMap<i64, State>;

/// Both sides of what has changed.
pub struct Since {
    /// What changed entries were then.
    pub then: States,
    /// What changed entries are now, also those that were not there then. What was made in a directory that was itself made
    /// since is not among them, since it comes and goes with its directory; nor what was made and is in the trash again.
    pub now: States,
    /// Of `now`, what was not there then and is derived: laid out for media, with the directories that hold nothing else.
    /// It is brought up to date on its own, and is no change of the user's.
    pub derived: BTreeSet<i64>,
}

/// What has changed since a rev, unless it is too much.
pub fn changes(sql: &dyn Sql, rev: i64) -> Result<Since, Error> {
    let now = format!(
        "SELECT {LIVE} FROM node INDEXED BY node_rev WHERE rev > ?1 AND id <> {ROOT} AND id <> {TRASH}
            AND NOT (id > ?1 AND (parent > ?1 OR parent = {TRASH} OR parent = {UNLINKED})) LIMIT ?2"
    );
    let then = format!("SELECT {PAST} FROM past INDEXED BY past_to WHERE to_rev > ?1 AND from_rev <= ?1 LIMIT ?2");
    let mut since = Since { then: states(sql, &then, rev)?, now: states(sql, &now, rev)?, derived: BTreeSet::new() };
    since.derived = derived(sql, &since)?;
    Ok(since)
}

fn derived(sql: &dyn Sql, since: &Since) -> Result<BTreeSet<i64>, Error> {
    let mut derived = BTreeSet::new();
    let mut paths = Paths::now(sql, since);
    for state in since.now.values().filter(|state| !since.then.contains_key(&state.node)) {
        if let Some(path) = paths.in_tree(state.node)?
            && media::is_derived(sql, state.node, &path)?
        {
            derived.insert(state.node);
        }
    }
    Ok(derived)
}

fn states(sql: &dyn Sql, select: &str, rev: i64) -> Result<States, Error> {
    let most = i64::try_from(REVERT_MAX_ENTRIES).unwrap_or(i64::MAX);
    let rows = sql.query(select, &[rev.into(), (most + 1).into()])?;
    if rows.len() > REVERT_MAX_ENTRIES {
        return Err(Error::TooManyChanges { max: REVERT_MAX_ENTRIES });
    }
    let states = rows.iter().map(|row| State::from_row(row).map(|state| (state.node, state)));
    Ok(states.collect::<Result<_, _>>()?)
}

/// Where entries are, or were: found once for each directory.
pub struct Paths<'a> {
    sql: &'a dyn Sql,
    /// Those of which more is known than the table says.
    known: &'a States,
    /// Those of which the table speaks of another time.
    unknown: &'a States,
    found: HashMap<i64, Option<FilePath>>,
}

impl<'a> Paths<'a> {
    /// Where entries are now.
    pub fn now(sql: &'a dyn Sql, since: &'a Since) -> Self {
        Self::new(sql, &since.now, &since.then)
    }

    /// Where entries were then.
    pub fn then(sql: &'a dyn Sql, since: &'a Since) -> Self {
        Self::new(sql, &since.then, &since.now)
    }

    /// Where entries are when those in `known` are there and those in `unknown` are not; all others are where they are now.
    pub fn new(sql: &'a dyn Sql, known: &'a States, unknown: &'a States) -> Self {
        let found = HashMap::from([(ROOT, Some(FilePath::root())), (TRASH, Some(FilePath::trash()))]);
        Self { sql, known, unknown, found }
    }

    /// Where an entry is: none if it is nowhere. In the trash counts as somewhere.
    pub fn get(&mut self, node: i64) -> Result<Option<FilePath>, Error> {
        let mut way = Vec::new();
        let mut here = node;
        let mut path = loop {
            if let Some(found) = self.found.get(&here) {
                break found.clone();
            }
            let Some((parent, name)) = self.place(here)? else { break None };
            way.push((here, name));
            here = parent;
        };
        for (node, name) in way.into_iter().rev() {
            path = path.map(|path| path.child(&name));
            self.found.insert(node, path.clone());
        }
        Ok(path)
    }

    /// Where an entry is in the tree, if it is.
    pub fn in_tree(&mut self, node: i64) -> Result<Option<FilePath>, Error> {
        Ok(self.get(node)?.filter(|path| !path.is_in_trash()))
    }

    fn place(&self, node: i64) -> Result<Option<(i64, String)>, Error> {
        if let Some(state) = self.known.get(&node) {
            return Ok(Some((state.parent, state.name.clone())));
        }
        if self.unknown.contains_key(&node) {
            return Ok(None);
        }
        let row = first(self.sql, "SELECT parent, name FROM node WHERE id = ?1", &[node.into()])?;
        Ok(row.map(|row| Ok::<_, SqlError>((row.int(0)?, row.text(1)?.to_owned()))).transpose()?)
    }
}
