//! [`Gather`]: pieces of any size become a few writes of one size, from one buffer of the runtime that is used over and over.

use js_sys::Uint8Array;

/// How much is gathered: ten thousand small files are a few hundred writes.
const BUFFER_BYTES: u32 = 256 * 1024;

/// Bytes that wait until there are enough of them.
pub struct Gather {
    buffer: Uint8Array,
    filled: u32,
}

impl Gather {
    /// None yet.
    pub fn new() -> Self {
        Self { buffer: Uint8Array::new_with_length(BUFFER_BYTES), filled: 0 }
    }

    /// Takes as many as there is room for of the bytes from `from` on, and says how many those are: at least one, if
    /// [`Self::full`] is asked behind it.
    pub fn take(&mut self, bytes: &Uint8Array, from: u32) -> u32 {
        let taken = (BUFFER_BYTES - self.filled).min(bytes.length() - from);
        self.buffer.set(&bytes.subarray(from, from + taken), self.filled);
        self.filled += taken;
        taken
    }

    /// All of them, if no more fit. They lie in the buffer: they are to be written before the next are taken.
    pub fn full(&mut self) -> Option<Uint8Array> {
        (self.filled == BUFFER_BYTES).then(|| self.rest()).flatten()
    }

    /// All of them, if there are any; in the same way.
    pub fn rest(&mut self) -> Option<Uint8Array> {
        let filled = std::mem::take(&mut self.filled);
        (filled > 0).then(|| self.buffer.subarray(0, filled))
    }
}
