//! Who is sending bytes to which key of the bucket of media. A key that is announced ends when its last sender does: it is
//! kept by then, or it is given up.

use crate::call::{AbandonMedia, AnnounceMedia, Error, MediaAbandoned, MediaAnnounced};
use crate::ids::MediaId;
use crate::sql::{Sql, first};

use super::super::txn::Tx;
use super::super::{timer, timer::Timer, uploads};
use super::{MEDIA, items, scopes};

/// The shortest and the longest time that a sender may ask for.
const LASTS_MS: std::ops::RangeInclusive<i64> = 60_000..=24 * 60 * 60 * 1000;

/// Announces bytes: either there is nothing to send, or there is a key to send them to.
pub fn announce(tx: &Tx<'_>, call: &AnnounceMedia) -> Result<MediaAnnounced, Error> {
    if let Some(hash) = &call.hash
        && let Some(item) = items::by_hash(tx.sql, hash)?.filter(|item| item.is_public)
    {
        scopes::add(tx, item.number, &call.scope)?;
        let keys = end(tx, &call.id)?;
        close_keys(tx, &keys)?;
        return Ok(MediaAnnounced::Known(Box::new(items::describe(tx.sql, &item)?)));
    }
    let key = if is_open(tx.sql, &call.key)? { call.key.clone() } else { another(tx, &call.key) };
    let reserved_bytes = if call.or_less { call.reserved_bytes.min(tx.left_bytes()?) } else { call.reserved_bytes };
    let sender = "INSERT OR IGNORE INTO sender (id, key, reserved_bytes) VALUES (?1, ?2, ?3) RETURNING 1";
    let row = [call.id.as_str().into(), (&key).into(), reserved_bytes.cast_signed().into()];
    if first(tx.sql, sender, &row)?.is_some() {
        tx.reserve_bytes(reserved_bytes)?;
    }
    let expires_ms = tx.now_ms + call.lasts_ms.clamp(*LASTS_MS.start(), *LASTS_MS.end());
    let upload = "INSERT INTO upload (key, place, reserved_bytes, expires_ms) VALUES (?1, ?2, 0, ?3)
        ON CONFLICT (key) DO UPDATE SET expires_ms = max(expires_ms, excluded.expires_ms)";
    tx.sql.query(upload, &[(&key).into(), MEDIA.into(), expires_ms.into()])?;
    timer::arm(tx.sql, Timer::Uploads, expires_ms)?;
    Ok(MediaAnnounced::Reserved { key, reserved_bytes })
}

/// Whether bytes may be sent to a key: it is free, or others are sending to it. What is kept under it already is not sent
/// again, and from a condemned key it may be removed at any moment.
fn is_open(sql: &dyn Sql, key: &str) -> Result<bool, Error> {
    let taken = "SELECT 1 FROM blob WHERE place = 2 AND key = ?1
        UNION ALL SELECT 1 FROM upload WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM sender WHERE sender.key = ?1)";
    Ok(first(sql, taken, &[key.into()])?.is_none())
}

/// A key like another one that nobody has or will have: `…/{hash}-{random}.png`.
fn another(tx: &Tx<'_>, key: &str) -> String {
    let random = (tx.new_media_id)();
    match key.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{random}.{extension}"),
        None => format!("{key}-{random}"),
    }
}

/// Whether an ingest is still known to send bytes to a key.
pub fn is_sending(sql: &dyn Sql, id: &MediaId, key: &str) -> Result<bool, Error> {
    Ok(first(sql, "SELECT 1 FROM sender WHERE id = ?1 AND key = ?2", &[id.as_str().into(), key.into()])?.is_some())
}

/// Whether anybody is sending bytes to a key.
pub fn is_sent_to(sql: &dyn Sql, key: &str) -> Result<bool, Error> {
    Ok(first(sql, "SELECT 1 FROM sender WHERE key = ?1 LIMIT 1", &[key.into()])?.is_some())
}

/// Ends an ingest, and answers the keys that it sent bytes to: they are still to be closed.
pub fn end(tx: &Tx<'_>, id: &MediaId) -> Result<Vec<String>, Error> {
    let rows = tx.sql.query("DELETE FROM sender WHERE id = ?1 RETURNING key, reserved_bytes", &[id.as_str().into()])?;
    rows.iter()
        .map(|row| {
            tx.release_bytes(row.int(1)?);
            Ok(row.text(0)?.to_owned())
        })
        .collect()
}

/// Closes keys that a sender has left, unless others are still sending to them.
pub fn close_keys(tx: &Tx<'_>, keys: &[String]) -> Result<(), Error> {
    for key in keys {
        if is_sent_to(tx.sql, key)? {
            continue;
        }
        if is_kept(tx.sql, key)? {
            tx.sql.query("DELETE FROM upload WHERE key = ?1", &[key.into()])?;
        } else {
            uploads::abandon(tx, key)?;
        }
    }
    Ok(())
}

/// Whether content lies under a key.
fn is_kept(sql: &dyn Sql, key: &str) -> Result<bool, Error> {
    let kept = "SELECT 1 FROM blob WHERE place = 2 AND key = ?1 AND state = 0";
    Ok(first(sql, kept, &[key.into()])?.is_some())
}

/// The verb to [`end`].
pub fn abandon(tx: &Tx<'_>, call: &AbandonMedia) -> Result<MediaAbandoned, Error> {
    let keys = end(tx, &call.id)?;
    close_keys(tx, &keys)?;
    Ok(MediaAbandoned {})
}

/// Ends all who still send to a key whose time is over. It answers whether the key is to be removed: not when it is kept.
pub fn expire(tx: &Tx<'_>, key: &str) -> Result<bool, Error> {
    for row in tx.sql.query("DELETE FROM sender WHERE key = ?1 RETURNING reserved_bytes", &[key.into()])? {
        tx.release_bytes(row.int(0)?);
    }
    let is_kept = is_kept(tx.sql, key)?;
    if is_kept {
        tx.sql.query("DELETE FROM upload WHERE key = ?1", &[key.into()])?;
    }
    Ok(!is_kept)
}
