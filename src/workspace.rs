//! Calls to a user's workspace object.

use std::rc::Rc;

use durable_objects::call::{self, ANSWER, COST, Call, Foreign, Kind, Verb, to_header};
use durable_objects::ids::{Label, UserId};
use durable_objects::path::FilePath;
use durable_objects::sql::Cost;
use js_sys::{ArrayBuffer, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

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
    fn fetch(this: &Stub, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

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
        Ok(Self {
            stub: env::workspace(&incoming.env, caller.user())?,
            user: caller.user().clone(),
            actor: incoming.label("X-Actor")?,
            turn: incoming.label("X-Turn")?,
            incoming: Rc::clone(incoming),
        })
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

    /// Makes entries of the files that the bucket already holds, page by page. It goes on where an import was cut off,
    /// and two at a time do no harm.
    async fn import(&self, after: Option<&FilePath>) -> Result<(), Error> {
        let blobs = Blobs::of(&self.incoming)?;
        let prefix = Shelf::Workspace.prefix(&self.user);
        let mut after = after.map(|path| format!("{prefix}{path}"));
        loop {
            let page = blobs.list_after(&prefix, after.as_deref()).await?;
            after = page.last().map(|object| object.key.clone());
            let files = page.iter().filter_map(|object| self.foreign(&prefix, object)).collect();
            let done = page.is_empty();
            let import = call::Import { files, done };
            let request = call::Request { verb: import.into(), actor: Label::parse("sandbox"), turn: None };
            read_answer::<call::Import>(&self.fetch(&request, None).await?).await?;
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
        Some(Foreign { key: object.key.clone(), path, kind, size_bytes: object.size_bytes })
    }

    /// Makes a call that may answer a file's bytes: they are the body of the response, not yet read.
    pub async fn call_for_bytes<C: Call>(&self, call: C) -> Result<(C::Answer, Option<Response>), Error> {
        self.send(call, None).await
    }

    async fn send<C: Call>(&self, call: C, body: Option<&ArrayBuffer>) -> Result<(C::Answer, Option<Response>), Error> {
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
        call::Request { verb: call.into(), actor: self.actor.clone(), turn: self.turn.clone() }
    }

    /// The answer to a call, and the response if its body is still to be read.
    async fn answer<C: Call>(
        &self,
        request: &call::Request,
        body: Option<&ArrayBuffer>,
    ) -> Result<(C::Answer, Option<Response>), Error> {
        let response = self.fetch(request, body).await?;
        match header(&response, ANSWER) {
            Some(answer) => Ok((parse::<C>(&answer)?, Some(response))),
            None => Ok((read_answer::<C>(&response).await?, None)),
        }
    }

    async fn fetch(&self, request: &call::Request, body: Option<&ArrayBuffer>) -> Result<Response, Error> {
        // A rejection is the platform's: the object restarts, is overloaded, or its isolate ran out of memory.
        let unreachable = |cause: JsValue| Error::Interrupted(format!("the object did not answer: {cause:?}"));
        let init = request_init(request, body)?;
        let response = self.stub.fetch("http://workspace/", &init).map_err(unreachable)?;
        let response: Response = JsFuture::from(response).await.map_err(unreachable)?.unchecked_into();
        if response.status() != 200 {
            return Err(Error::Interrupted(format!("the object answered {}", response.status())));
        }
        self.incoming.spend_rows(cost(&response));
        Ok(response)
    }
}

/// The call as the body, or, when the body is a file's bytes, in a header.
fn request_init(request: &call::Request, bytes: Option<&ArrayBuffer>) -> Result<RequestInit, Error> {
    let broken = |cause: serde_json::Error| Error::internal("a call", &cause);
    let init = RequestInit::new();
    init.set_method("POST");
    if let Some(bytes) = bytes {
        let unset = |cause: JsValue| Error::internal("a call", &cause);
        let headers = Headers::new().map_err(unset)?;
        headers.set(call::CALL, &to_header(request).map_err(broken)?).map_err(unset)?;
        init.set_headers(&headers);
        init.set_body(bytes);
    } else {
        init.set_body(&serde_json::to_string(request).map_err(broken)?.into());
    }
    Ok(init)
}

async fn read_answer<C: Call>(response: &Response) -> Result<C::Answer, Error> {
    let cut_off = |cause: JsValue| Error::Interrupted(format!("the object's answer was cut off: {cause:?}"));
    let text = JsFuture::from(response.text().map_err(cut_off)?).await.map_err(cut_off)?;
    parse::<C>(&text.as_string().unwrap_or_default())
}

fn parse<C: Call>(answer: &str) -> Result<C::Answer, Error> {
    let answer: Result<C::Answer, call::Error> =
        serde_json::from_str(answer).map_err(|error| Error::internal("an answer of the object", &error))?;
    Ok(answer?)
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

fn cost(response: &Response) -> Cost {
    let cost = header(response, COST).unwrap_or_default();
    let (rows_read, rows_written) = cost.split_once(',').unwrap_or_default();
    let count = |text: &str| text.parse().unwrap_or_default();
    Cost { rows_read: count(rows_read), rows_written: count(rows_written) }
}
