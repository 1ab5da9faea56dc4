//! The workspace object: one user's tree, its history and its small bytes, in one SQLite database.
//!
//! This room is synchronous and transactional: SQL and nothing else. It does not know HTTP, D1 or the clock, and R2 only
//! as what the alarm removes from; what time it is and which bytes arrived are arguments. The Worker (the root crate) depends on this crate and never the
//! other way round.
//!
//! | module | owns |
//! |---|---|
//! | [`call`] | the interface: every verb, its answer, the one error type, and how they travel |
//! | [`path`], [`ids`] | names that are proven valid once they have their type |
//! | [`item`], [`event`] | an entry, and a change, as clients see them |
//! | [`limits`] | how much, how deep, how long |
//! | `live` | the sockets and requests that are told at once what has changed |
//! | [`media_url`] | the addresses of public media, which both rooms make |
//! | [`sql`] | the seam: workerd's SQLite, or any other in tests |
//! | [`words`] | texts of our own, handed to the runtime once |
//! | [`workspace`] | the schema, the verbs, the timers |
//! | `bucket` | what the alarm does outside of the database: it removes what the database has let go of, and keeps the copy (wasm only) |
//! | `object` | the Durable Object that runs them (wasm only) |

#[cfg(target_arch = "wasm32")]
mod bucket;
pub mod call;
pub mod event;
pub mod ids;
pub mod item;
pub mod limits;
pub mod live;
pub mod media_types;
pub mod media_url;
#[cfg(target_arch = "wasm32")]
#[expect(missing_docs, reason = "the macro of the object's class makes public items without any")]
mod object;
pub mod path;
pub mod sql;
pub mod words;
pub mod workspace;

#[cfg(target_arch = "wasm32")]
pub use object::Workspace;
