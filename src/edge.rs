//! The edge's cache: of the place that this runs in, and of nowhere else.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::incoming::Incoming;

#[wasm_bindgen]
extern "C" {
    /// The cache of this place.
    pub type Cache;
    #[wasm_bindgen(method, js_name = match)]
    fn find_response(this: &Cache, url: &str) -> Promise;
    #[wasm_bindgen(method, js_name = put)]
    fn put_response(this: &Cache, url: &str, response: &Response) -> Promise;
    #[wasm_bindgen(method, js_name = delete)]
    fn delete_response(this: &Cache, url: &str) -> Promise;
}

impl Cache {
    /// The cache, where there is one.
    pub fn here() -> Option<Self> {
        let caches = Reflect::get(&js_sys::global(), &"caches".into()).ok()?;
        let cache = Reflect::get(&caches, &"default".into()).ok()?;
        cache.is_instance_of::<Object>().then(|| cache.unchecked_into())
    }

    /// What it has of an address.
    pub async fn find(&self, url: &str) -> Option<Response> {
        JsFuture::from(self.find_response(url)).await.ok()?.dyn_into().ok()
    }

    /// Has it remember a response for as long as its headers say, once the request has been answered. The cache fails where
    /// there is none, as on a development host: then there is nothing to remember.
    pub fn put(&self, incoming: &Incoming, url: &str, response: &Response) {
        let put = JsFuture::from(self.put_response(url, response));
        incoming.later(async move {
            let _: Result<JsValue, JsValue> = put.await;
        });
    }

    /// Has it forget an address.
    pub async fn forget(&self, url: &str) {
        let _ = JsFuture::from(self.delete_response(url)).await;
    }
}
