//! Two ingests of the same bytes, a deletion and the alarm, in every order in which their steps can come: no row ever
//! points to bytes that are gone, and whoever stops wherever he is, nothing is left lying that no row knows of.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Timer;
use super::super::bucket::Removal;
use super::bucket::{HOUR_MS, THEIRS};
use super::media_world::{key_for, world};
use super::{LAST_MEDIA_ID, World};
use crate::call::{AbandonMedia, Error, MediaAnnounced, MediaDeleted, MediaRemoved};
use crate::ids::MediaId;

const CONTENT: &str = "picture";

/// One ingest: announce, put, keep; when that is refused, the ingest ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ingest {
    id: u8,
    key: Option<String>,
    is_put: bool,
    is_over: bool,
}

/// One deletion of whatever item there is: the row, the object, the confirmation. The Worker that removes the object ends
/// within a minute, like every request whose caller has gone; the confirmation may be under way for longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Deletion {
    remove: Option<String>,
    until_ms: i64,
    is_gone: bool,
    is_over: bool,
}

/// The alarm: what it has claimed, and whether that is removed already. It rings a minute later than the ring before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Alarm {
    claim: Option<(Timer, Vec<Removal>)>,
    is_removed: bool,
    rings_left: usize,
}

struct Actors {
    world: World,
    ingests: [Ingest; 2],
    deletion: Deletion,
    alarm: Alarm,
    last_media_id: u128,
}

impl Actors {
    /// An item is there already, when `is_kept`, and a file with its bytes, when `is_used`.
    fn new(is_kept: bool, is_used: bool) -> Self {
        LAST_MEDIA_ID.set(0);
        let world = world();
        world.watched.set(false);
        if is_kept {
            let mut first = Ingest { id: 9, ..Ingest::default() };
            while !first.is_over {
                first.step(&world);
            }
        }
        if is_used {
            world.write("a.txt", CONTENT).unwrap();
            world.settle(0);
        }
        let ingests = [1, 2].map(|id| Ingest { id, ..Ingest::default() });
        let last_media_id = LAST_MEDIA_ID.get();
        // What a second ring would do is what [`all_stop`] does after each state.
        let alarm = Alarm { rings_left: 1, ..Alarm::default() };
        Self { world, ingests, deletion: Deletion::default(), alarm, last_media_id }
    }

    /// The same again, to go another way from here.
    fn fork(&self) -> Self {
        LAST_MEDIA_ID.set(self.last_media_id);
        let world = World::without_tables(self.world.limits.clone());
        let mut world = World { watched: Cell::new(false), ..world };
        let backup = rusqlite::backup::Backup::new(&self.world.sql.connection, &mut world.sql.connection).unwrap();
        backup.run_to_completion(1000, Duration::ZERO, None).unwrap();
        drop(backup);
        world.now_ms.set(self.world.now_ms.get());
        world.keys.set(self.world.keys.get());
        world.inline_max_bytes.set(self.world.inline_max_bytes.get());
        world.bucket.borrow_mut().clone_from(&self.world.bucket.borrow());
        let (ingests, deletion, alarm) = (self.ingests.clone(), self.deletion.clone(), self.alarm.clone());
        Self { world, ingests, deletion, alarm, last_media_id: self.last_media_id }
    }

    /// The next step of one of them; no when there is none.
    fn step(&mut self, actor: usize) -> bool {
        match actor {
            0 | 1 => self.ingests[actor].step(&self.world),
            2 => self.deletion.step(&self.world),
            _ => self.alarm.step(&self.world),
        }
    }

    /// All that can matter for what comes.
    fn state(&self) -> String {
        let bucket: Vec<String> = self.world.bucket.borrow().keys().cloned().collect();
        let (now_ms, dump) = (self.world.now_ms.get(), self.world.dump());
        format!("{:?} {:?} {:?} {now_ms} {bucket:?} {dump}", self.ingests, self.deletion, self.alarm)
    }
}

impl Ingest {
    fn media_id(&self) -> MediaId {
        MediaId::new([self.id; 16])
    }

