//! Turns taken back where it is tight: deep trees, long ones, and what is gone for good.

use super::World;
use super::undo::{left, tree, world};
use crate::call::{Left, ShowTurn, Why};
use crate::ids::Label;
use crate::limits::Limits;

#[test]
fn what_others_have_put_deep_into_something_keeps_it_from_going() {
    let world = world();
    world.write("d/e/f", "1").unwrap();
    world.in_turn("t", || world.trash("d"));
    let undone = world.undo_all("t");
    world.write("d/e/f", "2").unwrap();
    world.write("d/e/g/new", "3").unwrap();
    // To undo the undoing is to delete it again, with what came to be in it meanwhile.
    let again = world.undo(undone.turn.as_str(), false).unwrap();
    assert_eq!((again.left, again.restored, again.trashed), (vec![left("d", Why::HoldsOthers)], 0, 0));
    assert_eq!((world.read("d/e/f").as_deref(), world.read("d/e/g/new").as_deref()), (Ok("2"), Ok("3")));
    assert_eq!(world.undo(undone.turn.as_str(), true).unwrap().trashed, 1);
    assert_eq!(world.tree(""), Vec::<String>::new());
}

#[test]
fn what_others_have_put_into_a_directory_from_the_trash_keeps_it_there() {
    let world = world();
    world.write("d/e/f", "1").unwrap();
    let trashed = world.trash("d");
    world.in_turn("t", || world.restore(&trashed.path, None).unwrap());
    world.write("d/e/new", "2").unwrap();
    assert_eq!(world.undo("t", false).unwrap().left, [left("d", Why::HoldsOthers)], "where it is, not in the trash");
    assert_eq!(world.tree(""), ["d", "d/e", "d/e/f", "d/e/new"]);
}

#[test]
fn what_a_turn_moved_out_of_its_own_directory_does_not_keep_that_from_going() {
    let world = world();
    world.write("a/f", "1").unwrap();
    world.in_turn("t", || {
        world.mkdir("new").unwrap();
        world.mv("a", "new/a").unwrap();
        world.write("new/b/c/d", "2").unwrap();
    });
    world.write("new/a/theirs", "3").unwrap();
    world.undo_all("t");
    assert_eq!(world.tree(""), ["a", "a/f", "a/theirs"]);
}

#[test]
fn as_many_entries_as_there_may_be_go_with_the_directory_that_came_with_them() {
    let world = World::new(Limits { feed_rows: 1_000_000, ..Limits::default() });
    world.watched.set(false);
    for file in 0..1_500 {
        world.write(&format!("d/{}/{file}", file % 3), "1").unwrap();
    }
    let before = tree(&world);
    world.in_turn("t", || {
        for copy in 0..14 {
            world.copy("d", &format!("copies/{copy}")).unwrap();
        }
    });
    world.write("copies/3/1/theirs", "2").unwrap();
    let undone = world.undo("t", false).unwrap();
    let expected =
        [left("copies", Why::HoldsOthers), left("copies/3", Why::HoldsOthers), left("copies/3/1", Why::HoldsOthers)];
    assert_eq!(undone.left, expected);
    assert_eq!(world.tree("copies"), ["copies/3", "copies/3/1", "copies/3/1/theirs"]);
    assert_eq!(undone.trashed, 13 + 2 + 500);
    world.undo("t", true).unwrap();
    assert_eq!(tree(&world), before);
    world.check();
}

#[test]
fn a_file_that_a_turn_wrote_again_and_again_is_one_entry() {
    let world = World::new(Limits { feed_rows: 1_000_000, ..Limits::default() });
    world.watched.set(false);
    world.write("a", "before").unwrap();
    world.in_turn("t", || {
        for round in 0..=crate::limits::REVERT_MAX_ENTRIES {
            world.write("a", if round % 2 == 0 { "even" } else { "odd" }).unwrap();
        }
    });
    assert_eq!(world.undo_all("t").restored, 1);
    assert_eq!(world.read("a").as_deref(), Ok("before"));
}

#[test]
fn a_directory_that_was_deleted_for_good_comes_back_with_a_word_of_warning() {
    for alarm in [false, true] {
        let world = world();
        world.write("d/old", "1").unwrap();
        world.checkpoint();
        world.write("d/new", "2").unwrap();
        world.in_turn("t", || world.delete("d", true).unwrap());
        if alarm {
            world.sweep();
        }
        let undone = world.undo("t", false).unwrap();
        assert_eq!((undone.left, undone.restored), (vec![left("d", Why::PartlyGone)], if alarm { 2 } else { 1 }));
        assert_eq!(world.read("d/old").as_deref(), Ok("1"));
    }
}

#[test]
fn what_was_deleted_for_good_out_of_the_trash_does_not_come_back_there_and_that_is_said() {
    let world = world();
    world.write("a", "1").unwrap();
    let trashed = world.trash("a");
    world.checkpoint();
    world.in_turn("t", || world.delete(trashed.path.as_str(), true).unwrap());
    for _ in 0..2 {
        let undone = world.undo("t", false).unwrap();
        assert_eq!((undone.left, undone.restored), (vec![Left { path: trashed.path.clone(), why: Why::Gone }], 0));
        world.sweep();
    }
}

