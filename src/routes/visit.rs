//! `/d/{id}`: the page on which a published desktop is looked at, run and forked.
//!
//! It is one shell for every id, and the page's own script (`dashboard/visit/`, a static asset) asks the API for the rest,
//! with a credential where it needs one: the query of this address never counts, so that no link has to hold one. What the
//! Worker adds are the tags that link previews read, since those run no script; and those only of what anyone may see. Of
//! what is private, missing, withdrawn or no id at all the answer is the same 404 with the bare shell, on which its owner
//! can still say who they are.
//!
//! Text that users have written enters the page here as escaped attributes, and there as text nodes; the policy forbids
//! every script but the page's own, and making HTML of a string at all (Trusted Types, of which there are none).

use std::rc::Rc;

use js_sys::JsString;

use super::Outcome;
use crate::answer::Answer;
use crate::catalog::items::{self, Item};
use crate::catalog::names::Visibility;
use crate::catalog::{Catalog, Kind, cache};
use crate::error::Error;
use crate::incoming::Incoming;

/// The page, but for what is between braces. Everything in it that is the same for all ids is here.
const SHELL: &str = include_str!("visit.html");
/// Of a description, what a preview shows; in characters.
const DESCRIPTION_MAX: usize = 300;
/// What the page may do. The runtime (`WebContainer`) is a frame of `stackblitz.com`, what runs in it shows itself in
/// frames of its own hosts; neither reaches into this page. `{media}` is the operator's domain for media, if there is one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:{media}; \
    connect-src 'self' https://stackblitz.com; \
    frame-src https://stackblitz.com https://*.webcontainer.io https://*.webcontainer-api.io; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// `GET /d/{id}`: the page. 200 if anyone with the link may see it, else 404 with the same shell.
pub async fn page(incoming: Rc<Incoming>) -> Outcome {
    let id = incoming.segment(2);
    let found = async { items::find(&Catalog::of(&incoming)?, Kind::Desktop, &id, None, None).await };
    let (status, head) = match found.await {
        Ok(item) => (200, preview(&incoming.origin, &item)),
        Err(Error::NotPublished(_)) => (404, BARE.to_owned()),
        // The catalogue cannot be asked: the page will say so, in the words of the API.
        Err(error) => (error.into_answer().status(), BARE.to_owned()),
    };
    // Nothing here depends on who asks; what is taken back is gone from everywhere within 30 seconds.
    let control = if status < 500 { cache::control(&incoming) } else { "no-store".to_owned() };
    let media = incoming.config.media.urls.cdn_base.as_deref().and_then(origin_of);
    let policy = POLICY.replace("{media}", &media.map(|origin| format!(" {origin}")).unwrap_or_default());
    let shell = shell(&incoming.config.root, &incoming.config.allowed_origins, &head);
    Ok(Answer::native(status, JsString::from(shell).into())
        .with("Content-Type", "text/html; charset=utf-8")
        .with("Cache-Control", &control)
        .with("Content-Security-Policy", &policy)
        // Shared memory, which the runtime needs; and what frames load is loaded without anybody's cookies.
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cross-Origin-Embedder-Policy", "credentialless")
        .with("Cross-Origin-Resource-Policy", "same-origin")
        .with("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"))
}

/// The head of a page of which nothing is told.
const BARE: &str = "<title>Holdfast</title><meta name=\"robots\" content=\"noindex\" />";

/// The page for a deployment. The head comes last: what users have written is looked through for nothing.
fn shell(root: &str, origins: &[String], head: &str) -> String {
    SHELL
        .replacen("{root}", &escape(root), 1)
        .replacen("{origins}", &escape(&origins.join(" ")), 1)
        .replacen("{head}", head, 1)
}

/// What a link preview shows: Open Graph. An icon that is no address of a picture is left to the page.
fn preview(origin: &str, item: &Item) -> String {
    let files = item.release.as_ref().map_or(0, |release| release.files);
    let description = match item.description.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > DESCRIPTION_MAX => {
            text.chars().take(DESCRIPTION_MAX).chain(['…']).collect()
        }
        Some(text) => text.to_owned(),
        None => format!("A desktop by {}, with {files} file{}.", item.owner, if files == 1 { "" } else { "s" }),
    };
    let tag =
        |kind: &str, name: &str, content: &str| format!("<meta {kind}=\"{name}\" content=\"{}\" />", escape(content));
    let icon = item.icon.as_deref().filter(|icon| icon.starts_with("https://"));
    let is_unlisted = item.visibility != Visibility::Public;
    let tags = [
        Some(format!("<title>{} · Holdfast</title>", escape(&item.title))),
        Some(tag("name", "description", &description)),
        Some(tag("property", "og:type", "website")),
        Some(tag("property", "og:site_name", "Holdfast")),
        Some(tag("property", "og:title", &item.title)),
        Some(tag("property", "og:description", &description)),
        Some(tag("property", "og:url", &format!("{origin}/d/{}", item.id.as_str()))),
        Some(tag("name", "twitter:card", "summary")),
        icon.map(|icon| tag("property", "og:image", icon)),
        is_unlisted.then(|| tag("name", "robots", "noindex")),
    ];
    tags.into_iter().flatten().collect()
}

/// `https://host` of an address; none if it is no address, or one that would say more in a policy.
fn origin_of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split('/').next()?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    (matches!(scheme, "https" | "http") && !host.is_empty() && is_plain(host)).then(|| format!("{scheme}://{host}"))
}

/// Text as HTML: between tags, and within an attribute in quotes.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_users_is_text_in_the_page_whatever_it_says() {
        let hostile = "\"'><script>alert(1)</script>&amp;";
        assert_eq!(escape(hostile), "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;");
    }

    #[test]
    fn what_users_wrote_is_not_taken_for_a_place_to_fill_in() {
        let page = shell("/root/clawd", &["http://localhost:3000".to_owned()], "<title>{origins}{root}{head}</title>");
        assert!(page.contains("<title>{origins}{root}{head}</title>"));
        assert!(page.contains("data-root=\"/root/clawd\" data-origins=\"http://localhost:3000\""));
    }

    #[test]
    fn only_an_origin_enters_the_policy() {
        assert_eq!(origin_of("https://media.example/base").as_deref(), Some("https://media.example"));
        assert_eq!(origin_of("http://localhost:8787").as_deref(), Some("http://localhost:8787"));
        for bad in ["", "media.example", "data://x", "https://", "https://a; script-src *", "https://a b", "https://*"]
        {
            assert_eq!(origin_of(bad), None, "{bad}");
        }
    }
}
