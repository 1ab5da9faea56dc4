//! What a test may know of the database: all of it, the tree now and at any earlier time, and what must always hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Row, Sql, Value};

use super::super::schema::{ROOT, TRASH};
use super::World;

/// A tree: what is at each path, `None` for a directory, a file's content by its hash. The trash is below `.trash`.
pub type Shape = BTreeMap<String, Option<String>>;

/// A file's content `b`: by its hash, and while that is not known by the blob itself.
const CONTENT: &str = "CASE WHEN b.hash IS NULL THEN 'foreign ' || b.id ELSE hex(b.hash) END";

/// A node as it was: parent, name, kind and, of a file, the content.
type State = (i64, String, i64, Option<String>);

/// Of which no time may be compared between two runs: when something happened, or will.
const TIMES: [&str; 7] = ["created_ms", "modified_ms", "at_ms", "deleted_ms", "doomed_ms", "expires_ms", "due_ms"];

/// What must always hold, each with a statement that answers its breaches. Node 1 is the root, 2 the trash, and what is
/// deleted for good hangs below -1.
const INVARIANTS: [(&str, &str); 29] = [
    (
        "a node hangs in a directory",
        "SELECT id FROM node n WHERE id > 2 AND parent <> -1
            AND NOT EXISTS (SELECT 1 FROM node d WHERE d.id = n.parent AND d.kind = 0)",
    ),
    ("the root and the trash stay", "SELECT count(*) FROM node WHERE parent = 0 HAVING count(*) <> 2"),
    (
        "no rev is ahead of the counter",
        "SELECT n.id FROM node n, meta m WHERE m.k = 'rev' AND max(n.id, n.rev, n.children_rev) > m.v",
    ),
    ("a node is not older than itself", "SELECT id FROM node WHERE id > rev OR created_ms > modified_ms"),
    (
        "a rev has a row of the feed, but for those that retention dropped",
        "SELECT rev FROM change c WHERE rev <> (SELECT v FROM meta WHERE k = 'rev')
            AND NOT EXISTS (SELECT 1 FROM change d WHERE d.rev = c.rev + 1)",
    ),
    (
        "a transaction is named by its first row, and is later than any before",
        "SELECT c.rev FROM change c JOIN change d ON d.rev = c.rev - 1
          WHERE CASE c.txn WHEN c.rev THEN d.at_ms >= c.at_ms ELSE d.txn <> c.txn OR d.at_ms <> c.at_ms END",
    ),
    (
        "content that is used is there",
        "SELECT blob FROM (SELECT blob FROM node UNION SELECT blob FROM past)
          WHERE blob IS NOT NULL AND blob NOT IN (SELECT id FROM blob)",
    ),
    (
        "content that is not used is noted for the sweep, or doomed",
        "SELECT id FROM blob WHERE state = 0 AND id NOT IN (SELECT blob FROM node WHERE blob IS NOT NULL
            UNION SELECT blob FROM past WHERE blob IS NOT NULL UNION SELECT blob FROM dropped UNION SELECT blob FROM media)",
    ),
    (
        "a file has the size of its content",
        "SELECT n.id FROM node n JOIN blob b ON b.id = n.blob WHERE n.size <> b.size
            UNION ALL SELECT p.node FROM past p JOIN blob b ON b.id = p.blob WHERE p.size <> b.size
            UNION ALL SELECT id FROM blob WHERE size <> length(bytes)",
    ),
    (
        "bytes are in the row, or in the bucket and their key is in the row",
        "SELECT id FROM blob WHERE CASE place WHEN 0 THEN bytes IS NULL OR key IS NOT NULL OR hash IS NULL
            ELSE bytes IS NOT NULL OR key IS NULL END",
    ),
    (
        "only bytes of ours in the bucket are doomed, and nothing uses them",
        "SELECT id FROM blob WHERE (state = 1) <> (doomed_ms IS NOT NULL)
            OR (state = 1 AND (place = 0 OR hash IS NULL OR id IN (SELECT blob FROM node WHERE blob IS NOT NULL
                UNION SELECT blob FROM past WHERE blob IS NOT NULL UNION SELECT blob FROM media)))",
    ),
    (
        "a key is announced or belongs to content, and only once, but for one that is kept while others still send there",
        "SELECT key FROM (SELECT key FROM upload WHERE NOT EXISTS (SELECT 1 FROM blob b JOIN sender s ON s.key = b.key
            WHERE b.key = upload.key AND b.place = 2 AND b.state = 0) UNION ALL SELECT key FROM blob WHERE key IS NOT NULL)
          GROUP BY key HAVING count(*) > 1",
    ),
    (
        "stored bytes are counted until they are gone, and somebody else's are not",
        "SELECT v FROM meta WHERE k = 'stored_bytes'
            AND v <> (SELECT coalesce(sum(size), 0) FROM blob WHERE hash IS NOT NULL)",
    ),
    (
        "bytes that may come are counted",
        "SELECT v FROM meta WHERE k = 'reserved_bytes'
            AND v <> (SELECT coalesce(sum(reserved_bytes), 0) FROM (SELECT reserved_bytes FROM upload
                UNION ALL SELECT reserved_bytes FROM sender))",
    ),
    (
        "what waits to be removed or taken over has its task",
        "SELECT 'remove' WHERE EXISTS (SELECT 1 FROM blob WHERE state = 1) AND 'remove' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'uploads' WHERE EXISTS (SELECT 1 FROM upload)
                AND 'uploads' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'adopt' WHERE EXISTS (SELECT 1 FROM blob WHERE hash IS NULL)
                AND NOT EXISTS (SELECT 1 FROM meta WHERE k = 'import') AND 'adopt' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'home' WHERE EXISTS (SELECT 1 FROM leaving) AND 'home' NOT IN (SELECT what FROM timer)",
    ),
    (
        "who sends something has an announced key, which is not condemned",
        "SELECT s.key FROM sender s WHERE NOT EXISTS (SELECT 1 FROM upload u WHERE u.key = s.key AND u.expires_ms > 0)
            OR EXISTS (SELECT 1 FROM blob b WHERE b.key = s.key AND b.state = 1)",
    ),
    (
        "an announced key of media has a sender, or is given up",
        "SELECT key FROM upload WHERE place = 2 AND expires_ms > 0 AND key NOT IN (SELECT key FROM sender)",
    ),
    (
        "an item has live content, and a public one has it in the bucket of media",
        "SELECT i.id FROM media i LEFT JOIN blob b ON b.id = i.blob
          WHERE b.id IS NULL OR b.state = 1 OR b.hash IS NULL OR i.is_public <> (b.place = 2)",
    ),
    (
        "an item is in the lists of its scopes and in no others, and has one",
        "SELECT id FROM media WHERE id NOT IN (SELECT media FROM media_scope)
            UNION ALL SELECT media FROM media_scope WHERE media NOT IN (SELECT id FROM media)
            UNION ALL SELECT f.media FROM media_facet f LEFT JOIN media i ON i.id = f.media WHERE NOT EXISTS (
                SELECT 1 FROM media_scope s WHERE s.media = i.id AND i.created_ms = f.created_ms
                    AND f.facet ->> 0 IN ('', s.desktop) AND f.facet ->> 1 IN ('', s.app)
                    AND f.facet ->> 2 IN ('', s.thread) AND f.facet ->> 3 IN ('', i.kind))
            UNION ALL SELECT s.media FROM media_scope s JOIN media i ON i.id = s.media WHERE NOT EXISTS (
                SELECT 1 FROM media_facet f WHERE f.media = i.id
                    AND f.facet = json_array(s.desktop, s.app, s.thread, i.kind))",
    ),
    (
        "content in the bucket of media is an item's, or leaves",
        "SELECT id FROM blob WHERE place = 2 AND state = 0 AND id NOT IN (SELECT blob FROM media)
            AND id NOT IN (SELECT blob FROM leaving) AND id NOT IN (SELECT blob FROM dropped)",
    ),
    ("entries are counted", "SELECT v FROM meta WHERE k = 'entries' AND v <> (SELECT count(*) - 2 FROM node)"),
    (
        "a state ends after it began and not after the next one began",
        "SELECT p.node FROM past p WHERE from_rev >= to_rev
            OR EXISTS (SELECT 1 FROM past q WHERE q.node = p.node AND q.to_rev > p.to_rev AND q.from_rev < p.to_rev)
            OR EXISTS (SELECT 1 FROM node n WHERE n.id = p.node AND p.to_rev > n.rev)",
    ),
    ("files are counted", "SELECT v FROM meta WHERE k = 'files' AND v <> (SELECT count(*) FROM node WHERE kind = 1)"),
    (
        "a place has one entry at a time",
        "SELECT p.node FROM past p JOIN past q ON q.parent = p.parent AND q.name = p.name AND q.node <> p.node
          WHERE q.from_rev < p.to_rev AND p.from_rev < q.to_rev
            UNION ALL SELECT p.node FROM past p JOIN node n ON n.parent = p.parent AND n.name = p.name
          WHERE n.id <> p.node AND n.rev < p.to_rev",
    ),
    (
        "what is held for a checkpoint is not there",
        "SELECT node FROM held WHERE node IN (SELECT id FROM node WHERE parent <> -1)",
    ),
    (
        "what is in the trash has its row there",
        "SELECT id FROM node WHERE parent = 2 AND id NOT IN (SELECT node FROM trash)
            UNION ALL SELECT node FROM trash WHERE node NOT IN (SELECT id FROM node WHERE parent = 2)",
    ),
    (
        "a directory knows of its entries' changes",
        "SELECT n.id FROM node n JOIN node d ON d.id = n.parent WHERE n.rev > d.children_rev",
    ),
    (
        "what waits for the alarm has its task",
        "SELECT 'sweep' WHERE EXISTS (SELECT 1 FROM dropped) AND 'sweep' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'unlink' WHERE EXISTS (SELECT 1 FROM node WHERE parent = -1)
                AND 'unlink' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'expire' WHERE EXISTS (SELECT 1 FROM trash) AND 'expire' NOT IN (SELECT what FROM timer)",
    ),
    (
        "what retention will drop has its task",
        "SELECT p.node FROM past p WHERE 'prune' NOT IN (SELECT what FROM timer)
            AND NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= p.from_rev AND c.rev < p.to_rev)",
    ),
];

