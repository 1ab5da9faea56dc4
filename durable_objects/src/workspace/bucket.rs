//! What the alarm removes from the bucket. A transaction claims it, the object removes it, a transaction settles. It can
//! stop anywhere: removing what is gone already does no harm, and what is not settled is claimed again.

use serde_json::json;

use crate::call::Error;

use super::timer::Timer;
use super::txn::{Context, mutate};
use super::{blobs, timer, uploads};

/// Something to remove from the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The object's key.
    pub key: String,
    /// The multipart upload to it that may be unfinished.
    pub multipart_id: Option<String>,
}

impl Removal {
    /// What lies at a key, or is on its way there.
    pub fn new(key: &str, multipart_id: Option<&str>) -> Self {
        Self { key: key.to_owned(), multipart_id: multipart_id.map(str::to_owned) }
    }
}

/// What has to be removed now, if anything: it belongs to one task.
pub fn claim_removals(context: &Context<'_>) -> Result<Option<(Timer, Vec<Removal>)>, Error> {
    let task = timer::due(context.sql, &[Timer::Remove, Timer::Uploads], context.now_ms)?;
    let Some(task) = task else { return Ok(None) };
    let removals = if task == Timer::Remove {
        blobs::doomed(context.sql, context.now_ms)?
    } else {
        mutate(context, |tx| uploads::claim(tx, context.now_ms))?
    };
    Ok(Some((task, removals)))
}

/// Drops the rows of what has been removed, and sets when the task goes on.
pub fn settle_removals(context: &Context<'_>, task: Timer, removed: &[Removal]) -> Result<(), Error> {
    let keys = json!(removed.iter().map(|removal| &removal.key).collect::<Vec<_>>()).to_string();
    mutate(context, |tx| if task == Timer::Remove { blobs::forget(tx, &keys) } else { uploads::settle(tx, &keys) })
}
