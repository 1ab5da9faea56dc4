//! The other way: what others have put into the copy becomes entries of the tree. Only its bytes are taken at their word; what they
//! were made from is known by what the copy had there before.

use std::collections::{HashMap, HashSet};

use crate::call::{
    CompareMirror, Compared, Content, Delete, Error, MakeDirectory, Seen, TakeAway, TakeIn, TakenAway, TakenIn,
};
use crate::ids::Sha256;
use crate::path::FilePath;
use crate::sql::{Bytes, Row, first, only};

use super::super::blobs::{self, Kept};
use super::super::conditions::parse_hash;
use super::super::trash::stored_path;
use super::super::tree::{self, New, Node, Target};
use super::super::txn::{Change, Context, Tx};
use super::super::{media, uploads, verbs};
use super::known::{Note, forget, note};
use super::{at, is_left_out, plan};

/// How much that is known of the copy one page is held against: others may have removed all of it.
const KNOWN_MAX: usize = 2000;

/// The path of an object below the user's part of the bucket.
fn key(seen: &Seen) -> String {
    let slash = if seen.is_directory { "/" } else { "" };
    format!("{}{slash}", seen.path)
}

/// Holds a page of the copy against what is known of it.
pub fn compare(context: &Context<'_>, call: &CompareMirror) -> Result<Compared, Error> {
    const PAGE: &str = "SELECT path, etag, state,
            EXISTS (SELECT 1 FROM blob WHERE blob.id = mirror.blob AND blob.hash IS NULL),
            EXISTS (SELECT 1 FROM mirror_plan p WHERE p.path = mirror.path AND p.kind = 0) FROM mirror
        WHERE path >= max(?1, ?2) AND path <> ?2 AND path <= ?3 ORDER BY path LIMIT ?4";
    // All that is in a directory comes before what would follow its slash: what lies behind is not read.
    let last = if call.within.is_root() { char::MAX.to_string() } else { format!("{}0", call.within) };
    let until = call.until.as_ref().map_or(&last, |until| until.min(&last));
    let limit = i64::try_from(KNOWN_MAX).unwrap_or(i64::MAX);
    let bounds = [call.within.as_str().into(), (&call.after).into(), until.into(), limit.into()];
    let rows = context.sql.query(PAGE, &bounds)?;
    let mut compared =
        Compared { changed: Vec::new(), gone: Vec::new(), lost: Vec::new(), left_out: Vec::new(), until: None };
    compared.until =
        rows.last().filter(|_| rows.len() == KNOWN_MAX).map(|row| row.text(0).map(str::to_owned)).transpose()?;
    let known: HashMap<&str, &Row> = rows.iter().map(|row| Ok((row.text(0)?, row))).collect::<Result<_, Error>>()?;
    let mut listed = HashSet::new();
    for (index, seen) in call.objects.iter().enumerate() {
        let key = key(seen);
        if compared.until.as_ref().is_some_and(|until| key > *until) {
            break;
        }
        if is_left_out(context.limits, seen.path.as_str()) {
            compared.left_out.push(index);
        } else if !known.get(key.as_str()).is_some_and(|row| is_as_seen(row, seen)) {
            compared.changed.push(index);
        }
        listed.insert(key);
    }
    for row in &rows {
        // What is on its way may not be there yet, or not any more.
        let (path, state, is_on_its_way) = (row.text(0)?, row.int(2)?, row.int(3)? != 0 || row.int(4)? != 0);
        if is_on_its_way || state == at::TOO_LONG || listed.contains(path) || is_left_out(context.limits, path) {
            continue;
        }
        let (is_directory, etag) = (path.ends_with('/'), row.text(1)?.to_owned());
        let seen = Seen { path: stored_path(path.trim_end_matches('/'))?, is_directory, etag };
        if seen.path.is_within(&call.within) {
            let missed = if state == at::THERE { &mut compared.gone } else { &mut compared.lost };
            missed.push(seen);
        }
    }
    Ok(compared)
}

