//! One item: its bytes, what is known of it, who uses it, and its end.

use std::rc::Rc;

use durable_objects::call::{DeleteMedia, GetMedia, Media, MediaFound, MediaRemoved, Place, ReadMedia, UsesOfMedia};
use durable_objects::ids::MediaId;
use percent_encoding::percent_decode_str;

use super::Outcome;
use super::content::without_bytes;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::blobs::Blobs;
use crate::catalog::Catalog;
use crate::catalog::versions;
use crate::conditional::{self, quote};
use crate::cors::ALLOW_ORIGIN;
use crate::disposition::content_disposition;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::media::about::About;
use crate::media::store::Ingest;
use crate::media::wire::{self, DeletedBody, MediaItem, UseItem, UsesBody};
use crate::media::{serve, types};
use crate::partial;
use crate::wire::{self as shapes, True};
use crate::workspace::Workspace;

/// The most uses that one page holds.
const USES_MAX: usize = 1000;

/// `GET /media/{key}?t=`: a public item's bytes, for whoever has the address.
pub async fn public(incoming: Rc<Incoming>) -> Outcome {
    let key = percent_decode_str(incoming.path.trim_start_matches('/')).decode_utf8().unwrap_or_default();
    let token = incoming.query.get("t").unwrap_or_default();
    let is_known = incoming.config.media.token_keys.iter().any(|known| known.verifies(&key, token));
    let answer = if is_known { serve::public(&incoming, &key).await } else { Err(Error::NoRoute) };
    // Every page may see why it got nothing.
    Ok(answer.unwrap_or_else(|error| error.into_answer().with(ALLOW_ORIGIN, "*")))
}

/// `GET /api/media/{id}`: the bytes, or where they are; with `Accept: application/json` what is known of them.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let id = id(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let config = &incoming.config.media;
    if wants_json(&incoming) {
        return Answer::ok(&MediaItem::new(config, &incoming.origin, &workspace.call(GetMedia { id }).await?));
    }
    let elsewhere = |media: &Media| {
        config.urls.cdn_base.as_ref()?;
        Some(Answer::empty(302).with("Location", &wire::public_url(config, &incoming.origin, media)?))
    };
    if incoming.method == "HEAD" {
        let media = workspace.call(GetMedia { id }).await?;
        if let Some(answer) = elsewhere(&media) {
            return Ok(answer);
        }
        let is_known = conditional::of_look(&incoming).matches(Some(&media.hash.to_string()));
        let answer = if is_known { Answer::empty(304) } else { Answer::empty(200) };
        return Ok(described(answer.with("Content-Length", &media.size_bytes.to_string()), &media));
    }
    let (MediaFound { media, bytes: place }, bytes) = workspace.call_for_bytes(ReadMedia { id }).await?;
    if let Some(answer) = elsewhere(&media) {
        return Ok(answer);
    }
    if conditional::of_look(&incoming).matches(Some(&media.hash.to_string())) {
        return Ok(described(Answer::empty(304), &media));
    }
    let size_bytes = media.size_bytes;
    let range = partial::asked_for(&incoming, size_bytes, &media.hash.to_string())?;
    let body = match (place, bytes) {
        (Place::Media(key), _) => Blobs::of_media(&incoming)?.get_movable(&key, range).await?,
        (Place::Stored(key), _) => Blobs::of(&incoming)?.get(&key, size_bytes, range).await?,
        (Place::Body, Some(bytes)) => partial::of_buffer(&bytes, range),
        (Place::Body | Place::Foreign(_) | Place::Unchanged, _) => return Err(without_bytes()),
    };
    Ok(described(partial::answer(body, size_bytes, range), &media))
}

fn described(answer: Answer, media: &Media) -> Answer {
    let disposition = if types::of_mime(&media.facts.mime) == Some(types::SVG) { "attachment" } else { "inline" };
    let name = media.facts.filename.as_deref().unwrap_or("media");
    answer
        .with("Content-Type", &media.facts.mime)
        .with("ETag", &quote(&media.hash.to_string()))
        .with("Accept-Ranges", "bytes")
        .with("Content-Disposition", &content_disposition(disposition, name))
        .with("Content-Security-Policy", "sandbox")
        .with("Vary", "Accept")
}

