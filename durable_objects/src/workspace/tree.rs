//! The tree: finding a path, making room for an entry, walking what is below a directory.

use std::collections::VecDeque;

use serde_json::json;

use crate::call::{Cursor, Error, Kind, Listed, Sought};
use crate::limits::WALK_MAX_BYTES;
use crate::path::{FilePath, MAX_DEPTH};
use crate::sql::{Row, Sql, SqlError, first, only};

use super::blobs::Kept;
use super::schema::{ROOT, TRASH, UNLINKED};
use super::txn::{Change, Tx};

/// A row of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// The rev that made it.
    pub id: i64,
    /// The directory it is in.
    pub parent: i64,
    /// What it is.
    pub kind: Kind,
    /// A file's content.
    pub blob: Option<i64>,
    /// A file's bytes.
    pub size_bytes: u64,
    /// When its content, or a directory's list of entries, last changed.
    pub modified_ms: i64,
    /// Since when its place and content are as they are.
    pub rev: i64,
    /// When, in revs, an entry of a directory last changed.
    pub children_rev: i64,
}

/// What the statements below read of a node, in the order of [`Node::from_row`].
macro_rules! columns {
    ($prefix:literal) => {
        concat!(
            $prefix,
            "id, ",
            $prefix,
            "parent, ",
            $prefix,
            "kind, ",
            $prefix,
            "blob, ",
            $prefix,
            "size, ",
            $prefix,
            "modified_ms, ",
            $prefix,
            "rev, ",
            $prefix,
            "children_rev"
        )
    };
}

/// How many subdirectories are read at once while a walk goes deeper: what is read ahead and then not needed stays small.
const DIRECTORIES_AHEAD: usize = 64;
/// How many files are read at once: a JSON text of about 100 KB, far below the platform's 2 MB.
const FILES_AHEAD: usize = 1000;

impl Node {
    fn from_row(row: &Row) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.int(0)?,
            parent: row.int(1)?,
            kind: kind(row.int(2)?),
            blob: row.int_or_null(3)?,
            size_bytes: row.count(4)?,
            modified_ms: row.int(5)?,
            rev: row.int(6)?,
            children_rev: row.int(7)?,
        })
    }

    /// A file's content.
    pub fn content(&self) -> Option<Kept> {
        self.blob.map(|blob| Kept { blob, size_bytes: self.size_bytes })
    }

    /// Whether it holds entries.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }
}

/// What a number in the column `kind` says. Links are reserved and cannot be made yet.
pub fn kind(number: i64) -> Kind {
    if number == Kind::Directory as i64 { Kind::Directory } else { Kind::File }
}

/// The deepest part of a path that exists, and how many of the path's names lead there. It reads three rows a name,
/// whatever the size of the tree.
fn resolve(sql: &dyn Sql, path: &FilePath) -> Result<(Node, usize), Error> {
    const WALK: &str = concat!(
        "WITH RECURSIVE walk (i, id, parent, kind, blob, size, modified_ms, rev, children_rev) AS (
            SELECT 0, ",
        columns!(""),
        " FROM node WHERE id = ?2
            UNION ALL
            SELECT w.i + 1, ",
        columns!("n."),
        " FROM walk w CROSS JOIN node n INDEXED BY node_entry
             WHERE n.parent = w.id AND n.name = (?1 ->> w.i))
         SELECT ",
        columns!(""),
        ", i FROM walk ORDER BY i DESC LIMIT 1"
    );
    let (start, above) = if path.is_in_trash() { (TRASH, 1) } else { (ROOT, 0) };
    let names: Vec<&str> = path.segments().skip(above).collect();
    let row = first(sql, WALK, &[(&json!(names).to_string()).into(), start.into()])?;
    let row = row.ok_or_else(|| SqlError("the tree has no root".to_owned()))?;
    let steps = usize::try_from(row.int(8)?).unwrap_or(0);
    Ok((Node::from_row(&row)?, above + steps))
}

/// What is at a path.
pub fn find(sql: &dyn Sql, path: &FilePath) -> Result<Option<Node>, Error> {
    let (node, found) = resolve(sql, path)?;
    Ok((found == path.depth()).then_some(node))
}

