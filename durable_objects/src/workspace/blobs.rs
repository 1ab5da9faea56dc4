//! Content: kept once by its hash, and freed when nothing uses it any more.
//!
//! There are no reference counters that could go wrong. Whatever lets go of a blob notes it in `dropped`; the sweep
//! looks at the noted ones and frees those that neither a node, nor the history, nor a stage uses. Inline bytes go with their row. Of
//! bytes in the bucket only the row can be seen from here: it is doomed, and after the grace of those who may still be
//! reading, `bucket` removes the object and then the row.

use serde_json::json;

use crate::call::{Content, Error};
use crate::ids::Sha256;
use crate::sql::{Bytes, Param, Sql, SqlError, first, len_bytes, only};

use super::bucket::Removal;
use super::timer::{self, Timer};
use super::txn::Tx;
use super::{media, mirror, uploads};

/// Lets a burst of changes end before the sweep looks at what it dropped.
const SWEEP_DELAY_MS: i64 = 1000;
/// How many blobs one step of the sweep looks at.
const SWEEP_BATCH: i64 = 500;
/// How long a doomed object stays readable: a reader that has its key is done with it by then.
pub const GRACE_MS: i64 = 60 * 60 * 1000;
/// How many objects the alarm removes at once: one call to the bucket takes 1,000 keys.
const REMOVE_BATCH: i64 = 500;

/// Content that is kept.
#[derive(Clone, Copy)]
pub struct Kept {
    /// Its blob.
    pub blob: i64,
    /// Its size.
    pub size_bytes: u64,
}

/// Keeps the content of a write: as the blob that has the same bytes already, or as a new one whose id is `rev`.
pub fn keep(tx: &Tx<'_>, hash: &Sha256, content: &Content, body: Option<&Bytes>, rev: i64) -> Result<Kept, Error> {
    let hash = Param::Blob(hash.as_bytes());
    let known = first(tx.sql, "SELECT id, size FROM blob WHERE hash = ?1 AND state = 0", &[hash])?;
    let known =
        known.map(|row| Ok::<_, SqlError>(Kept { blob: row.int(0)?, size_bytes: row.count(1)? })).transpose()?;
    let insert = "INSERT INTO blob (id, hash, size, place, key, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    match (content, body, known) {
        (Content::Body, _, Some(known)) => Ok(known),
        (Content::Body, Some(bytes), None) => {
            let size_bytes = len_bytes(bytes);
            tx.add_bytes(size_bytes)?;
            let size = size_bytes.cast_signed().into();
            tx.sql.query(insert, &[rev.into(), hash, size, 0.into(), Param::Null, Param::Bytes(bytes)])?;
            Ok(Kept { blob: rev, size_bytes })
        }
        (Content::Body, None, None) => Err(SqlError("a write came without its body".to_owned()).into()),
        (Content::Stored { key, .. }, _, Some(known)) => {
            uploads::abandon(tx, key)?;
            Ok(known)
        }
        (Content::Stored { key, size_bytes }, _, None) => {
            let place = uploads::adopt(tx, key)?;
            tx.add_bytes(*size_bytes)?;
            let size = size_bytes.cast_signed().into();
            tx.sql.query(insert, &[rev.into(), hash, size, place.into(), key.into(), Param::Null])?;
            Ok(Kept { blob: rev, size_bytes: *size_bytes })
        }
    }
}

/// Notes that something has let go of a blob.
pub fn drop_one(tx: &Tx<'_>, blob: Option<i64>) -> Result<(), Error> {
    if let Some(blob) = blob {
        tx.sql.query("INSERT OR IGNORE INTO dropped (blob) VALUES (?1)", &[blob.into()])?;
        timer::arm(tx.sql, Timer::Sweep, tx.now_ms + SWEEP_DELAY_MS)?;
    }
    Ok(())
}

/// Notes that something is about to let go of the blobs that `select` answers.
pub fn drop_all(tx: &Tx<'_>, select: &str, params: &[Param<'_>]) -> Result<(), Error> {
    let note =
        format!("INSERT OR IGNORE INTO dropped (blob) SELECT blob FROM ({select}) WHERE blob IS NOT NULL RETURNING 1");
    if !tx.sql.query(&note, params)?.is_empty() {
        timer::arm(tx.sql, Timer::Sweep, tx.now_ms + SWEEP_DELAY_MS)?;
    }
    Ok(())
}

