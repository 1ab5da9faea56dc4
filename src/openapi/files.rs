//! The tree: look, read, write, move, and the trash.

use schemars::JsonSchema;

use super::document::Document;
use super::operation::Access::Signed;
use crate::wire::{
    EmptiedBody, Encoding, ListingHead, MovedBody, PlacedBody, ReadHead, RemovedBody, StatBody, TrashBody, WrittenBody,
};
use durable_objects::item::Item;

pub fn describe(document: &mut Document) {
    document.group("files", "The tree: look, read, write, move, and the trash.");
    document
        .on(Signed, "GET /api/files/list", "listFiles")
        .about("A directory, whole up to 10,000 entries, or in pages")
        .more("Directories come first, then by name without regard to case. A listing that is cut has a `cursor`.")
        .query::<ListQuery>()
        .answers::<Listing>()
        .tagged()
        .refuses(&[404])
        .end();
    document
        .on(Signed, "GET /api/files/stat", "statFile")
        .about("One entry, with everything that is known of it")
        .query::<LookQuery>()
        .answers::<StatBody<'_>>()
        .tagged()
        .header(200, "Last-Modified", "LastModified")
        .refuses(&[404])
        .end();
    document
        .on(Signed, "GET /api/files/read", "readFile")
        .about("A file as JSON, up to 10 MiB")
        .query::<ReadQuery>()
        .answers::<Read>()
        .tagged()
        .header(200, "Last-Modified", "LastModified")
        .refuses(&[404, 413, 415])
        .end();
    document
        .on(Signed, "POST /api/files/write", "writeFile")
        .about("A file from JSON, up to 10 MiB")
        .takes::<WriteRequest>()
        .answers::<WrittenBody>()
        .header(200, "ETag", "ETag")
        .changes()
        .conditional()
        .refuses(&[413])
        .end();
    for (route, id, summary) in [
        ("GET /api/files/content", "getContent", "The bytes of a file, to be shown"),
        ("GET /api/files/download", "downloadFile", "The bytes of a file, as an attachment"),
    ] {
        document
            .on(Signed, route, id)
            .about(summary)
            .query::<LookQuery>()
            .answers_bytes("*/*")
            .tagged()
            .header(200, "Last-Modified", "LastModified")
            .ranged()
            .refuses(&[404])
            .end();
    }
    document
        .on(Signed, "GET /api/files/zip", "zipFiles")
        .about("Files and folders as one zip, as they are at this moment")
        .more(
            "Each `path` is an entry at the top of the zip, under its own name; two of one name get numbers. At most 10,000 entries, \
            700 reads and 8 GiB, which is known before the first byte. Where bytes turn out not to be there, the answer breaks off.",
        )
        .query::<ZipQuery>()
        .answers_bytes("application/zip")
        .tagged()
        .refuses(&[404, 413, 429])
        .end();
    document
        .on(Signed, "POST /api/files/zip", "zipManyFiles")
        .about("The same, for more paths than an address has room for")
        .takes::<ZipRequest>()
        .answers_bytes("application/zip")
        .header(200, "ETag", "ETag")
        .refuses(&[404, 413, 429])
        .end();
    document
        .on(Signed, "PUT /api/files/content", "putContent")
        .about("A file from a body, up to 50 MiB")
        .query::<PathQuery>()
        .takes_bytes("The whole content: `Content-Range` is refused.")
        .answers::<WrittenBody>()
        .header(200, "ETag", "ETag")
        .changes()
        .conditional()
        .digested()
        .refuses(&[413])
        .end();
    document
        .on(Signed, "POST /api/files/upload", "uploadFile")
        .about("A file from a form, up to 50 MiB")
        .takes_form::<UploadForm>()
        .answers::<WrittenBody>()
        .header(200, "ETag", "ETag")
        .changes()
        .conditional()
        .digested()
        .refuses(&[413])
        .end();
    document
        .on(Signed, "POST /api/files/mkdir", "makeDirectory")
        .about("A directory, with its parents; fine if it exists")
        .takes::<PathRequest>()
        .answers::<PlacedBody>()
        .changes()
        .end();
    for (route, id, summary) in [
        ("POST /api/files/move", "moveFile", "Another place for an entry, with all that is in it"),
        ("POST /api/files/copy", "copyFile", "A second entry with the same content, of up to 20,000 entries"),
    ] {
        document
            .on(Signed, route, id)
            .about(summary)
            .more(
                "Makes parents. A file over a file keeps the target's history. `If-Match` is about the source, \
                `If-None-Match` about the target.",
            )
            .takes::<MoveRequest>()
            .answers::<MovedBody>()
            .changes()
            .conditional()
            .refuses(&[413])
            .end();
    }
    document
        .on(Signed, "DELETE /api/files", "removeFile")
        .about("An entry into the trash for 7 days, or gone for good")
        .query::<RemoveQuery>()
        .answers::<RemovedBody>()
        .changes()
        .conditional()
        .also_at("/api/files/", "removeFileAtSlash")
        .end();
    document
        .on(Signed, "GET /api/files/trash", "listTrash")
        .about("What can be restored, newest first")
        .query::<PageQuery>()
        .answers::<TrashBody>()
        .end();
    document
        .on(Signed, "POST /api/files/restore", "restoreFile")
        .about("Out of the trash: back to where it was, or elsewhere")
        .takes::<RestoreRequest>()
        .answers::<PlacedBody>()
        .changes()
        .end();
    document
        .on(Signed, "POST /api/files/trash/empty", "emptyTrash")
        .about("Everything in the trash gone for good")
        .answers::<EmptiedBody>()
        .changes()
        .end();
}

