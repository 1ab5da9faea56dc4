//! The feed, read from a rev on: by clients that follow the workspace, and by whatever keeps a copy of it.
//!
//! Its rows are consecutive revs, of which retention drops the oldest. So whoever was at a rev has lost nothing as long as the
//! next one is there; else there is nothing to do but to list again, and to go on from the newest rev.

use crate::call::{Error, Event, FeedPage, ReadFeed, State};
use crate::path::FilePath;
use crate::sql::{Row, Sql, SqlError, first, only};

use super::trash::stored_path;
use super::tree::kind;
use super::txn::Change;
use super::versions::label;

/// How many rows are read at once: with the longest paths, 2 MB.
const ROWS_AHEAD: usize = 256;

/// The most bytes of paths that one page carries: it is in memory several times, as values and as text.
const PAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// How many rows one page looks at, when only few of them are about what was asked for.
const SCAN_MAX_ROWS: usize = 20_000;

/// The first rev that a change can have: the two directories of an empty tree have those before.
const FIRST_REV: i64 = 3;

/// A page of what has changed since a rev, which ends where a transaction does.
pub fn read(sql: &dyn Sql, call: &ReadFeed) -> Result<FeedPage, Error> {
    read_page(sql, call, true)
}

/// A page of what has changed since a rev, no longer than asked for: its reader takes one event at a time.
pub fn read_part(sql: &dyn Sql, call: &ReadFeed) -> Result<FeedPage, Error> {
    read_page(sql, call, false)
}

fn read_page(sql: &dyn Sql, call: &ReadFeed, keeps_whole: bool) -> Result<FeedPage, Error> {
    let newest_rev = newest_rev(sql)?;
    let Some(since) = call.since else {
        return Ok(FeedPage { events: Vec::new(), rev: newest_rev, is_last: true });
    };
    check_kept(sql, since, newest_rev)?;
    let mut page =
        Page { call, keeps_whole, events: Vec::new(), rev: since, held_bytes: 0, seen_rows: 0, whole: (0, since) };
    loop {
        let rows = rows(sql, page.rev)?;
        let is_last = rows.len() < ROWS_AHEAD;
        for row in rows {
            if !page.takes(row?) {
                return Ok(page.cut());
            }
        }
        if is_last {
            return Ok(FeedPage { events: page.events, rev: newest_rev, is_last: true });
        }
    }
}

/// The rev of the newest change.
fn newest_rev(sql: &dyn Sql) -> Result<i64, Error> {
    Ok(only(sql, "SELECT v FROM meta WHERE k = 'rev'", &[])?.int(0)?)
}

/// Fails unless every change since a rev is still in the feed, and is about the tree that the caller knows.
fn check_kept(sql: &dyn Sql, since: i64, newest_rev: i64) -> Result<(), Error> {
    let oldest = first(sql, "SELECT rev, kind FROM change ORDER BY rev LIMIT 1", &[])?;
    let begins_after = match oldest {
        None => newest_rev.min(FIRST_REV - 1),
        // Nothing before it is about anything that is still there.
        Some(row) if row.text(1)? == Change::Reset.word() => row.int(0)?,
        Some(row) => row.int(0)? - 1,
    };
    let is_from_the_start = begins_after < FIRST_REV;
    // A rev that has not been given is not of this workspace, or of one that has lost its newest changes.
    let is_kept = since <= newest_rev && (since >= begins_after || is_from_the_start);
    if is_kept { Ok(()) } else { Err(Error::FeedGone { rev: newest_rev }) }
}

/// A row of the feed, and the transaction that it is of.
struct Told {
    event: Event,
    txn: i64,
}

