//! Checkpoints: taken at the same cost whatever there is, kept against everything, brought back as they were.

use super::verbs::not_found;
use super::{World, path};
use crate::call::{Error, Left, Sought, When, Why};
use crate::limits::{CHECKPOINTS_MAX, DAY_MS, Limits, REVERT_MAX_ENTRIES};
use crate::path::FilePath;

fn world() -> World {
    World::new(Limits::default())
}

/// The tree without the trash.
fn tree(world: &World) -> super::Shape {
    world.shape().into_iter().filter(|(at, _)| !at.starts_with(".trash")).collect()
}

#[test]
fn a_checkpoint_has_a_name_a_time_and_an_end() {
    let world = world();
    world.write("a", "1").unwrap();
    let one = world.take_checkpoint(Some("before the agent")).unwrap();
    let two = world.take_checkpoint(None).unwrap();
    assert!(two.rev > one.rev && two.at_ms > one.at_ms);
    assert_eq!(world.checkpoints(), [two.clone(), one.clone()]);
    world.drop_checkpoint(two.rev).unwrap();
    assert_eq!(world.checkpoints(), [one]);
    let none = Error::NoCheckpoint { rev: two.rev };
    assert_eq!(world.drop_checkpoint(two.rev).unwrap_err(), none);
    assert_eq!(world.restore_to(two.rev, "").unwrap_err(), none);
    assert_eq!(world.feed("kind"), ["create", "checkpoint", "checkpoint", "drop-checkpoint"]);
}

#[test]
fn there_are_so_many_checkpoints_and_no_more() {
    let world = world();
    world.watched.set(false);
    for _ in 0..CHECKPOINTS_MAX {
        world.checkpoint();
    }
    assert_eq!(world.take_checkpoint(None).unwrap_err(), Error::TooManyCheckpoints { max: CHECKPOINTS_MAX });
    world.drop_checkpoint(world.checkpoints()[7].rev).unwrap();
    world.take_checkpoint(None).unwrap();
}

/// Everything that can happen to a tree.
fn disturb(world: &World) {
    world.write("a", "other").unwrap();
    world.mv("b", "d/b").unwrap();
    world.mv("c", "b").unwrap();
    world.mv("d", "x/y").unwrap();
    world.write("d/new", "new").unwrap();
    world.trash("e");
    world.delete("f", true).unwrap();
    world.move_to("g", "h", true).unwrap();
    world.copy("x", "copy").unwrap();
    world.write("x/y/in", "inside").unwrap();
    world.write("c/was-a-file", "").unwrap();
}

fn some_tree(world: &World) {
    for (at, content) in
        [("a", "1"), ("b", "2"), ("c", "3"), ("d/1", "4"), ("d/2/3", "5"), ("e/1/2", "6"), ("f/1/2", "7"), ("f/3", "8")]
    {
        world.write(at, content).unwrap();
    }
    world.write("g", "9").unwrap();
    world.write("h", "10").unwrap();
}

#[test]
fn everything_is_as_it_was_and_that_can_be_taken_back() {
    for alarm in [false, true] {
        let world = world();
        some_tree(&world);
        let (rev, before) = (world.checkpoint(), tree(&world));
        let ids = "SELECT group_concat(id) FROM (SELECT id FROM node WHERE id > 2 ORDER BY id)";
        let ids = |world: &World| world.text(ids);
        let ids_before = ids(&world);
        disturb(&world);
        if alarm {
            world.settle(DAY_MS);
            world.sweep();
        }
        let after = tree(&world);
        let reverted = world.restore_to(rev, "").unwrap();
        assert_eq!(tree(&world), before, "after the alarm: {alarm}");
        assert_eq!(reverted.left, []);
        assert!(ids_before.split(',').all(|id| ids(&world).split(',').any(|other| other == id)), "ids are kept");
        assert_eq!(world.compare(rev), []);
        world.check_history();
        let undone = world.undo_all(reverted.turn.as_str());
        // What was deleted for good came back, and so goes to the trash; all else is as it was before the restore.
        assert_eq!(tree(&world), after, "after the alarm: {alarm}");
        assert_ne!(undone.turn, reverted.turn);
        world.undo_all(undone.turn.as_str());
        assert_eq!(tree(&world), before);
    }
}

