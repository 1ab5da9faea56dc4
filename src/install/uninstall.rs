//! An app is taken out again: its folder into the trash, its line out of the registry, and of `package.json` what came with it and
//! nothing else needs.

use std::collections::BTreeSet;

use durable_objects::call::{
    Error as CallError, ListPlanted, NewText, PlantedTree, UprootTree, Uprooted, WhichPlanted,
};
use durable_objects::path::FilePath;
use serde_json::{Value, json};

use super::app::{Note, find};
use super::delta::Needed;
use super::json::TEXT_MAX_BYTES;
use super::package::{PACKAGE_JSON, Package};
use super::registry::Registry;
use super::texts::TextFile;
use crate::catalog::Catalog;
use crate::catalog::counts;
use crate::catalog::names::PublicId;
use crate::error::Error;
use crate::publish::aliases::Aliases;
use crate::publish::exclude::Rules;
use crate::publish::imports::{Imports, SOURCE_MAX_BYTES, is_source};
use crate::publish::manifest::registry::REGISTRY_PATH;
use crate::publish::progress::Progress;
use crate::publish::source::{Origin, Source};
use crate::workspace::Workspace;

/// How often it is composed anew because something that it changes has been changed meanwhile.
const ATTEMPTS_MAX: usize = 4;
/// The most source that is looked through for what still needs a package. In a larger workspace packages stay.
const SOURCES_MAX: usize = 5_000;
const SOURCES_MAX_BYTES: u64 = 50 * 1024 * 1024;

/// Takes an app out.
pub async fn uninstall(workspace: &Workspace, catalog: &Catalog, id: &PublicId) -> Result<Value, Error> {
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
    Ok(json!({
        "ok": true,
        "id": tree.folder.name(),
        "version": tree.origin.version,
        "trashPath": trash_path.absolute(root),
        "dependencies": { "removed": packages.removed, "restored": packages.restored },
        "pnpm": packages.pnpm(),
        "turn": turn,
    }))
}

/// Takes it out of the workspace, and answers what was there and which packages went with it.
async fn uproot(workspace: &Workspace, id: &PublicId) -> Result<(PlantedTree, Gone, Uprooted), Error> {
    let mut attempts_left = ATTEMPTS_MAX;
    loop {
        attempts_left -= 1;
        let tree = find(workspace, id.as_str()).await?.ok_or(Error::NotInstalled)?;
        let (texts, gone) = plan(workspace, &tree).await?;
        match workspace.call(UprootTree { folder: tree.folder.clone(), texts }).await {
            Ok(uprooted) => return Ok((tree, gone, uprooted)),
            Err(Error::Workspace(CallError::ConditionFailed { .. })) if attempts_left > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

/// What becomes of the packages that came with an app.
#[derive(Default)]
struct Gone {
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

/// What changes beside the folder, and which packages go.
async fn plan(workspace: &Workspace, tree: &PlantedTree) -> Result<(Vec<NewText>, Gone), Error> {
    let note = Note::of(tree);
    let registry_file = TextFile::read(workspace, REGISTRY_PATH, TEXT_MAX_BYTES).await?;
    let broken = |why| registry_file.broken(workspace, why);
    let mut registry = Registry::parse(registry_file.text.as_deref()).map_err(broken)?;
    let package_file = TextFile::read(workspace, PACKAGE_JSON, TEXT_MAX_BYTES).await?;
    let broken = |why| package_file.broken(workspace, why);
    let mut package = Package::parse(package_file.text.as_deref()).map_err(broken)?;
    let mut texts = Vec::new();
    if registry.ids().contains(tree.folder.name()) {
        registry.remove(tree.folder.name());
        texts.extend(registry_file.change(workspace, registry.to_text(), registry.is_bare())?);
    }
    // What somebody has changed since is theirs.
    let ours = note.added.iter().filter(|(name, version)| package.get(name) == Some(version.as_str()));
    let ours: BTreeSet<String> = ours.map(|(name, _)| name.clone()).collect();
    let mut gone = Gone::default();
    for name in not_needed(workspace, tree, &note, ours).await? {
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
    Ok((texts, gone))
}

/// Of some packages, those that neither another installed app nor anything else in the workspace names; and those that its user
/// had before, unless another app needs them as they are.
async fn not_needed(
    workspace: &Workspace,
    tree: &PlantedTree,
    note: &Note,
    mut packages: BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    for other in workspace.call(ListPlanted { which: WhichPlanted::All }).await?.trees {
        if other.folder != tree.folder {
            let other = Note::of(&other);
            packages.retain(|name| !other.needs.contains(name) && !other.added.contains_key(name));
        }
    }
    let (name, progress) = (format!("uninstall/{}", tree.folder), Progress::silent());
    let source = Source::open(workspace, name, FilePath::root(), &Origin::Workspace, &progress).await?;
    let imported = imported(&source, &format!("{}/", tree.folder)).await;
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
async fn imported(source: &Source<'_>, but_not: &str) -> Result<Option<Imports>, Error> {
    let mut contents = source.contents("", &Rules::default()).await?;
    contents.files.retain(|file| {
        is_source(&file.path) && file.size_bytes <= SOURCE_MAX_BYTES as u64 && !file.path.starts_with(but_not)
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
