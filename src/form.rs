//! A form with a file in it (`multipart/form-data`), read as a stream: the file goes on to its place while it comes in,
//! whichever of the fields is first.

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
    let body = incoming.request.body().ok_or_else(|| Error::BadRequest(INVALID.to_owned()))?;
    let chunks = Chunks::new(body).map_err(|cause| Error::internal("reading a form", &cause))?;
    let bytes = stream::unfold(chunks, |mut chunks| async {
        // Into wasm, one chunk at a time: the boundary has to be looked for.
        let chunk = chunks.next().await.transpose()?;
        let chunk = chunk.map(|chunk| Bytes::from(chunk.to_vec())).map_err(|cause| cut_off(&cause));
        Some((chunk, chunks))
    });
    // The library wants a stream that could move between threads; there is only one.
    let mut fields = Multipart::new(SendWrapper::new(bytes.boxed_local()), boundary);
    while let Some(field) = fields.next_field().await.map_err(invalid)? {
        match field.name() {
            Some("file") if form.file.is_none() => {
                form.file = Some(take_file(incoming, workspace, max_bytes, field).await?);
            }
            Some("path") if form.path.is_none() => form.path = Some(take_text(field).await?),
            // What nobody asked for is passed over.
            _ => drop(field),
        }
    }
    Ok(())
}

async fn take_file(
    incoming: &Incoming,
    workspace: &Workspace,
    max_bytes: u64,
    mut field: multer::Field<'_>,
) -> Result<Staged, Error> {
    // The form is longer than its file.
    let expected = Expected::AtMost(incoming.content_length().unwrap_or(max_bytes));
    let mut intake = Intake::new(workspace, expected, max_bytes)?;
    let written = write_all(&mut intake, &mut field).await;
    intake.end(written).await
}

async fn write_all(intake: &mut Intake<'_>, field: &mut multer::Field<'_>) -> Result<(), Error> {
    while let Some(chunk) = field.chunk().await.map_err(invalid)? {
        intake.write(&Uint8Array::from(chunk.as_ref())).await?;
    }
    Ok(())
}

async fn take_text(mut field: multer::Field<'_>) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(invalid)? {
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
