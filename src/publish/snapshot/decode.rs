//! Reading a snapshot as it comes, in pieces of any size. What it holds on to is the path that it is at and the names of the
//! directories that are open; the bytes of files are handed on.

use std::collections::HashSet;

use super::DEPTH_MAX;
use crate::publish::caps::Caps;
use crate::publish::{Malformed, is_name};

mod token;

use token::{Token, Tokens};

/// The longest text that is held to be looked at: a name, or the key of a member.
const HELD_MAX_BYTES: u32 = 255;

/// What a snapshot consists of, in its own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A directory; the root is not told.
    Directory {
        /// Its path.
        path: &'a str,
    },
    /// A file, whose bytes come next.
    File {
        /// Its path.
        path: &'a str,
        /// How many bytes there will be.
        size_bytes: u64,
        /// Whether it is written as a text: only the end tells what its bytes are.
        is_text: bool,
    },
    /// Bytes of the file that was told last.
    Bytes(&'a [u8]),
    /// The end of that file.
    End {
        /// How its bytes are to be understood.
        text: Text,
    },
    /// A link, which older writers knew. Its target is not told: nothing follows it.
    Link {
        /// Its path.
        path: &'a str,
    },
}

/// How the bytes of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// As they are.
    Verbatim,
    /// As UTF-8, each character standing for the byte of its number: what older writers did to bytes.
    Latin1,
}

/// Reads a snapshot.
pub struct Decoder {
    tokens: Tokens,
    caps: Caps,
    path: String,
    frames: Vec<Frame>,
    /// What the next value is.
    expected: Expected,
    /// What is being held.
    held: Vec<u8>,
}

/// A map that is open.
enum Frame {
    /// `{"d": …}` or `{"f": …}`.
    Node { left: u32, is_known: bool, path_bytes: usize },
    /// The children of a directory.
    Children { left: u32, names: HashSet<String>, path_bytes: usize },
    /// `{"c": …}`.
    Body { left: u32, content: Option<Content>, is_latin1: bool, seen: u8 },
}

/// How the content of a file was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Bytes,
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A directory or file.
    Node,
    /// The key of a member, or a name.
    Key,
    /// The text of it.
    KeyText,
    /// The children of a directory.
    Children,
    /// The body of a file.
    Body,
    /// The content of a file.
    Content,
    /// The bytes of it.
    ContentBytes,
    /// Whether the content is to be read as Latin-1.
    Flag,
    /// So many values that are passed over.
    Skipped(u64),
    /// Nothing.
    End,
}

// The members of a file's body that have been seen.
const SEEN_CONTENT: u8 = 1;
const SEEN_LINK: u8 = 2;
const SEEN_FLAG: u8 = 4;

type Step = Result<Expected, &'static str>;

impl Decoder {
    /// At the start of one.
    pub fn new(caps: Caps) -> Self {
        Self {
            tokens: Tokens::default(),
            caps,
            path: String::new(),
            frames: Vec::new(),
            expected: Expected::Node,
            held: Vec::new(),
        }
    }

