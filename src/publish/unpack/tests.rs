//! Whatever it comes packed as, and in whatever pieces, the same files come out.

use super::*;
use crate::publish::archive::tests::{pack, zip};
use crate::publish::manifest::hash;
use crate::publish::snapshot::tests::encode;

const FILES: [(&str, &[u8]); 4] =
    [("app.manifest.json", b"{}"), ("src/apps/a/empty", b""), ("src/apps/a/index.tsx", b"export {}"), ("z", &[7; 700])];

fn unpack(bytes: &[u8], piece_bytes: usize) -> Result<(Index, Vec<u8>), &'static str> {
    let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
    for piece in bytes.chunks(piece_bytes) {
        unpacker.feed(piece).map_err(|malformed| malformed.why)?;
        out.extend(unpacker.take());
    }
    let (index, rest) = unpacker.finish().map_err(|malformed| malformed.why)?;
    out.extend(rest);
    Ok((index, out))
}

fn files((index, out): &(Index, Vec<u8>)) -> Vec<(&str, &[u8])> {
    let files = index.files.iter().map(|file| {
        let [from, size] = [file.offset, file.size_bytes].map(|number| usize::try_from(number).unwrap());
        let bytes = &out[from..from + size];
        assert_eq!(hash(bytes), file.hash, "{}", file.path);
        (file.path.as_str(), bytes)
    });
    files.collect()
}

fn snapshot() -> Vec<u8> {
    let files = FILES.map(|(path, bytes)| (path.to_owned(), Some(bytes.to_vec())));
    encode(files.iter().map(|(path, bytes)| (path, bytes)))
}

#[test]
fn a_snapshot_a_tar_and_a_zip_give_the_same_files() {
    for packed in [snapshot(), pack(&FILES), zip(&FILES)] {
        for piece_bytes in [1, 7, 511, 512, 100_000] {
            let found = unpack(&packed, piece_bytes).unwrap();
            let mut files = files(&found);
            files.sort_unstable();
            assert_eq!(files, FILES, "{piece_bytes}");
        }
    }
}

#[test]
fn a_text_that_stands_for_bytes_becomes_them() {
    // {"d": {"f": {"f": {"c": "aé", "b": true}}, "g": {"f": {"c": "aé"}}}}
    let mut bytes =
        b"\x81\xa1d\x82\xa1f\x81\xa1f\x82\xa1c\xa3a\xc3\xa9\xa1b\xc3\xa1g\x81\xa1f\x81\xa1c\xa3a\xc3\xa9".to_vec();
    for piece_bytes in [1, 3, 100] {
        let found = unpack(&bytes, piece_bytes).unwrap();
        assert_eq!(files(&found), [("f", &b"a\xe9"[..]), ("g", b"a\xc3\xa9")]);
    }
    // A character that is no byte.
    bytes.splice(12..16, *b"\xa3\xe2\x82\xac");
    assert_eq!(unpack(&bytes, 100), Err("has a file whose text stands for no bytes"));
}

#[test]
fn of_two_entries_of_one_path_the_later_one_counts() {
    let found = unpack(&pack(&[("a", b"1"), ("b", b"2"), ("a", b"33")]), 100).unwrap();
    assert_eq!(files(&found), [("a", &b"33"[..]), ("b", b"2")]);
}

#[test]
fn what_is_nothing_of_these_is_refused() {
    assert_eq!(unpack(b"", 1), Err("is neither a snapshot nor an archive"));
    assert_eq!(unpack(b"hello", 1), Err("is neither a snapshot nor an archive"));
    assert_eq!(unpack(b"{\"d\":{}}", 3), Err("is a snapshot as JSON: export it as binary"));
    let whole = snapshot();
    assert_eq!(unpack(&whole[..whole.len() - 1], 100), Err("ends in the middle"));
}
