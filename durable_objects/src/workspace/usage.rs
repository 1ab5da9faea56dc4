//! How much a workspace stores, and as what. Each content counts once: as public media, else as live, else as trash, else as
//! history. Nothing here reads the tree: its bytes are what is stored and is none of the others. It reads what the trash and the history
//! hold, the public items, and what is on its way out.

use crate::call::{Amount, Error, Kind, Usage};
use crate::limits::Limits;
use crate::sql::{Sql, only};

use super::mirror;
use super::schema::TRASH;
use super::txn::Context;

/// What is stored, in numbers.
pub fn measure(context: &Context<'_>) -> Result<Usage, Error> {
    const COUNTERS: &str =
        "SELECT (SELECT v FROM meta WHERE k = 'files'), (SELECT v FROM meta WHERE k = 'stored_bytes'),
        (SELECT v FROM meta WHERE k = 'reserved_bytes')";
    // A content of the trash that something else uses too is that one's.
    const TRASHED: &str = "WITH RECURSIVE inside (id, kind, blob) AS (
            SELECT id, kind, blob FROM node WHERE parent = ?1
            UNION ALL
            SELECT n.id, n.kind, n.blob FROM inside i CROSS JOIN node n INDEXED BY node_listing
             WHERE i.kind = ?2 AND n.parent = i.id),
        alone (blob) AS (SELECT DISTINCT blob FROM inside WHERE blob IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM node n WHERE n.blob = inside.blob AND n.id NOT IN (SELECT id FROM inside))
            AND NOT EXISTS (SELECT 1 FROM media WHERE media.blob = inside.blob AND is_public = 1))
        SELECT (SELECT count(*) FROM inside WHERE kind <> ?2),
               (SELECT coalesce(sum(size), 0) FROM alone CROSS JOIN blob ON blob.id = alone.blob WHERE hash IS NOT NULL)";
    const FORMER: &str = "SELECT count(*), coalesce(sum(size), 0)
        FROM (SELECT DISTINCT blob AS former FROM past WHERE blob IS NOT NULL) CROSS JOIN blob ON blob.id = former
        WHERE NOT EXISTS (SELECT 1 FROM node WHERE node.blob = former) AND hash IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM media WHERE media.blob = former AND is_public = 1)";
    const MEDIA: &str = "SELECT count(*), coalesce(sum(size), 0)
        FROM media INDEXED BY media_public CROSS JOIN blob ON blob.id = media.blob WHERE is_public = 1";
    let Context { sql, limits, .. } = *context;
    let counters = only(sql, COUNTERS, &[])?;
    let (files, stored_bytes, reserved_bytes) = (counters.count(0)?, counters.count(1)?, counters.count(2)?);
    let trash = only(sql, TRASHED, &[TRASH.into(), (Kind::Directory as i64).into()])?;
    let trash = Amount { files: trash.count(0)?, bytes: trash.count(1)? };
    let former = only(sql, FORMER, &[])?;
    let versions = Amount { files: former.count(0)?, bytes: former.count(1)? };
    let media = only(sql, MEDIA, &[])?;
    let media = Amount { files: media.count(0)?, bytes: media.count(1)? };
    let leaving_bytes = leaving_bytes(sql)?;
    let live = Amount {
        files: files.saturating_sub(trash.files),
        bytes: stored_bytes.saturating_sub(trash.bytes + versions.bytes + media.bytes + leaving_bytes),
    };
    let left_bytes = left_bytes(limits, stored_bytes + reserved_bytes, leaving_bytes);
    let quota_bytes = limits.quota_bytes;
    let mirror = mirror::state(context)?;
    Ok(Usage { live, trash, versions, media, leaving_bytes, reserved_bytes, quota_bytes, left_bytes, mirror })
}

/// The bytes in the bucket that nothing uses any more, and that stay for an hour for those who still read them.
pub fn leaving_bytes(sql: &dyn Sql) -> Result<u64, Error> {
    let leaving = "SELECT coalesce(sum(size), 0) FROM blob INDEXED BY blob_doomed WHERE state = 1";
    Ok(only(sql, leaving, &[])?.count(0)?)
}

/// How much room a quota leaves. What is leaving does not count: whoever makes room has it at once. But no more than once
/// the quota, so that nobody fills the bucket by deleting.
pub fn left_bytes(limits: &Limits, used_bytes: u64, leaving_bytes: u64) -> u64 {
    limits.quota_bytes.saturating_sub(used_bytes - leaving_bytes.min(used_bytes).min(limits.quota_bytes))
}
