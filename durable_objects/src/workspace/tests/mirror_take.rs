//! What a sandbox has put into the copy becomes entries, and nobody's edit is lost on the way.

use super::super::{Round, settle_round};
use super::World;
use super::bucket::{THEIRS, etag_of};
use crate::call::{CompareMirror, ListVersions, Seen};
use crate::limits::Limits;

/// A workspace whose copy has these files, each with its name as content.
fn world(files: &[&str]) -> World {
    let world = World::new(Limits::default());
    world.inline_max_bytes.set(8);
    for at in files {
        world.write(at, at).unwrap();
    }
    world.sync();
    world.check_copy();
    world
}

fn took(world: &World, is_new: bool, takes_away: bool) -> Vec<String> {
    world.take_all(is_new, takes_away).into_iter().map(|(at, what)| format!("{at}: {what}")).collect()
}

/// Afterwards both sides agree, and there is nothing to take.
fn at_rest(world: &World) {
    world.sync();
    world.check_copy();
    assert_eq!(took(world, true, true), Vec::<String>::new());
    world.check_history();
}

/// The contents that a file has and has had, newest first.
fn contents(world: &World, at: &str) -> Vec<String> {
    let call = ListVersions { path: super::path(at), limit: 10, before: None };
    let versions = world.call(call, None).unwrap().0.versions;
    versions.iter().map(|version| version.hash.unwrap().to_string()).collect()
}

fn hashes(contents: &[&str]) -> Vec<String> {
    contents.iter().map(|content| super::hash(content.as_bytes()).to_string()).collect()
}

#[test]
fn what_is_new_or_changed_there_is_written_here() {
    let world = world(&["a", "d/b", "same"]);
    world.leave("a", "changed");
    world.leave("d/b", "changed, and large by now");
    world.leave("new/dir/file", "new");
    world.leave("new/large", "more than eight bytes");
    world.leave("empty/", "");
    world.leave("node_modules/x", "left out");
    let mut taken = took(&world, true, false);
    taken.sort();
    assert_eq!(
        taken,
        ["a: Updated", "d/b: Updated", "empty: Imported", "new/dir/file: Imported", "new/large: Imported"]
    );
    assert_eq!((world.read("a").unwrap(), world.read("new/large").unwrap().len()), ("changed".to_owned(), 21));
    assert_eq!(contents(&world, "a"), hashes(&["changed", "a"]));
    // A directory's mark is no file of the copy's, and goes with the directory.
    world.delete("empty", true).unwrap();
    world.bucket.borrow_mut().remove(&format!("{THEIRS}node_modules/x"));
    at_rest(&world);
}

#[test]
fn changed_on_both_sides_both_are_kept_and_the_newer_is_the_files_own() {
    for is_new in [true, false] {
        for is_copied in [true, false] {
            let world = world(&["a"]);
            world.write("a", "ours").unwrap();
            world.leave("a", "theirs");
            if is_copied {
                // The copy has noticed before.
                assert_eq!(world.sync().changed_there, 1);
            }
            assert_eq!(took(&world, is_new, false), [format!("a: Both {{ is_theirs: {is_new}, was_gone: false }}")]);
            let (now, before) = if is_new { ("theirs", "ours") } else { ("ours", "theirs") };
            assert_eq!(world.read("a").as_deref(), Ok(now));
            let found = contents(&world, "a");
            assert!(hashes(&[before, "a"]).iter().all(|hash| found.contains(hash)), "{found:?}");
            at_rest(&world);
        }
    }
}

#[test]
fn made_on_both_sides_both_are_kept() {
    let world = world(&[]);
    world.write("a", "ours").unwrap();
    world.write("same", "same").unwrap();
    world.leave("a", "theirs");
    world.leave("same", "same");
    assert_eq!(took(&world, true, false), ["a: Both { is_theirs: true, was_gone: false }", "same: Same"]);
    assert_eq!(contents(&world, "a"), hashes(&["theirs", "ours"]));
    at_rest(&world);
}

