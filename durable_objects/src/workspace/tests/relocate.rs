//! Moving and copying.

use super::{World, path};
use crate::call::{Error, Relocated};
use crate::limits::Limits;

fn world() -> World {
    World::new(Limits::default())
}

const ONE: Relocated = Relocated { entries: 1 };
const NOTHING: Relocated = Relocated { entries: 0 };

#[test]
fn a_moved_directory_keeps_every_entry_and_its_nodes() {
    let world = world();
    let written = world.write("a/b/c", "1").unwrap();
    assert_eq!(world.mv("a", "x/y/z"), Ok(ONE));
    assert_eq!(world.tree(""), ["x", "x/y", "x/y/z", "x/y/z/b", "x/y/z/b/c"]);
    assert_eq!(world.stat("x/y/z/b/c").unwrap().rev, written.rev);
    assert_eq!(world.mv("x/y/z/b/c", "x/y/z/b/C"), Ok(ONE), "a name in other case is another name");
    world.check_history();
}

#[test]
fn moving_something_onto_itself_keeps_it() {
    let world = world();
    world.write("d/f", "1").unwrap();
    let before = world.dump();
    for overwrite in [false, true] {
        assert_eq!(world.move_to("d/f", "d/f", overwrite), Ok(NOTHING));
        assert_eq!(world.move_to("d", "d", overwrite), Ok(NOTHING));
    }
    assert_eq!(world.copy_to("d/f", "d/f", true), Ok(NOTHING));
    assert_eq!(world.copy("d/f", "d/f"), Err(Error::AlreadyThere { path: path("d/f") }));
    assert_eq!(world.dump(), before);
}

#[test]
fn a_file_moved_over_a_file_leaves_the_target_its_id_and_history() {
    let world = world();
    let target = world.write("t", "t1").unwrap();
    let second = world.write("t", "t2").unwrap();
    let source = world.write("d/s", "s1").unwrap();
    assert_eq!(world.mv("d/s", "t"), Err(Error::AlreadyThere { path: path("t") }));
    let directory = world.stat("d").unwrap();
    assert_eq!(world.move_to("d/s", "t", true), Ok(ONE));
    let entry = world.stat("t").unwrap();
    let emptied = world.stat("d").unwrap();
    assert_eq!((emptied.modified_ms, emptied.children_rev), (entry.modified_ms, entry.rev), "an entry went");
    assert!(directory.modified_ms < emptied.modified_ms);
    assert_eq!(world.read("t").as_deref(), Ok("s1"));
    assert_eq!(world.past_of(target.rev), [second.rev, entry.rev]);
    assert_eq!(world.past_of(source.rev), [entry.rev], "what was at the source is history");
    assert_eq!(world.tree(""), ["d", "t"]);
    // Over a file of the same content, and in the same directory.
    world.write("u", "s1").unwrap();
    assert_eq!(world.move_to("t", "u", true), Ok(ONE));
    assert_eq!(world.tree(""), ["d", "u"]);
    world.check_history();
}

#[test]
fn nothing_goes_over_a_directory_and_no_directory_over_anything() {
    let world = world();
    world.write("d/f", "1").unwrap();
    world.write("e/f", "2").unwrap();
    for (verb, there, over) in [
        ("d", "e", Error::AlreadyThere { path: path("e") }),
        ("d", "e/f", Error::AlreadyThere { path: path("e/f") }),
        ("d/f", "e", Error::IsADirectory { path: path("e") }),
        ("d/f", "", Error::IsADirectory { path: path("") }),
        ("d/f", "d", Error::IsADirectory { path: path("d") }),
    ] {
        let without = Err(Error::AlreadyThere { path: path(there) });
        assert_eq!((world.mv(verb, there), world.copy(verb, there)), (without.clone(), without));
        assert_eq!(world.move_to(verb, there, true), Err(over.clone()));
        assert_eq!(world.copy_to(verb, there, true), Err(over));
    }
}

#[test]
fn a_directory_goes_neither_into_itself_nor_under_a_file() {
    let world = world();
    world.write("d/e/f", "1").unwrap();
    for to in ["d/x", "d/e", "d/e/x/y", "d/e/f"] {
        assert_eq!(world.mv("d", to), Err(Error::IntoItself { path: path("d") }));
        assert_eq!(world.copy_to("d", to, true), Err(Error::IntoItself { path: path("d") }));
    }
    assert_eq!(world.copy("", "all"), Err(Error::IntoItself { path: path("") }));
    world.write("f", "1").unwrap();
    assert_eq!(world.mv("d", "f/d"), Err(Error::IsAFile { path: path("f") }));
    assert_eq!(world.mv("f", "f/d"), Err(Error::IsAFile { path: path("f") }));
    assert_eq!(world.mv("d", "dd/x"), Ok(ONE), "a longer name is not inside");
}

