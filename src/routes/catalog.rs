//! What has been published: lists, one thing, its versions, and what its owner and others do with it. Anyone may look
//! at what is public; who is signed sees their own too.

use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;

use super::Outcome;
use crate::answer::{Answer, to_text};
use crate::auth::{self, Caller};
use crate::body::JsonBody;
use crate::catalog::change::{self, Edit};
use crate::catalog::counts;
use crate::catalog::items::{self, Item};
use crate::catalog::list::{self, List, Position, Sort};
use crate::catalog::names::{
    self, DESCRIPTION_MAX_BYTES, ICON_MAX_BYTES, Kind, PublicId, TITLE_MAX_BYTES, Version, Visibility,
};
use crate::catalog::rows::{Details, Row, Update};
use crate::catalog::versions::VersionsBody;
use crate::catalog::{Catalog, cache, updates, versions};
use crate::cors::ALLOW_ORIGIN;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{self, True};

/// How many a page holds when nobody says, and the most.
const PAGE: usize = 24;
const PAGE_MAX: usize = 100;
/// The longest text that narrows a list down, in bytes.
const FILTER_MAX: usize = 200;

/// Answers anyone: any page may read what is said to nobody in particular, failures included.
pub async fn open<F: Future<Output = Outcome>>(
    incoming: Rc<Incoming>,
    handler: impl FnOnce(Option<Caller>, Rc<Incoming>) -> F,
) -> Outcome {
    let is_claimed = auth::is_claimed(&incoming.query);
    let outcome = match auth::caller_if_claimed(&incoming) {
        Ok(caller) => handler(caller, incoming).await,
        Err(error) => Err(error),
    };
    if is_claimed {
        return outcome;
    }
    Ok(outcome
        .unwrap_or_else(Error::into_answer)
        .with(ALLOW_ORIGIN, "*")
        .with("Access-Control-Expose-Headers", EXPOSED))
}

/// What any page may read of an answer.
const EXPOSED: &str = "ETag, Content-Disposition, Content-Length, Content-Range, Location";

/// What a path names: of `/api/apps/{id}/…` and its older spellings.
pub struct Target {
    /// Of which kind.
    pub kind: Kind,
    /// Which one; empty for a list.
    pub id: String,
    /// What follows the id.
    pub tail: Vec<String>,
}

impl Target {
    /// The target of a request to one of the routes of the catalogue.
    pub fn of(incoming: &Incoming) -> Self {
        let segments = (1..=incoming.path.split('/').count()).map(|index| incoming.segment(index));
        let mut segments = segments.skip_while(|segment| segment != "apps" && segment != "desktops");
        let kind = if segments.next().as_deref() == Some("desktops") { Kind::Desktop } else { Kind::App };
        Self {
            kind,
            id: segments.next().unwrap_or_default(),
            tail: segments.filter(|segment| !segment.is_empty()).collect(),
        }
    }

    /// It, as this caller sees it, with the version that the query names or the one that is offered.
    pub async fn find(&self, catalog: &Catalog, caller: Option<&Caller>) -> Result<Item, Error> {
        let version = catalog.incoming().query.get("version").map(version).transpose()?;
        items::find(catalog, self.kind, &self.id, version, caller.map(Caller::user)).await
    }
}

/// A version that a client names.
pub fn version(text: &str) -> Result<Version, Error> {
    let wrong = || Error::BadRequest("version must be three numbers, such as 1.0.0".to_owned());
    Version::parse(text).ok_or_else(wrong)
}

/// Something that is not published any more.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unpublished {
    id: PublicId,
    ok: True,
}

/// A version that is not offered any more.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VersionYanked {
    id: PublicId,
    ok: True,
    version: String,
    yanked: True,
}

/// A thing with or without the caller's star.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Star {
    id: PublicId,
    ok: True,
    /// Whether it has it.
    starred: bool,
    /// How many it has by now.
    stars: i64,
}

/// What is offered in place of what somebody has.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "{R}Updates"))]
pub struct Updates<R> {
    updates: Vec<Update<R>>,
}

/// With what caches are told of something that is said to this caller.
fn told(incoming: &Incoming, caller: Option<&Caller>, answer: Answer) -> Answer {
    match caller {
        None => answer.with("Cache-Control", &cache::control(incoming)),
        Some(_) => answer,
    }
}

