//! An app from the store becomes a folder of the workspace, with its line in the registry and what it needs in `package.json`: one
//! transaction, and one turn that can be undone.

use durable_objects::call::{
    Error as CallError, ListPlanted, NewEntry, NewText, Origin, OriginKind, PlantTree, Planted, PlantedTree, Stat,
    WhichPlanted,
};
use durable_objects::ids::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::delta::Delta;
use super::json::TEXT_MAX_BYTES;
use super::looked::Looked;
use super::package::{LOCKFILE, PACKAGE_JSON, Package};
use super::registry::{Registry, first_free};
use super::sender;
use super::texts::{TextFile, place};
use super::unpack::Bundle;
use crate::blobs::Blobs;
use crate::bytes::to_utf8;
use crate::catalog::items::Item;
use crate::catalog::key::{Artifact, BASELINE_LOCKFILE, BASELINE_PACKAGE_JSON};
use crate::catalog::names::LocalId;
use crate::catalog::{Catalog, counts, users};
use crate::error::Error;
use crate::publish::lockfile::{LOCKFILE_MAX_BYTES, PACKAGE_JSON_MAX_BYTES, Packages, Versions, locked};
use crate::publish::manifest::registry::REGISTRY_PATH;
use crate::publish::manifest::{AppManifest, RegistryEntry, folder};
use crate::workspace::Workspace;

/// How often an install is composed anew because something that it changes has been changed meanwhile.
const ATTEMPTS_MAX: usize = 4;
/// How many numbers are tried behind an id that is taken.
const NUMBERS_MAX: usize = 1_000;

/// What is remembered of an installed app, for its end.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Note {
    /// What it is called here.
    pub name: String,
    /// The file that runs first.
    pub entry: String,
    /// The packages that it needs.
    pub needs: Vec<String>,
    /// What was added to `package.json` for it.
    pub added: Packages,
    /// What its user had there before, of what was added in its place.
    pub replaced: Packages,
    /// Whether there was no list of dependencies before.
    pub made_list: bool,
}

impl Note {
    /// Of a planted tree.
    pub fn of(tree: &PlantedTree) -> Self {
        serde_json::from_value(tree.origin.note.clone()).unwrap_or_default()
    }
}

/// Where an app comes from, as it is known to the workspace, if it is there: directly among the apps.
pub async fn find(workspace: &Workspace, id: &str) -> Result<Option<PlantedTree>, Error> {
    let planted = workspace.call(ListPlanted { which: WhichPlanted::Of(id.to_owned()) }).await?;
    let apps = place("src/apps");
    Ok(planted.trees.into_iter().find(|tree| tree.folder.parent().as_ref() == Some(&apps)))
}

