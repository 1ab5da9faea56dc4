//! What the walk cannot know by names alone: bytes that are written as base64 beside a word on what they are.
//!
//! | shape | who |
//! |---|---|
//! | `{audioBase64, contentType}` | a binary answer, as older hosts wrap it |
//! | `{audio_base64, alignment}` | speech with timestamps |
//! | `{previews: [{audio_base_64, media_type}]}` | voice previews |
//! | `{content, content_type}` | raw images |
//! | `{file_data, content_type}` | file objects without an address |
//! | `{b64_json}`, `{image_base64}`, `{video_base64}` | images and videos of other providers |

use std::collections::HashMap;

use super::about;
use super::json::{Document, Member, Value};

/// Members that hold base64, what they are called once they hold an address, and what the bytes are if nothing says so.
const ENCODED: [(&str, &str, &str); 8] = [
    ("audioBase64", "audioUrl", "audio/mpeg"),
    ("audio_base64", "audio_url", "audio/mpeg"),
    ("audio_base_64", "audio_url", "audio/mpeg"),
    ("b64_json", "url", "image/png"),
    ("content", "url", ""),
    ("file_data", "url", ""),
    ("image_base64", "image_url", "image/png"),
    ("video_base64", "video_url", "video/mp4"),
];
/// Names that mean something else too: they hold bytes only beside a type.
const AMBIGUOUS: [&str; 1] = ["content"];
/// Where a result says what its bytes are.
const CONTENT_TYPES: [&str; 4] = ["content_type", "contentType", "media_type", "mime_type"];
/// Where it says what they are called.
const FILE_NAMES: [&str; 3] = ["file_name", "fileName", "filename"];
/// How much of a text is looked at to see whether it is base64.
const LOOK_BYTES: usize = 64;

/// Bytes in the text.
pub struct Encoded {
    /// What their member is to be called; none if the object has such a member already.
    pub becomes: Option<&'static str>,
    /// What they are.
    pub content_type: Option<String>,
}

/// What an object says of the bytes in it. It is read once for all of them: an object may have thousands of members.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Of their type.
    pub content_type: Option<String>,
    /// Of their name.
    pub file_name: Option<String>,
    /// Which names are taken, of those that a member may be given.
    taken: Vec<&'static str>,
}

impl Said {
    /// What these members say.
    pub fn of(document: &Document<'_>, members: &[Member]) -> Self {
        let becomes = ENCODED.map(|(_, becomes, _)| becomes);
        let names = || CONTENT_TYPES.iter().chain(&FILE_NAMES).chain(&becomes);
        let mut known: HashMap<&'static str, &Member> = HashMap::new();
        for member in members {
            let name = document.string(&member.name);
            // Of several the last counts.
            known.extend(names().find(|known| **known == name).map(|name| (*name, member)));
        }
        let text = |name: &&str| {
            let node = &known.get(name)?.node;
            matches!(node.value, Value::Text).then(|| document.string(&node.span).into_owned())
        };
        let content_type = CONTENT_TYPES.iter().find_map(text).filter(|kind| kind.contains('/') && kind.len() <= 128);
        let file_name = FILE_NAMES.iter().find_map(text).and_then(|name| about::file_name(&name).ok().flatten());
        Self { content_type, file_name, taken: becomes.into_iter().filter(|name| known.contains_key(name)).collect() }
    }
}

/// What a member that is a text is, if it holds bytes.
pub fn encoded<'s>(
    document: &Document<'_>,
    member: &Member,
    name: &str,
    said: impl FnOnce() -> &'s Said,
) -> Option<Encoded> {
    let (_, becomes, default) = ENCODED.iter().find(|(encoded, ..)| *encoded == name)?;
    if !is_base64(&document.string(&member.node.span)) {
        return None;
    }
    let said = said();
    if AMBIGUOUS.contains(&name) && said.content_type.is_none() {
        return None;
    }
    let default = (!default.is_empty()).then(|| (*default).to_owned());
    Some(Encoded {
        becomes: (!said.taken.contains(becomes)).then_some(*becomes),
        content_type: said.content_type.clone().or(default),
    })
}

/// Whether a text looks like base64, or like a data: URI. Decoding it says for certain.
fn is_base64(text: &str) -> bool {
    let data =
        super::walk::parse_data_uri(text).map_or(Some(text), |(_, offset)| text.get(offset..)).unwrap_or_default();
    // In lines, as some write it.
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte);
    data.len() >= 16 && data.as_bytes().iter().take(LOOK_BYTES).all(is_digit)
}
