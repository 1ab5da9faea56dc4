//! How much may come out of anything that is read: a small file can unpack to a large one, and to very many.

/// Bounds on what is unpacked, and what of them is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Files and directories.
    pub entries: u32,
    /// The bytes of one file.
    pub entry_bytes: u64,
    /// The bytes of all of them.
    pub total_bytes: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self { entries: 10_000, entry_bytes: 50 * 1024 * 1024, total_bytes: 200 * 1024 * 1024 }
    }
}

/// How many times as large as what was read what comes out may be.
pub const RATIO_MAX: u64 = 200;
/// Up to here any ratio is fine: an empty file of a few KiB compresses a thousandfold.
const RATIO_FROM_BYTES: u64 = 1024 * 1024;

impl Caps {
    /// Counts a directory.
    pub fn take_directory(&mut self) -> Result<(), &'static str> {
        self.entries = self.entries.checked_sub(1).ok_or("has too many entries")?;
        Ok(())
    }

    /// Counts a file by the size that it states, before any of its bytes.
    pub fn take_file(&mut self, size_bytes: u64) -> Result<(), &'static str> {
        self.take_directory()?;
        if size_bytes > self.entry_bytes {
            return Err("has a file that is too large");
        }
        self.total_bytes = self.total_bytes.checked_sub(size_bytes).ok_or("is too large as a whole")?;
        Ok(())
    }
}

/// Whether so much can honestly come out of so much.
pub fn is_ratio_fine(packed_bytes: u64, unpacked_bytes: u64) -> bool {
    unpacked_bytes <= RATIO_FROM_BYTES || unpacked_bytes <= packed_bytes.saturating_mul(RATIO_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caps_are_taken_to_their_very_end() {
        let mut caps = Caps { entries: 3, entry_bytes: 5, total_bytes: 8 };
        assert_eq!(caps.take_file(6), Err("has a file that is too large"));
        let mut caps = Caps { entries: 3, ..caps };
        assert_eq!((caps.take_file(5), caps.take_file(3)), (Ok(()), Ok(())));
        assert_eq!(caps.take_file(1), Err("is too large as a whole"));
        assert_eq!(caps.take_directory(), Err("has too many entries"));
    }

    #[test]
    fn a_ratio_counts_from_a_mebibyte_on() {
        assert!(is_ratio_fine(1, 1024 * 1024));
        assert!(is_ratio_fine(10_000, 2_000_000));
        assert!(!is_ratio_fine(10_000, 2_000_001));
    }
}