#[test]
fn what_was_deleted_or_moved_here_and_changed_there_comes_back_and_is_named() {
    let world = world(&["a", "b", "c"]);
    let trashed = world.trash("a");
    world.mv("b", "moved").unwrap();
    world.trash("c");
    world.leave("a", "theirs");
    world.leave("b", "theirs");
    let gone = |at: &str| format!("{at}: Both {{ is_theirs: true, was_gone: true }}");
    assert_eq!(took(&world, true, false), [gone("a"), gone("b")]);
    assert_eq!(world.tree(""), ["a", "b", "moved"], "what was not changed there stays deleted");
    assert_eq!(world.read(trashed.path.as_str()).as_deref(), Ok("a"));
    at_rest(&world);
}

#[test]
fn what_has_been_deleted_here_is_not_brought_back_by_a_copy_that_is_late() {
    let world = world(&["a", "d/b"]);
    world.delete("a", true).unwrap();
    world.mv("d", "e").unwrap();
    assert_eq!(took(&world, true, true), Vec::<String>::new());
    // Others put the same there once more: it is still what we had deleted.
    let seen = Seen { path: super::path("d/b"), is_directory: false, etag: "another".to_owned() };
    assert_eq!(format!("{:?}", world.take(&seen, b"d/b", true)), "Same");
    assert_eq!(world.tree(""), ["e", "e/b"]);
    let known = format!("UPDATE mirror SET etag = '{}' WHERE path = 'd/b'", etag_of(b"d/b"));
    world.execute(&known);
    at_rest(&world);
}

#[test]
fn what_is_gone_there_is_deleted_here_only_if_it_is_asked_for_and_unchanged() {
    let world = world(&["a", "b", "c", "SOUL.md"]);
    for at in ["a", "b", "SOUL.md"] {
        world.bucket.borrow_mut().remove(&format!("{THEIRS}{at}"));
    }
    world.write("b", "changed here").unwrap();
    assert_eq!(took(&world, true, false), ["SOUL.md: Gone", "a: Gone", "b: Gone"]);
    assert_eq!(world.tree("").len(), 4);
    assert_eq!(took(&world, true, true), ["SOUL.md: Kept", "a: Trashed", "b: Kept"]);
    assert_eq!(world.tree(""), ["b", "c", "SOUL.md"]);
    assert_eq!(world.trash_page(10, None).entries.len(), 1);
    at_rest(&world);
}

#[test]
fn what_they_had_changed_and_removed_again_is_copied_anew() {
    let world = world(&["a"]);
    world.leave("a", "theirs");
    world.write("a", "ours").unwrap();
    world.write("new", "ours").unwrap();
    world.leave("new", "theirs");
    assert_eq!(world.sync().changed_there, 2);
    world.bucket.borrow_mut().retain(|key, _| !key.starts_with(THEIRS));
    assert_eq!(took(&world, true, false), ["a: Lost", "new: Lost"]);
    at_rest(&world);
}

#[test]
fn an_empty_copy_of_many_is_looked_at_page_by_page() {
    let world = world(&["a"]);
    world.execute(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
         INSERT INTO mirror (path, etag, size, hash, state) SELECT printf('b/%04d', i), 'e', 1, zeroblob(32), 0 FROM n",
    );
    let (mut after, mut found) = (String::new(), Vec::new());
    loop {
        let objects = vec![Seen { path: super::path("z"), is_directory: false, etag: "z".to_owned() }];
        let call = CompareMirror { objects, within: super::path("b"), after, until: None };
        let compared = world.call(call, None).unwrap().0;
        found.push((compared.gone.len(), compared.changed.len()));
        let Some(until) = compared.until else { break };
        after = until;
    }
    assert_eq!(found, [(2000, 0), (2000, 0), (1000, 1)]);
}

