//! The buckets, and first the private one, `DATA`: the layout of its keys, and the operations that bytes pass through without being touched.
//!
//! | key | what |
//! |---|---|
//! | `users/{userId}/blobs/{random}` | content above 1 MiB, immutable, named by no row until it is whole |
//! | `users/{userId}/bundles/{random}` | what was sent to be published, unpacked: for an hour |
//! | `users/{userId}/workspace/<path>` | the files as a sandbox sees them: others write here too |
//! | `users/{userId}/clawdbot/…`, `users/{userId}/history/…` | sessions and chats: only others write here |

mod media;

use std::rc::Rc;

use durable_objects::ids::UserId;
use js_sys::{Array, ArrayBuffer, Date, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::env;
use crate::error::Error;
use crate::incoming::Incoming;

pub use media::{IMMUTABLE, PutOptions};

#[wasm_bindgen]
extern "C" {
    /// The runtime's bucket. The `worker` crate wraps it too, but reads and writes bodies through wasm streams, or awaits
    /// a `put` that has to run beside the stream that feeds it.
    pub type Bucket;
    #[wasm_bindgen(method)]
    fn put(this: &Bucket, key: &str, body: &JsValue, options: &Object) -> Promise;
    #[wasm_bindgen(method)]
    fn head(this: &Bucket, key: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn get(this: &Bucket, key: &str, options: &Object) -> Promise;
    #[wasm_bindgen(method)]
    fn delete(this: &Bucket, keys: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    fn list(this: &Bucket, options: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = createMultipartUpload)]
    fn create_multipart_upload(this: &Bucket, key: &str) -> Promise;
    #[wasm_bindgen(method, js_name = resumeMultipartUpload)]
    fn resume_multipart_upload(this: &Bucket, key: &str, upload_id: &str) -> Multipart;

    /// An upload in parts.
    pub type Multipart;
    #[wasm_bindgen(method, getter, js_name = uploadId)]
    pub fn upload_id(this: &Multipart) -> String;
    #[wasm_bindgen(method, js_name = uploadPart)]
    fn upload_part(this: &Multipart, number: u32, body: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    fn complete(this: &Multipart, parts: &Array) -> Promise;
    #[wasm_bindgen(method)]
    fn abort(this: &Multipart) -> Promise;

    /// An object with its bytes.
    pub type StoredObject;
    #[wasm_bindgen(method, getter)]
    fn size(this: &StoredObject) -> f64;
    #[wasm_bindgen(method, getter)]
    fn body(this: &StoredObject) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn key(this: &StoredObject) -> String;
    #[wasm_bindgen(method, getter)]
    fn etag(this: &StoredObject) -> String;
    #[wasm_bindgen(method, getter)]
    fn uploaded(this: &StoredObject) -> Date;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    fn array_buffer(this: &StoredObject) -> Promise;

    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    fn random_uuid() -> String;
}

impl StoredObject {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is a whole number below 2^53")]
    fn size_bytes(&self) -> u64 {
        self.size() as u64
    }
}

/// How many objects one listing answers.
pub const LIST_MAX: u32 = 500;
/// The bucket's code for a range that an object does not have.
const NO_SUCH_RANGE: &str = "(10039)";

/// A bucket, for the length of one request.
pub struct Blobs {
    bucket: Bucket,
    incoming: Rc<Incoming>,
}

/// An object of a listing.
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
    /// When it was put there.
    pub uploaded_ms: f64,
}

/// What lies under one user's prefix, beside the blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Everything.
    All,
    /// Content above 1 MiB, by random keys: nobody else puts anything there.
    Blobs,
    /// What was sent to be published, by random keys.
    Bundles,
    /// The files as a sandbox sees them.
    Workspace,
    /// The sandbox's sessions.
    Sessions,
    /// Chats.
    History,
}

impl Shelf {
    /// The prefix of its keys.
    pub fn prefix(self, user: &UserId) -> String {
        let name = match self {
            Self::All => "",
            Self::Blobs => "blobs/",
            Self::Bundles => "bundles/",
            Self::Workspace => "workspace/",
            Self::Sessions => "clawdbot/",
            Self::History => "history/",
        };
        format!("users/{user}/{name}")
    }
}

/// A part of an object: so many bytes from an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

impl Blobs {
    /// The bucket as a request sees it.
    pub fn of(incoming: &Rc<Incoming>) -> Result<Self, Error> {
        Ok(Self { bucket: env::data(&incoming.env)?, incoming: Rc::clone(incoming) })
    }

    /// The bucket of media, in the same way.
    pub fn of_media(incoming: &Rc<Incoming>) -> Result<Self, Error> {
        Ok(Self { bucket: env::media(&incoming.env)?, incoming: Rc::clone(incoming) })
    }

    /// The bucket of what has been published, in the same way.
    pub fn of_bundles(incoming: &Rc<Incoming>) -> Result<Self, Error> {
        Ok(Self { bucket: env::bundles(&incoming.env)?, incoming: Rc::clone(incoming) })
    }

    /// A key that nothing else has or will have.
    pub fn new_key(user: &UserId) -> String {
        format!("{}{}", Shelf::Blobs.prefix(user), random_uuid())
    }

    /// A key for what is sent to be published, by an id that is its own.
    pub fn new_bundle_id() -> String {
        random_uuid()
    }

    /// Starts to put a body, whose length the runtime knows, while it is still being written.
    pub fn start_put(&self, key: &str, body: &JsValue, options: &PutOptions<'_>) -> Result<JsFuture, Error> {
        self.incoming.spend_bucket_operation();
        let options = options.to_js().map_err(|cause| failed("putting", key, &cause))?;
        Ok(JsFuture::from(self.bucket.put(key, body, &options)))
    }

    /// Begins an upload in parts.
    pub async fn start_multipart(&self, key: &str) -> Result<Multipart, Error> {
        self.incoming.spend_bucket_operation();
        let upload = JsFuture::from(self.bucket.create_multipart_upload(key)).await;
        upload.map(JsCast::unchecked_into).map_err(|cause| failed("starting an upload to", key, &cause))
    }

    /// Puts one part.
    pub async fn put_part(&self, upload: &Multipart, number: u32, body: &JsValue) -> Result<JsValue, Error> {
        self.incoming.spend_bucket_operation();
        let part = JsFuture::from(upload.upload_part(number, body)).await;
        part.map_err(|cause| failed("putting a part of", &upload.upload_id(), &cause))
    }

    /// Ends an upload that nobody else knows of, best effort.
    pub async fn abort(&self, upload: &Multipart) {
        self.incoming.spend_bucket_operation();
        let _ = JsFuture::from(upload.abort()).await;
    }

    /// Makes an object of the parts.
    pub async fn complete(&self, upload: &Multipart, parts: &Array) -> Result<(), Error> {
        self.incoming.spend_bucket_operation();
        let object = JsFuture::from(upload.complete(parts)).await;
        object.map(drop).map_err(|cause| failed("completing", &upload.upload_id(), &cause))
    }

    /// An object's bytes, as a stream that has not been read, or a part of them. That it is there, and of the size that
    /// its row says, is an invariant: anything else is ours to explain, with the key in the log.
    pub async fn get(&self, key: &str, size_bytes: u64, range: Option<Range>) -> Result<JsValue, Error> {
        self.incoming.spend_bucket_operation();
        let options =
            range.map_or_else(|| Ok(Object::new()), ranged).map_err(|cause| failed("asking for", key, &cause))?;
        let object = JsFuture::from(self.bucket.get(key, &options)).await;
        let object = object.map_err(|cause| failed("getting", key, &cause))?;
        if object.is_null() {
            return Err(Error::Internal(format!("the object {key} is missing")));
        }
        let object: StoredObject = object.unchecked_into();
        let found = object.size_bytes();
        if found != size_bytes {
            return Err(Error::Internal(format!("the object {key} has {found} bytes where its row says {size_bytes}")));
        }
        Ok(object.body())
    }

    /// The bytes of an object that others have put there, and how many they are now.
    pub async fn get_foreign(&self, key: &str) -> Result<(u64, JsValue), Error> {
        self.incoming.spend_bucket_operation();
        let object = JsFuture::from(self.bucket.get(key, &Object::new())).await;
        let object = object.map_err(|cause| failed("getting", key, &cause))?;
        if object.is_null() {
            return Err(Error::TakenAway);
        }
        let object: StoredObject = object.unchecked_into();
        Ok((object.size_bytes(), object.body()))
    }

    /// Removes an object, best effort: for bytes that nothing points to.
    pub async fn delete(&self, key: &str) {
        self.incoming.spend_bucket_operation();
        let _ = JsFuture::from(self.bucket.delete(&key.into())).await;
    }

    /// Removes everything under a prefix, page by page, and answers how much it was. It can be repeated.
    pub async fn delete_all(&self, prefix: &str) -> Result<usize, Error> {
        let mut removed = 0;
        loop {
            let page = self.list(prefix).await?;
            if page.is_empty() {
                return Ok(removed);
            }
            removed += page.len();
            let keys: Array = page.iter().map(|listed| JsValue::from_str(&listed.key)).collect();
            self.incoming.spend_bucket_operation();
            let gone = JsFuture::from(self.bucket.delete(&keys)).await;
            gone.map_err(|cause| failed("removing", prefix, &cause))?;
        }
    }

    /// The first objects under a prefix: at most 500.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ListedObject>, Error> {
        self.list_after(prefix, None).await
    }

    /// The first objects under a prefix behind a key, in the order of their keys: at most 500.
    pub async fn list_after(&self, prefix: &str, after: Option<&str>) -> Result<Vec<ListedObject>, Error> {
        self.incoming.spend_bucket_operation();
        let listing = |cause: JsValue| failed("listing", prefix, &cause);
        let options = Object::new();
        Reflect::set(&options, &"prefix".into(), &prefix.into()).map_err(listing)?;
        // A page of long keys must stay below what the bucket sends at once.
        Reflect::set(&options, &"limit".into(), &LIST_MAX.into()).map_err(listing)?;
        if let Some(after) = after {
            Reflect::set(&options, &"startAfter".into(), &after.into()).map_err(listing)?;
        }
        let page = JsFuture::from(self.bucket.list(&options)).await.map_err(listing)?;
        let objects = Reflect::get(&page, &"objects".into()).map_err(listing)?;
        let objects = Array::from(&objects);
        let objects = objects.iter().map(JsCast::unchecked_into::<StoredObject>);
        let listed = objects.map(|object| ListedObject {
            key: object.key(),
            size_bytes: object.size_bytes(),
            uploaded_ms: object.uploaded().get_time(),
        });
        Ok(listed.collect())
    }

    /// An object that others have put there, up to a size: none if it is missing. Of a longer one, the end.
    pub async fn read_end(&self, key: &str, max_bytes: u64) -> Result<Option<ArrayBuffer>, Error> {
        self.incoming.spend_bucket_operation();
        let getting = |cause: JsValue| failed("getting", key, &cause);
        let range = Object::new();
        #[expect(clippy::cast_precision_loss, reason = "a bound of ours")]
        Reflect::set(&range, &"suffix".into(), &(max_bytes as f64).into()).map_err(getting)?;
        let options = Object::new();
        Reflect::set(&options, &"range".into(), &range).map_err(getting)?;
        let object = match JsFuture::from(self.bucket.get(key, &options)).await {
            Ok(object) => object,
            // The end of an empty object is no range of it.
            Err(cause) if format!("{cause:?}").contains(NO_SUCH_RANGE) => return Ok(Some(ArrayBuffer::new(0))),
            Err(cause) => return Err(getting(cause)),
        };
        if object.is_null() {
            return Ok(None);
        }
        let buffer = JsFuture::from(object.unchecked_into::<StoredObject>().array_buffer()).await.map_err(getting)?;
        Ok(Some(buffer.unchecked_into()))
    }
}

/// A failure of the bucket, while doing something with a key.
pub fn failed(doing: &str, key: &str, cause: &JsValue) -> Error {
    Error::BucketFailed(format!("{doing} {key}: {cause:?}"))
}

#[expect(clippy::cast_precision_loss, reason = "objects are below 2^53 bytes")]
fn ranged(Range { offset, length }: Range) -> Result<Object, JsValue> {
    let range = Object::new();
    Reflect::set(&range, &"offset".into(), &(offset as f64).into())?;
    Reflect::set(&range, &"length".into(), &(length as f64).into())?;
    let options = Object::new();
    Reflect::set(&options, &"range".into(), &range)?;
    Ok(options)
}
