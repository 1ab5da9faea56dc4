//! Content types by a name's extension: a small table, since a wrong guess does more harm than none.

use durable_objects::item::extension;

/// What bytes of an unknown kind are.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// Extensions in lower case, sorted, so that a type is found by bisection. Types of text carry their charset: what is
/// written through this API is UTF-8.
const TYPES: &[(&str, &str)] = &[
    ("aac", "audio/aac"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("c", "text/x-c; charset=utf-8"),
    ("cjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("go", "text/x-go; charset=utf-8"),
    ("gz", "application/gzip"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("java", "text/x-java; charset=utf-8"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("jsx", "text/javascript; charset=utf-8"),
    ("log", "text/plain; charset=utf-8"),
    ("m4a", "audio/mp4"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("obj", "model/obj"),
    ("ogg", "audio/ogg"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("py", "text/x-python; charset=utf-8"),
    ("rs", "text/x-rust; charset=utf-8"),
    ("sh", "text/x-shellscript; charset=utf-8"),
    ("sql", "application/sql"),
    ("stl", "model/stl"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("toml", "application/toml"),
    ("ts", "text/typescript; charset=utf-8"),
    ("tsx", "text/typescript; charset=utf-8"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("usdz", "model/vnd.usdz+zip"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// Types that a browser would run scripts from if it opened them. They always come as attachments.
const ACTIVE: [&str; 4] = ["text/html", "image/svg+xml", "application/xhtml+xml", "application/xml"];

/// The content type of a file with this name.
pub fn of_name(name: &str) -> &'static str {
    let extension = extension(name).unwrap_or_default().to_ascii_lowercase();
    let found = TYPES.binary_search_by(|(key, _)| (*key).cmp(extension.as_str()));
    found.ok().and_then(|index| TYPES.get(index)).map_or(OCTET_STREAM, |(_, mime)| mime)
}

/// Whether a browser must not show it where scripts could run.
pub fn is_active(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default();
    ACTIVE.contains(&essence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        assert!(TYPES.is_sorted_by(|(a, _), (b, _)| a < b));
        for (extension, mime) in TYPES {
            assert_eq!(of_name(&format!("a.{}", extension.to_uppercase())), *mime);
        }
    }

    #[test]
    fn unknown_names_are_bytes_and_active_types_are_known() {
        for name in ["a", "a.", ".", "", "a.unknown", "a.\u{130}"] {
            assert_eq!(of_name(name), OCTET_STREAM, "{name}");
        }
        for name in ["a.html", "a.HTM", "a.svg", "a.xml", "a.xhtml"] {
            assert!(is_active(of_name(name)), "{name}");
        }
        assert!(!is_active(of_name("a.txt")));
    }
}
