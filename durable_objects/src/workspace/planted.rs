//! What is known of trees that were planted: where they come from, and what they consisted of.
//!
//! It belongs to the node of the folder. So nothing of it has to be undone: a folder in the trash is not installed, and one that
//! comes back is. Which version an app is, and which of its files somebody has changed, is told by comparing what is there with
//! all that was ever planted: so an undone update is the older version again, by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::call::{
    Error, Heir, Kind, ListPlanted, NewEntry, Origin, OriginKind, PlantedTree, PlantedTrees, WhichPlanted,
};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Row, Sql, SqlError, first};

use super::conditions::parse_hash;
use super::revert::chunked;
use super::txn::Tx;
use super::{schema, tree};

/// How many plantings of one folder are known: what is older counts as changed by somebody, and so is kept.
const KNOWN_MAX: i64 = 5;
/// How many trees are answered.
const TREES_MAX: i64 = 1_000;

/// What is at a path below a folder: a directory, or a file with its content, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A directory.
    Directory,
    /// A file.
    File(Option<[u8; 32]>),
}

impl What {
    /// Of a new entry.
    pub fn of(entry: &NewEntry) -> Self {
        entry.hash.map_or(Self::Directory, |hash| Self::File(Some(*hash.as_bytes())))
    }
}

/// An entry below a folder.
pub struct Living {
    /// Its node.
    pub node: i64,
    /// What it is.
    pub what: What,
}

/// Of some paths below a folder, those at which something is: level by level, so as many statements as the deepest has levels, and
/// as many rows as there are paths, whatever else is there. A path is found when those above it are among the paths.
pub fn living<'p>(
    sql: &dyn Sql,
    folder: i64,
    paths: impl Iterator<Item = &'p FilePath>,
) -> Result<BTreeMap<FilePath, Living>, Error> {
    const ENTRIES: &str = "SELECT j.value ->> 2, n.id, n.kind, hex(b.hash) FROM json_each(?1) j
        CROSS JOIN node n INDEXED BY node_entry ON n.parent = (j.value ->> 0) AND n.name = (j.value ->> 1)
        LEFT JOIN blob b ON b.id = n.blob";
    let mut levels: BTreeMap<usize, BTreeSet<&FilePath>> = BTreeMap::new();
    for path in paths.filter(|path| !path.is_root()) {
        levels.entry(path.depth()).or_default().insert(path);
    }
    let mut living: BTreeMap<FilePath, Living> = BTreeMap::new();
    for paths in levels.into_values() {
        let mut found = Vec::new();
        let wanted = paths.iter().filter_map(|path| {
            let above = path.parent()?;
            let parent = if above.is_root() { folder } else { living.get(&above)?.node };
            Some(json!([parent, path.name(), path]))
        });
        chunked(wanted, |rows| {
            for row in sql.query(ENTRIES, &[rows.into()])? {
                let path = FilePath::try_from(row.text(0)?.to_owned()).map_err(|error| SqlError(error.to_string()))?;
                let what = if row.int(2)? == Kind::Directory as i64 {
                    What::Directory
                } else {
                    What::File(parse_hash(row.text(3)?)?.map(|hash| *hash.as_bytes()))
                };
                found.push((path, Living { node: row.int(1)?, what }));
            }
            Ok(())
        })?;
        living.extend(found);
    }
    Ok(living)
}

/// Of those directories, the ones that hold something else besides.
pub fn with_others(sql: &dyn Sql, living: &BTreeMap<FilePath, Living>) -> Result<BTreeSet<i64>, Error> {
    // The nodes are looked for in a set that is made once; what else there is, is read up to the first.
    const OTHERS: &str = "SELECT d.value FROM json_each(?1) d WHERE EXISTS (SELECT 1 FROM node n INDEXED BY node_entry
         WHERE n.parent = d.value AND n.id NOT IN (SELECT value FROM json_each(?2)))";
    let nodes = |is_asked: fn(&Living) -> bool| -> Vec<i64> {
        living.values().filter(|living| is_asked(living)).map(|living| living.node).collect()
    };
    let (directories, all) = (nodes(|living| living.what == What::Directory), nodes(|_| true));
    let params = [json!(directories).to_string(), json!(all).to_string()];
    let [directories, all] = &params;
    let rows = sql.query(OTHERS, &[directories.into(), all.into()])?;
    Ok(rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?)
}

/// What a folder has ever consisted of as it was planted: each path with the plantings that had it so.
#[derive(Default)]
pub struct Known(BTreeMap<FilePath, BTreeMap<What, BTreeSet<i64>>>);

