//! An app becomes a version: what it imports is found out first, since its manifest stands at the head of the archive.

use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use js_sys::Uint8Array;
use serde::Serialize;

use super::aliases::{Aliases, CONFIG_MAX_BYTES};
use super::archive;
use super::exclude::Rules;
use super::imports::{Imports, SOURCE_MAX_BYTES, is_source};
use super::lockfile::{LOCKFILE_MAX_BYTES, PACKAGE_JSON_MAX_BYTES, Versions};
use super::manifest::registry::{REGISTRY_PATH, read_registry};
use super::manifest::{AppFields, AppManifest, folder, hash};
use super::progress::Progress;
use super::release::{Bundle, Draft, Excluded, Report, excluded};
use super::scan::{Findings, Secret};
use super::sink::{Made, Sink};
use super::source::{Contents, Origin, Source};
use crate::blobs::{Blobs, PutOptions};
use crate::catalog::key::{Artifact, artifact};
use crate::catalog::names::{LocalId, PublicId};
use crate::catalog::publish::standing;
use crate::catalog::{Catalog, Kind, attempts};
use crate::error::Error;
use crate::install::fork;
use crate::publish::caps::Caps;
use crate::wire::True;
use crate::workspace::Workspace;

/// The most bytes of an app: its archive is held before it is put, since nobody knows its size.
const APP_MAX_BYTES: u64 = 50 * 1024 * 1024;
/// What the manifest is called in the archive. It sorts before everything else there.
const MANIFEST_NAME: &str = "app.manifest.json";

/// What is to be published, and how.
pub struct Request {
    /// The app: the name of its folder.
    pub local_id: LocalId,
    /// The desktop that it is on.
    pub root: FilePath,
    /// Where that is.
    pub origin: Origin,
    /// What is said of it; it wins over what is found.
    pub fields: AppFields,
    /// Files that are published whatever they look like.
    pub allow: Vec<String>,
    /// Version and visibility; the rest comes from the manifest.
    pub draft: Draft,
}

/// What an app is, before it is packed.
struct Prepared {
    contents: Contents,
    manifest: AppManifest,
    /// The versions that its publisher had of what it needs, as a lock file.
    lockfile: Option<String>,
    secrets: Vec<Secret>,
    /// Source files whose imports could not be looked for: the request has to name them.
    unscanned: Vec<String>,
}

/// Publishes it.
pub async fn publish(workspace: &Workspace, request: Request, progress: &Progress) -> Result<Report, Error> {
    let catalog = Catalog::of(workspace.incoming())?;
    let name = format!("{}/{}", Kind::App.plural(), request.local_id.as_str());
    let source = Source::open(workspace, name, request.root.clone(), &request.origin, progress).await?;
    let published = publish_held(workspace, &catalog, &source, request).await;
    source.release().await;
    published
}

/// What would be published of an app.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "AppPreview"))]
pub struct Preview {
    deps_hash: Sha256,
    /// The first 1,000 of what stays out.
    excluded: Vec<Excluded>,
    /// How much stays out, where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded_total: Option<usize>,
    files: Vec<String>,
    findings: Vec<Secret>,
    manifest: AppManifest,
    manifest_hash: Sha256,
    ok: True,
    /// Of the files, unpacked.
    size: u64,
    /// Sources whose imports could not be looked for: `manifest` can name what they need.
    unscanned: Vec<String>,
}

/// Says what would be published.
pub async fn preview(workspace: &Workspace, request: Request) -> Result<Preview, Error> {
    let progress = Progress::silent();
    // Under a name of its own, so that it is in nobody's way.
    let name = format!("preview/{}", PublicId::random().as_str());
    let source = Source::open(workspace, name, request.root.clone(), &request.origin, &progress).await?;
    let prepared = prepare(&source, &request).await;
    source.release().await;
    let Prepared { contents, manifest, secrets, unscanned, .. } = prepared?;
    let (excluded, excluded_total) = excluded(&contents, &source);
    Ok(Preview {
        deps_hash: manifest.deps_hash(),
        excluded,
        excluded_total,
        files: contents.files.iter().map(|file| source.absolute(&file.path)).collect(),
        findings: secrets,
        manifest_hash: hash(&manifest.to_bytes()),
        manifest,
        ok: True,
        size: contents.files.iter().map(|file| file.size_bytes).sum(),
        unscanned,
    })
}

