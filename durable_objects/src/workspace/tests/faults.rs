//! Every mutating verb, stopped at each of its statements: nothing has changed then, and the call works when it is made
//! again.

use super::super::timer::Timer;
use super::super::{Adopted, Orphan, Removal, settle_orphans};
use super::World;
use super::bucket::{HOUR_MS, THEIRS, foreign};
use crate::call::Error;
use crate::limits::Limits;

/// A name, what is there before, and the call.
type Case = (&'static str, fn(&World), fn(&World) -> Result<(), Error>);

/// Does `act` with a fault at its first statement, then at its second, until no statement is left to fail.
pub fn stopped_everywhere(name: &str, prepare: fn(&World), act: fn(&World) -> Result<(), Error>) {
    // So few versions that the calls drop some, and so few bytes that counting them matters.
    let world = World::new(Limits { versions_per_file: 1, quota_bytes: 1_000, ..Limits::default() });
    prepare(&world);
    world.watched.set(false);
    let (before, shape) = (world.dump(), world.shape());
    for fault in 0.. {
        let start = world.sql.statements.get();
        world.sql.fail_at.set(Some(start + fault));
        let result = act(&world);
        let statements = world.sql.statements.get() - start;
        world.sql.fail_at.set(None);
        if statements <= fault {
            assert_eq!((result, statements), (Ok(()), fault), "{name}");
            assert!(fault > 2, "{name} is a mutation");
            assert_ne!(world.dump(), before, "{name} changes something");
            world.check();
            return;
        }
        let failed = Error::Storage { message: format!("a fault at statement {}", start + fault) };
        assert_eq!(result, Err(failed), "{name} hides the fault at its statement {fault}");
        assert_eq!(world.shape(), shape, "{name} stopped at its statement {fault}");
        assert_eq!(world.dump(), before, "{name} stopped at its statement {fault}");
    }
}

fn nothing(_: &World) {}

fn some_files(world: &World) {
    world.write("a", "1").unwrap();
    world.write("a", "2").unwrap();
    world.write("b", "3").unwrap();
    world.write("b", "4").unwrap();
    world.write("d/e/f", "5").unwrap();
    world.write("d/g", "1").unwrap();
}

fn some_trash(world: &World) {
    some_files(world);
    world.trash("d");
    world.trash("a");
}

/// Where the newest entry of the trash with this name is.
fn trashed(world: &World, original: &str) -> crate::path::FilePath {
    // Looked up without a statement that could fail: the clock stands still, so the time in the name is known.
    let deleted_ms = super::START_MS + if original == "d" { 7 } else { 8 };
    let path = super::path(&format!(".trash/{original}.{deleted_ms}"));
    assert!(world.sql.fail_at.get().is_some());
    path
}

/// Large files, of which one is not used any more; bytes on their way, of which some are kept already; all an hour old.
fn some_large(world: &World) {
    world.store("a", b"large", true).unwrap();
    world.store("b", b"unused", true).unwrap();
    world.delete("b", true).unwrap();
    world.sweep();
    world.upload("new").unwrap();
    world.upload("large").unwrap();
    world.now_ms.set(world.now_ms.get() + 2 * HOUR_MS);
}

/// The keys that `some_large` makes, in its order.
const UNUSED: &str = "home/blobs/2";
const NEW: &str = "home/blobs/3";
const AGAIN: &str = "home/blobs/4";

fn claimed(world: &World) {
    some_large(world);
    world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'remove'");
    let (_, removals) = world.claim().unwrap().unwrap();
    assert_eq!(removals.len(), 2);
    world.remove(&removals);
}

fn removed(world: &World) {
    some_large(world);
    world.remove(&[Removal::new(UNUSED, None)]);
}

fn unopened(world: &World) {
    world.execute("INSERT INTO meta (k, v) VALUES ('import', 1)");
    world.import(vec![foreign("d/a", 5)], false).unwrap();
}

/// A file whose bytes are about to be taken over: a version of it, its copy, and a copy of its bytes.
fn half_taken_over(world: &World) {
    unopened(world);
    world.import(vec![], true).unwrap();
    world.copy("d/a", "b").unwrap();
    world.write("b", "own").unwrap();
    let key = world.upload("large").unwrap();
    assert_eq!(key, COPY);
}

const COPY: &str = "home/blobs/1";

/// Takes over the bytes of `half_taken_over`, which turn out to be these.
fn take_over(world: &World, content: &str, is_large: bool) -> Result<(), Error> {
    let orphan = Orphan { blob: 4, key: format!("{THEIRS}d/a") };
    let (hash, size_bytes) = (super::hash(content.as_bytes()), content.len() as u64);
    let adopted = if is_large {
        Adopted::Large { etag: String::new(), hash, key: COPY.to_owned(), size_bytes }
    } else {
        Adopted::Small { etag: String::new(), hash, bytes: content.into() }
    };
    world.adopt(&orphan, &adopted)
}

/// A checkpoint, and much that has happened since.
fn some_history(world: &World) {
    some_files(world);
    assert_eq!(world.checkpoint(), CHECKPOINT);
    world.in_turn("t", || {
        world.write("a", "3").unwrap();
        world.mv("b", "x/y").unwrap();
        world.mv("d/g", "b").unwrap();
        world.trash("d");
        world.write("made/new", "new").unwrap();
        world.delete("x", true).unwrap();
    });
    world.settle(1);
}

/// The rev of the first version of `a`, and of the checkpoint.
const VERSION: i64 = 3;
const CHECKPOINT: i64 = 11;

const CASES: [Case; 46] = [
    ("take a checkpoint", some_files, |world| world.take_checkpoint(Some("label")).map(drop)),
    ("give a checkpoint up", some_history, |world| world.drop_checkpoint(CHECKPOINT)),
    ("restore a checkpoint", some_history, |world| world.restore_to(CHECKPOINT, "").map(drop)),
    ("restore a folder", some_history, |world| world.restore_to(CHECKPOINT, "d/e").map(drop)),
    ("undo a turn", some_history, |world| world.undo("t", true).map(drop)),
    ("restore a version", some_files, |world| world.restore_version("a", VERSION).map(drop)),
    ("create", nothing, |world| world.write("a", "1").map(drop)),
    ("create with parents", some_files, |world| world.write("x/y/z", "new").map(drop)),
    ("create of content that is there", some_files, |world| world.write("x", "3").map(drop)),
    ("overwrite", some_files, |world| world.write("a", "new").map(drop)),
    ("overwrite with the same", some_files, |world| world.write("a", "2").map(drop)),
    ("make directories", some_files, |world| world.mkdir("d/x/y").map(drop)),
    ("move a file", some_files, |world| world.mv("a", "d/a").map(drop)),
    ("move a directory under new parents", some_files, |world| world.mv("d", "x/y/z").map(drop)),
    ("move over a file", some_files, |world| world.move_to("a", "b", true).map(drop)),
    ("move over a file elsewhere", some_files, |world| world.move_to("d/e/f", "b", true).map(drop)),
    ("copy a file", some_files, |world| world.copy("a", "x/c").map(drop)),
    ("copy over a file", some_files, |world| world.copy_to("a", "b", true).map(drop)),
    ("copy a tree", some_files, |world| world.copy("d", "x/y").map(drop)),
    ("trash a file", some_files, |world| world.delete("a", false).map(drop)),
    ("trash a directory", some_files, |world| world.delete("d", false).map(drop)),
    ("delete for good", some_files, |world| world.delete("a", true).map(drop)),
    ("delete a directory for good", some_files, |world| world.delete("d", true).map(drop)),
    ("delete in the trash", some_trash, |world| world.delete(trashed(world, "d").as_str(), false).map(drop)),
    ("restore", some_trash, |world| world.restore(&trashed(world, "a"), None).map(drop)),
    ("restore from inside, with parents", some_trash, |world| {
        world.restore(&trashed(world, "d").child("e").child("f"), None).map(drop)
    }),
    ("empty the trash", some_trash, |world| world.empty().map(drop)),
    ("announce", nothing, |world| world.announce(NEW, 10).map(drop)),
    ("announce a multipart upload", some_large, |world| world.announce_multipart(NEW, "id").map(drop)),
    ("create with stored bytes", some_large, |world| world.write_stored("x/y", "new", NEW).map(drop)),
    ("overwrite with stored bytes", some_large, |world| world.write_stored("a", "new", NEW).map(drop)),
    ("store what is kept already", some_large, |world| world.write_stored("x", "large", AGAIN).map(drop)),
    ("store the same again", some_large, |world| world.write_stored("a", "large", AGAIN).map(drop)),
    ("abandon", some_large, |world| world.abandon(NEW).map(drop)),
    (
        "claim",
        |world| {
            some_large(world);
            world.execute("UPDATE timer SET due_ms = 9000000000000000 WHERE what = 'remove'");
        },
        |world| world.claim().map(drop),
    ),
    ("settle uploads", claimed, |world| {
        world.settle_claim(Timer::Uploads, &[Removal::new(NEW, None), Removal::new(AGAIN, None)])
    }),
    ("settle removals", removed, |world| world.settle_claim(Timer::Remove, &[Removal::new(UNUSED, None)])),
    ("import a page", unopened, |world| {
        world.import(vec![foreign("d/a", 5), foreign("e/f/b", 1), foreign("c", 0)], false).map(drop)
    }),
    ("import the last page", unopened, |world| world.import(vec![], true).map(drop)),
    ("take over few bytes", half_taken_over, |world| take_over(world, "large", false)),
    ("take over many bytes", half_taken_over, |world| take_over(world, "large", true)),
    ("take over few bytes that are kept already", half_taken_over, |world| take_over(world, "own", false)),
    ("take over many bytes that are kept already", half_taken_over, |world| take_over(world, "own", true)),
    ("go on with taking over", half_taken_over, |world| settle_orphans(&world.context(), Some(4))),
    ("reset", some_large, |world| world.reset().map(drop)),
    ("close", some_large, |world| world.close().map(drop)),
];

#[test]
fn a_verb_that_fails_at_any_statement_has_changed_nothing() {
    for (name, prepare, act) in CASES {
        stopped_everywhere(name, prepare, act);
    }
}

#[test]
fn a_database_that_fails_while_it_is_made_is_made_the_next_time() {
    use super::super::{migrate, schema};

    let made = World::unopened(Limits::default()).dump();
    let mut left = Vec::new();
    for fault in 0.. {
        let world = World::without_tables(Limits::default());
        world.sql.fail_at.set(Some(fault));
        let failed = migrate(&world.sql, super::START_MS).is_err();
        let statements = world.sql.statements.get();
        world.sql.fail_at.set(None);
        assert_eq!(failed, statements > fault);
        if failed {
            left.push(world.dump());
            left.dedup();
            migrate(&world.sql, super::START_MS).unwrap();
        }
        assert_eq!(world.dump(), made);
        assert_eq!(world.number(&format!("SELECT parent FROM node WHERE id = {}", schema::ROOT)), 0);
        if !failed {
            assert!(fault > 20);
            // Nothing is left behind by a fault but whole migrations: none at first, then one more each time.
            assert_eq!((left.len(), left[0].as_str()), (8, ""));
            assert!(left[1].contains(r#"[Text("schema"), Int(1)]"#) && !left[1].contains("media"), "{}", left[1]);
            assert!(left[2].contains(r#"[Text("schema"), Int(2)]"#) && !left[2].contains("held"), "{}", left[2]);
            assert!(left[3].contains(r#"[Text("schema"), Int(3)]"#) && !left[3].contains("passed"), "{}", left[3]);
            assert!(left[4].contains(r#"[Text("schema"), Int(4)]"#) && !left[4].contains("holds"), "{}", left[4]);
            assert!(left[5].contains(r#"[Text("schema"), Int(5)]"#) && !left[5].contains("mirror"), "{}", left[5]);
            assert!(left[6].contains(r#"[Text("schema"), Int(6)]"#) && !left[6].contains("planted"), "{}", left[6]);
            assert!(left[7].contains(r#"[Text("schema"), Int(7)]"#), "{}", left[7]);
            return;
        }
    }
}
