//! Files as JSON, for pages that were written so.

use std::rc::Rc;

use durable_objects::call::{Place, Read};
use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

use super::Outcome;
use super::content::{open, unchanged, whole, with_validators};
use super::history::when;
use super::upload::store;
use crate::answer::{Answer, to_text};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::intake::Intake;
use crate::wire::{Encoding, ReadHead, Time};
use crate::workspace::Workspace;
use crate::{bytes, conditional};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify)]
    fn to_json(text: &JsString) -> JsString;
}

impl Encoding {
    fn parse(text: Option<&str>) -> Result<Self, Error> {
        match text {
            None | Some("utf-8" | "utf8") => Ok(Self::Utf8),
            Some("base64") => Ok(Self::Base64),
            Some(_) => Err(Error::BadRequest("Unknown encoding: use utf-8 or base64".to_owned())),
        }
    }
}

/// `GET /api/files/read?path=&encoding=&at=&version=`: a file as JSON, as it is or as it was.
pub async fn read(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let encoding = Encoding::parse(incoming.query.get("encoding"))?;
    let call = Read { path: incoming.query_path()?, unless: conditional::of_look(&incoming) };
    let workspace = Workspace::of(&caller, &incoming)?;
    let (found, bytes) = open(&workspace, call, when(&incoming)?).await?;
    if found.bytes == Place::Unchanged {
        return Ok(unchanged(&found.entry));
    }
    let buffer = whole(&incoming, &found, bytes, incoming.config.json_file_max_bytes).await?;
    let entry = found.entry;
    let content = match encoding {
        Encoding::Utf8 => bytes::decode_utf8(&buffer).ok_or(Error::NotText)?,
        Encoding::Base64 => bytes::to_base64(&buffer),
    };
    let about = to_text(&ReadHead {
        encoding,
        modified: Time(entry.modified_ms),
        path: entry.path.absolute(&incoming.config.root),
        size: entry.size_bytes,
    })?;
    // The content is put into the object by the runtime: `{…` + `,"content":` + `"…"` + `}`.
    let about = about.strip_suffix('}').unwrap_or(&about);
    let json = JsString::from(format!("{about},\"content\":")).concat(&to_json(&content)).concat(&"}".into());
    Ok(with_validators(Answer::native(200, json.into()), &entry).with("Content-Type", "application/json"))
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
    let (size_bytes, max_bytes) = (u64::from(content.byte_length()), incoming.config.json_file_max_bytes);
    if size_bytes > max_bytes {
        return Err(Error::TooLarge { what: "Content", size_bytes, max_bytes });
    }
    let workspace = Workspace::of(&caller, &incoming)?;
    let staged = Intake::take_buffer(&workspace, &content).await?;
    let written = store(&workspace, path, staged, make_parents).await?;
    written.answer(None)
}
