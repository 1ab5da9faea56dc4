//! One user's workspace over a database: [`perform`] runs a call, [`ring`] runs what the alarm has to do.
//!
//! **Invariants.** A verb is one synchronous block in one transaction. A row never points at bytes that are not there.
//! Revs rise strictly and are never given twice; so do the times of changes. Nothing that history or a checkpoint reaches
//! is freed. Every task of the alarm can stop after any step and be run again.

mod asof;
mod blobs;
mod bucket;
mod checkpoints;
mod conditions;
pub mod feed;
mod fit;
mod fsck;
mod history;
mod import;
mod media;
mod mirror;
mod plant;
mod planted;
mod publish;
mod reclaim;
mod regrow;
mod relocate;
mod reset;
mod retention;
mod revert;
mod rules;
mod schema;
mod since;
mod stage;
mod table;
#[cfg(test)]
mod tests;
mod timer;
mod trash;
mod tree;
mod turns;
mod txn;
mod undo;
mod uploads;
mod usage;
mod verbs;
mod versions;
mod walk;

use crate::call::{Call, Error, FeedPage, Listing, Pong, Verb};
use crate::sql::Bytes;

pub use bucket::{Removal, claim_removals, settle_removals};
pub use import::{Adopted, Orphan, adopt, orphans, settle as settle_orphans};
pub use media::{Leaving, bring_home, leaving, settle_leaving};
pub use mirror::{
    Came, Errand, Met, Round, Sending, bytes_of, next as next_round, settle as settle_round, sync as sync_mirror,
};
pub use reset::must_take;
pub use schema::migrate;
pub use timer::{Timer, next_ms as next_alarm_ms};
pub use txn::Context;
use txn::mutate;
pub use uploads::announce_copy;

/// How many steps one ring of the alarm takes before it makes room for requests.
const STEPS_PER_RING: usize = 20;
/// When a task that failed is tried again.
const RETRY_MS: i64 = 30_000;

/// An answer as it travels.
#[derive(Debug)]
pub enum Reply {
    /// `Result<Answer, Error>` as JSON.
    Json(String),
    /// The same beside a file's bytes.
    Bytes(String, Bytes),
    /// A listing: its entries travel beside it, written as clients see them.
    Listing(Listing),
    /// A page of the feed: its events travel beside it, written as clients see them.
    Feed(FeedPage),
}

