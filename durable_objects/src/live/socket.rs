//! A client's socket as the runtime has it. It outlives the object, which sleeps while nothing happens: what the object has to
//! know of it travels with it, as an attachment.

use js_sys::{Array, JsString, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::console_error;

use crate::path::FilePath;

#[wasm_bindgen]
extern "C" {
    /// The object's own end.
    #[derive(Clone)]
    pub type Socket;
    #[wasm_bindgen(method, catch, js_name = send)]
    fn send_text(this: &Socket, text: &JsString) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = close)]
    fn close_with(this: &Socket, code: u16, reason: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    fn buffered_amount(this: &Socket) -> f64;
    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn ready_state(this: &Socket) -> f64;
    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    fn serialize_attachment(this: &Socket, value: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;
}

/// `readyState` of a socket that takes frames.
const OPEN: f64 = 1.0;

/// Why a socket is closed. The numbers are a contract with clients.
#[derive(Clone, Copy, Debug)]
pub enum Goodbye {
    /// Frames are text.
    NotText,
    /// A frame over its limit.
    TooLong,
    /// It cannot be told what has changed.
    Failed,
    /// It does not read.
    TooSlow,
    /// Its account is no more.
    Deleted,
}

impl Goodbye {
    /// The code, and what is said with it: 123 bytes at most.
    pub const fn told(self) -> (u16, &'static str) {
        match self {
            Self::NotText => (1003, "Frames are text"),
            Self::TooLong => (1009, "A frame is at most 1 MiB; send files by PUT /api/files/content"),
            Self::Failed => (1011, "The service was interrupted; reconnect and subscribe since your last rev"),
            Self::TooSlow => (4408, "Too much is unsent; reconnect and subscribe since your last rev"),
            Self::Deleted => (4410, "This account was deleted"),
        }
    }
}

/// What the object knows of a socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attached {
    /// Tells it from the others of this object.
    pub id: u32,
    /// Whose it is, as the Worker has verified.
    pub user: String,
    /// Where the client sees this service.
    pub origin: String,
    /// Where clients see the root.
    pub root: String,
    /// What it follows, if anything.
    pub follows: Option<Follows>,
}

/// What a socket wants to hear of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Follows {
    /// An entry and all that is in it.
    pub path: FilePath,
    /// What it has been told already: everything up to this rev.
    pub rev: i64,
}

impl Socket {
    /// All of a list of the runtime's.
    pub fn all(list: &Array) -> Vec<Self> {
        list.iter().map(JsCast::unchecked_into).collect()
    }

    /// Whether it takes frames.
    pub fn is_open(&self) -> bool {
        // As the runtime says it: a small whole number.
        (self.ready_state() - OPEN).abs() < 0.5
    }

    /// Sends a frame, to whoever may still be there.
    pub fn send(&self, frame: &JsString) {
        // It throws when the client has just gone: its close is on the way here.
        let _ = self.send_text(frame);
    }

    /// Says goodbye.
    pub fn close(&self, goodbye: Goodbye) {
        let (code, reason) = goodbye.told();
        let _ = self.close_with(code, reason);
    }

    /// Answers a client's own goodbye.
    pub fn close_back(&self) {
        let _ = self.close_with(1000, "");
    }

    /// How many bytes have been sent and have not left.
    pub fn unsent_bytes(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count; `as` saturates")]
        let bytes = self.buffered_amount() as usize;
        bytes
    }

    /// What is known of it; nothing of a socket that is about to be accepted.
    pub fn attached(&self) -> Option<Attached> {
        let bytes: Uint8Array = self.deserialize_attachment().ok()?.dyn_into().ok()?;
        serde_json::from_slice(&bytes.to_vec()).ok()
    }

    /// Notes what is to be known of it. Answers whether that fits: the platform bounds it.
    pub fn attach(&self, attached: &Attached) -> bool {
        // Bytes, since the runtime would keep a text with one wide character in it at two bytes for each: too long for 16 KiB.
        let bytes = match serde_json::to_vec(attached) {
            Ok(bytes) => bytes,
            Err(error) => {
                console_error!("an attachment: {error}");
                return false;
            }
        };
        self.serialize_attachment(&Uint8Array::from(bytes.as_slice())).is_ok()
    }
}
