//! Turns taken back: exactly what they have changed, whatever else has happened.

use super::{World, path};
use crate::call::{Error, Left, Turn, Why};
use crate::limits::{DAY_MS, Limits};

pub(super) fn world() -> World {
    World::new(Limits::default())
}

/// The tree without the trash.
pub(super) fn tree(world: &World) -> super::Shape {
    world.shape().into_iter().filter(|(at, _)| !at.starts_with(".trash")).collect()
}

pub(super) fn left(at: &str, why: Why) -> Left {
    Left { path: path(at), why }
}

#[test]
fn a_destructive_turn_of_three_hundred_files_is_undone_with_every_byte_back() {
    let world = world();
    world.watched.set(false);
    world.inline_max_bytes.set(8);
    for file in 0..300 {
        world.write(&format!("d{}/{file}", file % 7), &format!("content {file}")).unwrap();
    }
    let before = tree(&world);
    world.in_turn("wild", || {
        for file in 0..300 {
            let at = format!("d{}/{file}", file % 7);
            match file % 3 {
                0 => drop(world.write(&at, "overwritten").unwrap()),
                1 => drop(world.mv(&at, &format!("elsewhere/{file}")).unwrap()),
                _ => drop(world.trash(&at)),
            }
        }
        world.mv("d3", "elsewhere/d3").unwrap();
        world.trash("d5");
        world.write("junk/1", "junk").unwrap();
    });
    world.sweep();
    let after = tree(&world);
    let undone = world.undo_all("wild");
    assert_eq!(tree(&world), before);
    assert_eq!((undone.restored, undone.trashed), (302, 2), "elsewhere and junk came with the turn");
    for file in 0..300 {
        let content = world.read(&format!("d{}/{file}", file % 7));
        assert_eq!(content, Ok(format!("content {file}")));
    }
    world.check();
    world.undo_all(undone.turn.as_str());
    assert_eq!(tree(&world), after);
    world.check();
}

#[test]
fn what_others_have_changed_since_is_left_and_reported_unless_forced() {
    let world = world();
    world.write("mine", "1").unwrap();
    world.write("theirs", "1").unwrap();
    world.in_turn("t", || {
        world.write("mine", "2").unwrap();
        world.write("theirs", "2").unwrap();
    });
    world.write("theirs", "3").unwrap();
    world.write("other", "4").unwrap();
    let undone = world.undo("t", false).unwrap();
    assert_eq!(undone.left, [left("theirs", Why::ChangedSince)]);
    assert_eq!(
        (undone.restored, world.read("mine").as_deref(), world.read("theirs").as_deref()),
        (1, Ok("1"), Ok("3"))
    );
    let undone = world.undo("t", true).unwrap();
    assert_eq!((undone.restored, undone.left, world.read("theirs").as_deref()), (1, vec![], Ok("1")));
    assert_eq!(world.read("other").as_deref(), Ok("4"));
    // Nothing is left to take back, and that is fine.
    let undone = world.undo("t", false).unwrap();
    assert_eq!((undone.restored, undone.trashed), (0, 0));
}

#[test]
fn a_turn_that_came_twice_to_a_file_is_undone_to_before_the_first() {
    let world = world();
    world.write("a", "1").unwrap();
    world.in_turn("t", || {
        world.write("a", "2").unwrap();
        world.mv("a", "b").unwrap();
        world.write("b", "3").unwrap();
        world.trash("b");
        world.write("a", "4").unwrap();
        world.write("c", "5").unwrap();
        world.mv("c", "d/e").unwrap();
        world.copy("d", "f").unwrap();
    });
    world.undo_all("t");
    assert_eq!((world.tree(""), world.read("a").as_deref()), (vec!["a".to_owned()], Ok("1")));
}

#[test]
fn entries_that_changed_places_change_back() {
    let world = world();
    world.write("a/1", "1").unwrap();
    world.write("b/2", "2").unwrap();
    let before = tree(&world);
    let turned = world.in_turn("t", || {
        world.mv("a", "x").unwrap();
        world.mv("b", "a").unwrap();
        world.mv("x", "b").unwrap();
        world.mv("b", "a/b").unwrap();
        tree(&world)
    });
    let undone = world.undo_all("t");
    assert_eq!(tree(&world), before);
    world.undo_all(undone.turn.as_str());
    assert_eq!(tree(&world), turned);
}

