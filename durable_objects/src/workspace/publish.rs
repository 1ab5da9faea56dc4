//! Reading a tree as it was at one moment, while others go on writing.
//!
//! A hold is a checkpoint that nobody sees: it has a number below zero and an end. Whatever lets go of history looks at
//! checkpoints, so it keeps what a hold covers as well; and since it takes no rev, it is no change.

use serde_json::json;

use crate::call::{
    CONTENTS_MAX_BYTES, ContentsRead, Cursor, Error, HeldEntry, HoldTree, KeepTree, Kind, Listed, Place, ReadBranches,
    ReadContents, ReadTree, ReleaseTree, Sought, TREE_PAGE_MAX, TreeHeld, TreeKept, TreePage, TreeReleased,
};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Bytes, Sql, first, join, only};

use super::asof::{self, Moment};
use super::history;
use super::media::MEDIA;
use super::timer::{self, Timer};
use super::tree::Node;
use super::txn::Tx;
use super::walk::{Step, Top, walk};

/// The longest time that a hold lasts.
const LASTS_MAX_MS: i64 = 60 * 60 * 1000;
/// The most holds at a time.
const HOLDS_MAX: i64 = 20;

/// Keeps the tree as it is.
pub fn hold(tx: &Tx<'_>, call: &HoldTree) -> Result<TreeHeld, Error> {
    const COUNTS: &str =
        "SELECT count(*), coalesce(sum(label = ?1), 0) FROM checkpoint WHERE until_ms IS NOT NULL AND until_ms > ?2";
    // Those who have died are in nobody's way, however late the alarm is.
    expire(tx)?;
    let counts = only(tx.sql, COUNTS, &[(&call.name).into(), tx.now_ms.into()])?;
    if counts.int(1)? > 0 {
        return Err(Error::HeldAlready { name: call.name.clone() });
    }
    if counts.int(0)? >= HOLDS_MAX - call.spares {
        return Err(Error::TooManyHolds {});
    }
    let number = "UPDATE meta SET v = v + 1 WHERE k = 'holds' RETURNING v";
    let hold = only(tx.sql, number, &[])?.int(0)?;
    let rev = tx.rev();
    let until_ms = tx.now_ms + call.lasts_ms.clamp(0, LASTS_MAX_MS);
    let insert = "INSERT INTO checkpoint (id, rev, label, at_ms, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = [(-hold).into(), rev.into(), (&call.name).into(), tx.now_ms.into(), until_ms.into()];
    tx.sql.query(insert, &row)?;
    timer::arm(tx.sql, Timer::Holds, until_ms)?;
    Ok(TreeHeld { hold, rev })
}

/// Holds it for longer.
pub fn keep(tx: &Tx<'_>, call: &KeepTree) -> Result<TreeKept, Error> {
    let until_ms = tx.now_ms + call.lasts_ms.clamp(0, LASTS_MAX_MS);
    let update = "UPDATE checkpoint SET until_ms = ?2 WHERE id = ?1 AND until_ms IS NOT NULL RETURNING 1";
    first(tx.sql, update, &[(-call.hold).into(), until_ms.into()])?.ok_or(Error::NotHeld { hold: call.hold })?;
    settle(tx)?;
    Ok(TreeKept {})
}

/// Lets go of it.
pub fn release(tx: &Tx<'_>, call: &ReleaseTree) -> Result<TreeReleased, Error> {
    let gone = "DELETE FROM checkpoint WHERE id = ?1 AND until_ms IS NOT NULL RETURNING 1";
    if first(tx.sql, gone, &[(-call.hold).into()])?.is_some() {
        history::let_go(tx)?;
    }
    settle(tx)?;
    Ok(TreeReleased {})
}

/// Lets go of what has been held for too long.
pub fn expire(tx: &Tx<'_>) -> Result<(), Error> {
    let gone = "DELETE FROM checkpoint WHERE until_ms IS NOT NULL AND until_ms <= ?1 RETURNING 1";
    if !tx.sql.query(gone, &[tx.now_ms.into()])?.is_empty() {
        history::let_go(tx)?;
    }
    settle(tx)
}

fn settle(tx: &Tx<'_>) -> Result<(), Error> {
    let next_ms = only(tx.sql, "SELECT min(until_ms) FROM checkpoint", &[])?.int_or_null(0)?;
    Ok(timer::settle(tx.sql, Timer::Holds, next_ms)?)
}

fn held_rev(sql: &dyn Sql, hold: i64) -> Result<i64, Error> {
    let row = first(sql, "SELECT rev FROM checkpoint WHERE id = ?1 AND until_ms IS NOT NULL", &[(-hold).into()])?;
    Ok(row.ok_or(Error::NotHeld { hold })?.int(0)?)
}

/// A page of the tree.
pub fn read_tree(sql: &dyn Sql, call: &ReadTree) -> Result<TreePage, Error> {
    let rev = held_rev(sql, call.hold)?;
    let moment = Moment::of(sql, rev)?;
    let not_there = || Error::NotFound { sought: Sought::Directory, path: call.path.clone() };
    let directory = asof::find(sql, &call.path, moment)?.ok_or_else(not_there)?;
    if !directory.is_directory() {
        return Err(Error::NotADirectory { path: call.path.clone() });
    }
    let top = Top { id: directory.id, path: &call.path, at: Some(moment), skip: &call.skip };
    let limit = call.limit.clamp(1, TREE_PAGE_MAX);
    let (steps, next) = walk(sql, top, usize::MAX, call.after.as_ref(), limit)?;
    Ok(TreePage { entries: with_contents(sql, steps, rev)?, next })
}

