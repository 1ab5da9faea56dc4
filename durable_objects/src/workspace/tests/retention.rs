//! Retention of versions and feed: what goes, what stays, and that no kept revision is missing a piece.

use super::super::next_alarm_ms;
use super::World;
use crate::call::Error;
use crate::limits::{DAY_MS, Limits};

fn checkpoint(world: &World, rev: i64) {
    world.execute(&format!("INSERT INTO checkpoint (rev, label, at_ms) VALUES ({rev}, 'test', 0)"));
}

fn kept_revs(world: &World) -> Vec<i64> {
    world.feed("rev").iter().map(|rev| rev.parse().unwrap()).collect()
}

#[test]
fn a_file_keeps_so_many_versions_and_the_newest_of_them() {
    let world = World::new(Limits { versions_per_file: 3, ..Limits::default() });
    let revs: Vec<i64> = (0..10).map(|round| world.write("a", &format!("{round}")).unwrap().rev).collect();
    assert_eq!(world.contents_of(revs[0]), revs[7..]);
    // The states stay: every earlier tree still lists the file.
    assert_eq!(world.past_of(revs[0]), revs[1..]);
    world.sweep();
    assert_eq!(world.blobs(), revs[6..].iter().copied().collect());
    let none = World::new(Limits { versions_per_file: 0, ..Limits::default() });
    none.write("a", "1").unwrap();
    none.write("a", "2").unwrap();
    none.sweep();
    assert_eq!(none.blobs().len(), 1);
}

#[test]
fn a_checkpoint_keeps_its_version_of_a_file_beyond_the_number() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    let first = world.write("a", "1").unwrap().rev;
    checkpoint(&world, first);
    let shape = world.shape();
    for round in 2..6 {
        world.write("a", &format!("{round}")).unwrap();
    }
    world.sweep();
    assert_eq!(world.contents_of(first).len(), 2);
    assert_eq!(world.tree_as_of(first), shape);
}

#[test]
fn history_and_feed_end_at_one_horizon_by_age() {
    let world = World::new(Limits { versions_ms: 10 * DAY_MS, ..Limits::default() });
    let first = world.write("a", "1").unwrap().rev;
    world.write("a", "2").unwrap();
    world.mv("a", "d/e/a").unwrap();
    world.now_ms.set(world.now_ms.get() + 6 * DAY_MS);
    let third = world.write("d/e/a", "3").unwrap().rev;
    world.write("d/e/a", "4").unwrap();
    let seen = world.seen.borrow().clone();
    world.settle(5 * DAY_MS);
    world.sweep();
    assert_eq!(kept_revs(&world), [third, third + 1], "the older ones are eleven days old");
    assert_eq!(world.past_of(first), [third, third + 1]);
    // Every tree since the horizon can be rebuilt, the one at the horizon included.
    for (rev, shape) in seen.iter().filter(|(rev, _)| *rev >= third - 1) {
        assert_eq!(&world.tree_as_of(*rev), shape, "rev {rev}");
    }
    assert_eq!(world.blobs().len(), 3, "2 was there at the horizon");
}

#[test]
fn what_the_last_change_replaced_goes_too_though_nothing_happens_any_more() {
    let world = World::new(Limits::default());
    world.write("a", "1").unwrap();
    world.now_ms.set(world.now_ms.get() + 2 * DAY_MS);
    let last = world.write("a", "2").unwrap();
    let mut rings = 0;
    while let Some(due_ms) = next_alarm_ms(&world.sql).unwrap() {
        world.now_ms.set(due_ms);
        world.ring();
        rings += 1;
        assert!(rings < 9, "there is nothing left to do");
    }
    assert_eq!(world.number("SELECT count(*) FROM past"), 0);
    assert_eq!(world.blobs(), [last.rev].into());
}

#[test]
fn the_newest_row_of_the_feed_stays_and_with_it_the_clock() {
    let world = World::new(Limits { versions_ms: 0, ..Limits::default() });
    world.write("a", "1").unwrap();
    world.write("d/e/b", "2").unwrap();
    let last = world.write("a", "3").unwrap();
    world.settle(DAY_MS);
    assert_eq!(kept_revs(&world), [last.rev]);
    assert_eq!(world.number("SELECT count(*) FROM past"), 0);
    world.now_ms.set(last.modified_ms - 100 * DAY_MS);
    assert_eq!(world.write("a", "4").unwrap().modified_ms, last.modified_ms + 1);
}

