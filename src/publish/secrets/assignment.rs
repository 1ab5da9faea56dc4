//! A name that says it is secret, with a value beside it: `…_SECRET = "…"` as programs, shells and settings write it.

use super::rules::{entropy_bits, is_base64, is_key, is_random, run};

/// What such a name ends with, in capitals or not. `.npmrc` has the last two.
const NAMES: [&[u8]; 8] =
    [b"_SECRET", b"_TOKEN", b"_API_KEY", b"API_KEY", b"_SECRET_KEY", b"SECRET_ACCESS_KEY", b"_AUTHTOKEN", b"_AUTH"];
/// The longest value that is looked at, and the shortest that is a secret.
const VALUE_BYTES: std::ops::RangeInclusive<usize> = 16..=512;
/// The longest type that stands between a name and its value, and the widest gap between two lines.
const BETWEEN_BYTES: usize = 200;

/// What joins a name and its value, the longer before those that they begin with; and whether a value may stand there without quotes.
/// Where a name is only looked up, as in `env.X_SECRET || "…"`, what stands beside it is what it is by default.
const JOINED: [(&[u8], bool); 12] = [
    (b"===", false),
    (b"==", false),
    (b"=>", false),
    (b":=", true),
    (b"||=", false),
    (b"||", false),
    (b"??=", false),
    (b"??", false),
    (b"or ", false),
    (b",", false),
    (b"=", true),
    (b":", true),
];

/// `…_SECRET = "…"`, from where the end of the name begins. Not a reference to where the secret is, and no placeholder.
pub fn assignment(bytes: &[u8]) -> Option<usize> {
    let starts = |name: &&[u8]| bytes.get(..name.len()).is_some_and(|start: &[u8]| start.eq_ignore_ascii_case(name));
    let name = NAMES.into_iter().filter(starts).max_by_key(|name| name.len())?;
    let rest = bytes.get(name.len()..)?;
    // The name itself may be quoted, as in JSON, and in brackets; an optional one has a mark.
    let is_quoted = quote(rest).is_some();
    let rest = rest.get(usize::from(is_quoted)..)?;
    let rest = rest.get(run(rest, |byte| matches!(byte, b']' | b')'))..)?;
    let rest = match rest {
        [b'?', b'?', ..] => rest,
        [b'?' | b'!', marked @ ..] => marked,
        _ => rest,
    };
    let rest = skip_blank(rest);
    let (joined, may_be_bare) = JOINED.into_iter().find(|(joined, _)| rest.starts_with(joined))?;
    // In a list of names one stands beside the other.
    if joined == b"," && !is_quoted {
        return None;
    }
    let rest = rest.get(joined.len()..)?;
    let (rest, may_be_bare) = match (joined, behind_type(rest)) {
        (b":", Some(rest)) => (rest, false),
        _ => (rest, may_be_bare),
    };
    let (value, rest) = value(rest, may_be_bare)?;
    is_secret(value).then_some(bytes.len() - rest.len() + value.len())
}

/// The value at the start of some bytes, and where it stands. In quotes it may be on the next line.
fn value(rest: &[u8], may_be_bare: bool) -> Option<(&[u8], &[u8])> {
    let lines = rest.iter().take(BETWEEN_BYTES).take_while(|byte| byte.is_ascii_whitespace()).count();
    let next = rest.get(lines..)?;
    if let Some(quote) = quote(next) {
        let inner = next.get(1..)?;
        let end = inner.iter().take(*VALUE_BYTES.end() + 1).position(|byte| *byte == quote)?;
        return Some((inner.get(..end)?, next));
    }
    let rest = skip_blank(rest);
    // Without quotes, as in a shell: up to the end of the line.
    let length = run(rest, |byte| is_base64(byte) || is_key(byte) || byte == b'.');
    may_be_bare.then_some((rest.get(..length)?, rest))
}

/// What follows a type and `=`, as in `: string | undefined = `, `: &'static str = `.
fn behind_type(rest: &[u8]) -> Option<&[u8]> {
    let is_of_type = |byte: &&u8| byte.is_ascii_alphanumeric() || b" _|&<>.,[]?'*".contains(byte);
    let end = rest.iter().take(BETWEEN_BYTES).take_while(is_of_type).count();
    let rest = rest.get(end..)?.strip_prefix(b"=")?;
    (end > 0).then_some(rest)
}

fn quote(rest: &[u8]) -> Option<u8> {
    rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))
}

fn skip_blank(rest: &[u8]) -> &[u8] {
    rest.get(run(rest, |byte| byte == b' ' || byte == b'\t')..).unwrap_or_default()
}

/// Whether a value is one that somebody would keep to themselves: no reference to where it is, and no placeholder.
fn is_secret(value: &[u8]) -> bool {
    let is_value =
        |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'$' | b'{' | b'}' | b'<' | b'>' | b'(' | b'*');
    // Names of things that say where the secret is: `process.env.X`, an address.
    let is_reference = [&b"http"[..], b"process.", b"import."].iter().any(|start| value.starts_with(start));
    VALUE_BYTES.contains(&value.len()) && value.iter().all(is_value) && !is_reference && is_drawn(value)
}

/// `Bearer …`, as it stands in a header. What is of a form of its own is found by that.
pub fn bearer(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"Bearer ").or_else(|| bytes.strip_prefix(b"bearer "))?;
    let token = rest.get(..run(rest, |byte| is_base64(byte) || is_key(byte) || matches!(byte, b'.' | b'~')))?;
    let is_other = super::rules::longest_match(b' ', token.first().copied()?, rest).is_some();
    let is_one = !is_other && token.len() >= 20 && is_secret(token);
    is_one.then_some(bytes.len() - rest.len() + token.len())
}

/// Whether it looks drawn at random.
fn is_drawn(value: &[u8]) -> bool {
    is_hex_key(value) || (is_random(value) && entropy_bits(value) >= 3.5 && !is_words(value))
}

/// 128 bits or more as hex digits, in groups or not: sixteen digits hold four bits each at the most, and chance takes some away.
pub fn is_hex_key(value: &[u8]) -> bool {
    let digits: Vec<u8> = value.iter().copied().filter(|byte| *byte != b'-').collect();
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let is_mixed = digits.iter().any(u8::is_ascii_digit) && digits.iter().any(u8::is_ascii_alphabetic);
    digits.len() >= 32 && is_hex && is_mixed && entropy_bits(&digits) >= 2.8
}

/// Whether it reads as words: parts of letters alone or digits alone, such as `my-test-token-2024`.
pub fn is_words(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':'));
    let is_plain = |part: &[u8]| part.iter().all(u8::is_ascii_alphabetic) || part.iter().all(u8::is_ascii_digit);
    parts.all(|part| part.len() <= 12 && is_plain(part))
}
