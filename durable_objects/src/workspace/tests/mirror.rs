//! The bucket copy follows the tree, whatever happens to it and wherever it is stopped, and overwrites nobody.

use super::super::mirror::QUIET_MS;
use super::super::{next_alarm_ms, settle_round};
use super::bucket::{THEIRS, foreign};
use super::{START_MS, World};
use crate::limits::Limits;

fn world() -> World {
    let world = World::new(Limits::default());
    world.inline_max_bytes.set(8);
    world
}

/// A change that went well.
fn ok<T>(_: T) {}

#[test]
fn it_follows_writes_moves_deletions_and_returns() {
    let world = world();
    let steps: [&dyn Fn(); 12] = [
        &|| ok(world.write("a", "1").unwrap()),
        &|| ok(world.write("d/e/b", "2").unwrap()),
        &|| ok(world.write("d/e/large", "more than eight bytes").unwrap()),
        &|| ok(world.write("a", "3").unwrap()),
        &|| ok(world.mv("d", "f").unwrap()),
        &|| ok(world.copy("f", "g/h").unwrap()),
        &|| ok(world.move_to("f/e/b", "a", true).unwrap()),
        &|| ok(world.mv("g/h/e", "f").unwrap_err()),
        &|| ok(world.trash("f")),
        &|| ok(world.delete("g/h/e/b", true).unwrap()),
        &|| ok(world.restore(&world.trash_page(1, None).entries[0].path, Some("back")).unwrap()),
        &|| ok(world.write("f", "a file where a directory was").unwrap()),
    ];
    for step in steps {
        step();
        world.sync();
        world.check_copy();
    }
    assert_eq!(world.copied_paths(), ["a", "back/e/large", "f", "g/h/e/large"]);
    // All at once, in any order, comes to the same.
    let other = super::mirror::world();
    for at in ["a", "d/e/b", "d/e/large"] {
        other.write(at, at).unwrap();
    }
    other.mv("d", "f").unwrap();
    other.trash("f/e/b");
    other.write("d", "a file").unwrap();
    other.sync();
    other.check_copy();
}

#[test]
fn what_is_left_out_is_not_there_and_what_comes_out_of_it_is() {
    let world = world();
    for at in ["node_modules/a/b", "p/node_modules/c", "p/.git/HEAD", "p/q", "node_modules.txt"] {
        world.write(at, at).unwrap();
    }
    world.trash("p/q");
    world.sync();
    world.check_copy();
    assert_eq!(world.copied_paths(), ["node_modules.txt"]);
    world.mv("p", "r").unwrap();
    world.mv("node_modules/a", "a").unwrap();
    world.mv("node_modules.txt", "node_modules/x").unwrap();
    world.sync();
    world.check_copy();
    assert_eq!(world.copied_paths(), ["a/b"]);
}

#[test]
fn changes_are_waited_for_and_not_for_long() {
    let world = world();
    assert_eq!(next_alarm_ms(&world.sql), Ok(None), "an idle workspace has nothing to do");
    world.write("a", "1").unwrap();
    assert!(next_alarm_ms(&world.sql).unwrap().is_some_and(|due_ms| due_ms >= START_MS + QUIET_MS));
    let mut copied_ms = 0;
    for second in 1..=12 {
        world.now_ms.set(START_MS + second * 1000);
        world.ring();
        world.write("a", &format!("{second}")).unwrap();
        if !world.copy_of().is_empty() && copied_ms == 0 {
            copied_ms = second * 1000;
        }
    }
    assert!((9_000..=11_000).contains(&copied_ms), "{copied_ms}");
    world.settle(QUIET_MS);
    world.check_copy();
    assert_eq!(world.number("SELECT count(*) FROM timer WHERE what = 'mirror'"), 0);
}

#[test]
fn it_says_how_far_it_is_and_only_whole_transactions_count() {
    let world = world();
    let before = world.synced();
    assert_eq!((before.mirrored_rev, before.rev, before.pending), (2, 2, 0));
    for at in ["d/a", "d/b", "d/c"] {
        world.write(at, at).unwrap();
    }
    world.sync();
    let rev = world.synced().rev;
    world.copy("d", "e").unwrap();
    let state = world.synced();
    assert_eq!((state.mirrored_rev, state.rev, state.pending), (rev, rev + 4, 4));
    // One of the three cannot be put: the whole transaction is not in.
    let round = std::iter::from_fn(|| world.next_round().unwrap()).find(|round| !round.errands.is_empty()).unwrap();
    assert_eq!(round.errands.len(), 3);
    let mut came = world.run(&round);
    came[1] = super::super::Came::Failed;
    settle_round(&world.context(), &round, &came).unwrap();
    let state = world.synced();
    assert_eq!((state.mirrored_rev, state.pending), (rev, 1));
    world.settle(0);
    world.settle(60_000);
    assert_eq!((world.synced().mirrored_rev, world.synced().pending), (rev + 4, 0));
    world.check_copy();
}