/// `GET /api/apps`, `/api/desktops` `?search=&tag=&owner=&sort=new|updated|popular|name&limit=&cursor=`.
pub async fn list(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let query = &incoming.query;
        let text = |name: &str| match query.get(name).filter(|text| !text.trim().is_empty()) {
            Some(text) if text.len() > FILTER_MAX => {
                Err(Error::BadRequest(format!("{name} must have at most {FILTER_MAX} bytes")))
            }
            text => Ok(text),
        };
        let search = text("search")?;
        let unknown = || Error::BadRequest("sort must be new, updated, popular or name".to_owned());
        let default = if search.is_some() { Sort::Best } else { Sort::New };
        let wanted = List {
            kind: Target::of(&incoming).kind,
            user: caller.as_ref().map(Caller::user),
            search,
            tag: text("tag")?,
            owner: text("owner")?,
            sort: query.get("sort").map_or(Ok(default), |sort| Sort::parse(sort).ok_or_else(unknown))?,
            limit: query.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE),
            after: query.get("cursor").map(wire::parse_cursor::<Position>).transpose()?,
        };
        let make = async || {
            let (items, next) = list::list(&Catalog::of(&incoming)?, &wanted).await?;
            let cursor = next.as_ref().map(wire::cursor).transpose()?;
            to_text(&list::told(wanted.kind, wanted.user, &items, cursor))
        };
        let json = match caller {
            Some(_) => make().await?,
            None => cache::remember(&incoming, &format!("list/{wanted:?}"), make).await?,
        };
        Ok(told(&incoming, caller.as_ref(), Answer::json(200, &json)))
    })
    .await
}

/// `GET /api/apps/{id}?version=`: one thing, with one of its versions.
pub async fn get(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let catalog = Catalog::of(&incoming)?;
        let item = Target::of(&incoming).find(&catalog, caller.as_ref()).await?;
        let forked_from = items::parent_of(&catalog, &item).await?;
        let starred = match &caller {
            Some(caller) => Some(counts::is_starred(&catalog, &item, caller.user()).await?),
            None => None,
        };
        let row = Details { forked_from, starred, ..described(&incoming, caller.as_ref(), &item) };
        let control = if item.visibility == Visibility::Private { Some("private, no-store") } else { None };
        let answer = told(&incoming, caller.as_ref(), Answer::ok(&row)?);
        Ok(control.into_iter().fold(answer, |answer, control| answer.with("Cache-Control", control)))
    })
    .await
}

/// A row with what only its own page says.
fn described(incoming: &Incoming, caller: Option<&Caller>, item: &Item) -> Details<Row> {
    let release = item.release.as_ref();
    Details {
        row: item.to_row(caller.map(Caller::user)),
        files: release.map(|release| release.files),
        forked_from: None,
        hash: release.map(|release| release.bundle_hash),
        starred: None,
        url: release.map(|_| super::bundles::url(incoming, item)),
    }
}

/// `PATCH /api/apps/{id} {title|name?, description?, icon?, tags?, visibility?}`: what is said of it, by its owner.
pub async fn patch(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let target = Target::of(&incoming);
    let edit = edit(&JsonBody::read(&incoming).await?)?;
    let catalog = Catalog::of(&incoming)?;
    let item = items::find_own(&catalog, target.kind, &target.id, caller.user()).await?;
    change::edit(&catalog, &item, edit).await?;
    items::forget(&incoming, &item).await;
    let item = items::find_own(&catalog, target.kind, &target.id, caller.user()).await?;
    Answer::ok(&described(&incoming, Some(&caller), &item))
}

/// What a body says of a thing. Publishing reads the same.
pub fn edit(body: &JsonBody) -> Result<Edit, Error> {
    let text = |name: &str, max_bytes: usize| -> Result<Option<String>, Error> {
        let text = body.optional_text(name)?.map(|text| text.trim().to_owned());
        let fits = text.as_ref().is_none_or(|text| text.len() <= max_bytes && !text.contains('\0'));
        if fits { Ok(text) } else { Err(Error::BadRequest(format!("{name} must have at most {max_bytes} bytes"))) }
    };
    let title = match text("title", TITLE_MAX_BYTES)? {
        Some(title) => Some(title),
        None => text("name", TITLE_MAX_BYTES)?,
    };
    if title.as_deref() == Some("") {
        return Err(Error::BadRequest("title must not be empty".to_owned()));
    }
    let unknown = || Error::BadRequest("visibility must be public, unlisted or private".to_owned());
    Ok(Edit {
        title,
        icon: text("icon", ICON_MAX_BYTES)?,
        description: text("description", DESCRIPTION_MAX_BYTES)?,
        tags: body.value("tags")?.map(|tags| self::tags(&tags)).transpose()?,
        visibility: body
            .optional_text("visibility")?
            .map(|word| Visibility::parse(&word).ok_or_else(unknown))
            .transpose()?,
    })
}

