//! Trees that are planted, for the tests: how one is staged, planted, brought up to date and taken up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Shape, World, hash, path};
use crate::call::{
    CloseStage, Conditions, Error, FillStage, Heir, ListPlanted, NewEntry, NewText, OpenStage, Origin, OriginKind,
    PlantTree, Planted, PlantedTree, SentContent, StageOpened, UprootTree, Uprooted, WantedContent, WhichPlanted,
};
use crate::limits::Limits;

pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;
pub(super) const FOLDER: &str = "src/apps/notes";
pub(super) const REGISTRY: &str = "public/apps/registry.json";

/// Files by their paths; what has none is a directory, as are those above.
pub(super) type Tree<'a> = &'a [(&'a str, Option<&'a str>)];

pub(super) fn entries(tree: Tree<'_>) -> Vec<NewEntry> {
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

pub(super) fn text(at: &str, text: &str) -> NewText {
    let hash = hash(text.as_bytes());
    NewText { path: path(at), text: text.to_owned(), hash, is_bare: text == "[]", only_if: Conditions::default() }
}

pub(super) fn origin(version: &str) -> Origin {
    let (item, version) = ("0".repeat(32), version.to_owned());
    Origin { kind: OriginKind::App, item, version, note: serde_json::json!({ "needs": ["react"] }) }
}

impl World {
    pub(super) fn open(&self, tree: Tree<'_>) -> Result<StageOpened, Error> {
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

    pub(super) fn fill(&self, stage: i64, contents: &[&str]) -> Result<(), Error> {
        let sent = |content: &&str| SentContent {
            hash: hash(content.as_bytes()),
            size_bytes: content.len() as u64,
            key: None,
        };
        let call = FillStage { stage, contents: contents.iter().map(sent).collect() };
        self.call(call, Some(contents.concat().as_bytes())).map(drop)
    }

    /// A stage with all that a tree needs.
    pub(super) fn staged(&self, tree: Tree<'_>) -> i64 {
        let StageOpened { stage, missing } = self.open(tree).unwrap();
        let contents: BTreeSet<&str> = tree.iter().filter_map(|(_, content)| *content).collect();
        let missing: Vec<&str> =
            contents.into_iter().filter(|content| missing.contains(&hash(content.as_bytes()))).collect();
        self.fill(stage, &missing).unwrap();
        stage
    }

    pub(super) fn plant(&self, stage: i64, tree: Tree<'_>, version: &str, is_update: bool) -> Result<Planted, Error> {
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

    pub(super) fn install(&self, tree: Tree<'_>, version: &str) -> Result<Planted, Error> {
        self.plant(self.staged(tree), tree, version, false)
    }

    pub(super) fn update(&self, tree: Tree<'_>, version: &str) -> Result<Planted, Error> {
        self.plant(self.staged(tree), tree, version, true)
    }

    pub(super) fn uproot(&self) -> Result<Uprooted, Error> {
        let node = self.number("SELECT coalesce(max(node), 0) FROM planted");
        self.uproot_node(node, "[]", vec![])
    }

    pub(super) fn uproot_node(&self, node: i64, registry: &str, heirs: Vec<Heir>) -> Result<Uprooted, Error> {
        let call = UprootTree { node, texts: vec![text(REGISTRY, registry)], heirs };
        self.call(call, None).map(|(uprooted, _)| uprooted)
    }

    pub(super) fn planted(&self) -> Vec<PlantedTree> {
        self.call(ListPlanted { which: WhichPlanted::Of("0".repeat(32)) }, None).unwrap().0.trees
    }

    pub(super) fn versions_planted(&self) -> Vec<(String, String)> {
        self.planted().into_iter().map(|tree| (tree.folder.into(), tree.origin.version)).collect()
    }

    /// The tree without the trash.
    pub(super) fn inside(&self) -> Shape {
        let mut shape = self.shape();
        shape.retain(|at, _| !at.starts_with(".trash"));
        shape
    }

    pub(super) fn file(&self, at: &str) -> Option<String> {
        self.read(&format!("{FOLDER}/{at}")).ok()
    }
}

pub(super) const ONE: Tree<'static> = &[
    ("index.tsx", Some("one")),
    ("lib/a.ts", Some("a")),
    ("lib/b.ts", Some("b")),
    ("lib/deep/c.ts", Some("c")),
    ("old/x.ts", Some("x")),
    ("old/y.ts", Some("x")),
    ("empty", None),
    ("same.ts", Some("same")),
];

pub(super) const TWO: Tree<'static> = &[
    ("index.tsx", Some("two")),
    ("lib/a.ts", Some("a2")),
    ("lib/b.ts", Some("b2")),
    ("lib/deep/c.ts", Some("c")),
    ("new/z.ts", Some("z")),
    ("same.ts", Some("same")),
];

pub(super) fn world() -> World {
    World::new(Limits::default())
}
