//! What is sent to be published, unpacked as it comes: a snapshot, a tar or a zip becomes the bytes of its files, one behind
//! the other, and an index of them. So all are read alike afterwards, in any order.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use durable_objects::ids::Sha256;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256 as Hasher};

use super::Malformed;
use super::archive::{self, HEAD_BYTES, Packing, TarReader, ZIP_MAX_BYTES, read_zip};
use super::caps::Caps;
use super::snapshot::{self, Decoder, Text};

/// The most bytes of the files of an archive: it holds one app.
const ARCHIVE_MAX_BYTES: u64 = 50 * 1024 * 1024;
/// The longest file that a snapshot may hold as a text: what its bytes are is told behind it, so it is held until then.
const TEXT_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What is in it, and where its bytes are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Directories that were named.
    pub directories: Vec<String>,
    /// Links and devices, which were passed over.
    pub links: Vec<String>,
    /// Files, each path once: of two, the later one.
    pub files: Vec<Indexed>,
}

/// A file of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// Its path.
    pub path: String,
    /// Where its bytes begin.
    pub offset: u64,
    /// How many there are.
    pub size_bytes: u64,
    /// Their hash.
    pub hash: Sha256,
}

/// Unpacks it.
#[derive(Default)]
pub struct Unpacker {
    form: Form,
    collector: Collector,
}

enum Form {
    /// Not known before so many bytes have come.
    Unknown(Vec<u8>),
    Snapshot(Box<Decoder>),
    Tar(Box<TarReader>),
    /// All of it: its table stands at its end.
    Zip(Vec<u8>),
}

impl Default for Form {
    fn default() -> Self {
        Self::Unknown(Vec::new())
    }
}

impl Unpacker {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if let Form::Unknown(head) = &mut self.form {
            head.extend(bytes);
            if head.len() < HEAD_BYTES {
                return Ok(());
            }
            return self.begin();
        }
        self.pass_on(bytes)
    }

    /// Goes by the first bytes.
    fn begin(&mut self) -> Result<(), Malformed> {
        let Form::Unknown(head) = std::mem::take(&mut self.form) else { return Ok(()) };
        let archive = Caps::of_total(ARCHIVE_MAX_BYTES);
        self.form = match (head.first(), Packing::of(&head)) {
            (_, Some(Packing::Tar)) => Form::Tar(Box::new(TarReader::new(archive))),
            (_, Some(Packing::Zip)) => Form::Zip(Vec::new()),
            (Some(0x80..=0x8F | 0xDE | 0xDF), None) => Form::Snapshot(Box::new(Decoder::new(Caps::default()))),
            (Some(b'{'), None) => return Err(malformed("is a snapshot as JSON: export it as binary")),
            _ => return Err(malformed("is neither a snapshot nor an archive")),
        };
        self.pass_on(&head)
    }

    fn pass_on(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let Self { form, collector } = self;
        match form {
            Form::Unknown(_) => Ok(()),
            Form::Snapshot(decoder) => decoder.feed(bytes, &mut |event| collector.of_snapshot(event)),
            Form::Tar(reader) => reader.feed(bytes, &mut |event| collector.of_archive(event)),
            Form::Zip(held) if held.len() as u64 + bytes.len() as u64 > ZIP_MAX_BYTES => {
                Err(malformed("is a zip, and too large for one: send a tar"))
            }
            Form::Zip(held) => {
                held.extend(bytes);
                Ok(())
            }
        }?;
        self.collector.refused.map_or(Ok(()), |why| Err(malformed(why)))
    }

    /// The bytes of files that have come since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.collector.out)
    }

    /// The end: what there is, and the last bytes of files.
    pub fn finish(mut self) -> Result<(Index, Vec<u8>), Malformed> {
        if matches!(self.form, Form::Unknown(_)) {
            self.begin()?;
        }
        let mut collector = self.collector;
        match self.form {
            Form::Unknown(_) => {}
            Form::Snapshot(decoder) => decoder.finish()?,
            Form::Tar(reader) => reader.finish()?,
            Form::Zip(held) => {
                let caps = Caps::of_total(ZIP_MAX_BYTES);
                read_zip(&held, caps, &mut |event| collector.of_archive(event))?;
            }
        }
        match collector.refused {
            Some(why) => Err(malformed(why)),
            None => Ok((collector.index, collector.out)),
        }
    }
}

