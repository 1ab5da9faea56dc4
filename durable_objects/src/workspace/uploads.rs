//! Bytes on their way to the bucket: announced before the first of them is sent, so that none is ever lost sight of.
//!
//! An announced key ends in one of two ways: a write adopts it, or it is removed from the bucket: when the sender gives
//! up, when the bytes turn out to be kept already, or when nothing has been heard of it for an hour.

use crate::call::{Abandon, Abandoned, Announce, Announced, Error};
use crate::sql::{first, only};

use super::bucket::Removal;
use super::media;
use super::timer::{self, Timer};
use super::txn::{Context, Tx, mutate};

/// How long a sender may take. A request that is cut off leaves its bytes for this long.
const UPLOAD_MAX_MS: i64 = 60 * 60 * 1000;
/// The bucket of private bytes, as it stands in `upload.place` and `blob.place`.
pub const DATA: i64 = 1;
/// When a key that has been given up expires: it has.
pub const GIVEN_UP: i64 = 0;
/// How many keys the alarm takes at once: one call to the bucket takes 1,000.
const REMOVE_BATCH: i64 = 500;

/// Announces a key, or says more of one that is announced: how its upload is called, or that it takes more room and time.
pub fn announce(tx: &Tx<'_>, call: &Announce) -> Result<Announced, Error> {
    if let Some(multipart_id) = &call.multipart_id {
        let update = "UPDATE upload SET multipart_id = ?2 WHERE key = ?1 RETURNING 1";
        let known = first(tx.sql, update, &[(&call.key).into(), multipart_id.into()])?;
        return known.map(|_| Announced {}).ok_or_else(|| Error::UnknownUpload { key: call.key.clone() });
    }
    let known = "SELECT reserved_bytes, expires_ms FROM upload WHERE key = ?1";
    if let Some(row) = first(tx.sql, known, &[(&call.key).into()])? {
        if row.int(1)? == GIVEN_UP {
            return Err(Error::UnknownUpload { key: call.key.clone() });
        }
        tx.release_bytes(row.int(0)?);
    }
    tx.reserve_bytes(call.reserved_bytes)?;
    let expires_ms = tx.now_ms + UPLOAD_MAX_MS;
    let insert = "INSERT INTO upload (key, place, reserved_bytes, expires_ms) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET reserved_bytes = excluded.reserved_bytes, expires_ms = excluded.expires_ms";
    let reserved_bytes = call.reserved_bytes.cast_signed();
    tx.sql.query(insert, &[(&call.key).into(), DATA.into(), reserved_bytes.into(), expires_ms.into()])?;
    timer::arm(tx.sql, Timer::Uploads, expires_ms)?;
    Ok(Announced {})
}

/// Announces a key that bytes of the bucket are about to be copied to: they are counted when they are taken over.
pub fn announce_copy(context: &Context<'_>, key: &str) -> Result<(), Error> {
    let call = Announce { key: key.to_owned(), multipart_id: None, reserved_bytes: 0 };
    mutate(context, |tx| announce(tx, &call)).map(drop)
}

/// Takes a key whose bytes are about to belong to a blob, and answers its bucket. A key that has been given up is not to
/// be had any more, since the alarm may be removing its bytes at this moment.
pub fn adopt(tx: &Tx<'_>, key: &str) -> Result<i64, Error> {
    let row = first(
        tx.sql,
        "DELETE FROM upload WHERE key = ?1 AND place = 1 AND expires_ms > 0 RETURNING place, reserved_bytes",
        &[key.into()],
    )?;
    let row = row.ok_or_else(|| Error::UnknownUpload { key: key.to_owned() })?;
    tx.release_bytes(row.int(1)?);
    Ok(row.int(0)?)
}

/// Gives a key up: the alarm removes what lies there.
pub fn abandon(tx: &Tx<'_>, key: &str) -> Result<(), Error> {
    let update = "UPDATE upload SET expires_ms = ?2 WHERE key = ?1";
    tx.sql.query(update, &[key.into(), GIVEN_UP.into()])?;
    timer::arm(tx.sql, Timer::Uploads, timer::AT_ONCE)?;
    Ok(())
}

/// Has a key removed at a time, under which no content lies any more, but which readers may still have.
pub fn retire(tx: &Tx<'_>, key: &str, at_ms: i64) -> Result<(), Error> {
    let insert = "INSERT INTO upload (key, place, reserved_bytes, expires_ms) VALUES (?1, ?2, 0, ?3)";
    tx.sql.query(insert, &[key.into(), DATA.into(), at_ms.into()])?;
    timer::arm(tx.sql, Timer::Uploads, at_ms)?;
    Ok(())
}

/// Gives every key of a file up; those of media too if `media` is set.
pub fn abandon_all(tx: &Tx<'_>, media: bool) -> Result<(), Error> {
    let places = if media { "" } else { " WHERE place = 1" };
    tx.sql.query(&format!("UPDATE upload SET expires_ms = ?1{places}"), &[GIVEN_UP.into()])?;
    timer::arm(tx.sql, Timer::Uploads, timer::AT_ONCE)?;
    Ok(())
}

/// The verb to [`abandon`].
pub fn give_up(tx: &Tx<'_>, call: &Abandon) -> Result<Abandoned, Error> {
    abandon(tx, &call.key)?;
    Ok(Abandoned {})
}

/// Gives up the keys whose time is over, and answers what is to be removed from the bucket.
pub fn claim(tx: &Tx<'_>, now_ms: i64) -> Result<Vec<Removal>, Error> {
    let claim = "UPDATE upload SET expires_ms = ?1 WHERE key IN (
        SELECT key FROM upload WHERE expires_ms <= ?2 ORDER BY expires_ms LIMIT ?3) RETURNING key, place, multipart_id";
    let rows = tx.sql.query(claim, &[GIVEN_UP.into(), now_ms.into(), REMOVE_BATCH.into()])?;
    let mut removals = Vec::with_capacity(rows.len());
    for row in rows {
        let removal = Removal::new(row.text(0)?, row.text_or_null(2)?).at(row.int(1)?);
        if removal.place == DATA || media::expire(tx, &removal.key)? {
            removals.push(removal);
        }
    }
    Ok(removals)
}

/// Drops the rows of what has been removed.
pub fn settle(tx: &Tx<'_>, removed: &str) -> Result<(), Error> {
    let forget = "DELETE FROM upload WHERE key IN (SELECT value FROM json_each(?1)) AND expires_ms = ?2
        RETURNING reserved_bytes";
    for row in tx.sql.query(forget, &[removed.into(), GIVEN_UP.into()])? {
        tx.release_bytes(row.int(0)?);
    }
    let next_ms = only(tx.sql, "SELECT min(expires_ms) FROM upload", &[])?.int_or_null(0)?;
    timer::settle(tx.sql, Timer::Uploads, next_ms)?;
    Ok(())
}
