//! D1, the database of the catalogue: statements as values, sent in one batch, answered as rows that serde reads.
//!
//! A batch is one transaction and one round trip, whatever it holds. Rows come over as one text of JSON: asking for
//! each column of each row would cost a crossing for every value.

use std::rc::Rc;

use durable_objects::sql::Cost;
use durable_objects::words::word;
use js_sys::{Array, JsString, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::env;
use crate::error::Error;
use crate::incoming::Incoming;

#[wasm_bindgen]
extern "C" {
    /// The runtime's handle to the database.
    pub type D1;
    #[wasm_bindgen(method, catch)]
    fn prepare(this: &D1, sql: &JsString) -> Result<Prepared, JsValue>;
    #[wasm_bindgen(method)]
    fn batch(this: &D1, statements: &Array) -> Promise;

    type Prepared;
    #[wasm_bindgen(method, catch, variadic)]
    fn bind(this: &Prepared, params: &Array) -> Result<Prepared, JsValue>;

    type Answered;
    #[wasm_bindgen(method, getter)]
    fn results(this: &Answered) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn meta(this: &Answered) -> JsValue;
}

/// A value bound to a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// `NULL`.
    Null,
    /// A whole number, exact up to 2^53: it crosses as a double.
    Int(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement and what is bound to it: `?1` is the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text: of the code alone, never of what a caller sent.
    pub sql: &'static str,
    /// Its values.
    pub params: Vec<Param>,
}

/// A statement with its values.
pub fn statement<const N: usize>(sql: &'static str, params: [Param; N]) -> Statement {
    Statement { sql, params: params.into() }
}

/// What a statement did: its rows, as JSON, and how many it changed.
pub struct Outcome {
    rows: String,
    /// How many rows it inserted, updated or deleted itself.
    pub changes: u64,
}

impl Outcome {
    /// Its rows: each an object of its columns.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        serde_json::from_str(&self.rows).map_err(|error| Error::internal("a row of the catalogue", &error))
    }

    /// Its first row, if it has one.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        Ok(self.rows()?.into_iter().next())
    }
}

/// The catalogue, for the length of one request.
pub struct Catalog {
    database: D1,
    incoming: Rc<Incoming>,
}

impl Catalog {
    /// The catalogue as a request sees it.
    pub fn of(incoming: &Rc<Incoming>) -> Result<Self, Error> {
        Ok(Self { database: env::catalog(&incoming.env)?, incoming: Rc::clone(incoming) })
    }

    /// The request that it is asked for.
    pub fn incoming(&self) -> &Rc<Incoming> {
        &self.incoming
    }

    /// Runs one statement.
    pub async fn run(&self, statement: Statement) -> Result<Outcome, Error> {
        self.run_all(vec![statement]).await
    }

    /// Runs statements in order, all or none of them, and answers what the last one did.
    pub async fn run_all(&self, statements: Vec<Statement>) -> Result<Outcome, Error> {
        let last = self.batch(statements).await?.pop();
        last.ok_or_else(|| failed(&"a statement was not answered"))
    }

    /// Runs statements in order, all or none of them.
    pub async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, Error> {
        let prepared = Array::new();
        for Statement { sql, params } in statements {
            let params: Array = params.into_iter().map(to_js).collect();
            let bound = self.database.prepare(&word(sql)).and_then(|prepared| prepared.bind(&params));
            prepared.push(&bound.map_err(|cause| failed(&cause))?.into());
        }
        let answers = JsFuture::from(self.database.batch(&prepared)).await.map_err(|cause| failed(&cause))?;
        Ok(Array::from(&answers).iter().map(|answer| self.outcome(answer.unchecked_ref())).collect())
    }

    fn outcome(&self, answer: &Answered) -> Outcome {
        let meta = answer.meta();
        let count = |name: &str| Reflect::get(&meta, &word(name)).map_or(0, |count| to_count(&count));
        self.incoming.spend_rows(Cost { rows_read: count("rows_read"), rows_written: count("rows_written") });
        let rows = js_sys::JSON::stringify(&answer.results()).map(String::from).unwrap_or_default();
        Outcome { rows, changes: count("changes") }
    }
}

fn to_js(param: Param) -> JsValue {
    match param {
        Param::Null => JsValue::NULL,
        #[expect(clippy::cast_precision_loss, reason = "numbers of ours are below 2^53")]
        Param::Int(number) => JsValue::from_f64(number as f64),
        Param::Text(text) => JsValue::from_str(&text),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, below 2^53")]
fn to_count(number: &JsValue) -> u64 {
    number.as_f64().unwrap_or_default() as u64
}

fn failed(cause: &impl std::fmt::Debug) -> Error {
    Error::CatalogFailed(format!("{cause:?}"))
}
