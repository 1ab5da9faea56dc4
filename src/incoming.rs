//! A request as handlers see it: method, path and query read once from the raw URL, bodies read with a bound.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use durable_objects::ids::Label;
use durable_objects::path::{FilePath, PathError};
use durable_objects::sql::Cost;
use durable_objects::words::word;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use js_sys::JsString;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Context, Env};

use crate::env::{self, Config};
use crate::error::Error;

#[wasm_bindgen]
extern "C" {
    // Takes names that the runtime has already.
    type HeaderNames;
    #[wasm_bindgen(method)]
    fn get(this: &HeaderNames, name: &JsString) -> JsValue;
}

/// A request under way.
pub struct Incoming {
    /// The runtime's own request: its body has not been touched.
    pub request: web_sys::Request,
    headers: HeaderNames,
    /// As sent, in capitals.
    pub method: String,
    /// `https://host`, as the caller sees this service.
    pub origin: String,
    /// The path of the URL, still percent-encoded.
    pub path: String,
    /// What follows the question mark. It holds the caller's signature: never log it, never echo it.
    pub query: Query,
    /// The user in whose name our own object asks: it has a socket of theirs.
    pub vouched: Option<String>,
    /// The bindings.
    pub env: Env,
    /// What the operator has configured.
    pub config: Rc<Config>,
    /// When it arrived.
    pub now_ms: i64,
    /// What it has cost so far.
    pub spent: Cell<Spent>,
    /// What goes on once it has been answered.
    later: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
}

/// What a request has cost: it is told in `Server-Timing`.
#[derive(Clone, Copy, Default)]
pub struct Spent {
    /// Rows of the workspace's database.
    pub rows: Cost,
    /// Operations on buckets.
    pub bucket_operations: u32,
}

impl Incoming {
    /// Reads what is read of every request. What the clock asks for has no context, and nobody vouches for it.
    pub fn new(request: web_sys::Request, env: Env, context: Option<&Context>) -> Self {
        let url = request.url();
        // An absolute URL: the path begins with the first slash behind the host.
        let path_at = url.find("://").and_then(|at| url.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
        let (origin, path_and_query) = path_at.and_then(|at| url.split_at_checked(at)).unwrap_or((&url, "/"));
        let (path, query) = split_query(path_and_query);
        let query = Query::parse(query);
        // Looked at only where there is no signature: each look into the runtime costs a little.
        let vouched = if query.get("sig").is_none() { context.and_then(vouched) } else { None };
        Self {
            method: request.method(),
            headers: AsRef::<JsValue>::as_ref(&request.headers()).clone().unchecked_into(),
            origin: origin.to_owned(),
            path: path.to_owned(),
            query,
            vouched,
            config: env::config(&env),
            now_ms: now_ms(),
            spent: Cell::default(),
            later: RefCell::default(),
            request,
            env,
        }
    }

    /// Whether it asks for something to be changed.
    pub fn is_change(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(&word(name)).as_string()
    }

    /// A header that labels a change: `X-Actor` or `X-Turn`. A turn is part of a path (`/api/turns/…`), of which no client
    /// can send `.` or `..`, however written.
    pub fn label(&self, name: &str) -> Result<Option<Label>, Error> {
        let Some(text) = self.header(name) else { return Ok(None) };
        let label = Label::parse(&text).filter(|label| !matches!(label.as_str(), "." | ".."));
        let wrong = || Error::BadRequest(format!("{name} must be 1 to 128 visible ASCII characters, and not . or .."));
        label.ok_or_else(wrong).map(Some)
    }

    /// A part of the URL's path, decoded: of `/api/turns/a`, 3 is `a`. What is no UTF-8 is no name of anything.
    pub fn segment(&self, index: usize) -> String {
        let segment = self.path.split('/').nth(index).unwrap_or_default();
        percent_decode_str(segment).decode_utf8().map(String::from).unwrap_or_default()
    }

    /// The path that a client names, in the workspace.
    pub fn file_path(&self, text: &str) -> Result<FilePath, Error> {
        Ok(FilePath::parse(&self.config.root, text)?)
    }

    /// The query's `path`, which must be there.
    pub fn query_path(&self) -> Result<FilePath, Error> {
        if self.query.is_garbled("path") {
            return Err(PathError::InvalidCharacters.into());
        }
        self.file_path(self.query.get("path").ok_or_else(|| Error::BadRequest("Path required".to_owned()))?)
    }

    /// The query's `path`s, of which there is at least one. The platform ends an address at 16 KiB.
    pub fn query_paths(&self) -> Result<Vec<FilePath>, Error> {
        let paths = self.query.all("path").ok_or(PathError::InvalidCharacters)?;
        if paths.is_empty() {
            return Err(Error::BadRequest("Path required".to_owned()));
        }
        paths.into_iter().map(|path| self.file_path(path)).collect()
    }

    /// The size that the request states for its body.
    pub fn content_length(&self) -> Option<u64> {
        self.header("Content-Length")?.parse().ok()
    }

    /// Has something go on once the request has been answered.
    pub fn later(&self, work: impl Future<Output = ()> + 'static) {
        self.later.borrow_mut().push(work.boxed_local());
    }

    /// What is to go on now that the request has been answered.
    pub fn take_later(&self) -> Vec<LocalBoxFuture<'static, ()>> {
        self.later.take()
    }

