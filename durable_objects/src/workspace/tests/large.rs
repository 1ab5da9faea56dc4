//! Files whose bytes lie in the bucket: they go an hour after the last who used them, and nothing sooner.

use super::super::timer::Timer;
use super::super::{Removal, next_alarm_ms};
use super::bucket::HOUR_MS;
use super::{World, hash, path};
use crate::call::{Condition, Found, Place, Read};
use crate::limits::{DAY_MS, Limits};

/// Content of more than four bytes goes to the bucket, and nothing keeps what was replaced.
fn world() -> World {
    keeping(0)
}

/// A world that keeps so many versions of a file.
fn keeping(versions_per_file: u32) -> World {
    let world = World::new(Limits { versions_per_file, ..Limits::default() });
    world.inline_max_bytes.set(4);
    world
}

/// The alarm does what is due until an hour after the last content was doomed.
fn an_hour_after(world: &World) {
    world.sweep();
    world.settle(HOUR_MS);
}

#[test]
fn replaced_and_deleted_bytes_stay_readable_for_an_hour_and_count_until_they_are_gone() {
    let ends: [fn(&World); 3] = [
        |world| {
            world.write("a", "new").unwrap();
        },
        |world| drop(world.delete("a", true).unwrap()),
        |world| {
            world.trash("a");
            world.empty().unwrap();
        },
    ];
    for end in ends {
        let world = world();
        world.write("a", "content").unwrap();
        let key = world.key_of("a").unwrap();
        end(&world);
        assert_eq!(world.number("SELECT count(*) FROM blob WHERE state = 1"), 0, "the sweep finds out, later");
        world.sweep();
        let doomed_ms = world.number("SELECT doomed_ms FROM blob WHERE state = 1");
        let left = world.counted().0 - 7;
        world.now_ms.set(doomed_ms + HOUR_MS - 1);
        world.settle(0);
        assert_eq!((world.lying(), world.counted()), (vec![key], (left + 7, 0)));
        assert_eq!(next_alarm_ms(&world.sql), Ok(Some(doomed_ms + HOUR_MS)));
        world.now_ms.set(doomed_ms + HOUR_MS);
        world.settle(0);
        assert_eq!((world.lying(), world.counted()), (vec![], (left, 0)));
    }
}

#[test]
fn doomed_bytes_are_not_used_again() {
    let world = world();
    world.write("a", "content").unwrap();
    let old = world.key_of("a").unwrap();
    world.delete("a", true).unwrap();
    world.sweep();
    world.write("b", "content").unwrap();
    let new = world.key_of("b").unwrap();
    assert_ne!(old, new);
    assert_eq!((world.lying(), world.counted()), (vec![old, new.clone()], (14, 0)));
    // A third of the same is kept with the second.
    world.write("c", "content").unwrap();
    assert_eq!(world.key_of("c"), Some(new.clone()));
    an_hour_after(&world);
    assert_eq!((world.lying(), world.counted(), world.read("b").as_deref()), (vec![new], (7, 0), Ok("content")));
}

#[test]
fn bytes_that_come_back_into_use_before_the_sweep_stay() {
    let world = world();
    world.write("a", "content").unwrap();
    let key = world.key_of("a").unwrap();
    world.delete("a", true).unwrap();
    world.ring();
    world.write("b", "content").unwrap();
    assert_eq!(world.key_of("b"), Some(key.clone()));
    an_hour_after(&world);
    assert_eq!((world.lying(), world.read("b").as_deref()), (vec![key], Ok("content")));
}

#[test]
fn a_file_goes_from_small_to_large_and_back_and_every_version_is_kept() {
    let world = keeping(2);
    let contents = ["1", "large 2", "3", "large 4"];
    for content in contents {
        world.write("a", content).unwrap();
        assert_eq!(world.read("a").as_deref(), Ok(content));
        assert_eq!(world.key_of("a").is_some(), content.len() > 4);
    }
    an_hour_after(&world);
    // The oldest is gone, the two before the newest are not.
    assert_eq!((world.blobs().len(), world.lying().len(), world.counted()), (3, 2, (15, 0)));
    world.write("a", "5").unwrap();
    world.write("a", "6").unwrap();
    an_hour_after(&world);
    assert_eq!((world.lying().len(), world.counted()), (1, (9, 0)), "4 is the version before the last");
    world.settle(31 * DAY_MS);
    an_hour_after(&world);
    assert_eq!((world.lying(), world.counted()), (vec![], (1, 0)), "versions go by age too");
}

