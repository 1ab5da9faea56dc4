//! Media on their way in, and their list.

use std::rc::Rc;

use chrono::{DateTime, NaiveDate};
use durable_objects::call::{ListMedia, MediaCursor, MediaKept, MediaKind, MediaScope};
use durable_objects::ids::Sha256;
use durable_objects::limits::DAY_MS;
use serde_json::{Value, json};

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::{self, JSON_MAX_BYTES, JsonBody};
use crate::bytes;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::media::about::{self, About};
use crate::media::bridge::{self, Origin, name_of};
use crate::media::fetch;
use crate::media::json::{self as text, Document};
use crate::media::store::Ingest;
use crate::media::walk::parse_data_uri;
use crate::media::wire::{IngestedBody, MediaItem, MediaListBody};
use crate::wire as shapes;
use crate::workspace::Workspace;

/// The most items one page of the list holds, and how many it holds unless asked.
const PAGE_MAX: usize = 500;
const PAGE: usize = 100;
const MIB: u64 = 1024 * 1024;

/// `POST /api/media/ingest {sourceUrl | base64, contentType?, filenameHint?, scope?, metadata?}`: bytes become an item.
pub async fn ingest(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    // Base64 takes a third more than its bytes; the rest is room for all else.
    let body_max_bytes = incoming.config.media.base64_max_bytes / 3 * 4 + MIB;
    let body = JsonBody::read_up_to(&incoming, body_max_bytes).await?;
    let mut about = about(&body)?;
    about.file_name = body.optional_text("filenameHint")?.map_or(Ok(None), |hint| about::file_name(&hint))?;
    about.content_type = body.optional_text("contentType")?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let url = body.optional_text("sourceUrl")?.filter(|url| !url.is_empty());
    let base64 = body.optional_js_text("base64")?.filter(|base64| base64.length() > 0);
    let kept = match (url, base64) {
        (Some(url), None) => from_url(&workspace, about, &url).await?,
        (None, Some(base64)) => from_base64(&workspace, about, &base64).await?,
        _ => return Err(Error::BadRequest("Exactly one of sourceUrl and base64 is required".to_owned())),
    };
    kept_answer(&incoming, &kept)
}

/// What is answered of bytes that are kept.
pub fn kept_answer(incoming: &Incoming, kept: &MediaKept) -> Outcome {
    Answer::ok(&IngestedBody::new(&incoming.config.media, &incoming.origin, kept))
}

async fn from_url(workspace: &Workspace, mut about: About, url: &str) -> Result<MediaKept, Error> {
    let incoming = workspace.incoming();
    let config = &incoming.config.media;
    let address = config.hosts.check(url).map_err(Error::AddressRefused)?;
    let fetched = fetch::get(incoming, &address, config.url_max_bytes, None).await?;
    about.file_name = about.file_name.or_else(|| name_of(address.name()));
    about.content_type = about.content_type.or(fetched.content_type);
    about.provenance = Some(json!({ "sourceUrl": address.without_query() }).to_string());
    let ingest = Ingest::new(workspace, &about)?;
    ingest.take_stream(fetched.body, fetched.expected, config.url_max_bytes, bridge::cut_off).await
}

async fn from_base64(workspace: &Workspace, mut about: About, base64: &js_sys::JsString) -> Result<MediaKept, Error> {
    // The head of a data: URI is short; the rest stays outside of wasm memory.
    let head = String::from(base64.slice(0, 256));
    let (content_type, offset) = parse_data_uri(&head).map_or((None, 0), |(kind, offset)| (Some(kind), offset));
    about.content_type = about.content_type.or(content_type);
    let data = base64.slice(u32::try_from(offset).unwrap_or(0), base64.length());
    let size_bytes = u64::from(data.length()) / 4 * 3;
    let max_bytes = workspace.incoming().config.media.base64_max_bytes;
    // Padding and line breaks are no bytes: what is a little over may still fit, and is counted exactly below.
    let too_large = |size_bytes| Error::TooLarge { what: "Media", size_bytes, max_bytes };
    if size_bytes > max_bytes + max_bytes / 8 {
        return Err(too_large(size_bytes));
    }
    let not_base64 = || Error::BadRequest("base64 is not valid base64".to_owned());
    let buffer = bytes::from_base64(&data).ok_or_else(not_base64)?;
    let size_bytes = u64::from(buffer.byte_length());
    if size_bytes > max_bytes {
        return Err(too_large(size_bytes));
    }
    Ingest::new(workspace, &about)?.take_buffer(&buffer).await
}

/// `scope`, `metadata` and `sha256` of a body.
pub fn about(body: &JsonBody) -> Result<About, Error> {
    let not_a_hash = || Error::BadRequest("sha256 must be 64 hex digits".to_owned());
    let hash = body.optional_text("sha256")?.map(|hash| Sha256::from_hex(&hash).ok_or_else(not_a_hash)).transpose()?;
    Ok(About {
        scope: body.value("scope")?.as_ref().map_or_else(|| Ok(MediaScope::default()), about::scope)?,
        metadata: body.value("metadata")?.as_ref().map_or(Ok(None), about::metadata)?,
        hash,
        ..About::default()
    })
}

