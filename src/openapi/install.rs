//! Users as others see them, and what they take of what others have published.

use schemars::JsonSchema;

use super::catalog::CatalogPage;
use super::document::Document;
use super::operation::Access::Signed;
use crate::catalog::users::Profile;
use crate::install::app::Answer;
use crate::install::fork::Forked;
use crate::install::uninstall::Uninstalled;
use crate::routes::shapes::Installs;

pub fn describe(document: &mut Document) {
    document.group("install", "What others have published, taken into the caller's workspace and out of it again; and who the caller is to them.");
    document
        .on(Signed, "POST /api/apps/{id}/install", "installApp")
.about("An app into the workspace, or up to date")
        .more("One transaction, and one turn that can be undone. Where it is installed, what is there, and what is offered.")
        .may_take::<InstallRequest>()
        .answers::<Answer>()
        .changes()
        .refuses(&[413, 422])
        .end();
    document
        .on(Signed, "DELETE /api/apps/{id}/install", "uninstallApp")
        .about("An app out of the workspace, also one that is not published any more")
        .answers::<Uninstalled>()
        .changes()
        .refuses(&[422, 429])
        .end();
    document
        .on(Signed, "POST /api/desktops/{id}/fork", "forkDesktop")
        .about("A desktop into a folder of the workspace that is not there yet")
        .takes::<ForkRequest>()
        .answers::<Forked>()
        .changes()
        .refuses(&[413, 422])
        .end();
    document
        .on(Signed, "GET /api/profile", "getProfile")
        .about("What others see of the caller")
        .answers::<Profile>()
        .end();
    document
        .on(Signed, "PUT /api/profile", "putProfile")
        .about("What others are to see of the caller")
        .more("What is not named stays; an empty name or picture takes it away.")
        .takes::<ProfileRequest>()
        .answers::<Profile>()
        .refuses(&[409])
        .end();
    document
        .on(Signed, "GET /api/installs", "listInstalls")
        .about("What the caller has installed and forked, the latest first")
        .query::<CatalogPage>()
        .answers::<Installs>()
        .end();
}

#[derive(JsonSchema)]
struct InstallRequest {
    /// Three numbers; without it, the version that is offered.
    version: Option<String>,
    /// Replaces what is there; false if it is left out.
    update: Option<bool>,
}

#[derive(JsonSchema)]
struct ForkRequest {
    /// The folder to be made.
    into: String,
    /// Three numbers; without it, the version that is offered.
    version: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileRequest {
    /// Unique, 3 to 32 of `[a-z0-9-]`.
    handle: Option<String>,
    name: Option<String>,
    /// An https address.
    avatar_url: Option<String>,
}
