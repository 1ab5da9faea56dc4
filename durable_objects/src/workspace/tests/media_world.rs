//! What the Worker and the alarm do with media, for tests.

use super::super::{Adopted, announce_copy, bring_home, leaving, settle_leaving};
use super::bucket::HOUR_MS;
use super::{World, hash, new_media_id};
use crate::call::{
    AnnounceMedia, DeleteMedia, Error, GetMedia, KeepMedia, ListMedia, Media, MediaAnnounced, MediaDeleted, MediaFacts,
    MediaKept, MediaKind, MediaListing, MediaScope, MediaUses, Place, ReadMedia, UsesOfMedia,
};
use crate::ids::MediaId;
use crate::limits::Limits;
use crate::sql::Sql;

/// Under which the keys of media lie.
pub const MEDIA: &str = "media/home/2025/11/21/";

/// The key that some content is meant for.
pub fn key_for(content: &str) -> String {
    format!("{MEDIA}{}.png", hash(content.as_bytes()))
}

pub fn scope(desktop: &str, app: &str, thread: &str) -> MediaScope {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    MediaScope { desktop: text(desktop), app: text(app), thread: text(thread), ..MediaScope::default() }
}

pub fn facts(kind: MediaKind) -> MediaFacts {
    let mime = format!("{}/x", kind.word());
    MediaFacts { mime, kind, filename: None, width: None, height: None, metadata: None, provenance: None }
}

impl World {
    /// Announces content under its key.
    pub fn announce_media(&self, id: &MediaId, content: &str) -> Result<MediaAnnounced, Error> {
        self.announce_media_of(id, content, MediaScope::default())
    }

    pub fn announce_media_of(&self, id: &MediaId, content: &str, scope: MediaScope) -> Result<MediaAnnounced, Error> {
        let call = AnnounceMedia {
            id: id.clone(),
            hash: Some(hash(content.as_bytes())),
            key: key_for(content),
            reserved_bytes: content.len() as u64,
            or_less: false,
            lasts_ms: HOUR_MS,
            scope,
        };
        self.call(call, None).map(|(announced, _)| announced)
    }

    /// The key that content is to be sent to.
    pub fn reserve_media(&self, id: &MediaId, content: &str) -> String {
        match self.announce_media(id, content).unwrap() {
            MediaAnnounced::Reserved { key, .. } => key,
            MediaAnnounced::Known(media) => panic!("{content} is {media:?} already"),
        }
    }

    pub fn put(&self, key: &str, content: &str) {
        self.bucket.borrow_mut().insert(key.to_owned(), content.into());
    }

    pub fn keep_call(id: &MediaId, key: &str, content: &str, scope: MediaScope) -> KeepMedia {
        KeepMedia {
            id: id.clone(),
            key: key.to_owned(),
            share_of: None,
            hash: hash(content.as_bytes()),
            size_bytes: content.len() as u64,
            facts: facts(MediaKind::Image),
            scope,
            origin: "https://edge".to_owned(),
        }
    }

    pub fn keep_media(&self, id: &MediaId, key: &str, content: &str) -> Result<MediaKept, Error> {
        self.call(Self::keep_call(id, key, content, MediaScope::default()), None).map(|(kept, _)| kept)
    }

    /// An ingest as the Worker does it.
    pub fn ingest(&self, content: &str, scope: MediaScope, kind: MediaKind) -> Media {
        let id = new_media_id();
        let key = match self.announce_media_of(&id, content, scope.clone()).unwrap() {
            MediaAnnounced::Known(media) => return *media,
            MediaAnnounced::Reserved { key, .. } => key,
        };
        self.put(&key, content);
        let keep = KeepMedia { facts: facts(kind), ..Self::keep_call(&id, &key, content, scope) };
        self.call(keep, None).unwrap().0.media
    }

    pub fn picture(&self, content: &str) -> Media {
        self.ingest(content, MediaScope::default(), MediaKind::Image)
    }

    pub fn delete_media(&self, id: &MediaId) -> Result<MediaDeleted, Error> {
        self.call(DeleteMedia { id: id.clone() }, None).map(|(deleted, _)| deleted)
    }

    pub fn media(&self, id: &MediaId) -> Result<Media, Error> {
        self.call(GetMedia { id: id.clone() }, None).map(|(media, _)| media)
    }

    pub fn list_media(&self, call: ListMedia) -> MediaListing {
        self.call(call, None).unwrap().0
    }

    /// All items, newest first.
    pub fn ledger(&self) -> Vec<Media> {
        self.list_media(ListMedia { limit: 1000, ..ListMedia::default() }).items
    }

    pub fn uses_of(&self, id: &MediaId) -> MediaUses {
        self.call(UsesOfMedia { id: id.clone(), limit: 100, after: None }, None).unwrap().0
    }

    /// The keys of media at which something lies.
    pub fn media_lying(&self) -> Vec<String> {
        self.bucket.borrow().keys().filter(|key| key.starts_with("media/")).cloned().collect()
    }

    /// The bytes of an item, wherever they lie.
    pub fn read_media(&self, id: &MediaId) -> String {
        let (found, body) = self.call(ReadMedia { id: id.clone() }, None).unwrap();
        let bytes = match found.bytes {
            Place::Body => body,
            Place::Stored(key) | Place::Media(key) => self.bucket.borrow()[&key].clone(),
            Place::Unchanged | Place::Foreign(_) => panic!("{found:?}"),
        };
        assert_eq!((found.media.hash, found.media.size_bytes), (hash(&bytes), bytes.len() as u64));
        String::from_utf8(bytes).unwrap()
    }

    /// The rows of a table.
    pub fn count(&self, table: &str) -> i64 {
        self.sql.query(&format!("SELECT count(*) FROM {table}"), &[]).unwrap()[0].int(0).unwrap()
    }

    /// What the alarm does to bring bytes home.
    pub fn bring_all_home(&self) -> Result<(), Error> {
        let Some(leaving) = leaving(&self.context())? else { return Ok(()) };
        for one in &leaving {
            let bytes = self.bucket.borrow()[&one.key].clone();
            let hash = hash(&bytes);
            let adopted = if bytes.len() <= self.inline_max_bytes.get() {
                Adopted::Small { etag: String::new(), hash, bytes }
            } else {
                self.keys.set(self.keys.get() + 1);
                let key = format!("home/blobs/{}", self.keys.get());
                announce_copy(&self.context(), &key)?;
                let size_bytes = bytes.len() as u64;
                self.bucket.borrow_mut().insert(key.clone(), bytes);
                Adopted::Large { etag: String::new(), hash, key, size_bytes }
            };
            bring_home(&self.context(), one, &adopted)?;
        }
        settle_leaving(&self.context(), &[])
    }
}

pub fn world() -> World {
    let world = World::new(Limits { indexes_media: false, ..Limits::default() });
    world.inline_max_bytes.set(4);
    world
}
