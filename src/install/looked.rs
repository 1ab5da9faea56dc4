//! What is in a bundle: every entry with its hash, checked as a whole. Nothing is taken before this has been seen.

use std::collections::BTreeMap;

use durable_objects::call::{NewEntry, WantedContent};
use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use sha2::{Digest as _, Sha256 as Hasher};

use super::latin1::Latin1;
use crate::publish::caps::Caps;

/// The most bytes of paths: they travel with one call.
const PATHS_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The longest manifest.
const MANIFEST_MAX_BYTES: usize = 1024 * 1024;
/// What an app's manifest is called in its archive.
const MANIFEST_NAME: &str = "app.manifest.json";

/// Looks through a bundle.
pub struct Looking {
    /// Under which everything but the manifest has to lie; empty where there is no such folder.
    folder: String,
    looked: Looked,
    paths_bytes: usize,
    current: Current,
}

/// What is in a bundle.
#[derive(Default)]
pub struct Looked {
    /// By path below the folder. A directory comes before what it holds.
    entries: BTreeMap<String, Option<LookedFile>>,
    /// The bytes of the manifest, if there is one.
    pub manifest: Option<Vec<u8>>,
}

/// A file of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedFile {
    /// The hash of its bytes.
    pub hash: Sha256,
    /// How many there are.
    pub size_bytes: u64,
    /// Whether they are written as older writers did.
    pub is_latin1: bool,
}

enum Current {
    Nothing,
    Manifest(Vec<u8>),
    File(Box<Reading>),
}

/// A file that is being looked at.
struct Reading {
    path: String,
    seen: Seen,
    /// The same, read as older writers wrote.
    as_latin1: Option<(Latin1, Seen)>,
}

#[derive(Clone, Default)]
struct Seen {
    hasher: Hasher,
    size_bytes: u64,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }

    fn into_file(self, is_latin1: bool) -> LookedFile {
        LookedFile { hash: Sha256::new(self.hasher.finalize().into()), size_bytes: self.size_bytes, is_latin1 }
    }
}

/// Why a bundle is refused, as a sentence goes on after "it".
type Refused = String;

impl Looking {
    /// At the start of one, in which everything lies below a folder.
    pub fn new(folder: String) -> Self {
        Self { folder, looked: Looked::default(), paths_bytes: 0, current: Current::Nothing }
    }

