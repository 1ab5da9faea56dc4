//! Every mutating verb, stopped at each of its statements: nothing has changed then, and the call works when it is made
//! again.

use super::World;
use crate::call::Error;
use crate::limits::Limits;

/// A name, what is there before, and the call.
type Case = (&'static str, fn(&World), fn(&World) -> Result<(), Error>);

/// Does `act` with a fault at its first statement, then at its second, until no statement is left to fail.
fn stopped_everywhere(name: &str, prepare: fn(&World), act: fn(&World) -> Result<(), Error>) {
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
            assert!(fault > 4, "{name} is a mutation");
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

const CASES: [Case; 21] = [
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
    use crate::sql::native::NativeSql;

    let made = World::new(Limits::default()).dump();
    for fault in 0.. {
        let world = World {
            sql: NativeSql::default(),
            limits: Limits::default(),
            now_ms: std::cell::Cell::new(super::START_MS),
            watched: std::cell::Cell::new(false),
            seen: std::cell::RefCell::default(),
        };
        world.sql.fail_at.set(Some(fault));
        let failed = migrate(&world.sql, super::START_MS).is_err();
        let statements = world.sql.statements.get();
        world.sql.fail_at.set(None);
        assert_eq!(failed, statements > fault);
        if failed {
            assert_eq!(world.dump(), "", "no table is left behind by a fault at {fault}");
            migrate(&world.sql, super::START_MS).unwrap();
        }
        assert_eq!(world.dump(), made);
        assert_eq!(world.number(&format!("SELECT parent FROM node WHERE id = {}", schema::ROOT)), 0);
        if !failed {
            assert!(fault > 20);
            return;
        }
    }
}
