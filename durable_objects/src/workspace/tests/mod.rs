//! Native tests on SQLite, through the same entry as the Worker's calls and in the same wire form.
//!
//! Every call of a [`World`] is followed by a look at the whole database: the invariants hold, a refused call has changed
//! nothing, and the tree as of every earlier revision can still be rebuilt.

mod adopt;
mod alarm;
mod asof;
mod bucket;
mod checkpoints;
mod conditions;
mod constants;
mod faults;
mod feed;
mod histories;
mod history;
mod import;
mod inspect;
mod large;
mod listing;
mod media;
mod media_faults;
mod media_files;
mod media_index;
mod media_past;
mod media_races;
mod media_world;
mod mirror;
mod mirror_take;
mod mirror_world;
mod model;
mod plant;
mod plant_update;
mod plant_world;
mod publish;
mod relocate;
mod reset;
mod retention;
mod sequences;
mod trash;
mod undo;
mod undo_bounds;
mod uploads;
mod usage;
mod verbs;
mod versions;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use sha2::Digest as _;

use crate::call::{
    Call, Condition, Conditions, Content, Copy, Cursor, Delete, Deleted, Emptied, EmptyTrash, Entry, Error, Found,
    List, ListTrash, Listing, Made, MakeDirectory, Move, Place, Read, Relocated, Request, Restore, Restored, Stat,
    TakeIn, TrashListing, Trashed, Verb, Write, Written,
};
use crate::ids::{Label, MediaId, Sha256};
use crate::limits::Limits;
use crate::path::FilePath;
use crate::sql::native::NativeSql;
use crate::sql::{Bytes, Sql};

use super::{Context, Reply, migrate, must_take, next_alarm_ms, perform, ring, tree};
pub use inspect::Shape;

/// When every world begins.
pub const START_MS: i64 = 1_763_720_000_000;

/// A workspace with a clock that moves only when a test moves it.
pub struct World {
    pub sql: NativeSql,
    pub limits: Limits,
    pub now_ms: Cell<i64>,
    /// Whether the database is looked at after each call. Trees of thousands do without.
    pub watched: Cell<bool>,
    /// The tree after each transaction, as far back as it can be rebuilt.
    pub seen: RefCell<Vec<(i64, Shape)>>,
    /// What lies in the bucket.
    pub bucket: RefCell<BTreeMap<String, Vec<u8>>>,
    /// How many keys were made up so far.
    pub keys: Cell<usize>,
    /// Content of more bytes than this goes to the bucket.
    pub inline_max_bytes: Cell<usize>,
    /// Whose turn it is.
    pub turn: RefCell<Option<Label>>,
}

/// Short for a path that is valid.
pub fn path(text: &str) -> FilePath {
    FilePath::try_from(text.to_owned()).unwrap()
}

/// The hash that the Worker sends with some content.
pub fn hash(content: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(content).into())
}

/// An id that was not given before in this test.
pub fn new_media_id() -> MediaId {
    LAST_MEDIA_ID.set(LAST_MEDIA_ID.get() + 1);
    MediaId::new(LAST_MEDIA_ID.get().to_be_bytes())
}

thread_local!(static LAST_MEDIA_ID: Cell<u128> = const { Cell::new(0) });

impl World {
    /// A workspace that has been opened, when the bucket held nothing.
    pub fn new(limits: Limits) -> Self {
        let world = Self::unopened(limits);
        world.execute("DELETE FROM meta WHERE k = 'import'");
        world
    }

    /// A workspace that has yet to be imported.
    pub fn unopened(limits: Limits) -> Self {
        let world = Self::without_tables(limits);
        migrate(&world.sql, START_MS).unwrap();
        world
    }

    fn without_tables(limits: Limits) -> Self {
        Self {
            sql: NativeSql::default(),
            limits,
            now_ms: Cell::new(START_MS),
            watched: Cell::new(true),
            seen: RefCell::default(),
            bucket: RefCell::default(),
            keys: Cell::default(),
            inline_max_bytes: Cell::new(usize::MAX),
            turn: RefCell::default(),
        }
    }

