//! A bundle, read from the bucket as it comes: gunzipped by the runtime, taken apart in pieces of 256 KiB, never held as a whole.

use std::rc::Rc;

use durable_objects::ids::Sha256;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;

use super::looked::{Looked, Looking};
use super::sender::Sender;
use crate::blobs::Blobs;
use crate::catalog::Kind;
use crate::catalog::items::Item;
use crate::catalog::key::Artifact;
use crate::chunks::Chunks;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::publish::Malformed;
use crate::publish::archive::{self, HEAD_BYTES, Packing, TarReader, ZIP_MAX_BYTES, ZipEntry, ZipReader, zip_buffer};
use crate::publish::caps::{Caps, is_ratio_fine};
use crate::publish::manifest::folder;
use crate::publish::snapshot::{self, Decoder, Text};

#[wasm_bindgen]
extern "C" {
    type DecompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> DecompressionStream;

    #[wasm_bindgen(extends = ReadableStream)]
    type Packed;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Packed, transform: &DecompressionStream) -> Result<ReadableStream, JsValue>;
}

/// The bytes of a version.
pub struct Bundle {
    kind: Kind,
    key: String,
    size_bytes: u64,
    /// Under which everything in it lies; empty for a desktop.
    pub folder: String,
}

/// A piece of what is in it.
enum Piece {
    Directory(String),
    File(String),
    Bytes(Vec<u8>),
    End {
        is_latin1: bool,
    },
    /// A link or a device, which no bundle may have.
    Strange(String),
}

/// What takes the pieces.
pub enum Taker<'t, 'a> {
    /// It looks at them.
    Look(&'t mut Looking),
    /// It sends them.
    Send(&'t mut Sender<'a>),
}

impl Taker<'_, '_> {
    async fn take(&mut self, piece: Piece) -> Result<(), Error> {
        match (self, piece) {
            (_, Piece::Strange(path)) => Err(refused(format!("has a link or device, {path:?}"))),
            (Self::Look(looking), Piece::Directory(path)) => looking.directory(&path).map_err(refused),
            (Self::Look(looking), Piece::File(path)) => looking.file(&path).map_err(refused),
            (Self::Look(looking), Piece::Bytes(bytes)) => looking.bytes(&bytes).map_err(refused),
            (Self::Look(looking), Piece::End { is_latin1 }) => looking.end(is_latin1).map_err(refused),
            (Self::Send(_), Piece::Directory(_)) => Ok(()),
            (Self::Send(sender), Piece::File(path)) => sender.file(&path),
            (Self::Send(sender), Piece::Bytes(bytes)) => sender.bytes(&bytes).await,
            (Self::Send(sender), Piece::End { .. }) => sender.end().await,
        }
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::BadBundle(why.into())
}

fn malformed(error: Malformed) -> Error {
    refused(error.why)
}

fn cut_off() -> Error {
    Error::Interrupted("a bundle was cut off".to_owned())
}

impl Bundle {
    /// Of the version of an item that was found.
    pub fn of(item: &Item) -> Result<Self, Error> {
        let (Some(release), Some(key)) = (&item.release, item.key(Artifact::Bundle)) else {
            return Err(Error::NoVersion);
        };
        let folder = match item.kind {
            Kind::App => folder(&item.local_id),
            Kind::Desktop => String::new(),
        };
        Ok(Self { kind: item.kind, key, size_bytes: release.size_bytes, folder })
    }

    /// Looks through it.
    pub async fn look(&self, incoming: &Rc<Incoming>) -> Result<Looked, Error> {
        let mut looking = Looking::new(self.folder.clone());
        self.unpack(incoming, Taker::Look(&mut looking)).await?;
        looking.finish().map_err(refused)
    }

    /// Takes it apart.
    pub async fn unpack(&self, incoming: &Rc<Incoming>, mut taker: Taker<'_, '_>) -> Result<(), Error> {
        let found = Blobs::of_bundles(incoming)?.find(&self.key, None).await?;
        let (size_bytes, body) = found.ok_or(Error::NoVersion)?;
        if size_bytes != self.size_bytes {
            let (key, said) = (&self.key, self.size_bytes);
            return Err(Error::Internal(format!("the object {key} has {size_bytes} bytes where its row says {said}")));
        }
        let failed = |cause: JsValue| Error::internal("unpacking", &cause);
        let stream = match self.kind {
            Kind::Desktop => body.unchecked_into(),
            Kind::App => {
                body.unchecked_into::<Packed>().pipe_through(&DecompressionStream::new("gzip")).map_err(failed)?
            }
        };
        let mut chunks = Chunks::new(stream).map_err(failed)?;
        let outcome = match self.kind {
            Kind::Desktop => self.snapshot(&mut chunks, &mut taker).await,
            Kind::App => self.archive(&mut chunks, &mut taker).await,
        };
        if outcome.is_err() {
            chunks.cancel();
        }
        outcome
    }

