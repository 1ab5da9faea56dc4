//! What clients see: the JSON shapes of the file routes. A contract: names, formats and what is absent when stay as they
//! are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use durable_objects::call::{Entry, Kind, Trashed};
pub use durable_objects::item::Time;
use durable_objects::item::{Item, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::conditional::quote;
use crate::error::Error;
use crate::mime;

/// One entry with everything that is known of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatBody<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    etag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'static str>,
    rev: i64,
}

impl<'a> StatBody<'a> {
    /// An entry, which is at an absolute path.
    pub fn new(path: &'a str, entry: &Entry) -> Self {
        let item = Item::new(path, entry.kind, entry.size_bytes, entry.modified_ms);
        let mime_type = matches!(entry.kind, Kind::File).then(|| mime::of_name(entry.path.name()));
        Self { item, etag: quote(&entry.tag()), mime_type, rev: entry.rev }
    }
}

/// One entry of the trash.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrashItem {
    original_path: String,
    trash_path: String,
    trashed_at: Time,
    expires_at: Time,
    size: u64,
    #[serde(rename = "type")]
    kind: Type,
}

impl TrashItem {
    /// An entry below `root`.
    pub fn new(root: &str, trashed: &Trashed) -> Self {
        Self {
            original_path: trashed.original.absolute(root),
            trash_path: trashed.path.absolute(root),
            trashed_at: Time(trashed.deleted_ms),
            expires_at: Time(trashed.expires_ms),
            size: trashed.size_bytes,
            kind: trashed.kind.into(),
        }
    }
}

/// A page of the trash.
#[derive(Debug, Serialize)]
pub struct TrashBody {
    /// Its entries, newest first.
    pub files: Vec<TrashItem>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A position in a listing as clients carry it: opaque, and safe in a URL.
pub fn cursor(position: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(position).map_err(|error| Error::internal("a cursor", &error))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// The position that a client brings back.
pub fn parse_cursor<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let position = URL_SAFE_NO_PAD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok());
    position.ok_or_else(|| Error::BadRequest("Invalid cursor".to_owned()))
}

#[cfg(test)]
mod tests {
    use durable_objects::call::Cursor;
    use durable_objects::ids::Sha256;
    use durable_objects::path::FilePath;

    use super::*;

    fn entry(path: &str, kind: Kind) -> Entry {
        let hash = matches!(kind, Kind::File).then(|| Sha256::new([0xab; 32]));
        let path = FilePath::try_from(path.to_owned()).unwrap();
        Entry { path, kind, size_bytes: 3, modified_ms: 1_763_720_000_007, rev: 9, children_rev: 12, hash }
    }

    #[test]
    fn a_file_and_a_directory_are_written_as_clients_know_them() {
        let json = |entry: Entry| {
            let path = entry.path.absolute("/root/clawd");
            serde_json::to_string(&StatBody::new(&path, &entry)).unwrap()
        };
        insta::assert_snapshot!(json(entry("notes/é.MD", Kind::File)), @r#"{"name":"é.MD","path":"/root/clawd/notes/é.MD","type":"file","size":3,"modified":"2025-11-21T10:13:20.007Z","extension":"MD","etag":"\"abababababababababababababababababababababababababababababababab\"","mimeType":"text/markdown; charset=utf-8","rev":9}"#);
        insta::assert_snapshot!(json(entry("", Kind::Directory)), @r#"{"name":"clawd","path":"/root/clawd","type":"directory","size":3,"modified":"2025-11-21T10:13:20.007Z","etag":"\"9-12\"","rev":9}"#);
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let position = Cursor { path: FilePath::try_from("a/é\"b".to_owned()).unwrap(), kind: Kind::File };
        let text = cursor(&position).unwrap();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(parse_cursor::<Cursor>(&text).unwrap(), position);
        for bad in ["", "!", "AAAA", &text[1..]] {
            assert!(parse_cursor::<Cursor>(bad).is_err(), "{bad}");
        }
    }
}
