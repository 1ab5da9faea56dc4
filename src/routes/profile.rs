//! Users as others see them, and what they have installed.

use std::rc::Rc;

use serde::Serialize;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::Catalog;
use crate::catalog::counts::{self, Install, InstallItem, InstallPosition};
use crate::catalog::names::is_handle;
use crate::catalog::users::{self, NewProfile};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire;

/// The most installs of one page.
const PAGE_MAX: usize = 100;
/// The longest name, in bytes.
const NAME_MAX: usize = 100;
/// The longest address of a picture, in bytes.
const URL_MAX: usize = 2048;

/// `GET /api/profile`: what others see of the caller. Who has no handle yet gets one.
pub async fn get(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    Answer::ok(&users::profile(&Catalog::of(&incoming)?, caller.user()).await?)
}

/// `PUT /api/profile {handle?, name?, avatarUrl?}`: what is not named stays, an empty text takes it away.
pub async fn put(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let wrong = |sentence: &str| Error::BadRequest(sentence.to_owned());
    let new = NewProfile {
        handle: body.optional_text("handle")?,
        name: body.optional_text("name")?.map(|name| name.trim().to_owned()),
        avatar_url: body.optional_text("avatarUrl")?,
    };
    if new.handle.as_deref().is_some_and(|handle| !is_handle(handle)) {
        return Err(wrong("handle must be 3 to 32 of a-z, 0-9 and -, with no - at its ends"));
    }
    if new.name.as_ref().is_some_and(|name| name.len() > NAME_MAX || name.chars().any(char::is_control)) {
        return Err(wrong("name must be a line of at most 100 bytes"));
    }
    if new.avatar_url.as_ref().is_some_and(|url| !is_picture(url)) {
        return Err(wrong("avatarUrl must be an https address of at most 2048 bytes"));
    }
    Answer::ok(&users::change_profile(&Catalog::of(&incoming)?, caller.user(), new).await?)
}

/// Whether a page may show it: an address of the web, or none.
fn is_picture(url: &str) -> bool {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\'));
    url.is_empty() || (url.len() <= URL_MAX && is_plain && url.starts_with("https://") && url.len() > "https://".len())
}

/// A page of what the caller has installed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Installs {
    /// There is more: ask again with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// The latest first.
    installs: Vec<InstallItem>,
}

/// `GET /api/installs?limit=&cursor=`: what the caller has installed, the latest first.
pub async fn installs(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let limit = incoming.query.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE_MAX);
    let after = incoming.query.get("cursor").map(wire::parse_cursor::<InstallPosition>).transpose()?;
    let mut found = counts::installs(&Catalog::of(&incoming)?, caller.user(), after, limit + 1).await?;
    let is_cut = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_cut).map(|install| wire::cursor(&install.position())).transpose()?;
    Answer::ok(&Installs { cursor: next, installs: found.iter().map(Install::told).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_an_address_of_the_web() {
        for good in ["", "https://example.com/a.png", "https://x"] {
            assert!(is_picture(good), "{good}");
        }
        for bad in [
            "http://x/a",
            "javascript:alert(1)",
            "https://",
            "https://x/\"onload",
            "https://x/ a",
            "data:image/png;base64,",
        ] {
            assert!(!is_picture(bad), "{bad}");
        }
    }
}
