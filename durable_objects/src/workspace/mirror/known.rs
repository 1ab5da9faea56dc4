//! What is known of a path, on both sides: what was last seen in the copy, and what the tree has there.

use crate::call::{Error, Store};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Param, Row, first, only};

use super::super::conditions::parse_hash;
use super::super::txn::Tx;
use super::super::{media, tree};
use super::step::Sending;

/// What is known of a path of the copy.
pub struct Known {
    /// The tag of what lies there.
    pub etag: Option<String>,
    /// Its hash.
    pub hash: Option<Sha256>,
    /// The content that has its bytes nowhere else.
    pub blob: Option<i64>,
    /// One of [`super::at`].
    pub state: i64,
}

/// What is known of a path of the copy, if anything is.
pub fn known(tx: &Tx<'_>, path: &str) -> Result<Option<Known>, Error> {
    const KNOWN: &str = "SELECT etag, hex(hash), state,
            (SELECT id FROM blob WHERE blob.id = mirror.blob AND blob.hash IS NULL) FROM mirror WHERE path = ?1";
    let row = first(tx.sql, KNOWN, &[path.into()])?;
    let read = |row: Row| {
        let etag = Some(row.text(0)?.to_owned()).filter(|etag| !etag.is_empty());
        Ok(Known { etag, hash: parse_hash(row.text(1)?)?, state: row.int(2)?, blob: row.int_or_null(3)? })
    };
    row.map(read).transpose()
}

/// What is at a path of the tree.
pub enum There {
    /// Nothing.
    Nothing,
    /// A directory.
    Directory,
    /// Bytes that lie under somebody else's key, and are yet to be taken over.
    Foreign(i64),
    /// A file with this content.
    File(Sending),
}

/// Looks at a path of the tree.
pub fn there(tx: &Tx<'_>, path: &FilePath) -> Result<There, Error> {
    const CONTENT: &str = "SELECT hex(hash), size, place, key FROM blob WHERE id = ?1";
    let Some(node) = tree::find(tx.sql, path)? else { return Ok(There::Nothing) };
    let Some(blob) = node.blob else { return Ok(There::Directory) };
    let row = only(tx.sql, CONTENT, &[blob.into()])?;
    let Some(hash) = parse_hash(row.text(0)?)? else { return Ok(There::Foreign(blob)) };
    let store = if row.int(2)? == media::MEDIA { Store::Media } else { Store::Data };
    let place = row.text_or_null(3)?.map(|key| (store, key.to_owned()));
    Ok(There::File(Sending { blob, hash, size_bytes: row.count(1)?, place }))
}

/// A row of `mirror`.
pub struct Note<'a> {
    /// The bucket's tag.
    pub etag: &'a str,
    /// The size of what is there.
    pub size: i64,
    /// Its hash.
    pub hash: Option<&'a Sha256>,
    /// One of [`at`].
    pub state: i64,
}

/// Notes what is at a path of the copy.
pub fn note(tx: &Tx<'_>, path: &str, Note { etag, size, hash, state }: &Note<'_>) -> Result<(), Error> {
    const NOTE: &str = "INSERT INTO mirror (path, etag, size, hash, state) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (path) DO UPDATE SET etag = excluded.etag, size = excluded.size, hash = excluded.hash, blob = NULL,
            state = excluded.state";
    let hash = hash.map_or(Param::Null, |hash| Param::Blob(hash.as_bytes()));
    tx.sql.query(NOTE, &[path.into(), (*etag).into(), (*size).into(), hash, (*state).into()])?;
    Ok(())
}

/// Notes that nothing is at a path of the copy.
pub fn forget(tx: &Tx<'_>, path: &str) -> Result<(), Error> {
    tx.sql.query("DELETE FROM mirror WHERE path = ?1", &[path.into()])?;
    Ok(())
}