    /// The path below the folder; none of the folder itself and those above it.
    fn below(&self, path: &str) -> Result<Option<String>, Refused> {
        if self.folder.is_empty() {
            return Ok(Some(path.to_owned()));
        }
        let is_above = self.folder == path || self.folder.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        if is_above {
            return Ok(None);
        }
        let below = path.strip_prefix(self.folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
        below.map(|below| Some(below.to_owned())).ok_or_else(|| format!("has {path:?} outside of {}", self.folder))
    }

    /// A directory.
    pub fn directory(&mut self, path: &str) -> Result<(), Refused> {
        let Some(below) = self.below(path)? else { return Ok(()) };
        self.count(&below)?;
        match self.looked.entries.insert(below, None) {
            Some(Some(_)) => Err(format!("has {path:?} twice")),
            Some(None) | None => Ok(()),
        }
    }

    /// A file.
    pub fn file(&mut self, path: &str) -> Result<(), Refused> {
        if path == MANIFEST_NAME && !self.folder.is_empty() {
            self.current = Current::Manifest(Vec::new());
            return if self.looked.manifest.is_some() { Err(format!("has {path:?} twice")) } else { Ok(()) };
        }
        let below = self.below(path)?.ok_or_else(|| format!("has a file where the directory {path:?} should be"))?;
        self.count(&below)?;
        if self.looked.entries.contains_key(&below) {
            return Err(format!("has {path:?} twice"));
        }
        self.current = Current::File(Box::new(Reading { path: below, seen: Seen::default(), as_latin1: None }));
        Ok(())
    }

    fn count(&mut self, path: &str) -> Result<(), Refused> {
        self.paths_bytes += path.len();
        let fits = self.paths_bytes <= PATHS_MAX_BYTES;
        if fits { Ok(()) } else { Err("has paths that are too long as a whole".to_owned()) }
    }

    /// Its next bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        match &mut self.current {
            Current::Nothing => {}
            Current::Manifest(held) if held.len() + bytes.len() > MANIFEST_MAX_BYTES => {
                return Err("has a manifest that is too long".to_owned());
            }
            Current::Manifest(held) => held.extend(bytes),
            Current::File(reading) => {
                let Reading { seen, as_latin1, .. } = reading.as_mut();
                // Until a byte that is not ASCII, both readings are the same.
                if as_latin1.is_none() && !bytes.is_ascii() {
                    *as_latin1 = Some((Latin1::default(), seen.clone()));
                }
                if let Some((latin1, decoded)) = as_latin1
                    && let Some(bytes) = latin1.decode(bytes)
                {
                    decoded.take(&bytes);
                }
                seen.take(bytes);
            }
        }
        Ok(())
    }

    /// The end of the file, and whether its bytes are written as older writers did.
    pub fn end(&mut self, is_latin1: bool) -> Result<(), Refused> {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => {}
            Current::Manifest(held) => self.looked.manifest = Some(held),
            Current::File(reading) => {
                let Reading { path, seen, as_latin1 } = *reading;
                let file = match as_latin1.filter(|_| is_latin1) {
                    None => seen.into_file(is_latin1),
                    Some((latin1, decoded)) if latin1.is_whole() => decoded.into_file(true),
                    Some(_) => return Err(format!("has bytes in {path:?} that stand for none")),
                };
                self.looked.entries.insert(path, Some(file));
            }
        }
        Ok(())
    }

    /// The end of the bundle.
    pub fn finish(mut self) -> Result<Looked, Refused> {
        let most = Caps::default().entries_left() as usize;
        let paths: Vec<String> = self.looked.entries.keys().cloned().collect();
        for path in paths {
            let mut rest = path.as_str();
            while let Some((above, _)) = rest.rsplit_once('/') {
                if self.looked.entries.entry(above.to_owned()).or_insert(None).is_some() {
                    return Err(format!("has {path:?} in a file"));
                }
                rest = above;
            }
            // A path names up to 63 directories. Whatever its reader counts: no more than this goes into a workspace.
            if self.looked.entries.len() > most {
                return Err("has too many entries, with the directories that its paths name".to_owned());
            }
        }
        Ok(self.looked)
    }
}

impl Looked {
    /// A file, by its path in the bundle, which lies below `folder`.
    pub fn file(&self, folder: &str, path: &str) -> Option<LookedFile> {
        let below = if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
        self.entries.get(below).copied().flatten()
    }

    /// How many files there are.
    pub fn count_files(&self) -> usize {
        self.entries.values().filter(|entry| entry.is_some()).count()
    }

    /// How many entries.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Its entries, each with its path below the folder, as the workspace takes them; `check` looks at each path.
    pub fn entries<E>(&self, check: impl Fn(&str) -> Result<(), E>) -> Result<Vec<NewEntry>, E> {
        let entries = self.entries.iter().map(|(path, file)| {
            check(path)?;
            let below = path.split('/').fold(FilePath::root(), |above, name| above.child(name));
            Ok(NewEntry { path: below, hash: file.map(|file| file.hash) })
        });
        entries.collect()
    }

