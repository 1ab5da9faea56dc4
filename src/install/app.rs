//! An app from the store becomes a folder of the workspace, with its line in the registry and what it needs in `package.json`: one
//! transaction, and one turn that can be undone.

use durable_objects::call::{Error as CallError, NewEntry, Origin, OriginKind, PlantTree, Planted, PlantedTree};
use durable_objects::ids::{Label, UserId};
use serde::Serialize;

use super::again::Attempts;
use super::delta::Delta;
use super::json::TEXT_MAX_BYTES;
use super::looked::Looked;
use super::note::{Note, find};
use super::plan::{Plan, RegistryFile};
use super::registry::Registry;
use super::sender;
use super::texts::{TextFile, place};
use super::unpack::Bundle;
use crate::blobs::Blobs;
use crate::bytes::to_utf8;
use crate::catalog::items::Item;
use crate::catalog::key::{Artifact, BASELINE_LOCKFILE, BASELINE_PACKAGE_JSON};
use crate::catalog::names::{LocalId, PublicId};
use crate::catalog::{Catalog, counts, users};
use crate::error::Error;
use crate::publish::lockfile::{LOCKFILE_MAX_BYTES, PACKAGE_JSON_MAX_BYTES, Packages, Versions, locked};
use crate::publish::manifest::registry::REGISTRY_PATH;
use crate::publish::manifest::{AppManifest, folder};
use crate::wire::{Nullable, True};
use crate::workspace::Workspace;

/// An app that is in the workspace.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Installed {
    dependencies: Delta,
    /// The file that runs first, from the workspace's root.
    entry: String,
    /// How many are in it; 0 where it was there before.
    files: usize,
    /// The name of its folder: the app's own, or one with a number where that was taken.
    id: String,
    /// It was there before, and nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "installed")]
    was_there: Option<True>,
    name: String,
    ok: True,
    /// The arguments of `pnpm` that are left to be run; none if everything is there.
    pnpm: Vec<String>,
    /// Undoing it takes the install back.
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<Label>,
    /// Where it was there before: what is offered by now, null if that is what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<Nullable<Offer>>,
    version: String,
}

/// An app that was brought up to date.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Updated {
    #[serde(flatten)]
    installed: Installed,
    /// The version that was there.
    from: String,
    /// What somebody has changed or deleted; it was left so.
    kept: Vec<String>,
    /// How many entries went to the trash.
    removed: usize,
    /// How many files were written.
    written: usize,
}

/// What is told of an install.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "InstallAnswer"))]
pub enum Answer {
    /// What was there before is not any more.
    Updated(Updated),
    /// It is there, or it was.
    Installed(Installed),
}

/// What is offered in place of what is there.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Offer {
    version: String,
}

/// Installs a version of an app, or says what of it is there; brings it up to date if that is asked for.
pub async fn install(workspace: &Workspace, catalog: &Catalog, item: &Item, is_update: bool) -> Result<Answer, Error> {
    match find(workspace, item.id.as_str()).await? {
        Some(tree) if !is_update && is_listed(workspace, &tree).await? => return Ok(offer(&tree, item)),
        None if is_update => return Err(Error::NotInstalled),
        Some(_) | None => {}
    }
    users::profile(catalog, workspace.user()).await?;
    let bundle = Bundle::of(item)?;
    let looked = bundle.look(workspace.incoming()).await?;
    let app = App::of(workspace, item, looked, is_update).await?;
    let stage = sender::stage(workspace, &bundle, &app.looked).await?;
    let done = app.plant(workspace, stage).await;
    match &done {
        Ok(Done::Planted(plan, _)) => app.record(catalog, workspace.user(), &plan.id).await,
        Ok(Done::There(_)) | Err(_) => sender::close(workspace, stage).await,
    }
    Ok(match done? {
        Done::Planted(plan, planted) => app.report(workspace, &plan, &planted),
        Done::There(tree) => offer(&tree, item),
    })
}

/// Whether the registry has an app whose folder is there. One that came back from the trash without its line is installed anew:
/// brought up to date, with its line. What cannot be read is not in the way of saying what is there.
async fn is_listed(workspace: &Workspace, tree: &PlantedTree) -> Result<bool, Error> {
    let text = match TextFile::read(workspace, REGISTRY_PATH, TEXT_MAX_BYTES).await {
        Ok(file) => file.text,
        Err(Error::BrokenFile { .. }) => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(Registry::parse(text.as_deref()).map_or(true, |registry| lists(&registry, tree)))
}

/// Whether it has it, by its folder or by the path that it had.
fn lists(registry: &Registry, tree: &PlantedTree) -> bool {
    registry.has(tree.folder.name()) || registry.has_path(&Note::of(tree).entry)
}

/// What is answered where the app is there already.
fn offer(tree: &PlantedTree, item: &Item) -> Answer {
    let note = Note::of(tree);
    let offered = item.release.as_ref().map(|release| release.version.to_string());
    let update = offered.filter(|offered| *offered != tree.origin.version);
    Answer::Installed(Installed {
        id: tree.folder.name().to_owned(),
        name: note.name,
        entry: note.entry,
        version: tree.origin.version.clone(),
        was_there: Some(True),
        update: Some(Nullable(update.map(|version| Offer { version }))),
        ..Installed::default()
    })
}

/// An app that is about to be installed.
pub struct App<'i> {
    item: &'i Item,
    looked: Looked,
    /// What its publisher says of it.
    pub manifest: AppManifest,
    /// The versions that its publisher had.
    pub published: Packages,
    /// What the operator's baseline brings.
    pub baseline: Versions,
    is_update: bool,
}

