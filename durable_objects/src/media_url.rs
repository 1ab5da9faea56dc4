//! The addresses of public media: one derivation for both rooms, since the Worker answers and checks them and the object
//! writes them into the index.
//!
//! An address is `{base of the public domain}/{key}` where the operator has mapped one, else `{origin}/{key}?t={token}`.
//! The token is a signature over the key alone, under a key that is derived for this purpose from a secret of its own
//! (`MEDIA_URL_SECRET`), or from the signing secret where there is none: it opens one object and nothing else, and never
//! expires; it dies with the object, or with the secret.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What the derived key is for. It never changes: every address that was ever given out hangs on it.
const PURPOSE: &[u8] = b"holdfast media url v1";

/// What signs the addresses of media.
#[derive(Clone)]
pub struct MediaTokenKey(Hmac<Sha256>);

impl MediaTokenKey {
    /// Derived from a signing secret. (HMAC takes secrets of every length; only its type knows of others that do not.)
    pub fn derive(secret: &str) -> Option<Self> {
        let derived = signed(&Hmac::new_from_slice(secret.as_bytes()).ok()?, PURPOSE).finalize().into_bytes();
        Hmac::new_from_slice(&derived).ok().map(Self)
    }

    /// The token for a key of the bucket of media.
    pub fn token(&self, key: &str) -> String {
        URL_SAFE_NO_PAD.encode(signed(&self.0, key.as_bytes()).finalize().into_bytes())
    }

    /// Whether a token is the one for a key. It takes the same time whatever differs.
    pub fn verifies(&self, key: &str, token: &str) -> bool {
        let token = URL_SAFE_NO_PAD.decode(token);
        token.is_ok_and(|token| signed(&self.0, key.as_bytes()).verify_slice(&token).is_ok())
    }
}

fn signed(signer: &Hmac<Sha256>, message: &[u8]) -> Hmac<Sha256> {
    let mut signer = signer.clone();
    signer.update(message);
    signer
}

/// Two keys are the same when they sign the same.
impl PartialEq for MediaTokenKey {
    fn eq(&self, other: &Self) -> bool {
        other.verifies("", &self.token(""))
    }
}

impl Eq for MediaTokenKey {}

/// A derived key is as good as the secret for what it opens: it is never shown.
impl fmt::Debug for MediaTokenKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("MediaTokenKey")
    }
}

/// How addresses are made in a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaUrls {
    /// The public domain in front of the bucket, without a trailing slash (`MEDIA_CDN_BASE`).
    pub cdn_base: Option<String>,
    /// From the secret in use. Without a secret nothing is served, so there are no addresses either.
    pub token_key: Option<MediaTokenKey>,
}

impl MediaUrls {
    /// From the deployment's variables.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let signing = set("SIGNING_SECRET").or_else(|| set("MOLTBOT_SIGNING_SECRET"));
        let secret = signing.map(|signing| set("MEDIA_URL_SECRET").unwrap_or(signing));
        Self {
            cdn_base: set("MEDIA_CDN_BASE").map(|base| base.trim().trim_end_matches('/').to_owned()),
            token_key: secret.as_deref().and_then(MediaTokenKey::derive),
        }
    }

    /// The address of an object, for those who see this service under `origin` (`https://host`, without a slash).
    pub fn url(&self, origin: &str, key: &str) -> Option<String> {
        // Whoever serves it decodes the path once: what is encoded in the key has to be so twice.
        let path = key.replace('%', "%25");
        match (&self.cdn_base, &self.token_key) {
            (Some(base), _) => Some(format!("{base}/{path}")),
            (None, Some(token_key)) => Some(format!("{origin}/{path}?t={}", token_key.token(key))),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "media/user_a/2026/11/21/00ff.png";

    fn urls(vars: &[(&str, &str)]) -> MediaUrls {
        MediaUrls::from_vars(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_address_is_the_public_domain_or_a_token_at_our_origin_and_never_changes() {
        let url = |vars| urls(vars).url("https://edge.example", KEY);
        assert_eq!(url(&[]), None);
        insta::assert_snapshot!(url(&[("SIGNING_SECRET", "secret")]).unwrap(), @"https://edge.example/media/user_a/2026/11/21/00ff.png?t=Dkgmj9ySJcnodpTCxvwULGkk6GVV1vC2ZHkhQ_vbksA");
        // A secret of its own outlives the change of the other.
        let signed = url(&[("SIGNING_SECRET", "secret")]);
        assert_eq!(url(&[("SIGNING_SECRET", "a"), ("MEDIA_URL_SECRET", "secret")]), signed);
        assert_eq!(url(&[("SIGNING_SECRET", "b"), ("MEDIA_URL_SECRET", "secret")]), signed);
        assert_eq!(url(&[("MEDIA_URL_SECRET", "secret")]), None);
        let mapped = url(&[("SIGNING_SECRET", "secret"), ("MEDIA_CDN_BASE", "https://cdn.example/ ")]);
        assert_eq!(mapped.as_deref(), Some("https://cdn.example/media/user_a/2026/11/21/00ff.png"));
        let encoded = urls(&[("MEDIA_CDN_BASE", "https://cdn.example")]).url("", "media/user_a/a%20b/x.png");
        assert_eq!(encoded.as_deref(), Some("https://cdn.example/media/user_a/a%2520b/x.png"));
    }

    #[test]
    fn a_token_opens_its_own_key_alone_and_only_under_its_own_secret() {
        let (key, other) = (MediaTokenKey::derive("secret").unwrap(), MediaTokenKey::derive("other").unwrap());
        let token = key.token(KEY);
        assert!(key.verifies(KEY, &token));
        assert!(!key.verifies("media/user_a/2026/11/21/00fe.png", &token) && !other.verifies(KEY, &token));
        for bad in ["", &token[1..], &format!("{token}A"), &token.replace(&token[..1], "~"), "é"] {
            assert!(!key.verifies(KEY, bad), "{bad}");
        }
        assert!(key == key.clone() && key != other);
        assert_eq!(format!("{key:?}"), "MediaTokenKey");
    }
}
