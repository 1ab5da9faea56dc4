//! Calls to providers with the operator's key: what they make is kept before it is answered.

use std::rc::Rc;

use durable_objects::call::Ping;
use js_sys::ArrayBuffer;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use web_sys::Response;

use super::Outcome;
use super::media::{beside, members, read_text};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::bytes;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::intake::Expected;
use crate::media::about::About;
use crate::media::asset;
use crate::media::bridge::{self, Origin, cut_off};
use crate::media::fetch;
use crate::media::json::{Document, Member, Value as Shape};
use crate::media::store::{Held, Ingest};
use crate::workspace::Workspace;

/// The longest JSON of a provider.
const RESULT_MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The longest prompt that is remembered as it is.
const PROMPT_MAX_BYTES: usize = 2000;
/// How much of a provider's complaint is passed on.
const COMPLAINT_MAX_CHARS: usize = 500;
/// Sound without any header: it could not be kept, so it is refused before it is paid for.
const RAW_FORMATS: [&str; 3] = ["pcm_", "ulaw_", "alaw_"];

/// `POST /api/ai/fal {model, input, scope?}`: what a model makes of an input.
pub async fn fal(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let provider = &incoming.config.media.fal;
    let key = provider.key.as_deref().ok_or(Error::NotConfigured("FAL_KEY is not configured"))?;
    let body = read_text(&incoming).await?;
    let document = Document::parse_top(&body).map_err(|_| Error::BadRequest("Invalid JSON body".to_owned()))?;
    let members = members(&document)?;
    let model = document.member_text(members, "model").filter(|model| is_model(model));
    let model = model.ok_or_else(|| Error::BadRequest("model must be a name such as fal-ai/flux/dev".to_owned()))?;
    let input = document.member(members, "input").and_then(|input| body.get(input.node.span.clone()));
    let input = input.and_then(|input| Some((input, Document::parse_top(input).ok()?)));
    let prompt = input.as_ref().and_then(|(_, document)| match &document.root.value {
        Shape::Object(members) => Some(document.member_text(members, "prompt")),
        Shape::Array(_) | Shape::Text | Shape::Other => None,
    });
    let (Some((input, _)), Some(prompt)) = (&input, prompt) else {
        return Err(Error::BadRequest("input must be an object".to_owned()));
    };
    let mut origin = origin(&document, members, "fal", input, prompt)?;
    origin.provenance.insert("model".to_owned(), model.as_str().into());
    let url = format!("{}/{model}", provider.base_url);
    let headers = [("Authorization", &*format!("Key {key}")), ("Content-Type", "application/json"), ("Accept", "*/*")];
    let workspace = open(&caller, &incoming).await?;
    let response = fetch::post(&url, &headers, input, incoming.config.media.provider_ms).await?;
    answer(&workspace, response, origin, key).await
}

/// `POST /api/ai/eleven {prompt?, composition_plan?, music_length_ms?, output_format?, model?, scope?}`: music.
pub async fn eleven(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let provider = &incoming.config.media.eleven;
    let key = provider.key.as_deref().ok_or(Error::NotConfigured("ELEVEN_KEY is not configured"))?;
    let body = read_text(&incoming).await?;
    let document = Document::parse_top(&body).map_err(|_| Error::BadRequest("Invalid JSON body".to_owned()))?;
    let members = members(&document)?;
    let text = |name| document.member(members, name).map(|_| document.member_text(members, name).unwrap_or_default());
    let format = text("output_format");
    let query = match format.as_deref() {
        None => String::new(),
        Some(format) if RAW_FORMATS.iter().any(|raw| format.starts_with(raw)) => {
            return Err(Error::BadRequest(
                "output_format is raw sound, which cannot be kept; use mp3 or opus".to_owned(),
            ));
        }
        Some(format) if is_word(format) => format!("?output_format={format}"),
        Some(_) => return Err(Error::BadRequest("output_format must be a word such as mp3_44100_128".to_owned())),
    };
    let model = text("model");
    if model.as_deref().is_some_and(|model| !is_word(model)) {
        return Err(Error::BadRequest("model must be a word such as music_v1".to_owned()));
    }
    // As they were written, but for what is ours or goes elsewhere.
    let forwarded = members.iter().filter_map(|member| {
        let name = match &*document.string(&member.name) {
            "scope" | "metadata" | "output_format" => return None,
            "model" => "\"model_id\"",
            _ => body.get(member.name.clone())?,
        };
        Some(format!("{name}:{}", body.get(member.node.span.clone())?))
    });
    let input = format!("{{{}}}", forwarded.collect::<Vec<_>>().join(","));
    let prompt = document.member_text(members, "prompt");
    let mut origin = origin(&document, members, "eleven", &input, prompt)?;
    if let Some(model) = model {
        origin.provenance.insert("model".to_owned(), model.into());
    }
    let url = format!("{}/v1/music{query}", provider.base_url);
    let headers = [("xi-api-key", key), ("Content-Type", "application/json"), ("Accept", "*/*")];
    let workspace = open(&caller, &incoming).await?;
    let response = fetch::post(&url, &headers, &input, incoming.config.media.provider_ms).await?;
    answer(&workspace, response, origin, key).await
}

