//! A desktop becomes a version: its tree is written as a snapshot while it is looked through, and pointed to last.

use std::collections::HashSet;

use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use js_sys::{ArrayBuffer, Uint8Array};
use serde::Serialize;

use super::exclude::{Reason, Rules};
use super::lockfile::{LOCKFILE_MAX_BYTES, PACKAGE_JSON_MAX_BYTES, Packages, Versions};
use super::manifest::registry::REGISTRY_PATH;
use super::manifest::{DesktopApp, DesktopFields, DesktopManifest, PublishedFile, RegistryEntry, hash, read_registry};
use super::progress::Progress;
use super::release::{Bundle, Draft, Excluded, Report, TOLD_MAX, excluded};
use super::scan::{Findings, Secret};
use super::sink::Sink;
use super::snapshot::{Piece, Tree, Unfit};
use super::source::{Contents, File, Origin, Source};
use crate::blobs::Blobs;
use crate::bytes;
use crate::catalog::key::{Artifact, artifact};
use crate::catalog::names::{LocalId, PublicId};
use crate::catalog::publish::standing;
use crate::catalog::{Catalog, Kind, attempts, users};
use crate::error::Error;
use crate::install::fork;
use crate::publish::caps::Caps;
use crate::wire::True;
use crate::workspace::Workspace;

/// How many bytes a preview looks through for credentials, so that it comes while somebody waits for it: nearly all sources are
/// less, and publishing looks through the rest.
const PREVIEW_SCAN_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What is to be published, and how.
pub struct Request {
    /// The owner's name for it, if it has one.
    pub local_id: Option<LocalId>,
    /// What is the desktop.
    pub root: FilePath,
    /// Where it is.
    pub origin: Origin,
    /// What goes with it.
    pub rules: Rules,
    /// Files that are published whatever they look like.
    pub allow: Vec<String>,
    /// What is said of it.
    pub draft: Draft,
}

/// Publishes it.
pub async fn publish(workspace: &Workspace, request: Request, progress: &Progress) -> Result<Report, Error> {
    let catalog = Catalog::of(workspace.incoming())?;
    let id = PublicId::random();
    let local_id = request.local_id.clone().unwrap_or_else(|| id.clone().into());
    let name = format!("{}/{}", Kind::Desktop.plural(), local_id.as_str());
    let source = Source::open(workspace, name, request.root.clone(), &request.origin, progress).await?;
    let published = publish_held(workspace, &catalog, &source, &request, id, local_id).await;
    source.release().await;
    published
}

/// What would be published of a desktop.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "DesktopPreview"))]
pub struct Preview {
    /// The first 1,000 of what stays out.
    excluded: Vec<Excluded>,
    /// How much stays out, where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    excluded_total: Option<usize>,
    /// The first 1,000 of its files.
    files: Vec<String>,
    /// How many there are.
    files_total: usize,
    findings: Vec<Secret>,
    lockfile_hash: Option<Sha256>,
    manifest: PreviewManifest,
    ok: True,
    /// Of the files, together.
    size: u64,
    /// Files that are looked through only when it is published: those beyond 32 MiB.
    unscanned: Vec<String>,
}

/// What is known of a desktop's manifest before it is published.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "DesktopPreviewManifest"))]
pub struct PreviewManifest {
    /// The apps whose files go with it.
    apps: Vec<DesktopApp>,
    /// What its workspace needs to run.
    dependencies: Packages,
    /// The owner's name for it, if it was said.
    id: Option<String>,
}

/// Says what would be published.
pub async fn preview(workspace: &Workspace, request: &Request) -> Result<Preview, Error> {
    let progress = Progress::silent();
    // Under a name of its own, so that it is in nobody's way.
    let name = format!("preview/{}", PublicId::random().as_str());
    let source = Source::open(workspace, name, request.root.clone(), &request.origin, &progress).await?;
    let told = preview_held(&source, request).await;
    source.release().await;
    told
}

