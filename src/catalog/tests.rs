//! The statements on plain SQLite, with the migrations that wrangler applies: what no route shows by itself.

use durable_objects::ids::{Sha256, UserId};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::change::withdraw;
use super::database::{Param, Statement};
use super::names::{Kind, LocalId, PublicId, Version, Visibility};
use super::publish::{Release, publish_statements};

/// A catalogue with two users.
fn catalogue() -> Connection {
    let catalogue = Connection::open_in_memory().unwrap();
    catalogue.pragma_update(None, "foreign_keys", true).unwrap();
    catalogue.execute_batch(include_str!("../../migrations/0001_catalog.sql")).unwrap();
    catalogue.execute_batch(include_str!("../../migrations/0002_attempts.sql")).unwrap();
    catalogue.execute_batch(include_str!("../../migrations/0003_parent.sql")).unwrap();
    catalogue
        .execute_batch("INSERT INTO users (id, handle, created_ms) VALUES ('user_a', 'ann', 1), ('user_b', 'bob', 1)")
        .unwrap();
    catalogue
}

/// Runs statements as D1 does: all or none.
fn run(catalogue: &mut Connection, statements: &[Statement]) -> rusqlite::Result<()> {
    let transaction = catalogue.transaction()?;
    for Statement { sql, params } in statements {
        let params = params.iter().map(|param| match param {
            Param::Null => Value::Null,
            Param::Int(number) => Value::Integer(*number),
            Param::Text(text) => Value::Text(text.clone()),
        });
        let mut prepared = transaction.prepare(sql)?;
        let mut rows = prepared.query(params_from_iter(params))?;
        while rows.next()?.is_some() {}
    }
    transaction.commit()
}

/// Announces a release and publishes it.
fn publish(catalogue: &mut Connection, release: &Release, now_ms: i64) -> rusqlite::Result<()> {
    let announce =
        "INSERT OR REPLACE INTO attempts (owner_id, kind, local_id, number, started_ms) VALUES (?1, 0, ?2, ?3, 1)";
    let number = release.version.number();
    catalogue.execute(announce, (release.owner.as_str(), release.local_id.as_str(), number)).unwrap();
    run(catalogue, &publish_statements(release, now_ms))
}

fn release(id: u8, version: &str) -> Release {
    Release {
        owner: UserId::parse("user_a").unwrap(),
        kind: Kind::App,
        local_id: LocalId::parse("notes").unwrap(),
        id: PublicId::parse(&format!("{id:032x}")).unwrap(),
        version: Version::parse(version).unwrap(),
        title: "Änderungen".to_owned(),
        icon: Some("📝".to_owned()),
        description: None,
        tags: Some(vec!["productivity".to_owned(), "two words".to_owned()]),
        visibility: None,
        size_bytes: 10,
        files: 2,
        bundle_hash: Sha256::new([1; 32]),
        content_hash: Sha256::new([2; 32]),
        manifest_hash: Sha256::new([3; 32]),
        deps_hash: None,
        has_package_json: true,
        has_lockfile: true,
        parent: None,
        file_hashes: vec![Sha256::new([4; 32]), Sha256::new([5; 32]), Sha256::new([4; 32])],
    }
}

/// The first column of a query, its rows joined.
fn ask(catalogue: &Connection, sql: &str) -> String {
    let mut prepared = catalogue.prepare(sql).unwrap();
    let rows = prepared.query_map([], |row| row.get::<_, Value>(0)).unwrap();
    let texts = rows.map(|value| match value.unwrap() {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Real(_) | Value::Blob(_) => "?".to_owned(),
    });
    texts.collect::<Vec<_>>().join(" ")
}

const SHOWN: &str = "SELECT id || ' ' || title || ' ' || fold || ' ' || coalesce(icon, '-') || ' ' || tags || ' ' || visibility || ' ' || current
      || ' ' || created_ms || ' ' || updated_ms FROM published";