#[test]
fn a_path_that_is_too_long_for_a_key_is_counted_and_not_lost() {
    let world = world();
    let long = vec!["n".repeat(250); 4].join("/");
    let room = 1024 - THEIRS.len() - long.len() - 1;
    let (fits, too_long) = (format!("{long}/{}", "x".repeat(room)), format!("{long}/{}", "y".repeat(room + 1)));
    assert_eq!(THEIRS.len() + fits.len(), 1024);
    world.write(&fits, "fits").unwrap();
    world.write(&too_long, "does not").unwrap();
    world.sync();
    world.check_copy();
    let state = world.synced();
    assert_eq!((state.too_long, state.pending, world.copy_of().len()), (1, 0, 1));
    world.mv(&too_long, "short").unwrap();
    world.sync();
    assert_eq!((world.synced().too_long, world.copy_of().len()), (0, 2));
    world.check_copy();
}

#[test]
fn what_a_sandbox_has_put_there_is_not_overwritten_and_not_removed() {
    let world = world();
    for at in ["a", "b", "c", "d"] {
        world.write(at, "ours").unwrap();
    }
    world.sync();
    for at in ["a", "b", "new"] {
        world.leave(at, "theirs");
    }
    world.bucket.borrow_mut().remove(&format!("{THEIRS}c"));
    world.write("a", "ours 2").unwrap();
    world.delete("b", true).unwrap();
    world.write("c", "ours 3").unwrap();
    world.write("new", "ours").unwrap();
    world.write("d", "ours 4").unwrap();
    let state = world.sync();
    assert_eq!((state.changed_there, state.pending, state.mirrored_rev), (3, 0, state.rev));
    let copy = world.copy_of();
    let content = |at: &str| copy[at].as_str();
    assert_eq!(["a", "b", "new", "c", "d"].map(content), ["theirs", "theirs", "theirs", "ours 3", "ours 4"]);
    // The same bytes are nobody's conflict.
    world.leave("a", "ours 5");
    world.write("a", "ours 5").unwrap();
    assert_eq!(world.sync().changed_there, 2);
}

/// Something of everything that a round may have to do.
fn busy() -> World {
    let world = world();
    for at in ["a", "d/x", "d/y/z", "gone", "large one, and more"] {
        world.write(at, at).unwrap();
    }
    world.write("d/large", "more than eight bytes").unwrap();
    world.sync();
    world.check_copy();
    world.mv("d", "e").unwrap();
    world.write("a", "again").unwrap();
    world.delete("gone", true).unwrap();
    world.write("e/new", "more than eight bytes, too").unwrap();
    world.trash("large one, and more");
    world.synced();
    world.watched.set(false);
    world
}

#[test]
fn stopped_after_any_step_and_run_again_it_is_exact() {
    for stop in 0.. {
        // After so many errands everything is forgotten but what is in the database and the bucket.
        let world = busy();
        let mut left = stop;
        let is_over = loop {
            let Some(round) = world.next_round().unwrap() else { break true };
            for errand in round.errands.iter().take(left) {
                world.run_one(errand);
            }
            if left < round.errands.len() {
                break false;
            }
            left -= round.errands.len();
            let came = world.run(&round);
            settle_round(&world.context(), &round, &came).unwrap();
        };
        // Meanwhile, some of it changes once more.
        if stop % 2 == 0 {
            world.write("a", "changed while it was sent").unwrap();
            world.trash("e/new");
        }
        world.sync();
        world.check_copy();
        world.check();
        assert_eq!(world.synced().changed_there, 0, "stopped after {stop}");
        if is_over {
            assert!(stop > 5, "{stop}");
            return;
        }
    }
}

#[test]
fn stopped_at_any_statement_and_run_again_it_is_exact() {
    for fault in 0.. {
        let world = busy();
        world.sql.fail_at.set(Some(world.sql.statements.get() + fault));
        let ran = world.mirror();
        let is_hit = world.sql.fail_at.get().is_some_and(|at| at < world.sql.statements.get());
        world.sql.fail_at.set(None);
        world.sync();
        world.check_copy();
        assert_eq!(world.synced().changed_there, 0, "stopped at {fault}");
        if !is_hit {
            assert!(ran.is_ok() && fault > 50, "{fault}");
            return;
        }
    }
}

