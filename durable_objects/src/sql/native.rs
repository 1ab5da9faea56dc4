//! SQLite itself, for the tests, with a fault to order: the n-th statement from now fails.

use std::cell::Cell;

use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Connection, StatementStatus, ToSql};

use super::{Cost, Param, Row, Sql, SqlError, Value};

/// A database in memory.
pub struct NativeSql {
    pub connection: Connection,
    pub statements: Cell<usize>,
    pub fail_at: Cell<Option<usize>>,
    /// The work of all statements so far, in steps of SQLite's machine: a few for each row that it reads.
    pub steps: Cell<u64>,
    nested: Cell<bool>,
}

impl Default for NativeSql {
    fn default() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        let (statements, fail_at, steps) = (Cell::default(), Cell::default(), Cell::default());
        Self { connection, statements, fail_at, steps, nested: Cell::new(false) }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Param::Null => ToSqlOutput::Owned(Owned::Null),
            Param::Int(value) => ToSqlOutput::Owned(Owned::Integer(value)),
            Param::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Param::Blob(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Param::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

impl Sql for NativeSql {
    fn query(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, SqlError> {
        let index = self.statements.get();
        self.statements.set(index + 1);
        if self.fail_at.get() == Some(index) {
            return Err(SqlError(format!("a fault at statement {index}")));
        }
        let read = || -> rusqlite::Result<Vec<Row>> {
            let mut prepared = self.connection.prepare_cached(statement)?;
            let columns = prepared.column_count();
            let rows = prepared.query_map(rusqlite::params_from_iter(params), |row| {
                (0..columns).map(|column| row.get_ref(column).map(value)).collect::<Result<_, _>>().map(Row)
            })?;
            let rows = rows.collect();
            let steps = prepared.reset_status(StatementStatus::VmStep).unsigned_abs();
            self.steps.set(self.steps.get() + u64::from(steps));
            rows
        };
        read().map_err(|error| SqlError(format!("{error} in {statement}")))
    }

    fn transaction(&self, body: &mut dyn FnMut() -> bool) -> Result<(), SqlError> {
        assert!(!self.nested.replace(true), "transactions do not nest");
        let run = |statement| self.connection.execute_batch(statement).map_err(|error| SqlError(error.to_string()));
        run("BEGIN")?;
        let keep = body();
        self.nested.set(false);
        run(if keep { "COMMIT" } else { "ROLLBACK" })
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8(value.to_vec()).unwrap()),
        ValueRef::Blob(value) => Value::Bytes(value.to_vec()),
        ValueRef::Real(_) => unreachable!("no column is REAL"),
    }
}
