//! [`Tx`]: one mutation. It gives out revs, writes the feed, keeps the counters and checks the limits.
//!
//! Everything a verb changes happens inside [`mutate`], in one transaction. A verb records each change first and uses
//! the rev that it gets: as the id of a node or blob that it makes, as the end of the state that it replaces.

use std::cell::{Cell, OnceCell};

use crate::call::Error;
use crate::ids::{Label, MediaId};
use crate::limits::Limits;
use crate::path::FilePath;
use crate::sql::{Param, Sql, atomically, only};

use super::mirror::QUIET_MS;
use super::schema;
use super::timer::{self, Timer};
use super::usage;

/// Everything a verb needs to know of its surroundings.
pub struct Context<'a> {
    /// The database.
    pub sql: &'a dyn Sql,
    /// What the operator allows.
    pub limits: &'a Limits,
    /// The time at the edge.
    pub now_ms: i64,
    /// Who changes something.
    pub actor: Option<&'a Label>,
    /// In which unit of work.
    pub turn: Option<&'a Label>,
    /// Where random ids come from.
    pub new_media_id: fn() -> MediaId,
}

/// A mutation under way.
pub struct Tx<'a> {
    /// The database.
    pub sql: &'a dyn Sql,
    /// What the operator allows.
    pub limits: &'a Limits,
    /// When this mutation happens: later than every earlier one, whatever the clock says, so that `modified` differs
    /// between any two writes.
    pub now_ms: i64,
    /// Where random ids come from.
    pub new_media_id: fn() -> MediaId,
    /// Who changes something.
    pub actor: Option<&'a Label>,
    turn: Option<&'a Label>,
    /// The turn that this is when the caller has named none.
    own_turn: OnceCell<Label>,
    /// The turn that this one takes back.
    undoes: OnceCell<Label>,
    before: i64,
    rev: Cell<i64>,
    is_last: Cell<bool>,
    entries: Cell<i64>,
    files: Cell<i64>,
    stored_bytes: Cell<i64>,
    reserved_bytes: Cell<i64>,
}

/// What a row of the feed says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new file.
    Create,
    /// New content of a file.
    Write,
    /// A new directory.
    MakeDirectory,
    /// Another place.
    Move,
    /// A new entry, from another.
    Copy,
    /// Into the trash.
    Trash,
    /// Out of the trash.
    Restore,
    /// Gone for good.
    Delete,
    /// The trash, or what had expired in it, gone for good.
    Empty,
    /// Everything, gone for good.
    Reset,
    /// A file that was in the bucket before the workspace was.
    Import,
    /// An earlier state again: of an entry, when a checkpoint is restored or a turn undone.
    Revert,
    /// The tree gets a name, by which it can be had again.
    Checkpoint,
    /// That name is given up.
    DropCheckpoint,
}

impl Change {
    /// As it stands in the feed. A stored format: these words never change.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write => "write",
            Self::MakeDirectory => "mkdir",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Trash => "trash",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Empty => "empty",
            Self::Reset => "reset",
            Self::Import => "import",
            Self::Revert => "revert",
            Self::Checkpoint => "checkpoint",
            Self::DropCheckpoint => "drop-checkpoint",
        }
    }
}

/// How many revs pass between two looks at the feed's length.
const FEED_CHECK_REVS: i64 = 4096;

/// Runs a verb in one transaction: all of it, or none of it and its error.
pub fn mutate<T>(context: &Context<'_>, verb: impl FnOnce(&Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
    atomically(context.sql, || {
        let tx = Tx::begin(context)?;
        let answer = verb(&tx)?;
        tx.finish()?;
        Ok(answer)
    })
}

