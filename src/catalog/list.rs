//! Lists: pages in an order that stays while rows are added, and searches that cost no more than a page.
//!
//! Without a filter a page is read from an index of its order, so it costs what it holds. With one it is asked of the
//! search index: who may find a thing, of which kind it is, its tags and its owner's handle are words of it, so that
//! nothing is read which is not to be shown. That index knows one order, the newest first, and pages of it are as
//! cheap; for any other order the newest [`MATCHES_MAX`] are looked at.

use durable_objects::ids::UserId;
use serde::{Deserialize, Serialize};

use super::database::{Catalog, Param, Statement, statement};
use super::hex;
use super::items::{Item, columns};
use super::names::{Kind, is_handle};
use super::rows::ListBody;
use crate::error::Error;

/// How many matches are put into another order than that of the index: each costs three rows, and a row of the page
/// three more, and all of it is to stay below 1,000.
pub const MATCHES_MAX: usize = 200;
/// The most words of it.
const WORDS_MAX: usize = 10;
/// Beyond every number that is stored.
const END: i64 = 1 << 53;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// What came last first.
    New,
    /// Last changed first.
    Updated,
    /// Most starred, installed, visited and forked first.
    Popular,
    /// By name, from A.
    Name,
    /// How well the name fits the search.
    Best,
}

impl Sort {
    /// From a request.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "new" => Some(Self::New),
            "updated" => Some(Self::Updated),
            "popular" => Some(Self::Popular),
            "name" => Some(Self::Name),
            _ => None,
        }
    }

    /// Before everything.
    fn start(self) -> Position {
        match self {
            Self::New | Self::Updated | Self::Popular | Self::Best => Position { key: Key::Number(END), seq: END },
            Self::Name => Position { key: Key::Text(String::new()), seq: -1 },
        }
    }
}

/// What is wanted of the list.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// Of what.
    pub kind: Kind,
    /// For whom: their own is in it, whoever sees it.
    pub user: Option<&'a UserId>,
    /// Words that stand in title, description, tags or handle; of the last one its beginning.
    pub search: Option<&'a str>,
    /// A tag that it has.
    pub tag: Option<&'a str>,
    /// The handle of its owner.
    pub owner: Option<&'a str>,
    /// In which order.
    pub sort: Sort,
    /// How many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Position>,
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    #[serde(rename = "k")]
    key: Key,
    #[serde(rename = "s")]
    seq: i64,
}

/// What a list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl From<Key> for Param {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => number.into(),
            Key::Text(text) => text.into(),
        }
    }
}

#[derive(Deserialize)]
struct Row {
    key: Key,
    #[serde(flatten)]
    item: Item,
}

/// A page of a list: its items, and where the next one begins if there is more.
pub async fn list(catalog: &Catalog, list: &List<'_>) -> Result<(Vec<Item>, Option<Position>), Error> {
    let after = match list.after.clone() {
        // A position of another order would compare numbers with texts.
        Some(after) if std::mem::discriminant(&after.key) != std::mem::discriminant(&list.sort.start().key) => {
            return Err(Error::BadRequest("Invalid cursor".to_owned()));
        }
        after => after.unwrap_or_else(|| list.sort.start()),
    };
    let Some(statement) = select(list, after) else { return Ok((Vec::new(), None)) };
    let mut rows = catalog.run(statement).await?.rows::<Row>()?;
    let is_cut = rows.len() > list.limit;
    rows.truncate(list.limit);
    let next = rows.last().filter(|_| is_cut).map(|row| Position { key: row.key.clone(), seq: row.item.seq });
    Ok((rows.into_iter().map(|row| row.item).collect(), next))
}

/// A page as clients see it.
pub fn told(kind: Kind, user: Option<&UserId>, items: &[Item], cursor: Option<String>) -> ListBody {
    let rows = Some(items.iter().map(|item| item.to_row(user)).collect());
    match kind {
        Kind::App => ListBody { apps: rows, cursor, desktops: None },
        Kind::Desktop => ListBody { apps: None, cursor, desktops: rows },
    }
}

/// The statement of a page; none if nothing can match.
fn select(list: &List<'_>, after: Position) -> Option<Statement> {
    let limit = Param::from(i64::try_from(list.limit + 1).unwrap_or(i64::MAX));
    let Position { key, seq } = after;
    if list.search.is_none() && list.tag.is_none() && list.owner.is_none() {
        let user = list.user.map_or("", UserId::as_str);
        let params = [i64::from(list.kind).into(), user.into(), key.into(), seq.into(), limit];
        return Some(statement(everything(list.sort), params));
    }
    let mut found = statement(matching(list.sort), [query(list)?.into(), key.into(), seq.into(), limit]);
    if list.sort == Sort::Best {
        found.params.push(list.search.unwrap_or_default().trim().to_lowercase().into());
    }
    Some(found)
}

