//! A provider's result with everything in it that is media kept: addresses replaced where they stand, bytes too, and a
//! list of what became of each. All else stays as the provider wrote it, to the last digit.
//!
//! One asset that cannot be kept never fails the answer: it stays as it was, and is listed with its error.

use std::cell::Cell;
use std::collections::HashMap;

use durable_objects::call::MediaKept;
use futures::{StreamExt as _, stream};
use js_sys::JsString;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::about::{About, kind_of};
use super::fetch;
use super::json::{self, Document, Edit, Unreadable};
use super::store::Ingest;
use super::walk::{self, Find, Source};
use super::wire::public_url;
use crate::bytes;
use crate::error::Error;
use crate::workspace::Workspace;

/// How many assets are fetched at once. A request has six connections: each may take two, one in and one out.
const PARALLEL: usize = 3;
/// The member in which the list stands.
const LIST: &str = "persistedAssets";

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
            let error =
                json!([{ "path": "", "error": "The result is too large to look through; nothing of it was kept" }]);
            return Ok(format!("{{\"result\":{text},\"{LIST}\":{error}}}"));
        }
    };
    let finds: Vec<Find> = walk::find(&document).into_iter().filter(|found| is_foreign(workspace, found)).collect();
    let outcomes = keep_all(workspace, text, &finds, origin).await;
    let incoming = workspace.incoming();
    let (mut edits, mut list) = (Vec::new(), Vec::new());
    for found in &finds {
        let mut told = Map::new();
        let path = match outcomes.get(source_of(text, found)) {
            Some(Ok(kept)) => {
                let media = &kept.media;
                let url = public_url(&incoming.config.media, &incoming.origin, media);
                edits.push(Edit::text(&found.span, url.as_deref().unwrap_or_default()));
                edits.extend(found.rename.iter().map(|(span, name)| Edit::text(span, name)));
                told.extend([
                    ("kind".to_owned(), kind_of(&media.facts.mime).word().into()),
                    ("id".to_owned(), media.id.as_str().into()),
                    ("publicUrl".to_owned(), url.into()),
                    ("sha256".to_owned(), media.hash.to_string().into()),
                    ("r2Key".to_owned(), media.key.clone().into()),
                    ("contentType".to_owned(), media.facts.mime.clone().into()),
                    ("size".to_owned(), media.size_bytes.into()),
                ]);
                renamed(found)
            }
            Some(Err(sentence)) => {
                told.insert("error".to_owned(), sentence.as_str().into());
                found.path.clone()
            }
            None => continue,
        };
        let original = match &found.source {
            Source::Url(url) => Value::from(url.as_str()),
            Source::Base64(_) => Value::Null,
        };
        let source = if original.is_null() { "base64" } else { "url" };
        told.extend([
            ("path".to_owned(), path.into()),
            ("source".to_owned(), source.into()),
            ("original".to_owned(), original),
        ]);
        list.push(Value::Object(told));
    }
    Ok(with_list(&document, edits, &Value::from(list).to_string()))
}

/// An answer of a provider that is the bytes themselves.
pub fn persist_bytes(workspace: &Workspace, kept: &MediaKept, name: &str) -> Value {
    let (incoming, media) = (workspace.incoming(), &kept.media);
    let url = public_url(&incoming.config.media, &incoming.origin, media);
    let asset = json!({
        "kind": kind_of(&media.facts.mime).word(),
        "id": media.id.as_str(),
        "source": "bytes",
        "original": Value::Null,
        "publicUrl": url,
        "sha256": media.hash.to_string(),
        "r2Key": media.key,
        "contentType": media.facts.mime,
        "size": media.size_bytes,
        "path": name,
    });
    json!({ "ok": true, "contentType": media.facts.mime, name: url, LIST: [asset] })
}

/// Keeps each asset once, wherever it stands: what became of it, by its source.
async fn keep_all<'t>(
    workspace: &Workspace,
    text: &'t str,
    finds: &'t [Find],
    origin: &Origin,
) -> HashMap<&'t str, Result<MediaKept, String>> {
    let config = &workspace.incoming().config.media;
    let mut seen = std::collections::HashSet::new();
    let different = finds.iter().filter(|found| seen.insert(source_of(text, found)));
    // What is being fetched is taken from here first, and what it did not need is given back.
    let left_bytes = &Cell::new(config.result_bytes);
    let kept = different.enumerate().map(|(index, found)| async move {
        let source = source_of(text, found);
        if index >= config.result_assets {
            return (source, Err(format!("The result has more than {} assets", config.result_assets)));
        }
        let max_bytes = left_bytes.get().min(config.url_max_bytes);
        left_bytes.set(left_bytes.get() - max_bytes);
        let kept = keep(workspace, text, found, origin, max_bytes).await;
        let used_bytes = kept.as_ref().map_or(0, |kept| kept.media.size_bytes);
        left_bytes.set(left_bytes.get() + max_bytes.saturating_sub(used_bytes));
        (source, kept.map_err(|error| error.sentence()))
    });
    stream::iter(kept).buffer_unordered(PARALLEL).collect().await
}