#[test]
fn a_checkpoint_outlives_retention_expiry_and_deletion() {
    let world = World::new(Limits { versions_per_file: 2, ..Limits::default() });
    some_tree(&world);
    let (rev, before) = (world.checkpoint(), tree(&world));
    disturb(&world);
    for round in 0..9 {
        world.write("a", &format!("round {round}")).unwrap();
    }
    for top in ["a", "b", "x", "h", "copy", "c", "d"] {
        world.trash(top);
    }
    world.settle(60 * DAY_MS);
    world.sweep();
    assert!(tree(&world).len() == 1 && world.number("SELECT count(*) FROM node") == 2);
    world.restore_to(rev, "").unwrap();
    assert_eq!(tree(&world), before);
    assert_eq!(world.read("d/2/3").as_deref(), Ok("5"));
}

#[test]
fn a_checkpoint_that_is_given_up_lets_go_of_what_it_alone_held() {
    let world = world();
    some_tree(&world);
    let one = world.checkpoint();
    world.write("a", "after one").unwrap();
    let (two, at_two) = (world.checkpoint(), tree(&world));
    for top in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        world.delete(top, true).unwrap();
    }
    world.sweep();
    assert_eq!(world.blobs().len(), 11);
    world.drop_checkpoint(one).unwrap();
    world.sweep();
    assert_eq!(world.blobs().len(), 10, "1 was of the first checkpoint alone");
    world.restore_to(two, "").unwrap();
    assert_eq!(tree(&world), at_two);
    for top in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        world.delete(top, true).unwrap();
    }
    world.drop_checkpoint(two).unwrap();
    world.sweep();
    let left = "SELECT (SELECT count(*) FROM past) + (SELECT count(*) FROM held) + (SELECT count(*) FROM blob)";
    assert_eq!(world.number(left), 0);
}

#[test]
fn a_folder_comes_back_alone() {
    let world = world();
    some_tree(&world);
    world.write("d/in/x", "x").unwrap();
    let rev = world.checkpoint();
    world.write("a", "other").unwrap();
    world.mv("d/1", "out").unwrap();
    world.mv("b", "d/came").unwrap();
    world.write("d/in/y", "y").unwrap();
    world.mv("d/in", "e/in").unwrap();
    world.mv("d", "moved").unwrap();
    world.write("d", "a file now").unwrap();
    let reverted = world.restore_to(rev, "d").unwrap();
    assert_eq!(world.tree("d"), ["d/2", "d/2/3", "d/in", "d/in/x", "d/1"]);
    assert_eq!(
        (world.read("a").as_deref(), world.tree("e")),
        (Ok("other"), vec!["e/1".to_owned(), "e/1/2".to_owned()])
    );
    let trashed: Vec<FilePath> = world.trash_page(9, None).entries.into_iter().map(|entry| entry.original).collect();
    assert_eq!(trashed.len(), 3, "{trashed:?}");
    for original in ["moved/came", "e/in/y", "d"] {
        assert!(trashed.contains(&path(original)), "{original} of {trashed:?}");
    }
    assert_eq!(world.stat("b").unwrap_err(), not_found(Sought::Path, "b"));
    world.undo_all(reverted.turn.as_str());
    assert_eq!(world.read("d").as_deref(), Ok("a file now"));
    assert_eq!(world.tree("moved"), ["moved/2", "moved/2/3", "moved/came"]);
}

#[test]
fn a_folder_comes_back_to_its_path_though_its_directory_has_moved_away() {
    let world = world();
    world.write("p/a/f", "1").unwrap();
    let rev = world.checkpoint();
    world.mv("p", "q").unwrap();
    world.mkdir("p").unwrap();
    world.mv("q/a", "p/a").unwrap();
    world.write("p/a/f", "2").unwrap();
    let reverted = world.restore_to(rev, "p/a").unwrap();
    assert_eq!((world.read("p/a/f").as_deref(), world.tree("q")), (Ok("1"), vec![]));
    world.undo_all(reverted.turn.as_str());
    assert_eq!((world.read("p/a/f").as_deref(), world.tree("q")), (Ok("2"), vec![]));
    world.delete("p/a", true).unwrap();
    world.sweep();
    world.restore_to(rev, "p/a").unwrap();
    assert_eq!((world.read("p/a/f").as_deref(), world.tree("q")), (Ok("1"), vec![]));
}

#[test]
fn what_moved_with_its_directory_comes_back_to_where_it_was_called_so() {
    let world = world();
    world.write("a/b/c", "1").unwrap();
    let rev = world.checkpoint();
    world.mv("a/b", "b").unwrap();
    world.mv("a", "b/a").unwrap();
    world.mv("b", "a").unwrap();
    assert_eq!(world.tree(""), ["a", "a/a", "a/c"]);
    world.restore_to(rev, "a/b/c").unwrap();
    assert_eq!(world.tree(""), ["a", "a/a", "a/b", "a/b/c"]);
    world.restore_to(rev, "a/b").unwrap();
    // The directory of that name is another, and is where it was: it goes under a new one.
    assert_eq!(world.read("a/b/c").as_deref(), Ok("1"));
    world.restore_to(rev, "").unwrap();
    assert_eq!(world.tree(""), ["a", "a/b", "a/b/c"]);
    let none = not_found(Sought::Path, "none");
    assert_eq!(world.restore_to(rev, "none").unwrap_err(), none);
    let trash = Error::InTrash { path: path(".trash") };
    assert_eq!(world.restore_to(rev, ".trash").unwrap_err(), trash);
}