impl World {
    fn rows(&self, statement: &str) -> Vec<Row> {
        self.sql.query(statement, &[]).unwrap()
    }

    /// Every row of every table.
    pub fn dump(&self) -> String {
        self.dump_without(&[], &[])
    }

    /// The same without the rows of some tables and with nothing in some columns.
    fn dump_without(&self, tables: &[&str], columns: &[&str]) -> String {
        let mut text = String::new();
        for table in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
            let table = table.text(0).unwrap();
            if tables.contains(&table) {
                continue;
            }
            let names = self.rows(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
            let names: Vec<&str> = names.iter().map(|row| row.text(0).unwrap()).collect();
            let shown: Vec<&str> = names.iter().copied().filter(|name| !columns.contains(name)).collect();
            text.extend([format!("{table} {shown:?}\n")]);
            let mut rows: Vec<String> = self
                .rows(&format!("SELECT {} FROM {table}", shown.join(", ")))
                .into_iter()
                .map(|Row(values)| format!("  {values:?}\n"))
                .collect();
            rows.sort();
            text.extend(rows);
        }
        text
    }

    /// The database but for the alarm's agenda.
    pub fn dump_without_timers(&self) -> String {
        self.dump_without(&["timer"], &[])
    }

    /// The database but for all that depends on when the alarm happened to ring.
    pub fn dump_without_times(&self) -> String {
        self.dump_without(&["timer"], &TIMES)
    }

