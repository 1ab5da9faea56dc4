//! Media: the verbs and answers of the ledger, which knows every picture, sound, film and model of one owner by its hash.
//!
//! An item is *public* when its bytes lie in the bucket of media under a key of their own: ingested ones are from the
//! start. It is *private* when it was only noticed in the workspace, where its bytes are those of a file. Bytes get in as
//! files do:
//!
//! 1. [`AnnounceMedia`] names a key, which from here on the alarm knows of: `Known` ends it, the bytes are there already.
//! 2. The Worker puts the bytes.
//! 3. [`KeepMedia`] makes them an item, or [`AbandonMedia`] gives everything up that was announced under that id.
//!
//! Bytes whose hash is not known yet go to a random key first, announced in the same way without a hash; one
//! [`KeepMedia`] or [`AbandonMedia`] ends both announcements.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::ids::{MediaId, Sha256};
use crate::path::FilePath;

/// What an item is to look or listen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// A still or moving picture without sound.
    Image,
    /// Sound.
    Audio,
    /// Film.
    Video,
    /// A model in three dimensions.
    Model,
}

impl MediaKind {
    /// As it stands in a row and in the API. A stored format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Model => "model",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Image, Self::Audio, Self::Video, Self::Model].into_iter().find(|kind| kind.word() == word)
    }
}

/// Where an item came up. An item keeps the first 100 different ones; an empty text is the same as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaScope {
    /// The desktop.
    pub desktop: Option<String>,
    /// The app.
    pub app: Option<String>,
    /// What the app is called.
    pub app_name: Option<String>,
    /// The conversation.
    pub thread: Option<String>,
    /// The request that brought it.
    pub request: Option<String>,
}

/// What the Worker has found out about some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// The content type, decided from the bytes.
    pub mime: String,
    /// What kind of thing that is.
    pub kind: MediaKind,
    /// What the caller calls it.
    pub filename: Option<String>,
    /// In pixels, where the header tells.
    pub width: Option<u32>,
    /// In pixels, where the header tells.
    pub height: Option<u32>,
    /// A JSON object of the caller's, as text. It is kept as it is.
    pub metadata: Option<String>,
    /// Who made it, how and from what, a JSON object as text.
    pub provenance: Option<String>,
}

/// An item of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Under which it is asked for.
    pub id: MediaId,
    /// Its content.
    pub hash: Sha256,
    /// Its size.
    pub size_bytes: u64,
    /// What it is.
    pub facts: MediaFacts,
    /// Where it came up, the first place first.
    pub scopes: Vec<MediaScope>,
    /// When it became an item.
    pub created_ms: i64,
    /// Its key in the bucket of media, when it is public. A private item has none.
    pub key: Option<String>,
}

/// A key of the bucket of media that bytes are about to be sent to. Repeating it with the same id and key does no harm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnnounceMedia {
    /// A new random id of this ingest: it becomes the item's when the bytes are new. One ingest may announce two keys.
    pub id: MediaId,
    /// The hash of the bytes, when it is known: then the key has to hold it, since others may be sending the same bytes
    /// there. Without it the key has to be random.
    pub hash: Option<Sha256>,
    /// The key. What is answered may differ from it.
    pub key: String,
    /// How many bytes there can be: the quota must have room for them. 0 for the second key of an ingest.
    pub reserved_bytes: u64,
    /// Whether less will do, when the quota has less room: for bytes whose number is not known yet.
    pub or_less: bool,
    /// How long the sender may take: a minute to a day.
    pub lasts_ms: i64,
    /// What a public item that has these bytes already gets as another scope.
    pub scope: MediaScope,
}

/// What is to be done with bytes that were announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaAnnounced {
    /// Nothing: this public item has them. What else was announced under the id is given up.
    Known(Box<Media>),
    /// They are to be sent.
    Reserved {
        /// To this key: the one asked for, or, while an object is being removed from there, another like it.
        key: String,
        /// At most so many.
        reserved_bytes: u64,
    },
}

