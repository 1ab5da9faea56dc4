//! What is remembered of an installed app, and where it is found again, whatever its user has moved or deleted.

use durable_objects::call::{ListPlanted, PlantedTree, WhichPlanted};
use serde::{Deserialize, Serialize};

use super::registry::Registry;
use super::texts::{kind_at, place};
use crate::error::Error;
use crate::publish::lockfile::Packages;
use crate::workspace::Workspace;

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

    /// The id that it had when it was installed.
    pub fn id(&self) -> &str {
        self.entry.strip_prefix("/src/apps/").and_then(|rest| rest.split_once('/')).map_or("", |(id, _)| id)
    }
}

/// Where an app comes from, as it is known to the workspace, if it is there: directly among the apps.
pub async fn find(workspace: &Workspace, id: &str) -> Result<Option<PlantedTree>, Error> {
    let planted = workspace.call(ListPlanted { which: WhichPlanted::Of(id.to_owned()) }).await?;
    let apps = place("src/apps");
    Ok(planted.trees.into_iter().find(|tree| tree.folder.parent().as_ref() == Some(&apps)))
}

/// The app whose folder somebody has deleted, if the registry still has its line: else it was taken out.
pub async fn find_lost(workspace: &Workspace, id: &str, registry: &Registry) -> Result<Option<PlantedTree>, Error> {
    for tree in workspace.call(ListPlanted { which: WhichPlanted::Lost(id.to_owned()) }).await?.trees {
        if stale_path(workspace, registry, &Note::of(&tree), None).await?.is_some() {
            return Ok(Some(tree));
        }
    }
    Ok(None)
}

/// The path of an app's line in the registry if it leads nowhere any more: the app is in another folder now, or in none.
pub async fn stale_path(
    workspace: &Workspace,
    registry: &Registry,
    note: &Note,
    folder: Option<&str>,
) -> Result<Option<String>, Error> {
    let id = note.id();
    let is_asked = !id.is_empty() && folder != Some(id) && registry.has_path(&note.entry);
    let is_stale = is_asked && kind_at(workspace, &format!("src/apps/{id}")).await?.is_none();
    Ok(is_stale.then(|| note.entry.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_that_of_the_folder_that_it_had() {
        for (entry, id) in [("/src/apps/notes-2/lib/index.tsx", "notes-2"), ("/src/apps/notes", ""), ("", "")] {
            assert_eq!(Note { entry: entry.to_owned(), ..Note::default() }.id(), id);
        }
    }
}