#[test]
fn a_long_change_of_places_costs_by_its_length() {
    let rows = [50, 500].map(|files| {
        let world = world();
        world.watched.set(false);
        for file in 0..files {
            world.write(&format!("f{file}"), &format!("{file}")).unwrap();
        }
        world.in_turn("t", || {
            world.mv(&format!("f{}", files - 1), &format!("f{files}")).unwrap();
            for file in (0..files - 1).rev() {
                world.mv(&format!("f{file}"), &format!("f{}", file + 1)).unwrap();
            }
        });
        world.mv("f1", "theirs").unwrap();
        world.write("f0", "another").unwrap();
        let before = world.sql.steps.get();
        let undone = world.undo("t", false).unwrap();
        assert_eq!((undone.left.len(), undone.restored), (1, files - 1), "{:?}", undone.left);
        world.sql.steps.get() - before
    });
    assert!(rows[1] < rows[0] * 15, "{rows:?}");
}

#[test]
fn who_stays_keeps_the_place_that_another_wants() {
    let world = world();
    for file in 0..300 {
        world.watched.set(file == 299);
        world.write(&format!("f{file}"), &format!("{file}")).unwrap();
    }
    world.watched.set(false);
    world.in_turn("t", || {
        for file in (0..300).rev() {
            world.mv(&format!("f{file}"), &format!("f{}", file + 1)).unwrap();
        }
    });
    // The first stays where it is, so the second does not get its place back, and so on to the last.
    world.write("f1", "changed").unwrap();
    let before = world.sql.steps.get();
    let undone = world.undo("t", false).unwrap();
    assert_eq!((undone.left.len(), undone.restored), (300, 0));
    assert!(world.sql.steps.get() - before < 60_000, "{}", world.sql.steps.get() - before);
}

#[test]
fn a_page_of_turns_reads_no_more_than_it_shows() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    world.write("d/f", "").unwrap();
    for turn in 0..20 {
        world.in_turn(&format!("t{turn}"), || world.write(&format!("d/{turn}"), "").unwrap());
    }
    let cost = |limit| {
        let before = world.sql.steps.get();
        assert_eq!(world.turns(limit, None).turns.len(), limit);
        world.sql.steps.get() - before
    };
    let before = cost(1);
    for copy in 0..20 {
        world.in_turn("t19", || world.copy("d", &format!("c/{copy}")).unwrap());
    }
    assert_eq!(cost(1), before, "however much there is of it in the feed");
    assert!(cost(20) < 20 * before);
}

#[test]
fn what_a_turn_has_done_is_shown_in_answers_of_a_bounded_size() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    let deep = vec!["n".repeat(250); 15].join("/");
    for file in 0..40 {
        world.write(&format!("d/{file}"), "").unwrap();
    }
    world.in_turn("t", || {
        for copy in 0..30 {
            world.copy("d", &format!("{deep}/{copy}")).unwrap();
        }
    });
    let (mut seen, mut after, mut pages) = (0, None, 0);
    loop {
        let turn = Label::parse("t").unwrap();
        let (page, _) = world.send(ShowTurn { turn, limit: 10_000, after }, None).unwrap();
        let bytes: usize = page.changes.iter().map(|changed| changed.path.as_str().len()).sum();
        assert!(bytes < 5 << 20, "{bytes}");
        (seen, after, pages) = (seen + page.changes.len(), page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    let changes = world.turns(1, None).turns[0].changes;
    assert_eq!((u64::try_from(seen).unwrap(), pages), (changes, 2));
}

/// The turns that are undone, and what each took back, newest first.
fn told(world: &World) -> Vec<String> {
    let turns = world.turns(99, None).turns;
    let told = turns.iter().map(|turn| {
        let undoes = turn.undoes.as_ref().map_or(String::new(), |of| format!(" takes back {}", of.as_str()));
        format!("{}{undoes}{}", turn.turn.as_str(), if turn.is_undone { ", undone" } else { "" })
    });
    told.collect()
}

#[test]
fn what_has_been_taken_back_is_known_to_everybody_and_what_is_done_again_too() {
    let world = world();
    world.in_turn("t", || world.write("a", "1").unwrap());
    let [one, two, three] = ["t", "", ""].map(|turn| {
        let newest = world.turns(1, None).turns[0].turn.clone();
        world.undo_all(if turn.is_empty() { newest.as_str() } else { turn }).turn
    });
    let (one, two, three) = (one.as_str(), two.as_str(), three.as_str());
    let expected = [
        format!("{three} takes back {two}"),
        format!("{two} takes back {one}, undone"),
        format!("{one} takes back t"),
        "t, undone".to_owned(),
    ];
    assert_eq!(told(&world), expected);
    assert_eq!(world.tree(""), [] as [String; 0]);
    world.undo_all(three);
    assert_eq!(told(&world)[1..3], [format!("{three} takes back {two}, undone"), format!("{two} takes back {one}")]);
    assert_eq!(told(&world)[4], "t", "it is done again");
}

#[test]
fn a_turn_is_undone_where_nothing_was_left_of_it_and_not_where_all_of_it_was_left() {
    let world = world();
    world.in_turn("gone", || world.write("a", "1").unwrap());
    world.trash("a");
    world.undo_all("gone");
    world.in_turn("kept", || world.write("b", "1").unwrap());
    world.write("b", "2").unwrap();
    assert_eq!(world.undo("kept", false).unwrap().left_total, 1);
    assert_eq!(told(&world), ["kept", "gone, undone"]);
    // What goes on has not been taken back.
    world.in_turn("gone", || world.write("c", "1").unwrap());
    assert_eq!(told(&world), ["gone", "kept"]);
}

#[test]
fn turns_that_take_each_other_back_come_to_an_end() {
    let world = world();
    world.in_turn("one", || world.write("a", "1").unwrap());
    world.in_turn("two", || world.write("b", "1").unwrap());
    world.in_turn("one", || world.undo_all("two"));
    world.in_turn("two", || world.undo("one", true).unwrap());
    world.in_turn("one", || world.undo("two", true).unwrap());
    assert_eq!(told(&world).len(), 2);
    world.check();
}
