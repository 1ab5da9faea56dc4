//! The end of items: one by one, and of all.

use crate::call::{DeleteMedia, Error, MediaDeleted, MediaForgotten, MediaRemoved};
use crate::sql::first;

use super::super::txn::Tx;
use super::super::{blobs, timer, timer::Timer, uploads};
use super::items::Item;
use super::{MEDIA, index, items, senders};

/// How long the Worker has for removing the object of an item that was deleted, before the alarm does it. Until then the
/// key is nobody else's: the Worker's own removal must not come so late that it takes new bytes.
const WORKER_REMOVES_MS: i64 = 60_000;

/// Takes an item out of the ledger, and its bytes out of everybody's sight. Files keep theirs.
pub fn delete(tx: &Tx<'_>, call: &DeleteMedia) -> Result<MediaDeleted, Error> {
    let item = items::get(tx.sql, &call.id)?;
    index::withdraw(tx, &item)?;
    items::remove(tx, item.number)?;
    let Item { blob, place, key: Some(key), .. } = item else {
        // In the row of a file. Should no file have it any more, the sweep finds out.
        blobs::drop_one(tx, Some(item.blob))?;
        return Ok(MediaDeleted { remove: None });
    };
    if place != MEDIA {
        blobs::drop_one(tx, Some(blob))?;
        return Ok(MediaDeleted { remove: None });
    }
    let used = "SELECT 1 FROM node WHERE blob = ?1 UNION ALL SELECT 1 FROM past WHERE blob = ?1 LIMIT 1";
    if first(tx.sql, used, &[blob.into()])?.is_some() {
        tx.sql.query(
            "INSERT OR IGNORE INTO leaving (blob, due_ms) VALUES (?1, ?2)",
            &[blob.into(), timer::AT_ONCE.into()],
        )?;
        timer::arm(tx.sql, Timer::Home, timer::AT_ONCE)?;
        return Ok(MediaDeleted { remove: None });
    }
    let is_condemned = drop_object(tx, blob, &key, tx.now_ms + WORKER_REMOVES_MS)?;
    Ok(MediaDeleted { remove: is_condemned.then_some(key) })
}

/// Lets go of content in MEDIA that nothing uses: its object is removed when `due_ms` has come. If somebody is sending the
/// same bytes to the same key at this moment, the key is theirs; then nothing is removed and the answer is no.
fn drop_object(tx: &Tx<'_>, blob: i64, key: &str, due_ms: i64) -> Result<bool, Error> {
    if senders::is_sent_to(tx.sql, key)? {
        let gone = tx.sql.query("DELETE FROM blob WHERE id = ?1 RETURNING size", &[blob.into()])?;
        for row in gone {
            tx.remove_bytes(row.int(0)?);
        }
        return Ok(false);
    }
    let doom = "UPDATE blob SET state = 1, doomed_ms = ?2 WHERE id = ?1";
    tx.sql.query(doom, &[blob.into(), (due_ms - blobs::GRACE_MS).into()])?;
    timer::arm(tx.sql, Timer::Remove, due_ms)?;
    Ok(true)
}

/// Gives up a key of MEDIA under which no content lies any more, unless somebody is sending to it.
pub fn release_key(tx: &Tx<'_>, key: &str) -> Result<(), Error> {
    if senders::is_sent_to(tx.sql, key)? {
        return Ok(());
    }
    let insert = "INSERT INTO upload (key, place, reserved_bytes, expires_ms) VALUES (?1, ?2, 0, ?3)";
    tx.sql.query(insert, &[key.into(), MEDIA.into(), uploads::GIVEN_UP.into()])?;
    timer::arm(tx.sql, Timer::Uploads, timer::AT_ONCE)?;
    Ok(())
}

/// Notes that the Worker has removed an object. Once its time is over, the alarm may be at it too: then the key stays
/// condemned until that is settled.
pub fn removed(tx: &Tx<'_>, call: &MediaRemoved) -> Result<MediaForgotten, Error> {
    let forget = "DELETE FROM blob WHERE place = 2 AND key = ?1 AND state = 1 AND doomed_ms > ?2 RETURNING size";
    for row in tx.sql.query(forget, &[(&call.key).into(), (tx.now_ms - blobs::GRACE_MS).into()])? {
        tx.remove_bytes(row.int(0)?);
    }
    Ok(MediaForgotten {})
}

/// Lets go of content in MEDIA that no item has: of the blobs that `which` says, at once.
pub fn let_go_of_objects(tx: &Tx<'_>, which: &str, params: &[crate::sql::Param<'_>]) -> Result<(), Error> {
    let select = format!("SELECT id, key FROM blob WHERE {which} AND place = 2 AND state = 0");
    for row in tx.sql.query(&select, params)? {
        drop_object(tx, row.int(0)?, row.text(1)?, tx.now_ms)?;
    }
    Ok(())
}

/// What the end of all files leaves of the ledger: what is public.
pub fn reset(tx: &Tx<'_>) -> Result<(), Error> {
    let noticed = "media IN (SELECT id FROM media WHERE is_public = 0)";
    for table in ["media_facet", "media_scope"] {
        tx.sql.query(&format!("DELETE FROM {table} WHERE {noticed}"), &[])?;
    }
    tx.sql.query("DELETE FROM media WHERE is_public = 0", &[])?;
    let_go_of_objects(tx, "id IN (SELECT blob FROM leaving) AND id NOT IN (SELECT blob FROM media)", &[])?;
    tx.sql.query("DELETE FROM leaving", &[])?;
    if first(tx.sql, "SELECT 1 FROM media LIMIT 1", &[])?.is_some() {
        index::changed(tx)?;
    }
    Ok(())
}

/// The end of the ledger, and of all who still send something.
pub fn close(tx: &Tx<'_>) -> Result<(), Error> {
    for table in ["media_facet", "media_scope", "media", "leaving"] {
        tx.sql.query(&format!("DELETE FROM {table}"), &[])?;
    }
    for row in tx.sql.query("DELETE FROM sender RETURNING reserved_bytes", &[])? {
        tx.release_bytes(row.int(0)?);
    }
    // What was kept while others were still sending it is removed as theirs.
    let both = "DELETE FROM blob WHERE place = 2 AND key IN (SELECT key FROM upload) RETURNING size";
    for row in tx.sql.query(both, &[])? {
        tx.remove_bytes(row.int(0)?);
    }
    Ok(())
}
