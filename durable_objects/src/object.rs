//! The Durable Object: takes calls from the Worker, runs them, answers; rings when the alarm does; and tells who is listening.
//!
//! A call is one synchronous function. The output gate holds its answer back until what was written is durable.

mod ring;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, ArrayBuffer, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::future_to_promise;
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use crate::bucket;
use crate::call::{self, Error, ReadFeed, Verb};
use crate::event;
use crate::item;
use crate::limits::Limits;
use crate::live::{Live, Socket};
use crate::path::FilePath;
use crate::sql::{Bytes, ObjectSql, Sql};
use crate::workspace::{self, Context, Reply};

/// When the alarm rings again after the database could not even be opened.
const REOPEN_MS: i64 = 10 * 60 * 1000;

/// One user's workspace.
#[durable_object(alarm)]
pub struct Workspace {
    storage: Alarms,
    env: Env,
    sql: ObjectSql,
    /// Set once the database has been brought to the newest schema.
    limits: OnceCell<Limits>,
    /// Set once the workspace is known to be neither closed nor waiting for its import.
    takes_all: Cell<bool>,
    /// Whose it is: the object's name.
    user: Option<String>,
    /// What this instance knows the alarm to be set to.
    alarm_ms: Cell<Option<i64>>,
    live: Rc<Live>,
}

impl DurableObject for Workspace {
    fn new(state: State, env: Env) -> Self {
        let storage = state.storage();
        let sql = ObjectSql::new(&storage);
        let live = Live::new(&state);
        let storage = AsRef::<JsValue>::as_ref(storage.as_raw()).clone().unchecked_into();
        let (limits, takes_all, alarm_ms) = (OnceCell::new(), Cell::new(false), Cell::new(None));
        Self { storage, env, sql, limits, takes_all, user: state.id().name(), alarm_ms, live }
    }

    /// Takes a client's socket. The Worker has seen to it who it is; calls come by [`Workspace::perform`].
    async fn fetch(&self, request: Request) -> Result<Response> {
        self.live.accept(&request)
    }

    async fn alarm(&self) -> Result<Response> {
        self.alarm_ms.set(None);
        // Never an `Err`: the platform drops an alarm that fails six times.
        match self.ring().await {
            Ok(failures) => {
                for failure in failures {
                    console_error!("alarm: {failure}");
                }
                self.arm().map_err(|error| error.to_string())?;
                self.live.tell();
            }
            Err(error) => {
                console_error!("alarm: {error}");
                self.set_alarm(now_ms() + REOPEN_MS);
            }
        }
        Response::empty()
    }
}

#[wasm_bindgen]
impl Workspace {
    /// Runs one call, which is JSON, with the bytes that it brings. It answers `[answer, rows read, rows written, body]`:
    /// the answer as JSON, and what goes past it as the runtime's own, if anything does.
    ///
    /// The platform calls it for the Worker (its RPC): without a `Request` and a `Response` on the way, which alone would cost
    /// more than the work.
    #[expect(clippy::needless_pass_by_value, reason = "it comes from JavaScript, which keeps nothing of it")]
    pub fn perform(&self, call: &str, body: Option<ArrayBuffer>) -> std::result::Result<Array, JsError> {
        let call: call::Request = serde_json::from_str(call)?;
        let before = self.sql.cost();
        let reply = self.answer(&call, body.as_ref())?;
        let written = self.sql.cost().rows_written != before.rows_written;
        if written || self.alarm_ms.get().is_none() {
            self.arm()?;
        }
        if written {
            self.live.tell();
        }
        if matches!(call.verb, Verb::Close(_)) {
            self.live.end();
        }
        let cost = self.sql.cost();
        #[expect(clippy::cast_precision_loss, reason = "no call touches 2^53 rows")]
        let count = |rows: u64| JsValue::from_f64(rows as f64);
        let (answer, body) = match reply {
            Reply::Json(answer) => (answer, JsValue::UNDEFINED),
            Reply::Bytes(answer, bytes) => (answer, bytes.into()),
            Reply::Listing(mut listing) => {
                let files = item::to_json(call.root.as_deref().unwrap_or_default(), &listing.entries)?;
                listing.entries.clear();
                (serde_json::to_string(&Ok::<_, Error>(listing))?, JsValue::from_str(&files))
            }
            Reply::Feed(mut page) => {
                let events = event::to_json(call.root.as_deref().unwrap_or_default(), &page.events)?;
                page.events.clear();
                (serde_json::to_string(&Ok::<_, Error>(page))?, JsValue::from_str(&events))
            }
        };
        let (read, written) = (cost.rows_read - before.rows_read, cost.rows_written - before.rows_written);
        Ok(Array::of4(&JsValue::from_str(&answer), &count(read), &count(written), &body))
    }

