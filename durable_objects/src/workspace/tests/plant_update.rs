//! Trees that are brought up to date and taken up again: what somebody has changed stays theirs.

use proptest::prelude::*;

use super::path;
use super::plant_world::{FOLDER, ONE, TWO, Tree, world};
use crate::call::{Error, Heir, ListPlanted, WhichPlanted};
use crate::limits::DAY_MS;

#[test]
fn an_update_keeps_what_somebody_has_changed_and_says_so() {
    let world = world();
    world.install(ONE, "1.0.0").unwrap();
    world.write(&format!("{FOLDER}/lib/a.ts"), "mine").unwrap();
    world.write(&format!("{FOLDER}/old/y.ts"), "mine too").unwrap();
    world.write(&format!("{FOLDER}/lib/own.ts"), "my own").unwrap();
    world.delete(&format!("{FOLDER}/lib/deep"), false).unwrap();
    let planted = world.update(TWO, "2.0.0").unwrap();
    let kept = ["lib/a.ts", "lib/deep", "old/y.ts"].map(|at| path(&format!("{FOLDER}/{at}")));
    assert_eq!(planted.kept, kept);
    assert_eq!((planted.written, planted.removed), (3, 2), "old/x.ts and empty go");
    let files: Vec<_> = ["index.tsx", "lib/a.ts", "lib/b.ts", "lib/own.ts", "new/z.ts", "old/y.ts"]
        .into_iter()
        .map(|at| world.file(at).unwrap())
        .collect();
    assert_eq!(files, ["two", "mine", "b2", "my own", "z", "mine too"]);
    assert_eq!((world.file("old/x.ts"), world.stat(&format!("{FOLDER}/empty")).is_ok()), (None, false));
    assert_eq!(world.versions_planted(), [(FOLDER.to_owned(), "2.0.0".to_owned())]);
}

#[test]
fn what_somebody_has_deleted_is_not_brought_back() {
    let one: Tree<'_> = &[("i", Some("1")), ("a/x", Some("x")), ("a/y", Some("y")), ("b/c/z", Some("z")), ("d", None)];
    let two: Tree<'_> =
        &[("i", Some("2")), ("a/x", Some("x2")), ("a/new", Some("n")), ("b/c/z", Some("z2")), ("d", None)];
    let world = world();
    world.install(one, "1.0.0").unwrap();
    for at in ["a", "b", "d"] {
        world.delete(&format!("{FOLDER}/{at}"), false).unwrap();
    }
    let planted = world.update(two, "2.0.0").unwrap();
    // Something new comes into one of the directories.
    assert_eq!(planted.kept, ["a/x", "b", "d"].map(|at| path(&format!("{FOLDER}/{at}"))));
    let files = ["i", "a/x", "a/new", "b/c/z"].map(|at| world.file(at));
    assert_eq!(files.each_ref().map(Option::as_deref), [Some("2"), None, Some("n"), None]);
    // What a version did not have comes with the next, whoever deleted it before.
    world.update(&[("i", Some("3"))], "3.0.0").unwrap();
    assert_eq!(world.update(one, "4.0.0").unwrap().kept, []);
    assert_eq!(world.file("b/c/z").as_deref(), Some("z"));
}

#[test]
fn an_update_that_nobody_stands_in_the_way_of_is_as_if_it_had_been_installed() {
    let (updated, fresh) = (world(), world());
    updated.install(ONE, "1.0.0").unwrap();
    assert_eq!(updated.update(TWO, "2.0.0").unwrap().kept, []);
    fresh.install(TWO, "2.0.0").unwrap();
    assert_eq!(updated.inside(), fresh.inside());
    let trash: Vec<String> =
        updated.trash_page(9, None).entries.into_iter().map(|entry| entry.original.into()).collect();
    assert_eq!(trash.len(), 2, "a directory goes as one: {trash:?}");
    // The same again changes nothing.
    let same = updated.update(TWO, "2.0.0").unwrap();
    assert_eq!((same.written, same.removed, same.kept.len()), (0, 0, 0));
    assert_eq!(updated.inside(), fresh.inside());
}

#[test]
fn a_file_and_a_directory_may_change_places() {
    let one: Tree<'_> = &[("a", Some("file")), ("b/c", Some("c")), ("d", Some("file")), ("e/f", Some("f"))];
    let two: Tree<'_> = &[("a/x", Some("x")), ("b", Some("file")), ("d/x", Some("x")), ("e", Some("file"))];
    let world = world();
    world.install(one, "1.0.0").unwrap();
    world.write(&format!("{FOLDER}/d"), "mine").unwrap();
    world.write(&format!("{FOLDER}/e/own"), "mine").unwrap();
    let planted = world.update(two, "2.0.0").unwrap();
    assert_eq!(planted.kept, [path(&format!("{FOLDER}/d")), path(&format!("{FOLDER}/e"))]);
    assert_eq!((world.file("a/x").as_deref(), world.file("b").as_deref()), (Some("x"), Some("file")));
    assert_eq!(
        (world.file("d").as_deref(), world.file("e/own").as_deref(), world.file("e/f")),
        (Some("mine"), Some("mine"), None)
    );
}

