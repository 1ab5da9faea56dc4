//! Names from outside that are checked once, here, and carried as types from then on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user as the host signs them: `user_` and 1 to 128 of `[A-Za-z0-9_-]`. It enters bucket keys and is the object's
/// name, so case is kept and nothing else is let in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// The id, when it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let tail = text.strip_prefix("user_")?;
        let fits = (1..=128).contains(&tail.len());
        let plain = tail.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// As it was signed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The SHA-256 of some content: what identifies bytes within a workspace. Written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema), schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// From the digest's bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From hex, in either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl From<Sha256> for String {
    fn from(hash: Sha256) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_hex(&text).ok_or("not 64 hex digits")
    }
}

/// A media item: 128 random bits, written as 32 lower-case hex digits. Nobody guesses it, so that knowing an id says that
/// one was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MediaId(String);

impl MediaId {
    /// From random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
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

impl fmt::Display for MediaId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<MediaId> for String {
    fn from(id: MediaId) -> Self {
        id.0
    }
}

impl TryFrom<String> for MediaId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 32 hex digits")
    }
}

/// Whether a text is what ids that nobody guesses are: 128 bits, written as 32 lower-case hex digits.
pub fn is_random_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Who changed something, as the caller says (`user`, `agent`, `app:notes`), or in which unit of work (a turn's id):
/// 1 to 128 visible ASCII characters without blanks. It is recorded, never trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Label(String);

impl Label {
    /// The label, when it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl TryFrom<String> for Label {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 1 to 128 visible ASCII characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_its_prefix_and_1_to_128_plain_characters() {
        for good in ["user_a", "user_2NNEqL2nrIRdJ194ndJqAHwEfxC", "user_A-b_9", &format!("user_{}", "x".repeat(128))] {
            assert_eq!(UserId::parse(good).map(|id| id.to_string()).as_deref(), Some(good));
        }
        let long = format!("user_{}", "x".repeat(129));
        for bad in ["", "user_", "User_a", "user_a/b", "user_a.b", "user_é", "user_a ", "abc", "user_a\0", &long] {
            assert_eq!(UserId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_hash_is_64_hex_digits_and_written_in_lower_case() {
        let text = "00ff".repeat(16);
        assert_eq!(Sha256::from_hex(&text.to_uppercase()).map(|hash| hash.to_string()), Some(text.clone()));
        for bad in [&text[1..], &format!("{text}0"), &"+1".repeat(32), &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(Sha256::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_media_id_is_32_hex_digits_in_lower_case() {
        let id = MediaId::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.as_str(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(MediaId::parse(id.as_str()), Some(id));
        for bad in ["", "0", &"g".repeat(32), &"A".repeat(32), &"0".repeat(33), &"é".repeat(16)] {
            assert_eq!(MediaId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_label_is_short_and_visible() {
        assert!(Label::parse("app:notes").is_some());
        for bad in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert_eq!(Label::parse(bad), None, "{bad:?}");
        }
    }
}
