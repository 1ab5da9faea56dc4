//! Looking at the past: every kept moment reads as it was, at a cost by the depth of a path and the length of a page.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::verbs::not_found;
use super::{World, path};
use crate::call::{Condition, Error, Kind, List, ListAt, Sought, When};
use crate::limits::{DAY_MS, Limits};

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn a_path_reads_as_what_was_there() {
    let world = world();
    world.write("d/a", "1").unwrap();
    let one = world.checkpoint();
    world.write("d/a", "2").unwrap();
    world.mv("d", "e/f").unwrap();
    let two = world.checkpoint();
    world.write("d/a", "3").unwrap();
    world.trash("e");
    let at = |at: &str, rev| world.read_when(at, When::At(rev));
    assert_eq!((at("d/a", one).as_deref(), at("e/f/a", two).as_deref()), (Ok("1"), Ok("2")));
    assert_eq!(at("d/a", two).unwrap_err(), not_found(Sought::File, "d/a"));
    assert_eq!(at("e/f/a", one).unwrap_err(), not_found(Sought::File, "e/f/a"));
    assert_eq!(at("d", one).unwrap_err(), not_found(Sought::File, "d"));
    assert_eq!(world.stat_at("d", one).unwrap().kind, Kind::Directory);
    assert_eq!(world.tree_at("", one, 9).unwrap(), ["d", "d/a"]);
    assert_eq!(world.tree_at("", two, 9).unwrap(), ["e", "e/f", "e/f/a"]);
    assert_eq!(world.tree_at("d", two, 9).unwrap_err(), not_found(Sought::Directory, "d"));
    assert_eq!(world.tree_at("d/a", one, 9).unwrap_err(), Error::NotADirectory { path: path("d/a") });
}

#[test]
fn a_listing_of_the_past_is_in_the_order_of_any_other_in_pages_of_any_size() {
    let world = world();
    for name in ["b", "A", "é", "Z", "ß", "a"] {
        world.write(name, "1").unwrap();
        world.write(&format!("d{name}/x"), "1").unwrap();
    }
    let (rev, expected) = (world.checkpoint(), world.tree(""));
    world.trash("b");
    world.mv("A", "zz").unwrap();
    world.write("é", "2").unwrap();
    world.write("new", "2").unwrap();
    world.mv("dZ", "da/moved").unwrap();
    world.delete("dß", false).unwrap();
    world.write("ab", "").unwrap();
    for limit in 1..=13 {
        assert_eq!(world.tree_at("", rev, limit).unwrap(), expected, "pages of {limit}");
    }
}

#[test]
fn nothing_is_younger_than_the_moment_it_is_looked_at() {
    let world = world();
    world.write("d/a", "1").unwrap();
    let rev = world.checkpoint();
    let at_ms = world.checkpoints()[0].at_ms;
    world.now_ms.set(world.now_ms.get() + DAY_MS);
    world.write("d/b", "2").unwrap();
    assert!(world.stat("d").unwrap().modified_ms > at_ms);
    assert!(world.stat_at("d", rev).unwrap().modified_ms <= at_ms);
}

#[test]
fn a_rev_that_is_not_kept_is_gone_and_one_to_come_is_unknown() {
    let world = World::new(Limits { versions_ms: DAY_MS, ..Limits::default() });
    let first = world.write("a", "1").unwrap().rev;
    let kept = world.checkpoint();
    world.write("a", "2").unwrap();
    world.write("a", "3").unwrap();
    world.settle(2 * DAY_MS);
    let last = world.write("a", "4").unwrap().rev;
    assert_eq!(world.tree_at("", first, 9).unwrap_err(), Error::RevGone { rev: first });
    assert_eq!(world.tree_at("", last + 1, 9).unwrap_err(), Error::UnknownRev { rev: last + 1 });
    assert_eq!(world.read_when("a", When::At(kept)).as_deref(), Ok("1"));
    assert_eq!(world.read_when("a", When::At(last - 1)).as_deref(), Ok("3"));
}

