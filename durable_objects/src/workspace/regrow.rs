//! An update: a planted tree becomes another version of itself, and keeps what somebody has changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::call::{Error, NewEntry, PlantTree, Sought};
use crate::path::FilePath;

use super::planted::{self, Known, Living, What, hash_of};
use super::revert::TrashNames;
use super::stage::Staged;
use super::txn::{Change, Tx};
use super::{media, plant, trash, tree, verbs};

/// What an update has done.
pub struct Grown {
    /// How many files were written.
    pub written: usize,
    /// What went to the trash; a directory counts once.
    pub removed: usize,
    /// What stays as somebody has changed it, or deleted; a directory that is gone with all that was in it is named once.
    pub kept: Vec<FilePath>,
}

/// What an update is to do. Paths are below the folder.
#[derive(Default)]
struct Plan<'a> {
    goes: BTreeSet<&'a FilePath>,
    comes: Vec<&'a NewEntry>,
    changes: Vec<&'a NewEntry>,
    /// What somebody has deleted, and stays so.
    gone: BTreeSet<&'a FilePath>,
    kept: BTreeSet<&'a FilePath>,
}

/// Brings a folder up to date. What is as it was planted, at whatever version, gives way; everything else is somebody's.
pub fn regrow(tx: &Tx<'_>, folder: i64, call: &PlantTree, staged: &Staged) -> Result<Grown, Error> {
    if !planted::is_planted(tx.sql, folder)? {
        return Err(Error::NotPlanted { path: call.folder.clone() });
    }
    let known = Known::read(tx.sql, folder)?;
    let paths = known.paths().chain(call.entries.iter().map(|entry| &entry.path));
    let here = planted::living(tx.sql, folder, paths)?;
    let shared = planted::with_others(tx.sql, &here)?;
    let plan = Plan::of(&here, &shared, &known, &call.entries);
    let below = |path: &FilePath| call.folder.join_below(&FilePath::root(), path);
    let (mut names, mut removed) = (TrashNames::default(), 0);
    // What is in something that goes, goes with it.
    for path in plan.goes.iter().filter(|path| path.parent().is_none_or(|parent| !plan.goes.contains(&parent))) {
        let path = below(path);
        let node = tree::get(tx.sql, &path, Sought::Path)?;
        trash::put_as(tx, &node, &path, &names.next(path.name(), tx.now_ms))?;
        removed += 1;
    }
    let stays = here.iter().filter(|(path, living)| living.what == What::Directory && !plan.goes.contains(path));
    let mut nodes: HashMap<FilePath, i64> = stays.map(|(path, living)| (path.clone(), living.node)).collect();
    nodes.insert(FilePath::root(), folder);
    plant::grow(tx, &call.folder, nodes, &plan.comes, staged)?;
    for entry in &plan.changes {
        let path = below(&entry.path);
        let Some(content) = entry.hash.map(|hash| staged.get(&hash)).transpose()? else { continue };
        let file = tree::get(tx.sql, &path, Sought::File)?;
        let rev = tx.record(Change::Write, Some(file.id), &path, None)?;
        verbs::replace(tx, &file, rev, content)?;
        media::capture(tx, path.name(), content)?;
    }
    let written = plan.changes.len() + plan.comes.iter().filter(|entry| entry.hash.is_some()).count();
    Ok(Grown { written, removed, kept: plan.kept.into_iter().map(below).collect() })
}

impl<'a> Plan<'a> {
    fn of(
        here: &'a BTreeMap<FilePath, Living>,
        shared: &BTreeSet<i64>,
        known: &Known,
        entries: &'a [NewEntry],
    ) -> Self {
        let wanted: BTreeMap<&FilePath, What> = entries.iter().map(|entry| (&entry.path, What::of(entry))).collect();
        let mut plan = Self::default();
        plan.see_what_goes(here, shared, known, &wanted);
        plan.see_what_is_gone(here, known, entries);
        for entry in entries {
            let is_blocked = ancestors(&entry.path).any(|above| {
                here.get(&above).is_some_and(|living| living.what != What::Directory && !plan.goes.contains(&above))
            });
            if is_blocked {
                continue;
            }
            let found = here.get_key_value(&entry.path).filter(|(path, _)| !plan.goes.contains(path));
            match (found, What::of(entry)) {
                (None, _) if plan.gone.contains(&entry.path) => {
                    if entry.path.parent().is_none_or(|above| !plan.gone.contains(&above)) {
                        plan.kept.insert(&entry.path);
                    }
                }
                (None, _) => plan.comes.push(entry),
                (Some((_, living)), what) if living.what == what => {}
                (Some((path, living)), What::File(_)) if hash_of(living.what).is_some() => {
                    if known.is_as_planted(path, living.what) {
                        plan.changes.push(entry);
                    } else {
                        plan.kept.insert(path);
                    }
                }
                (Some((path, _)), _) => drop(plan.kept.insert(path)),
            }
        }
        plan
    }

    /// What the version that is here had and is not here was deleted by somebody. A directory is made again when something new
    /// comes into it.
    fn see_what_is_gone(&mut self, here: &BTreeMap<FilePath, Living>, known: &Known, entries: &'a [NewEntry]) {
        let Some(current) = known.most_alive(here) else { return };
        let mut needed: BTreeSet<FilePath> = BTreeSet::new();
        // From below, so that a directory comes after what it holds.
        for entry in entries.iter().rev().filter(|entry| !here.contains_key(&entry.path)) {
            let path = &entry.path;
            if known.had(current, path) && !(entry.hash.is_none() && needed.contains(path)) {
                self.gone.insert(path);
            } else {
                needed.extend(ancestors(path));
            }
        }
    }

    /// What the new version does not have goes, but for what somebody has changed or put there. A directory goes when nothing
    /// stays in it: those of `shared` hold something that was never planted.
    fn see_what_goes(
        &mut self,
        here: &'a BTreeMap<FilePath, Living>,
        shared: &BTreeSet<i64>,
        known: &Known,
        wanted: &BTreeMap<&FilePath, What>,
    ) {
        let mut needed: BTreeSet<FilePath> = BTreeSet::new();
        // From below, so that a directory comes after what it holds.
        for (path, living) in here.iter().rev() {
            let is_wanted = match (wanted.get(path), living.what) {
                (Some(What::Directory), What::Directory) | (Some(What::File(_)), What::File(_)) => true,
                (_, What::Directory) => shared.contains(&living.node) || needed.contains(path),
                (_, What::File(_)) => false,
            };
            if !is_wanted && known.is_as_planted(path, living.what) {
                self.goes.insert(path);
                continue;
            }
            if !is_wanted && living.what != What::Directory && known.has(path) {
                self.kept.insert(path);
            }
            needed.extend(ancestors(path));
        }
    }
}

/// The directories above a path, the folder itself left out.
fn ancestors(path: &FilePath) -> impl Iterator<Item = FilePath> {
    std::iter::successors(path.parent(), FilePath::parent).filter(|path| !path.is_root())
}
