//! The end of everything: what is gone, what goes on counting, and what the alarm has yet to remove.

use super::super::next_alarm_ms;
use super::super::timer::Timer;
use super::World;
use super::bucket::{HOUR_MS, foreign};
use crate::call::{Cleared, Error, Imported, Ping};
use crate::limits::{DAY_MS, Limits};
use crate::sql::Sql;

/// What either end of everything has in common.
type End = fn(&World) -> Result<Cleared, Error>;

const ENDS: [(&str, End); 2] = [("reset", World::reset), ("close", World::close)];

/// A workspace with something in every table: six entries, 21 bytes in rows, and in the bucket 5 that are used, 6 that
/// are doomed, 7 on their way and 8 that were given up.
fn busy_world() -> World {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    world.inline_max_bytes.set(4);
    world.write("doomed", "123456").unwrap();
    world.delete("doomed", true).unwrap();
    world.sweep();
    world.write("d/e/a", "12345").unwrap();
    for content in ["1", "2", "3"] {
        world.write("d/b", content).unwrap();
    }
    world.write("gone", "4").unwrap();
    world.trash("gone");
    world.write("unlinked/c", "5").unwrap();
    world.delete("unlinked", true).unwrap();
    world.upload("on way").unwrap();
    let given_up = world.upload("given up").unwrap();
    world.abandon(&given_up).unwrap();
    world.execute("INSERT INTO checkpoint (rev, label, at_ms) VALUES (5, 'test', 0)");
    world
}

fn meta(world: &World, key: &str) -> i64 {
    world.number(&format!("SELECT v FROM meta WHERE k = '{key}'"))
}

fn rows(world: &World, table: &str) -> i64 {
    world.number(&format!("SELECT count(*) FROM {table}"))
}

#[test]
fn everything_is_gone_at_once_and_revs_and_epoch_go_on() {
    for (name, end) in ENDS {
        let world = busy_world();
        for table in ["node", "past", "change", "trash", "checkpoint", "dropped", "blob", "upload"] {
            assert!(rows(&world, table) > 0, "{table}");
        }
        let (rev, epoch) = (meta(&world, "rev"), meta(&world, "epoch"));
        let last_ms = world.number("SELECT max(at_ms) FROM change");
        let entries = meta(&world, "entries").unsigned_abs();
        assert_eq!(end(&world), Ok(Cleared { entries }), "{name}");
        for (table, left) in [("node", 2), ("past", 0), ("change", 1), ("trash", 0), ("checkpoint", 0), ("dropped", 0)]
        {
            assert_eq!(rows(&world, table), left, "{name} {table}");
        }
        assert_eq!((meta(&world, "rev"), meta(&world, "epoch"), meta(&world, "entries")), (rev + 1, epoch + 1, 0));
        assert_eq!((world.feed("kind"), world.feed("path")), (vec!["reset".to_owned()], vec![String::new()]));
        let root = "SELECT min(rev = v AND children_rev = v) FROM node, meta WHERE k = 'rev'";
        assert_eq!(world.number(root), 1, "the two directories are new");
        assert!(world.number("SELECT min(at_ms) FROM change") > last_ms, "time goes on too");
    }
}

#[test]
fn stored_bytes_are_those_that_the_bucket_still_has() {
    for (name, end) in ENDS {
        let world = busy_world();
        let doomed = world.number("SELECT doomed_ms FROM blob WHERE state = 1");
        end(&world).unwrap();
        assert_eq!((world.counted(), world.lying().len()), ((11, 14), 4), "{name}");
        assert_eq!(rows(&world, "blob WHERE state = 0"), 0);
        assert_eq!(world.number("SELECT min(doomed_ms) FROM blob"), doomed, "what was doomed before is gone first");
        world.settle(0);
        // Nobody reads what was never a file; a reader has an hour for what was one.
        assert_eq!((world.counted(), world.lying().len()), ((11, 0), 2), "{name}");
        world.now_ms.set(doomed + HOUR_MS);
        world.settle(0);
        assert_eq!((world.counted(), world.lying().len()), ((5, 0), 1), "{name}");
        world.settle(HOUR_MS);
        assert_eq!((world.counted(), world.lying().len(), rows(&world, "blob")), ((0, 0), 0, 0), "{name}");
    }
}

#[test]
fn a_workspace_that_was_reset_is_like_a_new_one() {
    let world = busy_world();
    world.reset().unwrap();
    assert_eq!(world.tree(""), Vec::<String>::new());
    assert_eq!(world.trash_page(10, None).entries, []);
    // The content that is doomed is kept anew.
    world.write("d/e/a", "12345").unwrap();
    world.write("d/b", "1").unwrap();
    world.sweep();
    world.settle(2 * HOUR_MS);
    assert_eq!(
        (world.tree(""), world.counted()),
        (vec!["d".into(), "d/e".into(), "d/e/a".into(), "d/b".into()], (6, 0))
    );
    assert_eq!(world.read("d/e/a").as_deref(), Ok("12345"));
    assert_eq!(world.lying(), Vec::from_iter(world.key_of("d/e/a")));
    world.settle(31 * DAY_MS);
    world.check_history();
}

