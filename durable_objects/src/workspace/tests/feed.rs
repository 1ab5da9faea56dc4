//! The feed, read from a rev on: nothing twice, nothing left out, and an honest no when something is lost.

use super::{World, path};
use crate::call::{Error, Event, FeedPage, Kind, ReadFeed, Reset, State};
use crate::limits::{DAY_MS, Limits};

impl World {
    fn feed_page(&self, since: Option<i64>, at: &str, limit: usize) -> Result<FeedPage, Error> {
        self.call(ReadFeed { since, path: path(at), limit }, None).map(|(page, _)| page)
    }

    /// Everything since a rev, in pages of a size, each of which says where the next begins.
    fn feed_in_pages(&self, since: i64, at: &str, limit: usize) -> Vec<Event> {
        let (mut events, mut rev) = (Vec::new(), since);
        loop {
            let page = self.feed_page(Some(rev), at, limit).unwrap();
            assert!(page.is_last || page.rev > rev, "a page that does not go on: {page:?}");
            assert!(page.events.iter().all(|event| (rev + 1..=page.rev).contains(&event.rev)), "{page:?}");
            rev = page.rev;
            events.extend(page.events);
            if page.is_last {
                assert_eq!(rev, self.newest_rev());
                return events;
            }
        }
    }

    fn newest_rev(&self) -> i64 {
        self.number("SELECT v FROM meta WHERE k = 'rev'")
    }

    /// What a reader is told since a rev, in short.
    fn told(&self, since: i64, at: &str) -> Vec<String> {
        let events = self.feed_in_pages(since, at, 1_000);
        events.iter().map(|event| format!("{} {}", event.change, event.path)).collect()
    }
}

fn busy_world() -> World {
    let world = World::new(Limits::default());
    world.write("a/b/one", "1").unwrap();
    world.write("a/b/two", "22").unwrap();
    world.mkdir("other").unwrap();
    world.copy("a", "copy").unwrap();
    world.mv("a/b", "moved").unwrap();
    world.write("moved/one", "333").unwrap();
    world.trash("copy");
    world
}

#[test]
fn every_page_size_tells_every_rev_once_and_in_order() {
    let world = busy_world();
    let whole = world.feed_in_pages(0, "", 1_000);
    assert_eq!(whole.iter().map(|event| event.rev).collect::<Vec<_>>(), (3..=world.newest_rev()).collect::<Vec<_>>());
    for since in 0..=world.newest_rev() {
        let rest: Vec<Event> = whole.iter().filter(|event| event.rev > since).cloned().collect();
        for limit in 1..=whole.len() {
            assert_eq!(world.feed_in_pages(since, "", limit), rest, "since {since} by {limit}");
        }
    }
}

#[test]
fn a_page_ends_where_a_transaction_does_even_if_it_is_longer_than_asked_for() {
    let world = World::new(Limits::default());
    let before = world.write("d/a", "1").unwrap().rev;
    for name in ["b", "c", "d"] {
        world.write(&format!("d/{name}"), "1").unwrap();
    }
    let last_write = world.newest_rev();
    world.copy("d", "e").unwrap();
    world.write("f", "1").unwrap();
    let page = |since, limit| {
        let page = world.feed_page(Some(since), "", limit).unwrap();
        (page.events.len(), page.rev, page.is_last)
    };
    let copied = world.newest_rev() - 1;
    assert_eq!(page(before, 2), (2, before + 2, false));
    assert_eq!(page(before, 4), (3, last_write, false), "the copy does not fit beside the writes");
    assert_eq!(page(last_write, 1), (5, copied, false), "the copy alone, whole");
    assert_eq!(page(last_write, 6), (6, copied + 1, true));
    assert_eq!(page(last_write + 2, 1), (3, copied, false), "and from within it, what is left of it");
}

#[test]
fn without_a_rev_it_says_where_to_begin() {
    let world = busy_world();
    let rev = world.newest_rev();
    assert_eq!(world.feed_page(None, "", 9), Ok(FeedPage { events: Vec::new(), rev, is_last: true }));
    assert_eq!(world.feed_page(Some(rev), "", 9), Ok(FeedPage { events: Vec::new(), rev, is_last: true }));
    assert_eq!(world.feed_page(Some(rev + 1), "", 9), Err(Error::FeedGone { rev }));
}

