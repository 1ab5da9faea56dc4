//! Checkpoints among what is laid out in `public/media`: what of it was the user's comes back, and no more.

use proptest::collection::vec;
use proptest::prelude::*;

use super::World;
use super::bucket::HOUR_MS;
use super::media_index::{INDEX, place_for, world};
use crate::call::MediaDeleted;

/// What can happen to what is laid out.
const DEEDS: [fn(&World); 7] = [
    |world| drop(world.trash(INDEX)),
    |world| drop(world.trash(&place_for("picture"))),
    |world| world.mv(&place_for("picture"), "mine.png").map(drop).unwrap(),
    |world| drop(world.write(&place_for("picture"), "my own").unwrap()),
    |world| drop(world.write(INDEX, "my own").unwrap()),
    |world| drop(world.delete("public", true).unwrap()),
    |world| world.mv("public/media", "elsewhere").map(drop).unwrap(),
];

#[test]
fn a_checkpoint_comes_back_whatever_has_happened_to_what_is_laid_out() {
    for (deed, act) in DEEDS.iter().enumerate() {
        for look in [false, true] {
            let world = world();
            world.picture("picture");
            world.write("a", "1").unwrap();
            world.index();
            let rev = world.checkpoint();
            act(&world);
            if look {
                world.picture("other");
                world.tree("");
                world.sweep();
            }
            let reverted = world.restore_to(rev, "").unwrap();
            assert_eq!(world.read("a").as_deref(), Ok("1"), "deed {deed}, look {look}");
            assert_eq!(world.read(&place_for("picture")).as_deref(), Ok("picture"), "deed {deed}, look {look}");
            assert_eq!(world.index().len(), if look { 2 } else { 1 }, "deed {deed}, look {look}");
            let not_there = |at: &str| world.stat(at).is_err();
            assert!(not_there("mine.png") && not_there("elsewhere"), "deed {deed}, look {look}");
            world.undo(reverted.turn.as_str(), false).unwrap();
            world.restore_to(rev, "").unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_among_what_is_laid_out_a_checkpoint_comes_back(steps in vec((0..13_usize, 0..9_usize), 1..14)) {
        let world = world();
        let mut items = vec![world.picture("picture").id];
        let mut kept = Vec::new();
        for (step, (act, detail)) in steps.into_iter().enumerate() {
            let places: Vec<String> = world.tree("").into_iter().filter(|at| !at.is_empty()).collect();
            let at = places.get(detail % places.len().max(1)).cloned().unwrap_or_default();
            match act {
                0 | 1 => items.push(world.picture(&format!("picture {detail}")).id),
                2 => drop(world.delete(&at, false)),
                3 => drop(world.delete(&at, true)),
                4 => drop(world.write(&at, &format!("{step}"))),
                5 => drop(world.mv(&at, &format!("elsewhere-{step}"))),
                6 => drop(world.write(&format!("public/{step}"), "1")),
                7 => drop(world.write(INDEX, &format!("my own {step}"))),
                8 => drop(world.write(&format!("notes/{detail}"), &format!("{step}"))),
                9 => world.sweep(),
                10 => drop(world.delete_media(&items[detail % items.len()])),
                11 => kept.push((world.checkpoint(), users(&world))),
                _ => {
                    let Some((rev, tree)) = kept.get(detail % kept.len().max(1)) else { continue };
                    let reverted = world.restore_to(*rev, "").unwrap();
                    prop_assert_eq!(&users(&world), tree);
                    if detail % 2 == 0 && reverted.restored + reverted.trashed > 0 {
                        world.undo(reverted.turn.as_str(), false).unwrap();
                    }
                }
            }
        }
        for (rev, tree) in &kept {
            world.restore_to(*rev, "").unwrap();
            prop_assert_eq!(&users(&world), tree);
        }
    }
}

/// The files that are the user's: all but those of public media and their list.
fn users(world: &World) -> super::Shape {
    let is_users = |at: &str| !at.starts_with(".trash") && !at.starts_with("public/media/2025") && at != INDEX;
    let shape = world.shape().into_iter().filter(|(at, content)| content.is_some() && is_users(at));
    shape.collect()
}

#[test]
fn what_the_user_had_in_the_place_of_the_list_comes_back() {
    let world = world();
    world.write(INDEX, "my own").unwrap();
    let rev = world.checkpoint();
    world.trash(INDEX);
    world.picture("picture");
    assert_eq!(world.index().len(), 1);
    world.restore_to(rev, "").unwrap();
    assert_eq!(world.read(INDEX).as_deref(), Ok("my own"));
}

#[test]
fn what_is_laid_out_is_no_change_and_a_restore_leaves_it() {
    let world = world();
    let rev = world.checkpoint();
    world.picture("picture");
    world.index();
    assert_eq!(world.compare(rev), []);
    for _ in 0..2 {
        let reverted = world.restore_to(rev, "").unwrap();
        assert_eq!((reverted.restored, reverted.trashed, world.index().len()), (0, 0, 1));
    }
    // With something of the user's among it, it goes and is laid out again.
    world.write("public/media/2025/note", "1").unwrap();
    assert_eq!(world.restore_to(rev, "").unwrap().trashed, 1);
    assert_eq!((world.index().len(), world.tree("public").len()), (1, 6));
}

#[test]
fn a_folder_that_goes_back_takes_nothing_along_that_was_laid_out_in_it() {
    let world = world();
    world.picture("picture");
    world.tree("");
    let before = world.checkpoint();
    world.delete("public/media", true).unwrap();
    world.mv("public", "elsewhere").unwrap();
    let after = world.checkpoint();
    let tree = users(&world);
    world.restore_to(before, "").unwrap();
    world.tree("");
    world.restore_to(after, "").unwrap();
    assert_eq!(users(&world), tree);
    assert_eq!(world.tree("elsewhere"), [] as [String; 0]);
}

#[test]
fn a_list_that_was_elsewhere_meanwhile_is_kept_as_it_was_there() {
    for (here, there) in [("public", "elsewhere"), ("public/media", "elsewhere"), (INDEX, "mine.json")] {
        for is_restored in [true, false] {
            let world = world();
            world.picture("picture");
            world.index();
            let before = world.checkpoint();
            world.mv(here, there).unwrap();
            let away = world.checkpoint();
            let tree = users(&world);
            world.picture("other");
            world.tree("");
            if is_restored {
                world.restore_to(before, "").unwrap();
            } else {
                world.delete(here, true).unwrap();
                world.mv(there, here).unwrap();
            }
            world.picture("third");
            assert_eq!(world.index().len(), 3);
            world.restore_to(away, "").unwrap();
            assert_eq!(users(&world), tree, "{here}, {is_restored}");
            world.settle(2 * HOUR_MS);
            world.check();
        }
    }
}

#[test]
fn a_picture_that_was_elsewhere_meanwhile_is_kept_as_it_was_there() {
    for (here, there) in [("public", "elsewhere"), (&*place_for("picture"), "mine.png")] {
        let world = world();
        let media = world.picture("picture");
        world.index();
        world.mv(here, there).unwrap();
        let away = world.checkpoint();
        let tree = users(&world);
        world.mv(there, here).unwrap();
        assert!(matches!(world.delete_media(&media.id), Ok(MediaDeleted { remove: None })), "a checkpoint has it");
        world.settle(2 * HOUR_MS);
        world.check();
        world.restore_to(away, "").unwrap();
        assert_eq!(users(&world).get("mine.png"), tree.get("mine.png"));
        assert_eq!(users(&world), tree, "{here}");
        world.check();
    }
}
