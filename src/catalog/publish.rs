//! The transaction with which a version becomes visible: the last step of a publish, and the only one that anybody
//! sees.

use durable_objects::call;
use durable_objects::ids::{Sha256, UserId};
use serde::Deserialize;

use super::database::{Catalog, Param, Statement, statement};
use super::list::MATCHES_MAX;
use super::names::{Kind, LocalId, PublicId, Version, Visibility};
use super::{attempts, users};
use crate::error::Error;

/// How much of a kind a user may have published at a time: an owner's
/// list is whole in every order.
pub const PUBLISHED_MAX: usize = MATCHES_MAX;
/// How many hashes one parameter carries: 670 KB, below the megabyte that a value may have.
const HASHES_PER_STATEMENT: usize = 10_000;

/// A version whose bytes lie in the bucket.
#[derive(Clone, Debug)]
pub struct Release {
    /// Who publishes it.
    pub owner: UserId,
    /// What it is.
    pub kind: Kind,
    /// The owner's name for it. Of a desktop without one it is the new id.
    pub local_id: LocalId,
    /// The id that it gets if it is new; else it keeps its own.
    pub id: PublicId,
    /// Which version.
    pub version: Version,
    /// What it is called.
    pub title: String,
    /// Its icon. What is none here stays as it was, and so below.
    pub icon: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Its tags, as [`super::names::tags`] makes them.
    pub tags: Option<Vec<String>>,
    /// Who finds it; a new one is public.
    pub visibility: Option<Visibility>,
    /// The size of the bundle as it is sent.
    pub size_bytes: u64,
    /// How many files are in it.
    pub files: u64,
    /// The hash of the bundle as it is sent: of the gzipped tar, or of the snapshot.
    pub bundle_hash: Sha256,
    /// The hash that identifies the content: of the tar itself, or of the snapshot.
    pub content_hash: Sha256,
    /// The hash of the manifest's bytes.
    pub manifest_hash: Sha256,
    /// The hash of an app's dependencies, or of a desktop's lock file if it has one.
    pub deps_hash: Option<Sha256>,
    /// Whether `package.json` lies beside it.
    pub has_package_json: bool,
    /// Whether `pnpm-lock.yaml` lies beside it.
    pub has_lockfile: bool,
    /// The id of what it was made from.
    pub parent: Option<String>,
    /// The hashes of its files.
    pub file_hashes: Vec<Sha256>,
}

/// What there is under an owner's name for a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its id, if it is published.
    pub id: Option<PublicId>,
    /// The highest version that it ever had.
    pub latest: Option<Version>,
    /// The content of the version that was asked about, if that number is taken.
    pub content_hash: Option<Sha256>,
    /// That version has been yanked, or unpublished.
    pub is_withdrawn: bool,
}

impl Standing {
    /// The version that a publish gets which names none: the next patch; none behind the last that there can be.
    fn next_version(&self) -> Option<Version> {
        self.latest.map_or(Some(Version::FIRST), Version::next)
    }

    /// The version that a publish is to be: the one that it names, else the next.
    pub fn version(&self, named: Option<Version>) -> Result<Version, Error> {
        let none_left = || {
            let last = self.latest.unwrap_or(Version::FIRST);
            Error::BadRequest(format!("No version follows {last}: name one that is free, or publish under another id"))
        };
        named.or_else(|| self.next_version()).ok_or_else(none_left)
    }

    /// What it means that the version which was asked about is there already, for content that is about to be published
    /// as it; none if it is free. To be asked before bytes go to the bucket.
    pub fn decide(&self, content_hash: Sha256) -> Option<Result<Published, Error>> {
        let taken = self.content_hash?;
        Some(match &self.id {
            Some(id) if taken == content_hash && !self.is_withdrawn => {
                Ok(Published { id: id.clone(), is_repeated: true })
            }
            // Also the same content, once it was unpublished: its bytes are gone, or going.
            _ => Err(Error::VersionTaken { next: self.next_version() }),
        })
    }
}

/// How a publish ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The id of the thing.
    pub id: PublicId,
    /// The very same was there already: nothing has changed.
    pub is_repeated: bool,
}

#[derive(Deserialize)]
struct StandingRow {
    id: PublicId,
    is_removed: i64,
    latest: Option<Version>,
    content_hash: Option<Sha256>,
    is_withdrawn: i64,
}

