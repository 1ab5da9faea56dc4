//! The Durable Object: takes calls from the Worker, runs them, answers; rings when the alarm does.
//!
//! Between a call's arrival and its work there is one `await`, for the body; all that touches the database comes after
//! it, in one go. The output gate holds the answer back until what was written is durable.

use std::cell::{Cell, OnceCell};

use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{
    Date, DurableObject, Env, Request, Response, Result, ScheduledTime, State, console_error, durable_object,
};

use crate::bucket;
use crate::call::{self, ANSWER, CALL, COST, Error};
use crate::limits::Limits;
use crate::sql::{Bytes, ObjectSql, Sql};
use crate::workspace::{self, Context, Orphan, Reply};

/// When the alarm rings again after the database could not even be opened.
const REOPEN_MS: i64 = 10 * 60 * 1000;

/// How many batches of objects one ring removes before it makes room for requests.
const REMOVALS_PER_RING: usize = 4;

/// One user's workspace.
#[durable_object]
pub struct Workspace {
    state: State,
    env: Env,
    sql: ObjectSql,
    /// Set once the database has been brought to the newest schema.
    limits: OnceCell<Limits>,
    /// What this instance knows the alarm to be set to.
    alarm_ms: Cell<Option<i64>>,
}

impl DurableObject for Workspace {
    fn new(state: State, env: Env) -> Self {
        let sql = ObjectSql::new(&state.storage());
        Self { state, env, sql, limits: OnceCell::new(), alarm_ms: Cell::new(None) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let (call, body) = match request.headers().get(CALL)? {
            Some(call) => (call, Some(array_buffer(&request).await?)),
            None => (text(&request).await?, None),
        };
        let call: call::Request = serde_json::from_str(&call)?;
        let before = self.sql.cost();
        let reply = self.perform(&call, body.as_ref())?;
        let written = self.sql.cost().rows_written != before.rows_written;
        if written || self.alarm_ms.get().is_none() {
            self.arm().await?;
        }
        let cost = self.sql.cost();
        let rows = (cost.rows_read - before.rows_read, cost.rows_written - before.rows_written);
        let answer = Response::builder().with_header(COST, &format!("{},{}", rows.0, rows.1))?;
        match reply {
            Reply::Json(json) => Ok(answer.fixed(json.into_bytes())),
            Reply::Bytes(json, bytes) => {
                // The buffer as it is; the crate's own bodies would copy it into wasm and out again.
                let body = web_sys::Response::new_with_opt_buffer_source(Some(&bytes))?.body();
                let answer = answer.with_header(ANSWER, &json)?;
                Ok(match body {
                    Some(body) => answer.stream(body),
                    None => answer.empty(),
                })
            }
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.alarm_ms.set(None);
        // Never an `Err`: the platform drops an alarm that fails six times.
        match self.ring().await {
            Ok(failures) => {
                for failure in failures {
                    console_error!("alarm: {failure}");
                }
                self.arm().await?;
            }
            Err(error) => {
                console_error!("alarm: {error}");
                self.set_alarm(now_ms() + REOPEN_MS).await?;
            }
        }
        Response::empty()
    }
}

impl Workspace {
    fn perform(&self, call: &call::Request, body: Option<&Bytes>) -> Result<Reply> {
        let ready = self.open().and_then(|limits| {
            workspace::must_take(&self.sql, &call.verb)?;
            Ok(limits)
        });
        let limits = match ready {
            Ok(limits) => limits,
            Err(error) => return Ok(Reply::Json(serde_json::to_string(&Err::<(), _>(error))?)),
        };
        let (actor, turn) = (call.actor.as_ref(), call.turn.as_ref());
        let new_media_id = bucket::new_media_id;
        let context = Context { sql: &self.sql, limits, now_ms: now_ms(), actor, turn, new_media_id };
        Ok(workspace::perform(&context, &call.verb, body)?)
    }

    /// Does what is due, in the database and then in the bucket, and answers what failed.
    async fn ring(&self) -> std::result::Result<Vec<String>, Error> {
        let limits = self.open()?;
        let context = || self.alarm_context(limits);
        let mut failures = workspace::ring(&context())?;
        for _ in 0..REMOVALS_PER_RING {
            let Some((task, removals)) = workspace::claim_removals(&context())? else { break };
            match bucket::remove(&self.env, &removals).await {
                Ok(()) => workspace::settle_removals(&context(), task, &removals)?,
                Err(error) => {
                    failures.push(format!("removing from the bucket: {error}"));
                    workspace::put_off(&context(), task)?;
                }
            }
        }
        self.bring_home(limits, &mut failures).await?;
        let Some(orphans) = workspace::orphans(&context())? else { return Ok(failures) };
        let mut last = None;
        for orphan in &orphans {
            // What cannot be had now does not keep the others waiting.
            if let Err(error) = self.take_over(orphan).await {
                failures.push(format!("taking over {}: {error}", orphan.key));
            }
            last = Some(orphan.blob);
        }
        workspace::settle_orphans(&context(), last)?;
        Ok(failures)
    }

    /// Copies the bytes of files, whose media item is gone, out of the bucket of media.
    async fn bring_home(&self, limits: &Limits, failures: &mut Vec<String>) -> std::result::Result<(), Error> {
        let context = || self.alarm_context(limits);
        let Some(leaving) = workspace::leaving(&context())? else { return Ok(()) };
        let announce = |key: &str| workspace::announce_copy(&context(), key).map_err(|error| error.to_string());
        let mut failed = Vec::new();
        for one in &leaving {
            let home = bucket::bring_home(&self.env, &one.key, announce).await.map_err(|error| error.to_string());
            let home =
                home.and_then(|home| workspace::bring_home(&context(), one, &home).map_err(|error| error.to_string()));
            if let Err(error) = home {
                failures.push(format!("bringing {} home: {error}", one.key));
                failed.push(one.blob);
            }
        }
        workspace::settle_leaving(&context(), &failed)
    }

    /// Makes the bytes of an imported file the workspace's own.
    async fn take_over(&self, orphan: &Orphan) -> Result<()> {
        let limits = self.open().map_err(|error| error.to_string())?;
        let context = || self.alarm_context(limits);
        let announce = |key: &str| workspace::announce_copy(&context(), key).map_err(|error| error.to_string());
        let adopted = bucket::take_over(&self.env, &orphan.key, announce).await?;
        workspace::adopt(&context(), orphan, &adopted).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// What the alarm works with: nobody has asked for it.
    fn alarm_context<'a>(&'a self, limits: &'a Limits) -> Context<'a> {
        let new_media_id = bucket::new_media_id;
        Context { sql: &self.sql, limits, now_ms: now_ms(), actor: None, turn: None, new_media_id }
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
    async fn arm(&self) -> Result<()> {
        if self.limits.get().is_none() {
            return Ok(());
        }
        let next_ms = workspace::next_alarm_ms(&self.sql).map_err(|error| error.to_string())?;
        let now_ms = now_ms();
        match (next_ms, self.alarm_ms.get()) {
            // It is about to ring: to set it again would only put it off.
            (Some(due_ms), Some(alarm_ms)) if alarm_ms <= now_ms.max(due_ms) => Ok(()),
            (Some(due_ms), _) => self.set_alarm(due_ms.max(now_ms)).await,
            (None, _) => Ok(()),
        }
    }

    async fn set_alarm(&self, at_ms: i64) -> Result<()> {
        self.alarm_ms.set(Some(at_ms));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53")]
        let date = js_sys::Date::new(&JsValue::from_f64(at_ms as f64));
        self.state.storage().set_alarm(ScheduledTime::new(date)).await
    }
}

/// The body as a text.
async fn text(request: &Request) -> Result<String> {
    let text = JsFuture::from(request.inner().text()?).await?;
    text.as_string().ok_or_else(|| "a body that is no text".into())
}

/// The body, which stays outside of wasm memory.
async fn array_buffer(request: &Request) -> Result<ArrayBuffer> {
    let buffer = JsFuture::from(request.inner().array_buffer()?).await?;
    buffer.dyn_into().map_err(|_| "a body that is no ArrayBuffer".into())
}

fn now_ms() -> i64 {
    Date::now().as_millis().cast_signed()
}
