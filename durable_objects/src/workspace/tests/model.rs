//! What a workspace does, as a plain map from paths to contents: the other opinion for `sequences`.

use std::collections::BTreeMap;

use super::verbs::not_found;
use crate::call::{Emptied, Error, Kind, Made, Relocated, Restored, Sought};
use crate::path::FilePath;

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Directory,
    File(String),
}

impl Item {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Directory => Kind::Directory,
            Self::File(_) => Kind::File,
        }
    }

    fn size_bytes(&self) -> u64 {
        match self {
            Self::Directory => 0,
            Self::File(content) => content.len() as u64,
        }
    }
}

/// What is at a path below the root, the trash below `.trash`; and what the trash knows of its entries.
#[derive(Default)]
pub struct Model {
    pub nodes: BTreeMap<FilePath, Item>,
    /// Where an entry was, and when it expires.
    pub trash: BTreeMap<FilePath, (FilePath, i64)>,
}

impl Model {
    pub fn at(&self, at: &FilePath) -> Option<&Item> {
        if at.is_root() || at.is_trash() { Some(&Item::Directory) } else { self.nodes.get(at) }
    }

    fn sought(&self, sought: Sought, at: &FilePath) -> Result<&Item, Error> {
        self.at(at).ok_or_else(|| not_found(sought, at.as_str()))
    }

    /// Looks at a place for something new, as the contract of paths says, and answers what is there.
    fn target(&self, at: &FilePath, make_parents: bool) -> Result<Option<&Item>, Error> {
        if at.is_in_trash() {
            return Err(Error::InTrash { path: at.clone() });
        }
        if let Some(there) = self.at(at) {
            return Ok(Some(there));
        }
        let above: Vec<FilePath> = std::iter::successors(at.parent(), FilePath::parent).collect();
        if let Some(file) = above.iter().find(|path| matches!(self.at(path), Some(Item::File(_)))) {
            return Err(Error::IsAFile { path: file.clone() });
        }
        if !make_parents && above.first().is_some_and(|parent| self.at(parent).is_none()) {
            return Err(not_found(Sought::Parent, above[0].as_str()));
        }
        Ok(None)
    }

    fn put(&mut self, at: &FilePath, item: Item) {
        for above in std::iter::successors(at.parent(), FilePath::parent) {
            if !above.is_root() && !above.is_trash() {
                self.nodes.insert(above, Item::Directory);
            }
        }
        self.nodes.insert(at.clone(), item);
    }

    /// What is at a place and below it, with the paths that it would have elsewhere.
    fn below(&self, from: &FilePath, to: &FilePath) -> Vec<(FilePath, Item)> {
        let inside = self.nodes.iter().filter(|(path, _)| path.is_within(from));
        inside.map(|(path, item)| (to.join_below(from, path), item.clone())).collect()
    }

    pub fn remove(&mut self, at: &FilePath) {
        self.nodes.retain(|path, _| !path.is_within(at));
        self.trash.remove(at);
    }

    /// Moves or copies, when everything has been looked at.
    pub fn relocate(&mut self, from: &FilePath, to: &FilePath, keep: bool) -> usize {
        let entries = self.below(from, to);
        if !keep {
            self.remove(from);
        }
        let count = entries.len();
        for (path, item) in entries {
            self.put(&path, item);
        }
        count
    }

    fn may_go(&self, from: &FilePath, to: &FilePath, overwrite: bool) -> Result<(), Error> {
        let source = self.sought(Sought::Source, from)?;
        let is_file = *source != Item::Directory;
        if !is_file && to.is_within(from) {
            return Err(Error::IntoItself { path: from.clone() });
        }
        match self.target(to, true)? {
            None => Ok(()),
            Some(Item::File(_)) if is_file && overwrite => Ok(()),
            Some(Item::Directory) if is_file && overwrite => Err(Error::IsADirectory { path: to.clone() }),
            Some(_) => Err(Error::AlreadyThere { path: to.clone() }),
        }
    }

    pub fn write(&mut self, at: &FilePath, content: &str, make_parents: bool) -> Result<(), Error> {
        if self.target(at, make_parents)? == Some(&Item::Directory) {
            return Err(Error::IsADirectory { path: at.clone() });
        }
        self.put(at, Item::File(content.to_owned()));
        Ok(())
    }

