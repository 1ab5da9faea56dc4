//! What a sandbox has written into the bucket copy becomes ordinary changes of the workspace.
//!
//! The listing is held against what is known of the copy, page by page; only what is new or changed is read. One call takes
//! so much and says where to go on. It can be repeated, and be cut off anywhere: what was taken is known.

use std::rc::Rc;

use durable_objects::call::{
    CompareMirror, Compared, Content, Error as CallError, RenewMirror, Seen, TakeAway, TakeIn, TakenAway, TakenIn,
};
use durable_objects::path::FilePath;
use futures::StreamExt as _;
use futures::stream;
use serde::Serialize;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::{Blobs, LIST_MAX, ListedObject, Shelf};
use crate::body::JsonBody;
use crate::error::Error;
use crate::incoming::{Incoming, now_ms};
use crate::intake::Intake;
use crate::wire::{self, True};
use crate::workspace::Workspace;

/// How much one call takes: four operations for a large object, of the 1,000 of one request.
const TAKEN_MAX: usize = 100;
/// How many pages of 500 objects it looks through.
const PAGES_MAX: usize = 20;
/// How long it goes on.
const TIME_MAX_MS: i64 = 20_000;
/// How many objects are read at once: of the six connections of a request, a large one has two.
const AT_ONCE: usize = 3;
/// How many objects that were passed over are named.
const SKIPPED_MAX: usize = 100;

/// `POST /api/files/import {prefix?, delete?, cursor?}`: what others have put into the copy, or changed there, or, if it is
/// asked for, removed.
pub async fn import(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read_or_empty(&incoming).await?;
    let prefix = body.optional_text("prefix")?.filter(|prefix| !prefix.is_empty());
    let within = prefix.map(|prefix| incoming.file_path(&prefix)).transpose()?.unwrap_or_default();
    let after = body.optional_text("cursor")?.map(|cursor| wire::parse_cursor::<String>(&cursor)).transpose()?;
    let takes_away = body.flag("delete", false)?;
    let workspace = Workspace::of(&caller, &incoming)?.for_sandbox();
    let home = Shelf::Workspace.prefix(caller.user());
    let import = Import { blobs: Blobs::of(&incoming)?, workspace, incoming, home, within, takes_away };
    let mut report = Report::default();
    let next = import.run(after, &mut report).await?;
    report.cursor = next.map(|after| wire::cursor(&after)).transpose()?;
    Answer::ok(&report)
}

struct Import {
    blobs: Blobs,
    workspace: Workspace,
    incoming: Rc<Incoming>,
    /// What the keys of the copy begin with.
    home: String,
    within: FilePath,
    takes_away: bool,
}

/// What an import has done.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Imported"))]
pub struct Report {
    conflicts: Vec<Conflict>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// How many went to the trash, since they are gone there.
    deleted: usize,
    /// How many files have come.
    imported: usize,
    /// How many lie in places that are never copied.
    left_out: usize,
    /// How many are gone there and still here.
    missing: usize,
    /// The first 100 that became no file.
    skipped: Vec<Skipped>,
    /// How many those are.
    #[serde(rename = "skippedTotal")]
    skipped_count: usize,
    success: True,
    /// How many files have other content now.
    updated: usize,
}

/// A file that was changed on both sides.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ImportConflict"))]
struct Conflict {
    /// Whose content the file has now: `sandbox` or `workspace`. The other one's is a version, or in the trash.
    current: &'static str,
    path: String,
    /// `changed-here`, `deleted-here` or `deleted-there`.
    why: &'static str,
}

/// An object that did not become an entry.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ImportSkipped"))]
struct Skipped {
    path: String,
    /// `too-large`, `no-room`, `in-the-way` or `invalid-path`.
    reason: &'static str,
}

impl Report {
    fn skip(&mut self, path: String, reason: &'static str) {
        self.skipped_count += 1;
        if self.skipped.len() < SKIPPED_MAX {
            self.skipped.push(Skipped { path, reason });
        }
    }

