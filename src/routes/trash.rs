//! The trash: what is in it, out of it, and its end.

use std::rc::Rc;

use durable_objects::call::{EmptyTrash, ListTrash, Restore};
use durable_objects::limits::LISTING_MAX_ENTRIES;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{self, EmptiedBody, PlacedBody, TrashBody, TrashItem, True};
use crate::workspace::Workspace;

/// `GET /api/files/trash?limit=&cursor=`: what can be restored, newest first.
pub async fn list(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let call = ListTrash {
        limit: query.number("limit", 1, LISTING_MAX_ENTRIES)?.unwrap_or(LISTING_MAX_ENTRIES),
        after: query.get("cursor").map(wire::parse_cursor).transpose()?,
    };
    let listing = Workspace::of(&caller, &incoming)?.call(call).await?;
    Answer::ok(&TrashBody {
        files: listing.entries.iter().map(|trashed| TrashItem::new(&incoming.config.root, trashed)).collect(),
        cursor: listing.next.as_ref().map(wire::cursor).transpose()?,
    })
}

/// `POST /api/files/restore {trashPath, to?}`: back to where it was, or to another place.
pub async fn restore(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let path = body.text("trashPath").ok_or_else(|| Error::BadRequest("trashPath required".to_owned()))?;
    let to = body.optional_text("to")?.map(|to| incoming.file_path(&to)).transpose()?;
    let call = Restore { path: incoming.file_path(&path)?, to };
    let restored = Workspace::of(&caller, &incoming)?.call(call).await?;
    Answer::ok(&PlacedBody { path: restored.path.absolute(&incoming.config.root), success: True })
}

/// `POST /api/files/trash/empty`: everything in it for good.
pub async fn empty(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let emptied = Workspace::of(&caller, &incoming)?.call(EmptyTrash {}).await?;
    Answer::ok(&EmptiedBody { bytes: emptied.bytes, count: emptied.count, success: True })
}
