//! Giving entries back the place and content that they had: what restoring a checkpoint and undoing a turn have in common.
//!
//! It happens in one transaction, in a few statements for hundreds of entries each. What moves leaves its place before
//! anything takes one, so that two entries can change places. Every state that ends here is history like any other, so that
//! this can be taken back too.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::call::{Error, Kind};
use crate::path::FilePath;

use super::schema::{PARKED, TRASH, UNLINKED};
use super::since::State;
use super::timer::{self, Timer};
use super::tree::{self, Target};
use super::txn::{Change, Tx};
use super::{blobs, trash};

/// How much JSON one statement takes: well below the platform's 2 MB for a bound value.
const CHUNK_BYTES: usize = 256 * 1024;

/// An entry that is to be as it was.
pub struct Back {
    /// As it was.
    pub to: State,
    /// As it is, if it has a row.
    pub now: Option<State>,
    /// Where it will be.
    pub path: FilePath,
    /// Where it is, if it is somewhere.
    pub from: Option<FilePath>,
}

impl Back {
    /// Whether it changes its place.
    pub fn moves(&self) -> bool {
        self.now.as_ref().is_none_or(|now| !now.is_where(&self.to))
    }

    /// Its time: a new one when its content is another.
    fn modified_ms(&self, now_ms: i64) -> i64 {
        self.now.as_ref().filter(|now| now.is_what(&self.to)).map_or(now_ms, |now| now.modified_ms)
    }
}

/// An entry that goes to the trash, since it was not there.
pub struct Out {
    /// As it is.
    pub now: State,
    /// Where it is.
    pub path: FilePath,
}

/// Everything that is to happen.
#[derive(Default)]
pub struct Plan {
    /// What is to be as it was. No two take one place, and none takes a place that stays taken.
    pub back: Vec<Back>,
    /// What goes to the trash.
    pub out: Vec<Out>,
    /// Of `back`, the node that goes to its `path`, whatever its parent was: missing parents are made, and what is there
    /// goes to the trash.
    pub top: Option<i64>,
}

/// Does it. All states end and begin at one rev, so that at no moment two entries are at one place.
pub fn apply(tx: &Tx<'_>, plan: Plan) -> Result<(), Error> {
    let Plan { mut back, out, top } = plan;
    if back.is_empty() && out.is_empty() {
        return Ok(());
    }
    let mut names = TrashNames::default();
    let back_count = back.len();
    park(tx, &back, &out, top)?;
    let mut top = back.iter_mut().find(|back| Some(back.to.node) == top);
    if let Some(there) = top.as_ref().map(|top| tree::find(tx.sql, &top.path)).transpose()?.flatten() {
        let path = tree::path_of(tx.sql, there.id)?.unwrap_or_default();
        trash::put_as(tx, &there, &path, &names.next(path.name(), tx.now_ms))?;
    }
    let (out_rev, back_rev) = (tx.take_revs(count(out.len())), tx.take_revs(count(back_count)));
    let rev = tx.rev();
    if let Some(top) = &mut top
        && let Target::Free { parent } = tree::target(tx, &top.path, true)?
    {
        top.to.parent = parent;
        top.path.name().clone_into(&mut top.to.name);
    }
    let gone = out.iter().map(|out| (&out.now, out.now.blob));
    let states = gone.chain(back.iter().filter_map(|back| Some((back.now.as_ref()?, back.to.blob))));
    close(tx, states, rev)?;
    throw_out(tx, &out, (out_rev, rev), &mut names)?;
    place(tx, &back, rev)?;
    let rows = (back_rev..).zip(&back).map(|(rev, back)| json!([rev, back.to.node, back.path, back.from]));
    chunked(rows, |rows| tx.record_many(Change::Revert, rows))?;
    Touched::by(&back, &out).settle(tx)
}

