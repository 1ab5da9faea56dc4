//! What has been published: lists, one thing, its versions and bytes, and what its owner and others do with it.

use schemars::JsonSchema;

use super::document::Document;
use super::operation::Access::{self, Anyone, Open, Signed};
use super::operation::Operation;
use super::publish::VisibilityWord;
use crate::catalog::rows::{AppRow, DesktopRow, Details};
use crate::catalog::versions::VersionsBody;
use crate::publish::manifest::{AppManifest, DesktopManifest};
use crate::routes::shapes::{SignedBundle, Star, Unpublished, Updates, VersionYanked};

/// Apps and desktops are asked alike: what differs is here, and in the types of [`of_kind`].
struct Kind {
    plural: &'static str,
    /// How ids of operations say it.
    name: &'static str,
    /// What the route of the bytes is called, and their type.
    bytes: &'static str,
    mime: &'static str,
    /// The older address of the list.
    older: &'static str,
}

const APPS: Kind =
    Kind { plural: "apps", name: "App", bytes: "bundle", mime: "application/gzip", older: "/api/store/apps" };

const DESKTOPS: Kind = Kind {
    plural: "desktops",
    name: "Desktop",
    bytes: "snapshot",
    mime: "application/octet-stream",
    older: "/api/visit/desktops",
};

pub fn describe(document: &mut Document) {
    document.group(
        "catalog",
        "What has been published. Anyone may look at what is public; who is signed sees their own too.",
    );
    of_kind::<AppRow, AppList, AppManifest>(document, &APPS);
    of_kind::<DesktopRow, DesktopList, DesktopManifest>(document, &DESKTOPS);
    document
        .on(Open, "GET /api/apps/updates", "listUpdates")
        .about("What is offered by now in place of what somebody has")
        .query::<UpdatesQuery>()
        .answers::<Updates<AppRow>>()
        .end();
    document
        .on(Open, "GET /api/webcontainer-snapshot", "getBaseline")
        .about("The operator's baseline, which every desktop starts from")
        .answers_bytes("application/octet-stream")
        .tagged()
        .refuses(&[404])
        .end();
    document
        .on(Anyone, "GET /d/{id}", "visitDesktop")
        .about("The page of a desktop")
        .more("404 with the same page for what is private, missing or withdrawn, and while the catalogue cannot be asked a 503.")
        .answers_text("text/html")
        .answers_page(404)
        .answers_page(500)
        .answers_page(503)
        .end();
}

/// An operation on things of a kind: `{kind}` stands for it in the route, and `*` in the id.
fn on<'d>(document: &'d mut Document, kind: &Kind, access: Access, route: &str, id: &str) -> Operation<'d> {
    document.on(access, &route.replace("{kind}", kind.plural), &id.replace('*', kind.name))
}

/// Everything about a kind, of which a row, a page of a list and a manifest are these.
fn of_kind<Row: JsonSchema, List: JsonSchema, Manifest: JsonSchema>(document: &mut Document, kind: &Kind) {
    on(document, kind, Open, "GET /api/{kind}", "list*s")
        .about("What has been published, in an order or by a search")
        .query::<CatalogQuery>()
        .answers::<List>()
        .also_at(kind.older, &format!("list{}sAsBefore", kind.name))
        .end();
    on(document, kind, Open, "GET /api/{kind}/{id}", "get*")
        .about("One of them, with one of its versions")
        .query::<VersionQuery>()
        .answers::<Details<Row>>()
        .refuses(&[404])
        .end();
    on(document, kind, Signed, "PATCH /api/{kind}/{id}", "change*")
        .about("What is said of it, by its owner")
        .takes::<PublishedPatch>()
        .answers::<Details<Row>>()
        .refuses(&[403, 404])
        .end();
    on(document, kind, Open, "GET /api/{kind}/{id}/manifest", "get*Manifest")
        .about("What a version says of itself")
        .query::<VersionQuery>()
        .answers::<Manifest>()
        .tagged()
        .refuses(&[404])
        .end();
    bytes(document, kind);
    change(document, kind);
}

