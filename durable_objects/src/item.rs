//! An entry as clients see it. A listing is written down in this form where its rows are, and goes to the client as it is:
//! to take ten thousand entries apart again on the way would cost as much as finding them.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use crate::call::{Kind, Listed};
use crate::path::FilePath;

/// A time: ISO 8601 in UTC, with milliseconds and `Z`.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(into = "String")]
pub struct Time(pub i64);

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A time: ISO 8601 in UTC, with milliseconds and `Z`.",
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        })
    }
}

impl From<Time> for String {
    fn from(Time(ms): Time) -> Self {
        // Our own clock is far within what a date can be.
        DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

impl Time {
    /// As HTTP writes it, to the second.
    pub fn http_date(self) -> String {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema), schemars(rename = "EntryType"))]
pub enum Type {
    /// It holds entries.
    Directory,
    /// It holds bytes.
    File,
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Directory => Self::Directory,
            Kind::File => Self::File,
        }
    }
}

/// One entry.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema), schemars(rename = "FileItem"))]
pub struct Item<'a> {
    name: &'a str,
    path: &'a str,
    #[serde(rename = "type")]
    kind: Type,
    /// Bytes; 0 for a directory.
    size: u64,
    modified: Time,
    /// The text after the last dot of the name; absent for directories and for names without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<&'a str>,
}

impl<'a> Item<'a> {
    /// An entry at an absolute path.
    pub fn new(path: &'a str, kind: Kind, size_bytes: u64, modified_ms: i64) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = if kind == Kind::File { extension(name) } else { None };
        Self { name, path, kind: kind.into(), size: size_bytes, modified: Time(modified_ms), extension }
    }
}

/// The text after the last dot of a name; none without a dot, or with nothing behind it.
pub fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}

/// The entries of a listing below `root`, as a JSON array.
pub fn to_json(root: &str, entries: &[Listed]) -> Result<String, serde_json::Error> {
    // About what an entry takes.
    let mut json = Vec::with_capacity(2 + entries.len() * (root.len() + 160));
    json.push(b'[');
    let mut path = String::new();
    for (index, Listed { path: below, kind, size_bytes, modified_ms }) in entries.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        path.clear();
        path.push_str(root);
        path.push('/');
        path.push_str(FilePath::as_str(below));
        serde_json::to_writer(&mut json, &Item::new(&path, *kind, *size_bytes, *modified_ms))?;
    }
    json.push(b']');
    // What serde_json writes is UTF-8.
    Ok(String::from_utf8(json).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_written_as_clients_know_it() {
        let listed = |path: &str, kind| Listed {
            path: FilePath::try_from(path.to_owned()).unwrap(),
            kind,
            size_bytes: 3,
            modified_ms: 1_763_720_000_007,
        };
        let entries = [listed("notes", Kind::Directory), listed("notes/é \"x\".MD", Kind::File)];
        insta::assert_snapshot!(to_json("/root/clawd", &entries).unwrap(), @r#"[{"name":"notes","path":"/root/clawd/notes","type":"directory","size":3,"modified":"2025-11-21T10:13:20.007Z"},{"name":"é \"x\".MD","path":"/root/clawd/notes/é \"x\".MD","type":"file","size":3,"modified":"2025-11-21T10:13:20.007Z","extension":"MD"}]"#);
        assert_eq!(to_json("/root/clawd", &[]).unwrap(), "[]");
    }

    #[test]
    fn an_extension_is_what_follows_the_last_dot() {
        assert_eq!(extension("a.tar.gz"), Some("gz"));
        assert_eq!(extension(".env"), Some("env"));
        assert_eq!(extension("a."), None);
        assert_eq!(extension("Makefile"), None);
    }
}
