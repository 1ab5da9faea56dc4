//! Every change of the ledger, stopped at each of its statements: nothing has changed then, and it works the next time.

use super::super::{Adopted, Leaving, bring_home, media, settle_leaving, txn};
use super::faults::stopped_everywhere;
use super::media_world::{key_for, scope};
use super::{World, hash};
use crate::call::{AbandonMedia, DeleteMedia, Error, KeepMedia, MediaKind, MediaRemoved, MediaScope};
use crate::ids::MediaId;

fn id(number: u8) -> MediaId {
    MediaId::new([number; 16])
}

/// Two ingests are under way, with bytes put; a file and a private item have the bytes of one of them.
fn on_way(world: &World) {
    world.inline_max_bytes.set(4);
    world.write("a.png", "picture").unwrap();
    world.put(&world.reserve_media(&id(1), "picture"), "picture");
    world.put(&world.reserve_media(&id(2), "other"), "other");
    world.now_ms.set(world.now_ms.get() + 10);
}

/// Items: of bytes that a file has, of bytes that nothing has, and of bytes that somebody sends again.
fn kept(world: &World) {
    on_way(world);
    world.keep_media(&id(1), &key_for("picture"), "picture").unwrap();
    world.keep_media(&id(2), &key_for("other"), "other").unwrap();
    world.now_ms.set(world.now_ms.get() + 10);
}

fn deleted(world: &World) {
    kept(world);
    for number in [1, 2] {
        // The first has the id of the private item that it was before.
        let id = if number == 1 { world.ledger()[1].id.clone() } else { id(2) };
        world.delete_media(&id).unwrap();
    }
}

fn removed(world: &World) {
    deleted(world);
    world.bucket.borrow_mut().remove(&key_for("other"));
}

fn first_item(world: &World) -> MediaId {
    let rows = world.sql.connection.query_row("SELECT public_id FROM media WHERE id = 1", [], |row| row.get(0));
    MediaId::parse(&rows.unwrap_or_else(|_| String::new())).unwrap()
}

fn call<C: crate::call::Call + Clone>(world: &World, call: C) -> Result<(), Error> {
    world.send(call, None).map(drop)
}

fn keep(number: u8, content: &str) -> KeepMedia {
    World::keep_call(&id(number), &key_for(content), content, scope("d", "a", "t"))
}

fn leaving(content: &str) -> Leaving {
    // The first content of these worlds is that of a file, whose id is the rev that brought it.
    Leaving { blob: 3, key: key_for(content) }
}

#[test]
fn announcing_keeping_and_abandoning() {
    stopped_everywhere("announce", on_way, |world| world.announce_media(&id(3), "new").map(drop));
    stopped_everywhere("announce again", on_way, |world| world.announce_media(&id(3), "other").map(drop));
    stopped_everywhere("announce what is known", kept, |world| {
        world.announce_media_of(&id(3), "other", scope("d", "a", "t")).map(drop)
    });
    stopped_everywhere("keep new bytes", on_way, |world| call(world, keep(2, "other")));
    stopped_everywhere("keep the bytes of a file", on_way, |world| call(world, keep(1, "picture")));
    stopped_everywhere("share", on_way, |world| {
        call(world, KeepMedia { share_of: Some(first_item(world)), ..keep(1, "picture") })
    });
    stopped_everywhere("abandon", on_way, |world| call(world, AbandonMedia { id: id(2) }));
}

#[test]
fn noticing_and_forgetting() {
    fn plain(world: &World) {
        world.write("plain", "picture").unwrap();
    }
    fn dropped(world: &World) {
        world.write("a.png", "picture").unwrap();
        world.delete("a.png", true).unwrap();
        world.settle(100);
        world.now_ms.set(world.now_ms.get() + 5_000);
    }
    fn nothing(_: &World) {}
    stopped_everywhere("write a picture", nothing, |world| world.write("a.png", "1").map(drop));
    stopped_everywhere("name a picture", plain, |world| world.mv("plain", "a.png").map(drop));
    stopped_everywhere("sweep a picture", dropped, |world| txn::mutate(&world.context(), super::super::blobs::sweep));
}

#[test]
fn deleting_and_coming_home() {
    stopped_everywhere("delete what nothing uses", kept, |world| call(world, DeleteMedia { id: id(2) }));
    stopped_everywhere("delete what a file has", kept, |world| call(world, DeleteMedia { id: first_item(world) }));
    stopped_everywhere("confirm", removed, |world| call(world, MediaRemoved { key: key_for("other") }));
    stopped_everywhere("bring few bytes home", deleted, |world| {
        let home = Adopted::Small { etag: String::new(), hash: hash(b"picture"), bytes: b"picture".to_vec() };
        bring_home(&world.context(), &leaving("picture"), &home)
    });
    stopped_everywhere("put off", deleted, |world| settle_leaving(&world.context(), &[3]));
    stopped_everywhere("reset", deleted, |world| world.reset().map(drop));
    stopped_everywhere("close", kept, |world| world.close().map(drop));
}

#[test]
fn laying_out() {
    fn laid_out(world: &World) {
        kept(world);
        world.settle(2_000);
    }
    stopped_everywhere("lay out", kept, |world| txn::mutate(&world.context(), media::render));
    stopped_everywhere("take back", laid_out, |world| call(world, DeleteMedia { id: id(2) }));
    stopped_everywhere(
        "lay out less",
        |world| {
            laid_out(world);
            world.delete_media(&id(2)).unwrap();
            world.ingest("more", MediaScope::default(), MediaKind::Audio);
        },
        |world| txn::mutate(&world.context(), media::render),
    );
}
