//! Who calls: the signed query, checked with no I/O before anything else is done.
//!
//! A [`Caller`] can be made only here, and every signed handler takes one, so none can be written that forgets to ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use durable_objects::ids::UserId;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::Error;
use crate::incoming::{Incoming, Query};
use crate::media::ticket::{BadTicket, Ticket};

/// A user whose signature has been verified.
pub struct Caller {
    user: UserId,
}

impl Caller {
    /// Who it is.
    pub fn user(&self) -> &UserId {
        &self.user
    }
}

/// Why a query is no proof of anything. The texts are a contract with clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// Any of the three is absent or empty.
    Missing,
    /// `exp` is not all digits.
    BadExpiry,
    /// `exp` has passed.
    Expired,
    /// `userId` is not one.
    BadUser,
    /// The signature is of something else, or with another secret.
    BadSignature,
    /// An upload address that was not made here.
    BadUpload,
    /// An upload address whose time is over.
    UploadExpired,
}

impl Unauthorized {
    /// The `details` of the answer.
    pub const fn details(self) -> &'static str {
        match self {
            Self::Missing => "Missing required params (userId, exp, sig)",
            Self::BadExpiry => "Invalid exp format",
            Self::Expired => "URL expired",
            Self::BadUser => "Invalid userId format",
            Self::BadSignature => "Invalid signature",
            Self::BadUpload => "Invalid upload URL",
            Self::UploadExpired => "Upload URL expired",
        }
    }
}

/// The caller of a request: who has signed it, or whose socket our own object speaks for.
pub fn caller(incoming: &Incoming) -> Result<Caller, Error> {
    if let Some(user) = incoming.vouched.as_deref().and_then(UserId::parse) {
        return Ok(Caller { user });
    }
    let signers = &incoming.config.signers;
    if signers.is_empty() {
        return Err(Error::NotConfigured("SIGNING_SECRET is not set: no request can be verified"));
    }
    let user = verify(&incoming.query, signers, incoming.now_ms / 1000).map_err(Error::Unauthorized)?;
    Ok(Caller { user })
}

/// Who holds a signed upload address: its owner, for what the ticket says and nothing else.
pub fn ticket_holder(incoming: &Incoming) -> Result<(Caller, Ticket), Error> {
    let signers = &incoming.config.signers;
    if signers.is_empty() {
        return Err(Error::NotConfigured("SIGNING_SECRET is not set: no request can be verified"));
    }
    let text = incoming.query.get("ticket").unwrap_or_default();
    let reason = |bad| match bad {
        BadTicket::Forged => Error::Unauthorized(Unauthorized::BadUpload),
        BadTicket::Expired => Error::Unauthorized(Unauthorized::UploadExpired),
    };
    let ticket = Ticket::open(text, signers, incoming.now_ms).map_err(reason)?;
    let user = UserId::parse(&ticket.user).ok_or(Error::Unauthorized(Unauthorized::BadUpload))?;
    Ok((Caller { user }, ticket))
}

/// Whether a request says anything of who makes it.
pub fn is_claimed(query: &Query) -> bool {
    ["userId", "exp", "sig"].iter().any(|name| query.get(name).is_some())
}

/// The host's backend itself, as it proves with `Authorization: Bearer {HOST_SECRET}`: for what no user's URL may do.
pub struct Host(());

impl Host {
    /// A user in whose name the host acts.
    #[expect(clippy::unused_self, reason = "only the host can act for anyone")]
    pub fn on_behalf_of(&self, user: UserId) -> Caller {
        Caller { user }
    }
}

/// The host, if it is the one who calls.
pub fn host(incoming: &Incoming) -> Result<Host, Error> {
    let secret = incoming.config.host_secret.as_deref();
    let secret = secret.ok_or(Error::NotConfigured("HOST_SECRET is not set: no call of the host can be verified"))?;
    let header = incoming.header("Authorization").unwrap_or_default();
    let (scheme, given) = header.split_once(' ').unwrap_or_default();
    let given = if scheme.eq_ignore_ascii_case("Bearer") { given.trim() } else { "" };
    // Both as keys of one message, and those compared in constant time: neither length nor content shows in the time.
    let keyed = |key: &str| Hmac::<Sha256>::new_from_slice(key.as_bytes()).map(|mac| mac.chain_update("host"));
    let (Ok(secret), Ok(given)) = (keyed(secret), keyed(given)) else { return Err(Error::NotTheHost) };
    secret.verify(&given.finalize().into_bytes()).map_err(|_| Error::NotTheHost)?;
    Ok(Host(()))
}

