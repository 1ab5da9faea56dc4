//! What a caller expects of an entry, looked at where the change happens.

use super::bucket::foreign;
use super::{World, hash, path};
use crate::call::{Condition, Conditions, Content, Copy, Delete, Entry, Error, List, Move, Write};
use crate::limits::Limits;

/// A file, a directory, and a file whose hash is not known yet.
fn world() -> World {
    let world = World::unopened(Limits::default());
    world.import(vec![foreign("unknown", 3)], false).unwrap();
    world.import(vec![], true).unwrap();
    world.write("file", "content").unwrap();
    world.write("other", "other content").unwrap();
    world.write("dir/inner", "inner").unwrap();
    world
}

fn one_of(tags: &[&str]) -> Condition {
    Condition::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

fn is(is: Condition) -> Conditions {
    Conditions { is, is_not: Condition::None }
}

fn is_not(is_not: Condition) -> Conditions {
    Conditions { is: Condition::None, is_not }
}

fn write(world: &World, at: &str, only_if: Conditions) -> Result<(), Error> {
    let hash = hash(b"new");
    let call = Write { path: path(at), hash, content: Content::Body, make_parents: true, only_if };
    world.call(call, Some(b"new")).map(drop)
}

fn mv(world: &World, from: &str, to: &str, only_if: Conditions) -> Result<(), Error> {
    world.call(Move { from: path(from), to: path(to), overwrite: true, only_if }, None).map(drop)
}

fn copy(world: &World, from: &str, to: &str, only_if: Conditions) -> Result<(), Error> {
    world.call(Copy { from: path(from), to: path(to), overwrite: true, only_if }, None).map(drop)
}

fn delete(world: &World, at: &str, only_if: Conditions) -> Result<(), Error> {
    world.call(Delete { path: path(at), permanent: false, only_if }, None).map(drop)
}

/// The error at a place: it says what is there.
fn failed(at: &str, found: Option<Entry>) -> Error {
    Error::ConditionFailed { path: path(at), found }
}

/// Every condition on an entry of this tag, and whether it holds.
fn of_existing(tag: &str) -> Vec<(Conditions, bool)> {
    vec![
        (is(Condition::Any), true),
        (is(one_of(&[tag])), true),
        (is(one_of(&["stale", tag])), true),
        (is(one_of(&["stale"])), false),
        (is(one_of(&[])), false),
        (is_not(Condition::Any), false),
        (is_not(one_of(&[tag])), false),
        (is_not(one_of(&["stale", tag])), false),
        (is_not(one_of(&["stale"])), true),
        (is_not(one_of(&[])), true),
        (Conditions { is: one_of(&[tag]), is_not: one_of(&["stale"]) }, true),
        (Conditions { is: one_of(&[tag]), is_not: Condition::Any }, false),
        (Conditions { is: one_of(&["stale"]), is_not: one_of(&["stale"]) }, false),
    ]
}

/// Every condition on a place where nothing is, and whether it holds.
fn of_missing() -> Vec<(Conditions, bool)> {
    vec![
        (is(Condition::Any), false),
        (is(one_of(&["stale"])), false),
        (is_not(Condition::Any), true),
        (is_not(one_of(&["stale"])), true),
        (Conditions { is: Condition::Any, is_not: Condition::Any }, false),
    ]
}

#[test]
fn a_write_happens_only_to_the_file_that_was_expected() {
    for at in ["file", "unknown"] {
        let entry = world().stat(at).unwrap();
        assert_eq!(entry.hash.is_some(), at == "file");
        for (only_if, holds) in of_existing(&entry.tag()) {
            let world = world();
            let expected = if holds { Ok(()) } else { Err(failed(at, Some(entry.clone()))) };
            assert_eq!(write(&world, at, only_if.clone()), expected, "{at} {only_if:?}");
            assert_eq!(world.stat(at).unwrap() == entry, !holds);
        }
    }
}

#[test]
fn a_write_where_nothing_is_happens_only_if_that_was_expected() {
    for at in ["new", "dir/new", "deep/er/new"] {
        for (only_if, holds) in of_missing() {
            let world = world();
            let expected = if holds { Ok(()) } else { Err(failed(at, None)) };
            assert_eq!(write(&world, at, only_if.clone()), expected, "{at} {only_if:?}");
            assert_eq!(world.stat(at).is_ok(), holds);
            assert_eq!(world.stat("deep").is_ok(), holds && at == "deep/er/new", "no parents are left behind");
        }
    }
}

#[test]
fn a_write_over_a_directory_is_refused_and_told_what_is_there_if_it_was_not_expected() {
    let world = world();
    let entry = world.stat("dir").unwrap();
    for (only_if, holds) in of_existing(&entry.tag()) {
        let expected =
            if holds { Error::IsADirectory { path: path("dir") } } else { failed("dir", Some(entry.clone())) };
        assert_eq!(write(&world, "dir", only_if.clone()), Err(expected), "{only_if:?}");
    }
}

#[test]
fn an_entry_is_deleted_only_if_it_is_the_one_that_was_expected() {
    for at in ["file", "dir", "unknown"] {
        let entry = world().stat(at).unwrap();
        for (only_if, holds) in of_existing(&entry.tag()) {
            let world = world();
            let expected = if holds { Ok(()) } else { Err(failed(at, Some(entry.clone()))) };
            assert_eq!(delete(&world, at, only_if.clone()), expected, "{at} {only_if:?}");
            assert_eq!(world.stat(at).is_err(), holds);
        }
    }
}

#[test]
fn a_move_and_a_copy_compare_is_with_the_source_and_is_not_with_the_target() {
    type Relocate = fn(&World, &str, &str, Conditions) -> Result<(), Error>;
    for relocate in [mv as Relocate, copy] {
        let look = |at: &str| world().stat(at).unwrap();
        let (source, target) = (look("file"), look("other"));
        let (source_tag, target_tag) = (source.tag(), target.tag());
        let (source_failed, target_failed) = (failed("file", Some(source)), failed("other", Some(target)));
        for (only_if, expected) in [
            (is(Condition::Any), Ok(())),
            (is(one_of(&[&source_tag])), Ok(())),
            (is(one_of(&[&target_tag])), Err(source_failed.clone())),
            (is_not(one_of(&[&source_tag])), Ok(())),
            (is_not(one_of(&[&target_tag])), Err(target_failed.clone())),
            (is_not(Condition::Any), Err(target_failed.clone())),
            (Conditions { is: one_of(&[&source_tag]), is_not: one_of(&["stale"]) }, Ok(())),
            (Conditions { is: one_of(&[&source_tag]), is_not: Condition::Any }, Err(target_failed)),
            (Conditions { is: one_of(&["stale"]), is_not: Condition::Any }, Err(source_failed.clone())),
        ] {
            let world = world();
            assert_eq!(relocate(&world, "file", "other", only_if.clone()), expected, "{only_if:?}");
            assert_eq!(world.read("other").unwrap() == "content", expected.is_ok());
        }
        // Where nothing is, only the source is compared.
        for (only_if, expected) in [
            (is_not(Condition::Any), Ok(())),
            (is_not(one_of(&[&source_tag])), Ok(())),
            (is(one_of(&[&source_tag])), Ok(())),
            (is(one_of(&["stale"])), Err(source_failed)),
        ] {
            let world = world();
            assert_eq!(relocate(&world, "file", "new/place", only_if.clone()), expected, "{only_if:?}");
            assert_eq!(world.stat("new").is_ok(), expected.is_ok());
        }
        let world = world();
        let entry = world.stat("dir").unwrap();
        assert_eq!(relocate(&world, "dir", "new", is(one_of(&["stale"]))), Err(failed("dir", Some(entry.clone()))));
        assert_eq!(relocate(&world, "dir", "new", is(one_of(&[&entry.tag()]))), Ok(()));
    }
}

#[test]
fn of_two_who_expect_the_same_only_one_goes_ahead() {
    let world = world();
    let tag = world.stat("file").unwrap().tag();
    write(&world, "file", is(one_of(&[&tag]))).unwrap();
    let now = world.stat("file").unwrap();
    assert_eq!(write(&world, "file", is(one_of(&[&tag]))), Err(failed("file", Some(now.clone()))));
    assert_eq!(delete(&world, "file", is(one_of(&[&tag]))), Err(failed("file", Some(now))));
    write(&world, "new", is_not(Condition::Any)).unwrap();
    let now = world.stat("new").unwrap();
    assert_eq!(write(&world, "new", is_not(Condition::Any)), Err(failed("new", Some(now))));
}

#[test]
fn a_directory_is_another_one_once_an_entry_of_it_has_changed() {
    let changes: [fn(&World); 4] = [
        |world| {
            world.write("dir/inner", "new").unwrap();
        },
        |world| {
            world.write("dir/new", "new").unwrap();
        },
        |world| drop(world.trash("dir/inner")),
        |world| {
            world.mv("dir", "moved").unwrap();
            world.mv("moved", "dir").unwrap();
        },
    ];
    for change in changes {
        let world = world();
        let tag = world.stat("dir").unwrap().tag();
        change(&world);
        let now = world.stat("dir").unwrap();
        assert_eq!(delete(&world, "dir", is(one_of(&[&tag]))), Err(failed("dir", Some(now))));
    }
}

#[test]
fn a_listing_that_the_caller_has_is_not_answered_again() {
    let world = world();
    for depth in [1, 9] {
        let list = |unless: Condition| {
            let call = List { path: path(""), depth, limit: 10, after: None, unless };
            world.call(call, None).unwrap().0
        };
        let whole = list(Condition::None);
        assert!(!whole.is_unchanged && !whole.entries.is_empty());
        let known = list(one_of(&["stale", &whole.tag]));
        assert_eq!((known.tag, known.is_unchanged, known.entries, known.next), (whole.tag.clone(), true, vec![], None));
        let stale = list(one_of(&["stale"]));
        assert_eq!((stale.tag, stale.is_unchanged, stale.entries), (whole.tag.clone(), false, whole.entries));
        world.write("file", &format!("of depth {depth}")).unwrap();
        assert!(!list(one_of(&[&whole.tag])).is_unchanged);
    }
}