    /// The tree as it is, trash included.
    pub fn shape(&self) -> Shape {
        self.tree_from(&format!(
            "SELECT n.id, n.parent, n.name, n.kind, {CONTENT} FROM node n LEFT JOIN blob b ON b.id = n.blob"
        ))
    }

    /// The tree as of a rev, by the rule of the design: the live rows that are no younger, and the past rows that cover it.
    pub fn tree_as_of(&self, rev: i64) -> Shape {
        self.tree_from(&format!(
            "SELECT n.id, n.parent, n.name, n.kind, {CONTENT} FROM node n LEFT JOIN blob b ON b.id = n.blob
              WHERE n.rev <= {rev}
             UNION ALL
             SELECT p.node, p.parent, p.name, p.kind, {CONTENT} FROM past p LEFT JOIN blob b ON b.id = p.blob
              WHERE p.from_rev <= {rev} AND p.to_rev > {rev}"
        ))
    }

    fn tree_from(&self, states: &str) -> Shape {
        let mut nodes: BTreeMap<i64, State> = BTreeMap::new();
        for row in self.rows(states) {
            let content = row.text_or_null(4).unwrap().map(str::to_owned);
            let state = (row.int(1).unwrap(), row.text(2).unwrap().to_owned(), row.int(3).unwrap(), content);
            assert!(nodes.insert(row.int(0).unwrap(), state).is_none(), "a node is in two states at once");
        }
        let mut shape = Shape::new();
        for (id, (_, _, kind, content)) in &nodes {
            if let Some(path) = path_of(&nodes, *id) {
                assert_eq!(*kind == 0, content.is_none(), "a file has content, a directory has none");
                assert!(shape.insert(path.clone(), content.clone()).is_none(), "{path} is there twice");
            }
        }
        shape
    }