#[test]
fn an_entry_that_has_become_its_own_parent_by_name_does_not_go_into_itself() {
    let world = world();
    world.write("q/y/y/file", "1").unwrap();
    let rev = world.checkpoint();
    world.mv("q/y", "t").unwrap();
    world.mv("q", "z").unwrap();
    world.mv("t", "q").unwrap();
    assert_eq!(world.tree(""), ["q", "q/y", "q/y/file", "z"]);
    world.restore_to(rev, "q/y/y").unwrap();
    assert_eq!(world.tree(""), ["q", "q/y", "q/y/y", "q/y/y/file", "z"]);
}

#[test]
fn what_the_agent_needs_is_not_taken_away() {
    let world = world();
    let rev = world.checkpoint();
    world.write("SOUL.md", "me").unwrap();
    world.write("b", "2").unwrap();
    let reverted = world.restore_to(rev, "").unwrap();
    assert_eq!(reverted.left, [Left { path: path("SOUL.md"), why: Why::Protected }]);
    assert_eq!(world.tree(""), ["SOUL.md"]);
}

#[test]
fn what_is_otherwise_is_told_by_path() {
    let world = world();
    some_tree(&world);
    let rev = world.checkpoint();
    assert_eq!(world.compare(rev), []);
    disturb(&world);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        world.compare(rev),
        [
            (text("a"), text("a"), true),
            (text("c"), text("b"), false),
            (None, text("c"), false),
            (None, text("copy"), false),
            (None, text("d"), false),
            (text("e"), None, false),
            (text("f"), None, false),
            (text("g"), None, false),
            (text("h"), text("h"), true),
            (None, text("x"), false),
            (text("d"), text("x/y"), false),
            (text("b"), text("x/y/b"), false),
            (None, text("x/y/in"), false),
        ]
    );
}

#[test]
fn more_than_one_transaction_takes_is_refused() {
    let world = world();
    world.watched.set(false);
    let rev = world.checkpoint();
    world.execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {REVERT_MAX_ENTRIES})
         INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
         SELECT 1000 + i, 1, i, i, 0, 1, 1, 1000 + i, 1000 + i FROM n"
    ));
    assert_eq!(world.restore_to(rev, "").unwrap_err(), Error::TooManyChanges { max: REVERT_MAX_ENTRIES });
}

#[test]
fn what_was_made_in_a_new_directory_comes_and_goes_with_it_however_much_it_is() {
    let world = world();
    world.watched.set(false);
    world.write("docs/a", "1").unwrap();
    let rev = world.checkpoint();
    world.write("docs/a", "2").unwrap();
    world.mkdir("node_modules/deep").unwrap();
    world.mv("docs/a", "node_modules/deep/a").unwrap();
    // As an installation makes them: each in a directory that came with it.
    let deep = world.number("SELECT id FROM node WHERE name = 'deep'");
    world.execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {REVERT_MAX_ENTRIES})
         INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
         SELECT 1000 + i, {deep}, i, i, 0, 1, 1, 1000 + i, 1000 + i FROM n"
    ));
    world.execute("UPDATE meta SET v = 1000000 WHERE k = 'rev'");
    let told = [(None, Some("node_modules".to_owned()), false)];
    assert_eq!(world.compare(rev)[..1], told);
    assert_eq!(world.compare(rev).len(), 2, "and the file that moved there");
    let reverted = world.restore_to(rev, "").unwrap();
    assert_eq!((reverted.restored, reverted.trashed, world.read("docs/a").as_deref()), (1, 1, Ok("1")));
}

#[test]
fn a_restored_version_of_the_past_reads_with_every_byte() {
    let world = world();
    world.inline_max_bytes.set(2);
    world.write("d/large", "a large file").unwrap();
    let rev = world.checkpoint();
    world.delete("d", true).unwrap();
    for _ in 0..3 {
        world.settle(DAY_MS);
        world.sweep();
    }
    assert_eq!(world.read_when("d/large", When::At(rev)).as_deref(), Ok("a large file"));
    world.restore_to(rev, "").unwrap();
    assert_eq!(world.read("d/large").as_deref(), Ok("a large file"));
}
