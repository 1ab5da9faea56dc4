//! What HTTP lets a caller ask on a condition: entity tags and ranges.
//!
//! Tags are strong: a file's is the hash of its content. Times are only told (`Last-Modified`), never compared: they
//! cannot tell two writes of one second apart.

use durable_objects::call::{Condition, Conditions};

use crate::blobs::Range;
use crate::error::Error;
use crate::incoming::Incoming;

/// A tag as it stands in a header.
pub fn quote(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// What `If-Match` and `If-None-Match` say of a change. An `If-None-Match` that names nothing would let every change
/// through, which is not why it was sent: it is refused.
pub fn of_change(incoming: &Incoming) -> Result<Conditions, Error> {
    let header = |name, is_strong| incoming.header(name).map_or(Condition::None, |header| parse(&header, is_strong));
    let conditions = Conditions { is: header("If-Match", true), is_not: header("If-None-Match", false) };
    if conditions.is_not == Condition::OneOf(Vec::new()) {
        return Err(Error::BadRequest("If-None-Match must be * or entity tags in quotes".to_owned()));
    }
    Ok(conditions)
}

/// What `If-None-Match` says of something that is only looked at.
pub fn of_look(incoming: &Incoming) -> Condition {
    incoming.header("If-None-Match").map_or(Condition::None, |header| parse(&header, false))
}

/// Reads a list of tags. A weak one (`W/"…"`) never matches where the comparison is strong; elsewhere it counts as what
/// it holds. A header that is there and names nothing that could match is a list of nothing, not an absent header.
fn parse(header: &str, is_strong: bool) -> Condition {
    let header = header.trim();
    if header == "*" {
        return Condition::Any;
    }
    // Tags hold no quotes, so every second piece is one, but for what a quote opens and none closes; and what is before
    // it tells a weak one.
    let pieces: Vec<&str> = header.split('"').collect();
    let tags = pieces.chunks_exact(2).take((pieces.len() - 1) / 2).filter_map(|pair| match pair {
        [before, tag] if !(is_strong && before.ends_with("W/")) => Some((*tag).to_owned()),
        _ => None,
    });
    Condition::OneOf(tags.collect())
}

/// What part of a file is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Some of it.
    Of(Range),
    /// Nothing: the range begins behind its end.
    Unsatisfiable,
}

/// What `Range` and `If-Range` ask for, of a file of a size with a tag. Several ranges, units other than bytes and
/// anything that is no range are answered with the whole, as the standard allows.
pub fn part(incoming: &Incoming, size_bytes: u64, tag: &str) -> Part {
    let Some(range) = incoming.header("Range") else { return Part::Whole };
    match incoming.header("If-Range") {
        Some(expected) if expected.trim() != quote(tag) => Part::Whole,
        _ => parse_range(&range, size_bytes),
    }
}

fn parse_range(header: &str, size_bytes: u64) -> Part {
    let Some((first, last)) = header.trim().strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => None,
    };
    let (offset, end) = match (number(first), number(last)) {
        (Some(Some(first)), Some(Some(last))) if first <= last => (first, last.saturating_add(1)),
        (Some(Some(first)), Some(None)) => (first, u64::MAX),
        (Some(None), Some(Some(suffix))) => (size_bytes.saturating_sub(suffix), if suffix == 0 { 0 } else { u64::MAX }),
        _ => return Part::Whole,
    };
    let end = end.min(size_bytes);
    if offset < end { Part::Of(Range { offset, length: end - offset }) } else { Part::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_written() {
        let list = |tags: &[&str]| Condition::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect());
        assert_eq!(parse("", true), list(&[]));
        assert_eq!(parse(" * ", true), Condition::Any);
        assert_eq!(parse("\"a\"", true), list(&["a"]));
        assert_eq!(parse("\"a\" , W/\"b\",\"c,d\"", true), list(&["a", "c,d"]));
        assert_eq!(parse("\"a\" , W/\"b\",\"c,d\"", false), list(&["a", "b", "c,d"]));
        assert_eq!(parse("W/\"b\"", true), list(&[]));
        assert_eq!(parse("nonsense", true), list(&[]));
        assert_eq!(parse("\"", true), list(&[]));
        assert_eq!(parse("\"a\", \"b", true), list(&["a"]));
        assert_eq!(parse("\"\"", false), list(&[""]));
    }

    #[test]
    fn a_range_is_the_part_that_is_there() {
        let of = |offset, length| Part::Of(Range { offset, length });
        for (header, part) in [
            ("bytes=0-0", of(0, 1)),
            ("bytes=2-4", of(2, 3)),
            ("bytes=2-", of(2, 8)),
            ("bytes=2-99999999999999999999", of(2, 8)),
            ("bytes=-3", of(7, 3)),
            ("bytes=-99", of(0, 10)),
            ("bytes=9-9", of(9, 1)),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=99-100", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=4-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("items=0-1", Part::Whole),
            ("bytes", Part::Whole),
        ] {
            assert_eq!(parse_range(header, 10), part, "{header}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Part::Unsatisfiable);
    }
}
