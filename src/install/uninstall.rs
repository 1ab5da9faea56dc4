//! An app is taken out again: its folder into the trash, its line out of the registry, and of `package.json` what came with it and
//! nothing else needs.

use std::collections::BTreeSet;

use durable_objects::call::{
    Error as CallError, Heir, ListPlanted, OriginKind, PlantedTree, UprootTree, Uprooted, WhichPlanted,
};
use durable_objects::ids::Label;
use durable_objects::path::FilePath;
use serde::Serialize;
use serde_json::json;

use super::again::Attempts;
use super::delta::Needed;
use super::json::TEXT_MAX_BYTES;
use super::note::{Note, find, find_lost, stale_path};
use super::package::{PACKAGE_JSON, Package};
use super::plan::RegistryFile;
use super::texts::TextFile;
use crate::catalog::Catalog;
use crate::catalog::counts;
use crate::catalog::names::PublicId;
use crate::error::Error;
use crate::publish::aliases::Aliases;
use crate::publish::exclude::Rules;
use crate::publish::imports::{Imports, SOURCE_MAX_BYTES, is_source};
use crate::publish::lockfile::Packages;
use crate::publish::progress::Progress;
use crate::publish::source::{Origin, Source};
use crate::wire::True;
use crate::workspace::Workspace;

/// The most source that is looked through for what still needs a package. In a larger workspace packages stay.
const SOURCES_MAX: usize = 5_000;
const SOURCES_MAX_BYTES: u64 = 50 * 1024 * 1024;

/// Takes an app out.
pub async fn uninstall(workspace: &Workspace, catalog: &Catalog, id: &PublicId) -> Result<Uninstalled, Error> {
    let uprooted = uproot(workspace, id).await;
    // Also where it is not there any more: the user may have taken the install back.
    if matches!(uprooted, Ok(_) | Err(Error::NotInstalled))
        && let Err(error) = catalog.batch(vec![counts::uninstalled(id, workspace.user())]).await
    {
        worker::console_warn!("an uninstall was not recorded: {}", error.sentence());
    }
    let (tree, packages, uprooted) = uprooted?;
    let Uprooted { trash_path, turn } = uprooted;
    let root = &workspace.incoming().config.root;
    Ok(Uninstalled {
        id: if is_lost(&tree) { Note::of(&tree).id().to_owned() } else { tree.folder.name().to_owned() },
        ok: True,
        pnpm: packages.pnpm(),
        dependencies: packages,
        trash_path: trash_path.map(|path| path.absolute(root)),
        turn,
        version: tree.origin.version,
    })
}

/// An app that is in the workspace no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Uninstalled {
    dependencies: Gone,
    /// The name of its folder.
    id: String,
    ok: True,
    /// The arguments of `pnpm` that are left to be run; none if nothing is.
    pnpm: Vec<String>,
    /// Null if somebody had deleted the folder already.
    trash_path: Option<String>,
    /// Undoing it takes the removal back.
    turn: Label,
    version: String,
}

/// Takes it out of the workspace, and answers what was there and which packages went with it.
async fn uproot(workspace: &Workspace, id: &PublicId) -> Result<(PlantedTree, Gone, Uprooted), Error> {
    let mut attempts = Attempts::default();
    loop {
        let listed = RegistryFile::read(workspace).await?;
        let tree = match find(workspace, id.as_str()).await? {
            Some(tree) => tree,
            // Somebody has deleted the folder: the rest of it is still to go.
            None => find_lost(workspace, id.as_str(), &listed.registry).await?.ok_or(Error::NotInstalled)?,
        };
        let (call, gone) = plan(workspace, &tree, listed).await?;
        match workspace.call(call).await {
            Ok(uprooted) => return Ok((tree, gone, uprooted)),
            Err(Error::Workspace(CallError::ConditionFailed { .. })) => attempts.next().await?,
            Err(error) => return Err(error),
        }
    }
}

/// What becomes of the packages that came with an app.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "DependenciesGone"))]
pub struct Gone {
    /// Nobody needs them any more.
    removed: Vec<String>,
    /// Their user had them before, in another version.
    restored: Vec<Needed>,
}

impl Gone {
    /// The arguments of `pnpm` that bring about what `package.json` says now; none if that is what there is.
    fn pnpm(&self) -> Vec<String> {
        let (command, names) = match (self.removed.as_slice(), self.restored.as_slice()) {
            ([], []) => return Vec::new(),
            (removed, []) => ("remove", removed),
            // It takes out as well what is named no more.
            _ => ("install", &[][..]),
        };
        [command, "--reporter=silent"].into_iter().map(str::to_owned).chain(names.iter().cloned()).collect()
    }
}

