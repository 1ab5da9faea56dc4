//! The document, while it is made: paths, the schemas that they refer to, and what many operations say alike.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operation::{Access, Operation};
use crate::error::ErrorBody;

/// Where schemas are, for those who refer to them.
const SCHEMAS: &str = "/components/schemas";

/// What a refusal is called in the document, and what it means.
const REFUSALS: [(u16, &str, &str); 18] = [
    (400, "BadRequest", "Something in the request is not what it must be; the sentence says what."),
    (401, "Unauthorized", "The signed query is missing, wrong or expired; `details` says which."),
    (403, "Forbidden", "It is there, and not the caller's to do this with."),
    (404, "NotFound", "There is no such thing, or none that the caller may know of."),
    (409, "Conflict", "Something is in the way."),
    (410, "Gone", "The account was deleted, or what is asked for is no longer kept."),
    (
        412,
        "ConditionFailed",
        "The entry is not what `If-Match` or `If-None-Match` said it must be: `etag` is what it is, null if there is none.",
    ),
    (413, "TooLarge", "It is larger than this may be."),
    (415, "UnsupportedType", "The bytes are not of a kind that this takes."),
    (
        416,
        "RangeNotSatisfiable",
        "None of the bytes that were asked for exist; `Content-Range` has how many there are.",
    ),
    (422, "Refused", "What was sent or found can be read, and is not taken; nothing was changed."),
    (426, "UpgradeRequired", "The address is that of a WebSocket."),
    (429, "TooManyRequests", "Too much of this is going on at once; `Retry-After` says when it is worth another try."),
    (500, "Failed", "Something went wrong on our side."),
    (502, "UpstreamFailed", "A source or a provider did not do its part."),
    (
        503,
        "Unavailable",
        "It cannot be answered right now, or is not configured. With `Retry-After` it is worth another try: a change may have happened.",
    ),
    (507, "Full", "The workspace is full: it has `leftBytes`, and `neededBytes` are needed."),
    (504, "TimedOut", "A source or a provider took too long."),
];

/// The document.
pub struct Document {
    /// What is answered: what serde writes.
    answers: SchemaGenerator,
    /// What is sent: what may be left out.
    requests: SchemaGenerator,
    paths: BTreeMap<String, Map<String, Value>>,
    /// The refusals that anything can meet with.
    refusals: BTreeSet<u16>,
    tag: &'static str,
    tags: Vec<Value>,
}

impl Default for Document {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.meta_schema = None;
            })
        };
        Self {
            answers: settings().for_serialize().into_generator(),
            requests: settings().for_deserialize().into_generator(),
            paths: BTreeMap::new(),
            refusals: BTreeSet::new(),
            tag: "",
            tags: Vec::new(),
        }
    }
}

impl Document {
    /// Begins a group: what is described from here on belongs to it.
    pub fn group(&mut self, tag: &'static str, about: &str) {
        self.tag = tag;
        self.tags.push(json!({ "name": tag, "description": about }));
    }

    /// An operation, a method and a path, for whoever `access` lets in. Its id is what generated clients call it.
    pub fn on(&mut self, access: Access, route: &str, id: &str) -> Operation<'_> {
        let (method, path) = route.split_once(' ').unwrap();
        let value = json!({ "operationId": id, "tags": [self.tag] });
        Operation::new(self, value.as_object().cloned().unwrap(), method, path).opened_to(access)
    }

    /// The operation is complete.
    pub(super) fn add(&mut self, path: &str, method: &str, operation: Map<String, Value>) {
        let methods = self.paths.entry(path.to_owned()).or_default();
        let before = methods.insert(method.to_lowercase(), operation.into());
        assert!(before.is_none(), "{method} {path} is described twice");
    }

    /// The schema of what is answered.
    pub(super) fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// The schema of what is sent.
    pub(super) fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The members of a shape by which a query is described, each with its schema and whether it must be there.
    pub(super) fn members<T: JsonSchema>(&mut self) -> Vec<(String, Value, bool)> {
        let mut schema: Value = T::json_schema(&mut self.requests).to_value();
        tidy(&mut schema);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let members = schema["properties"].as_object().cloned().unwrap_or_default();
        members
            .into_iter()
            .map(|(name, schema)| {
                let is_required = required.contains(&Value::from(name.as_str()));
                (name, schema, is_required)
            })
            .collect()
    }

    /// A reference to a refusal.
    pub(super) fn refusal(&mut self, status: u16) -> Value {
        let (_, name, _) = REFUSALS.iter().find(|(known, ..)| *known == status).unwrap();
        self.refusals.insert(status);
        json!({ "$ref": format!("#/components/responses/{name}") })
    }

    /// The whole of it.
    pub fn finish(mut self) -> Value {
        let error = self.answer::<ErrorBody>();
        let responses: Map<String, Value> = REFUSALS
            .iter()
            .filter(|(status, ..)| self.refusals.contains(status))
            .map(|(_, name, about)| {
                let content = json!({ "application/json": { "schema": error } });
                ((*name).to_owned(), json!({ "description": about, "content": content }))
            })
            .collect();
        let mut schemas: Map<String, Value> = self.answers.take_definitions(true);
        for (name, schema) in self.requests.take_definitions(true) {
            if let Some(answered) = schemas.get(&name) {
                assert_eq!(*answered, schema, "{name} is sent otherwise than it is answered");
            }
            schemas.insert(name, schema);
        }
        schemas.values_mut().for_each(tidy);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Holdfast",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
                "description": include_str!("about.md"),
            },
            "servers": [{ "url": "/", "description": "The Worker that serves this description." }],
            "tags": self.tags,
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": responses,
                "parameters": parameters(),
                "headers": headers(),
                "securitySchemes": security_schemes(),
            },
        })
    }
}

