//! What a user's published versions take.

use durable_objects::call::Amount;
use durable_objects::ids::UserId;

use super::database::{Catalog, statement};
use crate::error::Error;

/// The bytes of all bundles that lie in the bucket for a user, yanked ones included, and how many files are in them. It reads a
/// row for each version.
pub async fn published(catalog: &Catalog, owner: &UserId) -> Result<Amount, Error> {
    let amount = catalog
        .run(statement(
            "SELECT coalesce(sum(v.size_bytes), 0) AS bytes, coalesce(sum(v.files), 0) AS files
               FROM published p CROSS JOIN versions v ON v.item = p.seq
              WHERE p.owner_id = ?1 AND v.removed_ms IS NULL",
            [owner.as_str().into()],
        ))
        .await?;
    Ok(amount.first()?.unwrap_or_default())
}
