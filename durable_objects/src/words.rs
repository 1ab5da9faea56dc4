//! Texts of our own that the runtime is told again and again: statements, names of headers. Each is handed over once for
//! an instance; to decode it anew for every call would cost more than most calls do.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::JsString;

/// How many are kept. There are fewer; the bound is for a text that should not have come here.
const KEPT_MAX: usize = 500;

thread_local! {
    static KEPT: RefCell<HashMap<String, JsString>> = RefCell::default();
}

/// A text as the runtime has it. Only for texts of the code, whose number does not grow with what callers send.
pub fn word(text: &str) -> JsString {
    KEPT.with_borrow_mut(|kept| {
        if let Some(word) = kept.get(text) {
            return word.clone();
        }
        if kept.len() == KEPT_MAX {
            kept.clear();
        }
        let word = JsString::from(text);
        kept.insert(text.to_owned(), word.clone());
        word
    })
}
