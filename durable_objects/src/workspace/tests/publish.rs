//! A tree that is held: the same however much is written, deleted and swept meanwhile, and let go of in the end.

use std::collections::BTreeMap;

use super::faults::stopped_everywhere;
use super::{World, hash, path};
use crate::call::{
    CONTENTS_MAX_BYTES, Cursor, Error, HeldEntry, HoldTree, KeepTree, Kind, Place, ReadBranches, ReadContents,
    ReadTree, ReleaseTree, Sought, TreeHeld, TreePage,
};
use crate::ids::Sha256;
use crate::limits::{DAY_MS, Limits};

const MINUTE_MS: i64 = 60 * 1000;

impl World {
    fn hold(&self, name: &str) -> Result<TreeHeld, Error> {
        self.call(HoldTree { name: name.to_owned(), lasts_ms: 15 * MINUTE_MS, spares: 0 }, None).map(|(held, _)| held)
    }

    fn keep(&self, hold: i64) -> Result<(), Error> {
        self.call(KeepTree { hold, lasts_ms: 15 * MINUTE_MS }, None).map(drop)
    }

    fn release(&self, hold: i64) -> Result<(), Error> {
        self.call(ReleaseTree { hold }, None).map(drop)
    }

    fn held_page(&self, call: ReadTree) -> Result<TreePage, Error> {
        self.call(call, None).map(|(page, _)| page)
    }

    fn held_tree(&self, hold: i64, at: &str, skip: &[&str], limit: usize) -> Result<Vec<HeldEntry>, Error> {
        let (mut entries, mut after) = (Vec::new(), None);
        let skip: Vec<String> = skip.iter().map(|name| (*name).to_owned()).collect();
        loop {
            let page = self.held_page(ReadTree { hold, path: path(at), after, skip: skip.clone(), limit })?;
            assert!(page.entries.len() <= limit);
            entries.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return Ok(entries);
            }
        }
    }

    /// Some branches of a held tree, in pages.
    fn branches(&self, hold: i64, tops: &[&str], limit: usize) -> Result<Vec<HeldEntry>, Error> {
        let (mut entries, mut after) = (Vec::new(), None);
        loop {
            let paths = tops.iter().map(|top| path(top)).collect();
            let (page, _) = self.call(ReadBranches { hold, paths, after, limit }, None)?;
            assert!(page.entries.len() <= limit);
            entries.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return Ok(entries);
            }
        }
    }

    /// The bytes of contents, in as many calls as it takes, and how many those were.
    fn contents(&self, hold: i64, mut hashes: Vec<Sha256>) -> Result<(Vec<Vec<u8>>, usize), Error> {
        let (mut contents, mut calls) = (Vec::new(), 0);
        while !hashes.is_empty() {
            let (read, body) = self.call(ReadContents { hold, hashes: hashes.clone() }, None)?;
            let mut rest = body.as_slice();
            for size_bytes in &read.sizes {
                let (content, behind) = rest.split_at(usize::try_from(*size_bytes).unwrap());
                contents.push(content.to_vec());
                rest = behind;
            }
            assert!(rest.is_empty());
            hashes.drain(..read.sizes.len());
            calls += 1;
        }
        Ok((contents, calls))
    }

    /// Every file of a held tree with its bytes.
    fn held_files(&self, hold: i64) -> BTreeMap<String, Vec<u8>> {
        let entries = self.held_tree(hold, "", &[], 3).unwrap();
        let files = entries.into_iter().filter(|entry| entry.kind == Kind::File).map(|entry| {
            let bytes = match entry.bytes {
                Place::Body => self.contents(hold, vec![entry.hash.unwrap()]).unwrap().0.remove(0),
                Place::Stored(key) => self.bucket.borrow()[&key].clone(),
                place @ (Place::Unchanged | Place::Foreign(_) | Place::Media(_)) => {
                    panic!("{} is {place:?}", entry.path)
                }
            };
            assert_eq!((entry.size_bytes, entry.hash), (bytes.len() as u64, Some(hash(&bytes))));
            (entry.path.into(), bytes)
        });
        files.collect()
    }
}

fn some(world: &World) {
    world.write("a", "1").unwrap();
    world.write("d/b", "2").unwrap();
    world.write("d/e/c", "1").unwrap();
    world.store("large", b"large bytes", true).unwrap();
    world.write("node_modules/x/y", "3").unwrap();
    world.mkdir("empty").unwrap();
}

