//! What bytes are, by the bytes: their first part decides, never what somebody says of them.
//!
//! A name or a stated type counts only where bytes cannot tell: a recording in a container that holds films too, and the
//! formats of models that are plain text or have no mark. What is not known here is refused, and so is what is two things
//! at once: an image that a browser would also open as a page.

use std::ops::Range;

use file_format::FileFormat;

pub use super::types::MediaType;
use super::types::{self, AAC, M4A, MP3, MP4, OGG_AUDIO, OGG_VIDEO, STL, SVG, USDZ, WEBM};

/// How much of the beginning is looked at.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Where a second document must not begin: browsers look for one no further.
const POLYGLOT_BYTES: usize = 1024;

/// What is known of media beside their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The name of the file.
    pub file_name: Option<String>,
    /// The type that somebody has stated.
    pub content_type: Option<String>,
}

/// Why bytes are no media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMedia {
    /// There are none.
    Empty,
    /// Nothing that is known here.
    Unknown,
    /// Media, but something else as well.
    Polyglot,
    /// A type that the operator does not take.
    NotAllowed(MediaType),
    /// Another type than the one that was signed for.
    NotAsSigned(MediaType),
}

impl NotMedia {
    /// The sentence that a caller is told.
    pub fn sentence(self) -> String {
        match self {
            Self::Empty => "There are no bytes".to_owned(),
            Self::Unknown => "The bytes are no image, audio, video or 3D model that is known here".to_owned(),
            Self::Polyglot => "The bytes are media and another document at once".to_owned(),
            Self::NotAllowed(found) => format!("The bytes are {}, which is not allowed here", found.mime),
            Self::NotAsSigned(found) => format!("The bytes are {}, which is not what was signed for", found.mime),
        }
    }
}

/// What bytes are, if they are media that `allowed` takes: a comma-separated list of types and of `image/*`.
/// `size_bytes` is the size of the whole, if it is known.
pub fn detect(head: &[u8], size_bytes: Option<u64>, hint: &Hint, allowed: &str) -> Result<MediaType, NotMedia> {
    if head.is_empty() {
        return Err(NotMedia::Empty);
    }
    let found = by_bytes(head, hint).or_else(|| by_hint(head, size_bytes, hint)).ok_or(NotMedia::Unknown)?;
    if is_polyglot(head, found) {
        return Err(NotMedia::Polyglot);
    }
    if is_allowed(found.mime, allowed) { Ok(found) } else { Err(NotMedia::NotAllowed(found)) }
}

/// Whether a list takes a type.
pub fn is_allowed(mime: &str, allowed: &str) -> bool {
    allowed.split(',').map(str::trim).any(|rule| match rule.strip_suffix('*') {
        Some(family) => family.ends_with('/') && mime.starts_with(family),
        None => rule == mime,
    })
}

/// Width and height, where the first bytes tell.
pub fn dimensions(head: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(head).ok()?;
    let pixels = |length: usize| u32::try_from(length).ok().filter(|length| *length > 0);
    Some((pixels(size.width)?, pixels(size.height)?))
}

fn by_bytes(head: &[u8], hint: &Hint) -> Option<MediaType> {
    let is_audio = hint.is_audio();
    if part(head, 0..4) == b"\x1a\x45\xdf\xa3" {
        // Matroska: the name of its profile stands in its short header.
        let start = part(head, 0..256);
        return match (contains(start, b"webm"), contains(start, b"matroska")) {
            (true, _) if is_audio => Some(types::WEBM_AUDIO),
            (true, _) => Some(WEBM),
            (_, true) => Some(types::MATROSKA),
            (false, false) => None,
        };
    }
    if part(head, 0..4) == b"PK\x03\x04" {
        return is_usdz(head).then_some(USDZ);
    }
    if is_svg(head) {
        return Some(SVG);
    }
    if let Some(found) = types::of_format(FileFormat::from_bytes(head)) {
        return Some(found);
    }
    // Containers that hold audio as well as video, in brands and flavours without end.
    if part(head, 4..8) == b"ftyp" {
        return Some(if is_audio { M4A } else { MP4 });
    }
    (part(head, 0..4) == b"OggS").then_some(if is_audio { OGG_AUDIO } else { OGG_VIDEO })
}

/// Where bytes cannot tell, the name does, if the bytes do not speak against it.
fn by_hint(head: &[u8], size_bytes: Option<u64>, hint: &Hint) -> Option<MediaType> {
    let start = part(head, 0..POLYGLOT_BYTES);
    let text = || std::str::from_utf8(start).ok().or_else(|| cut_text(start)).filter(|text| !text.contains('\0'));
    let begins = |text: &str, words: &[&str]| {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next().unwrap_or_default();
        words.iter().any(|word| first.split_ascii_whitespace().next() == Some(word))
    };
    match hint.extension()?.as_str() {
        "obj" => text()
            .filter(|text| begins(text, &["v", "vn", "vt", "o", "g", "s", "mtllib", "usemtl"]))
            .map(|_| types::OBJ),
        "mtl" => text().filter(|text| begins(text, &["newmtl"])).map(|_| types::MTL),
        "gltf" => {
            let is_gltf = |text: &&str| text.trim_start().starts_with('{') && contains(head, b"\"asset\"");
            text().filter(is_gltf).map(|_| types::GLTF)
        }
        "stl" => is_binary_stl(head, size_bytes).then_some(STL),
        // Recordings without a header: nothing in them is fixed but the first bits of each frame.
        "aac" => (head.first() == Some(&0xff) || part(head, 0..4) == b"ADIF").then_some(AAC),
        "mp3" => (head.first() == Some(&0xff)).then_some(MP3),
        _ => None,
    }
}

