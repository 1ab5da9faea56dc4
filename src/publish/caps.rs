//! How much may come out of anything that is read: a small file can unpack to a large one, and to very many.
//!
//! Publishing counts as its readers do, by these same counters, so that whatever is published can be read again.

use std::collections::HashMap;

/// The most files, and links with them.
const FILES_MAX: u32 = 10_000;
/// The most directories, whether they are named or only lead to something.
const DIRECTORIES_MAX: u32 = 10_000;

/// Bounds on what is unpacked, and what of them is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Files, and links with them.
    pub files: u32,
    /// Directories. Those above what has come count as well: a workspace makes them.
    pub directories: u32,
    /// The bytes of one file.
    pub entry_bytes: u64,
    /// The bytes of all of them.
    pub total_bytes: u64,
    /// The directories that have been counted.
    pub seen: Seen,
}

/// The directories that have been counted, each name once: so many long paths take no more room than their names do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// By the number of the directory above, where 0 is the root, and the name.
    numbers: HashMap<(u32, String), Directory>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Directory {
    number: u32,
    /// It has been named itself, and not only in the path of something else.
    is_named: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            files: FILES_MAX,
            directories: DIRECTORIES_MAX,
            entry_bytes: 50 * 1024 * 1024,
            total_bytes: 200 * 1024 * 1024,
            seen: Seen::default(),
        }
    }
}

/// How many times as large as what was read what comes out may be.
pub const RATIO_MAX: u64 = 200;
/// Up to here any ratio is fine: an empty file of a few KiB compresses a thousandfold.
const RATIO_FROM_BYTES: u64 = 1024 * 1024;

impl Caps {
    /// The same with another bound on the bytes of all files.
    pub fn of_total(total_bytes: u64) -> Self {
        Self { total_bytes, ..Self::default() }
    }

    /// How many entries may still come.
    pub fn entries_left(&self) -> u32 {
        self.files.saturating_add(self.directories)
    }

    /// Counts a directory that is named, and those above it. One that is named again counts again: each time it is told.
    pub fn take_directory(&mut self, path: &str) -> Result<(), &'static str> {
        self.enter(path, true)
    }

    /// Counts a file by the size that it states, before any of its bytes, and the directories above it.
    pub fn take_file(&mut self, path: &str, size_bytes: u64) -> Result<(), &'static str> {
        self.take_link(path)?;
        if size_bytes > self.entry_bytes {
            return Err("has a file that is too large");
        }
        self.total_bytes = self.total_bytes.checked_sub(size_bytes).ok_or("is too large as a whole")?;
        Ok(())
    }

    /// Counts what is neither, and the directories above it.
    pub fn take_link(&mut self, path: &str) -> Result<(), &'static str> {
        self.files = self.files.checked_sub(1).ok_or("has too many entries: more than 10,000 files")?;
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        self.enter(above, false)
    }

    /// Counts the directories of a path that have not been counted.
    fn enter(&mut self, path: &str, is_named: bool) -> Result<(), &'static str> {
        let mut above = 0;
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let is_named = is_named && names.peek().is_none();
            let known = self.seen.numbers.get_mut(&(above, name.to_owned()));
            let is_new = known.as_ref().is_none_or(|known| is_named && known.is_named);
            if is_new {
                self.directories =
                    self.directories.checked_sub(1).ok_or("has too many entries: more than 10,000 directories")?;
            }
            above = match known {
                Some(known) => {
                    known.is_named |= is_named;
                    known.number
                }
                None => self.seen.add(above, name, is_named),
            };
        }
        Ok(())
    }
}

impl Seen {
    fn add(&mut self, above: u32, name: &str, is_named: bool) -> u32 {
        let number = u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX);
        self.numbers.insert((above, name.to_owned()), Directory { number, is_named });
        number
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
        let caps = Caps { files: 2, directories: 1, entry_bytes: 5, total_bytes: 8, ..Caps::default() };
        assert_eq!(caps.clone().take_file("a", 6), Err("has a file that is too large"));
        let mut full = caps.clone();
        assert_eq!((full.take_file("a", 5), full.take_file("b", 3)), (Ok(()), Ok(())));
        assert_eq!(full.take_file("c", 0), Err("has too many entries: more than 10,000 files"));
        assert_eq!(full.take_link("c"), Err("has too many entries: more than 10,000 files"));
        assert_eq!(
            (full.take_directory("d"), full.take_directory("e")),
            (Ok(()), Err("has too many entries: more than 10,000 directories"))
        );
        let mut large = caps;
        assert_eq!((large.take_file("a", 5), large.take_file("b", 4)), (Ok(()), Err("is too large as a whole")));
    }

    #[test]
    fn directories_have_a_counter_of_their_own_and_take_no_room_from_files() {
        let mut caps = Caps::default();
        for number in 0..10_000 {
            caps.take_directory(&format!("d{number}")).unwrap();
            caps.take_file(&format!("d{}/f{number}", number % 100), 1).unwrap();
        }
        assert_eq!((caps.files, caps.directories), (0, 0));
    }

    #[test]
    fn a_directory_that_only_leads_somewhere_counts_once() {
        let mut caps = Caps::default();
        caps.take_file("a/b/c/f", 1).unwrap();
        caps.take_link("a/b/d/l").unwrap();
        // Named behind what is in it, it is the same; named twice, it is told twice.
        caps.take_directory("a/b").unwrap();
        assert_eq!(caps.directories, 10_000 - 4);
        caps.take_directory("a/b").unwrap();
        assert_eq!(caps.directories, 10_000 - 5);
        // The same names elsewhere are others.
        caps.take_file("b/a/b/f", 1).unwrap();
        assert_eq!(caps.directories, 10_000 - 8);
        let mut deep = Caps::default();
        let put = |number: u32| deep.take_file(&format!("{number}{}/f", "/a".repeat(48)), 0);
        assert_eq!(
            (0..3900).map(put).find(Result::is_err),
            Some(Err("has too many entries: more than 10,000 directories"))
        );
    }

    #[test]
    fn a_ratio_counts_from_a_mebibyte_on() {
        assert!(is_ratio_fine(1, 1024 * 1024));
        assert!(is_ratio_fine(10_000, 2_000_000));
        assert!(!is_ratio_fine(10_000, 2_000_001));
    }
}
