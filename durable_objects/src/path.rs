//! [`FilePath`]: a place in a workspace, proven valid.
//!
//! A client names places absolutely (`/root/clawd/notes/a.md`); inside, a path is what follows the root (`notes/a.md`,
//! empty for the root itself), so that no row and no key depends on where the root is mounted. Names are kept byte for
//! byte: no case folding, no Unicode normalisation.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name of an entry, in bytes of UTF-8: what every common file system takes.
pub const NAME_MAX_BYTES: usize = 255;
/// The longest path as a client writes it, in bytes: `PATH_MAX`.
pub const PATH_MAX_BYTES: usize = 4096;
/// The deepest path, in segments below the root.
pub const MAX_DEPTH: usize = 64;
/// The virtual folder of deleted entries, in the root.
pub const TRASH: &str = ".trash";

/// What a trash name adds to the entry's own: a dot and milliseconds (`a.md.1763720000000`), 13 digits until the year 2286;
/// and where many entries of one name go at once, a hyphen and up to 5 digits. Paths in the trash may be longer by this, by the folder's name and its slash.
const TRASH_SUFFIX_BYTES: usize = 20;

/// A place in a workspace: zero or more names below its root.
///
/// What a client names is no longer and no deeper than the limits ([`FilePath::parse`]). What the object answers may be
/// (`TryFrom`): moving a directory is one row, whatever hangs below it, and nobody looks how deep that is. Such an entry
/// is listed, and can be named again once a directory above it has moved up.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FilePath(String);

/// Why a text is no path in this workspace. The texts are a contract with clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// Empty, or with a control character, plain or percent-encoded.
    #[error("Invalid characters in path")]
    InvalidCharacters,
    /// Not below the root.
    #[error("Path must be within workspace")]
    Outside,
    /// With a `..` segment, plain or percent-encoded.
    #[error("Path traversal not allowed")]
    Traversal,
    /// A name, the whole, or the depth over its limit.
    #[error("Path too long")]
    TooLong,
}

impl FilePath {
    /// The root of the workspace.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// The folder of deleted entries.
    pub fn trash() -> Self {
        Self(TRASH.to_owned())
    }

    /// Reads a path as clients write it. `root` is absolute and without a trailing slash.
    ///
    /// The checks come in the order of the contract: characters, place, traversal, length. A name that only a second
    /// decoding would turn into a separator, a control character or `..` (`..%2Fetc`) is refused as if it were decoded:
    /// some client down the line will decode it.
    pub fn parse(root: &str, text: &str) -> Result<Self, PathError> {
        let path = Self::parse_names(root, text)?;
        path.check_lengths(root.len() + 1)?;
        Ok(path)
    }

    fn parse_names(root: &str, text: &str) -> Result<Self, PathError> {
        if text.is_empty() || text.chars().any(char::is_control) || hides_control(text) {
            return Err(PathError::InvalidCharacters);
        }
        let mut names = text.strip_prefix('/').ok_or(PathError::Outside)?.split('/').filter(|name| is_name(name));
        for expected in root.split('/').filter(|name| is_name(name)) {
            if names.next() != Some(expected) {
                return Err(PathError::Outside);
            }
        }
        let names: Vec<&str> = names.collect();
        for name in &names {
            let decoded = decode_dots_and_slashes(name);
            if decoded.split('/').any(|part| part == "..") {
                return Err(PathError::Traversal);
            }
            if decoded.contains('/') {
                return Err(PathError::InvalidCharacters);
            }
        }
        Ok(Self(names.join("/")))
    }

    fn check_lengths(&self, root_bytes: usize) -> Result<(), PathError> {
        let trash_bytes = if self.is_in_trash() { TRASH.len() + 1 + TRASH_SUFFIX_BYTES } else { 0 };
        let name_max = |index| match index {
            1 if trash_bytes > 0 => NAME_MAX_BYTES + TRASH_SUFFIX_BYTES,
            _ => NAME_MAX_BYTES,
        };
        let names_fit = self.segments().enumerate().all(|(index, name)| name.len() <= name_max(index));
        let depth_max = MAX_DEPTH + usize::from(trash_bytes > 0);
        if names_fit && root_bytes + self.0.len() <= PATH_MAX_BYTES + trash_bytes && self.depth() <= depth_max {
            Ok(())
        } else {
            Err(PathError::TooLong)
        }
    }

    /// As clients write it, below `root`.
    pub fn absolute(&self, root: &str) -> String {
        if self.is_root() { root.to_owned() } else { format!("{root}/{}", self.0) }
    }

    /// The names from the root down.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// How many names it has; 0 for the root.
    pub fn depth(&self) -> usize {
        self.segments().count()
    }

