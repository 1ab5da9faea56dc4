//! The tables, and how an older database becomes a newer one.
//!
//! Each migration is a named function's worth of statements, applied in order, each in its own transaction together with
//! the number it brings `meta.schema` to. What is written here once is never edited: a change is a new migration.

use crate::call::Error;
use crate::sql::{Sql, atomically, only};

/// The directory that everything is in.
pub const ROOT: i64 = 1;
/// The directory of deleted entries. It is not in the root, so no listing and no path finds it by accident.
pub const TRASH: i64 = 2;
/// The parent of what was deleted for good and still has rows: no node. The alarm takes it apart. (The parent of the
/// two above is 0, no node either.)
pub const UNLINKED: i64 = -1;
/// The parent of what is on its way from one place to another, within one transaction: no node. Two entries can so change
/// places.
pub const PARKED: i64 = -2;

/// The statements of one migration, in order.
type Migration = &'static [&'static str];

/// All of them; the n-th brings a database to schema n.
const MIGRATIONS: &[Migration] = &[FIRST, MEDIA, HISTORY, RETENTION, PUBLISH, MIRROR, PLANT_TREES, UNDONE];

/// The whole of the data model, history included: a later migration could not invent what happened before it.
const FIRST: Migration = &[
    // Counters and switches: schema, epoch (how often everything was reset), rev (the last one given), entries (rows of
    // node but for the two fixed ones), stored_bytes and reserved_bytes (physical, for the quota), import (until what the bucket held before the
    // first opening has become entries), adopted (how far its bytes have been taken over), closed_ms (once the account is deleted).
    "CREATE TABLE meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    // Content by hash, once. place: 0 inline, 1 DATA, 2 MEDIA; state: 0 live, 1 doomed (its bytes wait for the end of
    // those who still read them). The id is the rev that brought it, so that none is ever used again. bytes comes last:
    // reading the other columns does not touch its pages.
    "CREATE TABLE blob (
        id INTEGER PRIMARY KEY, hash BLOB, size INTEGER NOT NULL, place INTEGER NOT NULL, key TEXT,
        state INTEGER NOT NULL DEFAULT 0, doomed_ms INTEGER, bytes BLOB
    ) STRICT",
    // Bytes that still lie under somebody else's key: their hash is not known until they are taken over.
    "CREATE INDEX blob_foreign ON blob (id) WHERE hash IS NULL",
    // What the alarm has to remove from the bucket.
    "CREATE INDEX blob_doomed ON blob (doomed_ms) WHERE state = 1",
    // A doomed blob is never found by its hash: new content of the same hash is kept anew.
    "CREATE UNIQUE INDEX blob_hash ON blob (hash) WHERE state = 0",
    // The tree as it is. id is the rev that made the node. kind: 0 directory, 1 file, 2 link (reserved). fold is the name
    // in lower case by Rust, since SQLite folds ASCII only. modified_ms is ours and strictly rising; mtime_ms is what a
    // client says. rev is the one since which place and content are as they are.
    "CREATE TABLE node (
        id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, kind INTEGER NOT NULL,
        mode INTEGER, blob INTEGER, size INTEGER NOT NULL DEFAULT 0, mime TEXT,
        created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, mtime_ms INTEGER,
        rev INTEGER NOT NULL, children_rev INTEGER NOT NULL
    ) STRICT",
    // One step of a path.
    "CREATE UNIQUE INDEX node_entry ON node (parent, name)",
    // A listing is a range of it, already in order.
    "CREATE INDEX node_listing ON node (parent, kind, fold, name)",
    // What has changed since a rev.
    "CREATE INDEX node_rev ON node (rev)",
    // Whether a blob is used.
    "CREATE INDEX node_blob ON node (blob) WHERE blob IS NOT NULL",
    // What a node was from from_rev until just before to_rev.
    "CREATE TABLE past (
        node INTEGER NOT NULL, from_rev INTEGER NOT NULL, to_rev INTEGER NOT NULL, parent INTEGER NOT NULL,
        name TEXT NOT NULL, kind INTEGER NOT NULL, mode INTEGER, blob INTEGER, size INTEGER NOT NULL, mime TEXT,
        modified_ms INTEGER NOT NULL, PRIMARY KEY (node, to_rev)
    ) STRICT, WITHOUT ROWID",
    // What retention may drop.
    "CREATE INDEX past_to ON past (to_rev)",
    // Whether a blob is used by history.
    "CREATE INDEX past_blob ON past (blob) WHERE blob IS NOT NULL",
    // The feed: one row a rev. The rows of one transaction share txn (its first rev) and follow each other.
    "CREATE TABLE change (
        rev INTEGER PRIMARY KEY, txn INTEGER NOT NULL, node INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
        from_path TEXT, actor TEXT, turn TEXT, at_ms INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX change_turn ON change (turn, rev) WHERE turn IS NOT NULL",
    "CREATE INDEX change_at ON change (at_ms)",
    // Where a deleted entry was, and until when it can come back. Its node hangs below TRASH.
    "CREATE TABLE trash (
        node INTEGER PRIMARY KEY, original_path TEXT NOT NULL, deleted_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX trash_order ON trash (deleted_ms, node)",
    "CREATE INDEX trash_expiry ON trash (expires_ms)",
    // A rev at a transaction's end, under a name.
    "CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, rev INTEGER NOT NULL, label TEXT, at_ms INTEGER NOT NULL) STRICT",
    "CREATE INDEX checkpoint_rev ON checkpoint (rev)",
    // When the alarm has to do what.
    "CREATE TABLE timer (what TEXT PRIMARY KEY, due_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    // A key that bytes are on their way to, announced before the first of them. Keys are random, so they identify.
    "CREATE TABLE upload (
        key TEXT PRIMARY KEY, place INTEGER NOT NULL, multipart_id TEXT,
        reserved_bytes INTEGER NOT NULL, expires_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX upload_expiry ON upload (expires_ms)",
    // Blobs that something has just let go of, for the sweep to look at: without this note it would have to compare all
    // blobs with all nodes each time.
    "CREATE TABLE dropped (blob INTEGER PRIMARY KEY) STRICT",
    "INSERT INTO meta (k, v) VALUES
        ('epoch', 1), ('rev', 2), ('entries', 0), ('stored_bytes', 0), ('reserved_bytes', 0), ('import', 1), ('schema', 0)",
    PLANT,
];