/// `POST /api/media/persist {provider, result, scope?, metadata?}`: a provider's result, with its media kept.
pub async fn persist(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = read_text(&incoming).await?;
    // The result may be too much to look through: then it is answered as it is.
    let document = Document::parse_top(&body).map_err(|_| invalid())?;
    let members = members(&document)?;
    let result = document.member(members, "result").ok_or_else(|| Error::BadRequest("result required".to_owned()))?;
    let provider = document.member_text(members, "provider").filter(|name| is_name(name));
    let provider = provider.ok_or_else(|| Error::BadRequest("provider must be a short plain name".to_owned()))?;
    let mut origin = Origin { about: beside(&document, members)?, ..Origin::default() };
    origin.provenance.insert("provider".to_owned(), provider.into());
    let workspace = Workspace::of(&caller, &incoming)?;
    let result = body.get(result.node.span.clone()).unwrap_or("null");
    Ok(Answer::json(200, &bridge::persist(&workspace, result, &origin).await?))
}

/// The body as a text: what stands in it goes on as it is written.
pub async fn read_text(incoming: &Incoming) -> Result<String, Error> {
    let body = body::read(incoming, "Body", JSON_MAX_BYTES).await?;
    bytes::to_utf8(&body).ok_or_else(invalid)
}

/// The members of a body, which is an object.
pub fn members<'d>(document: &'d Document<'_>) -> Result<&'d [text::Member], Error> {
    match &document.root.value {
        text::Value::Object(members) => Ok(members),
        text::Value::Array(_) | text::Value::Text | text::Value::Other => Err(invalid()),
    }
}

/// `scope` and `metadata` of a body that is kept as text.
pub fn beside(document: &Document<'_>, members: &[text::Member]) -> Result<About, Error> {
    let value = |name: &str| {
        let span = document.member(members, name)?.node.span.clone();
        document
            .text
            .get(span)
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .filter(|value| !value.is_null())
    };
    Ok(About {
        scope: value("scope").as_ref().map_or_else(|| Ok(MediaScope::default()), about::scope)?,
        metadata: value("metadata").as_ref().map_or(Ok(None), about::metadata)?,
        ..About::default()
    })
}

fn invalid() -> Error {
    Error::BadRequest("Invalid JSON body".to_owned())
}

/// Whether a text is a short plain name.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// `GET /api/media/list?desktopId=&appId=&threadId=&type=&from=&to=&limit=&cursor=&ownerId=`: items, newest first.
pub async fn list(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    if query.get("ownerId").is_some_and(|owner| owner != caller.user().as_str()) {
        return Err(Error::NotYours);
    }
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let unknown = || Error::BadRequest("type must be image, audio, video or model".to_owned());
    let call = ListMedia {
        desktop: text("desktopId"),
        app: text("appId"),
        thread: text("threadId"),
        kind: text("type").map(|word| MediaKind::parse(&word).ok_or_else(unknown)).transpose()?,
        from_ms: text("from").map(|text| time("from", &text).map(|(start, _)| start)).transpose()?,
        until_ms: text("to").map(|text| time("to", &text).map(|(_, end)| end)).transpose()?,
        limit: query.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE),
        after: query.get("cursor").map(shapes::parse_cursor::<MediaCursor>).transpose()?,
    };
    let listing = Workspace::of(&caller, &incoming)?.call(call).await?;
    let item = |media| MediaItem::new(&incoming.config.media, &incoming.origin, media);
    Answer::ok(&MediaListBody {
        cursor: listing.next.as_ref().map(shapes::cursor).transpose()?,
        items: listing.items.iter().map(item).collect(),
    })
}

/// A time as milliseconds, as ISO 8601 or as a day: when it begins, and when it is over.
fn time(name: &str, text: &str) -> Result<(i64, i64), Error> {
    if let Ok(ms) = text.parse::<i64>() {
        return Ok((ms, ms.saturating_add(1)));
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let start = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        return Ok((start, start + DAY_MS));
    }
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis());
    let wrong = |_| Error::BadRequest(format!("{name} must be milliseconds or an ISO 8601 date"));
    time.map(|ms| (ms, ms.saturating_add(1))).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_milliseconds_a_moment_or_a_day() {
        assert_eq!(time("to", "1763720000007").unwrap(), (1_763_720_000_007, 1_763_720_000_008));
        assert_eq!(time("to", "2025-11-21T10:13:20.007Z").unwrap(), (1_763_720_000_007, 1_763_720_000_008));
        assert_eq!(time("to", "2025-11-21T11:13:20.007+01:00").unwrap(), (1_763_720_000_007, 1_763_720_000_008));
        assert_eq!(time("to", "2025-11-21").unwrap(), (1_763_683_200_000, 1_763_769_600_000));
        for bad in ["yesterday", "2025-11", "2025-13-01", "1.5", "2025-11-21T10:13:20"] {
            assert!(time("to", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_provider_has_a_plain_name() {
        for good in ["fal", "eleven", "a.b-c_1"] {
            assert!(is_name(good));
        }
        for bad in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert!(!is_name(bad));
        }
    }
}
