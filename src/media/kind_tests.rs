use super::*;

const ALL: &str = "image/*,audio/*,video/*,model/*";

fn hint(file_name: &str, content_type: &str) -> Hint {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Hint { file_name: given(file_name), content_type: given(content_type) }
}

fn of(head: &[u8], hint: &Hint) -> Result<&'static str, NotMedia> {
    detect(head, Some(head.len() as u64), hint, ALL).map(|found| found.extension)
}

/// A sample: its first bytes, then zeros, as far as the formats look.
fn sample(start: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(start.len().max(256), 0);
    bytes
}

fn ftyp(brand: &str) -> Vec<u8> {
    sample(&[b"\0\0\0\x20ftyp", brand.as_bytes(), b"\0\0\x02\0", brand.as_bytes(), b"mp42"].concat())
}

fn ebml(profile: &str) -> Vec<u8> {
    sample(
        &[
            b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x88",
            profile.as_bytes(),
        ]
        .concat(),
    )
}

fn zip(name: &str) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap().to_le_bytes();
    sample(
        &[b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &length, b"\0\0", name.as_bytes()]
            .concat(),
    )
}

fn png() -> Vec<u8> {
    sample(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0")
}

fn stl(triangles: u32) -> Vec<u8> {
    let mut bytes = vec![b' '; 80];
    bytes.extend(triangles.to_le_bytes());
    bytes.resize(84 + 50 * triangles as usize, 0);
    bytes
}

#[test]
fn types_come_from_the_bytes_whatever_is_claimed() {
    let lying = hint("page.html", "text/html");
    for (expected, bytes) in [
        ("png", png()),
        ("jpg", sample(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01")),
        ("jpg", sample(b"\xff\xd8\xff\xe1\0\x10Exif\0\0")),
        ("gif", sample(b"GIF89a\x05\0\x05\0")),
        ("webp", sample(b"RIFF\x24\0\0\0WEBPVP8 ")),
        ("avif", ftyp("avif")),
        ("heic", ftyp("heic")),
        ("jxl", sample(b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a")),
        ("bmp", sample(b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0")),
        ("ico", sample(b"\0\0\x01\0\x01\0\x10\x10")),
        ("tiff", sample(b"II*\0\x08\0\0\0")),
        ("tiff", sample(b"MM\0*\0\0\0\x08")),
        ("exr", sample(b"v/1\x01\x02\0\0\0")),
        ("hdr", sample(b"#?RADIANCE\n")),
        ("svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("svg", b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- a > b -->\n<!DOCTYPE svg PUBLIC \"a\" \"b\">\n<svg><script/><style/></svg>".to_vec()),
        ("mp3", sample(b"ID3\x04\0\0\0\0\0\x23TSSE")),
        ("mp3", sample(b"\xff\xfb\x90\x64\0")),
        ("aac", sample(b"\xff\xf1\x50\x80\x1f\xfc")),
        ("wav", sample(b"RIFF\x24\0\0\0WAVEfmt ")),
        ("flac", sample(b"fLaC\0\0\0\x22")),
        ("aiff", sample(b"FORM\0\0\0\x2eAIFFCOMM")),
        ("mid", sample(b"MThd\0\0\0\x06")),
        ("ogg", sample(b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01")),
        ("ogg", sample(b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis")),
        ("ogv", sample(b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x2a\x80theora")),
        ("m4a", ftyp("M4A ")),
        ("mp4", ftyp("isom")),
        ("mp4", ftyp("mp42")),
        ("mp4", ftyp("iso6")),
        ("mp4", ftyp("dash")),
        ("mov", ftyp("qt  ")),
        ("3gp", ftyp("3gp5")),
        ("webm", ebml("webm")),
        ("mkv", ebml("matroska")),
        ("avi", sample(b"RIFF\x24\0\0\0AVI LIST")),
        ("mpg", sample(b"\0\0\x01\xba\x44\0\x04\0")),
        ("glb", sample(b"glTF\x02\0\0\0")),
        ("fbx", sample(b"Kaydara FBX Binary  \0\x1a\0")),
        ("ply", sample(b"ply\nformat binary_little_endian 1.0\n")),
        ("ply", sample(b"ply\nformat ascii 1.0\n")),
        ("stl", b"solid cube\n facet normal 0 0 1\n  outer loop\n".to_vec()),
        ("usdz", zip("scene.usdc")),
        ("usdz", zip("0/SCENE.USDA")),
    ] {
        for hint in [Hint::default(), lying.clone()] {
            assert_eq!(of(&bytes, &hint), Ok(expected), "{expected}: {:?}", String::from_utf8_lossy(&bytes[..12]));
        }
    }
}

#[test]
fn a_name_or_a_type_decides_only_what_bytes_cannot() {
    let raw_frame = sample(b"\xff\xe8\x01\x02");
    let obj = b"# a cube\nmtllib a.mtl\no Cube\nv 1.0 1.0 -1.0\n";
    for (expected, bytes, name, kind) in [
        (Ok("m4a"), ftyp("isom"), "a.m4a", ""),
        (Ok("m4a"), ftyp("isom"), "", "audio/mp4"),
        (Ok("mp4"), ftyp("isom"), "a.m4v", "video/mp4"),
        (Ok("weba"), ebml("webm"), "", "audio/webm; codecs=opus"),
        (Ok("webm"), ebml("webm"), "a.mp3.webm", ""),
        (Ok("aac"), raw_frame.clone(), "a.AAC", ""),
        (Ok("aac"), sample(b"ADIF"), "a.aac", ""),
        (Ok("mp3"), raw_frame.clone(), "", "audio/mpeg"),
        (Err(NotMedia::Unknown), raw_frame, "", ""),
        (Err(NotMedia::Unknown), sample(b"words"), "a.aac", "audio/aac"),
        (Ok("obj"), obj.to_vec(), "cube.obj", ""),
        (Ok("obj"), obj.to_vec(), "", "model/obj"),
        (Err(NotMedia::Unknown), obj.to_vec(), "cube.txt", ""),
        (Err(NotMedia::Unknown), obj.to_vec(), "", ""),
        (Err(NotMedia::Unknown), b"import os\n".to_vec(), "a.obj", ""),
        (Ok("mtl"), b"# b\nnewmtl a\nKd 1 1 1\n".to_vec(), "a.mtl", ""),
        (Ok("gltf"), b" {\"asset\":{\"version\":\"2.0\"}}".to_vec(), "a.gltf", ""),
        (Err(NotMedia::Unknown), b"{\"a\":1}".to_vec(), "a.gltf", ""),
        (Ok("stl"), stl(2), "a.stl", ""),
        (Err(NotMedia::Unknown), stl(2), "", ""),
        (Err(NotMedia::Unknown), sample(&stl(2)), "a.stl", ""),
        // A claim makes no media of what is none.
        (Err(NotMedia::Unknown), b"<!doctype html><script>alert(1)</script>".to_vec(), "a.png", "image/png"),
        (Err(NotMedia::Unknown), b"#!/bin/sh\n".to_vec(), "a.png", "image/png"),
        (Err(NotMedia::Unknown), b"alert(1)".to_vec(), "a.svg", "image/svg+xml"),
        (Err(NotMedia::Unknown), b"<?xml version=\"1.0\"?><html><svg/></html>".to_vec(), "a.svg", "image/svg+xml"),
        (Err(NotMedia::Unknown), b"<!DOCTYPE html><svg/>".to_vec(), "a.svg", "image/svg+xml"),
        (Err(NotMedia::Unknown), b"%PDF-1.7".to_vec(), "a.png", ""),
        (Err(NotMedia::Unknown), zip("word/document.xml"), "a.usdz", "model/vnd.usdz+zip"),
        (Err(NotMedia::Unknown), sample(b"MZ\x90\0"), "a.mp4", "video/mp4"),
        (Err(NotMedia::Unknown), b"\0asm\x01\0\0\0".to_vec(), "a.glb", ""),
        (Err(NotMedia::Empty), Vec::new(), "a.png", "image/png"),
    ] {
        assert_eq!(of(&bytes, &hint(name, kind)), expected, "{name} {kind} {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn media_that_are_another_document_too_are_refused() {
    for second in [
        "<!DOCTYPE html>",
        "<HTML>",
        "<html lang=en>",
        "<script>",
        "<ScRiPt src=x>",
        "<body\n",
        "<iframe/>",
        "<div ",
        "%PDF-1.4",
        "PK\x03\x04",
        "<?php echo",
        "<title>",
        "<h1>",
        "<a href=javascript:x>",
        "<p>text</p>",
        "<b\tid=text>",
        "<br/>",
        "<font color=x>",
        "<!--x",
        "<\0h\0t\0m\0l\0>\0",
        "PK\x05\x06",
    ] {
        for (start, name) in
            [(png(), "png"), (sample(b"GIF89a"), "gif"), (sample(b"ID3\x04"), "mp3"), (ftyp("isom"), "mp4")]
        {
            let both = |at: usize| {
                let mut bytes = start.clone();
                bytes.resize(at, 0);
                bytes.extend(second.as_bytes());
                bytes.resize(2048, 0);
                bytes
            };
            assert_eq!(of(&both(300), &Hint::default()), Err(NotMedia::Polyglot), "{name} {second}");
            assert_eq!(of(&both(1024 - second.len()), &Hint::default()), Err(NotMedia::Polyglot), "{name} {second}");
            assert_eq!(of(&both(1024), &Hint::default()), Ok(name), "behind what browsers look at: {second}");
        }
    }
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><foreignObject><body xmlns=\"x\"><script/></body></foreignObject></svg>";
    assert_eq!(of(svg.as_bytes(), &Hint::default()), Err(NotMedia::Polyglot));
    let obj = b"v 1 2 3\n<script>alert(1)</script>\n";
    assert_eq!(of(obj, &hint("a.obj", "")), Err(NotMedia::Polyglot));
    let metadata =
        [png(), b"<?xpacket begin?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><dc:title>a</dc:title>".to_vec()]
            .concat();
    assert_eq!(of(&metadata, &Hint::default()), Ok("png"), "a picture may hold metadata");
    let by_chance = [png(), b"\x01<a \x80\xff<p>\0<abc <path d=<h12".to_vec()].concat();
    assert_eq!(of(&by_chance, &Hint::default()), Ok("png"), "so do compressed bytes");
    let commented = "<!-- a --><svg xmlns=\"http://www.w3.org/2000/svg\"><!-- b --><a href=\"#x\"><path/></a></svg>";
    assert_eq!(of(commented.as_bytes(), &Hint::default()), Ok("svg"));
}

#[test]
fn an_operator_takes_what_they_list() {
    for (allowed, takes) in [(ALL, true), ("image/png", true), (" image/jpeg , image/png", true), ("image/*", true)] {
        assert_eq!(detect(&png(), None, &Hint::default(), allowed).is_ok(), takes, "{allowed}");
    }
    for allowed in ["", "image", "image/", "image/p*", "*", "*/*", "audio/*,video/mp4", "image/pngx"] {
        let refused = detect(&png(), None, &Hint::default(), allowed);
        assert_eq!(refused, Err(NotMedia::NotAllowed(types::of_mime("image/png").unwrap())), "{allowed}");
    }
}

#[test]
fn dimensions_are_those_of_the_header() {
    assert_eq!(dimensions(&png()), Some((640, 480)));
    assert_eq!(dimensions(b"GIF89a\x05\0\x07\0\0\0\0"), Some((5, 7)));
    for bytes in [&b""[..], b"GIF89a\0\0\0\0\0\0", b"ID3\x04", b"<svg/>", b"\x89PNG\r\n\x1a\n"] {
        assert_eq!(dimensions(bytes), None);
    }
}

#[test]
fn no_beginning_of_any_bytes_brings_it_down() {
    let samples = [
        png(),
        ftyp("avif"),
        ebml("webm"),
        zip("a.usd"),
        sample(b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        sample(b"II*\0\x08\0\0\0"),
        stl(3),
    ];
    for bytes in samples {
        for end in 0..bytes.len() {
            let _ = detect(&bytes[..end], None, &hint("a.stl", ""), ALL);
            let _ = dimensions(&bytes[..end]);
        }
    }
}
