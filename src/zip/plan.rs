//! What is in a zip. All of it is known before the first byte: the entries, how long they make it, and a tag of it; so what is too
//! much is refused while a status can still say so.

use std::collections::HashSet;

use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use sha2::{Digest as _, Sha256 as Hasher};

use super::format::{Entry, total_bytes};
use super::names::{TopNames, safe};
use crate::error::Error;
use crate::publish::source::{File, Source, TreeEntry, count_reads};

/// The most files and directories, as in a listing.
const ENTRIES_MAX: usize = 10_000;
/// The most bytes of their paths, which are in memory from the beginning to the end.
const PATHS_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The most times that a bucket or the object is asked for bytes. The platform allows a request to ask a thousand times in all; the
/// rest is for the pages of the tree, for 200 files that a sandbox has just put there, and for keeping it held for hours.
const READS_MAX: usize = 700;
/// The most bytes: some 16 s of processor time, of the 30 s that the platform gives a request.
const TOTAL_MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// What an older zip of the same tree would be told from a newer one by, should their form ever change.
const FORM: &[u8] = b"zip 1";

/// A zip that can be sent.
pub struct Plan {
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Those of them that are files, in the same order.
    pub files: Vec<File>,
    /// How long it is.
    pub size_bytes: u64,
    /// The same for equal bytes, and another for others.
    pub tag: Sha256,
}

impl Plan {
    /// Looks through a tree that is held. `tops` are not empty; `root_name` is what the root is called.
    pub async fn make(source: &Source<'_>, tops: &[FilePath], root_name: &str) -> Result<Self, Error> {
        let tops = apart(tops);
        let found = source.branches(&tops, ENTRIES_MAX, PATHS_MAX_BYTES).await?;
        at_most("files and directories", found.len() as u64, ENTRIES_MAX as u64)?;
        at_most(
            "bytes of paths",
            found.iter().map(|entry| entry.path.as_str().len() as u64).sum(),
            PATHS_MAX_BYTES as u64,
        )?;
        let (mut entries, mut files, mut tag) = (Vec::new(), Vec::new(), Hasher::new_with_prefix(FORM));
        let (mut branches, mut names, mut branch) = (tops.iter().peekable(), TopNames::default(), (0, String::new()));
        for TreeEntry { path, modified_ms, file } in found {
            if branches.next_if_eq(&&path).is_some() {
                let name = if path.is_root() { root_name } else { path.name() };
                branch = (path.as_str().len(), names.take(name, file.is_none()));
            }
            let (top_bytes, top_name) = &branch;
            // What is below the root has no slash in front.
            let below = path.as_str().get(*top_bytes..).unwrap_or_default().trim_start_matches('/');
            let mut name = if below.is_empty() { top_name.clone() } else { format!("{top_name}/{}", safe(below)) };
            if file.is_none() {
                name.push('/');
            }
            let size_bytes = file.as_ref().map_or(0, |file| file.size_bytes);
            let entry = Entry { name, size_bytes, modified_ms };
            add(&mut tag, &entry, file.as_ref());
            entries.push(entry);
            files.extend(file);
        }
        let reads = count_reads(&files) as u64;
        at_most(
            "reads, one for each file above 1 MiB and one for each 4 MiB of smaller ones",
            reads,
            READS_MAX as u64,
        )?;
        let size_bytes = total_bytes(&entries);
        at_most("bytes", size_bytes, TOTAL_MAX_BYTES)?;
        Ok(Self { entries, files, size_bytes, tag: Sha256::new(tag.finalize().into()) })
    }
}

/// Without those that are in another one, or given twice; the rest in the order in which it was given. The trash is in the root by
/// name alone.
fn apart(paths: &[FilePath]) -> Vec<FilePath> {
    let given: HashSet<&FilePath> = paths.iter().collect();
    let above = |path: &FilePath| {
        let is_here = path.is_in_trash();
        std::iter::successors(path.parent(), FilePath::parent).take_while(move |above| above.is_in_trash() == is_here)
    };
    let mut seen = HashSet::new();
    let once = paths.iter().filter(|path| seen.insert(*path));
    once.filter(|path| !above(path).any(|above| given.contains(&above))).cloned().collect()
}

/// What the zip is called: as the one thing that is in it, or as the folder that all of it is in.
pub fn name(tops: &[FilePath], root_name: &str) -> String {
    let named = |path: &FilePath| if path.is_root() { root_name.to_owned() } else { path.name().to_owned() };
    let tops = apart(tops);
    let name = match tops.as_slice() {
        [only] => named(only),
        [first, rest @ ..] => match first.parent() {
            Some(parent) if rest.iter().all(|path| path.parent().as_ref() == Some(&parent)) => named(&parent),
            _ => "files".to_owned(),
        },
        [] => "files".to_owned(),
    };
    format!("{name}.zip")
}

/// Adds to a tag what the bytes of an entry are made of: each part with its length known or told, so that no two lists read alike.
fn add(tag: &mut Hasher, entry: &Entry, file: Option<&File>) {
    tag.update((entry.name.len() as u64).to_le_bytes());
    tag.update(&entry.name);
    tag.update(entry.modified_s().to_le_bytes());
    tag.update(entry.size_bytes.to_le_bytes());
    if let Some(file) = file {
        tag.update(file.hash.as_bytes());
    }
}

fn at_most(of_what: &'static str, count: u64, max: u64) -> Result<(), Error> {
    if count > max { Err(Error::ZipTooLarge { of_what, count, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Vec<FilePath> {
        paths.iter().map(|path| FilePath::try_from((*path).to_owned()).unwrap()).collect()
    }

    #[test]
    fn what_is_in_another_one_is_not_told_twice() {
        assert_eq!(apart(&paths(&["b", "a/c", "b", "a", "a/c/d", "ab"])), paths(&["b", "a", "ab"]));
        assert_eq!(apart(&paths(&["a", ""])), paths(&[""]));
        assert_eq!(apart(&paths(&[".trash/x", "", ".trash"])), paths(&["", ".trash"]));
    }

    #[test]
    fn a_zip_is_called_as_what_is_in_it_or_as_the_folder_that_it_is_in() {
        for (given, expected) in [
            (&["a/notes"][..], "notes.zip"),
            (&["a/x.txt"], "x.txt.zip"),
            (&[""], "clawd.zip"),
            (&["a/b/x", "a/b/y"], "b.zip"),
            (&["x", "y"], "clawd.zip"),
            (&["a/x", "b/x"], "files.zip"),
            (&["a/b", "a/b/c"], "b.zip"),
        ] {
            assert_eq!(name(&paths(given), "clawd"), expected);
        }
    }
}
