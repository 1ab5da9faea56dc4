//! Somebody's desktop becomes a folder of one's own: the very tree that was published, in one transaction. Bytes that the workspace
//! has already are shared.

use durable_objects::call::{ListPlanted, Origin, OriginKind, PlantTree, WhichPlanted};
use durable_objects::ids::Label;
use durable_objects::path::FilePath;
use serde::Serialize;
use serde_json::Value;

use super::sender;
use super::unpack::Bundle;
use crate::catalog::items::Item;
use crate::catalog::names::PublicId;
use crate::catalog::{Catalog, counts, users};
use crate::error::Error;
use crate::wire::True;
use crate::workspace::Workspace;

/// A desktop that is in the workspace, in a folder of its own.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Forked {
    /// How many were written.
    files: usize,
    id: PublicId,
    ok: True,
    /// The folder.
    path: String,
    title: String,
    /// Undoing it takes the fork back.
    turn: Label,
    version: String,
}

/// Forks a version of a desktop into a folder that is not there yet.
pub async fn fork(workspace: &Workspace, catalog: &Catalog, item: &Item, into: FilePath) -> Result<Forked, Error> {
    let release = item.release.as_ref().ok_or(Error::NoVersion)?;
    users::profile(catalog, workspace.user()).await?;
    let bundle = Bundle::of(item)?;
    let looked = bundle.look(workspace.incoming()).await?;
    let incoming = workspace.incoming();
    let at = into.absolute(&incoming.config.root);
    let entries = looked.entries(|path| incoming.file_path(&format!("{at}/{path}")).map(drop))?;
    let stage = sender::stage(workspace, &bundle, &looked).await?;
    let origin = Origin {
        kind: OriginKind::Desktop,
        item: item.id.as_str().to_owned(),
        version: release.version.to_string(),
        note: Value::Null,
    };
    let call = PlantTree { stage, folder: into, is_update: false, entries, texts: Vec::new(), origin };
    let planted = workspace.call(call).await;
    if planted.is_err() {
        sender::close(workspace, stage).await;
    }
    let planted = planted?;
    let now_ms = incoming.now_ms;
    let forked = counts::installed(item.seq, workspace.user(), release.version, &item.local_id, now_ms);
    if let Err(error) = catalog.batch(vec![forked]).await {
        worker::console_warn!("a fork was not recorded: {}", error.sentence());
    }
    Ok(Forked {
        files: planted.written,
        id: item.id.clone(),
        ok: True,
        path: at,
        title: item.title.clone(),
        turn: planted.turn,
        version: release.version.to_string(),
    })
}

/// What a folder was forked from, or installed, if it was.
pub async fn parent(workspace: &Workspace, folder: &FilePath) -> Result<Option<String>, Error> {
    let planted = workspace.call(ListPlanted { which: WhichPlanted::At(folder.clone()) }).await?;
    Ok(planted.trees.into_iter().next().map(|tree| tree.origin.item))
}