fn malformed(why: &'static str) -> Malformed {
    Malformed { why, at_bytes: 0 }
}

/// Gathers what readers tell.
#[derive(Default)]
struct Collector {
    index: Index,
    /// Where in the index a path is.
    places: HashMap<String, usize>,
    out: Vec<u8>,
    /// How many bytes have gone out, those that were taken away included.
    gone_bytes: u64,
    current: Option<Current>,
    refused: Option<&'static str>,
}

/// The file that is being told.
struct Current {
    path: String,
    hasher: Hasher,
    offset: u64,
    /// Its bytes, if they are held.
    text: Option<Vec<u8>>,
}

impl Collector {
    fn of_snapshot(&mut self, event: snapshot::Event<'_>) {
        match event {
            snapshot::Event::Directory { path } => self.index.directories.push(path.to_owned()),
            snapshot::Event::File { is_text: true, size_bytes: TEXT_TOO_LONG.., .. } => {
                self.refused = Some("has a long file that is written as a text: export it as binary");
            }
            snapshot::Event::File { path, is_text, .. } => self.begin(path, is_text),
            snapshot::Event::Bytes(bytes) => self.add(bytes),
            snapshot::Event::End { text } => self.end(text),
            snapshot::Event::Link { path } => self.index.links.push(path.to_owned()),
        }
    }

    fn of_archive(&mut self, event: archive::Event<'_>) {
        match event {
            archive::Event::Directory { path } => self.index.directories.push(path.to_owned()),
            archive::Event::File { path, .. } => self.begin(path, false),
            archive::Event::Bytes(bytes) => self.add(bytes),
            archive::Event::End => self.end(Text::Verbatim),
            archive::Event::PassedOver { path } => self.index.links.push(path.to_owned()),
        }
    }

    fn begin(&mut self, path: &str, is_text: bool) {
        let text = is_text.then(Vec::new);
        self.current = Some(Current { path: path.to_owned(), hasher: Hasher::new(), offset: self.gone_bytes, text });
    }

    fn add(&mut self, bytes: &[u8]) {
        match &mut self.current {
            Some(Current { text: Some(text), .. }) => text.extend(bytes),
            Some(current) => {
                current.hasher.update(bytes);
                self.out.extend(bytes);
                self.gone_bytes += bytes.len() as u64;
            }
            None => {}
        }
    }

    fn end(&mut self, text: Text) {
        if let Some(held) = self.current.as_mut().and_then(|current| current.text.take()) {
            match text {
                Text::Verbatim => self.add(&held),
                Text::Latin1 => match latin1(&held) {
                    Some(bytes) => self.add(&bytes),
                    None => self.refused = Some("has a file whose text stands for no bytes"),
                },
            }
        }
        let Some(Current { path, hasher, offset, .. }) = self.current.take() else { return };
        let hash = Sha256::new(hasher.finalize().into());
        let file = Indexed { path: path.clone(), offset, size_bytes: self.gone_bytes - offset, hash };
        if let Some(before) = self.places.get(&path).and_then(|place| self.index.files.get_mut(*place)) {
            *before = file;
        } else {
            self.places.insert(path, self.index.files.len());
            self.index.files.push(file);
        }
    }
}

/// One more than the longest.
const TEXT_TOO_LONG: u64 = TEXT_MAX_BYTES + 1;

/// The bytes that the characters of a text stand for.
fn latin1(text: &[u8]) -> Option<Vec<u8>> {
    std::str::from_utf8(text).ok()?.chars().map(|c| u8::try_from(c).ok()).collect()
}