    /// Counts an operation on a bucket.
    pub fn spend_bucket_operation(&self) {
        let mut spent = self.spent.get();
        spent.bucket_operations += 1;
        self.spent.set(spent);
    }

    /// Adds to what the request has cost.
    pub fn spend_rows(&self, rows: Cost) {
        let mut spent = self.spent.get();
        spent.rows.rows_read += rows.rows_read;
        spent.rows.rows_written += rows.rows_written;
        self.spent.set(spent);
    }
}

/// What our own object says through the platform's loopback. A request from outside has no such thing, and no way to.
fn vouched(context: &Context) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Props {
        user_id: String,
    }
    context.props::<Props>().ok().map(|props| props.user_id)
}

/// The time at the edge. It stands still between two operations of input or output.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds, whole and below 2^53")]
pub fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

fn split_query(path_and_query: &str) -> (&str, &str) {
    let without_fragment = path_and_query.split('#').next().unwrap_or_default();
    without_fragment.split_once('?').unwrap_or((without_fragment, ""))
}

/// A decoded query string. Of a name given twice, the first value counts, but for those who ask for all.
pub struct Query(Vec<Param>);

struct Param {
    name: String,
    value: String,
    is_utf8: bool,
}

impl Query {
    /// Reads `a=b&c=d`: a plus is a space, the rest is percent-decoded.
    pub fn parse(raw: &str) -> Self {
        let params = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>();
            let value = decode(value);
            Param {
                name: String::from_utf8_lossy(&decode(name)).into_owned(),
                is_utf8: std::str::from_utf8(&value).is_ok(),
                value: String::from_utf8_lossy(&value).into_owned(),
            }
        });
        Self(params.collect())
    }

    /// A parameter, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|param| param.value.as_str())
    }

    /// All of a parameter that may be given several times, in order; none if the bytes of one are no UTF-8.
    pub fn all(&self, name: &str) -> Option<Vec<&str>> {
        let params = self.0.iter().filter(|param| param.name == name);
        params.map(|param| param.is_utf8.then_some(param.value.as_str())).collect()
    }

    /// Whether a parameter is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A whole number of a range, if it is there.
    pub fn number(&self, name: &str, from: usize, to: usize) -> Result<Option<usize>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| Error::BadRequest(format!("{name} must be a whole number from {from} to {to}"))).map(Some)
    }

    /// Whether a parameter's bytes are no UTF-8, so that its text is not what was meant.
    fn is_garbled(&self, name: &str) -> bool {
        self.find(name).is_some_and(|param| !param.is_utf8)
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once_and_the_first_value_counts() {
        let query = Query::parse("path=%2Froot%2Fa+b%2B%2525&path=other&flag&bad=%ff&%70=x&=y");
        assert_eq!(query.get("path"), Some("/root/a b+%25"));
        assert_eq!(query.all("path"), Some(vec!["/root/a b+%25", "other"]));
        assert_eq!((query.all("absent"), query.all("bad")), (Some(Vec::new()), None));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("p"), Some("x"));
        assert_eq!(query.get("absent"), None);
        assert!(query.is_garbled("bad") && !query.is_garbled("path"));
    }

    #[test]
    fn a_number_is_whole_and_in_its_range() {
        let query = Query::parse("a=1&b=10000&c=0&d=1.5&e=-1&f=&g=10001");
        assert_eq!(query.number("a", 1, 10_000).ok(), Some(Some(1)));
        assert_eq!(query.number("b", 1, 10_000).ok(), Some(Some(10_000)));
        assert_eq!(query.number("z", 1, 10_000).ok(), Some(None));
        for name in ["c", "d", "e", "f", "g"] {
            assert!(query.number(name, 1, 10_000).is_err(), "{name}");
        }
    }

    #[test]
    fn the_fragment_is_no_part_of_the_query() {
        assert_eq!(split_query("/a?b=c#d"), ("/a", "b=c"));
        assert_eq!(split_query("/a"), ("/a", ""));
    }
}