/// What is at a path, or the error that nothing is.
pub fn get(sql: &dyn Sql, path: &FilePath, sought: Sought) -> Result<Node, Error> {
    find(sql, path)?.ok_or_else(|| Error::NotFound { sought, path: path.clone() })
}

/// How many of a path's names lead nowhere yet.
pub fn missing(sql: &dyn Sql, path: &FilePath) -> Result<usize, Error> {
    Ok(path.depth() - resolve(sql, path)?.1)
}

/// Where a node is, unless it was deleted for good.
pub fn path_of(sql: &dyn Sql, node: i64) -> Result<Option<FilePath>, Error> {
    const UP: &str = "WITH RECURSIVE up (i, parent, name) AS (
            SELECT 0, parent, name FROM node WHERE id = ?1
            UNION ALL
            SELECT u.i + 1, n.parent, n.name FROM up u CROSS JOIN node n ON n.id = u.parent)
        SELECT parent, name FROM up ORDER BY i DESC";
    let mut path = FilePath::root();
    for row in sql.query(UP, &[node.into()])? {
        match (row.int(0)?, row.text(1)?) {
            (UNLINKED, _) => return Ok(None),
            (_, "") => {}
            (_, name) => path = path.child(name),
        }
    }
    Ok(Some(path))
}

/// Where something is to go.
pub enum Target {
    /// Something is there.
    Taken(Node),
    /// Nothing is there, and this directory takes it.
    Free {
        /// The directory.
        parent: i64,
    },
}

impl Target {
    /// What is there, if anything.
    pub fn taken(&self) -> Option<&Node> {
        match self {
            Self::Taken(node) => Some(node),
            Self::Free { .. } => None,
        }
    }
}

/// Looks at a place that something is to go to. Missing parents are made, or are an error. Nothing goes into the trash
/// this way.
pub fn target(tx: &Tx<'_>, path: &FilePath, make_parents: bool) -> Result<Target, Error> {
    if path.is_in_trash() {
        return Err(Error::InTrash { path: path.clone() });
    }
    let (deepest, found) = resolve(tx.sql, path)?;
    let depth = path.depth();
    if found == depth {
        return Ok(Target::Taken(deepest));
    }
    let mut here = path.segments().take(found).fold(FilePath::root(), |path, name| path.child(name));
    if !deepest.is_directory() {
        return Err(Error::IsAFile { path: here });
    }
    let missing: Vec<&str> = path.segments().skip(found).take(depth - found - 1).collect();
    if !missing.is_empty() && !make_parents {
        let path = path.parent().unwrap_or_default();
        return Err(Error::NotFound { sought: Sought::Parent, path });
    }
    let mut parent = deepest.id;
    for name in missing {
        here = here.child(name);
        parent = make_directory(tx, parent, &here)?;
    }
    Ok(Target::Free { parent })
}

/// Makes one directory and answers its node.
pub fn make_directory(tx: &Tx<'_>, parent: i64, path: &FilePath) -> Result<i64, Error> {
    let rev = tx.record(Change::MakeDirectory, None, path, None)?;
    insert(tx, rev, parent, path.name(), &New::Directory)?;
    Ok(rev)
}

/// What a new node is.
pub enum New {
    /// An empty directory.
    Directory,
    /// A file with this content.
    File(Kept),
}

/// Adds the node that `rev` makes to a directory.
pub fn insert(tx: &Tx<'_>, rev: i64, parent: i64, name: &str, content: &New) -> Result<(), Error> {
    tx.add_entries(1)?;
    let (kind, blob, size_bytes) = match *content {
        New::Directory => (Kind::Directory, None, 0),
        New::File(Kept { blob, size_bytes }) => (Kind::File, Some(blob), size_bytes),
    };
    let insert =
        "INSERT INTO node (id, parent, name, fold, kind, blob, size, created_ms, modified_ms, rev, children_rev)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?1, ?1)";
    let fold = fold(name);
    tx.sql.query(
        insert,
        &[
            rev.into(),
            parent.into(),
            name.into(),
            (&fold).into(),
            (kind as i64).into(),
            blob.into(),
            size_bytes.cast_signed().into(),
            tx.now_ms.into(),
        ],
    )?;
    entries_changed(tx, parent, rev)
}