#[test]
fn protected_places_can_be_written_to_but_neither_moved_nor_deleted() {
    let world = world();
    for name in ["SOUL.md", "AGENTS.md"] {
        world.write(name, "1").unwrap();
    }
    for name in ["", ".trash", "SOUL.md", "AGENTS.md"] {
        assert_eq!(world.mv(name, "x"), Err(Error::Protected { path: path(name), moving: true }));
        for permanent in [false, true] {
            assert_eq!(world.delete(name, permanent), Err(Error::Protected { path: path(name), moving: false }));
        }
    }
    world.write("SOUL.md", "2").unwrap();
    world.write("x/SOUL.md", "3").unwrap();
    world.move_to("x/SOUL.md", "SOUL.md", true).unwrap();
    assert_eq!(world.read("SOUL.md").as_deref(), Ok("3"));
    world.copy("SOUL.md", "d/SOUL.md").unwrap();
    world.trash("d/SOUL.md");
}

#[test]
fn nothing_moves_into_the_trash_and_out_of_it_only_by_restoring() {
    let world = world();
    world.write("a", "1").unwrap();
    world.write("b", "2").unwrap();
    let trashed = world.trash("b").path;
    let (from, to) = (trashed.as_str(), ".trash/x");
    assert_eq!(world.mv("a", to), Err(Error::InTrash { path: path(to) }));
    assert_eq!(world.copy("a", to), Err(Error::InTrash { path: path(to) }));
    assert_eq!(world.move_to("a", from, true), Err(Error::InTrash { path: trashed.clone() }));
    assert_eq!(world.mv(from, "b"), Err(Error::InTrash { path: trashed.clone() }));
    assert_eq!(world.copy(from, "b"), Ok(ONE), "its content is readable");
    assert_eq!(world.read(from), world.read("b"));
}

#[test]
fn a_copy_of_a_tree_is_a_tree_of_its_own_with_shared_content() {
    let world = world();
    world.write("d/a", "1").unwrap();
    world.write("d/e/b", "2").unwrap();
    world.mkdir("d/e/empty").unwrap();
    assert_eq!(world.copy("d", "x/c"), Ok(Relocated { entries: 5 }));
    assert_eq!(world.tree("x/c"), ["x/c/e", "x/c/e/empty", "x/c/e/b", "x/c/a"]);
    assert_eq!(world.blobs().len(), 2);
    world.write("x/c/e/b", "3").unwrap();
    assert_eq!(world.read("d/e/b").as_deref(), Ok("2"));
    world.delete("d", true).unwrap();
    world.sweep();
    assert_eq!(world.read("x/c/a").as_deref(), Ok("1"));
    let of_copy = "SELECT count(*) FROM change WHERE kind = 'copy' AND node = rev";
    assert_eq!(world.number(of_copy), 5, "each entry of a copy is in the feed");
}

#[test]
fn a_file_copied_over_a_file_is_its_new_version() {
    let world = world();
    let target = world.write("t", "1").unwrap();
    world.write("s", "2").unwrap();
    assert_eq!(world.copy("s", "t"), Err(Error::AlreadyThere { path: path("t") }));
    assert_eq!(world.copy_to("s", "t", true), Ok(ONE));
    assert_eq!(world.read("t"), world.read("s"));
    assert_eq!(world.past_of(target.rev).len(), 1);
    world.check_history();
}

#[test]
fn no_directory_goes_where_one_inside_of_it_would_lie_too_deep() {
    let world = world();
    let deep = |name: &str, depth: usize| vec![name; depth].join("/");
    let too_deep = |at: &str| Error::TooDeep { path: path(at), max: 64 };
    // 39 levels hang below the first.
    world.mkdir(&deep("d", 40)).unwrap();
    let (fits, over) = (deep("e", 25), deep("e", 27));
    assert_eq!(world.mv("d", &over).unwrap_err(), too_deep(&over));
    assert_eq!(world.copy("d", &over).unwrap_err(), too_deep(&over));
    let trashed = world.trash("d").path;
    assert_eq!(world.restore(&trashed, Some(&over)).unwrap_err(), too_deep(&over));
    world.restore(&trashed, Some(&fits)).unwrap();
    assert_eq!(world.tree("").len(), 64);
    world.mv(&fits, "d").unwrap();
    world.mv("d", &format!("{fits}/x").replace("e/e/", "f/")).unwrap();
    assert_eq!(world.stat("").unwrap().path, path(""));
}
