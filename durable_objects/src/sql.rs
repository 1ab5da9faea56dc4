//! The seam to SQLite: one trait, with workerd's database behind it in the Worker and rusqlite's in native tests.
//!
//! It is the only place that touches the platform's SQL, because a JavaScript exception that escapes there hangs the
//! request: every call here catches. It also counts rows, so that a request can say what it cost.

use thiserror::Error;

/// A file's bytes on their way: they are bound and read as they are, so that they never enter wasm memory.
#[cfg(target_arch = "wasm32")]
pub type Bytes = js_sys::ArrayBuffer;
/// A file's bytes.
#[cfg(not(target_arch = "wasm32"))]
pub type Bytes = Vec<u8>;

/// Bytes in one piece, one behind the other.
pub fn join(parts: &[Bytes]) -> Bytes {
    #[cfg(target_arch = "wasm32")]
    {
        use wasm_bindgen::JsCast as _;

        // No caller joins more than a few MiB.
        let total_bytes = parts.iter().map(js_sys::ArrayBuffer::byte_length).sum();
        let joined = js_sys::Uint8Array::new_with_length(total_bytes);
        let mut offset = 0;
        for part in parts {
            joined.set(&js_sys::Uint8Array::new(part), offset);
            offset += part.byte_length();
        }
        joined.buffer().unchecked_into()
    }
    #[cfg(not(target_arch = "wasm32"))]
    parts.concat()
}

/// A piece of some bytes, by itself; none if they end before it does.
pub fn piece(bytes: &Bytes, offset_bytes: u64, size_bytes: u64) -> Option<Bytes> {
    let end = offset_bytes.checked_add(size_bytes).filter(|end| *end <= len_bytes(bytes))?;
    #[cfg(target_arch = "wasm32")]
    return Some(bytes.slice_with_end(u32::try_from(offset_bytes).ok()?, u32::try_from(end).ok()?));
    #[cfg(not(target_arch = "wasm32"))]
    bytes.get(usize::try_from(offset_bytes).ok()?..usize::try_from(end).ok()?).map(<[u8]>::to_vec)
}

/// The bytes of a text of our own.
pub fn of_text(text: &str) -> Bytes {
    #[cfg(target_arch = "wasm32")]
    return js_sys::Uint8Array::from(text.as_bytes()).buffer();
    #[cfg(not(target_arch = "wasm32"))]
    text.as_bytes().to_vec()
}

/// How many bytes there are.
pub fn len_bytes(bytes: &Bytes) -> u64 {
    #[cfg(target_arch = "wasm32")]
    return u64::from(bytes.byte_length());
    #[cfg(not(target_arch = "wasm32"))]
    return bytes.len() as u64;
}

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

#[cfg(target_arch = "wasm32")]
pub use platform::ObjectSql;

#[cfg(target_arch = "wasm32")]
mod platform {
    //! workerd's `storage.sql`. The `worker` crate wraps it too, but copies blobs through wasm, lets exceptions escape
    //! from some iterators, and has no `transactionSync`; these externs do neither and cost one crossing a result.

    use std::cell::Cell;

    use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
    use wasm_bindgen::prelude::*;
    use worker::Storage;

    use super::{Cost, Param, Row, Sql, SqlError, Value};
    use crate::words::word;

    #[wasm_bindgen]
    extern "C" {
        type JsStorage;
        #[wasm_bindgen(method, getter)]
        fn sql(this: &JsStorage) -> JsSql;
        #[wasm_bindgen(method, catch, js_name = transactionSync)]
        fn transaction_sync(
            this: &JsStorage,
            body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
        ) -> Result<JsValue, JsValue>;

        type JsSql;
        #[wasm_bindgen(method, catch, variadic)]
        fn exec(this: &JsSql, statement: &JsString, params: &Array) -> Result<JsCursor, JsValue>;

        type JsCursor;
        #[wasm_bindgen(method, catch)]
        fn raw(this: &JsCursor) -> Result<JsValue, JsValue>;
        #[wasm_bindgen(method, getter, js_name = rowsRead)]
        fn rows_read(this: &JsCursor) -> f64;
        #[wasm_bindgen(method, getter, js_name = rowsWritten)]
        fn rows_written(this: &JsCursor) -> f64;

        #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
        fn collect(iterator: &JsValue) -> Result<Array, JsValue>;
    }

    /// The database of one Durable Object.
    pub struct ObjectSql {
        storage: JsStorage,
        sql: JsSql,
        cost: Cell<Cost>,
    }

    impl ObjectSql {
        /// The database behind an object's storage.
        pub fn new(storage: &Storage) -> Self {
            let storage: &JsValue = storage.as_raw().as_ref();
            let storage: JsStorage = storage.clone().unchecked_into();
            Self { sql: storage.sql(), storage, cost: Cell::default() }
        }
    }

    impl Sql for ObjectSql {
        fn query(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, SqlError> {
            let bound: Array = params.iter().map(to_js).collect();
            let cursor = self.sql.exec(&word(statement), &bound).map_err(|error| explain(&error))?;
            let rows = cursor.raw().and_then(|rows| collect(&rows)).map_err(|error| explain(&error))?;
            // Right only now that the cursor is drained.
            let mut cost = self.cost.get();
            cost.rows_read += whole(cursor.rows_read()).unsigned_abs();
            cost.rows_written += whole(cursor.rows_written()).unsigned_abs();
            self.cost.set(cost);
            rows.iter().map(|row| Array::from(&row).iter().map(from_js).collect::<Result<_, _>>().map(Row)).collect()
        }

        fn transaction(&self, body: &mut dyn FnMut() -> bool) -> Result<(), SqlError> {
            let mut refused = false;
            let outcome = self.storage.transaction_sync(&mut || {
                if body() {
                    return Ok(JsValue::UNDEFINED);
                }
                refused = true;
                Err(JsValue::from_str("rolled back"))
            });
            match outcome {
                Err(error) if !refused => Err(explain(&error)),
                _ => Ok(()),
            }
        }

        fn cost(&self) -> Cost {
            self.cost.get()
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "revs, sizes and milliseconds stay below 2^53")]
    fn to_js(param: &Param<'_>) -> JsValue {
        match *param {
            Param::Null => JsValue::NULL,
            Param::Int(value) => JsValue::from_f64(value as f64),
            Param::Text(value) => JsValue::from_str(value),
            Param::Blob(value) => Uint8Array::from(value).into(),
            Param::Bytes(value) => value.into(),
        }
    }

    fn from_js(value: JsValue) -> Result<Value, SqlError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        if let Some(number) = value.as_f64() {
            return Ok(Value::Int(whole(number)));
        }
        let value = match value.dyn_into::<JsString>() {
            Ok(text) => return Ok(Value::Text(text.into())),
            Err(value) => value,
        };
        let bytes = value.dyn_into::<ArrayBuffer>();
        bytes.map(Value::Bytes).map_err(|_| SqlError("a value of an unknown type".to_owned()))
    }

    #[expect(clippy::cast_possible_truncation, reason = "SQLite's integers arrive as doubles; `as` saturates")]
    fn whole(number: f64) -> i64 {
        number as i64
    }

    fn explain(error: &JsValue) -> SqlError {
        let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        SqlError(message.or_else(|| error.as_string()).unwrap_or_else(|| "an unknown exception".to_owned()))
    }
}

#[cfg(test)]
pub(crate) mod native {
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
}