/// Takes everything that is to move out of its place.
fn park(tx: &Tx<'_>, back: &[Back], out: &[Out], top: Option<i64>) -> Result<(), Error> {
    const PARK: &str =
        "UPDATE node SET parent = ?2, name = id, fold = '' WHERE id IN (SELECT value FROM json_each(?1))";
    const UNLINKED_BLOBS: &str = "SELECT blob FROM node WHERE id IN (SELECT value FROM json_each(?1)) AND parent = ?2";
    let moves = |back: &&Back| (back.moves() || Some(back.to.node) == top) && back.now.is_some();
    let moving = back.iter().filter(moves).map(|back| back.to.node);
    chunked(moving.chain(out.iter().map(|out| out.now.node)).map(Value::from), |ids| {
        blobs::drop_all(tx, UNLINKED_BLOBS, &[ids.into(), UNLINKED.into()])?;
        tx.sql.query(PARK, &[ids.into(), PARKED.into()])?;
        Ok(())
    })
}

/// Ends states, each with the content that comes then. What was deleted for good has none to end.
fn close<'s>(tx: &Tx<'_>, states: impl Iterator<Item = (&'s State, Option<i64>)>, rev: i64) -> Result<(), Error> {
    const CLOSE: &str =
        "INSERT INTO past (to_rev, node, from_rev, parent, name, kind, mode, blob, size, mime, modified_ms, ends_content)
        SELECT ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
            value ->> 7, value ->> 8, value ->> 9, value ->> 10 FROM json_each(?1)";
    let rows = states.filter(|(state, _)| state.parent != UNLINKED).map(|(state, next)| {
        let State { node, from_rev, parent, name, kind, mode, blob, size, mime, modified_ms } = state;
        json!([node, from_rev, parent, name, kind, mode, blob, size, mime, modified_ms, i64::from(*blob != next)])
    });
    chunked(rows, |rows| {
        tx.sql.query(CLOSE, &[rows.into(), rev.into()])?;
        Ok(())
    })
}

/// Puts everything into the trash that was not there.
fn throw_out(tx: &Tx<'_>, out: &[Out], (first_rev, rev): (i64, i64), names: &mut TrashNames) -> Result<(), Error> {
    const MOVE: &str = "UPDATE node SET parent = ?2, name = value ->> 4, fold = value ->> 5, rev = ?3
        FROM json_each(?1) WHERE node.id = value ->> 1";
    const NOTE: &str = "INSERT INTO trash (node, original_path, deleted_ms, expires_ms)
        SELECT value ->> 1, value ->> 2, ?2, ?3 FROM json_each(?1)";
    let expires_ms = tx.now_ms + tx.limits.trash_ms;
    let rows = (first_rev..).zip(out).map(|(change_rev, Out { now, path })| {
        let name = names.next(&now.name, tx.now_ms);
        json!([change_rev, now.node, path, null, name, tree::fold(&name)])
    });
    chunked(rows, |rows| {
        tx.record_many(Change::Trash, rows)?;
        tx.sql.query(MOVE, &[rows.into(), TRASH.into(), rev.into()])?;
        tx.sql.query(NOTE, &[rows.into(), tx.now_ms.into(), expires_ms.into()])?;
        Ok(timer::arm(tx.sql, Timer::Expire, expires_ms)?)
    })
}

/// Names in the trash that no two of one transaction share.
#[derive(Default)]
pub struct TrashNames(HashMap<String, usize>);

impl TrashNames {
    /// The next for an entry of this name.
    pub fn next(&mut self, name: &str, now_ms: i64) -> String {
        let ties = self.0.entry(name.to_owned()).or_default();
        *ties += 1;
        if *ties == 1 { format!("{name}.{now_ms}") } else { format!("{name}.{now_ms}-{}", *ties - 1) }
    }
}

