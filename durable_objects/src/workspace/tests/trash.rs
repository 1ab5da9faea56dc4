//! The trash, and the limits on entries and bytes.

use super::verbs::not_found;
use super::{START_MS, World, path};
use crate::call::{Deleted, Emptied, Error, Kind, Relocated, Restored, Sought};
use crate::limits::{COPY_MAX_ENTRIES, DAY_MS, Limits};
use crate::path::FilePath;

fn world() -> World {
    World::new(Limits::default())
}

fn at(text: &str) -> Restored {
    Restored { path: path(text) }
}

#[test]
fn a_deleted_entry_says_where_it_was_and_until_when_it_can_come_back() {
    let world = world();
    world.write("d/a.md", "12").unwrap();
    let trashed = world.trash("d/a.md");
    assert_eq!(trashed.path, path(&format!(".trash/a.md.{}", trashed.deleted_ms)));
    assert_eq!((trashed.original.as_str(), trashed.kind, trashed.size_bytes), ("d/a.md", Kind::File, 2));
    assert_eq!((trashed.deleted_ms >= START_MS, trashed.expires_ms), (true, trashed.deleted_ms + 7 * DAY_MS));
    assert_eq!(world.trash_page(10, None).entries, std::slice::from_ref(&trashed));
    assert_eq!(world.read(trashed.path.as_str()).as_deref(), Ok("12"));
    assert_eq!(world.tree(""), ["d"]);
}

#[test]
fn two_deletions_of_one_name_in_one_millisecond_are_both_kept() {
    let world = world();
    let deletions = ["1", "2", "3"].map(|content| {
        world.write("a", content).unwrap();
        world.trash("a")
    });
    // A name that ends like a time is still another name.
    let twin = format!("a.{}", deletions[2].deleted_ms + 2);
    world.write(&twin, "4").unwrap();
    world.trash(&twin);
    for (trashed, content) in deletions.iter().zip(["1", "2", "3"]) {
        assert_eq!(world.read(trashed.path.as_str()).as_deref(), Ok(content));
    }
    assert_eq!(world.trash_page(10, None).entries.len(), 4);
}

#[test]
fn the_trash_lists_the_newest_first_in_pages_of_any_size() {
    let world = world();
    let mut deleted: Vec<_> = (0..7)
        .map(|index| {
            world.write(&format!("f{index}"), "").unwrap();
            world.trash(&format!("f{index}"))
        })
        .collect();
    deleted.reverse();
    for limit in 1..=8 {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = world.trash_page(limit, after);
            assert!(page.entries.len() <= limit);
            pages.extend(page.entries);
            after = page.next;
            if after.is_none() {
                break;
            }
            assert!(pages.len() < 7, "a cursor at the end");
        }
        assert_eq!(pages, deleted, "pages of {limit}");
    }
    let next = world.trash_page(3, None).next;
    world.restore(&deleted[2].path, None).unwrap();
    assert_eq!(world.trash_page(9, next).entries, deleted[3..], "the entry at the cursor is gone");
}

#[test]
fn the_longest_name_goes_to_the_trash_and_comes_back() {
    let world = world();
    let name = "é".repeat(127) + "x";
    world.write(&name, "1").unwrap();
    let trashed = world.trash(&name);
    assert_eq!(world.stat(trashed.path.as_str()).unwrap().size_bytes, 1);
    assert_eq!(world.restore(&trashed.path, None), Ok(at(&name)));
}

#[test]
fn the_deepest_entry_goes_to_the_trash_and_comes_back_from_inside_of_it() {
    let world = world();
    let deep = ["d"; 64].join("/");
    world.write(&deep, "1").unwrap();
    let trashed = world.trash("d").path;
    let inside = FilePath::try_from(format!("{trashed}/{}", ["d"; 63].join("/"))).unwrap();
    assert_eq!(world.read(inside.as_str()).as_deref(), Ok("1"));
    assert_eq!(world.restore(&inside, None), Ok(at(&deep)));
    assert_eq!(world.restore(&trashed, Some("e")), Ok(at("e")));
}

