//! The tree as it was: what was at a path as of a rev, and what a directory held.
//!
//! The tree as of rev r is made of the live rows that are no younger than r and the past rows whose time covers it. A place
//! (a directory and a name) has one entry at a time, so of the states that stood there the first to end after r is the only
//! candidate: finding a path reads a few rows a name, whatever has happened since.

use serde_json::json;

use crate::call::{Entry, Error, Found, Kind, List, ListAt, Listed, Listing, ReadAt, Sought, Stat, StatAt, When};
use crate::path::FilePath;
use crate::sql::{Bytes, Row, Sql, SqlError, first, only};

use super::conditions::describe;
use super::schema::{ROOT, TRASH};
use super::tree::{self, Node, kind};
use super::walk::{Position, Step};
use super::{history, verbs};

/// A node as of a rev: id, parent, kind, blob, size, `modified_ms`, and the rev that made the state.
fn node(row: &Row) -> Result<Node, SqlError> {
    let rev = row.int(6)?;
    Ok(Node {
        id: row.int(0)?,
        parent: row.int(1)?,
        kind: kind(row.int(2)?),
        blob: row.int_or_null(3)?,
        size_bytes: row.count(4)?,
        modified_ms: row.int(5)?,
        rev,
        children_rev: rev,
    })
}

/// Later than any time, and exact on its way to the database.
const NEVER_MS: i64 = 1 << 53;

/// A moment of the past.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The last rev that had been made.
    pub rev: i64,
    /// When it was. Nothing that was there then is shown as younger: a directory keeps one time only, that of its last entry.
    latest_ms: i64,
}

impl Moment {
    /// When a rev had been made. It must still be kept.
    pub fn of(sql: &dyn Sql, rev: i64) -> Result<Self, Error> {
        const TIME: &str = "SELECT min(coalesce((SELECT at_ms FROM checkpoint WHERE rev = ?1), ?2),
            coalesce((SELECT at_ms FROM change WHERE rev >= ?1 ORDER BY rev LIMIT 1), ?2))";
        history::check_kept(sql, rev)?;
        Ok(Self { rev, latest_ms: only(sql, TIME, &[rev.into(), NEVER_MS.into()])?.int(0)? })
    }

    /// A time as it is shown.
    pub fn clamp(self, modified_ms: i64) -> i64 {
        modified_ms.min(self.latest_ms)
    }
}

/// What was at a path as of a rev.
pub fn find(sql: &dyn Sql, path: &FilePath, moment: Moment) -> Result<Option<Node>, Error> {
    const WALK: &str = "WITH RECURSIVE walk (i, id, parent, kind, blob, size, modified_ms, rev) AS (
            SELECT 0, id, parent, kind, blob, size, modified_ms, rev FROM node WHERE id = ?2
            UNION ALL
            SELECT w.i + 1, n.id, n.parent, n.kind, n.blob, n.size, n.modified_ms, n.rev
              FROM walk w CROSS JOIN node n INDEXED BY node_entry
             WHERE n.parent = w.id AND n.name = (?1 ->> w.i) AND n.rev <= ?3
            UNION ALL
            SELECT w.i + 1, p.node, p.parent, p.kind, p.blob, p.size, p.modified_ms, p.from_rev
              FROM walk w CROSS JOIN past p INDEXED BY past_entry
             WHERE p.parent = w.id AND p.name = (?1 ->> w.i) AND p.from_rev <= ?3 AND p.to_rev = (
                SELECT min(q.to_rev) FROM past q INDEXED BY past_entry
                 WHERE q.parent = w.id AND q.name = (?1 ->> w.i) AND q.to_rev > ?3))
        SELECT id, parent, kind, blob, size, modified_ms, rev FROM walk WHERE i = ?4";
    let (start, above) = if path.is_in_trash() { (TRASH, 1) } else { (ROOT, 0) };
    let names: Vec<&str> = path.segments().skip(above).collect();
    let depth = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let names = json!(names).to_string();
    let row = first(sql, WALK, &[(&names).into(), start.into(), moment.rev.into(), depth.into()])?;
    let node = row.map(|row| node(&row)).transpose()?;
    Ok(node.map(|node| Node { modified_ms: moment.clamp(node.modified_ms), ..node }))
}

/// What a node was as of a rev, if it was anything: its parent and name, and as in [`find`].
pub fn state(sql: &dyn Sql, id: i64, rev: i64) -> Result<Option<(Node, String)>, Error> {
    const STATE: &str = "SELECT id, parent, kind, blob, size, modified_ms, rev, name FROM node WHERE id = ?1 AND rev <= ?2
        UNION ALL
        SELECT node, parent, kind, blob, size, modified_ms, from_rev, name FROM past
         WHERE node = ?1 AND from_rev <= ?2 AND to_rev = (SELECT min(to_rev) FROM past WHERE node = ?1 AND to_rev > ?2)";
    let row = first(sql, STATE, &[id.into(), rev.into()])?;
    Ok(row.map(|row| Ok::<_, SqlError>((node(&row)?, row.text(7)?.to_owned()))).transpose()?)
}

