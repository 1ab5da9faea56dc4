//! [`Live`]: all who are told at once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Array, JsString};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use worker::{Delay, Request, Response, Result, State, WebSocketPair, console_error};

use super::frame::{self, PING};
use super::outbox::{Outbox, UNSENT_MAX_BYTES};
use super::socket::{Attached, Follows, Goodbye, Socket};
use super::worker::Exports;
use crate::call::{Error, ReadFeed};
use crate::event;
use crate::path::FilePath;
use crate::sql::ObjectSql;
use crate::workspace::feed;

#[wasm_bindgen]
extern "C" {
    type ObjectState;
    #[wasm_bindgen(method, js_name = getWebSockets)]
    fn web_sockets(this: &ObjectState) -> Array;
    #[wasm_bindgen(method, catch, js_name = acceptWebSocket)]
    fn accept(this: &ObjectState, socket: &Socket) -> std::result::Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = setWebSocketAutoResponse)]
    fn answer_by_itself(this: &ObjectState, pair: &Pair);
    #[wasm_bindgen(method, getter)]
    fn exports(this: &ObjectState) -> Exports;

    #[wasm_bindgen(js_name = WebSocketRequestResponsePair)]
    type Pair;
    #[wasm_bindgen(constructor, js_class = "WebSocketRequestResponsePair")]
    fn new(request: &str, response: &str) -> Pair;
}

/// The most sockets of one user: each costs a little at every change.
const SOCKETS_MAX: usize = 100;
/// The most requests that wait for a change.
const WAITING_MAX: usize = 256;
/// How many events are sent at once, before the reader is looked at.
const EVENTS_PER_PAGE: usize = 250;
/// How often a reader is looked at that is behind.
const PUMP_INTERVAL: Duration = Duration::from_millis(10);
/// How many such looks a reader may take without reading anything: 10 seconds.
const PUMP_PATIENCE: u32 = 1000;

/// All who are told at once.
pub struct Live {
    state: ObjectState,
    /// Its own way to the database: what readers cost is not on the bill of who writes.
    sql: ObjectSql,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    readers: RefCell<HashMap<u32, Reader>>,
    /// Set once it is known that there is no socket.
    is_quiet: Cell<bool>,
}

/// What is known of a socket besides what it carries itself: nothing that would be missed after a sleep.
#[derive(Default)]
pub struct Reader {
    /// What has been sent to it.
    pub outbox: Outbox,
    /// How many of its requests are being answered.
    pub asked: usize,
    /// How many answers wait for room.
    pub replies: usize,
    /// Whether somebody sees to it that it is told what it has missed, at its own pace.
    is_pumped: bool,
}

/// What several readers of one place and one rev are told, written down once.
type Pages = HashMap<(i64, FilePath), Rc<std::result::Result<Page, Error>>>;

struct Page {
    frames: Vec<(JsString, usize)>,
    rev: i64,
    is_last: bool,
}

impl Live {
    /// The readers of an object, those included that were there before it woke up.
    pub fn new(state: &State) -> Rc<Self> {
        Rc::new(Self {
            sql: ObjectSql::new(&state.storage()),
            state: AsRef::<JsValue>::as_ref(state.as_raw()).clone().unchecked_into(),
            waiting: RefCell::default(),
            readers: RefCell::default(),
            is_quiet: Cell::new(false),
        })
    }

    /// Takes a socket that the Worker hands over, with whose it is; or answers 429, which it tells: the goodbye of a socket that
    /// is the object's would reach its client some seconds late.
    pub fn accept(&self, request: &Request) -> Result<Response> {
        let header = |name: &str| Ok::<_, worker::Error>(request.headers().get(name)?.unwrap_or_default());
        let url = request.inner().url();
        let others = self.sockets();
        if others.len() >= SOCKETS_MAX {
            return Response::error("Too many sockets", 429);
        }
        let pair = WebSocketPair::new()?;
        let socket: Socket = AsRef::<web_sys::WebSocket>::as_ref(&pair.server).clone().unchecked_into();
        self.state.accept(&socket).map_err(worker::Error::from)?;
        self.state.answer_by_itself(&Pair::new(PING[0], PING[1]));
        let attached = Attached {
            id: others.iter().filter_map(Socket::attached).map(|other| other.id).max().unwrap_or(0) + 1,
            user: header("X-User")?,
            origin: url.strip_suffix("/ws?").unwrap_or(&url).to_owned(),
            root: header("X-Root")?,
            follows: None,
        };
        self.is_quiet.set(false);
        self.readers.borrow_mut().insert(attached.id, Reader::default());
        if !socket.attach(&attached) {
            socket.close(Goodbye::Failed);
        }
        Response::from_websocket(pair.client)
    }

