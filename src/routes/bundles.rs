//! The bytes of what has been published, on their way out: from the database's word and the bucket, past wasm, and
//! nobody's workspace is woken.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use durable_objects::ids::Sha256 as Hash;
use hmac::{Hmac, Mac};
use js_sys::Uint8Array;
use serde::Serialize;
use sha2::Sha256;
use wasm_bindgen::{JsCast, JsValue};
use worker::console_warn;

use super::Outcome;
use super::catalog::{Target, open};
use crate::answer::Answer;
use crate::auth::{self, Caller};
use crate::blobs::{Blobs, IMMUTABLE};
use crate::body::{JsonBody, collect};
use crate::catalog::items::{self, Item, ReleaseRow};
use crate::catalog::key::{Artifact, BASELINE};
use crate::catalog::names::{Kind, PublicId, Version, Visibility};
use crate::catalog::{Catalog, cache, counts};
use crate::conditional::{self, quote};
use crate::disposition::content_disposition;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::partial;
use crate::publish::rebuild::{BASELINE_MAX_BYTES, MANIFEST_MAX_BYTES, Remains, rebuild};
use crate::wire::Time;

/// What the key of signed addresses is derived with, so that a signature can stand for nothing else.
const PURPOSE: &[u8] = b"holdfast bundle url v1";
/// How long a signed address is good when nobody says, and the longest.
const SIGNED_S: usize = 600;
const SIGNED_MAX_S: usize = 3600;

/// `GET /api/apps/{id}/bundle`, `/api/desktops/{id}/snapshot` `?version=&hash=`: the bytes, to whoever may see it.
pub async fn bundle(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let catalog = Catalog::of(&incoming)?;
        let target = Target::of(&incoming);
        let item = match signed_version(&incoming, &target)? {
            Some(version) => items::find_for_owner(&catalog, target.kind, &target.id, version).await?,
            None => target.find(&catalog, caller.as_ref()).await?,
        };
        let (Some(release), Some(key)) = (&item.release, item.key(Artifact::Bundle)) else {
            return Err(Error::NoVersion);
        };
        // Who names the bytes wants these, or none.
        let wanted = incoming.query.get("hash");
        if wanted.is_some_and(|hash| hash != release.bundle_hash.to_string()) {
            return Err(Error::NoVersion);
        }
        let (answer, tag) = match send(&incoming, release, &key).await {
            Err(Error::NoVersion) if item.kind == Kind::Desktop => rebuilt(&incoming, &item, wanted).await?,
            answer => (answer?, release.bundle_hash),
        };
        if answer.status() == 200 && incoming.method == "GET" {
            count_visit(&incoming, &item, caller.as_ref());
        }
        let name = format!("{}-{}-{}", item.local_id.as_str(), release.version, Artifact::Bundle.file_name(item.kind));
        Ok(answer
            .with("Content-Type", Artifact::Bundle.content_type(item.kind))
            .with("ETag", &quote(&tag.to_string()))
            .with("Accept-Ranges", "bytes")
            .with("Content-Disposition", &content_disposition("attachment", &name))
            .with("Content-Security-Policy", "sandbox")
            .with("Cross-Origin-Resource-Policy", "cross-origin")
            .with("Cache-Control", &control(&incoming, &item, caller.is_some(), wanted.is_some())))
    })
    .await
}

/// The bytes, all or a part, or that the caller has them.
async fn send(incoming: &Rc<Incoming>, release: &ReleaseRow, key: &str) -> Outcome {
    let (size_bytes, tag) = (release.size_bytes, release.bundle_hash.to_string());
    let is_known = conditional::of_look(incoming).matches(Some(&tag));
    let range = if is_known { None } else { partial::asked_for(incoming, size_bytes, &tag)? };
    let blobs = Blobs::of_bundles(incoming)?;
    // It may have been taken back within the time that answers are remembered for; then nobody is told that it is there, however
    // they ask.
    let found = if is_known || incoming.method == "HEAD" {
        blobs.look_up(key).await?.map(|object| (object.size_bytes(), JsValue::NULL))
    } else {
        blobs.find(key, range).await?
    };
    let (found_bytes, body) = found.ok_or(Error::NoVersion)?;
    if found_bytes != size_bytes {
        return Err(Error::Internal(format!(
            "the object {key} has {found_bytes} bytes where its row says {size_bytes}"
        )));
    }
    Ok(if is_known { Answer::empty(304) } else { partial::answer(body, size_bytes, range) })
}

