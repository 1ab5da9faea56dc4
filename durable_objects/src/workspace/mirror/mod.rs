//! The bucket copy: the files as a sandbox sees them, `users/{userId}/workspace/<path>`, which follow the tree.
//!
//! **It is a plan of paths, not of operations.** A row of `mirror_plan` says that the copy may be behind the tree at a path; what
//! there is to do is decided when it comes to that path, from the tree as it is then and from `mirror`, which knows what was
//! last put there. So any step can be repeated, a path that changes ten times is put once, and the order of steps does not matter:
//!
//! 1. `plan`: rows of the feed become paths. A directory that moved, went or came back becomes two tasks: all that the copy has
//!    below it, and all that the tree has there. They are worked off page by page.
//! 2. `step`: some paths are claimed, in one transaction, which notes the hash of what is about to be sent. The object puts
//!    and removes. Another transaction settles what came of it.
//!
//! **Nobody's bytes are overwritten.** A put is on the condition that there lies what was last put there, or nothing; a
//! removal looks first. What others have put there instead stays and is counted, until `take` imports it. What a step cut off
//! before its end has put there is known by its hash.

mod check;
mod known;
mod plan;
mod state;
mod step;
mod take;

pub use check::{check, renew};
pub use state::{QUIET_MS, adopted, let_go, note_first, reset, state, sync};
pub use step::{Came, Errand, Met, Round, Sending, bytes_of, next, settle};
pub use take::{compare, take_away, take_in};

use crate::limits::Limits;
use crate::path::TRASH;

/// The longest key of the bucket, in bytes.
const KEY_MAX_BYTES: usize = 1024;

/// What a row of `mirror` says of its path.
mod at {
    /// It is in the copy.
    pub const THERE: i64 = 0;
    /// Its path is too long.
    pub const TOO_LONG: i64 = 1;
    /// Others have changed it there.
    pub const CHANGED: i64 = 2;
}

/// Whether a path is left out of the copy, with all that is below it.
pub fn is_left_out(limits: &Limits, path: &str) -> bool {
    let mut names = path.split('/').peekable();
    names.peek() == Some(&TRASH) || names.any(|name| limits.mirrors_not.iter().any(|left_out| left_out == name))
}
