//! What clients see of what is stored, and of the bucket copy. A contract, as in `wire.rs`.

use durable_objects::call::{Amount, MirrorState, Usage};
use serde::Serialize;

/// What is stored. Bytes that several use are counted with the first of `live`, `trash` and `versions`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Usage"))]
pub struct UsageBody {
    /// In the tree.
    live: AmountBody,
    /// In the trash alone.
    trash: AmountBody,
    /// In the history alone, checkpoints included; each content is a file here.
    versions: AmountBody,
    /// Public media; each item is a file here.
    media: AmountBody,
    /// Null while the catalogue cannot be asked.
    published: Option<AmountBody>,
    quota: QuotaBody,
    /// How far the bucket copy is; null if it is switched off.
    copy: Option<CopyBody>,
}

/// Bytes, and how many files they are in.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Amount"))]
struct AmountBody {
    bytes: u64,
    files: u64,
}

/// What may be stored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Quota"))]
struct QuotaBody {
    bytes: u64,
    /// What can still be stored.
    left: u64,
    /// Set aside for uploads under way.
    reserved: u64,
    /// Let go of, removed within the hour, and not counted.
    leaving: u64,
}

impl From<Amount> for AmountBody {
    fn from(Amount { bytes, files }: Amount) -> Self {
        Self { bytes, files }
    }
}

impl UsageBody {
    /// As it is told. What is published is the catalogue's to know.
    pub fn new(usage: &Usage, published: Option<Amount>) -> Self {
        Self {
            live: usage.live.into(),
            trash: usage.trash.into(),
            versions: usage.versions.into(),
            media: usage.media.into(),
            published: published.map(Into::into),
            quota: QuotaBody {
                bytes: usage.quota_bytes,
                left: usage.left_bytes,
                reserved: usage.reserved_bytes,
                leaving: usage.leaving_bytes,
            },
            copy: CopyBody::new(&usage.mirror),
        }
    }
}

/// How far the bucket copy has followed the tree.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "BucketCopy"))]
pub struct CopyBody {
    /// The last rev up to which everything is in it.
    mirrored_rev: i64,
    rev: i64,
    /// How many paths are still to be copied.
    pending: u64,
    /// Files that others have changed there and that are not imported.
    changed_there: u64,
    /// Files whose paths are too long for a key.
    too_long: u64,
}

impl CopyBody {
    /// As it is told; nothing if it is switched off.
    pub fn new(state: &MirrorState) -> Option<Self> {
        let MirrorState { is_on, mirrored_rev, rev, pending, changed_there, too_long } = *state;
        is_on.then_some(Self { mirrored_rev, rev, pending, changed_there, too_long })
    }

    /// Whether there is something to do.
    pub const fn is_behind(&self) -> bool {
        self.pending > 0
    }
}
