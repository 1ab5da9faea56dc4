//! The end of everything in a workspace, to begin anew or for good.

use crate::call::{Cleared, Error, Verb};
use crate::path::FilePath;
use crate::sql::{Sql, first, only};

use super::schema::ROOT;
use super::txn::{Change, Tx};
use super::{blobs, history, import, media, schema, uploads};

/// What is emptied.
const TABLES: [&str; 13] = [
    "node",
    "past",
    "change",
    "turn",
    "passed",
    "trash",
    "checkpoint",
    "held",
    "dropped",
    "stage",
    "staged",
    "planted",
    "planted_entry",
];

/// Empties the workspace, but for public media. Its tables are truncated, which costs the same whatever they hold; what lies in the bucket is
/// left to the alarm. Repeating it does no harm.
pub fn reset(tx: &Tx<'_>) -> Result<Cleared, Error> {
    uploads::abandon_all(tx, false)?;
    empty(tx)
}

fn empty(tx: &Tx<'_>) -> Result<Cleared, Error> {
    let entries = only(tx.sql, "SELECT v FROM meta WHERE k = 'entries'", &[])?.count(0)?;
    for table in TABLES {
        tx.sql.query(&format!("DELETE FROM {table}"), &[])?;
    }
    tx.remove_entries(entries.cast_signed());
    tx.add_files(-only(tx.sql, "SELECT v FROM meta WHERE k = 'files'", &[])?.int(0)?);
    let timers =
        "DELETE FROM timer WHERE what IN ('expire', 'unlink', 'release', 'prune', 'sweep', 'home', 'index', 'holds',
            'stages')";
    tx.sql.query(timers, &[])?;
    media::reset(tx)?;
    blobs::let_go_of_all(tx)?;
    tx.sql.query("DELETE FROM meta WHERE k = 'import'", &[])?;
    schema::plant(tx.sql, tx.now_ms)?;
    let rev = tx.record(Change::Reset, Some(ROOT), &FilePath::root(), None)?;
    tx.sql.query("UPDATE node SET rev = ?1, children_rev = ?1", &[rev.into()])?;
    history::begin_at(tx, rev)?;
    tx.sql.query("UPDATE meta SET v = v + 1 WHERE k = 'epoch'", &[])?;
    Ok(Cleared { entries })
}

/// Empties the workspace, media included, and closes it.
pub fn close(tx: &Tx<'_>) -> Result<Cleared, Error> {
    media::close(tx)?;
    uploads::abandon_all(tx, true)?;
    let cleared = empty(tx)?;
    tx.sql.query("INSERT OR IGNORE INTO meta (k, v) VALUES ('closed_ms', ?1)", &[tx.now_ms.into()])?;
    tx.end();
    Ok(cleared)
}

/// Fails when the workspace has been closed (then it takes no call but to close it again), or has yet to be imported.
/// Answers whether it takes any call from now on, unless it is closed.
pub fn must_take(sql: &dyn Sql, verb: &Verb) -> Result<bool, Error> {
    let state = first(sql, "SELECT k FROM meta WHERE k IN ('closed_ms', 'import') ORDER BY k LIMIT 1", &[])?;
    let Some(state) = state else { return Ok(true) };
    match (state.text(0)?, verb) {
        (_, Verb::Close(_)) | ("import", Verb::Import(_) | Verb::Ping(_) | Verb::Reset(_)) => Ok(false),
        ("import", _) => Err(Error::ImportFirst { after: import::last(sql)? }),
        _ => Err(Error::Closed),
    }
}
