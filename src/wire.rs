//! What clients see: the JSON shapes of the file routes. A contract: names, formats and what is absent when stay as they
//! are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use durable_objects::call::{Entry, Kind, Trashed};
pub use durable_objects::item::Time;
use durable_objects::item::{Item, Type};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use crate::conditional::quote;
use crate::error::Error;
use crate::mime;

/// `true`, and never anything else: how an answer says that what was asked for is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct True;

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for True {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "True".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "boolean", "const": true })
    }
}

/// What is null where there is nothing, as a member that may be absent besides.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Nullable<T>(pub Option<T>);

#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Nullable<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Nullable".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = Option::<T>::json_schema(generator);
        // Where it may be absent, that null is no accident (see `openapi::document`).
        schema.insert("x-null".to_owned(), true.into());
        schema
    }
}

/// What is said of a listing beside its entries, which are text already (see [`durable_objects::item`]).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListingHead {
    /// Null of the root.
    pub parent: Option<String>,
    /// The directory.
    pub path: String,
}

/// How content travels in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Encoding {
    /// As text.
    #[serde(rename = "utf-8")]
    Utf8,
    /// As bytes.
    #[serde(rename = "base64")]
    Base64,
}

/// What is said of a file beside its content, which never comes through here.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReadHead {
    /// How its content is written.
    pub encoding: Encoding,
    /// When it last changed.
    pub modified: Time,
    /// The file.
    pub path: String,
    /// Its bytes.
    pub size: u64,
}

/// One entry with everything that is known of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Stat"))]
pub struct StatBody<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    etag: String,
    /// Of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'static str>,
    /// The rev that last changed its place or content.
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

/// A file as it has just been written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Written"))]
pub struct WrittenBody {
    /// The media item that its content is, if the deployment takes note of such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaRef>,
    /// Of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<&'static str>,
    /// When, unlike any earlier time.
    pub modified: Time,
    /// Where it is.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// It is done.
    pub success: True,
}

/// A media item, by its id.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MediaRef {
    /// Under which it is asked for.
    pub id: String,
}

/// An entry that is there now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Placed"))]
pub struct PlacedBody {
    /// Where.
    pub path: String,
    /// It is done.
    pub success: True,
}

/// An entry that has another place, or has it too.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Moved"))]
pub struct MovedBody {
    /// Where it was, or was copied from.
    pub from: String,
    /// It is done.
    pub success: True,
    /// Where it is.
    pub to: String,
}

/// An entry that is in the trash, or gone for good.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Removed"))]
pub struct RemovedBody {
    /// When it goes from the trash for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// Where it was.
    pub path: String,
    /// It is not in the trash: then there are no times and no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permanent: Option<True>,
    /// It is done.
    pub success: True,
    /// Where it is now: what a restore wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trash_path: Option<String>,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<Time>,
}

/// A trash that is empty.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Emptied"))]
pub struct EmptiedBody {
    /// The bytes of all files that were in it.
    pub bytes: u64,
    /// How many entries it had.
    pub count: u64,
    /// It is done.
    pub success: True,
}

/// One entry of the trash.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrashItem {
    original_path: String,
    /// What a restore wants.
    trash_path: String,
    trashed_at: Time,
    /// When it goes for good.
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
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Trash"))]
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
