//! The ledger of media: how bytes become items, how these are found, and how they end.

use super::super::Timer;
use super::bucket::HOUR_MS;
use super::media_world::{key_for, scope, world};
use super::{START_MS, World, new_media_id};
use crate::call::{
    AbandonMedia, AnnounceMedia, Error, ListMedia, MediaAnnounced, MediaCursor, MediaDeleted, MediaKind, MediaRemoved,
    MediaScope,
};
use crate::ids::MediaId;
use crate::limits::Limits;
use crate::sql::Sql;

#[test]
fn bytes_become_an_item_and_the_same_bytes_the_same_one() {
    let world = world();
    let id = new_media_id();
    let key = world.reserve_media(&id, "picture");
    assert_eq!((key.clone(), world.counted()), (key_for("picture"), (0, 7)));
    world.put(&key, "picture");
    let kept = world.keep_media(&id, &key, "picture").unwrap();
    assert!(!kept.was_known);
    assert_eq!((&kept.media.id, kept.media.key.as_ref(), kept.media.size_bytes), (&id, Some(&key), 7));
    assert_eq!(world.media(&id), Ok(kept.media.clone()));
    assert_eq!(world.ingest("picture", scope("d", "a", ""), MediaKind::Image).id, id);
    assert_eq!(world.media(&id).unwrap().scopes, [scope("d", "a", "")]);
    assert_eq!((world.counted(), world.ledger().len(), world.media_lying()), ((7, 0), 1, vec![key]));
    world.settle(2 * HOUR_MS);
    assert_eq!(world.media_lying().len(), 1);
}

#[test]
fn a_keep_that_is_repeated_answers_the_same_item() {
    let world = world();
    let id = new_media_id();
    let key = world.reserve_media(&id, "picture");
    world.put(&key, "picture");
    let kept = world.keep_media(&id, &key, "picture").unwrap();
    assert_eq!(world.keep_media(&id, &key, "picture"), Ok(kept));
    assert_eq!(world.counted(), (7, 0));
}

#[test]
fn bytes_whose_hash_is_not_known_are_staged_and_given_up_together_with_what_follows() {
    for is_kept in [true, false] {
        let world = world();
        let id = new_media_id();
        let staged = AnnounceMedia {
            id: id.clone(),
            hash: None,
            key: "staging/home/1".to_owned(),
            reserved_bytes: 100,
            or_less: false,
            lasts_ms: HOUR_MS,
            scope: MediaScope::default(),
        };
        world.call(staged.clone(), None).unwrap();
        world.call(staged, None).unwrap();
        world.put("staging/home/1", "picture");
        assert_eq!(world.counted(), (0, 100), "announced twice, counted once");
        let key = world.reserve_media(&id, "picture");
        world.put(&key, "picture");
        if is_kept {
            world.keep_media(&id, &key, "picture").unwrap();
        } else {
            world.call(AbandonMedia { id: id.clone() }, None).unwrap();
            world.call(AbandonMedia { id }, None).unwrap();
        }
        world.settle(0);
        let left: Vec<String> = world.bucket.borrow().keys().cloned().collect();
        assert_eq!((left, world.counted().1), (if is_kept { vec![key] } else { vec![] }, 0));
    }
}

#[test]
fn an_ingest_that_is_never_heard_of_again_leaves_nothing() {
    let world = world();
    let (one, other) = (new_media_id(), new_media_id());
    let key = world.reserve_media(&one, "picture");
    assert_eq!(world.reserve_media(&other, "picture"), key, "they send the same bytes");
    world.put(&key, "picture");
    world.settle(2 * HOUR_MS);
    assert_eq!((world.media_lying(), world.counted()), (vec![], (0, 0)));
    assert_eq!(world.keep_media(&one, &key, "picture"), Err(Error::UnknownUpload { key }));
}

#[test]
fn a_senders_end_does_not_take_the_bytes_of_the_others() {
    let world = world();
    let (one, other) = (new_media_id(), new_media_id());
    let key = world.reserve_media(&one, "picture");
    world.reserve_media(&other, "picture");
    world.put(&key, "picture");
    world.call(AbandonMedia { id: one.clone() }, None).unwrap();
    world.settle(0);
    let kept = world.keep_media(&other, &key, "picture").unwrap();
    world.settle(2 * HOUR_MS);
    assert_eq!(world.read_media(&kept.media.id), "picture");
    // And the other way round: one is late when it is kept already.
    let late = new_media_id();
    assert!(matches!(world.announce_media(&late, "picture"), Ok(MediaAnnounced::Known(_))));
    assert_eq!(world.number("SELECT count(*) FROM sender"), 0);
}

