//! Reading, writing, making directories and deleting for good.

use super::super::timer::Timer;
use super::{World, path};
use crate::call::{Deleted, Error, Kind, Made, Sought};
use crate::limits::Limits;
use crate::sql::Sql;

pub fn not_found(sought: Sought, at: &str) -> Error {
    Error::NotFound { sought, path: path(at) }
}

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn a_written_file_reads_back_byte_for_byte() {
    let world = world();
    for content in ["", "no newline", "ends with one\n", "\u{feff}é\r\n\0📦"] {
        world.write("a/b/c.txt", content).unwrap();
        assert_eq!(world.read("a/b/c.txt").as_deref(), Ok(content));
    }
    world.check_history();
    let bytes: Vec<u8> = (0..=255).collect();
    world.write_bytes("raw", &bytes, true).unwrap();
    let (_, back) =
        world.send(crate::call::Read { path: path("raw"), unless: crate::call::Condition::None }, None).unwrap();
    assert_eq!(back, bytes);
}

#[test]
fn a_write_over_a_file_keeps_its_node_and_makes_a_version() {
    let world = world();
    let first = world.write("a", "1").unwrap();
    let second = world.write("a", "22").unwrap();
    let entry = world.stat("a").unwrap();
    assert_eq!((entry.rev, entry.size_bytes, entry.modified_ms), (second.rev, 2, second.modified_ms));
    assert_eq!(world.past_of(first.rev), [second.rev]);
    assert_eq!(world.feed("kind"), ["create", "write"]);
}

#[test]
fn the_same_content_again_is_a_new_time_and_no_new_version() {
    let world = world();
    let first = world.write("a", "1").unwrap();
    let second = world.write("a", "1").unwrap();
    assert!(second.modified_ms > first.modified_ms && second.rev > first.rev);
    assert_eq!(world.stat("a").unwrap().modified_ms, second.modified_ms);
    assert!(world.past_of(first.rev).is_empty());
    assert_eq!(world.stat("").unwrap().children_rev, second.rev);
}

#[test]
fn equal_content_is_kept_once() {
    let world = world();
    world.write("a", "same").unwrap();
    world.write("b/c", "same").unwrap();
    assert_eq!(world.blobs().len(), 1);
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'stored_bytes'"), 4);
}

#[test]
fn no_two_changes_have_the_same_time_whatever_the_clock_does() {
    let world = world();
    let mut last_ms = world.stat("").unwrap().modified_ms;
    for (at_ms, content) in [0, 0, 0, -86_400_000, 5, 5, 1_000_000, 999_999].into_iter().zip('a'..) {
        world.now_ms.set(super::START_MS + at_ms);
        let written = world.write("a", &content.to_string()).unwrap();
        assert!(written.modified_ms > last_ms);
        last_ms = written.modified_ms;
    }
    assert!(last_ms >= super::START_MS + 1_000_000, "time goes on from where it was");
}

#[test]
fn a_directory_shows_a_new_time_when_an_entry_comes_or_goes_and_not_when_one_is_written() {
    let world = world();
    let root = || world.stat("").unwrap().modified_ms;
    let mut last_ms = root();
    let mut changed = |what: &str, expected: bool| {
        let now_ms = root();
        assert_eq!(now_ms > last_ms, expected, "{what}");
        last_ms = now_ms;
    };
    world.write("a", "1").unwrap();
    changed("a new file", true);
    world.write("a", "2").unwrap();
    changed("new content", false);
    world.mv("a", "b").unwrap();
    changed("a new name", true);
    world.mv("b", "d/b").unwrap();
    changed("out of it", true);
    world.copy("d", "e").unwrap();
    changed("a copy", true);
    let trashed = world.trash("e");
    changed("into the trash", true);
    world.restore(&trashed.path, None).unwrap();
    changed("back", true);
    world.delete("e", true).unwrap();
    changed("for good", true);
    world.write("d/new", "").unwrap();
    changed("something further down", false);
}

