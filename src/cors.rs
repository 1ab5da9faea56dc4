//! Which pages may call: the configured origins, and every answer to them says so, errors included.

use crate::answer::Answer;
use crate::incoming::Incoming;

/// The header that says which page may read an answer.
pub const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const REQUEST_HEADERS: &str =
    "Content-Type, If-Match, If-None-Match, If-Range, Range, Content-Digest, Repr-Digest, X-Actor, X-Turn";
const EXPOSED_HEADERS: &str = "ETag, Content-Disposition, Content-Range, Location, Retry-After, Server-Timing";
/// How long a browser may remember a preflight: two hours, the most that Chromium takes.
const PREFLIGHT_MAX_AGE_S: &str = "7200";

/// Adds the headers of an answer to the request's origin, if it is allowed.
pub fn allow(incoming: &Incoming, answer: Answer) -> Answer {
    if answer.has(ALLOW_ORIGIN) {
        // It is for everyone.
        return answer;
    }
    match incoming.header("Origin").filter(|origin| incoming.config.allowed_origins.contains(origin)) {
        Some(origin) => answer
            .with(ALLOW_ORIGIN, &origin)
            .with("Access-Control-Expose-Headers", EXPOSED_HEADERS)
            .with("Timing-Allow-Origin", &origin),
        None => answer,
    }
}

/// The answer to a browser that asks first.
pub fn preflight() -> Answer {
    Answer::empty(204)
        .with("Access-Control-Allow-Methods", METHODS)
        .with("Access-Control-Allow-Headers", REQUEST_HEADERS)
        .with("Access-Control-Max-Age", PREFLIGHT_MAX_AGE_S)
}