/// The caller's workspace, which has said that it is there: nothing is paid for before. An account may be closed, and its
/// addresses still be valid.
async fn open(caller: &Caller, incoming: &Rc<Incoming>) -> Result<Workspace, Error> {
    let workspace = Workspace::of(caller, incoming)?;
    workspace.call(Ping {}).await?;
    Ok(workspace)
}

/// Where a result comes from: the prompt, or a hash of the whole input where there is none or a long one.
fn origin(
    document: &Document<'_>,
    members: &[Member],
    provider: &str,
    input: &str,
    prompt: Option<String>,
) -> Result<Origin, Error> {
    let mut origin = Origin { about: beside(document, members)?, ..Origin::default() };
    origin.provenance.insert("provider".to_owned(), provider.into());
    let (name, text) = prompt.filter(|prompt| prompt.len() <= PROMPT_MAX_BYTES).map_or_else(
        || ("inputSha256", durable_objects::ids::Sha256::new(Sha256::digest(input).into()).to_string()),
        |prompt| ("prompt", prompt),
    );
    origin.provenance.insert(name.to_owned(), text.into());
    Ok(origin)
}

/// What is made of a provider's answer: JSON with its media kept, or bytes as one item.
async fn answer(workspace: &Workspace, response: Response, mut origin: Origin, key: &str) -> Outcome {
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let content_type = header("Content-Type").unwrap_or_default();
    let status = response.status();
    if !(200..300).contains(&status) {
        return Err(refusal(response, status, &origin, key).await);
    }
    let body = response.body().ok_or_else(|| Error::UpstreamFailed("The provider answered nothing".to_owned()))?;
    let max_bytes = workspace.incoming().config.media.url_max_bytes;
    origin.about.content_type = Some(content_type.clone()).filter(|kind| !kind.is_empty());
    origin.about.provenance = Some(Value::Object(origin.provenance.clone()).to_string());
    let held = Held::default();
    let ingest = Ingest::new(workspace, &origin.about)?.leaving(&held);
    let kept = match Body::of(&content_type) {
        Body::Bytes => {
            let length = header("Content-Length").and_then(|text| text.parse().ok());
            let length = length.filter(|length| *length <= max_bytes && header("Content-Encoding").is_none());
            let expected = length.map_or(Expected::AtMost(max_bytes), Expected::Exactly);
            ingest.take_stream(body, expected, max_bytes, cut_off).await
        }
        shape @ (Body::Json | Body::Text) => {
            let buffer = crate::body::collect(body, "Result", RESULT_MAX_BYTES, cut_off).await?;
            let text = bytes::to_utf8(&buffer);
            let text = text.as_deref().map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
            let is_json = |text: &&str| shape == Body::Json || serde_json::from_str::<IgnoredAny>(text).is_ok();
            if let Some(text) = text.filter(is_json) {
                // What is known of a result is known of each of its assets by itself.
                origin.about = About { content_type: None, provenance: None, ..origin.about };
                return Ok(Answer::json(200, &bridge::persist(workspace, text, &origin).await?));
            }
            if shape == Body::Json {
                return Err(Error::UpstreamFailed("The result is no JSON".to_owned()));
            }
            ingest.take_buffer(&buffer).await
        }
    };
    let kept = match (kept, held.take()) {
        (Ok(kept), _) => kept,
        // It was paid for, and it is there: it stays as it was.
        (Err(error), Some(buffer)) => return unkept(&content_type, &buffer, &error),
        (Err(Error::NotMedia(reason)), None) => {
            let sentence = format!("The provider's answer cannot be kept: {}", reason.sentence());
            return Err(Error::UpstreamFailed(sentence));
        }
        (Err(error), None) => return Err(error),
    };
    Answer::ok(&asset::described(workspace, &kept))
}