#[test]
fn a_file_whose_content_is_no_longer_kept_is_listed_and_says_so() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    let first = world.write("a", "1").unwrap().rev;
    world.write("a", "2").unwrap();
    world.write("a", "3").unwrap();
    assert_eq!(world.tree_at("", first, 9).unwrap(), ["a"]);
    let gone = Error::VersionGone { path: path("a"), rev: first };
    assert_eq!(world.read_when("a", When::At(first)).unwrap_err(), gone);
    assert_eq!(world.read_when("a", When::At(first + 1)).as_deref(), Ok("2"));
}

#[test]
fn what_is_deleted_for_good_is_in_no_earlier_tree_but_that_of_a_checkpoint() {
    let world = world();
    world.write("d/e/a", "1").unwrap();
    world.write("d/b", "2").unwrap();
    let before = world.number("SELECT v FROM meta WHERE k = 'rev'");
    world.delete("d/b", true).unwrap();
    assert_eq!(world.tree_at("", before, 9).unwrap(), ["d", "d/e", "d/e/a"]);
    let rev = world.checkpoint();
    world.write("d/e/c", "3").unwrap();
    world.delete("d", true).unwrap();
    for _ in 0..3 {
        assert_eq!(world.tree_at("", rev, 9).unwrap(), ["d", "d/e", "d/e/a"]);
        assert_eq!(world.read_when("d/e/a", When::At(rev)).as_deref(), Ok("1"));
        world.settle(40 * DAY_MS);
        world.sweep();
    }
    assert_eq!(world.blobs().len(), 1, "3 is in no checkpoint");
    world.drop_checkpoint(rev).unwrap();
    world.sweep();
    let left = "SELECT (SELECT count(*) FROM past) + (SELECT count(*) FROM held) + (SELECT count(*) FROM blob)";
    assert_eq!(world.number(left), 0);
}

#[test]
fn a_look_at_the_past_costs_by_names_and_depth_not_by_what_has_happened() {
    let steps = [10, 1_000].map(|rounds| {
        let world = World::new(Limits { versions_per_file: 5_000, ..Limits::default() });
        world.watched.set(false);
        for file in 0..5 {
            world.write(&format!("d/e/{file}"), "first").unwrap();
        }
        let rev = world.checkpoint();
        for round in 0..rounds {
            world.write("d/e/0", &format!("{round}")).unwrap();
        }
        world.trash("d/e/4");
        let before = world.sql.steps.get();
        assert_eq!(world.tree_at("d/e", rev, 9).unwrap().len(), 5);
        let listed = world.sql.steps.get();
        assert_eq!(world.read_when("d/e/0", When::At(rev)).as_deref(), Ok("first"));
        (listed - before, world.sql.steps.get() - listed)
    });
    let [(list_few, read_few), (list_many, read_many)] = steps;
    assert!(list_few.abs_diff(list_many) < 50 && read_few.abs_diff(read_many) < 50, "{steps:?}");
}

#[test]
fn every_rev_reads_as_a_tree_also_within_a_transaction() {
    let world = world();
    world.write("a/1", "1").unwrap();
    world.write("b/2", "2").unwrap();
    let rev = world.checkpoint();
    world.mv("a", "x").unwrap();
    world.mv("b", "a").unwrap();
    world.mv("x", "b").unwrap();
    let last = world.number("SELECT v FROM meta WHERE k = 'rev'");
    let (before, after) = (world.tree_at("", rev, 9).unwrap(), world.tree_at("", last, 9).unwrap());
    world.restore_to(rev, "").unwrap();
    let end = world.number("SELECT v FROM meta WHERE k = 'rev'");
    assert!(end > last + 1);
    for within in last..=end {
        let expected = if within < end { &after } else { &before };
        assert_eq!(&world.tree_at("", within, 9).unwrap(), expected);
    }
}

