//! What others make of a published thing: stars, installs, visits. Each counts once, and triggers of the database
//! count.

use durable_objects::ids::UserId;
use durable_objects::item::Time;
use durable_objects::limits::DAY_MS;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::database::{Catalog, Statement, statement};
use super::hex;
use super::items::Item;
use super::names::{Kind, LocalId, PublicId, Version};
use crate::auth::derive;
use crate::error::Error;

/// What the key of visitors is derived with, so that their hashes can stand for nothing else.
const PURPOSE: &[u8] = b"holdfast visitor v1";

#[derive(Deserialize)]
struct Stars {
    stars: i64,
}

/// Gives a thing this user's star, or takes it back; answers how many it has.
pub async fn star(catalog: &Catalog, item: &Item, user: &UserId, is_starred: bool) -> Result<i64, Error> {
    let (seq, who) = (item.seq, user.as_str());
    let change = if is_starred {
        // Not of a thing that has been taken back meanwhile, nor of a user who is gone.
        statement(
            "INSERT OR IGNORE INTO stars (item, user_id, created_ms) SELECT p.seq, u.id, ?3 FROM published p, users u
              WHERE p.seq = ?1 AND p.removed_ms IS NULL AND u.id = ?2 AND u.closed_ms IS NULL",
            [seq.into(), who.into(), catalog.incoming().now_ms.into()],
        )
    } else {
        statement("DELETE FROM stars WHERE item = ?1 AND user_id = ?2", [seq.into(), who.into()])
    };
    let count = statement("SELECT stars FROM published WHERE seq = ?1 AND removed_ms IS NULL", [seq.into()]);
    let stars = catalog.run_all(vec![change, count]).await?.first::<Stars>()?;
    stars.map(|row| row.stars).ok_or(Error::NotPublished(item.kind))
}

/// Whether it has this user's star.
pub async fn is_starred(catalog: &Catalog, item: &Item, user: &UserId) -> Result<bool, Error> {
    let statement = statement(
        "SELECT 1 AS found FROM stars WHERE item = ?1 AND user_id = ?2",
        [item.seq.into(), user.as_str().into()],
    );
    Ok(catalog.run(statement).await?.first::<Value>()?.is_some())
}

/// Remembers that a user has an app in their workspace, or has made a desktop theirs. The same user counts once, with
/// the version that came last.
pub fn installed(item: i64, user: &UserId, version: Version, local_id: &LocalId, now_ms: i64) -> Statement {
    statement(
        "INSERT INTO installs (item, user_id, number, local_id, created_ms) SELECT p.seq, u.id, ?3, ?4, ?5 FROM published p, users u
          WHERE p.seq = ?1 AND p.removed_ms IS NULL AND u.id = ?2 AND u.closed_ms IS NULL
         ON CONFLICT (item, user_id) DO UPDATE
            SET number = excluded.number, local_id = excluded.local_id, created_ms = excluded.created_ms",
        [item.into(), user.as_str().into(), version.number().into(), local_id.as_str().into(), now_ms.into()],
    )
}

/// Forgets that a user has it, whether it is still published or not.
pub fn uninstalled(id: &PublicId, user: &UserId) -> Statement {
    statement(
        "DELETE FROM installs WHERE item = (SELECT seq FROM published WHERE id = ?1) AND user_id = ?2",
        [id.as_str().into(), user.as_str().into()],
    )
}

/// Forgets all that a user has.
pub fn uninstalled_all(user: &UserId) -> Statement {
    statement("DELETE FROM installs WHERE user_id = ?1", [user.as_str().into()])
}

/// Something that a user has installed.
#[derive(Debug, Deserialize)]
pub struct Install {
    /// The id of what it came from.
    pub id: PublicId,
    kind: Kind,
    #[serde(rename = "number")]
    version: Version,
    local_id: LocalId,
    created_ms: i64,
    title: String,
    seq: i64,
    current: Option<Version>,
}

/// Something that the caller has installed, or forked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Install"))]
pub struct InstallItem {
    /// What is offered by now.
    current_version: Option<String>,
    installed_at: Time,
    /// What it is called in the workspace.
    local_id: LocalId,
    /// Empty if its publisher has made it private.
    name: String,
    target_id: PublicId,
    /// `app` or `desktop`.
    target_type: &'static str,
    version: String,
}

