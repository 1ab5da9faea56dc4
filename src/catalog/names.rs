//! Names of published things, checked once and carried as types from then on.

use std::fmt;

use durable_objects::ids::is_random_id;
use serde::{Deserialize, Serialize};

use super::hex;

/// What is published. Its number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub enum Kind {
    /// One app: `src/apps/<appId>` and its manifest.
    App = 0,
    /// A whole desktop.
    Desktop = 1,
}

impl Kind {
    /// How routes and bucket keys say it.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::App => "apps",
            Self::Desktop => "desktops",
        }
    }

    /// How clients know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Desktop => "desktop",
        }
    }

    /// How sentences begin with it.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::App => "App",
            Self::Desktop => "Desktop",
        }
    }
}

impl From<Kind> for i64 {
    fn from(kind: Kind) -> Self {
        kind as Self
    }
}

impl TryFrom<i64> for Kind {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        [Self::App, Self::Desktop].into_iter().find(|kind| i64::from(*kind) == number).ok_or("no such kind")
    }
}

/// Who finds it. Its number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "i64", try_from = "i64")]
pub enum Visibility {
    /// Everyone.
    Public = 0,
    /// Who knows its id.
    Unlisted = 1,
    /// Its owner.
    Private = 2,
}

impl Visibility {
    /// From a request.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Public, Self::Unlisted, Self::Private].into_iter().find(|visibility| visibility.as_str() == text)
    }

    /// As clients know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }
}

impl From<Visibility> for i64 {
    fn from(visibility: Visibility) -> Self {
        visibility as Self
    }
}

impl TryFrom<i64> for Visibility {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        [Self::Public, Self::Unlisted, Self::Private]
            .into_iter()
            .find(|visibility| i64::from(*visibility) == number)
            .ok_or("no such visibility")
    }
}

/// What belongs to one part of a version: five digits.
const PART: i64 = 100_000;

/// A version, `major.minor.patch`, kept as one number so that the order of numbers is the order of versions. Each part
/// has at most five digits, which keeps the number below 2^53; 0.0.0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(i64);

impl Version {
    /// What a first publish is called when nobody says.
    pub const FIRST: Self = Self(PART * PART);

    /// The version, when it is one: without leading zeros, so that each has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let mut number = 0;
        let mut parts = text.split('.');
        for _ in 0..3 {
            let part = parts.next()?;
            let is_plain = (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            if !is_plain || (part.len() > 1 && part.starts_with('0')) {
                return None;
            }
            number = number * PART + part.parse::<i64>().ok()?;
        }
        (parts.next().is_none() && number > 0).then_some(Self(number))
    }

    /// The next patch; of the last one of its minor version, the next minor one. None follows the last of all.
    pub const fn next(self) -> Option<Self> {
        if self.0 + 1 < PART * PART * PART { Some(Self(self.0 + 1)) } else { None }
    }

    /// As it is stored.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.0 / PART / PART, self.0 / PART % PART, self.0 % PART)
    }
}

/// The id of a published thing, in `/d/{id}` too: 128 random bits as 32 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
pub struct PublicId(String);

impl PublicId {
    /// A new one.
    pub fn random() -> Self {
        Self(hex::random::<16>())
    }

    /// The id, when it is one.
    pub fn parse(text: &str) -> Option<Self> {
        is_random_id(text).then(|| Self(text.to_owned()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<PublicId> for String {
    fn from(id: PublicId) -> Self {
        id.0
    }
}

impl TryFrom<String> for PublicId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 32 hex digits")
    }
}

/// An owner's own name for a thing, `appId` or `desktopId`: 1 to 64 of `[A-Za-z0-9_-]`. It enters bucket keys and, for
/// an app, the path of its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$")))]
pub struct LocalId(String);

impl LocalId {
    /// The name, when it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        ((1..=64).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<PublicId> for LocalId {
    /// What a desktop is called that its owner gave no name.
    fn from(id: PublicId) -> Self {
        Self(id.0)
    }
}

impl From<LocalId> for String {
    fn from(id: LocalId) -> Self {
        id.0
    }
}

impl TryFrom<String> for LocalId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 1 to 64 plain characters")
    }
}

