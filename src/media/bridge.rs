//! A provider's result with everything in it that is media kept: addresses replaced where they stand, bytes too, and a
//! list of what became of each. All else stays as the provider wrote it, to the last digit.
//!
//! One asset that cannot be kept never fails the answer: it stays as it was, and is listed with its error.

use std::collections::{HashMap, HashSet};

use durable_objects::call::MediaKept;
use futures::{StreamExt as _, stream};
use js_sys::{JsString, Uint8Array};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast as _, JsValue};

use super::about::About;
use super::asset::PersistedAsset;
use super::fetch;
use super::json::{self, Document, Edit, Unreadable};
use super::store::{Allowance, Ingest};
use super::walk::{self, Find, Found, LIST, Source};
use super::wire::public_url;
use crate::answer::to_text;
use crate::bytes;
use crate::error::Error;
use crate::wire::Nullable;
use crate::workspace::Workspace;

/// How many assets are fetched at once. A request has six connections, and each asset may want two, one in and one out: with
/// four, two of them can always be finished.
const PARALLEL: usize = 4;

/// The most bytes that stand in a result as base64. The text around them is held too, and that twice: as it came and as it
/// is answered.
const BASE64_MAX_BYTES: u64 = 12 * 1024 * 1024;

/// What is known of a result as a whole.
#[derive(Clone, Default)]
pub struct Origin {
    /// Where it belongs, and what else is to be remembered.
    pub about: About,
    /// Who made it, how, and from what.
    pub provenance: Map<String, Value>,
}

/// The result, as JSON, with its media kept.
pub async fn persist(workspace: &Workspace, text: &str, origin: &Origin) -> Result<String, Error> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(Unreadable::Invalid) => return Err(Error::UpstreamFailed("The result is no JSON".to_owned())),
        Err(Unreadable::TooMuch) => {
            let error = "The result is too large to look through; nothing of it was kept";
            return Ok(with_entries(text, Vec::new(), &to_text(&[PersistedAsset::of_all(error.to_owned())])?));
        }
    };
    let sources_max = workspace.incoming().config.media.result_assets;
    let Found { finds, left } = walk::find(&document, sources_max, &|url| is_ours(workspace, url));
    let outcomes = keep_all(workspace, &finds, origin).await;
    let incoming = workspace.incoming();
    let (mut edits, mut list) = (Vec::new(), Vec::new());
    for found in &finds {
        let told = match outcomes.get(&found.source) {
            Some(Ok(kept)) => {
                let media = &kept.media;
                let url = public_url(&incoming.config.media, &incoming.origin, media);
                edits.push(Edit::text(&found.span, url.as_deref().unwrap_or_default()));
                edits.extend(found.rename.iter().map(|(span, name)| Edit::text(span, name)));
                PersistedAsset { path: renamed(found), ..PersistedAsset::kept(media, url) }
            }
            Some(Err(sentence)) => {
                PersistedAsset { error: Some(sentence.clone()), path: found.path.clone(), ..PersistedAsset::default() }
            }
            None => continue,
        };
        let (source, original) = match &found.source {
            Source::Url(url) => ("url", Some(url.to_string())),
            Source::Base64(_) => ("base64", None),
            Source::Percent(_) => ("data", None),
        };
        list.push(PersistedAsset { original: Some(Nullable(original)), source: Some(source), ..told });
    }
    if left > 0 {
        let error = format!("{left} more assets were not kept: a result may have {sources_max}");
        list.push(PersistedAsset::of_all(error));
    }
    Ok(with_list(&document, edits, &to_text(&list)?))
}

/// Keeps each asset once, wherever it stands: what became of it, by its source.
async fn keep_all<'f>(
    workspace: &Workspace,
    finds: &'f [Find<'_>],
    origin: &Origin,
) -> HashMap<&'f Source<'f>, Result<MediaKept, String>> {
    let config = &workspace.incoming().config.media;
    let mut seen = HashSet::new();
    let different = finds.iter().filter(|found| seen.insert(&found.source));
    let together = &Together { deadline: fetch::deadline(config.result_ms), left: Allowance::new(config.result_bytes) };
    let kept = different.map(|found| async move {
        let kept = keep(workspace, found, origin, together).await;
        (&found.source, kept.map_err(|error| error.sentence()))
    });
    stream::iter(kept).buffer_unordered(PARALLEL).collect().await
}

/// What the assets of one result share.
struct Together {
    /// Until when.
    deadline: JsValue,
    /// How many bytes: counted as they arrive, whatever becomes of them.
    left: Allowance,
}

async fn keep(
    workspace: &Workspace,
    found: &Find<'_>,
    origin: &Origin,
    together: &Together,
) -> Result<MediaKept, Error> {
    let incoming = workspace.incoming();
    let config = &incoming.config.media;
    let mut about =
        About { content_type: found.content_type.clone(), file_name: found.file_name.clone(), ..origin.about.clone() };
    let mut provenance = origin.provenance.clone();
    let buffer = match &found.source {
        Source::Url(url) => {
            let address = config.hosts.check(url).map_err(Error::AddressRefused)?;
            provenance.insert("sourceUrl".to_owned(), address.without_query().into());
            let fetched = fetch::get(incoming, &address, config.url_max_bytes, Some(&together.deadline)).await?;
            about.content_type = about.content_type.or(fetched.content_type);
            about.file_name = about.file_name.or_else(|| name_of(address.name()));
            about.provenance = Some(Value::Object(provenance).to_string());
            let ingest = Ingest::new(workspace, &about)?.out_of(&together.left);
            return ingest.take_stream(fetched.body, fetched.expected, config.url_max_bytes, cut_off).await;
        }
        Source::Base64(base64) => {
            let size_bytes = base64.len() as u64 / 4 * 3;
            let max_bytes = config.base64_max_bytes.min(BASE64_MAX_BYTES);
            if size_bytes > max_bytes {
                return Err(Error::TooLarge { what: "Media", size_bytes, max_bytes });
            }
            let not_base64 = || Error::BadRequest("The bytes are not valid base64".to_owned());
            bytes::from_base64(&JsString::from(&**base64)).ok_or_else(not_base64)?
        }
        Source::Percent(text) => {
            let decoded: Vec<u8> = percent_decode_str(text).collect();
            Uint8Array::from(decoded.as_slice()).buffer().unchecked_into()
        }
    };
    about.provenance = Some(Value::Object(provenance).to_string());
    Ingest::new(workspace, &about)?.out_of(&together.left).take_buffer(&buffer).await
}

