//! Random sequences of verbs, over names from all of Unicode, against a plain map: every answer, every error and the
//! whole tree are the same, and every earlier tree can be rebuilt.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::bucket::HOUR_MS;
use super::model::{Item, Model};
use super::verbs::not_found;
use super::{World, hash, path};
use crate::call::{Condition, Cursor, Deleted, Error, Kind, List, Listed, Listing, Sought};
use crate::limits::{DAY_MS, Limits};
use crate::path::FilePath;

/// Names that meet when they are folded, are composed in another way, read from the right, or look like something else.
const NAMES: [&str; 40] = [
    "a",
    "A",
    "b",
    "ß",
    "ẞ",
    "SS",
    "ss",
    "İ",
    "i\u{307}",
    "I",
    "ı",
    "i",
    "é",
    "e\u{301}",
    "É",
    "Σ",
    "ς",
    "σ",
    "ǅ",
    "Ǆ",
    "ﬀ",
    "ff",
    "📦",
    "👨\u{200d}👩\u{200d}👧",
    "שלום",
    "\u{202e}abc",
    "\u{301}",
    "\u{feff}",
    "10%",
    "50%+1",
    "a b",
    "...",
    ".x",
    "'",
    "\"",
    "\\",
    "x.1",
    ".trash",
    "SOUL.md",
    "AGENTS.md",
];

/// A place: by names of the alphabet, in the tree or in an entry of the trash.
#[derive(Clone, Debug)]
struct Place {
    trashed: Option<Index>,
    names: Vec<Index>,
}

#[derive(Clone, Debug)]
enum Step {
    Write { at: Place, content: usize, make_parents: bool },
    MakeDirectory { at: Place },
    Move { from: Place, to: Place, overwrite: bool },
    Copy { from: Place, to: Place, overwrite: bool },
    Delete { at: Place, permanent: bool },
    Restore { at: Place, to: Option<Place> },
    Empty,
    Look { at: Place, depth: usize, limit: usize },
    Clock { by_ms: i64 },
    Alarm { by_ms: i64 },
}

fn name() -> impl Strategy<Value = String> {
    let any = vec(any::<char>(), 1..5).prop_map(String::from_iter);
    let any =
        any.prop_filter("no name", |name| FilePath::try_from(name.clone()).is_ok_and(|path| path.as_str() == name));
    prop_oneof![3 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any]
}

/// Mostly in the tree, mostly one or two names deep, so that places meet.
fn place() -> impl Strategy<Value = Place> {
    let names = prop_oneof![1 => vec(any::<Index>(), 0), 12 => vec(any::<Index>(), 1), 8 => vec(any::<Index>(), 2), 3 => vec(any::<Index>(), 3..5)];
    (prop_oneof![12 => Just(None), 1 => any::<Index>().prop_map(Some)], names)
        .prop_map(|(trashed, names)| Place { trashed, names })
}

fn in_trash() -> impl Strategy<Value = Place> {
    let names = prop_oneof![3 => vec(any::<Index>(), 0), 1 => vec(any::<Index>(), 1)];
    (any::<Index>(), names).prop_map(|(trashed, names)| Place { trashed: Some(trashed), names })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (place(), 0_usize..5, prop::bool::weighted(0.8))
            .prop_map(|(at, content, make_parents)| Step::Write { at, content, make_parents }),
        3 => place().prop_map(|at| Step::MakeDirectory { at }),
        6 => (place(), place(), any::<bool>()).prop_map(|(from, to, overwrite)| Step::Move { from, to, overwrite }),
        4 => (place(), place(), any::<bool>()).prop_map(|(from, to, overwrite)| Step::Copy { from, to, overwrite }),
        5 => (place(), prop::bool::weighted(0.2)).prop_map(|(at, permanent)| Step::Delete { at, permanent }),
        4 => (prop_oneof![8 => in_trash(), 1 => place()], prop::option::weighted(0.4, place()))
            .prop_map(|(at, to)| Step::Restore { at, to }),
        1 => Just(Step::Empty),
        3 => (place(), 1_usize..4, 1_usize..6).prop_map(|(at, depth, limit)| Step::Look { at, depth, limit }),
        2 => (-DAY_MS..DAY_MS).prop_map(|by_ms| Step::Clock { by_ms }),
        2 => prop_oneof![1..3_000_i64, 1..4 * DAY_MS, 30 * DAY_MS..60 * DAY_MS].prop_map(|by_ms| Step::Alarm { by_ms }),
    ]
}