async fn prepare(source: &Source<'_>, request: &Request) -> Result<Prepared, Error> {
    let rules = Rules::default();
    let folder = folder(&request.local_id);
    let mut contents = source.contents(&folder, &rules).await?;
    let mut caps = Caps::of_total(APP_MAX_BYTES);
    let too_large = |why| Error::BadRequest(format!("The app {why}; that cannot be published"));
    // It is a file of the archive as well.
    caps.take_file(MANIFEST_NAME, 0).map_err(too_large)?;
    for file in &contents.files {
        caps.take_file(&file.path, file.size_bytes).map_err(too_large)?;
    }
    contents.files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut aliases = Aliases::default();
    for config in ["tsconfig.json", "tsconfig.app.json"] {
        if let Some(config) = source.read_text(config, CONFIG_MAX_BYTES).await? {
            aliases.add_config(&config);
        }
    }
    let (mut imports, mut findings) = (Imports::default(), Findings::new(source, &request.allow));
    let mut unscanned = Vec::new();
    let mut reader = source.reader("scanning", &contents.files);
    while let Some(file) = reader.next_file().await? {
        let is_parsed = is_source(&file.path) && file.size_bytes <= SOURCE_MAX_BYTES as u64;
        let mut held = Vec::new();
        findings.begin(&file.path);
        while let Some(chunk) = reader.next_chunk().await? {
            findings.feed(&chunk);
            if is_parsed {
                held.extend(chunk.to_vec());
            }
        }
        findings.end();
        let is_scanned =
            is_parsed && std::str::from_utf8(&held).is_ok_and(|text| imports.scan(&file.path, text, &aliases));
        if is_source(&file.path) && !is_scanned {
            unscanned.push(source.absolute(&file.path));
        }
    }
    let package_json = source.read_text("package.json", PACKAGE_JSON_MAX_BYTES).await?;
    let lockfile = source.read_text("pnpm-lock.yaml", LOCKFILE_MAX_BYTES).await?;
    let versions = Versions::of(package_json.as_deref(), lockfile.as_deref());
    let registry = source.read_text(REGISTRY_PATH, PACKAGE_JSON_MAX_BYTES).await?;
    let registry = registry.map(|registry| read_registry(&registry)).unwrap_or_default();
    let listed = registry.iter().find(|entry| entry.id == request.local_id.as_str());
    let prefix = format!("{folder}/");
    let names: Vec<&str> = contents.files.iter().filter_map(|file| file.path.strip_prefix(&prefix)).collect();
    // What the sender's own manifest says counts where the request says nothing.
    let theirs = if source.is_sent() { source.read_text(MANIFEST_NAME, PACKAGE_JSON_MAX_BYTES).await? } else { None };
    let theirs = theirs.and_then(|manifest| serde_json::from_str::<AppFields>(&manifest).ok());
    let fields = request.fields.clone().or(theirs.unwrap_or_default());
    let manifest = AppManifest::new(request.local_id.clone(), fields, listed, &imports, &versions, &names);
    let manifest = manifest.map_err(Error::BadRequest)?;
    Ok(Prepared {
        // `package.json` and the rest of the lock file are the desktop's own.
        lockfile: versions.cut_down(manifest.packages()),
        manifest,
        secrets: findings.into_secrets(),
        contents,
        unscanned,
    })
}

async fn publish_held(
    workspace: &Workspace,
    catalog: &Catalog,
    source: &Source<'_>,
    request: Request,
) -> Result<Report, Error> {
    let owner = workspace.user();
    let before = standing(catalog, owner, Kind::App, &request.local_id, request.draft.version).await?;
    let version = before.version(request.draft.version)?;
    let Prepared { contents, manifest, lockfile, secrets, unscanned } = prepare(source, &request).await?;
    if !secrets.is_empty() {
        return Err(Error::SecretsFound(secrets));
    }
    let manifest_bytes = manifest.to_bytes();
    let made = pack(source, &contents, &manifest_bytes).await?;
    let gzipped = made.gzipped.ok_or_else(|| Error::Internal("an archive without bytes".to_owned()))?;
    let bundle_hash = crate::bytes::sha256(&gzipped).await?;
    let blobs = Blobs::of_bundles(workspace.incoming())?;
    if before.content_hash.is_none() {
        attempts::announce(catalog, owner, Kind::App, &request.local_id, version).await?;
        let key = artifact(Kind::App, owner, &request.local_id, version, Artifact::Bundle);
        let content_type = Some(Artifact::Bundle.content_type(Kind::App));
        let options = PutOptions { hash: Some(&bundle_hash), content_type, ..PutOptions::default() };
        source.progress.step("sending");
        blobs.put(&key, &gzipped, &options).await?;
    }
    let at = folder(&request.local_id).split('/').fold(request.root.clone(), |above, name| above.child(name));
    let draft = Draft {
        parent: if source.is_sent() { None } else { fork::parent(workspace, &at).await? },
        title: manifest.name.clone(),
        icon: manifest.icon.clone(),
        description: manifest.description.clone(),
        ..request.draft
    };
    let bundle = Bundle {
        kind: Kind::App,
        id: PublicId::random(),
        local_id: request.local_id,
        version,
        size_bytes: u64::from(gzipped.byte_length()),
        sent_hash: bundle_hash,
        content_hash: made.hash,
        deps_hash: Some(manifest.deps_hash()),
        manifest: manifest_bytes,
        package_json: None,
        lockfile: lockfile.map(|lockfile| Uint8Array::from(lockfile.as_bytes()).buffer()),
    };
    let mut report = bundle.publish(catalog, &blobs, owner, &draft, &before, &contents, source).await?;
    report.unscanned = Some(unscanned).filter(|unscanned| !unscanned.is_empty());
    Ok(report)
}

/// The archive, gzipped, and the hash of the tar in it.
async fn pack(source: &Source<'_>, contents: &Contents, manifest: &[u8]) -> Result<Made, Error> {
    let mut sink = Sink::gzip()?;
    let failed = |cause: std::io::Error| Error::internal("an archive's header", &cause);
    let mut total_bytes = 0;
    let mut head = archive::file_header(MANIFEST_NAME, manifest.len() as u64).map_err(failed)?;
    head.extend(manifest);
    head.extend(archive::padding(manifest.len() as u64));
    total_bytes += head.len() as u64;
    sink.write_own(&head).await?;
    let mut reader = source.reader("packing", &contents.files);
    while let Some(file) = reader.next_file().await? {
        let header = archive::file_header(&file.path, file.size_bytes).map_err(failed)?;
        let padding = archive::padding(file.size_bytes);
        total_bytes += header.len() as u64 + file.size_bytes + padding.len() as u64;
        sink.write_own(&header).await?;
        while let Some(chunk) = reader.next_chunk().await? {
            sink.write(&chunk).await?;
        }
        sink.write(&Uint8Array::from(padding)).await?;
    }
    sink.write_own(archive::trailer(total_bytes)).await?;
    sink.finish().await
}
