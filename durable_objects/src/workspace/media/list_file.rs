//! `index.json`: a file that is derived. It has no versions, since it can be written again, and only from what is public
//! now; nobody wrote it; and what a user puts in its place is the user's, as it is itself as long as it lies elsewhere.

use sha2::Digest as _;

use crate::call::Error;
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Param, Sql, first};

use super::super::blobs::{self, Kept};
use super::super::history;
use super::super::tree::{self, New, Node, Target};
use super::super::txn::{Change, Tx};
use super::index::ENTRIES_PER_ITEM;

/// Gives the list its text, unless a user has put something else in its place or there is nothing to list.
pub fn write(tx: &Tx<'_>, path: &FilePath, text: &str, is_empty: bool) -> Result<(), Error> {
    let hash = Sha256::new(sha2::Sha256::digest(text).into());
    let written = match tree::find(tx.sql, path)? {
        Some(node) => replace(tx, &node, path, text, &hash)?,
        None if is_empty => None,
        None => make(tx, path, text, &hash)?,
    };
    let Some((node, blob)) = written else { return Ok(()) };
    remember(tx, node)?;
    for (key, value) in [("media_index", node), ("media_index_blob", blob)] {
        let upsert = "INSERT INTO meta (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
        tx.sql.query(upsert, &[key.into(), value.into()])?;
    }
    Ok(())
}

/// A new text for the list, if it is ours: its node and its content.
fn replace(tx: &Tx<'_>, node: &Node, path: &FilePath, text: &str, hash: &Sha256) -> Result<Option<(i64, i64)>, Error> {
    let ours = |key: &str| {
        let row = first(tx.sql, "SELECT v FROM meta WHERE k = ?1", &[key.into()])?;
        row.map(|row| row.int(0)).transpose()
    };
    let is_ours = ours("media_index")? == Some(node.id) && ours("media_index_blob")? == node.blob;
    let was_ours = || Ok::<_, Error>(node.blob.is_some() && ours(&format!("media_index_{}", node.id))? == node.blob);
    if !(is_ours || was_ours()?) || has(tx.sql, node.blob, hash)? {
        return Ok(None);
    }
    let rev = tx.record(Change::Write, Some(node.id), path, None)?;
    let Kept { blob, size_bytes } = keep_text(tx, text, hash, rev)?;
    // Without a version of what it was: it can be derived again, and only from what is public now. Where it lay elsewhere
    // meanwhile, it was the user's there, and that is history.
    let is_history = history::was_elsewhere(tx.sql, node.id)?;
    if is_history {
        history::close_version(tx, node, rev)?;
    }
    let update = "UPDATE node SET blob = ?2, size = ?3, modified_ms = ?4, rev = ?5 WHERE id = ?1";
    let size = size_bytes.cast_signed();
    tx.sql.query(update, &[node.id.into(), blob.into(), size.into(), tx.now_ms.into(), rev.into()])?;
    tree::content_changed(tx, node.parent, rev)?;
    if !is_history {
        blobs::drop_one(tx, node.blob)?;
    }
    Ok(Some((node.id, blob)))
}

/// The list for the first time, if there is room for it.
fn make(tx: &Tx<'_>, path: &FilePath, text: &str, hash: &Sha256) -> Result<Option<(i64, i64)>, Error> {
    if tx.entries_left()? < ENTRIES_PER_ITEM {
        return Ok(None);
    }
    let parent = match tree::target(tx, path, true) {
        Ok(Target::Free { parent }) => parent,
        Ok(Target::Taken(_)) | Err(Error::IsAFile { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let rev = tx.record(Change::Create, None, path, None)?;
    let kept = keep_text(tx, text, hash, rev)?;
    tree::insert(tx, rev, parent, path.name(), &New::File(kept))?;
    Ok(Some((rev, kept.blob)))
}

/// Notes what the list was when another node takes its place: a restore may bring the earlier one back, and that is ours
/// too. A note lasts as long as its node can come back.
fn remember(tx: &Tx<'_>, node: i64) -> Result<(), Error> {
    const NOTES: [&str; 2] = [
        "INSERT OR REPLACE INTO meta (k, v) SELECT 'media_index_' || i.v, c.v FROM meta i CROSS JOIN meta c
          WHERE i.k = 'media_index' AND c.k = 'media_index_blob' AND i.v <> ?1",
        "DELETE FROM meta WHERE k GLOB 'media_index_[0-9]*' AND k <> 'media_index_' || ?1
            AND NOT EXISTS (SELECT 1 FROM node WHERE id = CAST(substr(k, 13) AS INTEGER))
            AND NOT EXISTS (SELECT 1 FROM held WHERE node = CAST(substr(k, 13) AS INTEGER))",
    ];
    for note in NOTES {
        tx.sql.query(note, &[node.into()])?;
    }
    Ok(())
}

/// Whether content has this hash.
fn has(sql: &dyn Sql, blob: Option<i64>, hash: &Sha256) -> Result<bool, Error> {
    let same = "SELECT 1 FROM blob WHERE id = ?1 AND hash = ?2";
    Ok(first(sql, same, &[blob.into(), Param::Blob(hash.as_bytes())])?.is_some())
}

/// Keeps the text of the list. It is counted, but not refused: a full workspace is to have a true list too.
fn keep_text(tx: &Tx<'_>, text: &str, hash: &Sha256, rev: i64) -> Result<Kept, Error> {
    let size_bytes = text.len() as u64;
    let hash = Param::Blob(hash.as_bytes());
    if let Some(known) = first(tx.sql, "SELECT id FROM blob WHERE hash = ?1 AND state = 0", &[hash])? {
        return Ok(Kept { blob: known.int(0)?, size_bytes });
    }
    tx.add_bytes_unasked(size_bytes);
    let insert = "INSERT INTO blob (id, hash, size, place, key, bytes) VALUES (?1, ?2, ?3, 0, NULL, ?4)";
    let size = size_bytes.cast_signed();
    tx.sql.query(insert, &[rev.into(), hash, size.into(), Param::Blob(text.as_bytes())])?;
    Ok(Kept { blob: rev, size_bytes })
}
