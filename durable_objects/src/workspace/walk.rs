//! Walking the tree: what is below a directory, page by page in the order of a listing, as it is or as it was.

use std::collections::VecDeque;

use crate::call::{Cursor, Error, Kind, Listed};
use crate::limits::WALK_MAX_BYTES;
use crate::path::FilePath;
use crate::sql::{Sql, SqlError, first};

use super::asof::{self, Moment};
use super::tree::{find, fold};

/// How many files are read at once: a JSON text of about 100 KB, far below the platform's 2 MB.
const FILES_AHEAD: usize = 1000;
/// How many subdirectories are read at once while a walk goes deeper: what is read ahead and then not needed stays small.
const DIRECTORIES_AHEAD: usize = 64;

/// How many entries of a directory that came later a look at the past passes by for each that it may answer, and at least;
/// then it answers what it has, and where to go on.
const LATER_FOR_EACH: usize = 10;
const LATER_MIN: usize = 1000;

/// A place in the listing of a directory: kind, folded name, name.
pub type Position = (Kind, String, String);

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

impl Step {
    /// Where it stands in the listing of its directory.
    pub fn position(&self) -> Position {
        let name = self.listed.path.name();
        (self.listed.kind, fold(name), name.to_owned())
    }

    /// What goes on behind it.
    pub fn cursor(&self) -> Cursor {
        Cursor { path: self.listed.path.clone(), kind: self.listed.kind }
    }
}

/// Where a walk begins.
#[derive(Clone, Copy)]
pub struct Top<'a> {
    /// The directory.
    pub id: i64,
    /// Its path.
    pub path: &'a FilePath,
    /// When: now, or then.
    pub at: Option<Moment>,
    /// Names of directories that are come by and not entered.
    pub skip: &'a [String],
}