/// One page of a directory.
#[derive(JsonSchema)]
struct Listing {
    #[serde(flatten)]
    head: ListingHead,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    files: Vec<Item<'static>>,
}

/// A file with its content.
#[derive(JsonSchema)]
struct Read {
    #[serde(flatten)]
    head: ReadHead,
    content: String,
}

#[derive(JsonSchema)]
struct ListQuery {
    /// The directory; without it, the root.
    path: Option<String>,
    /// Everything below it, too.
    recursive: Option<bool>,
    /// How many levels.
    #[schemars(range(min = 1, max = 64))]
    depth: Option<u32>,
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
    /// As it was: a rev, or the id of a checkpoint.
    at: Option<u64>,
}

#[derive(JsonSchema)]
struct LookQuery {
    path: String,
    /// What was there then: a rev, or the id of a checkpoint.
    at: Option<u64>,
    /// The file that is there now, as it was then. Not beside `at`.
    version: Option<u64>,
}

#[derive(JsonSchema)]
struct ReadQuery {
    #[serde(flatten)]
    look: LookQuery,
    encoding: Option<Encoding>,
}

#[derive(JsonSchema)]
pub(super) struct PathQuery {
    path: String,
}

/// Which page of a list.
#[derive(JsonSchema)]
pub(super) struct PageQuery {
    #[schemars(range(min = 1))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
struct RemoveQuery {
    path: String,
    /// Not into the trash: it is gone, and its versions too.
    permanent: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WriteRequest {
    path: String,
    content: String,
    /// `utf-8` if it is left out.
    encoding: Option<Encoding>,
    /// Whether missing parents are made; true if it is left out.
    create_dirs: Option<bool>,
}

#[derive(JsonSchema)]
struct UploadForm {
    /// The bytes.
    #[schemars(extend("contentMediaType" = "application/octet-stream"))]
    file: String,
    /// Before or behind the file.
    path: String,
}

#[derive(JsonSchema)]
struct PathRequest {
    path: String,
}

#[derive(JsonSchema)]
struct MoveRequest {
    from: String,
    to: String,
    /// Whether a file may replace the file that is there; false if it is left out.
    overwrite: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RestoreRequest {
    /// As the trash lists it, or something inside a directory there.
    trash_path: String,
    /// Where it goes, if not where it was.
    to: Option<String>,
}

#[derive(JsonSchema)]
struct ZipQuery {
    /// Each file and folder that is wanted: the parameter is repeated.
    #[schemars(length(min = 1))]
    path: Vec<String>,
}

#[derive(JsonSchema)]
struct ZipRequest {
    /// Each file and folder that is wanted.
    #[schemars(length(min = 1))]
    paths: Vec<String>,
}