#[test]
fn a_held_tree_is_the_same_whatever_happens_to_it() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    some(&world);
    let before: BTreeMap<String, Vec<u8>> =
        [("a", &b"1"[..]), ("d/b", b"2"), ("d/e/c", b"1"), ("large", b"large bytes"), ("node_modules/x/y", b"3")]
            .into_iter()
            .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
            .collect();
    let TreeHeld { hold, .. } = world.hold("desktops/x/1.0.0").unwrap();
    let entries = world.held_tree(hold, "", &[], 100).unwrap();
    for round in 0..5 {
        world.write("a", &format!("other {round}")).unwrap();
        world.write("d/e/c", &format!("new {round}")).unwrap();
        world.write(&format!("new {round}"), "").unwrap();
    }
    world.mv("d", "moved").unwrap();
    world.delete("large", true).unwrap();
    world.delete("moved/b", true).unwrap();
    world.trash("node_modules");
    world.empty().unwrap();
    world.sweep();
    assert_eq!(world.held_tree(hold, "", &[], 100).unwrap(), entries);
    assert_eq!(world.held_files(hold), before);
    world.release(hold).unwrap();
}

#[test]
fn what_only_a_hold_kept_goes_with_it() {
    let world = World::new(Limits::default());
    some(&world);
    let contents = world.blobs().len();
    let one = world.hold("one").unwrap().hold;
    world.delete("d", true).unwrap();
    world.delete("large", true).unwrap();
    world.sweep();
    assert_eq!(world.blobs().len(), contents);
    world.release(one).unwrap();
    world.release(one).unwrap();
    world.sweep();
    assert_eq!(world.held_tree(one, "", &[], 10), Err(Error::NotHeld { hold: one }));
    assert_eq!(world.number("SELECT count(*) FROM blob WHERE state = 0"), 2, "those of a and node_modules/x/y");
}

#[test]
fn a_hold_that_nobody_releases_ends_by_the_alarm() {
    let world = World::new(Limits::default());
    some(&world);
    let hold = world.hold("one").unwrap().hold;
    world.delete("d", true).unwrap();
    world.settle(14 * MINUTE_MS);
    assert!(world.held_tree(hold, "d", &[], 10).is_ok());
    world.settle(2 * MINUTE_MS);
    assert_eq!(world.held_tree(hold, "d", &[], 10), Err(Error::NotHeld { hold }));
    world.settle(DAY_MS);
    assert_eq!(world.number("SELECT count(*) FROM timer WHERE what = 'holds'"), 0);
    assert_eq!(world.number("SELECT count(*) FROM held"), 0);
}

#[test]
fn a_hold_lasts_as_long_as_somebody_says_so() {
    let world = World::new(Limits::default());
    some(&world);
    let hold = world.hold("one").unwrap().hold;
    for _ in 0..3 {
        world.settle(14 * MINUTE_MS);
        world.keep(hold).unwrap();
    }
    assert!(world.held_tree(hold, "d", &[], 10).is_ok());
    // Then it is in nobody's way, even before the alarm has been there.
    world.now_ms.set(world.now_ms.get() + 16 * MINUTE_MS);
    let next = world.hold("one").unwrap().hold;
    assert_eq!(world.keep(hold), Err(Error::NotHeld { hold }));
    assert!(world.keep(next).is_ok());
}

#[test]
fn one_name_is_held_once_and_a_hold_is_no_checkpoint() {
    let world = World::new(Limits::default());
    some(&world);
    let rev = world.number("SELECT v FROM meta WHERE k = 'rev'");
    let one = world.hold("one").unwrap();
    assert_eq!(world.hold("one"), Err(Error::HeldAlready { name: "one".to_owned() }));
    let two = world.hold("two").unwrap();
    assert_eq!((one.rev, two.rev, world.number("SELECT v FROM meta WHERE k = 'rev'")), (rev, rev, rev));
    assert_eq!(world.checkpoints(), []);
    assert_eq!(world.drop_checkpoint(-one.hold), Err(Error::NoCheckpoint { rev: -one.hold }));
    world.release(one.hold).unwrap();
    let again = world.hold("one").unwrap();
    assert!(again.hold > two.hold, "no number is used twice");
    assert!(world.held_tree(two.hold, "", &[], 10).is_ok());
}

