//! Trees that are planted from a stage, brought up to date and taken up again: whole or not at all, and what somebody has changed
//! stays theirs.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::faults::stopped_everywhere;
use super::{Shape, World, hash, path};
use crate::call::{
    CloseStage, Condition, Conditions, Error, FillStage, Heir, ListPlanted, NewEntry, NewText, OpenStage, Origin,
    OriginKind, PlantTree, Planted, PlantedTree, SentContent, StageOpened, UprootTree, Uprooted, WantedContent,
    WhichPlanted,
};
use crate::limits::{DAY_MS, Limits, REVERT_MAX_ENTRIES};

const HOUR_MS: i64 = 60 * 60 * 1000;
const FOLDER: &str = "src/apps/notes";
const REGISTRY: &str = "public/apps/registry.json";

/// Files by their paths; what has none is a directory, as are those above.
type Tree<'a> = &'a [(&'a str, Option<&'a str>)];

fn entries(tree: Tree<'_>) -> Vec<NewEntry> {
    let mut entries = BTreeMap::new();
    for (at, content) in tree {
        let mut above = path(at).parent();
        while let Some(directory) = above.filter(|directory| !directory.is_root()) {
            above = directory.parent();
            entries.insert(directory, None);
        }
        entries.insert(path(at), content.map(|content| hash(content.as_bytes())));
    }
    entries.into_iter().map(|(path, hash)| NewEntry { path, hash }).collect()
}

fn text(at: &str, text: &str) -> NewText {
    let hash = hash(text.as_bytes());
    NewText { path: path(at), text: text.to_owned(), hash, is_bare: text == "[]", only_if: Conditions::default() }
}

fn origin(version: &str) -> Origin {
    let (item, version) = ("0".repeat(32), version.to_owned());
    Origin { kind: OriginKind::App, item, version, note: serde_json::json!({ "needs": ["react"] }) }
}

impl World {
    fn open(&self, tree: Tree<'_>) -> Result<StageOpened, Error> {
        let contents: BTreeMap<String, WantedContent> = tree
            .iter()
            .filter_map(|(_, content)| *content)
            .map(|content| {
                let wanted = WantedContent { hash: hash(content.as_bytes()), size_bytes: content.len() as u64 };
                (content.to_owned(), wanted)
            })
            .collect();
        let call = OpenStage { contents: contents.into_values().collect(), entries: entries(tree).len() };
        self.call(call, None).map(|(opened, _)| opened)
    }

    fn fill(&self, stage: i64, contents: &[&str]) -> Result<(), Error> {
        let sent = |content: &&str| SentContent {
            hash: hash(content.as_bytes()),
            size_bytes: content.len() as u64,
            key: None,
        };
        let call = FillStage { stage, contents: contents.iter().map(sent).collect() };
        self.call(call, Some(contents.concat().as_bytes())).map(drop)
    }

    /// A stage with all that a tree needs.
    fn staged(&self, tree: Tree<'_>) -> i64 {
        let StageOpened { stage, missing } = self.open(tree).unwrap();
        let contents: BTreeSet<&str> = tree.iter().filter_map(|(_, content)| *content).collect();
        let missing: Vec<&str> =
            contents.into_iter().filter(|content| missing.contains(&hash(content.as_bytes()))).collect();
        self.fill(stage, &missing).unwrap();
        stage
    }

    fn plant(&self, stage: i64, tree: Tree<'_>, version: &str, is_update: bool) -> Result<Planted, Error> {
        let texts = vec![text(REGISTRY, &format!("[\"notes {version}\"]"))];
        let (folder, entries, origin) = (path(FOLDER), entries(tree), origin(version));
        let call = PlantTree { stage, folder, is_update, entries, texts, origin };
        self.call(call, None).map(|(planted, _)| planted)
    }

    /// Plants a tree at a place of its own, from a stage of its own.
    pub fn plant_at(&self, at: &str, tree: Tree<'_>, is_update: bool) -> Result<Planted, Error> {
        let (stage, origin) = (self.staged(tree), origin("1.0.0"));
        let call = PlantTree { stage, folder: path(at), is_update, entries: entries(tree), texts: vec![], origin };
        let planted = self.call(call, None).map(|(planted, _)| planted);
        self.call(CloseStage { stage }, None).unwrap();
        planted
    }

    fn install(&self, tree: Tree<'_>, version: &str) -> Result<Planted, Error> {
        self.plant(self.staged(tree), tree, version, false)
    }

    fn update(&self, tree: Tree<'_>, version: &str) -> Result<Planted, Error> {
        self.plant(self.staged(tree), tree, version, true)
    }

    fn uproot(&self) -> Result<Uprooted, Error> {
        let node = self.number("SELECT coalesce(max(node), 0) FROM planted");
        self.uproot_node(node, "[]", vec![])
    }

    fn uproot_node(&self, node: i64, registry: &str, heirs: Vec<Heir>) -> Result<Uprooted, Error> {
        let call = UprootTree { node, texts: vec![text(REGISTRY, registry)], heirs };
        self.call(call, None).map(|(uprooted, _)| uprooted)
    }

    fn planted(&self) -> Vec<PlantedTree> {
        self.call(ListPlanted { which: WhichPlanted::Of("0".repeat(32)) }, None).unwrap().0.trees
    }

    fn versions_planted(&self) -> Vec<(String, String)> {
        self.planted().into_iter().map(|tree| (tree.folder.into(), tree.origin.version)).collect()
    }

    /// The tree without the trash.
    fn inside(&self) -> Shape {
        let mut shape = self.shape();
        shape.retain(|at, _| !at.starts_with(".trash"));
        shape
    }

    fn file(&self, at: &str) -> Option<String> {
        self.read(&format!("{FOLDER}/{at}")).ok()
    }
}

const ONE: Tree<'static> = &[
    ("index.tsx", Some("one")),
    ("lib/a.ts", Some("a")),
    ("lib/b.ts", Some("b")),
    ("lib/deep/c.ts", Some("c")),
    ("old/x.ts", Some("x")),
    ("old/y.ts", Some("x")),
    ("empty", None),
    ("same.ts", Some("same")),
];

const TWO: Tree<'static> = &[
    ("index.tsx", Some("two")),
    ("lib/a.ts", Some("a2")),
    ("lib/b.ts", Some("b2")),
    ("lib/deep/c.ts", Some("c")),
    ("new/z.ts", Some("z")),
    ("same.ts", Some("same")),
];

fn world() -> World {
    World::new(Limits::default())
}

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
