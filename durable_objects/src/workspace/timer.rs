//! The alarm's agenda: one row a task, with the time it is due.
//!
//! The platform gives an object one alarm and drops it after six failures. So tasks are rows, the alarm is only the
//! earliest of them, a task that fails is tried again later, and every mutation arms the alarm anew.

use crate::call::Error;
use crate::sql::{Sql, SqlError, first};

/// A task of the alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Take apart what was deleted for good.
    Unlink,
    /// Free the bytes that nothing uses.
    Sweep,
    /// Drop what has been in the trash for long enough.
    Expire,
    /// Drop history and feed beyond their retention.
    Prune,
    /// Let go of what was deleted for good and no checkpoint has any more.
    Release,
    /// Remove from the bucket what nothing uses and nobody reads any more.
    Remove,
    /// Remove what was sent to the bucket and has not become a file.
    Uploads,
    /// Take over the bytes of imported files.
    Adopt,
    /// Bring home the bytes of files whose media item is gone.
    Home,
    /// Write the index of media.
    Index,
    /// Let go of trees that have been held for too long.
    Holds,
    /// Bring the bucket copy up to date.
    Mirror,
    /// Clear stages that nobody has planted.
    Stages,
}

impl Timer {
    /// As it stands in the table. A stored format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unlink => "unlink",
            Self::Sweep => "sweep",
            Self::Expire => "expire",
            Self::Prune => "prune",
            Self::Release => "release",
            Self::Remove => "remove",
            Self::Uploads => "uploads",
            Self::Adopt => "adopt",
            Self::Home => "home",
            Self::Index => "index",
            Self::Holds => "holds",
            Self::Mirror => "mirror",
            Self::Stages => "stages",
        }
    }
}

/// Due already.
pub const AT_ONCE: i64 = 0;

/// Makes sure that a task runs at `due_ms` or before.
pub fn arm(sql: &dyn Sql, timer: Timer, due_ms: i64) -> Result<(), SqlError> {
    let upsert = "INSERT INTO timer (what, due_ms) VALUES (?1, ?2)
        ON CONFLICT (what) DO UPDATE SET due_ms = excluded.due_ms WHERE due_ms > excluded.due_ms";
    sql.query(upsert, &[timer.word().into(), due_ms.into()])?;
    Ok(())
}

/// Sets when a task runs next, or that it does not. One statement, since it also runs outside of a transaction: a task
/// that fails together with the database must not fall off the agenda.
pub fn settle(sql: &dyn Sql, timer: Timer, due_ms: Option<i64>) -> Result<(), SqlError> {
    let what = timer.word().into();
    match due_ms {
        Some(due_ms) => {
            let upsert = "INSERT INTO timer (what, due_ms) VALUES (?1, ?2)
                ON CONFLICT (what) DO UPDATE SET due_ms = excluded.due_ms";
            sql.query(upsert, &[what, due_ms.into()])?;
        }
        None => drop(sql.query("DELETE FROM timer WHERE what = ?1", &[what])?),
    }
    Ok(())
}

/// The first of some tasks that is due.
pub fn due(sql: &dyn Sql, tasks: &[Timer], now_ms: i64) -> Result<Option<Timer>, Error> {
    let rows = sql.query("SELECT what FROM timer WHERE due_ms <= ?1", &[now_ms.into()])?;
    let words: Vec<&str> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    Ok(tasks.iter().copied().find(|timer| words.contains(&timer.word())))
}

/// When the alarm has to ring next.
pub fn next_ms(sql: &dyn Sql) -> Result<Option<i64>, Error> {
    let row = first(sql, "SELECT min(due_ms) FROM timer", &[])?;
    Ok(row.map(|row| row.int_or_null(0)).transpose()?.flatten())
}