    fn sockets(&self) -> Vec<Socket> {
        Socket::all(&self.state.web_sockets())
    }

    /// Tells everyone what has changed.
    pub fn tell(self: &Rc<Self>) {
        for waiting in self.waiting.take() {
            // It may have given up.
            let _ = waiting.send(());
        }
        if self.is_quiet.get() {
            return;
        }
        let (sockets, mut pages) = (self.sockets(), Pages::new());
        self.is_quiet.set(sockets.is_empty());
        for socket in &sockets {
            self.push(socket, &mut pages);
        }
    }

    /// Ends all sockets: there is nothing to follow any more.
    pub fn end(&self) {
        self.sockets().iter().for_each(|socket| socket.close(Goodbye::Deleted));
    }

    /// Forgets a socket that has gone.
    pub fn forget(&self, socket: &Socket) {
        socket.close_back();
        if let Some(attached) = socket.attached() {
            self.readers.borrow_mut().remove(&attached.id);
        }
    }

    /// Waits until something has changed since a rev that is about an entry, or until the time is over.
    pub async fn wait(&self, mut call: ReadFeed, time: Duration) {
        let mut timeout = Box::pin(Delay::from(time));
        loop {
            match feed::read_part(&self.sql, &call) {
                Ok(page) if page.events.is_empty() => call.since = Some(page.rev),
                // Whatever it is, it is told to who asks now.
                _ => return,
            }
            let (sender, changed) = oneshot::channel();
            {
                let mut waiting = self.waiting.borrow_mut();
                waiting.retain(|other| !other.is_canceled());
                if waiting.len() >= WAITING_MAX {
                    return;
                }
                waiting.push(sender);
            }
            match select(changed, timeout).await {
                Either::Left((_, left)) => timeout = left,
                Either::Right(_) => return,
            }
        }
    }

    /// Has a socket follow something from now on, or nothing. What it has missed it is told at once.
    pub fn follow(self: &Rc<Self>, socket: &Socket, follows: Option<Follows>) {
        if let Some(attached) = socket.attached() {
            // The longest path fits, so it does.
            if !socket.attach(&Attached { follows, ..attached }) {
                return socket.close(Goodbye::Failed);
            }
            self.push(socket, &mut Pages::new());
        }
    }

    /// Tells one socket what has changed, unless somebody is at it already.
    fn push(self: &Rc<Self>, socket: &Socket, pages: &mut Pages) {
        let Some(attached) = socket.attached().filter(|_| socket.is_open()) else { return };
        let is_ready = self.with_reader(attached.id, |reader| {
            reader.outbox.settle(socket.unsent_bytes());
            let is_over = !reader.is_pumped && reader.outbox.is_over();
            if is_over {
                socket.close(Goodbye::TooSlow);
            }
            !reader.is_pumped && !is_over
        });
        if is_ready && !self.send_page(socket, attached, pages) {
            self.with_reader_of(socket, |reader| reader.is_pumped = true);
            spawn_local(Rc::clone(self).pump(socket.clone()));
        }
    }

