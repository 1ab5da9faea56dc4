//! The alarm: what it does, and that it may be stopped anywhere.

use super::super::{RETRY_MS, next_alarm_ms};
use super::bucket::foreign;
use super::verbs::not_found;
use super::{World, path};
use crate::call::Sought;
use crate::limits::{DAY_MS, Limits};
use crate::sql::Sql;

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn a_new_workspace_has_nothing_to_do() {
    let world = world();
    assert_eq!(next_alarm_ms(&world.sql), Ok(None));
    assert_eq!(world.ring(), Vec::<String>::new());
}

#[test]
fn what_has_been_in_the_trash_for_long_enough_goes_and_nothing_sooner() {
    let world = world();
    world.write("d/a", "1").unwrap();
    world.write("b", "2").unwrap();
    let old = world.trash("d");
    world.now_ms.set(world.now_ms.get() + DAY_MS);
    let young = world.trash("b");
    world.now_ms.set(old.expires_ms - 1);
    world.settle(0);
    assert_eq!(world.trash_page(10, None).entries, [young.clone(), old.clone()]);
    world.now_ms.set(old.expires_ms);
    world.settle(0);
    assert_eq!(world.trash_page(10, None).entries, std::slice::from_ref(&young));
    assert_eq!(world.restore(&old.path, None), Err(not_found(Sought::Trashed, old.path.as_str())));
    world.sweep();
    assert_eq!(world.blobs().len(), 1);
    assert!(next_alarm_ms(&world.sql).unwrap().is_some_and(|due_ms| due_ms <= young.expires_ms));
    world.now_ms.set(young.expires_ms);
    world.sweep();
    assert_eq!(world.blobs().len(), 0);
    assert_eq!(world.feed("kind"), ["mkdir", "create", "create", "trash", "trash", "empty", "empty"]);
}

#[test]
fn more_than_one_step_expires_goes_in_several() {
    let world = World::new(Limits { versions_per_file: 0, ..Limits::default() });
    world.watched.set(false);
    for file in 0..1100 {
        world.write("f", &format!("{file}")).unwrap();
        world.trash("f");
    }
    world.check();
    world.settle(8 * DAY_MS);
    world.sweep();
    world.check();
    assert_eq!(world.number("SELECT count(*) FROM node") + world.number("SELECT count(*) FROM blob"), 2);
    assert_eq!(world.feed("kind").iter().filter(|kind| *kind == "empty").count(), 3);
}

#[test]
fn a_large_tree_that_was_unlinked_is_taken_apart_step_by_step() {
    let world = world();
    world.watched.set(false);
    world.write("keep", "keep").unwrap();
    // 3,000 entries: a wide directory, a deep one and much in between.
    for file in 0..14 {
        world.write(&format!("p/{file}"), &format!("{}", file % 7)).unwrap();
    }
    for copy in 0..14 {
        world.copy("p", &format!("q/{copy}")).unwrap();
    }
    for copy in 0..14 {
        world.copy("q", &format!("r/{copy}/{}", ["d"; 8].join("/"))).unwrap();
    }
    world.write("r/0/shared", "keep").unwrap();
    for name in ["p", "q", "r"] {
        world.delete(name, true).unwrap();
    }
    assert_eq!(world.tree(""), ["keep"]);
    let entries = || world.number("SELECT v FROM meta WHERE k = 'entries'");
    let before = entries();
    assert!(before > 3_000, "{before}");
    world.ring();
    let after = entries();
    assert!(after < before, "a ring gets somewhere");
    world.check();
    world.sweep();
    world.check();
    assert_eq!((entries(), world.blobs().len()), (1, 1));
    assert_eq!(world.read("keep").as_deref(), Ok("keep"));
}