    fn step(&mut self, world: &World) -> bool {
        if self.is_over {
            return false;
        }
        match (&self.key, self.is_put) {
            (None, _) => match world.announce_media(&self.media_id(), CONTENT).unwrap() {
                MediaAnnounced::Known(_) => self.is_over = true,
                MediaAnnounced::Reserved { key, .. } => self.key = Some(key),
            },
            (Some(key), false) => {
                world.put(key, CONTENT);
                self.is_put = true;
            }
            (Some(key), true) => {
                match world.keep_media(&self.media_id(), key, CONTENT) {
                    Ok(kept) => assert_eq!(world.media(&kept.media.id), Ok(kept.media)),
                    Err(Error::UnknownUpload { .. }) => {
                        world.call(AbandonMedia { id: self.media_id() }, None).unwrap();
                    }
                    Err(error) => panic!("{error}"),
                }
                self.is_over = true;
            }
        }
        true
    }
}

impl Deletion {
    fn step(&mut self, world: &World) -> bool {
        match &self.remove {
            _ if self.is_over => return false,
            None => {
                let Some(media) = world.ledger().pop() else { return false };
                let MediaDeleted { remove } = world.delete_media(&media.id).unwrap();
                self.is_over = remove.is_none();
                self.remove = remove;
                self.until_ms = world.now_ms.get() + 60_000;
            }
            Some(_) if !self.is_gone && world.now_ms.get() > self.until_ms => self.is_over = true,
            Some(key) if !self.is_gone => {
                world.bucket.borrow_mut().remove(key);
                self.is_gone = true;
            }
            Some(key) => {
                world.call(MediaRemoved { key: key.clone() }, None).unwrap();
                self.is_over = true;
            }
        }
        true
    }
}

impl Alarm {
    fn step(&mut self, world: &World) -> bool {
        match self.claim.take() {
            None if self.rings_left == 0 => return false,
            None => {
                self.rings_left -= 1;
                world.now_ms.set(world.now_ms.get() + 61_000);
                world.bring_all_home().unwrap();
                (self.claim, self.is_removed) = (world.claim().unwrap(), false);
            }
            Some((task, removals)) if !self.is_removed => {
                world.remove(&removals);
                (self.claim, self.is_removed) = (Some((task, removals)), true);
            }
            Some((task, removals)) => world.settle_claim(task, &removals).unwrap(),
        }
        true
    }
}

/// Every order of steps from a beginning, but for those that come by a state that was seen. `visit` gets a copy of each.
fn explore(is_kept: bool, is_used: bool, mut visit: impl FnMut(Actors)) -> usize {
    let mut seen = BTreeSet::new();
    let mut open = vec![Actors::new(is_kept, is_used)];
    while let Some(actors) = open.pop() {
        for actor in 0..4 {
            let mut next = actors.fork();
            if next.step(actor) && seen.insert(next.state()) {
                next.last_media_id = LAST_MEDIA_ID.get();
                next.world.check();
                visit(next.fork());
                open.push(next);
            }
        }
    }
    seen.len()
}

/// Everybody stops here. When their time is over, nothing is left but what an item or a file has.
fn all_stop(world: &World) {
    world.settle(0);
    world.settle(2 * HOUR_MS);
    world.settle(2 * HOUR_MS);
    world.check();
    let kept = world.number("SELECT count(*) FROM blob");
    let inline = world.number("SELECT count(*) FROM blob WHERE place = 0");
    let lying = world.bucket.borrow().keys().filter(|key| !key.starts_with(THEIRS)).count();
    assert_eq!(lying, usize::try_from(kept - inline).unwrap());
    assert_eq!((world.count("upload"), world.count("sender"), world.count("leaving")), (0, 0, 0));
    assert_eq!(world.media_lying().len(), world.ledger().len());
    assert_eq!(world.counted(), (kept * 7, 0));
}

#[test]
fn no_order_of_two_ingests_a_deletion_and_the_alarm_loses_or_leaves_bytes() {
    for (is_kept, is_used) in [(false, false), (true, false), (true, true), (false, true)] {
        let states = explore(is_kept, is_used, |actors| {
            if is_used {
                assert_eq!(actors.world.read("a.txt").as_deref(), Ok(CONTENT));
            }
            all_stop(&actors.world);
        });
        assert!(states > 100, "{states}");
    }
}

#[test]
fn two_ingests_at_once_send_to_one_key_and_are_one_item() {
    for order in [[0, 1, 0, 1, 0, 1], [0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0]] {
        let mut actors = Actors::new(false, false);
        for actor in order {
            actors.step(actor);
        }
        let ledger = actors.world.ledger();
        assert_eq!((ledger.len(), actors.world.media_lying()), (1, vec![key_for(CONTENT)]));
        assert_eq!(ledger[0].key, Some(key_for(CONTENT)));
        all_stop(&actors.world);
        assert_eq!(actors.world.ledger(), ledger);
    }
}
