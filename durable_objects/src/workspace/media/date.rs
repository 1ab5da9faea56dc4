//! The day of a time, without a calendar's library: proleptic Gregorian, UTC.

use crate::limits::DAY_MS;

/// Year, month and day as `["2026", "11", "21"]`. (The algorithm of Howard Hinnant's `civil_from_days`: years begin in
/// March, so that the leap day is a year's last.)
pub fn day(ms: i64) -> [String; 3] {
    let days = ms.div_euclid(DAY_MS) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    [format!("{year:04}"), format!("{month:02}"), format!("{day:02}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (ms, expected) in [
            (0, "1970-01-01"),
            (951_782_399_999, "2000-02-28"),
            (951_782_400_000, "2000-02-29"),
            (951_868_800_000, "2000-03-01"),
            (1_763_720_000_000, "2025-11-21"),
            (1_798_761_599_999, "2026-12-31"),
            (4_107_542_399_999, "2100-02-28"),
            (4_107_542_400_000, "2100-03-01"),
        ] {
            assert_eq!(day(ms).join("-"), expected, "{ms}");
        }
    }
}