#[test]
fn repeating_it_does_no_harm() {
    for (name, end) in ENDS {
        let world = busy_world();
        end(&world).unwrap();
        let (epoch, counted) = (meta(&world, "epoch"), world.counted());
        for _ in 0..2 {
            assert_eq!(end(&world), Ok(Cleared { entries: 0 }), "{name}");
        }
        assert_eq!((meta(&world, "epoch"), world.counted()), (epoch + 2, counted), "{name}");
        world.settle(2 * HOUR_MS);
        world.settle(0);
        assert_eq!((world.counted(), world.lying()), ((0, 0), vec![]), "{name}");
        assert_eq!(end(&world), Ok(Cleared { entries: 0 }));
    }
}

#[test]
fn a_closed_workspace_takes_no_call_but_to_close_it_again() {
    let world = busy_world();
    let closed_ms = {
        world.close().unwrap();
        meta(&world, "closed_ms")
    };
    assert_eq!(world.stat("").unwrap_err(), Error::Closed);
    assert_eq!(world.read("a").unwrap_err(), Error::Closed);
    assert_eq!(world.write("a", "1").unwrap_err(), Error::Closed);
    assert_eq!(world.announce("k", 1).unwrap_err(), Error::Closed);
    assert_eq!(world.abandon("k").unwrap_err(), Error::Closed);
    assert_eq!(world.import(vec![], true).unwrap_err(), Error::Closed);
    assert_eq!(world.reset().unwrap_err(), Error::Closed);
    assert_eq!(world.call(Ping {}, None).unwrap_err(), Error::Closed);
    world.now_ms.set(world.now_ms.get() + DAY_MS);
    world.close().unwrap();
    assert_eq!(meta(&world, "closed_ms"), closed_ms, "it has been closed since then");
}

#[test]
fn a_closed_workspace_comes_to_rest_for_good() {
    let world = busy_world();
    world.close().unwrap();
    world.settle(2 * HOUR_MS);
    world.settle(0);
    assert_eq!((world.lying(), next_alarm_ms(&world.sql)), (vec![], Ok(None)));
    world.close().unwrap();
    world.settle(2 * HOUR_MS);
    assert_eq!(next_alarm_ms(&world.sql), Ok(None));
}

#[test]
fn what_the_alarm_had_claimed_before_is_still_settled_right() {
    for (name, end) in ENDS {
        let world = busy_world();
        world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'remove'");
        let (task, removals) = world.claim().unwrap().unwrap();
        assert_eq!((task, removals.len()), (Timer::Uploads, 1));
        end(&world).unwrap();
        world.remove(&removals);
        world.settle_claim(task, &removals).unwrap();
        world.check();
        assert_eq!(world.counted(), (11, 6), "{name}");
        world.settle(2 * HOUR_MS);
        world.settle(0);
        assert_eq!((world.counted(), world.lying()), ((0, 0), vec![]), "{name}");
    }
}

#[test]
fn an_import_that_is_cut_off_by_it_does_not_go_on() {
    for (name, end) in ENDS {
        let world = World::unopened(Limits::default());
        world.leave("a", "1");
        world.leave("b", "2");
        world.import(vec![foreign("a", 1)], false).unwrap();
        assert_eq!(end(&world), Ok(Cleared { entries: 1 }));
        assert_eq!((rows(&world, "blob"), rows(&world, "node")), (0, 2), "{name}");
        let page = world.import(vec![foreign("b", 1)], false);
        let expected = if name == "close" { Err(Error::Closed) } else { Ok(Imported { entries: 0, passed_over: 0 }) };
        assert_eq!((page, rows(&world, "node")), (expected, 2));
        world.settle(2 * HOUR_MS);
        assert_eq!(world.bucket.borrow().len(), 2, "what others have put there is not ours to remove");
        if name == "reset" {
            world.write("a", "new").unwrap();
            assert_eq!(world.tree(""), ["a"]);
        }
    }
}

#[test]
fn bytes_that_were_being_taken_over_are_given_up() {
    for (name, end) in ENDS {
        for content in ["1234", "12345"] {
            let world = World::unopened(Limits::default());
            world.inline_max_bytes.set(4);
            world.leave("a", content);
            world.import(vec![foreign("a", content.len() as u64)], true).unwrap();
            let (orphan, adopted) = world.looked_into();
            end(&world).unwrap();
            world.adopt(&orphan, &adopted).unwrap();
            world.settle(0);
            assert_eq!((world.lying(), world.counted(), rows(&world, "blob")), (vec![], (0, 0), 0), "{name}");
            let waiting = world.sql.query("SELECT 1 FROM timer WHERE what = 'adopt'", &[]).unwrap();
            assert!(waiting.is_empty(), "{name}");
        }
    }
}
