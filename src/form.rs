//! A form with a file in it (`multipart/form-data`), read as a stream: the file goes on to its place while it comes in,
//! whichever of the fields is first.

use std::cell::Cell;
use std::rc::Rc;

use futures::{StreamExt as _, stream};
use js_sys::Uint8Array;
use multer::{Multipart, bytes::Bytes};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use crate::chunks::Chunks;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::intake::{Expected, Intake, Staged};
use crate::workspace::Workspace;

/// The longest text field: a path, with room.
const TEXT_MAX_BYTES: usize = 16 * 1024;
/// How much is read without a field, or more of one, in sight. What comes before the first boundary, or as the header of a
/// field, is kept in memory until its end is found, and has no end in a form that is none.
const UNPARSED_MAX_BYTES: u32 = 1024 * 1024;

/// What a form brought.
pub struct Form {
    /// The file.
    pub file: Option<Staged>,
    /// Where it is to go.
    pub path: Option<String>,
}

/// Reads a form. On an error nothing of it is kept.
pub async fn read(incoming: &Incoming, workspace: &Workspace, max_bytes: u64) -> Result<Form, Error> {
    let mut form = Form { file: None, path: None };
    match read_fields(incoming, workspace, max_bytes, &mut form).await {
        Ok(()) => Ok(form),
        Err(error) => {
            if let Some(file) = &form.file {
                file.abandon(workspace).await;
            }
            Err(error)
        }
    }
}

async fn read_fields(incoming: &Incoming, workspace: &Workspace, max_bytes: u64, form: &mut Form) -> Result<(), Error> {
    let content_type = incoming.header("Content-Type").unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(invalid)?;
    if boundary.is_empty() {
        return Err(Error::BadRequest(INVALID.to_owned()));
    }
    let body = incoming.request.body().ok_or_else(|| Error::BadRequest(INVALID.to_owned()))?;
    let chunks = Chunks::new(body).map_err(|cause| Error::internal("reading a form", &cause))?;
    let unparsed_bytes = Rc::new(Cell::new(0));
    let read_bytes = Rc::clone(&unparsed_bytes);
    let bytes = stream::unfold(chunks, move |mut chunks| {
        let read_bytes = Rc::clone(&read_bytes);
        async move {
            // Into wasm, one chunk at a time: the boundary has to be looked for.
            let chunk = chunks.next().await.transpose()?;
            read_bytes.set(read_bytes.get() + chunk.as_ref().map_or(0, Uint8Array::length));
            if read_bytes.get() > UNPARSED_MAX_BYTES {
                return Some((Err(std::io::Error::other("no field in sight")), chunks));
            }
            let chunk = chunk.map(|chunk| Bytes::from(chunk.to_vec())).map_err(|cause| cut_off(&cause));
            Some((chunk, chunks))
        }
    });
    // The library wants a stream that could move between threads; there is only one.
    let mut fields = Multipart::new(SendWrapper::new(bytes.boxed_local()), boundary);
    while let Some(field) = fields.next_field().await.map_err(invalid)? {
        unparsed_bytes.set(0);
        match field.name() {
            Some("file") if form.file.is_none() => {
                let is_nameless = field.file_name() == Some("");
                let file = take_file(incoming, workspace, max_bytes, field, &unparsed_bytes).await?;
                // A page's form in which no file was chosen sends one without a name and without bytes: it is none.
                form.file = (!is_nameless || !file.is_empty()).then_some(file);
            }
            Some("path") if form.path.is_none() => form.path = Some(take_text(field, &unparsed_bytes).await?),
            // What nobody asked for is passed over.
            _ => take_nothing(field, &unparsed_bytes).await?,
        }
    }
    Ok(())
}

async fn take_file(
    incoming: &Incoming,
    workspace: &Workspace,
    max_bytes: u64,
    mut field: multer::Field<'_>,
    unparsed_bytes: &Cell<u32>,
) -> Result<Staged, Error> {
    // The form is longer than its file.
    let expected = Expected::AtMost(incoming.content_length().unwrap_or(max_bytes));
    let mut intake = Intake::new(workspace, expected, max_bytes)?;
    let written = write_all(&mut intake, &mut field, unparsed_bytes).await;
    intake.end(written).await
}

async fn write_all(
    intake: &mut Intake<'_>,
    field: &mut multer::Field<'_>,
    unparsed_bytes: &Cell<u32>,
) -> Result<(), Error> {
    while let Some(chunk) = field.chunk().await.map_err(invalid)? {
        unparsed_bytes.set(0);
        intake.write(&Uint8Array::from(chunk.as_ref())).await?;
    }
    Ok(())
}

/// Passes over a field.
async fn take_nothing(mut field: multer::Field<'_>, unparsed_bytes: &Cell<u32>) -> Result<(), Error> {
    while field.chunk().await.map_err(invalid)?.is_some() {
        unparsed_bytes.set(0);
    }
    Ok(())
}

async fn take_text(mut field: multer::Field<'_>, unparsed_bytes: &Cell<u32>) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(invalid)? {
        unparsed_bytes.set(0);
        text.extend_from_slice(&chunk);
        if text.len() > TEXT_MAX_BYTES {
            return Err(Error::BadRequest(INVALID.to_owned()));
        }
    }
    String::from_utf8(text).map_err(|_| Error::Path(durable_objects::path::PathError::InvalidCharacters))
}

const INVALID: &str = "Invalid form data";

fn invalid(_: multer::Error) -> Error {
    Error::BadRequest(INVALID.to_owned())
}

fn cut_off(cause: &JsValue) -> std::io::Error {
    std::io::Error::other(format!("{cause:?}"))
}