#[test]
fn a_restored_entry_is_where_it_was_with_its_parents_and_its_history() {
    let world = world();
    let written = world.write("a/b/c", "1").unwrap();
    world.write("a/b/c", "2").unwrap();
    let trashed = world.trash("a/b/c").path;
    world.delete("a", true).unwrap();
    assert_eq!(world.restore(&trashed, None), Ok(at("a/b/c")));
    assert_eq!(world.read("a/b/c").as_deref(), Ok("2"));
    assert_eq!(world.past_of(written.rev).len(), 3, "written over, deleted, restored");
    assert_eq!(world.trash_page(10, None).entries, []);
    assert_eq!(world.restore(&trashed, None), Err(not_found(Sought::Trashed, trashed.as_str())));
}

#[test]
fn something_is_restored_to_another_place_or_not_over_anything() {
    let world = world();
    world.write("a", "1").unwrap();
    let trashed = world.trash("a").path;
    world.write("a", "2").unwrap();
    world.write("b/c", "3").unwrap();
    let restore = |to: &str| world.restore(&trashed, Some(to)).unwrap_err();
    assert_eq!(world.restore(&trashed, None), Err(Error::AlreadyThere { path: path("a") }));
    assert_eq!(restore("b"), Error::AlreadyThere { path: path("b") });
    assert_eq!(restore(""), Error::AlreadyThere { path: path("") });
    assert_eq!(restore("a/x"), Error::IsAFile { path: path("a") });
    assert_eq!(restore(".trash/x"), Error::InTrash { path: path(".trash/x") });
    assert_eq!(world.restore(&trashed, Some("new/place")), Ok(at("new/place")));
    assert_eq!((world.read("a").as_deref(), world.read("new/place").as_deref()), (Ok("2"), Ok("1")));
}

#[test]
fn something_inside_a_trashed_directory_comes_back_alone() {
    let world = world();
    world.write("x/d/e/f", "1").unwrap();
    world.write("x/d/g", "2").unwrap();
    let trashed = world.trash("x/d").path;
    let inside = path(&format!("{trashed}/e/f"));
    assert_eq!(world.restore(&inside, None), Ok(at("x/d/e/f")));
    assert_eq!(world.tree(""), ["x", "x/d", "x/d/e", "x/d/e/f"]);
    assert_eq!(world.restore(&trashed, None), Err(Error::AlreadyThere { path: path("x/d") }));
    assert_eq!(world.restore(&trashed, Some("d2")), Ok(at("d2")));
    assert_eq!(world.tree("d2"), ["d2/e", "d2/g"]);
    world.check_history();
}

#[test]
fn only_what_is_in_the_trash_is_restored() {
    let world = world();
    world.write("a", "1").unwrap();
    for text in ["a", "", ".trash", ".trash/a", ".trash/a.1/b"] {
        assert_eq!(world.restore(&path(text), Some("b")), Err(not_found(Sought::Trashed, text)));
    }
}

#[test]
fn deleting_in_the_trash_is_for_good() {
    let world = world();
    world.write("d/a", "1").unwrap();
    world.write("d/b", "2").unwrap();
    let trashed = world.trash("d").path;
    assert_eq!(world.delete(&format!("{trashed}/a"), false), Ok(Deleted::ForGood));
    assert_eq!(world.tree(trashed.as_str()), [format!("{trashed}/b")]);
    assert_eq!(world.delete(trashed.as_str(), false), Ok(Deleted::ForGood));
    assert_eq!(world.trash_page(10, None).entries, []);
    world.sweep();
    assert_eq!(world.blobs().len(), 0);
}

#[test]
fn emptying_the_trash_says_how_much_there_was() {
    let world = world();
    assert_eq!(world.empty(), Ok(Emptied { count: 0, bytes: 0 }));
    world.write("d/e/a", "123").unwrap();
    world.write("d/b", "45").unwrap();
    let written = world.write("c", "6").unwrap();
    world.write("c", "6!").unwrap();
    world.write("c", "6").unwrap();
    world.write("stays", "123").unwrap();
    let trashed = world.trash("d").path;
    world.trash("c");
    assert_eq!(world.empty(), Ok(Emptied { count: 2, bytes: 6 }));
    assert!(world.past_of(written.rev).is_empty(), "the versions go with the entry, at once");
    assert_eq!(world.tree(".trash"), Vec::<String>::new());
    assert_eq!(world.restore(&trashed, None), Err(not_found(Sought::Trashed, trashed.as_str())));
    world.sweep();
    assert_eq!((world.blobs().len(), world.read("stays").as_deref()), (1, Ok("123")));
}

