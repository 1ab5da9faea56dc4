//! How an app is installed, as the workspace is now: what it is called here, and how the two files change that change with it.

use durable_objects::call::{NewText, PlantedTree};

use super::app::App;
use super::delta::Delta;
use super::json::TEXT_MAX_BYTES;
use super::note::{Note, find_lost, stale_path};
use super::package::{LOCKFILE, PACKAGE_JSON, Package};
use super::registry::{Registry, first_free};
use super::texts::{TextFile, kind_at};
use crate::catalog::names::LocalId;
use crate::error::Error;
use crate::publish::lockfile::{LOCKFILE_MAX_BYTES, Packages, Versions};
use crate::publish::manifest::registry::REGISTRY_PATH;
use crate::publish::manifest::{RegistryEntry, folder};
use crate::workspace::Workspace;

/// How many numbers are tried behind an id that is taken.
const NUMBERS_MAX: usize = 1_000;

/// The registry, and the file that it was read from.
pub struct RegistryFile {
    /// The file.
    pub file: TextFile,
    /// What it says.
    pub registry: Registry,
}

impl RegistryFile {
    /// Reads it.
    pub async fn read(workspace: &Workspace) -> Result<Self, Error> {
        let file = TextFile::read(workspace, REGISTRY_PATH, TEXT_MAX_BYTES).await?;
        let registry = Registry::parse(file.text.as_deref()).map_err(|why| file.broken(workspace, why))?;
        Ok(Self { file, registry })
    }

    /// Its change, if there is one.
    pub fn change(&self, workspace: &Workspace) -> Result<Option<NewText>, Error> {
        self.file.change(workspace, self.registry.to_text(), self.registry.is_bare())
    }
}

/// How an app is to be installed.
pub struct Plan {
    /// Its id here: the name of its folder.
    pub id: String,
    /// Its line.
    pub entry: RegistryEntry,
    /// What changes beside its folder.
    pub texts: Vec<NewText>,
    /// What is done about its packages.
    pub delta: Delta,
    /// What is remembered.
    pub note: Note,
    /// What is there, if that is brought up to date.
    pub there: Option<PlantedTree>,
}

impl Plan {
    /// Of an app, which may be there.
    pub async fn of(
        workspace: &Workspace,
        app: &App<'_>,
        mut listed: RegistryFile,
        there: Option<PlantedTree>,
    ) -> Result<Self, Error> {
        let (before, id) = here(workspace, app, &mut listed.registry, there.as_ref()).await?;
        let registry = &mut listed.registry;
        let names = registry.names();
        let free =
            || first_free(&app.manifest.name, |name, number| format!("{name} ({number})"), |name| names.contains(name));
        let name = registry.name_of(&id).map_or_else(free, str::to_owned);
        let original = format!("/{}/", folder(&app.manifest.id));
        let file = app.manifest.entry.strip_prefix(&original).unwrap_or_default();
        let path = format!("/src/apps/{id}/{file}");
        let entry = RegistryEntry { id: id.clone(), name, icon: app.manifest.icon.clone(), path };
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
        let has = [Versions::of(package_file.text.as_deref(), lockfile.as_deref()), app.baseline.clone()];
        // What somebody has changed since is theirs.
        let own: Packages =
            before.added.clone().into_iter().filter(|(name, version)| package.get(name) == Some(version)).collect();
        let delta = Delta::of(&id, &app.manifest.dependencies, &app.published, &has, &own);
        let made_list = before.made_list || !package.has_dependencies();
        let Note { mut added, mut replaced, .. } = before;
        for (name, version) in delta.added() {
            if let Some(theirs) = package.get(name).filter(|_| !own.contains_key(name)) {
                replaced.insert(name.to_owned(), theirs.to_owned());
            }
            package.put(name, version);
            added.insert(name.to_owned(), version.to_owned());
        }
        let texts = [listed.change(workspace)?, package_file.change(workspace, package.to_text(), package.is_bare())?];
        let needs = app.manifest.dependencies.keys().cloned().collect();
        let note = Note { name: entry.name.clone(), entry: entry.path.clone(), needs, added, replaced, made_list };
        Ok(Self { id, entry, texts: texts.into_iter().flatten().collect(), delta, note, there })
    }
}

/// What is remembered of an app that is there, or was until somebody deleted its folder; and the id that it has or is to have. The
/// line that it had follows.
async fn here(
    workspace: &Workspace,
    app: &App<'_>,
    registry: &mut Registry,
    there: Option<&PlantedTree>,
) -> Result<(Note, String), Error> {
    if let Some(tree) = there {
        let (note, id) = (Note::of(tree), tree.folder.name().to_owned());
        if let Some(path) = stale_path(workspace, registry, &note, Some(&id)).await? {
            registry.rename(&path, &id);
        }
        return Ok((note, id));
    }
    if let Some(lost) = find_lost(workspace, app.item_id().as_str(), registry).await? {
        let note = Note::of(&lost);
        let id = note.id().to_owned();
        return Ok((note, id));
    }
    Ok((Note::default(), free_id(workspace, app.manifest.id.as_str(), registry).await?))
}

/// The id that is wanted, or the first with a number behind it that neither the registry nor a folder has.
async fn free_id(workspace: &Workspace, wanted: &str, registry: &Registry) -> Result<String, Error> {
    let taken = registry.ids();
    for number in 0..NUMBERS_MAX {
        let id = if number == 0 { wanted.to_owned() } else { format!("{wanted}-{number}") };
        if taken.contains(&id) || LocalId::parse(&id).is_none() {
            continue;
        }
        if kind_at(workspace, &format!("src/apps/{id}")).await?.is_none() {
            return Ok(id);
        }
    }
    Err(Error::BadRequest(format!("No id is free for {wanted}; move other apps away")))
}
