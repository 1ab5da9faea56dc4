//! Content: kept once by its hash, and freed when nothing uses it any more.
//!
//! There are no reference counters that could go wrong. Whatever lets go of a blob notes it in `dropped`; the sweep
//! looks at the noted ones and frees those that neither a node nor the history uses.

use crate::call::Error;
use crate::ids::Sha256;
use crate::sql::{Bytes, Param, first, len_bytes};

use super::timer::{self, Timer};
use super::txn::Tx;

/// Lets a burst of changes end before the sweep looks at what it dropped.
const SWEEP_DELAY_MS: i64 = 1000;
/// How many blobs one step of the sweep looks at.
const SWEEP_BATCH: i64 = 500;

/// Keeps content and answers its blob: the one that is there, or a new one whose id is `rev`.
pub fn keep(tx: &Tx<'_>, hash: &Sha256, bytes: &Bytes, rev: i64) -> Result<i64, Error> {
    let hash = Param::Blob(hash.as_bytes());
    if let Some(row) = first(tx.sql, "SELECT id FROM blob WHERE hash = ?1 AND state = 0", &[hash])? {
        return Ok(row.int(0)?);
    }
    let size_bytes = len_bytes(bytes);
    tx.add_bytes(size_bytes)?;
    let insert = "INSERT INTO blob (id, hash, size, place, bytes) VALUES (?1, ?2, ?3, 0, ?4)";
    tx.sql.query(insert, &[rev.into(), hash, size_bytes.cast_signed().into(), Param::Bytes(bytes)])?;
    Ok(rev)
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

/// One step of the sweep.
pub fn sweep(tx: &Tx<'_>) -> Result<(), Error> {
    let noted = tx.sql.query(
        "DELETE FROM dropped WHERE blob IN (SELECT blob FROM dropped LIMIT ?1) RETURNING blob",
        &[SWEEP_BATCH.into()],
    )?;
    let noted: Vec<i64> = noted.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let free = "DELETE FROM blob WHERE id IN (SELECT value FROM json_each(?1)) AND place = 0
        AND NOT EXISTS (SELECT 1 FROM node WHERE node.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.blob = blob.id) RETURNING size";
    for row in tx.sql.query(free, &[(&serde_json::json!(noted).to_string()).into()])? {
        tx.remove_bytes(row.int(0)?);
    }
    let left = first(tx.sql, "SELECT 1 FROM dropped LIMIT 1", &[])?.is_some();
    timer::settle(tx.sql, Timer::Sweep, left.then_some(timer::AT_ONCE))?;
    Ok(())
}
