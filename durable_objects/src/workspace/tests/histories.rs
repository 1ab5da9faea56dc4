//! Random sequences of verbs with checkpoints, restores, versions and turns taken back among them, against a map that keeps
//! every past tree: what is restored is what was, what is undone leaves no trace in the tree, and a checkpoint survives
//! whatever comes after it.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::hash;
use super::model::Item;
use super::sequences::{Pair, Place, Step, name, place, step};
use crate::call::{Error, When, Why};
use crate::limits::DAY_MS;
use crate::path::FilePath;

/// A tree without the trash.
type Tree = BTreeMap<FilePath, Item>;

#[derive(Clone, Debug)]
enum Deed {
    Take(Step),
    Checkpoint,
    GiveUp {
        which: Index,
    },
    RestoreAll {
        which: Index,
        undo: bool,
    },
    RestoreOne {
        which: Index,
        at: Place,
    },
    RestoreVersion {
        at: Place,
        which: Index,
    },
    /// A tree that is planted, or brought up to date where one was, and perhaps taken back.
    Plant {
        at: Place,
        version: usize,
        undo: bool,
    },
    /// Steps of a turn that is then taken back, and perhaps that too.
    Turn {
        steps: Vec<Step>,
        redo: bool,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let which = any::<Index>;
    prop_oneof![
        20 => step().prop_map(Deed::Take),
        3 => Just(Deed::Checkpoint),
        1 => which().prop_map(|which| Deed::GiveUp { which }),
        2 => (which(), any::<bool>()).prop_map(|(which, undo)| Deed::RestoreAll { which, undo }),
        2 => (which(), place()).prop_map(|(which, at)| Deed::RestoreOne { which, at }),
        2 => (place(), which()).prop_map(|(at, which)| Deed::RestoreVersion { at, which }),
        2 => (place(), 0..3_usize, any::<bool>()).prop_map(|(at, version, undo)| Deed::Plant { at, version, undo }),
        4 => (vec(step(), 1..8), any::<bool>()).prop_map(|(steps, redo)| Deed::Turn { steps, redo }),
    ]
}

/// Whether what a step does can be taken back, and is the turn's own: what the alarm does is nobody's.
fn can_be_undone(step: &Step) -> bool {
    !matches!(step, Step::Empty | Step::Alarm { .. } | Step::Delete { permanent: true, .. })
        && !matches!(step, Step::Delete { at, .. } if at.is_in_trash())
}

struct Chronicle {
    pair: Pair,
    checkpoints: BTreeMap<i64, Tree>,
    turns: usize,
}

impl Chronicle {
    fn tree(&self) -> Tree {
        let inside = self.pair.model.nodes.iter().filter(|(path, _)| !path.is_in_trash());
        inside.map(|(path, item)| (path.clone(), item.clone())).collect()
    }

    /// Takes over what the workspace says that there is, where a plain map cannot know: what lies in the trash, and under
    /// which name.
    fn believe(&mut self) {
        let contents: BTreeMap<String, String> = (0.."content".len())
            .map(|length| "content"[..length].to_owned())
            .map(|content| (hash(content.as_bytes()).to_string().to_uppercase(), content))
            .collect();
        let nodes = self.pair.world.shape().into_iter().filter(|(at, _)| !at.is_empty() && at != ".trash");
        let item =
            |content: Option<String>| content.map_or(Item::Directory, |hash| Item::File(contents[&hash].clone()));
        self.pair.model.nodes = nodes.map(|(at, content)| (super::path(&at), item(content))).collect();
        let trash = self.pair.world.trash_page(1_000, None).entries.into_iter();
        self.pair.model.trash = trash.map(|entry| (entry.path, (entry.original, entry.expires_ms))).collect();
    }

    fn pick(&self, which: Index) -> Option<i64> {
        let revs: Vec<i64> = self.checkpoints.keys().copied().collect();
        (!revs.is_empty()).then(|| *which.get(&revs))
    }

