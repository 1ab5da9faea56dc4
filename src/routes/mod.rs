//! The routes, on one screen, and what every answer has in common.

mod ai;
mod bundles;
mod catalog;
mod chats;
mod checkpoints;
mod content;
mod files;
mod fsck;
mod history;
mod host;
mod import;
mod install;
mod live;
mod media;
mod media_item;
mod media_upload;
mod profile;
mod publish;
mod text;
mod trash;
mod upload;
mod visit;
mod zip;

pub use bundles::bundle_route;

use std::rc::Rc;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use worker::{Context, Env};

use crate::answer::Answer;
use crate::auth::{self, Caller};
use crate::cors;
use crate::error::Error;
use crate::incoming::Incoming;

/// What a handler makes of a request.
type Outcome = Result<Answer, Error>;
/// A route's answer to one method.
type Handler = Box<dyn Fn(Result<Caller, Error>, Rc<Incoming>) -> LocalBoxFuture<'static, Outcome>>;
/// The methods of one path.
type Methods = Vec<(&'static str, Handler)>;

thread_local! {
    static ROUTES: Option<matchit::Router<Methods>> = table().ok();
}

fn table() -> Result<matchit::Router<Methods>, matchit::InsertError> {
    let mut routes = matchit::Router::new();
    for (path, methods) in listed() {
        routes.insert(path, methods)?;
    }
    Ok(routes)
}

/// Every route with its methods. `src/openapi/` describes these, and no others.
fn listed() -> Vec<(String, Methods)> {
    let routes = vec![
        ("/api/files", vec![delete(files::delete)]),
        ("/api/files/", vec![delete(files::delete)]),
        ("/api/files/list", vec![get(files::list)]),
        ("/api/files/stat", vec![get(files::stat)]),
        ("/api/files/read", vec![get(text::read)]),
        ("/api/files/write", vec![post(text::write)]),
        ("/api/files/content", vec![get(content::get), put(upload::put)]),
        ("/api/files/upload", vec![post(upload::upload)]),
        ("/api/files/download", vec![get(content::download)]),
        ("/api/files/zip", vec![get(zip::get), post(zip::post)]),
        ("/api/files/mkdir", vec![post(files::make_directory)]),
        ("/api/files/move", vec![post(files::relocate)]),
        ("/api/files/copy", vec![post(files::copy)]),
        ("/api/files/trash", vec![get(trash::list)]),
        ("/api/files/trash/empty", vec![post(trash::empty)]),
        ("/api/files/import", vec![post(import::import)]),
        ("/api/files/restore", vec![post(trash::restore)]),
        ("/api/media/ingest", vec![post(media::ingest)]),
        ("/api/media/persist", vec![post(media::persist)]),
        ("/api/media/list", vec![get(media::list)]),
        ("/api/media/sign", vec![post(media_upload::sign)]),
        ("/api/media/upload", vec![("PUT", public(media_upload::put))]),
        ("/api/media/upload/complete", vec![("POST", public(media_upload::complete))]),
        ("/api/media/upload/abort", vec![("POST", public(media_upload::abort))]),
        ("/api/media/{id}", vec![get(media_item::get), delete(media_item::delete)]),
        ("/api/media/{id}/share", vec![post(media_item::share)]),
        ("/api/media/{id}/uses", vec![get(media_item::uses)]),
        ("/media/{*key}", vec![("GET", public(media_item::public))]),
        ("/api/ai/fal", vec![post(ai::fal)]),
        ("/api/ai/eleven", vec![post(ai::eleven)]),
        ("/api/publish/app", vec![post(publish::app)]),
        ("/api/publish/app/preview", vec![get(publish::preview)]),
        ("/api/publish/uploads", vec![put(publish::upload)]),
        ("/api/publish/desktop", vec![post(publish::desktop)]),
        ("/api/publish/desktop/preview", vec![get(publish::preview_desktop)]),
        ("/api/files/versions", vec![get(history::versions)]),
        ("/api/files/versions/restore", vec![post(history::restore_version)]),
        ("/api/files/diff", vec![get(history::diff)]),
        ("/api/files/changes", vec![get(live::changes)]),
        ("/ws", vec![("GET", public(live::socket))]),
        ("/api/checkpoints", vec![get(checkpoints::list), post(checkpoints::take)]),
        ("/api/checkpoints/{id}", vec![delete(checkpoints::delete)]),
        ("/api/checkpoints/{id}/changes", vec![get(checkpoints::changes)]),
        ("/api/checkpoints/{id}/restore", vec![post(checkpoints::restore)]),
        ("/api/turns", vec![get(checkpoints::turns)]),
        ("/api/turns/{turn}", vec![get(checkpoints::show_turn)]),
        ("/api/turns/{turn}/undo", vec![post(checkpoints::undo)]),
        ("/api/usage", vec![get(checkpoints::usage)]),
        ("/api/fsck", vec![get(fsck::look), post(fsck::repair)]),
        ("/api/apps/updates", vec![open(catalog::updates)]),
        ("/api/apps/{id}/bundle", vec![open(bundles::bundle)]),
        ("/api/apps/{id}/bundle/sign", vec![post(bundles::sign)]),
        ("/api/apps/{id}/install", vec![post(install::install), delete(install::uninstall)]),
        ("/api/desktops/{id}/fork", vec![post(install::fork)]),
        ("/api/desktops/{id}/snapshot", vec![open(bundles::bundle)]),
        ("/api/desktops/{id}/snapshot/sign", vec![post(bundles::sign)]),
        ("/api/store/apps", vec![open(catalog::list)]),
        ("/api/store/apps/{id}/bundle", vec![open(bundles::bundle)]),
        ("/api/visit/desktops", vec![open(catalog::list)]),
        ("/api/visit/desktops/{id}/snapshot", vec![open(bundles::bundle)]),
        ("/d/{id}", vec![open(visit::page)]),
        ("/api/webcontainer-snapshot", vec![open(bundles::baseline)]),
        ("/api/profile", vec![get(profile::get), put(profile::put)]),
        ("/api/installs", vec![get(profile::installs)]),
        ("/api/keepalive", vec![get(host::keepalive)]),
        ("/api/status", vec![("GET", public(host::status))]),
        ("/api/reset-workspace", vec![post(host::reset_workspace)]),
        ("/api/account", vec![("DELETE", public(host::delete_account))]),
        ("/ws/api/history", vec![get(chats::history)]),
        ("/ws/api/sessions", vec![get(chats::sessions)]),
    ];
    // Of apps and of desktops the same is asked.
    let of_each_kind = ["apps", "desktops"].into_iter().flat_map(|kind| {
        let routes = vec![
            ("", vec![open(catalog::list)]),
            ("/{id}", vec![open(catalog::get), ("PATCH", signed(catalog::patch)), delete(catalog::delete)]),
            ("/{id}/versions", vec![open(catalog::versions)]),
            ("/{id}/versions/{version}", vec![delete(catalog::yank)]),
            ("/{id}/manifest", vec![open(bundles::artifact)]),
            ("/{id}/package.json", vec![open(bundles::artifact)]),
            ("/{id}/pnpm-lock.yaml", vec![open(bundles::artifact)]),
            ("/{id}/star", vec![put(catalog::star), delete(catalog::unstar)]),
        ];
        routes.into_iter().map(move |(path, methods)| (format!("/api/{kind}{path}"), methods))
    });
    routes.into_iter().map(|(path, methods)| (path.to_owned(), methods)).chain(of_each_kind).collect()
}

/// The shapes of answers that a single route has, for those who describe them.
#[cfg(test)]
pub mod shapes {
    pub use super::bundles::SignedBundle;
    pub use super::catalog::{Star, Unpublished, Updates, VersionYanked};
    pub use super::chats::{ChatHistory, ChatSessions};
    pub use super::fsck::Report as Inspection;
    pub use super::host::{AccountDeleted, Alive, Status, WorkspaceReset};
    pub use super::import::Report as Imported;
    pub use super::media_upload::{SignedUpload, UploadAborted, UploadedPart};
    pub use super::profile::Installs;
    pub use super::publish::PublishUpload;
}

/// Every route with the names of its methods, for those who describe them.
#[cfg(test)]
pub fn described() -> impl Iterator<Item = (String, &'static str)> {
    listed().into_iter().flat_map(|(path, methods)| methods.into_iter().map(move |(name, _)| (path.clone(), name)))
}

fn get<F: Future<Output = Outcome> + 'static>(handler: fn(Caller, Rc<Incoming>) -> F) -> (&'static str, Handler) {
    ("GET", signed(handler))
}

