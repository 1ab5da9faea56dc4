//! How bytes under somebody else's key become the workspace's own, whatever happens to their files meanwhile.

use super::super::timer::Timer;
use super::super::{Adopted, next_alarm_ms};
use super::World;
use super::bucket::{HOUR_MS, THEIRS, foreign};
use crate::call::{Error, Place};
use crate::limits::Limits;

/// A workspace that was opened when the bucket held these; content of more than four bytes is large.
fn world(files: &[(&str, &str)]) -> World {
    limited(Limits::default(), files)
}

fn limited(limits: Limits, files: &[(&str, &str)]) -> World {
    let world = World::unopened(limits);
    world.inline_max_bytes.set(4);
    for (at, content) in files {
        world.leave(at, content);
    }
    let files = files.iter().map(|(at, content)| foreign(at, content.len() as u64)).collect();
    world.import(files, true).unwrap();
    world
}

/// Nobody is waited for any more, and what is stored is this much.
fn at_rest(world: &World, stored_bytes: i64) {
    world.settle(0);
    world.sweep();
    world.settle(2 * HOUR_MS);
    assert_eq!(world.number("SELECT count(*) FROM timer WHERE what = 'adopt'"), 0);
    assert_eq!(world.number("SELECT count(*) FROM blob WHERE hash IS NULL"), 0);
    assert_eq!(world.counted(), (stored_bytes, 0));
    world.check_history();
}

#[test]
fn small_bytes_go_into_the_row_and_large_ones_to_a_key_of_ours() {
    let world = world(&[("a", "1234"), ("d/b", "12345"), ("e", "")]);
    at_rest(&world, 9);
    for (at, content) in [("a", "1234"), ("d/b", "12345"), ("e", "")] {
        assert_eq!(world.read(at).as_deref(), Ok(content));
    }
    assert_eq!((world.key_of("a"), world.key_of("d/b")), (None, world.lying().pop()));
    assert!(world.bucket.borrow().contains_key(&format!("{THEIRS}a")), "theirs is theirs to remove");
    // What lies there from now on is no longer looked at.
    world.bucket.borrow_mut().retain(|key, _| !key.starts_with(THEIRS));
    assert_eq!(world.read("a").as_deref(), Ok("1234"));
}

#[test]
fn the_quota_is_not_asked_and_counts_from_then_on() {
    let world = limited(Limits { quota_bytes: 3, ..Limits::default() }, &[("a", "1234"), ("b", "12345")]);
    assert_eq!(world.counted(), (0, 0));
    world.write("c", "1").unwrap();
    world.settle(0);
    assert_eq!(world.counted(), (10, 0));
    assert_eq!(world.write("d", "2").unwrap_err(), Error::QuotaExceeded { needed_bytes: 1, left_bytes: 0 });
}

#[test]
fn bytes_that_are_kept_already_are_kept_once() {
    for content in ["same", "large and the same"] {
        let world = world(&[("a", content), ("b", content), ("d/c", content)]);
        world.write("own", content).unwrap();
        // Of one, the unknown bytes are in its past; of another, in a file and its copy.
        world.write("a", "new").unwrap();
        world.copy("b", "e").unwrap();
        let stored_bytes = i64::try_from(content.len()).unwrap() + 3;
        at_rest(&world, stored_bytes);
        assert_eq!((world.blobs().len(), world.lying().len()), (2, usize::from(content.len() > 4)));
        for at in ["b", "d/c", "e", "own"] {
            assert_eq!(world.read(at).as_deref(), Ok(content));
        }
        assert_eq!(world.read("a").as_deref(), Ok("new"));
    }
}

#[test]
fn a_file_that_is_deleted_before_leaves_nothing_and_nothing_is_removed() {
    let world = world(&[("a", "1234"), ("b", "12345")]);
    world.delete("a", true).unwrap();
    world.delete("b", true).unwrap();
    // The sweep comes first.
    world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'adopt'");
    world.sweep();
    assert_eq!((world.blobs().len(), world.counted()), (0, (0, 0)), "their rows go without being doomed");
    world.execute("UPDATE timer SET due_ms = 0 WHERE what = 'adopt'");
    at_rest(&world, 0);
    assert_eq!(world.bucket.borrow().len(), 2);
}

#[test]
fn a_file_that_is_gone_by_the_time_its_bytes_are_known_takes_them_along() {
    for content in ["1234", "12345"] {
        for own in [None, Some(content), Some("else")] {
            let world = world(&[("a", content)]);
            let (orphan, adopted) = world.looked_into();
            if let Some(own) = own {
                world.write("own", own).unwrap();
            }
            world.delete("a", true).unwrap();
            world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'adopt'");
            world.sweep();
            world.execute("UPDATE timer SET due_ms = 0 WHERE what = 'adopt'");
            world.adopt(&orphan, &adopted).unwrap();
            at_rest(&world, own.map_or(0, |own| i64::try_from(own.len()).unwrap()));
            assert_eq!(world.lying(), Vec::from_iter(own.and_then(|_| world.key_of("own"))));
        }
    }
}

#[test]
fn a_file_that_is_replaced_meanwhile_keeps_what_it_had_as_a_version() {
    for content in ["1234", "12345"] {
        for (versions_per_file, stored_bytes) in [(1, 3 + content.len()), (0, 3)] {
            let limits = Limits { versions_per_file, ..Limits::default() };
            let world = limited(limits, &[("a", content)]);
            let (orphan, adopted) = world.looked_into();
            world.write("a", "new").unwrap();
            world.adopt(&orphan, &adopted).unwrap();
            if versions_per_file == 0 {
                world.seen.borrow_mut().clear();
            }
            at_rest(&world, i64::try_from(stored_bytes).unwrap());
            assert_eq!(world.read("a").as_deref(), Ok("new"));
        }
    }
}