#[test]
fn the_sweep_frees_what_nothing_uses_and_only_that() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    let first = world.write("a", "first").unwrap();
    let second = world.write("a", "second").unwrap();
    world.write("b", "second").unwrap();
    let third = world.write("a", "third").unwrap();
    assert_eq!(world.blobs().len(), 3, "nothing is freed before the sweep");
    world.sweep();
    assert_eq!(world.blobs(), [second.rev, third.rev].into(), "one version is kept, and {first:?} is older");
    world.write("a", "fourth").unwrap();
    world.sweep();
    assert_eq!(world.blobs().len(), 3, "b still has what a had");
    world.delete("b", true).unwrap();
    world.sweep();
    assert_eq!(world.blobs().len(), 2);
    // Content that comes back between its drop and the sweep is kept.
    world.delete("a", true).unwrap();
    world.ring();
    world.write("c", "fourth").unwrap();
    world.sweep();
    assert_eq!((world.blobs().len(), world.read("c").as_deref()), (1, Ok("fourth")));
}

#[test]
fn overwriting_three_hundred_times_and_deleting_gives_every_byte_back() {
    let world = World::new(Limits { versions_ms: 0, versions_per_file: 0, ..Limits::default() });
    world.watched.set(false);
    let content = |round: usize| vec![u8::try_from(round % 251).unwrap(); 2_000 + round];
    for round in 0..300 {
        world.write_bytes("log", &content(round), true).unwrap();
    }
    world.sweep();
    world.check();
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'stored_bytes'"), 2_299);
    world.delete("log", true).unwrap();
    world.sweep();
    world.check();
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'stored_bytes'"), 0);
}

/// A workspace in which every task has something to do.
fn busy_world() -> World {
    let limits = Limits { versions_ms: 3 * DAY_MS, trash_ms: 4 * DAY_MS, ..Limits::default() };
    let world = World::new(limits);
    world.write("d/e/a", "1").unwrap();
    world.write("d/e/a", "2").unwrap();
    world.write("d/b", "3").unwrap();
    world.write("c", "4").unwrap();
    world.write("c", "5").unwrap();
    world.trash("d");
    world.write("gone/x/y", "6").unwrap();
    world.write("gone/x/z", "5").unwrap();
    world.delete("gone", true).unwrap();
    world.watched.set(false);
    world
}

/// The same with something to do in the bucket as well.
fn busier_world() -> World {
    let world = busy_world();
    world.inline_max_bytes.set(4);
    world.write("large", "large 1").unwrap();
    world.write("large", "large 2").unwrap();
    world.write("unused", "large 3").unwrap();
    world.delete("unused", true).unwrap();
    world.upload("on its way").unwrap();
    let given_up = world.upload("given up").unwrap();
    world.abandon(&given_up).unwrap();
    world.leave("theirs", "1234");
    world.execute("INSERT INTO meta (k, v) VALUES ('import', 1)");
    world.import(vec![foreign("theirs", 4)], true).unwrap();
    world
}

const LATER_MS: i64 = 5 * DAY_MS;

#[test]
fn a_step_stopped_at_any_statement_changes_nothing_but_when_it_is_tried_again() {
    for task in ["expire", "unlink", "prune", "sweep"] {
        for fault in 0.. {
            let world = busy_world();
            if task == "sweep" {
                // By now everything else is done, and has dropped what it held.
                world.now_ms.set(world.now_ms.get() + LATER_MS);
                world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'sweep'");
                world.settle(0);
            }
            world.execute(&format!("DELETE FROM timer WHERE what <> '{task}'"));
            world.now_ms.set(world.now_ms.get() + LATER_MS);
            world.execute("UPDATE timer SET due_ms = 1");
            let before = world.dump_without_timers();
            // The first statement is the look at the agenda; what fails there fails the ring and not a task.
            world.sql.fail_at.set(Some(world.sql.statements.get() + 1 + fault));
            let rung = super::ring(&world.context());
            if world.sql.fail_at.get().is_some_and(|at| at >= world.sql.statements.get()) {
                world.sql.fail_at.set(None);
                assert!(rung == Ok(vec![]) && fault > 4, "{task} {fault} {rung:?}");
                assert_ne!(world.dump_without_timers(), before, "{task} had something to do");
                break;
            }
            world.sql.fail_at.set(None);
            // Else the fault hit what came after the task: the next look at the agenda, or what the task had set off.
            let Some(_) = rung.ok().filter(|failures| failures.len() == 1 && failures[0].starts_with(task)) else {
                continue;
            };
            assert_eq!(world.dump_without_timers(), before, "{task} stopped at {fault}");
            let due_ms = world.number(&format!("SELECT due_ms FROM timer WHERE what = '{task}'"));
            assert_eq!(due_ms, world.now_ms.get() + RETRY_MS);
        }
    }
}

