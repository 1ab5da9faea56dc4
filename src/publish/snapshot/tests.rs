//! Snapshots, byte for byte.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::publish::Malformed;
use crate::publish::caps::Caps;

/// A tree as a plain map: a file's bytes, or none for a directory.
pub type Plain = BTreeMap<String, Option<Vec<u8>>>;

const EXAMPLE: &str = "81a16486a5612e74787481a16681a163c40368690aa16481a16482a16281a16681a163c40200ffa16e81a16480a16581a16480\
    a4782e736881a16681a163c40323210aa17a81a16681a163c400a2c3a981a16681a163c402c3bc";

fn plain(entries: &[(&str, Option<&[u8]>)]) -> Plain {
    entries.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.map(<[u8]>::to_vec))).collect()
}

fn example() -> Plain {
    plain(&[
        ("a.txt", Some(b"hi\n")),
        ("d/b", Some(b"\x00\xff")),
        ("d/n", None),
        ("e", None),
        ("x.sh", Some(b"#!\n")),
        ("z", Some(b"")),
        ("é", Some("ü".as_bytes())),
    ])
}

/// Writes a tree whose entries come in any order.
pub fn encode<'a>(entries: impl IntoIterator<Item = (&'a String, &'a Option<Vec<u8>>)>) -> Vec<u8> {
    let (mut tree, mut files) = (Tree::default(), Vec::new());
    for (path, bytes) in entries {
        match bytes {
            Some(bytes) => {
                tree.add_file(path, bytes.len() as u64, files.len()).unwrap();
                files.push(bytes);
            }
            None => tree.add_directory(path).unwrap(),
        }
    }
    let layout = tree.layout();
    let pieces = layout.pieces().flat_map(|piece| match piece {
        Piece::Header(bytes) => bytes,
        Piece::File(file) => files[file],
    });
    let bytes: Vec<u8> = pieces.copied().collect();
    assert_eq!(bytes.len() as u64, layout.size_bytes);
    bytes
}

