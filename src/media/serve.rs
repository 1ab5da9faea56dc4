//! An item's bytes on their way out: for whoever has its public address, from the edge's cache or from the bucket, and
//! nobody's object is woken.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;

use super::types::{self, SVG};
use crate::answer::Answer;
use crate::blobs::{Blobs, IMMUTABLE};
use crate::conditional::{self, quote};
use crate::edge::Cache;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::mime::OCTET_STREAM;
use crate::partial;

/// The largest object that is put into the cache. A copy is kept in memory until the cache has it.
const CACHED_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// How long the cache may keep an object that has been deleted: it hears of it only where it was asked.
const CACHE_CONTROL: &str = "public, max-age=3600";

/// Answers `GET` and `HEAD` of a key whose token has been verified.
pub async fn public(incoming: &Rc<Incoming>, key: &str) -> Result<Answer, Error> {
    let tag = tag_of(key);
    let blobs = Blobs::of_media(incoming)?;
    let is_known = conditional::of_look(incoming).matches(Some(tag));
    if incoming.method == "HEAD" || is_known {
        // Also of what is known: it dies with the media.
        let size_bytes = blobs.size_of(key).await?.ok_or(Error::NoRoute)?;
        let answer = if is_known {
            Answer::empty(304)
        } else {
            Answer::empty(200).with("Content-Length", &size_bytes.to_string())
        };
        return Ok(described(answer, key));
    }
    let url = incoming.request.url();
    if let Some((size_bytes, response)) = cached(&url).await {
        let range = partial::asked_for(incoming, size_bytes, tag)?;
        let body = partial::of_response(&response, range).await?;
        return Ok(described(partial::answer(body, size_bytes, range), key));
    }
    // The whole size decides about a range, and is not known before.
    let range = match incoming.header("Range") {
        Some(_) => partial::asked_for(incoming, blobs.size_of(key).await?.ok_or(Error::NoRoute)?, tag)?,
        None => None,
    };
    let (size_bytes, body) = blobs.find(key, range).await?.ok_or(Error::NoRoute)?;
    let body = match range {
        None if size_bytes <= CACHED_MAX_BYTES => remember(incoming, key, size_bytes, body),
        _ => body,
    };
    Ok(described(partial::answer(body, size_bytes, range), key))
}

/// Has the cache of this place forget an address.
pub async fn forget(url: &str) {
    if let Some(cache) = Cache::here() {
        cache.forget(url).await;
    }
}

/// With everything that is to be said of public media.
fn described(answer: Answer, key: &str) -> Answer {
    let found = types::of_key(key);
    let answer = answer
        .with("Content-Type", found.map_or(OCTET_STREAM, |found| found.mime))
        .with("ETag", &quote(tag_of(key)))
        .with("Cache-Control", IMMUTABLE)
        .with("Accept-Ranges", "bytes")
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Expose-Headers", "ETag, Content-Length, Content-Range")
        .with("Cross-Origin-Resource-Policy", "cross-origin")
        .with("Timing-Allow-Origin", "*")
        // What is opened on its own must not run, in a picture of text least of all.
        .with("Content-Security-Policy", "sandbox");
    if found == Some(SVG) { answer.with("Content-Disposition", "attachment") } else { answer }
}

/// The hash that a key holds.
fn tag_of(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.split(['.', '-']).next().unwrap_or_default()
}

/// What the cache has of an address, and how many bytes that is. Ranges are cut from it here: caches differ about them.
async fn cached(url: &str) -> Option<(u64, Response)> {
    let response = Cache::here()?.find(url).await?;
    let size_bytes = response.headers().get("Content-Length").ok()??.parse().ok()?;
    Some((size_bytes, response))
}

/// Gives the cache a copy of a body, once the answer is on its way, and answers the other.
fn remember(incoming: &Incoming, key: &str, size_bytes: u64, body: JsValue) -> JsValue {
    let Some(cache) = Cache::here() else { return body };
    let branches = body.unchecked_ref::<Branching>().tee();
    let (ours, theirs) = (branches.get(0), branches.get(1));
    if let Ok(response) = to_cache(key, size_bytes, &theirs) {
        cache.put(incoming, &incoming.request.url(), &response);
    }
    ours
}

#[wasm_bindgen]
extern "C" {
    type Branching;
    #[wasm_bindgen(method)]
    fn tee(this: &Branching) -> Array;
}

fn to_cache(key: &str, size_bytes: u64, body: &JsValue) -> Result<Response, JsValue> {
    let stored = Answer::native(200, body.clone())
        .with("Content-Type", types::of_key(key).map_or(OCTET_STREAM, |found| found.mime))
        .with("Content-Length", &size_bytes.to_string())
        .with("ETag", &quote(tag_of(key)))
        .with("Cache-Control", CACHE_CONTROL);
    stored.into_response()
}
