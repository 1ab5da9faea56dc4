//! What clients see of published things. A contract: names, formats and what is absent when stay as they are.

use durable_objects::ids::Sha256;
use durable_objects::item::Time;
use serde::{Deserialize, Serialize};

use super::names::{LocalId, PublicId};

/// What is said of apps and of desktops alike.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PublishedThing"))]
pub struct About {
    /// The same as `id`, as older pages know it.
    #[serde(rename = "_id")]
    pub old_id: PublicId,
    /// When it was first published.
    pub created_at: Time,
    pub description: Option<String>,
    /// How many have made it theirs.
    pub forks: i64,
    /// An emoji, a name or an address.
    pub icon: Option<String>,
    pub id: PublicId,
    pub manifest_hash: Option<Sha256>,
    /// The handle of whoever has published it.
    pub owner: String,
    /// Told to the owner alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Of the bytes.
    pub size: Option<u64>,
    pub stars: i64,
    pub tags: Vec<String>,
    /// When it last changed.
    pub updated_at: Time,
    /// The version that is told of; null if every one is yanked, as are its hashes and its size.
    pub version: Option<String>,
    /// `public` is found by everyone, `unlisted` by those who know its id, `private` by its owner.
    #[cfg_attr(test, schemars(with = "crate::openapi::VisibilityWord"))]
    pub visibility: &'static str,
}

/// What is public of an app.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppRow {
    #[serde(flatten)]
    pub about: About,
    /// The owner's name for it: that of its folder.
    pub app_id: LocalId,
    /// Of what it needs.
    pub deps_hash: Option<Sha256>,
    /// How many have installed it.
    pub installs: i64,
    pub name: String,
}

/// What is public of a desktop.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DesktopRow {
    #[serde(flatten)]
    pub about: About,
    /// The owner's name for it.
    pub desktop_id: LocalId,
    /// Of its lock file, if it has one.
    pub lockfile_hash: Option<Sha256>,
    pub title: String,
    /// How often it was visited.
    pub visits: i64,
}

/// One or the other.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Row {
    /// An app.
    App(AppRow),
    /// A desktop.
    Desktop(DesktopRow),
}

/// A thing with what only its own page says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "{R}Details"))]
pub struct Details<R> {
    #[serde(flatten)]
    pub row: R,
    /// How many are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// What it was made from, as far as everyone may know of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Parent>,
    /// Of the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Sha256>,
    /// Whether it has the caller's star.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starred: Option<bool>,
    /// Where the bytes are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What something was made from.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ForkedFrom"))]
pub struct Parent {
    pub id: PublicId,
    /// The handle of whoever has published it.
    pub owner: String,
    pub title: String,
}

/// A page of a list, under the name of what is on it.
#[derive(Debug, Default, Serialize)]
pub struct ListBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<Row>>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desktops: Option<Vec<Row>>,
}

/// Something that is offered in place of what somebody has.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "{R}Update"))]
pub struct Update<R> {
    #[serde(flatten)]
    pub row: R,
    /// The version that they have.
    pub installed: String,
}
