//! Items as clients know them. A contract: names, formats and what is absent when stay as they are.

use std::collections::BTreeMap;

use durable_objects::call::{Media, MediaKept, MediaScope};
use durable_objects::ids::Sha256;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::config::MediaConfig;
use crate::catalog::versions::Use;
use crate::wire::{Time, True};

/// Bytes that have become an item, or were one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Ingested"))]
pub struct IngestedBody {
    /// Decided from the bytes.
    content_type: String,
    /// They were one.
    #[serde(skip_serializing_if = "Option::is_none")]
    deduped: Option<True>,
    id: String,
    ok: True,
    public_url: Option<String>,
    /// The key in the bucket of media.
    r2_key: Option<String>,
    sha256: Sha256,
    size: u64,
}

impl IngestedBody {
    /// As it is told.
    pub fn new(config: &MediaConfig, origin: &str, MediaKept { media, was_known }: &MediaKept) -> Self {
        Self {
            content_type: media.facts.mime.clone(),
            deduped: was_known.then_some(True),
            id: media.id.as_str().to_owned(),
            ok: True,
            public_url: public_url(config, origin, media),
            r2_key: media.key.clone(),
            sha256: media.hash,
            size: media.size_bytes,
        }
    }
}

/// A page of items.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "MediaList"))]
pub struct MediaListBody {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The newest first.
    pub items: Vec<MediaItem>,
}

/// An item. One that is private has neither a key nor an address.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MediaItem {
    /// The same as `id`, as older pages know it.
    #[serde(rename = "_id")]
    old_id: String,
    content_type: String,
    created_at: Time,
    /// What the caller called it.
    filename: Option<String>,
    /// In pixels, where the bytes tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    id: String,
    /// As it was sent: texts by name.
    metadata: BTreeMap<String, String>,
    /// Where else the same bytes came up.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_scopes: Option<Vec<Scope>>,
    /// Who made it, how and from what, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Map<String, Value>>,
    public_url: Option<String>,
    r2_key: Option<String>,
    /// What it was made for.
    scope: Scope,
    sha256: Sha256,
    size: u64,
    /// In pixels, where the bytes tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
}

impl MediaItem {
    /// As it is told.
    pub fn new(config: &MediaConfig, origin: &str, media: &Media) -> Self {
        let Media { id, hash, size_bytes, facts, scopes, created_ms, key } = media;
        let mut scopes = scopes.iter().map(Scope::of);
        let scope = scopes.next().unwrap_or_default();
        let others: Vec<Scope> = scopes.collect();
        Self {
            old_id: id.as_str().to_owned(),
            content_type: facts.mime.clone(),
            created_at: Time(*created_ms),
            filename: facts.filename.clone(),
            height: facts.height,
            id: id.as_str().to_owned(),
            metadata: parse(facts.metadata.as_deref()).unwrap_or_default(),
            other_scopes: Some(others).filter(|others| !others.is_empty()),
            provenance: parse(facts.provenance.as_deref()),
            public_url: public_url(config, origin, media),
            r2_key: key.clone(),
            scope,
            sha256: *hash,
            size: *size_bytes,
            width: facts.width,
        }
    }
}

/// What is kept as text.
fn parse<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// What a medium was made for.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Scope {
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desktop_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<String>,
}

impl Scope {
    fn of(scope: &MediaScope) -> Self {
        let MediaScope { desktop, app, app_name, thread, request } = scope.clone();
        Self { app_id: app, app_name, desktop_id: desktop, request_id: request, thread_id: thread }
    }
}

/// An item that is no more.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "MediaDeleted"))]
pub struct DeletedBody {
    pub id: String,
    pub ok: True,
}

/// Who uses the bytes of an item.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "MediaUses"))]
pub struct UsesBody {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The files that have them now.
    pub files: Vec<UseItem>,
    /// What the caller has published with them: the first hundred, on the first page, where anything can be published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Vec<Use>>,
    /// How many versions of files have them.
    pub versions: u64,
}

/// A file that has the bytes of an item.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "MediaUse"))]
pub struct UseItem {
    pub path: String,
}

/// Under which address the world sees an item; nothing of one that is not public.
pub fn public_url(config: &MediaConfig, origin: &str, media: &Media) -> Option<String> {
    config.urls.url(origin, media.key.as_deref()?)
}

#[cfg(test)]
mod tests {
    use durable_objects::call::{MediaFacts, MediaKind};
    use durable_objects::ids::MediaId;

    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    fn config() -> MediaConfig {
        MediaConfig::read(|name| (name == "MEDIA_CDN_BASE").then(|| "https://cdn.example".to_owned()))
    }

    fn media() -> Media {
        Media {
            id: MediaId::new([7; 16]),
            hash: Sha256::new([0xab; 32]),
            size_bytes: 3,
            facts: MediaFacts {
                mime: "image/png".to_owned(),
                kind: MediaKind::Image,
                filename: Some("a.png".to_owned()),
                width: Some(640),
                height: Some(480),
                metadata: Some(r#"{"a":"b"}"#.to_owned()),
                provenance: None,
            },
            scopes: vec![MediaScope { app: Some("notes".to_owned()), ..MediaScope::default() }],
            created_ms: 1_763_720_000_007,
            key: Some("media/user_a/x.png".to_owned()),
        }
    }

    #[test]
    fn what_is_kept_is_answered_with_its_address() {
        let told = |was_known| json(&IngestedBody::new(&config(), "", &MediaKept { media: media(), was_known }));
        insta::assert_snapshot!(told(false), @r#"{"contentType":"image/png","id":"07070707070707070707070707070707","ok":true,"publicUrl":"https://cdn.example/media/user_a/x.png","r2Key":"media/user_a/x.png","sha256":"abababababababababababababababababababababababababababababababab","size":3}"#);
        assert!(told(true).contains(r#""deduped":true"#));
    }

    #[test]
    fn an_item_says_what_is_known_and_a_private_one_has_no_address() {
        insta::assert_snapshot!(json(&MediaItem::new(&config(), "", &media())), @r#"{"_id":"07070707070707070707070707070707","contentType":"image/png","createdAt":"2025-11-21T10:13:20.007Z","filename":"a.png","height":480,"id":"07070707070707070707070707070707","metadata":{"a":"b"},"publicUrl":"https://cdn.example/media/user_a/x.png","r2Key":"media/user_a/x.png","scope":{"appId":"notes"},"sha256":"abababababababababababababababababababababababababababababababab","size":3,"width":640}"#);
        let facts = MediaFacts { width: None, height: None, metadata: None, filename: None, ..media().facts };
        let private = Media { key: None, scopes: Vec::new(), facts, ..media() };
        insta::assert_snapshot!(json(&MediaItem::new(&config(), "", &private)), @r#"{"_id":"07070707070707070707070707070707","contentType":"image/png","createdAt":"2025-11-21T10:13:20.007Z","filename":null,"id":"07070707070707070707070707070707","metadata":{},"publicUrl":null,"r2Key":null,"scope":{},"sha256":"abababababababababababababababababababababababababababababababab","size":3}"#);
    }
}