/// Gives a node another place. The caller has closed its past and looked that the place is free.
pub fn relocate(tx: &Tx<'_>, node: &Node, parent: i64, name: &str, rev: i64) -> Result<(), Error> {
    let update = "UPDATE node SET parent = ?2, name = ?3, fold = ?4, rev = ?5 WHERE id = ?1";
    let fold = fold(name);
    tx.sql.query(update, &[node.id.into(), parent.into(), name.into(), (&fold).into(), rev.into()])?;
    if node.parent != parent {
        entries_changed(tx, node.parent, rev)?;
    }
    entries_changed(tx, parent, rev)
}

/// Fails if what hangs below a directory would lie too deep at its new place. Only a move that goes deeper has to look,
/// and it looks at directories alone: all others are as deep as they were, or less.
pub fn check_depth(sql: &dyn Sql, node: &Node, from: &FilePath, to: &FilePath) -> Result<(), Error> {
    const HEIGHT: &str = "WITH RECURSIVE below (id, height) AS (
            SELECT ?1, 0
            UNION ALL
            SELECT n.id, b.height + 1 FROM below b CROSS JOIN node n INDEXED BY node_listing
             WHERE n.parent = b.id AND n.kind = ?2 AND b.height <= ?3)
        SELECT max(height) FROM below";
    let room = MAX_DEPTH.saturating_sub(to.depth());
    if !node.is_directory() || to.depth() <= from.depth() {
        return Ok(());
    }
    let limit = i64::try_from(room).unwrap_or(0);
    let height = only(sql, HEIGHT, &[node.id.into(), (Kind::Directory as i64).into(), limit.into()])?.int(0)?;
    if height > limit { Err(Error::TooDeep { path: to.clone(), max: MAX_DEPTH }) } else { Ok(()) }
}

/// The name by which a listing sorts.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// An entry of a directory came, went or was renamed: the directory shows a new time, so the listing that it stands in
/// has changed too.
pub fn entries_changed(tx: &Tx<'_>, directory: i64, rev: i64) -> Result<(), Error> {
    let update = "UPDATE node SET children_rev = ?2, modified_ms = iif(id = ?1, ?3, modified_ms)
        WHERE id IN (?1, (SELECT parent FROM node WHERE id = ?1))";
    tx.sql.query(update, &[directory.into(), rev.into(), tx.now_ms.into()])?;
    Ok(())
}

/// An entry of a directory has new content: only the listing of that directory has changed.
pub fn content_changed(tx: &Tx<'_>, directory: i64, rev: i64) -> Result<(), Error> {
    tx.sql.query("UPDATE node SET children_rev = ?2 WHERE id = ?1", &[directory.into(), rev.into()])?;
    Ok(())
}

/// An entry that a walk comes by.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its node.
    pub id: i64,
    /// The directory it is in.
    pub parent: i64,
    /// What a listing says of it.
    pub listed: Listed,
}

