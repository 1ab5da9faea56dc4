//! From the feed to paths: which of them the copy may be behind at.

use serde_json::{Value, json};

use crate::call::{Error, Kind};
use crate::path::FilePath;
use crate::sql::{Param, first, only};

use super::super::revert::chunked;
use super::super::timer::{self, Timer};
use super::super::tree;
use super::super::txn::{Change, Tx};
use super::is_left_out;

/// How many rows of the feed, and how many entries of a directory, one step looks at.
const PAGE: i64 = 500;

/// The kinds of `mirror_plan`: this path.
pub const ONE: i64 = 0;
/// All that the copy has below it.
const COPIED: i64 = 1;
/// All that the tree has there and below.
const IN_TREE: i64 = 2;

/// Which changes concern their own path alone, and which no path at all. All others may be of directories.
const OF_ONE: [Change; 4] = [Change::Create, Change::Write, Change::Copy, Change::Import];
const OF_NONE: [Change; 5] =
    [Change::MakeDirectory, Change::Empty, Change::Reset, Change::Checkpoint, Change::DropCheckpoint];

/// Looks at the next rows of the feed; says whether there were any.
pub fn follow(tx: &Tx<'_>) -> Result<bool, Error> {
    const NEXT: &str = "SELECT rev, txn, kind, path, from_path FROM change WHERE rev > ?1 ORDER BY rev LIMIT ?2";
    let planned_rev = only(tx.sql, "SELECT v FROM meta WHERE k = 'mirror_planned'", &[])?.int(0)?;
    if planned_rev >= tx.rev() {
        return Ok(false);
    }
    let rows = tx.sql.query(NEXT, &[planned_rev.into(), PAGE.into()])?;
    let mut paths = Vec::new();
    let is_whole = rows.first().map(|row| row.int(0)).transpose()? == Some(planned_rev + 1);
    let last_rev = if let (true, Some(last)) = (is_whole, rows.last()) {
        for row in &rows {
            let (txn, kind) = (row.int(1)?, row.text(2)?);
            if OF_NONE.iter().any(|change| change.word() == kind) {
                continue;
            }
            let is_one = OF_ONE.iter().any(|change| change.word() == kind);
            let kinds: &[i64] = if is_one { &[ONE] } else { &[COPIED, IN_TREE, ONE] };
            // What a copy was made from is as it was.
            let from = row.text_or_null(4)?.filter(|_| !is_one);
            for path in [Some(row.text(3)?), from].into_iter().flatten() {
                paths.extend(kinds.iter().map(|kind| json!([path, kind, txn])));
            }
        }
        last.int(0)?
    } else {
        // The feed has lost some, or nothing has been looked at yet: then everything is.
        paths.extend([COPIED, IN_TREE].map(|kind| json!(["", kind, planned_rev + 1])));
        tx.rev()
    };
    add(tx, paths)?;
    tx.sql.query("UPDATE meta SET v = ?1 WHERE k = 'mirror_planned'", &[last_rev.into()])?;
    Ok(true)
}

/// Adds paths with kind and rev to the plan, but for what is left out.
fn add(tx: &Tx<'_>, rows: Vec<Value>) -> Result<(), Error> {
    // A path that waits or has failed is looked at anew, and held back by the older of its changes.
    const ADD: &str =
        "INSERT INTO mirror_plan (path, kind, rev) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)
        WHERE true ON CONFLICT (path, kind) DO UPDATE SET rev = min(rev, excluded.rev), at = '', tries = 0,
            waits_for = NULL";
    let is_in = |row: &Value| row.get(0).and_then(Value::as_str).is_some_and(|path| !is_left_out(tx.limits, path));
    chunked(rows.into_iter().filter(is_in), |rows| {
        tx.sql.query(ADD, &[rows.into()])?;
        Ok(())
    })
}

/// One page of all that is below a path: what is found becomes a path, or a directory to look into. The task ends with the
/// last page.
pub fn expand(tx: &Tx<'_>, path: &str, kind: i64) -> Result<(), Error> {
    let row = "SELECT rev, at FROM mirror_plan WHERE path = ?1 AND kind = ?2";
    let row = only(tx.sql, row, &[path.into(), kind.into()])?;
    let (rev, at) = (row.int(0)?, row.text(1)?);
    let (found, next) = if kind == COPIED { copied(tx, path, at)? } else { in_tree(tx, path, at)? };
    add(tx, found.into_iter().map(|(path, kind)| json!([path, kind, rev])).collect())?;
    let (statement, next): (_, Param<'_>) = match &next {
        Some(next) => ("UPDATE mirror_plan SET at = ?3 WHERE path = ?1 AND kind = ?2", next.into()),
        None => ("DELETE FROM mirror_plan WHERE path = ?1 AND kind = ?2 AND ?3 IS NULL", Param::Null),
    };
    tx.sql.query(statement, &[path.into(), kind.into(), next])?;
    Ok(())
}

/// Paths with what is to be looked at there, and where to go on.
type Page = (Vec<(String, i64)>, Option<String>);

fn copied(tx: &Tx<'_>, path: &str, at: &str) -> Result<Page, Error> {
    const BELOW: &str = "SELECT path FROM mirror WHERE path >= ?1 AND path < ?2 AND path > ?3 ORDER BY path LIMIT ?4";
    // Behind the slash comes a zero; behind all that is UTF-8, the largest character there is.
    let (from, to) = match path {
        "" => (String::new(), char::MAX.to_string()),
        path => (format!("{path}/"), format!("{path}0")),
    };
    let rows = tx.sql.query(BELOW, &[(&from).into(), (&to).into(), at.into(), PAGE.into()])?;
    let found: Vec<(String, i64)> =
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), ONE))).collect::<Result<_, Error>>()?;
    let next = found.last().filter(|_| found.len() == page()).map(|(path, _)| path.clone());
    Ok((found, next))
}

fn in_tree(tx: &Tx<'_>, path: &str, at: &str) -> Result<Page, Error> {
    const ENTRIES: &str = "SELECT name, kind FROM node INDEXED BY node_entry WHERE parent = ?1 AND name > ?2
        ORDER BY name LIMIT ?3";
    let path = super::super::trash::stored_path(path)?;
    let Some(node) = tree::find(tx.sql, &path)? else { return Ok((Vec::new(), None)) };
    // A file has its own row in the plan.
    if !node.is_directory() {
        return Ok((Vec::new(), None));
    }
    let rows = tx.sql.query(ENTRIES, &[node.id.into(), at.into(), PAGE.into()])?;
    let entries = rows.iter().map(|row| {
        let kind = if row.int(1)? == Kind::Directory as i64 { IN_TREE } else { ONE };
        Ok((String::from(path.child(row.text(0)?)), kind))
    });
    let next = rows.last().filter(|_| rows.len() == page()).map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok((entries.collect::<Result<_, Error>>()?, next))
}

fn page() -> usize {
    usize::try_from(PAGE).unwrap_or(usize::MAX)
}

/// Has one path looked at, for a reason that is not in the feed: no rev is held back.
pub fn add_one(tx: &Tx<'_>, path: &FilePath) -> Result<(), Error> {
    add(tx, vec![json!([path.as_str(), ONE, tx.rev() + 1])])?;
    Ok(timer::arm(tx.sql, Timer::Mirror, tx.now_ms)?)
}

/// Whether anything is planned that does not wait for something else.
pub fn is_busy(tx: &Tx<'_>) -> Result<bool, Error> {
    Ok(first(tx.sql, "SELECT 1 FROM mirror_plan WHERE waits_for IS NULL LIMIT 1", &[])?.is_some())
}
