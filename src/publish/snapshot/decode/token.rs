//! `MessagePack`, as far as a reader of it has to know the format: headers, and how many bytes belong to them.

/// The longest header: a kind, and a length of four bytes.
const HEADER_MAX_BYTES: usize = 5;

/// A header, or bytes that belong to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// So many pairs follow.
    Map(u32),
    /// So many values follow.
    Array(u32),
    /// A text of so many bytes.
    Text(u32),
    /// So many bytes.
    Bytes(u32),
    /// True or false.
    Bool(bool),
    /// Any other value, of so many bytes beside its header.
    Other(u32),
    /// The next bytes of a text or value, and whether they are the last.
    Payload {
        /// These.
        bytes: &'a [u8],
        /// Nothing of it is left.
        is_last: bool,
    },
}

/// Takes bytes apart.
#[derive(Default)]
pub struct Tokens {
    /// How many bytes have been taken.
    pub taken_bytes: u64,
    header: [u8; HEADER_MAX_BYTES],
    header_bytes: usize,
    /// How many bytes still belong to the last header.
    payload_left: u32,
}

impl Tokens {
    /// The next token; none where its header goes on in bytes that have not come yet.
    pub fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<Token<'a>>, &'static str> {
        if self.payload_left > 0 {
            let wanted = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
            let (bytes, behind) = rest.split_at(wanted.min(rest.len()));
            *rest = behind;
            self.taken_bytes += bytes.len() as u64;
            // No more than was left.
            self.payload_left -= u32::try_from(bytes.len()).unwrap_or(self.payload_left);
            return Ok(Some(Token::Payload { bytes, is_last: self.payload_left == 0 }));
        }
        while let Some((byte, behind)) = rest.split_first() {
            *rest = behind;
            self.taken_bytes += 1;
            if let Some(place) = self.header.get_mut(self.header_bytes) {
                *place = *byte;
                self.header_bytes += 1;
            }
            let header = self.header.get(..self.header_bytes).unwrap_or_default();
            if let Some(token) = parse(header)? {
                self.header_bytes = 0;
                if let Token::Text(size) | Token::Bytes(size) | Token::Other(size) = token {
                    self.payload_left = size;
                }
                return Ok(Some(token));
            }
        }
        Ok(None)
    }
}

/// The token of a header; none if it is not complete.
fn parse(header: &[u8]) -> Result<Option<Token<'static>>, &'static str> {
    let Some((kind, rest)) = header.split_first() else { return Ok(None) };
    let length = |bytes: usize| {
        let of = rest.get(..bytes)?;
        Some(of.iter().fold(0, |sum: u32, byte| sum << 8 | u32::from(*byte)))
    };
    let low = |mask: u8| u32::from(kind & mask);
    Ok(match kind {
        0x00..=0x7F | 0xC0 | 0xE0..=0xFF => Some(Token::Other(0)),
        0x80..=0x8F => Some(Token::Map(low(0x0F))),
        0x90..=0x9F => Some(Token::Array(low(0x0F))),
        0xA0..=0xBF => Some(Token::Text(low(0x1F))),
        0xC1 => return Err("has a byte that means nothing"),
        0xC2 | 0xC3 => Some(Token::Bool(*kind == 0xC3)),
        0xC4 => length(1).map(Token::Bytes),
        0xC5 => length(2).map(Token::Bytes),
        0xC6 => length(4).map(Token::Bytes),
        // An extension has a byte for its type beside its data.
        0xC7 => length(1).map(|length| Token::Other(length + 1)),
        0xC8 => length(2).map(|length| Token::Other(length + 1)),
        0xC9 => length(4).map(|length| Token::Other(length.saturating_add(1))),
        0xCC | 0xD0 => Some(Token::Other(1)),
        0xCD | 0xD1 | 0xD4 => Some(Token::Other(2)),
        0xCA | 0xCE | 0xD2 => Some(Token::Other(4)),
        0xCB | 0xCF | 0xD3 => Some(Token::Other(8)),
        0xD5 => Some(Token::Other(3)),
        0xD6 => Some(Token::Other(5)),
        0xD7 => Some(Token::Other(9)),
        0xD8 => Some(Token::Other(17)),
        0xD9 => length(1).map(Token::Text),
        0xDA => length(2).map(Token::Text),
        0xDB => length(4).map(Token::Text),
        0xDC => length(2).map(Token::Array),
        0xDD => length(4).map(Token::Array),
        0xDE => length(2).map(Token::Map),
        0xDF => length(4).map(Token::Map),
    })
}