/// What a directory held as of a rev and does not hold any more, or not in that state: in the order of a listing. It reads
/// a few rows for each name that has ever been changed in that directory, as far as it is kept.
pub fn entries(sql: &dyn Sql, directory: i64, path: &FilePath, moment: Moment) -> Result<Vec<(Position, Step)>, Error> {
    // From one name to the next, by the index: a file of 1,000 versions is one name.
    const ENTRIES: &str = "WITH RECURSIVE names (name) AS (
            SELECT min(name) FROM past WHERE parent = ?1
            UNION ALL
            SELECT (SELECT min(p.name) FROM past p WHERE p.parent = ?1 AND p.name > names.name)
              FROM names WHERE name IS NOT NULL),
        ends (name, to_rev) AS MATERIALIZED (
            SELECT name, (SELECT min(q.to_rev) FROM past q INDEXED BY past_entry
                WHERE q.parent = ?1 AND q.name = names.name AND q.to_rev > ?2)
              FROM names WHERE name IS NOT NULL)
        SELECT p.node, p.name, p.kind, p.size, p.modified_ms FROM ends CROSS JOIN past p INDEXED BY past_entry
         WHERE p.parent = ?1 AND p.name = ends.name AND p.to_rev = ends.to_rev AND p.from_rev <= ?2";
    let rows = sql.query(ENTRIES, &[directory.into(), moment.rev.into()])?;
    let steps = rows.iter().map(|row| {
        let (path, kind) = (path.child(row.text(1)?), kind(row.int(2)?));
        let listed = Listed { path, kind, size_bytes: row.count(3)?, modified_ms: row.int(4)? };
        let step = Step { id: row.int(0)?, parent: directory, listed };
        Ok((step.position(), step))
    });
    let mut steps = steps.collect::<Result<Vec<_>, SqlError>>()?;
    steps.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(steps)
}

/// A page of a directory as it was.
pub fn list(sql: &dyn Sql, call: &ListAt) -> Result<Listing, Error> {
    let ListAt { rev, list: List { path, .. } } = call;
    let moment = Moment::of(sql, *rev)?;
    let not_there = || Error::NotFound { sought: Sought::Directory, path: path.clone() };
    let directory = find(sql, path, moment)?.ok_or_else(not_there)?;
    verbs::list_of(sql, &call.list, &directory, Some(moment))
}

/// One entry as it was.
pub fn stat(sql: &dyn Sql, call: &StatAt) -> Result<Entry, Error> {
    let StatAt { when, stat: Stat { path } } = call;
    describe(sql, path, &seen(sql, path, *when, Sought::Path)?)
}

/// A file as it was, with its bytes, or with the way to them.
pub fn read(sql: &dyn Sql, call: &ReadAt) -> Result<(Found, Option<Bytes>), Error> {
    let path = &call.read.path;
    let file = seen(sql, path, call.when, Sought::File)?;
    verbs::open(sql, &call.read, &file)
}

/// The state that a caller means. A file whose content is no longer kept is not to be seen.
fn seen(sql: &dyn Sql, path: &FilePath, when: When, sought: Sought) -> Result<Node, Error> {
    let (rev, node) = match when {
        When::At(rev) => {
            let not_there = || Error::NotFound { sought, path: path.clone() };
            (rev, find(sql, path, Moment::of(sql, rev)?)?.ok_or_else(not_there)?)
        }
        When::Version(rev) => (rev, version(sql, path, rev)?),
    };
    if node.kind == Kind::File && node.blob.is_none() {
        return Err(Error::VersionGone { path: path.clone(), rev });
    }
    Ok(node)
}

/// A version of the file that is at a path.
pub fn version(sql: &dyn Sql, path: &FilePath, rev: i64) -> Result<Node, Error> {
    let file = tree::get(sql, path, Sought::File)?;
    if file.is_directory() {
        return Err(Error::NotFound { sought: Sought::File, path: path.clone() });
    }
    let gone = || Error::VersionGone { path: path.clone(), rev };
    let last = only(sql, "SELECT v FROM meta WHERE k = 'rev'", &[])?.int(0)?;
    let version = if rev <= last { state(sql, file.id, rev)? } else { None };
    version.map(|(node, _)| node).filter(|node| node.blob.is_some()).ok_or_else(gone)
}
