//! The order of listings, and their pages.

use super::verbs::not_found;
use super::{World, path};
use crate::call::{Cursor, Error, Kind, Listing, Sought};
use crate::limits::Limits;

/// Directories and files with names that fold to the same, or to more letters than they had.
const ENTRIES: [&str; 18] = [
    "b/",
    "B/",
    "a/x/",
    "a/X",
    "a/x/deep/er",
    "ß/",
    "SS",
    "ss",
    "ẞ/f",
    "ẞ/F",
    "ẞ/e/",
    "İ",
    "i\u{307}",
    "I",
    "é",
    "e\u{301}",
    "📦/שלום",
    "a/z",
];

fn world() -> World {
    let world = World::new(Limits::default());
    for entry in ENTRIES {
        match entry.strip_suffix('/') {
            Some(directory) => drop(world.mkdir(directory).unwrap()),
            None => drop(world.write(entry, entry).unwrap()),
        }
    }
    world
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|entry| entry.path.as_str()).collect()
}

#[test]
fn directories_come_first_then_names_without_regard_to_case_with_a_stable_tie_break() {
    let world = world();
    let listing = world.list("", 1, 100, None).unwrap();
    // "ß" and "ẞ" fold to "ß", "İ" to "i" and a dot: equal folds go by the bytes of the names.
    let sorted = ["a", "B", "b", "ß", "ẞ", "📦", "e\u{301}", "I", "i\u{307}", "İ", "SS", "ss", "é"];
    assert_eq!(paths(&listing), sorted);
    assert_eq!(listing.next, None);
}

#[test]
fn a_recursive_listing_has_each_directory_followed_by_what_it_holds() {
    let world = world();
    let listing = world.list("", 9, 100, None).unwrap();
    let start =
        ["a", "a/x", "a/x/deep", "a/x/deep/er", "a/X", "a/z", "B", "b", "ß", "ẞ", "ẞ/e", "ẞ/F", "ẞ/f", "📦", "📦/שלום"];
    assert_eq!(paths(&listing)[..start.len()], start);
    let two = world.list("a", 2, 100, None).unwrap();
    assert_eq!(paths(&two), ["a/x", "a/x/deep", "a/X", "a/z"]);
}

#[test]
fn pages_of_any_size_are_the_listing() {
    let world = world();
    for depth in [1, 2, 3, usize::MAX] {
        let whole = world.list("", depth, 1000, None).unwrap();
        for limit in 1..=whole.entries.len() + 1 {
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = world.list("", depth, limit, after.take()).unwrap();
                assert!(page.entries.len() <= limit);
                assert_eq!(page.next.is_some(), pages.len() + page.entries.len() < whole.entries.len());
                pages.extend(page.entries);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!(pages, whole.entries, "depth {depth}, pages of {limit}");
        }
    }
}

#[test]
fn a_listing_goes_on_where_an_entry_was_that_is_gone_since() {
    let whole = world().list("", 9, 100, None).unwrap().entries;
    for (index, last) in whole.iter().enumerate() {
        let world = world();
        world.trash(last.path.as_str());
        let after = Cursor { path: last.path.clone(), kind: last.kind };
        let rest = world.list("", 9, 100, Some(after)).unwrap();
        let below = |path: &str| path.starts_with(&format!("{}/", last.path));
        let expected: Vec<&str> = whole[index + 1..].iter().map(|entry| entry.path.as_str()).collect();
        let expected: Vec<&str> = expected.into_iter().filter(|path| !below(path)).collect();
        assert_eq!(paths(&rest), expected, "after {}", last.path);
    }
}

#[test]
fn a_listing_goes_on_after_an_entry_whose_directory_became_a_file() {
    let world = world();
    world.trash("a");
    world.write("a", "a file now").unwrap();
    let after = Cursor { path: path("a/x/deep/er"), kind: Kind::File };
    let rest = world.list("", 9, 3, Some(after)).unwrap();
    assert_eq!(paths(&rest), ["B", "b", "ß"]);
    assert!(world.tree("").contains(&"a".to_owned()));
}

#[test]
fn a_cursor_of_another_listing_is_refused() {
    let world = world();
    let trashed = world.trash("ẞ").path;
    let list = |at: &str, after: &str| {
        let after = Cursor { path: path(after), kind: Kind::Directory };
        world.list(at, 9, 10, Some(after)).map(|_| ()).unwrap_err()
    };
    assert_eq!(list("a", "b"), Error::BadCursor);
    assert_eq!(list("a", "a"), Error::BadCursor);
    assert_eq!(list("a", "ab"), Error::BadCursor);
    assert_eq!(list("", ""), Error::BadCursor);
    assert_eq!(list(".trash", "a"), Error::BadCursor);
    assert_eq!(list("", trashed.as_str()), Error::BadCursor, "the trash is not in the root's listing");
}

#[test]
fn only_a_directory_is_listed_and_the_trash_only_by_its_path() {
    let world = world();
    assert_eq!(world.list("nothing", 1, 10, None).map(|_| ()), Err(not_found(Sought::Directory, "nothing")));
    assert_eq!(world.list("a/z", 1, 10, None).map(|_| ()), Err(Error::NotADirectory { path: path("a/z") }));
    assert_eq!(world.tree(".trash"), Vec::<String>::new());
    let trashed = world.trash("ẞ").path;
    assert!(world.tree("").iter().all(|path| !path.contains("trash") && !path.starts_with('ẞ')));
    let inside = [format!("{trashed}"), format!("{trashed}/e"), format!("{trashed}/F"), format!("{trashed}/f")];
    assert_eq!(world.tree(".trash"), inside);
    assert_eq!(world.tree(trashed.as_str()), inside[1..]);
}

#[test]
fn a_listing_of_more_than_is_read_at_once_is_whole() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    let mut expected = Vec::new();
    // More directories and more files than a walk reads ahead, 64 and 1000.
    for directory in 0..70 {
        world.write(&format!("d{directory:03}/f"), "").unwrap();
        expected.extend([format!("d{directory:03}"), format!("d{directory:03}/f")]);
    }
    for file in 0..1100 {
        world.write(&format!("f{file:04}"), "").unwrap();
        expected.push(format!("f{file:04}"));
    }
    assert_eq!(world.tree(""), expected);
    assert_eq!(world.list("", 1, 10_000, None).unwrap().entries.len(), 1170);
}

#[test]
fn what_a_move_makes_too_long_to_be_named_is_still_listed() {
    // A move is one row, whatever hangs below it, so it does not look at every name there. What it makes too long to be
    // named is listed all the same and can be named again after a move up.
    let world = World::new(Limits::default());
    let name = "n".repeat(250);
    let deep = [name.as_str(); 15].join("/");
    world.write(&format!("x/{deep}/f"), "1").unwrap();
    world.mv("x", &format!("{}/x", [name.as_str(); 10].join("/"))).unwrap();
    assert_eq!(world.tree("").len(), 10 + 17);
    let (mut count, mut after) = (0, None);
    while let Some(next) = world.list("", usize::MAX, 7, after.take()).unwrap().next {
        count += 7;
        after = Some(next);
    }
    assert_eq!(count, 21);
    world.mv(&[name.as_str(); 10].join("/"), "up").unwrap();
    assert_eq!(world.read(&format!("up/x/{deep}/f")).as_deref(), Ok("1"));
}
