//! The last steps of a publish, which apps and desktops share: what lies beside the bundle, then the pointer to it all.

use durable_objects::ids::{Sha256, UserId};
use js_sys::{ArrayBuffer, Uint8Array};
use serde::Serialize;

use super::manifest::hash;
use super::source::{Contents, Source};
use crate::blobs::{Blobs, PutOptions};
use crate::catalog::key::{Artifact, artifact};
use crate::catalog::names::{LocalId, PublicId, Visibility};
use crate::catalog::publish::{Release, Standing, publish_version};
use crate::catalog::{Catalog, Kind, Version};
use crate::error::Error;
use crate::routes::bundle_route;
use crate::wire::True;

/// What a request says of a version.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What it is called.
    pub title: String,
    /// Its icon.
    pub icon: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// Which version it is to be; else the next.
    pub version: Option<Version>,
    /// Who finds it.
    pub visibility: Option<Visibility>,
    /// The id of what it was made from.
    pub parent: Option<String>,
}

/// A version whose bundle has been made. It is in the bucket, unless the version is there already.
pub struct Bundle {
    /// What it is.
    pub kind: Kind,
    /// The id that it gets if it is new.
    pub id: PublicId,
    /// The owner's name for it.
    pub local_id: LocalId,
    /// Which version.
    pub version: Version,
    /// The size of the bundle as it is sent.
    pub size_bytes: u64,
    /// The hash of it.
    pub sent_hash: Sha256,
    /// The hash that identifies it.
    pub content_hash: Sha256,
    /// The hash of what it needs.
    pub deps_hash: Option<Sha256>,
    /// The bytes of its manifest.
    pub manifest: Vec<u8>,
    /// `package.json`, if it is among the files of a desktop; never of an app, which is on a desktop that is its owner's own.
    pub package_json: Option<ArrayBuffer>,
    /// `pnpm-lock.yaml`, likewise; of an app, what [`super::lockfile::Versions::cut_down`] leaves of it.
    pub lockfile: Option<ArrayBuffer>,
}

/// What is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Published"))]
pub struct Report {
    /// Of an app: the hash of what it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    deps_hash: Option<Sha256>,
    /// The first 1,000 of what stays out.
    excluded: Vec<Excluded>,
    /// How much stays out, where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded_total: Option<usize>,
    /// How many are in it.
    files: usize,
    id: String,
    /// Of a desktop that has one: the hash of its lock file.
    #[serde(skip_serializing_if = "Option::is_none")]
    lockfile_hash: Option<Sha256>,
    manifest_hash: Sha256,
    ok: True,
    /// Of the bytes.
    size: u64,
    /// Sources whose imports could not be looked for: `manifest` can name what they need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscanned: Option<Vec<String>>,
    /// Where the bytes are.
    url: String,
    version: String,
    /// Of a desktop: the page that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    visit_url: Option<String>,
}

/// Something that is not published.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Excluded {
    path: String,
    /// Why, in words.
    reason: String,
}

impl Bundle {
    /// Puts what lies beside it, and makes it visible.
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own, and there are two callers")]
    pub async fn publish(
        self,
        catalog: &Catalog,
        blobs: &Blobs,
        owner: &UserId,
        draft: &Draft,
        before: &Standing,
        contents: &Contents,
        source: &Source<'_>,
    ) -> Result<Report, Error> {
        let manifest_hash = hash(&self.manifest);
        if let Some(decided) = before.decide(self.content_hash) {
            let id = decided?.id;
            return Ok(self.report(catalog, &id, manifest_hash, contents, source));
        }
        source.progress.step("publishing");
        let manifest = Uint8Array::from(self.manifest.as_slice()).buffer();
        let beside = [
            (Artifact::Manifest, Some(&manifest)),
            (Artifact::PackageJson, self.package_json.as_ref()),
            (Artifact::Lockfile, self.lockfile.as_ref()),
        ];
        for (object, bytes) in beside {
            let Some(bytes) = bytes else { continue };
            let key = artifact(self.kind, owner, &self.local_id, self.version, object);
            let options = PutOptions { content_type: Some(object.content_type(self.kind)), ..PutOptions::default() };
            blobs.put(&key, bytes, &options).await?;
        }
        let release = Release {
            owner: owner.clone(),
            kind: self.kind,
            local_id: self.local_id.clone(),
            id: self.id.clone(),
            version: self.version,
            title: draft.title.clone(),
            icon: draft.icon.clone(),
            description: draft.description.clone(),
            tags: draft.tags.clone(),
            visibility: draft.visibility,
            size_bytes: self.size_bytes,
            files: contents.files.len() as u64,
            bundle_hash: self.sent_hash,
            content_hash: self.content_hash,
            manifest_hash,
            deps_hash: self.deps_hash,
            has_package_json: self.package_json.is_some(),
            has_lockfile: self.lockfile.is_some(),
            parent: draft.parent.clone(),
            file_hashes: contents.files.iter().map(|file| file.hash).collect(),
        };
        // Nobody else may have begun to write there.
        source.keep_now().await?;
        let published = publish_version(catalog, &release).await?;
        Ok(self.report(catalog, &published.id, manifest_hash, contents, source))
    }

    fn report(
        &self,
        catalog: &Catalog,
        id: &PublicId,
        manifest_hash: Sha256,
        contents: &Contents,
        source: &Source<'_>,
    ) -> Report {
        let origin = &catalog.incoming().origin;
        let id = id.as_str();
        let (excluded, excluded_total) = excluded(contents, source);
        let (deps_hash, lockfile_hash, visit_url) = match self.kind {
            Kind::App => (self.deps_hash, None, None),
            Kind::Desktop => (None, self.deps_hash, Some(format!("{origin}/d/{id}"))),
        };
        let route = bundle_route(self.kind);
        Report {
            deps_hash,
            excluded,
            excluded_total,
            files: contents.files.len(),
            id: id.to_owned(),
            lockfile_hash,
            manifest_hash,
            ok: True,
            size: self.size_bytes,
            unscanned: None,
            url: format!("{origin}/api/{}/{id}/{route}", self.kind.plural()),
            version: self.version.to_string(),
            visit_url,
        }
    }
}

/// The most paths that one list of a report tells: an answer has an end, whatever a workspace holds.
pub const TOLD_MAX: usize = 1_000;

/// What is left out, as it is told; where that is not all, how much there is.
pub fn excluded(contents: &Contents, source: &Source<'_>) -> (Vec<Excluded>, Option<usize>) {
    let told = contents.excluded.iter().take(TOLD_MAX);
    let told = told.map(|(path, reason)| Excluded { path: source.absolute(path), reason: reason.to_string() });
    let total = contents.excluded.len();
    (told.collect(), (total > TOLD_MAX).then_some(total))
}
