//! Folders as a zip: several files and directories, and all that is in them, as they are at one moment.
//!
//! | module | owns |
//! |---|---|
//! | [`format`] | the bytes of a zip that are not the files', and how long all of it will be |
//! | [`names`] | names that lead nowhere but into the folder where they are unpacked |
//! | [`plan`] | what is in a zip: looked for and held to the limits before the first byte |
//! | [`send`] | the bytes, one after the other, as fast as somebody reads them |
//!
//! The first two are pure.

pub mod format;
pub mod names;
pub mod plan;
pub mod send;

#[cfg(test)]
mod tests;
