//! What one ring of the alarm does: what is due in the database, then in the bucket.

use worker::Result;

use super::{Workspace, now_ms};
use crate::bucket::{self, Bill};
use crate::call::Error;
use crate::limits::Limits;
use crate::workspace::{self, Context, Orphan, Timer};

/// How many batches of objects one ring removes before it makes room for requests.
const REMOVALS_PER_RING: usize = 4;

/// How many operations on the bucket one ring spends on the copy, of the 1,000 of an invocation, how long it may take for
/// it, and how many steps, since the clock stands still where nothing is waited for. Then it rings again.
const COPY_OPERATIONS: usize = 500;
const COPY_MS: i64 = 20_000;
const COPY_STEPS: usize = 200;

impl Workspace {
    /// Does what is due, in the database and then in the bucket, and answers what failed.
    pub(super) async fn ring(&self) -> std::result::Result<Vec<String>, Error> {
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
        self.mirror(limits, &mut failures).await?;
        let Some(orphans) = workspace::orphans(&context())? else { return Ok(failures) };
        let mut last = None;
        for orphan in &orphans {
            bucket::pause().await;
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

    /// Brings the bucket copy up to date, as far as one ring goes. What is left stays due.
    async fn mirror(&self, limits: &Limits, failures: &mut Vec<String>) -> std::result::Result<(), Error> {
        let context = || self.alarm_context(limits);
        let Some(user) = &self.user else { return Ok(()) };
        let home = format!("users/{user}/workspace/");
        let (bill, started_ms) = (Bill::default(), now_ms());
        for _ in 0..COPY_STEPS {
            if bill.operations() >= COPY_OPERATIONS || now_ms() - started_ms >= COPY_MS {
                break;
            }
            let Some(round) = workspace::next_round(&context(), &home)? else { break };
            if round.errands.is_empty() {
                continue;
            }
            let bytes = |content: &_| workspace::bytes_of(&self.sql, content).map_err(|error| error.to_string());
            match bucket::run(&self.env, &home, &round.errands, bytes, &bill).await {
                Ok((came, failed)) => {
                    failures.extend(failed);
                    workspace::settle_round(&context(), &round, &came)?;
                }
                Err(error) => {
                    failures.push(format!("copying: {error}"));
                    workspace::put_off(&context(), Timer::Mirror)?;
                    break;
                }
            }
        }
        Ok(())
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
    pub(super) fn alarm_context<'a>(&'a self, limits: &'a Limits) -> Context<'a> {
        let new_media_id = bucket::new_media_id;
        Context { sql: &self.sql, limits, now_ms: now_ms(), actor: None, turn: None, new_media_id }
    }
}
