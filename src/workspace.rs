//! Calls to a user's workspace object.

use std::rc::Rc;
use std::time::Duration;

use durable_objects::call::{self, Call, Foreign, Kind, Verb};
use durable_objects::ids::{Label, UserId};
use durable_objects::path::FilePath;
use durable_objects::sql::Cost;
use js_sys::{Array, ArrayBuffer, JsString, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, WebSocket};
use worker::console_warn;

use crate::auth::Caller;
use crate::blobs::{Blobs, ListedObject, Shelf};
use crate::env;
use crate::error::Error;
use crate::incoming::Incoming;

#[wasm_bindgen]
extern "C" {
    /// The runtime's handle to an object.
    pub type Stub;
    #[wasm_bindgen(method, catch)]
    fn perform(this: &Stub, call: &str, body: Option<&ArrayBuffer>) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn wait(this: &Stub, since: f64, path: &str, wait_ms: f64) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Stub, url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    type Switched;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Switched) -> u16;
    #[wasm_bindgen(method, getter, js_name = webSocket)]
    fn socket(this: &Switched) -> Option<WebSocket>;
}

/// Who has made what lies in the bucket copy and did not come from here.
const SANDBOX: &str = "sandbox";

/// What a call answers: its answer, and what goes past it as the runtime's own, if anything does.
type Answered<C> = (<C as Call>::Answer, JsValue);

/// The workspace of one caller, for the length of one request.
pub struct Workspace {
    stub: Stub,
    user: UserId,
    incoming: Rc<Incoming>,
    actor: Option<Label>,
    turn: Option<Label>,
}

impl Workspace {
    /// The workspace of a caller.
    pub fn of(caller: &Caller, incoming: &Rc<Incoming>) -> Result<Self, Error> {
        // What is only looked at is nobody's doing.
        let label = |name| if incoming.is_change() { incoming.label(name) } else { Ok(None) };
        Ok(Self {
            stub: env::workspace(&incoming.env, caller.user())?,
            user: caller.user().clone(),
            actor: label("X-Actor")?,
            turn: label("X-Turn")?,
            incoming: Rc::clone(incoming),
        })
    }

    /// The same workspace, for what a sandbox has done.
    pub fn for_sandbox(self) -> Self {
        Self { actor: Label::parse(SANDBOX), ..self }
    }

