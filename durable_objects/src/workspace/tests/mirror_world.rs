//! The bucket copy of a [`World`], and what the object does there: puts on a condition, removals that look first.

use std::collections::BTreeMap;

use super::super::mirror::is_left_out;
use super::super::{Came, Errand, Met, Round, bytes_of, next_round, settle_round};
use super::bucket::{THEIRS, etag_of};
use super::{World, hash, path};
use crate::call::{
    CompareMirror, Content, Error, Kind, MirrorState, RenewMirror, Seen, SyncMirror, TakeAway, TakeIn, TakenIn,
};
use crate::sql::Sql as _;

impl World {
    /// What the alarm does for the copy in one ring.
    pub fn mirror(&self) -> Result<Vec<String>, Error> {
        for _ in 0..100 {
            let Some(round) = self.next_round()? else { break };
            let came = self.run(&round);
            settle_round(&self.context(), &round, &came)?;
        }
        Ok(Vec::new())
    }

    pub fn next_round(&self) -> Result<Option<Round>, Error> {
        next_round(&self.context(), THEIRS)
    }

    pub fn run(&self, round: &Round) -> Vec<Came> {
        round.errands.iter().map(|errand| self.run_one(errand)).collect()
    }

    /// What is there, as the bucket tells it.
    fn meet(&self, key: &str) -> Option<Met> {
        self.bucket.borrow().get(key).map(|bytes| Met { etag: etag_of(bytes), hash: Some(hash(bytes)) })
    }

    pub fn run_one(&self, errand: &Errand) -> Came {
        let key = format!("{THEIRS}{}", errand.path);
        assert!(key.len() <= 1024, "{key}");
        let met = self.meet(&key);
        let Some(content) = &errand.content else {
            return match met {
                None => Came::Removed,
                Some(met) if errand.is_known(&met) => {
                    self.bucket.borrow_mut().remove(&key);
                    Came::Removed
                }
                Some(met) => Came::Met(Some(met)),
            };
        };
        if met.as_ref().map(|met| &met.etag) != errand.etag.as_ref() {
            return Came::Met(met);
        }
        let bytes = match &content.place {
            Some((_, key)) => self.bucket.borrow().get(key).cloned(),
            None => bytes_of(&self.sql, content).unwrap_or_default(),
        };
        let Some(bytes) = bytes else { return Came::Failed };
        assert_eq!((hash(&bytes), bytes.len() as u64), (content.hash, content.size_bytes));
        let etag = etag_of(&bytes);
        self.bucket.borrow_mut().insert(key, bytes);
        Came::Put(etag)
    }
}

impl World {
    /// How far the copy is.
    pub fn synced(&self) -> MirrorState {
        self.call(SyncMirror {}, None).unwrap().0
    }

    /// Brings the copy up to date now, whatever is quiet.
    pub fn sync(&self) -> MirrorState {
        self.synced();
        self.settle(0);
        self.synced()
    }

    /// What is in the copy.
    pub fn copy_of(&self) -> BTreeMap<String, String> {
        let bucket = self.bucket.borrow();
        let copied = bucket.iter().filter_map(|(key, bytes)| {
            Some((key.strip_prefix(THEIRS)?.to_owned(), String::from_utf8(bytes.clone()).unwrap()))
        });
        copied.collect()
    }

    /// The paths of it.
    pub fn copied_paths(&self) -> Vec<String> {
        self.copy_of().into_keys().collect()
    }

    /// The files of the tree with their content, but for what the copy leaves out.
    pub fn to_copy(&self) -> BTreeMap<String, String> {
        let files = self.tree("").into_iter().filter(|at| {
            self.stat(at).unwrap().kind == Kind::File
                && !is_left_out(&self.limits, at)
                && THEIRS.len() + at.len() <= 1024
        });
        files.map(|at| (at.clone(), self.read(&at).unwrap())).collect()
    }

    /// The copy is what it should be, and nothing is left to do.
    pub fn check_copy(&self) {
        let state = self.synced();
        assert_eq!((state.pending, state.mirrored_rev), (0, state.rev), "{}", self.dump());
        assert_eq!(self.copy_of(), self.to_copy());
        let known = self.sql.query("SELECT path, etag, hex(hash) FROM mirror WHERE state = 0", &[]).unwrap();
        let known: BTreeMap<String, String> =
            known.iter().map(|row| (row.text(0).unwrap().into(), row.text(1).unwrap().into())).collect();
        let lying = self.copy_of().into_iter().map(|(at, content)| (at, etag_of(content.as_bytes()))).collect();
        assert_eq!(known, lying, "what is known of the copy");
    }

    /// What somebody else put into the copy is imported, as the Worker does it. `is_new`: whether it was put there after all
    /// that has happened here.
    pub fn take_all(&self, is_new: bool, takes_away: bool) -> Vec<(String, String)> {
        let objects: Vec<(Seen, Vec<u8>)> = self
            .bucket
            .borrow()
            .iter()
            .filter_map(|(key, bytes)| {
                let name = key.strip_prefix(THEIRS)?;
                let (name, is_directory) = name.strip_suffix('/').map_or((name, false), |name| (name, true));
                Some((Seen { path: path(name), is_directory, etag: etag_of(bytes) }, bytes.clone()))
            })
            .collect();
        let call = CompareMirror {
            objects: objects.iter().map(|(seen, _)| seen.clone()).collect(),
            within: path(""),
            after: String::new(),
            until: None,
        };
        let compared = self.call(call, None).unwrap().0;
        let mut outcomes = Vec::new();
        for index in compared.changed {
            let (seen, bytes) = &objects[index];
            outcomes.push((String::from(seen.path.clone()), format!("{:?}", self.take(seen, bytes, is_new))));
        }
        for gone in compared.lost {
            outcomes.push((String::from(gone.path.clone()), "Lost".to_owned()));
            self.call(RenewMirror { gone: vec![gone] }, None).unwrap();
        }
        for gone in compared.gone {
            let at = String::from(gone.path.clone());
            let outcome = if takes_away {
                format!("{:?}", self.call(TakeAway { gone }, None).unwrap().0)
            } else {
                "Gone".to_owned()
            };
            outcomes.push((at, outcome));
        }
        outcomes
    }

    /// One object of the copy, as it was read.
    pub fn take(&self, seen: &Seen, bytes: &[u8], is_new: bool) -> TakenIn {
        let uploaded_ms = if is_new { self.now_ms.get() + 1_000_000 } else { 0 };
        let is_large = bytes.len() > self.inline_max_bytes.get();
        let content = if is_large {
            let key = self.upload_bytes(bytes).unwrap();
            Content::Stored { key, size_bytes: bytes.len() as u64 }
        } else {
            Content::Body
        };
        let (body, etag) = ((!is_large && !seen.is_directory).then_some(bytes), seen.etag.clone());
        let file = (!seen.is_directory).then(|| (hash(bytes), content));
        self.call(TakeIn { path: seen.path.clone(), etag, uploaded_ms, file }, body).unwrap().0
    }
}
