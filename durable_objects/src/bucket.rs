//! What the alarm does in the bucket: it removes what the database has let go of, takes over what others had put there, and
//! keeps the copy. It is the one thing that the object does outside of its database, and never in a request.

#![expect(clippy::disallowed_types, reason = "the alarm is the one place where the object meets the bucket")]

mod mirror;

use std::time::Duration;

use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Bucket, Delay, Env, Result};

use crate::ids::{MediaId, Sha256};
use crate::limits::INLINE_MAX_BYTES;
use crate::workspace::{Adopted, Removal};

#[wasm_bindgen]
extern "C" {
    // As the runtime has it: bodies stay streams of the runtime's own.
    type Data;
    #[wasm_bindgen(method)]
    fn get(this: &Data, key: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn put(this: &Data, key: &str, body: &JsValue, options: &Object) -> Promise;
    #[wasm_bindgen(method)]
    fn head(this: &Data, key: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn delete(this: &Data, keys: &Array) -> Promise;

    type Stored;
    #[wasm_bindgen(method, getter)]
    fn size(this: &Stored) -> f64;
    #[wasm_bindgen(method, getter)]
    fn etag(this: &Stored) -> String;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Stored) -> JsValue;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    fn array_buffer(this: &Stored) -> Promise;

    type Body;
    #[wasm_bindgen(method, js_name = pipeTo)]
    fn pipe_to(this: &Body, sink: &JsValue) -> Promise;

    #[wasm_bindgen(js_namespace = crypto, js_name = DigestStream)]
    type DigestStream;
    #[wasm_bindgen(constructor, js_namespace = crypto, js_class = "DigestStream")]
    fn new(algorithm: &str) -> DigestStream;
    #[wasm_bindgen(method, getter)]
    fn digest(this: &DigestStream) -> Promise;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest)]
    fn digest_buffer(algorithm: &str, bytes: &ArrayBuffer) -> Promise;
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    fn random_uuid() -> String;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &Uint8Array) -> Uint8Array;
}

/// Waits for the shortest time there is. The local runtime's bucket is on the thread of everything else and never waits: without
/// this between its answers, nothing else that the runtime is asked would be heard before the end.
pub async fn pause() {
    Delay::from(Duration::from_millis(1)).await;
}

impl Stored {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is a whole number below 2^53")]
    fn size_bytes(&self) -> u64 {
        self.size() as u64
    }
}

pub use mirror::{Bill, run};

const SHA_256: &str = "SHA-256";

/// An id that nobody can guess, from the runtime's source of keys.
pub fn new_media_id() -> MediaId {
    let mut bytes = [0; 16];
    get_random_values(&Uint8Array::new_with_length(16)).copy_to(&mut bytes);
    MediaId::new(bytes)
}

/// Removes objects, and multipart uploads that were not completed. What is gone already is fine.
pub async fn remove(env: &Env, removals: &[Removal]) -> Result<()> {
    for (binding, is_media) in [("DATA", false), ("MEDIA", true)] {
        let removals: Vec<&Removal> = removals.iter().filter(|removal| removal.is_media() == is_media).collect();
        if removals.is_empty() {
            continue;
        }
        let bucket: Bucket = env.bucket(binding)?;
        for removal in &removals {
            if let Some(multipart_id) = &removal.multipart_id {
                // It fails when the upload was completed or aborted before: then only the object is left to remove.
                // Should it fail otherwise, the platform ends unfinished uploads by itself after a week.
                let _ = bucket.resume_multipart_upload(&removal.key, multipart_id)?.abort().await;
            }
        }
        bucket.delete_multiple(removals.iter().map(|removal| removal.key.as_str()).collect()).await?;
    }
    Ok(())
}

/// Takes over what lies under somebody else's key, `users/{userId}/workspace/…`.
pub async fn take_over(env: &Env, key: &str, announce: impl Announce) -> Result<Adopted> {
    let home = key.split_once("/workspace/").map(|(user, _)| user).ok_or("a key of no workspace")?;
    copy(env, "DATA", key, home, announce).await
}

/// Copies home what lies in the bucket of media, `media/{userId}/…`.
pub async fn bring_home(env: &Env, key: &str, announce: impl Announce) -> Result<Adopted> {
    let user = key.split('/').nth(1).ok_or("a key of nobody's media")?;
    copy(env, "MEDIA", key, &format!("users/{user}"), announce).await
}

/// Tells the database of a key before the first byte is sent there.
pub trait Announce: Fn(&str) -> std::result::Result<(), String> {}

impl<F: Fn(&str) -> std::result::Result<(), String>> Announce for F {}

/// Few bytes as they are, many as a copy under a key of our own below `home`. The bucket itself checks that the copy has
/// the hash.
async fn copy(env: &Env, binding: &str, key: &str, home: &str, announce: impl Announce) -> Result<Adopted> {
    let (data, source) = (bound(env, "DATA")?, bound(env, binding)?);
    let object = fetch(&source, key).await?;
    let (size_bytes, etag) = (object.size_bytes(), object.etag());
    if size_bytes <= INLINE_MAX_BYTES {
        let bytes: ArrayBuffer = JsFuture::from(object.array_buffer()).await?.unchecked_into();
        let hash = to_sha256(&JsFuture::from(digest_buffer(SHA_256, &bytes)).await?);
        return Ok(Adopted::Small { etag, hash, bytes });
    }
    let digest = digest_of(&object).await?;
    let copy = format!("{home}/blobs/{}", random_uuid());
    announce(&copy)?;
    let options = Object::new();
    Reflect::set(&options, &"sha256".into(), &digest)?;
    JsFuture::from(data.put(&copy, &fetch(&source, key).await?.body(), &options)).await?;
    Ok(Adopted::Large { etag, hash: to_sha256(&digest), key: copy, size_bytes })
}

/// A bucket by the name of its binding.
fn bound(env: &Env, binding: &str) -> Result<Data> {
    Ok(Reflect::get(env, &binding.into())?.unchecked_into())
}

/// The hash of an object's bytes, which are read for it.
async fn digest_of(object: &Stored) -> Result<JsValue> {
    let hasher = DigestStream::new(SHA_256);
    JsFuture::from(object.body().unchecked_into::<Body>().pipe_to(hasher.as_ref())).await?;
    Ok(JsFuture::from(hasher.digest()).await?)
}

async fn fetch(data: &Data, key: &str) -> Result<Stored> {
    let object = JsFuture::from(data.get(key)).await?;
    if object.is_null() { Err("the object is missing".into()) } else { Ok(object.unchecked_into()) }
}

fn to_sha256(digest: &JsValue) -> Sha256 {
    let mut bytes = [0; 32];
    Uint8Array::new(digest).copy_to(&mut bytes);
    Sha256::new(bytes)
}
