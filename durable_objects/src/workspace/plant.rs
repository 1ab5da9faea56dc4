//! Planting a whole tree in one transaction, and taking it up again.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use crate::call::{
    Content, Error, Kind, NewEntry, NewText, OriginKind, PlantTree, Planted, Sought, UprootTree, Uprooted, Write,
};
use crate::path::FilePath;
use crate::sql::{SqlError, first, of_text};

use super::conditions::check;
use super::revert::{TrashNames, chunked};
use super::stage::{self, Staged};
use super::tree::{self, Node, Target};
use super::txn::{Change, Tx};
use super::{media, planted, regrow, trash, verbs};

/// Plants a tree whose contents are on a stage.
pub fn plant(tx: &Tx<'_>, call: &PlantTree) -> Result<Planted, Error> {
    let word = match (call.origin.kind, call.is_update) {
        (OriginKind::Desktop, _) => "fork",
        (OriginKind::App, true) => "update",
        (OriginKind::App, false) => "install",
    };
    let turn = tx.own_turn(word, None)?;
    let staged = Staged::read(tx, call.stage)?;
    let before = tx.rev();
    let (folder, mut made, planted) = if call.is_update {
        let folder = tree::get(tx.sql, &call.folder, Sought::Directory)?.id;
        let grown = regrow::regrow(tx, folder, call, &staged)?;
        (folder, Vec::new(), Planted { written: grown.written, removed: grown.removed, kept: grown.kept, turn })
    } else {
        let Target::Free { parent } = tree::target(tx, &call.folder, true)? else {
            return Err(Error::AlreadyThere { path: call.folder.clone() });
        };
        let made: Vec<i64> = (before + 1..=tx.rev()).collect();
        let folder = tree::make_directory(tx, parent, &call.folder)?;
        let entries: Vec<&NewEntry> = call.entries.iter().collect();
        grow(tx, &call.folder, HashMap::from([(FilePath::root(), folder)]), &entries, &staged)?;
        let written = entries.iter().filter(|entry| entry.hash.is_some()).count();
        (folder, made, Planted { written, removed: 0, kept: Vec::new(), turn })
    };
    for text in &call.texts {
        made.extend(write(tx, text)?);
    }
    planted::note(tx, folder, call.stage, &call.origin, &call.entries, &made)?;
    stage::end(tx, call.stage)?;
    Ok(planted)
}

/// Makes entries below a folder, of which some directories are there: `nodes`, by path. As many statements for ten thousand of
/// them as for a few hundred.
pub fn grow(
    tx: &Tx<'_>,
    folder: &FilePath,
    mut nodes: HashMap<FilePath, i64>,
    entries: &[&NewEntry],
    staged: &Staged,
) -> Result<(), Error> {
    const INSERT: &str =
        "INSERT INTO node (id, parent, name, fold, kind, blob, size, created_ms, modified_ms, rev, children_rev)
        SELECT value ->> 0, value ->> 4, value ->> 5, value ->> 6, ?2, value ->> 7, value ->> 8, ?3, ?3, value ->> 0, ?4
          FROM json_each(?1)";
    let (directories, files): (Vec<&NewEntry>, Vec<&NewEntry>) = entries.iter().partition(|entry| entry.hash.is_none());
    tx.add_entries(entries.len())?;
    tx.add_files(count(files.len()));
    let first_rev = tx.take_revs(count(entries.len()));
    let (mut rev, mut grown) = (first_rev, BTreeSet::new());
    for (kind, change, entries) in
        [(Kind::Directory, Change::MakeDirectory, &directories), (Kind::File, Change::Create, &files)]
    {
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let parent = entry.path.parent().and_then(|parent| nodes.get(&parent)).copied();
            let parent = parent.ok_or_else(|| SqlError(format!("{:?} comes before its directory", entry.path)))?;
            let content = entry.hash.map(|hash| staged.get(&hash)).transpose()?;
            let (blob, size) = content.map_or((None, 0), |kept| (Some(kept.blob), kept.size_bytes.cast_signed()));
            let (path, name) = (folder.join_below(&FilePath::root(), &entry.path), entry.path.name());
            rows.push(json!([rev, rev, path, null, parent, name, tree::fold(name), blob, size]));
            if kind == Kind::Directory {
                nodes.insert(entry.path.clone(), rev);
            }
            if parent < first_rev {
                grown.insert(parent);
            }
            rev += 1;
        }
        chunked(rows.into_iter(), |rows| {
            tx.record_many(change, rows)?;
            let params = [rows.into(), (kind as i64).into(), tx.now_ms.into(), tx.rev().into()];
            tx.sql.query(INSERT, &params)?;
            Ok(())
        })?;
    }
    for directory in grown {
        tree::entries_changed(tx, directory, tx.rev())?;
    }
    for file in files {
        let content = file.hash.map(|hash| staged.get(&hash)).transpose()?;
        content.map(|content| media::capture(tx, file.path.name(), content)).transpose()?;
    }
    Ok(())
}

