//! The workspace as a whole, and what a host asks of the service.

use schemars::JsonSchema;

use super::document::Document;
use super::operation::Access::{Host, Open, Signed};
use crate::routes::shapes::{
    AccountDeleted, Alive, ChatHistory, ChatSessions, Imported, Inspection, Status, WorkspaceReset,
};
use crate::wire_usage::UsageBody;

pub fn describe(document: &mut Document) {
    document.group("workspace", "The workspace as a whole, its chats, and what a host asks of the service.");
    document
        .on(Signed, "GET /api/usage", "getUsage")
        .about("What is stored, and how much more can be")
        .answers::<UsageBody>()
        .end();
    for (route, id, summary) in [
        ("GET /api/fsck", "inspect", "A page of a look: every row's bytes are there, and every object has a row"),
        ("POST /api/fsck", "repair", "The same, with what is certain put right"),
    ] {
        document.on(Signed, route, id).about(summary).query::<InspectQuery>().answers::<Inspection>().end();
    }
    document
        .on(Signed, "POST /api/files/import", "importFiles")
        .about("What a sandbox has written into the bucket copy")
        .more("One call takes up to 100 files; with a `cursor` in the answer, repeat it with that.")
        .may_take::<ImportRequest>()
        .answers::<Imported>()
        .changes()
        .end();
    document
        .on(Signed, "GET /api/keepalive", "keepAlive")
        .about("The address still works; brings the bucket copy up to date")
        .answers::<Alive<'_>>()
        .end();
    document
        .on(Open, "GET /api/status", "getStatus")
        .about("Whether the service runs; with a signed query, that user's workspace")
        .answers::<Status>()
        .end();
    document
        .on(Signed, "POST /api/reset-workspace", "resetWorkspace")
        .about("Everything of the workspace gone")
        .may_take::<ResetRequest>()
        .answers::<WorkspaceReset<'_>>()
        .changes()
        .end();
    document
        .on(Host, "DELETE /api/account", "deleteAccount")
        .about("Everything of a user gone, for good")
        .more("It can be repeated until it answers 200.")
        .query::<AccountQuery>()
        .answers::<AccountDeleted<'_>>()
        .end();
    document
        .on(Signed, "GET /ws/api/history", "getChat")
        .about("The last messages of a chat")
        .query::<ChatQuery>()
        .answers::<ChatHistory<'_>>()
        .end();
    document
        .on(Signed, "GET /ws/api/sessions", "listChats")
        .about("The chats there are, newest first")
        .answers::<ChatSessions>()
        .end();
    document
        .on(Signed, "GET /ws", "openSocket")
.about("A WebSocket, on which changes are told at once")
        .more("By an upgrade. A query that is wrong is told by closing the socket with 4401, since a page cannot read a 401 there.")
        .answers_empty(101, "The socket.")
        .refuses(&[426])
        .end();
}

#[derive(JsonSchema)]
struct InspectQuery {
    /// Every content is read; else one in ten, another one each day.
    all: Option<bool>,
    /// Of the page before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
struct ImportRequest {
    /// Only below this.
    prefix: Option<String>,
    /// Whether what is gone there goes to the trash here; false if it is left out.
    delete: Option<bool>,
    /// Of the call before.
    cursor: Option<String>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResetRequest {
    /// Whether sessions and chats go too; true if it is left out.
    clear_sessions: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountQuery {
    user_id: String,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChatQuery {
    /// `main` if it is left out.
    session_key: Option<String>,
    /// 50 if it is left out; 200 at most.
    limit: Option<u32>,
}