/// Runs one call. `body` is what came with it. An error of this function is a bug, since every answer can be written.
pub fn perform(context: &Context<'_>, verb: &Verb, body: Option<&Bytes>) -> Result<Reply, serde_json::Error> {
    let sql = context.sql;
    media::freshen(context, verb);
    match verb {
        Verb::List(call) => listed(call, verbs::list(sql, call)),
        Verb::Stat(call) => reply(call, verbs::stat(sql, call)),
        Verb::Read(call) => with_bytes(call, verbs::read(sql, call)),
        Verb::Write(call) => reply(call, mutate(context, |tx| verbs::write(tx, call, body))),
        Verb::Announce(call) => reply(call, mutate(context, |tx| uploads::announce(tx, call))),
        Verb::Abandon(call) => reply(call, mutate(context, |tx| uploads::give_up(tx, call))),
        Verb::MakeDirectory(call) => reply(call, mutate(context, |tx| verbs::make_directory(tx, call))),
        Verb::Move(call) => reply(call, mutate(context, |tx| relocate::relocate(tx, call))),
        Verb::Copy(call) => reply(call, mutate(context, |tx| relocate::copy(tx, call))),
        Verb::Delete(call) => reply(call, mutate(context, |tx| verbs::delete(tx, call))),
        Verb::ListTrash(call) => reply(call, trash::list(sql, call)),
        Verb::Restore(call) => reply(call, mutate(context, |tx| trash::restore(tx, call))),
        Verb::EmptyTrash(call) => reply(call, mutate(context, trash::empty)),
        Verb::Ping(call) => reply(call, Ok(Pong {})),
        Verb::Reset(call) => reply(call, mutate(context, reset::reset)),
        Verb::Close(call) => reply(call, mutate(context, reset::close)),
        Verb::AnnounceMedia(call) => reply(call, mutate(context, |tx| media::announce(tx, call))),
        Verb::KeepMedia(call) => reply(call, mutate(context, |tx| media::keep(tx, call))),
        Verb::AbandonMedia(call) => reply(call, mutate(context, |tx| media::abandon(tx, call))),
        Verb::GetMedia(call) => reply(call, media::get(sql, call)),
        Verb::ReadMedia(call) => with_bytes(call, media::read(sql, call)),
        Verb::ListMedia(call) => reply(call, media::list(sql, call)),
        Verb::UsesOfMedia(call) => reply(call, media::uses(sql, call)),
        Verb::DeleteMedia(call) => reply(call, mutate(context, |tx| media::delete(tx, call))),
        Verb::MediaRemoved(call) => reply(call, mutate(context, |tx| media::removed(tx, call))),
        Verb::Import(call) => reply(call, mutate(context, |tx| import::import(tx, call))),
        Verb::ListAt(call) => listed(call, asof::list(sql, call)),
        Verb::StatAt(call) => reply(call, asof::stat(sql, call)),
        Verb::ReadAt(call) => with_bytes(call, asof::read(sql, call)),
        Verb::ListVersions(call) => reply(call, versions::list(sql, call)),
        Verb::RestoreVersion(call) => reply(call, mutate(context, |tx| versions::restore(tx, call))),
        Verb::TakeCheckpoint(call) => reply(call, mutate(context, |tx| checkpoints::take(tx, call))),
        Verb::ListCheckpoints(call) => reply(call, checkpoints::list(sql)),
        Verb::DropCheckpoint(call) => reply(call, mutate(context, |tx| checkpoints::drop(tx, call))),
        Verb::CompareCheckpoint(call) => reply(call, checkpoints::compare(sql, call)),
        Verb::RestoreCheckpoint(call) => reply(call, mutate(context, |tx| checkpoints::restore(tx, call))),
        Verb::ListTurns(call) => reply(call, turns::list(sql, call)),
        Verb::ShowTurn(call) => reply(call, turns::show(sql, call)),
        Verb::UndoTurn(call) => reply(call, mutate(context, |tx| undo::undo(tx, call))),
        Verb::Measure(call) => reply(call, usage::measure(context)),
        Verb::CheckRules(call) if call.repair => reply(call, mutate(context, |tx| fsck::repair(tx, call))),
        Verb::CheckRules(call) => reply(call, fsck::check(sql, call)),
        Verb::ListOwners(call) => reply(call, fsck::owners(sql, call)),
        Verb::DisownObjects(call) => reply(call, mutate(context, |tx| fsck::disown(tx, call))),
        Verb::ListContents(call) => reply(call, fsck::contents(sql, call)),
        Verb::ReadContent(call) => with_bytes(call, fsck::read(sql, call)),
        Verb::HoldTree(call) => reply(call, mutate(context, |tx| publish::hold(tx, call))),
        Verb::KeepTree(call) => reply(call, mutate(context, |tx| publish::keep(tx, call))),
        Verb::ReleaseTree(call) => reply(call, mutate(context, |tx| publish::release(tx, call))),
        Verb::ReadTree(call) => reply(call, publish::read_tree(sql, call)),
        Verb::ReadBranches(call) => reply(call, publish::read_branches(sql, call)),
        Verb::ReadContents(call) => with_bytes(call, publish::read_contents(sql, call)),
        Verb::SyncMirror(call) => reply(call, mirror::sync(context)),
        Verb::CompareMirror(call) => reply(call, mirror::compare(context, call)),
        Verb::TakeIn(call) => reply(call, mutate(context, |tx| mirror::take_in(tx, call, body))),
        Verb::CheckMirror(call) => reply(call, mirror::check(context, call)),
        Verb::RenewMirror(call) => reply(call, mutate(context, |tx| mirror::renew(tx, call))),
        Verb::TakeAway(call) => reply(call, mutate(context, |tx| mirror::take_away(tx, call))),
        Verb::ReadFeed(call) => match feed::read(sql, call) {
            Ok(page) => Ok(Reply::Feed(page)),
            Err(error) => reply(call, Err(error)),
        },
        Verb::OpenStage(call) => reply(call, mutate(context, |tx| stage::open(tx, call))),
        Verb::FillStage(call) => reply(call, mutate(context, |tx| stage::fill(tx, call, body))),
        Verb::CloseStage(call) => reply(call, mutate(context, |tx| stage::close(tx, call))),
        Verb::PlantTree(call) => reply(call, mutate(context, |tx| plant::plant(tx, call))),
        Verb::UprootTree(call) => reply(call, mutate(context, |tx| plant::uproot(tx, call))),
        Verb::ListPlanted(call) => reply(call, planted::list(sql, call)),
    }
}