#[test]
fn a_file_moved_over_another_and_the_other_come_back() {
    let world = world();
    world.write("a", "1").unwrap();
    world.write("b", "2").unwrap();
    let before = world.versions("a");
    world.in_turn("t", || world.move_to("a", "b", true).unwrap());
    world.undo_all("t");
    assert_eq!((world.read("a").as_deref(), world.read("b").as_deref()), (Ok("1"), Ok("2")));
    assert_eq!(world.versions("a").last().unwrap().rev, before[0].rev, "with its history");
}

#[test]
fn the_same_bytes_again_are_nothing_to_take_back() {
    let world = world();
    world.write("a", "1").unwrap();
    world.write("b", "1").unwrap();
    world.in_turn("t", || {
        world.write("a", "1").unwrap();
        world.write("b", "1").unwrap();
    });
    world.write("b", "2").unwrap();
    assert_eq!(world.undo_all("t").restored, 0);
    assert_eq!((world.read("a").as_deref(), world.read("b").as_deref()), (Ok("1"), Ok("2")));
}

#[test]
fn what_came_out_of_the_trash_goes_back_there() {
    let world = world();
    world.write("d/a", "1").unwrap();
    world.write("b", "2").unwrap();
    let (d, b) = (world.trash("d"), world.trash("b"));
    world.in_turn("t", || {
        world.restore(&d.path.child("a"), Some("a")).unwrap();
        world.restore(&b.path, None).unwrap();
    });
    let undone = world.undo_all("t");
    assert_eq!((world.tree(""), undone.trashed), (vec![], 2));
    assert_eq!(world.trash_page(9, None).entries.len(), 3);
    world.undo_all(undone.turn.as_str());
    assert_eq!(world.tree(""), ["a", "b"]);
}

#[test]
fn what_is_in_the_way_stays_unless_forced() {
    let world = world();
    world.write("a", "1").unwrap();
    world.write("d/b", "2").unwrap();
    world.in_turn("t", || {
        world.trash("a");
        world.mv("d/b", "b").unwrap();
    });
    world.write("a", "another").unwrap();
    world.trash("d");
    let undone = world.undo("t", false).unwrap();
    assert_eq!(undone.left, [left("a", Why::PlaceTaken), left("d/b", Why::DirectoryTrashed)]);
    assert_eq!((undone.restored, world.read("a").as_deref()), (0, Ok("another")));
    let undone = world.undo("t", true).unwrap();
    assert_eq!((undone.left, world.read("a").as_deref()), (vec![left("d/b", Why::DirectoryTrashed)], Ok("1")));
    assert_eq!(world.trash_page(1, None).entries[0].original, path("a"));
}

#[test]
fn what_the_agent_needs_stays_whatever_is_undone() {
    let world = world();
    world.write("x", "1").unwrap();
    world.in_turn("soul", || world.write("SOUL.md", "me").unwrap());
    assert_eq!(world.undo("soul", true).unwrap().left, [left("SOUL.md", Why::Protected)]);
    // What was called so by a turn gives the name back; what has it by now keeps it, unless a checkpoint is restored.
    world.in_turn("named", || world.mv("x", "AGENTS.md").unwrap());
    let rev = world.checkpoint();
    let undone = world.undo_all("named");
    world.write("AGENTS.md", "another").unwrap();
    assert_eq!(world.undo(undone.turn.as_str(), true).unwrap().left, [left("AGENTS.md", Why::PlaceTaken)]);
    assert_eq!((world.read("x").as_deref(), world.read("AGENTS.md").as_deref()), (Ok("1"), Ok("another")));
    world.restore_to(rev, "").unwrap();
    assert_eq!((world.read("AGENTS.md").as_deref(), world.tree("").len()), (Ok("1"), 2));
}

#[test]
fn a_directory_with_something_of_others_in_it_stays() {
    let world = world();
    world.in_turn("t", || {
        world.write("d/e/mine", "1").unwrap();
        world.write("d/f/mine", "1").unwrap();
    });
    world.write("d/e/theirs", "2").unwrap();
    let undone = world.undo("t", false).unwrap();
    assert_eq!(undone.left, [left("d", Why::HoldsOthers), left("d/e", Why::HoldsOthers)]);
    assert_eq!(world.tree(""), ["d", "d/e", "d/e/theirs"]);
    assert_eq!(undone.trashed, 2);
    world.undo("t", true).unwrap();
    assert_eq!(world.tree(""), Vec::<String>::new());
}

