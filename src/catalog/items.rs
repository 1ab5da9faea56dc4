//! One published thing, with one of its versions: what is read of it, and what clients see.

use durable_objects::ids::{Sha256, UserId};
use durable_objects::item::Time;
use serde::{Deserialize, Serialize};

use super::cache;
use super::database::{Catalog, statement};
use super::key::{self, Artifact};
use super::names::{Kind, LocalId, PublicId, Version, Visibility};
use super::rows::{About, AppRow, DesktopRow, Parent, Row};
use crate::error::Error;
use crate::incoming::Incoming;

/// The columns of an [`Item`], of `published` as `p`, `users` as `u` and `versions` as `v`.
macro_rules! columns {
    () => {
        "p.seq, p.id, p.kind, p.owner_id, u.handle AS owner, p.local_id, p.title, p.icon, p.description, p.tags, p.visibility,
         v.number AS version, v.size_bytes, v.files, v.bundle_hash, v.manifest_hash, v.deps_hash, v.artifacts,
         p.stars, p.installs, p.visits, p.forks, p.created_ms, p.updated_ms, p.parent"
    };
}
pub(super) use columns;

/// A published thing with one of its versions, as it is read and as the cache keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its number in the database, which nobody outside knows.
    pub seq: i64,
    /// Its id.
    pub id: PublicId,
    /// What it is.
    pub kind: Kind,
    /// Whose it is; nobody but them is told.
    pub owner_id: String,
    /// How others know them.
    pub owner: String,
    /// The owner's name for it.
    pub local_id: LocalId,
    /// What it is called.
    pub title: String,
    /// Its icon.
    pub icon: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Its tags, as JSON.
    pub tags: String,
    /// Who finds it.
    pub visibility: Visibility,
    /// The version; none if every one is yanked.
    #[serde(flatten)]
    pub release: Option<ReleaseRow>,
    /// How many like it.
    pub stars: i64,
    /// How many have installed it.
    pub installs: i64,
    /// How often it was visited.
    pub visits: i64,
    /// How many have made it theirs.
    pub forks: i64,
    /// When it was first published.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    /// The id of what it was made from.
    pub parent: Option<String>,
}

/// A version of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseRow {
    /// Its number.
    pub version: Version,
    /// The size of its bundle.
    pub size_bytes: u64,
    /// How many files are in it.
    pub files: u64,
    /// The bundle's entity tag.
    pub bundle_hash: Sha256,
    /// The manifest's.
    pub manifest_hash: Sha256,
    /// Of its dependencies.
    pub deps_hash: Option<Sha256>,
    /// What lies beside the bundle.
    pub artifacts: i64,
}

impl Item {
    /// Whether it is this user's.
    pub fn is_of(&self, user: Option<&UserId>) -> bool {
        user.is_some_and(|user| user.as_str() == self.owner_id)
    }

    /// Whether somebody may know of it, having its id.
    pub fn is_visible_to(&self, user: Option<&UserId>) -> bool {
        self.is_of(user) || matches!(self.visibility, Visibility::Public | Visibility::Unlisted)
    }

    /// The key of one of its objects; none if it does not have that.
    pub fn key(&self, artifact: Artifact) -> Option<String> {
        let release = self.release.as_ref()?;
        let owner = UserId::parse(&self.owner_id)?;
        let has = artifact.bit().is_none_or(|bit| release.artifacts & bit != 0);
        has.then(|| key::artifact(self.kind, &owner, &self.local_id, release.version, artifact))
    }

    /// The row of a list.
    pub fn to_row(&self, user: Option<&UserId>) -> Row {
        let release = self.release.as_ref();
        let about = About {
            old_id: self.id.clone(),
            created_at: Time(self.created_ms),
            description: self.description.clone(),
            forks: self.forks,
            icon: self.icon.clone(),
            id: self.id.clone(),
            manifest_hash: release.map(|release| release.manifest_hash),
            owner: self.owner.clone(),
            owner_id: self.is_of(user).then(|| self.owner_id.clone()),
            size: release.map(|release| release.size_bytes),
            stars: self.stars,
            tags: serde_json::from_str(&self.tags).unwrap_or_default(),
            updated_at: Time(self.updated_ms),
            version: release.map(|release| release.version.to_string()),
            visibility: self.visibility.as_str(),
        };
        let (local_id, title) = (self.local_id.clone(), self.title.clone());
        let deps_hash = release.and_then(|release| release.deps_hash);
        match self.kind {
            Kind::App => Row::App(AppRow { about, app_id: local_id, deps_hash, installs: self.installs, name: title }),
            Kind::Desktop => Row::Desktop(DesktopRow {
                about,
                desktop_id: local_id,
                lockfile_hash: deps_hash,
                title,
                visits: self.visits,
            }),
        }
    }
}

