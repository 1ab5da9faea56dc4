//! Reading a zip, which has its table at its end: so all of it is held, and it may not be large.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{Event, tar_reader::clean};
use crate::publish::Malformed;
use crate::publish::caps::{Caps, is_ratio_fine};

/// The most bytes of a zip, gunzipped: they lie in wasm memory, beside one buffer.
pub const ZIP_MAX_BYTES: u64 = 25 * 1024 * 1024;
/// How much is unpacked at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Tells what is in a zip.
pub fn read_zip(bytes: &[u8], mut caps: Caps, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Malformed> {
    let malformed = |why| Malformed { why, at_bytes: 0 };
    if bytes.len() as u64 > ZIP_MAX_BYTES {
        return Err(malformed("is too large as a whole"));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| malformed("has no table of its entries"))?;
    if archive.len() > usize::try_from(caps.entries).unwrap_or(usize::MAX) {
        return Err(malformed("has too many entries"));
    }
    let (mut buffer, mut unpacked_bytes) = (vec![0; BUFFER_BYTES], 0);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| malformed("has an entry that cannot be read"))?;
        let name = entry.name().map_err(|_| malformed("has a name that is no text"))?;
        let path = clean(&name).map_err(malformed)?;
        if entry.is_dir() {
            caps.take_directory().map_err(malformed)?;
            on_event(Event::Directory { path: &path });
            continue;
        }
        if !entry.is_file() {
            caps.take_directory().map_err(malformed)?;
            on_event(Event::PassedOver { path: &path });
            continue;
        }
        let size_bytes = entry.size();
        caps.take_file(size_bytes).map_err(malformed)?;
        unpacked_bytes += size_bytes;
        if !is_ratio_fine(bytes.len() as u64, unpacked_bytes) {
            return Err(malformed("unpacks to far too much"));
        }
        on_event(Event::File { path: &path, size_bytes });
        // What comes out is counted too: the size is what the writer says it is.
        let mut left_bytes = size_bytes;
        loop {
            let count = entry.read(&mut buffer).map_err(|_| malformed("has an entry that cannot be read"))?;
            if count == 0 {
                break;
            }
            left_bytes = left_bytes.checked_sub(count as u64).ok_or(malformed("has an entry of another size"))?;
            on_event(Event::Bytes(buffer.get(..count).unwrap_or_default()));
        }
        if left_bytes > 0 {
            return Err(malformed("has an entry of another size"));
        }
        on_event(Event::End);
    }
    Ok(())
}
