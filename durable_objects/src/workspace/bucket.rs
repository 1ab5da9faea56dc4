//! What the alarm removes from the bucket. A transaction claims it, the object removes it, a transaction settles. It can
//! stop anywhere: removing what is gone already does no harm, and what is not settled is claimed again.

use serde_json::json;

use crate::call::Error;

use super::timer::Timer;
use super::txn::{Context, mutate};
use super::{blobs, media, timer, uploads};

/// Something to remove from the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The object's key.
    pub key: String,
    /// The bucket it is in, as it stands in the schema: 1 is DATA, 2 is MEDIA.
    pub place: i64,
    /// The multipart upload to it that may be unfinished.
    pub multipart_id: Option<String>,
}

impl Removal {
    /// What lies at a key of DATA, or is on its way there.
    pub fn new(key: &str, multipart_id: Option<&str>) -> Self {
        Self { key: key.to_owned(), place: uploads::DATA, multipart_id: multipart_id.map(str::to_owned) }
    }

    /// The same in another bucket.
    pub fn at(self, place: i64) -> Self {
        Self { place, ..self }
    }

    /// Whether it is in the bucket of media.
    pub fn is_media(&self) -> bool {
        self.place == media::MEDIA
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