#[test]
fn directories_are_told_and_passed_by_in_pages_of_any_size() {
    let world = World::new(Limits::default());
    some(&world);
    let hold = world.hold("one").unwrap().hold;
    let names = |limit, skip: &[&str]| -> Vec<String> {
        world.held_tree(hold, "", skip, limit).unwrap().into_iter().map(|entry| entry.path.into()).collect()
    };
    let all = ["d", "d/e", "d/e/c", "d/b", "empty", "node_modules", "node_modules/x", "node_modules/x/y", "a", "large"];
    let some = ["d", "d/b", "empty", "node_modules", "a", "large"];
    for limit in 1..12 {
        assert_eq!(names(limit, &[]), all, "{limit}");
        let without: Vec<&str> = ["d", "d/e", "d/b"].into_iter().chain(some[2..].iter().copied()).collect();
        assert_eq!(names(limit, &["node_modules", "e"]), without, "{limit}");
    }
    let below: Vec<String> =
        world.held_tree(hold, "d", &[], 2).unwrap().into_iter().map(|entry| entry.path.into()).collect();
    assert_eq!(below, ["d/e", "d/e/c", "d/b"]);
    let gone = Error::NotFound { sought: Sought::Directory, path: path("nowhere") };
    assert_eq!(world.held_tree(hold, "nowhere", &[], 2), Err(gone));
    assert_eq!(world.held_tree(hold, "a", &[], 2), Err(Error::NotADirectory { path: path("a") }));
}

#[test]
fn branches_are_told_one_after_the_other_in_pages_of_any_size() {
    let world = World::new(Limits::default());
    some(&world);
    world.write("gone/f", "4").unwrap();
    let bin = world.trash("gone").path.to_string();
    let hold = world.hold("one").unwrap().hold;
    let whole = world.branches(hold, &[""], 100).unwrap();
    let root = whole.first().unwrap();
    assert_eq!((root.path.as_str(), root.kind), ("", Kind::Directory));
    assert_eq!(whole[1..], world.held_tree(hold, "", &[], 100).unwrap(), "without the trash");
    let modified_ms = |at: &str| world.number(&format!("SELECT modified_ms FROM node WHERE name = '{at}'"));
    let entry = |at: &str| whole.iter().find(|entry| entry.path.name() == at).unwrap().modified_ms;
    for name in ["a", "b", "e", "empty"] {
        assert_eq!(entry(name), modified_ms(name), "{name}");
    }
    let tops = ["large", "d", "empty", bin.as_str(), "a"];
    let all = ["large", "d", "d/e", "d/e/c", "d/b", "empty", &bin, &format!("{bin}/f"), "a"];
    world.delete("d", true).unwrap();
    world.write("empty/not", "").unwrap();
    world.empty().unwrap();
    for limit in 1..12 {
        let told = world.branches(hold, &tops, limit).unwrap();
        let told: Vec<&str> = told.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(told, all, "{limit}");
    }
    let gone = Error::NotFound { sought: Sought::Path, path: path("nowhere") };
    assert_eq!(world.branches(hold, &["a", "nowhere"], 10), Err(gone));
    let elsewhere = Cursor { path: path("d/b"), kind: Kind::File };
    let call = ReadBranches { hold, paths: vec![path("a")], after: Some(elsewhere), limit: 1 };
    assert_eq!(world.call(call, None).map(drop), Err(Error::BadCursor));
}

#[test]
fn contents_come_in_batches_of_so_many_bytes() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    let content = |byte: u8| vec![byte; 1024 * 1024];
    for byte in 0..9 {
        world.write_bytes(&format!("f{byte}"), &content(byte), true).unwrap();
    }
    world.write("small", "s").unwrap();
    let hold = world.hold("one").unwrap().hold;
    let mut wanted: Vec<Vec<u8>> = (0..9).map(content).collect();
    wanted.push(b"s".to_vec());
    // The same content twice is brought twice.
    wanted.push(content(3));
    let hashes = wanted.iter().map(|bytes| hash(bytes)).collect();
    let (contents, calls) = world.contents(hold, hashes).unwrap();
    assert!(contents == wanted);
    let total_bytes: usize = wanted.iter().map(Vec::len).sum();
    assert_eq!(calls as u64, (total_bytes as u64).div_ceil(CONTENTS_MAX_BYTES));
    assert!(world.contents(hold, vec![hash(b"nowhere")]).is_err());
    assert_eq!(world.contents(hold + 1, vec![hash(b"s")]), Err(Error::NotHeld { hold: hold + 1 }));
}

#[test]
fn a_hold_and_its_end_happen_whole_or_not_at_all() {
    stopped_everywhere("hold", some, |world| world.hold("one").map(drop));
    let held = |world: &World| {
        some(world);
        world.hold("one").unwrap();
        world.delete("d", true).unwrap();
    };
    stopped_everywhere("keep", held, |world| world.keep(1));
    stopped_everywhere("release", held, |world| world.release(1));
}

#[test]
fn a_reset_ends_what_is_held() {
    let world = World::new(Limits::default());
    some(&world);
    let hold = world.hold("one").unwrap().hold;
    world.send(crate::call::Reset {}, None).unwrap();
    assert_eq!(world.held_tree(hold, "", &[], 10), Err(Error::NotHeld { hold }));
}