    fn take(&mut self, path: String, taken: Result<TakenIn, &'static str>) {
        match taken {
            Ok(TakenIn::Same) => {}
            Ok(TakenIn::Imported) => self.imported += 1,
            Ok(TakenIn::Updated) => self.updated += 1,
            Ok(TakenIn::Both { is_theirs, was_gone }) => {
                let current = if is_theirs { "sandbox" } else { "workspace" };
                let why = if was_gone { "deleted-here" } else { "changed-here" };
                self.conflicts.push(Conflict { current, path, why });
            }
            Ok(TakenIn::InTheWay) => self.skip(path, "in-the-way"),
            Err(reason) => self.skip(path, reason),
        }
    }
}

impl Import {
    /// Goes through the copy, and answers the key behind which the next call goes on, if something is left.
    async fn run(&self, after: Option<String>, report: &mut Report) -> Result<Option<String>, Error> {
        let mut after = after.unwrap_or_default();
        let mut taken = 0;
        for _ in 0..PAGES_MAX {
            let listed =
                self.blobs.list_after(&format!("{}{}", self.home, self.within), self.start(&after).as_deref()).await?;
            let is_last = listed.len() < LIST_MAX as usize;
            let until = listed.last().filter(|_| !is_last).map(|last| self.name(last).to_owned());
            let (objects, strange) = self.seen(&listed);
            let call = CompareMirror { objects, within: self.within.clone(), after, until: until.clone() };
            let mut compared = self.workspace.call(call.clone()).await?;
            let cut = self.cut(&call.objects, &mut compared, TAKEN_MAX - taken);
            taken += compared.changed.len() + compared.gone.len();
            self.take(&call.objects, &compared, report).await?;
            let next = cut.or(compared.until).or(until);
            // What lies behind is told of when it is come by again.
            let is_done = |key: &str| next.as_ref().is_none_or(|next| key <= next.as_str());
            let left_out = compared.left_out.iter().filter_map(|index| call.objects.get(*index));
            report.left_out += left_out.filter(|seen| is_done(&key(seen))).count();
            for name in strange.into_iter().filter(|name| is_done(name)) {
                report.skip(format!("{}/{name}", self.incoming.config.root), "invalid-path");
            }
            let Some(next) = next else { return Ok(None) };
            if taken >= TAKEN_MAX || now_ms() - self.incoming.now_ms > TIME_MAX_MS {
                return Ok(Some(next));
            }
            after = next;
        }
        Ok(Some(after))
    }

    /// The key behind which a listing begins.
    fn start(&self, after: &str) -> Option<String> {
        (!after.is_empty()).then(|| format!("{}{after}", self.home))
    }

