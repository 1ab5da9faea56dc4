//! What is said of an app or a desktop: files of JSON whose bytes are hashed, so that their form is a contract.

mod desktop;
pub mod registry;
#[cfg(test)]
mod tests;

use durable_objects::ids::Sha256;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256 as Hasher};

use super::imports::{Imports, is_package_name};
use super::lockfile::{Packages, Versions, is_range};
use crate::catalog::names::{self, DESCRIPTION_MAX_BYTES, ICON_MAX_BYTES, LocalId, TITLE_MAX_BYTES};

pub use desktop::{DesktopApp, DesktopFields, DesktopManifest, PublishedFile};
pub use registry::{RegistryEntry, read_registry};

/// The version of both forms.
const SCHEMA_VERSION: u32 = 1;
/// What an app begins with, the first that is there, where nobody says.
const ENTRIES: [&str; 4] = ["index.tsx", "index.ts", "index.jsx", "index.js"];
/// The most packages of one kind.
const PACKAGES_MAX: usize = 500;

/// An app's folder below the workspace's root.
pub fn folder(id: &LocalId) -> String {
    format!("src/apps/{}", id.as_str())
}

/// `app.manifest.json`. Its fields are written in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppManifest {
    /// 1.
    schema_version: u32,
    /// The app's id.
    pub id: LocalId,
    /// What people call it.
    pub name: String,
    /// An emoji, a name or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The file that runs first, from the workspace's root.
    pub entry: String,
    /// What it needs to run.
    #[serde(default)]
    pub dependencies: Packages,
    /// What it needs from the desktop.
    #[serde(default)]
    pub peer_dependencies: Packages,
    /// What it needs to be checked.
    #[serde(default)]
    pub dev_dependencies: Packages,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a request says of an app; it wins over what is found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppFields {
    /// As in the manifest.
    pub name: Option<String>,
    /// As in the manifest.
    pub icon: Option<String>,
    /// As in the manifest.
    pub description: Option<String>,
    /// As in the manifest.
    pub entry: Option<String>,
    /// As in the manifest.
    pub tags: Option<Vec<String>>,
    /// As in the manifest.
    pub dependencies: Option<Packages>,
    /// As in the manifest.
    pub peer_dependencies: Option<Packages>,
    /// As in the manifest.
    pub dev_dependencies: Option<Packages>,
}

impl AppFields {
    /// These, and where they say nothing, others.
    pub fn or(self, others: Self) -> Self {
        Self {
            name: self.name.or(others.name),
            icon: self.icon.or(others.icon),
            description: self.description.or(others.description),
            entry: self.entry.or(others.entry),
            tags: self.tags.or(others.tags),
            dependencies: self.dependencies.or(others.dependencies),
            peer_dependencies: self.peer_dependencies.or(others.peer_dependencies),
            dev_dependencies: self.dev_dependencies.or(others.dev_dependencies),
        }
    }
}

impl AppManifest {
    /// Of what an app imports, what its workspace has, and how its registry lists it. `files` are the paths in the app's folder. An
    /// error is a sentence.
    pub fn new(
        id: LocalId,
        fields: AppFields,
        listed: Option<&RegistryEntry>,
        imports: &Imports,
        versions: &Versions,
        files: &[&str],
    ) -> Result<Self, String> {
        let of = |name: &String| (name.clone(), versions.of_package(name));
        // What the runtime has is a package where the workspace has one of the name.
        let builtins = imports.builtins.iter().filter(|name| versions.has(name));
        let found: Packages = imports.packages.iter().chain(builtins).map(of).collect();
        let types = imports.types.iter().filter(|name| !found.contains_key(*name)).map(of).collect();
        let stated = fields.entry.as_deref().or(listed.map(|listed| listed.path.as_str()));
        let entry = entry(&folder(&id), stated.filter(|path| !path.is_empty()), files)?;
        let manifest = Self {
            schema_version: SCHEMA_VERSION,
            name: fields
                .name
                .or_else(|| listed.map(|listed| listed.name.clone()))
                .unwrap_or_else(|| id.as_str().to_owned()),
            icon: fields.icon.or_else(|| listed.and_then(|listed| listed.icon.clone())),
            entry,
            dependencies: fields.dependencies.unwrap_or(found),
            peer_dependencies: fields.peer_dependencies.unwrap_or_default(),
            dev_dependencies: fields.dev_dependencies.unwrap_or(types),
            tags: fields.tags.unwrap_or_default(),
            description: fields.description,
            id,
        };
        manifest.check()?;
        Ok(manifest)
    }

