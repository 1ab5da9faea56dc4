//! One operation: a method of a path, with what it takes and all that it answers.

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::document::Document;

/// Who may call.
#[derive(Clone, Copy)]
pub enum Access {
    /// Who has a signed query.
    Signed,
    /// Anyone; who is signed sees their own too.
    Open,
    /// Anyone: no query says who it is.
    Anyone,
    /// Who has an address that somebody else has signed for them.
    Ticket,
    /// The host's backend.
    Host,
}

/// An operation that is being described.
pub struct Operation<'d> {
    document: &'d mut Document,
    value: Map<String, Value>,
    method: String,
    path: String,
    is_signed: bool,
}

impl<'d> Operation<'d> {
    pub(super) fn new(document: &'d mut Document, value: Map<String, Value>, method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        let mut new = Self { document, value, method, path, is_signed: false };
        for name in new.path.clone().split('{').skip(1).filter_map(|part| part.split('}').next()) {
            let about = match name {
                "turn" => "The turn, as its caller has named it.",
                "version" => "Three numbers, such as `1.0.0`.",
                "key" => "The key of a public item, with its slashes.",
                _ if new.path.starts_with("/api/checkpoints") => "A checkpoint's id, which is its rev.",
                _ => "An id, as it was answered.",
            };
            let schema = json!({ "type": "string" });
            new.parameter(
                json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema }),
            );
        }
        new
    }

    pub(super) fn opened_to(mut self, access: Access) -> Self {
        let signed = json!({ "userId": [], "exp": [], "sig": [] });
        let security = match access {
            Access::Signed => json!([signed]),
            Access::Open => json!([{}, signed]),
            Access::Anyone => json!([]),
            Access::Ticket => json!([{ "ticket": [] }]),
            Access::Host => json!([{ "host": [] }]),
        };
        self.value.insert("security".to_owned(), security);
        self.is_signed = matches!(access, Access::Signed | Access::Open);
        match access {
            Access::Signed | Access::Ticket => self.refuses(&[400, 401, 410, 500, 503]),
            Access::Open | Access::Host => self.refuses(&[400, 401, 500, 503]),
            Access::Anyone => self.refuses(&[500, 503]),
        }
    }

    /// What it is for, in a line.
    pub fn about(mut self, text: &str) -> Self {
        self.value.insert("summary".to_owned(), text.into());
        self
    }

    /// More than that line says.
    pub fn more(mut self, text: &str) -> Self {
        self.value.insert("description".to_owned(), text.into());
        self
    }

    /// Parameters of the query: the members of a shape.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        for (name, mut schema, is_required) in self.document.members::<T>() {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({ "name": name, "in": "query", "required": is_required, "schema": schema });
            if let Some(about) = about {
                parameter["description"] = about;
            }
            self.parameter(parameter);
        }
        self
    }

    /// A body of JSON.
    pub fn takes<T: JsonSchema>(self) -> Self {
        let schema = self.document.request::<T>();
        self.body(json!({ "required": true, "content": { "application/json": { "schema": schema } } }))
    }

    /// A body of JSON that may be left out.
    pub fn may_take<T: JsonSchema>(self) -> Self {
        let schema = self.document.request::<T>();
        self.body(json!({ "required": false, "content": { "application/json": { "schema": schema } } }))
    }

    /// A form.
    pub fn takes_form<T: JsonSchema>(self) -> Self {
        let schema = self.document.request::<T>();
        self.body(json!({ "required": true, "content": { "multipart/form-data": { "schema": schema } } }))
    }

    /// A body that is bytes.
    pub fn takes_bytes(self, about: &str) -> Self {
        self.body(json!({ "required": true, "description": about, "content": { "application/octet-stream": {} } }))
    }

    fn body(mut self, body: Value) -> Self {
        self.value.insert("requestBody".to_owned(), body);
        self
    }

    /// What it answers when it goes well.
    pub fn answers<T: JsonSchema>(self) -> Self {
        let schema = self.document.answer::<T>();
        self.response(200, "What was asked for.", json!({ "application/json": { "schema": schema } }))
    }

    /// The same in lines, for those who ask for them.
    pub fn answers_lines<T: JsonSchema>(mut self, about: &str) -> Self {
        let schema = self.document.answer::<T>();
        self.responses()["200"]["content"]["application/x-ndjson"] = json!({ "schema": schema });
        self.more(about)
    }

    /// What it answers when it goes well, where that is bytes of some type.
    pub fn answers_bytes(mut self, kind: &str) -> Self {
        self.responses().entry("200").or_insert_with(|| json!({ "description": "The bytes.", "content": {} }));
        self.responses()["200"]["content"][kind] = json!({});
        self.header(200, "Content-Disposition", "ContentDisposition")
    }

    /// A text of some type.
    pub fn answers_text(self, kind: &str) -> Self {
        self.response(200, "The text.", json!({ kind: { "schema": { "type": "string" } } }))
    }

    /// The same page with another status, in place of a refusal.
    pub fn answers_page(mut self, status: u16) -> Self {
        let page = self.responses()["200"]["content"].clone();
        self.response(status, "The same page, of which nothing is told.", page)
    }

    /// An answer without a body.
    pub fn answers_empty(self, status: u16, about: &str) -> Self {
        self.response(status, about, json!({}))
    }

    /// What it answers has a tag, and is not sent to those who have it.
    pub fn tagged(mut self) -> Self {
        self.shared("IfNoneMatch");
        self.response(304, "The caller has it already.", json!({}))
            .header(200, "ETag", "ETag")
            .header(304, "ETag", "ETag")
    }

    /// What it answers can be asked for in part.
    pub fn ranged(mut self) -> Self {
        self.shared("Range");
        self.shared("IfRange");
        let content = self.responses()["200"]["content"].clone();
        let content = content.as_object().into_iter().flatten().filter(|(kind, _)| *kind != "application/json");
        let content: Map<String, Value> = content.map(|(kind, schema)| (kind.clone(), schema.clone())).collect();
        self.response(206, "A part of the bytes.", Value::Object(content))
            .header(206, "Content-Range", "ContentRange")
            .header(206, "ETag", "ETag")
            .refuses(&[416])
    }

    /// It changes the workspace, in somebody's name and as part of something.
    pub fn changes(mut self) -> Self {
        self.shared("Actor");
        self.shared("Turn");
        self.refuses(&[403, 404, 409, 507])
    }

    /// The change can be bound to what is there.
    pub fn conditional(mut self) -> Self {
        self.shared("IfMatch");
        self.shared("IfNoneMatch");
        self.refuses(&[412])
    }

    /// The bytes that are sent can be checked.
    pub fn digested(mut self) -> Self {
        self.shared("ContentDigest");
        self.shared("ReprDigest");
        self
    }

    /// What it may be refused with, beside what anything may.
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let refusal = self.document.refusal(*status);
            self.responses().insert(status.to_string(), refusal);
        }
        self
    }

    /// Any other refusal, with whatever status somebody else has chosen.
    pub fn refuses_as_others_do(mut self) -> Self {
        let schema = self.document.answer::<crate::error::ErrorBody>();
        let content = json!({ "application/json": { "schema": schema } });
        let about = "What the provider said no with: its own status, and `provider` beside the sentence.";
        for range in ["4XX", "5XX"] {
            self.responses().insert(range.to_owned(), json!({ "description": about, "content": content }));
        }
        self
    }

    /// A header of an answer.
    pub fn header(mut self, status: u16, name: &str, shared: &str) -> Self {
        let reference = json!({ "$ref": format!("#/components/headers/{shared}") });
        self.responses()[&status.to_string()]["headers"][name] = reference;
        self
    }

    /// The same at an older address.
    pub fn also_at(self, path: &str, id: &str) -> Self {
        let mut older = self.value.clone();
        older.insert("operationId".to_owned(), id.into());
        older.insert("deprecated".to_owned(), true.into());
        let method = self.method.clone();
        self.document.add(path, &method, finished(older, self.is_signed));
        self
    }

    /// All is said.
    pub fn end(self) {
        self.document.add(&self.path, &self.method, finished(self.value, self.is_signed));
    }

    fn response(mut self, status: u16, about: &str, content: Value) -> Self {
        let mut response = json!({ "description": about });
        if content.as_object().is_some_and(|content| !content.is_empty()) {
            response["content"] = content;
        }
        self.responses().insert(status.to_string(), response);
        self
    }

    fn responses(&mut self) -> &mut Map<String, Value> {
        let responses = self.value.entry("responses").or_insert_with(|| json!({}));
        responses.as_object_mut().unwrap()
    }

    fn shared(&mut self, name: &str) {
        self.parameter(json!({ "$ref": format!("#/components/parameters/{name}") }));
    }

    fn parameter(&mut self, parameter: Value) {
        let parameters = self.value.entry("parameters").or_insert_with(|| json!([]));
        let parameters = parameters.as_array_mut().unwrap();
        if !parameters.contains(&parameter) {
            parameters.push(parameter);
        }
    }
}

/// With what is said of every answer that is not a refusal.
fn finished(mut operation: Map<String, Value>, is_signed: bool) -> Map<String, Value> {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut).unwrap();
    for response in responses.values_mut().filter(|response| is_signed && response.get("$ref").is_none()) {
        response["headers"]["Server-Timing"] = json!({ "$ref": "#/components/headers/ServerTiming" });
    }
    operation
}