/// Tags of a body: a list of texts.
fn tags(value: &Value) -> Result<Vec<String>, Error> {
    let texts = value.as_array().and_then(|tags| tags.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let wrong = || Error::BadRequest("tags must be up to 16 texts of up to 40 bytes".to_owned());
    texts.and_then(names::tags).ok_or_else(wrong)
}

/// `DELETE /api/apps/{id}`: unpublished. Nobody sees it from now on, and its bytes go.
pub async fn delete(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let target = Target::of(&incoming);
    let catalog = Catalog::of(&incoming)?;
    let item = items::find_own(&catalog, target.kind, &target.id, caller.user()).await?;
    change::unpublish(&catalog, &item).await?;
    items::forget(&incoming, &item).await;
    Answer::ok(&Unpublished { id: item.id, ok: True })
}

/// `GET /api/apps/{id}/versions?limit=&cursor=`: the highest first.
pub async fn versions(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let catalog = Catalog::of(&incoming)?;
        let target = Target::of(&incoming);
        let item = items::find(&catalog, target.kind, &target.id, None, caller.as_ref().map(Caller::user)).await?;
        let limit = incoming.query.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE_MAX);
        let before = incoming.query.get("cursor").map(wire::parse_cursor::<Version>).transpose()?;
        let mut rows = versions::versions(&catalog, &item, before, limit + 1).await?;
        let is_cut = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| is_cut).map(|row| wire::cursor(&row.number)).transpose()?;
        let versions = rows.iter().map(|row| row.told(item.kind)).collect();
        Ok(told(&incoming, caller.as_ref(), Answer::ok(&VersionsBody { cursor: next, versions })?))
    })
    .await
}

/// `DELETE /api/apps/{id}/versions/{version}`: not offered any more. Who names it still gets it.
pub async fn yank(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let target = Target::of(&incoming);
    let named = version(target.tail.get(1).map_or("", String::as_str))?;
    let catalog = Catalog::of(&incoming)?;
    let item = items::find_own(&catalog, target.kind, &target.id, caller.user()).await?;
    change::yank(&catalog, &item, named).await?;
    items::forget(&incoming, &item).await;
    Answer::ok(&VersionYanked { id: item.id, ok: True, version: named.to_string(), yanked: True })
}

/// `PUT /api/apps/{id}/star`: this user likes it.
pub async fn star(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    set_star(&caller, &incoming, true).await
}

/// `DELETE /api/apps/{id}/star`: not any more.
pub async fn unstar(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    set_star(&caller, &incoming, false).await
}

async fn set_star(caller: &Caller, incoming: &Rc<Incoming>, is_starred: bool) -> Outcome {
    let catalog = Catalog::of(incoming)?;
    let target = Target::of(incoming);
    let item = items::find(&catalog, target.kind, &target.id, None, Some(caller.user())).await?;
    if is_starred {
        crate::catalog::users::profile(&catalog, caller.user()).await?;
    }
    let stars = counts::star(&catalog, &item, caller.user(), is_starred).await?;
    Answer::ok(&Star { id: item.id, ok: True, starred: is_starred, stars })
}

/// `GET /api/apps/updates?installed=id@version,…`: what is offered by now in place of what somebody has; without
/// `installed`, of what the caller has installed.
pub async fn updates(incoming: Rc<Incoming>) -> Outcome {
    open(incoming, async |caller, incoming| {
        let wrong = || {
            let max = updates::APPS_MAX;
            Error::BadRequest(format!("installed must be up to {max} of id@version, with commas between them"))
        };
        let named = incoming.query.get("installed").map(|text| updates::parse(text).ok_or_else(wrong)).transpose()?;
        let user = caller.as_ref().map(Caller::user);
        let updates = updates::updates(&Catalog::of(&incoming)?, named.as_deref(), user).await?;
        Ok(told(&incoming, caller.as_ref(), Answer::ok(&Updates { updates })?))
    })
    .await
}
