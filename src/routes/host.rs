//! What a host asks of the service as a whole: is it there, begin anew, forget this user.

use std::rc::Rc;
use std::time::Duration;

use durable_objects::call::{Close, Error as CallError, Ping, Reset, SyncMirror};
use durable_objects::ids::UserId;
use futures::future::{Either, select};
use serde_json::json;
use worker::Delay;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::{self, Caller};
use crate::blobs::{Blobs, Shelf};
use crate::body::JsonBody;
use crate::catalog::{Catalog, change, counts};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::media::key::{media_prefix, staging_prefix};
use crate::wire::Time;
use crate::wire_history::CopyBody;
use crate::workspace::Workspace;

/// How long a workspace may take to answer before it counts as not responding.
const PING_MAX: Duration = Duration::from_secs(2);

/// `GET /api/keepalive`: the URL still works, and the bucket copy is brought up to date.
pub async fn keepalive(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let now = Time(incoming.now_ms);
    let copy = CopyBody::new(&Workspace::of(&caller, &incoming)?.call(SyncMirror {}).await?);
    let syncing = copy.as_ref().is_some_and(CopyBody::is_behind);
    Answer::ok(&json!({
        "status": "alive", "userId": caller.user().as_str(), "timestamp": now, "syncing": syncing, "copy": copy,
    }))
}

/// `GET /api/status`: whether the service runs; with a signed query, whether that user's workspace does.
pub async fn status(incoming: Rc<Incoming>) -> Outcome {
    if !auth::is_claimed(&incoming.query) {
        return Answer::ok(&json!({ "ok": true, "status": "running" }));
    }
    let workspace = Workspace::of(&auth::caller(&incoming)?, &incoming)?;
    let ping = Box::pin(workspace.call(Ping {}));
    let status = match select(ping, Box::pin(Delay::from(PING_MAX))).await {
        Either::Left((Ok(_), _)) => "running",
        Either::Left((Err(Error::Workspace(CallError::Closed)), _)) => "not_running",
        Either::Left((Err(_), _)) => "error",
        Either::Right(_) => "not_responding",
    };
    Answer::ok(&json!({ "ok": status == "running", "status": status }))
}

/// `POST /api/reset-workspace {clearSessions?}`: everything of the workspace gone. The object empties itself first: from
/// then on nothing of the old tree can be seen, and repeating the call finishes what a crash left in the bucket.
pub async fn reset_workspace(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let clear_sessions = JsonBody::read_or_empty(&incoming).await?.flag("clearSessions", true)?;
    Workspace::of(&caller, &incoming)?.call(Reset {}).await?;
    let blobs = Blobs::of(&incoming)?;
    blobs.delete_all(&Shelf::Workspace.prefix(caller.user())).await?;
    if clear_sessions {
        for shelf in [Shelf::Sessions, Shelf::History] {
            blobs.delete_all(&shelf.prefix(caller.user())).await?;
        }
    }
    // Nothing is installed any more. Where there is no catalogue, nothing was.
    match Catalog::of(&incoming) {
        Ok(catalog) => catalog.batch(vec![counts::uninstalled_all(caller.user())]).await.map(drop)?,
        Err(Error::NotConfigured(_)) => {}
        Err(error) => return Err(error),
    }
    Answer::ok(&json!({
        "success": true,
        "message": "The workspace was reset",
        "userId": caller.user().as_str(),
        "cleared": { "workspace": true, "clawdbot": clear_sessions },
    }))
}

/// `DELETE /api/account?userId=`, by the host: everything of a user gone, from every store, and no way back. It can be
/// repeated until it answers 200.
pub async fn delete_account(incoming: Rc<Incoming>) -> Outcome {
    let host = auth::host(&incoming)?;
    let user = incoming.query.get("userId").and_then(UserId::parse);
    let user = user.ok_or_else(|| Error::BadRequest("userId required".to_owned()))?;
    let caller = host.on_behalf_of(user);
    Workspace::of(&caller, &incoming)?.call(Close {}).await?;
    Blobs::of(&incoming)?.delete_all(&Shelf::All.prefix(caller.user())).await?;
    let media = Blobs::of_media(&incoming)?;
    for prefix in [media_prefix(caller.user()), staging_prefix(caller.user())] {
        media.delete_all(&prefix).await?;
    }
    // Where there is no catalogue, nothing has been published.
    match Catalog::of(&incoming) {
        Ok(catalog) => change::close(&catalog, caller.user()).await?,
        Err(Error::NotConfigured(_)) => {}
        Err(error) => return Err(error),
    }
    Answer::ok(&json!({ "success": true, "userId": caller.user().as_str() }))
}
