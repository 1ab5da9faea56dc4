//! Bytes on their way to the bucket: every announced key becomes a file's or is removed, wherever the alarm stops.

use super::super::timer::Timer;
use super::super::{Removal, next_alarm_ms};
use super::World;
use super::bucket::{HOUR_MS, OURS};
use crate::call::Error;
use crate::limits::Limits;
use crate::sql::Sql;

/// A name, and how a key comes to it.
type Fate = (&'static str, fn(&World, &str));

fn world() -> World {
    World::new(Limits::default())
}

fn unknown(key: &str) -> Error {
    Error::UnknownUpload { key: key.to_owned() }
}

/// The keys of a claim of the task for uploads.
fn claimed(world: &World) -> Vec<Removal> {
    let (task, removals) = world.claim().unwrap().unwrap();
    assert_eq!(task, Timer::Uploads);
    world.check();
    removals
}

#[test]
fn announced_bytes_count_against_the_quota_until_they_are_a_file_or_gone() {
    let world = World::new(Limits { quota_bytes: 10, ..Limits::default() });
    world.write("a", "123").unwrap();
    world.announce("k", 5).unwrap();
    assert_eq!(world.counted(), (3, 5));
    let full = Error::QuotaExceeded { needed_bytes: 3, left_bytes: 2 };
    assert_eq!(world.announce("l", 3).unwrap_err(), full);
    assert_eq!(world.write("b", "456").unwrap_err(), full);
    world.announce("l", 2).unwrap();
    assert_eq!(world.announce("m", 1).unwrap_err(), Error::QuotaExceeded { needed_bytes: 1, left_bytes: 0 });
    world.abandon("k").unwrap();
    assert_eq!(world.counted(), (3, 7), "what may still lie in the bucket still counts");
    world.settle(0);
    assert_eq!(world.counted(), (3, 2));
    world.settle(2 * HOUR_MS);
    assert_eq!(world.counted(), (3, 0));
}

#[test]
fn what_is_set_aside_for_a_key_can_be_set_anew_until_it_is_given_up() {
    let world = World::new(Limits { quota_bytes: 10, ..Limits::default() });
    world.announce("k", 8).unwrap();
    // What it had is given back first.
    world.announce("k", 9).unwrap();
    assert_eq!(world.announce("k", 11).unwrap_err(), Error::QuotaExceeded { needed_bytes: 11, left_bytes: 10 });
    assert_eq!(world.counted(), (0, 9));
    world.settle(HOUR_MS / 2);
    world.announce("k", 3).unwrap();
    world.settle(HOUR_MS * 3 / 4);
    assert_eq!(world.counted(), (0, 3), "its hour begins anew");
    world.abandon("k").unwrap();
    assert_eq!(world.announce("k", 1).unwrap_err(), Error::UnknownUpload { key: "k".to_owned() });
    assert_eq!(world.counted(), (0, 3));
}

#[test]
fn a_write_makes_announced_bytes_a_file_and_pays_with_what_was_set_aside() {
    let world = World::new(Limits { quota_bytes: 10, ..Limits::default() });
    let key = world.upload("1234567890").unwrap();
    let written = world.write_stored("d/a", "1234567890", &key).unwrap();
    assert_eq!((written.size_bytes, world.counted()), (10, (10, 0)));
    assert_eq!((world.read("d/a").unwrap(), world.key_of("d/a")), ("1234567890".to_owned(), Some(key)));
    world.settle(2 * HOUR_MS);
    assert_eq!(world.read("d/a").unwrap(), "1234567890", "the key's time is over, and it is a file's");
}

#[test]
fn more_bytes_than_were_set_aside_need_room_too() {
    let world = World::new(Limits { quota_bytes: 10, ..Limits::default() });
    world.announce("k", 4).unwrap();
    world.bucket.borrow_mut().insert("k".to_owned(), b"12345678901".to_vec());
    let full = Error::QuotaExceeded { needed_bytes: 11, left_bytes: 10 };
    assert_eq!(world.write_stored("a", "12345678901", "k").unwrap_err(), full);
    assert_eq!(world.counted(), (0, 4));
    world.bucket.borrow_mut().insert("k".to_owned(), b"1234567890".to_vec());
    world.write_stored("a", "1234567890", "k").unwrap();
    assert_eq!(world.counted(), (10, 0));
}

#[test]
fn bytes_that_are_kept_already_are_used_and_the_new_ones_are_removed() {
    let kept: [fn(&World) -> Option<String>; 2] = [
        |world| {
            world.store("a", b"same", true).unwrap();
            world.key_of("a")
        },
        |world| {
            world.write("a", "same").unwrap();
            None
        },
    ];
    for keep in kept {
        for at in ["a", "b"] {
            let world = world();
            let old = keep(&world);
            let new = world.upload("same").unwrap();
            let before = world.number("SELECT count(*) FROM past");
            world.write_stored(at, "same", &new).unwrap();
            assert_eq!((world.key_of(at), world.blobs().len()), (old.clone(), 1));
            assert_eq!(world.number("SELECT count(*) FROM past"), before, "the same content is no version");
            assert_eq!(world.write_stored("c", "other", &new).unwrap_err(), unknown(&new), "the key is given up");
            assert!(world.lying().contains(&new));
            world.settle(0);
            assert_eq!(world.lying(), Vec::from_iter(old));
            assert_eq!((world.counted(), world.read(at).as_deref()), ((4, 0), Ok("same")));
        }
    }
}

#[test]
fn a_key_that_is_not_announced_any_more_is_refused_and_the_old_file_stays_whole() {
    // What has become of the key by the time of the write.
    let fates: [Fate; 5] = [
        ("abandoned", |world, key| {
            world.abandon(key).unwrap();
        }),
        ("a file's", |world, key| {
            world.write_stored("other", "new", key).unwrap();
        }),
        ("claimed", |world, _| {
            world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
            assert_eq!(claimed(world).len(), 1);
        }),
        ("removed", |world, _| world.settle(2 * HOUR_MS)),
        ("reset", |world, _| {
            world.reset().unwrap();
            world.write("a", "old").unwrap();
        }),
    ];
    for (fate, meet) in fates {
        let world = world();
        world.write("a", "old").unwrap();
        let key = world.upload("new").unwrap();
        meet(&world, &key);
        assert_eq!(world.write_stored("a", "newer", &key).unwrap_err(), unknown(&key), "{fate}");
        assert_eq!(world.write_stored("b", "newer", &key).unwrap_err(), unknown(&key), "{fate}");
        assert_eq!(world.read("a").as_deref(), Ok("old"), "{fate}");
    }
    let world = world();
    world.write("a", "old").unwrap();
    assert_eq!(world.write_stored("a", "new", "never").unwrap_err(), unknown("never"));
}

#[test]
fn a_key_that_is_given_up_is_removed_at_once_and_one_that_nobody_knows_does_no_harm() {
    let world = world();
    let key = world.upload("new").unwrap();
    world.abandon(&key).unwrap();
    world.abandon(&key).unwrap();
    world.abandon("never").unwrap();
    world.settle(0);
    assert_eq!((world.lying(), world.counted(), next_alarm_ms(&world.sql)), (vec![], (0, 0), Ok(None)));
    world.abandon(&key).unwrap();
    world.settle(0);
    assert_eq!(next_alarm_ms(&world.sql), Ok(None), "there is nothing left to do");
}

#[test]
fn an_alarm_that_stops_at_any_step_removes_everything_when_it_rings_again() {
    for stop_after in ["claim", "removal", "settling"] {
        let world = world();
        let keep = world.upload("keep").unwrap();
        world.now_ms.set(world.now_ms.get() + HOUR_MS / 2);
        let [gone, later] = ["gone", "later"].map(|content| world.upload(content).unwrap());
        world.abandon(&gone).unwrap();
        world.write_stored("keep", "keep", &keep).unwrap();
        let removals = claimed(&world);
        assert_eq!(removals, [Removal::new(&gone, None)]);
        if stop_after != "claim" {
            world.remove(&removals);
            world.check();
        }
        if stop_after == "settling" {
            world.settle_claim(Timer::Uploads, &removals).unwrap();
            world.check();
        } else {
            assert_eq!(claimed(&world), removals, "what was not settled is claimed again");
        }
        world.settle(0);
        assert_eq!(world.lying(), [keep.clone(), later.clone()], "stopped after {stop_after}");
        assert_eq!(world.counted(), (4, 5));
        world.settle(HOUR_MS);
        assert_eq!((world.lying(), world.counted()), (vec![keep], (4, 0)));
    }
}

#[test]
fn bytes_that_become_a_file_just_before_the_alarm_claims_them_stay() {
    let world = world();
    let key = world.upload("late").unwrap();
    world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
    world.write_stored("a", "late", &key).unwrap();
    assert_eq!(claimed(&world), []);
    world.settle(0);
    assert_eq!((world.lying(), world.read("a").as_deref()), (vec![key], Ok("late")));
}

#[test]
fn what_was_announced_or_given_up_during_a_removal_is_not_settled_with_it() {
    let world = world();
    let first = world.upload("1").unwrap();
    world.abandon(&first).unwrap();
    let removals = claimed(&world);
    world.remove(&removals);
    let [second, third] = ["2", "3"].map(|content| world.upload(content).unwrap());
    world.abandon(&second).unwrap();
    world.settle_claim(Timer::Uploads, &removals).unwrap();
    world.check();
    assert_eq!(next_alarm_ms(&world.sql), Ok(Some(0)), "the second is due at once");
    // Even a settling that names a key which is still good leaves it.
    world.settle_claim(Timer::Uploads, &[Removal::new(&third, None)]).unwrap();
    world.write_stored("a", "3", &third).unwrap();
    world.settle(0);
    assert_eq!((world.lying(), world.counted()), (vec![third], (1, 0)));
}

#[test]
fn the_alarm_learns_of_the_multipart_upload_to_a_key() {
    let world = world();
    let [parts, whole] = ["parts", "whole"].map(|content| world.upload(content).unwrap());
    world.announce_multipart(&parts, "id of parts").unwrap();
    assert_eq!(world.counted(), (0, 10), "the second announcement sets nothing aside");
    assert_eq!(world.announce_multipart("never", "id").unwrap_err(), unknown("never"));
    world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
    let removals = claimed(&world);
    assert_eq!(removals, [Removal::new(&parts, Some("id of parts")), Removal::new(&whole, None)]);
    world.settle(0);
    assert_eq!(world.announce_multipart(&parts, "id").unwrap_err(), unknown(&parts));
}

#[test]
fn the_alarm_is_set_to_the_next_key_whose_time_is_over() {
    let world = world();
    let due_ms = || next_alarm_ms(&world.sql).unwrap();
    let expiry = |key: &str| world.number(&format!("SELECT expires_ms FROM upload WHERE key = '{key}'"));
    let first = world.upload("1").unwrap();
    world.now_ms.set(world.now_ms.get() + 1000);
    let second = world.upload("2").unwrap();
    assert_eq!(due_ms(), Some(expiry(&first)), "a later one does not put it off");
    assert_eq!(expiry(&second) - expiry(&first), 999, "each has an hour");
    world.now_ms.set(expiry(&first) - 1);
    world.settle(0);
    assert_eq!(world.lying(), [first.clone(), second.clone()]);
    world.now_ms.set(expiry(&first));
    world.settle(0);
    assert_eq!((world.lying(), due_ms()), (vec![second.clone()], Some(expiry(&second))));
    world.abandon(&second).unwrap();
    assert_eq!(due_ms(), Some(0));
    world.settle(0);
    assert_eq!((world.lying(), due_ms()), (vec![], None));
}

#[test]
fn more_keys_than_are_removed_at_once_all_go() {
    let world = world();
    world.watched.set(false);
    for content in 0..1_100 {
        world.upload(&content.to_string()).unwrap();
    }
    world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
    assert_eq!(claimed(&world).len(), 500);
    world.settle(0);
    world.check();
    assert_eq!((world.lying(), world.counted(), next_alarm_ms(&world.sql)), (vec![], (0, 0), Ok(None)));
    assert!(world.sql.query("SELECT 1 FROM upload", &[]).unwrap().is_empty());
    assert!(world.upload("again").unwrap().starts_with(OURS));
}
