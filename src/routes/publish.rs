//! Publishing.

use std::rc::Rc;

use durable_objects::path::FilePath;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Outcome;
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::bytes;
use crate::catalog::Version;
use crate::catalog::names::{self, LocalId, Visibility};
use crate::error::Error;
use crate::incoming::Incoming;
use crate::publish::exclude::Rules;
use crate::publish::manifest::{AppFields, check_texts};
use crate::publish::progress::Progress;
use crate::publish::release::{Draft, Report};
use crate::publish::source::Origin;
use crate::publish::upload::{self, UploadId};
use crate::publish::{app, desktop};
use crate::wire::{Time, True};
use crate::workspace::Workspace;

/// The longest body: 25 MiB of base64, with room for the rest.
const BODY_MAX_BYTES: u64 = 36 * 1024 * 1024;
/// The most that a body brings of its own.
const BLOB_MAX_BYTES: u64 = 25 * 1024 * 1024;
/// How lines are asked for, and answered.
const LINES: &str = "application/x-ndjson";

/// Bytes that wait to be published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PublishUpload<'a> {
    /// Until when they do.
    expires_at: Time,
    /// How many files are in them.
    files: usize,
    ok: True,
    size: u64,
    /// What a publish names them by.
    upload: &'a str,
}

/// `PUT /api/publish/uploads`: a snapshot, or an app's archive, to be published within the hour.
pub async fn upload(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let taken = upload::take_body(&Workspace::of(&caller, &incoming)?).await?;
    Answer::ok(&PublishUpload {
        expires_at: Time(taken.expires_ms),
        files: taken.files,
        ok: True,
        size: taken.size_bytes,
        upload: taken.id.as_str(),
    })
}

/// `POST /api/publish/app {appId, path?, name?, icon?, description?, tags?, version?, visibility?, upload?, blobBase64?,
/// manifest?, allow?}`.
pub async fn app(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read_up_to(&incoming, BODY_MAX_BYTES).await?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let fields = AppFields {
        name: body.optional_text("name")?,
        icon: body.optional_text("icon")?,
        description: body.optional_text("description")?,
        tags: tags(&body)?,
        ..AppFields::default()
    };
    if body.value("manifest")?.is_some_and(|manifest| !manifest.is_object()) {
        return Err(Error::BadRequest("manifest must be an object".to_owned()));
    }
    let mut fields = fields.or(member(&body, "manifest")?.unwrap_or_default());
    fields.tags = fields.tags.map(|tags| tidy(&tags)).transpose()?;
    let draft = Draft {
        tags: fields.tags.clone(),
        version: version(&body)?,
        visibility: visibility(&body)?,
        ..Draft::default()
    };
    let local_id = app_id(body.text("appId").as_deref())?;
    let root = root(&incoming, path(&body)?.as_deref())?;
    let allow = member(&body, "allow")?.unwrap_or_default();
    let brought = Brought::of(&workspace, &body).await?;
    let request = app::Request { local_id, root, origin: brought.origin(), fields, allow, draft };
    told(&incoming, async move |progress: &Progress| {
        let published = app::publish(&workspace, request, progress).await;
        brought.end(&workspace).await;
        published
    })
    .await
}

/// Answers when it is done; or at once, with a line for each step, to those who ask for lines.
async fn told(incoming: &Incoming, work: impl AsyncFnOnce(&Progress) -> Result<Report, Error> + 'static) -> Outcome {
    if !incoming.header("Accept").is_some_and(|accepted| accepted.contains(LINES)) {
        return Answer::ok(&work(&Progress::silent()).await?);
    }
    let (progress, body) = Progress::lines()?;
    incoming.later(async move {
        match work(&progress).await {
            Ok(report) => progress.end(&report).await,
            Err(error) => progress.end(&error.into_line()).await,
        }
    });
    Ok(Answer::native(200, body.into()).with("Content-Type", LINES))
}

/// What a request names as what is to be published.
enum Brought {
    Nothing,
    /// Sent before: it waits for as long as it does.
    Before(UploadId),
    /// Sent with it: over when the publish is.
    With(UploadId),
}

impl Brought {
    async fn of(workspace: &Workspace, body: &JsonBody) -> Result<Self, Error> {
        match (body.optional_text("upload")?, body.optional_js_text("blobBase64")?) {
            (None, None) => Ok(Self::Nothing),
            (Some(_), Some(_)) => Err(Error::BadRequest("Either upload or blobBase64, not both".to_owned())),
            (Some(id), None) => UploadId::parse(&id).map(Self::Before).ok_or(Error::NoUpload),
            (None, Some(text)) => {
                let not_base64 = || Error::BadRequest("blobBase64 is not valid base64".to_owned());
                let bytes = bytes::from_base64(&text).ok_or_else(not_base64)?;
                let size_bytes = u64::from(bytes.byte_length());
                if size_bytes > BLOB_MAX_BYTES {
                    return Err(Error::TooLarge { what: "blobBase64", size_bytes, max_bytes: BLOB_MAX_BYTES });
                }
                Ok(Self::With(upload::take_buffer(workspace, &bytes).await?.id))
            }
        }
    }

    fn origin(&self) -> Origin {
        match self {
            Self::Nothing => Origin::Workspace,
            Self::Before(id) | Self::With(id) => Origin::Upload(id.clone()),
        }
    }