/// The ledger of media. `meta` gets `media_last` (the number of the newest item ever), and, once the index is written,
/// `media_index` and `media_index_blob` (its node, and the content that it was given), and `media_index_17` (the content of
/// node 17, which was the list before).
const MEDIA: Migration = &[
    // One row an item. blob: one item has the bytes, and no other. kind: image, audio, video, model. metadata, provenance:
    // JSON as it came. origin: where its address begins if no public domain is mapped. is_public: its bytes lie in MEDIA
    // for everybody who has its address. node: the file that the index has laid out for it.
    "CREATE TABLE media (
        id INTEGER PRIMARY KEY, public_id TEXT NOT NULL, blob INTEGER NOT NULL, kind TEXT NOT NULL, mime TEXT NOT NULL,
        filename TEXT, width INTEGER, height INTEGER, metadata TEXT, provenance TEXT, origin TEXT,
        created_ms INTEGER NOT NULL, is_public INTEGER NOT NULL, node INTEGER
    ) STRICT",
    "CREATE UNIQUE INDEX media_public_id ON media (public_id)",
    "CREATE UNIQUE INDEX media_blob ON media (blob)",
    // Whether a file is one that was laid out.
    "CREATE INDEX media_node ON media (node) WHERE node IS NOT NULL",
    // What the index lists, newest first.
    "CREATE INDEX media_public ON media (id) WHERE is_public = 1",
    // Where an item came up. An empty text is none, so that the key tells equal scopes.
    "CREATE TABLE media_scope (
        media INTEGER NOT NULL, desktop TEXT NOT NULL, app TEXT NOT NULL, thread TEXT NOT NULL, request TEXT NOT NULL,
        app_name TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (media, desktop, app, thread, request)
    ) STRICT, WITHOUT ROWID",
    // For each combination of desktop, app, thread and kind under which an item may be asked for, one row: so any of
    // these questions is one range, newest first, and its pages read what they answer.
    "CREATE TABLE media_facet (
        facet TEXT NOT NULL, created_ms INTEGER NOT NULL, media INTEGER NOT NULL, PRIMARY KEY (facet, created_ms, media)
    ) STRICT, WITHOUT ROWID",
    // Who is sending bytes to an announced key of MEDIA: several may, since it holds the hash of what they all send.
    "CREATE TABLE sender (
        id TEXT NOT NULL, key TEXT NOT NULL, reserved_bytes INTEGER NOT NULL, PRIMARY KEY (id, key)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX sender_key ON sender (key)",
    // Bytes that have to leave MEDIA: their item is gone, and files have them.
    "CREATE TABLE leaving (blob INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL) STRICT",
    // Which content lies under a key of MEDIA, and that it is one at the most.
    "CREATE UNIQUE INDEX blob_media ON blob (key) WHERE place = 2",
    "INSERT INTO meta (k, v) VALUES ('media_last', 0)",
];

