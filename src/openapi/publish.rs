//! Publishing apps and desktops.

use schemars::JsonSchema;

use super::document::Document;
use super::operation::Access::Signed;
use crate::publish::app::Preview;
use crate::publish::desktop;
use crate::publish::manifest::AppFields;
use crate::publish::progress;
use crate::publish::release::Report;
use crate::routes::shapes::PublishUpload;

/// What both say to those who ask for lines.
const LINES: &str = "With `Accept: application/x-ndjson`, at once and with a line for each step; the last line is the answer, or \
    the error with its `status`. Without `version` it is the next patch. The same content at a version that is there is answered \
    as it was; other content is a 409 with `nextVersion`.";

pub fn describe(document: &mut Document) {
    document.group("publish", "Publishing apps and desktops: versions that never change.");
    document
        .on(Signed, "POST /api/publish/app", "publishApp")
        .about("An app becomes a version")
        .takes::<PublishApp>()
        .answers::<Report>()
        .answers_lines::<Line>(LINES)
        .refuses(&[404, 409, 413, 415, 422, 429, 507])
        .end();
    document
        .on(Signed, "POST /api/publish/desktop", "publishDesktop")
        .about("A desktop becomes a version")
        .takes::<PublishDesktop>()
        .answers::<Report>()
        .answers_lines::<Line>(LINES)
        .refuses(&[404, 409, 413, 415, 422, 429, 507])
        .end();
    document
        .on(Signed, "GET /api/publish/app/preview", "previewApp")
        .about("The manifest, the files and what stays out; nothing is published")
        .query::<PreviewQuery>()
        .answers::<Preview>()
        .refuses(&[404, 409, 429])
        .end();
    document
        .on(Signed, "GET /api/publish/desktop/preview", "previewDesktop")
        .about("The files of a desktop, what it says of itself and what stays out; nothing is published")
        .query::<DesktopPreviewQuery>()
        .answers::<desktop::Preview>()
        .refuses(&[404, 409, 413, 429])
        .end();
    document
        .on(Signed, "PUT /api/publish/uploads", "uploadToPublish")
        .about("A snapshot or an archive, to be published within the hour")
        .takes_bytes("A desktop's snapshot, or an app's tar or zip, gzipped or not; up to 95 MiB.")
        .answers::<PublishUpload<'_>>()
        .refuses(&[409, 413, 415, 422, 507])
        .end();
}

/// A line of an answer in lines.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PublishLine")]
enum Line {
    Step(progress::Line),
    Done(Report),
    Failed(crate::error::ErrorBody),
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PreviewQuery {
    app_id: String,
    /// The desktop's root; the workspace's if it is left out.
    path: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DesktopPreviewQuery {
    /// What is the desktop; the workspace's root if it is left out.
    path: Option<String>,
    /// The owner's own name for it.
    desktop_id: Option<String>,
    /// Paths, names or patterns that stay out: the parameter is repeated.
    exclude: Option<Vec<String>>,
    /// Paths, names or patterns that go with it: the parameter is repeated.
    include: Option<Vec<String>>,
}

/// What is left out stays as it was, or is found out.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PublishApp {
    /// The name of its folder below `src/apps`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,64}$"))]
    app_id: String,
    /// The desktop's root; the workspace's if it is left out.
    path: Option<String>,
    name: Option<String>,
    /// An emoji, a name or an address.
    icon: Option<String>,
    description: Option<String>,
    /// Up to 16, of up to 40 bytes.
    tags: Option<Vec<String>>,
    /// Three numbers.
    version: Option<String>,
    /// `public`, `unlisted` or `private`.
    visibility: Option<VisibilityWord>,
    /// Published from an upload instead of the workspace.
    upload: Option<String>,
    /// The bytes themselves, up to 25 MiB, as older pages send them.
    blob_base64: Option<String>,
    /// Fields of the manifest; they win over what is found.
    manifest: Option<AppFields>,
    /// Files that are published although they hold what looks like a credential.
    allow: Option<Vec<String>>,
}

/// What is left out stays as it was.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PublishDesktop {
    title: String,
    /// The owner's own name for it: publishing under one that is there makes a new version.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,64}$"))]
    desktop_id: Option<String>,
    /// What is the desktop; the workspace's root if it is left out.
    path: Option<String>,
    description: Option<String>,
    /// An emoji, a name or an address.
    icon: Option<String>,
    /// Up to 16, of up to 40 bytes.
    tags: Option<Vec<String>>,
    /// Three numbers.
    version: Option<String>,
    /// `public`, `unlisted` or `private`.
    visibility: Option<VisibilityWord>,
    /// Published from an upload instead of the workspace.
    upload: Option<String>,
    /// The bytes themselves, up to 25 MiB, as older pages send them.
    blob_base64: Option<String>,
    /// Paths, names or patterns that stay out.
    exclude: Option<Vec<String>>,
    /// Paths, names or patterns that go with it.
    include: Option<Vec<String>>,
    /// Files that are published although they hold what looks like a credential.
    allow: Option<Vec<String>>,
}

/// Found by everyone; by those who know its id; by its owner.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Visibility")]
pub enum VisibilityWord {
    Public,
    Unlisted,
    Private,
}
