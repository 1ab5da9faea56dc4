//! Requests on a socket: most are the Worker's to answer; what a socket follows is kept here.

use std::rc::Rc;

use js_sys::{JsString, Object, Reflect};
use serde_json::json;
use wasm_bindgen::JsValue;

use super::frame::{self, Asked, NoRequest};
use super::readers::Live;
use super::refusal::Refusal;
use super::socket::{Attached, Follows, Goodbye, Socket};
use super::worker;
use crate::path::FilePath;

/// The most requests of one socket that are answered at the same time: the answers of all of them may be in memory.
const ASKED_MAX: usize = 16;
/// The most of all sockets together, but for subscriptions: those are short, and after an interruption all come at once.
const ASKED_MAX_IN_ALL: usize = 32;
/// The most answers that wait for one socket to have room, refusals included: each is a timer, and timers without end end the
/// wasm instance.
const REPLIES_MAX: usize = 64;

/// What a request is answered, and what the socket follows from then on, if it asked for that.
type Answered = (JsString, Option<Follows>);

impl Live {
    /// Takes a message of a socket, and answers it.
    pub async fn take(self: Rc<Self>, socket: Socket, message: JsValue) {
        // What it had sent before it was told goodbye still comes here.
        if !socket.is_open() {
            return;
        }
        let Some(attached) = socket.attached() else { return socket.close(Goodbye::Failed) };
        let asked = match frame::read(&message) {
            Ok(asked) => asked,
            Err(NoRequest::Close(goodbye)) => return socket.close(goodbye),
            Err(NoRequest::Refuse(frame)) => return self.reply(&socket, &attached, &frame).await,
        };
        let id = asked.id.clone();
        if !self.begins(&attached, &asked) {
            let refusal = Refusal::new(429, "Too many requests at once; wait for the answers of some");
            return self.reply(&socket, &attached, &refusal.frame(Some(&id))).await;
        }
        let (frame, follows) = match self.answer(&socket, &attached, asked).await {
            Ok(answered) => answered,
            Err(refusal) => (refusal.frame(Some(&id)), None),
        };
        self.reply(&socket, &attached, &frame).await;
        // Not before: an answer that waits for room is in memory.
        self.with_reader(attached.id, |reader| reader.asked = reader.asked.saturating_sub(1));
        if follows.is_some() {
            self.follow(&socket, follows);
        }
    }

    /// Counts a request of a socket, unless there are too many.
    fn begins(&self, attached: &Attached, asked: &Asked) -> bool {
        let all = if asked.method == "files.subscribe" { 0 } else { self.asked() };
        self.with_reader(attached.id, |reader| {
            let begins = reader.asked < ASKED_MAX && all < ASKED_MAX_IN_ALL;
            reader.asked += usize::from(begins);
            begins
        })
    }

    async fn answer(self: &Rc<Self>, socket: &Socket, attached: &Attached, asked: Asked) -> Result<Answered, Refusal> {
        let Asked { id, method, params } = asked;
        worker::check(&params)?;
        match method.as_str() {
            "ping" => Ok((frame::answer(&id, &"{}".into(), None), None)),
            "files.unsubscribe" => {
                self.follow(socket, None);
                Ok((frame::answer(&id, &"{}".into(), None), None))
            }
            "files.subscribe" => {
                let follows = self.begin(attached, &params).await?;
                let payload = json!({ "rev": follows.rev }).to_string();
                Ok((frame::answer(&id, &payload.into(), None), Some(follows)))
            }
            method => {
                let route = worker::route(method).ok_or_else(|| unknown(method))?;
                let answered = worker::ask(&self.exports(), attached, route, &params).await?;
                Ok((frame::answer(&id, &answered.body, answered.etag.as_deref()), None))
            }
        }
    }

    /// Where a subscription begins. The Worker is asked for no change from there on, so that what is wrong with a path or a rev
    /// is said in the same words as over HTTP.
    async fn begin(&self, attached: &Attached, params: &JsValue) -> Result<Follows, Refusal> {
        let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let look = Object::new();
        for (name, value) in [("path", member(params, "path")), ("since", member(params, "since")), ("limit", 0.into())]
        {
            if !value.is_undefined() {
                let _ = Reflect::set(&look, &name.into(), &value);
            }
        }
        let route = ("GET", "/api/files/changes".to_owned());
        let told = worker::ask(&self.exports(), attached, route, &look).await?.body;
        let rev = js_sys::JSON::parse(&String::from(told)).ok().and_then(|told| member(&told, "rev").as_f64());
        let path = member(params, "path").as_string();
        let path = path.map_or_else(|| Ok(FilePath::root()), |path| FilePath::parse(&attached.root, &path));
        let (Some(rev), Ok(path)) = (rev, path) else {
            return Err(Refusal::new(503, "The service was interrupted; please try again"));
        };
        #[expect(clippy::cast_possible_truncation, reason = "the Worker takes no other than whole numbers below 2^53")]
        Ok(Follows { path, rev: rev as i64 })
    }

    /// Sends an answer once there is room for it. Who asks on and does not read is let go.
    async fn reply(&self, socket: &Socket, attached: &Attached, frame: &JsString) {
        let waits = self.with_reader(attached.id, |reader| {
            let waits = reader.replies < REPLIES_MAX;
            reader.replies += usize::from(waits);
            waits
        });
        if !waits {
            return socket.close(Goodbye::TooSlow);
        }
        let is_drained = self.drained(socket).await;
        self.with_reader(attached.id, |reader| reader.replies = reader.replies.saturating_sub(1));
        if !is_drained {
            return socket.close(Goodbye::TooSlow);
        }
        // In characters, of which some are more bytes: then it is forgotten a little early.
        let bytes = usize::try_from(frame.length()).unwrap_or(usize::MAX);
        self.with_reader(attached.id, |reader| reader.outbox.add_answer(bytes));
        socket.send(frame);
    }
}

fn unknown(method: &str) -> Refusal {
    if method.starts_with("files.") {
        return Refusal::new(404, "There is no such method");
    }
    Refusal::new(501, "No gateway is configured: this service answers ping and files.… only")
}