fn post<F: Future<Output = Outcome> + 'static>(handler: fn(Caller, Rc<Incoming>) -> F) -> (&'static str, Handler) {
    ("POST", signed(handler))
}

fn put<F: Future<Output = Outcome> + 'static>(handler: fn(Caller, Rc<Incoming>) -> F) -> (&'static str, Handler) {
    ("PUT", signed(handler))
}

fn delete<F: Future<Output = Outcome> + 'static>(handler: fn(Caller, Rc<Incoming>) -> F) -> (&'static str, Handler) {
    ("DELETE", signed(handler))
}

/// What anyone may look at.
fn open<F: Future<Output = Outcome> + 'static>(handler: fn(Rc<Incoming>) -> F) -> (&'static str, Handler) {
    ("GET", public(handler))
}

/// A handler for callers whose signature has been verified, and for nobody else.
fn signed<F: Future<Output = Outcome> + 'static>(handler: fn(Caller, Rc<Incoming>) -> F) -> Handler {
    Box::new(move |caller, incoming| match caller {
        Ok(caller) => handler(caller, incoming).boxed_local(),
        Err(error) => std::future::ready(Err(error)).boxed_local(),
    })
}

/// A handler for anyone: it sees to it itself who calls.
fn public<F: Future<Output = Outcome> + 'static>(handler: fn(Rc<Incoming>) -> F) -> Handler {
    Box::new(move |_, incoming| handler(incoming).boxed_local())
}

