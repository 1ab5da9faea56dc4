//! The verbs of history, as tests call them.

use super::{World, path};
use crate::call::{
    Checkpoint, CompareCheckpoint, Condition, Conditions, DropCheckpoint, Entry, Error, List, ListAt, ListCheckpoints,
    ListTurns, ListVersions, Measure, Place, Read, ReadAt, RestoreCheckpoint, RestoreVersion, Reverted, ShowTurn, Stat,
    StatAt, TakeCheckpoint, Turns, UndoTurn, Usage, Version, Versions, When, Written,
};
use crate::ids::Label;
use crate::sql::Sql as _;

impl World {
    /// Does something in a turn of an agent.
    pub fn in_turn<T>(&self, turn: &str, act: impl FnOnce() -> T) -> T {
        let before = self.turn.replace(Label::parse(turn));
        let answer = act();
        self.turn.replace(before);
        answer
    }

    pub fn undo(&self, turn: &str, force: bool) -> Result<Reverted, Error> {
        let turn = Label::parse(turn).unwrap();
        self.call(UndoTurn { turn, force }, None).map(|(reverted, _)| reverted)
    }

    /// Undoes a turn, of which nothing may be left.
    pub fn undo_all(&self, turn: &str) -> Reverted {
        let reverted = self.undo(turn, false).unwrap();
        assert_eq!((&reverted.left[..], reverted.left_total), (&[][..], 0));
        reverted
    }

    pub fn turns(&self, limit: usize, before: Option<i64>) -> Turns {
        self.call(ListTurns { limit, before }, None).unwrap().0
    }

    /// What a turn has done, in the feed's words.
    pub fn of_turn(&self, turn: &str) -> Result<Vec<(String, String)>, Error> {
        let turn = Label::parse(turn).unwrap();
        let (page, _) = self.call(ShowTurn { turn, limit: 1_000, after: None }, None)?;
        Ok(page.changes.into_iter().map(|changed| (changed.kind, changed.path.into())).collect())
    }

    pub fn checkpoint(&self) -> i64 {
        self.take_checkpoint(None).unwrap().rev
    }

    pub fn take_checkpoint(&self, label: Option<&str>) -> Result<Checkpoint, Error> {
        let label = label.map(str::to_owned);
        self.call(TakeCheckpoint { label }, None).map(|(checkpoint, _)| checkpoint)
    }

    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        self.call(ListCheckpoints {}, None).unwrap().0.checkpoints
    }

    pub fn checkpoint_revs(&self) -> Vec<i64> {
        let rows = self.sql.query("SELECT rev FROM checkpoint", &[]).unwrap();
        rows.iter().map(|row| row.int(0).unwrap()).collect()
    }

    pub fn drop_checkpoint(&self, rev: i64) -> Result<(), Error> {
        self.call(DropCheckpoint { rev }, None).map(drop)
    }

    pub fn restore_to(&self, rev: i64, at: &str) -> Result<Reverted, Error> {
        self.call(RestoreCheckpoint { rev, path: path(at) }, None).map(|(reverted, _)| reverted)
    }

    /// What is otherwise than at a checkpoint: where it was, where it is, and whether it was rewritten.
    pub fn compare(&self, rev: i64) -> Vec<(Option<String>, Option<String>, bool)> {
        let (page, _) = self.call(CompareCheckpoint { rev, limit: 1_000, skip: 0 }, None).unwrap();
        assert_eq!(page.differences.len(), page.total);
        let text = |path: Option<crate::path::FilePath>| path.map(String::from);
        page.differences.into_iter().map(|one| (text(one.was), text(one.path), one.is_rewritten)).collect()
    }

    pub fn versions(&self, at: &str) -> Vec<Version> {
        let page = self.versions_page(at, 1_000, None).unwrap();
        assert_eq!(page.next, None);
        page.versions
    }

    pub fn versions_page(&self, at: &str, limit: usize, before: Option<i64>) -> Result<Versions, Error> {
        self.call(ListVersions { path: path(at), limit, before }, None).map(|(versions, _)| versions)
    }

    pub fn restore_version(&self, at: &str, version: i64) -> Result<Written, Error> {
        let only_if = Conditions::default();
        self.call(RestoreVersion { path: path(at), version, only_if }, None).map(|(written, _)| written)
    }

    pub fn read_when(&self, at: &str, when: When) -> Result<String, Error> {
        let read = Read { path: path(at), unless: Condition::None };
        let (found, body) = self.call(ReadAt { when, read }, None)?;
        let bytes = match found.bytes {
            Place::Body => body,
            Place::Stored(key) | Place::Media(key) => self.bucket.borrow()[&key].clone(),
            Place::Unchanged | Place::Foreign(_) => panic!("{at} is {:?}", found.bytes),
        };
        assert_eq!(found.entry.hash, Some(super::hash(&bytes)));
        Ok(String::from_utf8(bytes).unwrap())
    }

    pub fn stat_at(&self, at: &str, rev: i64) -> Result<Entry, Error> {
        self.call(StatAt { when: When::At(rev), stat: Stat { path: path(at) } }, None).map(|(entry, _)| entry)
    }

    /// The whole of a directory as of a rev, in pages of a size.
    pub fn tree_at(&self, at: &str, rev: i64, limit: usize) -> Result<Vec<String>, Error> {
        let (mut paths, mut after) = (Vec::new(), None);
        loop {
            let list = List { path: path(at), depth: usize::MAX, limit, after, unless: Condition::None };
            let (page, _) = self.call(ListAt { rev, list }, None)?;
            paths.extend(page.entries.into_iter().map(|entry| String::from(entry.path)));
            after = page.next;
            if after.is_none() {
                return Ok(paths);
            }
        }
    }

    pub fn usage(&self) -> Usage {
        self.call(Measure {}, None).unwrap().0
    }
}
