//! What is said of a desktop.

use durable_objects::ids::Sha256;
use serde::{Deserialize, Serialize};

use super::registry::RegistryEntry;
use super::{SCHEMA_VERSION, check_texts, to_json};
use crate::publish::lockfile::{Packages, Versions};

/// A desktop's `manifest.json`. Its fields are written in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DesktopManifest {
    /// 1.
    schema_version: u32,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// An emoji, a name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The handle of whoever published it.
    pub owner: String,
    /// What is on it.
    pub apps: Vec<DesktopApp>,
    /// What its workspace needs to run.
    pub dependencies: Packages,
    /// Everything that is in the snapshot, by path.
    pub files: Vec<PublishedFile>,
    /// The hash of the snapshot.
    pub snapshot_hash: Sha256,
    /// The hash of the lock file, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockfile_hash: Option<Sha256>,
}

/// An app of a desktop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DesktopApp {
    /// Its id there.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// An emoji, a name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The file that runs first.
    pub entry: String,
}

/// A file of a desktop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PublishedFile {
    /// Below the workspace's root.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Their hash.
    pub sha256: Sha256,
}

/// What is said of a desktop by who publishes it.
#[derive(Clone, Debug)]
pub struct DesktopFields {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// An emoji, a name or an address.
    pub icon: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The handle of whoever publishes it.
    pub owner: String,
}

impl DesktopManifest {
    /// Of a snapshot and what it was made from.
    pub fn new(
        fields: DesktopFields,
        registry: Vec<RegistryEntry>,
        versions: &Versions,
        mut files: Vec<PublishedFile>,
        snapshot_hash: Sha256,
        lockfile_hash: Option<Sha256>,
    ) -> Result<Self, String> {
        let DesktopFields { id, title, icon, description, owner } = fields;
        check_texts(&title, icon.as_deref(), description.as_deref())?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let apps = registry.into_iter().map(DesktopApp::from).collect();
        let dependencies = versions.dependencies();
        let schema_version = SCHEMA_VERSION;
        Ok(Self {
            schema_version,
            id,
            title,
            icon,
            description,
            owner,
            apps,
            dependencies,
            files,
            snapshot_hash,
            lockfile_hash,
        })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }
}

impl From<RegistryEntry> for DesktopApp {
    fn from(entry: RegistryEntry) -> Self {
        Self { id: entry.id, name: entry.name, icon: entry.icon, entry: entry.path }
    }
}