async fn preview_held(source: &Source<'_>, request: &Request) -> Result<Preview, Error> {
    let mut contents = source.contents("", &request.rules).await?;
    tree_of(&mut contents)?;
    let described = describe(source, &contents).await?;
    let (excluded, excluded_total) = excluded(&contents, source);
    let first = |files: &[File]| files.iter().take(TOLD_MAX).map(|file| source.absolute(&file.path)).collect();
    let (files, files_total) = (first(&contents.files), contents.files.len());
    let size = contents.files.iter().map(|file| file.size_bytes).sum();
    let mut left_bytes = PREVIEW_SCAN_MAX_BYTES;
    let mut fits = |file: &File| {
        let left = left_bytes.checked_sub(file.size_bytes);
        left_bytes = left.unwrap_or(left_bytes);
        left.is_some()
    };
    let (scanned, unscanned): (Vec<File>, Vec<File>) = contents.files.into_iter().partition(|file| fits(file));
    let mut findings = Findings::new(source, &request.allow);
    let mut reader = source.reader("scanning", &scanned);
    while let Some(file) = reader.next_file().await? {
        findings.begin(&file.path);
        while let Some(chunk) = reader.next_chunk().await? {
            findings.feed(&chunk);
        }
        findings.end();
    }
    Ok(Preview {
        excluded,
        excluded_total,
        files,
        files_total,
        findings: findings.into_secrets(),
        lockfile_hash: described.lockfile_hash,
        manifest: PreviewManifest {
            apps: described.apps.into_iter().map(DesktopApp::from).collect(),
            dependencies: described.versions.dependencies().clone(),
            id: request.local_id.as_ref().map(|id| id.as_str().to_owned()),
        },
        ok: True,
        size,
        unscanned: first(&unscanned),
    })
}

/// What a desktop says of itself by its own files.
struct Described {
    package_json: Option<ArrayBuffer>,
    lockfile: Option<ArrayBuffer>,
    lockfile_hash: Option<Sha256>,
    versions: Versions,
    /// Those of its registry whose files go with it.
    apps: Vec<RegistryEntry>,
}

/// Reads what a desktop says of itself. What stays out is not read for that either.
async fn describe(source: &Source<'_>, contents: &Contents) -> Result<Described, Error> {
    let published: HashSet<&str> = contents.files.iter().map(|file| file.path.as_str()).collect();
    let read = async |path: &str, max_bytes: usize| {
        let is_out = !published.contains(path);
        if is_out { Ok(None) } else { source.read(path, max_bytes as u64).await }
    };
    let lockfile = read("pnpm-lock.yaml", LOCKFILE_MAX_BYTES).await?;
    let package_json = read("package.json", PACKAGE_JSON_MAX_BYTES).await?;
    let registry = read(REGISTRY_PATH, PACKAGE_JSON_MAX_BYTES).await?;
    let text = |file: &Option<ArrayBuffer>| file.as_ref().and_then(bytes::decode_utf8).map(String::from);
    let registry = text(&registry).map(|registry| read_registry(&registry)).unwrap_or_default();
    let is_there = |entry: &RegistryEntry| published.contains(entry.path.trim_start_matches('/'));
    Ok(Described {
        versions: Versions::of(text(&package_json).as_deref(), text(&lockfile).as_deref()),
        apps: registry.into_iter().filter(is_there).collect(),
        lockfile_hash: lockfile.as_ref().map(|lockfile| hash(&Uint8Array::new(lockfile).to_vec())),
        package_json,
        lockfile,
    })
}