    /// What it consists of, each content once.
    pub fn contents(&self) -> Vec<WantedContent> {
        let contents: BTreeMap<[u8; 32], u64> =
            self.entries.values().flatten().map(|file| (*file.hash.as_bytes(), file.size_bytes)).collect();
        contents.into_iter().map(|(hash, size_bytes)| WantedContent { hash: Sha256::new(hash), size_bytes }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::manifest::hash;

    fn looking() -> Looking {
        Looking::new("src/apps/notes".to_owned())
    }

    fn put(looking: &mut Looking, path: &str, bytes: &[u8]) -> Result<(), Refused> {
        looking.file(path)?;
        for piece in bytes.chunks(3) {
            looking.bytes(piece)?;
        }
        looking.end(false)
    }

    fn paths(looked: &Looked) -> Vec<&str> {
        looked.entries.keys().map(String::as_str).collect()
    }

    #[test]
    fn every_file_is_known_by_its_hash_and_directories_come_first() {
        let mut looking = looking();
        put(&mut looking, "app.manifest.json", b"{\"a\":1}").unwrap();
        for directory in ["src", "src/apps", "src/apps/notes", "src/apps/notes/empty"] {
            looking.directory(directory).unwrap();
        }
        put(&mut looking, "src/apps/notes/lib/deep/a", b"same").unwrap();
        put(&mut looking, "src/apps/notes/index.tsx", b"same").unwrap();
        looking.directory("src/apps/notes/lib").unwrap();
        let looked = looking.finish().unwrap();
        assert_eq!(looked.manifest.as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(paths(&looked), ["empty", "index.tsx", "lib", "lib/deep", "lib/deep/a"]);
        assert_eq!((looked.count_files(), looked.contents().len()), (2, 1));
        let file = looked.file("src/apps/notes", "src/apps/notes/index.tsx").unwrap();
        assert_eq!((file.hash, file.size_bytes), (hash(b"same"), 4));
    }

    #[test]
    fn what_is_not_a_tree_of_the_folder_is_refused() {
        let cases: [(&[&str], &str); 6] = [
            (&["src/apps/notes/a", "src/apps/notes/a"], "has \"src/apps/notes/a\" twice"),
            (&["src/apps/notes/a", "src/apps/notes/a/b"], "has \"a/b\" in a file"),
            (&["src/apps/other/a"], "has \"src/apps/other/a\" outside of src/apps/notes"),
            (&["src/apps/notes2"], "has \"src/apps/notes2\" outside of src/apps/notes"),
            (&["src/apps"], "has a file where the directory \"src/apps\" should be"),
            (&["app.manifest.json", "app.manifest.json"], "has \"app.manifest.json\" twice"),
        ];
        for (files, why) in cases {
            let mut looking = looking();
            let put_all = files.iter().try_for_each(|path| put(&mut looking, path, b"x"));
            let refused = put_all.and_then(|()| looking.finish().map(drop));
            assert_eq!(refused.unwrap_err(), why);
        }
        let mut twice = looking();
        put(&mut twice, "src/apps/notes/a", b"x").unwrap();
        assert!(twice.directory("src/apps/notes/a").is_err());
        let mut twice = looking();
        twice.directory("src/apps/notes/a").unwrap();
        assert!(twice.file("src/apps/notes/a").is_err());
    }

    #[test]
    fn directories_that_only_paths_name_are_entries_too() {
        let look = |files: usize, deep: usize| {
            let mut looking = looking();
            for file in 0..files {
                put(&mut looking, &format!("src/apps/notes/{file}{}/x", "/d".repeat(deep)), b"").unwrap();
            }
            looking.finish().map(|looked| looked.count())
        };
        assert_eq!(look(10_000, 0), Ok(20_000));
        let why = "has too many entries, with the directories that its paths name";
        assert_eq!(look(10_001, 0).unwrap_err(), why);
        assert_eq!(look(400, 50).unwrap_err(), why);
    }

    #[test]
    fn old_texts_stand_for_bytes() {
        let bytes: Vec<u8> = (0..=255).chain([b'a'; 9]).collect();
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let look = |text: &[u8], is_latin1| {
            let mut looking = Looking::new(String::new());
            looking.file("a").unwrap();
            text.chunks(5).for_each(|piece| looking.bytes(piece).unwrap());
            looking.end(is_latin1)?;
            Ok(looking.finish()?.file("", "a").unwrap())
        };
        let file =
            |bytes: &[u8], is_latin1| LookedFile { hash: hash(bytes), size_bytes: bytes.len() as u64, is_latin1 };
        assert_eq!(look(text.as_bytes(), true), Ok(file(&bytes, true)));
        assert_eq!(look(text.as_bytes(), false), Ok(file(text.as_bytes(), false)));
        assert_eq!(look(b"plain", true), Ok(file(b"plain", true)));
        let why: Result<LookedFile, Refused> = Err("has bytes in \"a\" that stand for none".to_owned());
        for broken in ["aĀ".as_bytes(), b"\xC3", b"a\xFFb"] {
            assert_eq!(look(broken, true), why);
            assert!(look(broken, false).is_ok());
        }
    }
}