/// Writes a file elsewhere, and answers the nodes that were made for it.
fn write(tx: &Tx<'_>, text: &NewText) -> Result<Vec<i64>, Error> {
    let before = tx.rev();
    let is_there = tree::find(tx.sql, &text.path)?.is_some();
    let call = Write {
        path: text.path.clone(),
        hash: text.hash,
        content: Content::Body,
        make_parents: true,
        only_if: text.only_if.clone(),
    };
    verbs::write(tx, &call, Some(&of_text(&text.text)))?;
    Ok(if is_there { Vec::new() } else { (before + 1..=tx.rev()).collect() })
}

/// Takes a planted tree up: its folder goes into the trash if it is not there yet, and what was made for it elsewhere too, as far
/// as nothing else is in there by now. What stays is its heirs'.
pub fn uproot(tx: &Tx<'_>, call: &UprootTree) -> Result<Uprooted, Error> {
    let turn = tx.own_turn("uninstall", None)?;
    let folder = planted::path_of(tx.sql, call.node)?;
    if !planted::is_planted(tx.sql, call.node)? {
        return Err(Error::NotPlanted { path: folder.unwrap_or_default() });
    }
    let mut names = TrashNames::default();
    let mut throw = |node: &Node, path: &FilePath| trash::put_as(tx, node, path, &names.next(path.name(), tx.now_ms));
    let mut trash_path = None;
    if let Some(path) = folder.filter(|path| !path.is_in_trash()) {
        trash_path = Some(throw(&tree::get(tx.sql, &path, Sought::Directory)?, &path)?.path);
    }
    let made = planted::made_for(tx.sql, call.node)?;
    for heir in &call.heirs {
        planted::inherit(tx, heir, &made)?;
    }
    for text in &call.texts {
        match tree::find(tx.sql, &text.path)? {
            Some(node) if text.is_bare && made.contains(&node.id) => {
                check(tx.sql, &text.only_if, &text.path, Some(&node))?;
                throw(&node, &text.path)?;
            }
            _ => drop(write(tx, text)?),
        }
    }
    // A directory was made before what is in it, and so comes after it here.
    for node in made {
        let empty = "SELECT 1 FROM node WHERE id = ?1 AND kind = 0 AND parent > 0
            AND NOT EXISTS (SELECT 1 FROM node entry WHERE entry.parent = ?1)";
        if first(tx.sql, empty, &[node.into()])?.is_none() {
            continue;
        }
        let path = tree::path_of(tx.sql, node)?.unwrap_or_default();
        if let Some(node) = tree::find(tx.sql, &path)?.filter(|_| !path.is_in_trash() && !path.is_protected()) {
            throw(&node, &path)?;
        }
    }
    Ok(Uprooted { trash_path, turn })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
