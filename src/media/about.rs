//! What a caller says beside the bytes: where they came up, what they are called, what else is to be remembered.

use durable_objects::call::{MediaFacts, MediaKind, MediaScope};
use durable_objects::ids::Sha256;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::{self, Hint, MediaType};
use crate::error::Error;

/// The longest id of a scope: two of them have to fit a key, each byte written as three.
const ID_MAX_BYTES: usize = 128;
/// The longest name.
const NAME_MAX_BYTES: usize = 255;
/// The longest metadata, as JSON.
const METADATA_MAX_BYTES: usize = 8 * 1024;

/// What is known of media beside their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Where they came up.
    pub scope: MediaScope,
    /// A JSON object of the caller's, as text.
    pub metadata: Option<String>,
    /// What they are called.
    pub file_name: Option<String>,
    /// The type that was stated.
    pub content_type: Option<String>,
    /// The hash that was stated: then the bytes must have it.
    pub hash: Option<Sha256>,
    /// Where they come from, as a JSON object.
    pub provenance: Option<String>,
}

impl About {
    /// What decides where bytes cannot.
    pub fn hint(&self) -> Hint {
        Hint { file_name: self.file_name.clone(), content_type: self.content_type.clone() }
    }

    /// What the ledger is told of bytes of a type, whose beginning is `head`.
    pub fn facts(&self, found: MediaType, head: &[u8]) -> MediaFacts {
        let (width, height) = kind::dimensions(head).unzip();
        MediaFacts {
            mime: found.mime.to_owned(),
            kind: kind_of(found.mime),
            filename: self.file_name.clone(),
            width,
            height,
            metadata: self.metadata.clone(),
            provenance: self.provenance.clone(),
        }
    }
}

/// The kind that a type is of: its first word says it.
pub fn kind_of(mime: &str) -> MediaKind {
    mime.split('/').next().and_then(MediaKind::parse).unwrap_or(MediaKind::Model)
}

/// Reads a `scope`.
pub fn scope(value: &Value) -> Result<MediaScope, Error> {
    let members = object(value, "scope")?;
    let text = |name: &str, max_bytes: usize| match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= max_bytes => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Error::BadRequest(format!("scope.{name} must be a text of at most {max_bytes} bytes"))),
    };
    Ok(MediaScope {
        desktop: text("desktopId", ID_MAX_BYTES)?,
        app: text("appId", ID_MAX_BYTES)?,
        app_name: text("appName", NAME_MAX_BYTES)?,
        thread: text("threadId", NAME_MAX_BYTES)?,
        request: text("requestId", NAME_MAX_BYTES)?,
    })
}

/// Reads `metadata`: strings by name. It is kept as it came.
pub fn metadata(value: &Value) -> Result<Option<String>, Error> {
    let members = object(value, "metadata")?;
    if members.is_empty() {
        return Ok(None);
    }
    let text = value.to_string();
    if members.values().all(Value::is_string) && text.len() <= METADATA_MAX_BYTES {
        return Ok(Some(text));
    }
    Err(Error::BadRequest("metadata must be an object of texts, at most 8 KiB as JSON".to_owned()))
}

/// A file name: its last part, if somebody sent a path.
pub fn file_name(text: &str) -> Result<Option<String>, Error> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.len() > NAME_MAX_BYTES || name.chars().any(char::is_control) {
        return Err(Error::BadRequest("filenameHint must be a name of at most 255 bytes".to_owned()));
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
}

fn object<'v>(value: &'v Value, name: &str) -> Result<&'v Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| Error::BadRequest(format!("{name} must be an object")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scope_is_short_texts_and_nothing_else() {
        let read = scope(&json!({ "desktopId": "d", "appId": "", "appName": null, "other": 1 })).unwrap();
        assert_eq!(read, MediaScope { desktop: Some("d".to_owned()), ..MediaScope::default() });
        assert!(scope(&json!({ "appId": "é".repeat(64) })).is_ok());
        for bad in [
            json!([]),
            json!("x"),
            json!({ "appId": 1 }),
            json!({ "appId": "é".repeat(65) }),
            json!({ "threadId": {} }),
        ] {
            assert!(scope(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn metadata_are_texts_up_to_8_kib() {
        assert_eq!(metadata(&json!({})).unwrap(), None);
        assert_eq!(metadata(&json!({ "a": "b" })).unwrap().as_deref(), Some(r#"{"a":"b"}"#));
        assert!(metadata(&json!({ "a": "x".repeat(8 * 1024 - 8) })).is_ok());
        for bad in
            [json!([]), json!({ "a": 1 }), json!({ "a": { "b": "c" } }), json!({ "a": "x".repeat(8 * 1024 - 7) })]
        {
            assert!(metadata(&bad).is_err());
        }
    }

    #[test]
    fn a_file_name_is_the_last_part_of_a_path() {
        for (text, name) in
            [("a.png", Some("a.png")), ("../../etc/é.png", Some("é.png")), ("C:\\a.png", Some("a.png")), ("a/", None)]
        {
            assert_eq!(file_name(text).unwrap().as_deref(), name, "{text}");
        }
        assert!(file_name("a\nb").is_err() && file_name(&"x".repeat(256)).is_err());
    }
}
