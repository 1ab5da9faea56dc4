//! Hosts with a chat gateway of their own (`GATEWAY_ORIGIN`): one socket of a page is both ours and the gateway's.
//!
//! The relay lives here, in the Worker, and not in the object. A connection that goes out keeps an object awake, and is paid for,
//! as long as a page is open; a Worker between two sockets is paid for the moments in which a frame passes. So requests for files
//! go on to the object, which sleeps between them as ever, and all others to the gateway; what either says goes to the page. Where
//! no gateway is configured, the page is handed to the object itself and nothing of this runs.
//!
//! Frames pass as the runtime has them. The only one that is changed is the page's `connect`, which gets the gateway's token: the
//! page never sees it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use durable_objects::live::refusal::Refusal;
use futures::future::{Either, select};
use js_sys::{JsString, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use worker::{Delay, console_warn};

#[wasm_bindgen]
extern "C" {
    /// One end of a socket.
    #[derive(Clone)]
    pub type Peer;
    #[wasm_bindgen(method, catch)]
    fn accept(this: &Peer) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn send(this: &Peer, data: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = close)]
    fn close_with(this: &Peer, code: u16, reason: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    fn buffered_amount(this: &Peer) -> f64;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn on(this: &Peer, event: &str, listener: &JsValue);

    type Event;
    #[wasm_bindgen(method, getter)]
    fn data(this: &Event) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn code(this: &Event) -> Option<u16>;
    #[wasm_bindgen(method, getter)]
    fn reason(this: &Event) -> Option<String>;

    type Answer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;
    #[wasm_bindgen(method, getter, js_name = webSocket)]
    fn socket(this: &Answer) -> Option<Peer>;

    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;

    // `js_sys::JSON::parse` takes a Rust string: it would copy the text through wasm.
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &JsString) -> Result<JsValue, JsValue>;
}

/// How long a gateway may take to take a socket.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// The most frames, and the most characters of them, that wait for it.
const QUEUE_MAX: (usize, u32) = (64, 1024 * 1024);
/// The longest frame to the gateway, in characters.
const FRAME_MAX_CHARS: u32 = 8 * 1024 * 1024;
/// The most bytes that wait for one of the three. The object holds its own readers closer; here its frames and the gateway's are
/// one stream.
const UNSENT_MAX_BYTES: f64 = 8.0 * 1024.0 * 1024.0;
/// What is said of a gateway that is down.
const UNREACHABLE: &str = "The gateway is not reachable; try again";
/// The longest reason of a close, by the protocol.
const REASON_MAX_BYTES: usize = 123;

/// Where the gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Its address, without a trailing slash (`GATEWAY_ORIGIN`).
    pub origin: String,
    /// What it takes as a proof that we may speak to it (`GATEWAY_TOKEN`).
    pub token: Option<String>,
}

impl GatewayConfig {
    /// The gateway of a deployment, if it has one.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| var(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        // Sockets are opened by a request like any other.
        let origin = set("GATEWAY_ORIGIN")?.trim_end_matches('/').to_owned();
        let origin = match origin.strip_prefix("ws") {
            Some(rest) => format!("http{rest}"),
            None => origin,
        };
        Some(Self { origin, token: set("GATEWAY_TOKEN") })
    }
}

/// The gateway as a page has it.
enum Gateway {
    /// Not there yet: these frames wait for it.
    Opening(Vec<JsString>),
    /// There.
    Open(Peer),
    /// Not to be had when it was last asked for.
    Down,
    /// Not wanted any more: the page or the object has left.
    Over,
}

impl Gateway {
    /// Takes a frame, or says why not.
    fn take(&mut self, text: JsString) -> Result<(), &'static str> {
        match self {
            Self::Open(peer) if peer.is_behind() => return Err("The gateway does not keep up; try again"),
            Self::Open(peer) => forward(peer, &text),
            Self::Opening(queue) => {
                let chars = queue.iter().fold(text.length(), |sum, frame| sum.saturating_add(frame.length()));
                if queue.len() >= QUEUE_MAX.0 || chars > QUEUE_MAX.1 {
                    return Err("The gateway has not answered yet, and too much waits for it; try again");
                }
                queue.push(text);
            }
            Self::Down => return Err(UNREACHABLE),
            Self::Over => {}
        }
        Ok(())
    }
}

