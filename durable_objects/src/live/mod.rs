//! Who is told at once: the sockets that follow the workspace, and the requests that wait for a change.
//!
//! Nothing of a reader is kept in the database. A socket carries how far it has been told ([`socket::Attached`]), the feed has
//! the rest; so the object can sleep, restart or fall behind, and goes on where it was. What a change has written is told in the
//! same turn; the platform holds it back until it is durable. A reader that is far behind is told at its own pace, and one that
//! does not read is let go: it comes back with its rev.

#[cfg(target_arch = "wasm32")]
mod frame;
#[cfg(any(target_arch = "wasm32", test))]
mod outbox;
#[cfg(target_arch = "wasm32")]
mod readers;
pub mod refusal;
#[cfg(target_arch = "wasm32")]
mod requests;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(target_arch = "wasm32")]
pub use readers::Live;
#[cfg(target_arch = "wasm32")]
pub use socket::Socket;