    fn take(&mut self, deed: &Deed) {
        match deed {
            Deed::Take(step) => self.pair.take(step),
            Deed::Checkpoint => {
                let rev = self.pair.world.checkpoint();
                self.checkpoints.insert(rev, self.tree());
            }
            Deed::GiveUp { which } => {
                if let Some(rev) = self.pick(*which) {
                    self.pair.world.drop_checkpoint(rev).unwrap();
                    self.checkpoints.remove(&rev);
                }
            }
            Deed::RestoreAll { which, undo } => self.restore_all(*which, *undo),
            Deed::RestoreOne { which, at } => self.restore_one(*which, at),
            Deed::RestoreVersion { at, which } => self.restore_version(at, *which),
            Deed::Plant { at, version, undo } => self.plant(at, *version, *undo),
            Deed::Turn { steps, redo } => self.turn(steps, *redo),
        }
    }

    fn restore_all(&mut self, which: Index, undo: bool) {
        let Some(rev) = self.pick(which) else { return };
        let before = self.tree();
        let reverted = self.pair.world.restore_to(rev, "").unwrap();
        self.believe();
        // What the agent cannot do without stays, though it was not there then.
        let kept = |path: &FilePath| reverted.left.iter().any(|left| path.is_within(&left.path));
        let after = self.tree();
        let restored: Tree =
            after.iter().filter(|(path, _)| !kept(path)).map(|(p, i)| (p.clone(), i.clone())).collect();
        assert_eq!(&restored, &self.checkpoints[&rev]);
        // A turn that has changed nothing is none.
        if !undo || reverted.restored + reverted.trashed == 0 {
            return;
        }
        self.pair.world.undo_all(reverted.turn.as_str());
        self.believe();
        assert_eq!(self.tree(), before);
    }

    fn restore_one(&mut self, which: Index, at: &Place) {
        let Some(rev) = self.pick(which) else { return };
        let at = super::path(&self.pair.resolve(at));
        let inside = |tree: &Tree| -> Tree {
            tree.iter()
                .filter(|(path, _)| path.is_within(&at))
                .map(|(path, item)| (path.clone(), item.clone()))
                .collect()
        };
        let (was, before) = (inside(&self.checkpoints[&rev]), self.tree());
        let result = self.pair.world.restore_to(rev, at.as_str());
        if at.is_in_trash() {
            assert_eq!(result, Err(Error::InTrash { path: at }));
        } else if was.is_empty() && !at.is_root() {
            assert!(matches!(result, Err(Error::NotFound { .. })), "{result:?}");
        } else if let Ok(reverted) = result {
            self.believe();
            let kept = |path: &FilePath| reverted.left.iter().any(|left| path.is_within(&left.path));
            let mut now = inside(&self.tree());
            now.retain(|path, _| !kept(path));
            assert_eq!(now, was);
            // Elsewhere nothing has come or changed, but for the way there.
            for (path, item) in self.tree().iter().filter(|(path, _)| !path.is_within(&at) && !at.is_within(path)) {
                assert_eq!(before.get(path), Some(item), "{path} was not to be touched");
            }
        } else {
            assert!(matches!(result, Err(Error::IsAFile { .. })), "{result:?}");
        }
    }

    fn restore_version(&mut self, at: &Place, which: Index) {
        let at = self.pair.resolve(at);
        let Ok(page) = self.pair.world.versions_page(&at, 100, None) else { return };
        let version = which.get(&page.versions);
        let content = self.pair.world.read_when(&at, When::Version(version.rev)).unwrap();
        assert_eq!(version.hash, Some(hash(content.as_bytes())));
        let written = self.pair.world.restore_version(&at, version.rev);
        let expected = self.pair.model.write(&super::path(&at), &content, true);
        assert_eq!(written.map(drop), expected);
    }

