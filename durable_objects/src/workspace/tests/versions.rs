//! The versions of a file: which there are, who made them, and one of them again.

use super::verbs::not_found;
use super::{World, hash, path};
use crate::call::{Error, Sought, When};
use crate::limits::{DAY_MS, Limits};

fn world() -> World {
    World::new(Limits::default())
}

#[test]
fn a_version_is_a_content_with_who_wrote_it_and_follows_its_file() {
    let world = world();
    let one = world.in_turn("t1", || world.write("a", "1").unwrap());
    world.mv("a", "d/b").unwrap();
    let two = world.write("d/b", "two").unwrap();
    // The same again is no version; back to the first content is one.
    world.write("d/b", "two").unwrap();
    world.mv("d", "e").unwrap();
    let three = world.in_turn("t3", || world.write("e/b", "1").unwrap());
    let versions = world.versions("e/b");
    let told = versions.iter().map(|version| {
        let turn = version.turn.as_ref().map(|turn| turn.as_str().to_owned());
        (version.rev, version.size_bytes, version.hash, turn, version.is_kept, version.is_current)
    });
    let turn = |name: &str| Some(name.to_owned());
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (three.rev, 1, Some(hash(b"1")), turn("t3"), true, true),
            (two.rev, 3, Some(hash(b"two")), None, true, false),
            (one.rev, 1, Some(hash(b"1")), turn("t1"), true, false),
        ]
    );
    assert_eq!(versions[2].modified_ms, one.modified_ms);
    assert_eq!(versions[2].actor.as_ref().unwrap().as_str(), "agent");
    for (version, content) in versions.iter().zip(["1", "two", "1"]) {
        assert_eq!(world.read_when("e/b", When::Version(version.rev)).as_deref(), Ok(content));
    }
}

