//! `public/media`: what is public, laid out as files for those who look at the workspace offline. `index.json` lists the
//! newest items, and each has a file `YYYY/MM/DD/{sha256}.{ext}` that shares its bytes.
//!
//! The files are derived: they have no versions and nobody wrote them. They are written after a burst of changes and not
//! with each, but before anybody looks at them. What a user has put in their place, or made of them, is left alone.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::call::{Error, Kind, Verb};
use crate::ids::Sha256;
use crate::limits::INLINE_MAX_BYTES;
use crate::path::FilePath;
use crate::sql::{Sql, SqlError, first};

use super::super::blobs::Kept;
use super::super::history;
use super::super::tree::{self, New, Node, Target};
use super::super::txn::{Change, Context, Tx, mutate};
use super::super::{timer, timer::Timer};
use super::items::Item;
use super::list_file;

/// Where everything is laid out.
const FOLDER: [&str; 2] = ["public", "media"];
/// The list, in the folder.
const INDEX: &str = "index.json";
/// How long a change waits for others to come.
const DELAY_MS: i64 = 1500;
/// The most items in the list: about 1 MiB of JSON, which is what a row takes.
const ITEMS_MAX: i64 = 2000;
/// The entries that one item may need: a file, and the directories to it.
pub const ENTRIES_PER_ITEM: usize = 6;

fn folder() -> FilePath {
    FOLDER.iter().fold(FilePath::root(), |path, name| path.child(name))
}

/// Notes that the list is not what it should be any more.
pub fn changed(tx: &Tx<'_>) -> Result<(), Error> {
    if tx.limits.indexes_media {
        timer::arm(tx.sql, Timer::Index, tx.now_ms + DELAY_MS)?;
    }
    Ok(())
}

/// Brings the list up to date before a call that may look at it. A failure is the alarm's to tell, which tries again: the
/// call is answered with what is there.
pub fn freshen(context: &Context<'_>, verb: &Verb) {
    if context.limits.indexes_media && looks(verb) && is_stale(context.sql) {
        let context = Context { actor: None, turn: None, ..*context };
        let _ = mutate(&context, render);
    }
}

/// Whether a call may look at what is laid out.
fn looks(verb: &Verb) -> bool {
    let folder = folder();
    let touches = |path: &FilePath| path.is_within(&folder);
    let holds = |path: &FilePath| touches(path) || folder.is_within(path);
    match verb {
        Verb::List(call) => {
            touches(&call.path) || (holds(&call.path) && call.path.depth().saturating_add(call.depth) >= FOLDER.len())
        }
        Verb::Stat(call) => touches(&call.path),
        Verb::Read(call) => touches(&call.path),
        Verb::Write(call) => touches(&call.path),
        Verb::MakeDirectory(call) => touches(&call.path),
        Verb::Delete(call) => touches(&call.path),
        Verb::Move(call) => holds(&call.from) || touches(&call.to),
        Verb::Copy(call) => holds(&call.from) || touches(&call.to),
        Verb::RestoreVersion(call) => touches(&call.path),
        Verb::TakeIn(call) => touches(&call.path),
        Verb::TakeAway(call) => touches(&call.gone.path),
        Verb::Restore(call) => call.to.as_ref().is_some_and(touches),
        Verb::PlantTree(call) => touches(&call.folder),
        Verb::Announce(_)
        | Verb::Abandon(_)
        | Verb::ListTrash(_)
        | Verb::EmptyTrash(_)
        | Verb::Ping(_)
        | Verb::Reset(_)
        | Verb::Close(_)
        | Verb::Import(_)
        | Verb::AnnounceMedia(_)
        | Verb::KeepMedia(_)
        | Verb::AbandonMedia(_)
        | Verb::GetMedia(_)
        | Verb::ReadMedia(_)
        | Verb::ListMedia(_)
        | Verb::UsesOfMedia(_)
        | Verb::DeleteMedia(_)
        | Verb::MediaRemoved(_)
        | Verb::ListAt(_)
        | Verb::StatAt(_)
        | Verb::ReadAt(_)
        | Verb::ListVersions(_)
        | Verb::TakeCheckpoint(_)
        | Verb::ListCheckpoints(_)
        | Verb::DropCheckpoint(_)
        | Verb::CompareCheckpoint(_)
        | Verb::RestoreCheckpoint(_)
        | Verb::ListTurns(_)
        | Verb::ShowTurn(_)
        | Verb::UndoTurn(_)
        | Verb::Measure(_)
        | Verb::CheckRules(_)
        | Verb::ListOwners(_)
        | Verb::DisownObjects(_)
        | Verb::ListContents(_)
        | Verb::ReadContent(_)
        | Verb::ReleaseTree(_)
        | Verb::ReadTree(_)
        | Verb::ReadBranches(_)
        | Verb::HoldTree(_)
        | Verb::KeepTree(_)
        | Verb::ReadContents(_)
        | Verb::SyncMirror(_)
        | Verb::CompareMirror(_)
        | Verb::ReadFeed(_)
        | Verb::CheckMirror(_)
        | Verb::RenewMirror(_)
        | Verb::OpenStage(_)
        | Verb::FillStage(_)
        | Verb::CloseStage(_)
        | Verb::UprootTree(_)
        | Verb::ListPlanted(_) => false,
    }
}