    /// Answers nothing, as soon as something has changed since a rev at a path below the root, or the time is over.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers below 2^53")]
    pub fn wait(&self, since: f64, path: String, wait_ms: f64) -> std::result::Result<Promise, JsError> {
        let path = FilePath::try_from(path)?;
        let call = ReadFeed { since: Some(since as i64), path, limit: 1 };
        let live = Rc::clone(&self.live);
        Ok(future_to_promise(async move {
            live.wait(call, Duration::from_millis(wait_ms as u64)).await;
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// A frame of a client's.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn web_socket_message(&self, socket: Socket, message: JsValue) -> Promise {
        let taken = Rc::clone(&self.live).take(socket, message);
        future_to_promise(async {
            taken.await;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// A client has gone.
    #[wasm_bindgen(js_name = webSocketClose)]
    #[expect(clippy::needless_pass_by_value, reason = "it comes from JavaScript, which keeps nothing of it")]
    pub fn web_socket_close(&self, socket: Socket) {
        self.gone(&socket);
    }

    /// A client has been lost.
    #[wasm_bindgen(js_name = webSocketError)]
    #[expect(clippy::needless_pass_by_value, reason = "it comes from JavaScript, which keeps nothing of it")]
    pub fn web_socket_error(&self, socket: Socket) {
        self.gone(&socket);
    }
}

impl Workspace {
    /// Whoever leaves a page finds in a sandbox what they have left: the bucket copy does not wait for quiet.
    fn gone(&self, socket: &Socket) {
        self.live.forget(socket);
        let synced = self.open().and_then(|limits| workspace::sync_mirror(&self.alarm_context(limits)));
        if let Err(error) = synced.and_then(|_| self.arm()) {
            console_error!("a socket's end: {error}");
        }
    }

    fn answer(&self, call: &call::Request, body: Option<&Bytes>) -> std::result::Result<Reply, serde_json::Error> {
        let ready = self.open().and_then(|limits| {
            if !self.takes_all.get() {
                self.takes_all.set(workspace::must_take(&self.sql, &call.verb)?);
            }
            Ok(limits)
        });
        let limits = match ready {
            Ok(limits) => limits,
            Err(error) => return Ok(Reply::Json(serde_json::to_string(&Err::<(), _>(error))?)),
        };
        let (actor, turn) = (call.actor.as_ref(), call.turn.as_ref());
        let new_media_id = bucket::new_media_id;
        let context = Context { sql: &self.sql, limits, now_ms: now_ms(), actor, turn, new_media_id };
        if matches!(call.verb, Verb::Close(_)) {
            self.takes_all.set(false);
        }
        workspace::perform(&context, &call.verb, body)
    }

    /// The limits, with the database ready behind them.
    fn open(&self) -> std::result::Result<&Limits, Error> {
        if let Some(limits) = self.limits.get() {
            return Ok(limits);
        }
        let var = |name: &str| self.env.var(name).ok().map(|value| value.to_string());
        let limits = Limits::from_vars(var).map_err(|message| Error::Misconfigured { message })?;
        workspace::migrate(&self.sql, now_ms())?;
        Ok(self.limits.get_or_init(|| limits))
    }

    /// Sets the alarm to the earliest task, unless it is.
    fn arm(&self) -> std::result::Result<(), Error> {
        if self.limits.get().is_none() {
            return Ok(());
        }
        let next_ms = workspace::next_alarm_ms(&self.sql)?;
        let now_ms = now_ms();
        match (next_ms, self.alarm_ms.get()) {
            // It is about to ring: to set it again would only put it off.
            (Some(due_ms), Some(alarm_ms)) if alarm_ms <= now_ms.max(due_ms) => {}
            (Some(due_ms), _) => self.set_alarm(due_ms.max(now_ms)),
            (None, _) => {}
        }
        Ok(())
    }

    /// Sets the alarm. There is nothing to wait for: the platform writes it together with what the call has written, and
    /// lets no answer out before both are durable.
    fn set_alarm(&self, at_ms: i64) {
        self.alarm_ms.set(Some(at_ms));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53")]
        let time = JsValue::from_f64(at_ms as f64);
        let _ = self.storage.set_alarm(&time);
    }
}

#[wasm_bindgen]
extern "C" {
    // The crate's own is a future, which would have to be awaited.
    type Alarms;
    #[wasm_bindgen(method, js_name = setAlarm)]
    fn set_alarm(this: &Alarms, at_ms: &JsValue) -> Promise;
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds, whole and below 2^53")]
fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}