/// A desktop whose snapshot is missing, and the tag of what it is now. Who names the bytes wants these, or none.
async fn rebuilt(incoming: &Rc<Incoming>, item: &Item, wanted: Option<&str>) -> Result<(Answer, Hash), Error> {
    let blobs = Blobs::of_bundles(incoming)?;
    let read = async |key: Option<String>, max_bytes: u64| {
        let Some(key) = key else { return Ok(None) };
        let Some((size_bytes, body)) = blobs.find(&key, None).await? else { return Ok(None) };
        if size_bytes > max_bytes {
            return Ok(None);
        }
        let cut_off = || Error::Interrupted("an object was cut off".to_owned());
        let buffer = collect(body.unchecked_into(), "Object", max_bytes, cut_off).await?;
        Ok::<_, Error>(Some(Uint8Array::new(&buffer).to_vec()))
    };
    let manifest = read(item.key(Artifact::Manifest), MANIFEST_MAX_BYTES).await?.ok_or(Error::NoVersion)?;
    let baseline = read(Some(BASELINE.to_owned()), BASELINE_MAX_BYTES).await?.ok_or(Error::NoVersion)?;
    let mut beside = Vec::new();
    for artifact in [Artifact::PackageJson, Artifact::Lockfile] {
        let bytes = read(item.key(artifact), MANIFEST_MAX_BYTES).await?;
        beside.extend(bytes.map(|bytes| (artifact.file_name(item.kind), bytes)));
    }
    let remains = Remains { manifest: &manifest, beside: &beside, baseline: &baseline };
    let rebuilt = rebuild(&remains).ok_or(Error::NoVersion)?;
    if wanted.is_some_and(|hash| hash != rebuilt.hash.to_string()) {
        return Err(Error::NoVersion);
    }
    let answer = if conditional::of_look(incoming).matches(Some(&rebuilt.hash.to_string())) {
        Answer::empty(304)
    } else {
        let is_head = incoming.method == "HEAD";
        let body = if is_head { JsValue::NULL } else { Uint8Array::from(rebuilt.bytes.as_slice()).into() };
        partial::answer(body, rebuilt.bytes.len() as u64, None)
    };
    Ok((answer, rebuilt.hash))
}

/// Who may keep the bytes, and how long: for good only what everyone may have, under an address that names them.
fn control(incoming: &Incoming, item: &Item, is_signed: bool, is_by_hash: bool) -> String {
    match item.visibility {
        Visibility::Private => "private, no-store".to_owned(),
        Visibility::Unlisted => "max-age=60".to_owned(),
        Visibility::Public if is_signed => "private, no-cache".to_owned(),
        Visibility::Public if is_by_hash => IMMUTABLE.to_owned(),
        Visibility::Public => cache::control(incoming),
    }
}

/// Counts somebody else's visit of a desktop, once the answer is on its way.
fn count_visit(incoming: &Rc<Incoming>, item: &Item, caller: Option<&Caller>) {
    let user = caller.map(Caller::user);
    if item.kind != Kind::Desktop || item.is_of(user) {
        return;
    }
    let address = || incoming.header("CF-Connecting-IP").unwrap_or_default();
    let visitor = user.map_or_else(address, |user| user.as_str().to_owned());
    let (incoming, item) = (Rc::clone(incoming), item.clone());
    Rc::clone(&incoming).later(async move {
        let Some(signer) = incoming.config.signers.first() else { return };
        let Ok(catalog) = Catalog::of(&incoming) else { return };
        if let Err(error) = counts::visit(&catalog, &item, signer, &visitor).await {
            console_warn!("a visit was not counted: {}", error.sentence());
        }
    });
}

/// `GET /api/apps/{id}/manifest`, `/package.json`, `/pnpm-lock.yaml` `?version=`: what a version says of itself.
pub async fn artifact(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let target = Target::of(&incoming);
        let artifact = match target.tail.first().map(String::as_str) {
            Some("package.json") => Artifact::PackageJson,
            Some("pnpm-lock.yaml") => Artifact::Lockfile,
            _ => Artifact::Manifest,
        };
        let item = target.find(&Catalog::of(&incoming)?, caller.as_ref()).await?;
        let key = item.key(artifact).ok_or(Error::NotPublishedWith(artifact.file_name(item.kind)))?;
        let answer = whole(&incoming, &key).await?.ok_or(Error::NoVersion)?;
        // Who looks at a desktop reads this, and its bytes only when a file is opened.
        if artifact == Artifact::Manifest && incoming.method == "GET" {
            count_visit(&incoming, &item, caller.as_ref());
        }
        Ok(answer
            .with("Content-Type", artifact.content_type(item.kind))
            .with("Content-Security-Policy", "sandbox")
            .with("Cache-Control", &control(&incoming, &item, caller.is_some(), false)))
    })
    .await
}

/// `GET /api/webcontainer-snapshot`: the operator's baseline, which every desktop starts from.
pub async fn baseline(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |_, incoming| {
        let answer = whole(&incoming, BASELINE).await?.ok_or(Error::NoBaseline)?;
        Ok(answer
            .with("Content-Type", "application/octet-stream")
            .with("Content-Security-Policy", "sandbox")
            .with("Cross-Origin-Resource-Policy", "cross-origin")
            .with("Cache-Control", "public, max-age=300"))
    })
    .await
}