/// What looking at the past and letting go of it take.
const HISTORY: Migration = &[
    // Which state was at a place at a rev: the one that ended first after it.
    "CREATE INDEX past_entry ON past (parent, name, to_rev)",
    // Which row an object of the bucket belongs to.
    "CREATE INDEX blob_key ON blob (key) WHERE key IS NOT NULL",
    // What was deleted for good and a checkpoint still has states of: once no checkpoint does, they go.
    "CREATE TABLE held (node INTEGER PRIMARY KEY) STRICT",
    // How many files there are, so that a count need not read them. Beside it, once retention has done something, stands
    // floor: no older rev is complete any more but those of checkpoints.
    "INSERT INTO meta (k, v) SELECT 'files', count(*) FROM node WHERE kind = 1",
];

/// What each kind of history needs to end by its own rule.
const RETENTION: Migration = &[
    // One row a turn, as long as one of its changes is within retention: the feed may have lost its first ones by then, and
    // who takes it back has to know. actor: of the last change. changes: those that the feed has lost included.
    "CREATE TABLE turn (
        turn TEXT PRIMARY KEY, actor TEXT, changes INTEGER NOT NULL, first_rev INTEGER NOT NULL, first_ms INTEGER NOT NULL,
        last_rev INTEGER NOT NULL, last_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE UNIQUE INDEX turn_last ON turn (last_rev)",
    "INSERT INTO turn (turn, actor, changes, first_rev, first_ms, last_rev, last_ms)
        SELECT change.turn, actor, changes, first_rev, first_ms, last_rev, at_ms FROM (
            SELECT turn, count(*) AS changes, min(rev) AS first_rev, min(at_ms) AS first_ms, max(rev) AS last_rev
              FROM change WHERE turn IS NOT NULL GROUP BY turn) JOIN change ON rev = last_rev",
    // When revs were made that the feed has lost to its length: the last of each hour. The states that ended then stay
    // until they are old enough.
    "CREATE TABLE passed (hour INTEGER PRIMARY KEY, rev INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT",
    // Whether a state of a file ended because the content did: such a state is the last of a version. A move ends none.
    "ALTER TABLE past ADD COLUMN ends_content INTEGER NOT NULL DEFAULT 0",
    "UPDATE past SET ends_content = 1 WHERE kind = 1 AND (blob IS NULL OR blob IS NOT (
        SELECT blob FROM (SELECT to_rev, blob FROM past newer WHERE newer.node = past.node AND newer.to_rev > past.to_rev
            UNION ALL SELECT 1 << 53, blob FROM node WHERE node.id = past.node) ORDER BY to_rev LIMIT 1))",
    // The versions of a file whose content is kept.
    "CREATE INDEX past_content ON past (node, to_rev) WHERE ends_content = 1 AND blob IS NOT NULL",
];

/// What reading one tree takes while it changes.
const PUBLISH: Migration = &[
    // A checkpoint with an end is a hold: its id is below zero, its label says what for, and no list shows it.
    "ALTER TABLE checkpoint ADD COLUMN until_ms INTEGER",
    // How many holds there have been, so that no number is used twice.
    "INSERT INTO meta (k, v) VALUES ('holds', 0)",
];

