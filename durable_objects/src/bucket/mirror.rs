//! The copy's errands in the bucket: puts on the condition that there lies what was last known to, and removals that look first.
//! Few bytes go from their row as the runtime's buffer, many from object to object as its stream.

use std::cell::Cell;

use futures::StreamExt as _;
use futures::stream;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Env, Result};

use super::{Data, Stored, bound, digest_of, fetch, to_sha256};
use crate::call::Store;
use crate::ids::Sha256;
use crate::sql::Bytes;
use crate::workspace::{Came, Errand, Met, Sending};

/// How many errands are under way at once. The platform has six connections for an invocation, and a copy from object to
/// object takes two of them.
const AT_ONCE: usize = 3;

/// How many operations have been spent, and what has failed.
#[derive(Default)]
pub struct Bill {
    operations: Cell<usize>,
}

impl Bill {
    /// How many operations so far.
    pub fn operations(&self) -> usize {
        self.operations.get()
    }

    fn spend(&self) {
        self.operations.set(self.operations.get() + 1);
    }
}

/// Runs errands, and answers in their order what came of each, and why some failed. `home` is what the copy's keys begin
/// with; `bytes` reads the bytes of a content from its row.
pub async fn run(
    env: &Env,
    home: &str,
    errands: &[Errand],
    bytes: impl Fn(&Sending) -> std::result::Result<Option<Bytes>, String>,
    bill: &Bill,
) -> Result<(Vec<Came>, Vec<String>)> {
    let runner = Runner { env, data: bound(env, "DATA")?, home, bill };
    let (runner, bytes) = (&runner, &bytes);
    let came = stream::iter(errands).map(|errand| runner.run(errand, bytes)).buffered(AT_ONCE);
    let came: Vec<Result<Step>> = came.collect().await;
    let mut failures = Vec::new();
    let mut leaving = Vec::new();
    let mut steps = Vec::with_capacity(came.len());
    for (errand, step) in errands.iter().zip(came) {
        steps.push(match step {
            Ok(Step::Came(came)) => came,
            Ok(Step::MayGo) => {
                leaving.push(steps.len());
                Came::Failed
            }
            Err(error) => {
                failures.push(format!("copying to {home}{}: {error}", errand.path));
                Came::Failed
            }
        });
    }
    match runner.remove(leaving.iter().filter_map(|index| errands.get(*index))).await {
        Ok(()) => {
            for index in &leaving {
                if let Some(came) = steps.get_mut(*index) {
                    *came = Came::Removed;
                }
            }
        }
        Err(error) => failures.push(format!("removing from {home}: {error}")),
    }
    Ok((steps, failures))
}

/// What one errand comes to.
enum Step {
    Came(Came),
    /// What is there may be removed, together with others.
    MayGo,
}

struct Runner<'a> {
    env: &'a Env,
    data: Data,
    home: &'a str,
    bill: &'a Bill,
}

impl Runner<'_> {
    fn key(&self, errand: &Errand) -> String {
        format!("{}{}", self.home, errand.path)
    }

    async fn run(
        &self,
        errand: &Errand,
        bytes: impl Fn(&Sending) -> std::result::Result<Option<Bytes>, String>,
    ) -> Result<Step> {
        super::pause().await;
        let Some(content) = &errand.content else {
            return Ok(match self.meet(errand, None).await? {
                None => Step::Came(Came::Removed),
                Some(met) if errand.is_known(&met) => Step::MayGo,
                met => Step::Came(Came::Met(met)),
            });
        };
        let body: JsValue = match &content.place {
            None => match bytes(content)? {
                Some(bytes) => bytes.into(),
                // The file has changed since, and nothing else had them.
                None => return Ok(Step::Came(Came::Failed)),
            },
            Some((store, key)) => {
                self.bill.spend();
                let binding = if *store == Store::Media { "MEDIA" } else { "DATA" };
                fetch(&bound(self.env, binding)?, key).await?.body()
            }
        };
        self.bill.spend();
        let put = self.data.put(&self.key(errand), &body, &put_options(errand, &content.hash)?);
        let put = JsFuture::from(put).await?;
        if put.is_null() {
            return Ok(Step::Came(Came::Met(self.meet(errand, Some(content)).await?)));
        }
        Ok(Step::Came(Came::Put(put.unchecked_into::<Stored>().etag())))
    }

    /// What is there. Its hash is read from what the bucket knows; where it does not, from the bytes, if they may be those
    /// that were to be put.
    async fn meet(&self, errand: &Errand, content: Option<&Sending>) -> Result<Option<Met>> {
        let key = self.key(errand);
        self.bill.spend();
        let head = JsFuture::from(self.data.head(&key)).await?;
        if head.is_null() {
            return Ok(None);
        }
        let known = Reflect::get(&Reflect::get(&head, &"checksums".into())?, &"sha256".into())?;
        let head: Stored = head.unchecked_into();
        if !known.is_undefined() {
            return Ok(Some(Met { etag: head.etag(), hash: Some(to_sha256(&known)) }));
        }
        if content.is_none_or(|content| content.size_bytes != head.size_bytes()) {
            return Ok(Some(Met { etag: head.etag(), hash: None }));
        }
        self.bill.spend();
        let object = fetch(&self.data, &key).await?;
        let hash = to_sha256(&digest_of(&object).await?);
        Ok(Some(Met { etag: object.etag(), hash: Some(hash) }))
    }

    async fn remove(&self, errands: impl Iterator<Item = &Errand>) -> Result<()> {
        let keys: Array = errands.map(|errand| JsValue::from_str(&self.key(errand))).collect();
        if keys.length() > 0 {
            self.bill.spend();
            JsFuture::from(self.data.delete(&keys)).await?;
        }
        Ok(())
    }
}

/// The bucket checks that the bytes have the hash, keeps it with them, and puts them only over what was last known there.
fn put_options(errand: &Errand, hash: &Sha256) -> Result<Object> {
    let only_if = Object::new();
    match &errand.etag {
        Some(etag) => Reflect::set(&only_if, &"etagMatches".into(), &etag.into())?,
        None => Reflect::set(&only_if, &"etagDoesNotMatch".into(), &"*".into())?,
    };
    let options = Object::new();
    Reflect::set(&options, &"onlyIf".into(), &only_if)?;
    Reflect::set(&options, &"sha256".into(), &hash.to_string().into())?;
    Ok(options)
}