/// What changes with the folder, and which packages go.
async fn plan(
    workspace: &Workspace,
    tree: &PlantedTree,
    mut listed: RegistryFile,
) -> Result<(UprootTree, Gone), Error> {
    let note = Note::of(tree);
    let package_file = TextFile::read(workspace, PACKAGE_JSON, TEXT_MAX_BYTES).await?;
    let broken = |why| package_file.broken(workspace, why);
    let mut package = Package::parse(package_file.text.as_deref()).map_err(broken)?;
    let (mut texts, registry) = (Vec::new(), &mut listed.registry);
    let folder = Some(tree.folder.name()).filter(|_| !is_lost(tree));
    let stale = stale_path(workspace, registry, &note, folder).await?;
    if stale.is_some() || folder.is_some_and(|folder| registry.has(folder)) {
        if let Some(folder) = folder {
            registry.remove(folder);
        }
        if let Some(path) = &stale {
            registry.remove_path(path);
        }
        texts.extend(listed.change(workspace)?);
    }
    // What somebody has changed since is theirs.
    let ours: Packages =
        note.added.clone().into_iter().filter(|(name, version)| package.get(name) == Some(version)).collect();
    let all = workspace.call(ListPlanted { which: WhichPlanted::All }).await?.trees;
    let others = all.iter().filter(|other| other.node != tree.node && other.origin.kind == OriginKind::App);
    let (heirs, inherited) = heirs(others, &note, &ours);
    let packages = ours.into_keys().filter(|name| !inherited.contains(name)).collect();
    let mut gone = Gone::default();
    for name in not_needed(workspace, tree, &note, packages).await? {
        if let Some(theirs) = note.replaced.get(&name) {
            package.put(&name, theirs);
            gone.restored.push(Needed { name, version: theirs.clone() });
        } else {
            package.remove(&name, note.made_list);
            gone.removed.push(name);
        }
    }
    if !(gone.removed.is_empty() && gone.restored.is_empty()) {
        texts.extend(package_file.change(workspace, package.to_text(), package.is_bare())?);
    }
    Ok((UprootTree { node: tree.node, texts, heirs }, gone))
}

/// Whether somebody has deleted its folder.
fn is_lost(tree: &PlantedTree) -> bool {
    tree.folder.is_root() || tree.folder.is_in_trash()
}

/// The other apps, with what each takes over: the packages that it needs as well, with what was there before them. And all of these.
fn heirs<'t>(
    others: impl Iterator<Item = &'t PlantedTree>,
    note: &Note,
    ours: &Packages,
) -> (Vec<Heir>, BTreeSet<String>) {
    let (mut heirs, mut inherited) = (Vec::new(), BTreeSet::new());
    for other in others {
        let theirs = Note::of(other);
        let needs = |name: &String| theirs.needs.contains(name) || theirs.added.contains_key(name);
        let pick = |packages: &Packages| -> Packages {
            let shared = packages.iter().filter(|(name, _)| ours.contains_key(*name) && needs(name));
            shared.map(|(name, version)| (name.clone(), version.clone())).collect()
        };
        let (added, replaced) = (pick(ours), pick(&note.replaced));
        inherited.extend(added.keys().cloned());
        let made_list = note.made_list || theirs.made_list;
        let note = json!({ "added": added, "replaced": replaced, "madeList": made_list });
        heirs.push(Heir { node: other.node, note });
    }
    (heirs, inherited)
}

/// Of some packages, those that nothing else in the workspace names; and those that its user had before.
async fn not_needed(
    workspace: &Workspace,
    tree: &PlantedTree,
    note: &Note,
    packages: BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let (name, progress) = (format!("uninstall/{}", note.id()), Progress::silent());
    let source = Source::open(workspace, name, FilePath::root(), &Origin::Workspace, &progress).await?;
    let folder = if is_lost(tree) { None } else { Some(format!("{}/", tree.folder)) };
    let imported = imported(&source, folder.as_deref()).await;
    source.release().await;
    let Some(imports) = imported? else {
        return Ok(packages.into_iter().filter(|name| note.replaced.contains_key(name)).collect());
    };
    let is_named = |name: &String| {
        imports.packages.contains(name) || imports.types.contains(name) || imports.builtins.contains(name)
    };
    Ok(packages.into_iter().filter(|name| note.replaced.contains_key(name) || !is_named(name)).collect())
}

/// What the workspace imports, a folder left out; none if there is more of it than is looked at.
async fn imported(source: &Source<'_>, but_not: Option<&str>) -> Result<Option<Imports>, Error> {
    let mut contents = source.contents("", &Rules::default()).await?;
    contents.files.retain(|file| {
        let is_left_out = but_not.is_some_and(|folder| file.path.starts_with(folder));
        is_source(&file.path) && file.size_bytes <= SOURCE_MAX_BYTES as u64 && !is_left_out
    });
    let total_bytes: u64 = contents.files.iter().map(|file| file.size_bytes).sum();
    if contents.files.len() > SOURCES_MAX || total_bytes > SOURCES_MAX_BYTES {
        return Ok(None);
    }
    let (mut imports, aliases) = (Imports::default(), Aliases::default());
    let mut reader = source.reader("reading", &contents.files);
    while let Some(file) = reader.next_file().await? {
        let mut held = Vec::new();
        while let Some(chunk) = reader.next_chunk().await? {
            held.extend(chunk.to_vec());
        }
        // What cannot be looked through may name anything.
        let is_scanned = std::str::from_utf8(&held).is_ok_and(|text| imports.scan(&file.path, text, &aliases));
        if !is_scanned {
            return Ok(None);
        }
    }
    Ok(Some(imports))
}
