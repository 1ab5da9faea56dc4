//! Where media lie in the bucket `MEDIA`, and under which address the world sees them.
//!
//! | key | what |
//! |---|---|
//! | `media/{ownerId}/[{desktopId}/][{appId}/]{YYYY}/{MM}/{DD}/{sha256}.{ext}` | one item, immutable |
//! | `staging/{ownerId}/{uuid}` | bytes whose hash is not known yet |

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use durable_objects::ids::{Sha256, UserId};
use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256 as Sha256Mac;

/// All that is encoded in a segment: `%` too, so that no two ids meet, and `.` and `/`, so that none leads elsewhere.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
/// What the key of public addresses is derived with: another text would be another key.
const PURPOSE: &[u8] = b"holdfast media url 1";

/// The prefix of everything public of an owner.
pub fn media_prefix(owner: &UserId) -> String {
    format!("media/{owner}/")
}

/// The prefix of everything of an owner that is on its way.
pub fn staging_prefix(owner: &UserId) -> String {
    format!("staging/{owner}/")
}

/// The key of an item. The day is that of its arrival, in UTC.
pub fn media_key(
    owner: &UserId,
    desktop: Option<&str>,
    app: Option<&str>,
    now_ms: i64,
    hash: &Sha256,
    extension: &str,
) -> String {
    let segment = |id: Option<&str>| id.map(|id| format!("{}/", utf8_percent_encode(id, SEGMENT))).unwrap_or_default();
    let day = DateTime::from_timestamp_millis(now_ms).unwrap_or_default().format("%Y/%m/%d");
    format!("{}{}{}{day}/{hash}.{extension}", media_prefix(owner), segment(desktop), segment(app))
}

/// What signs the addresses under which media are public: derived from the secret, so that an address says nothing of the
/// secret and can stand for no user's query. A signature never expires: the address dies with the media.
#[derive(Clone)]
pub struct UrlSigner(Hmac<Sha256Mac>);

impl UrlSigner {
    /// Derived from a secret.
    pub fn derive(secret: &[u8]) -> Option<Self> {
        let derived = Hmac::<Sha256Mac>::new_from_slice(secret).ok()?.chain_update(PURPOSE).finalize().into_bytes();
        Hmac::new_from_slice(&derived).ok().map(Self)
    }

    /// The address of an item: its key, encoded once more where it holds encoded characters, and the signature over it.
    pub fn url(&self, origin: &str, key: &str) -> String {
        let signature = self.0.clone().chain_update(key).finalize().into_bytes();
        format!("{}?t={}", join(origin, key), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether a signature is one of this key.
    pub fn verify(&self, key: &str, signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        // Compares in constant time.
        self.0.clone().chain_update(key).verify_slice(&signature).is_ok()
    }
}

/// A key behind a base address. Whoever serves it decodes the path once: what is encoded in the key has to be so twice.
pub fn join(base: &str, key: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), key.replace('%', "%25"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(desktop: Option<&str>, app: Option<&str>) -> String {
        let owner = UserId::parse("user_A-b_9").unwrap();
        media_key(&owner, desktop, app, 1_763_769_599_999, &Sha256::new([0xab; 32]), "png")
    }

    #[test]
    fn a_key_holds_owner_desktop_app_day_and_hash() {
        let hash = "ab".repeat(32);
        assert_eq!(key(Some("desk"), Some("app")), format!("media/user_A-b_9/desk/app/2025/11/21/{hash}.png"));
        assert_eq!(key(None, Some("app")), format!("media/user_A-b_9/app/2025/11/21/{hash}.png"));
        assert_eq!(key(Some("desk"), None), format!("media/user_A-b_9/desk/2025/11/21/{hash}.png"));
        assert_eq!(key(None, None), format!("media/user_A-b_9/2025/11/21/{hash}.png"));
    }

    #[test]
    fn no_id_leads_elsewhere_and_no_two_meet() {
        let ids = [
            "..", ".", "../../x", "a/b", "a%2Fb", "a%2fb", "a b", "a+b", "a%20b", "a", "A", "a.b", "é", "e\u{301}",
            "\0", "a\n", "?", "#", "a?t=1", "\\", "%", "%25", "日本", "~", "*",
        ];
        let keys: Vec<String> = ids.iter().map(|id| key(None, Some(id))).collect();
        for (id, key) in ids.iter().zip(&keys) {
            assert_eq!(key.split('/').count(), 7, "{id:?}: {key}");
            assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_%/.".contains(&byte)), "{key}");
            assert!(!key.contains("./"), "{key}");
            assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{id:?}");
        }
        insta::assert_snapshot!(key(Some("../x"), Some("a%2F é")), @"media/user_A-b_9/%2E%2E%2Fx/a%252F%20%C3%A9/2025/11/21/abababababababababababababababababababababababababababababababab.png");
    }

    #[test]
    fn the_longest_ids_fit_a_key() {
        let owner = UserId::parse(&format!("user_{}", "x".repeat(128))).unwrap();
        let id = "é".repeat(64);
        let key = media_key(&owner, Some(&id), Some(&id), 0, &Sha256::new([0; 32]), "usdz");
        assert!(key.len() <= 1024, "{}", key.len());
    }

    #[test]
    fn a_signature_is_of_one_key_and_one_secret() {
        let signer = UrlSigner::derive(b"test-secret-key-12345").unwrap();
        let url = signer.url("https://edge.example", "media/user_a/a%20b/x.png");
        insta::assert_snapshot!(url, @"https://edge.example/media/user_a/a%2520b/x.png?t=0kQBRfF3jIYRpLP5kBGV7UbzEpDlCz5qSJc04spUZSo");
        let signature = url.rsplit('=').next().unwrap();
        assert!(signer.verify("media/user_a/a%20b/x.png", signature));
        assert!(!signer.verify("media/user_b/a%20b/x.png", signature));
        assert!(!UrlSigner::derive(b"another").unwrap().verify("media/user_a/a%20b/x.png", signature));
        for other in ["", "x", &signature[1..], &signature.to_lowercase()] {
            assert!(!signer.verify("media/user_a/a%20b/x.png", other), "{other}");
        }
    }
}
