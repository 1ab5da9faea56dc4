//! Files that the bucket held before the workspace was first opened. They become entries at once, so that a user who has
//! been here before finds everything in its place; their bytes stay where they are until the alarm takes them over, a few
//! at a time. Until then their hash is not known, and what lies under their keys is somebody else's to change.

use crate::call::{Error, Foreign, Import, Imported, Kind};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Bytes, Param, Sql, SqlError, first, len_bytes};

use super::blobs::Kept;
use super::timer::{self, Timer};
use super::tree::{self, New, Target};
use super::txn::{Change, Context, Tx, mutate};
use super::{history, media, mirror, uploads};

/// How many files one ring of the alarm takes over: a few operations on the bucket each, of the 1,000 of one invocation.
const ADOPT_BATCH: i64 = 50;
/// When it looks again at bytes that could not be had: somebody else may have removed them.
const RETRY_MS: i64 = 60 * 60 * 1000;

/// Makes entries of a page of files.
pub fn import(tx: &Tx<'_>, call: &Import) -> Result<Imported, Error> {
    let mut imported = Imported { entries: 0, passed_over: 0 };
    let is_pending = first(tx.sql, "SELECT 1 FROM meta WHERE k = 'import'", &[])?.is_some();
    if !is_pending {
        // Somebody else has finished it.
        return Ok(imported);
    }
    for file in &call.files {
        if import_one(tx, file)? {
            imported.entries += 1;
        } else {
            imported.passed_over += 1;
        }
    }
    if call.done {
        tx.sql.query("DELETE FROM meta WHERE k = 'import'", &[])?;
        timer::arm(tx.sql, Timer::Adopt, timer::AT_ONCE)?;
    }
    Ok(imported)
}

