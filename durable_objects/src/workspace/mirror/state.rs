//! What others have to tell the copy: that bytes were found or taken over, that everything is gone; and how far it is.

use crate::call::{Error, Foreign, Kind, MirrorState};
use crate::ids::Sha256;
use crate::sql::{Param, first, only};

use super::super::timer::{self, Timer};
use super::super::txn::{Context, Tx};
use super::{at, plan};

/// How long nothing must have changed before a round begins, so that a burst of changes is one.
pub const QUIET_MS: i64 = 2_000;
/// How long changes may keep a round waiting.
pub const WAIT_MAX_MS: i64 = 10_000;

/// Brings the copy up to date at once, if there is anything to do, and says how far it is.
pub fn sync(context: &Context<'_>) -> Result<MirrorState, Error> {
    let state = state(context)?;
    if state.is_on && state.pending > 0 {
        timer::arm(context.sql, Timer::Mirror, timer::AT_ONCE)?;
    }
    Ok(state)
}

/// How far the copy is.
pub fn state(context: &Context<'_>) -> Result<MirrorState, Error> {
    const STATE: &str = "SELECT (SELECT v FROM meta WHERE k = 'rev'), (SELECT v FROM meta WHERE k = 'mirror_planned'),
        (SELECT count(*) FROM mirror_plan), (SELECT min(rev) FROM mirror_plan),
        (SELECT count(*) FROM mirror WHERE state = 2), (SELECT count(*) FROM mirror WHERE state = 1)";
    let row = only(context.sql, STATE, &[])?;
    let (rev, planned_rev) = (row.int(0)?, row.int(1)?);
    let next_txn = "SELECT txn - 1 FROM change WHERE rev > ?1 ORDER BY rev LIMIT 1";
    let next_txn = first(context.sql, next_txn, &[planned_rev.into()])?.map(|row| row.int(0)).transpose()?;
    let oldest_rev = row.int_or_null(3)?.map_or(planned_rev, |rev| rev - 1);
    Ok(MirrorState {
        is_on: context.limits.mirrors,
        mirrored_rev: planned_rev.min(next_txn.unwrap_or(planned_rev)).min(oldest_rev),
        rev,
        pending: row.count(2)? + rev.abs_diff(planned_rev),
        changed_there: row.count(4)?,
        too_long: row.count(5)?,
    })
}

/// When a round that is due because of changes is to wait for more of them: until then.
pub fn quiet_ms(tx: &Tx<'_>, now_ms: i64) -> Result<Option<i64>, Error> {
    const TIMES: &str = "SELECT (SELECT due_ms FROM timer WHERE what = 'mirror'),
        (SELECT at_ms FROM change WHERE rev > (SELECT v FROM meta WHERE k = 'mirror_planned') ORDER BY rev LIMIT 1),
        (SELECT at_ms FROM change ORDER BY rev DESC LIMIT 1)";
    let row = only(tx.sql, TIMES, &[])?;
    let is_asked_for = row.int_or_null(0)? == Some(timer::AT_ONCE);
    let (Some(first_ms), Some(last_ms)) = (row.int_or_null(1)?, row.int_or_null(2)?) else { return Ok(None) };
    let until_ms = (last_ms + QUIET_MS).min(first_ms + WAIT_MAX_MS);
    Ok((!is_asked_for && until_ms > now_ms).then_some(until_ms))
}

/// Notes an object that the first opening has found, so that it is known what others change later. `blob` is the content
/// that has its bytes nowhere else yet.
pub fn note_first(tx: &Tx<'_>, file: &Foreign, blob: Option<i64>) -> Result<(), Error> {
    const NOTE: &str = "INSERT INTO mirror (path, etag, size, blob, state) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (path) DO NOTHING";
    let slash = if file.kind == Kind::Directory { "/" } else { "" };
    let path = format!("{}{slash}", file.path);
    let size = file.size_bytes.cast_signed();
    tx.sql.query(NOTE, &[(&path).into(), (&file.etag).into(), size.into(), blob.into(), at::THERE.into()])?;
    Ok(())
}

/// Notes what bytes of the copy turned out to be when they were taken over, and has those go on that have waited for it.
pub fn adopted(tx: &Tx<'_>, blob: i64, (key, etag): (&str, &str), hash: &Sha256, size: i64) -> Result<(), Error> {
    const NOTE: &str = "UPDATE mirror SET etag = ?2, size = ?3, hash = ?4, blob = NULL WHERE path = ?1 AND blob = ?5";
    if let Some((_, path)) = key.split_once("/workspace/") {
        tx.sql.query(NOTE, &[path.into(), etag.into(), size.into(), Param::Blob(hash.as_bytes()), blob.into()])?;
    }
    let_go(tx, blob)
}

/// Has those paths go on that have waited for a content which is taken over now, or gone.
pub fn let_go(tx: &Tx<'_>, blob: i64) -> Result<(), Error> {
    let release = "UPDATE mirror_plan SET waits_for = NULL WHERE waits_for = ?1 RETURNING 1";
    if !tx.sql.query(release, &[blob.into()])?.is_empty() {
        timer::arm(tx.sql, Timer::Mirror, timer::AT_ONCE)?;
    }
    Ok(())
}

/// Begins anew: all that is in the copy is being removed. What may be on its way there at this moment is removed once it
/// has arrived.
pub fn reset(tx: &Tx<'_>, rev: i64) -> Result<(), Error> {
    for statement in ["DELETE FROM mirror", "DELETE FROM mirror_plan WHERE sent IS NULL"] {
        tx.sql.query(statement, &[])?;
    }
    let keep = "UPDATE mirror_plan SET rev = ?1, waits_for = NULL, tries = 0";
    tx.sql.query(keep, &[rev.into()])?;
    tx.sql.query("UPDATE meta SET v = ?1 WHERE k = 'mirror_planned'", &[rev.into()])?;
    if plan::is_busy(tx)? {
        timer::arm(tx.sql, Timer::Mirror, timer::AT_ONCE)?;
    }
    Ok(())
}

/// Follows no more: should it be switched on again, everything is looked at.
pub fn leave(tx: &Tx<'_>) -> Result<(), Error> {
    tx.sql.query("DELETE FROM mirror_plan WHERE sent IS NULL", &[])?;
    tx.sql.query("UPDATE meta SET v = 0 WHERE k = 'mirror_planned'", &[])?;
    timer::settle(tx.sql, Timer::Mirror, None)?;
    Ok(())
}
