//! Several files and folders as one zip.

use std::rc::Rc;

use durable_objects::path::FilePath;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::Blobs;
use crate::body::JsonBody;
use crate::conditional::{self, quote};
use crate::disposition::content_disposition;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::publish::progress::Progress;
use crate::publish::source::{Hold, Source};
use crate::pump::fixed_length;
use crate::workspace::Workspace;
use crate::zip::plan::{self, Plan};
use crate::zip::send::send;

/// How long the tree is held when nothing more is heard of a zip. It is said that it goes on every quarter of that.
const LASTS_MS: i64 = 5 * 60 * 1000;

/// How many holds are left to whoever publishes, however many read their zips slowly.
const SPARES: i64 = 8;

/// The longest list of paths in a body.
const BODY_MAX_BYTES: u64 = 1024 * 1024;

/// `GET /api/files/zip?path=&path=…`: files and folders, with all that is in them, as one zip, as they are at this moment.
///
/// Each `path` is an entry at the top of the zip, under its own name; two of one name get numbers, and what is in another one is
/// there once. Directories are entries too. The answer is `application/zip`, an attachment, with its `Content-Length` and an `ETag`
/// that is the same for equal bytes; `If-None-Match` answers 304. `HEAD` tells the same without the bytes.
///
/// - 400 without a `path`, with one that is none, or with `at`: a zip is of now;
/// - 404 where one of them is not there;
/// - 413 before the first byte: more than 10,000 entries, 8 MiB of paths, 700 reads (one for each file above 1 MiB, one for each
///   4 MiB of smaller ones) or 8 GiB;
/// - 429 while too much of this workspace is being downloaded or published.
///
/// Where bytes turn out not to be there, the answer breaks off before its length.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let tops = incoming.query_paths()?;
    answer(&caller, &incoming, tops).await
}

/// `POST /api/files/zip {paths}`: the same, for more paths than an address has room for: 1 MiB of JSON.
pub async fn post(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read_up_to(&incoming, BODY_MAX_BYTES).await?;
    let wrong = || Error::BadRequest("paths must be a list of at least one path".to_owned());
    let paths: Vec<String> =
        body.value("paths")?.and_then(|paths| serde_json::from_value(paths).ok()).ok_or_else(wrong)?;
    if paths.is_empty() {
        return Err(wrong());
    }
    let tops = paths.iter().map(|path| incoming.file_path(path)).collect::<Result<_, _>>()?;
    answer(&caller, &incoming, tops).await
}

async fn answer(caller: &Caller, incoming: &Rc<Incoming>, tops: Vec<FilePath>) -> Outcome {
    if incoming.query.get("at").is_some() {
        return Err(Error::BadRequest("A zip is of now: it takes no `at`".to_owned()));
    }
    let workspace = Workspace::of(caller, incoming)?;
    let hold = Hold::take(&workspace, format!("zip/{}", Blobs::new_bundle_id()), LASTS_MS, SPARES).await?;
    let root_name = incoming.config.root.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("files");
    let progress = Progress::silent();
    let source = Source::of_held(&workspace, hold, FilePath::root(), &progress);
    let plan = match Plan::make(&source, &tops, root_name).await {
        Ok(plan) => plan,
        Err(error) => {
            source.release().await;
            return Err(error);
        }
    };
    let tag = plan.tag.to_string();
    // Of a list that was sent there is nothing that could be known.
    let is_known = !incoming.is_change() && conditional::of_look(incoming).matches(Some(&tag));
    if is_known || incoming.method == "HEAD" {
        source.release().await;
    }
    if is_known {
        return Ok(Answer::empty(304).with("ETag", &quote(&tag)));
    }
    let described = |answer: Answer| {
        answer
            .with("Content-Type", "application/zip")
            .with("Content-Length", &plan.size_bytes.to_string())
            .with("Content-Disposition", &content_disposition("attachment", &plan::name(&tops, root_name)))
            .with("ETag", &quote(&tag))
            .with("Content-Security-Policy", "sandbox")
    };
    if incoming.method == "HEAD" {
        return Ok(described(Answer::empty(200)));
    }
    let (writer, body) = fixed_length(plan.size_bytes)?;
    let answer = described(Answer::native(200, body.into()));
    drop(source);
    incoming.later(async move {
        let progress = Progress::silent();
        let source = Source::of_held(&workspace, hold, FilePath::root(), &progress);
        let sent = send(&source, &plan, writer).await;
        source.release().await;
        if let Err(error) = sent {
            // The status has been told: the log hears of it, and its reader sees the answer broken off.
            error.into_line();
        }
    });
    Ok(answer)
}
