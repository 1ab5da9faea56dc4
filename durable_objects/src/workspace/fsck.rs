//! The verifier's half of the object: what its rows say, and the few repairs that are certain.

use serde_json::json;

use crate::call::{
    CheckRules, ContentRead, Contents, DisownObjects, Disowned, Error, ListContents, ListOwners, Owner, Owners,
    ReadContent, RulesChecked, Store, StoredContent,
};
use crate::ids::Sha256;
use crate::sql::{Bytes, Row, Sql, SqlError, Value, first};

use super::media::MEDIA;
use super::rules::{RULES, Rule, Subject};
use super::timer::{self, Timer};
use super::tree;
use super::txn::Tx;
use super::uploads::{self, DATA};

/// How many rules one call looks at: each reads whole tables.
const RULES_AT_ONCE: usize = 6;
/// How many breaches of one rule are named.
const BREACHES_MAX: usize = 20;
/// How many owners one page has.
const OWNERS_MAX: i64 = 1000;

/// Looks at some rules.
pub fn check(sql: &dyn Sql, call: &CheckRules) -> Result<RulesChecked, Error> {
    let mut problems = Vec::new();
    let rules = RULES.iter().skip(call.first).take(RULES_AT_ONCE);
    let checked = rules.len();
    for Rule { holds, subject, breaches } in rules {
        let rows = sql.query(&format!("{breaches} LIMIT {}", BREACHES_MAX + 1), &[])?;
        for row in rows.iter().take(BREACHES_MAX) {
            problems.push(format!("It does not hold that {holds}: {}", named(sql, *subject, row)?));
        }
        if rows.len() > BREACHES_MAX {
            problems.push(format!("It does not hold that {holds}: and more"));
        }
    }
    let next = call.first + checked;
    Ok(RulesChecked { problems, repaired: Vec::new(), checked, next: (next < RULES.len()).then_some(next) })
}

/// What a breach is about, in words.
fn named(sql: &dyn Sql, subject: Subject, row: &Row) -> Result<String, Error> {
    let value = match row.0.first() {
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Null | Value::Bytes(_)) | None => "?".to_owned(),
    };
    Ok(match subject {
        Subject::Entry => {
            let node = value.parse().unwrap_or(0);
            match tree::path_of(sql, node)? {
                Some(path) => format!("the entry {value} at {:?}", path.as_str()),
                None => format!("the entry {value}"),
            }
        }
        Subject::Content => format!("the content {value}"),
        Subject::Rev => format!("the revision {value}"),
        Subject::Key => format!("the key {value}"),
        Subject::Item => format!("the media item {value}"),
        Subject::Task => format!("the task {value}"),
        Subject::Number => format!("it says {value}"),
    })
}

/// Puts right what is certain, then looks at some rules. Nothing is guessed: sums are added up anew, every task is set to
/// look now, and content that nothing uses is noted for the sweep, which looks itself.
pub fn repair(tx: &Tx<'_>, call: &CheckRules) -> Result<RulesChecked, Error> {
    const SUMS: [(&str, &str); 4] = [
        ("entries", "SELECT count(*) - 2 FROM node"),
        ("files", "SELECT count(*) FROM node WHERE kind = 1"),
        ("stored_bytes", "SELECT coalesce(sum(size), 0) FROM blob WHERE hash IS NOT NULL"),
        (
            "reserved_bytes",
            "SELECT coalesce(sum(reserved_bytes), 0) FROM (SELECT reserved_bytes FROM upload
                UNION ALL SELECT reserved_bytes FROM sender)",
        ),
    ];
    const UNUSED: &str = "INSERT OR IGNORE INTO dropped (blob) SELECT id FROM blob WHERE state = 0
        AND NOT EXISTS (SELECT 1 FROM node WHERE node.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM past WHERE past.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM media WHERE media.blob = blob.id)
        AND NOT EXISTS (SELECT 1 FROM staged WHERE staged.blob = blob.id) RETURNING blob";
    let mut repaired = Vec::new();
    if call.first == 0 {
        for (name, sum) in SUMS {
            let put_right = format!("UPDATE meta SET v = ({sum}) WHERE k = ?1 AND v <> ({sum}) RETURNING v");
            if let Some(row) = first(tx.sql, &put_right, &[name.into()])? {
                repaired.push(format!("{name} is {} again", row.int(0)?));
            }
        }
        for row in tx.sql.query(UNUSED, &[])? {
            repaired.push(format!("the content {} is used by nothing and goes", row.int(0)?));
        }
        for task in [
            Timer::Unlink,
            Timer::Sweep,
            Timer::Expire,
            Timer::Prune,
            Timer::Remove,
            Timer::Uploads,
            Timer::Home,
            Timer::Mirror,
        ] {
            timer::arm(tx.sql, task, timer::AT_ONCE)?;
        }
    }
    Ok(RulesChecked { repaired, ..check(tx.sql, call)? })
}