#[test]
fn a_release_is_all_that_is_said_of_it() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    assert_eq!(
        ask(&catalogue, SHOWN),
        r#"00000000000000000000000000000001 Änderungen änderungen 📝 ["productivity","two words"] 0 10000000000 100 100"#
    );
    assert_eq!(
        ask(&catalogue, "SELECT lower(hex(hash)) FROM version_files"),
        format!("{} {}", "04".repeat(32), "05".repeat(32))
    );
    assert_eq!(ask(&catalogue, "SELECT artifacts FROM versions"), "3");
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('anderungen')"), "1");
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('ann')"), "1");
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('scope:everyone')"), "1");
}

#[test]
fn what_a_later_release_does_not_say_stays_and_the_highest_version_is_offered() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    catalogue.execute("UPDATE published SET visibility = 1", []).unwrap();
    let later = Release { title: "Notes".to_owned(), icon: None, tags: None, ..release(2, "0.9.0") };
    publish(&mut catalogue, &later, 200).unwrap();
    assert_eq!(
        ask(&catalogue, SHOWN),
        r#"00000000000000000000000000000001 Notes notes 📝 ["productivity","two words"] 1 10000000000 100 200"#
    );
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('scope:everyone')"), "");
    let public = Release { visibility: Some(Visibility::Public), ..release(2, "1.0.1") };
    publish(&mut catalogue, &public, 300).unwrap();
    assert_eq!(ask(&catalogue, "SELECT current FROM published WHERE visibility = 0"), "10000000001");
}

#[test]
fn an_empty_icon_or_description_is_none() {
    let mut catalogue = catalogue();
    let said = "SELECT coalesce(icon, '-') || coalesce(description, '-') FROM published";
    let empty = |number, version| Release {
        icon: Some(String::new()),
        description: Some(String::new()),
        ..release(number, version)
    };
    publish(&mut catalogue, &empty(1, "1.0.0"), 100).unwrap();
    assert_eq!(ask(&catalogue, said), "--");
    publish(&mut catalogue, &Release { description: Some("d".to_owned()), ..release(1, "1.0.1") }, 200).unwrap();
    assert_eq!(ask(&catalogue, said), "📝d");
    publish(&mut catalogue, &empty(1, "1.0.2"), 300).unwrap();
    assert_eq!(ask(&catalogue, said), "--");
}

#[test]
fn what_it_was_made_from_stays_and_is_never_the_thing_itself() {
    let mut catalogue = catalogue();
    let from = |id: u8, version, parent: Option<u8>| Release {
        parent: parent.map(|parent| format!("{parent:032x}")),
        ..release(id, version)
    };
    let parent = "SELECT coalesce(parent, '-') FROM published";
    for (version, named, then) in
        [("1.0.0", None, None), ("1.0.1", Some(1), None), ("1.0.2", Some(7), Some(7)), ("1.0.3", Some(8), Some(7))]
    {
        publish(&mut catalogue, &from(1, version, named), 100).unwrap();
        assert_eq!(ask(&catalogue, parent), then.map_or("-".to_owned(), |then| format!("{then:032x}")), "{version}");
    }
}

#[test]
fn a_version_that_is_there_fails_the_whole_release() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    let before = ask(&catalogue, SHOWN);
    let again = Release { title: "Other".to_owned(), file_hashes: vec![Sha256::new([9; 32])], ..release(2, "1.0.0") };
    publish(&mut catalogue, &again, 200).unwrap_err();
    assert_eq!(ask(&catalogue, SHOWN), before);
    assert_eq!(ask(&catalogue, "SELECT count(*) FROM version_files"), "2");
}

