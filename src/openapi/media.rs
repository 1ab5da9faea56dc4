//! Media with lasting addresses, and the providers that make them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::document::Document;
use super::operation::Access::{Anyone, Signed, Ticket};
use crate::media::asset::{Generated, PersistedAsset};
use crate::media::wire::{DeletedBody, IngestedBody, MediaItem, MediaListBody, Scope, UsesBody};
use crate::routes::shapes::{SignedUpload, UploadAborted, UploadedPart};

pub fn describe(document: &mut Document) {
    document.group("media", "Media with lasting addresses, and the providers that make them.");
    document
        .on(Signed, "POST /api/media/ingest", "ingestMedia")
        .about("Bytes, from an address or as base64, become an item")
        .more("Equal bytes of one owner are kept once.")
        .takes::<IngestRequest>()
        .answers::<IngestedBody>()
        .refuses(&[404, 409, 413, 415, 502, 507])
        .end();
    document
        .on(Signed, "POST /api/media/persist", "persistResult")
.about("A provider's result, with its media kept")
        .more("The result keeps its shape: addresses are replaced where they stand. An asset that cannot be kept stays as it was.")
        .takes::<PersistRequest>()
        .answers::<PersistedResult>()
        .refuses(&[404, 409, 413, 502])
        .end();
    document
        .on(Signed, "GET /api/media/list", "listMedia")
        .about("Items, newest first")
        .query::<MediaQuery>()
        .answers::<MediaListBody>()
        .refuses(&[403])
        .end();
    document
        .on(Signed, "POST /api/media/sign", "signUpload")
        .about("Addresses to bring bytes to, for somebody without a signed query")
        .more("Bound to type, size and, if it is given, hash. One PUT up to 95 MiB, parts above.")
        .takes::<UploadSignRequest>()
        .answers::<SignedUpload>()
        .refuses(&[409, 413, 415, 507])
        .end();
    document
        .on(Ticket, "PUT /api/media/upload", "putUpload")
        .about("The bytes of a signed upload, or a part of them")
        .query::<PartQuery>()
        .takes_bytes("As many bytes as were signed for, with their `Content-Length`.")
        .answers::<Uploaded>()
        .refuses(&[404, 409, 413, 415, 502, 507])
        .end();
    document
        .on(Ticket, "POST /api/media/upload/complete", "completeUpload")
        .about("The parts of a signed upload become an item")
        .takes::<CompleteRequest>()
        .answers::<IngestedBody>()
        .refuses(&[404, 409, 413, 415, 507])
        .end();
    document
        .on(Ticket, "POST /api/media/upload/abort", "abortUpload")
        .about("The parts of a signed upload will not be used")
        .answers::<UploadAborted>()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "GET /api/media/{id}", "getMedia")
        .about("The bytes of an item, or where they are; or what is known of it")
        .more("With `Accept: application/json` the latter. Where media have a public domain, a redirect to it.")
        .answers::<MediaItem>()
        .answers_bytes("*/*")
        .tagged()
        .ranged()
        .answers_empty(302, "The bytes are at `Location`.")
        .header(302, "Location", "Location")
        .refuses(&[404])
        .end();
    document
        .on(Signed, "DELETE /api/media/{id}", "deleteMedia")
        .about("An item gone, with its address; files keep the bytes")
        .answers::<DeletedBody>()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "POST /api/media/{id}/share", "shareMedia")
        .about("An address for an item that has none yet")
        .answers::<MediaItem>()
        .refuses(&[404, 409, 415, 507])
        .end();
    document
        .on(Signed, "GET /api/media/{id}/uses", "listUses")
        .about("The files that have an item's bytes, and what was published with them")
        .query::<UsesQuery>()
        .answers::<UsesBody>()
        .refuses(&[404])
        .end();
    document
        .on(Anyone, "GET /media/{key}", "getPublicMedia")
        .about("The bytes of a public item, for whoever has its address")
        .query::<TokenQuery>()
        .answers_bytes("*/*")
        .tagged()
        .ranged()
        .refuses(&[400, 404])
        .end();
    document
        .on(Signed, "POST /api/ai/fal", "callFal")
        .about("What a model of a provider makes of an input, with its media kept")
        .takes::<FalRequest>()
        .answers::<ProviderResult>()
        .refuses(&[409, 413, 502])
        .refuses_as_others_do()
        .end();
    document
        .on(Signed, "POST /api/ai/eleven", "callEleven")
        .about("Music of a provider, kept")
        .takes::<ElevenRequest>()
        .answers::<ProviderResult>()
        .refuses(&[409, 413, 502])
        .refuses_as_others_do()
        .end();
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Ingest")]
struct IngestRequest {
    /// This or `base64`.
    source_url: Option<String>,
    /// This or `sourceUrl`. A `data:` address is fine.
    base64: Option<String>,
    content_type: Option<String>,
    /// Kept as `filename`; it decides the type only where bytes cannot.
    filename_hint: Option<String>,
    /// The bytes must have it.
    sha256: Option<String>,
    scope: Option<Scope>,
    /// Texts by name, up to 8 KiB as JSON.
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(JsonSchema)]
struct PersistRequest {
    /// A short plain name.
    provider: String,
    /// Any JSON.
    result: Value,
    scope: Option<Scope>,
    metadata: Option<BTreeMap<String, String>>,
}