/// One page between the object and the gateway.
pub struct Relay {
    page: Peer,
    object: Peer,
    gateway: RefCell<Gateway>,
    config: GatewayConfig,
    user: String,
}

impl Relay {
    /// Connects a page, to whose end of a pair `page` is ours, with a user's object and the gateway.
    pub fn begin(page: Peer, object: Peer, config: GatewayConfig, user: &str) -> Result<Rc<Self>, JsValue> {
        let gateway = RefCell::new(Gateway::Down);
        let relay = Rc::new(Self { page, object, gateway, config, user: user.to_owned() });
        relay.listen(&relay.page, Self::from_page, |relay, code, reason| relay.end(code, reason));
        relay.listen(&relay.object, Self::to_page, |relay, code, reason| relay.end(code, reason));
        relay.page.accept()?;
        relay.object.accept()?;
        // It speaks first, so nobody waits for a frame of the page's.
        relay.open(Vec::new());
        Ok(relay)
    }

    /// Has messages and the end of a socket handled, whichever way it ends.
    fn listen(self: &Rc<Self>, peer: &Peer, message: fn(&Rc<Self>, &JsValue), end: fn(&Rc<Self>, u16, &str)) {
        let relay = Rc::clone(self);
        let on_message = Closure::<dyn FnMut(Event)>::new(move |event: Event| message(&relay, &event.data()));
        peer.on("message", &on_message.into_js_value());
        for name in ["close", "error"] {
            let relay = Rc::clone(self);
            let on_end = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                end(&relay, event.code().unwrap_or(1011), &event.reason().unwrap_or_default());
            });
            peer.on(name, &on_end.into_js_value());
        }
    }

    /// A frame of the page's: the object's, or the gateway's.
    fn from_page(self: &Rc<Self>, data: &JsValue) {
        let Some(text) = data.dyn_ref::<JsString>() else { return self.end(1003, "Frames are text") };
        if text.length() > FRAME_MAX_CHARS {
            return self.end(1009, "A frame is at most 8 MiB");
        }
        let frame = parse(text).unwrap_or(JsValue::UNDEFINED);
        let method = member(&frame, "method").as_string().unwrap_or_default();
        // What is no frame is the object's too: it says so.
        if !frame.is_object() || method.starts_with("files.") || method == "ping" {
            if self.object.is_behind() {
                return self.refuse(&frame, "Too much waits to be taken; try again");
            }
            return forward(&self.object, data);
        }
        let text =
            if method == "connect" { self.with_token(&frame).unwrap_or_else(|| text.clone()) } else { text.clone() };
        if matches!(*self.gateway.borrow(), Gateway::Down) {
            return self.open(vec![text]);
        }
        let taken = self.gateway.borrow_mut().take(text);
        if let Err(message) = taken {
            self.refuse(&frame, message);
        }
    }

    /// The page's `connect` with the token in it.
    fn with_token(&self, frame: &JsValue) -> Option<JsString> {
        let token = self.config.token.as_deref()?;
        let within = |of: &JsValue, name: &str| {
            let inner = member(of, name);
            let inner = if inner.is_object() { inner } else { Object::new().into() };
            Reflect::set(of, &name.into(), &inner).ok()?;
            Some(inner)
        };
        let auth = within(&within(frame, "params")?, "auth")?;
        Reflect::set(&auth, &"token".into(), &token.into()).ok()?;
        js_sys::JSON::stringify(frame).ok()
    }

    /// Opens the gateway, for which some frames wait already.
    fn open(self: &Rc<Self>, queue: Vec<JsString>) {
        self.gateway.replace(Gateway::Opening(queue));
        let relay = Rc::clone(self);
        spawn_local(async move {
            let opened = match select(Box::pin(relay.call()), Box::pin(Delay::from(OPEN_MAX))).await {
                Either::Left((opened, _)) => opened,
                Either::Right(_) => Err("it took too long".to_owned()),
            };
            relay.opened(opened);
        });
    }

    async fn call(&self) -> Result<Peer, String> {
        let failed = |cause: JsValue| format!("{cause:?}");
        let (init, headers) = (Object::new(), Object::new());
        for (name, value) in [("Upgrade", "websocket"), ("X-User-Id", &self.user)] {
            Reflect::set(&headers, &name.into(), &value.into()).map_err(failed)?;
        }
        Reflect::set(&init, &"headers".into(), &headers).map_err(failed)?;
        let answer = fetch(&format!("{}/", self.config.origin), &init).map_err(failed)?;
        let answer: Answer = JsFuture::from(answer).await.map_err(failed)?.unchecked_into();
        answer.socket().ok_or_else(|| format!("it answered {}", answer.status()))
    }

    /// Sends what has waited, or says that it was in vain.
    fn opened(self: &Rc<Self>, opened: Result<Peer, String>) {
        let opened = opened.and_then(|peer| {
            // The gateway's end is the page's: it has to begin anew.
            self.listen(&peer, Self::to_page, |relay, code, reason| relay.end(code, reason));
            peer.accept().map_err(|cause| format!("{cause:?}"))?;
            Ok(peer)
        });
        if matches!(*self.gateway.borrow(), Gateway::Over) {
            // What was not accepted cannot be closed.
            if let Ok(peer) = opened
                && peer.accept().is_ok()
            {
                peer.leave();
            }
            return;
        }
        let next = match &opened {
            Ok(peer) => Gateway::Open(peer.clone()),
            Err(cause) => {
                console_warn!("the gateway is not reachable: {cause}");
                Gateway::Down
            }
        };
        let Gateway::Opening(queue) = self.gateway.replace(next) else { return };
        for text in queue {
            if let Ok(peer) = &opened {
                forward(peer, &text);
            } else {
                let frame = parse(&text).unwrap_or(JsValue::UNDEFINED);
                self.refuse(&frame, UNREACHABLE);
            }
        }
    }

    /// Answers a request that nobody else can.
    fn refuse(self: &Rc<Self>, frame: &JsValue, message: &str) {
        let id = member(frame, "id");
        // Gateways know ids that are numbers, too.
        if (id.is_string() || id.as_f64().is_some())
            && let Ok(id) = js_sys::JSON::stringify(&id)
        {
            self.to_page(&Refusal::new(503, message).frame_to(&String::from(id)));
        }
    }

    /// What the object or the gateway says.
    fn to_page(self: &Rc<Self>, data: &JsValue) {
        if self.page.is_behind() {
            return self.end(4408, "Too much is unsent; reconnect and subscribe since your last rev");
        }
        forward(&self.page, data);
    }

    /// One of the three has ended, and so do the others: what it said is told to the page.
    fn end(&self, code: u16, reason: &str) {
        let reason = cut(reason);
        let told = if matches!(code, 1000 | 1001 | 1003 | 1007..=1013 | 3000..=4999) { code } else { 1011 };
        let _ = self.page.close_with(told, reason);
        self.object.leave();
        if let Gateway::Open(peer) = self.gateway.replace(Gateway::Over) {
            peer.leave();
        }
    }
}