#[test]
fn a_full_workspace_takes_no_media_and_deleting_makes_room_at_once() {
    let world = World::new(Limits { quota_bytes: 10, indexes_media: false, ..Limits::default() });
    let media = world.picture("0123456789");
    let refused = world.announce_media(&new_media_id(), "1");
    assert_eq!(refused, Err(Error::QuotaExceeded { needed_bytes: 1, left_bytes: 0 }));
    let MediaDeleted { remove: Some(key) } = world.delete_media(&media.id).unwrap() else { panic!("nothing uses it") };
    assert_eq!(world.counted(), (10, 0), "until it is gone");
    world.bucket.borrow_mut().remove(&key);
    world.call(MediaRemoved { key: key.clone() }, None).unwrap();
    assert_eq!(world.counted(), (0, 0));
    assert_eq!(world.picture("9876543210").size_bytes, 10);
    world.settle(2 * HOUR_MS);
    assert_eq!(world.media_lying(), [key_for("9876543210")]);
}

#[test]
fn bytes_of_unknown_number_get_the_room_that_there_is() {
    let world = World::new(Limits { quota_bytes: 10, indexes_media: false, ..Limits::default() });
    world.picture("1234");
    let announce = |or_less, reserved_bytes| AnnounceMedia {
        id: new_media_id(),
        hash: None,
        key: format!("staging/home/{or_less}{reserved_bytes}"),
        reserved_bytes,
        or_less,
        lasts_ms: HOUR_MS,
        scope: MediaScope::default(),
    };
    assert_eq!(
        world.call(announce(false, 7), None).unwrap_err(),
        Error::QuotaExceeded { needed_bytes: 7, left_bytes: 6 }
    );
    let reserved = |or_less, asked_bytes| match world.call(announce(or_less, asked_bytes), None).unwrap().0 {
        MediaAnnounced::Reserved { reserved_bytes, .. } => reserved_bytes,
        MediaAnnounced::Known(media) => panic!("{media:?}"),
    };
    assert_eq!((reserved(true, 2), reserved(true, 100), reserved(true, 100)), (2, 4, 0));
    assert_eq!(world.counted(), (4, 6));
    world.settle(2 * HOUR_MS);
    assert_eq!(world.counted(), (4, 0));
}

#[test]
fn a_list_shows_the_first_scopes_of_an_item_and_its_pages_end() {
    let world = world();
    for name in ["a", "b", "c", "d", "e", "f"] {
        world.picture(name);
    }
    let newest = world.ingest("newest", scope("first", "", ""), MediaKind::Image);
    for index in 0..20 {
        world.ingest("newest", scope(&format!("n{index}"), "", ""), MediaKind::Image);
    }
    assert_eq!(world.media(&newest.id).unwrap().scopes.len(), 21);
    // As much as many items say together.
    let metadata = format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024));
    world.sql.query("UPDATE media SET metadata = ?1", &[(&metadata).into()]).unwrap();
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = world.list_media(ListMedia { limit: 1000, after, ..ListMedia::default() });
        pages.push(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!((pages[0][0].scopes.len(), &pages[0][0].scopes[0]), (10, &newest.scopes[0]));
}

#[test]
fn the_alarm_removes_what_the_worker_did_not_and_the_key_is_nobody_elses_until_then() {
    let world = world();
    let media = world.picture("picture");
    let key = media.key.unwrap();
    assert_eq!(world.delete_media(&media.id), Ok(MediaDeleted { remove: Some(key.clone()) }));
    assert_eq!(world.delete_media(&media.id), Err(Error::UnknownMedia { id: media.id.clone() }));
    assert_eq!(world.media(&media.id), Err(Error::UnknownMedia { id: media.id }));
    let again = world.picture("picture");
    assert_ne!(again.key.as_ref(), Some(&key));
    world.settle(61_000);
    assert_eq!(world.media_lying(), Vec::from_iter(again.key.clone()));
    assert_eq!(world.read_media(&again.id), "picture");
    // A confirmation that comes late changes nothing.
    world.call(MediaRemoved { key: key.clone() }, None).unwrap();
    world.call(MediaRemoved { key: again.key.clone().unwrap() }, None).unwrap();
    assert_eq!(world.media(&again.id), Ok(again.clone()));
    // The key is free once it is removed.
    assert!(world.delete_media(&again.id).unwrap().remove.is_some());
    assert_eq!(world.picture("picture").key, Some(key));
}

#[test]
fn a_confirmation_does_not_free_a_key_that_the_alarm_may_be_removing_from() {
    let world = world();
    let media = world.picture("picture");
    let key = world.delete_media(&media.id).unwrap().remove.unwrap();
    world.now_ms.set(START_MS + 120_000);
    let (task, removals) = world.claim().unwrap().unwrap();
    assert_eq!((task, removals.len()), (Timer::Remove, 1));
    world.call(MediaRemoved { key: key.clone() }, None).unwrap();
    let again = world.picture("picture");
    world.remove(&removals);
    world.settle_claim(task, &removals).unwrap();
    assert_eq!(world.read_media(&again.id), "picture");
    world.check();
}