#[test]
fn an_alarm_stopped_at_any_statement_and_run_again_ends_in_the_same_state() {
    let whole = busier_world();
    whole.settle(LATER_MS);
    let statements = whole.sql.statements.get();
    // Long enough for the last rows of the feed to go, whichever task wrote them, and for the bytes of the last sweep.
    let come_to_rest = |world: &World| {
        world.settle(LATER_MS);
        world.sweep();
        world.settle(LATER_MS);
        world.check();
        (world.dump_without_times(), world.lying())
    };
    let expected = come_to_rest(&whole);
    assert_eq!(expected.1.len(), 1, "one large file is left");
    for fault in 0..statements {
        let world = busier_world();
        world.now_ms.set(world.now_ms.get() + LATER_MS);
        world.sql.fail_at.set(Some(world.sql.statements.get() + fault));
        // A ring that fails as a whole is what the object tries again later.
        let rung = world.ring_once();
        let hit = world.sql.fail_at.get().is_some_and(|at| at < world.sql.statements.get());
        world.sql.fail_at.set(None);
        if !hit {
            assert!(fault > 40, "{fault} {rung:?}");
            return;
        }
        world.check();
        world.settle(RETRY_MS);
        assert_eq!(come_to_rest(&world), expected, "stopped at {fault}: {rung:?}");
    }
    panic!("the fault was never passed by");
}

#[test]
fn a_task_that_fails_is_put_off_and_the_others_go_on() {
    let world = busy_world();
    world.execute("CREATE TRIGGER broken BEFORE DELETE ON past BEGIN SELECT RAISE(ABORT, 'broken'); END");
    world.now_ms.set(world.now_ms.get() + LATER_MS);
    let blobs = world.blobs().len();
    let failures = world.ring();
    let tasks: Vec<&str> = failures.iter().map(|failure| failure.split(':').next().unwrap()).collect();
    assert_eq!(tasks, ["expire", "prune"]);
    assert_eq!(world.number("SELECT count(*) FROM node WHERE parent = -1"), 0, "what was unlinked is gone");
    assert_eq!(world.ring(), Vec::<String>::new(), "nothing is due again at once");
    world.execute("DROP TRIGGER broken");
    world.settle(RETRY_MS);
    world.settle(DAY_MS);
    world.check();
    assert!(world.blobs().len() < blobs);
    assert_eq!(world.trash_page(10, None).entries, []);
}

#[test]
fn a_task_whose_putting_off_fails_too_is_still_on_the_agenda() {
    let world = busy_world();
    world.now_ms.set(world.now_ms.get() + LATER_MS);
    world.execute("CREATE TRIGGER broken BEFORE DELETE ON past BEGIN SELECT RAISE(ABORT, 'broken'); END");
    world.execute("CREATE TRIGGER worse BEFORE INSERT ON timer BEGIN SELECT RAISE(ABORT, 'worse'); END");
    let agenda = || world.sql.query("SELECT what FROM timer ORDER BY what", &[]).unwrap().len();
    let before = agenda();
    super::ring(&world.context()).unwrap_err();
    assert_eq!(agenda(), before);
}

#[test]
fn a_change_in_the_middle_of_the_work_is_not_lost() {
    let world = busy_world();
    world.watched.set(true);
    world.write("new", "7").unwrap();
    world.delete("new", true).unwrap();
    world.write("gone/x/y", "6").unwrap();
    world.settle(LATER_MS);
    world.settle(DAY_MS);
    assert_eq!(world.tree(""), ["gone", "gone/x", "gone/x/y", "c"]);
    assert_eq!(world.stat("gone/x/y").unwrap().path, path("gone/x/y"));
    assert_eq!(world.blobs().len(), 2);
}