    /// Tells a socket that is behind what it has missed, as fast as it reads.
    async fn pump(self: Rc<Self>, socket: Socket) {
        let (mut looks, mut unsent_bytes) = (0, 0);
        while socket.is_open() && looks < PUMP_PATIENCE {
            Delay::from(PUMP_INTERVAL).await;
            looks = if socket.unsent_bytes() == unsent_bytes { looks + 1 } else { 0 };
            unsent_bytes = socket.unsent_bytes();
            let unsent = self.with_reader_of(&socket, |reader| {
                reader.outbox.settle(unsent_bytes);
                reader.outbox.unsent_events()
            });
            if unsent.is_some_and(|(events, bytes)| events >= EVENTS_PER_PAGE || bytes >= UNSENT_MAX_BYTES / 2) {
                continue;
            }
            looks = 0;
            let Some(attached) = socket.attached() else { break };
            if self.send_page(&socket, attached, &mut Pages::new()) {
                break;
            }
        }
        if looks == PUMP_PATIENCE {
            socket.close(Goodbye::TooSlow);
        }
        self.with_reader_of(&socket, |reader| reader.is_pumped = false);
    }

    /// Sends a socket the next events, and notes how far it has been told. Answers whether nothing is left.
    fn send_page(&self, socket: &Socket, attached: Attached, pages: &mut Pages) -> bool {
        let Some(Follows { path, rev }) = attached.follows.clone() else { return true };
        let key = (rev, path);
        let read = || Rc::new(self.read_page(&key, &attached.root));
        let page = Rc::clone(pages.entry(key.clone()).or_insert_with(read));
        let (told_rev, is_last) = match &*page {
            Ok(page) => {
                self.with_reader(attached.id, |reader| {
                    page.frames.iter().for_each(|(_, bytes)| reader.outbox.add_event(*bytes));
                });
                page.frames.iter().for_each(|(frame, _)| socket.send(frame));
                (page.rev, page.is_last)
            }
            Err(Error::FeedGone { rev }) => {
                let frame = frame::event("files.reset", &json!({ "rev": rev }).to_string());
                self.with_reader(attached.id, |reader| reader.outbox.add_event(frame.len()));
                socket.send(&frame.into());
                (*rev, true)
            }
            Err(error) => {
                console_error!("telling a socket: {error}");
                socket.close(Goodbye::Failed);
                return true;
            }
        };
        if told_rev != rev {
            socket.attach(&Attached { follows: Some(Follows { path: key.1, rev: told_rev }), ..attached });
        }
        is_last
    }

    fn read_page(&self, (rev, path): &(i64, FilePath), root: &str) -> std::result::Result<Page, Error> {
        let call = ReadFeed { since: Some(*rev), path: path.clone(), limit: EVENTS_PER_PAGE };
        let page = feed::read_part(&self.sql, &call)?;
        let frames = page.events.iter().map(|event| {
            let payload = serde_json::to_string(&event::Event::new(root, event));
            let payload = payload.map_err(|error| Error::Storage { message: error.to_string() })?;
            let frame = frame::event("files.changed", &payload);
            Ok((JsString::from(frame.as_str()), frame.len()))
        });
        Ok(Page { frames: frames.collect::<std::result::Result<_, Error>>()?, rev: page.rev, is_last: page.is_last })
    }

    /// Waits until a socket has room for an answer; answers whether it ever had.
    pub async fn drained(&self, socket: &Socket) -> bool {
        let (mut looks, mut unsent_bytes) = (0, 0);
        while socket.unsent_bytes() > UNSENT_MAX_BYTES {
            if !socket.is_open() || looks == PUMP_PATIENCE {
                return false;
            }
            looks = if socket.unsent_bytes() == unsent_bytes { looks + 1 } else { 0 };
            unsent_bytes = socket.unsent_bytes();
            Delay::from(PUMP_INTERVAL).await;
        }
        true
    }

    /// The way to the Worker.
    pub fn exports(&self) -> Exports {
        self.state.exports()
    }

    /// What is known of a socket.
    pub fn with_reader<T>(&self, id: u32, work: impl FnOnce(&mut Reader) -> T) -> T {
        work(self.readers.borrow_mut().entry(id).or_default())
    }

    fn with_reader_of<T>(&self, socket: &Socket, work: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        socket.attached().map(|attached| self.with_reader(attached.id, work))
    }

    /// How many requests are being answered, on all sockets.
    pub fn asked(&self) -> usize {
        self.readers.borrow().values().map(|reader| reader.asked).sum()
    }
}