/// Whether an object is as it was last seen; what has yet to be taken over is taken over as it is then.
fn is_as_seen(row: &Row, seen: &Seen) -> bool {
    let is_same = row.text(1).is_ok_and(|etag| etag == seen.etag) && row.int(2).is_ok_and(|state| state == at::THERE);
    is_same || row.int(3).is_ok_and(|is_foreign| is_foreign != 0)
}

/// Makes an entry of something in the copy, or new content, or a version.
pub fn take_in(tx: &Tx<'_>, call: &TakeIn, body: Option<&Bytes>) -> Result<TakenIn, Error> {
    let Some((hash, content)) = &call.file else { return take_in_directory(tx, call) };
    let taken = take_in_file(tx, call, (hash, content), body)?;
    if matches!(taken, TakenIn::Same | TakenIn::InTheWay)
        && let Content::Stored { key, .. } = content
    {
        uploads::abandon(tx, key)?;
    }
    if taken != TakenIn::InTheWay {
        let size = match (content, body) {
            (Content::Stored { size_bytes, .. }, _) => size_bytes.cast_signed(),
            (Content::Body, body) => body.map_or(0, |bytes| crate::sql::len_bytes(bytes).cast_signed()),
        };
        let is = Note { etag: &call.etag, size, hash: Some(hash), state: at::THERE };
        note(tx, call.path.as_str(), &is)?;
    }
    Ok(taken)
}

fn take_in_file(
    tx: &Tx<'_>,
    call: &TakeIn,
    (hash, content): (&Sha256, &Content),
    body: Option<&Bytes>,
) -> Result<TakenIn, Error> {
    let before = before(tx, &call.path, hash)?;
    let here = match tree::find(tx.sql, &call.path)? {
        Some(node) if node.is_directory() => return Ok(TakenIn::InTheWay),
        Some(node) => Some((hash_of(tx, &node)?, node)),
        None => None,
    };
    // What is as we have put it there, others have not changed; nor has what is the same here.
    if before.is_ours || here.as_ref().is_some_and(|(here, _)| *here == Some(*hash)) {
        if here.is_none_or(|(here, _)| here != Some(*hash)) {
            plan::add_one(tx, &call.path)?;
        }
        return Ok(TakenIn::Same);
    }
    let Some((here, node)) = here else { return make(tx, call, (hash, content), body, before.is_known) };
    let has_changed = here != before.hash;
    let is_theirs = !has_changed || call.uploaded_ms >= node.modified_ms;
    write_over(tx, &node, &call.path, (hash, content), body)?;
    if !is_theirs && let Some(mine) = node.content() {
        // The newer one stays: theirs is the version before it.
        let theirs = tree::get(tx.sql, &call.path, crate::call::Sought::File)?;
        let rev = tx.record(Change::Write, Some(node.id), &call.path, None)?;
        verbs::replace(tx, &theirs, rev, mine)?;
    }
    Ok(if has_changed { TakenIn::Both { is_theirs, was_gone: false } } else { TakenIn::Updated })
}

fn make(
    tx: &Tx<'_>,
    call: &TakeIn,
    (hash, content): (&Sha256, &Content),
    body: Option<&Bytes>,
    was_gone: bool,
) -> Result<TakenIn, Error> {
    let parent = match tree::target(tx, &call.path, true) {
        Ok(Target::Free { parent }) => parent,
        Ok(Target::Taken(_)) | Err(Error::IsAFile { .. } | Error::InTrash { .. }) => return Ok(TakenIn::InTheWay),
        Err(error) => return Err(error),
    };
    let rev = tx.record(Change::Create, None, &call.path, None)?;
    let kept = blobs::keep(tx, hash, content, body, rev)?;
    tree::insert(tx, rev, parent, call.path.name(), &New::File(kept))?;
    media::capture(tx, call.path.name(), kept)?;
    Ok(if was_gone { TakenIn::Both { is_theirs: true, was_gone } } else { TakenIn::Imported })
}

