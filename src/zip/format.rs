//! The format of a zip, as far as it is written here: nothing is packed, so each piece and the whole have a length that is known
//! before the first byte. It knows no stream and no workspace.
//!
//! What stands before a file's bytes says what they are, checksum included, where the file is short enough to be in memory
//! first. For a longer one the checksum comes behind the bytes, in a descriptor: readers take it from the directory at the end.
//! Where a number is too large for its field, what zip64 has for it stands beside it. Names are UTF-8; times are UTC, to the
//! second, in the extra field that Unix tools read, and to two seconds where all others look.

use chrono::{DateTime, Datelike as _, Timelike as _};

/// The longest file whose checksum stands before its bytes.
pub const IN_MEMORY_MAX_BYTES: u64 = durable_objects::limits::INLINE_MAX_BYTES;

/// A file or directory of a zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the zip; a directory's ends with a slash. At most 65,535 bytes.
    pub name: String,
    /// A file's bytes; 0 for a directory.
    pub size_bytes: u64,
    /// When it last changed.
    pub modified_ms: i64,
}

impl Entry {
    /// Whether it holds entries.
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether its checksum comes behind its bytes.
    pub fn has_descriptor(&self) -> bool {
        self.size_bytes > IN_MEMORY_MAX_BYTES
    }

    /// When it last changed, as a zip tells it.
    pub fn modified_s(&self) -> i32 {
        i32::try_from(self.modified_ms.div_euclid(1000)).unwrap_or(i32::MAX)
    }
}

/// What a field of 32 bits says where the number stands elsewhere; the same of 16 bits.
const ELSEWHERE: u32 = u32::MAX;
const ELSEWHERE_16: u16 = u16::MAX;

/// The version of the format that has zip64, and the one that has directories, as tens and ones.
const WITH_64: u16 = 45;
const WITHOUT_64: u16 = 20;
/// Made on Unix, by the former.
const MADE_BY: u16 = (3 << 8) + WITH_64;
/// The names are UTF-8.
const UTF8: u16 = 1 << 11;
/// A descriptor follows the bytes.
const DESCRIPTOR: u16 = 1 << 3;
/// A regular file with mode 644, and a directory with mode 755, which those that know no modes are told of too.
const FILE_ATTRIBUTES: u32 = 0o100_644 << 16;
const DIRECTORY_ATTRIBUTES: u32 = 0o040_755 << 16 | 1 << 4;

const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
const TIME_BYTES: u16 = 9;
const END_BYTES: u64 = 22;
/// The end of a zip64, and what says where it is.
const END_64_BYTES: u64 = 56 + 20;

/// What stands before an entry's bytes. `crc` is of no account where a descriptor follows.
pub fn local_header(entry: &Entry, crc: u32) -> Vec<u8> {
    let mut out = Fields::signed(*b"PK\x03\x04");
    // Behind the bytes, where it stands there.
    let (crc, size_bytes) = if entry.has_descriptor() { (0, 0) } else { (crc, entry.size_bytes) };
    let is_large = is_large(entry.size_bytes);
    let size = if is_large { ELSEWHERE } else { narrow(size_bytes) };
    out.about(entry, is_large).u32(crc).u32(size).u32(size);
    out.name_and_extra(entry, if is_large { 20 } else { 0 }).name(entry).time(entry);
    if is_large {
        out.u16(1).u16(16).u64(size_bytes).u64(size_bytes);
    }
    out.0
}

/// What stands behind the bytes of an entry that has a descriptor.
pub fn descriptor(entry: &Entry, crc: u32) -> Vec<u8> {
    let mut out = Fields::signed(*b"PK\x07\x08");
    out.u32(crc);
    if is_large(entry.size_bytes) {
        out.u64(entry.size_bytes).u64(entry.size_bytes);
    } else {
        out.u32(narrow(entry.size_bytes)).u32(narrow(entry.size_bytes));
    }
    out.0
}

/// An entry's line in the directory at the end. `offset` is where its [`local_header`] begins.
pub fn central_header(entry: &Entry, crc: u32, offset: u64) -> Vec<u8> {
    let mut out = Fields::signed(*b"PK\x01\x02");
    let has_64 = is_large(entry.size_bytes) || is_large(offset);
    let size = narrow(entry.size_bytes);
    out.u16(MADE_BY).about(entry, has_64).u32(crc).u32(size).u32(size);
    out.name_and_extra(entry, extra_64_bytes(entry, offset));
    // No comment; on the first disk; no text.
    out.u16(0).u16(0).u16(0);
    out.u32(if entry.is_directory() { DIRECTORY_ATTRIBUTES } else { FILE_ATTRIBUTES }).u32(narrow(offset));
    out.name(entry).time(entry);
    if has_64 {
        out.u16(1).u16(extra_64_bytes(entry, offset) - 4);
        if is_large(entry.size_bytes) {
            out.u64(entry.size_bytes).u64(entry.size_bytes);
        }
        if is_large(offset) {
            out.u64(offset);
        }
    }
    out.0
}

