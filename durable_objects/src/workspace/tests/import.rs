//! What the bucket held before the workspace was first opened becomes entries, page by page, wherever the import stops.

use super::super::{Context, next_alarm_ms, perform};
use super::bucket::{THEIRS, foreign};
use super::{World, path};
use crate::call::{Condition, Error, Foreign, Found, Import, Imported, Kind, Ping, Place, Read, Stat, Verb};
use crate::ids::Label;
use crate::limits::Limits;

fn world() -> World {
    World::unopened(Limits::default())
}

fn imported(entries: usize, passed_over: usize) -> Imported {
    Imported { entries, passed_over }
}

fn directory(at: &str) -> Foreign {
    Foreign { key: format!("{THEIRS}{at}/"), path: path(at), kind: Kind::Directory, size_bytes: 0, etag: String::new() }
}

fn files(paths: &[&str]) -> Vec<Foreign> {
    paths.iter().map(|at| foreign(at, 1)).collect()
}

/// What a call is told before the import is done.
fn import_first(after: Option<&str>) -> Error {
    Error::ImportFirst { after: after.map(path) }
}

#[test]
fn nothing_is_answered_before_the_import_is_done_and_everything_after_it() {
    let world = world();
    assert_eq!(world.stat("").unwrap_err(), import_first(None));
    assert_eq!(world.write("a", "1").unwrap_err(), import_first(None));
    assert_eq!(world.announce("k", 1).unwrap_err(), import_first(None));
    assert_eq!(world.abandon("k").unwrap_err(), import_first(None));
    assert_eq!(world.empty().unwrap_err(), import_first(None));
    world.call(Ping {}, None).unwrap();
    assert_eq!(world.import(vec![], true), Ok(imported(0, 0)));
    world.write("a", "1").unwrap();
    assert_eq!(world.import(files(&["b"]), false), Ok(imported(0, 0)), "it is over");
    assert_eq!(world.tree(""), ["a"]);
}

#[test]
fn a_bucket_that_held_nothing_leaves_nothing_to_do() {
    let world = world();
    world.import(vec![], true).unwrap();
    assert_eq!(world.ring(), Vec::<String>::new());
    assert_eq!(next_alarm_ms(&world.sql), Ok(None));
}

#[test]
fn pages_of_files_become_a_tree_of_files_without_a_hash() {
    let world = world();
    assert_eq!(world.import(files(&["a", "d/b"]), false), Ok(imported(2, 0)));
    assert_eq!(world.import(vec![directory("e"), foreign("é/f/c", 5)], false), Ok(imported(2, 0)));
    assert_eq!(world.import(vec![], true), Ok(imported(0, 0)));
    assert_eq!(world.tree(""), ["d", "d/b", "e", "é", "é/f", "é/f/c", "a"]);
    assert_eq!(world.feed("kind"), ["import", "mkdir", "import", "mkdir", "mkdir", "mkdir", "import"]);
    let entry = world.stat("é/f/c").unwrap();
    assert_eq!((entry.kind, entry.size_bytes, entry.hash), (Kind::File, 5, None));
    assert_eq!(world.stat("e").unwrap().kind, Kind::Directory);
    assert_eq!(world.counted(), (0, 0), "the bytes are not ours yet");
    assert_eq!(next_alarm_ms(&world.sql), Ok(Some(0)), "they will be");
}

#[test]
fn an_import_that_was_cut_off_goes_on_where_it_was() {
    let world = world();
    world.import(files(&["a", "d/b"]), false).unwrap();
    assert_eq!(world.stat("a").unwrap_err(), import_first(Some("d/b")));
    let before = world.shape();
    // Whoever does not know repeats it, or parts of it.
    assert_eq!(world.import(files(&["a", "d/b"]), false), Ok(imported(0, 2)));
    assert_eq!((world.shape(), world.stat("a").unwrap_err()), (before, import_first(Some("d/b"))));
    assert_eq!(world.import(files(&["d/b", "d/c"]), false), Ok(imported(1, 1)));
    // Directories are no place to go on from: they are repeated.
    assert_eq!(world.import(vec![directory("e")], false), Ok(imported(1, 0)));
    assert_eq!(world.stat("a").unwrap_err(), import_first(Some("d/c")));
    assert_eq!(world.import(vec![directory("e"), foreign("f", 1)], false), Ok(imported(1, 1)));
    world.import(vec![], true).unwrap();
    assert_eq!(world.tree(""), ["d", "d/b", "d/c", "e", "a", "f"]);
}

