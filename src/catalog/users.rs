//! Users as others see them: a handle, a name, a picture. A user has a handle from the first look on, made up until
//! they choose one.

use durable_objects::call;
use durable_objects::ids::UserId;
use serde::{Deserialize, Serialize};

use super::database::{Catalog, Outcome, Statement, statement};
use super::hex;
use crate::error::Error;

/// What others see of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Profile {
    /// Unique, 3 to 32 of `[a-z0-9-]`.
    pub handle: String,
    /// As they like to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their picture.
    #[serde(rename(serialize = "avatarUrl"), skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// The profile of a user; with a handle made up if there is none yet.
pub async fn profile(catalog: &Catalog, user: &UserId) -> Result<Profile, Error> {
    let handle = format!("user-{}", hex::random::<6>());
    let now_ms = catalog.incoming().now_ms;
    let known = catalog.run(select(user)).await?.first::<Row>()?;
    let row = match known {
        Some(row) => Some(row),
        None => catalog.run_all(vec![insert(user, handle, now_ms), select(user)]).await?.first()?,
    };
    // No row: somebody has got this very handle. A row without one: the account is gone.
    let row = row.ok_or_else(|| Error::CatalogFailed("a handle that was made up is taken".to_owned()))?;
    row.into_profile().ok_or(Error::Workspace(call::Error::Closed))
}

/// What a user wants others to see. What is none stays; an empty name or picture takes it away.
#[derive(Clone, Debug, Default)]
pub struct NewProfile {
    /// A handle that is one.
    pub handle: Option<String>,
    /// As they like to be called.
    pub name: Option<String>,
    /// Their picture.
    pub avatar_url: Option<String>,
}

/// Changes the profile of a user.
pub async fn change_profile(catalog: &Catalog, user: &UserId, new: NewProfile) -> Result<Profile, Error> {
    let before = profile(catalog, user).await?;
    let NewProfile { handle, name, avatar_url } = new;
    // A handle that another user has leaves everything as it was.
    let statement = statement(
        "UPDATE OR IGNORE users
            SET handle = coalesce(?2, handle), name = nullif(coalesce(?3, name), ''), avatar_url = nullif(coalesce(?4, avatar_url), '')
          WHERE id = ?1 AND closed_ms IS NULL",
        [user.as_str().into(), handle.clone().into(), name.into(), avatar_url.into()],
    );
    let outcome = catalog.batch(vec![statement, select(user)]).await?;
    let after = outcome.last().map_or(Ok(None), Outcome::first::<Row>)?;
    let after = after.and_then(Row::into_profile).ok_or(Error::Workspace(call::Error::Closed))?;
    match handle {
        Some(handle) if handle != after.handle && before.handle == after.handle => Err(Error::HandleTaken),
        _ => Ok(after),
    }
}

#[derive(Deserialize)]
struct Row {
    handle: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
}

impl Row {
    fn into_profile(self) -> Option<Profile> {
        let Self { handle, name, avatar_url } = self;
        handle.map(|handle| Profile { handle, name, avatar_url })
    }
}

fn select(user: &UserId) -> Statement {
    statement("SELECT handle, name, avatar_url FROM users WHERE id = ?1", [user.as_str().into()])
}

fn insert(user: &UserId, handle: String, now_ms: i64) -> Statement {
    statement(
        "INSERT INTO users (id, handle, created_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        [user.as_str().into(), handle.into(), now_ms.into()],
    )
}