/// The bucket copy. `meta` gets `mirror_planned`: the rev up to which the feed has been looked at for it.
const MIRROR: Migration = &[
    // What lies in the copy, by its path; with a slash at the end, an object that a sandbox has left for a directory. etag
    // and size: as the bucket told them, nothing if it holds none of ours. hash: what it is, once that is known. blob: the
    // content that has its bytes nowhere else yet. state: 0 in the copy, 1 too long a path for a key, 2 changed there since.
    "CREATE TABLE mirror (
        path TEXT PRIMARY KEY, etag TEXT NOT NULL, size INTEGER NOT NULL, hash BLOB, blob INTEGER, state INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    // How many files are not in the copy, and why.
    "CREATE INDEX mirror_apart ON mirror (state) WHERE state > 0",
    // Paths at which the copy may be behind the tree. kind: 0 this path, 1 all that the copy has below it, 2 all that the tree has
    // there and below; at: how far that has come. rev: the first of the oldest transaction that is not in the copy for its sake.
    // waits_for: content that has to be taken over first. sent: the hashes of what may be on its way there, as JSON. tries:
    // how often that has failed.
    "CREATE TABLE mirror_plan (
        path TEXT NOT NULL, kind INTEGER NOT NULL, rev INTEGER NOT NULL, at TEXT NOT NULL DEFAULT '', waits_for INTEGER,
        sent TEXT, tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (path, kind)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX mirror_waiting ON mirror_plan (waits_for) WHERE waits_for IS NOT NULL",
    // What the first opening has found and not taken over yet lies where the copy has it.
    "INSERT OR IGNORE INTO mirror (path, etag, size, blob, state)
        SELECT substr(key, instr(key, '/workspace/') + 11), '', size, id, 0 FROM blob WHERE hash IS NULL",
    // Of a workspace that is older than its copy, nothing is known to be in there: 0 has everything looked at.
    "INSERT INTO meta (k, v) SELECT 'mirror_planned', iif(v = 2, v, 0) FROM meta WHERE k = 'rev'",
];

/// What planting a whole tree takes, and knowing later what was planted.
const PLANT_TREES: Migration = &[
    // Contents that have come and have no place yet. They are kept until the stage ends.
    "CREATE TABLE stage (id INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE staged (stage INTEGER NOT NULL, blob INTEGER NOT NULL, PRIMARY KEY (stage, blob)) STRICT, WITHOUT ROWID",
    // Whether a blob is on a stage.
    "CREATE INDEX staged_blob ON staged (blob)",
    // Where a directory comes from, one row for each time that it was planted: it belongs to the node, so it moves with it,
    // goes into the trash with it and comes back with it. stage: the one it was planted from. made: the nodes that were made for it elsewhere, as JSON.
    "CREATE TABLE planted (
        node INTEGER NOT NULL, stage INTEGER NOT NULL, kind INTEGER NOT NULL, item TEXT NOT NULL, version TEXT NOT NULL,
        note TEXT NOT NULL, made TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (node, stage)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX planted_item ON planted (item)",
    // What it consisted of then, by path below it. hash: of a file.
    "CREATE TABLE planted_entry (
        node INTEGER NOT NULL, stage INTEGER NOT NULL, path TEXT NOT NULL, hash BLOB, PRIMARY KEY (node, stage, path)
    ) STRICT, WITHOUT ROWID",
    // How many stages there have been, and how many contents have come to them: no number is used twice.
    "INSERT INTO meta (k, v) VALUES ('stages', 0), ('staged', 0)",
];

/// What of the turns has been taken back, so that everybody who looks at them knows the same.
const UNDONE: Migration = &[
    // Which turn it took back last, if it took one back. Of older turns nobody knows any more.
    "ALTER TABLE turn ADD COLUMN undoes TEXT",
    // Whether it has been taken back, and not been done again since.
    "ALTER TABLE turn ADD COLUMN is_undone INTEGER NOT NULL DEFAULT 0",
];

