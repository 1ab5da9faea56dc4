//! The layout of the bucket `BUNDLES`, on one screen. What lies there is immutable: a version's number is never used
//! twice.
//!
//! | key | what |
//! |---|---|
//! | `apps/{ownerId}/{appId}/{version}/app.tar.gz` | the app, as it is sent |
//! | `desktops/{ownerId}/{desktopId}/{version}/snapshot.bin` | the desktop, as it is sent |
//! | `…/{version}/manifest.json` | what is in it |
//! | `…/{version}/package.json`, `…/{version}/pnpm-lock.yaml` | where its dependencies came from, if it had them |
//! | `baseline/snapshot.bin` | the operator's baseline, which every desktop starts from |
//! | `baseline/package.json`, `baseline/pnpm-lock.yaml` | which packages it brings |

use durable_objects::ids::UserId;

use super::names::{Kind, LocalId, Version};

/// The operator's baseline: put there by hand.
pub const BASELINE: &str = "baseline/snapshot.bin";
/// Which packages it asks for, if the operator says so.
pub const BASELINE_PACKAGE_JSON: &str = "baseline/package.json";
/// Which versions of them it has.
pub const BASELINE_LOCKFILE: &str = "baseline/pnpm-lock.yaml";

/// One object of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// `app.tar.gz` or `snapshot.bin`.
    Bundle,
    /// `manifest.json`.
    Manifest,
    /// `package.json`.
    PackageJson,
    /// `pnpm-lock.yaml`.
    Lockfile,
}

impl Artifact {
    /// What its object is called.
    pub const fn file_name(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Bundle, Kind::App) => "app.tar.gz",
            (Self::Bundle, Kind::Desktop) => "snapshot.bin",
            (Self::Manifest, _) => "manifest.json",
            (Self::PackageJson, _) => "package.json",
            (Self::Lockfile, _) => "pnpm-lock.yaml",
        }
    }

    /// As what it is served.
    pub const fn content_type(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Bundle, Kind::App) => "application/gzip",
            (Self::Bundle, Kind::Desktop) => "application/octet-stream",
            (Self::Manifest | Self::PackageJson, _) => "application/json",
            (Self::Lockfile, _) => "text/yaml; charset=utf-8",
        }
    }

    /// Its bit in `versions.artifacts`, for what a version may lack.
    pub const fn bit(self) -> Option<i64> {
        match self {
            Self::Bundle | Self::Manifest => None,
            Self::PackageJson => Some(1),
            Self::Lockfile => Some(2),
        }
    }
}

/// Everything of one owner's of a kind.
pub fn owner_prefix(kind: Kind, owner: &UserId) -> String {
    format!("{}/{owner}/", kind.plural())
}

/// Every version of one thing.
pub fn item_prefix(kind: Kind, owner: &UserId, local_id: &LocalId) -> String {
    format!("{}{}/", owner_prefix(kind, owner), local_id.as_str())
}

/// One object of a version.
pub fn artifact(kind: Kind, owner: &UserId, local_id: &LocalId, version: Version, artifact: Artifact) -> String {
    format!("{}{version}/{}", item_prefix(kind, owner, local_id), artifact.file_name(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_layout() {
        let owner = UserId::parse("user_a-1").unwrap();
        let id = LocalId::parse("notes").unwrap();
        let key = |kind, object| artifact(kind, &owner, &id, Version::FIRST, object);
        let all = |kind| {
            [Artifact::Bundle, Artifact::Manifest, Artifact::PackageJson, Artifact::Lockfile]
                .map(|object| key(kind, object))
                .join(" ")
        };
        insta::assert_snapshot!(all(Kind::App), @"apps/user_a-1/notes/1.0.0/app.tar.gz apps/user_a-1/notes/1.0.0/manifest.json apps/user_a-1/notes/1.0.0/package.json apps/user_a-1/notes/1.0.0/pnpm-lock.yaml");
        insta::assert_snapshot!(all(Kind::Desktop), @"desktops/user_a-1/notes/1.0.0/snapshot.bin desktops/user_a-1/notes/1.0.0/manifest.json desktops/user_a-1/notes/1.0.0/package.json desktops/user_a-1/notes/1.0.0/pnpm-lock.yaml");
    }
}