/// Reads a snapshot in pieces of so many bytes.
pub fn decode(bytes: &[u8], piece_bytes: usize) -> Result<Plain, Malformed> {
    let (mut found, mut at) = (Plain::new(), String::new());
    let mut decoder = Decoder::new(Caps::default());
    for piece in bytes.chunks(piece_bytes) {
        decoder.feed(piece, &mut |event| match event {
            Event::Directory { path } => assert_eq!(found.insert(path.to_owned(), None), None),
            Event::File { path, .. } => {
                path.clone_into(&mut at);
                assert_eq!(found.insert(at.clone(), Some(Vec::new())), None);
            }
            Event::Bytes(bytes) => found.get_mut(&at).unwrap().as_mut().unwrap().extend(bytes),
            Event::End { text: Text::Verbatim } => {}
            Event::End { text: Text::Latin1 } => {
                let bytes = found.get_mut(&at).unwrap().as_mut().unwrap();
                *bytes = std::str::from_utf8(bytes).unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
            }
            Event::Link { path } => assert_eq!(found.insert(format!("{path} ->"), None), None),
        })?;
    }
    decoder.finish().map(|()| found)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_example_is_these_90_bytes_in_whatever_order_it_is_given() {
    let example = example();
    assert_eq!(hex(&encode(&example)), EXAMPLE);
    assert_eq!(hex(&encode(example.iter().rev())), EXAMPLE);
}

#[test]
fn what_is_empty_is_written_too() {
    assert_eq!(hex(&encode(&Plain::new())), "81a16480");
    assert_eq!(hex(&encode(&plain(&[("e", None)]))), "81a16481a16581a16480");
    assert_eq!(hex(&encode(&plain(&[("z", Some(b""))]))), "81a16481a17a81a16681a163c400");
}

#[test]
fn headers_are_as_short_as_they_go_and_no_shorter() {
    let header = |size_bytes: u64| {
        let mut tree = Tree::default();
        tree.add_file("z", size_bytes, 0).unwrap();
        let layout = tree.layout();
        let Some(Piece::Header(header)) = layout.pieces().next() else { panic!() };
        hex(header).strip_prefix("81a16481a17a81a16681a163").unwrap().to_owned()
    };
    let headers = [0, 255, 256, 65_535, 65_536, 102_400].map(header);
    assert_eq!(headers, ["c400", "c4ff", "c50100", "c5ffff", "c600010000", "c600019000"]);

    for (count, header) in [(15, "8f"), (16, "de0010"), (65_535, "deffff"), (65_536, "df00010000")] {
        let mut out = Vec::new();
        write_map(&mut out, count);
        assert_eq!(hex(&out), header);
    }
    for (length, header) in [(31, "bf"), (32, "d920"), (255, "d9ff")] {
        let mut out = Vec::new();
        write_name(&mut out, &"n".repeat(length));
        assert_eq!(hex(&out[..out.len() - length]), header);
    }
}

#[test]
fn names_are_in_the_order_of_their_bytes_and_not_of_their_paths() {
    // By whole paths, `a-b` would stand before `a/c`: it is an entry of the root, and `a` comes first there.
    let tree = plain(&[
        ("a-b", Some(b"1")),
        ("a/c", Some(b"2")),
        ("B", Some(b"3")),
        ("é", None),
        ("\u{ffff}", None),
        ("📦", None),
    ]);
    let bytes = encode(&tree);
    let mut order = Vec::new();
    let mut decoder = Decoder::new(Caps::default());
    decoder
        .feed(&bytes, &mut |event| match event {
            Event::Directory { path } | Event::File { path, .. } => order.push(path.to_owned()),
            Event::Bytes(_) | Event::End { .. } | Event::Link { .. } => {}
        })
        .unwrap();
    assert_eq!(order, ["B", "a", "a/c", "a-b", "é", "\u{ffff}", "📦"]);
}

#[test]
fn what_no_reader_takes_is_not_written() {
    let path = |depth: usize| vec!["d"; depth].join("/");
    let mut tree = Tree::default();
    assert_eq!(tree.add_file(&path(48), 1, 0), Ok(()));
    assert_eq!(tree.add_directory(&format!("e/{}", path(47))), Ok(()));
    assert_eq!(tree.add_file(&format!("f/{}", path(48)), 1, 0), Err(Unfit::Depth));
    assert_eq!(tree.add_directory(&format!("f/{}", path(48))), Err(Unfit::Depth));
    assert_eq!(tree.add_file("a/__proto__", 1, 0), Err(Unfit::Name));
    assert_eq!(tree.add_directory("__proto__/a"), Err(Unfit::Name));
    assert_eq!(tree.add_file("big", 1 << 32, 0), Err(Unfit::Size));
    assert_eq!(tree.add_file("x", 1, 0), Ok(()));
    assert_eq!([tree.add_file("x", 1, 0), tree.add_file("x/y", 1, 0), tree.add_directory("x")], [Err(Unfit::Taken); 3]);
}

#[test]
fn it_reads_what_it_writes_in_pieces_of_any_size() {
    let bytes = unhex(EXAMPLE);
    let mut all = example();
    all.insert("d".to_owned(), None);
    for piece_bytes in 1..=bytes.len() {
        assert_eq!(decode(&bytes, piece_bytes), Ok(all.clone()), "{piece_bytes}");
    }
}

#[test]
fn it_reads_what_older_writers_wrote() {
    for (bytes, tree) in [
        // {"d": {"a": {"f": {"c": "ÿé", "b": true}}}}, and with "b" first
        ("81a16481a16181a16682a163a4c3bfc3a9a162c3", plain(&[("a", Some(b"\xff\xe9"))])),
        ("81a16481a16181a16682a162c3a163a4c3bfc3a9", plain(&[("a", Some(b"\xff\xe9"))])),
        ("81a16481a16181a16682a163a2c3bfa162c2", plain(&[("a", Some(b"\xc3\xbf"))])),
        // {"f": {"l": "x"}}
        ("81a16481a16181a16681a16ca178", plain(&[("a ->", None)])),
        // Unknown members anywhere, whatever they hold, and longer headers than needed.
        (
            "82a178 93 01 82a16181a162c0a163d40102 cb0011223344556677 a164de0001 d90161 81a16682a1799180a163c50001 21",
            plain(&[("a", Some(b"!"))]),
        ),
    ] {
        let bytes = unhex(&bytes.replace(' ', ""));
        for piece_bytes in [1, 3, bytes.len()] {
            assert_eq!(decode(&bytes, piece_bytes), Ok(tree.clone()), "{}", hex(&bytes));
        }
    }
}

#[test]
fn what_is_no_snapshot_is_refused_with_the_reason() {
    let file = "81a16681a163c400";
    let deep = format!("{}80", "81a16481a164".repeat(49));
    let deepest = format!("{}81a16480", "81a16481a164".repeat(48));
    assert!(decode(&unhex(&deepest), 7).is_ok());
    for (bytes, why) in [
        ("", "ends in the middle"),
        ("81a164", "ends in the middle"),
        ("81a16481a16181a16681a163c403ffff", "ends in the middle"),
        ("81a1648000", "goes on behind its end"),
        ("80", "has an entry that is nothing"),
        ("81a17880", "has an entry that is nothing"),
        ("c0", "is not a tree"),
        ("7b", "is not a tree"),
        (file, "is a file and no directory"),
        ("81a164c0", "is not a tree"),
        ("81a1648101", "is not a tree"),
        ("81a16481a16181a16680", "has a file without content"),
        ("81a16481a16181a16681a163c0", "is not a tree"),
        ("82a16480a16480", "has an entry that is two things at once"),
        (&format!("81a16482a161{file}a161{file}"), "has a name twice"),
        ("81a16481a16181a16682a163c400a163c400", "has a file with two contents"),
        (&format!("81a16481a0{file}"), "has a name that is none"),
        (&format!("81a16481a12e{file}"), "has a name that is none"),
        (&format!("81a16481a22e2e{file}"), "has a name that is none"),
        (&format!("81a16481a3612f62{file}"), "has a name that is none"),
        (&format!("81a16481a100{file}"), "has a name that is none"),
        (&format!("81a16481a95f5f70726f746f5f5f{file}"), "has a name that is none"),
        (&format!("81a16481a1ff{file}"), "has a name that is no text"),
        (&format!("81a16481da0100{file}"), "has a name that is too long"),
        ("81a164dfffffffff", "has too many entries"),
        ("81a16481a16181a16681a163c6ffffffff", "has a file that is too large"),
        (&deep, "is too deep"),
        ("c1", "has a byte that means nothing"),
    ] {
        assert_eq!(decode(&unhex(bytes), 3).map_err(|malformed| malformed.why), Err(why), "{bytes}");
    }
}

proptest! {
    #[test]
    fn whatever_tree_is_written_reads_back_the_same(
        files in prop::collection::btree_map("[a-zé]{1,3}(/[a-zé]{1,3}){0,4}", prop::option::of(prop::collection::vec(any::<u8>(), 0..300)), 0..40),
        piece_bytes in 1_usize..400,
    ) {
        let (mut tree, mut wanted) = (Tree::default(), Plain::new());
        for (path, bytes) in &files {
            let added = match bytes {
                Some(bytes) => tree.add_file(path, bytes.len() as u64, 0),
                None => tree.add_directory(path),
            };
            if added.is_ok() {
                wanted.insert(path.clone(), bytes.clone());
            }
        }
        let bytes = encode(&wanted);
        for path in wanted.clone().keys() {
            for (at, _) in path.match_indices('/') {
                wanted.entry(path[..at].to_owned()).or_default();
            }
        }
        prop_assert_eq!(decode(&bytes, piece_bytes), Ok(wanted));
    }
}

#[test]
fn as_much_as_is_published_can_be_read_and_no_more() {
    let mut tree: Plain =
        (0..10_000).map(|number| (format!("d{}/f{number}", number % 100), Some(Vec::new()))).collect();
    tree.extend((100..10_000).map(|number| (format!("d{number}"), None)));
    // What a reader tells includes the directories that only lead to files.
    assert_eq!(decode(&encode(&tree), 100_000).map(|read| read.len()), Ok(20_000));
    for (path, bytes, why) in [
        ("f", Some(Vec::new()), "has too many entries: more than 10,000 files"),
        ("d", None, "has too many entries: more than 10,000 directories"),
    ] {
        let more: Plain = tree.clone().into_iter().chain([(path.to_owned(), bytes)]).collect();
        assert_eq!(decode(&encode(&more), 100_000).unwrap_err().why, why);
    }
}
