//! What others have published, taken into the caller's workspace, and out of it again.

use std::rc::Rc;

use super::Outcome;
use super::catalog::{Target, version};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::items::{self, Item};
use crate::catalog::names::PublicId;
use crate::catalog::{Catalog, Version};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::install::{app, fork, uninstall};
use crate::workspace::Workspace;

/// What is asked for, with the version that the body names or the one that is offered.
async fn item(catalog: &Catalog, target: &Target, caller: &Caller, version: Option<Version>) -> Result<Item, Error> {
    let item = items::find(catalog, target.kind, &target.id, version, Some(caller.user())).await?;
    if item.release.is_some() { Ok(item) } else { Err(Error::NoVersion) }
}

/// `POST /api/apps/{id}/install {version?, update?}`.
pub async fn install(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read_or_empty(&incoming).await?;
    let named = body.optional_text("version")?.map(|text| version(&text)).transpose()?;
    let is_update = body.flag("update", false)?;
    let catalog = Catalog::of(&incoming)?;
    let item = item(&catalog, &Target::of(&incoming), &caller, named).await?;
    let workspace = Workspace::of(&caller, &incoming)?;
    Answer::ok(&app::install(&workspace, &catalog, &item, is_update).await?)
}

/// `DELETE /api/apps/{id}/install`: also of what is not published any more.
pub async fn uninstall(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let id = PublicId::parse(&Target::of(&incoming).id).ok_or(Error::NotInstalled)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    Answer::ok(&uninstall::uninstall(&workspace, &Catalog::of(&incoming)?, &id).await?)
}

/// `POST /api/desktops/{id}/fork {into, version?}`.
pub async fn fork(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let into = body.text("into").ok_or_else(|| Error::BadRequest("into required: a folder to be made".to_owned()))?;
    let into = incoming.file_path(&into)?;
    let named = body.optional_text("version")?.map(|text| version(&text)).transpose()?;
    let catalog = Catalog::of(&incoming)?;
    let target = Target::of(&incoming);
    let item = item(&catalog, &target, &caller, named).await?;
    let workspace = Workspace::of(&caller, &incoming)?;
    Answer::ok(&fork::fork(&workspace, &catalog, &item, into).await?)
}