/// A source that ended before its bytes did, or took too long.
pub fn cut_off() -> Error {
    Error::UpstreamFailed("The source was cut off or took too long".to_owned())
}

/// The name that an address ends in, if it is one to keep.
pub fn name_of(encoded: &str) -> Option<String> {
    let name = percent_decode_str(encoded).decode_utf8().ok()?;
    super::about::file_name(&name).ok().flatten()
}

/// Whether an address is ours already: a result may be looked through twice.
fn is_ours(workspace: &Workspace, url: &str) -> bool {
    let incoming = workspace.incoming();
    url.starts_with(&format!("{}/media/", incoming.config.media.urls.cdn_base.as_ref().unwrap_or(&incoming.origin)))
}

/// Where an address stands once it has replaced the bytes.
fn renamed(found: &Find<'_>) -> String {
    match (&found.rename, found.path.rsplit_once('.')) {
        _ if found.path.ends_with(walk::CUT) => found.path.clone(),
        (Some((_, name)), Some((front, _))) => format!("{front}.{name}"),
        (Some((_, name)), None) => (*name).to_owned(),
        (None, _) => found.path.clone(),
    }
}

/// The result with its edits and the list: a member of an object, beside anything else. A list that is there already, of
/// a result that comes a second time, goes on.
fn with_list(document: &Document<'_>, mut edits: Vec<Edit>, list: &str) -> String {
    let there = match &document.root.value {
        json::Value::Object(members) => document.member(members, LIST).map(|member| &member.node),
        json::Value::Array(_) | json::Value::Text | json::Value::Other => None,
    };
    let Some(there) = there else { return with_entries(document.text, edits, list) };
    let text = document.text.get(there.span.clone()).unwrap_or_default();
    let (span, with) = match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).map(str::trim_ascii) {
        Some(_) if list == "[]" => return json::edited(document.text, edits),
        Some(old) => {
            let end = there.span.end.saturating_sub(1);
            let comma = if old.is_empty() { "" } else { "," };
            let entries = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or_default();
            (end..end, format!("{comma}{entries}"))
        }
        None => (there.span.clone(), list.to_owned()),
    };
    edits.push(Edit { span, with });
    json::edited(document.text, edits)
}

/// The result with its edits and a new list. Only its first and last characters are looked at: of a result that is too much
/// to look through, no more is known.
fn with_entries(text: &str, mut edits: Vec<Edit>, list: &str) -> String {
    let Some(front) = text.trim_ascii_end().strip_suffix('}') else {
        let result = json::edited(text, edits);
        return format!("{{\"result\":{result},\"{LIST}\":{list}}}");
    };
    let comma = if front.trim_ascii() == "{" { "" } else { "," };
    edits.push(Edit { span: front.len()..front.len(), with: format!("{comma}\"{LIST}\":{list}") });
    json::edited(text, edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> String {
        with_list(&Document::parse(text).unwrap(), Vec::new(), "[1]")
    }

    #[test]
    fn the_list_is_a_member_of_an_object_and_beside_anything_else() {
        assert_eq!(listed("{\"a\" : 1.0 }"), "{\"a\" : 1.0 ,\"persistedAssets\":[1]}");
        assert_eq!(listed("{}\n"), "{\"persistedAssets\":[1]}\n");
        assert_eq!(listed("{\"persistedAssets\":[{}],\"b\":2}"), "{\"persistedAssets\":[{},1],\"b\":2}");
        assert_eq!(listed("{\"persistedAssets\":[ ]}"), "{\"persistedAssets\":[ 1]}");
        assert_eq!(listed("{\"persistedAssets\":5}"), "{\"persistedAssets\":[1]}");
        assert_eq!(listed("{ }"), "{ \"persistedAssets\":[1]}");
        assert_eq!(listed("[1,2]"), "{\"result\":[1,2],\"persistedAssets\":[1]}");
        assert_eq!(listed("\"x\""), "{\"result\":\"x\",\"persistedAssets\":[1]}");
    }

    #[test]
    fn a_result_that_is_too_much_keeps_its_shape() {
        let entries = |text: &str| with_entries(text, Vec::new(), "[1]");
        assert_eq!(entries("{\"a\":[[]]} "), "{\"a\":[[]],\"persistedAssets\":[1]} ");
        assert_eq!(entries("[[]]"), "{\"result\":[[]],\"persistedAssets\":[1]}");
    }

    #[test]
    fn names_are_decoded_and_plain() {
        assert_eq!(name_of("a%20b.png").as_deref(), Some("a b.png"));
        assert_eq!(name_of("..%2F..%2Fb.png").as_deref(), Some("b.png"));
        for bad in ["", "%ff.png", "a%0a.png"] {
            assert_eq!(name_of(bad), None, "{bad}");
        }
    }
}
