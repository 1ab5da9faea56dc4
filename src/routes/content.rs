//! Files as bytes, on their way out: whole or in part, from the row or from the bucket, without passing through wasm.

use std::rc::Rc;

use durable_objects::call::{Entry, Error as CallError, Found, Kind, Place, Read, Sought, Stat};
use durable_objects::path::FilePath;
use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use web_sys::Response;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::Blobs;
use crate::conditional::{self, quote};
use crate::disposition::content_disposition;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::mime;
use crate::partial;
use crate::wire::Time;
use crate::workspace::Workspace;

/// `GET /api/files/content?path=`: the bytes, to be shown.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    answer(&caller, &incoming, "inline").await
}

/// `GET /api/files/download?path=`: the bytes, to be saved.
pub async fn download(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    answer(&caller, &incoming, "attachment").await
}

async fn answer(caller: &Caller, incoming: &Rc<Incoming>, disposition: &str) -> Outcome {
    match raw(caller, incoming, disposition).await {
        // They have arrived by now.
        Err(Error::Moving) => raw(caller, incoming, disposition).await,
        outcome => outcome,
    }
}

async fn raw(caller: &Caller, incoming: &Rc<Incoming>, disposition: &str) -> Outcome {
    let path = incoming.query_path()?;
    let workspace = Workspace::of(caller, incoming)?;
    let unless = conditional::of_look(incoming);
    if incoming.method == "HEAD" {
        let entry = stat_file(&workspace, path.clone()).await?;
        // Bytes that are not ours yet may be others than the tree knows: they are looked at, as for a GET.
        if entry.hash.is_some() {
            if unless.matches(Some(&entry.tag())) {
                return Ok(unchanged(&entry));
            }
            let head = Answer::empty(200).with("Content-Length", &entry.size_bytes.to_string());
            return Ok(described(head, &entry, disposition));
        }
    }
    let (Found { mut entry, bytes: place }, bytes) = workspace.call_for_bytes(Read { path, unless }).await?;
    let tag = entry.tag();
    let range = || partial::asked_for(incoming, entry.size_bytes, &tag);
    let (body, range) = match (place, bytes) {
        (Place::Unchanged, _) => return Ok(unchanged(&entry)),
        (Place::Foreign(key), _) => {
            // Not ours yet: answered as it is now, and whole.
            let (size_bytes, body) = Blobs::of(incoming)?.get_foreign(&key).await?;
            entry.size_bytes = size_bytes;
            (body, None)
        }
        (Place::Stored(key), _) => {
            let range = range()?;
            (Blobs::of(incoming)?.get(&key, entry.size_bytes, range).await?, range)
        }
        (Place::Media(key), _) => {
            let range = range()?;
            (Blobs::of_media(incoming)?.get_movable(&key, range).await?, range)
        }
        (Place::Body, Some(bytes)) => {
            let range = range()?;
            (partial::of_buffer(&bytes, range), range)
        }
        (Place::Body, None) => return Err(without_bytes()),
    };
    Ok(described(partial::answer(body, entry.size_bytes, range), &entry, disposition))
}

/// With everything that is to be said of a file's raw bytes.
fn described(answer: Answer, entry: &Entry, disposition: &str) -> Answer {
    let name = entry.path.name();
    let mime = mime::of_name(name);
    let disposition = if mime::is_active(mime) { "attachment" } else { disposition };
    with_validators(answer, entry)
        .with("Content-Type", mime)
        .with("Content-Disposition", &content_disposition(disposition, name))
        .with("Accept-Ranges", "bytes")
        // What a user stores can be anything: it is never to run with the powers of this origin.
        .with("Content-Security-Policy", "sandbox")
}

pub fn with_validators(answer: Answer, entry: &Entry) -> Answer {
    answer.with("ETag", &quote(&entry.tag())).with("Last-Modified", &Time(entry.modified_ms).http_date())
}

/// The answer to a caller who has it already.
pub fn unchanged(entry: &Entry) -> Answer {
    with_validators(Answer::empty(304), entry)
}

/// A file's bytes in one buffer of the runtime, for files of up to `max_bytes`.
pub async fn whole(
    incoming: &Rc<Incoming>,
    found: &Found,
    bytes: Option<ArrayBuffer>,
    max_bytes: u64,
) -> Result<ArrayBuffer, Error> {
    let too_large = |size_bytes| Error::TooLargeForJson { size_bytes, max_bytes };
    let size_bytes = found.entry.size_bytes;
    if size_bytes > max_bytes {
        return Err(too_large(size_bytes));
    }
    let stream = match (&found.bytes, bytes) {
        (Place::Foreign(key), _) => match Blobs::of(incoming)?.get_foreign(key).await? {
            (size_bytes, _) if size_bytes > max_bytes => return Err(too_large(size_bytes)),
            (_, body) => body,
        },
        (Place::Stored(key), _) => Blobs::of(incoming)?.get(key, size_bytes, None).await?,
        (Place::Media(key), _) => Blobs::of_media(incoming)?.get_movable(key, None).await?,
        (Place::Body | Place::Unchanged, Some(bytes)) => return Ok(bytes),
        (Place::Body | Place::Unchanged, None) => return Err(without_bytes()),
    };
    let response = Response::new_with_opt_readable_stream(Some(&stream.unchecked_into()));
    partial::to_buffer(&response.map_err(|cause| Error::internal("a stream", &cause))?).await
}

/// An answer that should have come with bytes.
pub fn without_bytes() -> Error {
    Error::Internal("the object answered without the bytes".to_owned())
}

/// A file without its bytes.
async fn stat_file(workspace: &Workspace, path: FilePath) -> Result<Entry, Error> {
    let not_there = CallError::NotFound { sought: Sought::File, path: path.clone() };
    match workspace.call(Stat { path }).await {
        Ok(entry) if entry.kind == Kind::File => Ok(entry),
        Ok(_) | Err(Error::Workspace(CallError::NotFound { .. })) => Err(not_there.into()),
        Err(error) => Err(error),
    }
}
