//! A file's bytes, as SQLite takes and gives them: they stay where the runtime has them.

/// A file's bytes on their way: they are bound and read as they are, so that they never enter wasm memory.
#[cfg(target_arch = "wasm32")]
pub type Bytes = js_sys::ArrayBuffer;
/// A file's bytes.
#[cfg(not(target_arch = "wasm32"))]
pub type Bytes = Vec<u8>;

/// Bytes in one piece, one behind the other.
pub fn join(parts: &[Bytes]) -> Bytes {
    #[cfg(target_arch = "wasm32")]
    {
        use wasm_bindgen::JsCast as _;

        // No caller joins more than a few MiB.
        let total_bytes = parts.iter().map(js_sys::ArrayBuffer::byte_length).sum();
        let joined = js_sys::Uint8Array::new_with_length(total_bytes);
        let mut offset = 0;
        for part in parts {
            joined.set(&js_sys::Uint8Array::new(part), offset);
            offset += part.byte_length();
        }
        joined.buffer().unchecked_into()
    }
    #[cfg(not(target_arch = "wasm32"))]
    parts.concat()
}

/// A piece of some bytes, by itself; none if they end before it does.
pub fn piece(bytes: &Bytes, offset_bytes: u64, size_bytes: u64) -> Option<Bytes> {
    let end = offset_bytes.checked_add(size_bytes).filter(|end| *end <= len_bytes(bytes))?;
    #[cfg(target_arch = "wasm32")]
    return Some(bytes.slice_with_end(u32::try_from(offset_bytes).ok()?, u32::try_from(end).ok()?));
    #[cfg(not(target_arch = "wasm32"))]
    bytes.get(usize::try_from(offset_bytes).ok()?..usize::try_from(end).ok()?).map(<[u8]>::to_vec)
}

/// The bytes of a text of our own.
pub fn of_text(text: &str) -> Bytes {
    #[cfg(target_arch = "wasm32")]
    return js_sys::Uint8Array::from(text.as_bytes()).buffer();
    #[cfg(not(target_arch = "wasm32"))]
    text.as_bytes().to_vec()
}

/// How many bytes there are.
pub fn len_bytes(bytes: &Bytes) -> u64 {
    #[cfg(target_arch = "wasm32")]
    return u64::from(bytes.byte_length());
    #[cfg(not(target_arch = "wasm32"))]
    return bytes.len() as u64;
}
