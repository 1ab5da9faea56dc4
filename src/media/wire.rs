//! Items as clients know them. A contract: names, formats and what is absent when stay as they are.

use durable_objects::call::{Media, MediaKept, MediaScope};
use serde_json::{Map, Value, json};

use super::config::MediaConfig;
use crate::wire::Time;

/// The answer to bytes that have become an item, or were one.
pub fn kept(config: &MediaConfig, origin: &str, MediaKept { media, was_known }: &MediaKept) -> Value {
    let mut body = json!({
        "ok": true,
        "id": media.id.as_str(),
        "contentType": media.facts.mime,
        "size": media.size_bytes,
        "r2Key": media.key,
        "publicUrl": public_url(config, origin, media),
        "sha256": media.hash.to_string(),
    });
    if let (true, Some(body)) = (*was_known, body.as_object_mut()) {
        body.insert("deduped".to_owned(), true.into());
    }
    body
}

/// An item.
pub fn item(config: &MediaConfig, origin: &str, media: &Media) -> Value {
    let Media { id, hash, size_bytes, facts, scopes, created_ms, key } = media;
    let parse = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut scopes = scopes.iter().map(scope);
    let mut body = json!({
        "id": id.as_str(),
        "_id": id.as_str(),
        "contentType": facts.mime,
        "size": size_bytes,
        "r2Key": key,
        "publicUrl": public_url(config, origin, media),
        "sha256": hash.to_string(),
        "scope": scopes.next().unwrap_or_else(|| json!({})),
        "metadata": parse(&facts.metadata).unwrap_or_else(|| json!({})),
        "filename": facts.filename,
        "createdAt": Time(*created_ms),
    });
    let others: Vec<Value> = scopes.collect();
    let optional = [
        ("width", facts.width.map(Value::from)),
        ("height", facts.height.map(Value::from)),
        ("provenance", parse(&facts.provenance)),
        // Where else the same bytes came up.
        (
            "otherScopes",
            Some(Value::from(others)).filter(|others| others.as_array().is_some_and(|list| !list.is_empty())),
        ),
    ];
    if let Some(body) = body.as_object_mut() {
        body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body
}

/// Under which address the world sees an item; nothing of one that is not public.
pub fn public_url(config: &MediaConfig, origin: &str, media: &Media) -> Option<String> {
    config.urls.url(origin, media.key.as_deref()?)
}

/// A scope, without what it does not say.
fn scope(scope: &MediaScope) -> Value {
    let MediaScope { desktop, app, app_name, thread, request } = scope;
    let members =
        [("desktopId", desktop), ("appId", app), ("appName", app_name), ("threadId", thread), ("requestId", request)];
    let said = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text.clone()?))));
    Value::Object(said.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use durable_objects::call::{MediaFacts, MediaKind};
    use durable_objects::ids::{MediaId, Sha256};

    use super::*;

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
        let told = |was_known| kept(&config(), "", &MediaKept { media: media(), was_known }).to_string();
        insta::assert_snapshot!(told(false), @r#"{"contentType":"image/png","id":"07070707070707070707070707070707","ok":true,"publicUrl":"https://cdn.example/media/user_a/x.png","r2Key":"media/user_a/x.png","sha256":"abababababababababababababababababababababababababababababababab","size":3}"#);
        assert!(told(true).contains(r#""deduped":true"#));
    }

    #[test]
    fn an_item_says_what_is_known_and_a_private_one_has_no_address() {
        insta::assert_snapshot!(item(&config(), "", &media()).to_string(), @r#"{"_id":"07070707070707070707070707070707","contentType":"image/png","createdAt":"2025-11-21T10:13:20.007Z","filename":"a.png","height":480,"id":"07070707070707070707070707070707","metadata":{"a":"b"},"publicUrl":"https://cdn.example/media/user_a/x.png","r2Key":"media/user_a/x.png","scope":{"appId":"notes"},"sha256":"abababababababababababababababababababababababababababababababab","size":3,"width":640}"#);
        let facts = MediaFacts { width: None, height: None, metadata: None, filename: None, ..media().facts };
        let private = Media { key: None, scopes: Vec::new(), facts, ..media() };
        insta::assert_snapshot!(item(&config(), "", &private).to_string(), @r#"{"_id":"07070707070707070707070707070707","contentType":"image/png","createdAt":"2025-11-21T10:13:20.007Z","filename":null,"id":"07070707070707070707070707070707","metadata":{},"publicUrl":null,"r2Key":null,"scope":{},"sha256":"abababababababababababababababababababababababababababababababab","size":3}"#);
    }
}
