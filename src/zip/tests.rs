//! Zips as they are written here, read by a reader that others have written; those that are too long for memory, too.

use std::io::{Cursor, Read, Result as IoResult, Seek, SeekFrom};

use ::zip::ZipArchive;
use proptest::prelude::*;

use super::format::{self, Entry, IN_MEMORY_MAX_BYTES};

/// A zip of files with these bytes; directories have none.
fn zip(entries: &[(Entry, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (entry, bytes) in entries {
        let (offset, crc) = (out.len() as u64, crc32fast::hash(bytes));
        directory.extend(format::central_header(entry, crc, offset));
        out.extend(format::local_header(entry, crc));
        out.extend_from_slice(bytes);
        if entry.has_descriptor() {
            out.extend(format::descriptor(entry, crc));
        }
        assert_eq!(out.len() as u64 - offset, format::entry_bytes(entry));
    }
    let (offset, length) = (out.len() as u64, directory.len() as u64);
    out.extend(directory);
    out.extend(format::end(entries.len() as u64, length, offset));
    out
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

fn entry(name: &str, size_bytes: u64, modified_ms: i64) -> Entry {
    Entry { name: name.to_owned(), size_bytes, modified_ms }
}

fn file(name: &str, bytes: Vec<u8>) -> (Entry, Vec<u8>) {
    (entry(name, bytes.len() as u64, 1_763_720_001_234), bytes)
}

fn directory(name: &str) -> (Entry, Vec<u8>) {
    (entry(name, 0, 1_763_720_001_234), Vec::new())
}

fn read(bytes: &[u8]) -> Vec<(String, bool, Option<u32>, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let entries = (0..archive.len()).map(|index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), entry.is_dir(), entry.unix_mode(), content)
    });
    entries.collect()
}

#[test]
fn the_bytes_are_these() {
    let bytes = zip(&[directory("a/"), file("a/é", b"hi".to_vec())]);
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    insta::assert_snapshot!(hex, @"504b0304140000080000aa51755b00000000000000000000000002000900612f5554050001413b2069504b0304140000080000aa51755bac2a93d8020000000200000004000900612fc3a95554050001413b20696869504b01022d03140000080000aa51755b000000000000000000000000020009000000000000001000ed4100000000612f5554050001413b2069504b01022d03140000080000aa51755bac2a93d80200000002000000040009000000000000000000a48129000000612fc3a95554050001413b2069504b0506000000000200020074000000560000000000");
}

#[test]
fn every_name_and_content_comes_back_with_its_mode() {
    let long = vec![7; index(IN_MEMORY_MAX_BYTES) + 1];
    let just_short = vec![8; index(IN_MEMORY_MAX_BYTES)];
    let entries = [
        directory("top/"),
        directory("top/empty/"),
        file("top/日本語.txt", b"1".to_vec()),
        file("top/\u{202e}عربى \"quoted\" 'q' \u{1f4e6}.md", b"22".to_vec()),
        file("top/..%5Cnot out", Vec::new()),
        file("top/long", long.clone()),
        file("top/just short", just_short.clone()),
        file(&format!("top/{}", "x/".repeat(2000) + "deep"), b"deep".to_vec()),
    ];
    let bytes = zip(&entries);
    let plain: Vec<Entry> = entries.iter().map(|(entry, _)| entry.clone()).collect();
    assert_eq!(bytes.len() as u64, format::total_bytes(&plain));
    let wanted: Vec<_> = entries
        .iter()
        .map(|(entry, bytes)| {
            let mode = if entry.is_directory() { 0o40755 } else { 0o100_644 };
            (entry.name.clone(), entry.is_directory(), Some(mode), bytes.clone())
        })
        .collect();
    assert!(read(&bytes) == wanted);
}

#[test]
fn times_come_back_to_two_seconds_or_as_the_earliest_that_there_are() {
    let at = |modified_ms: i64| {
        let bytes = zip(&[(entry("a", 0, modified_ms), Vec::new())]);
        let time = ZipArchive::new(Cursor::new(bytes)).unwrap().by_index(0).unwrap().last_modified().unwrap();
        time.to_string()
    };
    assert_eq!(at(1_763_720_001_234), "2025-11-21 10:13:20");
    assert_eq!(at(0), "1980-01-01 00:00:00");
    assert_eq!(at(-1), "1980-01-01 00:00:00");
    assert_eq!(at(i64::MAX), "2038-01-19 03:14:06");
}

