//! One step of the copy: some paths are claimed, the object does what they need in the bucket, and what came of it is settled.

use serde_json::json;

use crate::call::{Error, Store};
use crate::ids::Sha256;
use crate::sql::{Bytes, Row, Sql, SqlError, first, only};

use super::super::RETRY_MS;
use super::super::timer::{self, Timer};
use super::super::txn::{Context, Tx, mutate};
use super::known::{Note, There, forget, known, note, there};
use super::plan::{self, ONE};
use super::{KEY_MAX_BYTES, at, is_left_out, state};

/// How many paths one round claims: a few operations on the bucket each.
const ROUND: i64 = 24;

/// How many hashes are remembered of what was sent to one path and has not been settled.
const SENT_MAX: usize = 100;

/// Something to do in the bucket, at one path of the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Where: a path below `users/{userId}/workspace/`; with a slash at its end, what stands there for a directory.
    pub path: String,
    /// The tag of what was last known to be there, if anything was.
    pub etag: Option<String>,
    /// The hashes of all that may have been sent there and is not settled.
    pub sent: Vec<Sha256>,
    /// What is to be there, or nothing.
    pub content: Option<Sending>,
}

/// A file's content on its way into the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Its number.
    pub blob: i64,
    /// Its hash.
    pub hash: Sha256,
    /// Its size.
    pub size_bytes: u64,
    /// Where it lies, if not in its row.
    pub place: Option<(Store, String)>,
}

/// What was found at a path instead of what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its tag.
    pub etag: String,
    /// Its hash, as far as it had to be known.
    pub hash: Option<Sha256>,
}

/// What came of an errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The content is there, under this tag.
    Put(String),
    /// Nothing is there any more.
    Removed,
    /// Nothing was done: this is there, or nothing where something was expected.
    Met(Option<Met>),
    /// It failed, and is tried again.
    Failed,
}

/// Some errands, which can be run in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// They. None may be left, when all that was claimed is as it should be.
    pub errands: Vec<Errand>,
    /// How often the workspace had been reset when they were claimed.
    epoch: i64,
}

impl Errand {
    /// Whether something is of ours, or has been seen before: then it may go.
    pub fn is_known(&self, met: &Met) -> bool {
        self.etag.as_ref() == Some(&met.etag) || met.hash.is_some_and(|hash| self.sent.contains(&hash))
    }
}

/// The bytes of a content that lie in its row, if it is still there.
pub fn bytes_of(sql: &dyn Sql, content: &Sending) -> Result<Option<Bytes>, Error> {
    let row = first(sql, "SELECT bytes FROM blob WHERE id = ?1 AND bytes IS NOT NULL", &[content.blob.into()])?;
    Ok(row.map(|row| row.into_bytes(0)).transpose()?)
}

/// What is to be done next, if it is time: one step of planning, which leaves no errand, or some errands. `home` is what the
/// keys of the copy begin with.
pub fn next(context: &Context<'_>, home: &str) -> Result<Option<Round>, Error> {
    if timer::due(context.sql, &[Timer::Mirror], context.now_ms)?.is_none() {
        return Ok(None);
    }
    mutate(context, |tx| {
        if !tx.limits.mirrors {
            state::leave(tx)?;
            return Ok(None);
        }
        let epoch = only(tx.sql, "SELECT v FROM meta WHERE k = 'epoch'", &[])?.int(0)?;
        let planned = Round { errands: Vec::new(), epoch };
        let quiet_ms = state::quiet_ms(tx, context.now_ms)?;
        if quiet_ms.is_none() && plan::follow(tx)? {
            return Ok(Some(planned));
        }
        let todo = "SELECT path, kind, sent FROM mirror_plan WHERE waits_for IS NULL AND tries = 0
            ORDER BY path, kind LIMIT ?1";
        let rows = tx.sql.query(todo, &[ROUND.into()])?;
        let Some(first) = rows.first() else { return rest(tx, quiet_ms).map(|()| None) };
        if first.int(1)? != ONE {
            plan::expand(tx, first.text(0)?, first.int(1)?)?;
            return Ok(Some(planned));
        }
        let mut errands = Vec::new();
        for row in &rows {
            if row.int(1)? == ONE
                && let Some(errand) = claim(tx, row, home)?
            {
                errands.push(errand);
            }
        }
        Ok(Some(Round { errands, epoch }))
    })
}

/// Nothing is left to try now: what has failed is tried again later, and changes that are not over are waited for.
fn rest(tx: &Tx<'_>, quiet_ms: Option<i64>) -> Result<(), Error> {
    let again = "UPDATE mirror_plan SET tries = 0 WHERE tries > 0 RETURNING 1";
    let has_failed = !tx.sql.query(again, &[])?.is_empty();
    let retry_ms = has_failed.then_some(tx.now_ms + RETRY_MS);
    Ok(timer::settle(tx.sql, Timer::Mirror, [quiet_ms, retry_ms].into_iter().flatten().min())?)
}