    /// A call as it arrives at the object and leaves it.
    pub fn send<C: Call>(&self, call: C, body: Option<&[u8]>) -> Result<(C::Answer, Bytes), Error> {
        let turn = self.turn.borrow().clone();
        let actor = turn.as_ref().and_then(|_| Label::parse("agent"));
        let request = Request { verb: call.into(), actor, turn, root: None };
        let request: Request = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        let brings_bytes = matches!(
            &request.verb,
            Verb::Write(Write { content: Content::Body, .. })
                | Verb::FillStage(_)
                | Verb::TakeIn(TakeIn { file: Some((_, Content::Body)), .. })
        );
        assert_eq!(brings_bytes, body.is_some(), "a body for what brings bytes and for nothing else");
        let body = body.map(<[u8]>::to_vec);
        let context = Context { actor: request.actor.as_ref(), turn: request.turn.as_ref(), ..self.context() };
        let (answer, bytes) = match perform(&context, &request.verb, body.as_ref()).unwrap() {
            Reply::Json(answer) => (answer, Bytes::new()),
            Reply::Bytes(answer, bytes) => (answer, bytes),
            Reply::Listing(listing) => (serde_json::to_string(&Ok::<_, Error>(listing)).unwrap(), Bytes::new()),
            Reply::Feed(page) => (serde_json::to_string(&Ok::<_, Error>(page)).unwrap(), Bytes::new()),
        };
        let answer: Result<C::Answer, Error> = serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("the Worker could not read this answer: {error}: {answer}"));
        Ok((answer?, bytes))
    }

    fn context(&self) -> Context<'_> {
        let now_ms = self.now_ms.get();
        Context { sql: &self.sql, limits: &self.limits, now_ms, actor: None, turn: None, new_media_id }
    }

    /// A call, and a look at what it left behind.
    fn call<C: Call + Clone>(&self, call: C, body: Option<&[u8]>) -> Result<(C::Answer, Bytes), Error> {
        let verb: Verb = call.clone().into();
        let send = || must_take(&self.sql, &verb).and_then(|_| self.send(call, body));
        if !self.watched.get() {
            return send();
        }
        let before = self.dump();
        let answer = send();
        match &answer {
            Ok(_) => self.check(),
            Err(error) => assert_eq!(self.dump(), before, "{verb:?} was refused ({error}) and has changed something"),
        }
        let gone = matches!(
            &verb,
            Verb::EmptyTrash(_)
                | Verb::Reset(_)
                | Verb::Close(_)
                | Verb::DropCheckpoint(_)
                | Verb::HoldTree(_)
                | Verb::ReleaseTree(_)
        ) || matches!(&verb, Verb::Delete(call) if call.permanent || call.path.is_in_trash());
        self.watch(gone);
        answer
    }

    /// Notes the tree as it is. What was deleted for good is not in any earlier tree either, so those are forgotten, but
    /// for the trees of checkpoints.
    fn watch(&self, forget: bool) {
        let mut seen = self.seen.borrow_mut();
        if forget {
            let checkpoints = self.checkpoint_revs();
            seen.retain(|(rev, _)| checkpoints.contains(rev));
        }
        let rev = self.number("SELECT v FROM meta WHERE k = 'rev'");
        if seen.last().is_none_or(|(last, _)| *last != rev) {
            seen.push((rev, self.shape()));
        }
    }

    /// Every tree that was seen can be rebuilt from what is stored now.
    pub fn check_history(&self) {
        for (rev, shape) in self.seen.borrow().iter() {
            assert_eq!(&self.tree_as_of(*rev), shape, "the tree as of rev {rev}");
        }
    }

    /// The one number that a statement answers.
    pub fn number(&self, statement: &str) -> i64 {
        self.sql.query(statement, &[]).unwrap()[0].int(0).unwrap()
    }

    pub fn execute(&self, statement: &str) {
        self.sql.query(statement, &[]).unwrap();
    }

    pub fn write(&self, at: &str, content: &str) -> Result<Written, Error> {
        self.write_bytes(at, content.as_bytes(), true)
    }

    pub fn write_bytes(&self, at: &str, content: &[u8], make_parents: bool) -> Result<Written, Error> {
        if content.len() > self.inline_max_bytes.get() {
            return self.store(at, content, make_parents);
        }
        self.write_from(at, content, Content::Body, make_parents)
    }

    /// A write of content that is the call's body, or in the bucket.
    fn write_from(&self, at: &str, content: &[u8], place: Content, make_parents: bool) -> Result<Written, Error> {
        let body = matches!(place, Content::Body).then_some(content);
        let only_if = Conditions::default();
        let call = Write { path: path(at), hash: hash(content), content: place, make_parents, only_if };
        self.call(call, body).map(|(written, _)| written)
    }

    pub fn mkdir(&self, at: &str) -> Result<Made, Error> {
        self.call(MakeDirectory { path: path(at) }, None).map(|(made, _)| made)
    }

    pub fn read(&self, at: &str) -> Result<String, Error> {
        let (Found { entry, bytes: place }, body) =
            self.call(Read { path: path(at), unless: Condition::None }, None)?;
        let bytes = match place {
            Place::Body => body,
            Place::Stored(key) | Place::Media(key) => self.bucket.borrow()[&key].clone(),
            Place::Unchanged | Place::Foreign(_) => panic!("{at} is {place:?}"),
        };
        assert_eq!((entry.size_bytes, entry.hash), (bytes.len() as u64, Some(hash(&bytes))));
        Ok(String::from_utf8(bytes).unwrap())
    }

    pub fn stat(&self, at: &str) -> Result<Entry, Error> {
        self.call(Stat { path: path(at) }, None).map(|(entry, _)| entry)
    }

    pub fn mv(&self, from: &str, to: &str) -> Result<Relocated, Error> {
        self.move_to(from, to, false)
    }

    pub fn move_to(&self, from: &str, to: &str, overwrite: bool) -> Result<Relocated, Error> {
        self.call(Move { from: path(from), to: path(to), overwrite, only_if: Conditions::default() }, None)
            .map(|(moved, _)| moved)
    }

    pub fn copy(&self, from: &str, to: &str) -> Result<Relocated, Error> {
        self.copy_to(from, to, false)
    }

    pub fn copy_to(&self, from: &str, to: &str, overwrite: bool) -> Result<Relocated, Error> {
        self.call(Copy { from: path(from), to: path(to), overwrite, only_if: Conditions::default() }, None)
            .map(|(copied, _)| copied)
    }

    pub fn delete(&self, at: &str, permanent: bool) -> Result<Deleted, Error> {
        self.call(Delete { path: path(at), permanent, only_if: Conditions::default() }, None)
            .map(|(deleted, _)| deleted)
    }

    /// Into the trash, where it must go.
    pub fn trash(&self, at: &str) -> Trashed {
        match self.delete(at, false).unwrap() {
            Deleted::Trashed(trashed) => trashed,
            Deleted::ForGood => panic!("{at} is gone for good"),
        }
    }

    pub fn restore(&self, at: &FilePath, to: Option<&str>) -> Result<Restored, Error> {
        self.call(Restore { path: at.clone(), to: to.map(path) }, None).map(|(restored, _)| restored)
    }

    pub fn empty(&self) -> Result<Emptied, Error> {
        self.call(EmptyTrash {}, None).map(|(emptied, _)| emptied)
    }

    pub fn trash_page(&self, limit: usize, after: Option<crate::call::TrashCursor>) -> TrashListing {
        self.call(ListTrash { limit, after }, None).unwrap().0
    }

    pub fn list(&self, at: &str, depth: usize, limit: usize, after: Option<Cursor>) -> Result<Listing, Error> {
        self.call(List { path: path(at), depth, limit, after, unless: Condition::None }, None)
            .map(|(listing, _)| listing)
    }

    /// The paths below a place, down to the deepest.
    pub fn tree(&self, at: &str) -> Vec<String> {
        let listing = self.list(at, usize::MAX, usize::MAX, None).unwrap();
        assert_eq!(listing.next, None);
        listing.entries.into_iter().map(|entry| entry.path.into()).collect()
    }

    /// The alarm rings once.
    pub fn ring(&self) -> Vec<String> {
        // Each by itself: what expires in the trash may become a state that a checkpoint keeps.
        let kept = || ["past", "trash", "change"].map(|table| self.number(&format!("SELECT count(*) FROM {table}")));
        let before = kept();
        let failures = self.ring_once().unwrap();
        if self.watched.get() {
            self.check();
            self.watch(kept().iter().zip(before).any(|(now, before)| *now < before));
        }
        failures
    }

    /// The alarm rings until nothing is due, `later_ms` after the latest thing that happened.
    pub fn settle(&self, later_ms: i64) {
        let last_ms = self.number("SELECT coalesce(max(at_ms), 0) FROM change");
        self.now_ms.set(self.now_ms.get().max(last_ms) + later_ms);
        for _ in 0..1000 {
            if next_alarm_ms(&self.sql).unwrap().is_none_or(|due_ms| due_ms > self.now_ms.get()) {
                return;
            }
            assert_eq!(self.ring(), Vec::<String>::new());
        }
        panic!("the alarm never comes to rest");
    }

    /// The alarm rings until everything is freed that nothing uses: what one task drops, the sweep looks at a second
    /// later.
    pub fn sweep(&self) {
        self.settle(2_000);
        self.settle(2_000);
    }
}
