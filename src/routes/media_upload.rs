//! Signed uploads: a host asks for an address, and a page that has nothing else brings the bytes there.

use std::rc::Rc;

use durable_objects::call::{AbandonMedia, AnnounceMedia, Error as CallError, GetMedia, MediaAnnounced, MediaKept};
use durable_objects::ids::MediaId;
use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::JsValue;

use super::Outcome;
use super::media::{about, kept_answer};
use crate::answer::Answer;
use crate::auth::{self, Caller};
use crate::blobs::Blobs;
use crate::body::{self, JsonBody};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::intake::Expected;
use crate::media::about::{self as beside, About};
use crate::media::kind::{self, NotMedia};
use crate::media::store::{self, Ingest};
use crate::media::ticket::{PART_BYTES, Parts, Ticket};
use crate::media::types::{self, MediaType};
use crate::wire::{Time, True};
use crate::workspace::Workspace;

/// The bucket's code for an upload in parts that is not there.
const NO_SUCH_UPLOAD: &str = "(10024)";
/// What is said of one that is over.
const OVER: &str = "This upload was completed or given up";
/// How long an address for one PUT holds, and how long one for parts.
const PUT_LASTS_MS: i64 = 60 * 60 * 1000;
const PARTS_LAST_MS: i64 = 12 * 60 * 60 * 1000;

/// Where to bring bytes: one address, or one for each part and two to end with.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignedUpload {
    /// To give it up, by `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    abort_url: Option<String>,
    /// To have the parts become an item, by `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_url: Option<String>,
    /// Until when the addresses work.
    expires_at: Time,
    /// Bytes of each part but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_size: Option<u64>,
    /// Where each part is brought, by `PUT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<String>>,
    /// Where the item will be, if that is known by its hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// Null where no hash was stated: the key holds it.
    r2_key: Option<String>,
    /// Where the bytes are brought, by `PUT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// A part that has arrived. What completes the upload wants all of these.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UploadedPart<'a> {
    etag: &'a str,
    ok: True,
    part_number: usize,
}

/// An upload that was given up.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UploadAborted {
    ok: True,
}

/// `POST /api/media/sign {contentType, size, ext?, sha256?, scope?, metadata?}`: where to bring bytes of this type and
/// size.
pub async fn sign(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let config = &incoming.config.media;
    let content_type = body.text("contentType").ok_or_else(|| Error::BadRequest("contentType required".to_owned()))?;
    let found = types::of_mime(&content_type).ok_or(Error::NotMedia(NotMedia::Unknown))?;
    if !kind::is_allowed(found.mime, &config.types) {
        return Err(Error::NotMedia(NotMedia::NotAllowed(found)));
    }
    let size_bytes = body.value("size")?.as_ref().and_then(Value::as_u64).filter(|size| *size > 0);
    let size_bytes = size_bytes.ok_or_else(|| Error::BadRequest("size must be a number of bytes".to_owned()))?;
    if size_bytes > config.max_bytes {
        return Err(Error::TooLarge { what: "Media", size_bytes, max_bytes: config.max_bytes });
    }
    let extension = body.optional_text("ext")?;
    let name = extension.map(|extension| format!("media.{}", extension.trim_start_matches('.')));
    let about = About {
        content_type: Some(found.mime.to_owned()),
        file_name: name.map_or(Ok(None), |name| beside::file_name(&name))?,
        ..about(&body)?
    };
    let workspace = Workspace::of(&caller, &incoming)?;
    let is_in_parts = size_bytes > config.put_max_bytes;
    let lasts_ms = if is_in_parts { PARTS_LAST_MS } else { PUT_LASTS_MS };
    let user = caller.user().to_string();
    let expires_ms = incoming.now_ms + lasts_ms;
    let mime = found.mime.to_owned();
    let mut ticket = Ticket { user, mime, size_bytes, expires_ms, about, id: None, key: None, parts: None };
    let key = if is_in_parts {
        begin_parts(&workspace, &mut ticket).await?;
        None
    } else {
        reserve(&workspace, &mut ticket, found).await?
    };
    let url = key.as_deref().and_then(|key| config.urls.url(&incoming.origin, key));
    let told = SignedUpload { expires_at: Time(expires_ms), public_url: url, r2_key: key, ..SignedUpload::default() };
    let signer = incoming.config.signers.first().ok_or(Error::NotConfigured("SIGNING_SECRET is not set"))?;
    let sealed = ticket.seal(signer)?;
    let address = |name: &str| format!("{}/api/media/upload{name}ticket={sealed}", incoming.origin);
    Answer::ok(&if is_in_parts {
        let parts = (1..=ticket.parts_count()).map(|number| address(&format!("?part={number}&")));
        SignedUpload {
            abort_url: Some(address("/abort?")),
            complete_url: Some(address("/complete?")),
            part_size: Some(PART_BYTES),
            parts: Some(parts.collect()),
            ..told
        }
    } else {
        SignedUpload { url: Some(address("?")), ..told }
    })
}

