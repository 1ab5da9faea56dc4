//! `public/media`: what is laid out there, when it is written, and what of it is the user's.

use serde_json::Value;

use super::bucket::HOUR_MS;
use super::media_world::{key_for, scope};
use super::{World, hash, new_media_id};
use crate::call::{Deleted, KeepMedia, MediaDeleted, MediaKind, MediaScope};
use crate::limits::Limits;
use crate::media_url::MediaUrls;

pub const INDEX: &str = "public/media/index.json";

pub fn world() -> World {
    let vars = |name: &str| (name == "MEDIA_CDN_BASE").then(|| "https://cdn".to_owned());
    let world = World::new(Limits { media_urls: MediaUrls::from_vars(vars), ..Limits::default() });
    world.inline_max_bytes.set(4);
    world
}

/// Where content is laid out: the clock of the tests stands in November 2025.
pub fn place_for(content: &str) -> String {
    format!("public/media/2025/11/21/{}.png", hash(content.as_bytes()))
}

impl World {
    pub fn index(&self) -> Vec<Value> {
        let index: Value = serde_json::from_str(&self.read(INDEX).unwrap()).unwrap();
        assert_eq!(index["version"], 1);
        index["items"].as_array().unwrap().clone()
    }
}

#[test]
fn what_is_public_is_listed_and_laid_out_before_anybody_looks() {
    let world = world();
    let media = world.ingest("picture", scope("d", "paint", ""), MediaKind::Image);
    world.write("a.png", "private").unwrap();
    let [item] = &world.index()[..] else { panic!("one item is public") };
    let expected = serde_json::json!({
        "id": media.id, "path": place_for("picture"), "contentType": "image/x", "size": 7, "sha256": media.hash,
        "publicUrl": format!("https://cdn/{}", key_for("picture")), "appId": "paint", "createdAt": "2025-11-21T10:13:20.001Z",
    });
    assert_eq!(*item, expected);
    assert_eq!(world.read(&place_for("picture")).as_deref(), Ok("picture"));
    assert_eq!(world.uses_of(&media.id).paths, [], "what is laid out is no use");
    // The bytes are there once.
    assert_eq!(world.number("SELECT count(*) FROM blob WHERE place = 2"), 1);
    let below = world.tree("public/media");
    assert_eq!(below.len(), 5, "{below:?}");
}

#[test]
fn all_addresses_begin_where_the_service_was_seen_last() {
    let vars = |name: &str| (name == "SIGNING_SECRET").then(|| "secret".to_owned());
    let world = World::new(Limits { media_urls: MediaUrls::from_vars(vars), ..Limits::default() });
    for (content, origin) in [("one", "https://old"), ("two", "https://new")] {
        let id = new_media_id();
        let key = world.reserve_media(&id, content);
        world.put(&key, content);
        let keep = KeepMedia { origin: origin.to_owned(), ..World::keep_call(&id, &key, content, scope("", "", "")) };
        world.call(keep, None).unwrap();
    }
    for item in world.index() {
        assert!(item["publicUrl"].as_str().unwrap().starts_with("https://new/media/"), "{item}");
    }
}

#[test]
fn a_look_from_above_sees_it_and_other_calls_pay_nothing() {
    for look in ["", "public", "public/media"] {
        let world = world();
        world.picture("picture");
        assert!(world.tree(look).contains(&place_for("picture")), "{look:?}");
    }
    let world = world();
    world.picture("picture");
    world.write("d/a", "1").unwrap();
    assert_eq!(world.list("", 1, 10, None).unwrap().entries.len(), 1, "the root alone does not show it");
    assert_eq!(world.number("SELECT count(*) FROM timer WHERE what = 'index'"), 1);
    world.copy("public", "copy").unwrap();
    assert_eq!(world.read(&place_for("picture").replacen("public", "copy", 1)).as_deref(), Ok("picture"));
}

#[test]
fn a_burst_is_written_once_and_within_two_seconds() {
    let world = world();
    world.watched.set(false);
    let start_ms = world.now_ms.get();
    for index in 0..100 {
        world.now_ms.set(start_ms + index);
        world.picture(&format!("picture {index}"));
        assert_eq!(world.ring(), Vec::<String>::new());
    }
    let changes = "SELECT count(*) FROM change WHERE path = 'public/media/index.json'";
    assert_eq!(world.number(changes), 0);
    world.now_ms.set(start_ms + 2000);
    world.ring();
    assert_eq!((world.number(changes), world.index().len()), (1, 100));
    let actors = world.number("SELECT count(*) FROM change WHERE actor IS NOT NULL");
    assert_eq!(actors, 0);
    // Nothing is left to do, and looking again writes nothing.
    world.settle(10_000);
    assert_eq!(world.number(changes), 1);
    world.check();
}

