//! Publishing.

use std::rc::Rc;

use serde::de::DeserializeOwned;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::Version;
use crate::catalog::names::{self, LocalId, Visibility};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::publish::exclude::Rules;
use crate::publish::manifest::{AppFields, check_texts};
use crate::publish::release::Draft;
use crate::publish::{app, desktop};
use crate::workspace::Workspace;

/// `POST /api/publish/app {appId, path?, name?, icon?, description?, tags?, version?, visibility?, manifest?, allow?}`.
pub async fn app(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let fields = AppFields {
        name: body.optional_text("name")?,
        icon: body.optional_text("icon")?,
        description: body.optional_text("description")?,
        tags: tags(&body)?,
        ..AppFields::default()
    };
    let draft = Draft {
        tags: fields.tags.clone(),
        version: version(&body)?,
        visibility: visibility(&body)?,
        ..Draft::default()
    };
    let request = app::Request {
        local_id: app_id(body.text("appId").as_deref())?,
        root: incoming.file_path(&body.text("path").unwrap_or_else(|| incoming.config.root.clone()))?,
        fields: fields.or(member(&body, "manifest")?.unwrap_or_default()),
        allow: member(&body, "allow")?.unwrap_or_default(),
        draft,
    };
    Answer::ok(&app::publish(&workspace, request).await?)
}

/// `GET /api/publish/app/preview?appId=&path=`: the manifest and what would be left out; nothing is published.
pub async fn preview(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let workspace = Workspace::of(&caller, &incoming)?;
    let query = &incoming.query;
    let request = app::Request {
        local_id: app_id(query.get("appId"))?,
        root: incoming.file_path(query.get("path").unwrap_or(&incoming.config.root))?,
        fields: AppFields::default(),
        allow: Vec::new(),
        draft: Draft::default(),
    };
    Answer::ok(&app::preview(&workspace, request).await?)
}

/// `POST /api/publish/desktop {title, desktopId?, path?, description?, icon?, version?, visibility?, exclude?, include?, allow?}`.
pub async fn desktop(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let title = body.text("title").ok_or_else(|| Error::BadRequest("title required".to_owned()))?;
    let draft = Draft {
        title,
        icon: body.optional_text("icon")?,
        description: body.optional_text("description")?,
        tags: tags(&body)?,
        version: version(&body)?,
        visibility: visibility(&body)?,
        parent: None,
    };
    check_texts(&draft.title, draft.icon.as_deref(), draft.description.as_deref()).map_err(Error::BadRequest)?;
    let root = incoming.file_path(&body.text("path").unwrap_or_else(|| incoming.config.root.clone()))?;
    let below = format!("{}/", root.absolute(&incoming.config.root));
    let patterns = |name| -> Result<Vec<String>, Error> {
        let patterns: Vec<String> = member(&body, name)?.unwrap_or_default();
        // As clients write paths, or below the root.
        let tidy = |pattern: String| pattern.strip_prefix(&below).map_or(pattern.clone(), str::to_owned);
        Ok(patterns.into_iter().map(tidy).collect())
    };
    let wrong = "desktopId must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'";
    let local_id = |id: String| LocalId::parse(&id).ok_or_else(|| Error::BadRequest(wrong.to_owned()));
    let request = desktop::Request {
        local_id: body.optional_text("desktopId")?.map(local_id).transpose()?,
        root,
        rules: Rules::new(patterns("exclude")?, patterns("include")?).map_err(Error::BadRequest)?,
        allow: member(&body, "allow")?.unwrap_or_default(),
        draft,
    };
    Answer::ok(&desktop::publish(&workspace, request).await?)
}

fn app_id(text: Option<&str>) -> Result<LocalId, Error> {
    let wrong = "appId must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'";
    text.and_then(LocalId::parse).ok_or_else(|| Error::BadRequest(wrong.to_owned()))
}

fn version(body: &JsonBody) -> Result<Option<Version>, Error> {
    let wrong = || Error::BadRequest("version must be three numbers, such as 1.0.0".to_owned());
    body.optional_text("version")?.map(|text| Version::parse(&text).ok_or_else(wrong)).transpose()
}

fn visibility(body: &JsonBody) -> Result<Option<Visibility>, Error> {
    let wrong = || Error::BadRequest("visibility must be public, unlisted or private".to_owned());
    body.optional_text("visibility")?.map(|text| Visibility::parse(&text).ok_or_else(wrong)).transpose()
}

fn tags(body: &JsonBody) -> Result<Option<Vec<String>>, Error> {
    let wrong = || Error::BadRequest("There are too many tags, or one is too long".to_owned());
    let given: Option<Vec<String>> = member(body, "tags")?;
    given.map(|tags| names::tags(tags.iter().map(String::as_str)).ok_or_else(wrong)).transpose()
}

/// A member of a shape.
fn member<T: DeserializeOwned>(body: &JsonBody, name: &str) -> Result<Option<T>, Error> {
    let wrong = |error: serde_json::Error| Error::BadRequest(format!("{name} is not what it must be: {error}"));
    body.value(name)?.map(|value| serde_json::from_value(value).map_err(wrong)).transpose()
}
