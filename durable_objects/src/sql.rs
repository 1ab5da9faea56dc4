//! The seam to SQLite: one trait, with workerd's database behind it in the Worker and rusqlite's in native tests.
//!
//! It is the only place that touches the platform's SQL, because a JavaScript exception that escapes there hangs the
//! request: every call here catches. It also counts rows, so that a request can say what it cost.

mod bytes;
#[cfg(test)]
pub(crate) mod native;
#[cfg(target_arch = "wasm32")]
mod platform;

use thiserror::Error;

pub use bytes::{Bytes, join, len_bytes, of_text, piece};
#[cfg(target_arch = "wasm32")]
pub use platform::ObjectSql;

/// A value bound to a statement.
#[derive(Clone, Copy, Debug)]
pub enum Param<'a> {
    /// `NULL`.
    Null,
    /// An integer; exact up to 2^53, since it crosses as a double.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// A few bytes of our own, such as a hash.
    Blob(&'a [u8]),
    /// A file's bytes.
    Bytes(&'a Bytes),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A value of a row.
#[derive(Clone, Debug)]
pub enum Value {
    /// `NULL`.
    Null,
    /// An integer.
    Int(i64),
    /// Text.
    Text(String),
    /// A blob.
    Bytes(Bytes),
}

/// A row of an answer. Its accessors take columns by position and fail, never panic, when the value is another type.
#[derive(Clone, Debug)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// An integer.
    pub fn int(&self, column: usize) -> Result<i64, SqlError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(*value),
            other => Err(SqlError::unexpected("an integer", column, other)),
        }
    }

    /// An integer or `NULL`.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>, SqlError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// A count or a size.
    pub fn count(&self, column: usize) -> Result<u64, SqlError> {
        Ok(self.int(column)?.unsigned_abs())
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<&str, SqlError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(value),
            other => Err(SqlError::unexpected("text", column, other)),
        }
    }

    /// Text or `NULL`.
    pub fn text_or_null(&self, column: usize) -> Result<Option<&str>, SqlError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The row's bytes, taken out of it.
    pub fn into_bytes(self, column: usize) -> Result<Bytes, SqlError> {
        match self.0.into_iter().nth(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            other => Err(SqlError::unexpected("bytes", column, other.as_ref())),
        }
    }
}

/// What the database said against a statement. It may quote SQL, so it is for the log, not for a caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SqlError(pub String);

impl SqlError {
    fn unexpected(wanted: &str, column: usize, found: Option<&Value>) -> Self {
        let found = match found {
            None => "no such column",
            Some(Value::Null) => "NULL",
            Some(Value::Int(_)) => "an integer",
            Some(Value::Text(_)) => "text",
            Some(Value::Bytes(_)) => "a blob",
        };
        Self(format!("column {column} should be {wanted} and is {found}"))
    }
}

/// Rows that statements touched, as the platform bills them: written rows count every index too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows read.
    pub rows_read: u64,
    /// Rows written.
    pub rows_written: u64,
}

/// A SQLite database with one connection and no concurrency.
pub trait Sql {
    /// Runs one statement to its end. Parameters are positional: `?1` is the first.
    fn query(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, SqlError>;

    /// Runs `body` in a transaction, which is kept when it returns true and rolled back when it returns false. It must
    /// not nest.
    fn transaction(&self, body: &mut dyn FnMut() -> bool) -> Result<(), SqlError>;

    /// What all statements so far have cost.
    fn cost(&self) -> Cost;
}

/// The row that a statement answers, if any.
pub fn first(sql: &dyn Sql, statement: &str, params: &[Param<'_>]) -> Result<Option<Row>, SqlError> {
    Ok(sql.query(statement, params)?.into_iter().next())
}

/// The row of a statement that always has one, such as an aggregate.
pub fn only(sql: &dyn Sql, statement: &str, params: &[Param<'_>]) -> Result<Row, SqlError> {
    first(sql, statement, params)?.ok_or_else(|| SqlError(format!("no row for: {statement}")))
}

/// Runs `body` in one transaction: all of it happens when it returns `Ok`, and nothing when it returns `Err`. Rollback
/// is not automatic on the platform; without this, half of a failed verb would stay.
pub fn atomically<T, E: From<SqlError>>(sql: &dyn Sql, body: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let mut body = Some(body);
    let mut result = None;
    sql.transaction(&mut || {
        result = body.take().map(|body| body());
        matches!(result, Some(Ok(_)))
    })?;
    result.unwrap_or_else(|| Err(SqlError("the transaction did not run".to_owned()).into()))
}
