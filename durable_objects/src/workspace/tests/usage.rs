//! What is stored, in numbers, and what they cost.

use super::World;
use super::bucket::HOUR_MS;
use crate::call::{Amount, Error};
use crate::limits::Limits;

fn amount(files: u64, bytes: u64) -> Amount {
    Amount { bytes, files }
}

#[test]
fn what_is_stored_is_told_by_what_needs_it() {
    let world = World::new(Limits { quota_bytes: 1_000, ..Limits::default() });
    world.write("a", "12345").unwrap();
    world.write("a", "123").unwrap();
    world.mv("a", "b").unwrap();
    world.copy("b", "d/c").unwrap();
    world.write("d/only", "12").unwrap();
    world.write("e/f", "1234567").unwrap();
    world.trash("d");
    world.announce("key", 20).unwrap();
    let usage = world.usage();
    assert_eq!((usage.live, usage.trash, usage.versions), (amount(2, 10), amount(2, 2), amount(1, 5)));
    assert_eq!((usage.reserved_bytes, usage.quota_bytes, usage.left_bytes), (20, 1_000, 963));
    world.empty().unwrap();
    world.sweep();
    assert_eq!(world.usage().trash, amount(0, 0));
    assert_eq!(world.usage().live, amount(2, 10));
}

#[test]
fn what_is_leaving_leaves_room_at_once_but_only_so_much_of_it() {
    let world = World::new(Limits { quota_bytes: 10, ..Limits::default() });
    for round in 0..2 {
        world.store("large", format!("large-{round}..").as_bytes(), true).unwrap();
        let full = Error::QuotaExceeded { needed_bytes: 8, left_bytes: 1 };
        assert_eq!(world.store("other", b"too much", true).unwrap_err(), full);
        world.delete("large", true).unwrap();
        world.sweep();
        let usage = world.usage();
        assert_eq!((usage.live.bytes, usage.leaving_bytes), (0, 9 * (round + 1)));
    }
    // Twice the quota would lie in the bucket.
    let full = Error::QuotaExceeded { needed_bytes: 9, left_bytes: 2 };
    assert_eq!(world.store("large", b"the third", true).unwrap_err(), full);
    world.settle(2 * HOUR_MS);
    world.settle(2 * HOUR_MS);
    world.store("large", b"the third", true).unwrap();
}

#[test]
fn counting_does_not_read_the_tree() {
    let steps = [10, 1_000].map(|files| {
        let world = World::new(Limits::default());
        world.watched.set(false);
        world.write("d/0", "content").unwrap();
        for file in 1..files {
            world.write(&format!("d/{file}"), &format!("{file}")).unwrap();
        }
        let before = world.sql.steps.get();
        assert_eq!(world.usage().live.files, files);
        world.sql.steps.get() - before
    });
    assert_eq!(steps[0], steps[1]);
}
