//! The verifier's look at the copy: what is known of it, held against the tree. What lies there is held against what is known by the
//! Worker, which can see it.

use crate::call::{CheckMirror, Error, Kind, MirrorChecked, RenewMirror, Renewed};
use crate::path::FilePath;
use crate::sql::{first, only};

use super::super::schema::ROOT;
use super::super::trash::stored_path;
use super::super::tree;
use super::super::txn::{Context, Tx, mutate};
use super::super::walk::{Top, walk};
use super::known::forget;
use super::{is_left_out, plan, state};

/// How many rows, or files, one call looks at.
const PAGE: usize = 500;

/// Looks at a page: first at what is known of the copy, then at the tree. While changes are on their way into the copy, and
/// where it does not follow, there is nothing to say.
pub fn check(context: &Context<'_>, call: &CheckMirror) -> Result<MirrorChecked, Error> {
    let state = state::state(context)?;
    if !state.is_on || state.pending > 0 {
        return Ok(MirrorChecked { problems: Vec::new(), checked: 0, next: None });
    }
    let (wrong, checked, next) = match call {
        CheckMirror { known: Some(after), .. } => check_known(context, after)?,
        CheckMirror { known: None, .. } => check_tree(context, call)?,
    };
    if call.repair && !wrong.is_empty() {
        mutate(context, |tx| wrong.iter().try_for_each(|(path, _)| plan::add_one(tx, path)))?;
    }
    let problems = wrong.into_iter().map(|(path, what)| format!("{:?} {what}", path.as_str())).collect();
    Ok(MirrorChecked { problems, checked, next: next.map(|next| CheckMirror { repair: call.repair, ..next }) })
}

/// Paths with what is wrong there, how many were looked at, and where to go on.
type Page = (Vec<(FilePath, &'static str)>, usize, Option<CheckMirror>);

fn check_known(context: &Context<'_>, after: &str) -> Result<Page, Error> {
    const KNOWN: &str = "SELECT path, hex(hash) FROM mirror WHERE path > ?1 AND state = 0 AND hash IS NOT NULL
        ORDER BY path LIMIT ?2";
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let rows = context.sql.query(KNOWN, &[after.into(), limit.into()])?;
    let mut wrong = Vec::new();
    for row in &rows {
        let path = stored_path(row.text(0)?)?;
        if is_left_out(context.limits, path.as_str()) {
            continue;
        }
        match tree::find(context.sql, &path)?.and_then(|node| node.blob) {
            None => wrong.push((path, "is in the bucket copy, and in the tree there is no such file")),
            Some(blob) => {
                let hash = only(context.sql, "SELECT hex(hash) FROM blob WHERE id = ?1", &[blob.into()])?;
                if hash.text(0)? != row.text(1)? {
                    wrong.push((path, "has another content in the bucket copy than in the tree"));
                }
            }
        }
    }
    let known = rows.last().filter(|_| rows.len() == PAGE).map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok((wrong, rows.len(), Some(CheckMirror { known, after: None, repair: false })))
}

fn check_tree(context: &Context<'_>, call: &CheckMirror) -> Result<Page, Error> {
    let root = FilePath::root();
    let top = Top { id: ROOT, path: &root, at: None, skip: &[] };
    let (steps, after) = walk(context.sql, top, usize::MAX, call.after.as_ref(), PAGE)?;
    let files = steps.iter().filter(|step| step.listed.kind == Kind::File).map(|step| &step.listed.path);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for path in files.filter(|path| !is_left_out(context.limits, path.as_str())) {
        checked += 1;
        if first(context.sql, "SELECT 1 FROM mirror WHERE path = ?1", &[path.as_str().into()])?.is_none() {
            wrong.push((path.clone(), "is not in the bucket copy"));
        }
    }
    let next = after.map(|after| CheckMirror { known: None, after: Some(after), repair: false });
    Ok((wrong, checked, next))
}

/// Has what is gone from the copy put there anew.
pub fn renew(tx: &Tx<'_>, call: &RenewMirror) -> Result<Renewed, Error> {
    const KNOWN: &str = "SELECT 1 FROM mirror WHERE path = ?1 AND etag = ?2";
    let mut paths = Vec::new();
    for gone in call.gone.iter().filter(|gone| !gone.is_directory) {
        let path = gone.path.as_str();
        if first(tx.sql, KNOWN, &[path.into(), (&gone.etag).into()])?.is_some() {
            forget(tx, path)?;
            plan::add_one(tx, &gone.path)?;
            paths.push(gone.path.clone());
        }
    }
    Ok(Renewed { paths })
}