#[test]
fn the_feed_keeps_so_many_rows_and_whole_transactions() {
    let world = World::new(Limits { feed_rows: 10, ..Limits::default() });
    world.watched.set(false);
    for file in 0..8 {
        world.write(&format!("d/{file}"), "").unwrap();
    }
    let mut last = 0;
    // The feed's length is looked at every 4,096 revs.
    while world.number("SELECT count(*) FROM timer WHERE due_ms <= 1") == 0 {
        last += 1;
        world.copy("d", &format!("c{last}")).unwrap();
    }
    let revs = world.number("SELECT v FROM meta WHERE k = 'rev'");
    assert!((4_096..4_110).contains(&revs), "{revs}");
    let before = world.shape();
    world.settle(0);
    world.check();
    // Nine rows each: ten rows reach into the second last copy, which therefore stays whole.
    assert_eq!(kept_revs(&world), (revs - 17..=revs).collect::<Vec<_>>());
    assert_eq!(world.shape(), before);
}

#[test]
fn a_feed_of_no_rows_keeps_its_newest_alone() {
    let world = World::new(Limits { feed_rows: 0, ..Limits::default() });
    world.write("a", "1").unwrap();
    let last = world.write("a", "2").unwrap().rev;
    world.execute("UPDATE timer SET due_ms = 0 WHERE what = 'prune'");
    world.settle(0);
    assert_eq!(kept_revs(&world), [last]);
}

#[test]
fn what_a_checkpoint_covers_stays_whatever_its_age() {
    let world = World::new(Limits { versions_ms: DAY_MS, ..Limits::default() });
    world.write("d/a", "1").unwrap();
    world.write("d/b", "1").unwrap();
    world.write("d/a", "2").unwrap();
    let rev = world.number("SELECT v FROM meta WHERE k = 'rev'");
    checkpoint(&world, rev);
    let shape = world.shape();
    world.write("d/a", "3").unwrap();
    world.mv("d", "e").unwrap();
    world.copy_to("e/a", "e/b", true).unwrap();
    world.move_to("e/a", "e/b", true).unwrap();
    world.write("e/b", "4").unwrap();
    let uncovered = "SELECT count(*) FROM past WHERE to_rev <= (SELECT rev FROM checkpoint) OR from_rev > (SELECT rev FROM checkpoint)";
    assert!(world.number(uncovered) > 2);
    for _ in 0..3 {
        world.settle(2 * DAY_MS);
    }
    assert_eq!(world.number(uncovered), 0);
    assert_eq!(world.tree_as_of(rev), shape);
    assert_eq!(world.blobs().len(), 3, "1 and 2 for the checkpoint, 4 for now");
    world.execute("DELETE FROM checkpoint");
    world.write("new", "").unwrap();
    for _ in 0..3 {
        world.settle(2 * DAY_MS);
    }
    assert_eq!((world.number("SELECT count(*) FROM past"), world.blobs().len()), (0, 2));
}

#[test]
fn a_long_history_goes_in_several_steps_and_no_content_leaks() {
    let world = World::new(Limits { versions_ms: DAY_MS, versions_per_file: 5_000, ..Limits::default() });
    world.watched.set(false);
    for round in 0..2_300 {
        world.write("a", &format!("{round}")).unwrap();
    }
    world.settle(3 * DAY_MS);
    world.sweep();
    world.check();
    assert_eq!((world.number("SELECT count(*) FROM past"), world.blobs().len()), (0, 1));
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'stored_bytes'"), 4);
}

/// What the alarm does when the feed has become too long.
fn shorten(world: &World) {
    world.execute("UPDATE timer SET due_ms = 0 WHERE what = 'prune'");
    world.settle(0);
}

#[test]
fn a_long_feed_costs_no_version_and_each_ends_at_its_own_age() {
    let world = World::new(Limits { feed_rows: 20, versions_ms: 10 * DAY_MS, ..Limits::default() });
    let one = world.write("precious", "1").unwrap().rev;
    let two = world.write("precious", "2").unwrap().rev;
    for file in 0..10 {
        world.write(&format!("d/{file}"), "").unwrap();
    }
    for copy in 0..4 {
        world.copy("d", &format!("c{copy}")).unwrap();
    }
    shorten(&world);
    assert_eq!(kept_revs(&world).len(), 22, "whole transactions of eleven");
    assert_eq!(world.restore_version("precious", one).map(|written| written.size_bytes), Ok(1));
    world.now_ms.set(world.now_ms.get() + 4 * DAY_MS);
    let three = world.write("precious", "3").unwrap().rev;
    for copy in 4..8 {
        world.copy("d", &format!("c{copy}")).unwrap();
    }
    shorten(&world);
    world.check_history();
    assert_eq!(world.contents_of(one), [two, three - 1, three]);
    // Of none of these the feed has the rev, yet the first go after ten days and the last four days later.
    world.settle(7 * DAY_MS);
    assert_eq!(world.contents_of(one), [three]);
    world.settle(4 * DAY_MS);
    assert_eq!((world.contents_of(one), world.number("SELECT count(*) FROM passed")), (vec![], 0));
}