#[test]
fn an_event_says_what_the_entry_was_from_then_on() {
    let world = World::new(Limits::default());
    let first = world.write("a", "1").unwrap();
    let second = world.write("a", "22").unwrap();
    world.mv("a", "b").unwrap();
    let file = |size_bytes, modified_ms| Some(State { kind: Kind::File, size_bytes, modified_ms });
    let states = |world: &World| -> Vec<Option<State>> {
        world.feed_in_pages(0, "", 9).into_iter().map(|event| event.state).collect()
    };
    let [one, two] = [file(1, first.modified_ms), file(2, second.modified_ms)];
    assert_eq!(states(&world), [one, two, two]);
    world.mkdir("d").unwrap();
    assert_eq!(states(&world).last().unwrap().unwrap().kind, Kind::Directory);
    world.delete("b", true).unwrap();
    world.sweep();
    assert_eq!(states(&world)[..3], [None, None, None], "nobody knows any more");
}

#[test]
fn a_path_is_told_what_happens_to_it_in_it_and_to_what_it_lies_in() {
    let world = World::new(Limits::default());
    world.write("a/b/c/file", "1").unwrap();
    world.write("a/bc", "1").unwrap();
    let since = world.newest_rev();
    world.write("elsewhere/x", "1").unwrap();
    world.write("a/b/c/file", "2").unwrap();
    world.write("a/b2/x", "1").unwrap();
    world.mv("a/b/c", "a/c").unwrap();
    world.mv("a", "z").unwrap();
    world.mv("z/bc", "y").unwrap();
    world.copy("z/b2", "copy").unwrap();
    assert_eq!(world.told(since, "a/b"), ["write a/b/c/file", "move a/c", "move z"]);
    assert_eq!(world.told(since, "a/b2"), ["mkdir a/b2", "create a/b2/x", "move z"]);
    assert_eq!(world.told(since, "nowhere"), [""; 0]);
    for limit in 1..9 {
        assert_eq!(world.feed_in_pages(since, "a/b", limit).len(), 3);
    }
}

#[test]
fn what_the_feed_has_lost_is_not_passed_over() {
    let world = World::new(Limits { versions_ms: 10 * DAY_MS, ..Limits::default() });
    world.write("a", "1").unwrap();
    let lost = world.write("a", "2").unwrap().rev;
    world.now_ms.set(world.now_ms.get() + 6 * DAY_MS);
    world.write("a", "3").unwrap();
    world.settle(5 * DAY_MS);
    let rev = world.newest_rev();
    assert_eq!(world.feed_page(Some(lost - 1), "", 9), Err(Error::FeedGone { rev }));
    assert_eq!(world.feed_page(Some(0), "", 9), Err(Error::FeedGone { rev }));
    assert_eq!(world.told(lost, ""), ["write a"], "the next one is there");
}

#[test]
fn nobody_goes_on_over_a_reset() {
    let world = World::new(Limits::default());
    assert_eq!(world.told(0, ""), [""; 0]);
    let before = world.write("a", "1").unwrap().rev;
    world.call(Reset {}, None).unwrap();
    let rev = world.newest_rev();
    for since in [0, before, rev - 1] {
        assert_eq!(world.feed_page(Some(since), "", 9), Err(Error::FeedGone { rev }));
    }
    world.write("b", "1").unwrap();
    assert_eq!(world.told(rev, ""), ["create b"]);
    assert_eq!(world.feed_page(Some(before), "", 9), Err(Error::FeedGone { rev: rev + 1 }));
}

#[test]
fn a_look_among_many_changes_elsewhere_ends_and_says_how_far_it_came() {
    let world = World::new(Limits::default());
    world.watched.set(false);
    world.write("near", "1").unwrap();
    world.execute(
        "INSERT INTO change (rev, txn, node, kind, path, at_ms)
         WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 51000)
         SELECT i, i, i, 'create', 'far/' || i, 1763720000000 FROM n",
    );
    world.execute("UPDATE meta SET v = 51000 WHERE k = 'rev'");
    let page = world.feed_page(Some(3), "near", 10).unwrap();
    assert!(page.events.is_empty() && !page.is_last && page.rev > 15_000, "{page:?}");
    assert_eq!(world.feed_in_pages(3, "near", 10), []);
    assert_eq!(world.feed_in_pages(2, "near", 10).len(), 1);
}
