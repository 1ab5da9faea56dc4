//! The rows of the ledger.

use serde_json::json;

use crate::call::{Error, Media, MediaFacts, MediaKind};
use crate::ids::{MediaId, Sha256};
use crate::sql::{Param, Row, Sql, SqlError, first, only};

use super::super::txn::Tx;
use super::scopes;

/// An item with what the ledger itself needs of it.
pub struct Item {
    /// Its number: newer items have higher ones, and none is given twice.
    pub number: i64,
    /// Its content.
    pub blob: i64,
    /// Where the content lies: 0 in the row, 1 in DATA, 2 in MEDIA.
    pub place: i64,
    /// Under which key.
    pub key: Option<String>,
    /// Whether its bytes lie in MEDIA for everybody who has its address.
    pub is_public: bool,
    /// The file that the index has laid out for it.
    pub node: Option<i64>,
    /// Everything else, but for the scopes.
    pub media: Media,
}

/// What is read of an item, in the order of [`Item::from_row`].
macro_rules! select {
    ($from_and_where:literal) => {
        concat!(
            "SELECT i.id, i.blob, b.place, b.key, i.is_public, i.node, i.public_id, hex(b.hash), b.size, i.mime, i.kind,
                i.filename, i.width, i.height, i.metadata, i.provenance, i.created_ms FROM ",
            $from_and_where
        )
    };
}

impl Item {
    fn from_row(row: &Row) -> Result<Self, SqlError> {
        let text = |column| row.text_or_null(column).map(|text| text.map(str::to_owned));
        let pixels =
            |column| row.int_or_null(column).map(|pixels| pixels.and_then(|pixels| u32::try_from(pixels).ok()));
        let broken = |what: &str| SqlError(format!("a media item without {what}"));
        let (key, is_public) = (text(3)?, row.int(4)? == 1);
        let media = Media {
            id: MediaId::parse(row.text(6)?).ok_or_else(|| broken("its id"))?,
            hash: Sha256::from_hex(row.text(7)?).ok_or_else(|| broken("its hash"))?,
            size_bytes: row.count(8)?,
            facts: MediaFacts {
                mime: row.text(9)?.to_owned(),
                kind: MediaKind::parse(row.text(10)?).ok_or_else(|| broken("its kind"))?,
                filename: text(11)?,
                width: pixels(12)?,
                height: pixels(13)?,
                metadata: text(14)?,
                provenance: text(15)?,
            },
            scopes: Vec::new(),
            created_ms: row.int(16)?,
            key: key.clone().filter(|_| is_public),
        };
        let (number, blob, place, node) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int_or_null(5)?);
        Ok(Self { number, blob, place, key, is_public, node, media })
    }
}

fn one(sql: &dyn Sql, statement: &str, param: Param<'_>) -> Result<Option<Item>, Error> {
    Ok(first(sql, statement, &[param])?.map(|row| Item::from_row(&row)).transpose()?)
}

/// The item with these bytes.
pub fn by_hash(sql: &dyn Sql, hash: &Sha256) -> Result<Option<Item>, Error> {
    let select = select!("blob b JOIN media i ON i.blob = b.id WHERE b.hash = ?1 AND b.state = 0");
    one(sql, select, Param::Blob(hash.as_bytes()))
}

/// The item with this id.
pub fn get(sql: &dyn Sql, id: &MediaId) -> Result<Item, Error> {
    let select = select!("media i JOIN blob b ON b.id = i.blob WHERE i.public_id = ?1");
    one(sql, select, id.as_str().into())?.ok_or_else(|| Error::UnknownMedia { id: id.clone() })
}

/// Items by their numbers, in the order in which they are given, each with its first scopes.
pub fn all(sql: &dyn Sql, numbers: &[i64]) -> Result<Vec<Media>, Error> {
    let select = select!(
        "json_each(?1) n CROSS JOIN media i ON i.id = n.value CROSS JOIN blob b ON b.id = i.blob ORDER BY n.key"
    );
    let rows = sql.query(select, &[(&json!(numbers).to_string()).into()])?;
    let mut scopes = scopes::of(sql, numbers, scopes::IN_LIST)?;
    rows.iter()
        .map(|row| {
            let Item { number, media, .. } = Item::from_row(row)?;
            Ok(Media { scopes: scopes.remove(&number).unwrap_or_default(), ..media })
        })
        .collect()
}

/// What a caller is told of an item.
pub fn describe(sql: &dyn Sql, item: &Item) -> Result<Media, Error> {
    let scopes = scopes::of(sql, &[item.number], scopes::ALL)?.remove(&item.number).unwrap_or_default();
    Ok(Media { scopes, ..item.media.clone() })
}

/// The next number of the ledger. Content that no file has brought gets the same below zero as its id, where no rev is.
pub fn next_number(tx: &Tx<'_>) -> Result<i64, Error> {
    Ok(only(tx.sql, "UPDATE meta SET v = v + 1 WHERE k = 'media_last' RETURNING v", &[])?.int(0)?)
}

/// Adds an item. It is in no list before it has a scope.
pub fn insert(tx: &Tx<'_>, number: i64, id: &MediaId, blob: i64, facts: &MediaFacts) -> Result<(), Error> {
    let insert = "INSERT INTO media (id, public_id, blob, created_ms, is_public, mime, kind)
        VALUES (?1, ?2, ?3, ?4, 0, '', '')";
    tx.sql.query(insert, &[number.into(), id.as_str().into(), blob.into(), tx.now_ms.into()])?;
    update(tx, number, facts)
}

/// Sets what is known of an item.
pub fn update(tx: &Tx<'_>, number: i64, facts: &MediaFacts) -> Result<(), Error> {
    let update = "UPDATE media SET mime = ?2, kind = ?3, filename = ?4, width = ?5, height = ?6, metadata = ?7,
        provenance = ?8 WHERE id = ?1";
    tx.sql.query(
        update,
        &[
            number.into(),
            (&facts.mime).into(),
            facts.kind.word().into(),
            facts.filename.as_ref().into(),
            facts.width.map(i64::from).into(),
            facts.height.map(i64::from).into(),
            facts.metadata.as_ref().into(),
            facts.provenance.as_ref().into(),
        ],
    )?;
    Ok(())
}

/// Takes an item out of the ledger. Its bytes are the caller's to care for.
pub fn remove(tx: &Tx<'_>, number: i64) -> Result<(), Error> {
    scopes::hide(tx, number)?;
    tx.sql.query("DELETE FROM media_scope WHERE media = ?1", &[number.into()])?;
    tx.sql.query("DELETE FROM media WHERE id = ?1", &[number.into()])?;
    Ok(())
}