fn write_over(
    tx: &Tx<'_>,
    node: &Node,
    path: &FilePath,
    (hash, content): (&Sha256, &Content),
    body: Option<&Bytes>,
) -> Result<Kept, Error> {
    let rev = tx.record(Change::Write, Some(node.id), path, None)?;
    let kept = blobs::keep(tx, hash, content, body, rev)?;
    verbs::replace(tx, node, rev, kept)?;
    media::capture(tx, path.name(), kept)?;
    Ok(kept)
}

/// What the copy had at a path before others changed it.
struct Before {
    /// Whether anything of it is known.
    is_known: bool,
    /// What it was.
    hash: Option<Sha256>,
    /// Whether the bytes that are there now were put there by us: known, or sent and not settled yet.
    is_ours: bool,
}

fn before(tx: &Tx<'_>, path: &FilePath, now: &Sha256) -> Result<Before, Error> {
    const KNOWN: &str = "SELECT hex(hash), state FROM mirror WHERE path = ?1";
    const SENT: &str =
        "SELECT 1 FROM mirror_plan p, json_each(p.sent) s WHERE p.path = ?1 AND p.kind = 0 AND s.value = ?2";
    let known = first(tx.sql, KNOWN, &[path.as_str().into()])?;
    let hash = known.as_ref().map(|row| Ok::<_, Error>(parse_hash(row.text(0)?)?)).transpose()?.flatten();
    let is_sent = first(tx.sql, SENT, &[path.as_str().into(), (&now.to_string()).into()])?.is_some();
    let is_ours = is_sent || hash == Some(*now);
    Ok(Before { is_known: hash.is_some(), hash, is_ours })
}

fn hash_of(tx: &Tx<'_>, node: &Node) -> Result<Option<Sha256>, Error> {
    let Some(blob) = node.blob else { return Ok(None) };
    Ok(parse_hash(only(tx.sql, "SELECT hex(hash) FROM blob WHERE id = ?1", &[blob.into()])?.text(0)?)?)
}

fn take_in_directory(tx: &Tx<'_>, call: &TakeIn) -> Result<TakenIn, Error> {
    let taken = match verbs::make_directory(tx, &MakeDirectory { path: call.path.clone() }) {
        Ok(made) if made.made => TakenIn::Imported,
        Ok(_) => TakenIn::Same,
        Err(Error::IsAFile { .. } | Error::InTrash { .. }) => return Ok(TakenIn::InTheWay),
        Err(error) => return Err(error),
    };
    let is = Note { etag: &call.etag, size: 0, hash: None, state: at::THERE };
    note(tx, &format!("{}/", call.path), &is)?;
    Ok(taken)
}

/// Deletes a file that others have removed from the copy, if it is still what the copy had.
pub fn take_away(tx: &Tx<'_>, call: &TakeAway) -> Result<TakenAway, Error> {
    const KNOWN: &str = "SELECT hex(hash) FROM mirror WHERE path = ?1 AND etag = ?2 AND state = 0";
    let key = key(&call.gone);
    let known = first(tx.sql, KNOWN, &[(&key).into(), (&call.gone.etag).into()])?;
    let Some(known) = known else { return Ok(TakenAway::Nothing) };
    forget(tx, &key)?;
    let node = tree::find(tx.sql, &call.gone.path)?;
    let Some(node) = node.filter(|node| !call.gone.is_directory && !node.is_directory()) else {
        return Ok(TakenAway::Nothing);
    };
    if hash_of(tx, &node)? != parse_hash(known.text(0)?)? || call.gone.path.is_protected() {
        plan::add_one(tx, &call.gone.path)?;
        return Ok(TakenAway::Kept);
    }
    let only_if = crate::call::Conditions::default();
    verbs::delete(tx, &Delete { path: call.gone.path.clone(), permanent: false, only_if })?;
    Ok(TakenAway::Trashed)
}
