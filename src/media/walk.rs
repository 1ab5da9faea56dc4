//! What in a provider's result is media: a walk that knows names and shapes, not providers.
//!
//! It finds `data:` URIs wherever they are; addresses under the names in [`NAMES`], in arrays under those names, and
//! everywhere below the names in [`FAMILIES`]; and, with the help of [`super::adapters`], bytes that are written as base64.
//! It reads; what becomes of a find is written into the text by [`super::bridge`].
//!
//! A result may be made to hurt: a find costs as much as it is long, an object is asked once what it says of its bytes, and
//! what is beyond the limits is only counted.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use super::adapters::{self, Encoded, Said};
use super::json::{Document, Member, Node, Value};

/// The member of a result in which the list of its assets stands: it is not looked through again.
pub const LIST: &str = "persistedAssets";

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
/// The most places at which something is kept: each is an entry in the list.
const FINDS_MAX: usize = 1000;
/// The longest path that is told. Names in a result may be of any length.
const PATH_MAX_BYTES: usize = 1024;
/// Stands where a path was cut.
pub const CUT: char = '…';

/// Something in a result that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find<'a> {
    /// Where it is, as `images[0].url`; cut at 1 KiB.
    pub path: String,
    /// The string in the text, quotes included.
    pub span: Range<usize>,
    /// Its bytes, or where they are.
    pub source: Source<'a>,
    /// The name of the member and what it is to be called once it holds an address.
    pub rename: Option<(Range<usize>, &'static str)>,
    /// What the result says of its type.
    pub content_type: Option<String>,
    /// What the result says of its name.
    pub file_name: Option<String>,
}

/// Where the bytes of a find are. What the text writes with escapes is read here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source<'a> {
    /// At an address.
    Url(Cow<'a, str>),
    /// Here, as base64.
    Base64(Cow<'a, str>),
    /// Here, percent-encoded: a `data:` URI may be written so.
    Percent(Cow<'a, str>),
}

/// What was found in a result.
pub struct Found<'a> {
    /// What can be kept, in the order of the text.
    pub finds: Vec<Find<'a>>,
    /// At how many more places something is that is too much.
    pub left: usize,
}

/// What in a result can be kept: up to `sources_max` different sources, wherever they stand. Addresses that `is_ours`
/// knows are kept already.
pub fn find<'a>(document: &'a Document<'a>, sources_max: usize, is_ours: &dyn Fn(&str) -> bool) -> Found<'a> {
    let found = Found { finds: Vec::new(), left: 0 };
    let mut walk = Walk { document, sources_max, is_ours, found, seen: HashSet::new(), path: String::new() };
    let nothing = OnceCell::from(Said::default());
    walk.node(
        &document.root,
        Site { is_named: false, is_family: false, beside: &Beside { members: &[], said: nothing } },
    );
    walk.found
}

/// The members of an object, and what they say of its bytes: read once, when there are any.
struct Beside<'n> {
    members: &'n [Member],
    said: OnceCell<Said>,
}

/// What is known of a value from where it stands.
#[derive(Clone, Copy)]
struct Site<'n> {
    /// Whether an address is expected here.
    is_named: bool,
    /// Whether addresses are expected in its members.
    is_family: bool,
    /// What is beside it.
    beside: &'n Beside<'n>,
}

struct Walk<'a, 'i> {
    document: &'a Document<'a>,
    sources_max: usize,
    is_ours: &'i dyn Fn(&str) -> bool,
    found: Found<'a>,
    seen: HashSet<Source<'a>>,
    path: String,
}

