//! What the edge remembers of the catalogue, for readers who are nobody in particular: who is signed reads the database itself.
//!
//! A change of visibility is to be seen everywhere within 30 seconds, and a cache can only be asked to forget where one is; so
//! what the edge and a browser keep one after the other ends by itself within that time.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use wasm_bindgen_futures::JsFuture;

use crate::answer::Answer;
use crate::edge::Cache;
use crate::error::Error;
use crate::incoming::Incoming;

/// How long the edge keeps an answer of the catalogue, at most (`CATALOG_CACHE_SECONDS` may say less).
pub const EDGE_MAX_S: u64 = 20;
/// How long a browser keeps one.
pub const BROWSER_S: u64 = 10;

/// What is remembered under a name; else it is made now, and remembered.
pub async fn remember(
    incoming: &Incoming,
    name: &str,
    make: impl AsyncFnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    let seconds = incoming.config.catalog_cache_s;
    let (Some(cache), 1..) = (Cache::here(), seconds) else { return make().await };
    let url = url(incoming, name);
    if let Some(text) = read(&cache, &url).await {
        return Ok(text);
    }
    let text = make().await?;
    let answer = Answer::json(200, &text).with("Cache-Control", &format!("public, max-age={seconds}"));
    if let Ok(response) = answer.into_response() {
        cache.put(incoming, &url, &response);
    }
    Ok(text)
}

async fn read(cache: &Cache, url: &str) -> Option<String> {
    let text = JsFuture::from(cache.find(url).await?.text().ok()?).await.ok()?;
    text.as_string()
}

/// Has the edge forget what it has under a name, here: elsewhere it ends by itself.
pub async fn forget(incoming: &Incoming, name: &str) {
    if let (Some(cache), 1..) = (Cache::here(), incoming.config.catalog_cache_s) {
        cache.forget(&url(incoming, name)).await;
    }
}

/// What a browser is told of an answer for nobody in particular.
pub fn control(incoming: &Incoming) -> String {
    match incoming.config.catalog_cache_s {
        0 => "no-cache".to_owned(),
        _ => format!("public, max-age={BROWSER_S}"),
    }
}

/// An address that is no route's.
fn url(incoming: &Incoming, name: &str) -> String {
    format!("{}/.catalog/{}", incoming.origin, utf8_percent_encode(name, NON_ALPHANUMERIC))
}
