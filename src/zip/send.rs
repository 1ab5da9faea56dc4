//! The bytes of a zip, one after the other, as fast as somebody reads them. What was promised before the first byte is kept to the
//! last, or the answer breaks off: whoever gets a whole zip has the very tree of that moment.

use std::pin::pin;
use std::time::Duration;

use crc32fast::Hasher;
use futures::future::{Either, select};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::WritableStreamDefaultWriter;
use worker::Delay;

use super::format::{self, Entry};
use super::plan::Plan;
use crate::error::Error;
use crate::gather::Gather;
use crate::publish::source::{Reader, Source};

/// For how long nothing may be read, in times in which it is said that the tree is still wanted: some ten minutes.
const STALLS_MAX: usize = 8;

/// Sends all of a zip, and says why if that was not possible: then its reader sees it broken off.
pub async fn send(source: &Source<'_>, plan: &Plan, writer: WritableStreamDefaultWriter) -> Result<(), Error> {
    let mut out = Out { source, writer, gather: Gather::new() };
    let sent = match write(source, plan, &mut out).await {
        Ok(()) => out.close().await,
        error => error,
    };
    if sent.is_err() {
        // Whether anybody is there to see it does not matter.
        drop(JsFuture::from(out.writer.abort_with_reason(&"a zip was broken off".into())));
    }
    sent
}

async fn write(source: &Source<'_>, plan: &Plan, out: &mut Out<'_>) -> Result<(), Error> {
    let mut reader = source.reader("zipping", &plan.files);
    let mut sums = Vec::with_capacity(plan.entries.len());
    let mut memory = Vec::new();
    for entry in &plan.entries {
        if entry.is_directory() {
            out.write_own(&format::local_header(entry, 0)).await?;
            sums.push(0);
            continue;
        }
        reader.next_file().await?.ok_or_else(|| differs(entry))?;
        sums.push(if entry.has_descriptor() {
            long(&mut reader, entry, out, &mut memory).await?
        } else {
            short(&mut reader, entry, out, &mut memory).await?
        });
    }
    let (mut offset, mut directory_bytes) = (0, 0);
    for (entry, crc) in plan.entries.iter().zip(sums) {
        let line = format::central_header(entry, crc, offset);
        out.write_own(&line).await?;
        offset += format::entry_bytes(entry);
        directory_bytes += line.len() as u64;
    }
    out.write_own(&format::end(plan.entries.len() as u64, directory_bytes, offset)).await
}

/// A file whose checksum comes behind it: it goes by in chunks.
async fn long(reader: &mut Reader<'_>, entry: &Entry, out: &mut Out<'_>, memory: &mut Vec<u8>) -> Result<u32, Error> {
    out.write_own(&format::local_header(entry, 0)).await?;
    let (mut sum, mut left_bytes) = (Hasher::new(), entry.size_bytes);
    while let Some(chunk) = reader.next_chunk().await? {
        left_bytes = left_bytes.checked_sub(u64::from(chunk.length())).ok_or_else(|| differs(entry))?;
        add(&mut sum, &chunk, memory);
        out.write(&chunk).await?;
    }
    if left_bytes > 0 {
        return Err(differs(entry));
    }
    let crc = sum.finalize();
    out.write_own(&format::descriptor(entry, crc)).await?;
    Ok(crc)
}

/// A file whose checksum stands before it.
async fn short(reader: &mut Reader<'_>, entry: &Entry, out: &mut Out<'_>, memory: &mut Vec<u8>) -> Result<u32, Error> {
    let bytes = whole(reader, entry).await?;
    let mut sum = Hasher::new();
    add(&mut sum, &bytes, memory);
    let crc = sum.finalize();
    out.write_own(&format::local_header(entry, crc)).await?;
    out.write(&bytes).await?;
    match reader.next_chunk().await? {
        Some(more) if more.length() > 0 => Err(differs(entry)),
        _ => Ok(crc),
    }
}

/// All bytes of a file, of which there are no more than [`format::IN_MEMORY_MAX_BYTES`]. Most come in one chunk; of the others the
/// chunks are put together.
async fn whole(reader: &mut Reader<'_>, entry: &Entry) -> Result<Uint8Array, Error> {
    let length = u32::try_from(entry.size_bytes).unwrap_or(u32::MAX);
    let (mut bytes, mut filled) = (None, 0);
    while filled < length {
        let chunk = reader.next_chunk().await?.ok_or_else(|| differs(entry))?;
        if filled == 0 && chunk.length() == length {
            return Ok(chunk);
        }
        if chunk.length() > length - filled {
            return Err(differs(entry));
        }
        bytes.get_or_insert_with(|| Uint8Array::new_with_length(length)).set(&chunk, filled);
        filled += chunk.length();
    }
    Ok(bytes.unwrap_or_else(|| Uint8Array::new_with_length(0)))
}

/// Adds a chunk to a checksum. It is copied into wasm for that, into the same memory each time.
fn add(sum: &mut Hasher, chunk: &Uint8Array, memory: &mut Vec<u8>) {
    memory.resize(chunk.length() as usize, 0);
    chunk.copy_to(memory);
    sum.update(memory);
}

/// Bytes that are not as many as their row says. Where they lie is told by the paths of the request.
fn differs(entry: &Entry) -> Error {
    Error::Internal(format!("a zip is broken off: a file does not have its {} bytes", entry.size_bytes))
}

/// Whoever reads the body: more is taken only when what came before has been read.
struct Out<'a> {
    source: &'a Source<'a>,
    writer: WritableStreamDefaultWriter,
    gather: Gather,
}

impl Out<'_> {
    async fn write_own(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(&Uint8Array::from(bytes)).await
    }

    async fn write(&mut self, bytes: &Uint8Array) -> Result<(), Error> {
        let mut taken = 0;
        while taken < bytes.length() {
            taken += self.gather.take(bytes, taken);
            if let Some(chunk) = self.gather.full() {
                self.patiently(JsFuture::from(self.writer.write_with_chunk(&chunk))).await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), Error> {
        if let Some(chunk) = self.gather.rest() {
            self.patiently(JsFuture::from(self.writer.write_with_chunk(&chunk))).await?;
        }
        self.patiently(JsFuture::from(self.writer.close())).await
    }

    /// Waits for a slow reader, and says meanwhile that the tree is still wanted; but not for ever.
    async fn patiently(&self, work: JsFuture) -> Result<(), Error> {
        let mut work = pin!(work);
        for _ in 0..STALLS_MAX {
            let pause = Delay::from(Duration::from_millis(self.source.kept_each_ms().unsigned_abs()));
            match select(work, pin!(pause)).await {
                Either::Left((done, _)) => return done.map(drop).map_err(|_: JsValue| Error::NobodyReads),
                Either::Right(((), still)) => {
                    self.source.keep_now().await?;
                    work = still;
                }
            }
        }
        Err(Error::NobodyReads)
    }
}
