#![doc = include_str!("../README.md")]

mod answer;
mod auth;
mod blobs;
mod body;
mod bytes;
mod catalog;
mod chunks;
mod conditional;
mod cors;
mod digest;
mod disposition;
mod edge;
mod env;
mod error;
mod form;
mod gateway;
mod gather;
mod incoming;
mod install;
mod intake;
mod media;
mod mime;
#[cfg(test)]
mod openapi;
mod partial;
mod publish;
mod pump;
mod routes;
mod wire;
mod wire_history;
mod wire_reverted;
mod wire_usage;
mod workspace;
mod zip;

/// The object's class, which the runtime finds by this name.
#[cfg(target_arch = "wasm32")]
pub use durable_objects::Workspace;

use worker::{Context, Env, Result, ScheduleContext, ScheduledEvent, event};

/// Runs once for each wasm instance, before anything else.
#[event(start)]
fn start() {
    // Chained: the `worker` crate's own hook is what tells `entry.mjs` that this instance is gone.
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        previous(info);
    }));
}

/// Every HTTP request.
#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, context: Context) -> Result<web_sys::Response> {
    routes::answer(request, env, &context).await
}

/// Every hour, by the clock (`[triggers]` in wrangler.toml): what the catalogue is to forget. What fails is done next
/// time.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Err(error) = catalog::sweep::sweep(env).await {
        worker::console_error!("the sweep: {}", error.sentence());
    }
}