impl Hint {
    /// The extension of the name, else of the stated type.
    fn extension(&self) -> Option<String> {
        let named = self.file_name.as_deref().and_then(durable_objects::item::extension).map(str::to_ascii_lowercase);
        let stated = || match self.content_type.as_deref()?.split(';').next()?.trim() {
            "model/obj" => Some("obj"),
            "model/mtl" => Some("mtl"),
            "model/gltf+json" => Some("gltf"),
            "model/stl" => Some("stl"),
            "audio/aac" => Some("aac"),
            "audio/mpeg" => Some("mp3"),
            "audio/mp4" | "audio/x-m4a" => Some("m4a"),
            _ => None,
        };
        named.or_else(|| stated().map(str::to_owned))
    }

    /// Whether it is said to be a recording rather than a film.
    fn is_audio(&self) -> bool {
        const NAMES: [&str; 6] = ["m4a", "m4b", "aac", "weba", "oga", "opus"];
        let stated = self.content_type.as_deref().is_some_and(|kind| kind.starts_with("audio/"));
        stated || self.extension().is_some_and(|extension| NAMES.contains(&extension.as_str()) || extension == "ogg")
    }
}

/// Whether the bytes would also be a page, an archive or a document of their own. Formats that are archives or XML by
/// nature are looked at for the rest.
fn is_polyglot(head: &[u8], found: MediaType) -> bool {
    /// What browsers take for the beginning of a page, and what servers run.
    const PAGES: [&[u8]; 15] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<iframe",
        b"<script",
        b"<style",
        b"<title",
        b"<table",
        b"<div",
        b"<font",
        b"<h1",
        b"<br",
        b"<!--",
        b"<?php",
    ];
    /// The same, but so short that compressed bytes hold them by chance: they count only where text follows.
    const SHORT: [&[u8]; 3] = [b"<a", b"<b", b"<p"];
    const TEXT_BYTES: usize = 8;
    /// What stands in pictures of text too, and in them can do nothing.
    const OF_SVG: [&[u8]; 6] = [b"<script", b"<style", b"<title", b"<font", b"<!--", b"<a"];
    let start = part(head, 0..POLYGLOT_BYTES).to_ascii_lowercase();
    // As it would read in two bytes a character.
    let narrow: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
    let ends = |tag: &[u8], rest: &[u8]| {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
        tag == b"<!--" || rest.first().is_none_or(is_end)
    };
    let is_text =
        |rest: &[u8]| rest.iter().take(TEXT_BYTES).all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
    let has = |text: &[u8], tag: &[u8], follows: &dyn Fn(&[u8]) -> bool| {
        let mut windows = text.windows(tag.len()).enumerate();
        windows.any(|(at, window)| {
            let rest = part(text, at + tag.len()..text.len());
            window == tag && ends(tag, rest) && follows(rest)
        })
    };
    let counts = |tag: &&&[u8]| found != SVG || !OF_SVG.contains(tag);
    PAGES.iter().filter(counts).any(|tag| has(&start, tag, &|_| true) || has(&narrow, tag, &|_| true))
        || SHORT.iter().filter(counts).any(|tag| has(&start, tag, &is_text))
        || contains(&start, b"%pdf-")
        || (found != USDZ
            && [b"PK\x03\x04", b"PK\x05\x06"].iter().any(|mark| contains(part(head, 0..POLYGLOT_BYTES), *mark)))
}

/// Whether this is a picture in XML: its first element, behind a declaration, comments and a document type.
fn is_svg(head: &[u8]) -> bool {
    let Some(text) = std::str::from_utf8(head).ok().or_else(|| cut_text(head)) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) => ">",
            _ => break,
        };
        let Some((before, after)) = rest.split_once(end) else { return false };
        if end == ">" && !before.to_ascii_lowercase().starts_with("<!doctype svg") {
            return false;
        }
        rest = after.trim_start();
    }
    let name = rest
        .strip_prefix('<')
        .unwrap_or_default()
        .split(|char: char| char.is_whitespace() || matches!(char, '>' | '/'));
    name.into_iter().next().is_some_and(|name| name == "svg" || name == "svg:svg")
}

/// Whether an archive's first entry is a scene.
fn is_usdz(head: &[u8]) -> bool {
    let length =
        |at: usize| part(head, at..at + 2).iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let name = part(head, 30..30 + length(26)).to_ascii_lowercase();
    [b".usd".as_slice(), b".usda", b".usdc"].iter().any(|end| name.ends_with(end))
}

/// Binary STL has no mark, but its size follows from the number of its triangles.
fn is_binary_stl(head: &[u8], size_bytes: Option<u64>) -> bool {
    let Ok(count) = <[u8; 4]>::try_from(part(head, 80..84)) else { return false };
    let expected = 84 + 50 * u64::from(u32::from_le_bytes(count));
    size_bytes.is_none_or(|size_bytes| size_bytes == expected)
}

/// A part of some bytes, as much of it as there is.
fn part(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range.start..range.end.min(bytes.len())).unwrap_or_default()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A text that was cut in the middle of a character.
fn cut_text(bytes: &[u8]) -> Option<&str> {
    let valid = std::str::from_utf8(bytes).err()?;
    let is_cut = valid.error_len().is_none();
    std::str::from_utf8(part(bytes, 0..valid.valid_up_to())).ok().filter(|_| is_cut)
}

#[cfg(test)]
#[path = "kind_tests.rs"]
mod tests;
