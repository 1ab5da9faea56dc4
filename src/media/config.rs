//! What an operator configures of media.

use durable_objects::media_url::{MediaTokenKey, MediaUrls};

use super::address::AllowedHosts;

/// The default of `MEDIA_HOSTS`: where the providers that are known here keep results. Of a host that many share, only
/// folders are listed.
pub const HOSTS: &str = "fal.run,fal.media,*.fal.media,cdn.fal.ai,api.elevenlabs.io,*.elevenlabs.io,\
    storage.googleapis.com/falserverless/,storage.googleapis.com/eleven-public-prod/";
/// The default of `MEDIA_TYPES`.
const TYPES: &str = "image/*,audio/*,video/*,model/*";
const MIB: u64 = 1024 * 1024;

/// The configuration of media.
pub struct MediaConfig {
    /// What may be fetched (`MEDIA_HOSTS`, `MEDIA_EXTRA_ORIGINS`).
    pub hosts: AllowedHosts,
    /// What is taken (`MEDIA_TYPES`).
    pub types: String,
    /// How public addresses are made (`MEDIA_CDN_BASE`).
    pub urls: MediaUrls,
    /// What verifies public addresses: from their own secret, from the signing secret, and from the one before it.
    pub token_keys: Vec<MediaTokenKey>,
    /// The most bytes that are fetched from an address (`MEDIA_URL_MAX_BYTES`).
    pub url_max_bytes: u64,
    /// The most bytes that come as base64 (`MEDIA_BASE64_MAX_BYTES`).
    pub base64_max_bytes: u64,
    /// The most bytes of one signed PUT (`MEDIA_PUT_MAX_BYTES`): the platform ends a request at 100 MB.
    pub put_max_bytes: u64,
    /// The most bytes at all, then in parts (`MEDIA_MAX_BYTES`).
    pub max_bytes: u64,
    /// How long an address may take for all of its bytes (`MEDIA_FETCH_SECONDS`).
    pub fetch_ms: u64,
    /// How long a provider may take to answer (`MEDIA_PROVIDER_SECONDS`).
    pub provider_ms: u64,
    /// How many assets of one result are kept (`MEDIA_RESULT_ASSETS`).
    pub result_assets: usize,
    /// How many bytes of one result are kept (`MEDIA_RESULT_BYTES`).
    pub result_bytes: u64,
    /// How long all assets of one result may take together (`MEDIA_RESULT_SECONDS`).
    pub result_ms: u64,
    /// Images, video and models.
    pub fal: Provider,
    /// Music and voices.
    pub eleven: Provider,
}

/// A provider that is called with the operator's key.
pub struct Provider {
    /// Where it answers, without a trailing slash.
    pub base_url: String,
    /// The operator's key.
    pub key: Option<String>,
}

impl MediaConfig {
    /// From the deployment's variables. A limit that is no number is its default.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let number = |name: &str, default: u64| set(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let provider = |base: &str, default: &str, key: &str| Provider {
            base_url: set(base).unwrap_or_else(|| default.to_owned()).trim_end_matches('/').to_owned(),
            key: set(key),
        };
        let hosts = var("MEDIA_HOSTS").unwrap_or_else(|| HOSTS.to_owned());
        let urls = MediaUrls::from_vars(&var);
        let signing = ["SIGNING_SECRET", "MOLTBOT_SIGNING_SECRET", "SIGNING_SECRET_PREVIOUS"];
        // Whoever sets a secret of its own has given out addresses before.
        let older = signing.iter().filter_map(|name| MediaTokenKey::derive(&set(name)?));
        let token_keys = urls.token_key.iter().flat_map(|key| std::iter::once(key.clone()).chain(older.clone()));
        let token_keys = token_keys.collect();
        Self {
            hosts: AllowedHosts::parse(&hosts, &set("MEDIA_EXTRA_ORIGINS").unwrap_or_default()),
            types: set("MEDIA_TYPES").unwrap_or_else(|| TYPES.to_owned()),
            token_keys,
            urls,
            url_max_bytes: number("MEDIA_URL_MAX_BYTES", 100 * MIB),
            base64_max_bytes: number("MEDIA_BASE64_MAX_BYTES", 25 * MIB),
            put_max_bytes: number("MEDIA_PUT_MAX_BYTES", 95 * MIB),
            max_bytes: number("MEDIA_MAX_BYTES", 512 * MIB),
            fetch_ms: 1000 * number("MEDIA_FETCH_SECONDS", 120),
            provider_ms: 1000 * number("MEDIA_PROVIDER_SECONDS", 600),
            result_assets: usize::try_from(number("MEDIA_RESULT_ASSETS", 64)).unwrap_or(usize::MAX),
            result_bytes: number("MEDIA_RESULT_BYTES", 512 * MIB),
            result_ms: 1000 * number("MEDIA_RESULT_SECONDS", 300),
            fal: provider("FAL_BASE_URL", "https://fal.run", "FAL_KEY"),
            eleven: provider("ELEVEN_BASE_URL", "https://api.elevenlabs.io", "ELEVEN_KEY"),
        }
    }
}
