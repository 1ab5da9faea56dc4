//! What a test may know of the database: all of it, the tree now and at any earlier time, and what must always hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Row, Sql, Value};

use super::super::rules::{RULES, Rule};
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
        for Rule { holds, breaches, .. } in RULES {
            let rows = self.rows(breaches);
            assert!(rows.is_empty(), "broken: {holds}: {rows:?}\n{}", self.dump());
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