    async fn snapshot(&self, chunks: &mut Chunks, taker: &mut Taker<'_, '_>) -> Result<(), Error> {
        let mut decoder = Decoder::new(Caps::default());
        while let Some(chunk) = chunks.next().await.map_err(|_| cut_off())? {
            let mut pieces = Vec::new();
            decoder.feed(&chunk.to_vec(), &mut |event| pieces.push(of_snapshot(event))).map_err(malformed)?;
            for piece in pieces {
                taker.take(piece).await?;
            }
        }
        decoder.finish().map_err(malformed)
    }

    /// The next bytes of an archive. What comes out is counted, whatever its headers say.
    async fn next(&self, chunks: &mut Chunks, unpacked_bytes: &mut u64) -> Result<Option<Vec<u8>>, Error> {
        let broken = |_| refused("cannot be unpacked to its end");
        let Some(chunk) = chunks.next().await.map_err(broken)? else { return Ok(None) };
        *unpacked_bytes += u64::from(chunk.length());
        // Beside the files there are headers, and what fills them up.
        if !is_ratio_fine(self.size_bytes, *unpacked_bytes) || *unpacked_bytes > 2 * Caps::default().total_bytes {
            return Err(refused("unpacks to far too much"));
        }
        Ok(Some(chunk.to_vec()))
    }

    async fn archive(&self, chunks: &mut Chunks, taker: &mut Taker<'_, '_>) -> Result<(), Error> {
        let mut unpacked_bytes = 0;
        let mut next = self.next(chunks, &mut unpacked_bytes).await?;
        let packing = next.as_deref().and_then(|head| Packing::of(head.get(..HEAD_BYTES).unwrap_or(head)));
        match packing.ok_or_else(|| refused("is neither a tar nor a zip"))? {
            Packing::Tar => {
                let mut tar = TarReader::new(Caps::default());
                while let Some(bytes) = next {
                    let mut pieces = Vec::new();
                    tar.feed(&bytes, &mut |event| pieces.push(of_archive(event))).map_err(malformed)?;
                    for piece in pieces {
                        taker.take(piece).await?;
                    }
                    next = self.next(chunks, &mut unpacked_bytes).await?;
                }
                tar.finish().map_err(malformed)
            }
            Packing::Zip => {
                let mut held = Vec::new();
                while let Some(bytes) = next {
                    held.extend(bytes);
                    if held.len() as u64 > ZIP_MAX_BYTES {
                        return Err(refused("is too large as a whole"));
                    }
                    next = self.next(chunks, &mut unpacked_bytes).await?;
                }
                zip(&held, taker).await
            }
        }
    }
}

async fn zip(bytes: &[u8], taker: &mut Taker<'_, '_>) -> Result<(), Error> {
    let mut buffer = zip_buffer();
    let mut zip = ZipReader::new(bytes, Caps::default()).map_err(malformed)?;
    if zip.has_doubles() {
        return Err(refused("has a name twice"));
    }
    while let Some(entry) = zip.next_entry().map_err(malformed)? {
        match entry {
            ZipEntry::Directory { path } => taker.take(Piece::Directory(path)).await?,
            ZipEntry::PassedOver { path } => taker.take(Piece::Strange(path)).await?,
            ZipEntry::File { path, mut bytes, .. } => {
                taker.take(Piece::File(path)).await?;
                while let Some(read) = bytes.read(&mut buffer).map_err(malformed)? {
                    taker.take(Piece::Bytes(read.to_vec())).await?;
                }
                taker.take(Piece::End { is_latin1: false }).await?;
            }
        }
    }
    Ok(())
}

fn of_archive(event: archive::Event<'_>) -> Piece {
    match event {
        archive::Event::Directory { path } => Piece::Directory(path.to_owned()),
        archive::Event::File { path, .. } => Piece::File(path.to_owned()),
        archive::Event::Bytes(bytes) => Piece::Bytes(bytes.to_vec()),
        archive::Event::End => Piece::End { is_latin1: false },
        archive::Event::PassedOver { path } => Piece::Strange(path.to_owned()),
    }
}

fn of_snapshot(event: snapshot::Event<'_>) -> Piece {
    match event {
        snapshot::Event::Directory { path } => Piece::Directory(path.to_owned()),
        snapshot::Event::File { path, .. } => Piece::File(path.to_owned()),
        snapshot::Event::Bytes(bytes) => Piece::Bytes(bytes.to_vec()),
        snapshot::Event::End { text } => Piece::End { is_latin1: text == Text::Latin1 },
        snapshot::Event::Link { path } => Piece::Strange(path.to_owned()),
    }
}

/// Bytes that are not those that were looked at.
pub fn changed(hash: &Sha256) -> Error {
    Error::Interrupted(format!("the bytes of {hash} were others the second time"))
}