    fn name<'a>(&self, object: &'a ListedObject) -> &'a str {
        object.key.strip_prefix(&self.home).unwrap_or_default()
    }

    /// The objects of a page that have a path in the workspace, and the names of those that have none.
    fn seen(&self, listed: &[ListedObject]) -> (Vec<Seen>, Vec<String>) {
        let (mut objects, mut strange) = (Vec::with_capacity(listed.len()), Vec::new());
        for object in listed {
            let whole = self.name(object);
            let (name, is_directory) = whole.strip_suffix('/').map_or((whole, false), |name| (name, true));
            let root = &self.incoming.config.root;
            let path = FilePath::parse(root, &format!("{root}/{name}")).ok().filter(|path| path.as_str() == name);
            match path {
                Some(path) if path.is_root() || !path.is_within(&self.within) => {}
                Some(path) => objects.push(Seen { path, is_directory, etag: object.etag.clone() }),
                None => strange.push(whole.to_owned()),
            }
        }
        (objects, strange)
    }

    /// Leaves no more of a page than one call may take, and answers the key of the last of it if there is more.
    fn cut(&self, objects: &[Seen], compared: &mut Compared, room: usize) -> Option<String> {
        let Compared { changed, gone, .. } = compared;
        let mut keys: Vec<String> = changed.iter().filter_map(|index| objects.get(*index)).map(key).collect();
        if self.takes_away {
            keys.extend(gone.iter().map(key));
        }
        keys.sort();
        if keys.len() <= room {
            return None;
        }
        let last = keys.into_iter().nth(room.saturating_sub(1))?;
        changed.retain(|index| objects.get(*index).is_some_and(|seen| key(seen) <= last));
        gone.retain(|seen| key(seen) <= last);
        Some(last)
    }

    async fn take(&self, objects: &[Seen], compared: &Compared, report: &mut Report) -> Result<(), Error> {
        let changed = compared.changed.iter().filter_map(|index| objects.get(*index));
        let mut taken =
            stream::iter(changed).map(|seen| async move { (seen, self.take_in(seen).await) }).buffered(AT_ONCE);
        while let Some((seen, taken)) = taken.next().await {
            report.take(self.told(&seen.path), taken?);
        }
        let mut lost = Vec::new();
        for seen in &compared.lost {
            if self.blobs.size_of(&self.key(seen)).await?.is_none() {
                lost.push(seen.clone());
            }
        }
        if !lost.is_empty() {
            // What others had changed is gone again: ours goes there.
            self.workspace.call(RenewMirror { gone: lost }).await?;
        }
        for seen in &compared.gone {
            // What was not listed may have been put there since.
            let is_there = self.takes_away && self.blobs.size_of(&self.key(seen)).await?.is_some();
            if !self.takes_away || is_there {
                report.missing += usize::from(!is_there && !seen.is_directory);
                continue;
            }
            match self.workspace.call(TakeAway { gone: seen.clone() }).await? {
                TakenAway::Trashed => report.deleted += 1,
                TakenAway::Kept => report.conflicts.push(Conflict {
                    path: self.told(&seen.path),
                    current: "workspace",
                    why: "deleted-there",
                }),
                TakenAway::Nothing => {}
            }
        }
        Ok(())
    }

    /// Takes one object in, or says why not.
    async fn take_in(&self, seen: &Seen) -> Result<Result<TakenIn, &'static str>, Error> {
        let Some(object) = self.blobs.look_up(&self.key(seen)).await? else { return Ok(Ok(TakenIn::Same)) };
        let (etag, uploaded_ms) = (object.etag(), object.uploaded_ms());
        let mut call = TakeIn { path: seen.path.clone(), etag, uploaded_ms, file: None };
        if seen.is_directory {
            return has_room(self.workspace.call(call).await);
        }
        if object.size_bytes() > self.incoming.config.file_max_bytes {
            return Ok(Err("too-large"));
        }
        let staged = match Intake::take_object(&self.workspace, &object).await {
            Ok(staged) => staged,
            Err(error) => return has_room(Err(error)),
        };
        call.file = Some((staged.hash, staged.content.clone()));
        let taken = self.workspace.call_with(call, staged.body.as_ref()).await;
        if taken.is_err() && matches!(staged.content, Content::Stored { .. }) {
            staged.abandon(&self.workspace).await;
        }
        has_room(taken)
    }

    fn key(&self, seen: &Seen) -> String {
        format!("{}{}", self.home, key(seen))
    }

    /// A path as clients see it.
    fn told(&self, path: &FilePath) -> String {
        path.absolute(&self.incoming.config.root)
    }
}

/// Where an object lies below the user's part of the bucket.
fn key(seen: &Seen) -> String {
    let slash = if seen.is_directory { "/" } else { "" };
    format!("{}{slash}", seen.path)
}

/// What does not fit keeps nothing else out.
fn has_room(taken: Result<TakenIn, Error>) -> Result<Result<TakenIn, &'static str>, Error> {
    match taken {
        Ok(taken) => Ok(Ok(taken)),
        Err(Error::Workspace(CallError::QuotaExceeded { .. } | CallError::TooManyEntries { .. })) => Ok(Err("no-room")),
        Err(error) => Err(error),
    }
}
