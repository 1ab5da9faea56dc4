//! How much, how deep and how long: every number an operator may turn, and those that the platform sets.

use crate::media_url::MediaUrls;

/// A day in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What any longer time means: 10,000 years. Added to a time of our days it stays below 2^53, up to which numbers cross
/// to the database exactly.
const FOREVER_MS: i64 = 3_652_500 * DAY_MS;

/// The most bytes that lie inline in SQLite. The platform ends a row at 2 MB; half of that leaves room for the row's
/// other columns and for the platform counting otherwise than we do.
pub const INLINE_MAX_BYTES: u64 = 1024 * 1024;

/// The most entries one listing answers at once.
pub const LISTING_MAX_ENTRIES: usize = 10_000;

/// The most entries that one copy may make: about 8 MB of rows in memory and a second of the object's time.
pub const COPY_MAX_ENTRIES: usize = 20_000;

/// The most bytes of paths that one walk of the tree holds in memory, for a listing or a copy: what ten thousand entries
/// with the longest paths would take is more than an isolate should give.
pub const WALK_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The most entries that one call takes back: as many rows and as much time as a copy.
pub const REVERT_MAX_ENTRIES: usize = 20_000;

/// The most checkpoints of one workspace.
pub const CHECKPOINTS_MAX: usize = 1_000;

/// What an operator configures. [`Limits::from_vars`] reads it from the deployment's variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a replaced or moved state of an entry stays in the history (`VERSIONS_DAYS`, 30).
    pub versions_ms: i64,
    /// How many replaced states of one file stay (`VERSIONS_PER_FILE`, 50).
    pub versions_per_file: u32,
    /// How many rows the change feed keeps (`FEED_ROWS`, 100,000).
    pub feed_rows: u32,
    /// How long a deleted entry can be restored (`TRASH_DAYS`, 7).
    pub trash_ms: i64,
    /// How many files and directories one workspace holds, its trash included (`MAX_ENTRIES`, 200,000).
    pub entries: u32,
    /// How many bytes one workspace stores, versions and trash included (`QUOTA_BYTES`, 1 GiB).
    pub quota_bytes: u64,
    /// Whether media that enter the workspace as files join the ledger (`MEDIA_CAPTURE`, on).
    pub captures_media: bool,
    /// Whether `public/media` shows what is public (`MEDIA_INDEX`, on).
    pub indexes_media: bool,
    /// Whether the bucket copy follows the tree (`BUCKET_COPY`, on).
    pub mirrors: bool,
    /// The names of directories that are left out of it, with all that is in them (`BUCKET_COPY_WITHOUT`,
    /// `node_modules,.git`).
    pub mirrors_not: Vec<String>,
    /// How public addresses are made.
    pub media_urls: MediaUrls,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            versions_ms: 30 * DAY_MS,
            versions_per_file: 50,
            feed_rows: 100_000,
            trash_ms: 7 * DAY_MS,
            entries: 200_000,
            quota_bytes: 1 << 30,
            captures_media: true,
            indexes_media: true,
            mirrors: true,
            mirrors_not: ["node_modules", ".git"].map(str::to_owned).into(),
            media_urls: MediaUrls::default(),
        }
    }
}

impl Limits {
    /// The limits of a deployment. A variable that is absent means its default; one that is no number is an error that
    /// names it, since a limit that silently falls back is worse than a refusal to start.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let read = |name: &str, default: f64| match var(name) {
            None => Ok(default),
            Some(text) => match text.trim().parse::<f64>() {
                Ok(number) if (0.0..=1e15).contains(&number) => Ok(number),
                _ => Err(format!("the variable {name} is {text:?}; it must be a number from 0 up")),
            },
        };
        let default = Self::default();
        #[expect(clippy::cast_precision_loss, reason = "defaults are far below 2^53")]
        let days = |name: &str, default_ms: i64| {
            read(name, default_ms as f64 / DAY_MS as f64).map(|days| whole(days * DAY_MS as f64).min(FOREVER_MS))
        };
        let count = |name: &str, default: u32| {
            read(name, f64::from(default)).map(|count| u32::try_from(whole(count)).unwrap_or(u32::MAX))
        };
        let switch = |name: &str, default| match var(name).as_deref().map(str::trim) {
            None => Ok(default),
            Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(text) => Err(format!("the variable {name} is {text:?}; it must be on or off")),
        };
        #[expect(clippy::cast_precision_loss, reason = "defaults are far below 2^53")]
        let quota_bytes = read("QUOTA_BYTES", default.quota_bytes as f64)?;
        Ok(Self {
            versions_ms: days("VERSIONS_DAYS", default.versions_ms)?,
            versions_per_file: count("VERSIONS_PER_FILE", default.versions_per_file)?,
            feed_rows: count("FEED_ROWS", default.feed_rows)?,
            trash_ms: days("TRASH_DAYS", default.trash_ms)?,
            entries: count("MAX_ENTRIES", default.entries)?,
            quota_bytes: whole(quota_bytes).unsigned_abs(),
            captures_media: switch("MEDIA_CAPTURE", default.captures_media)?,
            indexes_media: switch("MEDIA_INDEX", default.indexes_media)?,
            mirrors: switch("BUCKET_COPY", default.mirrors)?,
            mirrors_not: var("BUCKET_COPY_WITHOUT").map_or(default.mirrors_not, |text| names(&text)),
            media_urls: MediaUrls::from_vars(&var),
        })
    }
}

/// The names of a list with commas.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A configured number without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "far too many days saturate, as `as` does")]
fn whole(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_variables_mean_the_defaults_and_fractions_of_a_day_count() {
        assert_eq!(Limits::from_vars(|_| None), Ok(Limits::default()));
        let limits = Limits::from_vars(|name| (name == "TRASH_DAYS").then(|| "0.5".to_owned())).unwrap();
        assert_eq!(limits.trash_ms, DAY_MS / 2);
        assert_eq!(limits.versions_ms, 30 * DAY_MS);
    }

    #[test]
    fn more_days_than_can_be_counted_are_forever_and_can_be_added_to_a_time() {
        for days in ["1e9", "1e15"] {
            let limits = Limits::from_vars(|name| name.ends_with("_DAYS").then(|| days.to_owned())).unwrap();
            assert_eq!((limits.trash_ms, limits.versions_ms), (FOREVER_MS, FOREVER_MS));
        }
        const { assert!(FOREVER_MS + 4_000_000_000_000 < 1 << 53) };
    }

    #[test]
    fn a_variable_that_is_no_number_is_named() {
        for bad in ["", "many", "-1", "NaN", "inf"] {
            let error = Limits::from_vars(|name| (name == "QUOTA_BYTES").then(|| bad.to_owned())).unwrap_err();
            assert!(error.contains("QUOTA_BYTES"), "{error}");
        }
    }

    #[test]
    fn a_switch_is_on_or_off_and_nothing_else() {
        let limits = |text: &str| Limits::from_vars(|name| (name == "MEDIA_INDEX").then(|| text.to_owned()));
        let (on, off) = (limits("on").unwrap(), limits(" off ").unwrap());
        assert_eq!((on.indexes_media, off.indexes_media, off.captures_media), (true, false, true));
        for bad in ["", "true", "ON"] {
            assert!(limits(bad).unwrap_err().contains("MEDIA_INDEX"));
        }
    }
}
