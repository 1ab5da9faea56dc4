//! The versions of a thing.

use durable_objects::ids::Sha256;
use durable_objects::item::Time;
use serde::Deserialize;
use serde_json::{Value, json};

use super::database::{Catalog, statement};
use super::items::Item;
use super::names::{Kind, Version};
use crate::error::Error;

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
    pub fn to_json(&self, kind: Kind) -> Value {
        let deps_hash = match kind {
            Kind::App => "depsHash",
            Kind::Desktop => "lockfileHash",
        };
        json!({
            "version": self.number.to_string(),
            "size": self.size_bytes,
            "files": self.files,
            "hash": self.bundle_hash,
            "manifestHash": self.manifest_hash,
            deps_hash: self.deps_hash,
            "createdAt": Time(self.created_ms),
            "yanked": self.yanked_ms.is_some(),
        })
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
