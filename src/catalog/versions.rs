//! The versions of a thing, and which of them hold some bytes.

use durable_objects::ids::{Sha256, UserId};
use durable_objects::item::Time;
use serde::{Deserialize, Serialize};

use super::database::{Catalog, statement};
use super::items::Item;
use super::names::{Kind, PublicId, Version};
use crate::error::Error;
use crate::wire::Nullable;

/// A version, as clients see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PublishedVersion"))]
pub struct VersionItem {
    created_at: Time,
    /// Of an app: the hash of what it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    deps_hash: Option<Nullable<Sha256>>,
    /// How many are in it.
    files: u64,
    /// The hash of its bytes.
    hash: Sha256,
    /// Of a desktop: the hash of its lock file, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    lockfile_hash: Option<Nullable<Sha256>>,
    manifest_hash: Sha256,
    /// Of its bytes.
    size: u64,
    /// Three numbers.
    version: String,
    /// Not offered any more: who names it still gets it.
    yanked: bool,
}

/// A page of versions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PublishedVersions"))]
pub struct VersionsBody {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The highest first.
    pub versions: Vec<VersionItem>,
}

/// One version of a thing.
#[derive(Debug, Deserialize)]
pub struct VersionRow {
    /// Its number.
    pub number: Version,
    size_bytes: u64,
    files: u64,
    bundle_hash: Sha256,
    manifest_hash: Sha256,
    deps_hash: Option<Sha256>,
    created_ms: i64,
    yanked_ms: Option<i64>,
}

impl VersionRow {
    /// As clients see it.
    pub fn told(&self, kind: Kind) -> VersionItem {
        VersionItem {
            created_at: Time(self.created_ms),
            deps_hash: (kind == Kind::App).then_some(Nullable(self.deps_hash)),
            files: self.files,
            hash: self.bundle_hash,
            lockfile_hash: (kind == Kind::Desktop).then_some(Nullable(self.deps_hash)),
            manifest_hash: self.manifest_hash,
            size: self.size_bytes,
            version: self.number.to_string(),
            yanked: self.yanked_ms.is_some(),
        }
    }
}

/// The versions of a thing, the highest first.
pub async fn versions(
    catalog: &Catalog,
    item: &Item,
    before: Option<Version>,
    limit: usize,
) -> Result<Vec<VersionRow>, Error> {
    let statement = statement(
        "SELECT number, size_bytes, files, bundle_hash, manifest_hash, deps_hash, created_ms, yanked_ms FROM versions
          WHERE item = ?1 AND number < ?2 AND removed_ms IS NULL ORDER BY number DESC LIMIT ?3",
        [
            item.seq.into(),
            before.map_or(1 << 53, Version::number).into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ],
    );
    catalog.run(statement).await?.rows()
}

/// The most versions that one answer names.
const USES_MAX: i64 = 100;

/// A version that holds some bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PublishedUse"))]
pub struct Use {
    id: PublicId,
    /// `app` or `desktop`.
    #[serde(rename = "type")]
    kind: &'static str,
    version: String,
}

#[derive(Deserialize)]
struct UseRow {
    id: PublicId,
    kind: Kind,
    number: Version,
}

impl From<UseRow> for Use {
    fn from(UseRow { id, kind, number }: UseRow) -> Self {
        Self { id, kind: kind.word(), version: number.to_string() }
    }
}

/// Which versions of what a user has published hold these bytes: the first hundred.
pub async fn uses(catalog: &Catalog, owner: &UserId, hash: Sha256) -> Result<Vec<Use>, Error> {
    let statement = statement(
        "SELECT p.id, p.kind, f.number FROM version_files f CROSS JOIN published p ON p.seq = f.item
           CROSS JOIN versions v ON v.item = f.item AND v.number = f.number
          WHERE f.hash = unhex(?2) AND p.owner_id = ?1 AND v.removed_ms IS NULL ORDER BY f.item, f.number LIMIT ?3",
        [owner.as_str().into(), hash.to_string().into(), USES_MAX.into()],
    );
    Ok(catalog.run(statement).await?.rows::<UseRow>()?.into_iter().map(Use::from).collect())
}
