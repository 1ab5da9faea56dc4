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
