//! Giving entries back the place and content that they had: what restoring a checkpoint and undoing a turn have in common.
//!
//! It happens in one transaction, in a few statements for hundreds of entries each. What moves leaves its place before
//! anything takes one, so that two entries can change places. Every state that ends here is history like any other, so that
//! this can be taken back too.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::call::{Error, Kind};
use crate::path::FilePath;

use super::history::close_states;
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
    fn moves(&self) -> bool {
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

/// Does it. The revs of what goes out come first.
pub fn apply(tx: &Tx<'_>, plan: Plan) -> Result<(), Error> {
    let Plan { mut back, out, top } = plan;
    if back.is_empty() && out.is_empty() {
        return Ok(());
    }
    let mut touched = Touched::default();
    let (out_rev, back_rev) = (tx.take_revs(count(out.len())), tx.take_revs(count(back.len())));
    let revs = (out_rev..).zip(out.iter().map(|out| &out.now));
    let revs = revs.chain((back_rev..).zip(&back).filter_map(|(rev, back)| Some((rev, back.now.as_ref()?))));
    close(tx, &revs.map(|(rev, now)| json!([rev, now.node])).collect::<Vec<_>>())?;
    park(tx, &back)?;
    let mut names = TrashNames::default();
    throw_out(tx, &out, out_rev, &mut names)?;
    if let Some(back) = back.iter_mut().find(|back| Some(back.to.node) == top) {
        back.to.parent = make_room(tx, &back.path, &mut names)?;
        back.path.name().clone_into(&mut back.to.name);
    }
    place(tx, &back, back_rev)?;
    let rows = (back_rev..).zip(&back).map(|(rev, back)| json!([rev, back.to.node, back.path, back.from]));
    chunked(rows, |rows| tx.record_many(Change::Revert, rows))?;
    for out in &out {
        touched.directories.extend([out.now.parent, TRASH]);
    }
    for back in &back {
        touched.add(back);
    }
    touched.settle(tx)
}

/// Ends the states that nodes have now. `rows` are revs and nodes. What was deleted for good has no state to end.
fn close(tx: &Tx<'_>, rows: &[Value]) -> Result<(), Error> {
    const CLOSE: &str = concat!(
        close_states!("value ->> 0"),
        " FROM json_each(?1) CROSS JOIN node ON node.id = value ->> 1 WHERE node.parent <> ?2"
    );
    chunked(rows.iter().cloned(), |rows| {
        tx.sql.query(CLOSE, &[rows.into(), UNLINKED.into()])?;
        Ok(())
    })
}

/// Takes everything that is to move out of its place.
fn park(tx: &Tx<'_>, back: &[Back]) -> Result<(), Error> {
    const PARK: &str =
        "UPDATE node SET parent = ?2, name = id, fold = '' WHERE id IN (SELECT value FROM json_each(?1))";
    const UNLINKED_BLOBS: &str = "SELECT blob FROM node WHERE id IN (SELECT value FROM json_each(?1)) AND parent = ?2";
    let moving = back.iter().filter(|back| back.moves() && back.now.is_some());
    chunked(moving.map(|back| back.to.node.into()), |ids| {
        blobs::drop_all(tx, UNLINKED_BLOBS, &[ids.into(), UNLINKED.into()])?;
        tx.sql.query(PARK, &[ids.into(), PARKED.into()])?;
        Ok(())
    })
}

/// Puts everything into the trash that was not there.
fn throw_out(tx: &Tx<'_>, out: &[Out], first_rev: i64, names: &mut TrashNames) -> Result<(), Error> {
    const MOVE: &str = "UPDATE node SET parent = ?2, name = value ->> 4, fold = value ->> 5, rev = value ->> 0
        FROM json_each(?1) WHERE node.id = value ->> 1";
    const NOTE: &str = "INSERT INTO trash (node, original_path, deleted_ms, expires_ms)
        SELECT value ->> 1, value ->> 2, ?2, ?3 FROM json_each(?1)";
    let expires_ms = tx.now_ms + tx.limits.trash_ms;
    let rows = (first_rev..).zip(out).map(|(rev, Out { now, path })| {
        let name = names.next(&now.name, tx.now_ms);
        json!([rev, now.node, path, null, name, tree::fold(&name)])
    });
    chunked(rows, |rows| {
        tx.record_many(Change::Trash, rows)?;
        tx.sql.query(MOVE, &[rows.into(), TRASH.into()])?;
        tx.sql.query(NOTE, &[rows.into(), tx.now_ms.into(), expires_ms.into()])?;
        Ok(timer::arm(tx.sql, Timer::Expire, expires_ms)?)
    })
}

/// Names in the trash that no two of one transaction share.
#[derive(Default)]
struct TrashNames(HashMap<String, usize>);

impl TrashNames {
    fn next(&mut self, name: &str, now_ms: i64) -> String {
        let ties = self.0.entry(name.to_owned()).or_default();
        *ties += 1;
        if *ties == 1 { format!("{name}.{now_ms}") } else { format!("{name}.{now_ms}-{}", *ties - 1) }
    }
}

/// Sees to it that a place is free, and answers its directory.
fn make_room(tx: &Tx<'_>, path: &FilePath, names: &mut TrashNames) -> Result<i64, Error> {
    match tree::target(tx, path, true)? {
        Target::Free { parent } => Ok(parent),
        Target::Taken(there) => {
            trash::put_as(tx, &there, path, &names.next(path.name(), tx.now_ms))?;
            Ok(there.parent)
        }
    }
}

/// Gives everything its place and content.
fn place(tx: &Tx<'_>, back: &[Back], first_rev: i64) -> Result<(), Error> {
    const UPDATE: &str =
        "UPDATE node SET rev = value ->> 0, parent = value ->> 2, name = value ->> 3, fold = value ->> 4,
            mode = value ->> 6, blob = value ->> 7, size = value ->> 8, mime = value ->> 9, modified_ms = value ->> 10
        FROM json_each(?1) WHERE node.id = value ->> 1";
    const INSERT: &str = "INSERT INTO node (id, rev, parent, name, fold, kind, mode, blob, size, mime,
            modified_ms, created_ms, children_rev)
        SELECT value ->> 1, value ->> 0, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
            value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 0 FROM json_each(?1)";
    const FORGET: [&str; 2] = [
        "DELETE FROM trash WHERE node IN (SELECT value ->> 1 FROM json_each(?1))",
        "DELETE FROM held WHERE node IN (SELECT value ->> 1 FROM json_each(?1))",
    ];
    for (is_there, statement) in [(true, UPDATE), (false, INSERT)] {
        let chosen = (first_rev..).zip(back).filter(|(_, back)| back.now.is_some() == is_there);
        let rows = chosen.map(|(rev, back)| {
            let State { node, parent, name, kind, mode, blob, size, mime, modified_ms, .. } = &back.to;
            let fold = tree::fold(name);
            let now_ms = back.modified_ms(tx.now_ms);
            json!([rev, node, parent, name, fold, kind, mode, blob, size, mime, now_ms, modified_ms])
        });
        chunked(rows, |rows| {
            for statement in [statement].into_iter().chain(FORGET) {
                tx.sql.query(statement, &[rows.into()])?;
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
    fn add(&mut self, back: &Back) {
        if back.moves() {
            self.directories.insert(back.to.parent);
            self.directories.extend(back.now.as_ref().map(|now| now.parent));
        } else {
            self.above_content.insert(back.to.parent);
        }
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
