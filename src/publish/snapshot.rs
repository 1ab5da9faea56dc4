//! `snapshot.bin`: a tree as one `MessagePack` value, which a page mounts. It knows names and bytes; no mode, time or link.
//!
//! ```text
//! snapshot := directory
//! directory := {"d": {name: directory | file, …}}
//! file := {"f": {"c": bytes}}
//! ```
//!
//! It is written in one form only: children sorted by the bytes of their names, headers as short as they go. So equal trees
//! are equal bytes with equal hashes. It is read in any form that a page would take, but strictly: nothing twice, nothing
//! behind the end, no name that is none.

mod decode;
#[cfg(test)]
pub mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::is_name;

pub use decode::{Decoder, Event, Text};

/// The most names in the path of a file or directory: the pages' decoder goes no deeper.
pub const DEPTH_MAX: usize = 48;

/// Why something cannot be in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A name that no reader takes.
    Name,
    /// Too many names in its path.
    Depth,
    /// More than 4 GiB.
    Size,
    /// Something else has its path, or a file stands where a directory should be.
    Taken,
}

/// A tree that is to be written, by its names and sizes alone.
#[derive(Debug, Default)]
pub struct Tree {
    root: Directory,
}

#[derive(Debug, Default)]
struct Directory {
    /// In the order of the format, which is that of strings.
    children: BTreeMap<String, Child>,
}

#[derive(Debug)]
enum Child {
    Directory(Directory),
    File { size_bytes: u32, file: usize },
}

/// A snapshot but for the bytes of its files.
#[derive(Debug)]
pub struct Layout {
    /// What is written before, between and behind them, in one piece.
    headers: Vec<u8>,
    /// Where the bytes of which file come in.
    cuts: Vec<(usize, usize)>,
    /// How long the whole is.
    pub size_bytes: u64,
}

/// A piece of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes.
    Header(&'a [u8]),
    /// The bytes of a file, by the number under which it was added.
    File(usize),
}

impl Tree {
    /// Adds a directory, with those above it. It may be there already.
    pub fn add_directory(&mut self, path: &str) -> Result<(), Unfit> {
        let mut names = path.split('/');
        self.root.descend(&mut names, DEPTH_MAX).map(drop)
    }

    /// Adds a file of so many bytes under a number, with the directories above it.
    pub fn add_file(&mut self, path: &str, size_bytes: u64, file: usize) -> Result<(), Unfit> {
        let size_bytes = u32::try_from(size_bytes).map_err(|_| Unfit::Size)?;
        let (directory, name) = match path.rsplit_once('/') {
            Some((parent, name)) => (self.root.descend(&mut parent.split('/'), DEPTH_MAX - 1)?, name),
            None => (&mut self.root, path),
        };
        match directory.children.entry(checked(name)?) {
            Entry::Occupied(_) => Err(Unfit::Taken),
            Entry::Vacant(place) => {
                place.insert(Child::File { size_bytes, file });
                Ok(())
            }
        }
    }

    /// What the snapshot looks like, and how long it is, before any byte of a file has been read.
    pub fn layout(&self) -> Layout {
        let mut layout = Layout { headers: Vec::new(), cuts: Vec::new(), size_bytes: 0 };
        self.root.lay_out(&mut layout);
        layout.size_bytes += layout.headers.len() as u64;
        layout
    }
}

impl Directory {
    /// The directory at the end of some names, of which there may be so many. It does not go deeper than that.
    fn descend<'n>(
        &mut self,
        names: &mut impl Iterator<Item = &'n str>,
        depth_left: usize,
    ) -> Result<&mut Self, Unfit> {
        let Some(name) = names.next() else { return Ok(self) };
        let depth_left = depth_left.checked_sub(1).ok_or(Unfit::Depth)?;
        let child = self.children.entry(checked(name)?).or_insert_with(|| Child::Directory(Self::default()));
        match child {
            Child::Directory(directory) => directory.descend(names, depth_left),
            Child::File { .. } => Err(Unfit::Taken),
        }
    }

    fn lay_out(&self, layout: &mut Layout) {
        layout.headers.extend(b"\x81\xa1d");
        write_map(&mut layout.headers, self.children.len());
        for (name, child) in &self.children {
            write_name(&mut layout.headers, name);
            match child {
                Child::Directory(directory) => directory.lay_out(layout),
                Child::File { size_bytes, file } => {
                    layout.headers.extend(b"\x81\xa1f\x81\xa1c");
                    write_bytes_header(&mut layout.headers, *size_bytes);
                    layout.cuts.push((layout.headers.len(), *file));
                    layout.size_bytes += u64::from(*size_bytes);
                }
            }
        }
    }
}

impl Layout {
    /// The pieces in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let starts = std::iter::once(0).chain(self.cuts.iter().map(|(end, _)| *end));
        let before = starts.zip(&self.cuts).flat_map(|(start, (end, file))| {
            let header = self.headers.get(start..*end).unwrap_or_default();
            [Piece::Header(header), Piece::File(*file)]
        });
        let last = self.cuts.last().map_or(0, |(end, _)| *end);
        let rest = self.headers.get(last..).filter(|rest| !rest.is_empty());
        before.chain(rest.map(Piece::Header))
    }
}

fn checked(name: &str) -> Result<String, Unfit> {
    if is_name(name) { Ok(name.to_owned()) } else { Err(Unfit::Name) }
}

#[expect(clippy::cast_possible_truncation, reason = "each is compared with what its type holds")]
fn write_map(out: &mut Vec<u8>, length: usize) {
    match length {
        0..=15 => out.push(0x80 | length as u8),
        16..=0xFFFF => {
            out.push(0xDE);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(0xDF);
            out.extend((length as u32).to_be_bytes());
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a name has up to 255 bytes")]
fn write_name(out: &mut Vec<u8>, name: &str) {
    match name.len() {
        0..=31 => out.push(0xA0 | name.len() as u8),
        _ => out.extend([0xD9, name.len() as u8]),
    }
    out.extend(name.as_bytes());
}

#[expect(clippy::cast_possible_truncation, reason = "each is compared with what its type holds")]
fn write_bytes_header(out: &mut Vec<u8>, size_bytes: u32) {
    match size_bytes {
        0..=0xFF => out.extend([0xC4, size_bytes as u8]),
        0x100..=0xFFFF => {
            out.push(0xC5);
            out.extend((size_bytes as u16).to_be_bytes());
        }
        _ => {
            out.push(0xC6);
            out.extend(size_bytes.to_be_bytes());
        }
    }
}
