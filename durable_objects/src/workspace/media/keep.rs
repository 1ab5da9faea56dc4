//! The end of an ingest: bytes that lie in the bucket of media become an item.

use crate::call::{Error, KeepMedia, MediaFacts, MediaKept};
use crate::sql::{Param, first};

use super::super::txn::Tx;
use super::super::{blobs, uploads};
use super::delete::release_key;
use super::{MEDIA, index, items, scopes, senders};

/// Makes bytes an item, or finds the one that they are.
pub fn keep(tx: &Tx<'_>, call: &KeepMedia) -> Result<MediaKept, Error> {
    let item = items::by_hash(tx.sql, &call.hash)?;
    if let Some(id) = &call.share_of
        && item.as_ref().is_none_or(|item| item.media.id != *id)
    {
        return Err(Error::UnknownMedia { id: id.clone() });
    }
    let is_public = item.as_ref().is_some_and(|item| item.is_public);
    if !is_public && !senders::is_sending(tx.sql, &call.id, &call.key)? {
        return Err(Error::UnknownUpload { key: call.key.clone() });
    }
    // What was set aside for the bytes is given back first: they may need all of it.
    let keys = senders::end(tx, &call.id)?;
    let number = match &item {
        Some(item) if is_public => item.number,
        Some(item) => {
            place(tx, call)?;
            scopes::hide(tx, item.number)?;
            items::update(tx, item.number, &merged(&item.media.facts, &call.facts))?;
            scopes::show(tx, item.number)?;
            item.number
        }
        None => {
            let blob = place(tx, call)?;
            let number = items::next_number(tx)?;
            let blob = match blob {
                Some(blob) => blob,
                None => bring(tx, call, -number)?,
            };
            items::insert(tx, number, &call.id, blob, &call.facts)?;
            number
        }
    };
    senders::close_keys(tx, &keys)?;
    scopes::add(tx, number, &call.scope)?;
    if !is_public {
        let publish = "UPDATE media SET is_public = 1, origin = ?2 WHERE id = ?1";
        tx.sql.query(publish, &[number.into(), (&call.origin).into()])?;
        index::changed(tx)?;
    }
    let id = item.map_or_else(|| call.id.clone(), |item| item.media.id);
    let media = items::describe(tx.sql, &items::get(tx.sql, &id)?)?;
    Ok(MediaKept { was_known: media.id != call.id, media })
}

/// What is known of an item that is shared: the bytes say what it is; what its file said of it stays where the caller
/// says nothing.
fn merged(old: &MediaFacts, new: &MediaFacts) -> MediaFacts {
    MediaFacts {
        mime: new.mime.clone(),
        kind: new.kind,
        filename: new.filename.clone().or_else(|| old.filename.clone()),
        width: new.width.or(old.width),
        height: new.height.or(old.height),
        metadata: new.metadata.clone().or_else(|| old.metadata.clone()),
        provenance: new.provenance.clone().or_else(|| old.provenance.clone()),
    }
}

/// Has content that is known already lie under the new key from now on, and answers its blob. It is counted once.
fn place(tx: &Tx<'_>, call: &KeepMedia) -> Result<Option<i64>, Error> {
    let known = "SELECT id, place, key FROM blob WHERE hash = ?1 AND state = 0";
    let Some(row) = first(tx.sql, known, &[Param::Blob(call.hash.as_bytes())])? else { return Ok(None) };
    let (blob, old_place, old_key) = (row.int(0)?, row.int(1)?, row.text_or_null(2)?);
    if old_key == Some(call.key.as_str()) {
        return Ok(Some(blob));
    }
    let update = "UPDATE blob SET place = ?2, key = ?3, bytes = NULL WHERE id = ?1";
    tx.sql.query(update, &[blob.into(), MEDIA.into(), (&call.key).into()])?;
    match old_key {
        Some(old_key) if old_place == MEDIA => release_key(tx, old_key)?,
        // Readers of the file may still be at it.
        Some(old_key) => uploads::retire(tx, old_key, tx.now_ms + blobs::GRACE_MS)?,
        None => {}
    }
    Ok(Some(blob))
}

/// Keeps new content.
fn bring(tx: &Tx<'_>, call: &KeepMedia, blob: i64) -> Result<i64, Error> {
    tx.add_bytes(call.size_bytes)?;
    let insert = "INSERT INTO blob (id, hash, size, place, key) VALUES (?1, ?2, ?3, ?4, ?5)";
    let hash = Param::Blob(call.hash.as_bytes());
    let size = call.size_bytes.cast_signed();
    tx.sql.query(insert, &[blob.into(), hash, size.into(), MEDIA.into(), (&call.key).into()])?;
    Ok(blob)
}
