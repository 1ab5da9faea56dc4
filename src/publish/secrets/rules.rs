//! The rules, each a function of the bytes from where it may begin: how many of them are a credential, or none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Rule;
use super::assignment::{assignment, bearer, is_hex_key, is_words};

/// How many of the bytes from the start are a credential of one kind, if they begin with one.
type Matcher = fn(&[u8]) -> Option<usize>;

/// What begins here, if it is a credential, and how long it is. `before` is the byte in front.
pub fn longest_match(before: u8, first: u8, bytes: &[u8]) -> Option<(Rule, usize)> {
    // Nearly every byte ends here.
    let rules: &[(Rule, Matcher)] = match first {
        b'-' => &[(Rule::PrivateKey, private_key)],
        b':' => &[(Rule::Address, address)],
        b'_' | b'A' | b'S' | b'a' | b's' => &[
            (Rule::Aws, aws),
            (Rule::Google, google),
            (Rule::OpenAi, open_ai),
            (Rule::Provider, fal),
            (Rule::Assignment, assignment),
        ],
        b'B' | b'b' => &[(Rule::Provider, fal), (Rule::Bearer, bearer)],
        b'g' => &[(Rule::GitHub, github)],
        b'x' => &[(Rule::Slack, slack)],
        b'h' => &[(Rule::Slack, slack), (Rule::Provider, provider)],
        b'r' => &[(Rule::Provider, provider)],
        b'G' => &[(Rule::Google, google)],
        b'e' => &[(Rule::Provider, fal), (Rule::Jwt, jwt)],
        b'0'..=b'9' | b'c' | b'd' | b'f' => &[(Rule::Provider, fal)],
        _ => return None,
    };
    rules.iter().find_map(|(rule, matches)| {
        // The end of a name may say that it is secret, and an address goes on behind its scheme; everything else begins a word.
        let may_begin = matches!(rule, Rule::Assignment | Rule::PrivateKey | Rule::Address) || !is_word(before);
        if may_begin { matches(bytes).map(|length| (*rule, length)) } else { None }
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What keys in addresses and headers are made of.
pub fn is_key(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

/// What bytes as text are made of.
pub fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// How many bytes from the start are of a kind.
pub fn run(bytes: &[u8], is_one: fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_one(**byte)).count()
}

/// The bytes behind a prefix that are of a kind, and what they and the prefix come to.
fn behind<'a>(bytes: &'a [u8], prefix: &str, is_one: fn(u8) -> bool) -> Option<(&'a [u8], usize)> {
    let rest = bytes.strip_prefix(prefix.as_bytes())?;
    let body = rest.get(..run(rest, is_one))?;
    Some((body, prefix.len() + body.len()))
}

/// Whether something was drawn at random: it has digits and letters, and no letter or digit makes up half of it.
pub fn is_random(body: &[u8]) -> bool {
    let has = |is_one: fn(&u8) -> bool| body.iter().any(is_one);
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && entropy_bits(body) >= 3.0
}

/// How many bits a byte of it holds, by how often each comes.
pub fn entropy_bits(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// `-----BEGIN … PRIVATE KEY-----` with a body: the line alone is what code that reads keys looks for.
fn private_key(bytes: &[u8]) -> Option<usize> {
    const HEAD: &[u8] = b"-----BEGIN ";
    let rest = bytes.strip_prefix(HEAD)?;
    let label_bytes = run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let label = rest.get(..label_bytes)?;
    if !(label.ends_with(b"PRIVATE KEY") || label == b"PGP PRIVATE KEY BLOCK") {
        return None;
    }
    let mut body = rest.get(label_bytes..)?.strip_prefix(b"-----")?;
    // Line ends, as they are or as a string of a program writes them; and what stands between two strings.
    loop {
        let blank = run(body, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'+' | b',' | b'`'));
        let rest = body.get(blank..)?;
        let escape = [&b"\\n"[..], b"\\r"].iter().find_map(|escape| rest.strip_prefix(*escape));
        match escape {
            Some(rest) => body = rest,
            None if blank == 0 => break,
            None => body = rest,
        }
    }
    let is_encrypted =
        body.starts_with(b"Proc-Type:") || body.starts_with(b"Version:") || body.starts_with(b"Comment:");
    // Up to here and one line of it: what begins inside is looked at as well.
    (is_encrypted || run(body, is_base64) >= 24).then_some(HEAD.len() + label_bytes)
}

/// `AKIA…`: 20 capitals and digits.
fn aws(bytes: &[u8]) -> Option<usize> {
    let prefix = ["AKIA", "ASIA"].into_iter().find(|prefix| bytes.starts_with(prefix.as_bytes()))?;
    let (body, length) = behind(bytes, prefix, is_word)?;
    let fits = body.len() == 16 && body.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    // The one of the manuals.
    (fits && !body.ends_with(b"EXAMPLE")).then_some(length)
}

fn github(bytes: &[u8]) -> Option<usize> {
    if let Some((body, length)) = behind(bytes, "github_pat_", is_word) {
        return (body.len() >= 59 && is_random(body)).then_some(length);
    }
    let prefix =
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].into_iter().find(|prefix| bytes.starts_with(prefix.as_bytes()))?;
    let (body, length) = behind(bytes, prefix, is_word)?;
    (body.len() >= 36 && is_random(body)).then_some(length)
}

fn slack(bytes: &[u8]) -> Option<usize> {
    const HOOK: &str = "hooks.slack.com/services/T";
    if let Some((body, length)) = behind(bytes, HOOK, |byte| byte.is_ascii_alphanumeric() || byte == b'/') {
        let secret = body.split(|byte| *byte == b'/').nth(2)?;
        return (secret.len() >= 20 && is_random(secret)).then_some(length);
    }
    let prefixes = ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-"];
    let prefix = prefixes.into_iter().find(|prefix| bytes.starts_with(prefix.as_bytes()))?;
    let (body, length) = behind(bytes, prefix, |byte| is_key(byte) || byte == b'.')?;
    (body.len() >= 20 && is_random(body)).then_some(length)
}

/// `sk-…`. Style sheets have classes that begin so too, in small letters: of those, only digits of hex count.
fn open_ai(bytes: &[u8]) -> Option<usize> {
    let (body, length) = behind(bytes, "sk-", is_key)?;
    let has_both = body.iter().any(u8::is_ascii_uppercase) && body.iter().any(u8::is_ascii_lowercase);
    let is_hex = body.rsplit(|byte| *byte == b'-').next().is_some_and(is_hex_key);
    (is_hex || (body.len() >= 32 && has_both && is_random(body))).then_some(length)
}

/// `hf_…` and `r8_…`.
fn provider(bytes: &[u8]) -> Option<usize> {
    let prefix = ["hf_", "r8_"].into_iter().find(|prefix| bytes.starts_with(prefix.as_bytes()))?;
    let (body, length) = behind(bytes, prefix, is_word)?;
    ((34..=40).contains(&body.len()) && is_random(body)).then_some(length)
}

/// A key of fal: a UUID, a colon and 32 digits of hex.
fn fal(bytes: &[u8]) -> Option<usize> {
    const ID_BYTES: usize = 36;
    const LENGTH: usize = ID_BYTES + 1 + 32;
    let is_own = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    // Most of what begins with a digit of hex ends here.
    let dash = bytes.get(8)?;
    if *dash != b'-' || run(bytes.get(..LENGTH)?, is_own) != ID_BYTES {
        return None;
    }
    let secret = bytes.get(ID_BYTES..LENGTH)?.strip_prefix(b":")?;
    let has_end = !bytes.get(LENGTH).is_some_and(|byte| is_word(*byte));
    (has_end && is_hex_key(secret)).then_some(LENGTH)
}

/// `://user:password@host`: of a host that others reach, too.
fn address(bytes: &[u8]) -> Option<usize> {
    let is_part = |byte: u8| byte.is_ascii_graphic() && !b"/?#\"'`<>{}()[]$\\,;|".contains(&byte);
    let (authority, length) = behind(bytes, "://", is_part)?;
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let (user, host) = (authority.get(..at)?, authority.get(at + 1..)?);
    let password = user.get(user.iter().position(|byte| *byte == b':')? + 1..)?;
    let is_local = [&b"localhost"[..], b"127."].iter().any(|name| host.starts_with(name));
    let is_drawn = is_hex_key(password) || (is_random(password) && !is_words(password));
    (password.len() >= 8 && !host.is_empty() && !is_local && is_drawn).then_some(length)
}

fn google(bytes: &[u8]) -> Option<usize> {
    if let Some((body, length)) = behind(bytes, "AIza", is_key) {
        return (body.len() == 35 && is_random(body)).then_some(length);
    }
    let (body, length) = behind(bytes, "GOCSPX-", is_key)?;
    (body.len() == 28 && is_random(body)).then_some(length)
}

/// Three parts, the first of which is a header that names its algorithm.
fn jwt(bytes: &[u8]) -> Option<usize> {
    let (_, length) = behind(bytes, "eyJ", |byte| is_key(byte) || byte == b'.')?;
    let mut parts = bytes.get(..length)?.split(|byte| *byte == b'.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    let is_signed = header.get("alg").is_some_and(|algorithm| algorithm != "none");
    (is_signed && claims.starts_with(b"eyJ") && claims.len() >= 10 && signature.len() >= 20).then_some(length)
}