/// The thing with an id, as this user sees it, with a version or the one that is offered: what they may not know of is
/// not there. For nobody in particular the edge may remember it, for [`cache::EDGE_MAX_S`] at most; what is private never
/// gets there.
pub async fn find(
    catalog: &Catalog,
    kind: Kind,
    id: &str,
    version: Option<Version>,
    user: Option<&UserId>,
) -> Result<Item, Error> {
    let missing = || Error::NotPublished(kind);
    let id = PublicId::parse(id).ok_or_else(missing)?;
    let item = if user.is_some() {
        read(catalog, &id, version).await?.ok_or_else(missing)?
    } else {
        let make = async || {
            let item =
                read(catalog, &id, version).await?.filter(|item| item.is_visible_to(None)).ok_or_else(missing)?;
            serde_json::to_string(&item).map_err(|error| Error::internal("an item", &error))
        };
        let text = cache::remember(catalog.incoming(), &name(&id, version), make).await?;
        serde_json::from_str::<Item>(&text).map_err(|error| Error::internal("an item", &error))?
    };
    if item.kind != kind || !item.is_visible_to(user) {
        return Err(missing());
    }
    match item.release {
        None if version.is_some() => Err(Error::NoVersion),
        // Every version is yanked: nothing is offered any more, and only the owner still sees it.
        None if !item.is_of(user) => Err(missing()),
        _ => Ok(item),
    }
}

/// The thing with an id, if this user owns it: for what only an owner may do.
pub async fn find_own(catalog: &Catalog, kind: Kind, id: &str, user: &UserId) -> Result<Item, Error> {
    let item = find(catalog, kind, id, None, Some(user)).await?;
    if item.is_of(Some(user)) { Ok(item) } else { Err(Error::NotTheOwner) }
}

/// The thing with an id, for whoever its owner has given a signed address of this version to.
pub async fn find_for_owner(catalog: &Catalog, kind: Kind, id: &str, version: Version) -> Result<Item, Error> {
    let missing = || Error::NotPublished(kind);
    let id = PublicId::parse(id).ok_or_else(missing)?;
    read(catalog, &id, Some(version)).await?.filter(|item| item.kind == kind).ok_or_else(missing)
}

/// What a thing was made from, as everyone may see it: nothing of what not everyone may know of.
pub async fn parent_of(catalog: &Catalog, item: &Item) -> Result<Option<Parent>, Error> {
    let Some(parent) = &item.parent else { return Ok(None) };
    let statement = statement(
        "SELECT p.id, p.title, u.handle AS owner FROM published p CROSS JOIN users u ON u.id = p.owner_id
          WHERE p.id = ?1 AND p.visibility = 0 AND p.current IS NOT NULL AND p.removed_ms IS NULL",
        [parent.as_str().into()],
    );
    catalog.run(statement).await?.first()
}

/// Has the edge forget a thing here, after a change; elsewhere it forgets by itself.
pub async fn forget(incoming: &Incoming, item: &Item) {
    cache::forget(incoming, &name(&item.id, None)).await;
    if let Some(release) = &item.release {
        cache::forget(incoming, &name(&item.id, Some(release.version))).await;
    }
}

/// Under which name the edge remembers it.
fn name(id: &PublicId, version: Option<Version>) -> String {
    format!("item/{}/{}", id.as_str(), version.map_or(0, Version::number))
}

async fn read(catalog: &Catalog, id: &PublicId, version: Option<Version>) -> Result<Option<Item>, Error> {
    let statement = statement(
        concat!(
            "SELECT ",
            columns!(),
            " FROM published p CROSS JOIN users u ON u.id = p.owner_id
               LEFT JOIN versions v ON v.item = p.seq AND v.number = coalesce(?2, p.current) AND v.removed_ms IS NULL
              WHERE p.id = ?1 AND p.removed_ms IS NULL"
        ),
        [id.as_str().into(), version.map(Version::number).into()],
    );
    catalog.run(statement).await?.first()
}
