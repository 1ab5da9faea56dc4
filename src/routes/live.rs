//! What has changed, told at once: the feed by pages or by waiting, and the socket.

use std::rc::Rc;
use std::time::Duration;

use durable_objects::call::{Error as CallError, ReadFeed};
use durable_objects::limits::LISTING_MAX_ENTRIES;
use durable_objects::path::FilePath;
use js_sys::JsString;
use wasm_bindgen::JsCast;
use worker::WebSocketPair;

use super::Outcome;
use crate::answer::{Answer, to_text};
use crate::auth::{self, Caller};
use crate::error::Error;
use crate::gateway::Relay;
use crate::incoming::Incoming;
use crate::wire_history::ChangesTail;
use crate::workspace::Workspace;

/// How many changes one page answers when nothing else is asked.
const CHANGES_DEFAULT: usize = 1000;
/// The longest wait for a change, in seconds.
const WAIT_MAX_S: usize = 30;

/// `GET /api/files/changes?since=&path=&limit=&wait=`: what has changed since a rev, in order; if nothing has, then after up to
/// `wait` seconds. Without `since`, the rev to begin at; with a `limit` of 0, only whether all since then is still known.
pub async fn changes(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let path = if query.get("path").is_some() { incoming.query_path()? } else { FilePath::root() };
    let limit = query.number("limit", 0, LISTING_MAX_ENTRIES)?.unwrap_or(CHANGES_DEFAULT);
    let wait = query.number("wait", 0, WAIT_MAX_S)?.and_then(|seconds| u64::try_from(seconds).ok());
    let wait = Duration::from_secs(wait.unwrap_or(0));
    let mut call = ReadFeed { since: query.get("since").map(parse_since).transpose()?, path, limit };
    let workspace = Workspace::of(&caller, &incoming)?;
    let (mut page, mut events) = workspace.call_for_text(call.clone()).await?;
    if !wait.is_zero() && page.is_last && is_empty(&events) {
        workspace.wait(page.rev, &call.path, wait).await?;
        call.since = Some(page.rev);
        (page, events) = workspace.call_for_text(call).await?;
    }
    // The events come as text, and go on as they are.
    let tail = to_text(&ChangesTail { more: !page.is_last, rev: page.rev })?;
    let tail = tail.strip_prefix('{').unwrap_or(&tail);
    let body = JsString::from("{\"changes\":").concat(&events).concat(&format!(",{tail}").into());
    Ok(Answer::native(200, body.into()).with("Content-Type", "application/json"))
}

/// A rev up to which a client knows everything: 0 is the beginning.
fn parse_since(text: &str) -> Result<i64, Error> {
    let rev = text.parse().ok().filter(|rev| (0..1 << 53).contains(rev));
    rev.ok_or_else(|| Error::BadRequest("since must be a whole number from 0".to_owned()))
}

/// Whether a JSON array has nothing in it.
fn is_empty(array: &JsString) -> bool {
    array.length() == 2
}

/// `GET /ws`: the socket, which is the object's from then on. The query is looked at now and never again.
pub async fn socket(incoming: Rc<Incoming>) -> Outcome {
    let wants_socket = incoming.header("Upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    let caller = match auth::caller(&incoming) {
        Ok(caller) if wants_socket => caller,
        Ok(_) => return Err(Error::NoUpgrade),
        // A page cannot read an answer that is no socket.
        Err(Error::Unauthorized(reason)) if wants_socket => return goodbye(4401, reason.details()),
        Err(error) => return Err(error),
    };
    let workspace = Workspace::of(&caller, &incoming)?;
    // What the bucket holds is imported before anyone follows it.
    let look = ReadFeed { since: None, path: FilePath::root(), limit: 1 };
    match workspace.call(look).await {
        Ok(_) => opened(&incoming, &workspace).await,
        Err(Error::Workspace(CallError::Closed)) => goodbye(4410, "This account was deleted"),
        Err(error) => Err(error),
    }
}

/// The object's own socket; or, where the host has a gateway, one that is both.
async fn opened(incoming: &Incoming, workspace: &Workspace) -> Outcome {
    let Some(object) = workspace.connect().await? else {
        return goodbye(4429, "Too many sockets are open; close some of them");
    };
    let Some(gateway) = incoming.config.gateway.clone() else { return Ok(Answer::switched(object)) };
    let pair = WebSocketPair::new().map_err(|cause| Error::internal("a socket", &cause))?;
    let [page, ours] = [&pair.client, &pair.server].map(|end| AsRef::<web_sys::WebSocket>::as_ref(end).clone());
    let relay = Relay::begin(ours.unchecked_into(), object.unchecked_into(), gateway, workspace.user().as_str());
    relay.map_err(|cause| Error::internal("a socket", &cause))?;
    Ok(Answer::switched(page))
}

/// A socket that says why there is none.
fn goodbye(code: u16, reason: &str) -> Outcome {
    let failed = |cause: worker::Error| Error::internal("a socket", &cause);
    let pair = WebSocketPair::new().map_err(failed)?;
    pair.server.accept().map_err(failed)?;
    pair.server.close(Some(code), Some(reason)).map_err(failed)?;
    Ok(Answer::switched(AsRef::<web_sys::WebSocket>::as_ref(&pair.client).clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rev_to_go_on_from_is_a_whole_number_from_0() {
        assert_eq!(parse_since("0").ok(), Some(0));
        for text in ["-1", "", "1.5", "x", "9007199254740992"] {
            assert!(parse_since(text).is_err(), "{text}");
        }
    }
}