#[test]
fn what_is_known_behind_a_directory_is_not_read_for_it() {
    let steps = [0, 4000].map(|others| {
        let world = world(&["b-", "b/x", "b/y/z", "b0", "c"]);
        world.watched.set(false);
        world.execute(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {others})
             INSERT INTO mirror (path, etag, size, hash, state)
             SELECT printf('c/%04d', i), 'e', 1, zeroblob(32), 0 FROM n WHERE {others} > 0"
        ));
        let call = CompareMirror { objects: Vec::new(), within: super::path("b"), after: String::new(), until: None };
        let before = world.sql.steps.get();
        let compared = world.call(call, None).unwrap().0;
        let gone: Vec<_> = compared.gone.iter().map(|seen| seen.path.as_str()).collect();
        assert_eq!((gone, compared.until), (vec!["b/x", "b/y/z"], None));
        world.sql.steps.get() - before
    });
    assert!(steps[1].abs_diff(steps[0]) < 100, "{steps:?}");
}

#[test]
fn what_is_in_the_way_stays_on_both_sides() {
    let world = world(&["file", "dir/x"]);
    world.inline_max_bytes.set(2);
    world.leave("file/below", "theirs");
    world.leave("dir", "theirs");
    assert_eq!(took(&world, true, false), ["dir: InTheWay", "file/below: InTheWay"]);
    assert_eq!(world.tree(""), ["dir", "dir/x", "file"]);
    world.sweep();
    world.settle(0);
    assert_eq!(world.lying(), Vec::<String>::new(), "bytes that are not used are given up");
    assert_eq!(world.copy_of().len(), 4);
}

/// A round that has been claimed.
fn claimed(world: &World) -> Round {
    world.synced();
    std::iter::from_fn(|| world.next_round().unwrap()).find(|round| !round.errands.is_empty()).unwrap()
}

#[test]
fn an_import_at_any_moment_of_a_round_takes_nothing_of_ours_for_theirs() {
    // Before the bytes have arrived, after that, and after that was settled; meanwhile it changes here once more, or not.
    for moment in 0..3 {
        for changes in [true, false] {
            let world = world(&["a", "b"]);
            world.write("a", "ours 2").unwrap();
            world.delete("b", true).unwrap();
            let round = claimed(&world);
            let came = (moment > 0).then(|| world.run(&round));
            if changes {
                world.write("a", "ours 3").unwrap();
            }
            if moment > 1 {
                settle_round(&world.context(), &round, came.as_ref().unwrap()).unwrap();
            }
            let taken = took(&world, true, false);
            assert!(taken.iter().all(|what| what == "a: Same" || what == "b: Gone"), "{moment} {taken:?}");
            if moment < 2 {
                let came = came.unwrap_or_else(|| world.run(&round));
                settle_round(&world.context(), &round, &came).unwrap();
            }
            assert_eq!(world.read("a").as_deref(), Ok(if changes { "ours 3" } else { "ours 2" }));
            at_rest(&world);
        }
    }
}

#[test]
fn what_they_put_at_any_moment_of_a_round_is_never_lost() {
    for moment in 0..3 {
        for (is_new, is_taken_between) in [(true, true), (true, false), (false, true), (false, false)] {
            let world = world(&["a", "b"]);
            world.write("a", "ours 2").unwrap();
            world.delete("b", true).unwrap();
            let theirs = |now: bool| {
                if now {
                    world.leave("a", "theirs");
                    world.leave("b", "theirs, too");
                }
            };
            theirs(moment == 0);
            let round = claimed(&world);
            theirs(moment == 1);
            let came = world.run(&round);
            if moment == 2 {
                theirs(true);
            }
            if is_taken_between {
                took(&world, is_new, false);
            }
            settle_round(&world.context(), &round, &came).unwrap();
            world.sync();
            took(&world, is_new, false);
            let versions = contents(&world, "a");
            let found = |content: &str| versions.contains(&hashes(&[content])[0]);
            assert!(found("theirs") && found("ours 2"), "{moment} {is_new} {is_taken_between} {versions:?}");
            assert_eq!(world.read("b").as_deref(), Ok("theirs, too"), "{moment} {is_new} {is_taken_between}");
            at_rest(&world);
        }
    }
}