/// How a user is known to others: 3 to 32 of `[a-z0-9-]`, not beginning or ending with a hyphen.
pub fn is_handle(text: &str) -> bool {
    let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    (3..=32).contains(&text.len()) && plain && !text.starts_with('-') && !text.ends_with('-')
}

/// The longest title of a thing, or name of an app, in bytes.
pub const TITLE_MAX_BYTES: usize = 200;
/// The longest icon: an emoji, a name, an address; a small picture as `data:`.
pub const ICON_MAX_BYTES: usize = 2048;
/// The longest description.
pub const DESCRIPTION_MAX_BYTES: usize = 4000;

/// The most tags that a thing has.
const TAGS_MAX: usize = 16;
/// The longest tag.
const TAG_MAX_BYTES: usize = 40;

/// Tags as they are kept: trimmed, in lower case, each once, none empty. None if there are too many, or one is too
/// long.
pub fn tags<'t>(given: impl IntoIterator<Item = &'t str>) -> Option<Vec<String>> {
    let mut tags: Vec<String> = Vec::new();
    for tag in given {
        let tag = tag.trim().to_lowercase();
        if tag.len() > TAG_MAX_BYTES || tag.chars().any(char::is_control) {
            return None;
        }
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    (tags.len() <= TAGS_MAX).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_three_numbers_and_orders_as_they_do() {
        for text in ["0.0.1", "1.0.0", "1.2.3", "99999.99999.99999"] {
            assert_eq!(Version::parse(text).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.0.0",
            "1.2.x",
            "1.2.3-beta",
            "0.0.0",
            "100000.0.0",
            "+1.0.0",
            "1..0",
            "v1.0.0",
        ] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
        let sorted = ["0.0.9", "0.0.10", "0.1.0", "1.0.0", "1.10.0", "2.0.0"].map(|text| Version::parse(text).unwrap());
        assert!(sorted.is_sorted());
        assert_eq!(Version::FIRST.to_string(), "1.0.0");
        let next = |text: &str| Version::parse(text).unwrap().next().map(|version| version.to_string());
        assert_eq!(next("1.0.0").as_deref(), Some("1.0.1"));
        assert_eq!(next("1.0.99999").as_deref(), Some("1.1.0"));
        assert_eq!(next("99999.99999.99998").as_deref(), Some("99999.99999.99999"));
        // What no route would take is not offered.
        assert_eq!(next("99999.99999.99999"), None);
        assert!(Version::parse("99999.99999.99999").unwrap().number() < 1 << 53);
    }

    #[test]
    fn names_hold_nothing_that_a_key_or_a_path_could_mistake() {
        for good in ["notes", "Notes_2", "a", "-", &"x".repeat(64)] {
            assert!(LocalId::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "é", "a.b", "a%2f", &"x".repeat(65)] {
            assert!(LocalId::parse(bad).is_none(), "{bad}");
        }
        assert!(PublicId::parse(&"0".repeat(32)).is_some());
        assert!(PublicId::parse(&"A".repeat(32)).is_none() && PublicId::parse("0").is_none());
    }

    #[test]
    fn a_handle_is_short_and_plain() {
        for good in ["abc", "a-1", &"x".repeat(32)] {
            assert!(is_handle(good), "{good}");
        }
        for bad in ["", "ab", "Abc", "a_b", "a b", "-ab", "ab-", "äbc", &"x".repeat(33)] {
            assert!(!is_handle(bad), "{bad}");
        }
    }

    #[test]
    fn tags_are_kept_once_and_in_lower_case() {
        assert_eq!(tags([" Notes", "notes", "", "Über"]).unwrap(), ["notes", "über"]);
        assert_eq!(tags(["x"; 50]).unwrap(), ["x"]);
        let many: Vec<String> = (0..17).map(|n| n.to_string()).collect();
        assert_eq!(tags(many.iter().map(String::as_str)), None);
        assert_eq!(tags([&*"x".repeat(41)]), None);
        assert_eq!(tags(["a\nb"]), None);
    }
}