#[test]
fn an_install_and_an_update_are_taken_back_and_known_to_be() {
    let world = world();
    let install = world.install(ONE, "1.0.0").unwrap().turn;
    let one = world.inside();
    let update = world.in_turn("t", || world.update(TWO, "2.0.0").unwrap()).turn;
    let two = world.inside();
    assert_eq!((install.as_str().split('-').next(), update.as_str()), (Some("install"), "t"));

    let back = world.undo_all("t").turn;
    let versions = |version: &str| vec![(FOLDER.to_owned(), version.to_owned())];
    assert_eq!((world.inside(), world.versions_planted()), (one.clone(), versions("1.0.0")));
    let forth = world.undo_all(back.as_str()).turn;
    assert_eq!((world.inside(), world.versions_planted()), (two.clone(), versions("2.0.0")));
    world.undo_all(forth.as_str());
    assert_eq!((world.inside(), world.versions_planted()), (one, versions("1.0.0")));
    // What came back is no change of anybody's.
    assert_eq!((world.update(TWO, "2.0.0").unwrap().kept, world.inside()), (vec![], two));
}

#[test]
fn an_install_that_is_taken_back_is_none_until_it_is_there_again() {
    let world = world();
    world.write("src/mine", "mine").unwrap();
    let before = world.inside();
    let install = world.install(ONE, "1.0.0").unwrap().turn;
    let one = world.inside();
    let gone = world.undo_all(install.as_str()).turn;
    assert_eq!((world.inside(), world.planted()), (before, vec![]));
    world.undo_all(gone.as_str());
    assert_eq!((world.inside(), world.planted().len()), (one, 1));
}

#[test]
fn what_is_known_of_a_tree_goes_where_it_goes() {
    let world = world();
    world.install(ONE, "1.0.0").unwrap();
    world.mv(FOLDER, "src/apps/other").unwrap();
    world.copy("src/apps/other", "src/apps/copy").unwrap();
    assert_eq!(world.versions_planted(), [("src/apps/other".to_owned(), "1.0.0".to_owned())]);
    let list = |which| world.call(ListPlanted { which }, None).unwrap().0.trees;
    assert_eq!(list(WhichPlanted::All), world.planted());
    assert_eq!(list(WhichPlanted::At(path("src/apps/other"))), world.planted());
    for nothing in ["src/apps/copy", "src", "nowhere"] {
        assert_eq!(list(WhichPlanted::At(path(nothing))), []);
    }
    assert_eq!(list(WhichPlanted::Of("1".repeat(32))), []);
    let trashed = world.trash("src/apps/other");
    assert_eq!(world.planted(), []);
    world.restore(&trashed.path, None).unwrap();
    assert_eq!(world.planted().len(), 1);
    let checkpoint = world.checkpoint();
    world.delete("src/apps/other", true).unwrap();
    world.sweep();
    assert_eq!(world.planted(), []);
    world.restore_to(checkpoint, "").unwrap();
    assert_eq!(world.planted().len(), 1, "a checkpoint has it");
    world.drop_checkpoint(checkpoint).unwrap();
    world.delete("src/apps/other", true).unwrap();
    world.settle(31 * DAY_MS);
    world.sweep();
    let left = "SELECT (SELECT count(*) FROM planted) + (SELECT count(*) FROM planted_entry)";
    assert_eq!(world.number(left), 1, "the last note of an app");
    assert_eq!(list(WhichPlanted::Lost("0".repeat(32))).len(), 1);
}

#[test]
fn what_is_taken_up_leaves_no_trace_and_can_be_had_again() {
    let world = world();
    world.mkdir("src").unwrap();
    world.write("mine", "mine").unwrap();
    let before = world.inside();
    world.install(ONE, "1.0.0").unwrap();
    world.write(&format!("{FOLDER}/lib/a.ts"), "mine").unwrap();
    let installed = world.inside();
    let uprooted = world.uproot().unwrap();
    assert_eq!((world.inside(), world.planted()), (before, vec![]));
    assert!(uprooted.trash_path.is_some_and(|path| path.is_in_trash()));
    let refused = world.uproot_node(1, "[]", vec![]).map(drop);
    assert_eq!(refused, Err(Error::NotPlanted { path: path("") }));
    world.undo_all(uprooted.turn.as_str());
    assert_eq!((world.inside(), world.planted().len()), (installed, 1));
}

#[test]
fn what_somebody_has_deleted_is_lost_and_the_rest_of_it_can_be_taken_up() {
    let world = world();
    let before = world.inside();
    world.install(ONE, "1.0.0").unwrap();
    let lost = || world.call(ListPlanted { which: WhichPlanted::Lost("0".repeat(32)) }, None).unwrap().0.trees;
    let node = world.planted()[0].node;
    assert_eq!(lost(), []);
    let trashed = world.trash(FOLDER);
    assert_eq!((world.planted().len(), lost().len(), lost()[0].node), (0, 1, node));
    assert_eq!(lost()[0].folder, trashed.path);
    let uprooted = world.uproot().unwrap();
    assert_eq!((uprooted.trash_path, world.inside()), (None, before.clone()));
    world.undo_all(uprooted.turn.as_str());
    world.delete(trashed.path.as_str(), true).unwrap();
    assert_eq!(lost()[0].folder, path(""));
    // What is planted anew takes over what was made for it before.
    world.plant_at("src/apps/other", ONE, false).unwrap();
    world.uproot().unwrap();
    assert_eq!(world.inside(), before);
}

