//! What a request on a socket is told when it is not done: by the object, and by the Worker where it stands between.

use js_sys::JsString;
use serde_json::json;

/// Why a request is not answered as it was meant.
pub struct Refusal {
    /// As the same request would be refused over HTTP.
    pub status: u16,
    /// For people.
    pub message: String,
    /// What else is known, as JSON.
    pub details: Option<JsString>,
}

impl Refusal {
    /// A refusal of which no more is to be said.
    pub fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), details: None }
    }

    /// The answer to a request; to none in particular if it has no id.
    pub fn frame(&self, id: Option<&str>) -> JsString {
        self.frame_to(&json!(id).to_string())
    }

    /// The answer to a request whose id is JSON already.
    pub fn frame_to(&self, id: &str) -> JsString {
        // The words that gateways use.
        let code = if self.status < 500 { "INVALID_REQUEST" } else { "UNAVAILABLE" };
        let is_temporary = matches!(self.status, 429 | 503);
        let error = json!({ "code": code, "status": self.status, "message": self.message, "retryable": is_temporary })
            .to_string();
        let head = format!("{{\"type\":\"res\",\"id\":{id},\"ok\":false,\"error\":{error}");
        match &self.details {
            // The details go into the object that has just been written.
            Some(details) => {
                let head = head.strip_suffix('}').unwrap_or(&head);
                JsString::from(format!("{head},\"details\":")).concat(details).concat(&"}}".into())
            }
            None => JsString::from(format!("{head}}}")),
        }
    }
}