/// Bytes that lie under an announced key as an item: a new one, or the private one that has the same bytes, which is
/// public from then on. When somebody else was faster, that item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeepMedia {
    /// The id under which the key was announced.
    pub id: MediaId,
    /// The key where the bytes are. Everything else that was announced under the id is given up.
    pub key: String,
    /// The item that is being shared, if this is what happens: it fails when that is gone by now.
    pub share_of: Option<MediaId>,
    /// The hash of the bytes, verified by the Worker or the bucket.
    pub hash: Sha256,
    /// How many they are.
    pub size_bytes: u64,
    /// What they are.
    pub facts: MediaFacts,
    /// Where they came up.
    pub scope: MediaScope,
    /// `https://host` as the caller sees this service: where the item's public address begins if none is configured.
    pub origin: String,
}

/// An item as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaKept {
    /// The item.
    pub media: Media,
    /// Whether it was there before.
    pub was_known: bool,
}

/// Bytes that will not be used: the alarm removes at once what was announced under this id. Fine if it is over already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AbandonMedia {
    /// The id of the ingest.
    pub id: MediaId,
}

/// One item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetMedia {
    /// Which.
    pub id: MediaId,
}

/// One item with its bytes: those of a small private one are the body of the answer, all others lie in a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadMedia {
    /// Which.
    pub id: MediaId,
}

/// An item and where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFound {
    /// The item.
    pub media: Media,
    /// `Body`, `Stored` or `Media`.
    pub bytes: Place,
}

/// Items, newest first. Each field that is set narrows it down; the places are those of one and the same scope.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ListMedia {
    /// Of this desktop.
    pub desktop: Option<String>,
    /// Of this app.
    pub app: Option<String>,
    /// Of this conversation.
    pub thread: Option<String>,
    /// Of this kind.
    pub kind: Option<MediaKind>,
    /// Created at this time or later.
    pub from_ms: Option<i64>,
    /// Created before this time.
    pub until_ms: Option<i64>,
    /// The most items to answer.
    pub limit: usize,
    /// Where an earlier answer stopped.
    pub after: Option<MediaCursor>,
}

/// A page of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaListing {
    /// The items, each with its first 10 scopes. A page ends at about 4 MiB, whatever was asked for.
    pub items: Vec<Media>,
    /// Where to go on, if something is left.
    pub next: Option<MediaCursor>,
}

/// The item that a listing answered last: it still means the same when the item is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaCursor {
    /// When it was created.
    pub created_ms: i64,
    /// Its number in the ledger, to break ties.
    pub number: i64,
}

/// The files that hold an item's bytes, the trash included, in no order that means anything. What the ledger itself lays
/// out below `public/media` is not counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsesOfMedia {
    /// The item.
    pub id: MediaId,
    /// The most files to answer.
    pub limit: usize,
    /// The `next` of an earlier answer.
    pub after: Option<i64>,
}

/// A page of the uses of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaUses {
    /// Where they are.
    pub paths: Vec<FilePath>,
    /// How many earlier versions of files hold the bytes.
    pub versions: u64,
    /// Where to go on, if something is left.
    pub next: Option<i64>,
}

/// An item gone from the ledger, with its public address. Files with these bytes keep them: they are brought back from
/// the bucket of media by the alarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteMedia {
    /// Which.
    pub id: MediaId,
}

/// An item that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaDeleted {
    /// The key that the Worker is to remove from the bucket now, and then to report by [`MediaRemoved`]. Without that the
    /// alarm removes it, a minute later. None when the bytes are still used, or are being sent again at this moment.
    pub remove: Option<String>,
}

/// An object is gone from the bucket of media, as [`MediaDeleted`] asked: its key is free, and the quota has its bytes
/// back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaRemoved {
    /// Where it was.
    pub key: String,
}

/// The removal is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaForgotten {}

/// The announcements are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaAbandoned {}
