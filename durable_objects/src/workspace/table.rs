//! The tree as it is, for who looks at it again and again: each part of it is read once.

use std::collections::HashMap;

use serde_json::json;

use crate::call::Error;
use crate::ids::Label;
use crate::sql::{Sql, first};

use super::revert::chunked;
use super::since::{LIVE, State};

/// What has been read of the tree. It must not change meanwhile.
pub struct Table<'a> {
    /// The database.
    pub sql: &'a dyn Sql,
    parents: HashMap<i64, Option<i64>>,
    /// By directory, then by name.
    places: HashMap<i64, HashMap<String, Option<State>>>,
}

impl<'a> Table<'a> {
    /// Nothing is read yet.
    pub fn new(sql: &'a dyn Sql) -> Self {
        Self { sql, parents: HashMap::new(), places: HashMap::new() }
    }

    /// The directory that a node is in, if it has a row.
    pub fn parent(&mut self, node: i64) -> Result<Option<i64>, Error> {
        if let Some(parent) = self.parents.get(&node) {
            return Ok(*parent);
        }
        let row = first(self.sql, "SELECT parent FROM node WHERE id = ?1", &[node.into()])?;
        let parent = row.map(|row| row.int(0)).transpose()?;
        self.parents.insert(node, parent);
        Ok(parent)
    }

    /// Reads what is at places, of those that have not been read.
    pub fn look_at<'n>(&mut self, places: impl Iterator<Item = (i64, &'n str)>) -> Result<(), Error> {
        let select = format!(
            "SELECT {LIVE} FROM json_each(?1) CROSS JOIN node INDEXED BY node_entry
              ON node.parent = value ->> 0 AND node.name = value ->> 1"
        );
        let known = &mut self.places;
        let mut new = Vec::new();
        for (directory, name) in places {
            let names = known.entry(directory).or_default();
            if !names.contains_key(name) {
                names.insert(name.to_owned(), None);
                new.push(json!([directory, name]));
            }
        }
        chunked(new.into_iter(), |rows| {
            for row in self.sql.query(&select, &[rows.into()])? {
                let state = State::from_row(&row)?;
                known.entry(state.parent).or_default().insert(state.name.clone(), Some(state));
            }
            Ok(())
        })
    }

    /// What is at a place that has been looked at.
    pub fn occupant(&self, (directory, name): (i64, &str)) -> Option<&State> {
        self.places.get(&directory)?.get(name)?.as_ref()
    }

    /// The directories of which entries have come or changed since a rev, but not by a turn: each with the last such rev.
    /// It reads what has changed since.
    pub fn changed_by_others(&self, since_rev: i64, turn: &Label) -> Result<HashMap<i64, i64>, Error> {
        const CHANGED: &str = "SELECT parent, max(rev) FROM node INDEXED BY node_rev WHERE rev >= ?1
            AND NOT EXISTS (SELECT 1 FROM change WHERE change.rev = node.rev AND change.turn = ?2) GROUP BY parent";
        let rows = self.sql.query(CHANGED, &[since_rev.into(), turn.as_str().into()])?;
        Ok(rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect::<Result<_, crate::sql::SqlError>>()?)
    }
}
