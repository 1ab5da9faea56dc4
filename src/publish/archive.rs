//! `app.tar.gz`: an app in a POSIX tar, gzipped by the runtime.
//!
//! It is written reproducibly: entries in one order, no times, no owners, one mode. So equal apps are equal tars; their hash
//! is an app's identity, since the bytes of the gzip around them may change with the runtime. It is read as others write it
//! too: tar of any dialect, and zip, which older publishers put under the same name.

mod tar_reader;
#[cfg(test)]
pub mod tests;
mod zip_reader;

use tar::{Builder, EntryType, Header};

pub use tar_reader::TarReader;
pub use zip_reader::{ZIP_MAX_BYTES, ZipEntry, ZipReader, read_zip, zip_buffer};

/// The unit of a tar: headers, and what files are filled up to.
const BLOCK_BYTES: usize = 512;
/// What an archive is filled up to by those who write to tapes. Some readers warn of less.
const RECORD_BYTES: usize = 20 * BLOCK_BYTES;
static ZEROS: [u8; RECORD_BYTES] = [0; RECORD_BYTES];
/// The most that a name in an old header takes, whatever its prefix.
const PLAIN_NAME_MAX_BYTES: usize = 100;

/// What is in an archive, in its own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A directory.
    Directory {
        /// Its path, relative and clean.
        path: &'a str,
    },
    /// A file, whose bytes come next.
    File {
        /// Its path.
        path: &'a str,
        /// How many bytes there will be.
        size_bytes: u64,
    },
    /// Bytes of the file that was told last.
    Bytes(&'a [u8]),
    /// The end of that file.
    End,
    /// A link or a device: no workspace has such, so it is passed over.
    PassedOver {
        /// Its path.
        path: &'a str,
    },
}

/// How an archive is packed, once it is gunzipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// With [`TarReader`].
    Tar,
    /// With [`read_zip`].
    Zip,
}

/// How many bytes tell the packing.
pub const HEAD_BYTES: usize = BLOCK_BYTES;

impl Packing {
    /// By the first bytes; none if they are neither.
    pub fn of(head: &[u8]) -> Option<Self> {
        let has = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
        if has(257, b"ustar") {
            Some(Self::Tar)
        } else if has(0, b"PK\x03\x04") {
            Some(Self::Zip)
        } else {
            None
        }
    }
}

/// What stands before the bytes of a file. `path` is relative and clean.
pub fn file_header(path: &str, size_bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size_bytes);
    let mut out = Builder::new(Vec::new());
    // Old headers hold ASCII of some length. What else a path is, stands in a header of its own, and here as far as it goes. A
    // backslash separates names on some systems, and wasm is taken for one of them.
    if !path.is_ascii() || path.contains('\\') || header.set_path(path).is_err() {
        out.append_pax_extensions([("path", path.as_bytes())])?;
        let ascii: String =
            path.chars().map(|c| if c.is_ascii() && !matches!(c, '/' | '\\') { c } else { '_' }).collect();
        header.set_path(ascii.get(..PLAIN_NAME_MAX_BYTES).unwrap_or(&ascii))?;
    }
    header.set_cksum();
    out.append(&header, std::io::empty())?;
    // Without what ends an archive, which finishing the builder would write.
    Ok(std::mem::take(out.get_mut()))
}

/// What stands behind them.
pub fn padding(size_bytes: u64) -> &'static [u8] {
    let block = BLOCK_BYTES as u64;
    zeros(size_bytes.next_multiple_of(block) - size_bytes)
}

/// What ends an archive of so many bytes: two empty blocks, and more of them up to a full record.
pub fn trailer(size_bytes: u64) -> &'static [u8] {
    let least = size_bytes + 2 * BLOCK_BYTES as u64;
    zeros(least.next_multiple_of(RECORD_BYTES as u64) - size_bytes)
}

fn zeros(count: u64) -> &'static [u8] {
    // No more than a record, but for what `trailer` adds to a whole one: see there.
    usize::try_from(count).ok().and_then(|count| ZEROS.get(..count)).unwrap_or(&ZEROS)
}