    fn plant(&mut self, at: &Place, version: usize, undo: bool) {
        const VERSIONS: [&[(&str, Option<&str>)]; 3] = [
            &[("a", Some("c")), ("b/a", Some("co")), ("b/b", None)],
            &[("a", Some("con")), ("b/a", Some("co"))],
            &[("a/b", Some("c")), ("b", Some("cont"))],
        ];
        let (at, before) = (self.pair.resolve(at), self.tree());
        let tree = VERSIONS.get(version).copied().unwrap_or_default();
        let world = &self.pair.world;
        let planted = match world.plant_at(&at, tree, false) {
            Err(Error::AlreadyThere { .. }) => world.plant_at(&at, tree, true),
            planted => planted,
        };
        self.believe();
        let Ok(planted) = planted else { return assert_eq!(self.tree(), before) };
        let folder = super::path(&at);
        for (below, content) in tree {
            let path = folder.join_below(&FilePath::root(), &super::path(below));
            let is_kept = planted.kept.iter().any(|kept| path.is_within(kept));
            let is = match self.pair.model.nodes.get(&path) {
                Some(Item::File(found)) => *content == Some(found.as_str()),
                Some(Item::Directory) => content.is_none(),
                None => false,
            };
            assert!(is_kept || is, "{path} is not what was planted");
        }
        // What the agent cannot do without would stay, and what is in it.
        let is_protected = FilePath::root().child(folder.segments().next().unwrap_or_default()).is_protected();
        if undo && !is_protected && self.tree() != before {
            self.pair.world.undo_all(planted.turn.as_str());
            self.believe();
            assert_eq!(self.tree(), before);
        }
    }

    fn turn(&mut self, steps: &[Step], redo: bool) {
        self.turns += 1;
        let name = format!("turn-{}", self.turns);
        let (before, trash) = (self.tree(), self.pair.model.trash.len());
        let pair = &mut self.pair;
        pair.world.turn.replace(crate::ids::Label::parse(&name));
        for step in steps.iter().filter(|step| can_be_undone(step)) {
            pair.take(step);
        }
        pair.world.turn.replace(None);
        let after = self.tree();
        let undone = match self.pair.world.undo(&name, false) {
            Err(Error::NoTurn { .. }) => return assert_eq!(after, before),
            undone => undone.unwrap(),
        };
        self.believe();
        // What the agent cannot do without stays, with what is in it.
        assert!(undone.left.iter().all(|left| left.why == Why::Protected), "{:?}", undone.left);
        let top = |path: &FilePath| path.segments().take(1).fold(FilePath::root(), |root, name| root.child(name));
        let kept =
            |path: &FilePath| !undone.left.is_empty() && top(path).is_protected() && !before.contains_key(&top(path));
        let mut now = self.tree();
        now.retain(|path, _| !kept(path));
        assert_eq!(now, before);
        assert!(self.pair.model.trash.len() >= trash, "nothing leaves the trash for nowhere");
        if redo && undone.left.is_empty() && undone.restored + undone.trashed > 0 {
            self.pair.world.undo_all(undone.turn.as_str());
            self.believe();
            assert_eq!(self.tree(), after);
        }
    }

    /// Every checkpoint still reads as it was: the list, and each file.
    fn look_back(&self) {
        for (rev, tree) in &self.checkpoints {
            let mut listed = self.pair.world.tree_at("", *rev, 3).unwrap();
            listed.sort();
            let mut expected: Vec<String> = tree.keys().map(FilePath::to_string).collect();
            expected.sort();
            assert_eq!(listed, expected);
            for (path, item) in tree {
                if let Item::File(content) = item {
                    let read = self.pair.world.read_when(path.as_str(), When::At(*rev));
                    assert_eq!(read.as_ref(), Ok(content));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_past_can_be_had_again(
        alphabet in vec(name(), 2..5),
        deeds in vec(deed(), 1..30),
    ) {
        let mut chronicle = Chronicle { pair: Pair::new(alphabet), checkpoints: BTreeMap::new(), turns: 0 };
        for deed in &deeds {
            chronicle.take(deed);
            chronicle.pair.compare();
        }
        chronicle.look_back();
        chronicle.pair.world.check_history();
        // Time passes over everything but the checkpoints, and over those when they are given up.
        for _ in 0..3 {
            chronicle.pair.world.settle(31 * DAY_MS);
            chronicle.pair.world.sweep();
        }
        chronicle.look_back();
        for rev in chronicle.checkpoints.keys() {
            chronicle.pair.world.drop_checkpoint(*rev).unwrap();
        }
        for _ in 0..3 {
            chronicle.pair.world.settle(31 * DAY_MS);
            chronicle.pair.world.sweep();
        }
        prop_assert_eq!(chronicle.pair.world.number("SELECT (SELECT count(*) FROM past) + (SELECT count(*) FROM held)"), 0);
    }
}