/// A listing, or why there is none.
fn listed<C: Call<Answer = Listing>>(call: &C, answer: Result<Listing, Error>) -> Result<Reply, serde_json::Error> {
    match answer {
        Ok(listing) => Ok(Reply::Listing(listing)),
        Err(error) => reply(call, Err(error)),
    }
}

/// Writes down an answer, beside its bytes if they come along.
fn with_bytes<C: Call>(
    call: &C,
    answer: Result<(C::Answer, Option<Bytes>), Error>,
) -> Result<Reply, serde_json::Error> {
    match answer {
        Ok((found, Some(bytes))) => Ok(Reply::Bytes(serde_json::to_string(&Ok::<_, Error>(found))?, bytes)),
        Ok((found, None)) => reply(call, Ok(found)),
        Err(error) => reply(call, Err(error)),
    }
}

/// Writes an answer down. The call is there for its type: it says which answer is the right one.
#[expect(clippy::needless_pass_by_value, reason = "every caller makes it in place")]
fn reply<C: Call>(_: &C, answer: Result<C::Answer, Error>) -> Result<Reply, serde_json::Error> {
    serde_json::to_string(&answer).map(Reply::Json)
}

/// Runs what is due in the database, step by step, each in its own transaction. A task that fails is put off and named
/// in the answer; the others go on.
pub fn ring(context: &Context<'_>) -> Result<Vec<String>, Error> {
    // In the order in which they feed each other.
    const TASKS: [Timer; 8] = [
        Timer::Expire,
        Timer::Unlink,
        Timer::Holds,
        Timer::Stages,
        Timer::Release,
        Timer::Prune,
        Timer::Sweep,
        Timer::Index,
    ];
    let mut failures = Vec::new();
    for _ in 0..STEPS_PER_RING {
        let Some(task) = timer::due(context.sql, &TASKS, context.now_ms)? else { break };
        let done = mutate(context, |tx| match task {
            Timer::Unlink => reclaim::take_apart(tx),
            Timer::Sweep => blobs::sweep(tx),
            Timer::Expire => trash::expire(tx),
            Timer::Prune => retention::prune(tx),
            Timer::Index => media::render(tx),
            Timer::Release => history::release(tx),
            Timer::Holds => publish::expire(tx),
            Timer::Stages => stage::expire(tx),
            // Not of these tasks: they need the bucket.
            Timer::Remove | Timer::Uploads | Timer::Adopt | Timer::Home | Timer::Mirror => Ok(()),
        });
        if let Err(error) = done {
            failures.push(format!("{}: {error}", task.word()));
            put_off(context, task)?;
        }
    }
    Ok(failures)
}

/// Has a task that failed tried again later.
pub fn put_off(context: &Context<'_>, task: Timer) -> Result<(), Error> {
    Ok(timer::settle(context.sql, task, Some(context.now_ms + RETRY_MS))?)
}
