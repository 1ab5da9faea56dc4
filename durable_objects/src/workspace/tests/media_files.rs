//! Media and files with the same bytes: what is noticed, what is shared, and what comes home.

use super::bucket::{HOUR_MS, foreign};
use super::media_world::{facts, key_for, scope, world};
use super::{World, new_media_id, path};
use crate::call::{Error, KeepMedia, Media, MediaAnnounced, MediaDeleted, MediaKind, MediaScope, MediaUses, Place};
use crate::ids::{Label, MediaId};
use crate::limits::{DAY_MS, Limits};

impl World {
    /// Shares an item as the Worker does it.
    fn share(&self, id: &MediaId) -> Result<Media, Error> {
        let content = self.read_media(id);
        let new = new_media_id();
        let key = match self.announce_media(&new, &content)? {
            MediaAnnounced::Reserved { key, .. } => key,
            MediaAnnounced::Known(media) => return Ok(*media),
        };
        self.put(&key, &content);
        let call = Self::keep_call(&new, &key, &content, MediaScope::default());
        let kept = self.call(KeepMedia { share_of: Some(id.clone()), ..call }, None)?.0;
        assert!(kept.was_known);
        Ok(kept.media)
    }

    fn place_of(&self, at: &str) -> Place {
        use crate::call::{Condition, Read};
        self.call(Read { path: path(at), unless: Condition::None }, None).unwrap().0.bytes
    }
}

#[test]
fn a_file_with_a_name_of_media_is_a_private_item_from_the_moment_it_is_there() {
    let world = world();
    for (at, content) in [("d/small.PNG", "1234"), ("d/large.mp4", "123456")] {
        let written = world.write(at, content).unwrap();
        let id = written.media.unwrap();
        let media = world.media(&id).unwrap();
        assert_eq!((media.key, media.facts.filename.as_deref()), (None, at.strip_prefix("d/")));
        assert_eq!(world.read_media(&id), content);
        // The same bytes again are the same item, under whatever name.
        assert_eq!(world.write("again.gif", content).unwrap().media, Some(id.clone()));
        assert_eq!(world.write("a.txt", content).unwrap().media, None);
        let paths = [path(at), path("again.gif"), path("a.txt")].into();
        assert_eq!(world.uses_of(&id), MediaUses { paths, versions: 0, next: None });
        world.delete("again.gif", true).unwrap();
        world.delete("a.txt", true).unwrap();
        world.sweep();
    }
    let kinds: Vec<MediaKind> = world.ledger().into_iter().map(|media| media.facts.kind).collect();
    assert_eq!(kinds, [MediaKind::Video, MediaKind::Image]);
    assert!(world.media_lying().is_empty(), "nothing is published");
}