/// `DELETE /api/media/{id}`: the item gone, with its address. Files that hold the bytes keep them.
pub async fn delete(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let id = id(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let media = workspace.call(GetMedia { id: id.clone() }).await?;
    let deleted = workspace.call(DeleteMedia { id: id.clone() }).await?;
    if let Some(key) = deleted.remove {
        // Should it fail, the alarm does it in a minute.
        if Blobs::of_media(&incoming)?.remove(&key).await.is_ok() {
            workspace.call(MediaRemoved { key }).await?;
        }
    }
    if let Some(key) = &media.key {
        serve::forget(&incoming, key).await;
    }
    Answer::ok(&DeletedBody { id: id.as_str().to_owned(), ok: True })
}

/// `POST /api/media/{id}/share`: an address for an item that has none yet.
pub async fn share(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let id = id(&incoming)?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let (MediaFound { media, bytes: place }, bytes) = workspace.call_for_bytes(ReadMedia { id: id.clone() }).await?;
    let config = &incoming.config.media;
    if media.key.is_some() {
        return Answer::ok(&MediaItem::new(config, &incoming.origin, &media));
    }
    let about = About {
        scope: media.scopes.first().cloned().unwrap_or_default(),
        metadata: media.facts.metadata.clone(),
        file_name: media.facts.filename.clone(),
        content_type: Some(media.facts.mime.clone()),
        hash: Some(media.hash),
        provenance: media.facts.provenance.clone(),
    };
    let ingest = Ingest::new(&workspace, &about)?.sharing(id);
    let kept = match (place, bytes) {
        (Place::Body, Some(bytes)) => ingest.take_buffer(&bytes).await?,
        (Place::Stored(key), _) => ingest.take_stored(&Blobs::of(&incoming)?, &key, media.size_bytes).await?,
        // Of an item that was deleted, on their way home.
        (Place::Media(key), _) => ingest.take_stored(&Blobs::of_media(&incoming)?, &key, media.size_bytes).await?,
        (Place::Body | Place::Foreign(_) | Place::Unchanged, _) => return Err(without_bytes()),
    };
    Answer::ok(&MediaItem::new(config, &incoming.origin, &kept.media))
}

/// `GET /api/media/{id}/uses?limit=&cursor=`: the files that hold these bytes, and on the first page what the caller
/// has published with them, where anything can be published.
pub async fn uses(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let id = id(&incoming)?;
    let call = UsesOfMedia {
        id: id.clone(),
        limit: query.number("limit", 1, USES_MAX)?.unwrap_or(USES_MAX),
        after: query.get("cursor").map(shapes::parse_cursor::<i64>).transpose()?,
    };
    let workspace = Workspace::of(&caller, &incoming)?;
    let uses = workspace.call(call).await?;
    let root = &incoming.config.root;
    let published = match (query.get("cursor"), Catalog::of(&incoming)) {
        (None, Ok(catalog)) => {
            let media = workspace.call(GetMedia { id }).await?;
            Some(versions::uses(&catalog, caller.user(), media.hash).await?)
        }
        (Some(_), _) | (None, Err(Error::NotConfigured(_))) => None,
        (None, Err(error)) => return Err(error),
    };
    Answer::ok(&UsesBody {
        cursor: uses.next.as_ref().map(shapes::cursor).transpose()?,
        files: uses.paths.iter().map(|path| UseItem { path: path.absolute(root) }).collect(),
        published,
        versions: uses.versions,
    })
}

/// The id in the path. What cannot be one is none that there is.
fn id(incoming: &Incoming) -> Result<MediaId, Error> {
    incoming.path.split('/').nth(3).and_then(MediaId::parse).ok_or(Error::NoMedia)
}

/// Whether what is known is wanted rather than the bytes.
fn wants_json(incoming: &Incoming) -> bool {
    let accept = incoming.header("Accept").unwrap_or_default();
    accept
        .split(',')
        .any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json"))
}