/// Whether a file has become an entry. It has not when something is in its way, as after an import that was cut off.
fn import_one(tx: &Tx<'_>, file: &Foreign) -> Result<bool, Error> {
    let left = tx.entries_left()?;
    // What is missing is looked up only where there may be too little room for it.
    if left < file.path.depth() && left < tree::missing(tx.sql, &file.path)? {
        return Ok(false);
    }
    let parent = match tree::target(tx, &file.path, true) {
        Ok(Target::Free { parent }) => parent,
        Ok(Target::Taken(node)) if node.is_directory() && file.kind == Kind::Directory => {
            mirror::note_first(tx, file, None)?;
            return Ok(false);
        }
        Ok(Target::Taken(_)) | Err(Error::IsAFile { .. } | Error::InTrash { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.kind == Kind::Directory {
        tree::make_directory(tx, parent, &file.path)?;
        mirror::note_first(tx, file, None)?;
        return Ok(true);
    }
    let rev = tx.record(Change::Import, None, &file.path, None)?;
    let size = file.size_bytes.cast_signed();
    let insert = "INSERT INTO blob (id, hash, size, place, key) VALUES (?1, NULL, ?2, ?3, ?4)";
    tx.sql.query(insert, &[rev.into(), size.into(), uploads::DATA.into(), (&file.key).into()])?;
    tree::insert(tx, rev, parent, file.path.name(), &New::File(Kept { blob: rev, size_bytes: file.size_bytes }))?;
    mirror::note_first(tx, file, Some(rev))?;
    Ok(true)
}

/// Where an import that was cut off had come to: nothing else can have changed the tree since.
pub fn last(sql: &dyn Sql) -> Result<Option<FilePath>, Error> {
    let last = "SELECT path FROM change WHERE kind = ?1 ORDER BY rev DESC LIMIT 1";
    let last = first(sql, last, &[Change::Import.word().into()])?;
    last.map(|row| FilePath::try_from(row.text(0)?.to_owned()).map_err(|error| SqlError(error.to_string()).into()))
        .transpose()
}

/// Bytes under somebody else's key.
pub struct Orphan {
    /// Their blob.
    pub blob: i64,
    /// Their key.
    pub key: String,
}

/// What they turned out to be.
pub enum Adopted {
    /// Few enough to go into the row.
    Small {
        /// The bucket's tag of what was read.
        etag: String,
        /// Their hash.
        hash: Sha256,
        /// They themselves.
        bytes: Bytes,
    },
    /// A copy under an announced key of ours.
    Large {
        /// The bucket's tag of what was read.
        etag: String,
        /// Their hash.
        hash: Sha256,
        /// The key.
        key: String,
        /// Their size.
        size_bytes: u64,
    },
}

/// The next bytes to take over, if it is time to.
pub fn orphans(context: &Context<'_>) -> Result<Option<Vec<Orphan>>, Error> {
    if timer::due(context.sql, &[Timer::Adopt], context.now_ms)?.is_none() {
        return Ok(None);
    }
    let next = "SELECT id, key FROM blob WHERE hash IS NULL AND id > coalesce(
        (SELECT v FROM meta WHERE k = 'adopted'), 0) ORDER BY id LIMIT ?1";
    let rows = context.sql.query(next, &[ADOPT_BATCH.into()])?;
    rows.iter()
        .map(|row| Ok(Orphan { blob: row.int(0)?, key: row.text(1)?.to_owned() }))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Makes bytes the workspace's own. They exist already, so the quota is not asked; it counts them from now on.
pub fn adopt(context: &Context<'_>, orphan: &Orphan, adopted: &Adopted) -> Result<(), Error> {
    let (hash, size_bytes, etag) = match adopted {
        Adopted::Small { etag, hash, bytes } => (hash, len_bytes(bytes), etag),
        Adopted::Large { etag, hash, size_bytes, .. } => (hash, *size_bytes, etag),
    };
    let size = size_bytes.cast_signed();
    mutate(context, |tx| {
        let is_there = "SELECT 1 FROM blob WHERE id = ?1 AND hash IS NULL";
        let known = "SELECT id FROM blob WHERE hash = ?1 AND state = 0";
        let is_there = first(tx.sql, is_there, &[orphan.blob.into()])?.is_some();
        let known = first(tx.sql, known, &[Param::Blob(hash.as_bytes())])?.map(|row| row.int(0)).transpose()?;
        let is_kept = is_there && known.is_none();
        let place = match adopted {
            Adopted::Large { key, .. } if is_kept => Some((uploads::adopt(tx, key)?, Some(key), Param::Null)),
            Adopted::Large { key, .. } => {
                uploads::abandon(tx, key)?;
                None
            }
            Adopted::Small { bytes, .. } => is_kept.then_some((0, None, Param::Bytes(bytes))),
        };
        if let Some((place, key, bytes)) = place {
            let update = "UPDATE blob SET hash = ?2, size = ?3, place = ?4, key = ?5, bytes = ?6 WHERE id = ?1";
            let params =
                [orphan.blob.into(), Param::Blob(hash.as_bytes()), size.into(), place.into(), key.into(), bytes];
            tx.sql.query(update, &params)?;
            tx.add_bytes_unasked(size_bytes);
        } else if let Some(known) = known.filter(|_| is_there) {
            for table in ["node", "past"] {
                let repoint = format!("UPDATE {table} SET blob = ?2 WHERE blob = ?1");
                tx.sql.query(&repoint, &[orphan.blob.into(), known.into()])?;
            }
            tx.sql.query("DELETE FROM blob WHERE id = ?1", &[orphan.blob.into()])?;
        }
        let blob = known.unwrap_or(orphan.blob);
        resize(tx, blob, size)?;
        mirror::adopted(tx, orphan.blob, (&orphan.key, etag), hash, size)?;
        media::capture_adopted(tx, Kept { blob, size_bytes })
    })
}

/// Gives files the size that their content turned out to have. Another one than was seen is a change like any other: a
/// listing shows it, so it has a rev.
fn resize(tx: &Tx<'_>, blob: i64, size: i64) -> Result<(), Error> {
    let versions = "UPDATE past SET size = ?2 WHERE blob = ?1 AND size <> ?2 RETURNING 1";
    if !tx.sql.query(versions, &[blob.into(), size.into()])?.is_empty() {
        history::note_loss(tx)?;
    }
    let files = "SELECT id, parent FROM node WHERE blob = ?1 AND size <> ?2";
    for row in tx.sql.query(files, &[blob.into(), size.into()])? {
        let (file, parent) = (row.int(0)?, row.int(1)?);
        let update = "UPDATE node SET size = ?2, modified_ms = ?3 WHERE id = ?1";
        tx.sql.query(update, &[file.into(), size.into(), tx.now_ms.into()])?;
        // What was deleted for good is in nobody's sight.
        if let Some(path) = tree::path_of(tx.sql, file)? {
            let rev = tx.record(Change::Write, Some(file), &path, None)?;
            tree::content_changed(tx, parent, rev)?;
        }
    }
    Ok(())
}

/// Sets when the alarm goes on taking over, behind the last bytes that it has looked at. Once it has come by all of them,
/// those that could not be had are looked at again, an hour later.
pub fn settle(context: &Context<'_>, last: Option<i64>) -> Result<(), Error> {
    mutate(context, |tx| {
        let due_ms = if let Some(last) = last {
            let mark = "INSERT INTO meta (k, v) VALUES ('adopted', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
            tx.sql.query(mark, &[last.into()])?;
            Some(timer::AT_ONCE)
        } else {
            tx.sql.query("DELETE FROM meta WHERE k = 'adopted'", &[])?;
            let left = first(tx.sql, "SELECT 1 FROM blob WHERE hash IS NULL LIMIT 1", &[])?.is_some();
            left.then_some(tx.now_ms + RETRY_MS)
        };
        Ok(timer::settle(tx.sql, Timer::Adopt, due_ms)?)
    })
}
