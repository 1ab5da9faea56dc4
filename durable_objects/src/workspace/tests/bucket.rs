//! The bucket of a [`World`], and what the Worker and the object do with it: bytes are announced before they are sent, and
//! the alarm removes them or takes them over.

use super::super::{
    Adopted, Orphan, Removal, Timer, adopt, announce_copy, claim_removals, orphans, settle_orphans, settle_removals,
};
use super::{World, hash, path, ring};
use crate::call::{
    Abandon, Abandoned, Announce, Announced, Cleared, Close, Content, Error, Foreign, Import, Imported, Kind, Reset,
    Written,
};
use crate::sql::Sql as _;

/// Under which our own keys lie. All others are somebody else's.
pub const OURS: &str = "home/blobs/";
/// What the bucket held before the workspace was first opened lies under this and its path.
pub const THEIRS: &str = "home/workspace/";
/// How long a sender may take, and how long bytes outlive the last who let go of them.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// A file that lies in the bucket before the workspace is opened.
pub fn foreign(at: &str, size_bytes: u64) -> Foreign {
    Foreign { key: format!("{THEIRS}{at}"), path: path(at), kind: Kind::File, size_bytes, etag: String::new() }
}

/// The bucket's tag of some bytes.
pub fn etag_of(bytes: &[u8]) -> String {
    format!("etag-{}", &hash(bytes).to_string()[..16])
}

impl World {
    pub fn announce(&self, key: &str, reserved_bytes: u64) -> Result<Announced, Error> {
        let call = Announce { key: key.to_owned(), multipart_id: None, reserved_bytes };
        self.call(call, None).map(|(announced, _)| announced)
    }

    pub fn announce_multipart(&self, key: &str, multipart_id: &str) -> Result<Announced, Error> {
        let call = Announce { key: key.to_owned(), multipart_id: Some(multipart_id.to_owned()), reserved_bytes: 0 };
        self.call(call, None).map(|(announced, _)| announced)
    }

    pub fn abandon(&self, key: &str) -> Result<Abandoned, Error> {
        self.call(Abandon { key: key.to_owned() }, None).map(|(abandoned, _)| abandoned)
    }