#[test]
fn what_one_tree_leaves_another_is_rid_of() {
    let world = world();
    let before = world.inside();
    world.install(ONE, "1.0.0").unwrap();
    let first = world.planted()[0].node;
    world.plant_at("src/apps/other", ONE, false).unwrap();
    let heir = Heir { node: world.planted()[0].node, note: serde_json::json!({ "added": { "zustand": "4.5.7" } }) };
    let second = heir.node;
    world.execute(&format!("UPDATE planted SET item = 'other' WHERE node = {second}"));
    world.uproot_node(first, "[\"other\"]", vec![heir]).unwrap();
    let left = world.call(ListPlanted { which: WhichPlanted::All }, None).unwrap().0.trees.remove(0);
    assert_eq!(left.node, second);
    let note = serde_json::json!({ "needs": ["react"], "added": { "zustand": "4.5.7" } });
    assert_eq!(left.origin.note, note);
    world.uproot_node(second, "[]", vec![]).unwrap();
    assert_eq!(world.inside(), before);
}

#[test]
fn what_others_use_by_now_stays() {
    let world = world();
    world.install(ONE, "1.0.0").unwrap();
    world.write("src/apps/mine/index.tsx", "mine").unwrap();
    world.write("public/picture", "mine").unwrap();
    world.uproot().unwrap();
    let left: Vec<String> = world.inside().into_keys().filter(|at| !at.is_empty()).collect();
    assert_eq!(left, ["public", "public/picture", "src", "src/apps", "src/apps/mine", "src/apps/mine/index.tsx"]);
}

#[test]
fn only_what_was_planted_lately_is_known() {
    let world = world();
    world.watched.set(false);
    for version in 0..9 {
        let content = format!("version {version}");
        let tree: Tree<'_> = &[("index.tsx", Some(&content))];
        if version == 0 {
            world.install(tree, "0").unwrap()
        } else {
            world.update(tree, "1").unwrap()
        };
    }
    assert_eq!(world.number("SELECT count(*) FROM planted_entry"), 5);
    world.write(&format!("{FOLDER}/index.tsx"), "version 0").unwrap();
    assert_eq!(world.update(&[("index.tsx", Some("new"))], "2").unwrap().kept.len(), 1);
}

/// A small tree of files and directories, some of which stand in each other's place.
fn some_tree() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let place = prop::sample::select(vec!["a", "b", "a/a", "a/b", "b/a", "b/b/a", "b/b/b", "c"]);
    prop::collection::btree_map(place, prop::sample::select(vec!["1", "2", "3"]), 0..6).prop_map(|tree| {
        let files: Vec<_> = tree.into_iter().collect();
        let is_clear = |at: &str| !files.iter().any(|(other, _)| at.starts_with(&format!("{other}/")));
        files.iter().copied().filter(|(at, _)| is_clear(at)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever the versions and whatever is changed between them: an update has every file of the new version but for what it
    /// names as kept, nothing of somebody's is lost, nothing else is left of the older one, and it can be taken back.
    #[test]
    fn an_update_is_the_new_version_and_what_is_somebodys(one in some_tree(), two in some_tree(), mine in some_tree()) {
        let world = world();
        let tree = |files: &[(&'static str, &'static str)]| -> Vec<(&'static str, Option<&'static str>)> {
            files.iter().map(|(at, content)| (*at, Some(*content))).collect()
        };
        world.install(&tree(&one), "1.0.0").unwrap();
        let mine: Vec<_> =
            mine.into_iter().map(|(at, content)| (at, format!("my {content}"))).filter(|(at, content)| {
                world.write(&format!("{FOLDER}/{at}"), content).is_ok()
            }).collect();
        let before = world.inside();
        let planted = world.in_turn("t", || world.update(&tree(&two), "2.0.0")).unwrap();
        let kept: Vec<String> = planted.kept.iter().map(|path| path.as_str()[FOLDER.len() + 1..].to_owned()).collect();
        for (at, content) in &mine {
            prop_assert_eq!(world.file(at), Some(content.clone()));
        }
        for (at, content) in &two {
            let is_kept = kept.iter().any(|kept| at == kept || at.starts_with(&format!("{kept}/")));
            prop_assert!(is_kept || world.file(at).as_deref() == Some(*content), "{} of {:?}", at, kept);
        }
        let below = format!("{FOLDER}/");
        for (at, content) in world.inside() {
            if let (Some(at), Some(_)) = (at.strip_prefix(&below), content) {
                let is_known = two.iter().any(|(of, _)| *of == at) || mine.iter().any(|(of, _)| *of == at);
                prop_assert!(is_known, "{} is left over", at);
            }
        }
        world.undo_all("t");
        prop_assert_eq!(world.inside(), before);
    }
}