/// The two directories that are always there.
const PLANT: &str = "INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev)
    VALUES (1, 0, '', '', 0, ?1, ?1, 1, 1), (2, 0, '.trash', '.trash', 0, ?1, ?1, 2, 2)";

/// Makes the two directories of an empty tree.
pub fn plant(sql: &dyn Sql, now_ms: i64) -> Result<(), Error> {
    sql.query(PLANT, &[now_ms.into()])?;
    Ok(())
}

/// Brings the database to the newest schema. A database that is newer than this code stays untouched.
pub fn migrate(sql: &dyn Sql, now_ms: i64) -> Result<(), Error> {
    migrate_to(sql, MIGRATIONS, now_ms)
}

fn migrate_to(sql: &dyn Sql, migrations: &[Migration], now_ms: i64) -> Result<(), Error> {
    let found = version(sql)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for (schema, migration) in (1..).zip(migrations) {
        if schema <= found {
            continue;
        }
        atomically(sql, || {
            for statement in *migration {
                let params = if statement.contains("?1") { vec![now_ms.into()] } else { Vec::new() };
                sql.query(statement, &params)?;
            }
            sql.query("UPDATE meta SET v = ?1 WHERE k = 'schema'", &[i64::into(schema)])?;
            Ok::<_, Error>(())
        })?;
    }
    Ok(())
}

/// The schema that a database has; 0 for a new one. The platform may keep tables of its own beside ours.
fn version(sql: &dyn Sql) -> Result<i64, Error> {
    let tables = only(sql, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'", &[])?;
    if tables.int(0)? == 0 {
        return Ok(0);
    }
    Ok(only(sql, "SELECT v FROM meta WHERE k = 'schema'", &[])?.int(0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::native::NativeSql;

    fn tables(sql: &NativeSql) -> String {
        let rows = sql.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name", &[]).unwrap();
        rows.iter().map(|row| row.text(0).unwrap().to_owned() + "\n").collect()
    }

    #[test]
    fn every_older_version_becomes_the_same_newest_one() {
        let new = NativeSql::default();
        migrate(&new, 5).unwrap();
        for older in 0..=MIGRATIONS.len() {
            let sql = NativeSql::default();
            migrate_to(&sql, &MIGRATIONS[..older], 5).unwrap();
            assert_eq!(version(&sql), Ok(i64::try_from(older).unwrap()));
            migrate(&sql, 7).unwrap();
            migrate(&sql, 9).unwrap();
            assert_eq!(tables(&sql), tables(&new), "from schema {older}");
        }
    }

    #[test]
    fn a_migration_keeps_what_is_there_and_a_failed_one_leaves_nothing() {
        const NEXT: Migration = &["CREATE TABLE extra (id INTEGER)", "INSERT INTO extra VALUES (?1)"];
        const BROKEN: Migration = &["CREATE TABLE half (id INTEGER)", "INSERT INTO nowhere VALUES (1)"];
        let sql = NativeSql::default();
        migrate(&sql, 1).unwrap();
        sql.query("INSERT INTO node (id, parent, name, fold, kind, created_ms, modified_ms, rev, children_rev) VALUES (3, 1, 'a', 'a', 0, 1, 1, 3, 3)", &[]).unwrap();
        let before = tables(&sql);
        let with = |last: Migration| [MIGRATIONS, &[last]].concat();
        let known = i64::try_from(MIGRATIONS.len()).unwrap();
        assert!(migrate_to(&sql, &with(BROKEN), 2).is_err());
        assert_eq!((version(&sql), tables(&sql)), (Ok(known), before));
        migrate_to(&sql, &with(NEXT), 2).unwrap();
        assert_eq!(version(&sql), Ok(known + 1));
        assert_eq!(sql.query("SELECT id FROM node WHERE name = 'a'", &[]).unwrap().len(), 1);
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let sql = NativeSql::default();
        migrate(&sql, 1).unwrap();
        sql.query("UPDATE meta SET v = 999 WHERE k = 'schema'", &[]).unwrap();
        assert_eq!(
            migrate(&sql, 2),
            Err(Error::NewerSchema { found: 999, known: i64::try_from(MIGRATIONS.len()).unwrap() })
        );
        assert_eq!(version(&sql), Ok(999));
    }
}
