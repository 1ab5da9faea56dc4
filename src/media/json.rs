//! A JSON text with the places of what is in it, so that strings in it can be replaced and all else stays as it was
//! written: order, spacing, every digit of every number.
//!
//! The text is checked by serde first; the scanner here only finds places, and numbers, `true`, `false` and `null` are not
//! even remembered.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

/// How many objects, arrays and strings are looked at: about 8 MiB of memory.
const NODES_MAX: usize = 100_000;
/// How deep they may lie in each other: as deep as serde reads values.
const DEPTH_MAX: usize = 128;

/// A text in which everything has been found.
pub struct Document<'a> {
    /// As it was written.
    pub text: &'a str,
    /// What it is.
    pub root: Node,
}

/// A value.
pub struct Node {
    /// Where it stands.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value is.
pub enum Value {
    /// Its members in order.
    Object(Vec<Member>),
    /// Its items in order, but for those without a place, with their indices.
    Array(Vec<(usize, Node)>),
    /// A string.
    Text,
    /// Anything else.
    Other,
}

/// A member of an object.
pub struct Member {
    /// Where its name stands, quotes included.
    pub name: Range<usize>,
    /// What it holds.
    pub node: Node,
}

/// Why a text cannot be looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JSON.
    Invalid,
    /// There is too much in it, or too deep.
    TooMuch,
}

impl<'a> Document<'a> {
    /// Finds everything in a text.
    pub fn parse(text: &'a str) -> Result<Self, Unreadable> {
        Self::parse_to(text, DEPTH_MAX, false)
    }

    /// Finds the members of an object, or the items of an array, and nothing in them, however much that is.
    pub fn parse_top(text: &'a str) -> Result<Self, Unreadable> {
        Self::parse_to(text, 0, true)
    }

    fn parse_to(text: &'a str, depth_max: usize, skips_deeper: bool) -> Result<Self, Unreadable> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Unreadable::Invalid)?;
        let mut scanner = Scanner { text, at: 0, nodes: 0, depth: 0, depth_max, skips_deeper };
        let root = scanner.node()?;
        Ok(Self { text, root })
    }

    /// The text of a string: as it stands there, unless it holds escapes.
    pub fn string(&self, span: &Range<usize>) -> Cow<'a, str> {
        if let Some(text) = self.plain(span) {
            return Cow::Borrowed(text);
        }
        // Strings of a checked text can be read, but for lone surrogates.
        let read = self.text.get(span.clone()).and_then(|literal| serde_json::from_str(literal).ok());
        Cow::Owned(read.unwrap_or_default())
    }

    /// A string as it stands between its quotes, if it holds no escapes: then it is what it looks like.
    fn plain(&self, span: &Range<usize>) -> Option<&'a str> {
        let inner = self.text.get(span.start + 1..span.end.checked_sub(1)?)?;
        (!inner.as_bytes().contains(&b'\\')).then_some(inner)
    }

    /// The member of an object that has a name. Of several the last counts, as readers of JSON have it.
    pub fn member<'n>(&self, members: &'n [Member], name: &str) -> Option<&'n Member> {
        members.iter().rev().find(|member| self.string(&member.name) == name)
    }

    /// The text of a member that is a string.
    pub fn member_text(&self, members: &[Member], name: &str) -> Option<String> {
        let node = &self.member(members, name)?.node;
        matches!(node.value, Value::Text).then(|| self.string(&node.span).into_owned())
    }
}

/// Something to write in the place of something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Range<usize>,
    /// By this.
    pub with: String,
}

impl Edit {
    /// A string in the place of another.
    pub fn text(span: &Range<usize>, text: &str) -> Self {
        Self { span: span.clone(), with: serde_json::Value::from(text).to_string() }
    }
}

/// A text with the edits made. They do not overlap.
pub fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Edit { span, with } in edits {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(&with);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
    depth: usize,
    depth_max: usize,
    /// Whether what is deeper is passed over; else it is too much.
    skips_deeper: bool,
}

impl Scanner<'_> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.byte()
    }

    /// The byte here; behind the end a zero, which ends everything.
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn node(&mut self) -> Result<Node, Unreadable> {
        let first = self.peek();
        let start = self.at;
        if matches!(first, b'{' | b'[' | b'"') {
            self.nodes += 1;
            let is_too_deep = self.depth > self.depth_max;
            if is_too_deep && self.skips_deeper && first != b'"' {
                self.skip_nested();
                return Ok(Node { span: start..self.at, value: Value::Other });
            }
            if self.nodes > NODES_MAX || (is_too_deep && !self.skips_deeper) {
                return Err(Unreadable::TooMuch);
            }
        }
        self.depth += 1;
        let value = match first {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => {
                self.skip_string();
                Value::Text
            }
            _ => {
                while !matches!(self.byte(), b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' | 0) {
                    self.at += 1;
                }
                Value::Other
            }
        };
        self.depth -= 1;
        Ok(Node { span: start..self.at, value })
    }

    fn object(&mut self) -> Result<Value, Unreadable> {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            match self.peek() {
                b'"' => {
                    let start = self.at;
                    self.skip_string();
                    let name = start..self.at;
                    self.peek();
                    self.at += 1;
                    let node = self.node()?;
                    // Of a plain value only the name is of interest, and names count too.
                    self.nodes += 1;
                    members.push(Member { name, node });
                }
                b',' => self.at += 1,
                _ => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
            }
        }
    }

    fn array(&mut self) -> Result<Value, Unreadable> {
        let mut items = Vec::new();
        let mut index = 0;
        self.at += 1;
        loop {
            match self.peek() {
                b']' | 0 => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                b',' => {
                    self.at += 1;
                    index += 1;
                }
                _ => {
                    let node = self.node()?;
                    if !matches!(node.value, Value::Other) {
                        items.push((index, node));
                    }
                }
            }
        }
    }

    /// Passes over an object or an array.
    fn skip_nested(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.byte() {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                0 => return,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        loop {
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.at += 2,
                0 => return,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
