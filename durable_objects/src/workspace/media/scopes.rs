//! Where items came up, and the facets by which they are found: one row for each combination of desktop, app, thread and
//! kind under which an item may be asked for.

use std::collections::HashMap;

use serde_json::json;

use crate::call::{Error, MediaScope};
use crate::sql::{Param, Sql, first, only};

use super::super::txn::Tx;

/// How many different scopes an item keeps: each is up to 16 rows.
const SCOPES_MAX: u64 = 100;
/// All of them.
pub const ALL: usize = 100;
/// How many of them stand in a list.
pub const IN_LIST: usize = 10;

/// The facets of item `?1`. A combination that a scope says nothing of is the same as without it.
macro_rules! facets {
    () => {
        "SELECT DISTINCT json_array(
                CASE WHEN m.value & 1 THEN s.desktop ELSE '' END, CASE WHEN m.value & 2 THEN s.app ELSE '' END,
                CASE WHEN m.value & 4 THEN s.thread ELSE '' END, CASE WHEN m.value & 8 THEN i.kind ELSE '' END),
            i.created_ms, i.id
          FROM media i CROSS JOIN media_scope s ON s.media = i.id
            CROSS JOIN json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]') m
         WHERE i.id = ?1"
    };
}

/// Notes one more place where an item came up. Every item has at least one, even if it says nothing.
pub fn add(tx: &Tx<'_>, item: i64, scope: &MediaScope) -> Result<(), Error> {
    let held = only(tx.sql, "SELECT count(*) FROM media_scope WHERE media = ?1", &[item.into()])?.count(0)?;
    let is_empty = *scope == MediaScope::default();
    if held >= SCOPES_MAX || (is_empty && held > 0) {
        return Ok(());
    }
    let insert = "INSERT OR IGNORE INTO media_scope (media, desktop, app, thread, request, app_name, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING 1";
    let text = |value: &'_ Option<String>| value.clone().unwrap_or_default();
    let texts = [&scope.desktop, &scope.app, &scope.thread, &scope.request, &scope.app_name].map(text);
    let [desktop, app, thread, request, name] = texts.each_ref().map(Param::from);
    let row = [item.into(), desktop, app, thread, request, name, tx.now_ms.into()];
    if first(tx.sql, insert, &row)?.is_some() {
        let of_scope = concat!(
            "INSERT OR IGNORE INTO media_facet (facet, created_ms, media) ",
            facets!(),
            " AND s.desktop = ?2 AND s.app = ?3 AND s.thread = ?4 AND s.request = ?5"
        );
        tx.sql.query(of_scope, &[item.into(), desktop, app, thread, request])?;
    }
    Ok(())
}

/// Takes an item out of every list, before its kind changes or it goes.
pub fn hide(tx: &Tx<'_>, item: i64) -> Result<(), Error> {
    let delete = concat!("DELETE FROM media_facet WHERE (facet, created_ms, media) IN (", facets!(), ")");
    tx.sql.query(delete, &[item.into()])?;
    Ok(())
}

/// Puts an item back into the lists of all its scopes.
pub fn show(tx: &Tx<'_>, item: i64) -> Result<(), Error> {
    tx.sql.query(concat!("INSERT INTO media_facet (facet, created_ms, media) ", facets!()), &[item.into()])?;
    Ok(())
}

/// The scopes of items, the oldest first, and no more than so many of each.
pub fn of(sql: &dyn Sql, items: &[i64], most: usize) -> Result<HashMap<i64, Vec<MediaScope>>, Error> {
    let select = "SELECT media, desktop, app, app_name, thread, request FROM (
            SELECT s.*, row_number() OVER (PARTITION BY s.media ORDER BY s.created_ms) AS nth
              FROM json_each(?1) i CROSS JOIN media_scope s ON s.media = i.value)
         WHERE nth <= ?2 ORDER BY media, nth";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut scopes: HashMap<i64, Vec<MediaScope>> = HashMap::new();
    for row in sql.query(select, &[(&json!(items).to_string()).into(), most.into()])? {
        let text = |column| row.text(column).map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
        let scope =
            MediaScope { desktop: text(1)?, app: text(2)?, app_name: text(3)?, thread: text(4)?, request: text(5)? };
        if scope != MediaScope::default() {
            scopes.entry(row.int(0)?).or_default().push(scope);
        }
    }
    Ok(scopes)
}