#[test]
fn a_turn_whose_beginning_the_feed_has_lost_is_not_half_undone() {
    let world = World::new(Limits { feed_rows: 20, ..Limits::default() });
    let one = world.write("precious", "1").unwrap().rev;
    world.in_turn("t", || world.write("precious", "2").unwrap());
    let gone = Error::TurnGone { turn: "t".to_owned() };
    for file in 0..10 {
        world.write(&format!("d/{file}"), "").unwrap();
    }
    for copy in 0..4 {
        world.copy("d", &format!("c{copy}")).unwrap();
    }
    shorten(&world);
    // Nothing of it is left in the feed, and then only what it does now.
    assert_eq!((world.of_turn("t"), world.undo("t", false)), (Ok(vec![]), Err(gone.clone())));
    world.in_turn("t", || world.write("g", "").unwrap());
    assert_eq!(world.of_turn("t"), Ok(vec![("create".to_owned(), "g".to_owned())]));
    assert_eq!((world.undo("t", false), world.undo("t", true)), (Err(gone.clone()), Err(gone)));
    let turns = world.turns(9, None).turns;
    assert_eq!(turns.iter().map(|turn| turn.changes).collect::<Vec<_>>(), [2]);
    assert_eq!(world.restore_version("precious", one).map(|written| written.size_bytes), Ok(1));
}

#[test]
fn a_turn_beyond_retention_is_forgotten() {
    let world = World::new(Limits { versions_ms: DAY_MS, ..Limits::default() });
    world.write("a", "1").unwrap();
    world.in_turn("t", || world.write("a", "2").unwrap());
    let gone = Error::TurnGone { turn: "t".to_owned() };
    world.settle(DAY_MS);
    // The newest row of the feed always stays. What its change has ended does not.
    assert_eq!((world.past_of(3), world.undo("t", false)), (vec![], Err(gone)));
    world.write("b", "").unwrap();
    world.settle(DAY_MS);
    assert_eq!(world.undo("t", false), Err(Error::NoTurn { turn: "t".to_owned() }));
    assert_eq!((world.turns(9, None).turns, world.number("SELECT count(*) FROM turn")), (vec![], 0));
}

#[test]
fn a_checkpoint_that_is_given_up_gives_up_the_versions_that_only_it_kept() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    let first = world.write("a", "1").unwrap().rev;
    let checkpoint = world.checkpoint();
    let two = world.in_turn("t", || world.write("a", "2").unwrap().rev);
    world.in_turn("t", || world.write("a", "3").unwrap());
    let four = world.in_turn("t", || world.write("a", "4").unwrap().rev);
    assert_eq!(world.contents_of(first), [two, four]);
    let checkpoint_too = world.checkpoint();
    world.drop_checkpoint(checkpoint).unwrap();
    world.settle(0);
    assert_eq!(world.contents_of(first), [two, four], "what was before the turn stays until another comes");
    let five = world.write("a", "5").unwrap().rev;
    assert_eq!(world.contents_of(first), [five]);
    let six = world.write("a", "6").unwrap().rev;
    assert_eq!(world.contents_of(first), [five, six]);
    world.drop_checkpoint(checkpoint_too).unwrap();
    world.settle(0);
    assert_eq!(world.contents_of(first), [six]);
    assert_eq!(world.number("SELECT count(*) FROM meta WHERE k IN ('released', 'capped')"), 0);
}

#[test]
fn no_turn_leaves_a_version_beyond_the_number_behind() {
    let world = World::new(Limits { versions_per_file: 3, ..Limits::default() });
    let first = world.write("a", "").unwrap().rev;
    for turn in 0..50 {
        world.in_turn(&format!("t{turn}"), || {
            for round in 0..6 {
                world.write("a", &format!("{turn} {round}")).unwrap();
            }
        });
        assert_eq!(world.contents_of(first).len(), 4, "three, and what was before the turn");
    }
    world.undo_all("t49");
    assert_eq!(world.read("a").as_deref(), Ok("48 5"));
}