/// Decides what a path needs: an errand, or nothing more.
fn claim(tx: &Tx<'_>, row: &Row, home: &str) -> Result<Option<Errand>, Error> {
    let text = row.text(0)?;
    let sent: Vec<Sha256> = row.text_or_null(2)?.map_or_else(|| Ok(Vec::new()), read_hashes)?;
    let (name, is_marker) = text.strip_suffix('/').map_or((text, false), |name| (name, true));
    let path = super::super::trash::stored_path(name)?;
    let known = known(tx, text)?;
    let there = there(tx, &path)?;
    if is_left_out(tx.limits, name) {
        return done(tx, text);
    }
    if let Some(blob) = known.as_ref().and_then(|known| known.blob) {
        return match there {
            There::Foreign(here) if here == blob => done(tx, text),
            There::Nothing | There::Directory | There::Foreign(_) | There::File(_) => wait(tx, text, blob),
        };
    }
    let content = match there {
        There::Foreign(blob) => return wait(tx, text, blob),
        There::Directory if is_marker => return done(tx, text),
        There::File(content) if !is_marker => Some(content),
        There::Nothing | There::Directory | There::File(_) => None,
    };
    if home.len() + text.len() > KEY_MAX_BYTES {
        return too_long(tx, text, content.as_ref());
    }
    let is_there = known.as_ref().is_some_and(|known| known.state == at::THERE);
    let etag = known.as_ref().and_then(|known| known.etag.clone());
    match &content {
        Some(content) if is_there && known.is_some_and(|known| known.hash == Some(content.hash)) => done(tx, text),
        // What others have changed there stays, also when it was deleted here.
        None if sent.is_empty() && !is_there => done(tx, text),
        _ => send(tx, Errand { path: text.to_owned(), etag, sent, content }).map(Some),
    }
}

/// Notes what is about to be sent, so that it is known when it is met.
fn send(tx: &Tx<'_>, mut errand: Errand) -> Result<Errand, Error> {
    if let Some(content) = &errand.content
        && !errand.sent.contains(&content.hash)
    {
        errand.sent.push(content.hash);
        let surplus = errand.sent.len().saturating_sub(SENT_MAX);
        errand.sent.drain(..surplus);
        let sent = json!(errand.sent).to_string();
        let note = "UPDATE mirror_plan SET sent = ?2 WHERE path = ?1 AND kind = ?3";
        tx.sql.query(note, &[(&errand.path).into(), (&sent).into(), ONE.into()])?;
    }
    Ok(errand)
}

fn read_hashes(json: &str) -> Result<Vec<Sha256>, Error> {
    serde_json::from_str(json).map_err(|error| SqlError(format!("hashes that are no JSON: {error}")).into())
}

/// Nothing is left to do at a path.
fn done(tx: &Tx<'_>, path: &str) -> Result<Option<Errand>, Error> {
    tx.sql.query("DELETE FROM mirror_plan WHERE path = ?1 AND kind = ?2", &[path.into(), ONE.into()])?;
    Ok(None)
}

/// Nothing can be done at a path before a content is taken over.
fn wait(tx: &Tx<'_>, path: &str, blob: i64) -> Result<Option<Errand>, Error> {
    let wait = "UPDATE mirror_plan SET waits_for = ?3 WHERE path = ?1 AND kind = ?2";
    tx.sql.query(wait, &[path.into(), ONE.into(), blob.into()])?;
    Ok(None)
}

/// A path that no key can hold: it is counted as long as there is a file.
fn too_long(tx: &Tx<'_>, path: &str, content: Option<&Sending>) -> Result<Option<Errand>, Error> {
    match content {
        Some(_) => note(tx, path, &Note { etag: "", size: 0, hash: None, state: at::TOO_LONG })?,
        None => forget(tx, path)?,
    }
    done(tx, path)
}

/// Settles what came of a round, in the order of its errands. A reset in between has made it pointless: then all that may have
/// arrived is looked at again.
pub fn settle(context: &Context<'_>, round: &Round, came: &[Came]) -> Result<(), Error> {
    if round.errands.is_empty() {
        return Ok(());
    }
    mutate(context, |tx| {
        if only(tx.sql, "SELECT v FROM meta WHERE k = 'epoch'", &[])?.int(0)? != round.epoch {
            return Ok(());
        }
        round.errands.iter().zip(came).try_for_each(|(errand, came)| settle_one(tx, errand, came))
    })
}

fn settle_one(tx: &Tx<'_>, errand: &Errand, came: &Came) -> Result<(), Error> {
    let path = errand.path.as_str();
    let there = |etag: &str, hash: Option<&Sha256>| {
        let size = errand.content.as_ref().map_or(0, |content| content.size_bytes.cast_signed());
        note(tx, path, &Note { etag, size, hash, state: at::THERE })
    };
    match (came, &errand.content) {
        (Came::Failed, _) => {
            let count = "UPDATE mirror_plan SET tries = tries + 1 WHERE path = ?1 AND kind = ?2";
            tx.sql.query(count, &[path.into(), ONE.into()])?;
            return Ok(());
        }
        (Came::Put(etag), Some(content)) => there(etag, Some(&content.hash))?,
        (Came::Met(Some(met)), Some(content)) if met.hash == Some(content.hash) => there(&met.etag, met.hash.as_ref())?,
        // Of ours, from a step that was cut off: now that its tag is known, the next one can go over it.
        (Came::Met(Some(met)), Some(_)) if errand.is_known(met) => return there(&met.etag, met.hash.as_ref()),
        // Imported at this moment: it is known by now.
        (Came::Met(Some(met)), _) if known(tx, path)?.is_some_and(|known| known.etag.as_ref() == Some(&met.etag)) => {
            return Ok(());
        }
        (Came::Met(Some(_)), _) => {
            let apart = "UPDATE mirror SET state = ?2 WHERE path = ?1 RETURNING 1";
            let is_known = first(tx.sql, apart, &[path.into(), at::CHANGED.into()])?.is_some();
            if !is_known && errand.content.is_some() {
                note(tx, path, &Note { etag: "", size: 0, hash: None, state: at::CHANGED })?;
            }
        }
        // Others have removed what was there; what is to be there now can be put without regard to it.
        (Came::Met(None), Some(_)) => return forget(tx, path),
        (Came::Removed | Came::Put(_) | Came::Met(None), _) => forget(tx, path)?,
    }
    done(tx, path).map(drop)
}
