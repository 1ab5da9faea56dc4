//! `Content-Disposition`: the name under which a browser saves a file (RFC 6266).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 5987 lets stand in an extended value.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A file name as RFC 6266 wants it: a plain one for the oldest clients, and the exact one.
pub fn content_disposition(disposition: &str, name: &str) -> String {
    let plain = |char: char| char.is_ascii_graphic() && !matches!(char, '"' | '\\' | '%') || char == ' ';
    let fallback: String = name.chars().map(|char| if plain(char) { char } else { '_' }).collect();
    let exact = utf8_percent_encode(name, NOT_ATTR_CHAR);
    if fallback == name {
        format!("{disposition}; filename=\"{fallback}\"")
    } else {
        format!("{disposition}; filename=\"{fallback}\"; filename*=UTF-8''{exact}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_safe_in_a_header_and_exact_for_those_who_read_it() {
        let header = |name| content_disposition("attachment", name);
        insta::assert_snapshot!(header("notes v2.md"), @r#"attachment; filename="notes v2.md""#);
        insta::assert_snapshot!(header("100%.txt"), @r#"attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt"#);
        insta::assert_snapshot!(header("a\"b\\c;d'é📦.txt"), @r#"attachment; filename="a_b_c;d'__.txt"; filename*=UTF-8''a%22b%5Cc%3Bd%27%C3%A9%F0%9F%93%A6.txt"#);
    }
}
