//! What in a provider's result is media: a walk that knows names and shapes, not providers.
//!
//! It finds `data:` URIs wherever they are; addresses under the names in [`NAMES`], in arrays under those names, and
//! everywhere below the names in [`FAMILIES`]; and, with the help of [`super::adapters`], bytes that are written as base64.
//! It reads; what becomes of a find is written into the text by [`super::bridge`].

use std::ops::Range;

use super::adapters::{self, Encoded};
use super::json::{Document, Member, Node, Value};

/// Members that hold an address when they are a string, or addresses when they are an array of strings.
const NAMES: &[&str] = &[
    "url",
    "urls",
    "src",
    "image",
    "images",
    "image_url",
    "image_urls",
    "imageUrl",
    "audio",
    "audios",
    "audio_url",
    "audio_urls",
    "audioUrl",
    "audio_file",
    "video",
    "videos",
    "video_url",
    "video_urls",
    "videoUrl",
    "thumbnail",
    "thumbnail_url",
    "thumbnails",
    "output",
    "outputs",
    "assets",
    "frames",
    "mask",
    "masks",
    "mask_image",
    "mask_url",
    "depth_map",
    "textures",
    "spritesheet",
    "model_url",
    "model_mesh",
    "model_glb",
    "vocals",
    "drums",
    "bass",
    "guitar",
    "piano",
    "accompaniment",
    "instrumental",
    "lora_file",
    "frames_zip",
];
/// Members whose own members hold addresses, whatever they are called: formats, or the stems of a song.
const FAMILIES: &[&str] = &["model_urls", "texture_urls", "stems"];
/// How far the type of a `data:` URI is looked for.
const DATA_URI_HEAD_BYTES: usize = 256;

/// Something in a result that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// Where it is, as `images[0].url`.
    pub path: String,
    /// The string in the text, quotes included.
    pub span: Range<usize>,
    /// Its bytes, or where they are.
    pub source: Source,
    /// The name of the member and what it is to be called once it holds an address.
    pub rename: Option<(Range<usize>, &'static str)>,
    /// What the result says of its type.
    pub content_type: Option<String>,
    /// What the result says of its name.
    pub file_name: Option<String>,
}

/// Where the bytes of a find are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// At an address.
    Url(String),
    /// In this part of the text, as base64.
    Base64(Range<usize>),
}

/// Everything in a result that can be kept, in the order of the text.
pub fn find(document: &Document<'_>) -> Vec<Find> {
    let mut walk = Walk { document, finds: Vec::new(), path: String::new() };
    walk.node(&document.root, Site::default());
    walk.finds
}

/// What is known of a value from where it stands.
#[derive(Clone, Copy, Default)]
struct Site<'n> {
    /// Whether an address is expected here.
    is_named: bool,
    /// Whether addresses are expected in its members.
    is_family: bool,
    /// The members beside it.
    beside: &'n [Member],
}

struct Walk<'a> {
    document: &'a Document<'a>,
    finds: Vec<Find>,
    path: String,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, site: Site<'_>) {
        match &node.value {
            Value::Object(members) => self.object(members, site),
            Value::Array(items) => {
                for (index, item) in items {
                    self.step(&format!("[{index}]"), |walk| walk.node(item, site));
                }
            }
            Value::Text => self.text(node, site),
            Value::Other => {}
        }
    }

    fn object(&mut self, members: &[Member], site: Site<'_>) {
        for member in members {
            let name = self.document.string(&member.name);
            self.step(&segment(&name), |walk| {
                if let Some(encoded) = adapters::encoded(walk.document, members, member, &name) {
                    walk.encoded(member, members, encoded);
                    return;
                }
                let is_family = FAMILIES.contains(&name.as_str());
                let is_named = site.is_family || is_family || NAMES.contains(&name.as_str());
                walk.node(&member.node, Site { is_named, is_family, beside: members });
            });
        }
    }

    fn text(&mut self, node: &Node, site: Site<'_>) {
        let Some(text) = self.document.plain(&node.span) else {
            // Few write `https:\/\/`, and none of them much.
            let text = self.document.string(&node.span);
            if site.is_named && is_address(&text) {
                self.push(node, Source::Url(text), None, site.beside);
            }
            return;
        };
        if let Some((content_type, offset)) = parse_data_uri(text) {
            let start = node.span.start + 1 + offset;
            self.push(node, Source::Base64(start..node.span.end - 1), Some(content_type), site.beside);
        } else if site.is_named && is_address(text) {
            self.push(node, Source::Url(text.to_owned()), None, site.beside);
        }
    }

    fn push(&mut self, node: &Node, source: Source, content_type: Option<String>, beside: &[Member]) {
        let said = || adapters::content_type(self.document, beside);
        self.finds.push(Find {
            path: self.path.clone(),
            span: node.span.clone(),
            source,
            rename: None,
            content_type: content_type.or_else(said),
            file_name: adapters::file_name(self.document, beside),
        });
    }

    fn encoded(&mut self, member: &Member, beside: &[Member], encoded: Encoded) {
        let span = member.node.span.clone();
        // It may be written as a data: URI here too.
        let inner = self.document.plain(&span).unwrap_or_default();
        let (content_type, offset) = parse_data_uri(inner).map_or((None, 0), |(kind, offset)| (Some(kind), offset));
        self.finds.push(Find {
            path: self.path.clone(),
            source: Source::Base64(span.start + 1 + offset..span.end - 1),
            span,
            rename: encoded.becomes.map(|name| (member.name.clone(), name)),
            content_type: content_type.or(encoded.content_type),
            file_name: adapters::file_name(self.document, beside),
        });
    }

    /// Does something one step deeper.
    fn step(&mut self, segment: &str, there: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let is_member = !segment.starts_with('[');
        if is_member && !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(segment);
        there(self);
        self.path.truncate(length);
    }
}

/// A name in a path: plain ones as they are, others in brackets.
fn segment(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte);
    if !name.is_empty() && name.bytes().all(is_plain) {
        name.to_owned()
    } else {
        format!("[{}]", serde_json::Value::from(name))
    }
}

fn is_address(text: &str) -> bool {
    let scheme = text.get(..8).unwrap_or_default().to_ascii_lowercase();
    scheme.starts_with("https://") || scheme.starts_with("http://")
}

/// The type that a base64 `data:` URI names, and where its data begin.
pub fn parse_data_uri(text: &str) -> Option<(String, usize)> {
    text.get(..5)?.eq_ignore_ascii_case("data:").then_some(())?;
    let comma = text.bytes().take(DATA_URI_HEAD_BYTES).position(|byte| byte == b',')?;
    let about = text.get(5..comma)?.to_ascii_lowercase();
    let kind = about.strip_suffix(";base64")?.split(';').next().unwrap_or_default().trim().to_owned();
    Some((kind, comma + 1))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