/// What is below a directory, down to `depth` levels, in the order of a listing: directories first, each followed by
/// what it holds, then files; by folded name, then by name. It starts behind `after`, and says where to go on if `limit`, the
/// bytes of the paths, or, in the past, too many later entries have cut it. It reads about as many rows as it answers,
/// wherever it starts; in the past, also what is later, and what the directories have held since.
pub fn walk(
    sql: &dyn Sql,
    top: Top<'_>,
    depth: usize,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<(Vec<Step>, Option<Cursor>), Error> {
    let look_max = limit.saturating_mul(LATER_FOR_EACH).max(LATER_MIN);
    let mut levels = vec![Level::new(top.id, top.path.clone(), top.at, look_max)];
    if let Some(after) = after {
        descend_to(sql, &mut levels, after, depth, top.skip)?;
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut held_bytes = 0;
    while let Some(level) = levels.last_mut() {
        // One more than the limit tells whether something is left.
        let Some(step) = level.next(sql, (limit - steps.len()).saturating_add(1), depth > 1)? else {
            if level.is_stopped {
                return Ok((steps, level.cursor()));
            }
            levels.pop();
            continue;
        };
        if steps.len() == limit || held_bytes > WALK_MAX_BYTES {
            let last = steps.last().map(Step::cursor);
            return Ok((steps, last));
        }
        let is_entered = || !top.skip.iter().any(|name| name == step.listed.path.name());
        if step.listed.kind == Kind::Directory && levels.len() < depth && is_entered() {
            levels.push(Level::new(step.id, step.listed.path.clone(), top.at, look_max));
        }
        held_bytes += step.listed.path.as_str().len();
        steps.push(step);
    }
    Ok((steps, None))
}

/// Opens the levels between the top and the entry of a cursor, each behind the entry that the walk had come to.
fn descend_to(
    sql: &dyn Sql,
    levels: &mut Vec<Level>,
    after: &Cursor,
    depth: usize,
    skip: &[String],
) -> Result<(), Error> {
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
        if kind == Kind::File || is_deepest || skip.iter().any(|skipped| skipped == name) {
            return Ok(());
        }
        // A directory that is gone since has nothing left to walk; the walk goes on behind it.
        let (path, at, look_max) = (level.path.child(name), level.at, level.look_max);
        let found = at.map_or_else(|| find(sql, &path), |moment| asof::find(sql, &path, moment))?;
        match found {
            Some(node) if node.is_directory() => levels.push(Level::new(node.id, path, at, look_max)),
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
    position: Option<Position>,
    /// Entries read and not yet answered.
    ahead: VecDeque<Step>,
    /// When it is looked at, if it is not now.
    at: Option<Moment>,
    /// What it held then in another state than now, in order. Read once, when it is needed.
    past: Option<Vec<(Position, Step)>>,
    /// How many entries are looked at, at the most, for the next few of the past.
    look_max: usize,
    /// Whether that was not enough: those of the position and before have been looked at.
    is_stopped: bool,
}

impl Level {
    fn new(id: i64, path: FilePath, at: Option<Moment>, look_max: usize) -> Self {
        Self { id, path, position: None, ahead: VecDeque::new(), at, past: None, look_max, is_stopped: false }
    }

    /// Where to go on behind what has been looked at.
    fn cursor(&self) -> Option<Cursor> {
        let (kind, _, name) = self.position.as_ref()?;
        Some(Cursor { path: self.path.child(name), kind: *kind })
    }

    fn next(&mut self, sql: &dyn Sql, wanted: usize, deep: bool) -> Result<Option<Step>, Error> {
        let may_read = self.ahead.is_empty() && !self.is_stopped;
        if may_read && self.position.as_ref().is_none_or(|(kind, ..)| *kind == Kind::Directory) {
            let most = if deep { DIRECTORIES_AHEAD } else { FILES_AHEAD };
            self.read(sql, Kind::Directory, wanted.min(most))?;
        }
        if self.ahead.is_empty() && !self.is_stopped {
            self.read(sql, Kind::File, wanted.min(FILES_AHEAD))?;
        }
        Ok(self.ahead.pop_front())
    }

    fn read(&mut self, sql: &dyn Sql, kind: Kind, count: usize) -> Result<(), Error> {
        // One column of JSON is one value to bring over from the database, however many rows there are.
        const PAGE: &str = "SELECT json_group_array(json_array(id, name, fold, size, modified_ms)) FROM (
            SELECT id, name, fold, size, modified_ms FROM node INDEXED BY node_listing
             WHERE parent = ?1 AND kind = ?2 AND (fold, name) > (?3, ?4) ORDER BY fold, name LIMIT ?5)";
        // The same of what is no younger than a rev, among so many. It reads no further than it has to.
        const PAST_PAGE: &str = "SELECT json_group_array(json_array(id, name, fold, size, modified_ms)) FROM (
            SELECT id, name, fold, size, modified_ms FROM (
                SELECT id, name, fold, size, modified_ms, rev FROM node INDEXED BY node_listing
                 WHERE parent = ?1 AND kind = ?2 AND (fold, name) > (?3, ?4) ORDER BY fold, name LIMIT ?7)
             WHERE rev <= ?6 LIMIT ?5)";
        let (fold, name) = match &self.position {
            Some((at, fold, name)) if *at == kind => (fold.as_str(), name.as_str()),
            _ => ("", ""),
        };
        let most = i64::try_from(count).unwrap_or(i64::MAX);
        let look_max = i64::try_from(self.look_max).unwrap_or(i64::MAX);
        let bounds = [self.id.into(), (kind as i64).into(), fold.into(), name.into(), most.into()];
        let page = match self.at {
            None => first(sql, PAGE, &bounds)?,
            Some(moment) => {
                let [id, kind, fold, name, most] = bounds;
                first(sql, PAST_PAGE, &[id, kind, fold, name, most, moment.rev.into(), look_max.into()])?
            }
        };
        let page = page.ok_or_else(|| SqlError("an aggregate without a row".to_owned()))?;
        let rows: Vec<(i64, String, String, u64, i64)> = serde_json::from_str(page.text(0)?)
            .map_err(|error| SqlError(format!("a listing that is no JSON: {error}")))?;
        let next = rows.last().map(|(_, name, fold, ..)| (kind, fold.clone(), name.clone()));
        let steps = rows.into_iter().map(|(id, name, _, size_bytes, modified_ms)| {
            let listed = Listed { path: self.path.child(&name), kind, size_bytes, modified_ms };
            Step { id, parent: self.id, listed }
        });
        let Some(moment) = self.at else {
            self.ahead.extend(steps);
            self.position = next.or(self.position.take());
            return Ok(());
        };
        let steps: Vec<Step> = steps.collect();
        let stop = if steps.len() < count { self.stop(sql, kind)? } else { None };
        let (steps, is_cut) = self.with_past(sql, moment, (kind, stop.as_ref()), steps, count)?;
        self.is_stopped = stop.is_some() && !is_cut;
        let last = steps.last().map(Step::position);
        self.position = stop.filter(|_| !is_cut).or(last).or(self.position.take());
        self.ahead.extend(steps);
        Ok(())
    }

    /// The last entry that a look at the past gets to, if there are more.
    fn stop(&self, sql: &dyn Sql, kind: Kind) -> Result<Option<Position>, Error> {
        const STOP: &str = "SELECT fold, name FROM node INDEXED BY node_listing
            WHERE parent = ?1 AND kind = ?2 AND (fold, name) > (?3, ?4) ORDER BY fold, name LIMIT 1 OFFSET ?5";
        let (fold, name) = match &self.position {
            Some((at, fold, name)) if *at == kind => (fold.as_str(), name.as_str()),
            _ => ("", ""),
        };
        let before = i64::try_from(self.look_max.saturating_sub(1)).unwrap_or(i64::MAX);
        let bounds = [self.id.into(), (kind as i64).into(), fold.into(), name.into(), before.into()];
        let row = first(sql, STOP, &bounds)?;
        Ok(row.map(|row| Ok::<_, SqlError>((kind, row.text(0)?.to_owned(), row.text(1)?.to_owned()))).transpose()?)
    }

    /// The next entries as they were: those that are the same now, of which `live` has the next `count` if there are so
    /// many before the stop, and those that are not. Says whether there were more than `count`.
    fn with_past(
        &mut self,
        sql: &dyn Sql,
        moment: Moment,
        (kind, stop): (Kind, Option<&Position>),
        mut live: Vec<Step>,
        count: usize,
    ) -> Result<(Vec<Step>, bool), Error> {
        let past = match self.past.take() {
            Some(past) => past,
            None => asof::entries(sql, self.id, &self.path, moment)?,
        };
        let start = (kind, String::new(), String::new());
        let after = self.position.as_ref().filter(|(at, ..)| *at == kind).unwrap_or(&start);
        let first = past.partition_point(|(position, _)| position <= after);
        let is_next = |position: &Position| position.0 == kind && stop.is_none_or(|stop| position <= stop);
        let next = past.iter().skip(first).take_while(|(position, _)| is_next(position));
        live.extend(next.map(|(_, step)| step.clone()).take(count));
        live.sort_by_cached_key(Step::position);
        let is_cut = live.len() > count;
        live.truncate(count);
        for step in &mut live {
            step.listed.modified_ms = moment.clamp(step.listed.modified_ms);
        }
        self.past = Some(past);
        Ok((live, is_cut))
    }
}