/// Lets go of everything at once, but for what media items have, when nothing else is left that could use it.
pub fn let_go_of_all(tx: &Tx<'_>) -> Result<(), Error> {
    let inline = "SELECT coalesce(sum(size), 0) FROM blob WHERE place = 0";
    tx.remove_bytes(only(tx.sql, inline, &[])?.int(0)?);
    tx.sql.query("DELETE FROM blob WHERE place = 0 OR hash IS NULL", &[])?;
    // Nobody reads media that are gone.
    let doom = "UPDATE blob SET state = 1, doomed_ms = CASE place WHEN 2 THEN ?1 - ?2 ELSE ?1 END
        WHERE state = 0 AND id NOT IN (SELECT blob FROM media)";
    tx.sql.query(doom, &[tx.now_ms.into(), GRACE_MS.into()])?;
    let next_ms = only(tx.sql, "SELECT min(doomed_ms) + ?1 FROM blob WHERE state = 1", &[GRACE_MS.into()])?;
    timer::arm(tx.sql, Timer::Remove, next_ms.int_or_null(0)?.unwrap_or(tx.now_ms + GRACE_MS))?;
    Ok(())
}

/// One step of the sweep.
pub fn sweep(tx: &Tx<'_>) -> Result<(), Error> {
    const UNUSED: &str = "id IN (SELECT value FROM json_each(?1)) AND state = 0
        AND NOT EXISTS (SELECT 1 FROM node WHERE node.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM media WHERE media.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM staged WHERE staged.blob = blob.id)";
    let noted = "DELETE FROM dropped WHERE blob IN (SELECT blob FROM dropped LIMIT ?1) RETURNING blob";
    let noted = tx.sql.query(noted, &[SWEEP_BATCH.into()])?;
    let noted: Vec<i64> = noted.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let noted = json!(noted).to_string();
    media::forget_unused(tx, &noted)?;
    media::let_go_of_objects(tx, UNUSED, &[(&noted).into()])?;
    let free = format!("DELETE FROM blob WHERE {UNUSED} AND place = 0 RETURNING size");
    for row in tx.sql.query(&free, &[(&noted).into()])? {
        tx.remove_bytes(row.int(0)?);
    }
    // Bytes under somebody else's key are not ours to remove.
    let foreign = format!("DELETE FROM blob WHERE {UNUSED} AND hash IS NULL RETURNING id");
    for row in tx.sql.query(&foreign, &[(&noted).into()])? {
        mirror::let_go(tx, row.int(0)?)?;
    }
    let doom = format!("UPDATE blob SET state = 1, doomed_ms = ?2 WHERE {UNUSED} RETURNING 1");
    if !tx.sql.query(&doom, &[(&noted).into(), tx.now_ms.into()])?.is_empty() {
        timer::arm(tx.sql, Timer::Remove, tx.now_ms + GRACE_MS)?;
    }
    let left = first(tx.sql, "SELECT 1 FROM dropped LIMIT 1", &[])?.is_some();
    timer::settle(tx.sql, Timer::Sweep, left.then_some(timer::AT_ONCE))?;
    Ok(())
}

/// The objects of doomed blobs whose grace is over. Nothing can bring such a blob back, so they need not be claimed.
pub fn doomed(sql: &dyn Sql, now_ms: i64) -> Result<Vec<Removal>, Error> {
    let due = "SELECT key, place FROM blob WHERE state = 1 AND doomed_ms <= ?1 ORDER BY doomed_ms LIMIT ?2";
    let rows = sql.query(due, &[(now_ms - GRACE_MS).into(), REMOVE_BATCH.into()])?;
    rows.iter().map(|row| Ok(Removal::new(row.text(0)?, None).at(row.int(1)?))).collect()
}

/// Drops the rows of doomed blobs whose objects are gone.
pub fn forget(tx: &Tx<'_>, removed: &str) -> Result<(), Error> {
    let forget = "DELETE FROM blob WHERE state = 1 AND key IN (SELECT value FROM json_each(?1)) RETURNING size";
    for row in tx.sql.query(forget, &[removed.into()])? {
        tx.remove_bytes(row.int(0)?);
    }
    let next_ms = only(tx.sql, "SELECT min(doomed_ms) + ?1 FROM blob WHERE state = 1", &[GRACE_MS.into()])?;
    timer::settle(tx.sql, Timer::Remove, next_ms.int_or_null(0)?)?;
    Ok(())
}
