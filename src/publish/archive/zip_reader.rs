//! Reading a zip, which has its table at its end: so all of it is held, and it may not be large.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::{Event, tar_reader::clean};
use crate::publish::Malformed;
use crate::publish::caps::{Caps, is_ratio_fine};

/// The most bytes of a zip, gunzipped: they lie in wasm memory, beside one buffer.
pub const ZIP_MAX_BYTES: u64 = 25 * 1024 * 1024;
/// How much is unpacked at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Goes through a zip, entry by entry.
pub struct ZipReader<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    caps: Caps,
    packed_bytes: u64,
    unpacked_bytes: u64,
    /// How many entries its end speaks of.
    stated: Option<usize>,
    /// The next entry.
    index: usize,
}

/// An entry of a zip.
pub enum ZipEntry<'r, 'b> {
    /// A directory.
    Directory {
        /// Its path, relative and clean.
        path: String,
    },
    /// A file.
    File {
        /// Its path.
        path: String,
        /// How many bytes there will be.
        size_bytes: u64,
        /// They themselves.
        bytes: Box<ZipBytes<'r, 'b>>,
    },
    /// What no workspace has.
    PassedOver {
        /// Its path.
        path: String,
    },
}

/// The bytes of a file in a zip.
pub struct ZipBytes<'r, 'b> {
    file: ZipFile<'r, Cursor<&'b [u8]>>,
    left_bytes: u64,
}

fn malformed(why: &'static str) -> Malformed {
    Malformed { why, at_bytes: 0 }
}

impl<'b> ZipReader<'b> {
    /// Of all its bytes.
    pub fn new(bytes: &'b [u8], caps: Caps) -> Result<Self, Malformed> {
        if bytes.len() as u64 > ZIP_MAX_BYTES {
            return Err(malformed("is too large as a whole"));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| malformed("has no table of its entries"))?;
        if archive.len() > usize::try_from(caps.entries_left()).unwrap_or(usize::MAX) {
            return Err(malformed("has too many entries"));
        }
        let stated = stated_entries(bytes);
        Ok(Self { archive, caps, packed_bytes: bytes.len() as u64, unpacked_bytes: 0, stated, index: 0 })
    }

    /// Whether a name stands in its table more than once: only the last of them is told.
    pub fn has_doubles(&self) -> bool {
        self.stated != Some(self.archive.len())
    }

    /// The next entry; none behind the last.
    pub fn next_entry(&mut self) -> Result<Option<ZipEntry<'_, 'b>>, Malformed> {
        if self.index == self.archive.len() {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        let file = self.archive.by_index(index).map_err(|_| malformed("has an entry that cannot be read"))?;
        let name = file.name().map_err(|_| malformed("has a name that is no text"))?;
        let path = clean(&name).map_err(malformed)?;
        if !file.is_file() {
            return if file.is_dir() {
                self.caps.take_directory(&path).map_err(malformed)?;
                Ok(Some(ZipEntry::Directory { path }))
            } else {
                self.caps.take_link(&path).map_err(malformed)?;
                Ok(Some(ZipEntry::PassedOver { path }))
            };
        }
        let size_bytes = file.size();
        self.caps.take_file(&path, size_bytes).map_err(malformed)?;
        self.unpacked_bytes += size_bytes;
        if !is_ratio_fine(self.packed_bytes, self.unpacked_bytes) {
            return Err(malformed("unpacks to far too much"));
        }
        Ok(Some(ZipEntry::File { path, size_bytes, bytes: Box::new(ZipBytes { file, left_bytes: size_bytes }) }))
    }
}

/// How many entries the record at the end of a zip speaks of.
fn stated_entries(bytes: &[u8]) -> Option<usize> {
    const SIGNATURE: &[u8] = b"PK\x05\x06";
    let at = bytes.windows(SIGNATURE.len()).rposition(|window| window == SIGNATURE)?;
    let count = bytes.get(at + 10..at + 12)?;
    Some(count.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

impl ZipBytes<'_, '_> {
    /// The next bytes, into a buffer; none at the end. They are counted: a size is what the writer says it is.
    pub fn read<'o>(&mut self, buffer: &'o mut [u8]) -> Result<Option<&'o [u8]>, Malformed> {
        let count = self.file.read(buffer).map_err(|_| malformed("has an entry that cannot be read"))?;
        let left_bytes = self.left_bytes.checked_sub(count as u64);
        self.left_bytes = left_bytes.ok_or(malformed("has an entry of another size"))?;
        match (count, self.left_bytes) {
            (0, 0) => Ok(None),
            (0, _) => Err(malformed("has an entry of another size")),
            _ => Ok(buffer.get(..count)),
        }
    }
}

/// A buffer to read into.
pub fn zip_buffer() -> Vec<u8> {
    vec![0; BUFFER_BYTES]
}

/// Tells what is in a zip.
pub fn read_zip(bytes: &[u8], caps: Caps, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
    let (mut zip, mut buffer) = (ZipReader::new(bytes, caps)?, zip_buffer());
    while let Some(entry) = zip.next_entry()? {
        match entry {
            ZipEntry::Directory { path } => on_event(Event::Directory { path: &path }),
            ZipEntry::PassedOver { path } => on_event(Event::PassedOver { path: &path }),
            ZipEntry::File { path, size_bytes, mut bytes } => {
                on_event(Event::File { path: &path, size_bytes });
                while let Some(read) = bytes.read(&mut buffer)? {
                    on_event(Event::Bytes(read));
                }
                on_event(Event::End);
            }
        }
    }
    Ok(())
}
