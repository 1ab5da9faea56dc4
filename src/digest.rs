//! What a caller says its bytes hash to: `Content-Digest` and `Repr-Digest` (RFC 9530). Of the algorithms, `sha-256` is
//! checked; others are passed over, as the standard says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use durable_objects::ids::Sha256;

use crate::error::Error;
use crate::incoming::Incoming;

/// The hashes that a request states for its bytes.
pub struct Stated(Vec<Sha256>);

impl Stated {
    /// Reads the headers. A digest that cannot be read is refused at once: whoever sends one wants it checked.
    pub fn of(incoming: &Incoming) -> Result<Self, Error> {
        let headers = ["Content-Digest", "Repr-Digest"].into_iter().filter_map(|name| incoming.header(name));
        headers.filter_map(|header| parse(&header)).collect::<Result<_, _>>().map(Self)
    }

    /// Fails unless the bytes are what was stated.
    pub fn check(&self, hash: &Sha256) -> Result<(), Error> {
        if self.0.iter().all(|stated| stated == hash) {
            return Ok(());
        }
        Err(Error::BadRequest("The body does not match its stated digest".to_owned()))
    }
}

/// The `sha-256` member of a dictionary such as `sha-256=:…:, sha-512=:…:`: of several, the last. The standard knows the
/// name in lower case only; who writes it otherwise wants it checked too.
fn parse(header: &str) -> Option<Result<Sha256, Error>> {
    let malformed = || Error::BadRequest("The stated digest cannot be read".to_owned());
    let value = |member: &'_ str| {
        let (name, value) = member.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("sha-256")
            .then(|| value.split(';').next().unwrap_or_default().trim().to_owned())
    };
    let member = header.split(',').rev().find_map(value)?;
    let base64 = member.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
    let bytes = base64.and_then(|base64| STANDARD.decode(base64).ok()).and_then(|bytes| bytes.try_into().ok());
    Some(bytes.map(Sha256::new).ok_or_else(malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_one_algorithm_is_read_and_others_are_passed_over() {
        let zeros = format!("sha-256=:{}:", STANDARD.encode([0; 32]));
        for header in [
            zeros.clone(),
            format!("sha-512=:AAAA:, {zeros}"),
            format!(" {zeros} ,md5=:AA==:"),
            zeros.replace("sha", "SHA"),
            format!("sha-256=:AAAA:,{zeros};q=1"),
        ] {
            assert_eq!(parse(&header).map(Result::ok), Some(Some(Sha256::new([0; 32]))), "{header}");
        }
        assert!(parse("sha-512=:AAAA:").is_none());
        assert!(parse("").is_none());
    }

    #[test]
    fn a_digest_that_cannot_be_read_is_an_error() {
        for header in ["sha-256=", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:!:", "sha-256=::"] {
            assert!(matches!(parse(header), Some(Err(_))), "{header}");
        }
    }
}