#[test]
fn of_two_imports_at_a_time_the_slower_one_changes_nothing() {
    let world = world();
    world.import(files(&["a", "b"]), false).unwrap();
    assert_eq!(world.import(files(&["a"]), false), Ok(imported(0, 1)));
    world.import(vec![], true).unwrap();
    world.delete("a", true).unwrap();
    assert_eq!(world.import(files(&["a", "b", "c"]), false), Ok(imported(0, 0)), "what was deleted stays so");
    assert_eq!(world.import(vec![], true), Ok(imported(0, 0)));
    assert_eq!(world.tree(""), ["b"]);
}

#[test]
fn what_is_in_the_way_stays_and_what_does_not_fit_is_passed_over() {
    let world = world();
    // A bucket knows no directories: a key may be the beginning of another.
    let clashes = vec![
        foreign("a", 1),
        directory("a"),
        foreign("a/b", 1),
        foreign("a/b/c", 1),
        foreign("d/x", 1),
        foreign("d", 1),
        directory("d"),
        foreign(".trash", 1),
        foreign(".trash/a.1", 1),
        foreign("", 1),
    ];
    assert_eq!(world.import(clashes, true), Ok(imported(2, 8)));
    assert_eq!(world.tree(""), ["d", "d/x", "a"]);
    assert_eq!(world.tree(".trash"), Vec::<String>::new());
    // Names that differ in case or composition are different.
    let world = super::import::world();
    assert_eq!(world.import(files(&["A", "a", "e\u{301}", "é"]), true), Ok(imported(4, 0)));
}

#[test]
fn a_full_workspace_takes_what_there_is_room_for_and_passes_over_the_rest() {
    let world = World::unopened(Limits { entries: 4, ..Limits::default() });
    assert_eq!(world.import(files(&["d/a", "e/f/g", "b", "d/c", "d/d"]), true), Ok(imported(3, 2)));
    assert_eq!(world.tree(""), ["d", "d/a", "d/c", "b"], "no directory is made for a file that has no room");
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'entries'"), 4);
    assert_eq!(world.mkdir("x").unwrap_err(), Error::TooManyEntries { max: 4 });
}

#[test]
fn the_feed_says_who_imported() {
    let world = world();
    let actor = Label::parse("sandbox");
    let context = Context { actor: actor.as_ref(), ..world.context() };
    perform(&context, &Verb::from(Import { files: files(&["d/a"]), done: true }), None).unwrap();
    world.check();
    assert_eq!(
        (world.feed("kind"), world.feed("path")),
        (vec!["mkdir".into(), "import".into()], vec!["d".into(), "d/a".into()])
    );
    assert_eq!(world.feed("actor"), ["sandbox", "sandbox"]);
}

#[test]
fn an_imported_file_is_read_where_it_lies_until_it_is_taken_over() {
    let world = world();
    world.leave("d/a", "theirs");
    world.import(vec![foreign("d/a", 6)], true).unwrap();
    let read = |unless| world.call(Read { path: path("d/a"), unless }, None).unwrap();
    let entry = world.stat("d/a").unwrap();
    let found = |bytes| (Found { entry: entry.clone(), bytes }, vec![]);
    let key = format!("{THEIRS}d/a");
    assert_eq!(read(Condition::None), found(Place::Foreign(key.clone())));
    // Whoever has the bytes of this tag may have others than lie there now.
    assert_eq!(read(Condition::OneOf(vec![entry.tag()])), found(Place::Foreign(key)));
}

#[test]
fn an_imported_file_is_moved_copied_trashed_and_restored_like_any_other() {
    let world = world();
    world.leave("a", "theirs");
    world.import(vec![foreign("a", 6)], true).unwrap();
    world.mv("a", "d/b").unwrap();
    world.copy("d", "e").unwrap();
    let trashed = world.trash("d");
    world.restore(&trashed.path, Some("f")).unwrap();
    assert_eq!(world.tree(""), ["e", "e/b", "f", "f/b"]);
    world.settle(0);
    for at in ["e/b", "f/b"] {
        assert_eq!(world.read(at).as_deref(), Ok("theirs"));
    }
    assert_eq!((world.blobs().len(), world.counted()), (1, (6, 0)));
    world.check_history();
}

#[test]
fn a_page_that_fails_is_undone_as_a_whole_and_can_be_repeated() {
    let world = world();
    world.import(files(&["a"]), false).unwrap();
    world.execute("CREATE TRIGGER broken BEFORE INSERT ON node WHEN NEW.name = 'c' BEGIN SELECT RAISE(ABORT, ''); END");
    assert!(matches!(world.import(files(&["b", "c"]), true), Err(Error::Storage { .. })));
    let stat = world.call(Stat { path: path("b") }, None).unwrap_err();
    assert_eq!(stat, import_first(Some("a")), "the page is not there, and the import not done");
    world.execute("DROP TRIGGER broken");
    assert_eq!(world.import(files(&["b", "c"]), true), Ok(imported(2, 0)));
}