/// A schema as clients need it. How many bits hold a number here is nobody's concern. And what may be absent is never null
/// besides, since serde leaves it out: a null in the schema of such a member is only Rust's `Option`, but for
/// those that are [`crate::wire::Nullable`] and say so (`x-null`).
fn tidy(schema: &mut Value) {
    without_bits(schema);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, member) in members.iter_mut().filter(|(name, _)| !required.contains(&Value::from(name.as_str()))) {
        if member.as_object_mut().is_some_and(|member| member.remove("x-null").is_some()) {
            continue;
        }
        if let Some(types) = member.get_mut("type").and_then(Value::as_array_mut) {
            types.retain(|word| word != "null");
            if let [word] = types.as_slice() {
                member["type"] = word.clone();
            }
        }
        if let Some(choices) = member.get_mut("anyOf").and_then(Value::as_array_mut) {
            choices.retain(|choice| choice["type"] != "null");
            if let [only] = choices.as_slice() {
                let only = only.clone();
                let about = member["description"].clone();
                *member = only;
                if !about.is_null() {
                    member["description"] = about;
                }
            }
        }
        if let Some(words) = member.get_mut("enum").and_then(Value::as_array_mut) {
            words.retain(|word| !word.is_null());
        }
        assert_ne!(member["type"], "null", "{name} can be nothing but null");
    }
}

fn without_bits(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let is_of_bits = |format: &Value| {
                format.as_str().is_some_and(|format| format.trim_start_matches('u').starts_with("int"))
            };
            if members.get("format").is_some_and(is_of_bits) {
                members.remove("format");
            }
            members.values_mut().for_each(without_bits);
        }
        Value::Array(items) => items.iter_mut().for_each(without_bits),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The parameters that many operations have.
fn parameters() -> Value {
    let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } });
    json!({
        "IfMatch": header("If-Match", "The change happens only if the entry has one of these tags, or `*`: any."),
        "IfNoneMatch": header("If-None-Match", "Of a look: 304 if what is there has one of these tags. Of a change: it \
            happens only if nothing is there that has one of these tags, or with `*` nothing at all."),
        "Range": header("Range", "One range of bytes. Several are answered with the whole."),
        "IfRange": header("If-Range", "The range is meant only of bytes with this tag; else the whole is answered."),
        "ContentDigest": header("Content-Digest", "`sha-256` of the body, checked before anything is kept (RFC 9530)."),
        "ReprDigest": header("Repr-Digest", "`sha-256` of the file, checked before anything is kept (RFC 9530)."),
        "Actor": header("X-Actor", "Who makes the change, such as `agent` or `app:notes`: 1 to 128 visible ASCII characters."),
        "Turn": header("X-Turn", "The unit of work that the change belongs to, which can be undone as one: 1 to 128 visible \
            ASCII characters, and not `.` or `..`."),
    })
}

/// The headers of many answers.
fn headers() -> Value {
    let header = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "ServerTiming": header("What the answer cost: rows read, rows written and bucket operations, each as the `desc` of an \
            entry. With every answer to a signed query."),
        "ETag": header("A strong tag. A file's is the hash of its content, wherever it is read."),
        "LastModified": header("When it last changed, to the second."),
        "ContentDisposition": header("`inline`, or `attachment` where it could run; with the name of the file."),
        "ContentRange": header("Which bytes these are, and of how many."),
        "Location": header("Where the bytes are."),
        "RetryAfter": header("After how many seconds it is worth another try."),
    })
}

/// How callers say who they are.
fn security_schemes() -> Value {
    let query =
        |name: &str, about: &str| json!({ "type": "apiKey", "in": "query", "name": name, "description": about });
    json!({
        "userId": query("userId", "Whose workspace it is: `user_` and 1 to 128 of `[A-Za-z0-9_-]`."),
        "exp": query("exp", "Until when the address works, in seconds since 1970."),
        "sig": query("sig", "HMAC-SHA-256 of `{userId}.{exp}` with the host's secret, as base64url without padding."),
        "ticket": query("ticket", "Of an address that `POST /api/media/sign` has made."),
        "host": { "type": "http", "scheme": "bearer", "description": "The host's own secret, `HOST_SECRET`." },
    })
}
