//! What is published, or made into a zip, as it is at one moment: the workspace, whose tree is held and read in pages and batches
//! while others go on writing, or what was sent before.

mod held;
mod reader;
mod sent;

use std::cell::Cell;

use durable_objects::call::{HoldTree, KeepTree, Place, ReleaseTree, TreeHeld};
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
pub use held::{TreeEntry, open as open_place};
pub use reader::{Reader, count_reads};
use sent::Sent;

/// How long a hold lasts when nothing more is heard of a publish: then the next one of the name may begin.
const LASTS_MS: i64 = 2 * 60 * 1000;
/// How often, in that time, it is said that it goes on.
const KEPT_TIMES: i64 = 4;

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
    hold: Hold,
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

/// A workspace that is held. It outlives the [`Source`] that reads it, and ends by itself.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    tree: TreeHeld,
    lasts_ms: i64,
}

impl Hold {
    /// Holds the workspace as it is now, for so long if nothing more is heard of it. There is one hold of a name at a time, and of all
    /// of them together `spares` are left to others.
    pub async fn take(workspace: &Workspace, name: String, lasts_ms: i64, spares: i64) -> Result<Self, Error> {
        Ok(Self { tree: workspace.call(HoldTree { name, lasts_ms, spares }).await?, lasts_ms })
    }
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
        let hold = Hold::take(workspace, name, LASTS_MS, 0).await?;
        let source = Self::of_held(workspace, hold, root, progress);
        let Origin::Upload(id) = origin else { return Ok(source) };
        match Sent::find(workspace, id).await {
            Ok(sent) => Ok(Self { tree: Tree::Sent(sent), ..source }),
            Err(error) => {
                source.release().await;
                Err(error)
            }
        }
    }

    /// What is held already.
    pub fn of_held(workspace: &'a Workspace, hold: Hold, root: FilePath, progress: &'a Progress) -> Self {
        let tree = Tree::Held(Held { hold: hold.tree.hold, rev: hold.tree.rev });
        Self { workspace, hold, kept_ms: Cell::new(now_ms()), tree, root, progress }
    }

    /// Says that it goes on, if that has not been said for a while. Fails if the next one has begun meanwhile.
    pub async fn keep(&self) -> Result<(), Error> {
        if now_ms() - self.kept_ms.get() < self.kept_each_ms() {
            return Ok(());
        }
        self.keep_now().await
    }

    /// Says it now.
    pub async fn keep_now(&self) -> Result<(), Error> {
        self.kept_ms.set(now_ms());
        let Hold { tree: TreeHeld { hold, .. }, lasts_ms } = self.hold;
        self.workspace.call(KeepTree { hold, lasts_ms }).await.map(drop)
    }

    /// How often that is to be said.
    pub fn kept_each_ms(&self) -> i64 {
        self.hold.lasts_ms / KEPT_TIMES
    }

    /// The end of it. Where it is not heard of, the alarm lets go.
    pub async fn release(&self) {
        let _ = self.workspace.call(ReleaseTree { hold: self.hold.tree.hold }).await;
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

    /// Some files and directories below the root, none of them in another, each followed by what is in it. It ends soon after so
    /// many entries, or so many bytes of their paths.
    pub async fn branches(&self, paths: &[FilePath], entries: usize, bytes: usize) -> Result<Vec<TreeEntry>, Error> {
        match &self.tree {
            Tree::Held(held) => held.branches(self, paths, entries, bytes).await,
            Tree::Sent(_) => Err(Error::Internal("branches of an upload".to_owned())),
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