/// A workspace and what it should be.
struct Pair {
    world: World,
    model: Model,
    alphabet: Vec<String>,
    last_ms: i64,
    /// Every listing that was seen, by its directory, depth and tag.
    listings: BTreeMap<(FilePath, usize, String), Vec<Listed>>,
}

impl Pair {
    fn resolve(&self, place: &Place) -> String {
        let trashed = place.trashed.as_ref().map(|index| {
            let entries: Vec<&FilePath> = self.model.trash.keys().collect();
            if entries.is_empty() { ".trash".to_owned() } else { index.get(&entries).to_string() }
        });
        let names = place.names.iter().map(|index| index.get(&self.alphabet).clone());
        trashed.into_iter().chain(names).collect::<Vec<_>>().join("/")
    }

    fn take(&mut self, step: &Step) {
        let (world, at) = (&self.world, |place| self.resolve(place));
        match step {
            Step::Write { at: place, content, make_parents } => {
                let (at, content) = (at(place), "content"[..*content].to_owned());
                let written = world.write_bytes(&at, content.as_bytes(), *make_parents);
                let expected = self.model.write(&path(&at), &content, *make_parents);
                assert_eq!(
                    written.as_ref().map(|written| written.size_bytes),
                    expected.as_ref().map(|()| content.len() as u64)
                );
                if let Ok(written) = written {
                    assert!(written.modified_ms > self.last_ms, "two changes have one time");
                    self.last_ms = written.modified_ms;
                    assert_eq!(world.stat(&at).unwrap().modified_ms, written.modified_ms);
                }
            }
            Step::MakeDirectory { at: place } => {
                let at = at(place);
                assert_eq!(world.mkdir(&at), self.model.make_directory(&path(&at)));
            }
            Step::Move { from, to, overwrite } => {
                let (from, to) = (at(from), at(to));
                let expected = self.model.mv(&path(&from), &path(&to), *overwrite);
                assert_eq!(world.move_to(&from, &to, *overwrite), expected);
            }
            Step::Copy { from, to, overwrite } => {
                let (from, to) = (at(from), at(to));
                let expected = self.model.copy(&path(&from), &path(&to), *overwrite);
                assert_eq!(world.copy_to(&from, &to, *overwrite), expected);
            }
            Step::Delete { at: place, permanent } => {
                let at = path(&at(place));
                let deleted = world.delete(at.as_str(), *permanent);
                assert_eq!(deleted.as_ref().err(), self.model.may_delete(&at).err().as_ref());
                match deleted {
                    Ok(Deleted::Trashed(entry)) => {
                        assert!(!permanent && !at.is_in_trash() && entry.original == at);
                        assert_eq!(entry.path.name(), format!("{}.{}", at.name(), entry.deleted_ms));
                        self.model.relocate(&at, &entry.path, false);
                        self.model.trash.insert(entry.path, (at, entry.expires_ms));
                    }
                    Ok(Deleted::ForGood) => {
                        assert!(*permanent || at.is_in_trash());
                        self.model.remove(&at);
                    }
                    Err(_) => {}
                }
            }
            Step::Restore { at: place, to } => {
                let (at, to) = (path(&at(place)), to.as_ref().map(at));
                let expected = self.model.restore(&at, to.as_deref().map(path).as_ref());
                assert_eq!(world.restore(&at, to.as_deref()), expected);
            }
            Step::Empty => assert_eq!(world.empty(), Ok(self.model.empty())),
            Step::Look { at: place, depth, limit } => self.look(&path(&at(place)), *depth, *limit),
            Step::Clock { by_ms } => world.now_ms.set(world.now_ms.get() + by_ms),
            Step::Alarm { by_ms } => {
                world.settle(*by_ms);
                self.model.expire(world.now_ms.get());
                world.sweep();
                self.model.expire(world.now_ms.get());
                // Whatever is not used is on the sweep's list, so an empty list means that nothing leaks.
                let waiting = "SELECT (SELECT count(*) FROM dropped) + (SELECT count(*) FROM node WHERE parent = -1)";
                assert_eq!(world.number(waiting), 0);
            }
        }
    }

