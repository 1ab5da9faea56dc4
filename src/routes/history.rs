//! A file's past: its versions, one of them again, and the difference between two.

use std::rc::Rc;

use durable_objects::call::{Condition, Found, ListVersions, Read, RestoreVersion, When};
use durable_objects::path::FilePath;
use similar::TextDiff;

use super::Outcome;
use super::content::{open, whole};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::conditional;
use crate::error::Error;
use crate::incoming::Incoming;
use crate::wire::{self, Time, True};
use crate::wire_history::{DiffBody, DiffSide, VersionItem, VersionRestoredBody, VersionsBody};
use crate::workspace::Workspace;

/// How many versions one page answers when nothing else is asked.
const VERSIONS_DEFAULT: usize = 100;
/// The most versions of one page.
const VERSIONS_MAX: usize = 1000;
/// The largest text that is compared. Both sides are in memory, and the answer is no longer than both together.
const DIFF_MAX_BYTES: u64 = 512 * 1024;
/// The most lines of a text that is compared: the work can grow with the lines of one times those of the other.
const DIFF_MAX_LINES: usize = 10_000;

/// Which moment a query asks for, if not now: `at`, a rev or a checkpoint; or `version`, of the file that is there now.
pub fn when(incoming: &Incoming) -> Result<Option<When>, Error> {
    let rev = |name: &str| incoming.query.get(name).map(|text| parse_rev(name, text)).transpose();
    match (rev("at")?, rev("version")?) {
        (None, None) => Ok(None),
        (Some(rev), None) => Ok(Some(When::At(rev))),
        (None, Some(rev)) => Ok(Some(When::Version(rev))),
        (Some(_), Some(_)) => Err(Error::BadRequest("Use at or version, not both".to_owned())),
    }
}

/// As [`when`], where there is no file to have versions.
pub fn at(incoming: &Incoming) -> Result<Option<i64>, Error> {
    if incoming.query.get("version").is_some() {
        return Err(Error::BadRequest("A version is one of a file; use at for a directory as it was".to_owned()));
    }
    incoming.query.get("at").map(|text| parse_rev("at", text)).transpose()
}

/// A rev as clients write it. Larger numbers than a client's own can be are none.
pub fn parse_rev(name: &str, text: &str) -> Result<i64, Error> {
    let rev = text.parse().ok().filter(|rev| (1..1 << 53).contains(rev));
    rev.ok_or_else(|| Error::BadRequest(format!("{name} must be a whole number from 1")))
}

/// `GET /api/files/versions?path=&limit=&cursor=`: the contents that a file has had, newest first.
pub async fn versions(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let query = &incoming.query;
    let call = ListVersions {
        path: incoming.query_path()?,
        limit: query.number("limit", 1, VERSIONS_MAX)?.unwrap_or(VERSIONS_DEFAULT),
        before: query.get("cursor").map(wire::parse_cursor).transpose()?,
    };
    let path = call.path.absolute(&incoming.config.root);
    let page = Workspace::of(&caller, &incoming)?.call(call).await?;
    let versions: Vec<_> = page.versions.iter().map(VersionItem::new).collect();
    let cursor = page.next.as_ref().map(wire::cursor).transpose()?;
    Answer::ok(&VersionsBody { cursor, path, versions })
}

/// `POST /api/files/versions/restore {path, version}`: writes an earlier content anew.
pub async fn restore_version(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let body = JsonBody::read(&incoming).await?;
    let (Some(path), Some(version)) = (body.text("path"), body.number("version")) else {
        return Err(Error::BadRequest("Path and version required".to_owned()));
    };
    let path = incoming.file_path(&path)?;
    let call = RestoreVersion { path: path.clone(), version, only_if: conditional::of_change(&incoming)? };
    let written = Workspace::of(&caller, &incoming)?.call(call).await?;
    Answer::ok(&VersionRestoredBody {
        modified: Time(written.modified_ms),
        path: path.absolute(&incoming.config.root),
        size: written.size_bytes,
        success: True,
        version: written.rev,
    })
}

