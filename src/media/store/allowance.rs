//! How many bytes the items of one result may have together.

use std::cell::Cell;

use crate::error::Error;

/// How many bytes several items may have together. They count as they arrive, also those of an item that is not kept.
pub struct Allowance {
    max_bytes: u64,
    left_bytes: Cell<u64>,
}

impl Allowance {
    /// So many.
    pub fn new(max_bytes: u64) -> Self {
        Self { max_bytes, left_bytes: Cell::new(max_bytes) }
    }

    /// Counts bytes that have arrived, unless they are too many.
    pub fn take(&self, size_bytes: u64) -> Result<(), Error> {
        let Self { max_bytes, left_bytes } = self;
        let left = left_bytes.get().checked_sub(size_bytes);
        left_bytes.set(left.unwrap_or(0));
        let too_large = || Error::TooLarge { what: "The result's media", size_bytes, max_bytes: *max_bytes };
        left.map(drop).ok_or_else(too_large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_ends_what_is_left() {
        let allowance = Allowance::new(10);
        assert!(allowance.take(4).is_ok() && allowance.take(6).is_ok());
        assert!(matches!(allowance.take(1), Err(Error::TooLarge { max_bytes: 10, .. })));
        let allowance = Allowance::new(10);
        assert!(allowance.take(11).is_err() && allowance.take(1).is_err());
    }
}
