//! What an owner may do with a thing once it is published: say something else of it, yank a version, take all of it back.

use std::rc::Rc;

use durable_objects::ids::UserId;
use serde::Deserialize;

use super::database::{Catalog, Outcome, Statement, statement};
use super::items::Item;
use super::key::{self, Artifact};
use super::names::{Kind, LocalId, Version, Visibility};
use crate::blobs::Blobs;
use crate::error::Error;
use crate::incoming::Incoming;

/// What is said of a thing from now on. What is none stays; an empty text takes it away.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// What it is called.
    pub title: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// Who finds it.
    pub visibility: Option<Visibility>,
}

/// Says something else of a thing.
pub async fn edit(catalog: &Catalog, item: &Item, edit: Edit) -> Result<(), Error> {
    let tags = edit.tags.map(|tags| serde_json::Value::from(tags).to_string());
    let statement = statement(
        "UPDATE published
            SET title = coalesce(?2, title), fold = coalesce(?3, fold), icon = nullif(coalesce(?4, icon), ''),
                description = nullif(coalesce(?5, description), ''), tags = coalesce(?6, tags),
                visibility = coalesce(?7, visibility), updated_ms = max(?8, updated_ms + 1)
          WHERE seq = ?1 AND removed_ms IS NULL",
        [
            item.seq.into(),
            edit.title.clone().into(),
            edit.title.map(|title| title.to_lowercase()).into(),
            edit.icon.into(),
            edit.description.into(),
            tags.into(),
            edit.visibility.map(i64::from).into(),
            catalog.incoming().now_ms.into(),
        ],
    );
    changed(&catalog.run(statement).await?, Error::NotPublished(item.kind))
}

/// Withdraws a version: it is not offered any more, and who names it still gets it, as those do who depend on it.
pub async fn yank(catalog: &Catalog, item: &Item, version: Version) -> Result<(), Error> {
    let now_ms = catalog.incoming().now_ms;
    let yanking = statement(
        "UPDATE versions SET yanked_ms = coalesce(yanked_ms, ?3) WHERE item = ?1 AND number = ?2 AND removed_ms IS NULL",
        [item.seq.into(), version.number().into(), now_ms.into()],
    );
    let offering = statement(
        "UPDATE published
            SET current = (SELECT number FROM versions WHERE item = seq AND yanked_ms IS NULL ORDER BY number DESC LIMIT 1),
                updated_ms = max(?2, updated_ms + 1)
          WHERE seq = ?1 AND removed_ms IS NULL",
        [item.seq.into(), now_ms.into()],
    );
    let outcomes = catalog.batch(vec![yanking, offering]).await?;
    outcomes.first().map_or(Err(Error::NoVersion), |outcome| changed(outcome, Error::NoVersion))
}

/// Takes a thing back, with every version: nobody sees it from now on, and its bytes go. The row and the versions' numbers
/// stay, so that none of them is ever used for something else.
pub async fn unpublish(catalog: &Catalog, item: &Item) -> Result<(), Error> {
    let now_ms = catalog.incoming().now_ms;
    let of_item = |sql| statement(sql, [item.seq.into()]);
    let removing = |sql| statement(sql, [item.seq.into(), now_ms.into()]);
    let statements = vec![
        of_item("DELETE FROM stars WHERE item = ?1"),
        of_item("DELETE FROM installs WHERE item = ?1"),
        of_item("DELETE FROM visits WHERE item = ?1"),
        of_item("DELETE FROM version_files WHERE item = ?1"),
        removing(
            "UPDATE versions SET removed_ms = coalesce(removed_ms, ?2), yanked_ms = coalesce(yanked_ms, ?2) WHERE item = ?1",
        ),
        removing(
            "UPDATE published SET removed_ms = ?2, current = NULL, visibility = 2, title = '', fold = '', icon = NULL,
                    description = NULL, tags = '[]', visits = 0 WHERE seq = ?1 AND removed_ms IS NULL",
        ),
    ];
    changed(&catalog.run_all(statements).await?, Error::NotPublished(item.kind))?;
    // Should it fail, the hourly sweep does it.
    let _ = sweep_bytes(catalog).await;
    Ok(())
}

/// How many versions one sweep takes: below 1,000 keys.
const SWEEP_MAX: usize = 200;

#[derive(Deserialize)]
struct Leaving {
    item: i64,
    number: Version,
    kind: Kind,
    owner_id: String,
    local_id: LocalId,
}

/// Deletes the bytes of versions that were taken back, by their very keys, which nothing else will ever have; answers how many
/// versions are done with. It can be repeated.
pub async fn sweep_bytes(catalog: &Catalog) -> Result<usize, Error> {
    let leaving: Vec<Leaving> = catalog.run(select_leaving()).await?.rows()?;
    if leaving.is_empty() {
        return Ok(0);
    }
    let keys = leaving.iter().filter_map(|version| Some((version, UserId::parse(&version.owner_id)?)));
    let keys = keys.flat_map(|(version, owner)| {
        let objects = [Artifact::Bundle, Artifact::Manifest, Artifact::PackageJson, Artifact::Lockfile];
        objects.map(|object| key::artifact(version.kind, &owner, &version.local_id, version.number, object))
    });
    Blobs::of_bundles(catalog.incoming())?.remove_all(keys).await?;
    let done = leaving.iter().map(|version| {
        statement(
            "UPDATE versions SET swept_ms = ?3 WHERE item = ?1 AND number = ?2",
            [version.item.into(), version.number.number().into(), catalog.incoming().now_ms.into()],
        )
    });
    catalog.batch(done.collect()).await?;
    Ok(leaving.len())
}

fn select_leaving() -> Statement {
    statement(
        "SELECT v.item, v.number, p.kind, p.owner_id, p.local_id
           FROM versions v INDEXED BY versions_leaving CROSS JOIN published p ON p.seq = v.item
          WHERE v.removed_ms IS NOT NULL AND v.swept_ms IS NULL LIMIT ?1",
        [i64::try_from(SWEEP_MAX).unwrap_or(i64::MAX).into()],
    )
}

/// Everything of a user's gone from the catalogue and its bucket, for good: what they have published, starred and installed. It
/// can be repeated.
pub async fn close(catalog: &Catalog, user: &UserId) -> Result<(), Error> {
    let of_user = |sql| statement(sql, [user.as_str().into()]);
    let now_ms = catalog.incoming().now_ms;
    let closing = statement(
        "INSERT INTO users (id, created_ms, closed_ms) VALUES (?1, ?2, ?2)
         ON CONFLICT (id) DO UPDATE SET handle = NULL, name = NULL, avatar_url = NULL, closed_ms = coalesce(closed_ms, ?2)",
        [user.as_str().into(), now_ms.into()],
    );
    let statements = vec![
        of_user("DELETE FROM stars WHERE user_id = ?1"),
        of_user("DELETE FROM installs WHERE user_id = ?1"),
        // What hangs on them goes with them.
        of_user("DELETE FROM published WHERE owner_id = ?1"),
        closing,
    ];
    catalog.batch(statements).await?;
    delete_bytes(catalog.incoming(), user).await
}

async fn delete_bytes(incoming: &Rc<Incoming>, user: &UserId) -> Result<(), Error> {
    let bundles = Blobs::of_bundles(incoming)?;
    for kind in [Kind::App, Kind::Desktop] {
        bundles.delete_all(&key::owner_prefix(kind, user)).await?;
    }
    Ok(())
}

/// That something was changed: else it was gone by then.
fn changed(outcome: &Outcome, gone: Error) -> Result<(), Error> {
    if outcome.changes > 0 { Ok(()) } else { Err(gone) }
}
