//! Chats, as the sandbox's sessions and the host's history keep them in the bucket: read only, and bounded.

use std::collections::BTreeMap;
use std::rc::Rc;

use durable_objects::call::SyncMirror;
use durable_objects::ids::UserId;
use js_sys::{ArrayBuffer, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use worker::console_warn;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::{Blobs, Shelf};
use crate::error::Error;
use crate::incoming::{Incoming, now_ms};
use crate::wire::Time;
use crate::workspace::Workspace;

const DEFAULT_MESSAGES: usize = 50;
const MAX_MESSAGES: usize = 200;
/// How much of a file is read: of a session the end, which has the newest messages.
const READ_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// How many pages of 500 chats are looked through: what one request may ask of the bucket is bounded.
const HISTORY_MAX_PAGES: usize = 20;
/// Where a session's file lies as the sandbox sees it; in the bucket it is the shelf of sessions.
const SANDBOX_PREFIX: &str = "/root/.clawdbot/";
const SESSIONS_INDEX: &str = "agents/main/sessions/sessions.json";
/// Two names of one session.
const MAIN: [&str; 2] = ["main", "agent:main:main"];

/// The end of a chat.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChatHistory<'a> {
    /// How long it took, in milliseconds.
    elapsed: i64,
    /// How many messages were asked for.
    limit: usize,
    messages: Vec<ChatMessage>,
    session_key: &'a str,
    /// Who has kept it: `history` (the host), `session` (the sandbox) or `none`.
    source: &'static str,
}

/// Something that was said.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChatMessage {
    /// A text, or blocks: as it was kept.
    content: Value,
    role: Role,
    /// As it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
}

/// When it was said, however that was kept.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ChatTime"))]
enum Timestamp {
    Number(Number),
    Text(String),
}

/// Who has said it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ChatRole"))]
enum Role {
    User,
    Assistant,
}

/// The chats there are.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChatSessions {
    /// The newest first.
    sessions: Vec<ChatSession>,
}

/// A chat.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChatSession {
    key: String,
    /// The key, where nothing else is known.
    title: String,
    updated_at: Option<Time>,
}

/// `GET /ws/api/history?sessionKey=&limit=`: the last messages of a chat.
pub async fn history(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let key = incoming.query.get("sessionKey").unwrap_or(MAIN[0]);
    if !is_session_key(key) {
        return Err(Error::BadRequest("Invalid session key".to_owned()));
    }
    let limit = incoming.query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT_MESSAGES);
    let limit = limit.clamp(1, MAX_MESSAGES);
    let blobs = Blobs::of(&incoming)?;
    let (source, mut messages) = match kept(&blobs, caller.user(), key).await? {
        Some(messages) => ("history", messages),
        None => match session(&blobs, caller.user(), key).await? {
            Some(messages) => ("session", messages),
            None => ("none", Vec::new()),
        },
    };
    messages.drain(..messages.len().saturating_sub(limit));
    sync_later(&caller, &incoming)?;
    let elapsed = now_ms() - incoming.now_ms;
    Answer::ok(&ChatHistory { elapsed, limit, messages, session_key: key, source })
}

/// Who loads a chat may be about to wake a sandbox: the bucket copy is brought up to date, without anybody waiting for it.
fn sync_later(caller: &Caller, incoming: &Rc<Incoming>) -> Result<(), Error> {
    let workspace = Workspace::of(caller, incoming)?;
    incoming.later(async move {
        if let Err(error) = workspace.call(SyncMirror {}).await {
            console_warn!("bringing the copy up to date: {error:?}");
        }
    });
    Ok(())
}

/// `GET /ws/api/sessions`: the chats there are, newest first.
pub async fn sessions(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let blobs = Blobs::of(&incoming)?;
    let mut sessions = BTreeMap::new();
    let shelf = Shelf::History.prefix(caller.user());
    let mut after = None;
    for _ in 0..HISTORY_MAX_PAGES {
        let page = blobs.list_after(&shelf, after.as_deref()).await?;
        for object in &page {
            let key = object.key.strip_prefix(&shelf).and_then(|name| name.strip_suffix(".json"));
            if let Some(key) = key.filter(|key| is_session_key(key)) {
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds; `as` saturates")]
                let updated_ms = object.uploaded_ms as i64;
                sessions.insert(key.to_owned(), (None, updated_ms));
            }
        }
        after = page.last().map(|object| object.key.clone());
        if after.is_none() {
            break;
        }
    }
    let known = index(&blobs, caller.user()).await?.into_iter().filter(|(key, _)| is_session_key(key));
    for (key, session) in known {
        let known_ms = sessions.get(&key).map_or(0, |(_, updated_ms)| *updated_ms);
        sessions.insert(key, (session.title(), known_ms.max(session.updated_ms())));
    }
    let mut sessions: Vec<_> = sessions.into_iter().collect();
    sessions.sort_by_key(|(_, (_, updated_ms))| std::cmp::Reverse(*updated_ms));
    let sessions = sessions.into_iter().map(|(key, (title, updated_ms))| {
        let title = title.unwrap_or_else(|| key.clone());
        ChatSession { key, title, updated_at: (updated_ms > 0).then_some(Time(updated_ms)) }
    });
    Answer::ok(&ChatSessions { sessions: sessions.collect() })
}

