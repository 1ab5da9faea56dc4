//! What the verifier asks of the catalogue and its bucket, for one owner: its rows agree with each other, every object has a row,
//! and every row its objects, with their size and hash.

use durable_objects::ids::{Sha256, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::database::{Catalog, Statement, statement};
use super::key::{self, Artifact};
use super::names::{Kind, LocalId, Version};
use crate::blobs::{Blobs, LIST_MAX};
use crate::error::Error;
use crate::pump;

/// How many versions one page looks through: each has up to four objects, of the 1,000 operations of a request.
const VERSIONS_PER_PAGE: i64 = 100;
/// How many bytes of bundles it reads.
const BYTES_PER_PAGE: u64 = 128 * 1024 * 1024;

/// What must hold of an owner's rows, each with a statement that answers what it does not hold of.
const RULES: [(&str, &str); 5] = [
    (
        "its stars are counted",
        "SELECT id FROM published WHERE owner_id = ?1 AND stars <> (SELECT count(*) FROM stars WHERE item = seq) LIMIT 20",
    ),
    (
        "its installs or forks are counted",
        "SELECT id FROM published WHERE owner_id = ?1
            AND installs + forks <> (SELECT count(*) FROM installs WHERE item = seq) LIMIT 20",
    ),
    (
        "the highest version is offered that is not yanked",
        "SELECT id FROM published WHERE owner_id = ?1 AND current IS NOT iif(removed_ms IS NULL, (SELECT number FROM versions
            WHERE item = seq AND yanked_ms IS NULL ORDER BY number DESC LIMIT 1), NULL) LIMIT 20",
    ),
    (
        "it is found by the words that it has",
        "SELECT p.id FROM published p LEFT JOIN search_words w ON w.seq = p.seq LEFT JOIN search s ON s.rowid = p.seq
          WHERE p.owner_id = ?1 AND (s.title IS NOT w.title OR s.description IS NOT w.description OR s.tags IS NOT w.tags
            OR s.handle IS NOT w.handle OR s.scope IS NOT w.scope) LIMIT 20",
    ),
    (
        "what was unpublished is seen by nobody and says nothing",
        "SELECT id FROM published WHERE owner_id = ?1 AND removed_ms IS NOT NULL AND (visibility <> 2 OR title <> '') LIMIT 20",
    ),
];

/// What a page of the look has found.
#[derive(Default)]
pub struct Found {
    /// In words.
    pub problems: Vec<String>,
    /// What was put right.
    pub repaired: Vec<String>,
    /// How much was looked at: rules, objects, or bundles that were read.
    pub checked: usize,
}

#[derive(Deserialize)]
struct Breach {
    id: String,
}

/// Looks at the rules.
pub async fn rules(catalog: &Catalog, owner: &UserId) -> Result<Found, Error> {
    let statements = RULES.map(|(_, breaches)| statement(breaches, [owner.as_str().into()]));
    let mut found = Found { checked: RULES.len(), ..Found::default() };
    for ((holds, _), outcome) in RULES.iter().zip(catalog.batch(statements.into()).await?) {
        let breaches = outcome.rows::<Breach>()?.into_iter();
        found.problems.extend(breaches.map(|Breach { id }| format!("It does not hold of {id} that {holds}")));
    }
    Ok(found)
}

/// Looks for rows that own the next objects of a kind, behind a key; answers the last key, unless these were all. A publish
/// under way is announced before its first byte is sent, so what nobody owns is nobody's, and a repair removes it.
pub async fn objects(
    catalog: &Catalog,
    owner: &UserId,
    kind: Kind,
    after: &str,
    repair: bool,
) -> Result<(Found, Option<String>), Error> {
    #[derive(Deserialize)]
    struct Unknown {
        key: String,
    }
    let (blobs, prefix) = (Blobs::of_bundles(catalog.incoming())?, key::owner_prefix(kind, owner));
    if !after.is_empty() && !after.starts_with(&prefix) {
        return Err(Error::BadRequest("Invalid cursor".to_owned()));
    }
    let objects = blobs.list_after(&prefix, Some(after).filter(|after| !after.is_empty())).await?;
    let named: Vec<_> = objects.iter().map(|object| (object.key.as_str(), parts(&object.key, &prefix))).collect();
    let known =
        named.iter().filter_map(|(key, parts)| parts.as_ref().map(|(local_id, number)| (*key, local_id, number)));
    let known: Vec<_> = known.collect();
    let outcome = catalog
        .run(statement(
            "SELECT value ->> 0 AS key FROM json_each(?3) WHERE NOT EXISTS (
                SELECT 1 FROM published p CROSS JOIN versions v ON v.item = p.seq AND v.number = value ->> 2
                 WHERE p.owner_id = ?1 AND p.kind = ?2 AND p.local_id = value ->> 1 AND v.swept_ms IS NULL)
              AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.owner_id = ?1 AND a.kind = ?2
                 AND a.local_id = value ->> 1 AND a.number = value ->> 2)",
            [owner.as_str().into(), i64::from(kind).into(), json!(known).to_string().into()],
        ))
        .await?;
    let mut found = Found { checked: objects.len(), ..Found::default() };
    let strange = named.iter().filter(|(_, parts)| parts.is_none()).map(|(key, _)| (*key).to_owned());
    for key in strange.chain(outcome.rows::<Unknown>()?.into_iter().map(|row| row.key)) {
        // What was listed may have been removed since.
        if blobs.size_of(&key).await?.is_none() {
            continue;
        }
        found.problems.push(format!("No row knows the object {key}"));
        if repair {
            blobs.remove(&key).await?;
            found.repaired.push(format!("the object {key} goes"));
        }
    }
    let last = objects.last().filter(|_| objects.len() == LIST_MAX as usize).map(|object| object.key.clone());
    Ok((found, last))
}

