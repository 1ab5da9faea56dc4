//! Which addresses may be fetched: the one parser that decides it, for what a caller names and for every redirect.
//!
//! It is strict where browsers are forgiving: what it does not know, it refuses. An [`Address`] is written anew from the
//! parts that were checked, and that text is what is fetched, so that no second parser can see another host in it.
//!
//! Names are checked, not what they resolve to: DNS cannot be seen from here. The runtime's egress reaches no private
//! network, and an operator lists whole domains only of those whom they trust with the names in them.

use std::fmt;

/// The longest address: what providers sign is a few hundred bytes.
const ADDRESS_MAX_BYTES: usize = 4096;
/// The longest host name, and the longest label in one.
const HOST_MAX_BYTES: usize = 253;
const LABEL_MAX_BYTES: usize = 63;

/// An address that may be fetched, as it is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// `https://host`, or an extra origin.
    origin: String,
    /// From the first slash, without a fragment.
    path_and_query: String,
}

/// Why an address is not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not `https://`.
    Scheme,
    /// It is no address as this parser knows them.
    Malformed,
    /// A user name or a password is in it.
    Credentials,
    /// A port other than that of https.
    Port,
    /// A number instead of a name, in whatever spelling.
    IpLiteral,
    /// The host, or the folder of a shared host, is not configured.
    Host,
}

impl Refusal {
    /// The sentence that a caller is told.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Scheme => "sourceUrl must start with https://",
            Self::Malformed => "sourceUrl is not a valid address",
            Self::Credentials => "sourceUrl must not hold credentials",
            Self::Port => "sourceUrl must not name a port",
            Self::IpLiteral => "sourceUrl must name a host, not an IP address",
            Self::Host => "The host of sourceUrl is not allowed",
        }
    }
}

/// What an operator lets be fetched from.
#[derive(Debug, Default)]
pub struct AllowedHosts {
    rules: Vec<Rule>,
    extra_origins: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    host: Host,
    /// For a host that many share: what the path must begin with, from slash to slash.
    folder: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Host {
    /// This name.
    Exactly(String),
    /// Any name below this one, at any depth.
    Below(String),
}

impl AllowedHosts {
    /// Reads `MEDIA_HOSTS` (`fal.run`, `*.fal.media`, `storage.googleapis.com/bucket/`) and `MEDIA_EXTRA_ORIGINS`
    /// (`http://127.0.0.1:9000`: exact origins of an operator's own, which no rule of this module restricts), both
    /// separated by commas. An entry that cannot be read allows nothing.
    pub fn parse(hosts: &str, extra_origins: &str) -> Self {
        let entries = |list: &str| -> Vec<String> {
            list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).collect()
        };
        let rules = hosts.split(',').filter_map(|entry| Rule::parse(entry.trim())).collect();
        Self { rules, extra_origins: entries(extra_origins) }
    }