/// With its hash, the key of an upload is known before its bytes come.
async fn reserve(workspace: &Workspace, ticket: &mut Ticket, found: MediaType) -> Result<Option<String>, Error> {
    let Some(hash) = ticket.about.hash else { return Ok(None) };
    let id = store::new_id();
    let announce = AnnounceMedia {
        id: id.clone(),
        hash: Some(hash),
        key: store::key(workspace, &ticket.about, &hash, found),
        reserved_bytes: ticket.size_bytes,
        or_less: false,
        lasts_ms: PUT_LASTS_MS,
        scope: ticket.about.scope.clone(),
    };
    ticket.id = Some(id);
    ticket.key = match workspace.call(announce).await? {
        MediaAnnounced::Known(media) => media.key,
        MediaAnnounced::Reserved { key, .. } => Some(key),
    };
    Ok(ticket.key.clone())
}

/// An upload in parts is begun at once, under a staging key: whatever becomes of it, the alarm knows of it.
async fn begin_parts(workspace: &Workspace, ticket: &mut Ticket) -> Result<(), Error> {
    let blobs = Blobs::of_media(workspace.incoming())?;
    let id = store::new_id();
    let announce = AnnounceMedia {
        id: id.clone(),
        hash: None,
        key: Blobs::new_staging_key(workspace.user()),
        reserved_bytes: ticket.size_bytes,
        or_less: false,
        lasts_ms: PARTS_LAST_MS,
        scope: ticket.about.scope.clone(),
    };
    let MediaAnnounced::Reserved { key, .. } = workspace.call(announce).await? else {
        return Err(Error::Internal("bytes without a hash were known".to_owned()));
    };
    let multipart_id = store::start_announced(workspace, &blobs, &key).await?.upload_id();
    ticket.id = Some(id);
    ticket.parts = Some(Parts { key, multipart_id });
    Ok(())
}

