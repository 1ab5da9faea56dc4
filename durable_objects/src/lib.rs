//! The workspace object: one user's tree, its history and its small bytes, in one SQLite database.
//!
//! This room is synchronous and transactional: SQL and nothing else. It does not know HTTP, R2, D1 or the clock; what
//! time it is and which bytes arrived are arguments. The Worker (the root crate) depends on this crate and never the
//! other way round.
//!
//! | module | owns |
//! |---|---|
//! | [`call`] | the interface: every verb, its answer, the one error type, and how they travel |
//! | [`path`], [`ids`] | names that are proven valid once they have their type |
//! | [`limits`] | how much, how deep, how long |
//! | [`sql`] | the seam: workerd's SQLite, or any other in tests |
//! | [`workspace`] | the schema, the verbs, the timers |
//! | `object` | the Durable Object that runs them (wasm only) |

pub mod call;
pub mod ids;
pub mod limits;
#[cfg(target_arch = "wasm32")]
#[expect(missing_docs, reason = "the macro of the object's class makes public items without any")]
mod object;
pub mod path;
pub mod sql;
pub mod workspace;

#[cfg(target_arch = "wasm32")]
pub use object::Workspace;