/// A page of some branches of the tree.
pub fn read_branches(sql: &dyn Sql, call: &ReadBranches) -> Result<TreePage, Error> {
    let rev = held_rev(sql, call.hold)?;
    let moment = Moment::of(sql, rev)?;
    let limit = call.limit.clamp(1, TREE_PAGE_MAX);
    // The trash lies below the root by name alone.
    let is_in = |path: &FilePath, top: &FilePath| path.is_within(top) && path.is_in_trash() == top.is_in_trash();
    let begun = |cursor: &Cursor| call.paths.iter().position(|top| is_in(&cursor.path, top)).ok_or(Error::BadCursor);
    let first = call.after.as_ref().map_or(Ok(0), begun)?;
    let (mut after, mut steps, mut next) = (call.after.as_ref(), Vec::new(), None);
    for path in call.paths.iter().skip(first) {
        let not_there = || Error::NotFound { sought: Sought::Path, path: path.clone() };
        let node = asof::find(sql, path, moment)?.ok_or_else(not_there)?;
        // A branch that was begun has been told itself.
        let begun = after.take();
        if begun.is_none() && steps.len() < limit {
            let Node { id, parent, kind, size_bytes, modified_ms, .. } = node;
            steps.push(Step { id, parent, listed: Listed { path: path.clone(), kind, size_bytes, modified_ms } });
        }
        if steps.len() == limit {
            next = steps.last().map(Step::cursor);
        } else if node.is_directory() {
            let top = Top { id: node.id, path, at: Some(moment), skip: &[] };
            let behind = begun.filter(|cursor| cursor.path != *path);
            let (below, rest) = walk(sql, top, usize::MAX, behind, limit - steps.len())?;
            steps.extend(below);
            next = rest;
        }
        if next.is_some() {
            break;
        }
    }
    Ok(TreePage { entries: with_contents(sql, steps, rev)?, next })
}

/// Says of entries what their bytes were as of a rev: three rows a file.
fn with_contents(sql: &dyn Sql, steps: Vec<Step>, rev: i64) -> Result<Vec<HeldEntry>, Error> {
    // In the order of the array, directories left out.
    const CONTENTS: &str = "WITH wanted (i, id) AS MATERIALIZED (SELECT key, value FROM json_each(?1)),
        state (i, blob) AS MATERIALIZED (
            SELECT w.i, n.blob FROM wanted w CROSS JOIN node n WHERE n.id = w.id AND n.rev <= ?2
            UNION ALL
            SELECT w.i, p.blob FROM wanted w CROSS JOIN past p
             WHERE p.node = w.id AND p.from_rev <= ?2 AND p.to_rev > ?2)
        SELECT s.i, hex(b.hash), b.place, b.key FROM state s CROSS JOIN blob b ON b.id = s.blob";
    let ids: Vec<i64> = steps.iter().map(|step| step.id).collect();
    let rows = sql.query(CONTENTS, &[(&json!(ids).to_string()).into(), rev.into()])?;
    let mut contents = vec![None; steps.len()];
    for row in &rows {
        let hash = Sha256::from_hex(row.text(1)?);
        let bytes = match (row.text_or_null(3)?, row.int(2)?) {
            (None, _) => Place::Body,
            (Some(key), _) if hash.is_none() => Place::Foreign(key.to_owned()),
            (Some(key), MEDIA) => Place::Media(key.to_owned()),
            (Some(key), _) => Place::Stored(key.to_owned()),
        };
        let index = usize::try_from(row.int(0)?).unwrap_or(usize::MAX);
        if let Some(place) = contents.get_mut(index) {
            *place = Some((hash, bytes));
        }
    }
    let entries = steps.into_iter().zip(contents).map(|(step, content)| {
        let listed = step.listed;
        let (hash, bytes) = match (listed.kind, content) {
            (Kind::File, Some(content)) => content,
            (Kind::File, None) => return Err(Error::VersionGone { path: listed.path, rev }),
            (Kind::Directory, _) => (None, Place::Unchanged),
        };
        let Listed { path, kind, size_bytes, modified_ms } = listed;
        Ok(HeldEntry { path, kind, size_bytes, modified_ms, hash, bytes })
    });
    entries.collect()
}

/// The bytes of some files.
pub fn read_contents(sql: &dyn Sql, call: &ReadContents) -> Result<(ContentsRead, Option<Bytes>), Error> {
    const SIZES: &str = "SELECT j.key, b.size FROM json_each(?1) j CROSS JOIN blob b INDEXED BY blob_hash
        ON b.hash = unhex(j.value) AND b.state = 0 AND b.place = 0 ORDER BY j.key";
    held_rev(sql, call.hold)?;
    let hashes = json!(call.hashes).to_string();
    let rows = sql.query(SIZES, &[(&hashes).into()])?;
    let (mut sizes, mut parts, mut total_bytes) = (Vec::new(), Vec::new(), 0);
    for (row, hash) in rows.iter().zip(&call.hashes) {
        let size_bytes = row.count(1)?;
        total_bytes += size_bytes;
        if total_bytes > CONTENTS_MAX_BYTES && !parts.is_empty() {
            break;
        }
        let read = "SELECT bytes FROM blob WHERE hash = unhex(?1) AND state = 0 AND place = 0";
        parts.push(only(sql, read, &[(&hash.to_string()).into()])?.into_bytes(0)?);
        sizes.push(size_bytes);
    }
    if sizes.is_empty() || rows.len() < call.hashes.len() {
        // What is held is there, but for what was derived and has been derived anew: who asks has to begin again.
        return Err(Error::NotHeld { hold: call.hold });
    }
    Ok((ContentsRead { sizes }, Some(join(&parts))))
}