async fn keep(
    workspace: &Workspace,
    text: &str,
    found: &Find,
    origin: &Origin,
    max_bytes: u64,
) -> Result<MediaKept, Error> {
    let incoming = workspace.incoming();
    let config = &incoming.config.media;
    let mut about =
        About { content_type: found.content_type.clone(), file_name: found.file_name.clone(), ..origin.about.clone() };
    let mut provenance = origin.provenance.clone();
    match &found.source {
        Source::Url(url) => {
            let address = config.hosts.check(url).map_err(Error::AddressRefused)?;
            provenance.insert("sourceUrl".to_owned(), address.without_query().into());
            let fetched = fetch::get(incoming, &address, max_bytes).await?;
            about.content_type = about.content_type.or(fetched.content_type);
            about.file_name = about.file_name.or_else(|| name_of(address.name()));
            about.provenance = Some(Value::Object(provenance).to_string());
            Ingest::new(workspace, &about)?.take_stream(fetched.body, fetched.expected, max_bytes, cut_off).await
        }
        Source::Base64(span) => {
            let base64 = text.get(span.clone()).unwrap_or_default();
            let size_bytes = base64.len() as u64 / 4 * 3;
            let max_bytes = max_bytes.min(config.base64_max_bytes);
            if size_bytes > max_bytes {
                return Err(Error::TooLarge { what: "Media", size_bytes, max_bytes });
            }
            about.provenance = Some(Value::Object(provenance).to_string());
            let not_base64 = || Error::BadRequest("The bytes are not valid base64".to_owned());
            let buffer = bytes::from_base64(&JsString::from(base64)).ok_or_else(not_base64)?;
            Ingest::new(workspace, &about)?.take_buffer(&buffer).await
        }
    }
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

/// What makes an asset the same as another.
fn source_of<'t>(text: &'t str, found: &'t Find) -> &'t str {
    match &found.source {
        Source::Url(url) => url,
        Source::Base64(span) => text.get(span.clone()).unwrap_or_default(),
    }
}

/// Whether a find is not ours already: a result may be looked through twice.
fn is_foreign(workspace: &Workspace, found: &Find) -> bool {
    let incoming = workspace.incoming();
    let ours = format!("{}/media/", incoming.config.media.urls.cdn_base.as_ref().unwrap_or(&incoming.origin));
    let is_ours = matches!(&found.source, Source::Url(url) if url.starts_with(&ours));
    !is_ours && !found.path.starts_with(LIST)
}

/// Where an address stands once it has replaced the bytes.
fn renamed(found: &Find) -> String {
    match (&found.rename, found.path.rsplit_once('.')) {
        (Some((_, name)), Some((front, _))) => format!("{front}.{name}"),
        (Some((_, name)), None) => (*name).to_owned(),
        (None, _) => found.path.clone(),
    }
}

/// The result with its edits and the list: a member of an object, beside anything else.
fn with_list(document: &Document<'_>, mut edits: Vec<Edit>, list: &str) -> String {
    let json::Value::Object(members) = &document.root.value else {
        let result = json::edited(document.text, edits);
        return format!("{{\"result\":{result},\"{LIST}\":{list}}}");
    };
    if let Some(member) = document.member(members, LIST) {
        edits.push(Edit { span: member.node.span.clone(), with: list.to_owned() });
    } else {
        let end = document.root.span.end.saturating_sub(1);
        let comma = if members.is_empty() { "" } else { "," };
        edits.push(Edit { span: end..end, with: format!("{comma}\"{LIST}\":{list}") });
    }
    json::edited(document.text, edits)
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
        assert_eq!(listed("{\"persistedAssets\":[{}],\"b\":2}"), "{\"persistedAssets\":[1],\"b\":2}");
        assert_eq!(listed("[1,2]"), "{\"result\":[1,2],\"persistedAssets\":[1]}");
        assert_eq!(listed("\"x\""), "{\"result\":\"x\",\"persistedAssets\":[1]}");
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
