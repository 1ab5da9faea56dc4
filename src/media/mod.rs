//! Media: what an app has generated gets a lasting address.
//!
//! | module | owns |
//! |---|---|
//! | [`address`], [`fetch`] | which addresses are fetched, and fetching them |
//! | [`kind`], [`types`] | what bytes are |
//! | [`key`] | where they lie |
//! | [`about`] | what a caller says beside the bytes |
//! | [`store`] | bytes become an item |
//! | [`json`], [`walk`], [`adapters`], [`bridge`], [`asset`] | what in a provider's result is media, what becomes of it, and what is told of that |
//! | [`ticket`] | signed uploads |
//! | [`serve`], [`wire`] | items on their way out: bytes and JSON |
//! | [`config`] | what an operator decides |

pub mod about;
mod adapters;
pub mod address;
pub mod asset;
pub mod bridge;
mod config;
pub mod fetch;
pub mod json;
pub mod key;
pub mod kind;
pub mod serve;
pub mod store;
pub mod ticket;
pub mod types;
pub mod walk;
pub mod wire;

pub use config::MediaConfig;
