//! The verifier: every row's bytes are there, with their size and hash; every object has a row; every rule holds. It looks
//! page by page, so that it comes to an end for a workspace of any size, and says in words what is wrong.
//!
//! A look changes nothing. A repair does what is certain and nothing else: what the object can add up again, and objects
//! under `blobs/` that no row has ever known, which the alarm then removes as it would an upload that was cut off.

mod published;

use std::rc::Rc;

use durable_objects::call::{
    CheckMirror, CheckRules, CompareMirror, DisownObjects, ListContents, ListOwners, MirrorChecked, Owner, ReadContent,
    RenewMirror, RulesChecked, Seen, Store, StoredContent,
};
use durable_objects::limits::DAY_MS;
use durable_objects::path::FilePath;
use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::{Blobs, LIST_MAX, ListedObject, Shelf};
use crate::bytes::sha256;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::media::key::{media_prefix, staging_prefix};
use crate::pump;
use crate::wire;
use crate::workspace::Workspace;

/// How many contents one page looks through.
const CONTENTS_PER_PAGE: usize = 200;
/// How many of them it reads, and how many bytes: of the 1,000 operations and the time of one request.
const READS_PER_PAGE: usize = 40;
const BYTES_PER_PAGE: u64 = 128 * 1024 * 1024;
/// Unless all are asked for, one content in so many is read: another one each day, so that each has its turn.
const SAMPLE: i64 = 10;
/// Before the first content: those of media and of planted trees have numbers below zero.
const FIRST_CONTENT: i64 = -(1 << 53);

/// Where a look has come to. Each stage begins where the one before it ends.
#[derive(Serialize, Deserialize)]
enum Stage {
    /// The rules, from this one on.
    Rules(usize),
    /// One of the places where bytes lie, behind this key.
    Bucket(usize, String),
    /// What is known of the bucket copy and is in the tree.
    Copy(CheckMirror),
    /// The bytes, behind this content.
    Bytes(i64),
    /// What is published.
    Published(published::Stage),
}

/// What one page has found.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Inspection"))]
pub struct Report {
    checked: Checked,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// In words.
    problems: Vec<String>,
    /// What was put right, in words.
    repaired: Vec<String>,
}

/// How much one page has looked at.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Checked {
    /// Contents that were read and compared with their hash.
    contents: usize,
    /// Files that are known of the bucket copy.
    copies: usize,
    /// Objects of a bucket.
    objects: usize,
    /// Rules.
    rules: usize,
}

/// `GET /api/fsck?all=&cursor=`: a page of the look.
pub async fn look(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    page(&caller, &incoming, false).await
}

/// `POST /api/fsck?all=&cursor=`: the same, with what is certain put right.
pub async fn repair(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    page(&caller, &incoming, true).await
}

async fn page(caller: &Caller, incoming: &Rc<Incoming>, repair: bool) -> Outcome {
    let stage = incoming.query.get("cursor").map(wire::parse_cursor).transpose()?.unwrap_or(Stage::Rules(0));
    let workspace = Workspace::of(caller, incoming)?;
    let (data, media) = (Blobs::of(incoming)?, Blobs::of_media(incoming)?);
    let all = incoming.query.flag("all");
    // Where nothing is published, there is nothing to look at.
    let catalog = Catalog::of(incoming).ok().filter(|_| Blobs::of_bundles(incoming).is_ok());
    let look = Look { workspace, data, media, catalog, all, repair, today: incoming.now_ms / DAY_MS };
    let mut report = Report::default();
    let next = match stage {
        Stage::Rules(first) => look.rules(first, &mut report).await?,
        Stage::Bucket(place, after) => look.bucket(place, &after, &mut report).await?,
        Stage::Copy(call) => look.copy(call, &mut report).await?,
        Stage::Bytes(after) => {
            look.bytes(after, &mut report).await?.or(Some(Stage::Published(published::Stage::Rules)))
        }
        Stage::Published(stage) => look.published(stage, &mut report).await?.map(Stage::Published),
    };
    report.cursor = next.as_ref().map(wire::cursor).transpose()?;
    Answer::ok(&report)
}

struct Look {
    workspace: Workspace,
    data: Blobs,
    media: Blobs,
    catalog: Option<Catalog>,
    all: bool,
    repair: bool,
    /// Days since 1970.
    today: i64,
}

impl Look {
    async fn rules(&self, first: usize, report: &mut Report) -> Result<Option<Stage>, Error> {
        let call = CheckRules { first, repair: self.repair };
        let RulesChecked { problems, repaired, checked, next } = self.workspace.call(call).await?;
        report.problems = problems;
        report.repaired = repaired;
        report.checked.rules = checked;
        Ok(Some(next.map_or_else(|| Stage::Bucket(0, String::new()), Stage::Rules)))
    }

