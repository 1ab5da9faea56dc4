//! Every truncation and every single flipped bit of valid files, through both readers: they answer or refuse, and tell no
//! more than there is.

use super::archive::{self, TarReader, read_zip};
use super::caps::Caps;
use super::snapshot::{self, Decoder};

/// Reads a snapshot and counts the bytes it tells.
fn read_snapshot(bytes: &[u8], piece_bytes: usize) -> (u64, bool) {
    let (mut told_bytes, mut decoder) = (0, Decoder::new(Caps::default()));
    for piece in bytes.chunks(piece_bytes) {
        let fed = decoder.feed(piece, &mut |event| match event {
            snapshot::Event::Bytes(bytes) => told_bytes += bytes.len() as u64,
            snapshot::Event::Directory { path }
            | snapshot::Event::File { path, .. }
            | snapshot::Event::Link { path } => {
                assert!(path.split('/').all(super::is_name), "{path}");
            }
            snapshot::Event::End { .. } => {}
        });
        if fed.is_err() {
            return (told_bytes, false);
        }
    }
    (told_bytes, decoder.finish().is_ok())
}

fn read_tar(bytes: &[u8], piece_bytes: usize) -> (u64, bool) {
    let (mut told_bytes, mut reader) = (0, TarReader::new(Caps::default()));
    for piece in bytes.chunks(piece_bytes) {
        let fed = reader.feed(piece, &mut |event| match event {
            archive::Event::Bytes(bytes) => told_bytes += bytes.len() as u64,
            archive::Event::Directory { path }
            | archive::Event::File { path, .. }
            | archive::Event::PassedOver { path } => {
                assert!(path.is_empty() || path.split('/').all(super::is_name), "{path}");
            }
            archive::Event::End => {}
        });
        if fed.is_err() {
            return (told_bytes, false);
        }
    }
    (told_bytes, reader.finish().is_ok())
}

fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

fn snapshot() -> Vec<u8> {
    let files = [("a.txt", "hi"), ("d/b", "x"), ("d/n/o/p.tsx", "export {}"), ("é/ü", ""), ("z", &"long ".repeat(70))];
    let files = files.map(|(path, text)| (path.to_owned(), Some(text.as_bytes().to_vec())));
    snapshot::tests::encode(files.iter().map(|(path, bytes)| (path, bytes)))
}

#[test]
fn a_snapshot_that_is_cut_off_is_refused_wherever_it_is() {
    let bytes = snapshot();
    assert!(read_snapshot(&bytes, 3).1);
    for end in 0..bytes.len() {
        let (told_bytes, is_whole) = read_snapshot(&bytes[..end], 5);
        assert!(!is_whole && told_bytes <= end as u64, "{end}");
    }
}

#[test]
fn a_snapshot_with_a_flipped_bit_tells_no_more_than_it_has() {
    for bytes in flipped(&snapshot()) {
        let (told_bytes, _) = read_snapshot(&bytes, 11);
        assert!(told_bytes <= bytes.len() as u64);
        // However it is cut into pieces, it says the same.
        assert_eq!(read_snapshot(&bytes, 1), read_snapshot(&bytes, bytes.len()));
    }
}

#[test]
fn a_tar_that_is_cut_off_or_flipped_tells_no_more_than_it_has() {
    let bytes = archive::tests::pack(&[("app.manifest.json", b"{}"), ("src/é.ts", &[b'x'; 600])]);
    let bytes = &bytes[..3072];
    for end in 0..bytes.len() {
        let (told_bytes, is_whole) = read_tar(&bytes[..end], 100);
        // It may end behind any whole entry.
        assert!(told_bytes <= end as u64 && (!is_whole || end % 512 == 0), "{end}");
    }
    for bytes in flipped(bytes) {
        assert!(read_tar(&bytes, 300).0 <= bytes.len() as u64);
    }
}

#[test]
fn a_zip_that_is_cut_off_or_flipped_ends() {
    let bytes = archive::tests::zip(&[("app.manifest.json", b"{}"), ("src/index.ts", &[b'x'; 600])]);
    let read = |bytes: &[u8]| {
        let mut told_bytes = 0;
        let read = read_zip(bytes, Caps::default(), &mut |event| {
            if let archive::Event::Bytes(bytes) = event {
                told_bytes += bytes.len();
            }
        });
        assert!(told_bytes <= 1024 * 1024);
        read.is_ok()
    };
    assert!(read(&bytes));
    for end in 0..bytes.len() {
        assert!(!read(&bytes[..end]), "{end}");
    }
    for bytes in flipped(&bytes) {
        read(&bytes);
    }
}
