//! Media: what an app has generated gets a lasting address.

mod adapters;
pub mod address;
mod json;
pub mod key;
pub mod kind;
mod walk;