    /// Makes a call.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer, Error> {
        Ok(self.send(call, None).await?.0)
    }

    /// Makes a call with a body, if it has one.
    pub async fn call_with<C: Call>(&self, call: C, body: Option<&ArrayBuffer>) -> Result<C::Answer, Error> {
        Ok(self.send(call, body).await?.0)
    }

    /// Whose it is.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The request that it is asked for.
    pub fn incoming(&self) -> &Rc<Incoming> {
        &self.incoming
    }

    /// Comes back when something has changed since a rev that is about an entry, or after that time.
    pub async fn wait(&self, since: i64, path: &FilePath, time: Duration) -> Result<(), Error> {
        #[expect(clippy::cast_precision_loss, reason = "revs are below 2^53")]
        let since = since as f64;
        let changed = self.stub.wait(since, path.as_str(), time.as_secs_f64() * 1000.0).map_err(unreachable)?;
        JsFuture::from(changed).await.map_err(unreachable)?;
        Ok(())
    }

    /// A socket to the object, for the caller: whose it is has been seen to, and nothing of the query goes along. None if the
    /// user has too many.
    pub async fn connect(&self) -> Result<Option<WebSocket>, Error> {
        let init = RequestInit::new();
        let headers = Headers::new().map_err(unreachable)?;
        let root = &self.incoming.config.root;
        for (name, value) in [("Upgrade", "websocket"), ("X-User", self.user.as_str()), ("X-Root", root)] {
            headers.set(name, value).map_err(unreachable)?;
        }
        init.set_headers(&headers);
        let answer = self.stub.fetch(&format!("{}/ws?", self.incoming.origin), &init).map_err(unreachable)?;
        let answer: Switched = JsFuture::from(answer).await.map_err(unreachable)?.unchecked_into();
        match answer.status() {
            429 => Ok(None),
            _ => answer.socket().map(Some).ok_or_else(|| Error::Interrupted("the object took no socket".to_owned())),
        }
    }

    /// Makes entries of the files that the bucket already holds, page by page. It goes on where an import was cut off,
    /// and two at a time do no harm.
    async fn import(&self, after: Option<&FilePath>) -> Result<(), Error> {
        let blobs = Blobs::of(&self.incoming)?;
        let prefix = Shelf::Workspace.prefix(&self.user);
        let mut after = after.map(|path| format!("{prefix}{path}"));
        loop {
            let page = blobs.list_after(&prefix, after.as_deref()).await?;
            after = page.last().map(|object| object.key.clone());
            let (mut files, mut strange) = (Vec::new(), Vec::new());
            for object in &page {
                match self.foreign(&prefix, object) {
                    Some(file) => files.push(file),
                    None => strange.push(&object.key),
                }
            }
            if let Some(first) = strange.first() {
                console_warn!(
                    "import: {} objects whose keys are no paths stay as they are, such as {first}",
                    strange.len()
                );
            }
            let done = page.is_empty();
            let import = call::Import { files, done };
            let request = call::Request { verb: import.into(), actor: Label::parse(SANDBOX), turn: None, root: None };
            let (call::Imported { passed_over, .. }, _) = self.answer::<call::Import>(&request, None).await?;
            if passed_over > 0 {
                console_warn!(
                    "import: {passed_over} objects are in the way of others, or do not fit, and stay as they are"
                );
            }
            if done {
                return Ok(());
            }
        }
    }

    /// An object as a file. What does not fit a path stays where it is, and is no file here.
    fn foreign(&self, prefix: &str, object: &ListedObject) -> Option<Foreign> {
        let name = object.key.strip_prefix(prefix)?;
        let (name, kind) = name.strip_suffix('/').map_or((name, Kind::File), |name| (name, Kind::Directory));
        let root = &self.incoming.config.root;
        let path = FilePath::parse(root, &format!("{root}/{name}")).ok().filter(|path| path.as_str() == name)?;
        let (size_bytes, etag) = (object.size_bytes, object.etag.clone());
        Some(Foreign { key: object.key.clone(), path, kind, size_bytes, etag })
    }

    /// Makes a call that may answer a file's bytes: they are a buffer of the runtime, or there are none.
    pub async fn call_for_bytes<C: Call>(&self, call: C) -> Result<(C::Answer, Option<ArrayBuffer>), Error> {
        let (answer, body) = self.send(call, None).await?;
        Ok((answer, body.dyn_into().ok()))
    }

    /// Makes a call that answers part of its answer as text, written as the client sees it.
    pub async fn call_for_text<C: Call>(&self, call: C) -> Result<(C::Answer, JsString), Error> {
        let (answer, body) = self.send(call, None).await?;
        Ok((answer, body.unchecked_into()))
    }

    async fn send<C: Call>(&self, call: C, body: Option<&ArrayBuffer>) -> Result<Answered<C>, Error> {
        let request = self.request(call);
        match self.answer::<C>(&request, body).await {
            Err(Error::Workspace(call::Error::ImportFirst { after })) => {
                self.import(after.as_ref()).await?;
                self.answer::<C>(&request, body).await
            }
            answer => answer,
        }
    }

    fn request(&self, call: impl Into<Verb>) -> call::Request {
        call::Request {
            verb: call.into(),
            actor: self.actor.clone(),
            turn: self.turn.clone(),
            root: Some(self.incoming.config.root.clone()),
        }
    }

    /// The answer of the object, and its bill.
    async fn answer<C: Call>(&self, request: &call::Request, body: Option<&ArrayBuffer>) -> Result<Answered<C>, Error> {
        let request = serde_json::to_string(request).map_err(|error| Error::internal("a call", &error))?;
        let answer = self.stub.perform(&request, body).map_err(unreachable)?;
        let answer: Array = JsFuture::from(answer).await.map_err(unreachable)?.unchecked_into();
        self.incoming.spend_rows(Cost { rows_read: count(&answer.get(1)), rows_written: count(&answer.get(2)) });
        let result: Result<C::Answer, call::Error> =
            serde_json::from_str(&answer.get(0).as_string().unwrap_or_default())
                .map_err(|error| Error::internal("an answer of the object", &error))?;
        Ok((result?, answer.get(3)))
    }
}

/// A rejection is the platform's: the object restarts, is overloaded, or its isolate ran out of memory.
#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn unreachable(cause: JsValue) -> Error {
    Error::Interrupted(format!("the object did not answer: {cause:?}"))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows, below 2^53")]
fn count(number: &JsValue) -> u64 {
    number.as_f64().unwrap_or_default() as u64
}
