//! A desktop becomes a version: its tree is written as a snapshot while it is looked through, and pointed to last.

use durable_objects::path::FilePath;

use super::exclude::{Reason, Rules};
use super::lockfile::{LOCKFILE_MAX_BYTES, PACKAGE_JSON_MAX_BYTES, Versions};
use super::manifest::registry::REGISTRY_PATH;
use super::manifest::{DesktopFields, DesktopManifest, PublishedFile, hash, read_registry};
use super::progress::Progress;
use super::release::{Bundle, Draft, Report};
use super::scan::Findings;
use super::sink::Sink;
use super::snapshot::{Piece, Tree, Unfit};
use super::source::{Contents, Origin, Source};
use crate::blobs::Blobs;
use crate::bytes;
use crate::catalog::key::{Artifact, artifact};
use crate::catalog::names::{LocalId, PublicId};
use crate::catalog::publish::standing;
use crate::catalog::{Catalog, Kind, attempts, users};
use crate::error::Error;
use crate::install::fork;
use crate::publish::caps::Caps;
use crate::workspace::Workspace;

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
    let version = request.draft.version.unwrap_or_else(|| before.next_version());
    let mut contents = source.contents("", &request.rules).await?;
    let tree = tree_of(&mut contents)?;
    let layout = tree.layout();
    // Everything that can fail comes before the first byte of it is sent.
    let lockfile = source.read("pnpm-lock.yaml", LOCKFILE_MAX_BYTES as u64).await?;
    let package_json = source.read("package.json", PACKAGE_JSON_MAX_BYTES as u64).await?;
    let text = |file: &Option<js_sys::ArrayBuffer>| file.as_ref().and_then(bytes::decode_utf8).map(String::from);
    let versions = Versions::of(text(&package_json).as_deref(), text(&lockfile).as_deref());
    let registry = source.read_text(REGISTRY_PATH, PACKAGE_JSON_MAX_BYTES).await?;
    let lockfile_hash = lockfile.as_ref().map(|lockfile| hash(&js_sys::Uint8Array::new(lockfile).to_vec()));
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
    let registry = registry.map(|registry| read_registry(&registry)).unwrap_or_default();
    let manifest = DesktopManifest::new(fields, registry, &versions, files.collect(), snapshot_hash, lockfile_hash);
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