/// Gives everything its place and content.
fn place(tx: &Tx<'_>, back: &[Back], rev: i64) -> Result<(), Error> {
    const UPDATE: &str = "UPDATE node SET rev = ?2, parent = value ->> 1, name = value ->> 2, fold = value ->> 3,
            mode = value ->> 5, blob = value ->> 6, size = value ->> 7, mime = value ->> 8, modified_ms = value ->> 9
        FROM json_each(?1) WHERE node.id = value ->> 0";
    const INSERT: &str = "INSERT INTO node (rev, children_rev, id, parent, name, fold, kind, mode, blob, size, mime,
            modified_ms, created_ms)
        SELECT ?2, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
            value ->> 7, value ->> 8, value ->> 9, value ->> 10 FROM json_each(?1)";
    const FORGET: [&str; 2] = [
        "DELETE FROM trash WHERE node IN (SELECT value ->> 0 FROM json_each(?1))",
        "DELETE FROM held WHERE node IN (SELECT value ->> 0 FROM json_each(?1))",
    ];
    for (is_there, statement) in [(true, UPDATE), (false, INSERT)] {
        let chosen = back.iter().filter(|back| back.now.is_some() == is_there);
        let rows = chosen.map(|back| {
            let State { node, parent, name, kind, mode, blob, size, mime, modified_ms, .. } = &back.to;
            let (fold, now_ms) = (tree::fold(name), back.modified_ms(tx.now_ms));
            json!([node, parent, name, fold, kind, mode, blob, size, mime, now_ms, modified_ms])
        });
        chunked(rows, |rows| {
            tx.sql.query(statement, &[rows.into(), rev.into()])?;
            for forget in FORGET {
                tx.sql.query(forget, &[rows.into()])?;
            }
            Ok(())
        })?;
    }
    let made: Vec<&Back> = back.iter().filter(|back| back.now.is_none()).collect();
    tx.add_entries(made.len())?;
    tx.add_files(count(made.iter().filter(|back| back.to.kind == Kind::File as i64).count()));
    Ok(())
}

/// The directories that show something else now.
#[derive(Default)]
struct Touched {
    /// Those whose entries are others.
    directories: BTreeSet<i64>,
    /// Those of whose entries one has other content.
    above_content: BTreeSet<i64>,
}

impl Touched {
    fn by(back: &[Back], out: &[Out]) -> Self {
        let mut touched = Self::default();
        for out in out {
            touched.directories.extend([out.now.parent, TRASH]);
        }
        for back in back {
            if back.moves() {
                touched.directories.insert(back.to.parent);
                touched.directories.extend(back.now.as_ref().map(|now| now.parent));
            } else {
                touched.above_content.insert(back.to.parent);
            }
        }
        touched
    }

    fn settle(self, tx: &Tx<'_>) -> Result<(), Error> {
        const THESE: &str = "SELECT value FROM json_each(?1)";
        let rev = tx.rev().into();
        let entries = format!("UPDATE node SET children_rev = ?2, modified_ms = ?3 WHERE id IN ({THESE})");
        let above =
            format!("UPDATE node SET children_rev = ?2 WHERE id IN (SELECT parent FROM node WHERE id IN ({THESE}))");
        let content = format!("UPDATE node SET children_rev = ?2 WHERE id IN ({THESE})");
        chunked(self.directories.into_iter().map(Value::from), |ids| {
            tx.sql.query(&entries, &[ids.into(), rev, tx.now_ms.into()])?;
            tx.sql.query(&above, &[ids.into(), rev])?;
            Ok(())
        })?;
        chunked(self.above_content.into_iter().map(Value::from), |ids| {
            tx.sql.query(&content, &[ids.into(), rev])?;
            Ok(())
        })
    }
}

/// Runs statements over rows, as JSON arrays of a bounded length.
pub fn chunked(rows: impl Iterator<Item = Value>, mut run: impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    let mut chunk = String::new();
    for row in rows {
        chunk.push(if chunk.is_empty() { '[' } else { ',' });
        chunk.push_str(&row.to_string());
        if chunk.len() > CHUNK_BYTES {
            chunk.push(']');
            run(&chunk)?;
            chunk.clear();
        }
    }
    if chunk.is_empty() {
        return Ok(());
    }
    chunk.push(']');
    run(&chunk)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
