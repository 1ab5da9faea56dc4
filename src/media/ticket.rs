//! Signed uploads: an address with which a page, which has no signed query of the owner's, may bring one item.
//!
//! The address holds all that was agreed on, sealed: who, which type, how many bytes, which hash, until when. Nothing of
//! it has to be looked up, and nothing can be changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use durable_objects::ids::MediaId;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::about::About;
use crate::auth::derive;
use crate::error::Error;

/// What the key of tickets is derived with, so that a ticket's signature can stand for nothing else.
const PURPOSE: &[u8] = b"holdfast media upload v1";
/// The size of a part of a large upload: 16 of them make 512 MiB.
pub const PART_BYTES: u64 = 32 * 1024 * 1024;

/// What an upload may bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Whose item it becomes.
    pub user: String,
    /// The type that the bytes must have.
    pub mime: String,
    /// How many bytes there must be.
    pub size_bytes: u64,
    /// Until when.
    pub expires_ms: i64,
    /// What was said about them.
    pub about: About,
    /// The id under which keys have been announced.
    pub id: Option<MediaId>,
    /// The upload to which parts belong, if it comes in parts.
    pub parts: Option<Parts>,
}

/// An upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// Where they go.
    pub key: String,
    /// The bucket's name for the upload.
    pub multipart_id: String,
}

/// Why a ticket is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTicket {
    /// It was not made here, or changed.
    Forged,
    /// Its time is over.
    Expired,
}

impl Ticket {
    /// As it stands in an address.
    pub fn seal(&self, signer: &Hmac<Sha256>) -> Result<String, Error> {
        let ticket = serde_json::to_vec(self).map_err(|error| Error::internal("a ticket", &error))?;
        let text = URL_SAFE_NO_PAD.encode(ticket);
        let Some(seal) = derive(signer, PURPOSE).map(|key| key.chain_update(&text).finalize().into_bytes()) else {
            return Err(Error::Internal("a ticket cannot be sealed".to_owned()));
        };
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(seal)))
    }

    /// What stands in an address, if it was sealed here.
    pub fn open(text: &str, signers: &[Hmac<Sha256>], now_ms: i64) -> Result<Self, BadTicket> {
        let (ticket, seal) = text.split_once('.').ok_or(BadTicket::Forged)?;
        let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| BadTicket::Forged)?;
        // Compares in constant time.
        let is_sealed =
            |signer| derive(signer, PURPOSE).is_some_and(|key| key.chain_update(ticket).verify_slice(&seal).is_ok());
        if !signers.iter().any(is_sealed) {
            return Err(BadTicket::Forged);
        }
        let json = URL_SAFE_NO_PAD.decode(ticket).map_err(|_| BadTicket::Forged)?;
        let ticket: Self = serde_json::from_slice(&json).map_err(|_| BadTicket::Forged)?;
        if ticket.expires_ms < now_ms { Err(BadTicket::Expired) } else { Ok(ticket) }
    }

    /// How many parts it comes in.
    pub fn parts_count(&self) -> u64 {
        self.size_bytes.div_ceil(PART_BYTES)
    }

    /// How many bytes a part has, by its number from 1; none if there is no such part.
    pub fn part_bytes(&self, number: u64) -> Option<u64> {
        let before = number.checked_sub(1)?.checked_mul(PART_BYTES)?;
        self.size_bytes.checked_sub(before).filter(|left| *left > 0).map(|left| left.min(PART_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> Hmac<Sha256> {
        Hmac::new_from_slice(secret.as_bytes()).unwrap()
    }

    fn ticket() -> Ticket {
        Ticket {
            user: "user_a".to_owned(),
            mime: "image/png".to_owned(),
            size_bytes: PART_BYTES * 2 + 1,
            expires_ms: 1000,
            about: About { file_name: Some("é.png".to_owned()), ..About::default() },
            id: Some(MediaId::new([1; 16])),
            parts: Some(Parts { key: "staging/user_a/x".to_owned(), multipart_id: "y".to_owned() }),
        }
    }

    #[test]
    fn a_ticket_comes_back_as_it_was_sealed_until_its_time_is_over() {
        let text = ticket().seal(&signer("new")).unwrap();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let signers = [signer("other"), signer("new")];
        assert_eq!(Ticket::open(&text, &signers, 1000), Ok(ticket()));
        assert_eq!(Ticket::open(&text, &signers, 1001), Err(BadTicket::Expired));
        assert_eq!(Ticket::open(&text, &signers[..1], 1000), Err(BadTicket::Forged));
    }

    #[test]
    fn nothing_in_a_ticket_can_be_changed() {
        let signers = [signer("new")];
        let text = ticket().seal(&signers[0]).unwrap();
        let (body, seal) = text.split_once('.').unwrap();
        let larger = serde_json::to_vec(&Ticket { size_bytes: 1 << 40, ..ticket() }).unwrap();
        for forged in [
            String::new(),
            body.to_owned(),
            format!("{body}."),
            format!("{}.{seal}", URL_SAFE_NO_PAD.encode(larger)),
            format!(".{seal}"),
        ] {
            assert_eq!(Ticket::open(&forged, &signers, 0), Err(BadTicket::Forged), "{forged}");
        }
    }

    #[test]
    fn parts_are_equal_but_the_last() {
        let ticket = ticket();
        assert_eq!(ticket.parts_count(), 3);
        assert_eq!(
            [0, 1, 2, 3, 4, u64::MAX].map(|number| ticket.part_bytes(number)),
            [None, Some(PART_BYTES), Some(PART_BYTES), Some(1), None, None]
        );
    }
}
