//! What a host asks of the service as a whole: is it there, begin anew, forget this user.

use std::rc::Rc;
use std::time::Duration;

use durable_objects::call::{Close, Error as CallError, Ping, Reset, SyncMirror};
use durable_objects::ids::UserId;
use futures::future::{Either, select};
use serde::Serialize;
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
use crate::wire::{Time, True};
use crate::wire_usage::CopyBody;
use crate::workspace::Workspace;

/// How long a workspace may take to answer before it counts as not responding.
const PING_MAX: Duration = Duration::from_secs(2);

/// An address that still works.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Alive<'a> {
    /// How far the bucket copy is; null if it is switched off.
    copy: Option<CopyBody>,
    /// `alive`.
    status: &'static str,
    /// Whether there is something left to be copied.
    syncing: bool,
    timestamp: Time,
    user_id: &'a str,
}

/// Whether it runs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Status {
    /// Whether it does.
    ok: bool,
    /// Of the service, or of the caller's workspace.
    status: Health,
}

/// How the service is, or a workspace.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Health {
    /// It answers.
    Running,
    /// The account was deleted.
    NotRunning,
    /// It answers with a failure.
    Error,
    /// It has not answered within two seconds.
    NotResponding,
}

/// A workspace that begins anew.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkspaceReset<'a> {
    cleared: ResetParts,
    /// For people.
    message: &'static str,
    success: True,
    user_id: &'a str,
}

/// What was emptied.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ResetParts {
    /// The sessions, and the chats that were kept.
    clawdbot: bool,
    /// The tree, its history and its bytes.
    workspace: True,
}

/// An account that is gone for good.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountDeleted<'a> {
    success: True,
    user_id: &'a str,
}

/// `GET /api/keepalive`: the URL still works, and the bucket copy is brought up to date.
pub async fn keepalive(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let copy = CopyBody::new(&Workspace::of(&caller, &incoming)?.call(SyncMirror {}).await?);
    let syncing = copy.as_ref().is_some_and(CopyBody::is_behind);
    let (timestamp, user_id) = (Time(incoming.now_ms), caller.user().as_str());
    Answer::ok(&Alive { copy, status: "alive", syncing, timestamp, user_id })
}

/// `GET /api/status`: whether the service runs; with a signed query, whether that user's workspace does.
pub async fn status(incoming: Rc<Incoming>) -> Outcome {
    if !auth::is_claimed(&incoming.query) {
        return Answer::ok(&Status { ok: true, status: Health::Running });
    }
    let workspace = Workspace::of(&auth::caller(&incoming)?, &incoming)?;
    let ping = Box::pin(workspace.call(Ping {}));
    let status = match select(ping, Box::pin(Delay::from(PING_MAX))).await {
        Either::Left((Ok(_), _)) => Health::Running,
        Either::Left((Err(Error::Workspace(CallError::Closed)), _)) => Health::NotRunning,
        Either::Left((Err(_), _)) => Health::Error,
        Either::Right(_) => Health::NotResponding,
    };
    Answer::ok(&Status { ok: status == Health::Running, status })
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
    Answer::ok(&WorkspaceReset {
        cleared: ResetParts { clawdbot: clear_sessions, workspace: True },
        message: "The workspace was reset",
        success: True,
        user_id: caller.user().as_str(),
    })
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
    Answer::ok(&AccountDeleted { success: True, user_id: caller.user().as_str() })
}