    async fn end(&self, workspace: &Workspace) {
        if let Self::With(id) = self {
            upload::abandon(workspace, id).await;
        }
    }
}

/// `GET /api/publish/app/preview?appId=&path=`: the manifest and what would be left out; nothing is published.
pub async fn preview(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let workspace = Workspace::of(&caller, &incoming)?;
    let query = &incoming.query;
    let request = app::Request {
        local_id: app_id(query.get("appId"))?,
        root: root(&incoming, query.get("path"))?,
        origin: Origin::Workspace,
        fields: AppFields::default(),
        allow: Vec::new(),
        draft: Draft::default(),
    };
    Answer::ok(&app::preview(&workspace, request).await?)
}

/// `POST /api/publish/desktop {title, desktopId?, path?, description?, icon?, version?, visibility?, upload?, blobBase64?,
/// exclude?, include?, allow?}`.
pub async fn desktop(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read_up_to(&incoming, BODY_MAX_BYTES).await?;
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
    let root = self::root(&incoming, path(&body)?.as_deref())?;
    let local_id = desktop_id(body.optional_text("desktopId")?.as_deref())?;
    let patterns = |name| -> Result<Vec<String>, Error> { Ok(member(&body, name)?.unwrap_or_default()) };
    let rules = rules(&incoming, &root, patterns("exclude")?, patterns("include")?)?;
    let allow = member(&body, "allow")?.unwrap_or_default();
    let brought = Brought::of(&workspace, &body).await?;
    let request = desktop::Request { local_id, root, origin: brought.origin(), rules, allow, draft };
    told(&incoming, async move |progress: &Progress| {
        let published = desktop::publish(&workspace, request, progress).await;
        brought.end(&workspace).await;
        published
    })
    .await
}

/// `GET /api/publish/desktop/preview?desktopId=&path=&exclude=&include=`, with a pattern in each `exclude` and `include`: what it
/// consists of and what would be left out; nothing is published.
pub async fn preview_desktop(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let workspace = Workspace::of(&caller, &incoming)?;
    let query = &incoming.query;
    let root = root(&incoming, query.get("path"))?;
    let patterns = |name| {
        let all = query.all(name).ok_or_else(|| Error::BadRequest(format!("{name} must be texts in UTF-8")))?;
        Ok::<Vec<String>, Error>(all.into_iter().map(str::to_owned).collect())
    };
    let request = desktop::Request {
        local_id: desktop_id(query.get("desktopId"))?,
        rules: rules(&incoming, &root, patterns("exclude")?, patterns("include")?)?,
        root,
        origin: Origin::Workspace,
        allow: Vec::new(),
        draft: Draft::default(),
    };
    Answer::ok(&desktop::preview(&workspace, &request).await?)
}

/// What goes with a desktop. Patterns are written as clients write paths, or below its root.
fn rules(incoming: &Incoming, root: &FilePath, exclude: Vec<String>, include: Vec<String>) -> Result<Rules, Error> {
    let below = format!("{}/", root.absolute(&incoming.config.root));
    let tidy = |pattern: String| pattern.strip_prefix(&below).map_or(pattern.clone(), str::to_owned);
    let tidy_all = |patterns: Vec<String>| patterns.into_iter().map(tidy).collect();
    Rules::new(tidy_all(exclude), tidy_all(include)).map_err(Error::BadRequest)
}

/// The desktop's root, if nobody says the workspace's. What is deleted is not published, whoever asks.
fn root(incoming: &Incoming, path: Option<&str>) -> Result<FilePath, Error> {
    let path = incoming.file_path(path.unwrap_or(&incoming.config.root))?;
    if path.is_in_trash() {
        Err(Error::BadRequest("What is in the trash is not published".to_owned()))
    } else {
        Ok(path)
    }
}

/// The `path` of a body; an empty one is none.
fn path(body: &JsonBody) -> Result<Option<String>, Error> {
    Ok(body.optional_text("path")?.filter(|path| !path.is_empty()))
}

fn app_id(text: Option<&str>) -> Result<LocalId, Error> {
    let wrong = "appId must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'";
    text.and_then(LocalId::parse).ok_or_else(|| Error::BadRequest(wrong.to_owned()))
}

fn desktop_id(text: Option<&str>) -> Result<Option<LocalId>, Error> {
    let wrong = || Error::BadRequest("desktopId must be 1 to 64 of A-Z, a-z, 0-9, '_' and '-'".to_owned());
    text.map(|text| LocalId::parse(text).ok_or_else(wrong)).transpose()
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
    member::<Vec<String>>(body, "tags")?.map(|tags| tidy(&tags)).transpose()
}

fn tidy(tags: &[String]) -> Result<Vec<String>, Error> {
    let wrong = || Error::BadRequest("tags must be up to 16 texts of up to 40 bytes".to_owned());
    names::tags(tags.iter().map(String::as_str)).ok_or_else(wrong)
}

/// A member of a shape.
fn member<T: DeserializeOwned>(body: &JsonBody, name: &str) -> Result<Option<T>, Error> {
    // What serde says repeats what was sent, however long.
    let short = |error: serde_json::Error| error.to_string().chars().take(200).collect::<String>();
    let wrong = |error| Error::BadRequest(format!("{name} is not what it must be: {}", short(error)));
    body.value(name)?.map(|value| serde_json::from_value(value).map_err(wrong)).transpose()
}