    /// Everything that can be seen of one place, the listing page by page.
    fn look(&self, at: &FilePath, depth: usize, limit: usize) {
        let there = self.model.at(at);
        let read = match there {
            Some(Item::File(content)) => Ok(content.clone()),
            _ => Err(not_found(Sought::File, at.as_str())),
        };
        assert_eq!(self.world.read(at.as_str()), read);
        let kind = there.map(Item::kind);
        let stat = self.world.stat(at.as_str()).map(|entry| entry.kind);
        assert_eq!(stat, kind.ok_or_else(|| not_found(Sought::Path, at.as_str())));
        let expected = match kind {
            Some(Kind::Directory) => Ok(self.model.list(at, depth)),
            Some(Kind::File) => Err(Error::NotADirectory { path: at.clone() }),
            None => Err(not_found(Sought::Directory, at.as_str())),
        };
        assert_eq!(self.list(at, depth, limit), expected);
    }

    fn list(&self, at: &FilePath, depth: usize, limit: usize) -> Result<Vec<(FilePath, Kind, u64)>, Error> {
        let (mut entries, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            let page = self.world.list(at.as_str(), depth, limit, after.take())?;
            entries.extend(page.entries.into_iter().map(|entry| (entry.path, entry.kind, entry.size_bytes)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(entries),
            }
        }
    }

    /// A tag names a listing: as long as it is the same, so is every entry with its time.
    fn check_tags(&mut self) {
        let directories = self.model.nodes.iter().filter(|(_, item)| **item == Item::Directory).map(|(path, _)| path);
        for at in directories.chain(&[path(""), path(".trash")]) {
            for depth in [1, 2, usize::MAX] {
                let list = List { path: at.clone(), depth, limit: usize::MAX, after: None, unless: Condition::None };
                let Listing { tag, entries, .. } = self.world.send(list, None).unwrap().0;
                let known = self.listings.entry((at.clone(), depth, tag)).or_insert_with(|| entries.clone());
                assert_eq!(known, &entries, "of one tag");
            }
        }
    }

    /// The whole of both is the same.
    fn compare(&self) {
        let expected = self.model.nodes.iter().map(|(path, item)| match item {
            Item::Directory => (path.to_string(), None),
            Item::File(content) => (path.to_string(), Some(hash(content.as_bytes()).to_string().to_uppercase())),
        });
        let fixed = ["", ".trash"].map(|path| (path.to_owned(), None));
        assert_eq!(self.world.shape(), expected.chain(fixed).collect());
        for top in ["", ".trash"] {
            let listed = self.list(&path(top), usize::MAX, usize::MAX).unwrap();
            assert_eq!(listed, self.model.list(&path(top), usize::MAX));
        }
        let trash = self.world.trash_page(1_000, None).entries;
        assert!(trash.is_sorted_by(|one, next| one.deleted_ms > next.deleted_ms));
        let trash = trash.into_iter().map(|entry| (entry.path, (entry.original, entry.expires_ms)));
        assert_eq!(trash.collect::<BTreeMap<_, _>>(), self.model.trash);
    }
}

proptest! {
    // Each case is a few hundred looks at a whole database. A case that fails is printed with its steps.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_of_verbs_does_what_a_plain_map_does(
        alphabet in vec(name(), 2..5),
        steps in vec(step(), 1..40),
    ) {
        let (world, model) = (World::new(Limits::default()), Model::default());
        // Of the contents, half are small.
        world.inline_max_bytes.set(2);
        let mut pair = Pair { world, model, alphabet, last_ms: 0, listings: BTreeMap::new() };
        for step in &steps {
            pair.take(step);
            pair.compare();
            pair.check_tags();
        }
        pair.world.check_history();
        // In the end the bucket holds what is used, once.
        pair.world.sweep();
        // The clock may have gone back since something was doomed.
        let doomed_ms = pair.world.number("SELECT coalesce(max(doomed_ms), 0) FROM blob");
        pair.world.now_ms.set(pair.world.now_ms.get().max(doomed_ms));
        pair.world.settle(2 * HOUR_MS);
        let used = pair.world.number("SELECT count(*) FROM blob WHERE place = 1 AND state = 0");
        prop_assert_eq!(i64::try_from(pair.world.lying().len()).unwrap(), used);
    }
}