#[test]
fn a_directory_does_not_go_into_what_is_inside_of_it() {
    let world = world();
    world.write("x/a/1", "1").unwrap();
    world.in_turn("t", || world.mv("x/a", "a").unwrap());
    world.mv("x", "a/x").unwrap();
    let undone = world.undo("t", false).unwrap();
    assert_eq!(undone.left, [left("x/a", Why::DirectoryGone)]);
    assert_eq!(world.tree(""), ["a", "a/x", "a/1"]);
}

#[test]
fn what_was_deleted_for_good_is_gone_unless_a_checkpoint_has_it() {
    for (checkpoint, alarm) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = world();
        world.write("d/a", "1").unwrap();
        world.write("b", "2").unwrap();
        let before = tree(&world);
        if checkpoint {
            world.checkpoint();
        }
        world.in_turn("t", || {
            world.delete("d", true).unwrap();
            world.trash("b");
            world.empty().unwrap();
        });
        if alarm {
            world.settle(DAY_MS);
            world.sweep();
        }
        let undone = world.undo("t", false).unwrap();
        if checkpoint {
            assert_eq!(tree(&world), before);
            assert_eq!(undone.left, [left(".trash", Why::Gone), left("d", Why::PartlyGone)]);
        } else {
            assert_eq!(
                undone.left,
                ["", ".trash", "b", "d"][1..].iter().map(|at| left(at, Why::Gone)).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn a_turn_that_writes_more_than_the_number_of_versions_can_be_undone_until_somebody_else_writes() {
    let world = World::new(Limits { versions_per_file: 2, ..Limits::default() });
    for file in ["a", "b"] {
        world.write(file, "before").unwrap();
        world.in_turn("t", || {
            for round in 0..5 {
                world.write(file, &format!("{round}")).unwrap();
            }
        });
        world.sweep();
    }
    world.write("b", "others").unwrap();
    assert_eq!(world.undo("t", true).unwrap().left, [left("b", Why::Gone)]);
    assert_eq!((world.read("a").as_deref(), world.read("b").as_deref()), (Ok("before"), Ok("others")));
}

#[test]
fn turns_are_listed_by_their_last_change_and_say_what_they_did() {
    let world = world();
    world.in_turn("one", || world.write("a", "1").unwrap());
    world.in_turn("two", || world.write("b", "1").unwrap());
    world.write("c", "1").unwrap();
    world.in_turn("one", || world.mv("a", "d/e").unwrap());
    let turns = world.turns(9, None);
    let told: Vec<_> = turns.turns.iter().map(|turn| (turn.turn.as_str(), turn.changes)).collect();
    assert_eq!((told, turns.next), (vec![("one", 3), ("two", 1)], None));
    assert!(turns.turns[0].first_ms < turns.turns[1].first_ms && turns.turns[0].last_ms > turns.turns[1].last_ms);
    let begun = |turn: &Turn| turn.first.as_ref().map(|first| (first.kind.clone(), first.path.clone()));
    assert_eq!(begun(&turns.turns[0]), Some(("create".to_owned(), path("a"))));
    let first = world.turns(1, None);
    assert_eq!(world.turns(1, first.next).turns, turns.turns[1..]);
    let did = world.of_turn("one").unwrap();
    let did: Vec<_> = did.iter().map(|(kind, at)| (kind.as_str(), at.as_str())).collect();
    assert_eq!(did, [("create", "a"), ("mkdir", "d"), ("move", "d/e")]);
    let none = Error::NoTurn { turn: "none".to_owned() };
    assert_eq!(world.of_turn("none").unwrap_err(), none);
    assert_eq!(world.undo("none", false).unwrap_err(), none);
}

#[test]
fn an_undoing_belongs_to_the_turn_of_its_caller() {
    let world = world();
    world.write("a", "1").unwrap();
    world.in_turn("t", || world.write("a", "2").unwrap());
    let undone = world.in_turn("u", || world.undo_all("t"));
    assert_eq!(undone.turn.as_str(), "u");
    // But not to the one that it takes back.
    let again = world.in_turn("u", || world.undo_all("u"));
    assert_ne!(again.turn.as_str(), "u");
    assert_eq!(world.read("a").as_deref(), Ok("2"));
}