impl Known {
    /// Of a folder's node.
    pub fn read(sql: &dyn Sql, folder: i64) -> Result<Self, Error> {
        let mut known = Self::default();
        let entries = "SELECT stage, path, hex(hash) FROM planted_entry WHERE node = ?1";
        for row in sql.query(entries, &[folder.into()])? {
            let what = parse_hash(row.text(2)?)?.map_or(What::Directory, |hash| What::File(Some(*hash.as_bytes())));
            let path = FilePath::try_from(row.text(1)?.to_owned()).map_err(|error| SqlError(error.to_string()))?;
            known.0.entry(path).or_default().entry(what).or_default().insert(row.int(0)?);
        }
        Ok(known)
    }

    /// Where there was ever something planted.
    pub fn paths(&self) -> impl Iterator<Item = &FilePath> {
        self.0.keys()
    }

    /// Whether there was ever something planted at a path.
    pub fn has(&self, path: &FilePath) -> bool {
        self.0.contains_key(path)
    }

    /// Whether what is there is as it was planted at some time.
    pub fn is_as_planted(&self, path: &FilePath, what: What) -> bool {
        self.0.get(path).is_some_and(|states| states.contains_key(&what))
    }

    /// Whether a planting had something at a path.
    pub fn had(&self, stage: i64, path: &FilePath) -> bool {
        self.0.get(path).is_some_and(|states| states.values().any(|stages| stages.contains(&stage)))
    }

    /// The planting most of whose files are there; of several, the latest.
    pub fn most_alive(&self, living: &BTreeMap<FilePath, Living>) -> Option<i64> {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for (path, states) in &self.0 {
            let found = living.get(path).map(|living| living.what).filter(|what| *what != What::Directory);
            for stage in found.and_then(|what| states.get(&what)).into_iter().flatten() {
                *counts.entry(*stage).or_default() += 1;
            }
        }
        counts.into_iter().max_by_key(|(stage, count)| (*count, *stage)).map(|(stage, _)| stage)
    }
}

/// Notes what was planted from a stage in a folder's node, and which nodes were made for it elsewhere.
pub fn note(
    tx: &Tx<'_>,
    folder: i64,
    stage: i64,
    origin: &Origin,
    entries: &[NewEntry],
    made: &[i64],
) -> Result<(), Error> {
    const INSERT: &str = "INSERT INTO planted (node, stage, kind, item, version, note, made, at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const ENTRIES: &str = "INSERT INTO planted_entry (node, stage, path, hash)
        SELECT ?2, ?3, value ->> 0, unhex(value ->> 1) FROM json_each(?1)";
    const OLDER: &str = "FROM planted WHERE node = ?1 ORDER BY stage DESC LIMIT -1 OFFSET ?2";
    let (note, made) = (origin.note.to_string(), json!(made).to_string());
    let params = [
        folder.into(),
        stage.into(),
        (origin.kind as i64).into(),
        (&origin.item).into(),
        (&origin.version).into(),
        (&note).into(),
        (&made).into(),
        tx.now_ms.into(),
    ];
    tx.sql.query(INSERT, &params)?;
    if origin.kind == OriginKind::App {
        chunked(entries.iter().map(|entry| json!([entry.path, entry.hash])), |rows| {
            tx.sql.query(ENTRIES, &[rows.into(), folder.into(), stage.into()])?;
            Ok(())
        })?;
    }
    let forget = format!("DELETE FROM planted_entry WHERE node = ?1 AND stage IN (SELECT stage {OLDER})");
    tx.sql.query(&forget, &[folder.into(), KNOWN_MAX.into()])?;
    Ok(())
}

/// The nodes that were ever made elsewhere for what was planted in a folder, the latest first; also when the same was planted
/// before, in a folder that somebody has deleted.
pub fn made_for(sql: &dyn Sql, folder: i64) -> Result<Vec<i64>, Error> {
    let made = "SELECT DISTINCT j.value FROM planted p CROSS JOIN json_each(p.made) j
         WHERE p.item IN (SELECT item FROM planted WHERE node = ?1) ORDER BY 1 DESC";
    Ok(sql.query(made, &[folder.into()])?.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?)
}

/// Has a tree take over what was made for another. It is noted with each of its plantings: an undo may bring back any.
pub fn inherit(tx: &Tx<'_>, heir: &Heir, made: &[i64]) -> Result<(), Error> {
    const INHERIT: &str = "UPDATE planted SET note = json_patch(note, ?2), made = (SELECT json_group_array(value) FROM
            (SELECT value FROM json_each(planted.made) UNION SELECT value FROM json_each(?3)))
         WHERE node = ?1";
    let (note, made) = (heir.note.to_string(), json!(made).to_string());
    tx.sql.query(INHERIT, &[heir.node.into(), (&note).into(), (&made).into()])?;
    Ok(())
}

