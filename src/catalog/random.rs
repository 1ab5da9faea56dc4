//! Random names.

use std::fmt::Write as _;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_randomly(bytes: &mut [u8]);
}

/// So many random bytes, as lower-case hex digits.
pub fn hex<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    fill_randomly(&mut bytes);
    bytes.iter().fold(String::with_capacity(2 * BYTES), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