impl<'a> Tx<'a> {
    fn begin(context: &Context<'a>) -> Result<Self, Error> {
        // The newest row of the feed is never pruned, so the clock cannot fall behind it. Before the first change, it is
        // the time at which the root was made: in one request, the clock stands still.
        let state = "SELECT v, coalesce((SELECT at_ms FROM change ORDER BY rev DESC LIMIT 1),
                (SELECT created_ms FROM node WHERE id = ?1)) FROM meta WHERE k = 'rev'";
        let row = only(context.sql, state, &[schema::ROOT.into()])?;
        let (before, last_ms) = (row.int(0)?, row.int(1)?);
        Ok(Self {
            sql: context.sql,
            limits: context.limits,
            now_ms: context.now_ms.max(last_ms + 1),
            new_media_id: context.new_media_id,
            actor: context.actor,
            turn: context.turn,
            own_turn: OnceCell::new(),
            undoes: OnceCell::new(),
            before,
            rev: Cell::new(before),
            is_last: Cell::new(false),
            entries: Cell::new(0),
            files: Cell::new(0),
            stored_bytes: Cell::new(0),
            reserved_bytes: Cell::new(0),
        })
    }

    fn finish(&self) -> Result<(), Error> {
        let rev = self.rev.get();
        let counters = [&self.entries, &self.files, &self.stored_bytes, &self.reserved_bytes].map(Cell::get);
        if rev == self.before && counters == [0; 4] {
            return Ok(());
        }
        // One statement: it writes the rows that change, and no others.
        let count = "UPDATE meta SET v = v + CASE k WHEN 'rev' THEN ?1 WHEN 'entries' THEN ?2 WHEN 'files' THEN ?3
                WHEN 'stored_bytes' THEN ?4 ELSE ?5 END
            WHERE k = iif(?1 = 0, '', 'rev') OR k = iif(?2 = 0, '', 'entries') OR k = iif(?3 = 0, '', 'files')
               OR k = iif(?4 = 0, '', 'stored_bytes') OR k = iif(?5 = 0, '', 'reserved_bytes')";
        let [entries, files, stored_bytes, reserved_bytes] = counters.map(Param::from);
        self.sql.query(count, &[(rev - self.before).into(), entries, files, stored_bytes, reserved_bytes])?;
        if rev != self.before {
            self.note_turn()?;
        }
        if rev != self.before && !self.is_last.get() {
            let feed_check = rev / FEED_CHECK_REVS != self.before / FEED_CHECK_REVS;
            let due_ms = if feed_check { timer::AT_ONCE } else { self.now_ms + self.limits.versions_ms };
            timer::arm(self.sql, Timer::Prune, due_ms)?;
            if self.limits.mirrors {
                timer::arm(self.sql, Timer::Mirror, self.now_ms + QUIET_MS)?;
            }
        }
        Ok(())
    }

    /// Keeps the turn's row: what it has done in all, whatever the feed loses.
    fn note_turn(&self) -> Result<(), Error> {
        let Some(turn) = self.turn() else { return Ok(()) };
        // What goes on is not undone, whatever of it has been.
        let upsert = "INSERT INTO turn (turn, actor, changes, first_rev, first_ms, last_rev, last_ms, undoes)
            VALUES (?1, ?2, ?3, ?4, ?6, ?5, ?6, ?7)
            ON CONFLICT (turn) DO UPDATE SET actor = excluded.actor, changes = changes + excluded.changes,
                last_rev = excluded.last_rev, last_ms = excluded.last_ms, undoes = coalesce(excluded.undoes, undoes),
                is_undone = 0";
        let actor = self.actor.map(Label::as_str);
        let (first, last) = (self.txn(), self.rev.get());
        let changes = last - self.before;
        let undoes = self.undoes.get().map(Label::as_str);
        let (first, last, now_ms) = (first.into(), last.into(), self.now_ms.into());
        let params = [turn.as_str().into(), actor.into(), changes.into(), first, last, now_ms, undoes.into()];
        self.sql.query(upsert, &params)?;
        Ok(())
    }

    /// Writes a row of the feed and answers its rev. Without a node, the row is about the one that this rev makes.
    pub fn record(
        &self,
        change: Change,
        node: Option<i64>,
        path: &FilePath,
        from: Option<&FilePath>,
    ) -> Result<i64, Error> {
        let rev = self.take_revs(1);
        let insert = "INSERT INTO change (rev, txn, node, kind, path, from_path, actor, turn, at_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.sql.query(
            insert,
            &[
                rev.into(),
                self.txn().into(),
                node.unwrap_or(rev).into(),
                change.word().into(),
                path.as_str().into(),
                from.map(FilePath::as_str).into(),
                self.actor.map(Label::as_str).into(),
                self.turn().map(Label::as_str).into(),
                self.now_ms.into(),
            ],
        )?;
        Ok(rev)
    }

    /// The turn that these changes belong to.
    pub fn turn(&self) -> Option<&Label> {
        self.own_turn.get().or(self.turn)
    }

    /// Sees to it that these changes belong to a turn, so that they can be taken back together, and answers it: the
    /// caller's, or one of their own (`undo-1234`), also when the caller's is not to be it.
    pub fn own_turn(&self, word: &str, but_not: Option<&Label>) -> Result<Label, Error> {
        if let Some(turn) = self.turn.filter(|turn| Some(*turn) != but_not) {
            return Ok(turn.clone());
        }
        let own = Label::parse(&format!("{word}-{}", self.txn()));
        let own = own.ok_or_else(|| Error::Storage { message: format!("{word:?} is no word for a turn") })?;
        Ok(self.own_turn.get_or_init(|| own).clone())
    }

    /// Says that this takes a turn back.
    pub fn undoes(&self, turn: &Label) {
        self.undoes.get_or_init(|| turn.clone());
    }

    /// Writes rows of the feed for many entries at once. `rows` is a JSON array of arrays that begin with rev, node, path
    /// and the path it came from; the revs are from [`Tx::take_revs`].
    pub fn record_many(&self, change: Change, rows: &str) -> Result<(), Error> {
        let insert = "INSERT INTO change (rev, txn, node, kind, path, from_path, actor, turn, at_ms)
            SELECT value ->> 0, ?2, value ->> 1, ?3, value ->> 2, value ->> 3, ?4, ?5, ?6 FROM json_each(?1)";
        let (actor, turn) = (self.actor.map(Label::as_str), self.turn().map(Label::as_str));
        let change = change.word().into();
        self.sql
            .query(insert, &[rows.into(), self.txn().into(), change, actor.into(), turn.into(), self.now_ms.into()])?;
        Ok(())
    }

    /// Takes `count` consecutive revs and answers the first. Each must get its row in the feed.
    pub fn take_revs(&self, count: i64) -> i64 {
        let first = self.rev.get() + 1;
        self.rev.set(self.rev.get() + count);
        first
    }

    /// The rev that was given out last.
    pub fn rev(&self) -> i64 {
        self.rev.get()
    }

    /// Says that no change will follow: there is no history for retention to look at any more.
    pub fn end(&self) {
        self.is_last.set(true);
    }

    /// The first rev of this transaction, which names it.
    fn txn(&self) -> i64 {
        self.before + 1
    }

    /// How many entries there is room for.
    pub fn entries_left(&self) -> Result<usize, Error> {
        let held = only(self.sql, "SELECT v FROM meta WHERE k = 'entries'", &[])?.int(0)? + self.entries.get();
        Ok(usize::try_from(i64::from(self.limits.entries) - held).unwrap_or(0))
    }

    /// Counts entries that come, if there is room for them.
    pub fn add_entries(&self, count: usize) -> Result<(), Error> {
        if count > self.entries_left()? {
            return Err(Error::TooManyEntries { max: self.limits.entries });
        }
        self.entries.set(self.entries.get() + i64::try_from(count).unwrap_or(i64::MAX));
        Ok(())
    }

    /// Counts entries whose rows are gone.
    pub fn remove_entries(&self, count: i64) {
        self.entries.set(self.entries.get() - count);
    }

    /// Counts files that come or, below zero, whose rows are gone. They are entries too.
    pub fn add_files(&self, count: i64) {
        self.files.set(self.files.get() + count);
    }

    /// Counts bytes that come, if the quota has room for them.
    pub fn add_bytes(&self, size_bytes: u64) -> Result<(), Error> {
        self.check_quota(size_bytes)?;
        self.stored_bytes.set(self.stored_bytes.get() + size_bytes.cast_signed());
        Ok(())
    }

    /// Counts bytes that are there already, whatever the quota says.
    pub fn add_bytes_unasked(&self, size_bytes: u64) {
        self.stored_bytes.set(self.stored_bytes.get() + size_bytes.cast_signed());
    }

    /// Counts bytes whose rows are gone.
    pub fn remove_bytes(&self, size_bytes: i64) {
        self.stored_bytes.set(self.stored_bytes.get() - size_bytes);
    }

    /// Sets bytes aside that may come, if the quota has room for them.
    pub fn reserve_bytes(&self, size_bytes: u64) -> Result<(), Error> {
        self.check_quota(size_bytes)?;
        self.reserved_bytes.set(self.reserved_bytes.get() + size_bytes.cast_signed());
        Ok(())
    }

    /// Gives back bytes that were set aside.
    pub fn release_bytes(&self, size_bytes: i64) {
        self.reserved_bytes.set(self.reserved_bytes.get() - size_bytes);
    }

    /// How much room the quota has.
    pub fn left_bytes(&self) -> Result<u64, Error> {
        Ok(usage::left_bytes(self.limits, self.used_bytes()?, usage::leaving_bytes(self.sql)?))
    }

    fn used_bytes(&self) -> Result<u64, Error> {
        let used = "SELECT sum(v) FROM meta WHERE k IN ('stored_bytes', 'reserved_bytes')";
        let used = only(self.sql, used, &[])?.int(0)? + self.stored_bytes.get() + self.reserved_bytes.get();
        // The sum of a release and an addition in one transaction can be below zero only by a bug; then nothing is used.
        Ok(used.max(0).unsigned_abs())
    }

    /// Fails if the quota has no room for so many bytes.
    pub fn check_quota(&self, needed_bytes: u64) -> Result<(), Error> {
        let used_bytes = self.used_bytes()?;
        if needed_bytes <= self.limits.quota_bytes.saturating_sub(used_bytes) {
            return Ok(());
        }
        // Only now that it is tight: what has been let go of is still stored for an hour, and does not count.
        let left_bytes = usage::left_bytes(self.limits, used_bytes, usage::leaving_bytes(self.sql)?);
        if needed_bytes > left_bytes { Err(Error::QuotaExceeded { needed_bytes, left_bytes }) } else { Ok(()) }
    }
}
