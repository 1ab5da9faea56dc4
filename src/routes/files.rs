//! The tree: list, stat, mkdir, move, copy, delete.

use std::rc::Rc;

use durable_objects::call::{Copy, Delete, Deleted, List, ListAt, MakeDirectory, Move, Stat, StatAt};
use durable_objects::limits::LISTING_MAX_ENTRIES;
use durable_objects::path::{FilePath, MAX_DEPTH};
use js_sys::JsString;
use serde_json::json;

use super::Outcome;
use super::content::{unchanged, with_validators};
use super::history::{at, when};
use crate::answer::{Answer, to_text};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::conditional::{self, quote};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{self, ListingHead, MovedBody, PlacedBody, RemovedBody, StatBody, Time, True};
use crate::workspace::Workspace;

/// `GET /api/files/list?path=&recursive=&depth=&limit=&cursor=&at=`: a directory, whole up to 10,000 entries, or in pages;
/// as it is or as it was.
pub async fn list(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let path = if query.get("path").is_some() { incoming.query_path()? } else { FilePath::root() };
    let levels = if query.flag("recursive") { usize::MAX } else { 1 };
    let call = List {
        path: path.clone(),
        depth: query.number("depth", 1, MAX_DEPTH)?.unwrap_or(levels),
        limit: query.number("limit", 1, LISTING_MAX_ENTRIES)?.unwrap_or(LISTING_MAX_ENTRIES),
        after: query.get("cursor").map(wire::parse_cursor).transpose()?,
        unless: conditional::of_look(&incoming),
    };
    let workspace = Workspace::of(&caller, &incoming)?;
    let (listing, files) = match at(&incoming)? {
        None => workspace.call_for_text(call).await?,
        Some(rev) => workspace.call_for_text(ListAt { rev, list: call }).await?,
    };
    let tag = quote(&listing.tag);
    if listing.is_unchanged {
        return Ok(Answer::empty(304).with("ETag", &tag));
    }
    let root = &incoming.config.root;
    let parent = path.parent().map(|parent| parent.absolute(root));
    let about = to_text(&ListingHead { parent, path: path.absolute(root) })?;
    let cursor = match &listing.next {
        Some(next) => format!(",\"cursor\":{}}}", json!(wire::cursor(next)?)),
        None => "}".to_owned(),
    };
    // The entries come as text, and go on as they are.
    let about = about.strip_suffix('}').unwrap_or(&about);
    let body = JsString::from(format!("{about},\"files\":")).concat(&files).concat(&cursor.into());
    Ok(Answer::native(200, body.into()).with("Content-Type", "application/json").with("ETag", &tag))
}

/// `GET /api/files/stat?path=&at=&version=`: one entry.
pub async fn stat(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let stat = Stat { path: incoming.query_path()? };
    let workspace = Workspace::of(&caller, &incoming)?;
    let entry = match when(&incoming)? {
        None => workspace.call(stat).await?,
        Some(when) => workspace.call(StatAt { when, stat }).await?,
    };
    if conditional::of_look(&incoming).matches(Some(&entry.tag())) {
        return Ok(unchanged(&entry));
    }
    let path = entry.path.absolute(&incoming.config.root);
    Ok(with_validators(Answer::ok(&StatBody::new(&path, &entry))?, &entry))
}

/// `POST /api/files/mkdir {path}`: a directory and its parents.
pub async fn make_directory(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let text = body.text("path").ok_or_else(|| Error::BadRequest("Path required".to_owned()))?;
    let path = incoming.file_path(&text)?;
    Workspace::of(&caller, &incoming)?.call(MakeDirectory { path: path.clone() }).await?;
    Answer::ok(&PlacedBody { path: path.absolute(&incoming.config.root), success: True })
}

/// `POST /api/files/move {from, to, overwrite?}`.
pub async fn relocate(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let Places { from, to, overwrite } = places(&incoming).await?;
    let call = Move { from: from.clone(), to: to.clone(), overwrite, only_if: conditional::of_change(&incoming)? };
    Workspace::of(&caller, &incoming)?.call(call).await?;
    relocated(&incoming, &from, &to)
}

/// `POST /api/files/copy {from, to, overwrite?}`.
pub async fn copy(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let Places { from, to, overwrite } = places(&incoming).await?;
    let call = Copy { from: from.clone(), to: to.clone(), overwrite, only_if: conditional::of_change(&incoming)? };
    Workspace::of(&caller, &incoming)?.call(call).await?;
    relocated(&incoming, &from, &to)
}

/// The body of a move or copy.
struct Places {
    from: FilePath,
    to: FilePath,
    overwrite: bool,
}

async fn places(incoming: &Incoming) -> Result<Places, Error> {
    let body = JsonBody::read(incoming).await?;
    let (Some(from), Some(to)) = (body.text("from"), body.text("to")) else {
        return Err(Error::BadRequest("From and to paths required".to_owned()));
    };
    let overwrite = body.flag("overwrite", false)?;
    Ok(Places { from: incoming.file_path(&from)?, to: incoming.file_path(&to)?, overwrite })
}

fn relocated(incoming: &Incoming, from: &FilePath, to: &FilePath) -> Outcome {
    let root = &incoming.config.root;
    Answer::ok(&MovedBody { from: from.absolute(root), success: True, to: to.absolute(root) })
}

/// `DELETE /api/files?path=&permanent=`: into the trash, or for good.
pub async fn delete(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let only_if = conditional::of_change(&incoming)?;
    let call = Delete { path: incoming.query_path()?, permanent: incoming.query.flag("permanent"), only_if };
    let root = &incoming.config.root;
    let path = call.path.absolute(root);
    let trashed = match Workspace::of(&caller, &incoming)?.call(call).await? {
        Deleted::ForGood => None,
        Deleted::Trashed(trashed) => Some(trashed),
    };
    Answer::ok(&RemovedBody {
        expires_at: trashed.as_ref().map(|trashed| Time(trashed.expires_ms)),
        path,
        permanent: trashed.is_none().then_some(True),
        success: True,
        trash_path: trashed.as_ref().map(|trashed| trashed.path.absolute(root)),
        trashed_at: trashed.as_ref().map(|trashed| Time(trashed.deleted_ms)),
    })
}