/// A key of its own for a purpose: what it signs can stand for nothing else.
pub fn derive(signer: &Hmac<Sha256>, purpose: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(&signer.clone().chain_update(purpose).finalize().into_bytes()).ok()
}

/// The caller of a request that anyone may make: none if it does not say who makes it. Who says so has to prove it.
pub fn caller_if_claimed(incoming: &Incoming) -> Result<Option<Caller>, Error> {
    if is_claimed(&incoming.query) { caller(incoming).map(Some) } else { Ok(None) }
}

/// The checks, in the order of the contract. What is signed is `{userId}.{exp}`, with `exp` as it was sent.
fn verify(query: &Query, signers: &[Hmac<Sha256>], now_s: i64) -> Result<UserId, Unauthorized> {
    let param = |name| query.get(name).filter(|value| !value.is_empty()).ok_or(Unauthorized::Missing);
    let (user, expiry, signature) = (param("userId")?, param("exp")?, param("sig")?);
    if !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unauthorized::BadExpiry);
    }
    // More digits than a number holds are a time far away.
    if expiry.parse::<i64>().unwrap_or(i64::MAX) < now_s {
        return Err(Unauthorized::Expired);
    }
    let user = UserId::parse(user).ok_or(Unauthorized::BadUser)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unauthorized::BadSignature)?;
    let signed = format!("{user}.{expiry}");
    // `verify_slice` compares in constant time.
    let matches = |signer: &Hmac<Sha256>| signer.clone().chain_update(&signed).verify_slice(&signature).is_ok();
    if signers.iter().any(matches) { Ok(user) } else { Err(Unauthorized::BadSignature) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        secret: String,
        valid: Vec<Vector>,
        expired: Vec<Vector>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Vector {
        user_id: String,
        exp: String,
        sig: String,
    }

    impl Vector {
        fn verify(&self, secret: &str, now_s: i64) -> Result<UserId, Unauthorized> {
            let query = Query::parse(&format!("userId={}&exp={}&sig={}", self.user_id, self.exp, self.sig));
            verify(&query, &[Hmac::new_from_slice(secret.as_bytes()).unwrap()], now_s)
        }
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../tests/vectors/signing.json")).unwrap()
    }

    #[test]
    fn the_vectors_hold_until_their_second_has_passed() {
        let Vectors { secret, valid, expired } = vectors();
        for vector in valid.iter().chain(&expired) {
            let exp: i64 = vector.exp.parse().unwrap();
            assert_eq!(vector.verify(&secret, exp).map(|user| user.to_string()), Ok(vector.user_id.clone()));
            assert_eq!(vector.verify(&secret, exp + 1), Err(Unauthorized::Expired));
            assert_eq!(vector.verify("another secret", exp), Err(Unauthorized::BadSignature));
        }
    }

    #[test]
    fn the_first_reason_is_the_one_that_is_told() {
        let check =
            |query: &str| verify(&Query::parse(query), &[Hmac::new_from_slice(b"s").unwrap()], 1000).unwrap_err();
        for (query, reason) in [
            ("", Unauthorized::Missing),
            ("userId=user_a&exp=1", Unauthorized::Missing),
            ("userId=user_a&exp=&sig=x", Unauthorized::Missing),
            ("userId=nobody&exp=1e9&sig=x", Unauthorized::BadExpiry),
            ("userId=user_a&exp=-5&sig=x", Unauthorized::BadExpiry),
            ("userId=nobody&exp=999&sig=x", Unauthorized::Expired),
            ("userId=nobody&exp=1000&sig=x", Unauthorized::BadUser),
            ("userId=user_a&exp=1000&sig=x", Unauthorized::BadSignature),
            ("userId=user_a&exp=99999999999999999999999&sig=AAAA", Unauthorized::BadSignature),
        ] {
            assert_eq!(check(query), reason, "{query}");
        }
    }
}