/// How an install ended.
enum Done {
    /// As it was composed.
    Planted(Box<Plan>, Planted),
    /// Somebody else has installed it meanwhile.
    There(PlantedTree),
}

impl<'i> App<'i> {
    /// The id under which it was published.
    pub const fn item_id(&self) -> &PublicId {
        &self.item.id
    }

    async fn of(workspace: &Workspace, item: &'i Item, looked: Looked, is_update: bool) -> Result<Self, Error> {
        let bad = |why: &str| Error::BadBundle(why.to_owned());
        let manifest = looked.manifest.as_ref().ok_or_else(|| bad("has no app.manifest.json"))?;
        let told = |why| Error::BadBundle(format!("has a manifest that cannot be used: {why}"));
        let manifest = AppManifest::parse(manifest).map_err(told)?;
        if manifest.id != item.local_id {
            return Err(bad("is that of another app"));
        }
        let folder = folder(&manifest.id);
        if looked.file(&folder, manifest.entry.trim_start_matches('/')).is_none() {
            return Err(bad("does not have the file that its manifest begins with"));
        }
        let blobs = Blobs::of_bundles(workspace.incoming())?;
        let text = async |key: &str, max_bytes: usize| -> Result<Option<String>, Error> {
            let bytes = blobs.read_end(key, max_bytes as u64 + 1).await?;
            Ok(bytes.and_then(|bytes| to_utf8(&bytes)).filter(|text| text.len() <= max_bytes))
        };
        let lockfile = match item.key(Artifact::Lockfile) {
            Some(key) => text(&key, LOCKFILE_MAX_BYTES).await?,
            None => None,
        };
        let package_json = text(BASELINE_PACKAGE_JSON, PACKAGE_JSON_MAX_BYTES).await?;
        let baseline_lock = text(BASELINE_LOCKFILE, LOCKFILE_MAX_BYTES).await?;
        let baseline = Versions::of(package_json.as_deref(), baseline_lock.as_deref());
        let published = lockfile.as_deref().map(locked).unwrap_or_default();
        Ok(Self { item, looked, manifest, published, baseline, is_update })
    }

    /// Plants it. Where somebody changes meanwhile what it changes too, it is composed anew.
    async fn plant(&self, workspace: &Workspace, stage: i64) -> Result<Done, Error> {
        let mut attempts = Attempts::default();
        loop {
            // Before it is asked what is there: who installs the app after that changes this file too.
            let registry = RegistryFile::read(workspace).await?;
            let there = find(workspace, self.item.id.as_str()).await?;
            match there {
                Some(tree) if !self.is_update && lists(&registry.registry, &tree) => return Ok(Done::There(tree)),
                None if self.is_update => return Err(Error::NotInstalled),
                Some(_) | None => {}
            }
            let plan = Plan::of(workspace, self, registry, there).await?;
            match workspace.call(self.call(workspace, stage, &plan)?).await {
                Ok(planted) => return Ok(Done::Planted(Box::new(plan), planted)),
                Err(Error::Workspace(CallError::ConditionFailed { .. } | CallError::AlreadyThere { .. })) => {}
                Err(error) => return Err(error),
            }
            attempts.next().await?;
        }
    }

    fn call(&self, workspace: &Workspace, stage: i64, plan: &Plan) -> Result<PlantTree, Error> {
        let at = format!("src/apps/{}", plan.id);
        let incoming = workspace.incoming();
        let root = &incoming.config.root;
        let entries: Vec<NewEntry> =
            self.looked.entries(|path| incoming.file_path(&format!("{root}/{at}/{path}")).map(drop))?;
        let note = serde_json::to_value(&plan.note).map_err(|error| Error::internal("a note", &error))?;
        let version = self.version();
        let origin = Origin { kind: OriginKind::App, item: self.item.id.as_str().to_owned(), version, note };
        let is_update = plan.there.is_some();
        Ok(PlantTree { stage, folder: place(&at), is_update, entries, texts: plan.texts.clone(), origin })
    }

    fn version(&self) -> String {
        self.item.release.as_ref().map(|release| release.version.to_string()).unwrap_or_default()
    }

    /// Has the catalogue know. The app is there whether it hears of it or not.
    async fn record(&self, catalog: &Catalog, user: &UserId, id: &str) {
        let (Some(release), Some(local_id)) = (&self.item.release, LocalId::parse(id)) else { return };
        let now_ms = catalog.incoming().now_ms;
        let installed = counts::installed(self.item.seq, user, release.version, &local_id, now_ms);
        if let Err(error) = catalog.batch(vec![installed]).await {
            worker::console_warn!("an install was not recorded: {}", error.sentence());
        }
    }

    fn report(&self, workspace: &Workspace, plan: &Plan, planted: &Planted) -> Answer {
        let root = &workspace.incoming().config.root;
        let installed = Installed {
            dependencies: plan.delta.clone(),
            entry: plan.entry.path.clone(),
            files: self.looked.count_files(),
            id: plan.id.clone(),
            was_there: None,
            name: plan.entry.name.clone(),
            ok: True,
            pnpm: plan.delta.pnpm(),
            turn: Some(planted.turn.clone()),
            update: None,
            version: self.version(),
        };
        match &plan.there {
            None => Answer::Installed(installed),
            Some(tree) => Answer::Updated(Updated {
                installed,
                from: tree.origin.version.clone(),
                kept: planted.kept.iter().map(|path| path.absolute(root)).collect(),
                removed: planted.removed,
                written: planted.written,
            }),
        }
    }
}