#[test]
fn bytes_that_have_another_size_by_now_are_the_file() {
    for (seen, now) in [("12", "123"), ("12", "12345"), ("12345", "1")] {
        for own in [None, Some(now)] {
            let world = world(&[("d/a", seen), ("b", seen)]);
            if let Some(own) = own {
                world.write("own", own).unwrap();
            }
            // One of them is in the past by then.
            world.write("b", "new").unwrap();
            world.leave("d/a", now);
            world.leave("b", now);
            world.settle(0);
            assert_eq!((world.read("d/a").as_deref(), world.read("b").as_deref()), (Ok(now), Ok("new")));
            assert_eq!(world.stat("d/a").unwrap().size_bytes, now.len() as u64);
            at_rest(&world, i64::try_from(now.len()).unwrap() + 3);
        }
    }
}

#[test]
fn a_listing_shows_another_size_under_another_tag() {
    let world = world(&[("d/a", "12"), ("d/b", "12")]);
    world.copy("d/a", "e/f/copy").unwrap();
    let trashed = world.trash("d/b");
    let places = ["d", "e/f", ".trash", ""];
    let look = || {
        places.map(|at| {
            [1, 9].map(|depth| {
                let listing = world.list(at, depth, 10, None).unwrap();
                (listing.tag, listing.entries.into_iter().map(|entry| entry.size_bytes).collect::<Vec<_>>())
            })
        })
    };
    let before = look();
    world.leave("d/a", "123");
    world.leave("d/b", "123");
    world.settle(0);
    let mut changed = 0;
    for (before, after) in before.iter().flatten().zip(look().iter().flatten()) {
        assert!(before.1 == after.1 || before.0 != after.0, "{before:?} {after:?}");
        changed += usize::from(before.1 != after.1);
    }
    assert_eq!(changed, 7, "all but the flat listing of the root show a size");
    assert_eq!(world.stat(trashed.path.as_str()).unwrap().size_bytes, 3);
    world.check_history();
}

#[test]
fn bytes_that_are_missing_keep_nobody_waiting_and_are_looked_for_again_every_hour() {
    let world = world(&[("a", "12345"), ("b", "1234"), ("c", "1")]);
    let missing = ["a", "b"].map(|at| world.bucket.borrow_mut().remove_entry(&format!("{THEIRS}{at}")).unwrap());
    assert_eq!(world.ring().len(), 2);
    assert_eq!(world.read("c").as_deref(), Ok("1"));
    // The first ring that finds nothing more says when to look again.
    assert_eq!((next_alarm_ms(&world.sql), world.ring()), (Ok(Some(0)), vec![]));
    let due_ms = world.number("SELECT due_ms FROM timer WHERE what = 'adopt'");
    assert!((HOUR_MS..HOUR_MS + 1000).contains(&(due_ms - world.now_ms.get())), "an hour later");
    assert_eq!((world.stat("a").unwrap().hash, world.stat("b").unwrap().hash), (None, None));
    // One of them comes back, the other goes.
    world.bucket.borrow_mut().extend(missing);
    world.delete("b", true).unwrap();
    at_rest(&world, 6);
    world.settle(HOUR_MS);
    assert_eq!(world.read("a").as_deref(), Ok("12345"));
}

#[test]
fn a_taking_over_that_stops_after_the_copy_starts_again_and_the_copy_is_removed() {
    let world = world(&[("a", "12345")]);
    drop(world.looked_into());
    assert_eq!((world.lying().len(), world.counted()), (1, (0, 0)));
    world.check();
    world.settle(0);
    assert_eq!(world.lying().len(), 2, "the first copy has an hour");
    at_rest(&world, 5);
    assert_eq!((world.lying(), world.read("a").as_deref()), (Vec::from_iter(world.key_of("a")), Ok("12345")));
}

#[test]
fn a_copy_whose_time_is_over_is_not_taken_and_the_file_waits_for_the_next() {
    let world = world(&[("a", "12345")]);
    let (orphan, adopted) = world.looked_into();
    let Adopted::Large { key, .. } = &adopted else { panic!("it is large") };
    world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
    assert_eq!(world.claim().unwrap().unwrap().0, Timer::Uploads);
    assert_eq!(world.adopt(&orphan, &adopted), Err(Error::UnknownUpload { key: key.clone() }));
    world.check();
    let found = world.call(crate::call::Read { path: super::path("a"), unless: crate::call::Condition::None }, None);
    assert_eq!(found.unwrap().0.bytes, Place::Foreign(format!("{THEIRS}a")));
    at_rest(&world, 5);
    assert_eq!(world.lying().len(), 1);
}

#[test]
fn many_files_are_taken_over_a_few_at_a_time() {
    let contents: Vec<(String, String)> = (0..120).map(|file| (format!("{file:03}"), format!("{file}"))).collect();
    let files: Vec<(&str, &str)> = contents.iter().map(|(at, content)| (at.as_str(), content.as_str())).collect();
    let world = world(&files);
    let unknown = || world.number("SELECT count(*) FROM blob WHERE hash IS NULL");
    world.watched.set(false);
    let left: Vec<i64> = std::iter::from_fn(|| (unknown() > 0).then(|| (world.ring(), unknown()).1)).collect();
    assert_eq!(left, [70, 20, 0]);
    world.check();
    assert_eq!(world.read("119").as_deref(), Ok("119"));
}