#[test]
fn every_way_into_the_tree_under_a_name_of_media_is_noticed() {
    type Way = (&'static str, fn(&World));
    const WAYS: [Way; 5] = [
        ("a move", |world| world.mv("plain", "a.png").map(drop).unwrap()),
        ("a move over a file", |world| world.move_to("plain", "there.png", true).map(drop).unwrap()),
        ("a copy", |world| world.copy("plain", "a.png").map(drop).unwrap()),
        ("a copy over a file", |world| world.copy_to("plain", "there.png", true).map(drop).unwrap()),
        ("a restore", |world| {
            let trashed = world.trash("plain");
            world.restore(&trashed.path, Some("a.png")).unwrap();
        }),
    ];
    for (name, way) in WAYS {
        let world = world();
        world.write("plain", "12345").unwrap();
        world.write("there.png", "").unwrap();
        assert_eq!(world.ledger(), [], "an empty file is no picture");
        way(&world);
        assert_eq!(world.ledger().len(), 1, "{name}");
        assert_eq!(world.number("SELECT count(*) FROM blob WHERE place = 2"), 0);
    }
    // What was deleted from the ledger comes back with a copy of its directory.
    let world = world();
    world.write("d/e/a.png", "12345").unwrap();
    world.delete_media(&world.ledger()[0].id).unwrap();
    world.copy("d", "copy").unwrap();
    assert_eq!(world.ledger().len(), 1);
    world.copy("d", "other").unwrap();
    assert_eq!(world.ledger().len(), 1);
}

#[test]
fn files_that_others_have_left_are_noticed_when_their_bytes_are_known() {
    for content in ["1234", "12345"] {
        let world = World::unopened(Limits { indexes_media: false, ..Limits::default() });
        world.inline_max_bytes.set(4);
        for at in ["d/a.png", "plain"] {
            world.leave(at, content);
        }
        let files = ["d/a.png", "plain"].map(|at| foreign(at, content.len() as u64)).into();
        world.import(files, true).unwrap();
        assert_eq!(world.ledger(), []);
        world.settle(0);
        assert_eq!(world.ledger().len(), 1);
        assert_eq!(world.read_media(&world.ledger()[0].id), content);
    }
}

#[test]
fn nothing_is_noticed_where_the_deployment_says_so() {
    let world = World::new(Limits { captures_media: false, ..Limits::default() });
    assert_eq!(world.write("a.png", "1").unwrap().media, None);
    world.copy("a.png", "b.png").unwrap();
    assert_eq!(world.ledger(), []);
}

#[test]
fn an_app_that_writes_a_picture_is_in_its_scope() {
    let world = world();
    let actor = Label::parse("app:paint");
    let context = super::super::Context { actor: actor.as_ref(), ..world.context() };
    let write = crate::call::Write {
        path: path("a.png"),
        hash: super::hash(b"1"),
        content: crate::call::Content::Body,
        make_parents: true,
        only_if: crate::call::Conditions::default(),
    };
    super::perform(&context, &write.into(), Some(&b"1".to_vec())).unwrap();
    assert_eq!(world.ledger()[0].scopes, [scope("", "paint", "")]);
}

#[test]
fn a_file_of_any_other_name_costs_nothing_more() {
    let cost = |captures_media| {
        let world = World::new(Limits { captures_media, ..Limits::default() });
        world.watched.set(false);
        let start = world.sql.statements.get();
        world.write("d/a.ts", "1").unwrap();
        world.write("d/a.ts", "2").unwrap();
        world.mv("d/a.ts", "d/b.html").unwrap();
        world.copy("d", "e").unwrap();
        world.sql.statements.get() - start
    };
    assert_eq!(cost(true), cost(false));
}

#[test]
fn a_private_item_goes_with_the_last_file_and_version_of_its_bytes() {
    let world = world();
    let id = world.write("a.png", "12345").unwrap().media.unwrap();
    world.write("a.png", "other").unwrap();
    world.sweep();
    assert_eq!(world.uses_of(&id), MediaUses { paths: vec![], versions: 1, next: None });
    world.delete("a.png", true).unwrap();
    world.sweep();
    assert_eq!((world.ledger(), world.count("media_facet")), (vec![], 0));
    world.settle(2 * HOUR_MS);
    assert_eq!((world.counted(), world.bucket.borrow().len()), ((0, 0), 0));
}

#[test]
fn sharing_moves_the_bytes_and_counts_them_once() {
    for content in ["1234", "12345"] {
        let world = world();
        let id = world.write("a.png", content).unwrap().media.unwrap();
        let old_key = world.key_of("a.png");
        let size = i64::try_from(content.len()).unwrap();
        let media = world.share(&id).unwrap();
        assert_eq!((&media.id, media.key.clone()), (&id, Some(key_for(content))));
        assert_eq!(media.facts.filename.as_deref(), Some("a.png"), "what is known of it stays");
        assert_eq!((world.read("a.png").as_deref(), world.counted()), (Ok(content), (size, 0)));
        assert_eq!(world.place_of("a.png"), Place::Media(key_for(content)));
        assert_eq!(world.lying(), Vec::from_iter(old_key.clone()), "a reader may be at it");
        world.settle(HOUR_MS + 1);
        assert_eq!((world.lying(), world.share(&id).unwrap()), (vec![], media));
        // It is an item of its own now: the file can go.
        world.delete("a.png", true).unwrap();
        world.sweep();
        assert_eq!(world.read_media(&id), content);
    }
}

#[test]
fn an_ingest_of_what_a_file_has_makes_its_item_public_and_a_file_of_what_an_item_has_shares_its_bytes() {
    for at in ["a.png", "plain"] {
        let world = world();
        let private = world.write(at, "12345").unwrap().media;
        let media = world.ingest("12345", scope("d", "", ""), MediaKind::Video);
        assert!(private.is_none_or(|id| id == media.id));
        assert_eq!((media.key, media.facts.kind), (Some(key_for("12345")), MediaKind::Video));
        assert_eq!(
            world
                .list_media(crate::call::ListMedia { kind: Some(MediaKind::Image), limit: 9, ..Default::default() })
                .items,
            []
        );
        assert_eq!((world.place_of(at), world.counted()), (Place::Media(key_for("12345")), (5, 0)));
    }
    let world = world();
    let media = world.picture("12345");
    assert_eq!(world.write("a.png", "12345").unwrap().media, Some(media.id));
    world.settle(0);
    assert_eq!((world.place_of("a.png"), world.counted()), (Place::Media(key_for("12345")), (5, 0)));
}

#[test]
fn sharing_what_is_gone_by_then_does_not_bring_it_back() {
    let world = world();
    let id = world.write("a.png", "12345").unwrap().media.unwrap();
    let new = new_media_id();
    let key = world.reserve_media(&new, "12345");
    world.put(&key, "12345");
    world.delete_media(&id).unwrap();
    let call = World::keep_call(&new, &key, "12345", MediaScope::default());
    let kept = world.call(KeepMedia { share_of: Some(id.clone()), ..call }, None);
    assert_eq!(kept.unwrap_err(), Error::UnknownMedia { id });
    world.call(crate::call::AbandonMedia { id: new }, None).unwrap();
    world.settle(0);
    assert_eq!((world.media_lying(), world.counted()), (vec![], (5, 0)));
}

#[test]
fn deleting_an_item_brings_the_bytes_of_its_files_home() {
    for content in ["1234", "12345"] {
        for in_history in [false, true] {
            let world = world();
            let media = world.picture(content);
            world.write("a.txt", content).unwrap();
            if in_history {
                world.write("a.txt", "").unwrap();
            }
            assert_eq!(world.delete_media(&media.id), Ok(MediaDeleted { remove: None }));
            if !in_history {
                assert_eq!(world.read("a.txt").as_deref(), Ok(content));
            }
            world.settle(0);
            let size = i64::try_from(content.len()).unwrap();
            assert_eq!((world.media_lying(), world.lying().len()), (vec![], usize::from(content.len() > 4)));
            assert_eq!(world.counted(), (size, 0));
            if !in_history {
                assert_eq!(world.read("a.txt").as_deref(), Ok(content));
            }
            world.check_history();
            // And it can become media again.
            assert_eq!(world.picture(content).key, Some(key_for(content)));
        }
    }
}

#[test]
fn bytes_that_are_an_item_again_stay_and_those_that_nothing_uses_any_more_go() {
    let world = world();
    let media = world.picture("12345");
    world.write("a.txt", "12345").unwrap();
    world.delete_media(&media.id).unwrap();
    let again = world.picture("12345");
    assert_ne!(again.key, media.key, "the first key is still to be left");
    world.settle(0);
    assert_eq!(world.media_lying(), Vec::from_iter(again.key.clone()));
    assert_eq!((world.place_of("a.txt"), world.counted()), (Place::Media(again.key.unwrap()), (5, 0)));
    world.delete_media(&again.id).unwrap();
    world.delete("a.txt", true).unwrap();
    world.sweep();
    world.settle(2 * HOUR_MS);
    assert_eq!((world.bucket.borrow().len(), world.counted()), (0, (0, 0)));
}

#[test]
fn a_file_that_comes_while_bytes_leave_does_not_keep_them_public() {
    for content in ["1234", "12345"] {
        let world = world();
        let media = world.picture(content);
        world.write("a.txt", content).unwrap();
        world.delete_media(&media.id).unwrap();
        // Noticed, while the bytes still lie where everybody sees them.
        let private = world.write("b.png", content).unwrap().media.unwrap();
        world.settle(0);
        assert_eq!(world.media_lying(), [""; 0]);
        assert_eq!((world.media(&private).unwrap().key, world.read_media(&private)), (None, content.to_owned()));
        // It can be shared at any moment.
        world.share(&private).unwrap();
        assert_eq!(world.media_lying(), [key_for(content)]);
    }
}

#[test]
fn an_item_that_is_shared_while_its_bytes_leave_stays() {
    let world = world();
    let media = world.picture("12345");
    world.write("a.txt", "12345").unwrap();
    world.delete_media(&media.id).unwrap();
    let private = world.write("b.png", "12345").unwrap().media.unwrap();
    let shared = world.share(&private).unwrap();
    world.settle(0);
    assert_eq!(world.media_lying(), Vec::from_iter(shared.key));
    assert_eq!(world.read_media(&private), "12345");
}

#[test]
fn a_reset_keeps_what_is_public_and_a_close_keeps_nothing() {
    for is_close in [false, true] {
        let world = world();
        let public = world.picture("12345");
        world.write("a.png", "12345").unwrap();
        world.write("b.png", "private").unwrap();
        let leaves = world.picture("leaves");
        world.write("c.txt", "leaves").unwrap();
        world.delete_media(&leaves.id).unwrap();
        let on_way = new_media_id();
        let key = world.reserve_media(&on_way, "on way");
        if is_close {
            world.close().unwrap();
        } else {
            world.reset().unwrap();
            assert_eq!(world.ledger(), std::slice::from_ref(&public));
            assert_eq!(world.read_media(&public.id), "12345");
            world.put(&key, "on way");
            world.keep_media(&on_way, &key, "on way").unwrap();
        }
        world.settle(0);
        world.settle(2 * HOUR_MS);
        let (lying, counted) =
            if is_close { (vec![], (0, 0)) } else { (vec![key_for("on way"), key_for("12345")], (11, 0)) };
        let mut expected = lying;
        expected.sort();
        assert_eq!((world.media_lying(), world.lying(), world.counted()), (expected, vec![], counted));
        assert_eq!(world.count("media"), if is_close { 0 } else { 2 });
    }
}

#[test]
fn media_go_on_when_a_file_with_their_bytes_ends_in_any_way() {
    let world = world();
    let media = world.picture("12345");
    world.write("a.png", "12345").unwrap();
    world.write("a.png", "other").unwrap();
    world.trash("a.png");
    world.empty().unwrap();
    world.settle(31 * DAY_MS);
    world.settle(2 * HOUR_MS);
    assert_eq!(world.read_media(&media.id), "12345");
    assert_eq!(world.media(&media.id).unwrap().facts, facts(MediaKind::Image));
}