#[test]
fn an_empty_zip_and_one_of_as_many_entries_as_there_may_be_can_be_read() {
    assert_eq!(read(&zip(&[])), []);
    for count in [65_534, 65_535, 65_536] {
        let entries: Vec<_> = (0..count).map(|index| file(&format!("f{index}"), Vec::new())).collect();
        let bytes = zip(&entries);
        let plain: Vec<Entry> = entries.into_iter().map(|(entry, _)| entry).collect();
        assert_eq!(bytes.len() as u64, format::total_bytes(&plain));
        assert_eq!(ZipArchive::new(Cursor::new(bytes)).unwrap().len(), count);
    }
}

/// Pieces of a file that is nothing but zeros between them.
struct Sparse {
    pieces: Vec<(u64, Vec<u8>)>,
    length: u64,
    at: u64,
}

impl Read for Sparse {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        let count = into.len().min(index(self.length.saturating_sub(self.at).min(1 << 20)));
        into[..count].fill(0);
        for (start, piece) in &self.pieces {
            let from = self.at.max(*start);
            let to = (self.at + count as u64).min(start + piece.len() as u64);
            if from < to {
                let of_piece = &piece[index(from - start)..index(to - start)];
                into[index(from - self.at)..index(to - self.at)].copy_from_slice(of_piece);
            }
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(from) => self.length.checked_add_signed(from).unwrap(),
            SeekFrom::Current(from) => self.at.checked_add_signed(from).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn what_is_longer_than_four_gigabytes_is_found_again() {
    const LIMIT: u64 = u32::MAX as u64;
    for sizes in [[LIMIT - 1, 5, 3], [LIMIT, 5, 3], [LIMIT + 7, LIMIT + 9, 3], [3 << 30, 3 << 30, 5]] {
        let entries: Vec<Entry> =
            sizes.iter().enumerate().map(|(index, size)| entry(&format!("f{index}"), *size, 0)).collect();
        let (mut pieces, mut directory, mut offset) = (Vec::new(), Vec::new(), 0);
        for entry in &entries {
            // Of zeros; of the long ones nobody reads as far as the checksum.
            let crc = if entry.size_bytes < 10 { crc32fast::hash(&vec![0; index(entry.size_bytes)]) } else { 1 };
            directory.extend(format::central_header(entry, crc, offset));
            let header = format::local_header(entry, crc);
            let behind = offset + header.len() as u64 + entry.size_bytes;
            pieces.push((offset, header));
            if entry.has_descriptor() {
                pieces.push((behind, format::descriptor(entry, crc)));
            }
            offset += format::entry_bytes(entry);
        }
        let length = directory.len() as u64;
        directory.extend(format::end(entries.len() as u64, length, offset));
        let length = offset + directory.len() as u64;
        assert_eq!(length, format::total_bytes(&entries));
        pieces.push((offset, directory));
        let mut archive = ZipArchive::new(Sparse { pieces, length, at: 0 }).unwrap();
        for (index, size) in sizes.iter().enumerate() {
            let mut entry = archive.by_index(index).unwrap();
            assert_eq!((entry.size(), entry.compressed_size()), (*size, *size));
            let mut start = [9; 3];
            entry.read_exact(&mut start).unwrap();
            assert_eq!(start, [0; 3]);
        }
    }
}

proptest! {
    #[test]
    fn a_zip_is_as_long_as_was_said_and_holds_what_it_was_given(
        given in prop::collection::btree_map("[^/\\\\\0]{1,40}", (prop::collection::vec(any::<u8>(), 0..300), any::<i64>()), 0..20)
    ) {
        let entries: Vec<(Entry, Vec<u8>)> = given
            .into_iter()
            .map(|(name, (bytes, modified_ms))| (entry(&name, bytes.len() as u64, modified_ms), bytes))
            .collect();
        let bytes = zip(&entries);
        let plain: Vec<Entry> = entries.iter().map(|(entry, _)| entry.clone()).collect();
        prop_assert_eq!(bytes.len() as u64, format::total_bytes(&plain));
        let wanted: Vec<(String, Vec<u8>)> = entries.into_iter().map(|(entry, bytes)| (entry.name, bytes)).collect();
        let got: Vec<(String, Vec<u8>)> = read(&bytes).into_iter().map(|(name, _, _, bytes)| (name, bytes)).collect();
        prop_assert_eq!(got, wanted);
    }
}