impl<'a> Walk<'a, '_> {
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
        let beside = &Beside { members, said: OnceCell::new() };
        for member in members {
            let name = self.document.string(&member.name);
            if self.path.is_empty() && name == LIST {
                continue;
            }
            self.step(&segment(&name), |walk| {
                if let Some(encoded) = walk.encoded(member, &name, beside) {
                    walk.push_encoded(member, encoded, beside);
                    return;
                }
                let is_family = FAMILIES.contains(&&*name);
                let is_named = site.is_family || is_family || NAMES.contains(&&*name);
                walk.node(&member.node, Site { is_named, is_family, beside });
            });
        }
    }

    fn text(&mut self, node: &Node, site: Site<'_>) {
        let text = self.document.string(&node.span);
        if let Some((content_type, offset)) = parse_data_uri(&text) {
            self.push(node, Source::Base64(rest_of(text, offset)), Some(content_type), site.beside);
        } else if site.is_named && is_address(&text) {
            self.push(node, Source::Url(text), None, site.beside);
        } else if let Some((content_type, offset)) = parse_percent_uri(&text).filter(|_| site.is_named) {
            self.push(node, Source::Percent(rest_of(text, offset)), Some(content_type), site.beside);
        }
    }

    /// What a member is, if it holds bytes.
    fn encoded(&self, member: &Member, name: &str, beside: &Beside<'_>) -> Option<Encoded> {
        let said = || self.said(beside);
        matches!(member.node.value, Value::Text).then(|| adapters::encoded(self.document, member, name, said))?
    }

    fn said<'n>(&self, beside: &'n Beside<'_>) -> &'n Said {
        beside.said.get_or_init(|| Said::of(self.document, beside.members))
    }

    fn push(&mut self, node: &Node, source: Source<'a>, content_type: Option<String>, beside: &Beside<'_>) {
        let is_ours = matches!(&source, Source::Url(url) if (self.is_ours)(url));
        if is_ours || !self.has_room(&source) {
            return;
        }
        let Said { content_type: said, file_name, .. } = self.said(beside).clone();
        let content_type = content_type.or(said);
        let (path, span) = (self.path(), node.span.clone());
        self.found.finds.push(Find { path, span, source, rename: None, content_type, file_name });
    }

    fn push_encoded(&mut self, member: &Member, encoded: Encoded, beside: &Beside<'_>) {
        let text = self.document.string(&member.node.span);
        // It may be written as a data: URI here too.
        let (content_type, offset) = parse_data_uri(&text).map_or((None, 0), |(kind, offset)| (Some(kind), offset));
        let source = Source::Base64(rest_of(text, offset));
        if !self.has_room(&source) {
            return;
        }
        self.found.finds.push(Find {
            path: self.path(),
            span: member.node.span.clone(),
            source,
            rename: encoded.becomes.map(|name| (member.name.clone(), name)),
            content_type: content_type.or(encoded.content_type),
            file_name: self.said(beside).file_name.clone(),
        });
    }

    /// Whether something more can be kept; what cannot is counted.
    fn has_room(&mut self, source: &Source<'a>) -> bool {
        let is_known = self.seen.contains(source);
        let has_room = self.found.finds.len() < FINDS_MAX && (is_known || self.seen.len() < self.sources_max);
        if !has_room {
            self.found.left += 1;
        } else if !is_known {
            self.seen.insert(source.clone());
        }
        has_room
    }

    /// Where the walk is.
    fn path(&self) -> String {
        if self.path.len() <= PATH_MAX_BYTES {
            return self.path.clone();
        }
        let end = (0..=PATH_MAX_BYTES).rev().find(|end| self.path.is_char_boundary(*end)).unwrap_or_default();
        format!("{}{CUT}", self.path.get(..end).unwrap_or_default())
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

/// A text without its first bytes.
fn rest_of(text: Cow<'_, str>, offset: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(offset..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(offset..).unwrap_or_default().to_owned()),
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

/// The same for one that is not base64. Any text may begin with `data:`; here it has to name a type.
fn parse_percent_uri(text: &str) -> Option<(String, usize)> {
    text.get(..5)?.eq_ignore_ascii_case("data:").then_some(())?;
    let comma = text.bytes().take(DATA_URI_HEAD_BYTES).position(|byte| byte == b',')?;
    let kind = text.get(5..comma)?.split(';').next().unwrap_or_default().to_ascii_lowercase();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte);
    (kind.contains('/') && kind.bytes().all(is_word)).then_some((kind, comma + 1))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
