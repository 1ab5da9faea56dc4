//! What must not grow with the size of what is touched: statements, rows written, and the work to read.

use super::{World, path};
use crate::call::{Relocated, Stat};
use crate::limits::Limits;

/// What some work cost: statements, rows changed, steps of SQLite's machine.
type Cost = (usize, u64, u64);

fn cost<T>(world: &World, work: impl FnOnce() -> T) -> (Cost, T) {
    let state = || (world.sql.statements.get(), world.sql.connection.total_changes(), world.sql.steps.get());
    let before = state();
    let answer = work();
    let after = state();
    ((after.0 - before.0, after.1 - before.1, after.2 - before.2), answer)
}

/// A directory `d` of `10^power` entries, nested ten by ten, and unwatched, since looking at it takes longer than the test.
fn world_of(power: usize) -> World {
    let world = World::new(Limits::default());
    world.watched.set(false);
    for file in 0..9 {
        world.write(&format!("d/f{file}"), "content").unwrap();
    }
    for level in 1..power {
        world.mv("d", "part").unwrap();
        for part in 0..10 {
            world.copy("part", &format!("d/part{part}")).unwrap();
        }
        world.delete("part", true).unwrap();
        world.settle(0);
        assert!(level < 9);
    }
    world
}

#[test]
fn moving_trashing_restoring_and_unlinking_cost_the_same_for_ten_entries_and_ten_thousand() {
    let costs = [1, 4].map(|power| {
        let world = world_of(power);
        let entries = world.number("SELECT v FROM meta WHERE k = 'entries'");
        assert!(entries >= 10_i64.pow(u32::try_from(power).unwrap()), "{entries}");
        let moved = cost(&world, || world.mv("d", "x").unwrap());
        assert_eq!(moved.1, Relocated { entries: 1 });
        let (trashed, entry) = cost(&world, || world.trash("x"));
        let (restored, _) = cost(&world, || world.restore(&entry.path, None).unwrap());
        let (unlinked, _) = cost(&world, || world.delete("x", true).unwrap());
        world.sweep();
        assert_eq!(world.number("SELECT count(*) FROM node") + world.number("SELECT count(*) FROM blob"), 2);
        world.check();
        [moved.0, trashed, restored, unlinked]
    });
    for (small, large) in costs[0].iter().zip(&costs[1]) {
        assert_eq!((small.0, small.1), (large.0, large.1), "statements and rows: {costs:?}");
        // A deeper index is a few steps; ten thousand entries would be tens of thousands.
        assert!(large.2.abs_diff(small.2) < 100, "steps: {costs:?}");
        assert!(large.0 < 30 && large.1 < 30, "{costs:?}");
    }
}

#[test]
fn a_path_is_found_in_one_statement_with_work_by_its_depth_alone() {
    let at = |depth: usize| vec!["d"; depth].join("/");
    let costs = [0, 5_000].map(|siblings| {
        let world = World::new(Limits::default());
        world.watched.set(false);
        world.write(&at(40), "1").unwrap();
        for depth in [0, 1, 20] {
            world.execute(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {siblings})
                 INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
                 SELECT 1000000 * ({depth} + 1) + i, n.id, 's' || i, 's' || i, 0, 1, 1, 3, 3
                   FROM n CROSS JOIN (SELECT id FROM node WHERE id = CASE {depth} WHEN 0 THEN 1 ELSE {depth} + 2 END) n
                  WHERE {siblings} > 0"
            ));
        }
        [1, 20, 40].map(|depth| cost(&world, || world.send(Stat { path: path(&at(depth)) }, None).unwrap()).0)
    });
    assert_eq!(costs[0], costs[1], "the tree around a path costs nothing");
    let [one, twenty, forty] = costs[0];
    assert_eq!((one.0, one.1), (1, 0));
    let a_name = (twenty.2 - one.2) / 19;
    assert!((forty.2 - twenty.2).abs_diff(20 * a_name) < 100 && a_name < 60, "{costs:?}");
}

#[test]
fn a_page_of_a_listing_costs_what_it_answers_wherever_it_starts() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    for file in 0..50 {
        world.write(&format!("d/{file:02}"), "").unwrap();
    }
    for part in 0..99 {
        world.copy("d", &format!("e/{part:02}")).unwrap();
    }
    world.execute("UPDATE node SET parent = (SELECT id FROM node WHERE name = 'e'), name = 'f' || id, fold = 'f' || id WHERE kind = 1");
    let page = |after| cost(&world, || world.list("e", 1, 1000, after).unwrap());
    let (first, listing) = page(None);
    let (second, listing) = page(listing.next);
    let (third, listing) = page(listing.next);
    assert_eq!(listing.entries.len(), 1000);
    assert_eq!((second.0, second.1), (third.0, third.1));
    assert!(first.0 <= 5 && third.0 <= 5, "{first:?} {third:?}");
    assert!(third.2.abs_diff(second.2) < 100 && third.2 < 1000 * 30, "{second:?} {third:?}");
    let (whole, _) = cost(&world, || world.list("e", 1, 10_000, None).unwrap());
    assert!(whole.2 > 4 * third.2, "the whole is five pages: {whole:?} {third:?}");
}
