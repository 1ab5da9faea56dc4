//! The Worker's bindings and its configuration: the only place that knows their names.

use std::cell::RefCell;
use std::rc::Rc;

use durable_objects::ids::UserId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

use crate::blobs::Bucket;
use crate::catalog::D1;
use crate::catalog::cache::EDGE_MAX_S;
use crate::error::Error;
use crate::gateway::GatewayConfig;
use crate::media::MediaConfig;
use crate::workspace::Stub;

/// What an operator has configured, read once for each isolate.
pub struct Config {
    /// Keyed with the secrets that are accepted: the one in use, and the one before it while rotating.
    pub signers: Vec<Hmac<Sha256>>,
    /// Where clients see the workspace (`WORKSPACE_ROOT`): absolute, without a trailing slash.
    pub root: String,
    /// The largest file that travels as JSON, either way (`MAX_JSON_FILE_BYTES`).
    pub json_file_max_bytes: u64,
    /// The largest file at all (`MAX_FILE_BYTES`).
    pub file_max_bytes: u64,
    /// The secret with which the host itself calls (`HOST_SECRET`).
    pub host_secret: Option<String>,
    /// The origins that browsers may call from (`ALLOWED_ORIGINS`).
    pub allowed_origins: Vec<String>,
    /// How long the edge keeps an answer of the catalogue (`CATALOG_CACHE_SECONDS`): none if it is zero.
    pub catalog_cache_s: u64,
    /// The host's own gateway for chats, if it has one.
    pub gateway: Option<GatewayConfig>,
    /// What media may be, where they may come from, and who makes them.
    pub media: MediaConfig,
}

/// The secret in use, its older name, and the secret before it.
const SECRETS: [&str; 3] = ["SIGNING_SECRET", "MOLTBOT_SIGNING_SECRET", "SIGNING_SECRET_PREVIOUS"];

/// The default of `ALLOWED_ORIGINS`: a page under development, and this Worker's own.
const DEVELOPMENT_ORIGINS: &str = "http://localhost:3000,http://localhost:8787";

thread_local! {
    static CONFIG: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

/// The configuration.
pub fn config(env: &Env) -> Rc<Config> {
    CONFIG
        .with_borrow_mut(|config| Rc::clone(config.get_or_insert_with(|| Rc::new(Config::read(|name| var(env, name))))))
}

impl Config {
    fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let [current, older_name, previous] = SECRETS.map(|name| var(name).filter(|secret| !secret.is_empty()));
        // Without a secret in use nothing is served, whatever else is set.
        let secrets = current.or(older_name).into_iter().flat_map(|current| [Some(current), previous.clone()]);
        let signers = secrets.flatten().filter_map(|secret| Hmac::new_from_slice(secret.as_bytes()).ok());
        let origins = var("ALLOWED_ORIGINS").unwrap_or_else(|| DEVELOPMENT_ORIGINS.to_owned());
        let root = var("WORKSPACE_ROOT").unwrap_or_else(|| "/root/clawd".to_owned());
        Self {
            signers: signers.collect(),
            root: format!("/{}", root.trim_matches('/')),
            json_file_max_bytes: limit(&var, "MAX_JSON_FILE_BYTES", 10 * MIB),
            file_max_bytes: limit(&var, "MAX_FILE_BYTES", 50 * MIB),
            host_secret: var("HOST_SECRET").filter(|secret| !secret.is_empty()),
            allowed_origins: origins.split(',').map(|origin| origin.trim().to_owned()).collect(),
            catalog_cache_s: limit(&var, "CATALOG_CACHE_SECONDS", EDGE_MAX_S).min(EDGE_MAX_S),
            gateway: GatewayConfig::read(&var),
            media: MediaConfig::read(&var),
        }
    }
}

/// A limit. One that is no number is its default: these limits protect the deployment, whatever is set.
fn limit(var: &impl Fn(&str) -> Option<String>, name: &str, default: u64) -> u64 {
    var(name).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}

const MIB: u64 = 1024 * 1024;

fn var(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string())
}

#[wasm_bindgen]
extern "C" {
    // The bindings by their names: to ask the crate for one costs several more crossings.
    type Bindings;
    #[wasm_bindgen(method, getter, js_name = DATA)]
    fn data(this: &Bindings) -> Option<Bucket>;
    #[wasm_bindgen(method, getter, js_name = MEDIA)]
    fn media(this: &Bindings) -> Option<Bucket>;
    #[wasm_bindgen(method, getter, js_name = BUNDLES)]
    fn bundles(this: &Bindings) -> Option<Bucket>;
    #[wasm_bindgen(method, getter, js_name = CATALOG)]
    fn catalog(this: &Bindings) -> Option<D1>;
    #[wasm_bindgen(method, getter, js_name = WORKSPACE)]
    fn workspace(this: &Bindings) -> Option<Namespace>;

    type Namespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> Result<Stub, JsValue>;
}

/// The private bucket.
pub fn data(env: &Env) -> Result<Bucket, Error> {
    bindings(env).data().ok_or(Error::NotConfigured("The bucket DATA is not bound"))
}

/// The bucket of media.
pub fn media(env: &Env) -> Result<Bucket, Error> {
    bindings(env).media().ok_or(Error::NotConfigured("The bucket MEDIA is not bound"))
}

/// The bucket of what has been published.
pub fn bundles(env: &Env) -> Result<Bucket, Error> {
    bindings(env).bundles().ok_or(Error::NotConfigured("The bucket BUNDLES is not bound"))
}

/// The catalogue's database.
pub fn catalog(env: &Env) -> Result<D1, Error> {
    bindings(env).catalog().ok_or(Error::NotConfigured("The database CATALOG is not bound"))
}

/// The object of a user. Its name is the user's id, exactly as signed.
pub fn workspace(env: &Env, user: &UserId) -> Result<Stub, Error> {
    let namespace = bindings(env).workspace().ok_or(Error::NotConfigured("The objects WORKSPACE are not bound"))?;
    namespace.get_by_name(user.as_str()).map_err(|cause| Error::internal("WORKSPACE", &cause))
}

fn bindings(env: &Env) -> &Bindings {
    AsRef::<JsValue>::as_ref(env).unchecked_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Config {
        let find = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(find)
    }

    #[test]
    fn a_secret_under_either_name_is_accepted_and_the_previous_one_beside_it() {
        assert_eq!(config(&[("SIGNING_SECRET", "a")]).signers.len(), 1);
        assert_eq!(config(&[("MOLTBOT_SIGNING_SECRET", "a")]).signers.len(), 1);
        assert_eq!(config(&[("SIGNING_SECRET", "a"), ("SIGNING_SECRET_PREVIOUS", "b")]).signers.len(), 2);
    }

    #[test]
    fn without_a_secret_in_use_there_is_none() {
        assert!(config(&[]).signers.is_empty());
        assert!(config(&[("SIGNING_SECRET", ""), ("SIGNING_SECRET_PREVIOUS", "b")]).signers.is_empty());
    }

    #[test]
    fn the_root_has_no_trailing_slash() {
        assert_eq!(config(&[]).root, "/root/clawd");
        assert_eq!(config(&[("WORKSPACE_ROOT", "/home/me/")]).root, "/home/me");
    }
}
