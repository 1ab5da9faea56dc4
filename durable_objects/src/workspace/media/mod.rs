//! The ledger of media: one item for all bytes of one hash, public or only noticed in the workspace.
//!
//! **A key of the bucket of media holds the hash**, so the same key is announced again and again: by two senders at once,
//! or while an object is still being removed from there. What keeps it right is the state of a key, which only
//! transactions change:
//!
//! | a key is | rows | what may happen |
//! |---|---|---|
//! | free | none | somebody announces it |
//! | being sent to | `upload`, a `sender` for each | one keeps it; the last one gives it up; another one joins |
//! | kept | a live `blob`; perhaps senders who are late | its item is deleted |
//! | condemned | a doomed `blob`, or an `upload` that was given up; no `sender` | it is removed, and free when that is settled |
//!
//! So bytes are removed only while nobody sends to their key, and nobody is given a key while bytes are being removed from
//! it: he is given another one. Deleting what somebody is sending again makes its key one that is being sent to.

mod capture;
mod delete;
mod home;
mod index;
mod items;
mod keep;
mod list_file;
mod look;
mod scopes;
mod senders;

pub use capture::{capture, capture_adopted, capture_copies, forget_unused};
pub use delete::{close, delete, let_go_of_objects, removed, reset};
pub use home::{Leaving, bring_home, leaving, settle_leaving};
pub use index::{changed, freshen, is_derived, render};
pub use keep::keep;
pub use look::{get, list, read, uses};
pub use senders::{abandon, announce, expire};

/// The bucket of media, as it stands in `upload.place` and `blob.place`.
pub const MEDIA: i64 = 2;
