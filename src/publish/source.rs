//! What is published, as it is at one moment: the workspace, whose tree is held and read in pages and batches while others go
//! on writing, or what was sent before.

mod held;
mod reader;
mod sent;

use std::cell::Cell;

use durable_objects::call::{HoldTree, KeepTree, Place, ReleaseTree};
use durable_objects::ids::Sha256;
use durable_objects::path::FilePath;
use js_sys::ArrayBuffer;

use super::exclude::{Reason, Rules};
use super::progress::Progress;
use super::upload::UploadId;
use crate::bytes;
use crate::error::Error;
use crate::incoming::now_ms;
use crate::workspace::Workspace;

use held::Held;
pub use reader::Reader;
use sent::Sent;

/// How long a hold lasts when nothing more is heard of a publish: then the next one of the name may begin.
const LASTS_MS: i64 = 2 * 60 * 1000;
/// How often it is said that it goes on.
const KEPT_EACH_MS: i64 = 30 * 1000;

/// Where what is published is.
#[derive(Clone, Debug)]
pub enum Origin {
    /// In the workspace.
    Workspace,
    /// In what was sent before.
    Upload(UploadId),
}

/// What is published, until it is released.
pub struct Source<'a> {
    workspace: &'a Workspace,
    /// Also of an upload: one publish of a name goes on at a time.
    hold: i64,
    kept_ms: Cell<i64>,
    tree: Tree,
    /// What paths are told below of.
    root: FilePath,
    /// Where it is told how far it is.
    pub progress: &'a Progress,
}

enum Tree {
    Held(Held),
    Sent(Sent),
}

/// A file that is published.
pub struct File {
    /// Below the root.
    pub path: String,
    /// Its bytes.
    pub size_bytes: u64,
    /// Their hash.
    pub hash: Sha256,
    at: At,
}

/// Where its bytes are.
enum At {
    /// Of a workspace.
    Held(Place),
    /// Of an upload: behind so many others.
    Sent(u64),
}

/// What is published, and what is not.
#[derive(Default)]
pub struct Contents {
    /// Files, in the order of a listing.
    pub files: Vec<File>,
    /// Directories.
    pub directories: Vec<String>,
    /// What is left out, and why.
    pub excluded: Vec<(String, Reason)>,
}

impl Contents {
    /// Whether a path goes by the rules; what does not is told once, and what is below it not one by one.
    fn takes(&mut self, path: &str, rules: &Rules) -> bool {
        let Some((out, reason)) = rules.left_out(path) else { return true };
        if self.excluded.last().is_none_or(|(last, _)| last != out) {
            self.excluded.push((out.to_owned(), reason));
        }
        false
    }
}

impl<'a> Source<'a> {
    /// Holds the workspace as it is now, or finds what was sent. One publish of a name goes on at a time.
    pub async fn open(
        workspace: &'a Workspace,
        name: String,
        root: FilePath,
        origin: &Origin,
        progress: &'a Progress,
    ) -> Result<Self, Error> {
        let held = workspace.call(HoldTree { name, lasts_ms: LASTS_MS }).await?;
        let tree = Tree::Held(Held { hold: held.hold, rev: held.rev });
        let source = Self { workspace, hold: held.hold, kept_ms: Cell::new(now_ms()), tree, root, progress };
        let Origin::Upload(id) = origin else { return Ok(source) };
        match Sent::find(workspace, id).await {
            Ok(sent) => Ok(Self { tree: Tree::Sent(sent), ..source }),
            Err(error) => {
                source.release().await;
                Err(error)
            }
        }
    }

    /// Says that it goes on, if that has not been said for a while. Fails if the next one has begun meanwhile.
    pub async fn keep(&self) -> Result<(), Error> {
        if now_ms() - self.kept_ms.get() < KEPT_EACH_MS {
            return Ok(());
        }
        self.keep_now().await
    }

    /// Says it now.
    pub async fn keep_now(&self) -> Result<(), Error> {
        self.kept_ms.set(now_ms());
        self.workspace.call(KeepTree { hold: self.hold, lasts_ms: LASTS_MS }).await.map(drop)
    }

    /// The end of it. Where it is not heard of, the alarm lets go.
    pub async fn release(&self) {
        let _ = self.workspace.call(ReleaseTree { hold: self.hold }).await;
    }

    /// A path below the root, as clients write it.
    pub fn absolute(&self, path: &str) -> String {
        let root = self.root.absolute(&self.workspace.incoming().config.root);
        if path.is_empty() { root } else { format!("{root}/{path}") }
    }

    /// Whether it was sent, and is in no workspace.
    pub fn is_sent(&self) -> bool {
        matches!(self.tree, Tree::Sent(_))
    }

    /// What is in a folder below the root, and goes by the rules.
    pub async fn contents(&self, folder: &str, rules: &Rules) -> Result<Contents, Error> {
        self.progress.step("listing");
        match &self.tree {
            Tree::Held(held) => held.contents(self, folder, rules).await,
            Tree::Sent(sent) => sent.contents(folder, rules),
        }
    }

    /// One file below the root, if it is there and no longer than so many bytes.
    pub async fn read(&self, path: &str, max_bytes: u64) -> Result<Option<ArrayBuffer>, Error> {
        match &self.tree {
            Tree::Held(held) => held.read(self, path, max_bytes).await,
            Tree::Sent(sent) => sent.read(path, max_bytes).await,
        }
    }

    /// The same as a text; none if it is no UTF-8.
    pub async fn read_text(&self, path: &str, max_bytes: usize) -> Result<Option<String>, Error> {
        let bytes = self.read(path, max_bytes as u64).await?;
        Ok(bytes.and_then(|bytes| bytes::decode_utf8(&bytes)).map(String::from))
    }

    /// Reads files one after the other; `step` is what is told of that.
    pub fn reader<'f>(&'f self, step: &'static str, files: &'f [File]) -> Reader<'f> {
        Reader::new(self, step, files)
    }
}

fn cut_off() -> Error {
    Error::Interrupted("a file was cut off".to_owned())
}