    pub fn make_directory(&mut self, at: &FilePath) -> Result<Made, Error> {
        match self.target(at, true)? {
            Some(Item::File(_)) => Err(Error::IsAFile { path: at.clone() }),
            Some(Item::Directory) => Ok(Made { made: false }),
            None => {
                self.put(at, Item::Directory);
                Ok(Made { made: true })
            }
        }
    }

    pub fn mv(&mut self, from: &FilePath, to: &FilePath, overwrite: bool) -> Result<Relocated, Error> {
        if from.is_protected() {
            return Err(Error::Protected { path: from.clone(), moving: true });
        }
        if from.is_in_trash() {
            return Err(Error::InTrash { path: from.clone() });
        }
        if from == to && self.at(from).is_some() {
            return Ok(Relocated { entries: 0 });
        }
        self.may_go(from, to, overwrite)?;
        self.relocate(from, to, false);
        Ok(Relocated { entries: 1 })
    }

    pub fn copy(&mut self, from: &FilePath, to: &FilePath, overwrite: bool) -> Result<Relocated, Error> {
        if from.is_trash() {
            return Err(Error::InTrash { path: from.clone() });
        }
        if from == to && matches!(self.at(from), Some(Item::File(_))) {
            let same = Error::AlreadyThere { path: to.clone() };
            return if overwrite { Ok(Relocated { entries: 0 }) } else { Err(same) };
        }
        self.may_go(from, to, overwrite)?;
        Ok(Relocated { entries: self.relocate(from, to, true) })
    }

    pub fn may_delete(&self, at: &FilePath) -> Result<(), Error> {
        if at.is_protected() {
            return Err(Error::Protected { path: at.clone(), moving: false });
        }
        self.sought(Sought::Path, at).map(drop)
    }

    pub fn restore(&mut self, at: &FilePath, to: Option<&FilePath>) -> Result<Restored, Error> {
        let missing = not_found(Sought::Trashed, at.as_str());
        if !at.is_in_trash() || at.is_trash() || self.at(at).is_none() {
            return Err(missing);
        }
        let (trashed, (original, _)) = self.trash.iter().find(|(trashed, _)| at.is_within(trashed)).ok_or(missing)?;
        let to = to.cloned().unwrap_or_else(|| original.join_below(trashed, at));
        if self.target(&to, true)?.is_some() {
            return Err(Error::AlreadyThere { path: to });
        }
        self.relocate(at, &to, false);
        Ok(Restored { path: to })
    }

    pub fn empty(&mut self) -> Emptied {
        let trashed = self.nodes.iter().filter(|(path, _)| path.is_in_trash());
        let bytes = trashed.map(|(_, item)| item.size_bytes()).sum();
        let count = self.trash.len() as u64;
        self.nodes.retain(|path, _| !path.is_in_trash());
        self.trash.clear();
        Emptied { count, bytes }
    }

    pub fn expire(&mut self, now_ms: i64) {
        let expired = self.trash.iter().filter(|(_, (_, expires_ms))| *expires_ms <= now_ms);
        let expired: Vec<FilePath> = expired.map(|(trashed, _)| trashed.clone()).collect();
        for trashed in expired {
            self.remove(&trashed);
        }
    }

    /// The listing, by sorting: a directory's entries by kind, folded name and name, each followed by what it holds.
    pub fn list(&self, at: &FilePath, depth: usize) -> Vec<(FilePath, Kind, u64)> {
        let mut entries: Vec<_> = self
            .nodes
            .iter()
            .filter(|(path, _)| path.parent().as_ref() == Some(at) && path.is_in_trash() == at.is_in_trash())
            .map(|(path, item)| (item.kind(), path.name().to_lowercase(), path, item.size_bytes()))
            .collect();
        entries.sort();
        let mut listing = Vec::new();
        for (kind, _, path, size_bytes) in entries {
            listing.push((path.clone(), kind, size_bytes));
            if kind == Kind::Directory && depth > 1 {
                listing.extend(self.list(path, depth - 1));
            }
        }
        listing
    }
}