/// What a provider says that it answers with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    /// A result.
    Json,
    /// Perhaps a result.
    Text,
    /// The bytes of one item.
    Bytes,
}

impl Body {
    fn of(content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/plain" => Self::Text,
            // A model may be JSON too: then it is the item, and no result.
            kind if kind.starts_with("model/") => Self::Bytes,
            kind if kind.ends_with("/json") || kind.ends_with("+json") => Self::Json,
            _ => Self::Bytes,
        }
    }
}

/// Bytes that could not be kept, as older hosts wrap them.
fn unkept(content_type: &str, buffer: &ArrayBuffer, error: &Error) -> Outcome {
    let kind = Some(content_type).filter(|kind| !kind.is_empty()).unwrap_or("audio/mpeg");
    Answer::ok(&asset::unkept(kind.to_owned(), bytes::to_base64(buffer).into(), error))
}

/// A provider's no: its status, and what it says of it, without anything of ours.
async fn refusal(response: Response, status: u16, origin: &Origin, key: &str) -> Error {
    if !(400..600).contains(&status) {
        fetch::cancel(&response);
        return Error::UpstreamFailed(format!("The provider answered {status}"));
    }
    let text = match response.body() {
        Some(body) => crate::body::collect(body, "Result", 64 * 1024, cut_off).await.ok(),
        None => None,
    };
    let text = text.and_then(|buffer| bytes::to_utf8(&buffer)).unwrap_or_default();
    let sentence = complaint(&text, key).map_or_else(
        || format!("The provider answered {status}"),
        |said| format!("The provider answered {status}: {said}"),
    );
    let provider = origin.provenance.get("provider").and_then(Value::as_str).unwrap_or_default().to_owned();
    Error::ProviderRefused { status, sentence, provider }
}

/// What a provider says in the shapes that are known of errors; nothing of it if the key is in it.
fn complaint(text: &str, key: &str) -> Option<String> {
    let body: Value = serde_json::from_str(text).ok()?;
    let places = ["/detail", "/detail/message", "/detail/0/msg", "/error", "/error/message", "/message"];
    let said = places.iter().find_map(|place| body.pointer(place)?.as_str())?;
    // Before it is cut: a part of the key would be too much.
    if said.contains(key) {
        return None;
    }
    let plain: String = said.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    Some(plain.chars().take(COMPLAINT_MAX_CHARS).collect::<String>().trim().to_owned()).filter(|said| !said.is_empty())
}

/// Whether a text names a model: words between slashes, none of which climbs.
fn is_model(text: &str) -> bool {
    let is_segment = |segment: &str| {
        segment.starts_with(|first: char| first.is_ascii_alphanumeric())
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    text.len() <= 200 && (2..=8).contains(&text.split('/').count()) && text.split('/').all(is_segment)
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_a_path_of_plain_words() {
        for good in
            ["fal-ai/flux/dev", "fal-ai/flux-pro/v1.1-ultra", "bria/x_y", "fal-ai/kling-video/v2/master/text-to-video"]
        {
            assert!(is_model(good), "{good}");
        }
        for bad in [
            "",
            "flux",
            "/fal-ai/x",
            "fal-ai/",
            "fal-ai//x",
            "fal-ai/../x",
            "fal-ai/.x",
            "a/b?c",
            "a/b#c",
            "a/b c",
            "a/%2e%2e",
            "a/é",
            "https://x/y",
            "a\\b/c",
            "a/b@c",
        ] {
            assert!(!is_model(bad), "{bad}");
        }
    }

    #[test]
    fn a_complaint_is_found_in_the_shapes_of_errors() {
        for (text, said) in [
            (r#"{"detail":"Not enough credit"}"#, Some("Not enough credit")),
            (r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, Some("field required")),
            (r#"{"detail":{"status":"x","message":"no\nmore"}}"#, Some("no more")),
            (r#"{"error":{"message":"bad"}}"#, Some("bad")),
            (r#"{"message":"bad"}"#, Some("bad")),
            (r#"{"detail":5}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(complaint(text, "key-1").as_deref(), said, "{text}");
        }
        let long = format!(r#"{{"detail":"{}"}}"#, "é".repeat(1000));
        let split = format!(r#"{{"detail":"{}key-1"}}"#, "x".repeat(COMPLAINT_MAX_CHARS - 3));
        assert_eq!(complaint(&split, "key-1"), None);
        assert_eq!(complaint(&long, "key-1").map(|said| said.chars().count()), Some(COMPLAINT_MAX_CHARS));
    }
}
