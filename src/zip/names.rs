//! Names in a zip. They are those of the workspace, byte for byte, but for what some reader would take for a way out of the folder
//! that it unpacks into. What no name of a workspace has, `..` as a whole name, control characters, a slash, is not looked for.

use std::collections::HashSet;

/// A path as it stands in a zip. To Windows a backslash is a slash, so `..\..\x` would lead out: it becomes `%5C`; and what reads
/// like that already becomes `%255C`, so that no two paths become one.
pub fn safe(path: &str) -> String {
    let mut safe = String::with_capacity(path.len());
    for (at, char) in path.char_indices() {
        match char {
            '\\' => safe.push_str("%5C"),
            '%' if reads_like_one(path.get(at + 1..).unwrap_or_default()) => safe.push_str("%25"),
            char => safe.push(char),
        }
    }
    safe
}

/// Whether what stands behind a `%` is that of a backslash, escaped any number of times.
fn reads_like_one(rest: &str) -> bool {
    rest.trim_start_matches("25").get(..2).is_some_and(|code| code.eq_ignore_ascii_case("5C"))
}

/// The names at the top of a zip, which may come from several folders.
#[derive(Default)]
pub struct TopNames(HashSet<String>);

impl TopNames {
    /// A name that nothing else at the top has: `a.txt`, then `a (2).txt`. A drive's letter (`C:`) is none at the start of a path.
    pub fn take(&mut self, name: &str, is_directory: bool) -> String {
        let mut name = safe(name);
        if name.get(1..2) == Some(":") && name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            name.replace_range(1..2, "_");
        }
        let dot = name.rfind('.').filter(|dot| *dot > 0 && !is_directory).unwrap_or(name.len());
        let (stem, extension) = name.split_at_checked(dot).unwrap_or((&name, ""));
        let numbered = (2..).map(|number: u32| format!("{stem} ({number}){extension}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_name_leads_out_and_all_others_stay() {
        for same in
            ["a/b", "é📦", "...", "..a/b..", "a b", "50%", "%", "%2", "%25", "\u{202e}txt.exe", "\"q'", "CON", "a:b"]
        {
            assert_eq!(safe(same), same);
        }
        assert_eq!(safe(r"..\..\evil"), "..%5C..%5Cevil");
        assert_eq!(safe("a%5Cb"), "a%255Cb");
        assert_eq!(safe("a%5cb%255Cc"), "a%255cb%25255Cc");
    }

    #[test]
    fn names_of_several_folders_do_not_meet() {
        let mut names = TopNames::default();
        for (name, is_directory, expected) in [
            ("a.txt", false, "a.txt"),
            ("a.txt", false, "a (2).txt"),
            ("a (2).txt", false, "a (2) (2).txt"),
            ("a.txt", false, "a (3).txt"),
            ("a.txt", true, "a.txt (2)"),
            (".env", false, ".env"),
            (".env", false, ".env (2)"),
            ("C:", true, "C_"),
            ("C_", false, "C_ (2)"),
            ("12:30", false, "12:30"),
        ] {
            assert_eq!(names.take(name, is_directory), expected);
        }
    }

    proptest! {
        #[test]
        fn no_two_paths_become_one(one in r"[\\%25Cca/]{0,12}", other in r"[\\%25Cca/]{0,12}") {
            prop_assert_eq!(safe(&one) == safe(&other), one == other);
            prop_assert!(!safe(&one).contains('\\'));
        }
    }
}