/// An object of which no row knows the size: whole, with the bucket's tag.
async fn whole(incoming: &Rc<Incoming>, key: &str) -> Result<Option<Answer>, Error> {
    let Some((size_bytes, tag, body)) = Blobs::of_bundles(incoming)?.find_tagged(key).await? else { return Ok(None) };
    let answer = if conditional::of_look(incoming).matches(Some(&tag)) {
        Answer::empty(304)
    } else {
        partial::answer(body, size_bytes, None)
    };
    Ok(Some(answer.with("ETag", &quote(&tag))))
}

/// Where the bytes of a version are, for as long as there is one: a public address names them, so that it can be kept
/// for good.
pub fn url(incoming: &Incoming, item: &Item) -> String {
    let route = bundle_route(item.kind);
    let at = format!("{}/api/{}/{}/{route}", incoming.origin, item.kind.plural(), item.id.as_str());
    match &item.release {
        Some(release) => format!("{at}?version={}&hash={}", release.version, release.bundle_hash),
        None => at,
    }
}

/// What the route of the bytes is called.
pub const fn bundle_route(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "bundle",
        Kind::Desktop => "snapshot",
    }
}

/// An address that works for whoever has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignedBundle {
    /// Until when.
    expires_at: Time,
    url: String,
    version: String,
}

/// `POST /api/apps/{id}/bundle/sign {version?, expiresInSeconds?}`: an address of one version that works for whoever
/// has it, for a while, whoever may see the thing. Only its owner makes one.
pub async fn sign(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let target = Target::of(&incoming);
    let body = JsonBody::read_or_empty(&incoming).await?;
    let version = body.optional_text("version")?.map(|text| super::catalog::version(&text)).transpose()?;
    let seconds = match body.value("expiresInSeconds")? {
        None => Some(SIGNED_S),
        Some(value) => value.as_u64().and_then(|seconds| usize::try_from(seconds).ok()),
    };
    let wrong = || Error::BadRequest(format!("expiresInSeconds must be a whole number from 1 to {SIGNED_MAX_S}"));
    let seconds = seconds.filter(|seconds| (1..=SIGNED_MAX_S).contains(seconds)).ok_or_else(wrong)?;
    let catalog = Catalog::of(&incoming)?;
    let item = items::find(&catalog, target.kind, &target.id, version, Some(caller.user())).await?;
    if !item.is_of(Some(caller.user())) {
        return Err(Error::NotTheOwner);
    }
    let release = item.release.as_ref().ok_or(Error::NoVersion)?;
    let expires_ms = incoming.now_ms + i64::try_from(seconds).unwrap_or_default() * 1000;
    let no_key = || Error::NotConfigured("SIGNING_SECRET is not set: no request can be verified");
    let signer = incoming.config.signers.first().ok_or_else(no_key)?;
    let seal = seal(signer, &item.id, release.version, expires_ms).ok_or_else(no_key)?;
    let (id, route) = (item.id.as_str(), bundle_route(item.kind));
    let url = format!(
        "{}/api/{}/{id}/{route}?version={}&until={expires_ms}&seal={}",
        incoming.origin,
        item.kind.plural(),
        release.version,
        URL_SAFE_NO_PAD.encode(seal.finalize().into_bytes())
    );
    Answer::ok(&SignedBundle { expires_at: Time(expires_ms), url, version: release.version.to_string() })
}

/// The version that a signed address is for; none if the address is not signed. Once it is over, or was not made here,
/// there is nothing.
fn signed_version(incoming: &Incoming, target: &Target) -> Result<Option<Version>, Error> {
    let Some(given) = incoming.query.get("seal") else { return Ok(None) };
    let missing = || Error::NotPublished(target.kind);
    let id = PublicId::parse(&target.id).ok_or_else(missing)?;
    let version = incoming.query.get("version").and_then(Version::parse).ok_or_else(missing)?;
    let until = incoming.query.get("until").and_then(|text| text.parse::<i64>().ok()).ok_or_else(missing)?;
    let given = URL_SAFE_NO_PAD.decode(given).map_err(|_| missing())?;
    let is_ours = incoming.config.signers.iter().any(|signer| {
        // Compares in constant time.
        seal(signer, &id, version, until).is_some_and(|seal| seal.verify_slice(&given).is_ok())
    });
    if is_ours && incoming.now_ms <= until { Ok(Some(version)) } else { Err(missing()) }
}

fn seal(signer: &Hmac<Sha256>, id: &PublicId, version: Version, expires_ms: i64) -> Option<Hmac<Sha256>> {
    let key = auth::derive(signer, PURPOSE)?;
    Some(key.chain_update(format!("{}.{version}.{expires_ms}", id.as_str())))
}