/// Whether a text can name a session: it becomes part of a key.
fn is_session_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && !text.contains("..")
}

/// The names under which a session may be kept.
fn names(key: &str) -> Vec<&str> {
    if MAIN.contains(&key) { MAIN.to_vec() } else { vec![key] }
}

/// The messages that the host has kept.
async fn kept(blobs: &Blobs, user: &UserId, key: &str) -> Result<Option<Vec<ChatMessage>>, Error> {
    #[derive(Deserialize)]
    struct Kept {
        messages: Vec<Value>,
    }

    for name in names(key) {
        let key = format!("{}{name}.json", Shelf::History.prefix(user));
        let kept = blobs.read_end(&key, READ_MAX_BYTES).await?;
        // A file that is broken, or too long to be whole here, is as good as none: the session has the messages too.
        if let Some(Kept { messages }) = kept.and_then(|bytes| serde_json::from_slice(&to_vec(&bytes)).ok()) {
            return Ok(Some(messages.iter().filter_map(message).collect()));
        }
    }
    Ok(None)
}

/// The messages of the sandbox's session: a JSON a line.
async fn session(blobs: &Blobs, user: &UserId, key: &str) -> Result<Option<Vec<ChatMessage>>, Error> {
    let index = index(blobs, user).await?;
    let session = names(key).into_iter().find_map(|name| index.get(name));
    let Some(path) = session.and_then(Session::path) else { return Ok(None) };
    let key = format!("{}{path}", Shelf::Sessions.prefix(user));
    let Some(lines) = blobs.read_end(&key, READ_MAX_BYTES).await? else { return Ok(None) };
    let lines = to_vec(&lines);
    let lines = lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let messages = lines.filter_map(|line| message(line.get("message").unwrap_or(&line)));
    Ok(Some(messages.collect()))
}

/// What is told of a message; nothing of those that are neither the user's nor the assistant's.
fn message(message: &Value) -> Option<ChatMessage> {
    let role = match message.get("role")?.as_str()? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    Some(ChatMessage {
        content: message.get("content").cloned().unwrap_or_default(),
        role,
        timestamp: message.get("timestamp").and_then(|timestamp| Timestamp::deserialize(timestamp).ok()),
    })
}

/// A session as the sandbox's index describes it.
struct Session(Value);

impl Session {
    /// Its file on the shelf of sessions. A path that leads elsewhere is none.
    fn path(&self) -> Option<&str> {
        let path = self.0.get("sessionFile")?.as_str()?.strip_prefix(SANDBOX_PREFIX)?;
        (!path.split('/').any(|name| name.is_empty() || name.starts_with('.'))).then_some(path)
    }

    fn title(&self) -> Option<String> {
        let text = |name| self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        ["title", "displayName", "label", "subject"].into_iter().find_map(text).map(str::to_owned)
    }

    fn updated_ms(&self) -> i64 {
        self.0.get("updatedAt").and_then(Value::as_i64).unwrap_or(0)
    }
}

async fn index(blobs: &Blobs, user: &UserId) -> Result<BTreeMap<String, Session>, Error> {
    let key = format!("{}{SESSIONS_INDEX}", Shelf::Sessions.prefix(user));
    let index = blobs.read_end(&key, READ_MAX_BYTES).await?;
    let index: Option<BTreeMap<String, Value>> = index.and_then(|bytes| serde_json::from_slice(&to_vec(&bytes)).ok());
    Ok(index.unwrap_or_default().into_iter().map(|(key, session)| (key, Session(session))).collect())
}

fn to_vec(bytes: &ArrayBuffer) -> Vec<u8> {
    Uint8Array::new(bytes).to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_session_key_is_plain_and_leads_nowhere_else() {
        for good in ["main", "agent:main:main", "a.b-c_d", &"x".repeat(100)] {
            assert!(is_session_key(good), "{good}");
        }
        for bad in ["", "a/b", "..", "a..b", "a b", "é", "a\0", &"x".repeat(101)] {
            assert!(!is_session_key(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_session_file_outside_of_the_sessions_is_none() {
        let path = |file: &str| Session(json!({ "sessionFile": file })).path().map(str::to_owned);
        assert_eq!(
            path("/root/.clawdbot/agents/main/sessions/a.jsonl").as_deref(),
            Some("agents/main/sessions/a.jsonl")
        );
        for bad in ["/root/.clawdbot/../x", "/etc/passwd", "/root/.clawdbot/", "/root/.clawdbot/a//b", "a"] {
            assert_eq!(path(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_what_people_and_the_assistant_said_is_told() {
        let told = |value: Value| message(&value).map(|message| serde_json::to_string(&message).unwrap());
        insta::assert_snapshot!(
            told(json!({ "role": "user", "content": [{ "type": "text" }], "timestamp": 5, "secret": 1 })).unwrap(),
            @r#"{"content":[{"type":"text"}],"role":"user","timestamp":5}"#
        );
        assert_eq!(told(json!({ "role": "system", "content": "x" })), None);
        assert_eq!(told(json!("text")), None);
    }
}