/// `GET /api/files/diff?path=&from=&to=`: what one version has and another has not, as a unified diff. Without `to`, it is
/// what the file has now; without `from`, the version before that.
pub async fn diff(caller: Caller, incoming: Rc<Incoming>) -> Outcome {
    let path = incoming.query_path()?;
    let workspace = Workspace::of(&caller, &incoming)?;
    let asked = |name| incoming.query.get(name).map(|text| parse_rev(name, text)).transpose();
    let (from, to) = (asked("from")?, asked("to")?);
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (from, to) => {
            let newest = newest(&workspace, &path, to).await?;
            let to = to.or(newest.first().copied());
            let from = from.or(newest.get(1).copied()).or(to);
            from.zip(to).ok_or_else(|| Error::internal("the versions of a file", &path))?
        }
    };
    let (old, new) = (text(&workspace, &path, from).await?, text(&workspace, &path, to).await?);
    let root = &incoming.config.root;
    let name = path.absolute(root);
    let identical = old.hash == new.hash;
    let is_text = old.text.is_some() && new.text.is_some();
    let diff = match (&old.text, &new.text) {
        (Some(old), Some(new)) => unified(old, new, &name, from, to),
        _ if identical => String::new(),
        _ => format!("Binary files {name} (version {from}) and {name} (version {to}) differ\n"),
    };
    let about = |side: Side, version: i64| DiffSide { hash: side.hash, size: side.size_bytes, version };
    let (from, to) = (about(old, from), about(new, to));
    Answer::ok(&DiffBody { binary: !is_text, diff, from, identical, path: name, to })
}

fn unified(old: &str, new: &str, name: &str, from: i64, to: i64) -> String {
    let (old_name, new_name) = (format!("{name}\tversion {from}"), format!("{name}\tversion {to}"));
    TextDiff::from_lines(old, new).unified_diff().header(&old_name, &new_name).to_string()
}

/// The newest two versions of a file; when one is named, that and the one before it.
async fn newest(workspace: &Workspace, path: &FilePath, to: Option<i64>) -> Result<Vec<i64>, Error> {
    let call = ListVersions { path: path.clone(), limit: 2, before: None };
    let page = match to {
        None => workspace.call(call).await?,
        // What a version's time ended before it is older than it; the version itself is known.
        Some(to) => workspace.call(ListVersions { before: Some(to), limit: 1, ..call }).await?,
    };
    Ok(to.into_iter().chain(page.versions.iter().map(|version| version.rev)).collect())
}

/// One side of a difference.
struct Side {
    hash: Option<String>,
    size_bytes: u64,
    /// None if the bytes are no text.
    text: Option<String>,
}

async fn text(workspace: &Workspace, path: &FilePath, version: i64) -> Result<Side, Error> {
    let read = Read { path: path.clone(), unless: Condition::None };
    let (found, response) = open(workspace, read, Some(When::Version(version))).await?;
    let Found { entry, .. } = &found;
    let too_large = || Error::TooLargeToCompare { max_bytes: DIFF_MAX_BYTES, max_lines: DIFF_MAX_LINES };
    if entry.size_bytes > DIFF_MAX_BYTES {
        return Err(too_large());
    }
    let buffer = whole(workspace.incoming(), &found, response, DIFF_MAX_BYTES).await?;
    let text = crate::bytes::decode_utf8(&buffer).map(String::from).filter(|text| !text.contains('\0'));
    if text.as_ref().is_some_and(|text| text.lines().count() > DIFF_MAX_LINES) {
        return Err(too_large());
    }
    let hash = entry.hash.map(|hash| hash.to_string());
    Ok(Side { hash, size_bytes: entry.size_bytes, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_one_that_patch_understands() {
        let diff = unified("a\nb\nc\n", "a\nB\nc", "/root/clawd/x", 3, 9);
        insta::assert_snapshot!(diff, @r"
        --- /root/clawd/x	version 3
        +++ /root/clawd/x	version 9
        @@ -1,3 +1,3 @@
         a
        -b
        -c
        +B
        +c
        \ No newline at end of file
        ");
        assert_eq!(unified("same\n", "same\n", "x", 1, 2), "");
    }

    #[test]
    fn a_rev_is_a_whole_number_that_a_client_can_have() {
        assert_eq!(parse_rev("at", "7").ok(), Some(7));
        for text in ["0", "-1", "1.5", "", "x", "9007199254740992", "99999999999999999999"] {
            assert!(parse_rev("at", text).is_err(), "{text}");
        }
    }
}
