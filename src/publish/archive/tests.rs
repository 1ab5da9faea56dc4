//! Archives, written here and by others.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use super::*;
use crate::publish::Malformed;
use crate::publish::caps::Caps;

/// What an archive holds: a file's bytes, or none for a directory.
pub type Plain = BTreeMap<String, Option<Vec<u8>>>;

/// Writes a tar.
pub fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, bytes) in files {
        let size_bytes = bytes.len() as u64;
        out.extend(file_header(path, size_bytes).unwrap());
        out.extend(*bytes);
        out.extend(padding(size_bytes));
    }
    out.extend(trailer(out.len() as u64));
    out
}

fn collect(found: &mut Plain, at: &mut String, event: Event<'_>) {
    match event {
        Event::Directory { path } => drop(found.insert(path.to_owned(), None)),
        Event::File { path, .. } => {
            path.clone_into(at);
            found.insert(at.clone(), Some(Vec::new()));
        }
        Event::Bytes(bytes) => found.get_mut(at).unwrap().as_mut().unwrap().extend(bytes),
        Event::End => {}
        Event::PassedOver { path } => drop(found.insert(format!("{path} ->"), None)),
    }
}

/// Reads a tar in pieces of so many bytes.
pub fn unpack(bytes: &[u8], piece_bytes: usize) -> Result<Plain, Malformed> {
    let (mut found, mut at, mut reader) = (Plain::new(), String::new(), TarReader::new(Caps::default()));
    for piece in bytes.chunks(piece_bytes) {
        reader.feed(piece, &mut |event| collect(&mut found, &mut at, event))?;
    }
    reader.finish().map(|()| found)
}

/// Reads a zip.
pub fn unzip(bytes: &[u8], caps: Caps) -> Result<Plain, &'static str> {
    let (mut found, mut at) = (Plain::new(), String::new());
    read_zip(bytes, caps, &mut |event| collect(&mut found, &mut at, event)).map_err(|malformed| malformed.why)?;
    Ok(found)
}

/// Writes a zip as others do.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        out.start_file(*path, options).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn plain(files: &[(&str, &[u8])]) -> Plain {
    files.iter().map(|(path, bytes)| ((*path).to_owned(), Some(bytes.to_vec()))).collect()
}

#[test]
fn an_archive_reads_back_in_pieces_of_any_size() {
    let long = format!("src/apps/notes/{}/{}.tsx", "d".repeat(120), "f".repeat(150));
    let files: &[(&str, &[u8])] = &[
        ("app.manifest.json", b"{}\n"),
        ("src/apps/notes/é/📦.ts", &[7; 513]),
        ("src/apps/notes/empty", b""),
        ("src/apps/notes/index.tsx", &[1; 512]),
        (&long, b"long"),
    ];
    let tar = pack(files);
    assert_eq!(tar.len() % 10_240, 0);
    for piece_bytes in [1, 7, 511, 512, 513, 4096, tar.len()] {
        assert_eq!(unpack(&tar, piece_bytes), Ok(plain(files)), "{piece_bytes}");
    }
    assert_eq!(Packing::of(&tar), Some(Packing::Tar));
}

#[test]
fn a_header_says_nothing_but_the_name_and_the_size() {
    let header = file_header("a.txt", 3).unwrap();
    let fields = [(0, 5), (100, 107), (108, 115), (116, 123), (124, 135), (136, 147), (257, 265)];
    let texts = fields.map(|(start, end)| String::from_utf8(header[start..end].to_vec()).unwrap());
    assert_eq!(texts, ["a.txt", "0000644", "0000000", "0000000", "00000000003", "00000000000", "ustar\x0000"]);
    assert_eq!(header.len(), 512);
    assert_eq!(file_header("é", 0).unwrap().len(), 3 * 512);
}

#[test]
fn it_reads_what_the_crate_for_it_writes() {
    let mut out = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Directory);
    header.set_size(0);
    out.append_data(&mut header, "./d/", std::io::empty()).unwrap();
    let long = "n".repeat(200);
    let mut header = Header::new_gnu();
    header.set_size(5);
    out.append_data(&mut header, format!("./d/{long}"), &b"hello"[..]).unwrap();
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Symlink);
    header.set_size(0);
    out.append_link(&mut header, "d/link", "/etc/passwd").unwrap();
    let tar = out.into_inner().unwrap();
    let wanted = [("d", None), ("d/link ->", None), (&format!("d/{long}"), Some(b"hello".to_vec()))];
    let wanted: Plain = wanted.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    assert_eq!(unpack(&tar, 100), Ok(wanted));
}

#[test]
fn what_leads_out_of_an_archive_is_refused() {
    let named = |path: &str| {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(0);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    for path in ["/etc/passwd", "../x", "a/../../x", "a\\b", "..%2Fx", "__proto__/x", "a\u{1}"] {
        assert!(unpack(&named(path), 512).is_err(), "{path}");
        assert!(unzip(&zip(&[(path, b"")]), Caps::default()).is_err(), "{path}");
    }
    assert!(unpack(&named("fine"), 512).is_ok());
}

#[test]
fn what_is_no_tar_is_refused_with_the_reason() {
    let tar = pack(&[("a", b"hello")]);
    let why = |bytes: &[u8]| unpack(bytes, 100).map_err(|malformed| malformed.why);
    assert_eq!(why(b""), Err("ends in the middle"));
    assert_eq!(why(&tar[..600]), Err("ends in the middle"));
    let mut broken = tar.clone();
    broken[0] = b'b';
    assert_eq!(why(&broken), Err("has a header that is broken"));
    let mut huge = Header::new_ustar();
    huge.set_path("a").unwrap();
    huge.set_size(1 << 30);
    huge.set_cksum();
    assert_eq!(why(huge.as_bytes()), Err("has a file that is too large"));
    assert_eq!(why(&tar[..1024]).map(|found| found.len()), Ok(1));
}

#[test]
fn a_zip_is_read_too_and_a_bomb_is_not() {
    let files: &[(&str, &[u8])] = &[("app.manifest.json", b"{}"), ("src/apps/notes/index.tsx", &vec![b'x'; 70_000])];
    let bytes = zip(files);
    assert_eq!(Packing::of(&bytes), Some(Packing::Zip));
    assert_eq!(unzip(&bytes, Caps::default()), Ok(plain(files)));
    let bomb = zip(&[("a", &vec![0; 8 * 1024 * 1024])]);
    assert_eq!(unzip(&bomb, Caps::default()), Err("unpacks to far too much"));
    assert_eq!(unzip(&bytes, Caps { files: 1, directories: 0, ..Caps::default() }), Err("has too many entries"));
    assert_eq!(unzip(&bytes, Caps { entry_bytes: 60_000, ..Caps::default() }), Err("has a file that is too large"));
    assert_eq!(unzip(b"PK\x03\x04", Caps::default()), Err("has no table of its entries"));
    assert_eq!(Packing::of(b"<html>"), None);
}

#[test]
fn directories_that_are_only_implied_count_too() {
    // Few files, and a name for each byte of their paths.
    let deep: Vec<String> = (0..250).map(|number| format!("{number}{}/f", "/a".repeat(45))).collect();
    let files: Vec<(&str, &[u8])> = deep.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let why = "has too many entries: more than 10,000 directories";
    assert_eq!(unpack(&pack(&files), 4096).unwrap_err().why, why);
    assert_eq!(unzip(&zip(&files), Caps::default()), Err(why));
    assert_eq!(unpack(&pack(&files[..200]), 4096).map(|found| found.len()), Ok(200));
}
