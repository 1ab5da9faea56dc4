//! Media that enter the workspace as files join the ledger in the same transaction, as private items: their bytes stay
//! where the file has them, and nothing is published.
//!
//! Only the name is looked at, since the object does not look into bytes: when an item is shared, the Worker does. A file
//! with any other name costs nothing here.

use serde_json::json;

use crate::call::{Error, MediaFacts, MediaKind, MediaScope};
use crate::ids::{Label, MediaId};
use crate::media_types;
use crate::sql::first;

use super::super::blobs::Kept;
use super::super::txn::Tx;
use super::super::walk::Step;
use super::{items, scopes};

/// What a file of this name is, if it is media.
fn by_name(name: &str) -> Option<(MediaKind, &'static str)> {
    let mime = media_types::of_name(name)?.mime;
    Some((MediaKind::parse(mime.split('/').next()?)?, mime))
}

/// Takes note of content that a file of this name has from now on, and answers its item. Content that is an item already
/// gets nothing more.
pub fn capture(tx: &Tx<'_>, name: &str, content: Kept) -> Result<Option<MediaId>, Error> {
    let Some((kind, mime)) = by_name(name).filter(|_| tx.limits.captures_media && content.size_bytes > 0) else {
        return Ok(None);
    };
    let known =
        "SELECT i.public_id FROM blob b LEFT JOIN media i ON i.blob = b.id WHERE b.id = ?1 AND b.hash IS NOT NULL";
    // Bytes that are not ours yet are looked at when they are.
    let Some(row) = first(tx.sql, known, &[content.blob.into()])? else { return Ok(None) };
    if let Some(id) = row.text_or_null(0)? {
        return Ok(MediaId::parse(id));
    }
    let (id, number) = ((tx.new_media_id)(), items::next_number(tx)?);
    let facts = MediaFacts {
        mime: mime.to_owned(),
        kind,
        filename: Some(name.to_owned()),
        width: None,
        height: None,
        metadata: None,
        provenance: None,
    };
    items::insert(tx, number, &id, content.blob, &facts)?;
    // Who writes may say that he is an app.
    let app = tx.actor.map(Label::as_str).and_then(|actor| actor.strip_prefix("app:")).map(str::to_owned);
    scopes::add(tx, number, &MediaScope { app, ..MediaScope::default() })?;
    Ok(Some(id))
}

/// Takes note of what a copy of a directory has made more of. Most of it is known since it was written.
pub fn capture_copies(tx: &Tx<'_>, copied: &[Step]) -> Result<(), Error> {
    let named = |step: &&Step| by_name(step.listed.path.name()).is_some();
    let named: Vec<i64> = copied.iter().filter(named).map(|step| step.id).collect();
    if named.is_empty() || !tx.limits.captures_media {
        return Ok(());
    }
    capture_all(tx, "n.id IN (SELECT value FROM json_each(?1))", &json!(named).to_string())
}

/// Takes note of bytes that have just become the workspace's own, if a file of theirs has a name of media.
pub fn capture_adopted(tx: &Tx<'_>, content: Kept) -> Result<(), Error> {
    if tx.limits.captures_media { capture_all(tx, "n.blob = ?1 + 0", &content.blob.to_string()) } else { Ok(()) }
}

fn capture_all(tx: &Tx<'_>, which: &str, param: &str) -> Result<(), Error> {
    let select = format!(
        "SELECT n.name, n.blob, n.size FROM node n
          WHERE {which} AND n.blob IS NOT NULL AND NOT EXISTS (SELECT 1 FROM media i WHERE i.blob = n.blob)"
    );
    for row in tx.sql.query(&select, &[param.into()])? {
        capture(tx, row.text(0)?, Kept { blob: row.int(1)?, size_bytes: row.count(2)? })?;
    }
    Ok(())
}

/// Forgets the private items of content that nothing uses any more: they were there for their files. `noted` is a JSON
/// array of blobs.
pub fn forget_unused(tx: &Tx<'_>, noted: &str) -> Result<(), Error> {
    let unused = "SELECT id FROM media WHERE blob IN (SELECT value FROM json_each(?1)) AND is_public = 0
        AND NOT EXISTS (SELECT 1 FROM node WHERE node.blob = media.blob)
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.blob = media.blob)";
    for row in tx.sql.query(unused, &[noted.into()])? {
        items::remove(tx, row.int(0)?)?;
    }
    Ok(())
}