#[test]
fn a_tag_of_the_past_is_never_that_of_a_listing_that_says_something_else() {
    let world = World::new(Limits { versions_ms: 30 * DAY_MS, ..Limits::default() });
    world.write("d/a", "").unwrap();
    world.checkpoint();
    world.write("d/b", "").unwrap();
    let rev = world.write("x", "").unwrap().rev;
    world.delete("d", true).unwrap();
    let mut tags = BTreeMap::new();
    let mut look = |what: &str| {
        let list = List { path: path(""), depth: 64, limit: 99, after: None, unless: Condition::None };
        let (listing, _) = world.send(ListAt { rev, list }, None).unwrap();
        let entries: Vec<String> = listing.entries.into_iter().map(|entry| String::from(entry.path)).collect();
        assert_eq!(tags.entry(listing.tag).or_insert_with(|| entries.clone()), &entries, "{what}");
        entries
    };
    assert_eq!(look("deleted"), ["d", "d/a", "d/b", "x"], "its rows are still there");
    world.settle(0);
    assert_eq!(look("taken apart"), ["d", "d/a", "x"]);
    assert_eq!(look("again"), ["d", "d/a", "x"]);
    world.execute("DELETE FROM checkpoint");
    world.execute("INSERT INTO timer (what, due_ms) VALUES ('release', 0)");
    world.settle(0);
    assert_eq!(look("released"), ["x"]);
}

#[test]
fn a_page_of_the_past_passes_by_so_much_that_came_later_and_misses_nothing() {
    let world = world();
    world.watched.set(false);
    for name in ["a", "m", "z", "gone", "moved"] {
        world.write(&format!("d/{name}"), "").unwrap();
        world.write(&format!("d/dir-{name}/f"), "").unwrap();
    }
    let rev = world.checkpoint();
    world.trash("d/gone");
    world.mv("d/dir-moved", "e").unwrap();
    let expected = world.tree_at("d", rev, 10_000).unwrap();
    assert_eq!(expected.len(), 15);
    let mut rows = Vec::new();
    for name in ["later", "dir-later"] {
        for later in 0..3_500 {
            let (id, kind) = (100_000 + rows.len(), i64::from(name == "later"));
            rows.push(format!("({id}, 0, 'm{name}{later}', 'm{name}{later}', {kind}, 0, 0, {id}, {id})"));
        }
    }
    world.execute(&format!(
        "INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev) VALUES {}",
        rows.join(",")
    ));
    world.execute("UPDATE node SET parent = (SELECT id FROM node WHERE name = 'd') WHERE parent = 0 AND id > 2");
    let most = Cell::new(0);
    let page = |limit, after| {
        let list = List { path: path("d"), depth: 64, limit, after, unless: Condition::None };
        let before = world.sql.steps.get();
        let (listing, _) = world.send(ListAt { rev, list }, None).unwrap();
        most.set(most.get().max(world.sql.steps.get() - before));
        (listing.entries.into_iter().map(|entry| String::from(entry.path)).collect::<Vec<_>>(), listing.next)
    };
    let mut costs = Vec::new();
    for limit in [1, 2, 7, 300, 1_000] {
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let (entries, next) = page(limit, after);
            assert!(entries.len() <= limit);
            seen.extend(entries);
            (after, pages) = (next, pages + 1);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {limit}");
        assert_eq!(pages == 1, limit == 1_000, "{pages} pages of {limit}");
        costs.push(most.take());
    }
    assert!(costs[0] * 5 < costs[4], "a small page is a small look: {costs:?}");
}

#[test]
fn the_tag_of_a_list_of_the_past_changes_with_what_is_no_longer_kept() {
    let world = world();
    world.write("d/a", "1").unwrap();
    world.checkpoint();
    world.write("d/b", "2").unwrap();
    let rev = world.number("SELECT v FROM meta WHERE k = 'rev'");
    world.write("x", "3").unwrap();
    let page = |unless| {
        let list = List { path: path(""), depth: 9, limit: 9, after: None, unless };
        world.send(ListAt { rev, list }, None).unwrap().0
    };
    let first = page(Condition::None);
    assert!(page(Condition::OneOf(vec![first.tag.clone()])).is_unchanged);
    world.delete("d", true).unwrap();
    let before = page(Condition::None);
    world.sweep();
    let after = page(Condition::None);
    assert_eq!((before.entries.len(), after.entries.len()), (3, 2));
    assert_ne!(before.tag, after.tag);
}