/// What there is under an owner's name, and at one version of it. Looked at before bytes are made; [`publish_version`]
/// looks again.
pub async fn standing(
    catalog: &Catalog,
    owner: &UserId,
    kind: Kind,
    local_id: &LocalId,
    version: Option<Version>,
) -> Result<Standing, Error> {
    let outcome = catalog.run(select_standing(owner, kind, local_id, version)).await?;
    let row = outcome.first::<StandingRow>()?;
    Ok(row.map_or_else(Standing::default, |row| Standing {
        id: (row.is_removed == 0).then_some(row.id),
        latest: row.latest,
        content_hash: row.content_hash,
        is_withdrawn: row.is_withdrawn != 0,
    }))
}

/// Makes a version visible. Its bytes must lie in the bucket. The same content at the same version is no change; other
/// content is [`Error::VersionTaken`].
pub async fn publish_version(catalog: &Catalog, release: &Release) -> Result<Published, Error> {
    users::profile(catalog, &release.owner).await?;
    let Release { owner, kind, local_id, version, .. } = release;
    let before = standing(catalog, owner, *kind, local_id, Some(*version)).await?;
    if let Some(decided) = before.decide(release.content_hash) {
        return decided;
    }
    if before.id.is_none() && count_own(catalog, owner, *kind).await? >= PUBLISHED_MAX {
        return Err(Error::TooManyPublished { max: PUBLISHED_MAX });
    }
    match catalog.run_all(publish_statements(release, catalog.incoming().now_ms)).await {
        Ok(outcome) => {
            let published = outcome.first::<IdRow>()?.map(|row| Published { id: row.id, is_repeated: false });
            // Nothing was inserted: the account was deleted meanwhile.
            published.ok_or(Error::Workspace(call::Error::Closed))
        }
        Err(error) => {
            // Somebody else may have published this version just now: then that decides.
            let after = standing(catalog, owner, *kind, local_id, Some(*version)).await?;
            after.decide(release.content_hash).unwrap_or(Err(error))
        }
    }
}

#[derive(Deserialize)]
struct IdRow {
    id: PublicId,
}

#[derive(Deserialize)]
struct CountRow {
    count: usize,
}

async fn count_own(catalog: &Catalog, owner: &UserId, kind: Kind) -> Result<usize, Error> {
    let outcome = catalog
        .run(statement(
            "SELECT count(*) AS count FROM published WHERE owner_id = ?1 AND kind = ?2 AND removed_ms IS NULL",
            [owner.as_str().into(), i64::from(kind).into()],
        ))
        .await?;
    Ok(outcome.first::<CountRow>()?.map_or(0, |row| row.count))
}

fn select_standing(owner: &UserId, kind: Kind, local_id: &LocalId, version: Option<Version>) -> Statement {
    statement(
        "SELECT p.id, p.removed_ms IS NOT NULL AS is_removed, v.content_hash, v.yanked_ms IS NOT NULL AS is_withdrawn,
                (SELECT number FROM versions WHERE item = p.seq ORDER BY number DESC LIMIT 1) AS latest
           FROM published p LEFT JOIN versions v ON v.item = p.seq AND v.number = ?4
          WHERE p.owner_id = ?1 AND p.kind = ?2 AND p.local_id = ?3",
        [owner.as_str().into(), i64::from(kind).into(), local_id.as_str().into(), version.map(Version::number).into()],
    )
}