    fn new_key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("{OURS}{}", self.keys.get())
    }

    /// Announces a new key and sends bytes there.
    pub fn upload(&self, content: &str) -> Result<String, Error> {
        self.upload_bytes(content.as_bytes())
    }

    pub fn upload_bytes(&self, content: &[u8]) -> Result<String, Error> {
        let key = self.new_key();
        self.announce(&key, content.len() as u64)?;
        self.bucket.borrow_mut().insert(key.clone(), content.into());
        Ok(key)
    }

    /// A write of bytes that lie in the bucket already.
    pub fn write_stored(&self, at: &str, content: &str, key: &str) -> Result<Written, Error> {
        let stored = Content::Stored { key: key.to_owned(), size_bytes: content.len() as u64 };
        self.write_from(at, content.as_bytes(), stored, true)
    }

    /// A large file as the Worker writes it. When the write is refused, the bytes are given up.
    pub fn store(&self, at: &str, content: &[u8], make_parents: bool) -> Result<Written, Error> {
        let key = self.upload_bytes(content)?;
        let stored = Content::Stored { key: key.clone(), size_bytes: content.len() as u64 };
        let written = self.write_from(at, content, stored, make_parents);
        if written.is_err() {
            self.abandon(&key).unwrap();
        }
        written
    }

    pub fn import(&self, files: Vec<Foreign>, done: bool) -> Result<Imported, Error> {
        self.call(Import { files, done }, None).map(|(imported, _)| imported)
    }

    pub fn reset(&self) -> Result<Cleared, Error> {
        self.call(Reset {}, None).map(|(cleared, _)| cleared)
    }

    pub fn close(&self) -> Result<Cleared, Error> {
        self.call(Close {}, None).map(|(cleared, _)| cleared)
    }

    /// Puts something into the bucket without a word to the workspace.
    pub fn leave(&self, at: &str, content: &str) {
        self.bucket.borrow_mut().insert(format!("{THEIRS}{at}"), content.into());
    }

    /// Where a file's bytes lie in the bucket.
    pub fn key_of(&self, at: &str) -> Option<String> {
        let blob = super::tree::find(&self.sql, &path(at)).unwrap().unwrap().blob.unwrap();
        let rows = self.sql.query("SELECT key FROM blob WHERE id = ?1", &[blob.into()]).unwrap();
        rows[0].text_or_null(0).unwrap().map(str::to_owned)
    }

    /// The keys of ours at which something lies.
    pub fn lying(&self) -> Vec<String> {
        self.bucket.borrow().keys().filter(|key| key.starts_with(OURS)).cloned().collect()
    }

    /// What counts against the quota: what is stored and what is set aside.
    pub fn counted(&self) -> (i64, i64) {
        let counter = |key| self.number(&format!("SELECT v FROM meta WHERE k = '{key}'"));
        (counter("stored_bytes"), counter("reserved_bytes"))
    }

    /// What the alarm would remove now, which it has then claimed.
    pub fn claim(&self) -> Result<Option<(Timer, Vec<Removal>)>, Error> {
        claim_removals(&self.context())
    }

    /// What the alarm does with a claim, but for the last step.
    pub fn remove(&self, removals: &[Removal]) {
        for removal in removals {
            self.bucket.borrow_mut().remove(&removal.key);
        }
    }

    pub fn settle_claim(&self, task: Timer, removals: &[Removal]) -> Result<(), Error> {
        settle_removals(&self.context(), task, removals)
    }

    /// The one file whose bytes wait to be taken over, and what they turn out to be.
    pub fn looked_into(&self) -> (Orphan, Adopted) {
        let mut orphans = orphans(&self.context()).unwrap().unwrap();
        assert_eq!(orphans.len(), 1);
        let orphan = orphans.remove(0);
        let adopted = self.look_into(&orphan).unwrap();
        (orphan, adopted)
    }

    /// What bytes under somebody else's key turn out to be: few are read, many are copied.
    fn look_into(&self, orphan: &Orphan) -> Result<Adopted, Error> {
        let bytes = self.bucket.borrow().get(&orphan.key).cloned();
        let bytes = bytes.ok_or_else(|| Error::Storage { message: "the object is missing".to_owned() })?;
        let hash = hash(&bytes);
        if bytes.len() <= self.inline_max_bytes.get() {
            return Ok(Adopted::Small { etag: etag_of(&bytes), hash, bytes });
        }
        let key = self.new_key();
        announce_copy(&self.context(), &key)?;
        let size_bytes = bytes.len() as u64;
        let etag = etag_of(&bytes);
        self.bucket.borrow_mut().insert(key.clone(), bytes);
        Ok(Adopted::Large { etag, hash, key, size_bytes })
    }

    /// Makes an orphan the workspace's own. Every earlier tree then has it under its hash, and is the same otherwise.
    pub fn adopt(&self, orphan: &Orphan, adopted: &Adopted) -> Result<(), Error> {
        adopt(&self.context(), orphan, adopted)?;
        let (Adopted::Small { hash, .. } | Adopted::Large { hash, .. }) = adopted;
        let (unknown, known) = (format!("foreign {}", orphan.blob), hash.to_string().to_uppercase());
        for (_, shape) in self.seen.borrow_mut().iter_mut() {
            for content in shape.values_mut().filter(|content| content.as_ref() == Some(&unknown)) {
                *content = Some(known.clone());
            }
        }
        if self.watched.get() {
            self.check();
            self.watch(false);
        }
        Ok(())
    }

    /// One ring of the alarm, as the object does it. It answers what failed, and fails when the database does.
    pub fn ring_once(&self) -> Result<Vec<String>, Error> {
        let mut failures = ring(&self.context())?;
        for _ in 0..4 {
            let Some((task, removals)) = self.claim()? else { break };
            self.remove(&removals);
            self.settle_claim(task, &removals)?;
        }
        self.bring_all_home()?;
        failures.extend(self.mirror()?);
        let Some(orphans) = orphans(&self.context())? else { return Ok(failures) };
        for orphan in &orphans {
            if let Err(error) = self.look_into(orphan).and_then(|adopted| self.adopt(orphan, &adopted)) {
                failures.push(format!("{}: {error}", orphan.key));
            }
        }
        settle_orphans(&self.context(), orphans.last().map(|orphan| orphan.blob))?;
        Ok(failures)
    }

    /// What a row says is in the bucket is there, and nothing of ours is there that no row knows of.
    pub fn check_bucket(&self) {
        let bucket = self.bucket.borrow();
        for row in self.sql.query("SELECT key, hex(hash), size FROM blob WHERE place > 0 AND state = 0", &[]).unwrap() {
            if row.text(1).unwrap().is_empty() {
                continue;
            }
            let bytes = bucket.get(row.text(0).unwrap()).unwrap_or_else(|| panic!("no bytes are where {row:?} says"));
            let lying = (hash(bytes).to_string().to_uppercase(), bytes.len() as u64);
            assert_eq!(lying, (row.text(1).unwrap().to_owned(), row.count(2).unwrap()));
        }
        let known = self.sql.query("SELECT key FROM blob WHERE place > 0 UNION SELECT key FROM upload", &[]).unwrap();
        let known: Vec<&str> = known.iter().map(|row| row.text(0).unwrap()).collect();
        let lost: Vec<&String> =
            bucket.keys().filter(|key| !key.starts_with(THEIRS) && !known.contains(&key.as_str())).collect();
        assert!(lost.is_empty(), "nobody knows of {lost:?}");
    }
}
