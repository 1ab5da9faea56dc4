//! Contents that have come before the tree that needs them.
//!
//! A stage is a lease: what is on it stays, whatever else lets go of it, until a tree is planted from it, somebody gives it
//! up, or its time is over. So a request that dies half-way leaves nothing behind but what the alarm clears.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use crate::call::{
    CloseStage, Content, Error, FillStage, OpenStage, SentContent, StageClosed, StageFilled, StageOpened,
};
use crate::ids::Sha256;
use crate::sql::{Bytes, Sql, SqlError, first, only, piece};

use super::blobs::{self, Kept};
use super::conditions::parse_hash;
use super::revert::chunked;
use super::timer::{self, Timer};
use super::txn::Tx;

/// How long a sender may take.
const LASTS_MS: i64 = 60 * 60 * 1000;
/// The most stages at a time.
const STAGES_MAX: usize = 20;
/// The ids of contents that come to a stage lie below this: those that come with a change have its rev, and media the negative
/// of their number.
const FIRST_ID: i64 = -(1 << 52);

/// Opens one, and holds on to what is there already. Whether there is room for the rest is asked now, before any of it comes.
pub fn open(tx: &Tx<'_>, call: &OpenStage) -> Result<StageOpened, Error> {
    const HOLD: &str = "INSERT OR IGNORE INTO staged (stage, blob)
        SELECT ?2, b.id FROM json_each(?1) j CROSS JOIN blob b INDEXED BY blob_hash
            ON b.hash = unhex(j.value) AND b.state = 0 RETURNING (SELECT hex(hash) FROM blob WHERE id = blob)";
    if only(tx.sql, "SELECT count(*) FROM stage", &[])?.count(0)? >= STAGES_MAX as u64 {
        return Err(Error::TooManyStages { max: STAGES_MAX });
    }
    if call.entries > tx.entries_left()? {
        return Err(Error::TooManyEntries { max: tx.limits.entries });
    }
    let stage = only(tx.sql, "UPDATE meta SET v = v + 1 WHERE k = 'stages' RETURNING v", &[])?.int(0)?;
    let until_ms = tx.now_ms + LASTS_MS;
    tx.sql.query("INSERT INTO stage (id, until_ms) VALUES (?1, ?2)", &[stage.into(), until_ms.into()])?;
    timer::arm(tx.sql, Timer::Stages, until_ms)?;
    let mut known = BTreeSet::new();
    chunked(call.contents.iter().map(|wanted| json!(wanted.hash)), |hashes| {
        for row in tx.sql.query(HOLD, &[hashes.into(), stage.into()])? {
            known.extend(parse_hash(row.text(0)?)?.map(|hash| *hash.as_bytes()));
        }
        Ok(())
    })?;
    let missing = call.contents.iter().filter(|wanted| !known.contains(wanted.hash.as_bytes()));
    tx.check_quota(missing.clone().map(|wanted| wanted.size_bytes).sum())?;
    Ok(StageOpened { stage, missing: missing.map(|wanted| wanted.hash).collect() })
}

/// Takes contents.
pub fn fill(tx: &Tx<'_>, call: &FillStage, body: Option<&Bytes>) -> Result<StageFilled, Error> {
    check_open(tx, call.stage)?;
    let count = i64::try_from(call.contents.len()).unwrap_or(i64::MAX);
    let last = only(tx.sql, "UPDATE meta SET v = v + ?1 WHERE k = 'staged' RETURNING v", &[count.into()])?.int(0)?;
    let mut offset_bytes = 0;
    for (number, SentContent { hash, size_bytes, key }) in (last - count + 1..).zip(&call.contents) {
        let id = FIRST_ID - number;
        let kept = if let Some(key) = key {
            let content = Content::Stored { key: key.clone(), size_bytes: *size_bytes };
            blobs::keep(tx, hash, &content, None, id)?
        } else {
            let bytes = body.and_then(|body| piece(body, offset_bytes, *size_bytes));
            offset_bytes += size_bytes;
            blobs::keep(tx, hash, &Content::Body, bytes.as_ref(), id)?
        };
        let hold = "INSERT OR IGNORE INTO staged (stage, blob) VALUES (?1, ?2)";
        tx.sql.query(hold, &[call.stage.into(), kept.blob.into()])?;
    }
    Ok(StageFilled {})
}

fn check_open(tx: &Tx<'_>, stage: i64) -> Result<(), Error> {
    let open = first(tx.sql, "SELECT 1 FROM stage WHERE id = ?1 AND until_ms > ?2", &[stage.into(), tx.now_ms.into()])?;
    open.map(drop).ok_or(Error::NotStaged { stage })
}

/// What is on a stage.
pub struct Staged {
    stage: i64,
    contents: HashMap<[u8; 32], Kept>,
}

impl Staged {
    /// All of it.
    pub fn read(tx: &Tx<'_>, stage: i64) -> Result<Self, Error> {
        const CONTENTS: &str = "SELECT hex(b.hash), b.id, b.size FROM staged s CROSS JOIN blob b ON b.id = s.blob
            WHERE s.stage = ?1 AND b.state = 0 AND b.hash IS NOT NULL";
        check_open(tx, stage)?;
        let mut contents = HashMap::new();
        for row in tx.sql.query(CONTENTS, &[stage.into()])? {
            let hash = parse_hash(row.text(0)?)?.ok_or_else(|| SqlError("a content without a hash".to_owned()))?;
            contents.insert(*hash.as_bytes(), Kept { blob: row.int(1)?, size_bytes: row.count(2)? });
        }
        Ok(Self { stage, contents })
    }

    /// One of its contents. What was held may be gone: a media item that its user has deleted meanwhile.
    pub fn get(&self, hash: &Sha256) -> Result<Kept, Error> {
        self.contents.get(hash.as_bytes()).copied().ok_or(Error::NotStaged { stage: self.stage })
    }
}

/// Gives one up.
pub fn close(tx: &Tx<'_>, call: &CloseStage) -> Result<StageClosed, Error> {
    end(tx, call.stage)?;
    Ok(StageClosed {})
}

/// Ends one: what no tree has taken from it is looked at by the sweep.
pub fn end(tx: &Tx<'_>, stage: i64) -> Result<(), Error> {
    const LEFT: &str =
        "SELECT blob FROM staged WHERE stage = ?1 AND NOT EXISTS (SELECT 1 FROM node WHERE node.blob = staged.blob)";
    blobs::drop_all(tx, LEFT, &[stage.into()])?;
    tx.sql.query("DELETE FROM staged WHERE stage = ?1", &[stage.into()])?;
    tx.sql.query("DELETE FROM stage WHERE id = ?1", &[stage.into()])?;
    settle(tx.sql)
}

/// Clears a stage whose time is over; one at a time, since each may be large.
pub fn expire(tx: &Tx<'_>) -> Result<(), Error> {
    match first(tx.sql, "SELECT id FROM stage WHERE until_ms <= ?1 LIMIT 1", &[tx.now_ms.into()])? {
        Some(row) => end(tx, row.int(0)?),
        None => settle(tx.sql),
    }
}

fn settle(sql: &dyn Sql) -> Result<(), Error> {
    let next_ms = only(sql, "SELECT min(until_ms) FROM stage", &[])?.int_or_null(0)?;
    Ok(timer::settle(sql, Timer::Stages, next_ms)?)
}
