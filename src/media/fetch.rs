//! Fetches what an address holds: every hop is checked, redirects are followed by hand, and there is a deadline for all
//! of it, body included.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response};

use super::address::Address;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::intake::Expected;

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 5;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn native_fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout)]
    fn abort_after(ms: f64) -> JsValue;

    #[wasm_bindgen(js_namespace = AbortSignal, js_name = any)]
    fn abort_with_any(signals: &Array) -> JsValue;
}

/// What an address holds, its bytes not yet read.
pub struct Fetched {
    /// The bytes.
    pub body: ReadableStream,
    /// How many they are.
    pub expected: Expected,
    /// What the source says they are.
    pub content_type: Option<String>,
}

/// Fetches an address, up to a number of bytes, and until a deadline that it shares with others, if it does.
pub async fn get(
    incoming: &Incoming,
    address: &Address,
    max_bytes: u64,
    shared: Option<&JsValue>,
) -> Result<Fetched, Error> {
    let config = &incoming.config.media;
    let own = deadline(config.fetch_ms);
    let signal = shared.map_or_else(|| own.clone(), |shared| abort_with_any(&Array::of2(&own, shared)));
    let mut address = address.clone();
    for _ in 0..=REDIRECTS_MAX {
        let failed = |cause: JsValue| unreachable(&address, &cause);
        let init = init("GET", &signal, &[("Accept", "*/*"), ("Accept-Encoding", "identity")]).map_err(failed)?;
        let response = fetch(&address.to_string(), &init).await.map_err(failed)?;
        let header = |name: &str| response.headers().get(name).ok().flatten();
        match response.status() {
            301 | 302 | 303 | 307 | 308 => {
                cancel(&response);
                let lost = || Error::UpstreamFailed("The source redirects without saying where".to_owned());
                let location = header("Location").filter(|to| !to.is_empty()).ok_or_else(lost)?;
                address = config.hosts.check_redirect(&address, &location).map_err(Error::AddressRefused)?;
            }
            200 => {
                let is_encoded = header("Content-Encoding").is_some_and(|encoding| encoding != "identity");
                let length = header("Content-Length").and_then(|text| text.parse().ok()).filter(|_| !is_encoded);
                let expected = match length {
                    Some(size_bytes) if size_bytes > max_bytes => {
                        cancel(&response);
                        return Err(Error::TooLarge { what: "Media", size_bytes, max_bytes });
                    }
                    Some(size_bytes) => Expected::Exactly(size_bytes),
                    None => Expected::AtMost(max_bytes),
                };
                let body =
                    response.body().ok_or_else(|| Error::UpstreamFailed("The source has no bytes".to_owned()))?;
                return Ok(Fetched { body, expected, content_type: header("Content-Type") });
            }
            status => {
                cancel(&response);
                return Err(Error::UpstreamFailed(format!("The source answered {status}")));
            }
        }
    }
    Err(Error::UpstreamFailed("The source redirects too often".to_owned()))
}

/// Sends JSON to a provider.
pub async fn post(url: &str, headers: &[(&str, &str)], body: &str, ms: u64) -> Result<Response, Error> {
    let failed = |_: JsValue| Error::UpstreamFailed("The provider cannot be reached".to_owned());
    let init = init("POST", &deadline(ms), headers).map_err(failed)?;
    Reflect::set(&init, &"body".into(), &body.into()).map_err(failed)?;
    fetch(url, &init).await.map_err(failed)
}

/// Says that the rest of an answer is not wanted.
pub fn cancel(response: &Response) {
    if let Some(body) = response.body() {
        drop(JsFuture::from(body.cancel()));
    }
}

/// What ends everything that is fetched with it, after a time.
#[expect(clippy::cast_precision_loss, reason = "a configured number of seconds")]
pub fn deadline(ms: u64) -> JsValue {
    abort_after(ms as f64)
}

async fn fetch(url: &str, init: &Object) -> Result<Response, JsValue> {
    Ok(JsFuture::from(native_fetch(url, init)?).await?.unchecked_into())
}

fn init(method: &str, signal: &JsValue, headers: &[(&str, &str)]) -> Result<Object, JsValue> {
    let named = Object::new();
    for (name, value) in headers {
        Reflect::set(&named, &(*name).into(), &(*value).into())?;
    }
    let init = Object::new();
    // By hand: the runtime would follow a redirect wherever it leads.
    for (name, value) in [
        ("method", method.into()),
        ("redirect", "manual".into()),
        ("signal", signal.clone()),
        ("headers", named.into()),
    ] {
        Reflect::set(&init, &name.into(), &value)?;
    }
    Ok(init)
}

/// A source that did not answer, or not in time. What is told of it holds no query.
fn unreachable(address: &Address, cause: &JsValue) -> Error {
    let name = Reflect::get(cause, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default();
    let what = if name == "TimeoutError" || name == "AbortError" { "took too long" } else { "cannot be reached" };
    Error::UpstreamFailed(format!("The source {} {what}", address.without_query()))
}