    /// What holds after everything.
    pub fn check(&self) {
        for (what, breaches) in INVARIANTS {
            let rows = self.rows(breaches);
            assert!(rows.is_empty(), "broken: {what}: {rows:?}\n{}", self.dump());
        }
        for row in self.rows("SELECT name, fold FROM node WHERE parent <> -1") {
            assert_eq!(row.text(1).unwrap(), row.text(0).unwrap().to_lowercase());
        }
        self.check_bucket();
    }

    /// The ids of all content that is kept.
    pub fn blobs(&self) -> BTreeSet<i64> {
        self.rows("SELECT id FROM blob").iter().map(|row| row.int(0).unwrap()).collect()
    }

    /// The revs at which the kept states of a node end.
    pub fn past_of(&self, node: i64) -> Vec<i64> {
        let rows = self.rows(&format!("SELECT to_rev FROM past WHERE node = {node} ORDER BY to_rev"));
        rows.iter().map(|row| row.int(0).unwrap()).collect()
    }

    /// Those of them whose content is kept.
    pub fn contents_of(&self, node: i64) -> Vec<i64> {
        let states = format!("SELECT to_rev FROM past WHERE node = {node} AND blob IS NOT NULL ORDER BY to_rev");
        self.rows(&states).iter().map(|row| row.int(0).unwrap()).collect()
    }

    /// The one text that a statement answers.
    pub fn text(&self, statement: &str) -> String {
        self.rows(statement)[0].text(0).unwrap().to_owned()
    }

    /// A column of text of the feed, oldest first.
    pub fn feed(&self, column: &str) -> Vec<String> {
        let rows = self.rows(&format!("SELECT {column} FROM change ORDER BY rev"));
        rows.into_iter()
            .map(|Row(values)| match &values[0] {
                Value::Text(text) => text.clone(),
                Value::Int(number) => number.to_string(),
                Value::Null | Value::Bytes(_) => String::new(),
            })
            .collect()
    }
}

/// Where a node is, when it is in the tree or the trash.
fn path_of(nodes: &BTreeMap<i64, State>, id: i64) -> Option<String> {
    match id {
        ROOT => Some(String::new()),
        TRASH => Some(".trash".to_owned()),
        _ => {
            let (parent, name, ..) = nodes.get(&id)?;
            let above = path_of(nodes, *parent)?;
            Some(if above.is_empty() { name.clone() } else { format!("{above}/{name}") })
        }
    }
}