#[test]
fn a_step_that_is_cut_off_leaves_nothing_behind_when_all_is_reset() {
    for is_before in [true, false] {
        let world = busy();
        let round = std::iter::from_fn(|| world.next_round().unwrap()).find(|round| !round.errands.is_empty()).unwrap();
        let empty = || world.bucket.borrow_mut().retain(|key, _| !key.starts_with(THEIRS));
        if is_before {
            world.run(&round);
        }
        world.reset().unwrap();
        empty();
        if !is_before {
            // What was on its way arrives after all.
            let came = world.run(&round);
            settle_round(&world.context(), &round, &came).unwrap();
            assert_ne!(world.copy_of().len(), 0);
        }
        world.write("e/x", "new").unwrap();
        world.sync();
        world.check_copy();
        assert_eq!(world.copied_paths(), ["e/x"]);
    }
}

#[test]
fn a_workspace_that_is_older_than_its_copy_is_copied_as_a_whole() {
    let world = world();
    for at in ["a", "d/x", "d/y/z"] {
        world.write(at, at).unwrap();
    }
    world.leave("a", "a");
    world.leave("d/x", "changed");
    // As the migration leaves it, and with half of the feed gone.
    world.execute("UPDATE meta SET v = 0 WHERE k = 'mirror_planned'");
    world.execute("DELETE FROM change WHERE rev < 5");
    let state = world.sync();
    assert_eq!((state.changed_there, state.pending, state.mirrored_rev), (1, 0, state.rev));
    assert_eq!(world.copy_of().into_values().collect::<Vec<_>>(), ["a", "changed", "d/y/z"]);
}

#[test]
fn a_feed_that_has_lost_something_has_everything_looked_at() {
    let world = world();
    for n in 0..3 {
        world.write(&format!("d/{n}"), "1").unwrap();
    }
    world.sync();
    world.mv("d", "e").unwrap();
    world.write("f", "2").unwrap();
    world.write("e/1", "3").unwrap();
    world.execute("DELETE FROM change WHERE rev <= (SELECT rev FROM change WHERE kind = 'move')");
    world.sync();
    world.check_copy();
}

#[test]
fn what_the_bucket_held_at_first_is_known_and_copied_nowhere() {
    let world = World::unopened(Limits::default());
    world.inline_max_bytes.set(8);
    for (at, content) in [("a", "1"), ("d/b", "more than eight bytes"), ("d/c", "3"), ("e", "4")] {
        world.leave(at, content);
    }
    let files = ["a", "d/b", "d/c", "e"].map(|at| super::super::super::call::Foreign {
        etag: super::bucket::etag_of(&world.bucket.borrow()[&format!("{THEIRS}{at}")]),
        ..foreign(at, 1)
    });
    world.import(files.into(), true).unwrap();
    // Before the bytes are taken over, they are nowhere else.
    world.mv("d", "f").unwrap();
    world.write("e", "5").unwrap();
    world.delete("a", true).unwrap();
    while let Some(round) = world.next_round().unwrap() {
        let came = world.run(&round);
        settle_round(&world.context(), &round, &came).unwrap();
    }
    assert_eq!(world.copy_of().len(), 4, "nothing is touched");
    world.sync();
    world.sweep();
    world.sync();
    world.check_copy();
    let expected = [("e", "5"), ("f/b", "more than eight bytes"), ("f/c", "3")];
    assert_eq!(world.copy_of(), expected.map(|(at, content)| (at.to_owned(), content.to_owned())).into());
}

#[test]
fn a_large_tree_goes_page_by_page() {
    let world = world();
    world.watched.set(false);
    world.write("d/0/f", "content").unwrap();
    for n in 1..40 {
        world.copy("d/0", &format!("d/{n}")).unwrap();
    }
    for n in 0..30 {
        world.copy("d", &format!("e/{n}")).unwrap();
    }
    world.sync();
    world.check_copy();
    world.mv("e", "moved").unwrap();
    world.sync();
    world.check_copy();
    assert_eq!(world.copy_of().len(), 40 * 31);
    world.trash("moved");
    world.sync();
    world.check_copy();
}

#[test]
fn switched_off_it_costs_nothing_and_switched_on_again_it_catches_up() {
    let mut world = world();
    world.write("a", "1").unwrap();
    world.sync();
    world.limits.mirrors = false;
    world.write("b", "2").unwrap();
    world.synced();
    world.settle(0);
    assert_eq!(world.number("SELECT count(*) FROM timer WHERE what = 'mirror'"), 0);
    world.write("c", "3").unwrap();
    assert_eq!(world.copy_of().len(), 1);
    world.limits.mirrors = true;
    world.sync();
    world.check_copy();
}