#[test]
fn versions_come_in_pages_of_any_size() {
    let world = World::new(Limits { versions_per_file: 1_000, ..Limits::default() });
    world.watched.set(false);
    for round in 0..250 {
        world.write("a", &format!("{round}")).unwrap();
        if round % 3 == 0 {
            world.mv("a", "b").unwrap();
            world.mv("b", "a").unwrap();
        }
    }
    let all = world.versions("a");
    assert_eq!(all.len(), 250);
    for limit in [1, 7, 249, 250, 251] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = world.versions_page("a", limit, before).unwrap();
            assert!(page.versions.len() <= limit);
            seen.extend(page.versions);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

#[test]
fn restoring_a_version_is_a_write_that_can_be_taken_back() {
    let world = world();
    let one = world.write("a", "1").unwrap().rev;
    let two = world.write("a", "2").unwrap().rev;
    let written = world.in_turn("t", || world.restore_version("a", one).unwrap());
    assert_eq!((world.read("a").as_deref(), written.size_bytes), (Ok("1"), 1));
    let revs: Vec<i64> = world.versions("a").iter().map(|version| version.rev).collect();
    assert_eq!(revs, [written.rev, two, one]);
    world.undo_all("t");
    assert_eq!(world.read("a").as_deref(), Ok("2"));
}

#[test]
fn a_version_that_is_gone_or_never_was_is_refused() {
    let world = World::new(Limits { versions_per_file: 1, ..Limits::default() });
    let one = world.write("a", "1").unwrap().rev;
    world.write("a", "2").unwrap();
    let last = world.write("a", "3").unwrap().rev;
    for rev in [one, one - 1, last + 1] {
        let gone = Error::VersionGone { path: path("a"), rev };
        assert_eq!(world.restore_version("a", rev).unwrap_err(), gone);
        assert_eq!(world.read_when("a", When::Version(rev)).unwrap_err(), gone);
    }
    let versions = world.versions("a");
    assert_eq!(versions.iter().map(|version| version.is_kept).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!((versions[2].hash, versions[2].size_bytes), (None, 1));
    world.mkdir("d").unwrap();
    assert_eq!(world.versions_page("d", 9, None).unwrap_err(), not_found(Sought::File, "d"));
    assert_eq!(world.restore_version("none", 1).unwrap_err(), not_found(Sought::File, "none"));
    let trashed = world.trash("a");
    let in_trash = Error::InTrash { path: trashed.path.clone() };
    assert_eq!(world.restore_version(trashed.path.as_str(), last).unwrap_err(), in_trash);
    assert_eq!(world.versions(trashed.path.as_str()).len(), 3);
}

#[test]
fn freeing_space_by_versions_works_when_the_workspace_is_full() {
    let world = World::new(Limits { quota_bytes: 10, versions_ms: DAY_MS, ..Limits::default() });
    let one = world.write("a", "12345").unwrap().rev;
    world.write("a", "67890").unwrap();
    assert!(world.write("b", "x").is_err());
    // What is there already takes no room.
    world.restore_version("a", one).unwrap();
    world.settle(2 * DAY_MS);
    world.sweep();
    world.write("b", "x").unwrap();
}

#[test]
fn moving_a_file_uses_up_none_of_its_versions() {
    let world = World::new(Limits { versions_per_file: 2, ..Limits::default() });
    let one = world.write("a", "one").unwrap().rev;
    let two = world.write("a", "two").unwrap().rev;
    let names = ["b", "a"].iter().cycle().take(9);
    names.fold("a", |from, to| {
        world.mv(from, to).unwrap();
        to
    });
    let told =
        || -> Vec<(i64, bool)> { world.versions("b").iter().map(|version| (version.rev, version.is_kept)).collect() };
    assert_eq!(told(), [(two, true), (one, true)]);
    let three = world.write("b", "three").unwrap().rev;
    assert_eq!(told(), [(three, true), (two, true), (one, true)]);
    for rev in two..three {
        let at = if (rev - two) % 2 == 0 { "a" } else { "b" };
        assert_eq!(world.read_when(at, When::At(rev)).as_deref(), Ok("two"), "at {rev}");
    }
    let four = world.write("b", "four").unwrap().rev;
    assert_eq!(told(), [(four, true), (three, true), (two, true), (one, false)]);
    // A version goes whole: none of its moves shows as a version of its own.
    let five = world.write("b", "five").unwrap().rev;
    assert_eq!(told(), [(five, true), (four, true), (three, true), (two, false), (one, false)]);
    world.sweep();
    assert_eq!(world.blobs().len(), 3);
}

#[test]
fn an_older_database_learns_which_states_end_a_version() {
    let world = world();
    world.write("a", "1").unwrap();
    world.mv("a", "b").unwrap();
    world.write("b", "2").unwrap();
    world.mv("b", "c").unwrap();
    let turned = world.in_turn("t", || world.write("c", "3").unwrap());
    let (ends, turns) = ("SELECT group_concat(ends_content) FROM past", "SELECT group_concat(first_rev) FROM turn");
    assert_eq!((world.text(ends), world.text(turns)), ("0,1,0,1".to_owned(), turned.rev.to_string()));
    for statement in [
        "DROP INDEX past_content",
        "ALTER TABLE past DROP COLUMN ends_content",
        "DROP TABLE turn",
        "DROP TABLE passed",
        "ALTER TABLE checkpoint DROP COLUMN until_ms",
        "DROP TABLE mirror",
        "DROP TABLE mirror_plan",
        "DELETE FROM meta WHERE k = 'mirror_planned'",
        "DELETE FROM meta WHERE k IN ('holds', 'stages', 'staged')",
        "DROP TABLE stage",
        "DROP TABLE staged",
        "DROP TABLE planted",
        "DROP TABLE planted_entry",
        "UPDATE meta SET v = 3 WHERE k = 'schema'",
    ] {
        world.execute(statement);
    }
    super::super::migrate(&world.sql, super::START_MS).unwrap();
    assert_eq!((world.text(ends), world.text(turns)), ("0,1,0,1".to_owned(), turned.rev.to_string()));
}
