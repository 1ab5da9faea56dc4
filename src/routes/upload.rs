//! Files as bytes, on their way in: from a body or from a form, streamed to where they belong and only then named.

use std::rc::Rc;

use durable_objects::call::{Content, Error as CallError, Write, Written};
use durable_objects::path::FilePath;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::Blobs;
use crate::conditional::{self, quote};
use crate::digest::Stated;
use crate::error::Error;
use crate::form::{self, Form};
use crate::incoming::Incoming;
use crate::intake::{Intake, Staged};
use crate::mime;
use crate::wire::{MediaRef, Time, True, WrittenBody};
use crate::workspace::Workspace;

/// `PUT /api/files/content?path=`: a file from the body.
pub async fn put(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let path = incoming.query_path()?;
    if incoming.header("Content-Range").is_some() {
        // Taken for the whole, a part would replace it.
        return Err(Error::BadRequest(
            "A part of a file cannot be put; send the whole without Content-Range".to_owned(),
        ));
    }
    let digest = Stated::of(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let staged = Intake::take_body(&workspace, incoming.config.file_max_bytes).await?;
    let written = store(&workspace, path, staged.checked(&workspace, &digest).await?, true).await?;
    written.answer(None)
}

/// `POST /api/files/upload`: a file from a form, with `path` before or behind it.
pub async fn upload(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let digest = Stated::of(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let Form { file, path } = form::read(&incoming, &workspace, incoming.config.file_max_bytes).await?;
    let Some(staged) = file else {
        return Err(Error::BadRequest("File and path required".to_owned()));
    };
    let path =
        path.filter(|path| !path.is_empty()).ok_or_else(|| Error::BadRequest("File and path required".to_owned()));
    let path = match path.and_then(|path| incoming.file_path(&path)) {
        Ok(path) => path,
        Err(error) => {
            staged.abandon(&workspace).await;
            return Err(error);
        }
    };
    let mime = mime::of_name(path.name());
    let written = store(&workspace, path, staged.checked(&workspace, &digest).await?, true).await?;
    written.answer(Some(mime))
}

/// A file as it has just been stored.
pub struct Stored {
    path: String,
    tag: String,
    written: Written,
}

impl Stored {
    /// What the caller is told, with the type where that was decided.
    pub fn answer(self, mime_type: Option<&'static str>) -> Outcome {
        let Written { size_bytes, modified_ms, media, .. } = self.written;
        let body = WrittenBody {
            media: media.map(|id| MediaRef { id: id.as_str().to_owned() }),
            mime_type,
            modified: Time(modified_ms),
            path: self.path,
            size: size_bytes,
            success: True,
        };
        Ok(Answer::ok(&body)?.with("ETag", &quote(&self.tag)))
    }
}

/// Makes staged bytes a file. If that fails, they are given up.
pub async fn store(workspace: &Workspace, path: FilePath, staged: Staged, make_parents: bool) -> Result<Stored, Error> {
    let incoming = workspace.incoming();
    let Staged { hash, ref content, ref body } = staged;
    let only_if = match conditional::of_change(incoming) {
        Ok(only_if) => only_if,
        Err(error) => {
            staged.abandon(workspace).await;
            return Err(error);
        }
    };
    let call = Write { path: path.clone(), hash, content: content.clone(), make_parents, only_if };
    match workspace.call_with(call, body.as_ref()).await {
        Ok(written) => Ok(Stored { path: path.absolute(&incoming.config.root), tag: hash.to_string(), written }),
        Err(error) => {
            staged.abandon(workspace).await;
            if let (Error::Workspace(CallError::UnknownUpload { .. }), Content::Stored { key, .. }) = (&error, content)
            {
                // The alarm has given it up already, perhaps before the bytes were there: nobody else would find them.
                Blobs::of(incoming)?.delete(key).await;
            }
            Err(error)
        }
    }
}
