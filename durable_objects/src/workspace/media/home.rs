//! Bytes that come home: their item was deleted, but files have them. Until the alarm has copied them out of the bucket of
//! media, the files read them there.

use crate::call::Error;
use crate::sql::{Param, first, only};

use super::super::import::Adopted;
use super::super::txn::{Context, Tx, mutate};
use super::super::{timer, timer::Timer, uploads};
use super::delete::release_key;

/// How many one ring brings home: a few operations on the buckets each, of the 1,000 of one invocation.
const HOME_BATCH: i64 = 50;
/// When what could not be had is tried again.
const RETRY_MS: i64 = 60 * 60 * 1000;

/// Bytes that are to leave the bucket of media.
pub struct Leaving {
    /// Their blob.
    pub blob: i64,
    /// Where they are.
    pub key: String,
}

/// Whether blob `b` still has to leave: it may have become public again, or be gone. A private item does not keep it: a file
/// that was written meanwhile has brought one.
const LEAVES: &str = "b.state = 0 AND b.place = 2
    AND NOT EXISTS (SELECT 1 FROM media WHERE media.blob = b.id AND media.is_public = 1)";

/// What has to come home now, if it is time to.
pub fn leaving(context: &Context<'_>) -> Result<Option<Vec<Leaving>>, Error> {
    if timer::due(context.sql, &[Timer::Home], context.now_ms)?.is_none() {
        return Ok(None);
    }
    mutate(context, |tx| {
        let over = format!(
            "DELETE FROM leaving WHERE blob NOT IN (SELECT b.id FROM leaving l JOIN blob b ON b.id = l.blob WHERE {LEAVES})"
        );
        tx.sql.query(&over, &[])?;
        let next = "SELECT l.blob, b.key FROM leaving l JOIN blob b ON b.id = l.blob WHERE l.due_ms <= ?1 LIMIT ?2";
        let rows = tx.sql.query(next, &[context.now_ms.into(), HOME_BATCH.into()])?;
        rows.iter()
            .map(|row| Ok(Leaving { blob: row.int(0)?, key: row.text(1)?.to_owned() }))
            .collect::<Result<_, Error>>()
            .map(Some)
    })
}

/// Has content lie where it came to, and gives its key in the bucket of media up.
pub fn bring_home(context: &Context<'_>, leaving: &Leaving, home: &Adopted) -> Result<(), Error> {
    mutate(context, |tx| {
        let leaves = format!("SELECT 1 FROM blob b WHERE b.id = ?1 AND b.key = ?2 AND {LEAVES}");
        let leaves = first(tx.sql, &leaves, &[leaving.blob.into(), (&leaving.key).into()])?.is_some();
        let (place, key, bytes) = match home {
            Adopted::Large { key, .. } if leaves => (uploads::adopt(tx, key)?, Some(key), Param::Null),
            Adopted::Large { key, .. } => return uploads::abandon(tx, key),
            Adopted::Small { bytes, .. } => (0, None, Param::Bytes(bytes)),
        };
        if leaves {
            let update = "UPDATE blob SET place = ?2, key = ?3, bytes = ?4 WHERE id = ?1";
            tx.sql.query(update, &[leaving.blob.into(), place.into(), key.into(), bytes])?;
            release_key(tx, &leaving.key)?;
            tx.sql.query("DELETE FROM leaving WHERE blob = ?1", &[leaving.blob.into()])?;
        }
        Ok(())
    })
}

/// Sets when the alarm goes on. What could not be had waits for an hour and keeps nobody else waiting.
pub fn settle_leaving(context: &Context<'_>, failed: &[i64]) -> Result<(), Error> {
    mutate(context, |tx| {
        for blob in failed {
            put_off(tx, *blob)?;
        }
        let next_ms = only(tx.sql, "SELECT min(due_ms) FROM leaving", &[])?.int_or_null(0)?;
        Ok(timer::settle(tx.sql, Timer::Home, next_ms)?)
    })
}

fn put_off(tx: &Tx<'_>, blob: i64) -> Result<(), Error> {
    tx.sql.query("UPDATE leaving SET due_ms = ?2 WHERE blob = ?1", &[blob.into(), (tx.now_ms + RETRY_MS).into()])?;
    Ok(())
}