impl Peer {
    /// Whether too much waits for it.
    fn is_behind(&self) -> bool {
        self.buffered_amount() > UNSENT_MAX_BYTES
    }

    /// Closes it. What has ended already cannot be closed again, and need not be.
    fn leave(&self) {
        let _ = self.close_with(1000, "");
    }
}

/// Passes a frame on, to whoever may still be there.
fn forward(peer: &Peer, data: &JsValue) {
    let _ = peer.send(data);
}

fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// As much of a reason as a close can carry.
fn cut(reason: &str) -> &str {
    let end = (0..=REASON_MAX_BYTES.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
    reason.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_where_it_is_configured_and_nowhere_else() {
        let read = |vars: &[(&str, &str)]| {
            GatewayConfig::read(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("GATEWAY_ORIGIN", " "), ("GATEWAY_TOKEN", "t")]), None);
        for (origin, address) in
            [("wss://g.example/", "https://g.example"), ("http://localhost:1", "http://localhost:1")]
        {
            let config = GatewayConfig { origin: address.to_owned(), token: None };
            assert_eq!(read(&[("GATEWAY_ORIGIN", origin)]), Some(config));
        }
    }

    #[test]
    fn a_reason_is_cut_between_two_characters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"x".repeat(200)).len(), 123);
        assert_eq!(cut(&"é".repeat(100)), "é".repeat(61));
    }
}