/// What the search index is asked; none if nothing can match. Every word that a caller sent is in quotes, or in hex:
/// none is an operator.
fn query(list: &List<'_>) -> Option<String> {
    let seen_by = list.user.map_or_else(
        || "scope : everyone".to_owned(),
        |user| format!("scope : (everyone OR o{})", hex::of(user.as_str().as_bytes())),
    );
    let mut terms = vec![seen_by, format!("scope : k{}", i64::from(list.kind))];
    if let Some(owner) = list.owner {
        if !is_handle(owner) {
            return None;
        }
        terms.push(format!("scope : h{}", hex::of(owner.as_bytes())));
    }
    if let Some(tag) = list.tag {
        terms.push(format!("scope : t{}", hex::of(tag.trim().to_lowercase().as_bytes())));
    }
    if let Some(search) = list.search {
        let words: Vec<String> = search
            // A NUL would end the query.
            .split(|char: char| char.is_whitespace() || char.is_control())
            // What has no letter and no digit stands in no index.
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .take(WORDS_MAX)
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        if words.is_empty() {
            return None;
        }
        terms.push(format!("{{title description tags handle}} : ({} *)", words.join(" AND ")));
    }
    Some(terms.join(" AND "))
}

/// A page of whatever an inner query finds, in its order.
macro_rules! page {
    ($inner:expr, $direction:literal, $limit:literal) => {
        concat!(
            "SELECT h.key, ",
            columns!(),
            " FROM (",
            $inner,
            ") h CROSS JOIN published p ON p.seq = h.seq CROSS JOIN users u ON u.id = p.owner_id
               LEFT JOIN versions v ON v.item = p.seq AND v.number = p.current ORDER BY h.key ",
            $direction,
            ", h.seq ",
            $direction,
            " LIMIT ",
            $limit
        )
    };
}

/// The next in an order, behind a position: ?3 key, ?4 seq, ?5 how many.
macro_rules! next {
    ($key:literal, $direction:literal, $behind:literal) => {
        concat!(
            "(",
            $key,
            ", seq) ",
            $behind,
            " (?3, ?4) ORDER BY ",
            $key,
            " ",
            $direction,
            ", seq ",
            $direction,
            " LIMIT ?5"
        )
    };
}

/// Everything public in an order, from the index of that order, and what only this user sees: ?1 kind, ?2 user, ?3 key,
/// ?4 seq.
macro_rules! everything {
    ($key:literal, $direction:literal, $behind:literal) => {
        page!(
            concat!(
                "SELECT * FROM (SELECT seq, ",
                $key,
                " AS key FROM published WHERE kind = ?1 AND visibility = 0 AND current IS NOT NULL AND ",
                next!($key, $direction, $behind),
                ") UNION ALL SELECT * FROM (SELECT seq, ",
                $key,
                " AS key FROM published INDEXED BY published_hidden WHERE owner_id = ?2 AND kind = ?1
                    AND (visibility <> 0 OR current IS NULL) AND removed_ms IS NULL AND ",
                next!($key, $direction, $behind),
                ")"
            ),
            $direction,
            "?5"
        )
    };
}

/// What the search index finds, the newest of it, in an order: ?1 query, ?2 key, ?3 seq.
macro_rules! matching {
    ($key:literal, $direction:literal, $behind:literal) => {
        page!(
            concat!(
                "SELECT seq, key FROM (SELECT q.seq, ",
                $key,
                " AS key FROM (SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT 200) m
                    CROSS JOIN published q ON q.seq = m.rowid) WHERE (key, seq) ",
                $behind,
                " (?2, ?3) ORDER BY key ",
                $direction,
                ", seq ",
                $direction,
                " LIMIT ?4"
            ),
            $direction,
            "?4"
        )
    };
}

const fn everything(sort: Sort) -> &'static str {
    match sort {
        Sort::New | Sort::Best => everything!("seq", "DESC", "<"),
        Sort::Updated => everything!("updated_ms", "DESC", "<"),
        Sort::Popular => everything!("popularity", "DESC", "<"),
        Sort::Name => everything!("fold", "ASC", ">"),
    }
}

const fn matching(sort: Sort) -> &'static str {
    match sort {
        Sort::New => page!(
            "SELECT rowid AS seq, rowid AS key FROM search WHERE search MATCH ?1 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4",
            "DESC",
            "?4"
        ),
        Sort::Updated => matching!("q.updated_ms", "DESC", "<"),
        Sort::Popular => matching!("q.popularity", "DESC", "<"),
        Sort::Name => matching!("q.fold", "ASC", ">"),
        Sort::Best => matching!(
            "CASE WHEN q.fold = ?5 THEN 3 WHEN substr(q.fold, 1, length(?5)) = ?5 THEN 2 WHEN instr(q.fold, ?5) THEN 1 ELSE 0 END",
            "DESC",
            "<"
        ),
    }
}
