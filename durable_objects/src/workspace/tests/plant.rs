//! Trees that are planted from a stage: whole or not at all.

use super::faults::stopped_everywhere;
use super::plant_world::{FOLDER, HOUR_MS, ONE, REGISTRY, TWO, Tree, entries, origin, text, world};
use super::{World, hash, path};
use crate::call::{
    CloseStage, Condition, Conditions, Error, FillStage, Heir, ListPlanted, NewText, PlantTree, SentContent,
    WhichPlanted,
};
use crate::limits::{Limits, REVERT_MAX_ENTRIES};

#[test]
fn a_tree_is_planted_in_one_transaction_and_contents_are_shared() {
    let world = world();
    world.write("mine", "same").unwrap();
    let opened = world.open(ONE).unwrap();
    assert_eq!(opened.missing.len(), 5, "one is there, and one is needed twice");
    let stage = world.staged(ONE);
    let before = world.number("SELECT v FROM meta WHERE k = 'rev'");
    let planted = world.plant(stage, ONE, "1.0.0", false).unwrap();
    assert_eq!((planted.written, planted.removed, planted.kept), (7, 0, vec![]));
    assert_eq!(world.number(&format!("SELECT count(DISTINCT txn) FROM change WHERE rev > {before}")), 1);
    assert_eq!(world.file("lib/deep/c.ts").as_deref(), Some("c"));
    assert_eq!(world.stat(&format!("{FOLDER}/empty")).unwrap().kind, crate::call::Kind::Directory);
    assert_eq!(world.read(REGISTRY).unwrap(), "[\"notes 1.0.0\"]");
    assert_eq!(world.blobs().len(), 7, "of six different files, and of the registry");
    assert_eq!(world.versions_planted(), [(FOLDER.to_owned(), "1.0.0".to_owned())]);
    assert_eq!(world.plant(stage, ONE, "1.0.0", false), Err(Error::NotStaged { stage }), "a stage ends with its tree");
}

#[test]
fn a_place_that_is_taken_stays_as_it_is() {
    let world = world();
    world.write(&format!("{FOLDER}/mine"), "mine").unwrap();
    assert_eq!(world.install(ONE, "1.0.0"), Err(Error::AlreadyThere { path: path(FOLDER) }));
    assert_eq!(world.update(ONE, "1.0.0"), Err(Error::NotPlanted { path: path(FOLDER) }));
}

#[test]
fn what_has_changed_meanwhile_stops_it() {
    let world = world();
    world.write(REGISTRY, "[]").unwrap();
    let tag = world.stat(REGISTRY).unwrap().tag();
    world.write(REGISTRY, "[1]").unwrap();
    let stage = world.staged(ONE);
    let only_if = Conditions { is: Condition::OneOf(vec![tag]), is_not: Condition::None };
    let texts = vec![NewText { only_if, ..text(REGISTRY, "[2]") }];
    let (folder, entries, origin) = (path(FOLDER), entries(ONE), origin("1.0.0"));
    let call = PlantTree { stage, folder, is_update: false, entries, texts, origin };
    let refused = world.call(call, None).map(drop);
    assert!(matches!(refused, Err(Error::ConditionFailed { .. })), "{refused:?}");
    world.plant(stage, ONE, "1.0.0", false).unwrap();
}

#[test]
fn what_is_on_a_stage_stays_until_it_is_over_and_then_goes() {
    let world = world();
    world.write("mine", "same").unwrap();
    let stage = world.staged(ONE);
    world.delete("mine", true).unwrap();
    world.sweep();
    world.settle(HOUR_MS - 10_000);
    assert_eq!(world.blobs().len(), 6);
    world.settle(20_000);
    world.sweep();
    assert_eq!(world.blobs().len(), 0);
    assert_eq!(world.plant(stage, ONE, "1.0.0", false), Err(Error::NotStaged { stage }));
    assert_eq!(world.fill(stage, &["late"]), Err(Error::NotStaged { stage }));
    assert_eq!(world.counted(), (0, 0));
}

#[test]
fn a_stage_that_is_given_up_leaves_nothing() {
    let world = world();
    world.write("mine", "same").unwrap();
    let stage = world.staged(ONE);
    for _ in 0..2 {
        world.call(CloseStage { stage }, None).unwrap();
    }
    world.sweep();
    assert_eq!(world.blobs().len(), 1);
}

#[test]
fn large_contents_are_announced_and_known_ones_given_up() {
    let world = world();
    let stage = world.open(&[("a", Some("large")), ("b", Some("small"))]).unwrap().stage;
    let large = |key| SentContent { hash: hash(b"large"), size_bytes: 5, key: Some(key) };
    let small = SentContent { hash: hash(b"small"), size_bytes: 5, key: None };
    let (first, again) = (world.upload("large").unwrap(), world.upload("large").unwrap());
    let call = FillStage { stage, contents: vec![large(first.clone()), small, large(again)] };
    world.call(call, Some(b"small")).unwrap();
    world.plant(stage, &[("a", Some("large")), ("b", Some("small"))], "1.0.0", false).unwrap();
    assert_eq!(world.key_of(&format!("{FOLDER}/a")), Some(first.clone()));
    world.settle(2 * HOUR_MS);
    assert_eq!(world.lying(), [first]);
    assert_eq!(world.counted(), (10 + 15, 0), "and the registry");
}