/// Installs a version of an app, or says what of it is there; brings it up to date if that is asked for.
pub async fn install(workspace: &Workspace, catalog: &Catalog, item: &Item, is_update: bool) -> Result<Value, Error> {
    match find(workspace, item.id.as_str()).await? {
        Some(tree) if !is_update => return Ok(offer(&tree, item)),
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

/// What is answered where the app is there already.
fn offer(tree: &PlantedTree, item: &Item) -> Value {
    let note = Note::of(tree);
    let offered = item.release.as_ref().map(|release| release.version.to_string());
    let update = offered.filter(|offered| *offered != tree.origin.version);
    json!({
        "ok": true,
        "id": tree.folder.name(),
        "name": note.name,
        "entry": note.entry,
        "version": tree.origin.version,
        "installed": true,
        "update": update.map(|version| json!({ "version": version })),
        "files": 0,
        "dependencies": Delta::default(),
        "pnpm": [],
    })
}

/// An app that is about to be installed.
struct App<'i> {
    item: &'i Item,
    looked: Looked,
    manifest: AppManifest,
    /// The versions that its publisher had.
    published: Packages,
    /// What the operator's baseline brings.
    baseline: Versions,
    is_update: bool,
}

/// How an install ended.
enum Done {
    /// As it was composed.
    Planted(Box<Plan>, Planted),
    /// Somebody else has installed it meanwhile.
    There(PlantedTree),
}

/// How it is to be installed, as the workspace is now.
struct Plan {
    id: String,
    entry: RegistryEntry,
    texts: Vec<NewText>,
    delta: Delta,
    note: Note,
    /// What is there, if that is brought up to date.
    there: Option<PlantedTree>,
}

impl<'i> App<'i> {
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
        let mut attempts_left = ATTEMPTS_MAX;
        loop {
            attempts_left -= 1;
            // Before it is asked what is there: who installs the app after that changes this file too.
            let registry = TextFile::read(workspace, REGISTRY_PATH, TEXT_MAX_BYTES).await?;
            let there = find(workspace, self.item.id.as_str()).await?;
            match there {
                Some(tree) if !self.is_update => return Ok(Done::There(tree)),
                None if self.is_update => return Err(Error::NotInstalled),
                Some(_) | None => {}
            }
            let plan = self.plan(workspace, &registry, there).await?;
            match workspace.call(self.call(workspace, stage, &plan)?).await {
                Ok(planted) => return Ok(Done::Planted(Box::new(plan), planted)),
                Err(Error::Workspace(CallError::ConditionFailed { .. } | CallError::AlreadyThere { .. }))
                    if attempts_left > 0 => {}
                Err(error) => return Err(error),
            }
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
        let is_update = self.is_update;
        Ok(PlantTree { stage, folder: place(&at), is_update, entries, texts: plan.texts.clone(), origin })
    }

    fn version(&self) -> String {
        self.item.release.as_ref().map(|release| release.version.to_string()).unwrap_or_default()
    }

    async fn plan(
        &self,
        workspace: &Workspace,
        registry_file: &TextFile,
        there: Option<PlantedTree>,
    ) -> Result<Plan, Error> {
        let broken = |why| registry_file.broken(workspace, why);
        let mut registry = Registry::parse(registry_file.text.as_deref()).map_err(broken)?;
        let (before, id) = match &there {
            Some(tree) => (Note::of(tree), tree.folder.name().to_owned()),
            None => (Note::default(), self.free_id(workspace, &registry).await?),
        };
        let names = registry.names();
        let free = || {
            first_free(&self.manifest.name, |name, number| format!("{name} ({number})"), |name| names.contains(name))
        };
        let name = registry.name_of(&id).map_or_else(free, str::to_owned);
        let original = format!("/{}/", folder(&self.manifest.id));
        let file = self.manifest.entry.strip_prefix(&original).unwrap_or_default();
        let path = format!("/src/apps/{id}/{file}");
        let entry = RegistryEntry { id: id.clone(), name, icon: self.manifest.icon.clone(), path };
        registry.put(&entry);
        let package_file = TextFile::read(workspace, PACKAGE_JSON, TEXT_MAX_BYTES).await?;
        let broken = |why| package_file.broken(workspace, why);
        let mut package = Package::parse(package_file.text.as_deref()).map_err(broken)?;
        // The lock file only says which versions are there: without it, the ranges do.
        let lockfile = match TextFile::read(workspace, LOCKFILE, LOCKFILE_MAX_BYTES).await {
            Ok(file) => file.text,
            Err(Error::BrokenFile { .. }) => None,
            Err(error) => return Err(error),
        };
        let has = [Versions::of(package_file.text.as_deref(), lockfile.as_deref()), self.baseline.clone()];
        // What somebody has changed since is theirs.
        let own: Packages =
            before.added.clone().into_iter().filter(|(name, version)| package.get(name) == Some(version)).collect();
        let delta = Delta::of(&id, &self.manifest.dependencies, &self.published, &has, &own);
        let made_list = before.made_list || !package.has_dependencies();
        let Note { mut added, mut replaced, .. } = before;
        for (name, version) in delta.added() {
            if let Some(theirs) = package.get(name).filter(|_| !own.contains_key(name)) {
                replaced.insert(name.to_owned(), theirs.to_owned());
            }
            package.put(name, version);
            added.insert(name.to_owned(), version.to_owned());
        }
        let texts = [
            registry_file.change(workspace, registry.to_text(), registry.is_bare())?,
            package_file.change(workspace, package.to_text(), package.is_bare())?,
        ];
        let needs = self.manifest.dependencies.keys().cloned().collect();
        let note = Note { name: entry.name.clone(), entry: entry.path.clone(), needs, added, replaced, made_list };
        Ok(Plan { id, entry, texts: texts.into_iter().flatten().collect(), delta, note, there })
    }

    /// The app's id, or the first with a number behind it that neither the registry nor a folder has.
    async fn free_id(&self, workspace: &Workspace, registry: &Registry) -> Result<String, Error> {
        let (wanted, taken) = (self.manifest.id.as_str(), registry.ids());
        for number in 0..NUMBERS_MAX {
            let id = if number == 0 { wanted.to_owned() } else { format!("{wanted}-{number}") };
            if taken.contains(&id) || LocalId::parse(&id).is_none() {
                continue;
            }
            match workspace.call(Stat { path: place(&format!("src/apps/{id}")) }).await {
                Ok(_) => {}
                Err(Error::Workspace(CallError::NotFound { .. })) => return Ok(id),
                Err(error) => return Err(error),
            }
        }
        Err(Error::BadRequest(format!("No id is free for {wanted}; move other apps away")))
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

    fn report(&self, workspace: &Workspace, plan: &Plan, planted: &Planted) -> Value {
        let root = &workspace.incoming().config.root;
        let mut report = json!({
            "ok": true,
            "id": plan.id,
            "name": plan.entry.name,
            "entry": plan.entry.path,
            "version": self.version(),
            "files": self.looked.count_files(),
            "dependencies": plan.delta,
            "pnpm": plan.delta.pnpm(),
            "turn": planted.turn,
        });
        if let (Some(tree), Some(report)) = (&plan.there, report.as_object_mut()) {
            let kept: Vec<String> = planted.kept.iter().map(|path| path.absolute(root)).collect();
            report.extend([
                ("from".to_owned(), json!(tree.origin.version)),
                ("written".to_owned(), json!(planted.written)),
                ("removed".to_owned(), json!(planted.removed)),
                ("kept".to_owned(), json!(kept)),
            ]);
        }
        report
    }
}