#[test]
fn the_list_has_no_versions_and_its_old_texts_are_freed() {
    let world = world();
    for content in ["one", "two", "three"] {
        world.picture(content);
        world.settle(2_000);
    }
    assert_eq!(world.index().len(), 3);
    world.sweep();
    assert_eq!((world.number("SELECT count(*) FROM past"), world.number("SELECT count(*) FROM blob")), (0, 4));
}

#[test]
fn an_item_that_goes_takes_its_place_along() {
    let world = world();
    let (one, other) = (world.picture("one"), world.picture("other"));
    assert_eq!(world.index().len(), 2);
    assert!(matches!(world.delete_media(&one.id), Ok(MediaDeleted { remove: Some(_) })), "nothing uses it");
    assert_eq!(world.index().len(), 1);
    assert!(!world.tree("").contains(&place_for("one")) && world.tree("").contains(&place_for("other")));
    world.delete_media(&other.id).unwrap();
    assert_eq!(world.index(), [] as [Value; 0]);
    world.settle(2 * HOUR_MS);
    world.settle(2 * HOUR_MS);
    assert_eq!(world.media_lying(), [] as [String; 0]);
}

#[test]
fn nothing_is_made_where_nothing_was_ever_public() {
    let world = world();
    world.write("a.png", "private").unwrap();
    let media = world.picture("picture");
    world.delete_media(&media.id).unwrap();
    world.settle(10_000);
    assert_eq!(world.tree(""), ["a.png"]);
}

#[test]
fn what_a_user_made_of_it_is_the_users() {
    let world = world();
    let media = world.picture("picture");
    world.index();
    // Moved away, it is a file like any other, and another one takes its place.
    world.mv(&place_for("picture"), "mine.png").unwrap();
    world.picture("other");
    assert_eq!(world.index().len(), 2);
    assert_eq!(world.read(&place_for("picture")).as_deref(), Ok("picture"));
    assert_eq!(world.uses_of(&media.id).paths, [super::path("mine.png")]);
    world.delete_media(&media.id).unwrap();
    world.settle(0);
    assert_eq!(world.read("mine.png").as_deref(), Ok("picture"));
    // Written over, both the list and a picture are left alone from then on.
    world.write(INDEX, "my own").unwrap();
    world.write(&place_for("other"), "my own too").unwrap();
    world.picture("third");
    world.settle(2_000);
    assert_eq!(
        (world.read(INDEX).unwrap(), world.read(&place_for("other")).unwrap()),
        ("my own".into(), "my own too".into())
    );
    assert!(matches!(world.delete(INDEX, false), Ok(Deleted::Trashed(_))));
    world.picture("fourth");
    let paths: Vec<Value> = world.index().iter().map(|item| item["path"].clone()).collect();
    assert_eq!(paths, [place_for("fourth").into(), place_for("third").into(), Value::Null]);
}

#[test]
fn a_file_in_the_way_and_a_full_workspace_are_left_as_they_are() {
    let world = world();
    world.write("public", "mine").unwrap();
    world.picture("picture");
    world.settle(2_000);
    assert_eq!((world.tree(""), world.read("public").as_deref()), (vec!["public".into()], Ok("mine")));
    let world = World::new(Limits { entries: 3, quota_bytes: 10, ..Limits::default() });
    world.picture("picture");
    world.settle(2_000);
    assert_eq!(world.tree(""), [] as [String; 0]);
}

#[test]
fn after_a_reset_what_is_public_is_laid_out_again() {
    let world = world();
    world.picture("picture");
    assert_eq!(world.index().len(), 1);
    world.reset().unwrap();
    assert_eq!(world.index().len(), 1);
    assert_eq!(world.read(&place_for("picture")).as_deref(), Ok("picture"));
}

#[test]
fn without_the_switch_there_is_no_folder() {
    let world = World::new(Limits { indexes_media: false, ..Limits::default() });
    world.ingest("picture", MediaScope::default(), MediaKind::Image);
    world.settle(10_000);
    assert_eq!(world.tree(""), [] as [String; 0]);
}

#[test]
fn the_list_ends_where_a_row_would() {
    let world = world();
    world.watched.set(false);
    // As many items as make more than 1 MiB of text: made by statements, since a test should take no minute.
    world.picture("picture");
    world.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
         INSERT INTO blob (id, hash, size, place, key)
         SELECT -i, unhex(printf('%064x', i)), 0, 2, 'media/home/' || hex(zeroblob(150)) || i || '.png' FROM n",
    );
    world.execute(
        "INSERT INTO media (id, public_id, blob, kind, mime, created_ms, is_public)
         SELECT -id, printf('%032x', -id), id, 'image', 'image/png', 1763720000000, 1 FROM blob WHERE id <= -1000",
    );
    let text = world.read(INDEX).unwrap();
    assert!(text.len() <= 1024 * 1024 && text.len() > 1024 * 1024 - 2000, "{}", text.len());
    assert!((1000..2000).contains(&world.index().len()));
}