/// The thing and the version that a key is of.
fn parts(key: &str, prefix: &str) -> Option<(LocalId, i64)> {
    let mut parts = key.strip_prefix(prefix)?.splitn(3, '/');
    Some((LocalId::parse(parts.next()?)?, Version::parse(parts.next()?)?.number()))
}

/// Where a look at versions has come to.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Place {
    item: i64,
    number: i64,
}

#[derive(Deserialize)]
struct VersionRow {
    item: i64,
    number: Version,
    kind: Kind,
    local_id: LocalId,
    size_bytes: u64,
    bundle_hash: Sha256,
    manifest_hash: Sha256,
    artifacts: i64,
}

/// Looks whether the objects of the next versions are there; with `reads`, also at their bytes. Answers where to go on.
pub async fn versions(
    catalog: &Catalog,
    owner: &UserId,
    after: Place,
    reads: impl Fn(i64) -> bool,
) -> Result<(Found, Option<Place>), Error> {
    let rows: Vec<VersionRow> = catalog.run(next_versions(owner, after)).await?.rows()?;
    let blobs = Blobs::of_bundles(catalog.incoming())?;
    let (mut found, mut read_bytes, mut at) = (Found::default(), 0, after);
    for row in &rows {
        let key = |artifact| key::artifact(row.kind, owner, &row.local_id, row.number, artifact);
        let is_read = reads(row.item + row.number.number());
        if is_read && read_bytes > 0 && read_bytes + row.size_bytes > BYTES_PER_PAGE {
            return Ok((found, Some(at)));
        }
        for artifact in [Artifact::Bundle, Artifact::Manifest, Artifact::PackageJson, Artifact::Lockfile] {
            if artifact.bit().is_some_and(|bit| row.artifacts & bit == 0) {
                continue;
            }
            let key = key(artifact);
            let (size_bytes, hash) = match artifact {
                Artifact::Bundle => (Some(row.size_bytes), Some(row.bundle_hash)),
                Artifact::Manifest => (None, Some(row.manifest_hash)),
                Artifact::PackageJson | Artifact::Lockfile => (None, None),
            };
            let problem = match (blobs.size_of(&key).await?, size_bytes) {
                (None, _) => Some(format!("The object {key} is missing")),
                (Some(size), Some(expected)) if size != expected => {
                    Some(format!("The object {key} has {size} bytes, its row says {expected}"))
                }
                (Some(_), _) => match hash.filter(|_| is_read) {
                    Some(hash) => wrong_bytes(&blobs, &key, hash).await?,
                    None => None,
                },
            };
            found.problems.extend(problem);
        }
        if is_read {
            found.checked += 1;
            read_bytes += row.size_bytes;
        }
        at = Place { item: row.item, number: row.number.number() };
    }
    let is_cut = i64::try_from(rows.len()).is_ok_and(|count| count == VERSIONS_PER_PAGE);
    Ok((found, is_cut.then_some(at)))
}

fn next_versions(owner: &UserId, after: Place) -> Statement {
    statement(
        "SELECT v.item, v.number, p.kind, p.local_id, v.size_bytes, v.bundle_hash, v.manifest_hash, v.artifacts
           FROM published p CROSS JOIN versions v ON v.item = p.seq
          WHERE p.owner_id = ?1 AND v.removed_ms IS NULL AND (v.item, v.number) > (?2, ?3)
          ORDER BY v.item, v.number LIMIT ?4",
        [owner.as_str().into(), after.item.into(), after.number.into(), VERSIONS_PER_PAGE.into()],
    )
}

async fn wrong_bytes(blobs: &Blobs, key: &str, hash: Sha256) -> Result<Option<String>, Error> {
    let Some((_, stream)) = blobs.find(key, None).await? else { return Ok(None) };
    let found = pump::hash_of(&stream).await?;
    Ok((found != hash).then(|| format!("The object {key} has the hash {found}, its row says {hash}")))
}