#[test]
fn the_trash_itself_is_not_copied() {
    // Its entries have names that are longer than a name may be anywhere else.
    let world = world();
    world.write(&"n".repeat(255), "1").unwrap();
    world.trash(&"n".repeat(255));
    assert_eq!(world.copy(".trash", "t"), Err(Error::InTrash { path: path(".trash") }));
}

#[test]
fn a_workspace_holds_so_many_entries_and_freeing_always_works() {
    let world = World::new(Limits { entries: 4, ..Limits::default() });
    let full = Error::TooManyEntries { max: 4 };
    world.write("d/a", "1").unwrap();
    assert_eq!(world.write("x/y/z", "").unwrap_err(), full);
    assert_eq!(world.mkdir("x/y/z"), Err(full.clone()));
    assert_eq!(world.copy("d", "e"), Ok(Relocated { entries: 2 }));
    assert_eq!((world.copy("d/a", "f"), world.copy("d", "g")), (Err(full.clone()), Err(full.clone())));
    assert_eq!(world.mv("d/a", "new/a"), Err(full.clone()), "the missing parent is an entry");
    world.write("d/a", "over what is there").unwrap();
    world.mv("d/a", "a").unwrap();
    let trashed = world.trash("d").path;
    assert_eq!(world.write("b", "").unwrap_err(), full, "the trash counts");
    world.delete(trashed.as_str(), false).unwrap();
    world.settle(0);
    world.write("b", "").unwrap();
}

#[test]
fn a_workspace_stores_so_many_bytes_and_freeing_always_works() {
    let world = World::new(Limits { quota_bytes: 10, versions_per_file: 0, ..Limits::default() });
    world.write("a", "123456").unwrap();
    let refused = |needed_bytes, left_bytes| Error::QuotaExceeded { needed_bytes, left_bytes };
    assert_eq!(world.write("b", "12345").unwrap_err(), refused(5, 4));
    world.write("b", "123456").unwrap();
    world.copy("a", "c").unwrap();
    world.write("d", "1234").unwrap();
    assert_eq!(world.write("e", "x").unwrap_err(), refused(1, 0));
    world.write("e", "").unwrap();
    world.write("d", "").unwrap();
    world.sweep();
    world.write("e", "4321").unwrap();
    for name in ["a", "b", "c", "e"] {
        world.delete(name, true).unwrap();
    }
    world.sweep();
    assert_eq!(world.number("SELECT v FROM meta WHERE k = 'stored_bytes'"), 0);
    assert_eq!(world.write("b", "12345678901").unwrap_err(), refused(11, 10));
    world.execute("UPDATE meta SET v = 7 WHERE k = 'reserved_bytes'");
    assert_eq!(world.write("b", "1234").unwrap_err(), refused(4, 3));
}

#[test]
fn one_copy_makes_so_many_entries_and_not_one_more() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    world.mkdir("d").unwrap();
    let add = |from: usize, to: usize| {
        world.execute(&format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
             INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
             SELECT 100 + i, 3, 'f' || i, 'f' || i, 0, 1, 1, 3, 3 FROM n"
        ));
        world.execute("UPDATE meta SET v = CASE k WHEN 'rev' THEN 50000 + v ELSE (SELECT count(*) - 2 FROM node) END WHERE k IN ('rev', 'entries')");
    };
    add(2, COPY_MAX_ENTRIES);
    assert_eq!(world.copy("d", "e"), Ok(Relocated { entries: COPY_MAX_ENTRIES }));
    assert_eq!(world.list("e", 1, 30_000, None).unwrap().entries.len(), COPY_MAX_ENTRIES - 1);
    add(COPY_MAX_ENTRIES + 1, COPY_MAX_ENTRIES + 1);
    assert_eq!(world.copy("d", "f"), Err(Error::CopyTooLarge { max: COPY_MAX_ENTRIES }));
}