    /// Of the bytes that somebody else wrote.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| format!("The manifest is not one: {error}"))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "The manifest's schemaVersion is {}, and {SCHEMA_VERSION} is known",
                self.schema_version
            ));
        }
        check_texts(&self.name, self.icon.as_deref(), self.description.as_deref())?;
        if names::tags(self.tags.iter().map(String::as_str)).is_none() {
            return Err("The manifest has too many tags, or one that is too long".to_owned());
        }
        let path = format!("/{}/", folder(&self.id));
        let names_fit = |rest: &str| rest.split('/').all(super::is_name);
        if !self.entry.strip_prefix(path.as_str()).is_some_and(names_fit) {
            return Err(format!("The manifest's entry is not a file in {path}"));
        }
        [&self.dependencies, &self.peer_dependencies, &self.dev_dependencies].into_iter().try_for_each(check_packages)
    }

    /// All that it names, with the versions that it asks for.
    pub fn packages(&self) -> impl Iterator<Item = (&String, &String)> {
        self.dependencies.iter().chain(&self.peer_dependencies).chain(&self.dev_dependencies)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }

    /// What identifies what it needs: the hash of the three lists as JavaScript writes them.
    pub fn deps_hash(&self) -> Sha256 {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Lists<'a> {
            dependencies: &'a Packages,
            peer_dependencies: &'a Packages,
            dev_dependencies: &'a Packages,
        }
        let lists = Lists {
            dependencies: &self.dependencies,
            peer_dependencies: &self.peer_dependencies,
            dev_dependencies: &self.dev_dependencies,
        };
        // Maps of texts to texts can always be written.
        hash(&serde_json::to_vec(&lists).unwrap_or_default())
    }
}

/// The file that an app begins with, as a manifest has it: the one that is stated, else the first of the usual ones. It has to be
/// there, since nobody could open the app.
fn entry(folder: &str, stated: Option<&str>, files: &[&str]) -> Result<String, String> {
    let found = match stated {
        Some(path) => {
            let below = path.trim_start_matches('/').strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            let short: String = path.chars().take(200).collect();
            let missing = || {
                format!(
                    "The app's entry {short:?} is not among its files in /{folder}; correct it in the registry or in manifest.entry"
                )
            };
            below.filter(|below| files.contains(below)).ok_or_else(missing)?
        }
        None => ENTRIES.into_iter().find(|entry| files.contains(entry)).ok_or_else(|| {
            let usual = ENTRIES.join(", ");
            format!("/{folder} has none of {usual}; say in manifest.entry with which file the app begins")
        })?,
    };
    Ok(format!("/{folder}/{found}"))
}

/// Whether texts that people read are of a size to be read.
pub fn check_texts(name: &str, icon: Option<&str>, description: Option<&str>) -> Result<(), String> {
    // A NUL would end a text for the database's functions.
    let is_bad = |text: Option<&str>, most: usize| text.is_some_and(|text| text.len() > most || text.contains('\0'));
    if name.trim().is_empty() || name.len() > TITLE_MAX_BYTES || name.chars().any(char::is_control) {
        return Err(format!("A name or title is 1 to {TITLE_MAX_BYTES} bytes in one line"));
    }
    if is_bad(icon, ICON_MAX_BYTES) {
        return Err(format!("The icon must be a text of at most {ICON_MAX_BYTES} bytes"));
    }
    if is_bad(description, DESCRIPTION_MAX_BYTES) {
        return Err(format!("The description must be a text of at most {DESCRIPTION_MAX_BYTES} bytes"));
    }
    Ok(())
}

fn check_packages(packages: &Packages) -> Result<(), String> {
    if packages.len() > PACKAGES_MAX {
        return Err(format!("The manifest names more than {PACKAGES_MAX} packages"));
    }
    let bad = packages.iter().find(|(name, range)| !is_package_name(name) || !is_range(range));
    // Of what is no name nor a range, as much as says which it is.
    let short = |text: &str| text.chars().take(80).collect::<String>();
    let told = |name, range| format!("{:?}: {:?} is not a package and its versions", short(name), short(range));
    bad.map_or(Ok(()), |(name, range)| Err(told(name, range)))
}

/// The hash of some bytes.
pub fn hash(bytes: &[u8]) -> Sha256 {
    Sha256::new(Hasher::digest(bytes).into())
}

/// As `JSON.stringify(value, null, 2)` writes it, and a line's end.
fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Structs of texts and numbers can always be written.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
