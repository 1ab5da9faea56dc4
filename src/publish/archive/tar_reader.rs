//! Reading a tar as it comes, in pieces of any size. The `tar` crate reads from what waits for its bytes; here they are
//! handed over instead, and only its headers are used.

use tar::{EntryType, Header, PaxExtensions};

use super::{BLOCK_BYTES, Event};
use crate::publish::caps::Caps;
use crate::publish::{Malformed, is_name};

/// The most that is held of a header that says more of the next entry: a path, and what its writer adds.
const EXTENSION_MAX_BYTES: u64 = 64 * 1024;

/// Reads a tar.
pub struct TarReader {
    caps: Caps,
    taken_bytes: u64,
    /// The block that is being filled.
    block: Vec<u8>,
    state: State,
    /// What was said of the next entry.
    next: Extensions,
}

#[derive(Default)]
struct Extensions {
    path: Option<String>,
    size_bytes: Option<u64>,
}

enum State {
    /// At a header.
    Header,
    /// In the bytes of a file, so many of which are left.
    File { left_bytes: u64, padding_bytes: u64 },
    /// In what is said of the next entry.
    Extension { kind: EntryType, left_bytes: u64, padding_bytes: u64, held: Vec<u8> },
    /// In bytes that mean nothing.
    Skipped { left_bytes: u64 },
    /// Behind an empty block, which ends it.
    Ended,
}

impl TarReader {
    /// At the start of one.
    pub fn new(caps: Caps) -> Self {
        let block = Vec::with_capacity(BLOCK_BYTES);
        Self { caps, taken_bytes: 0, block, state: State::Header, next: Extensions::default() }
    }

