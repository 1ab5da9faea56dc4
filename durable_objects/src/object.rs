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
use crate::workspace::{self, Context, Orphan, Reply, Timer};

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
        let call = request.headers().get(CALL)?.ok_or("a call without its header")?;
        let call: call::Request = serde_json::from_str(&call)?;
        let body = if call.verb.has_body() { Some(array_buffer(&request).await?) } else { None };
        let before = self.sql.cost();
        let reply = self.perform(&call, body.as_ref())?;
        let written = self.sql.cost().rows_written != before.rows_written;
        if written || self.alarm_ms.get().is_none() {
            self.arm().await?;
        }
        let cost = self.sql.cost();
        let headers = web_sys::Headers::new()?;
        let rows = (cost.rows_read - before.rows_read, cost.rows_written - before.rows_written);
        headers.set(COST, &format!("{},{}", rows.0, rows.1))?;
        respond(reply, &headers)
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
        let context = Context { sql: &self.sql, limits, now_ms: now_ms(), actor, turn };
        Ok(workspace::perform(&context, &call.verb, body)?)
    }

    /// Does what is due, in the database and then in the bucket, and answers what failed.
    async fn ring(&self) -> std::result::Result<Vec<String>, Error> {
        let limits = self.open()?;
        let context = || Context { sql: &self.sql, limits, now_ms: now_ms(), actor: None, turn: None };
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
        let orphans = workspace::orphans(&context())?;
        for orphan in &orphans {
            if let Err(error) = self.take_over(orphan).await {
                failures.push(format!("taking over {}: {error}", orphan.key));
                workspace::put_off(&context(), Timer::Adopt)?;
                return Ok(failures);
            }
        }
        if !orphans.is_empty() {
            workspace::settle_orphans(&context())?;
        }
        Ok(failures)
    }

    /// Makes the bytes of an imported file the workspace's own.
    async fn take_over(&self, orphan: &Orphan) -> Result<()> {
        let limits = self.open().map_err(|error| error.to_string())?;
        let context = || Context { sql: &self.sql, limits, now_ms: now_ms(), actor: None, turn: None };
        let announce = |key: &str| workspace::announce_copy(&context(), key).map_err(|error| error.to_string());
        let adopted = bucket::take_over(&self.env, &orphan.key, announce).await?;
        workspace::adopt(&context(), orphan, &adopted).map_err(|error| error.to_string())?;
        Ok(())
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
        match next_ms.map(|due_ms| due_ms.max(now_ms())) {
            Some(due_ms) if self.alarm_ms.get() != Some(due_ms) => self.set_alarm(due_ms).await,
            _ => Ok(()),
        }
    }

    async fn set_alarm(&self, at_ms: i64) -> Result<()> {
        self.alarm_ms.set(Some(at_ms));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53")]
        let date = js_sys::Date::new(&JsValue::from_f64(at_ms as f64));
        self.state.storage().set_alarm(ScheduledTime::new(date)).await
    }
}

/// The body, which stays outside of wasm memory.
async fn array_buffer(request: &Request) -> Result<ArrayBuffer> {
    let buffer = JsFuture::from(request.inner().array_buffer()?).await?;
    buffer.dyn_into().map_err(|_| "a body that is no ArrayBuffer".into())
}

fn respond(reply: Reply, headers: &web_sys::Headers) -> Result<Response> {
    let init = web_sys::ResponseInit::new();
    init.set_headers(headers);
    let response = match reply {
        Reply::Json(json) => web_sys::Response::new_with_opt_str_and_init(Some(&json), &init)?,
        Reply::Bytes(answer, bytes) => {
            headers.set(ANSWER, &answer)?;
            web_sys::Response::new_with_opt_buffer_source_and_init(Some(&bytes), &init)?
        }
    };
    Ok(response.into())
}

fn now_ms() -> i64 {
    Date::now().as_millis().cast_signed()
}
