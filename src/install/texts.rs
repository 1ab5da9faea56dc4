//! Files of the user's that are read to be changed: a change that was made meanwhile stops the one that is made from them.

use durable_objects::call::{Condition, Conditions, Error as CallError, Kind, NewText, Read, Stat};
use durable_objects::path::FilePath;

use super::json::TEXT_MAX_BYTES;
use crate::body::collect;
use crate::bytes::to_utf8;
use crate::error::Error;
use crate::publish::manifest::hash;
use crate::publish::source::open_place;
use crate::workspace::Workspace;

/// A file as it is now.
pub struct TextFile {
    /// Where.
    pub path: FilePath,
    /// What is in it; none if it is not there.
    pub text: Option<String>,
    tag: Option<String>,
}

/// A place, by its path below the root.
pub fn place(path: &str) -> FilePath {
    path.split('/').fold(FilePath::root(), |above, name| above.child(name))
}

/// What is at a place, if anything is.
pub async fn kind_at(workspace: &Workspace, path: &str) -> Result<Option<Kind>, Error> {
    match workspace.call(Stat { path: place(path) }).await {
        Ok(entry) => Ok(Some(entry.kind)),
        Err(Error::Workspace(CallError::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

impl TextFile {
    /// Reads one. What is no text, or longer than so many bytes, cannot be changed.
    pub async fn read(workspace: &Workspace, path: &str, max_bytes: usize) -> Result<Self, Error> {
        let at = place(path);
        let call = Read { path: at.clone(), unless: Condition::None };
        let (found, body) = match workspace.call_for_bytes(call).await {
            Ok(found) => found,
            Err(Error::Workspace(CallError::NotFound { .. })) => {
                let file = Self { path: at, text: None, tag: None };
                // A directory is not found as a file, and in the way all the same.
                let is_directory = kind_at(workspace, path).await? == Some(Kind::Directory);
                return if is_directory {
                    Err(file.broken(workspace, "it is a directory".to_owned()))
                } else {
                    Ok(file)
                };
            }
            Err(error) => return Err(error),
        };
        let file = Self { path: at, text: None, tag: Some(found.entry.tag()) };
        if found.entry.size_bytes > max_bytes as u64 {
            return Err(file.broken(workspace, format!("it is longer than {max_bytes} bytes")));
        }
        let cut_off = || Error::Interrupted("a file was cut off".to_owned());
        let body = match open_place(workspace, &found.bytes, found.entry.size_bytes).await? {
            Some(stream) => Some(collect(stream, "File", max_bytes as u64, cut_off).await?),
            None => body,
        };
        let text = body.and_then(|body| to_utf8(&body));
        let text = text.ok_or_else(|| file.broken(workspace, "it is not UTF-8 text".to_owned()))?;
        Ok(Self { text: Some(text), ..file })
    }

    /// That it cannot be changed, and why.
    pub fn broken(&self, workspace: &Workspace, why: String) -> Error {
        Error::BrokenFile { path: self.path.absolute(&workspace.incoming().config.root), why }
    }

    /// Its new content, if that is another one, to be written unless somebody has changed it meanwhile.
    pub fn change(&self, workspace: &Workspace, text: String, is_bare: bool) -> Result<Option<NewText>, Error> {
        if self.text.as_ref() == Some(&text) || (self.text.is_none() && is_bare) {
            return Ok(None);
        }
        if text.len() > TEXT_MAX_BYTES {
            return Err(self.broken(workspace, format!("it would be longer than {TEXT_MAX_BYTES} bytes")));
        }
        let only_if = match &self.tag {
            Some(tag) => Conditions { is: Condition::OneOf(vec![tag.clone()]), is_not: Condition::None },
            None => Conditions { is: Condition::None, is_not: Condition::Any },
        };
        let hash = hash(text.as_bytes());
        Ok(Some(NewText { path: self.path.clone(), text, hash, is_bare, only_if }))
    }
}