    /// Takes the next bytes, and tells what they are.
    pub fn feed(&mut self, bytes: &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let before = rest.len();
            let step = self.step(&mut rest, on_event);
            self.taken_bytes += (before - rest.len()) as u64;
            self.state = step.map_err(|why| self.malformed(why))?;
        }
        Ok(())
    }

    /// The end of the bytes. An archive without the empty blocks at its end is fine where an entry has just ended: some
    /// writers leave them out.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.state {
            State::Ended => Ok(()),
            State::Header if self.block.is_empty() && self.taken_bytes > 0 && self.next.path.is_none() => Ok(()),
            State::Header | State::File { .. } | State::Extension { .. } | State::Skipped { .. } => {
                Err(self.malformed("ends in the middle"))
            }
        }
    }

    fn malformed(&self, why: &'static str) -> Malformed {
        Malformed { why, at_bytes: self.taken_bytes }
    }

    fn step(&mut self, rest: &mut &[u8], on_event: &mut impl FnMut(Event<'_>)) -> Result<State, &'static str> {
        match std::mem::replace(&mut self.state, State::Header) {
            State::Header => {
                let bytes = take(rest, (BLOCK_BYTES - self.block.len()) as u64);
                self.block.extend(bytes);
                if self.block.len() < BLOCK_BYTES {
                    return Ok(State::Header);
                }
                let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_BYTES));
                self.header(Header::from_byte_slice(&block), on_event)
            }
            State::File { left_bytes, padding_bytes } => {
                let bytes = take(rest, left_bytes);
                on_event(Event::Bytes(bytes));
                Ok(match left_bytes - bytes.len() as u64 {
                    0 => {
                        on_event(Event::End);
                        behind(padding_bytes)
                    }
                    left_bytes => State::File { left_bytes, padding_bytes },
                })
            }
            State::Extension { kind, left_bytes, padding_bytes, mut held } => {
                let bytes = take(rest, left_bytes);
                held.extend(bytes);
                match left_bytes - bytes.len() as u64 {
                    0 => {
                        self.extend(kind, &held)?;
                        Ok(behind(padding_bytes))
                    }
                    left_bytes => Ok(State::Extension { kind, left_bytes, padding_bytes, held }),
                }
            }
            State::Skipped { left_bytes } => {
                let bytes = take(rest, left_bytes);
                Ok(behind(left_bytes - bytes.len() as u64))
            }
            State::Ended => {
                // What writers fill up the last record with.
                *rest = &[];
                Ok(State::Ended)
            }
        }
    }

    fn header(&mut self, header: &Header, on_event: &mut impl FnMut(Event<'_>)) -> Result<State, &'static str> {
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(State::Ended);
        }
        if header.cksum().ok() != Some(checksum(header.as_bytes())) {
            return Err("has a header that is broken");
        }
        let size_bytes = header.entry_size().map_err(|_| "has a size that is no number")?;
        let kind = header.entry_type();
        let is_extension = kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink();
        if is_extension {
            if size_bytes > EXTENSION_MAX_BYTES {
                return Err("says too much of an entry");
            }
            let padding_bytes = padding(size_bytes);
            return Ok(match size_bytes {
                0 => State::Header,
                left_bytes => State::Extension { kind, left_bytes, padding_bytes, held: Vec::new() },
            });
        }
        if kind.is_pax_global_extensions() {
            return Ok(behind(size_bytes.saturating_add(padding(size_bytes))));
        }
        let next = std::mem::take(&mut self.next);
        let size_bytes = next.size_bytes.unwrap_or(size_bytes);
        let path = match next.path {
            Some(path) => path,
            None => String::from_utf8(header.path_bytes().into_owned()).map_err(|_| "has a name that is no text")?,
        };
        let path = clean(&path)?;
        let padding_bytes = padding(size_bytes);
        if kind.is_dir() || (kind.is_file() && path.is_empty()) {
            if !path.is_empty() {
                self.caps.take_directory(&path)?;
                on_event(Event::Directory { path: &path });
            }
            return Ok(behind(size_bytes.saturating_add(padding_bytes)));
        }
        if kind.is_file() || kind.is_contiguous() {
            self.caps.take_file(&path, size_bytes)?;
            on_event(Event::File { path: &path, size_bytes });
            if size_bytes == 0 {
                on_event(Event::End);
            }
            return Ok(match size_bytes {
                0 => State::Header,
                left_bytes => State::File { left_bytes, padding_bytes },
            });
        }
        self.caps.take_link(&path)?;
        on_event(Event::PassedOver { path: &path });
        // Links state the size of what they lead to, and bring nothing.
        let brings = if kind.is_hard_link() || kind.is_symlink() { 0 } else { size_bytes };
        Ok(behind(brings.saturating_add(padding(brings))))
    }

    /// Notes what is said of the next entry.
    fn extend(&mut self, kind: EntryType, held: &[u8]) -> Result<(), &'static str> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "has a name that is no text");
        if kind.is_gnu_longlink() {
            return Ok(());
        }
        if kind.is_gnu_longname() {
            let name = held.split(|byte| *byte == 0).next().unwrap_or_default();
            self.next.path = Some(text(name)?);
            return Ok(());
        }
        for extension in PaxExtensions::new(held) {
            let extension = extension.map_err(|_| "has a header that is broken")?;
            match extension.key_bytes() {
                b"path" => self.next.path = Some(text(extension.value_bytes())?),
                b"size" => {
                    let size = extension.value().ok().and_then(|value| value.parse().ok());
                    self.next.size_bytes = Some(size.ok_or("has a size that is no number")?);
                }
                key if key.starts_with(b"GNU.sparse.") => return Err("has a file with holes"),
                _ => {}
            }
        }
        Ok(())
    }
}

fn behind(left_bytes: u64) -> State {
    if left_bytes == 0 { State::Header } else { State::Skipped { left_bytes } }
}

fn padding(size_bytes: u64) -> u64 {
    let block = BLOCK_BYTES as u64;
    (block - size_bytes % block) % block
}

/// Up to so many of the next bytes.
fn take<'a>(rest: &mut &'a [u8], most: u64) -> &'a [u8] {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (bytes, behind) = rest.split_at(most.min(rest.len()));
    *rest = behind;
    bytes
}

/// The sum that a header states: of its bytes, with blanks in place of the sum itself.
fn checksum(block: &[u8]) -> u32 {
    block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

/// A path as a workspace would write it below its root: `./` and doubled slashes are what writers add. Everything that leads
/// elsewhere is refused.
pub fn clean(path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || path.contains('\\') {
        return Err("has a path that leads out of it");
    }
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    if !names.iter().all(|name| is_name(name)) {
        return Err("has a name that is none");
    }
    if names.len() > durable_objects::path::MAX_DEPTH {
        return Err("is too deep");
    }
    Ok(names.join("/"))
}