/// A bucket as it stands in a row.
const fn place(store: Store) -> i64 {
    match store {
        Store::Data => DATA,
        Store::Media => MEDIA,
    }
}

/// A page of who owns what.
pub fn owners(sql: &dyn Sql, call: &ListOwners) -> Result<Owners, Error> {
    const PAGE: &str = "SELECT key, CASE state WHEN 0 THEN size END FROM blob INDEXED BY blob_key
          WHERE key IS NOT NULL AND key > ?1 AND key <= ?2 AND place = ?3
        UNION ALL SELECT key, NULL FROM upload WHERE key > ?1 AND key <= ?2 AND place = ?3
        ORDER BY key LIMIT ?4";
    let bounds = [(&call.after).into(), (&call.until).into(), place(call.store).into(), OWNERS_MAX.into()];
    let rows = sql.query(PAGE, &bounds)?;
    let owners = rows.iter().map(|row| {
        let size_bytes = row.int_or_null(1)?.map(i64::unsigned_abs);
        Ok(Owner { key: row.text(0)?.to_owned(), size_bytes })
    });
    let owners: Vec<Owner> = owners.collect::<Result<_, SqlError>>()?;
    let is_cut = owners.len() >= usize::try_from(OWNERS_MAX).unwrap_or(usize::MAX);
    let until = owners.last().filter(|_| is_cut).map(|owner| owner.key.clone());
    Ok(Owners { owners, until })
}

/// Has the alarm remove objects that nobody owns.
pub fn disown(tx: &Tx<'_>, call: &DisownObjects) -> Result<Disowned, Error> {
    const NOTE: &str = "INSERT INTO upload (key, place, reserved_bytes, expires_ms)
        SELECT value, ?2, 0, ?3 FROM json_each(?1)
         WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.key = value)
           AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.key = value) RETURNING key";
    let keys = json!(call.keys).to_string();
    let rows = tx.sql.query(NOTE, &[(&keys).into(), place(call.store).into(), uploads::GIVEN_UP.into()])?;
    timer::arm(tx.sql, Timer::Uploads, timer::AT_ONCE)?;
    Ok(Disowned { keys: rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()? })
}

/// A page of contents. Those that lie under somebody else's key have no hash yet.
pub fn contents(sql: &dyn Sql, call: &ListContents) -> Result<Contents, Error> {
    const PAGE: &str = "SELECT id, hex(hash), size, key, place FROM blob
        WHERE id > ?1 AND state = 0 AND hash IS NOT NULL ORDER BY id LIMIT ?2";
    let limit = i64::try_from(call.limit).unwrap_or(i64::MAX);
    let rows = sql.query(PAGE, &[call.after.into(), limit.into()])?;
    let contents = rows.iter().map(|row| {
        let hash = Sha256::from_hex(row.text(1)?).ok_or_else(|| SqlError("a hash that is none".to_owned()))?;
        let store = if row.int(4)? == MEDIA { Store::Media } else { Store::Data };
        let key = row.text_or_null(3)?.map(|key| (store, key.to_owned()));
        Ok(StoredContent { id: row.int(0)?, hash, size_bytes: row.count(2)?, key })
    });
    Ok(Contents { contents: contents.collect::<Result<_, SqlError>>()? })
}

/// The bytes of one.
pub fn read(sql: &dyn Sql, call: &ReadContent) -> Result<(ContentRead, Option<Bytes>), Error> {
    let row = first(sql, "SELECT bytes FROM blob WHERE id = ?1 AND bytes IS NOT NULL", &[call.id.into()])?;
    let bytes = row.map(|row| row.into_bytes(0)).transpose()?;
    Ok((ContentRead { is_there: bytes.is_some() }, bytes))
}