#[test]
fn a_list_is_narrowed_by_any_of_its_fields_together() {
    let world = world();
    let mut all = Vec::new();
    for (index, (desktop, app, thread, kind)) in [
        ("d1", "a1", "t1", MediaKind::Image),
        ("d1", "a2", "t1", MediaKind::Audio),
        ("d2", "a1", "", MediaKind::Video),
        ("", "", "", MediaKind::Model),
        ("d1", "a1", "t2", MediaKind::Audio),
    ]
    .into_iter()
    .enumerate()
    {
        world.now_ms.set(START_MS + 100 + i64::try_from(index).unwrap());
        all.push(world.ingest(&format!("content {index}"), scope(desktop, app, thread), kind).id);
    }
    // One item comes up again, elsewhere.
    world.ingest("content 3", scope("d2", "a2", "t2"), MediaKind::Model);
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let ask = |desktop: &str, app: &str, thread: &str, kind| {
        let call = ListMedia {
            desktop: text(desktop),
            app: text(app),
            thread: text(thread),
            kind,
            limit: 9,
            ..ListMedia::default()
        };
        let found = world.list_media(call).items;
        found.iter().map(|media| all.iter().position(|id| *id == media.id).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ask("", "", "", None), [4, 3, 2, 1, 0]);
    assert_eq!(ask("d1", "", "", None), [4, 1, 0]);
    assert_eq!(ask("", "a1", "", None), [4, 2, 0]);
    assert_eq!(ask("", "", "t2", None), [4, 3]);
    assert_eq!(ask("", "", "", Some(MediaKind::Audio)), [4, 1]);
    assert_eq!(ask("d1", "a1", "", Some(MediaKind::Audio)), [4]);
    assert_eq!(ask("d2", "a2", "t2", Some(MediaKind::Model)), [3]);
    assert_eq!(ask("d2", "a1", "t2", None), [0; 0], "of one and the same scope");
    let between = |from_ms, until_ms| {
        let (from_ms, until_ms) = (Some(START_MS + 100 + from_ms), Some(START_MS + 100 + until_ms));
        world.list_media(ListMedia { from_ms, until_ms, limit: 9, ..ListMedia::default() }).items.len()
    };
    assert_eq!((between(0, 5), between(1, 3), between(5, 9), between(3, 3)), (5, 2, 0, 0));
}

#[test]
fn pages_come_by_everything_once_also_when_items_go_meanwhile() {
    let world = world();
    let ids: Vec<MediaId> = (0..7).map(|index| world.picture(&format!("content {index}")).id).collect();
    let mut seen = Vec::new();
    let mut after: Option<MediaCursor> = None;
    loop {
        let page = world.list_media(ListMedia { limit: 2, after, ..ListMedia::default() });
        seen.extend(page.items.iter().map(|media| media.id.clone()));
        if seen.len() == 2 {
            world.delete_media(&seen[1]).unwrap();
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(seen.iter().eq(ids.iter().rev()), "all at one time, newest first");
}

#[test]
fn a_page_costs_what_it_answers_among_any_number_of_items() {
    let costs = [0, 600].map(|others| {
        let world = world();
        world.watched.set(false);
        for index in 0..others {
            let (app, kind) = if index % 3 == 0 { ("wanted", MediaKind::Image) } else { ("other", MediaKind::Audio) };
            world.ingest(&format!("content {index}"), scope("d", app, "t"), kind);
        }
        for index in 0..40 {
            world.ingest(&format!("wanted {index}"), scope("d", "wanted", "t"), MediaKind::Audio);
        }
        for index in 0..others {
            world.ingest(&format!("later {index}"), scope("d", "other", "t"), MediaKind::Audio);
        }
        let (desktop, app) = (Some("d".to_owned()), Some("wanted".to_owned()));
        let ask = ListMedia { desktop, app, kind: Some(MediaKind::Audio), limit: 20, ..ListMedia::default() };
        let first = world.list_media(ask.clone());
        assert_eq!(first.items.len(), 20);
        let before = (world.sql.statements.get(), world.sql.steps.get());
        let second = world.list_media(ListMedia { after: first.next, ..ask });
        assert_eq!((second.items.len(), second.next), (20, None));
        (world.sql.statements.get() - before.0, world.sql.steps.get() - before.1)
    });
    let [few, many] = costs;
    // 1,200 other items would be tens of thousands of steps.
    assert!(few.0 == 4 && many.0 == 4 && many.1.abs_diff(few.1) < 100 && many.1 < 20 * 200, "{costs:?}");
}

#[test]
fn an_item_keeps_its_first_hundred_scopes() {
    let world = world();
    world.watched.set(false);
    let media = world.picture("picture");
    for index in 0..120 {
        world.ingest("picture", scope("d", "a", &format!("t{index}")), MediaKind::Image);
        world.ingest("picture", scope("d", "a", &format!("t{index}")), MediaKind::Image);
    }
    assert_eq!(world.media(&media.id).unwrap().scopes.len(), 99, "and the empty one that it came with");
    world.check();
    world.delete_media(&media.id).unwrap();
    for table in ["media", "media_scope", "media_facet"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}
