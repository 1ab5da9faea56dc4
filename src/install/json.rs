//! JSON of the user's, of which only a part is changed: members stay in their order.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;
use serde_json::ser::{PrettyFormatter, Serializer as Writer};

/// The longest file that is changed: it goes into a row.
pub const TEXT_MAX_BYTES: usize = 1024 * 1024;

/// What some editors put before a text.
const MARK: char = '\u{feff}';

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, its members in the order of the file.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Of a file's text. An error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text.trim_start_matches(MARK)).map_err(|error| error.to_string())
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(members) = self else { return None };
        members.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Gives a member of an object another value; a new one comes last.
    pub fn put(&mut self, name: &str, value: Self) {
        let Self::Object(members) = self else { return };
        match members.iter_mut().find(|(key, _)| key == name) {
            Some((_, place)) => *place = value,
            None => members.push((name.to_owned(), value)),
        }
    }

    /// A member that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        if let Some(Self::Text(text)) = self.get(name) { Some(text) } else { None }
    }

    /// As `JSON.stringify(value, null, indent)` writes it, with the mark and the ends of lines that `like` has; a new file ends with
    /// one.
    pub fn write_like(&self, like: Option<&str>, indent: &str) -> String {
        let mut bytes = Vec::new();
        let mut writer = Writer::with_formatter(&mut bytes, PrettyFormatter::with_indent(indent.as_bytes()));
        // Texts, numbers and lists of them can always be written.
        let _ = self.serialize(&mut writer);
        if like.is_none_or(|like| like.ends_with('\n')) {
            bytes.push(b'\n');
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        let like = like.unwrap_or_default();
        // No text within holds an end of a line as it is.
        let text = if like.contains("\r\n") { text.replace('\n', "\r\n") } else { text };
        if like.starts_with(MARK) { format!("{MARK}{text}") } else { text }
    }
}

/// What a file is indented with: as its first indented line is.
pub fn indent_of(text: &str) -> &str {
    let lines = text.lines().skip(1);
    let indents = lines.filter_map(|line| line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()));
    indents.into_iter().find(|indent| !indent.is_empty()).unwrap_or("  ")
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("{key:?} stands there twice")));
            }
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_as_it_was() {
        for text in [
            "{\n  \"z\": 1,\n  \"a\": {\n    \"y\": [\n      1.5,\n      \"é\\n\",\n      null,\n      true\n    ],\n    \"b\": {}\n  },\n  \"list\": []\n}\n",
            "{\n\t\"b\": -1,\n\t\"a\": 12345678901234567890\n}",
            "[]",
            "\u{feff}{\r\n  \"a\": [\r\n    \"\\r\\n\"\r\n  ]\r\n}\r\n",
        ] {
            assert_eq!(Json::parse(text).unwrap().write_like(Some(text), indent_of(text)), text);
        }
        assert_eq!(Json::parse("\u{feff}[1]").unwrap().write_like(None, "  "), "[\n  1\n]\n");
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        for (text, why) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            ("{\"a\": 1,}", "trailing comma at line 1 column 9"),
            ("<<<<<<< HEAD\n[]", "expected value at line 1 column 1"),
            ("{\"a\":1,\"a\":2}", "\"a\" stands there twice at line 1 column 13"),
        ] {
            assert_eq!(Json::parse(text).unwrap_err(), why, "{text}");
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }
}