fn is_stale(sql: &dyn Sql) -> bool {
    let noted = first(sql, "SELECT 1 FROM timer WHERE what = ?1", &[Timer::Index.word().into()]);
    noted.is_ok_and(|row| row.is_some())
}

/// An item, as the list needs it.
struct Listed {
    number: i64,
    content: Kept,
    created_ms: i64,
    key: String,
    hash: Sha256,
    /// Where the file is now that was laid out for it: its directory, its name and what it holds.
    place: Option<(i64, String, i64)>,
    about: Value,
}

/// Writes the list, and lays out what is new in it.
pub fn render(tx: &Tx<'_>) -> Result<(), Error> {
    timer::settle(tx.sql, Timer::Index, None)?;
    if !tx.limits.indexes_media {
        return Ok(());
    }
    let mut days = HashMap::new();
    let mut text = String::from("{\"version\":1,\"items\":[");
    let items = newest(tx)?;
    let is_empty = items.is_empty();
    for (index, mut item) in items.into_iter().enumerate() {
        let path = path_of(&item.key, &item.hash, item.created_ms);
        let is_there = lay_out(tx, &item, &path, &mut days)?;
        if let Value::Object(about) = &mut item.about
            && is_there
        {
            about.insert("path".to_owned(), path.as_str().into());
        }
        let about = item.about.to_string();
        if (text.len() + about.len() + 8) as u64 > INLINE_MAX_BYTES {
            break;
        }
        text.extend([if index == 0 { "" } else { "," }, &about]);
    }
    text.push_str("]}\n");
    list_file::write(tx, &folder().child(INDEX), &text, is_empty)
}

fn newest(tx: &Tx<'_>) -> Result<Vec<Listed>, Error> {
    const NEWEST: &str = "SELECT i.id, i.blob, b.size, i.created_ms, b.key, hex(b.hash), n.parent, n.name, n.blob,
            i.public_id, i.mime, i.origin,
            (SELECT s.app FROM media_scope s WHERE s.media = i.id AND s.app <> '' ORDER BY s.created_ms LIMIT 1)
          FROM media i INDEXED BY media_public CROSS JOIN blob b ON b.id = i.blob LEFT JOIN node n ON n.id = i.node
         WHERE i.is_public = 1 ORDER BY i.id DESC LIMIT ?1";
    let rows = tx.sql.query(NEWEST, &[ITEMS_MAX.into()])?;
    // Where this service was seen last: an older item may know a host that is gone.
    let origin = rows.first().map(|row| row.text_or_null(11)).transpose()?.flatten().unwrap_or_default();
    let items = rows.iter().map(|row| {
        let hash =
            Sha256::from_hex(row.text(5)?).ok_or_else(|| SqlError("a media item without its hash".to_owned()))?;
        let key = row.text(4)?.to_owned();
        let place = match row.int_or_null(6)? {
            Some(parent) => Some((parent, row.text(7)?.to_owned(), row.int_or_null(8)?.unwrap_or(0))),
            None => None,
        };
        let url = tx.limits.media_urls.url(origin, &key);
        let mut about = json!({
            "id": row.text(9)?, "path": null, "contentType": row.text(10)?, "size": row.int(2)?, "sha256": hash,
            "publicUrl": url, "createdAt": time(row.int(3)?).to_rfc3339_opts(SecondsFormat::Millis, true),
        });
        if let (Some(app), Value::Object(about)) = (row.text_or_null(12)?, &mut about) {
            about.insert("appId".to_owned(), app.into());
        }
        Ok(Listed {
            number: row.int(0)?,
            content: Kept { blob: row.int(1)?, size_bytes: row.count(2)? },
            created_ms: row.int(3)?,
            key,
            hash,
            place,
            about,
        })
    });
    items.collect()
}

fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// Where an item is laid out.
fn path_of(key: &str, hash: &Sha256, created_ms: i64) -> FilePath {
    let day = time(created_ms).format("%Y/%m/%d").to_string();
    let directory = day.split('/').fold(folder(), |path, part| path.child(part));
    let name = match key.rsplit_once('.') {
        Some((_, extension)) if !extension.contains('/') => format!("{hash}.{extension}"),
        _ => hash.to_string(),
    };
    directory.child(&name)
}

/// Makes sure that an item is at its place, and says whether it is. Not when the user has something else there, or no room.
fn lay_out(
    tx: &Tx<'_>,
    item: &Listed,
    path: &FilePath,
    days: &mut HashMap<FilePath, Option<i64>>,
) -> Result<bool, Error> {
    let parent = path.parent().unwrap_or_default();
    let directory = match days.get(&parent) {
        Some(directory) => *directory,
        None => tree::find(tx.sql, &parent)?.map(|node| node.id),
    };
    let here = directory.map(|directory| (directory, path.name().to_owned(), item.content.blob));
    days.insert(parent.clone(), directory);
    if here.is_some() && item.place == here {
        return Ok(true);
    }
    if tx.entries_left()? < ENTRIES_PER_ITEM {
        return Ok(false);
    }
    let directory = match tree::target(tx, path, true) {
        Ok(Target::Free { parent }) => parent,
        Ok(Target::Taken(node)) => return Ok(node.blob == Some(item.content.blob)),
        Err(Error::IsAFile { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    days.insert(parent, Some(directory));
    let rev = tx.record(Change::Create, None, path, None)?;
    tree::insert(tx, rev, directory, path.name(), &New::File(item.content))?;
    tx.sql.query("UPDATE media SET node = ?2 WHERE id = ?1", &[item.number.into(), rev.into()])?;
    Ok(true)
}

/// The file that is laid out for an item, with its path, while it is what was laid out.
pub fn laid_out(sql: &dyn Sql, item: &Item) -> Result<Option<(Node, FilePath)>, Error> {
    let (Some(id), Some(key)) = (item.node, &item.key) else { return Ok(None) };
    let path = path_of(key, &item.media.hash, item.media.created_ms);
    let node = tree::find(sql, &path)?.filter(|node| node.id == id && node.blob == Some(item.blob));
    Ok(node.map(|node| (node, path)))
}

/// Whether an entry is only what was laid out, and nothing of the user's: the list or a picture as it was written, or a
/// directory in which every file is.
pub fn is_derived(sql: &dyn Sql, node: i64, path: &FilePath) -> Result<bool, Error> {
    const OTHERS: &str = "WITH RECURSIVE below (id, kind, blob) AS (
            SELECT id, kind, blob FROM node WHERE id = ?1
            UNION ALL
            SELECT n.id, n.kind, n.blob FROM below b CROSS JOIN node n INDEXED BY node_listing
             WHERE b.kind = ?2 AND n.parent = b.id)
        SELECT 1 FROM below b WHERE kind <> ?2
            AND NOT EXISTS (SELECT 1 FROM media WHERE media.node = b.id AND media.blob = b.blob)
            AND (b.id, b.blob) IS NOT (SELECT i.v, c.v FROM meta i CROSS JOIN meta c
                WHERE i.k = 'media_index' AND c.k = 'media_index_blob') LIMIT 1";
    const BESIDE: &str = "SELECT 1 FROM node WHERE parent = ?1 AND name <> ?2 LIMIT 1";
    let folder = folder();
    if path.is_root() || !(path.is_within(&folder) || folder.is_within(path)) {
        return Ok(false);
    }
    if !path.is_within(&folder) && first(sql, BESIDE, &[node.into(), folder.name().into()])?.is_some() {
        return Ok(false);
    }
    Ok(first(sql, OTHERS, &[node.into(), (Kind::Directory as i64).into()])?.is_none())
}

/// Takes back what is laid out for an item, which is about to go.
pub fn withdraw(tx: &Tx<'_>, item: &Item) -> Result<(), Error> {
    if !item.is_public {
        return Ok(());
    }
    changed(tx)?;
    let Some((node, path)) = laid_out(tx.sql, item)? else { return Ok(()) };
    let rev = tx.record(Change::Delete, Some(node.id), &path, None)?;
    let these = json!([node.id]).to_string();
    // Where it lay elsewhere meanwhile, it was the user's there: what a checkpoint has of that stays.
    if history::was_elsewhere(tx.sql, node.id)? {
        history::end(tx, &these, rev)?;
    } else {
        history::erase(tx, &these)?;
    }
    tx.sql.query("DELETE FROM node WHERE id = ?1", &[node.id.into()])?;
    tx.remove_entries(1);
    tx.add_files(-1);
    tree::entries_changed(tx, node.parent, rev)
}
