//! What the bucket of media does beyond that of files: its objects say what they are, are checked against their hash, are
//! read by people who know no row, and come from uploads that go on over several requests.
//!
//! | key | what |
//! |---|---|
//! | `media/{ownerId}/…/{sha256}.{ext}` | one item, immutable; its making is in `media/key.rs` |
//! | `staging/{ownerId}/{random}` | bytes whose hash is not known yet |

use durable_objects::ids::{Sha256, UserId};
use js_sys::{Array, ArrayBuffer, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Blobs, Multipart, Range, StoredObject, failed, random_uuid, ranged};
use crate::error::Error;

/// What an object says of itself, and what the bucket checks.
#[derive(Clone, Copy, Debug, Default)]
pub struct PutOptions<'a> {
    /// The bytes must have this hash, or the bucket refuses them.
    pub hash: Option<&'a Sha256>,
    /// The type under which a public domain serves it.
    pub content_type: Option<&'a str>,
    /// Whether a public domain serves it as an attachment: what could run is not shown there.
    pub is_attachment: bool,
}

/// What browsers and caches may keep for good: a key with a hash in it never holds anything else.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

impl PutOptions<'_> {
    /// As the runtime wants them.
    pub fn to_js(self) -> Result<Object, JsValue> {
        let options = Object::new();
        if let Some(hash) = self.hash {
            Reflect::set(&options, &"sha256".into(), &hash.to_string().into())?;
        }
        if let Some(content_type) = self.content_type {
            let metadata = Object::new();
            Reflect::set(&metadata, &"contentType".into(), &content_type.into())?;
            Reflect::set(&metadata, &"cacheControl".into(), &IMMUTABLE.into())?;
            if self.is_attachment {
                Reflect::set(&metadata, &"contentDisposition".into(), &"attachment".into())?;
            }
            Reflect::set(&options, &"httpMetadata".into(), &metadata)?;
        }
        Ok(options)
    }
}

impl Blobs {
    /// A key for bytes whose hash is not known yet.
    pub fn new_staging_key(owner: &UserId) -> String {
        format!("{}{}", crate::media::key::staging_prefix(owner), random_uuid())
    }

    /// Puts a body whose length the runtime knows.
    pub async fn put(&self, key: &str, body: &JsValue, options: &PutOptions<'_>) -> Result<(), Error> {
        let object = self.start_put(key, body, options)?.await;
        object.map(drop).map_err(|cause| failed("putting", key, &cause))
    }

    /// How many bytes an object has; none if it is missing.
    pub async fn size_of(&self, key: &str) -> Result<Option<u64>, Error> {
        self.incoming.spend_bucket_operation();
        let object =
            JsFuture::from(self.bucket.head(key)).await.map_err(|cause| failed("asking about", key, &cause))?;
        Ok((!object.is_null()).then(|| object.unchecked_into::<StoredObject>().size_bytes()))
    }

    /// An object that may be gone, or a part of it: its whole size and its bytes as a stream.
    pub async fn find(&self, key: &str, range: Option<Range>) -> Result<Option<(u64, JsValue)>, Error> {
        self.incoming.spend_bucket_operation();
        let getting = |cause: JsValue| failed("getting", key, &cause);
        let options = range.map_or_else(|| Ok(Object::new()), ranged).map_err(getting)?;
        let object = JsFuture::from(self.bucket.get(key, &options)).await.map_err(getting)?;
        if object.is_null() {
            return Ok(None);
        }
        let object: StoredObject = object.unchecked_into();
        Ok(Some((object.size_bytes(), object.body())))
    }

    /// The bytes of an object whose row was right a moment ago: of an item that is being deleted, they move meanwhile.
    pub async fn get_movable(&self, key: &str, range: Option<Range>) -> Result<JsValue, Error> {
        self.find(key, range).await?.map(|(_, body)| body).ok_or(Error::Moving)
    }

    /// The first bytes of an object, at most so many of its `size_bytes`.
    pub async fn head_of(&self, key: &str, size_bytes: u64, most_bytes: u64) -> Result<ArrayBuffer, Error> {
        self.incoming.spend_bucket_operation();
        let getting = |cause: JsValue| failed("getting the start of", key, &cause);
        let options = ranged(Range { offset: 0, length: size_bytes.min(most_bytes) }).map_err(getting)?;
        let object = JsFuture::from(self.bucket.get(key, &options)).await.map_err(getting)?;
        if object.is_null() {
            return Err(Error::Internal(format!("the object {key} is missing")));
        }
        let buffer = JsFuture::from(object.unchecked_into::<StoredObject>().array_buffer()).await.map_err(getting)?;
        Ok(buffer.unchecked_into())
    }

    /// Removes an object, and says whether that went well.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        self.incoming.spend_bucket_operation();
        let gone = JsFuture::from(self.bucket.delete(&key.into())).await;
        gone.map(drop).map_err(|cause| failed("removing", key, &cause))
    }

    /// Removes objects, up to 1,000, by their keys; those that are not there do not matter.
    pub async fn remove_all(&self, keys: impl Iterator<Item = String>) -> Result<(), Error> {
        self.incoming.spend_bucket_operation();
        let keys: Array = keys.map(JsValue::from).collect();
        let gone = JsFuture::from(self.bucket.delete(&keys)).await;
        gone.map(drop).map_err(|cause| failed("removing", "several", &cause))
    }

    /// An object that may be gone: its size, the bucket's tag of it, and its bytes as a stream.
    pub async fn find_tagged(&self, key: &str) -> Result<Option<(u64, String, JsValue)>, Error> {
        self.incoming.spend_bucket_operation();
        let object = JsFuture::from(self.bucket.get(key, &Object::new())).await;
        let object = object.map_err(|cause| failed("getting", key, &cause))?;
        if object.is_null() {
            return Ok(None);
        }
        let object: StoredObject = object.unchecked_into();
        Ok(Some((object.size_bytes(), object.etag(), object.body())))
    }

    /// An upload in parts that another request has begun.
    pub fn resume_multipart(&self, key: &str, multipart_id: &str) -> Multipart {
        self.bucket.resume_multipart_upload(key, multipart_id)
    }

    /// Makes an object of parts that a client names. What it says of them may be wrong: that is not our failure.
    pub async fn try_complete(&self, upload: &Multipart, parts: &Array) -> Result<(), JsValue> {
        self.incoming.spend_bucket_operation();
        JsFuture::from(upload.complete(parts)).await.map(drop)
    }
}
