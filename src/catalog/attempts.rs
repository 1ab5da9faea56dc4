//! Publishes under way: each is announced before its first byte is sent, and forgotten in the transaction that makes it visible. What
//! is left of one that has died is found by the clock, and goes.

use durable_objects::ids::UserId;
use serde::Deserialize;

use super::database::{Catalog, Param, Statement, statement};
use super::key::{Artifact, artifact};
use super::names::{Kind, LocalId, Version};
use crate::blobs::Blobs;
use crate::error::Error;

/// When an attempt is given up: long after its lease has ended, or as one that goes on for so long.
const LASTS_MS: i64 = 2 * 60 * 60 * 1000;
/// How many are taken at once: four keys each, and a call to the bucket takes 1,000.
const SWEEP_MAX: i64 = 200;

/// Announces the keys of a version. While what an earlier attempt has left there is being removed, nothing may be sent.
pub async fn announce(
    catalog: &Catalog,
    owner: &UserId,
    kind: Kind,
    local_id: &LocalId,
    version: Version,
) -> Result<(), Error> {
    let announced = catalog
        .run(statement(
            "INSERT INTO attempts (owner_id, kind, local_id, number, started_ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET started_ms = excluded.started_ms WHERE claimed_ms IS NULL RETURNING number",
            [
                owner.as_str().into(),
                i64::from(kind).into(),
                local_id.as_str().into(),
                version.number().into(),
                catalog.incoming().now_ms.into(),
            ],
        ))
        .await?;
    let is_free = announced.first::<Announced>()?.is_some();
    if is_free { Ok(()) } else { Err(Error::CatalogFailed("an earlier attempt is being removed".to_owned())) }
}

#[derive(Deserialize)]
struct Announced {
    #[expect(dead_code, reason = "that there is one is all")]
    number: i64,
}

/// For the transaction of a publish: once the version is there, nothing is under way. `own` is owner, kind and name.
pub fn forget(own: &[Param; 3], number: Param) -> Statement {
    Statement {
        sql: "DELETE FROM attempts WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3 AND number = ?4
                 AND EXISTS (SELECT 1 FROM published p CROSS JOIN versions v ON v.item = p.seq AND v.number = ?4
                      WHERE p.owner_id = ?1 AND p.kind = ?2 AND p.local_id = ?3)",
        params: own.iter().cloned().chain([number]).collect(),
    }
}

#[derive(Deserialize)]
struct Attempt {
    owner_id: String,
    kind: Kind,
    local_id: LocalId,
    number: Version,
}

/// Removes what is left of attempts that have died, and answers how many there were. It can stop anywhere and be repeated.
pub async fn sweep(catalog: &Catalog) -> Result<usize, Error> {
    // Announced when it was there already: its bytes are those of the version.
    let published = statement(
        "DELETE FROM attempts WHERE started_ms <= ?1 AND EXISTS (
            SELECT 1 FROM published p CROSS JOIN versions v ON v.item = p.seq AND v.number = attempts.number
             WHERE p.owner_id = attempts.owner_id AND p.kind = attempts.kind AND p.local_id = attempts.local_id)",
        [(catalog.incoming().now_ms - LASTS_MS).into()],
    );
    let claim = statement(
        "UPDATE attempts SET claimed_ms = ?2 WHERE (owner_id, kind, local_id, number) IN (
            SELECT owner_id, kind, local_id, number FROM attempts WHERE started_ms <= ?1 ORDER BY started_ms LIMIT ?3)
         RETURNING owner_id, kind, local_id, number",
        [(catalog.incoming().now_ms - LASTS_MS).into(), catalog.incoming().now_ms.into(), SWEEP_MAX.into()],
    );
    let dead: Vec<Attempt> = catalog.run_all(vec![published, claim]).await?.rows()?;
    if dead.is_empty() {
        return Ok(0);
    }
    let owned = dead.iter().filter_map(|attempt| Some((attempt, UserId::parse(&attempt.owner_id)?)));
    let keys = owned.flat_map(|(attempt, owner)| {
        let objects = [Artifact::Bundle, Artifact::Manifest, Artifact::PackageJson, Artifact::Lockfile];
        objects.map(|object| artifact(attempt.kind, &owner, &attempt.local_id, attempt.number, object))
    });
    Blobs::of_bundles(catalog.incoming())?.remove_all(keys).await?;
    let settled = dead.iter().map(|attempt| {
        statement(
            "DELETE FROM attempts WHERE owner_id = ?1 AND kind = ?2 AND local_id = ?3 AND number = ?4",
            [
                attempt.owner_id.as_str().into(),
                i64::from(attempt.kind).into(),
                attempt.local_id.as_str().into(),
                attempt.number.number().into(),
            ],
        )
    });
    catalog.batch(settled.collect()).await?;
    Ok(dead.len())
}
