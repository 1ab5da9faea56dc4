//! What is told of the media of a provider's answer. A contract: names, formats and what is absent when stay as they are.

use durable_objects::call::{Media, MediaKept, MediaKind};
use durable_objects::ids::Sha256;
use serde::Serialize;

use super::about::kind_of;
use super::wire::public_url;
use crate::error::Error;
use crate::wire::{Nullable, True};
use crate::workspace::Workspace;

/// What became of an asset of a result: it is kept, or it stays as it was and has an `error`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PersistedAsset {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Why it was not kept, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The item's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `image`, `audio`, `video` or `model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The address that stood there; null where bytes did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<Nullable<String>>,
    /// Where it stands in the answer, such as `images[0].url`; empty where it is said of the result as a whole.
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Nullable<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2_key: Option<Nullable<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What stood there: `url`, `base64` or `data`; `bytes` where they are the provider's whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl PersistedAsset {
    /// One that is kept.
    pub fn kept(media: &Media, url: Option<String>) -> Self {
        Self {
            content_type: Some(media.facts.mime.clone()),
            id: Some(media.id.as_str().to_owned()),
            kind: Some(kind_of(&media.facts.mime).word()),
            public_url: Some(Nullable(url)),
            r2_key: Some(Nullable(media.key.clone())),
            sha256: Some(media.hash),
            size: Some(media.size_bytes),
            ..Self::default()
        }
    }

    /// What is said of a result as a whole.
    pub fn of_all(error: String) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}

/// An answer of a provider that is the bytes of one item. Of the addresses it has that of its kind.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "GeneratedMedia"))]
pub struct Generated {
    /// The bytes as base64, where they could not be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_url: Option<String>,
    pub content_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_url: Option<String>,
    pub ok: True,
    pub persisted_assets: [PersistedAsset; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_url: Option<String>,
}

/// An answer of a provider that is the bytes themselves.
pub fn described(workspace: &Workspace, kept: &MediaKept) -> Generated {
    let (incoming, media) = (workspace.incoming(), &kept.media);
    let url = public_url(&incoming.config.media, &incoming.origin, media);
    let mut told = Generated { content_type: media.facts.mime.clone(), ..Generated::default() };
    let (path, place) = match media.facts.kind {
        MediaKind::Audio => ("audioUrl", &mut told.audio_url),
        MediaKind::Image => ("imageUrl", &mut told.image_url),
        MediaKind::Video => ("videoUrl", &mut told.video_url),
        MediaKind::Model => ("modelUrl", &mut told.model_url),
    };
    place.clone_from(&url);
    let asset = PersistedAsset {
        original: Some(Nullable(None)),
        path: path.to_owned(),
        source: Some("bytes"),
        ..PersistedAsset::kept(media, url)
    };
    Generated { persisted_assets: [asset], ..told }
}

/// Bytes that could not be kept, as older hosts wrap them.
pub fn unkept(content_type: String, base64: String, error: &Error) -> Generated {
    let asset = PersistedAsset {
        error: Some(error.sentence()),
        original: Some(Nullable(None)),
        path: "audioBase64".to_owned(),
        source: Some("bytes"),
        ..PersistedAsset::default()
    };
    Generated { audio_base64: Some(base64), content_type, persisted_assets: [asset], ..Generated::default() }
}