/// The result as the provider wrote it; one that is no object stands under `result`.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PersistedResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    persisted_assets: Option<Vec<PersistedAsset>>,
    #[serde(flatten)]
    result: Map<String, Value>,
}

/// A result, or the bytes of one item.
#[derive(JsonSchema)]
#[serde(untagged)]
enum ProviderResult {
    Bytes(Box<Generated>),
    Result(PersistedResult),
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MediaQuery {
    desktop_id: Option<String>,
    app_id: Option<String>,
    thread_id: Option<String>,
    /// `image`, `audio`, `video` or `model`.
    r#type: Option<String>,
    /// In milliseconds since 1970, or an ISO 8601 time or day.
    from: Option<String>,
    /// Likewise; a day is in it as a whole.
    to: Option<String>,
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
    /// The caller's own id, or a 403.
    owner_id: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UploadSignRequest {
    content_type: String,
    /// Bytes.
    #[schemars(range(min = 1))]
    size: u64,
    ext: Option<String>,
    /// The bytes must have it. With it the key is known at once.
    sha256: Option<String>,
    scope: Option<Scope>,
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(JsonSchema)]
struct PartQuery {
    /// Which part, from 1, of an upload in parts.
    #[schemars(range(min = 1, max = 10_000))]
    part: Option<u32>,
}

/// An item, or a part that has arrived.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "UploadAnswer")]
enum Uploaded {
    Item(IngestedBody),
    Part(UploadedPart<'static>),
}

#[derive(JsonSchema)]
struct CompleteRequest {
    /// All of them.
    parts: Vec<PartRequest>,
}

/// A part, as it was answered.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PartRequest {
    part_number: u32,
    etag: String,
}

#[derive(JsonSchema)]
struct UsesQuery {
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
struct TokenQuery {
    /// The token, as the address has it.
    t: Option<String>,
}

#[derive(JsonSchema)]
struct FalRequest {
    /// Such as `fal-ai/flux/dev`.
    model: String,
    /// What the model takes.
    input: Map<String, Value>,
    scope: Option<Scope>,
    metadata: Option<BTreeMap<String, String>>,
}

/// Whatever else is in it goes to the provider as it is.
#[derive(JsonSchema)]
struct ElevenRequest {
    prompt: Option<String>,
    composition_plan: Option<Value>,
    music_length_ms: Option<u64>,
    /// A word such as `mp3_44100_128`; raw sound is refused.
    output_format: Option<String>,
    /// A word such as `music_v1`.
    model: Option<String>,
    scope: Option<Scope>,
    metadata: Option<BTreeMap<String, String>>,
}
