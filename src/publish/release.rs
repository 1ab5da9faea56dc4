//! The last steps of a publish, which apps and desktops share: what lies beside the bundle, then the pointer to it all.

use durable_objects::ids::{Sha256, UserId};
use js_sys::{ArrayBuffer, Uint8Array};
use serde_json::{Value, json};

use super::manifest::hash;
use super::source::{Contents, Source};
use crate::blobs::{Blobs, PutOptions};
use crate::catalog::key::{Artifact, artifact};
use crate::catalog::names::{LocalId, PublicId, Visibility};
use crate::catalog::publish::{Release, Standing, publish_version};
use crate::catalog::{Catalog, Kind, Version};
use crate::error::Error;

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
pub type Report = Value;

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
        let mut report = json!({
            "ok": true,
            "id": id,
            "version": self.version.to_string(),
            "manifestHash": manifest_hash,
            "size": self.size_bytes,
            "files": contents.files.len(),
        });
        tell_excluded(&mut report, contents, source);
        let (more, deps) = match self.kind {
            Kind::App => (json!({ "url": format!("{origin}/api/apps/{id}/bundle") }), "depsHash"),
            Kind::Desktop => {
                let url = format!("{origin}/api/desktops/{id}/snapshot");
                (json!({ "url": url, "visitUrl": format!("{origin}/d/{id}") }), "lockfileHash")
            }
        };
        if let (Some(report), Value::Object(more)) = (report.as_object_mut(), more) {
            report.extend(more);
            if let Some(hash) = self.deps_hash {
                report.insert(deps.to_owned(), json!(hash));
            }
        }
        report
    }
}

/// The most of what is left out that is told: an answer has an end, whatever a workspace holds.
const EXCLUDED_MAX: usize = 1_000;

/// Says in a report what is left out; where that is not all, how much there is.
pub fn tell_excluded(report: &mut Value, contents: &Contents, source: &Source<'_>) {
    let Some(report) = report.as_object_mut() else { return };
    let told = contents.excluded.iter().take(EXCLUDED_MAX);
    let told = told.map(|(path, reason)| json!({ "path": source.absolute(path), "reason": reason.to_string() }));
    report.insert("excluded".to_owned(), told.collect());
    if contents.excluded.len() > EXCLUDED_MAX {
        report.insert("excludedTotal".to_owned(), contents.excluded.len().into());
    }
}
