//! Where media lie in the bucket `MEDIA`. Under which address the world sees them is `durable_objects::media_url`'s.
//!
//! | key | what |
//! |---|---|
//! | `media/{ownerId}/[{desktopId}/][{appId}/]{YYYY}/{MM}/{DD}/{sha256}.{ext}` | one item, immutable |
//! | `staging/{ownerId}/{uuid}` | bytes whose hash is not known yet |

use chrono::DateTime;
use durable_objects::ids::{Sha256, UserId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All that is encoded in a segment: `%` too, so that no two ids meet, and `.` and `/`, so that none leads elsewhere.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
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
}