/// Whether something was planted in a folder.
pub fn is_planted(sql: &dyn Sql, folder: i64) -> Result<bool, Error> {
    Ok(first(sql, "SELECT 1 FROM planted WHERE node = ?1 LIMIT 1", &[folder.into()])?.is_some())
}

/// What was planted and is in the tree, or is no more, the latest first.
pub fn list(sql: &dyn Sql, call: &ListPlanted) -> Result<PlantedTrees, Error> {
    const NODES: &str =
        "SELECT node, max(stage) FROM planted WHERE (?1 IS NULL OR item = ?1) AND (?2 IS NULL OR node = ?2)
        GROUP BY node ORDER BY 2 DESC LIMIT ?3";
    let (item, node) = match &call.which {
        WhichPlanted::All => (None, None),
        WhichPlanted::Of(item) | WhichPlanted::Lost(item) => (Some(item), None),
        WhichPlanted::At(path) => (None, Some(tree::find(sql, path)?.map_or(schema::UNLINKED, |node| node.id))),
    };
    let mut trees = Vec::new();
    for row in sql.query(NODES, &[item.into(), node.into(), TREES_MAX.into()])? {
        let (node, mut stage) = (row.int(0)?, row.int(1)?);
        let path = path_of(sql, node)?;
        let is_lost = path.as_ref().is_none_or(FilePath::is_in_trash);
        if is_lost != matches!(call.which, WhichPlanted::Lost(_)) {
            continue;
        }
        let known = Known::read(sql, node)?;
        if !known.0.is_empty() {
            stage = known.most_alive(&living(sql, node, known.paths())?).unwrap_or(stage);
        }
        let about = "SELECT kind, item, version, note, at_ms FROM planted WHERE node = ?1 AND stage = ?2";
        if let Some(row) = first(sql, about, &[node.into(), stage.into()])? {
            let folder = path.unwrap_or_default();
            trees.push(PlantedTree { node, folder, origin: origin(&row)?, planted_ms: row.int(4)? });
        }
    }
    Ok(PlantedTrees { trees })
}

/// Where a node is, if it has a row.
pub fn path_of(sql: &dyn Sql, node: i64) -> Result<Option<FilePath>, Error> {
    let is_there = first(sql, "SELECT 1 FROM node WHERE id = ?1", &[node.into()])?.is_some();
    if is_there { tree::path_of(sql, node) } else { Ok(None) }
}

fn origin(row: &Row) -> Result<Origin, SqlError> {
    Ok(Origin {
        kind: if row.int(0)? == OriginKind::App as i64 { OriginKind::App } else { OriginKind::Desktop },
        item: row.text(1)?.to_owned(),
        version: row.text(2)?.to_owned(),
        note: serde_json::from_str(row.text(3)?).unwrap_or(Value::Null),
    })
}

/// Forgets folders that are gone for good, from the history too. There are few, so all are looked at. Of an app the last note
/// stays, with what was made for those before it: whoever takes it out, or installs it again, wants to know what is left of it.
pub fn forget_gone(tx: &Tx<'_>) -> Result<(), Error> {
    const GONE: &str = "SELECT node FROM planted p WHERE NOT EXISTS (SELECT 1 FROM node WHERE node.id = p.node)
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.node = p.node)";
    const LAST: &str = "SELECT max(stage) FROM planted WHERE kind = ?1 GROUP BY item";
    const HAND_DOWN: &str = "UPDATE planted SET made = (SELECT json_group_array(value) FROM
            (SELECT DISTINCT j.value FROM planted p CROSS JOIN json_each(p.made) j WHERE p.item = planted.item))";
    if first(tx.sql, &format!("{GONE} LIMIT 1"), &[])?.is_none() {
        return Ok(());
    }
    let app = || [(OriginKind::App as i64).into()];
    let leaving = format!("planted WHERE node IN ({GONE}) AND stage NOT IN ({LAST})");
    if first(tx.sql, &format!("SELECT 1 FROM {leaving} LIMIT 1"), &app())?.is_some() {
        let heirs = format!("WHERE stage IN ({LAST}) AND item IN (SELECT item FROM {leaving})");
        tx.sql.query(&format!("{HAND_DOWN} {heirs}"), &app())?;
    }
    tx.sql.query(&format!("DELETE FROM planted_entry WHERE node IN ({GONE})"), &[])?;
    tx.sql.query(&format!("DELETE FROM {leaving}"), &app())?;
    Ok(())
}

/// The hash of a file as clients send it.
pub fn hash_of(what: What) -> Option<Sha256> {
    match what {
        What::File(hash) => hash.map(Sha256::new),
        What::Directory => None,
    }
}
