//! Removing from the bucket, for the alarm. It is the one thing that the object does outside of its database, and never
//! in a request.

#![expect(clippy::disallowed_types, reason = "the alarm is the one place where the object meets the bucket")]

use worker::{Bucket, Env, Result};

use crate::workspace::Removal;

/// Removes objects, and multipart uploads that were not completed. What is gone already is fine.
pub async fn remove(env: &Env, removals: &[Removal]) -> Result<()> {
    let bucket: Bucket = env.bucket("DATA")?;
    for removal in removals {
        if let Some(multipart_id) = &removal.multipart_id {
            // It fails when the upload was completed or aborted before: then only the object is left to remove. Should it
            // fail otherwise, the platform ends unfinished uploads by itself after a week.
            let _ = bucket.resume_multipart_upload(&removal.key, multipart_id)?.abort().await;
        }
    }
    let keys: Vec<&str> = removals.iter().map(|removal| removal.key.as_str()).collect();
    if keys.is_empty() { Ok(()) } else { bucket.delete_multiple(keys).await }
}