/// `PUT /api/media/upload?ticket=[&part=]`: the bytes, or a part of them.
pub async fn put(incoming: Rc<Incoming>) -> Outcome {
    let (caller, ticket) = auth::ticket_holder(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let found = types::of_mime(&ticket.mime).ok_or(Error::NotMedia(NotMedia::Unknown))?;
    if let Some(parts) = &ticket.parts {
        return put_part(&incoming, &ticket, parts).await;
    }
    let stream = body_of(&incoming, ticket.size_bytes)?;
    let mut ingest = Ingest::new(&workspace, &ticket.about)?.of_type(found);
    if let Some(id) = ticket.id.clone() {
        ingest = ingest.with_id(id).under(ticket.key.as_deref());
    }
    let expected = Expected::Exactly(ticket.size_bytes);
    let kept: MediaKept = ingest.take_stream(stream, expected, ticket.size_bytes, body::cut_off).await?;
    kept_answer(&incoming, &kept)
}

async fn put_part(incoming: &Rc<Incoming>, ticket: &Ticket, parts: &Parts) -> Outcome {
    let number = incoming.query.number("part", 1, 10_000)?.unwrap_or(0);
    let size_bytes = ticket.part_bytes(number as u64);
    let size_bytes = size_bytes.ok_or_else(|| Error::BadRequest("There is no such part".to_owned()))?;
    let stream = body_of(incoming, size_bytes)?;
    let blobs = Blobs::of_media(incoming)?;
    let upload = blobs.resume_multipart(&parts.key, &parts.multipart_id);
    let part = blobs.put_part(&upload, u32::try_from(number).unwrap_or(0), &stream).await;
    let part = part.map_err(|error| {
        let is_over = matches!(&error, Error::BucketFailed(cause) if cause.contains(NO_SUCH_UPLOAD));
        if is_over { Error::BadRequest(OVER.to_owned()) } else { error }
    })?;
    let tag = Reflect::get(&part, &"etag".into()).ok().and_then(|tag| tag.as_string()).unwrap_or_default();
    Ok(Answer::ok(&UploadedPart { etag: &tag, ok: True, part_number: number })?
        .with("ETag", &crate::conditional::quote(&tag)))
}

/// The body, if it says that it has as many bytes as were signed for.
fn body_of(incoming: &Incoming, size_bytes: u64) -> Result<web_sys::ReadableStream, Error> {
    let length = incoming.content_length();
    let stream = incoming.request.body().filter(|_| length == Some(size_bytes));
    stream.ok_or_else(|| Error::BadRequest(format!("The body must have {size_bytes} bytes, and a Content-Length")))
}

/// `POST /api/media/upload/complete?ticket= {parts: [{partNumber, etag}]}`: the parts become an item.
pub async fn complete(incoming: Rc<Incoming>) -> Outcome {
    let (caller, ticket) = auth::ticket_holder(&incoming)?;
    let body = JsonBody::read(&incoming).await?;
    let (Some(parts), Some(id)) = (&ticket.parts, ticket.id.clone()) else { return Err(not_in_parts()) };
    let workspace = Workspace::of(&caller, &incoming)?;
    let blobs = Blobs::of_media(&incoming)?;
    let found = types::of_mime(&ticket.mime).ok_or(Error::NotMedia(NotMedia::Unknown))?;
    let named = body
        .value("parts")?
        .as_ref()
        .and_then(named_parts)
        .filter(|named| u64::from(named.length()) == ticket.parts_count());
    let named = named.ok_or_else(|| Error::BadRequest("parts must be all [{partNumber, etag}]".to_owned()))?;
    let upload = blobs.resume_multipart(&parts.key, &parts.multipart_id);
    let completed = blobs.try_complete(&upload, &named).await;
    // An earlier call may have completed it, and failed later, or have made it an item.
    let size_bytes = blobs.size_of(&parts.key).await?;
    if size_bytes.is_none() {
        let wrong = if completed.is_ok() { OVER } else { "The parts do not make up the upload" };
        return kept_before(&workspace, id, wrong).await;
    }
    if size_bytes != Some(ticket.size_bytes) {
        workspace.call(AbandonMedia { id }).await?;
        return Err(Error::BadRequest(format!("The parts must have {} bytes together", ticket.size_bytes)));
    }
    let ingest = Ingest::new(&workspace, &ticket.about)?.of_type(found).with_id(id.clone());
    match ingest.take_staged(&parts.key, ticket.size_bytes).await {
        Ok(kept) => kept_answer(&incoming, &kept),
        // Another call was faster, and what was staged is gone.
        Err(_) if blobs.size_of(&parts.key).await?.is_none() => kept_before(&workspace, id, OVER).await,
        Err(error) => Err(error),
    }
}

/// What is answered when the parts are no more: the item that they have become, if they have.
async fn kept_before(workspace: &Workspace, id: MediaId, otherwise: &str) -> Outcome {
    match workspace.call(GetMedia { id }).await {
        Ok(media) => kept_answer(workspace.incoming(), &MediaKept { media, was_known: true }),
        Err(Error::Workspace(CallError::UnknownMedia { .. })) => Err(Error::BadRequest(otherwise.to_owned())),
        Err(error) => Err(error),
    }
}

/// The parts as the bucket wants them.
fn named_parts(value: &Value) -> Option<Array> {
    let parts = value.as_array()?.iter().map(|part| {
        let number = u32::try_from(part.get("partNumber")?.as_u64()?).ok()?;
        let tag = part.get("etag")?.as_str()?.trim_matches('"');
        let named = Object::new();
        Reflect::set(&named, &"partNumber".into(), &number.into()).ok()?;
        Reflect::set(&named, &"etag".into(), &tag.into()).ok()?;
        Some(JsValue::from(named))
    });
    parts.collect()
}

/// `POST /api/media/upload/abort?ticket=`: the parts will not be used.
pub async fn abort(incoming: Rc<Incoming>) -> Outcome {
    let (caller, ticket) = auth::ticket_holder(&incoming)?;
    let id = ticket.id.filter(|_| ticket.parts.is_some()).ok_or_else(not_in_parts)?;
    Workspace::of(&caller, &incoming)?.call(AbandonMedia { id }).await?;
    Answer::ok(&UploadAborted { ok: True })
}

fn not_in_parts() -> Error {
    Error::BadRequest("This upload is not in parts".to_owned())
}