/// The end of a zip of so many entries, whose directory has so many bytes behind so many others.
pub fn end(entries: u64, directory_bytes: u64, offset: u64) -> Vec<u8> {
    let mut out = Fields(Vec::new());
    if ends_in_64(entries, directory_bytes, offset) {
        out.raw(b"PK\x06\x06").u64(44).u16(MADE_BY).u16(WITH_64).u32(0).u32(0);
        out.u64(entries).u64(entries).u64(directory_bytes).u64(offset);
        out.raw(b"PK\x06\x07").u32(0).u64(offset + directory_bytes).u32(1);
    }
    let count = u16::try_from(entries).unwrap_or(ELSEWHERE_16);
    out.raw(b"PK\x05\x06").u16(0).u16(0).u16(count).u16(count);
    out.u32(narrow(directory_bytes)).u32(narrow(offset)).u16(0);
    out.0
}

/// How long everything is that belongs to an entry but its line in the directory.
pub fn entry_bytes(entry: &Entry) -> u64 {
    let extra_64 = if is_large(entry.size_bytes) { 20 } else { 0 };
    let header = LOCAL_BYTES + entry.name.len() as u64 + u64::from(TIME_BYTES) + extra_64;
    let descriptor = match (entry.has_descriptor(), extra_64) {
        (false, _) => 0,
        (true, 0) => 16,
        (true, _) => 24,
    };
    header + entry.size_bytes + descriptor
}

/// How long a zip of these entries is.
pub fn total_bytes(entries: &[Entry]) -> u64 {
    let (mut offset, mut directory_bytes) = (0, 0);
    for entry in entries {
        let extra = u64::from(TIME_BYTES + extra_64_bytes(entry, offset));
        directory_bytes += CENTRAL_BYTES + entry.name.len() as u64 + extra;
        offset += entry_bytes(entry);
    }
    let end_64 = if ends_in_64(entries.len() as u64, directory_bytes, offset) { END_64_BYTES } else { 0 };
    offset + directory_bytes + end_64 + END_BYTES
}

fn ends_in_64(entries: u64, directory_bytes: u64, offset: u64) -> bool {
    entries >= u64::from(ELSEWHERE_16) || is_large(directory_bytes) || is_large(offset)
}

/// Whether a number does not fit its field of 32 bits.
fn is_large(number: u64) -> bool {
    number >= u64::from(ELSEWHERE)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(ELSEWHERE)
}

/// How long the zip64 field of an entry's line in the directory is.
fn extra_64_bytes(entry: &Entry, offset: u64) -> u16 {
    match (is_large(entry.size_bytes), is_large(offset)) {
        (false, false) => 0,
        (false, true) => 12,
        (true, false) => 20,
        (true, true) => 28,
    }
}

/// Fields one behind the other, the lowest byte first.
struct Fields(Vec<u8>);

impl Fields {
    fn signed(signature: [u8; 4]) -> Self {
        Self(signature.to_vec())
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u16(&mut self, number: u16) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    /// The version that it takes to read an entry, its flags, that it is stored, and its time.
    fn about(&mut self, entry: &Entry, has_64: bool) -> &mut Self {
        let version = if has_64 { WITH_64 } else { WITHOUT_64 };
        let flags = if entry.has_descriptor() { UTF8 | DESCRIPTOR } else { UTF8 };
        let (time, date) = dos_time(entry);
        self.u16(version).u16(flags).u16(0).u16(time).u16(date)
    }

    fn name_and_extra(&mut self, entry: &Entry, extra_64: u16) -> &mut Self {
        let name = u16::try_from(entry.name.len()).unwrap_or(u16::MAX);
        self.u16(name).u16(TIME_BYTES + extra_64)
    }

    fn name(&mut self, entry: &Entry) -> &mut Self {
        self.raw(entry.name.as_bytes())
    }

    /// The field of Unix times: that of the last change alone.
    fn time(&mut self, entry: &Entry) -> &mut Self {
        self.raw(b"UT").u16(5).raw(&[1]).raw(&entry.modified_s().to_le_bytes())
    }
}

/// The time and the date as DOS had them: from 1980 to 2107, to two seconds.
fn dos_time(entry: &Entry) -> (u16, u16) {
    const EARLIEST: (u16, u16) = (0, 1 << 5 | 1);
    let Some(at) = DateTime::from_timestamp(i64::from(entry.modified_s()), 0) else { return EARLIEST };
    let Ok(years @ 0..=127) = u32::try_from(at.year() - 1980) else { return EARLIEST };
    let time = at.hour() << 11 | at.minute() << 5 | (at.second() / 2);
    let date = years << 9 | at.month() << 5 | at.day();
    (u16::try_from(time).unwrap_or_default(), u16::try_from(date).unwrap_or_default())
}
