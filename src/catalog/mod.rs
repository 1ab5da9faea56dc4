//! The catalogue: what users have published, found by others. It is in D1, the one store that crosses users, and its
//! bytes are in the bucket `BUNDLES`; nothing here wakes anybody's workspace, and everything else works without it.
//!
//! - A thing is an app or a desktop: one table for both, since the same is said of them. It is named by its owner
//!   ([`LocalId`]) and, for everyone, by an id that cannot be guessed ([`PublicId`]).
//! - Its versions are immutable, and a number is never used twice, not even once the thing has been unpublished: so a
//!   key of the bucket never holds anything else either.
//! - It becomes visible with the transaction that names its version ([`publish_version`]): bytes first, pointer last.
//! - Counters and the search index follow by triggers of the database.

pub mod attempts;
pub mod cache;
pub mod change;
pub mod check;
pub mod counts;
pub mod database;
pub mod hex;
pub mod items;
pub mod key;
pub mod list;
pub mod names;
pub mod publish;
pub mod rows;
pub mod sweep;
pub mod updates;
pub mod usage;
pub mod users;
pub mod versions;

#[cfg(test)]
mod tests;

pub use database::{Catalog, D1};
pub use names::{Kind, Version};