#[test]
fn there_has_to_be_room_before_anything_is_sent() {
    let world = World::new(Limits { quota_bytes: 11, entries: 12, ..Limits::default() });
    world.write("a", "same").unwrap();
    let full = Error::QuotaExceeded { needed_bytes: 7, left_bytes: 7 };
    assert_ne!(world.open(ONE), Err(full), "one content is there already");
    let tree: Tree<'_> = &[("x", Some("12345678"))];
    assert_eq!(world.open(tree), Err(Error::QuotaExceeded { needed_bytes: 8, left_bytes: 7 }));
    let many: Vec<(String, Option<&str>)> = (0..12).map(|number| (number.to_string(), None)).collect();
    let many: Vec<(&str, Option<&str>)> = many.iter().map(|(at, content)| (at.as_str(), *content)).collect();
    assert_eq!(world.open(&many), Err(Error::TooManyEntries { max: 12 }));
    for _ in 1..20 {
        world.open(&[]).unwrap();
    }
    assert_eq!(world.open(&[]), Err(Error::TooManyStages { max: 20 }));
}

#[test]
fn planting_and_all_before_it_happens_whole_or_not_at_all() {
    const TREE: Tree<'static> = &[("index.tsx", Some("one")), ("lib/a.png", Some("picture")), ("old/x", Some("x"))];
    const NEXT: Tree<'static> = &[("index.tsx", Some("two")), ("lib/b.png", Some("picture")), ("new/x", Some("x"))];
    let known = |world: &World| drop(world.write("mine", "one").unwrap());
    stopped_everywhere("open a stage", known, |world| world.open(TREE).map(drop));
    stopped_everywhere(
        "fill a stage",
        |world| drop(world.open(TREE).unwrap()),
        |world| world.fill(1, &["one", "picture"]),
    );
    let staged = |world: &World| assert_eq!(world.staged(TREE), 1);
    stopped_everywhere("close a stage", staged, |world| world.call(CloseStage { stage: 1 }, None).map(drop));
    stopped_everywhere("plant", staged, |world| world.plant(1, TREE, "1.0.0", false).map(drop));
    let edited = |world: &World| {
        world.install(TREE, "1.0.0").unwrap();
        world.write(&format!("{FOLDER}/old/x"), "mine").unwrap();
        assert_eq!(world.staged(NEXT), 2);
    };
    stopped_everywhere("update", edited, |world| world.plant(2, NEXT, "2.0.0", true).map(drop));
    stopped_everywhere("uproot", edited, |world| {
        let node = world.call(ListPlanted { which: WhichPlanted::All }, None)?.0.trees[0].node;
        let heir = Heir { node, note: serde_json::json!({ "added": {} }) };
        world.uproot_node(node, "[]", vec![heir]).map(drop)
    });
    let late = |world: &World| {
        world.staged(TREE);
        world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
    };
    stopped_everywhere("clear a stage", late, |world| {
        use super::super::{stage, txn::mutate};
        mutate(&world.context(), stage::expire)
    });
}

#[test]
fn a_reset_ends_stages_and_what_is_known() {
    let world = world();
    world.install(ONE, "1.0.0").unwrap();
    let stage = world.staged(ONE);
    world.reset().unwrap();
    assert_eq!(world.plant(stage, ONE, "1.0.0", false), Err(Error::NotStaged { stage }));
    assert_eq!(world.planted(), []);
    world.install(ONE, "1.0.0").unwrap();
}

#[test]
fn ten_thousand_files_take_no_more_statements_than_their_bytes() {
    let names: Vec<String> = (0..10_000).map(|number| format!("d{}/f{number}", number % 50)).collect();
    let tree: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), Some("same"))).collect();
    let world = world();
    world.watched.set(false);
    let stage = world.staged(&tree);
    let before = world.sql.statements.get();
    world.plant(stage, &tree, "1.0.0", false).unwrap();
    let statements = world.sql.statements.get() - before;
    assert!(statements < 120, "{statements}");
    world.check();
}

#[test]
fn what_else_lies_in_the_folder_is_passed_by_however_much_it_is() {
    let world = world();
    world.watched.set(false);
    world.install(ONE, "1.0.0").unwrap();
    world.mkdir(&format!("{FOLDER}/old/node_modules")).unwrap();
    let modules = world.number("SELECT id FROM node WHERE name = 'node_modules'");
    world.execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {REVERT_MAX_ENTRIES})
         INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
         SELECT 1000 + i, {modules}, i, i, 0, 1, 1, 1000 + i, 1000 + i FROM n"
    ));
    world.execute("UPDATE meta SET v = 1000000 WHERE k = 'rev'");
    assert_eq!(world.versions_planted(), [(FOLDER.to_owned(), "1.0.0".to_owned())]);
    let before = world.sql.statements.get();
    let planted = world.update(TWO, "2.0.0").unwrap();
    assert_eq!((planted.kept, planted.removed), (vec![], 3), "old/x.ts, old/y.ts and empty go");
    assert!(world.stat(&format!("{FOLDER}/old/node_modules/7")).is_ok());
    let statements = world.sql.statements.get() - before;
    assert!(statements < 150, "{statements}");
    assert_eq!(world.versions_planted(), [(FOLDER.to_owned(), "2.0.0".to_owned())]);
    world.uproot().unwrap();
}