/// Answers a request, whatever it is.
pub async fn answer(request: web_sys::Request, env: Env, context: &Context) -> worker::Result<web_sys::Response> {
    let incoming = Rc::new(Incoming::new(request, env, Some(context)));
    // Before anything else, and without I/O.
    let caller = auth::caller(&incoming);
    let is_signed = caller.is_ok();
    let answer = if incoming.method == "OPTIONS" {
        cors::preflight()
    } else {
        let outcome = match handler(caller, &incoming) {
            Ok(outcome) if incoming.is_change() => to_its_end(outcome, context).await,
            Ok(outcome) => outcome.await,
            Err(error) => Err(error),
        };
        let answer = outcome.unwrap_or_else(Error::into_answer);
        if incoming.method == "HEAD" { answer.without_body() } else { answer }
    };
    let answer = cors::allow(&incoming, answer);
    let answer = if is_signed { with_cost(&incoming, answer) } else { answer };
    for work in incoming.take_later() {
        context.wait_until(work);
    }
    Ok(answer.into_response()?)
}

/// Runs a change to its end, also when the client goes away: an upload that is cut off gives up its bytes at once, and
/// not when its time is over.
async fn to_its_end(outcome: LocalBoxFuture<'static, Outcome>, context: &Context) -> Outcome {
    let (sender, receiver) = oneshot::channel();
    context.wait_until(async move {
        // Nobody may be left to hear it.
        let _ = sender.send(outcome.await);
    });
    receiver.await.unwrap_or_else(|_| Err(Error::Interrupted("a change ended without an answer".to_owned())))
}

/// Finds the handler of a request and starts it. `HEAD` is `GET` without the body.
fn handler(caller: Result<Caller, Error>, incoming: &Rc<Incoming>) -> Result<LocalBoxFuture<'static, Outcome>, Error> {
    ROUTES.with(|routes| {
        let routes = routes.as_ref().ok_or_else(|| Error::Internal("two routes are the same".to_owned()))?;
        let methods = routes.at(&incoming.path).map_err(|_| Error::NoRoute)?.value;
        let wanted = if incoming.method == "HEAD" { "GET" } else { &incoming.method };
        match methods.iter().find(|(method, _)| *method == wanted) {
            Some((_, handler)) => Ok(handler(caller, Rc::clone(incoming))),
            None => Err(Error::MethodNotAllowed(allowed(methods))),
        }
    })
}

fn allowed(methods: &Methods) -> String {
    let mut names: Vec<&str> = methods.iter().map(|(method, _)| *method).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.join(", ")
}

/// Says what the answer cost, and that it is the caller's own.
fn with_cost(incoming: &Incoming, answer: Answer) -> Answer {
    let spent = incoming.spent.get();
    let cost = format!(
        "rows-read;desc=\"{}\", rows-written;desc=\"{}\", bucket-ops;desc=\"{}\"",
        spent.rows.rows_read, spent.rows.rows_written, spent.bucket_operations
    );
    answer.with("Server-Timing", &cost).or("Cache-Control", "private, no-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_can_be_reached() {
        let routes = table().unwrap();
        assert!(routes.at("/api/files").is_ok() && routes.at("/api/files/").is_ok());
        assert!(routes.at("/api/files/nothing").is_err());
    }

    #[test]
    fn what_is_allowed_names_head_beside_get() {
        let routes = table().unwrap();
        assert_eq!(allowed(routes.at("/api/files/content").unwrap().value), "GET, PUT, HEAD, OPTIONS");
    }
}