/// The next rows behind a rev.
fn rows(sql: &dyn Sql, after: i64) -> Result<impl ExactSizeIterator<Item = Result<Told, Error>>, Error> {
    // What the entry was from that rev on: what it is, if nothing has ended that; else the state that ended first after it.
    const ROWS: &str = "SELECT c.rev, c.txn, c.kind, c.path, c.from_path, c.actor, c.turn, c.at_ms,
            coalesce(n.kind, p.kind), coalesce(n.size, p.size), coalesce(n.modified_ms, p.modified_ms)
        FROM (SELECT * FROM change WHERE rev > ?1 ORDER BY rev LIMIT ?2) c
        LEFT JOIN node n ON n.id = c.node AND n.rev <= c.rev
        LEFT JOIN past p ON n.id IS NULL AND p.node = c.node AND p.from_rev <= c.rev
            AND p.to_rev = (SELECT to_rev FROM past WHERE node = c.node AND to_rev > c.rev ORDER BY to_rev LIMIT 1)
        ORDER BY c.rev";
    let limit = i64::try_from(ROWS_AHEAD).unwrap_or(i64::MAX);
    let rows = sql.query(ROWS, &[after.into(), limit.into()])?;
    Ok(rows.into_iter().map(|row| Ok(Told { txn: row.int(1)?, event: event(&row)? })))
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        rev: row.int(0)?,
        change: row.text(2)?.to_owned(),
        path: stored_path(row.text(3)?)?,
        from: row.text_or_null(4)?.map(stored_path).transpose()?,
        actor: label(row, 5)?,
        turn: label(row, 6)?,
        at_ms: row.int(7)?,
        state: row.int_or_null(8)?.map(|number| state(row, number)).transpose()?,
    })
}

fn state(row: &Row, number: i64) -> Result<State, SqlError> {
    Ok(State { kind: kind(number), size_bytes: row.count(9)?, modified_ms: row.int(10)? })
}

/// A page under construction.
struct Page<'a> {
    call: &'a ReadFeed,
    /// Whether it may end only where a transaction does.
    keeps_whole: bool,
    events: Vec<Event>,
    /// The last row that was looked at.
    rev: i64,
    held_bytes: usize,
    seen_rows: usize,
    /// How many events there were, and at which rev, when the last transaction had come to its end.
    whole: (usize, i64),
}

impl Page<'_> {
    /// Takes a row, unless the page is full before it.
    fn takes(&mut self, told: Told) -> bool {
        let is_full =
            self.events.len() >= self.call.limit || self.held_bytes > PAGE_MAX_BYTES || self.seen_rows >= SCAN_MAX_ROWS;
        let is_between = told.txn == told.event.rev || !self.keeps_whole;
        if is_between {
            self.whole = (self.events.len(), self.rev);
        }
        // Within a transaction, a page ends only if it holds another one to go back to, or more than it can carry.
        let holds_another = self.whole.0 > 0;
        if is_full && (is_between || holds_another || self.held_bytes > PAGE_MAX_BYTES) {
            return false;
        }
        self.rev = told.event.rev;
        self.seen_rows += 1;
        if concerns(&told.event, &self.call.path) {
            self.held_bytes += bytes_of(&told.event);
            self.events.push(told.event);
        }
        true
    }

    /// The page as it is when something is left: back to where the last transaction ended, if it holds one.
    fn cut(mut self) -> FeedPage {
        if let (1.., rev) = self.whole {
            self.events.truncate(self.whole.0);
            self.rev = rev;
        }
        FeedPage { events: self.events, rev: self.rev, is_last: false }
    }
}

fn bytes_of(event: &Event) -> usize {
    event.path.as_str().len() + event.from.as_ref().map_or(0, |from| from.as_str().len())
}

/// Whether an event is about an entry: it happened to it, in it, or to what it lies in and so to it too.
fn concerns(event: &Event, path: &FilePath) -> bool {
    let near = |other: &FilePath| other.is_within(path) || path.is_within(other);
    // What is copied stays as it is.
    let is_copy = event.change == Change::Copy.word();
    near(&event.path) || !is_copy && event.from.as_ref().is_some_and(near)
}