#[test]
fn a_write_goes_neither_over_a_directory_nor_under_a_file_nor_into_the_trash() {
    let world = world();
    world.write("d/f", "1").unwrap();
    let write = |at: &str| world.write(at, "2").map(|_| ()).unwrap_err();
    assert_eq!(write(""), Error::IsADirectory { path: path("") });
    assert_eq!(write("d"), Error::IsADirectory { path: path("d") });
    assert_eq!(write("d/f/g"), Error::IsAFile { path: path("d/f") });
    assert_eq!(write("d/f/g/h"), Error::IsAFile { path: path("d/f") });
    assert_eq!(write(".trash"), Error::InTrash { path: path(".trash") });
    assert_eq!(write(".trash/a"), Error::InTrash { path: path(".trash/a") });
    let trashed = world.trash("d").path;
    assert_eq!(write(&format!("{trashed}/f")), Error::InTrash { path: trashed.child("f") });
}

#[test]
fn parents_are_made_or_missed_as_the_call_says() {
    let world = world();
    let write = |at: &str| world.write_bytes(at, b"1", false).map(|_| ());
    assert_eq!(write("a/b/c"), Err(not_found(Sought::Parent, "a/b")));
    assert_eq!(write("c"), Ok(()));
    world.write("a/b/c", "1").unwrap();
    assert_eq!(write("a/b/d"), Ok(()));
    assert_eq!(world.tree(""), ["a", "a/b", "a/b/c", "a/b/d", "c"]);
    // One transaction: the directories and the file share its name and its time.
    assert_eq!(world.feed("kind"), ["create", "mkdir", "mkdir", "create", "create"]);
    assert_eq!(world.feed("txn"), ["3", "4", "4", "4", "7"]);
}

#[test]
fn a_directory_is_made_with_its_parents_once() {
    let world = world();
    assert_eq!(world.mkdir("a/b"), Ok(Made { made: true }));
    assert_eq!(world.mkdir("a/b"), Ok(Made { made: false }));
    assert_eq!(world.mkdir(""), Ok(Made { made: false }));
    world.write("f", "").unwrap();
    assert_eq!(world.mkdir("f"), Err(Error::IsAFile { path: path("f") }));
    assert_eq!(world.mkdir("f/g"), Err(Error::IsAFile { path: path("f") }));
    assert_eq!(world.mkdir(".trash/x"), Err(Error::InTrash { path: path(".trash/x") }));
    let entry = world.stat("a/b").unwrap();
    assert_eq!((entry.kind, entry.size_bytes, entry.hash), (Kind::Directory, 0, None));
}

#[test]
fn what_is_not_there_is_named_by_what_was_looked_for() {
    let world = world();
    world.write("d/f", "").unwrap();
    assert_eq!(world.read("x"), Err(not_found(Sought::File, "x")));
    assert_eq!(world.read("d"), Err(not_found(Sought::File, "d")));
    assert_eq!(world.read("d/f/g"), Err(not_found(Sought::File, "d/f/g")));
    assert_eq!(world.stat("d/x").map(|_| ()), Err(not_found(Sought::Path, "d/x")));
    assert_eq!(world.delete("d/x", false), Err(not_found(Sought::Path, "d/x")));
    assert_eq!(world.mv("x", "y"), Err(not_found(Sought::Source, "x")));
    assert_eq!(world.copy("x", "y"), Err(not_found(Sought::Source, "x")));
}

#[test]
fn deleting_for_good_takes_entry_and_versions_out_at_once() {
    let world = world();
    let written = world.write("d/a", "1").unwrap();
    world.write("d/a", "2").unwrap();
    assert_eq!(world.delete("d/a", true), Ok(Deleted::ForGood));
    assert_eq!((world.tree(""), world.past_of(written.rev)), (vec!["d".to_owned()], Vec::new()));
    let inside = world.write("d/a", "3").unwrap();
    world.write("d/a", "4").unwrap();
    world.delete("d", true).unwrap();
    assert_eq!(world.trash_page(10, None).entries, []);
    world.sweep();
    assert_eq!((world.blobs().len(), world.number("SELECT count(*) FROM node")), (0, 2));
    assert!(world.past_of(inside.rev).is_empty(), "what was in it takes its versions along");
    let left = world.sql.query("SELECT what FROM timer", &[]).unwrap();
    assert!(left.iter().all(|row| row.text(0) == Ok(Timer::Prune.word())), "{left:?}");
}