async fn publish_held(
    workspace: &Workspace,
    catalog: &Catalog,
    source: &Source<'_>,
    request: &Request,
    id: PublicId,
    local_id: LocalId,
) -> Result<Report, Error> {
    let owner = workspace.user();
    let before = standing(catalog, owner, Kind::Desktop, &local_id, request.draft.version).await?;
    let version = before.version(request.draft.version)?;
    let mut contents = source.contents("", &request.rules).await?;
    let tree = tree_of(&mut contents)?;
    let layout = tree.layout();
    // Everything that can fail comes before the first byte of it is sent.
    let Described { package_json, lockfile, lockfile_hash, versions, apps } = describe(source, &contents).await?;
    let fields = DesktopFields {
        id: local_id.as_str().to_owned(),
        title: request.draft.title.clone(),
        icon: request.draft.icon.clone(),
        description: request.draft.description.clone(),
        owner: users::profile(catalog, owner).await?.handle,
    };
    let blobs = Blobs::of_bundles(workspace.incoming())?;
    let bundle_key = artifact(Kind::Desktop, owner, &local_id, version, Artifact::Bundle);
    let is_taken = before.content_hash.is_some();
    let mut sink = if is_taken {
        // Nothing is ever written over a version: only its hash is asked for.
        Sink::hash()
    } else {
        attempts::announce(catalog, owner, Kind::Desktop, &local_id, version).await?;
        let content_type = Artifact::Bundle.content_type(Kind::Desktop);
        Sink::bucket(Blobs::of_bundles(workspace.incoming())?, bundle_key.clone(), layout.size_bytes, content_type)?
    };
    let mut findings = Findings::new(source, &request.allow);
    let mut reader = source.reader("sending", &contents.files);
    let sent = async {
        for piece in layout.pieces() {
            match piece {
                Piece::Header(bytes) => sink.write_own(bytes).await?,
                Piece::File(_) => {
                    let Some(file) = reader.next_file().await? else { break };
                    findings.begin(&file.path);
                    while let Some(chunk) = reader.next_chunk().await? {
                        findings.feed(&chunk);
                        sink.write(&chunk).await?;
                    }
                    findings.end();
                }
            }
        }
        findings.check()
    };
    if let Err(error) = sent.await {
        sink.abort().await;
        return Err(error);
    }
    source.progress.files("sending", contents.files.len(), contents.files.len());
    let snapshot_hash = sink.finish().await?.hash;
    let files = contents.files.iter();
    let files = files.map(|file| PublishedFile { path: file.path.clone(), size: file.size_bytes, sha256: file.hash });
    let manifest = DesktopManifest::new(fields, apps, &versions, files.collect(), snapshot_hash, lockfile_hash);
    let manifest = manifest.map_err(Error::BadRequest)?.to_bytes();
    let bundle = Bundle {
        kind: Kind::Desktop,
        id,
        local_id,
        version,
        size_bytes: layout.size_bytes,
        sent_hash: snapshot_hash,
        content_hash: snapshot_hash,
        deps_hash: lockfile_hash,
        manifest,
        package_json,
        lockfile,
    };
    let parent = if source.is_sent() { None } else { fork::parent(workspace, &request.root).await? };
    let draft = Draft { parent, ..request.draft.clone() };
    bundle.publish(catalog, &blobs, owner, &draft, &before, &contents, source).await
}

/// The tree of what goes, with files in its own order; what no reader takes joins what does not go.
fn tree_of(contents: &mut Contents) -> Result<Tree, Error> {
    let (mut tree, mut caps) = (Tree::default(), Caps::default());
    let too_large = |why: &str| Error::BadRequest(format!("The desktop {why}; that cannot be published"));
    for directory in &contents.directories {
        caps.take_directory(directory).map_err(too_large)?;
        if tree.add_directory(directory).is_err() {
            contents.excluded.push((directory.clone(), Reason::Unreadable));
        }
    }
    let mut files = std::mem::take(&mut contents.files);
    files.sort_by(|one, other| one.path.split('/').cmp(other.path.split('/')));
    for file in files {
        caps.take_file(&file.path, file.size_bytes).map_err(too_large)?;
        match tree.add_file(&file.path, file.size_bytes, contents.files.len()) {
            Ok(()) => contents.files.push(file),
            Err(Unfit::Name | Unfit::Depth | Unfit::Size | Unfit::Taken) => {
                contents.excluded.push((file.path, Reason::Unreadable));
            }
        }
    }
    Ok(tree)
}