    /// Where this user's bytes lie, and whether only this service puts something there.
    fn places(&self) -> [(Store, String, bool); 5] {
        let user = self.workspace.user();
        [
            (Store::Data, Shelf::Blobs.prefix(user), true),
            (Store::Data, Shelf::Bundles.prefix(user), true),
            (Store::Data, Shelf::Workspace.prefix(user), false),
            (Store::Media, media_prefix(user), true),
            (Store::Media, staging_prefix(user), true),
        ]
    }

    fn blobs(&self, store: Store) -> &Blobs {
        match store {
            Store::Data => &self.data,
            Store::Media => &self.media,
        }
    }

    /// Holds a page of a bucket and its owners side by side.
    async fn bucket(&self, place: usize, after: &str, report: &mut Report) -> Result<Option<Stage>, Error> {
        let Some((store, home, is_ours)) = self.places().into_iter().nth(place) else {
            let first = CheckMirror { known: Some(String::new()), after: None, repair: self.repair };
            return Ok(Some(Stage::Copy(first)));
        };
        let after = if after.is_empty() { &home } else { after };
        if !after.starts_with(&home) {
            return Err(Error::BadRequest("Invalid cursor".to_owned()));
        }
        let mut objects = self.blobs(store).list_after(&home, Some(after)).await?;
        // Beyond all keys there: behind the slash comes a zero.
        let end = format!("{}0", home.trim_end_matches('/'));
        let is_last = objects.len() < LIST_MAX as usize;
        let until = objects.last().filter(|_| !is_last).map_or(end, |object| object.key.clone());
        let call = ListOwners { store, after: after.to_owned(), until: until.clone() };
        let owners = self.workspace.call(call).await?;
        let is_last = is_last && owners.until.is_none();
        let until = owners.until.unwrap_or(until);
        objects.retain(|object| object.key <= until);
        if is_ours {
            report.checked.objects = objects.len();
            self.compare(store, &objects, &owners.owners, report).await?;
        } else {
            self.look_for(store, &objects, &owners.owners, report).await?;
            self.look_at_copy(&home, after, &until, &objects, report).await?;
        }
        Ok(Some(if is_last { Stage::Bucket(place + 1, String::new()) } else { Stage::Bucket(place, until) }))
    }

    async fn compare(
        &self,
        store: Store,
        objects: &[ListedObject],
        owners: &[Owner],
        report: &mut Report,
    ) -> Result<(), Error> {
        let find = |key: &str| objects.binary_search_by(|object| object.key.as_str().cmp(key)).ok();
        for Owner { key, size_bytes } in owners {
            let Some(expected) = size_bytes else { continue };
            let found = find(key).and_then(|index| objects.get(index)).map(|object| object.size_bytes);
            // What was not listed may have been put there since.
            let found = if found.is_none() { self.blobs(store).size_of(key).await? } else { found };
            let problem = match found {
                Some(found) if found == *expected => continue,
                Some(found) => format!("The object {key} has {found} bytes, its row says {expected}"),
                None => format!("The object {key} is missing, its row says {expected} bytes"),
            };
            report.problems.push(problem);
        }
        let mut orphans = Vec::new();
        for ListedObject { key, size_bytes, .. } in objects {
            let is_owned = owners.binary_search_by(|owner| owner.key.cmp(key)).is_ok();
            // What was listed may have been removed since, and its row with it.
            if !is_owned && self.blobs(store).size_of(key).await?.is_some() {
                report.problems.push(format!("No row knows the object {key} of {size_bytes} bytes"));
                orphans.push(key.clone());
            }
        }
        if self.repair && !orphans.is_empty() {
            let gone = self.workspace.call(DisownObjects { store, keys: orphans }).await?.keys;
            report.repaired.extend(gone.into_iter().map(|key| format!("the object {key} goes")));
        }
        Ok(())
    }

    /// Names what others had put there and is gone before it was taken over. What else they do there is their business.
    async fn look_for(
        &self,
        store: Store,
        objects: &[ListedObject],
        owners: &[Owner],
        report: &mut Report,
    ) -> Result<(), Error> {
        for Owner { key, .. } in owners {
            let is_listed = objects.binary_search_by(|object| object.key.as_str().cmp(key)).is_ok();
            if !is_listed && self.blobs(store).size_of(key).await?.is_none() {
                report.problems.push(format!("The object {key} is missing, and was not taken over yet"));
            }
        }
        Ok(())
    }