#[test]
fn what_was_taken_back_comes_again_under_another_id_with_its_numbers_taken() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    let other = Release { local_id: LocalId::parse("other").unwrap(), ..release(9, "1.0.0") };
    publish(&mut catalogue, &other, 100).unwrap();
    catalogue.execute("INSERT INTO stars VALUES (1, 'user_b', 1), (2, 'user_b', 1)", []).unwrap();
    run(&mut catalogue, &withdraw("user_a", Some(1), 200)).unwrap();
    let state = "SELECT coalesce(current, '-') || ' ' || stars || ' ' || coalesce(removed_ms, '-') || ' ' || title FROM published";
    assert_eq!(ask(&catalogue, state), "- 0 200  10000000000 1 - Änderungen");
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('scope:everyone')"), "2");
    // Neither the same number nor the old id, and nothing of what was said before.
    publish(&mut catalogue, &release(2, "1.0.0"), 300).unwrap_err();
    let again = Release { icon: None, tags: None, ..release(2, "1.0.1") };
    publish(&mut catalogue, &again, 300).unwrap();
    assert_eq!(
        ask(&catalogue, &format!("{SHOWN} WHERE seq = 1")),
        "00000000000000000000000000000002 Änderungen änderungen - [] 0 10000000001 300 300"
    );
    assert_eq!(ask(&catalogue, "SELECT number FROM versions WHERE item = 1 AND removed_ms IS NULL"), "10000000001");
    // An owner who goes takes everything back.
    run(&mut catalogue, &withdraw("user_a", None, 400)).unwrap();
    assert_eq!(ask(&catalogue, "SELECT count(*) FROM published WHERE removed_ms IS NULL"), "0");
    assert_eq!(ask(&catalogue, "SELECT count(*) FROM search"), "0");
}

#[test]
fn a_release_is_announced_and_its_bytes_are_not_being_removed() {
    let mut catalogue = catalogue();
    run(&mut catalogue, &publish_statements(&release(1, "1.0.0"), 100)).unwrap_err();
    assert_eq!(ask(&catalogue, "SELECT count(*) FROM published"), "0");
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    assert_eq!(ask(&catalogue, "SELECT count(*) FROM attempts"), "0", "what is there is not under way");
    let before = ask(&catalogue, SHOWN);
    catalogue.execute("INSERT INTO attempts VALUES ('user_a', 0, 'notes', 10000000001, 1, 2)", []).unwrap();
    let removed = Release { title: "Other".to_owned(), ..release(1, "1.0.1") };
    run(&mut catalogue, &publish_statements(&removed, 200)).unwrap_err();
    assert_eq!(ask(&catalogue, SHOWN), before);
}

#[test]
fn nobody_publishes_whose_account_is_being_deleted() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    catalogue.execute("UPDATE users SET closed_ms = 5, handle = NULL WHERE id = 'user_a'", []).unwrap();
    run(&mut catalogue, &withdraw("user_a", None, 200)).unwrap();
    publish(&mut catalogue, &release(2, "1.0.1"), 300).unwrap();
    assert_eq!(ask(&catalogue, "SELECT number FROM versions"), "10000000000");
    assert_eq!(ask(&catalogue, "SELECT number FROM attempts"), "10000000001", "its bytes are found by the clock");
}

#[test]
fn nobody_publishes_whose_account_is_gone() {
    let mut catalogue = catalogue();
    catalogue.execute("UPDATE users SET closed_ms = 5, handle = NULL WHERE id = 'user_a'", []).unwrap();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    for table in ["published", "versions", "version_files", "search"] {
        assert_eq!(ask(&catalogue, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
}

#[test]
fn counters_follow_their_rows() {
    let mut catalogue = catalogue();
    publish(&mut catalogue, &release(1, "1.0.0"), 100).unwrap();
    let counts = "SELECT stars || '-' || installs || '-' || visits || '-' || forks || '-' || popularity FROM published";
    catalogue
        .execute_batch(
            "INSERT INTO stars VALUES (1, 'user_a', 1), (1, 'user_b', 1);
             INSERT INTO installs VALUES (1, 'user_b', 1, 'notes', 1);
             INSERT INTO visits VALUES (1, 1, 'x'), (1, 1, 'y'), (2, 1, 'x');",
        )
        .unwrap();
    assert_eq!(ask(&catalogue, counts), "2-1-3-0-6");
    catalogue
        .execute_batch("DELETE FROM stars WHERE user_id = 'user_b'; DELETE FROM visits; DELETE FROM installs;")
        .unwrap();
    assert_eq!(ask(&catalogue, counts), "1-0-3-0-4");
    catalogue.execute("UPDATE users SET handle = 'zoe' WHERE id = 'user_a'", []).unwrap();
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('zoe')"), "1");
    assert_eq!(ask(&catalogue, "SELECT rowid FROM search('ann')"), "");
    catalogue.execute("DELETE FROM published", []).unwrap();
    for table in ["stars", "versions", "version_files", "search"] {
        assert_eq!(ask(&catalogue, &format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
}