/// The bytes of a version, and what lies beside them.
fn bytes(document: &mut Document, kind: &Kind) {
    on(document, kind, Open, &format!("GET /api/{{kind}}/{{id}}/{}", kind.bytes), "get*Bytes")
        .about("The bytes of a version")
        .more("With `version` and `hash` of something public, they may be kept for good.")
        .query::<BytesQuery>()
        .answers_bytes(kind.mime)
        .tagged()
        .ranged()
        .refuses(&[404])
        .also_at(&format!("{}/{{id}}/{}", kind.older, kind.bytes), &format!("get{}BytesAsBefore", kind.name))
        .end();
    on(document, kind, Signed, &format!("POST /api/{{kind}}/{{id}}/{}/sign", kind.bytes), "sign*Bytes")
        .about("An address of a version that works for whoever has it")
        .may_take::<BundleSignRequest>()
        .answers::<SignedBundle>()
        .refuses(&[403, 404])
        .end();
    on(document, kind, Open, "GET /api/{kind}/{id}/package.json", "get*Package")
        .about("`package.json` as it was published, of a desktop")
        .query::<VersionQuery>()
        .answers::<serde_json::Value>()
        .tagged()
        .refuses(&[404])
        .end();
    on(document, kind, Open, "GET /api/{kind}/{id}/pnpm-lock.yaml", "get*Lockfile")
        .about("`pnpm-lock.yaml` as it was published; of an app, its own part")
        .query::<VersionQuery>()
        .answers_text("text/yaml")
        .tagged()
        .refuses(&[404])
        .end();
}

/// Its versions, what else its owner may do with it, and a star.
fn change(document: &mut Document, kind: &Kind) {
    on(document, kind, Open, "GET /api/{kind}/{id}/versions", "list*Versions")
        .about("Its versions, the highest first")
        .query::<CatalogPage>()
        .answers::<VersionsBody>()
        .refuses(&[404])
        .end();
    on(document, kind, Signed, "DELETE /api/{kind}/{id}/versions/{version}", "yank*")
        .about("A version is not offered any more; who names it still gets it")
        .answers::<VersionYanked>()
        .refuses(&[403, 404])
        .end();
    on(document, kind, Signed, "DELETE /api/{kind}/{id}", "unpublish*")
        .about("Nobody sees it from now on, and its bytes go")
        .answers::<Unpublished>()
        .refuses(&[403, 404])
        .end();
    for (method, id, summary) in [("PUT", "star*", "The caller likes it"), ("DELETE", "unstar*", "Not any more")] {
        on(document, kind, Signed, &format!("{method} /api/{{kind}}/{{id}}/star"), id)
            .about(summary)
            .answers::<Star>()
            .refuses(&[404])
            .end();
    }
}

/// A page of apps.
#[derive(JsonSchema)]
struct AppList {
    apps: Vec<AppRow>,
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// A page of desktops.
#[derive(JsonSchema)]
struct DesktopList {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    desktops: Vec<DesktopRow>,
}

#[derive(JsonSchema)]
struct CatalogQuery {
    /// Words of title, description, tags or handle; of the last one its beginning.
    search: Option<String>,
    tag: Option<String>,
    /// A handle.
    owner: Option<String>,
    /// `new` if it is left out; with a search, what fits best.
    sort: Option<Sort>,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
}

/// The order of a list.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Sort {
    New,
    Updated,
    Popular,
    Name,
}

#[derive(JsonSchema)]
pub(super) struct CatalogPage {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Of the page before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
struct VersionQuery {
    /// Three numbers; without it, the version that is offered.
    version: Option<String>,
}

#[derive(JsonSchema)]
struct BytesQuery {
    /// Three numbers; without it, the version that is offered.
    version: Option<String>,
    /// These bytes, or none.
    hash: Option<String>,
    /// Of a signed address: until when it works.
    until: Option<i64>,
    /// Of a signed address: its signature.
    seal: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BundleSignRequest {
    /// Without it, the version that is offered.
    version: Option<String>,
    /// 600 if it is left out.
    #[schemars(range(min = 1, max = 3600))]
    expires_in_seconds: Option<u32>,
}

/// What is left out stays as it was.
#[derive(JsonSchema)]
struct PublishedPatch {
    title: Option<String>,
    /// The same as `title`, which wins.
    name: Option<String>,
    description: Option<String>,
    icon: Option<String>,
    /// Up to 16, of up to 40 bytes.
    tags: Option<Vec<String>>,
    visibility: Option<VisibilityWord>,
}

#[derive(JsonSchema)]
struct UpdatesQuery {
    /// `id@version,…`, at most 100; without it, what the caller has installed.
    installed: Option<String>,
}
