//! Bytes as digits: random names, and words of the search index that hold any text.

use std::fmt::Write as _;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_randomly(bytes: &mut [u8]);
}

/// Two lower-case digits for each byte.
pub fn of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// So many random bytes.
pub fn random<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    fill_randomly(&mut bytes);
    of(&bytes)
}
