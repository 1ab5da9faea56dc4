//! Publishing: what a user made becomes an immutable version, in formats that others mount and unpack, with nothing secret in it.
//!
//! | module | owns |
//! |---|---|
//! | [`snapshot`] | `snapshot.bin`: a desktop as a page mounts it, written in one form only and read in any |
//! | [`archive`] | `app.tar.gz`: an app, written reproducibly, read with bounds |
//! | [`caps`] | how much may come out of anything that is read |
//! | [`exclude`] | what is never published, and what only when it is asked for |
//! | [`secrets`] | credentials, found by their form |
//! | [`imports`], [`aliases`] | the packages that source files name |
//! | [`lockfile`] | which versions of them a workspace has |
//! | [`manifest`] | what is said of an app or a desktop, and the hashes of it |
//! | [`unpack`], [`upload`] | what is sent to be published, and where it waits |
//! | [`source`], [`sink`] | the held workspace or the upload that is read, and the bundle that is written |
//! | [`scan`] | files looked through on the way |
//! | [`app`], [`desktop`], [`release`] | a publish, step by step |
//! | [`rebuild`] | a desktop whose snapshot is missing |
//! | [`progress`] | what is told of it on the way |
//!
//! The first eight, [`unpack`] and [`rebuild`] are pure: bytes come as slices, in pieces of any size, and they know neither a bucket nor a request.

pub mod aliases;
pub mod app;
pub mod archive;
pub mod caps;
pub mod desktop;
pub mod exclude;
pub mod imports;
pub mod lockfile;
pub mod manifest;
pub mod progress;
pub mod rebuild;
pub mod release;
pub mod scan;
pub mod secrets;
pub mod sink;
pub mod snapshot;
pub mod source;
pub mod unpack;
pub mod upload;

#[cfg(test)]
mod fuzz;

use durable_objects::path::{FilePath, NAME_MAX_BYTES};

/// Whether a text is a name that can be published: one that a workspace takes, and no reader stumbles over. `__proto__`
/// makes the decoder of the pages that mount snapshots throw.
pub fn is_name(text: &str) -> bool {
    let is_one = |path: FilePath| path.as_str() == text && path.depth() == 1;
    text.len() <= NAME_MAX_BYTES && text != "__proto__" && FilePath::try_from(text.to_owned()).is_ok_and(is_one)
}

/// Why bytes are not what they should be, and where that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, as a sentence goes on after "it": `has a name twice`.
    pub why: &'static str,
    /// How many bytes were fine.
    pub at_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_workspace_takes() {
        for good in ["a", ".hidden", "é", "a b", "...", "50%", "__proto"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "/", "a\0", "a\n", "..%2F", "__proto__", &"x".repeat(256)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