#[test]
fn copies_share_their_bytes_and_the_last_one_takes_them_along() {
    let world = world();
    world.write("d/a", "content").unwrap();
    world.copy("d", "e").unwrap();
    world.copy("d/a", "f").unwrap();
    let key = world.key_of("d/a");
    assert_eq!((world.key_of("e/a"), world.key_of("f"), world.counted()), (key.clone(), key.clone(), (7, 0)));
    world.delete("d", true).unwrap();
    world.write("f", "new").unwrap();
    an_hour_after(&world);
    assert_eq!((world.lying(), world.read("e/a").as_deref()), (Vec::from_iter(key), Ok("content")));
    world.mv("e/a", "g").unwrap();
    world.trash("g");
    an_hour_after(&world);
    assert_eq!(world.lying().len(), 1, "the trash keeps them");
    world.empty().unwrap();
    an_hour_after(&world);
    assert_eq!((world.lying(), world.counted()), (vec![], (3, 0)));
}

#[test]
fn a_read_says_where_the_bytes_are_unless_the_caller_has_them() {
    let world = world();
    world.write("a", "content").unwrap();
    let key = world.key_of("a").unwrap();
    let read = |unless| world.call(Read { path: path("a"), unless }, None).unwrap();
    let entry = world.stat("a").unwrap();
    let tag = hash(b"content").to_string();
    assert_eq!(entry.tag(), tag);
    for (unless, bytes) in [
        (Condition::None, Place::Stored(key.clone())),
        (Condition::OneOf(vec!["other".to_owned()]), Place::Stored(key)),
        (Condition::OneOf(vec!["other".to_owned(), tag]), Place::Unchanged),
        (Condition::Any, Place::Unchanged),
    ] {
        assert_eq!(read(unless), (Found { entry: entry.clone(), bytes }, vec![]));
    }
}

#[test]
fn a_removal_that_stops_at_any_step_is_done_when_the_alarm_rings_again() {
    for stop_after in ["claim", "removal", "settling"] {
        let world = world();
        world.write("a", "content").unwrap();
        world.write("b", "other content").unwrap();
        let (gone, kept) = (world.key_of("a").unwrap(), world.key_of("b").unwrap());
        world.delete("a", true).unwrap();
        world.sweep();
        world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
        let claim = world.claim().unwrap().unwrap();
        assert_eq!(claim, (Timer::Remove, vec![Removal::new(&gone, None)]));
        if stop_after != "claim" {
            world.remove(&claim.1);
            world.check();
        }
        if stop_after == "settling" {
            world.settle_claim(claim.0, &claim.1).unwrap();
            world.check();
        } else {
            assert_eq!(world.claim().unwrap().unwrap(), claim, "stopped after {stop_after}");
        }
        world.settle(0);
        // By now the keys of the uploads have had their look as well.
        assert_eq!((world.lying(), world.counted()), (vec![kept], (13, 0)), "stopped after {stop_after}");
    }
}

#[test]
fn a_settling_takes_only_doomed_content() {
    let world = world();
    world.write("a", "content").unwrap();
    let key = world.key_of("a").unwrap();
    world.settle_claim(Timer::Remove, &[Removal::new(&key, None)]).unwrap();
    world.check();
    assert_eq!(world.read("a").as_deref(), Ok("content"));
}

#[test]
fn more_content_than_is_removed_at_once_all_goes_and_the_youngest_last() {
    let world = world();
    world.watched.set(false);
    for file in 0..1_100 {
        world.write(&format!("d/{file}"), &format!("content {file}")).unwrap();
    }
    world.write("young", "content").unwrap();
    world.delete("d", true).unwrap();
    world.sweep();
    world.now_ms.set(world.now_ms.get() + HOUR_MS / 2);
    world.delete("young", true).unwrap();
    world.sweep();
    world.check();
    assert_eq!(world.lying().len(), 1_101);
    world.settle(HOUR_MS / 2 + 1000);
    world.check();
    assert_eq!((world.lying().len(), world.counted()), (1, (7, 0)));
    let doomed_ms = world.number("SELECT doomed_ms FROM blob WHERE state = 1");
    assert_eq!(world.number("SELECT due_ms FROM timer WHERE what = 'remove'"), doomed_ms + HOUR_MS);
    world.settle(HOUR_MS);
    assert_eq!((world.lying(), world.counted()), (vec![], (0, 0)));
}