    /// Names what was put into the copy and is not there any more. What others have changed there is theirs.
    async fn look_at_copy(
        &self,
        home: &str,
        after: &str,
        until: &str,
        objects: &[ListedObject],
        report: &mut Report,
    ) -> Result<(), Error> {
        let name = |key: &str| key.strip_prefix(home).map(str::to_owned);
        let seen = |object: &ListedObject| {
            let name = name(&object.key)?;
            let (name, is_directory) = name.strip_suffix('/').map_or((name.as_str(), false), |name| (name, true));
            let path = FilePath::try_from(name.to_owned()).ok().filter(|path| path.as_str() == name)?;
            Some(Seen { path, is_directory, etag: object.etag.clone() })
        };
        let objects = objects.iter().filter_map(seen).collect();
        // The last page goes to the end of all keys, which is no key of the copy.
        let (after, until) = (name(after).unwrap_or_default(), name(until));
        let mut call = CompareMirror { objects, within: FilePath::root(), after, until };
        let mut gone = Vec::new();
        loop {
            let compared = self.workspace.call(call.clone()).await?;
            gone.extend(compared.gone.into_iter().filter(|seen| !seen.is_directory));
            let Some(until) = compared.until else { break };
            call.objects.retain(|seen| seen.path.as_str() > until.as_str());
            call.after = until;
        }
        let mut missing = Vec::new();
        for seen in gone {
            let key = format!("{home}{}", seen.path);
            if self.blobs(Store::Data).size_of(&key).await?.is_none() {
                report.problems.push(format!(
                    "The object {key} of the bucket copy was removed by others: import deletions, or repair"
                ));
                missing.push(seen);
            }
        }
        if self.repair && !missing.is_empty() {
            let renewed = self.workspace.call(RenewMirror { gone: missing }).await?.paths;
            report.repaired.extend(renewed.into_iter().map(|path| format!("{:?} is copied anew", path.as_str())));
        }
        Ok(())
    }

    /// Holds what is known of the copy against the tree.
    async fn copy(&self, call: CheckMirror, report: &mut Report) -> Result<Option<Stage>, Error> {
        let MirrorChecked { problems, checked, next } = self.workspace.call(call).await?;
        if self.repair {
            report.repaired.extend(problems.iter().map(|problem| format!("{problem}: it is looked at anew")));
        }
        report.problems = problems;
        report.checked.copies = checked;
        Ok(Some(next.map_or(Stage::Bytes(FIRST_CONTENT), Stage::Copy)))
    }

    /// Reads contents and compares them with their hash.
    async fn bytes(&self, after: i64, report: &mut Report) -> Result<Option<Stage>, Error> {
        let page = self.workspace.call(ListContents { after, limit: CONTENTS_PER_PAGE }).await?.contents;
        let mut read_bytes = 0;
        for content in &page {
            if !self.all && (content.id + self.today) % SAMPLE != 0 {
                continue;
            }
            if report.checked.contents >= READS_PER_PAGE
                || (read_bytes > 0 && read_bytes + content.size_bytes > BYTES_PER_PAGE)
            {
                return Ok(Some(Stage::Bytes(content.id - 1)));
            }
            report.checked.contents += 1;
            read_bytes += content.size_bytes;
            if let Some(problem) = self.wrong_with(content).await? {
                report.problems.push(problem);
            }
        }
        Ok(page.last().filter(|_| page.len() == CONTENTS_PER_PAGE).map(|last| Stage::Bytes(last.id)))
    }

    /// What is wrong with a content's bytes, if anything. One that has gone since it was listed is fine.
    async fn wrong_with(&self, content: &StoredContent) -> Result<Option<String>, Error> {
        let StoredContent { id, hash, size_bytes, key } = content;
        let found = if let Some((store, key)) = key {
            let blobs = self.blobs(*store);
            match blobs.size_of(key).await? {
                Some(size) if size == *size_bytes => pump::hash_of(&blobs.get(key, *size_bytes, None).await?).await?,
                // Told of with the bucket.
                Some(_) | None => return Ok(None),
            }
        } else {
            let (_, bytes) = self.workspace.call_for_bytes(ReadContent { id: *id }).await?;
            let Some(bytes) = bytes else { return Ok(None) };
            sha256(&bytes).await?
        };
        let place = key.as_ref().map_or_else(|| "in its row".to_owned(), |(_, key)| format!("at {key}"));
        Ok((found != *hash).then(|| format!("The content {id} {place} has the hash {found}, its row says {hash}")))
    }
}
