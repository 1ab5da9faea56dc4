//! What others have published becomes part of a workspace: an app is installed, brought up to date and taken out again; a desktop
//! is forked.
//!
//! | module | owns |
//! |---|---|
//! | [`unpack`] | the bundle, read from the bucket as a stream, whatever its format |
//! | [`looked`] | what is in it, checked as a whole before anything is taken |
//! | [`sender`] | its bytes on their way to the workspace's stage |
//! | [`latin1`] | how older writers wrote bytes |
//! | [`json`], [`registry`], [`package`] | the two files of the user's that change with an app |
//! | [`delta`] | which packages an app needs that are not there |
//! | [`texts`] | those files as they are now |
//! | [`note`] | what is remembered of an app, and where it is found |
//! | [`plan`] | how an app is installed as the workspace is now |
//! | [`again`] | the next attempt where somebody else came first |
//! | [`app`], [`uninstall`], [`fork`] | an install, its end, and a fork, step by step |
//!
//! A bundle is read twice: first it is looked through, and refused whole if anything is wrong with it; then what the workspace
//! does not have yet is sent. So nothing of a hostile one ever gets there, and whether there is room is known before any byte is
//! taken.

pub mod again;
pub mod app;
pub mod delta;
pub mod fork;
pub mod json;
pub mod latin1;
pub mod looked;
pub mod note;
pub mod package;
pub mod plan;
pub mod registry;
pub mod sender;
pub mod texts;
pub mod uninstall;
pub mod unpack;
