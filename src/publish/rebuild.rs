//! A desktop whose snapshot is missing, put together again from its manifest over the operator's baseline, which every desktop
//! starts from.
//!
//! The manifest names each file by its hash; the baseline and what lies beside the manifest have the bytes of some. If they have
//! all of them, the desktop is what it was, byte for byte. If not, it is the baseline with what there is of the desktop over it,
//! its `package.json` and lock file above all: then it starts, and a page can install what it needs.

use std::collections::{BTreeMap, HashMap};

use durable_objects::ids::Sha256;
use serde::Deserialize;

use super::manifest::{PublishedFile, hash};
use super::snapshot::{Piece, Tree};
use super::unpack::Unpacker;

/// The largest baseline that is read: those in use have a few hundred KiB.
pub const BASELINE_MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The longest manifest: of ten thousand files.
pub const MANIFEST_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What there is of it.
pub struct Remains<'a> {
    /// Its manifest.
    pub manifest: &'a [u8],
    /// The files that lie beside it, by path.
    pub beside: &'a [(&'static str, Vec<u8>)],
    /// The baseline.
    pub baseline: &'a [u8],
}

/// A snapshot again.
pub struct Rebuilt {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their hash: if it is the one that the desktop was published with, nothing is missing.
    pub hash: Sha256,
}

/// What older publishers have not written is not asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    files: Vec<PublishedFile>,
}

/// Puts it together; none if the manifest or the baseline cannot be read.
pub fn rebuild(remains: &Remains<'_>) -> Option<Rebuilt> {
    let manifest: Manifest = serde_json::from_slice(remains.manifest).ok()?;
    let mut unpacker = Unpacker::default();
    unpacker.feed(remains.baseline).ok()?;
    let mut out = unpacker.take();
    let (index, rest) = unpacker.finish().ok()?;
    out.extend(rest);
    let bytes_of = |offset: u64, size_bytes: u64| {
        let (from, size) = (usize::try_from(offset).ok()?, usize::try_from(size_bytes).ok()?);
        out.get(from..from.checked_add(size)?)
    };
    let mut by_path = BTreeMap::new();
    for file in &index.files {
        by_path.insert(file.path.as_str(), bytes_of(file.offset, file.size_bytes)?);
    }
    let beside = remains.beside.iter().map(|(path, bytes)| (*path, bytes.as_slice()));
    let known: Vec<(&str, &[u8])> = by_path.iter().map(|(path, bytes)| (*path, *bytes)).chain(beside.clone()).collect();
    let by_hash: HashMap<Sha256, &[u8]> = known.iter().map(|(_, bytes)| (hash(bytes), *bytes)).collect();
    let found = manifest.files.iter().filter_map(|file| Some((file.path.as_str(), *by_hash.get(&file.sha256)?)));
    let found: Vec<(&str, &[u8])> = found.collect();
    if !found.is_empty() && found.len() == manifest.files.len() {
        return write(&[], found);
    }
    by_path.extend(beside);
    by_path.extend(found);
    write(&index.directories, by_path)
}

/// In the canonical form. What does not fit is left out: a baseline's file may stand where the desktop has a directory.
fn write<'a>(directories: &[String], files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Option<Rebuilt> {
    let (mut tree, mut contents) = (Tree::default(), Vec::new());
    for (path, bytes) in files {
        if tree.add_file(path, bytes.len() as u64, contents.len()).is_ok() {
            contents.push(bytes);
        }
    }
    for directory in directories {
        let _ = tree.add_directory(directory);
    }
    let layout = tree.layout();
    let mut bytes = Vec::with_capacity(usize::try_from(layout.size_bytes).ok()?);
    for piece in layout.pieces() {
        match piece {
            Piece::Header(header) => bytes.extend(header),
            Piece::File(file) => bytes.extend(*contents.get(file)?),
        }
    }
    Some(Rebuilt { hash: hash(&bytes), bytes })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::publish::snapshot::tests::{decode, encode};

    fn snapshot(files: &[(&str, &str)]) -> Vec<u8> {
        let files: Vec<_> =
            files.iter().map(|(path, text)| ((*path).to_owned(), Some(text.as_bytes().to_vec()))).collect();
        encode(files.iter().map(|(path, bytes)| (path, bytes)))
    }

    fn manifest(files: &[(&str, &str)]) -> Vec<u8> {
        let files = files
            .iter()
            .map(|(path, text)| json!({ "path": path, "size": text.len(), "sha256": hash(text.as_bytes()) }));
        json!({ "schemaVersion": 1, "files": files.collect::<Vec<_>>() }).to_string().into_bytes()
    }

    const BASELINE: [(&str, &str); 3] =
        [("index.html", "<html>"), ("package.json", "{}"), ("src/main.tsx", "render()")];

    fn rebuilt(files: &[(&str, &str)]) -> Rebuilt {
        let beside = [("package.json", br#"{"name":"mine"}"#.to_vec())];
        let (manifest, baseline) = (manifest(files), snapshot(&BASELINE));
        rebuild(&Remains { manifest: &manifest, beside: &beside, baseline: &baseline }).unwrap()
    }

    #[test]
    fn a_desktop_all_of_which_is_known_is_what_it_was() {
        // One file is elsewhere, one twice, one gone, and one lies beside the manifest.
        let files = [("a.html", "<html>"), ("b.html", "<html>"), ("package.json", r#"{"name":"mine"}"#)];
        let found = rebuilt(&files);
        assert_eq!((found.hash, found.bytes), (hash(&snapshot(&files)), snapshot(&files)));
    }

    #[test]
    fn of_another_it_is_what_there_is_over_the_baseline() {
        let found = rebuilt(&[("src/mine.tsx", "lost"), ("copy.html", "<html>")]);
        let paths: Vec<String> = decode(&found.bytes, 100).unwrap().into_keys().collect();
        assert_eq!(paths, ["copy.html", "index.html", "package.json", "src", "src/main.tsx"]);
        let text = String::from_utf8_lossy(&found.bytes).into_owned();
        assert!(text.contains(r#"{"name":"mine"}"#), "the desktop's own wins");
        // Older publishers wrote no list of files.
        assert_eq!(decode(&rebuilt(&[]).bytes, 100).unwrap().len(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_not_rebuilt() {
        let baseline = snapshot(&BASELINE);
        let of = |manifest: &[u8], baseline: &[u8]| rebuild(&Remains { manifest, beside: &[], baseline }).is_none();
        assert!(of(b"no json", &baseline) && of(b"{}", &baseline[..9]) && !of(b"{}", &baseline));
    }
}
