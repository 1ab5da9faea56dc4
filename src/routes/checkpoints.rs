//! Checkpoints and turns: the tree as it was, what has changed since, and all of it taken back. And what all of that takes
//! up.

use std::rc::Rc;

use durable_objects::call::{
    Amount, CompareCheckpoint, DropCheckpoint, ListCheckpoints, ListTurns, Measure, RestoreCheckpoint, ShowTurn,
    TakeCheckpoint, UndoTurn,
};
use durable_objects::ids::Label;
use durable_objects::limits::LISTING_MAX_ENTRIES;
use durable_objects::path::FilePath;
use worker::console_warn;

use super::Outcome;
use super::history::parse_rev;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::{Catalog, usage};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{self, True};
use crate::wire_history::{
    ChangeItem, CheckpointDroppedBody, CheckpointItem, CheckpointsBody, DifferenceItem, DifferencesBody,
    TurnChangesBody, TurnItem, TurnsBody,
};
use crate::wire_reverted::RevertedBody;
use crate::wire_usage::UsageBody;
use crate::workspace::Workspace;

/// The longest label, in characters.
const LABEL_MAX_CHARS: usize = 200;
/// How many turns one page answers when nothing else is asked.
const TURNS_DEFAULT: usize = 100;
/// The most turns of one page.
const TURNS_MAX: usize = 1000;

/// The part of the path that names a checkpoint: `/api/checkpoints/{id}/…`.
fn id(incoming: &Incoming) -> Result<i64, Error> {
    parse_rev("A checkpoint's id", &incoming.segment(3))
}

/// The part of the path that names a turn: `/api/turns/{turn}/…`.
fn turn(incoming: &Incoming) -> Result<Label, Error> {
    Label::parse(&incoming.segment(3)).ok_or(Error::NoRoute)
}

/// `POST /api/checkpoints {label?}`: keeps everything as it is.
pub async fn take(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let label = JsonBody::read_or_empty(&incoming).await?.optional_text("label")?.filter(|label| !label.is_empty());
    if label.as_ref().is_some_and(|label| label.chars().count() > LABEL_MAX_CHARS || label.contains(char::is_control)) {
        let sentence = format!("A label is up to {LABEL_MAX_CHARS} characters, none of them a control character");
        return Err(Error::BadRequest(sentence));
    }
    let checkpoint = Workspace::of(&caller, &incoming)?.call(TakeCheckpoint { label }).await?;
    Answer::ok(&CheckpointItem::new(&checkpoint))
}

/// `GET /api/checkpoints`: all of them, newest first.
pub async fn list(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let all = Workspace::of(&caller, &incoming)?.call(ListCheckpoints {}).await?.checkpoints;
    Answer::ok(&CheckpointsBody { checkpoints: all.iter().map(CheckpointItem::new).collect() })
}

/// `DELETE /api/checkpoints/{id}`: what only it held is let go.
pub async fn delete(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let rev = id(&incoming)?;
    Workspace::of(&caller, &incoming)?.call(DropCheckpoint { rev }).await?;
    Answer::ok(&CheckpointDroppedBody { id: rev, success: True })
}

/// `GET /api/checkpoints/{id}/changes?limit=&cursor=`: what is otherwise now than it was, by path.
pub async fn changes(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let limit = query.number("limit", 1, LISTING_MAX_ENTRIES)?.unwrap_or(LISTING_MAX_ENTRIES);
    let skip = query.get("cursor").map(wire::parse_cursor).transpose()?.unwrap_or(0);
    let call = CompareCheckpoint { rev: id(&incoming)?, limit, skip };
    let page = Workspace::of(&caller, &incoming)?.call(call).await?;
    let root = &incoming.config.root;
    let seen = skip + page.differences.len();
    let cursor = (seen < page.total && !page.differences.is_empty()).then(|| wire::cursor(&seen)).transpose()?;
    let changes: Vec<_> = page.differences.iter().map(|difference| DifferenceItem::new(root, difference)).collect();
    Answer::ok(&DifferencesBody { changes, cursor, total: page.total })
}

/// `POST /api/checkpoints/{id}/restore {path?}`: the tree, or one entry with all that was in it, as it was.
pub async fn restore(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let rev = id(&incoming)?;
    let path = JsonBody::read_or_empty(&incoming).await?.optional_text("path")?;
    let path = path.map_or_else(|| Ok(FilePath::root()), |path| incoming.file_path(&path))?;
    let answer = Workspace::of(&caller, &incoming)?.call(RestoreCheckpoint { rev, path }).await?;
    Answer::ok(&RevertedBody::new(&incoming.config.root, &answer))
}

/// `GET /api/turns?limit=&cursor=`: the turns that have changed something, newest first.
pub async fn turns(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let call = ListTurns {
        limit: query.number("limit", 1, TURNS_MAX)?.unwrap_or(TURNS_DEFAULT),
        before: query.get("cursor").map(wire::parse_cursor).transpose()?,
    };
    let page = Workspace::of(&caller, &incoming)?.call(call).await?;
    let root = &incoming.config.root;
    Answer::ok(&TurnsBody {
        cursor: page.next.as_ref().map(wire::cursor).transpose()?,
        turns: page.turns.iter().map(|turn| TurnItem::new(root, turn)).collect(),
    })
}

/// `GET /api/turns/{turn}?limit=&cursor=`: what it did, in order.
pub async fn show_turn(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let call = ShowTurn {
        turn: turn(&incoming)?,
        limit: query.number("limit", 1, LISTING_MAX_ENTRIES)?.unwrap_or(LISTING_MAX_ENTRIES),
        after: query.get("cursor").map(wire::parse_cursor).transpose()?,
    };
    let name = call.turn.clone();
    let page = Workspace::of(&caller, &incoming)?.call(call).await?;
    let root = &incoming.config.root;
    let changes: Vec<_> = page.changes.iter().map(|changed| ChangeItem::new(root, changed)).collect();
    let cursor = page.next.as_ref().map(wire::cursor).transpose()?;
    Answer::ok(&TurnChangesBody { changes, cursor, turn: name.into() })
}

/// `POST /api/turns/{turn}/undo {force?}`: exactly what it has changed, taken back.
pub async fn undo(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let turn = turn(&incoming)?;
    let force = JsonBody::read_or_empty(&incoming).await?.flag("force", false)?;
    let answer = Workspace::of(&caller, &incoming)?.call(UndoTurn { turn, force }).await?;
    Answer::ok(&RevertedBody::new(&incoming.config.root, &answer))
}

/// `GET /api/usage`: what is stored, and how much more can be.
pub async fn usage(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let usage = Workspace::of(&caller, &incoming)?.call(Measure {}).await?;
    let published = match Catalog::of(&incoming) {
        Ok(catalog) => match usage::published(&catalog, caller.user()).await {
            Ok(published) => Some(published),
            // The rest is known without the catalogue.
            Err(error) => {
                console_warn!("what is published was not counted: {}", error.sentence());
                None
            }
        },
        // Where there is no catalogue, nothing is published.
        Err(_) => Some(Amount::default()),
    };
    Answer::ok(&UsageBody::new(&usage, published))
}
