//! What can be asked of the ledger.

use crate::call::{
    Error, GetMedia, ListMedia, Media, MediaCursor, MediaFound, MediaKind, MediaListing, MediaScope, MediaUses, Place,
    ReadMedia, UsesOfMedia,
};
use crate::sql::{Bytes, Sql, only};

use super::super::tree;
use super::{MEDIA, index, items};

/// Beyond every time and every number that crosses exactly.
const NEWEST: i64 = 1 << 53;
/// The most bytes of one page of a list: a call to the object carries 32 MiB, and a page is for people.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// About how many bytes of an item are the same for all: names, id, hash, address.
const ITEM_BYTES: usize = 1024;

/// One item.
pub fn get(sql: &dyn Sql, call: &GetMedia) -> Result<Media, Error> {
    items::describe(sql, &items::get(sql, &call.id)?)
}

/// One item with its bytes, or with the way to them.
pub fn read(sql: &dyn Sql, call: &ReadMedia) -> Result<(MediaFound, Option<Bytes>), Error> {
    let item = items::get(sql, &call.id)?;
    let media = items::describe(sql, &item)?;
    if let Some(key) = item.key {
        let place = if item.place == MEDIA { Place::Media } else { Place::Stored };
        return Ok((MediaFound { media, bytes: place(key) }, None));
    }
    let bytes = only(sql, "SELECT bytes FROM blob WHERE id = ?1", &[item.blob.into()])?.into_bytes(0)?;
    Ok((MediaFound { media, bytes: Place::Body }, Some(bytes)))
}

/// A page of the ledger: one range of one facet, whatever is asked.
pub fn list(sql: &dyn Sql, call: &ListMedia) -> Result<MediaListing, Error> {
    const PAGE: &str = "SELECT media, created_ms FROM media_facet
        WHERE facet = json_array(?1, ?2, ?3, ?4) AND created_ms BETWEEN ?5 AND ?6 AND (created_ms, media) < (?7, ?8)
        ORDER BY created_ms DESC, media DESC LIMIT ?9";
    let after = call.after.unwrap_or(MediaCursor { created_ms: NEWEST, number: NEWEST });
    let last_ms = call.until_ms.map_or(NEWEST, |until_ms| until_ms.saturating_sub(1)).min(after.created_ms);
    let text = |value: &'_ Option<String>| value.clone().unwrap_or_default();
    let (desktop, app, thread) = (text(&call.desktop), text(&call.app), text(&call.thread));
    let more = i64::try_from(call.limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = sql.query(
        PAGE,
        &[
            (&desktop).into(),
            (&app).into(),
            (&thread).into(),
            call.kind.map_or("", MediaKind::word).into(),
            call.from_ms.unwrap_or(0).into(),
            last_ms.into(),
            after.created_ms.into(),
            after.number.into(),
            more.into(),
        ],
    )?;
    let is_cut = rows.len() > call.limit;
    rows.truncate(call.limit);
    let numbers: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let mut items = items::all(sql, &numbers)?;
    let mut page_bytes = 0;
    let fitting = items.iter().take_while(|media| {
        page_bytes += size_of(media);
        page_bytes <= PAGE_BYTES
    });
    // One is always answered: an item alone is far below the limit.
    let fitting = fitting.count().max(1);
    let is_cut = is_cut || fitting < items.len();
    items.truncate(fitting);
    let last = items.len().checked_sub(1).and_then(|last| rows.get(last)).filter(|_| is_cut);
    let next =
        last.map(|row| Ok::<_, Error>(MediaCursor { created_ms: row.int(1)?, number: row.int(0)? })).transpose()?;
    Ok(MediaListing { items, next })
}

/// About how many bytes an item is as JSON.
fn size_of(media: &Media) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let scope = |scope: &MediaScope| {
        [&scope.desktop, &scope.app, &scope.app_name, &scope.thread, &scope.request].map(length).iter().sum::<usize>()
    };
    let said = length(&media.facts.filename) + length(&media.facts.metadata) + length(&media.facts.provenance);
    ITEM_BYTES + said + media.scopes.iter().map(scope).sum::<usize>()
}

/// A page of the files with an item's bytes.
pub fn uses(sql: &dyn Sql, call: &UsesOfMedia) -> Result<MediaUses, Error> {
    const PAGE: &str = "SELECT id FROM node WHERE blob = ?1 AND id > ?2 AND id IS NOT ?3 ORDER BY id LIMIT ?4";
    let item = items::get(sql, &call.id)?;
    let laid_out = index::laid_out(sql, &item)?.map(|(node, _)| node.id);
    let more = i64::try_from(call.limit).unwrap_or(i64::MAX).saturating_add(1);
    let bounds = [item.blob.into(), call.after.unwrap_or(0).into(), laid_out.into(), more.into()];
    let rows = sql.query(PAGE, &bounds)?;
    let mut nodes: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let is_cut = nodes.len() > call.limit;
    nodes.truncate(call.limit);
    let next = nodes.last().copied().filter(|_| is_cut);
    let mut paths = Vec::with_capacity(nodes.len());
    for node in nodes {
        // What was deleted for good is nowhere.
        paths.extend(tree::path_of(sql, node)?);
    }
    let versions = only(sql, "SELECT count(*) FROM past WHERE blob = ?1", &[item.blob.into()])?.count(0)?;
    Ok(MediaUses { paths, versions, next })
}