/// What is below a directory, down to `depth` levels, in the order of a listing: directories first, each followed by
/// what it holds, then files; by folded name, then by name. It starts behind `after`, and says whether `limit`, or the
/// bytes of the paths, have cut it. It reads about as many rows as it answers, wherever it starts.
pub fn walk(
    sql: &dyn Sql,
    top: (i64, &FilePath),
    depth: usize,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<(Vec<Step>, bool), Error> {
    let (top, top_path) = top;
    let mut levels = vec![Level::new(top, top_path.clone())];
    if let Some(after) = after {
        descend_to(sql, &mut levels, after, depth)?;
    }
    let mut steps = Vec::new();
    let mut held_bytes = 0;
    while let Some(level) = levels.last_mut() {
        // One more than the limit tells whether something is left.
        let Some(step) = level.next(sql, (limit - steps.len()).saturating_add(1), depth > 1)? else {
            levels.pop();
            continue;
        };
        if steps.len() == limit || held_bytes > WALK_MAX_BYTES {
            return Ok((steps, true));
        }
        if step.listed.kind == Kind::Directory && levels.len() < depth {
            levels.push(Level::new(step.id, step.listed.path.clone()));
        }
        held_bytes += step.listed.path.as_str().len();
        steps.push(step);
    }
    Ok((steps, false))
}

/// Opens the levels between the top and the entry of a cursor, each behind the entry that the walk had come to.
fn descend_to(sql: &dyn Sql, levels: &mut Vec<Level>, after: &Cursor, depth: usize) -> Result<(), Error> {
    let Some(top) = levels.first() else { return Ok(()) };
    let top_depth = top.path.depth();
    // The trash lies below the root by name alone: no listing of the root comes by it.
    let is_below = after.path.depth() > top_depth && after.path.is_within(&top.path);
    if !is_below || after.path.is_in_trash() != top.path.is_in_trash() {
        return Err(Error::BadCursor);
    }
    let names: Vec<&str> = after.path.segments().skip(top_depth).collect();
    for (index, name) in names.iter().enumerate() {
        let is_last = index + 1 == names.len();
        let kind = if is_last { after.kind } else { Kind::Directory };
        let is_deepest = levels.len() >= depth;
        let Some(level) = levels.last_mut() else { return Ok(()) };
        level.position = Some((kind, fold(name), (*name).to_owned()));
        if kind == Kind::File || is_deepest {
            return Ok(());
        }
        // A directory that is gone since has nothing left to walk; the walk goes on behind it.
        let path = level.path.child(name);
        match find(sql, &path)? {
            Some(node) if node.is_directory() => levels.push(Level::new(node.id, path)),
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// One directory of a walk.
struct Level {
    id: i64,
    path: FilePath,
    /// The last entry read.
    position: Option<(Kind, String, String)>,
    /// Entries read and not yet answered.
    ahead: VecDeque<Step>,
}

impl Level {
    fn new(id: i64, path: FilePath) -> Self {
        Self { id, path, position: None, ahead: VecDeque::new() }
    }

    fn next(&mut self, sql: &dyn Sql, wanted: usize, deep: bool) -> Result<Option<Step>, Error> {
        if self.ahead.is_empty() && self.position.as_ref().is_none_or(|(kind, ..)| *kind == Kind::Directory) {
            let most = if deep { DIRECTORIES_AHEAD } else { FILES_AHEAD };
            self.read(sql, Kind::Directory, wanted.min(most))?;
        }
        if self.ahead.is_empty() {
            self.read(sql, Kind::File, wanted.min(FILES_AHEAD))?;
        }
        Ok(self.ahead.pop_front())
    }

    fn read(&mut self, sql: &dyn Sql, kind: Kind, count: usize) -> Result<(), Error> {
        // One column of JSON is one value to bring over from the database, however many rows there are.
        const PAGE: &str = "SELECT json_group_array(json_array(id, name, fold, size, modified_ms)) FROM (
            SELECT id, name, fold, size, modified_ms FROM node INDEXED BY node_listing
             WHERE parent = ?1 AND kind = ?2 AND (fold, name) > (?3, ?4) ORDER BY fold, name LIMIT ?5)";
        let (fold, name) = match &self.position {
            Some((at, fold, name)) if *at == kind => (fold.as_str(), name.as_str()),
            _ => ("", ""),
        };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let page = first(sql, PAGE, &[self.id.into(), (kind as i64).into(), fold.into(), name.into(), count.into()])?;
        let page = page.ok_or_else(|| SqlError("an aggregate without a row".to_owned()))?;
        let rows: Vec<(i64, String, String, u64, i64)> = serde_json::from_str(page.text(0)?)
            .map_err(|error| SqlError(format!("a listing that is no JSON: {error}")))?;
        if let Some((_, name, fold, ..)) = rows.last() {
            self.position = Some((kind, fold.clone(), name.clone()));
        }
        self.ahead.extend(rows.into_iter().map(|(id, name, _, size_bytes, modified_ms)| {
            let listed = Listed { path: self.path.child(&name), kind, size_bytes, modified_ms };
            Step { id, parent: self.id, listed }
        }));
        Ok(())
    }
}
