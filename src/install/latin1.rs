//! How older writers wrote the bytes of a file: as a text, each character standing for the byte of its number. In UTF-8 those
//! above 127 are two bytes.

/// Makes bytes of such a text again, as it comes.
#[derive(Clone, Debug, Default)]
pub struct Latin1 {
    /// The first half of a character whose second is still to come.
    half: Option<u8>,
    /// It has turned out to be no such text.
    is_broken: bool,
}

impl Latin1 {
    /// The bytes that the next piece stands for; none if it is no such text, and none from then on.
    pub fn decode(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        for byte in text {
            match (self.half.take(), byte) {
                (None, 0..=0x7F) => bytes.push(*byte),
                (None, 0xC2 | 0xC3) => self.half = Some(*byte),
                (Some(half), 0x80..=0xBF) => bytes.push((half << 6) | (byte & 0x3F)),
                _ => self.is_broken = true,
            }
            if self.is_broken {
                return None;
            }
        }
        Some(bytes).filter(|_| !self.is_broken)
    }

    /// Whether it may end here.
    pub const fn is_whole(&self) -> bool {
        self.half.is_none() && !self.is_broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back_however_its_text_is_cut() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        for size in 1..7 {
            let mut latin1 = Latin1::default();
            let decoded: Vec<u8> =
                text.as_bytes().chunks(size).flat_map(|piece| latin1.decode(piece).unwrap()).collect();
            assert!(decoded == bytes && latin1.is_whole());
        }
    }

    #[test]
    fn what_stands_for_no_byte_is_refused() {
        for text in [&b"\xC4\x80"[..], b"\xFF", b"\x80", b"\xC2a", b"\xC2\xC2"] {
            let mut latin1 = Latin1::default();
            assert_eq!((latin1.decode(text), latin1.decode(b"a"), latin1.is_whole()), (None, None, false));
        }
        let mut latin1 = Latin1::default();
        assert!(latin1.decode(b"a\xC3").is_some() && !latin1.is_whole());
    }
}
