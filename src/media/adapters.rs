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

/// What a member is, if it holds bytes.
pub fn encoded(document: &Document<'_>, members: &[Member], member: &Member, name: &str) -> Option<Encoded> {
    let (_, becomes, default) = ENCODED.iter().find(|(encoded, ..)| *encoded == name)?;
    let text = document.plain(&member.node.span).filter(|_| matches!(member.node.value, Value::Text))?;
    let said = content_type(document, members);
    if !is_base64(text) || (AMBIGUOUS.contains(&name) && said.is_none()) {
        return None;
    }
    let is_free = document.member(members, becomes).is_none();
    let default = (!default.is_empty()).then(|| (*default).to_owned());
    Some(Encoded { becomes: is_free.then_some(*becomes), content_type: said.or(default) })
}

/// What an object says of the type of its bytes.
pub fn content_type(document: &Document<'_>, members: &[Member]) -> Option<String> {
    let said = CONTENT_TYPES.iter().find_map(|name| document.member_text(members, name));
    said.filter(|kind| kind.contains('/') && kind.len() <= 128)
}

/// What an object says of the name of its bytes.
pub fn file_name(document: &Document<'_>, members: &[Member]) -> Option<String> {
    let said = FILE_NAMES.iter().find_map(|name| document.member_text(members, name));
    said.filter(|name| !name.is_empty() && name.len() <= 255)
}

/// Whether a text looks like base64, or like a data: URI. Decoding it says for certain.
fn is_base64(text: &str) -> bool {
    let data =
        super::walk::parse_data_uri(text).map_or(Some(text), |(_, offset)| text.get(offset..)).unwrap_or_default();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    data.len() >= 16 && data.as_bytes().iter().take(LOOK_BYTES).all(is_digit)
}
