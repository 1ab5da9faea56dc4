//! The bytes of files: as JSON for pages that were written so, and raw for everyone else.

use std::rc::Rc;

use durable_objects::call::{Entry, Error as CallError, Kind, Read, Sought, Stat, Write, Written};
use durable_objects::limits::INLINE_MAX_BYTES;
use durable_objects::path::FilePath;
use js_sys::{ArrayBuffer, JsString};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::{self, JsonBody};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{Time, etag};
use crate::workspace::Workspace;
use crate::{bytes, mime};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify)]
    fn to_json(text: &JsString) -> JsString;
}

/// How content travels in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Base64,
}

impl Encoding {
    fn parse(text: Option<&str>) -> Result<Self, Error> {
        match text {
            None | Some("utf-8" | "utf8") => Ok(Self::Utf8),
            Some("base64") => Ok(Self::Base64),
            Some(_) => Err(Error::BadRequest("Unknown encoding: use utf-8 or base64".to_owned())),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Base64 => "base64",
        }
    }
}

/// `GET /api/files/read?path=&encoding=`: a file as JSON.
pub async fn read(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let encoding = Encoding::parse(incoming.query.get("encoding"))?;
    let path = incoming.query_path()?;
    let (entry, response) = Workspace::of(&caller, &incoming)?.call_for_bytes(Read { path }).await?;
    let cut_off = |cause: JsValue| Error::Interrupted(format!("the object's answer was cut off: {cause:?}"));
    let buffer = JsFuture::from(response.array_buffer().map_err(cut_off)?).await.map_err(cut_off)?;
    let buffer: ArrayBuffer = buffer.unchecked_into();
    let content = match encoding {
        Encoding::Utf8 => bytes::decode_utf8(&buffer).ok_or(Error::NotText)?,
        Encoding::Base64 => bytes::to_base64(&buffer),
    };
    let about = json!({
        "path": entry.path.absolute(&incoming.config.root),
        "size": entry.size_bytes,
        "modified": Time(entry.modified_ms),
        "encoding": encoding.name(),
    });
    // The content is put into the object by the runtime: `{…` + `,"content":` + `"…"` + `}`.
    let about = about.to_string();
    let about = about.strip_suffix('}').unwrap_or(&about);
    let json = JsString::from(format!("{about},\"content\":")).concat(&to_json(&content)).concat(&"}".into());
    Ok(Answer::native(200, json.into()).with("Content-Type", "application/json"))
}

/// `POST /api/files/write {path, content, encoding?, createDirs?}`: a file from JSON.
pub async fn write(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let (Some(path), Some(content)) = (body.text("path"), body.js_text("content")) else {
        return Err(Error::BadRequest("Path and content required".to_owned()));
    };
    let encoding = Encoding::parse(body.optional_text("encoding")?.as_deref())?;
    let make_parents = body.flag("createDirs", true)?;
    let path = incoming.file_path(&path)?;
    let not_base64 = || Error::BadRequest("The content is not valid base64".to_owned());
    let content = match encoding {
        Encoding::Utf8 => bytes::encode_utf8(&content),
        Encoding::Base64 => bytes::from_base64(&content).ok_or_else(not_base64)?,
    };
    let size_bytes = u64::from(content.byte_length());
    if size_bytes > INLINE_MAX_BYTES {
        return Err(Error::TooLarge { what: "Content", size_bytes, max_bytes: INLINE_MAX_BYTES });
    }
    store(&caller, &incoming, path, &content, make_parents).await
}

/// `PUT /api/files/content?path=`: a file from the body.
pub async fn put(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let path = incoming.query_path()?;
    let content = body::read(&incoming, "File", INLINE_MAX_BYTES).await?;
    store(&caller, &incoming, path, &content, true).await
}

async fn store(
    caller: &Caller,
    incoming: &Rc<Incoming>,
    path: FilePath,
    content: &ArrayBuffer,
    make_parents: bool,
) -> Outcome {
    let hash = bytes::sha256(content).await?;
    let call = Write { path: path.clone(), hash, make_parents };
    let Written { size_bytes, modified_ms, .. } = Workspace::of(caller, incoming)?.call_with(call, content).await?;
    Answer::ok(&json!({
        "success": true,
        "path": path.absolute(&incoming.config.root),
        "size": size_bytes,
        "modified": Time(modified_ms),
    }))
}

/// `GET /api/files/content?path=`: the bytes, to be shown.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    raw(&caller, &incoming, "inline").await
}

/// `GET /api/files/download?path=`: the bytes, to be saved.
pub async fn download(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    raw(&caller, &incoming, "attachment").await
}

async fn raw(caller: &Caller, incoming: &Rc<Incoming>, disposition: &'static str) -> Outcome {
    let path = incoming.query_path()?;
    let workspace = Workspace::of(caller, incoming)?;
    let (entry, body) = if incoming.method == "HEAD" {
        (stat_file(&workspace, path).await?, JsValue::NULL)
    } else {
        let (entry, response) = workspace.call_for_bytes(Read { path }).await?;
        (entry, response.body().into())
    };
    let mime = mime::of_name(entry.path.name());
    let disposition = if mime::is_active(mime) { "attachment" } else { disposition };
    Ok(Answer::native(200, body)
        .with("Content-Type", mime)
        .with("Content-Length", &entry.size_bytes.to_string())
        .with("Content-Disposition", &content_disposition(disposition, entry.path.name()))
        .with("ETag", &etag(&entry))
        // What a user stores can be anything: it is never to run with the powers of this origin.
        .with("Content-Security-Policy", "sandbox"))
}

/// A file without its bytes.
async fn stat_file(workspace: &Workspace, path: FilePath) -> Result<Entry, Error> {
    let not_there = CallError::NotFound { sought: Sought::File, path: path.clone() };
    match workspace.call(Stat { path }).await {
        Ok(entry) if entry.kind == Kind::File => Ok(entry),
        Ok(_) | Err(Error::Workspace(CallError::NotFound { .. })) => Err(not_there.into()),
        Err(error) => Err(error),
    }
}

/// Everything but what RFC 5987 lets stand in an extended value.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A file name as RFC 6266 wants it: a plain one for the oldest clients, and the exact one.
fn content_disposition(disposition: &str, name: &str) -> String {
    let plain = |char: char| char.is_ascii_graphic() && !matches!(char, '"' | '\\' | '%') || char == ' ';
    let fallback: String = name.chars().map(|char| if plain(char) { char } else { '_' }).collect();
    let exact = utf8_percent_encode(name, NOT_ATTR_CHAR);
    if fallback == name {
        format!("{disposition}; filename=\"{fallback}\"")
    } else {
        format!("{disposition}; filename=\"{fallback}\"; filename*=UTF-8''{exact}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_safe_in_a_header_and_exact_for_those_who_read_it() {
        let header = |name| content_disposition("attachment", name);
        insta::assert_snapshot!(header("notes v2.md"), @r#"attachment; filename="notes v2.md""#);
        insta::assert_snapshot!(header("100%.txt"), @r#"attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt"#);
        insta::assert_snapshot!(header("a\"b\\c;d'é📦.txt"), @r#"attachment; filename="a_b_c;d'__.txt"; filename*=UTF-8''a%22b%5Cc%3Bd%27%C3%A9%F0%9F%93%A6.txt"#);
    }
}
