//! What goes by the clock: the hashes of yesterday's visitors, and bytes that were unpublished and are still there.

use std::rc::Rc;

use web_sys::Request;
use worker::Env;

use super::{Catalog, attempts, change, counts};
use crate::error::Error;
use crate::incoming::Incoming;

/// Forgets and deletes what is due. It can be repeated.
pub async fn sweep(env: Env) -> Result<(), Error> {
    // Nobody has asked for it; but whatever is done is done for a request.
    let request = Request::new_with_str("https://holdfast.invalid/");
    let request = request.map_err(|cause| Error::internal("a request of our own", &cause))?;
    let catalog = match Catalog::of(&Rc::new(Incoming::new(request, env, None))) {
        // Without a catalogue there is nothing to forget.
        Err(Error::NotConfigured(_)) => return Ok(()),
        catalog => catalog?,
    };
    counts::forget_visitors(&catalog).await?;
    while attempts::sweep(&catalog).await? > 0 {}
    while change::sweep_bytes(&catalog).await? > 0 {}
    Ok(())
}