    /// Its last name; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// The directory it is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())))
    }

    /// The entry `name` in this directory. `name` comes from a row, where only valid names are.
    pub fn child(&self, name: &str) -> Self {
        if self.is_root() { Self(name.to_owned()) } else { Self(format!("{}/{name}", self.0)) }
    }

    /// This path with what `other` has below `base`: `a/b` joined with (`x`, `x/y/z`) is `a/b/y/z`.
    pub fn join_below(&self, base: &Self, other: &Self) -> Self {
        other.segments().skip(base.depth()).fold(self.clone(), |path, name| path.child(name))
    }

    /// Whether it is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root()
            || self.0.strip_prefix(other.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether it is the workspace's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is the trash or lies in it.
    pub fn is_in_trash(&self) -> bool {
        self.segments().next() == Some(TRASH)
    }

    /// Whether it is the trash itself.
    pub fn is_trash(&self) -> bool {
        self.0 == TRASH
    }

    /// The root, the trash, and the two files without which the agent does not start: they can be written to, but not
    /// moved or deleted.
    pub fn is_protected(&self) -> bool {
        matches!(self.0.as_str(), "" | TRASH | "SOUL.md" | "AGENTS.md")
    }

    /// Below the root, without a leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a segment is a name: repeated slashes and `.` are dropped.
fn is_name(segment: &str) -> bool {
    !segment.is_empty() && segment != "."
}

/// Whether one more percent-decoding would bring out a control character.
fn hides_control(text: &str) -> bool {
    text.match_indices('%').any(|(at, _)| {
        // `from_str_radix` alone would read "+1" as a number.
        let hex = text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_some_and(|code| code.is_ascii_control())
    })
}

/// The name as one more percent-decoding would show its dots and slashes; nothing else of it matters here.
fn decode_dots_and_slashes(name: &str) -> String {
    name.replace("%2e", ".").replace("%2E", ".").replace("%2f", "/").replace("%2F", "/")
}

impl fmt::Display for FilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for FilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

impl TryFrom<String> for FilePath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse_names("", &format!("/{text}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "/root/clawd";

    fn parse(text: &str) -> Result<String, PathError> {
        FilePath::parse(ROOT, text).map(String::from)
    }

    #[test]
    fn a_path_is_what_follows_the_root() {
        for (text, path) in [
            ("/root/clawd", ""),
            ("/root/clawd/", ""),
            ("//root/./clawd//a/./b/", "a/b"),
            ("/root/clawd/notes..md", "notes..md"),
            ("/root/clawd/...", "..."),
            ("/root/clawd/100% sure+.txt", "100% sure+.txt"),
            ("/root/clawd/50%+1%-1%", "50%+1%-1%"),
            ("/root/clawd/a\\b\"'c", "a\\b\"'c"),
            ("/root/clawd/e\u{301}/é/📦/שלום\u{202e}", "e\u{301}/é/📦/שלום\u{202e}"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(path), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_the_first_reason() {
        use PathError::{InvalidCharacters, Outside, TooLong, Traversal};
        let long_name = format!("/root/clawd/{}", "x".repeat(256));
        let long_path = format!("/root/clawd{}", format!("/{}", "y".repeat(200)).repeat(21));
        let deep_path = format!("/root/clawd{}", "/d".repeat(65));
        for (text, error) in [
            ("", InvalidCharacters),
            ("/root/clawd/a\0", InvalidCharacters),
            ("/root/clawd/a\n", InvalidCharacters),
            ("/etc/\u{7f}", InvalidCharacters),
            ("/root/clawd/a\u{85}", InvalidCharacters),
            ("/root/clawd/a%00", InvalidCharacters),
            ("/root/clawd/a%2Fb", InvalidCharacters),
            ("a.txt", Outside),
            ("/", Outside),
            ("/root", Outside),
            ("/root/clawd-evil/x", Outside),
            ("/root/Clawd/x", Outside),
            ("/root/../etc", Outside),
            ("/root/clawd/..", Traversal),
            ("/root/clawd/a/../b", Traversal),
            ("/root/clawd/..%2Fetc", Traversal),
            ("/root/clawd/%2e%2E", Traversal),
            (&long_name, TooLong),
            (&long_path, TooLong),
            (&deep_path, TooLong),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_trashed_name_may_be_longer_by_its_suffix() {
        let name = "n".repeat(255);
        assert!(parse(&format!("/root/clawd/{name}")).is_ok());
        assert!(parse(&format!("/root/clawd/.trash/{name}.1763720000000")).is_ok());
        assert_eq!(parse(&format!("/root/clawd/a/{name}.1763720000000")), Err(PathError::TooLong));
    }

    #[test]
    fn within_is_by_segment() {
        let path = |text: &str| FilePath::try_from(text.to_owned()).unwrap();
        assert!(path("a/b").is_within(&path("a")));
        assert!(path("a").is_within(&path("a")));
        assert!(path("a").is_within(&FilePath::root()));
        assert!(!path("ab").is_within(&path("a")));
        assert!(!path("a").is_within(&path("a/b")));
        assert_eq!(path("t").join_below(&path("x"), &path("x/y/z")), path("t/y/z"));
    }

    proptest! {
        #[test]
        fn whatever_parses_reads_back_the_same(text in "/root/clawd(/[^/]{0,12}){0,6}") {
            if let Ok(path) = FilePath::parse(ROOT, &text) {
                prop_assert_eq!(FilePath::parse(ROOT, &path.absolute(ROOT)), Ok(path.clone()));
                prop_assert_eq!(FilePath::try_from(String::from(path.clone())), Ok(path.clone()));
                prop_assert_eq!(path.parent().map(|parent| parent.child(path.name())), (!path.is_root()).then_some(path));
            }
        }
    }
}