    /// The address that a text names, if it may be fetched.
    pub fn check(&self, text: &str) -> Result<Address, Refusal> {
        let (scheme, rest) = text.split_once("://").ok_or(Refusal::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let is_fetchable = text.len() <= ADDRESS_MAX_BYTES && text.bytes().all(is_plain);
        if !is_fetchable {
            return Err(Refusal::Malformed);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).ok_or(Refusal::Malformed)?;
        let authority = authority.to_ascii_lowercase();
        let path_and_query = path_and_query(tail)?;
        let origin = format!("{scheme}://{authority}");
        if self.extra_origins.contains(&origin) {
            return Ok(Address { origin, path_and_query });
        }
        if scheme != "https" {
            return Err(Refusal::Scheme);
        }
        let host = parse_authority(&authority)?;
        if !self.rules.iter().any(|rule| rule.allows(host, &path_and_query)) {
            return Err(Refusal::Host);
        }
        Ok(Address { origin: format!("https://{host}"), path_and_query })
    }

    /// Where a redirect from an address leads, if that may be fetched.
    pub fn check_redirect(&self, from: &Address, location: &str) -> Result<Address, Refusal> {
        let location = location.trim_matches([' ', '\t']);
        let Address { origin, path_and_query } = from;
        let path = path_and_query.split('?').next().unwrap_or_default();
        let target = if is_absolute(location) {
            location.to_owned()
        } else if location.starts_with("//") {
            let scheme = origin.split("//").next().unwrap_or_default();
            format!("{scheme}{location}")
        } else if location.starts_with('/') {
            format!("{origin}{location}")
        } else if location.starts_with('?') {
            format!("{origin}{path}{location}")
        } else {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{origin}{folder}/{location}")
        };
        self.check(&target)
    }
}

impl Rule {
    fn parse(entry: &str) -> Option<Self> {
        let (host, folder) = match entry.split_once('/') {
            Some((host, folder)) => {
                (host, Some(format!("/{}/", folder.trim_matches('/'))).filter(|folder| folder != "//"))
            }
            None => (entry, None),
        };
        let host = host.to_ascii_lowercase();
        let (name, is_below) = host.strip_prefix("*.").map_or((host.as_str(), false), |name| (name, true));
        parse_authority(name).ok().filter(|parsed| *parsed == name && name.contains('.'))?;
        let name = name.to_owned();
        Some(Self { host: if is_below { Host::Below(name) } else { Host::Exactly(name) }, folder })
    }

    fn allows(&self, host: &str, path_and_query: &str) -> bool {
        let is_host = match &self.host {
            Host::Exactly(name) => host == name,
            Host::Below(name) => host.strip_suffix(name.as_str()).is_some_and(|front| front.ends_with('.')),
        };
        is_host && self.folder.as_ref().is_none_or(|folder| path_and_query.starts_with(folder.as_str()))
    }
}

impl Address {
    /// The address without its query, which may hold a signature: what is told and recorded.
    pub fn without_query(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        format!("{}{path}", self.origin)
    }

    /// The last name of its path, still encoded.
    pub fn name(&self) -> &str {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.origin, self.path_and_query)
    }
}

/// Visible ASCII, and none of what some parsers take for something else: a backslash for a slash, quotes and brackets
/// for the end of an address.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte)
}

/// Whether a redirect names its scheme.
fn is_absolute(location: &str) -> bool {
    let scheme = location.split(['/', '?', '#']).next().unwrap_or_default().split_once(':');
    scheme.is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    })
}

/// The path, from its slash, and the query. A path that climbs is refused, in either spelling of a dot: where it ends is
/// not for a second parser to decide.
fn path_and_query(tail: &str) -> Result<String, Refusal> {
    let tail = tail.split('#').next().unwrap_or_default();
    let path = tail.split('?').next().unwrap_or_default();
    let climbs = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('/').any(climbs) {
        return Err(Refusal::Malformed);
    }
    Ok(if tail.starts_with('/') { tail.to_owned() } else { format!("/{tail}") })
}

/// The host of an authority in lower case.
fn parse_authority(authority: &str) -> Result<&str, Refusal> {
    if authority.contains('@') {
        return Err(Refusal::Credentials);
    }
    if authority.starts_with('[') {
        return Err(Refusal::IpLiteral);
    }
    let host = match authority.split_once(':') {
        None => authority,
        Some((host, "443")) => host,
        Some(_) => return Err(Refusal::Port),
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=LABEL_MAX_BYTES).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
            // Punycode: a name in another script, which no configured host has.
            && !label.starts_with("xn--")
    };
    if host.len() > HOST_MAX_BYTES || !host.split('.').all(is_label) {
        return Err(Refusal::Malformed);
    }
    // A host whose last label is a number is an IPv4 address to a browser, in decimal, octal or hex, short or long.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_number { Err(Refusal::IpLiteral) } else { Ok(host) }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