    /// Takes the next bytes, and tells what they are.
    pub fn feed(&mut self, bytes: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let token = self.tokens.next(&mut rest).map_err(|why| self.malformed(why))?;
            let Some(token) = token else { return Ok(()) };
            let step = self.take(token, on_event).map_err(|why| self.malformed(why))?;
            self.expected = step;
            self.close(on_event).map_err(|why| self.malformed(why))?;
        }
        Ok(())
    }

    /// The end of the bytes.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.expected == Expected::End { Ok(()) } else { Err(self.malformed("ends in the middle")) }
    }

    fn malformed(&self, why: &'static str) -> Malformed {
        Malformed { why, at_bytes: self.tokens.taken_bytes }
    }

    fn take(&mut self, token: Token<'_>, on_event: &mut impl FnMut(Event<'_>)) -> Step {
        match (self.expected, token) {
            (Expected::Node, Token::Map(left)) => {
                self.frames.push(Frame::Node { left, is_known: false, path_bytes: self.path.len() });
                Ok(Expected::Key)
            }
            (Expected::Children, Token::Map(left)) => {
                if left > self.caps.entries_left() {
                    return Err("has too many entries");
                }
                self.frames.push(Frame::Children { left, names: HashSet::new(), path_bytes: self.path.len() });
                Ok(Expected::Key)
            }
            (Expected::Body, Token::Map(left)) => {
                let frame = Frame::Body { left, content: None, is_latin1: false, seen: 0 };
                self.frames.push(frame);
                Ok(Expected::Key)
            }
            (Expected::Key, Token::Text(size_bytes)) if size_bytes <= HELD_MAX_BYTES => {
                self.held.clear();
                if size_bytes == 0 { self.key(on_event) } else { Ok(Expected::KeyText) }
            }
            (Expected::Key, Token::Text(_)) => Err("has a name that is too long"),
            (Expected::KeyText, Token::Payload { bytes, is_last }) => {
                self.held.extend(bytes);
                if is_last { self.key(on_event) } else { Ok(Expected::KeyText) }
            }
            (Expected::Content, Token::Bytes(size_bytes)) => self.content(Content::Bytes, size_bytes, on_event),
            (Expected::Content, Token::Text(size_bytes)) => self.content(Content::Text, size_bytes, on_event),
            (Expected::ContentBytes, Token::Payload { bytes, is_last }) => {
                on_event(Event::Bytes(bytes));
                Ok(if is_last { Expected::Key } else { Expected::ContentBytes })
            }
            (Expected::Flag, Token::Bool(value)) => {
                if let Some(Frame::Body { is_latin1, .. }) = self.frames.last_mut() {
                    *is_latin1 = value;
                }
                Ok(Expected::Key)
            }
            (Expected::Skipped(left), token) => Ok(skip(left, token)),
            (Expected::End, _) => Err("goes on behind its end"),
            _ => Err("is not a tree"),
        }
    }

    /// What comes behind a key that has been read.
    fn key(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Step {
        let key = std::str::from_utf8(&self.held).map_err(|_| "has a name that is no text")?;
        match self.frames.last_mut() {
            Some(Frame::Node { left, is_known, .. }) => {
                *left = left.saturating_sub(1);
                let expected = match key {
                    "d" => Expected::Children,
                    "f" if self.path.is_empty() => return Err("is a file and no directory"),
                    "f" => Expected::Body,
                    _ => return Ok(Expected::Skipped(1)),
                };
                if std::mem::replace(is_known, true) {
                    return Err("has an entry that is two things at once");
                }
                if expected == Expected::Children && !self.path.is_empty() {
                    self.caps.take_directory(&self.path)?;
                    on_event(Event::Directory { path: &self.path });
                }
                Ok(expected)
            }
            Some(Frame::Children { left, names, path_bytes }) => {
                *left = left.saturating_sub(1);
                if !is_name(key) {
                    return Err("has a name that is none");
                }
                if !names.insert(key.to_owned()) {
                    return Err("has a name twice");
                }
                self.path.truncate(*path_bytes);
                if !self.path.is_empty() {
                    self.path.push('/');
                }
                self.path.push_str(key);
                if self.path.split('/').count() > DEPTH_MAX {
                    return Err("is too deep");
                }
                Ok(Expected::Node)
            }
            Some(Frame::Body { left, seen, .. }) => {
                *left = left.saturating_sub(1);
                let (bit, expected) = match key {
                    "c" => (SEEN_CONTENT, Expected::Content),
                    "l" => (SEEN_LINK, Expected::Skipped(1)),
                    "b" => (SEEN_FLAG, Expected::Flag),
                    _ => return Ok(Expected::Skipped(1)),
                };
                if *seen & bit != 0 {
                    return Err("has a file with two contents");
                }
                *seen |= bit;
                Ok(expected)
            }
            None => Err("is not a tree"),
        }
    }

    fn content(&mut self, found: Content, size_bytes: u32, on_event: &mut impl FnMut(Event<'_>)) -> Step {
        let size_bytes = u64::from(size_bytes);
        self.caps.take_file(&self.path, size_bytes)?;
        if let Some(Frame::Body { content, .. }) = self.frames.last_mut() {
            *content = Some(found);
        }
        on_event(Event::File { path: &self.path, size_bytes, is_text: found == Content::Text });
        Ok(if size_bytes == 0 { Expected::Key } else { Expected::ContentBytes })
    }

    /// Closes what is complete.
    fn close(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), &'static str> {
        while matches!(self.expected, Expected::Key | Expected::Skipped(0)) {
            self.expected = Expected::Key;
            match self.frames.last() {
                Some(Frame::Node { left: 0, is_known, path_bytes }) => {
                    if !is_known {
                        return Err("has an entry that is nothing");
                    }
                    self.path.truncate(*path_bytes);
                }
                Some(Frame::Children { left: 0, path_bytes, .. }) => self.path.truncate(*path_bytes),
                Some(Frame::Body { left: 0, content, is_latin1, seen, .. }) => match content {
                    Some(Content::Text) if *is_latin1 => on_event(Event::End { text: Text::Latin1 }),
                    Some(_) => on_event(Event::End { text: Text::Verbatim }),
                    None if seen & SEEN_LINK != 0 => {
                        self.caps.take_link(&self.path)?;
                        on_event(Event::Link { path: &self.path });
                    }
                    None => return Err("has a file without content"),
                },
                Some(Frame::Node { .. } | Frame::Children { .. } | Frame::Body { .. }) => return Ok(()),
                None => {
                    self.expected = Expected::End;
                    return Ok(());
                }
            }
            self.frames.pop();
        }
        Ok(())
    }
}

/// How many values are still to be passed over.
fn skip(left: u64, token: Token<'_>) -> Expected {
    let rest = left.saturating_sub(1);
    Expected::Skipped(match token {
        Token::Map(length) => rest + 2 * u64::from(length),
        Token::Array(length) => rest + u64::from(length),
        // Its bytes come next, and the last of them end it.
        Token::Text(size_bytes) | Token::Bytes(size_bytes) | Token::Other(size_bytes) if size_bytes > 0 => left,
        Token::Payload { is_last: false, .. } => left,
        Token::Text(_) | Token::Bytes(_) | Token::Other(_) | Token::Bool(_) | Token::Payload { is_last: true, .. } => {
            rest
        }
    })
}