/// Where a page of installs ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct InstallPosition {
    #[serde(rename = "t")]
    created_ms: i64,
    #[serde(rename = "s")]
    seq: i64,
}

impl Install {
    /// As clients see it.
    pub fn told(&self) -> InstallItem {
        InstallItem {
            current_version: self.current.map(|version| version.to_string()),
            installed_at: Time(self.created_ms),
            local_id: self.local_id.clone(),
            name: self.title.clone(),
            target_id: self.id.clone(),
            target_type: self.kind.word(),
            version: self.version.to_string(),
        }
    }

    /// Where a page ends with it.
    pub fn position(&self) -> InstallPosition {
        InstallPosition { created_ms: self.created_ms, seq: self.seq }
    }
}

/// What a user has installed, the latest first. What has been unpublished is gone from it; of what is private by now
/// only its owner is told.
pub async fn installs(
    catalog: &Catalog,
    user: &UserId,
    after: Option<InstallPosition>,
    limit: usize,
) -> Result<Vec<Install>, Error> {
    let after = after.unwrap_or(InstallPosition { created_ms: 1 << 53, seq: 0 });
    let statement = statement(
        "SELECT p.id, p.kind, i.number, i.local_id, i.created_ms, p.seq,
                iif(p.visibility < 2 OR p.owner_id = ?1, p.title, '') AS title,
                iif(p.visibility < 2 OR p.owner_id = ?1, p.current, NULL) AS current
           FROM installs i CROSS JOIN published p ON p.seq = i.item
          WHERE i.user_id = ?1 AND (i.created_ms, i.item) < (?2, ?3) ORDER BY i.created_ms DESC, i.item DESC LIMIT ?4",
        [
            user.as_str().into(),
            after.created_ms.into(),
            after.seq.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ],
    );
    catalog.run(statement).await?.rows()
}

/// Counts a visit, once for each visitor and day; who it was is a keyed hash of `visitor`, an address or a user's id.
pub async fn visit(catalog: &Catalog, item: &Item, signer: &Hmac<Sha256>, visitor: &str) -> Result<(), Error> {
    let day = catalog.incoming().now_ms / DAY_MS;
    let Some(hash) = visitor_hash(signer, &item.id, day, visitor) else { return Ok(()) };
    let counting = statement(
        "INSERT OR IGNORE INTO visits (day, item, visitor) SELECT ?1, seq, ?3 FROM published WHERE seq = ?2 AND removed_ms IS NULL",
        [day.into(), item.seq.into(), hash.into()],
    );
    catalog.batch(vec![counting]).await.map(drop)
}

/// Forgets who visited before today: nobody needs it any more.
pub async fn forget_visitors(catalog: &Catalog) -> Result<(), Error> {
    let day = catalog.incoming().now_ms / DAY_MS;
    catalog.run(statement("DELETE FROM visits WHERE day < ?1", [day.into()])).await.map(drop)
}

/// A visitor of one thing on one day: 64 bits of a keyed hash. Neither two things nor two days can be connected by it.
fn visitor_hash(signer: &Hmac<Sha256>, id: &PublicId, day: i64, visitor: &str) -> Option<String> {
    let hash =
        derive(signer, PURPOSE)?.chain_update(format!("{day}.{}.{visitor}", id.as_str())).finalize().into_bytes();
    hash.get(..8).map(hex::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_the_same_for_one_thing_and_one_day_only() {
        let signer = Hmac::new_from_slice(b"s").unwrap();
        let [one, other] = ["0", "1"].map(|digit| PublicId::parse(&digit.repeat(32)).unwrap());
        let hash = |id, day, who| visitor_hash(&signer, id, day, who).unwrap();
        let first = hash(&one, 1, "1.2.3.4");
        assert_eq!(first.len(), 16);
        assert_eq!(first, hash(&one, 1, "1.2.3.4"));
        for different in [hash(&other, 1, "1.2.3.4"), hash(&one, 2, "1.2.3.4"), hash(&one, 1, "1.2.3.5")] {
            assert_ne!(first, different);
        }
    }
}
