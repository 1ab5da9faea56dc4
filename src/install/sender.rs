//! The contents of a bundle on their way to the workspace's stage: small ones together, large ones by the bucket. What the
//! workspace has already is passed by.

use std::collections::HashSet;

use durable_objects::call::{Abandon, CloseStage, Content, FillStage, OpenStage, SentContent};
use durable_objects::ids::Sha256;
use durable_objects::limits::INLINE_MAX_BYTES;
use js_sys::Uint8Array;

use super::latin1::Latin1;
use super::looked::{Looked, LookedFile};
use super::unpack::{Bundle, Taker, changed};
use crate::error::Error;
use crate::intake::{Expected, Intake, Staged};
use crate::publish::manifest::hash;
use crate::workspace::Workspace;

/// How many bytes one call brings, and how many contents: a call is one stretch of the object's time.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
const BATCH_CONTENTS: usize = 500;

/// Sends contents.
pub struct Sender<'a> {
    workspace: &'a Workspace,
    stage: i64,
    looked: &'a Looked,
    folder: &'a str,
    /// What is still to be sent.
    missing: HashSet<[u8; 32]>,
    /// The small ones of the next call.
    batch: Vec<u8>,
    contents: Vec<SentContent>,
    current: Option<Current<'a>>,
}

struct Current<'a> {
    file: LookedFile,
    latin1: Latin1,
    /// Where it begins in the batch.
    start: usize,
    intake: Option<Intake<'a>>,
}

/// Brings all that a bundle has and the workspace has not to a new stage, and answers its number. What fails leaves nothing.
pub async fn stage(workspace: &Workspace, bundle: &Bundle, looked: &Looked) -> Result<i64, Error> {
    let opened = workspace.call(OpenStage { contents: looked.contents(), entries: looked.count() }).await?;
    if opened.missing.is_empty() {
        return Ok(opened.stage);
    }
    let mut sender = Sender {
        workspace,
        stage: opened.stage,
        looked,
        folder: &bundle.folder,
        missing: opened.missing.iter().map(|hash| *hash.as_bytes()).collect(),
        batch: Vec::new(),
        contents: Vec::new(),
        current: None,
    };
    let sent = match bundle.unpack(workspace.incoming(), Taker::Send(&mut sender)).await {
        Ok(()) => sender.finish().await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(()) => Ok(opened.stage),
        Err(error) => {
            sender.abandon().await;
            close(workspace, opened.stage).await;
            Err(error)
        }
    }
}

/// Gives a stage up. Where it is not heard of, the alarm clears it.
pub async fn close(workspace: &Workspace, stage: i64) {
    let _ = workspace.call(CloseStage { stage }).await;
}

impl Sender<'_> {
    /// A file begins.
    pub fn file(&mut self, path: &str) -> Result<(), Error> {
        let file = self.looked.file(self.folder, path).filter(|file| self.missing.remove(file.hash.as_bytes()));
        let Some(file) = file else { return Ok(()) };
        let intake = if file.size_bytes > INLINE_MAX_BYTES {
            Some(Intake::new(self.workspace, Expected::Exactly(file.size_bytes), file.size_bytes)?)
        } else {
            None
        };
        self.current = Some(Current { file, latin1: Latin1::default(), start: self.batch.len(), intake });
        Ok(())
    }

    /// Its next bytes.
    pub async fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let decoded = if current.file.is_latin1 { current.latin1.decode(bytes) } else { None };
        let bytes = decoded.as_deref().unwrap_or(bytes);
        if let Some(intake) = &mut current.intake {
            return intake.write(&Uint8Array::from(bytes)).await;
        }
        self.batch.extend(bytes);
        Ok(())
    }

    /// Its end.
    pub async fn end(&mut self) -> Result<(), Error> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let (wanted, size_bytes) = (current.file.hash, current.file.size_bytes);
        let (found, key) = match current.intake {
            Some(intake) => stored(intake.end(Ok(())).await?)?,
            None => (hash(self.batch.get(current.start..).unwrap_or_default()), None),
        };
        // The workspace believes what it is told of contents: so it is told what they are.
        self.contents.push(SentContent { hash: found, size_bytes, key });
        if found != wanted {
            return Err(changed(&wanted));
        }
        if self.batch.len() >= BATCH_BYTES || self.contents.len() >= BATCH_CONTENTS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let body = Uint8Array::from(self.batch.as_slice()).buffer();
        let call = FillStage { stage: self.stage, contents: self.contents.clone() };
        self.workspace.call_with(call, Some(&body)).await?;
        self.batch.clear();
        self.contents.clear();
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Error> {
        if !self.contents.is_empty() {
            self.flush().await?;
        }
        match self.missing.iter().next() {
            Some(missing) => Err(changed(&Sha256::new(*missing))),
            None => Ok(()),
        }
    }

    /// The end of the attempt: what lies in the bucket and was not taken over is given up.
    async fn abandon(&mut self) {
        if let Some(intake) = self.current.take().and_then(|current| current.intake) {
            let given_up = Err(Error::Interrupted("given up".to_owned()));
            drop(intake.end(given_up).await);
        }
        for key in self.contents.drain(..).filter_map(|content| content.key) {
            // Not heard of now, the alarm finds it when its time is over.
            let _ = self.workspace.call(Abandon { key }).await;
        }
    }
}

/// Where bytes lie that went to the bucket.
fn stored(staged: Staged) -> Result<(Sha256, Option<String>), Error> {
    match staged.content {
        Content::Stored { key, .. } => Ok((staged.hash, Some(key))),
        Content::Body => Err(Error::Internal("large bytes that did not go to the bucket".to_owned())),
    }
}