/// The transaction. Without a user who is there nothing is inserted. A version that is there fails it, and so does one that
/// is not announced, or whose bytes are being removed: then the key of a row is null.
pub(super) fn publish_statements(release: &Release, now_ms: i64) -> Vec<Statement> {
    let Release { owner, kind, local_id, version, .. } = release;
    let own: [Param; 3] = [owner.as_str().into(), i64::from(*kind).into(), local_id.as_str().into()];
    let [by_owner, of_kind, named] = own.clone();
    let number = Param::from(version.number());
    let tags = release.tags.as_ref().map(|tags| serde_json::Value::from(tags.clone()).to_string());
    let hash = |hash: Sha256| Param::from(hash.to_string());
    let size = |size: u64| Param::from(i64::try_from(size).unwrap_or(i64::MAX));
    let artifacts = i64::from(release.has_package_json) + 2 * i64::from(release.has_lockfile);
    let mut statements = vec![
        statement(
            "INSERT INTO published (owner_id, kind, local_id, id, title, fold, icon, description, tags, visibility, created_ms, updated_ms, parent)
             SELECT u.id, ?2, ?3, ?4, ?5, ?6, nullif(?7, ''), nullif(?8, ''), coalesce(?9, '[]'), coalesce(?10, 0), ?11, ?11, ?12
               FROM users u WHERE u.id = ?1 AND u.closed_ms IS NULL
             ON CONFLICT (owner_id, kind, local_id) DO UPDATE
                SET id = iif(removed_ms IS NULL, id, excluded.id), title = excluded.title, fold = excluded.fold,
                    icon = nullif(coalesce(?7, icon), ''), description = nullif(coalesce(?8, description), ''),
                    tags = coalesce(?9, tags),
                    visibility = coalesce(?10, iif(removed_ms IS NULL, visibility, 0)),
                    created_ms = iif(removed_ms IS NULL, created_ms, excluded.created_ms), updated_ms = excluded.updated_ms,
                    parent = nullif(iif(removed_ms IS NULL, coalesce(parent, excluded.parent), excluded.parent), id),
                    removed_ms = NULL",
            [
                by_owner,
                of_kind,
                named,
                release.id.as_str().into(),
                release.title.as_str().into(),
                release.title.to_lowercase().into(),
                release.icon.clone().into(),
                release.description.clone().into(),
                tags.into(),
                release.visibility.map(i64::from).into(),
                now_ms.into(),
                release.parent.clone().into(),
            ],
        ),
        Statement {
            sql: "INSERT INTO versions (item, number, size_bytes, files, bundle_hash, content_hash, manifest_hash, deps_hash, artifacts, created_ms)
                  SELECT iif(EXISTS (SELECT 1 FROM attempts a WHERE a.owner_id = ?1 AND a.kind = ?2 AND a.local_id = ?3
                                        AND a.number = ?4 AND a.claimed_ms IS NULL), seq, NULL),
                         ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
                    FROM published WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3 AND removed_ms IS NULL",
            params: own
                .iter()
                .cloned()
                .chain([
                    number.clone(),
                    size(release.size_bytes),
                    size(release.files),
                    hash(release.bundle_hash),
                    hash(release.content_hash),
                    hash(release.manifest_hash),
                    release.deps_hash.map(|hash| hash.to_string()).into(),
                    artifacts.into(),
                    now_ms.into(),
                ])
                .collect(),
        },
    ];
    statements.extend(release.file_hashes.chunks(HASHES_PER_STATEMENT).map(|hashes| {
        let hashes: Vec<String> = hashes.iter().map(Sha256::to_string).collect();
        let hashes = serde_json::Value::from(hashes).to_string();
        Statement {
            sql: "INSERT OR IGNORE INTO version_files (hash, item, number)
                  SELECT unhex(value), seq, ?4 FROM published, json_each(?5) WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3",
            params: own.iter().cloned().chain([number.clone(), hashes.into()]).collect(),
        }
    }));
    statements.push(Statement {
        sql: "UPDATE published
                 SET current = (SELECT number FROM versions WHERE item = seq AND yanked_ms IS NULL ORDER BY number DESC LIMIT 1)
               WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3",
        params: own.to_vec(),
    });
    statements.push(attempts::forget(&own, number));
    statements.push(Statement {
        sql: "SELECT id FROM published WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3 AND removed_ms IS NULL",
        params: own.into(),
    });
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(taken: Option<u8>, is_withdrawn: bool) -> Standing {
        Standing {
            id: PublicId::parse(&"0".repeat(32)),
            latest: Version::parse("1.2.3"),
            content_hash: taken.map(|byte| Sha256::new([byte; 32])),
            is_withdrawn,
        }
    }

    #[test]
    fn a_number_that_is_taken_is_the_same_again_or_refused_with_one_that_is_free() {
        let content = Sha256::new([1; 32]);
        assert!(standing(None, false).decide(content).is_none());
        let same = standing(Some(1), false).decide(content).unwrap().unwrap();
        assert!(same.is_repeated);
        let unpublished = Standing { id: None, ..standing(Some(1), false) };
        for taken in [standing(Some(2), false), standing(Some(1), true), unpublished] {
            let refusal = taken.decide(content).unwrap().unwrap_err();
            assert!(matches!(refusal, Error::VersionTaken { next: Some(next) } if next.to_string() == "1.2.4"));
        }
        assert_eq!(Standing::default().version(None).ok(), Some(Version::FIRST));
    }

    #[test]
    fn behind_the_last_version_there_is_none_but_one_that_is_named() {
        let last = Standing { latest: Version::parse("99999.99999.99999"), ..standing(Some(2), false) };
        assert!(matches!(last.version(None), Err(Error::BadRequest(why)) if why.contains("99999.99999.99999")));
        assert_eq!(last.version(Version::parse("3.0.0")).ok(), Version::parse("3.0.0"));
        let refusal = last.decide(Sha256::new([1; 32])).unwrap().unwrap_err();
        assert!(matches!(refusal, Error::VersionTaken { next: None }));
    }
}
