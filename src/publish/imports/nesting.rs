//! How deep a source nests, before it is parsed: parsers call themselves for each level, and one that runs out of stack takes
//! the whole instance with it.
//!
//! It goes over the text once, and knows strings, comments, templates, regular expressions and JSX well enough for what people
//! and tools write. Each open bracket or element costs, and so does each operator or word that makes an expression one deeper
//! (`!!!a`, `a ? b : c ? d : …`), until a separator ends it. What is dearer than the parser can take is not parsed.

mod levels;
#[cfg(test)]
mod tests;

use levels::{Kind, LINK, Levels};

/// What a word or sign costs that a parser follows by calling itself.
const NESTING: u32 = 4;
/// The dearest that is parsed. The stack is enough for twice as much of the worst.
const COST_MAX: u32 = 2_400;

/// Words behind which something nests.
const WORDS: [&str; 30] = [
    "as",
    "async",
    "await",
    "case",
    "class",
    "default",
    "delete",
    "do",
    "else",
    "extends",
    "for",
    "function",
    "if",
    "in",
    "infer",
    "instanceof",
    "is",
    "keyof",
    "new",
    "of",
    "readonly",
    "return",
    "satisfies",
    "throw",
    "typeof",
    "unique",
    "void",
    "while",
    "with",
    "yield",
];
/// Words that go on with what stands before them, also on a new line.
const GOING_ON: [&str; 7] = ["as", "else", "extends", "in", "instanceof", "is", "satisfies"];

/// Whether a source can be parsed; `is_jsx` says whether elements may stand in it.
pub fn is_parsable(source: &str, is_jsx: bool) -> bool {
    let mut scan = Scan { bytes: source.as_bytes(), at: 0, is_jsx, levels: Levels::default(), before: b';', word: "" };
    while scan.at < scan.bytes.len() {
        scan.step();
        if scan.levels.cost() > COST_MAX {
            return false;
        }
    }
    true
}

struct Scan<'s> {
    bytes: &'s [u8],
    at: usize,
    is_jsx: bool,
    levels: Levels,
    /// The last byte that was no blank and no comment; of a word, its last.
    before: u8,
    /// The last word, if nothing has come since.
    word: &'s str,
}

impl<'s> Scan<'s> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn take(&mut self, count: usize, before: u8) {
        self.at += count;
        (self.before, self.word) = (before, "");
    }

    fn step(&mut self) {
        match self.levels.kind() {
            Kind::Template => self.in_template(),
            Kind::Children => self.in_children(),
            Kind::Code | Kind::Closed(_) | Kind::Tag => self.in_code(),
        }
    }

    fn in_template(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (b'\\', _) => self.at += 2,
            (b'`', _) => {
                self.levels.pop();
                self.take(1, b'"');
            }
            (b'$', b'{') => {
                self.levels.push(Kind::Closed(b'}'));
                self.take(2, b'{');
            }
            _ => self.at += 1,
        }
    }

    fn in_children(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (b'{', _) => {
                self.levels.push(Kind::Closed(b'}'));
                self.take(1, b'{');
            }
            // No text has one: this was no element, but a parameter of types.
            (b'}', _) => self.levels.pop(),
            (b'<', b'/') => {
                let length = self.rest().iter().position(|byte| *byte == b'>').map_or(usize::MAX, |at| at + 1);
                self.levels.pop();
                self.take(length.min(self.bytes.len() - self.at), b')');
            }
            (b'<', _) => {
                self.levels.push(Kind::Tag);
                self.take(1, b'<');
            }
            _ => self.at += 1,
        }
    }

    fn in_code(&mut self) {
        let byte = self.peek(0);
        match (byte, self.peek(1)) {
            (b'\n', _) => self.line(),
            (b' ' | b'\t' | b'\r', _) => self.at += 1,
            (b'/', b'/') => self.skip_to(b"\n"),
            (b'/', b'*') => self.skip_to(b"*/"),
            (b'\'' | b'"', _) => self.string(byte),
            (b'`', _) => {
                self.levels.push(Kind::Template);
                self.at += 1;
            }
            (b'(', _) => self.open(b')'),
            (b'[', _) => self.open(b']'),
            (b'{', _) => self.open(b'}'),
            (b')' | b']' | b'}', _) => self.close(byte),
            (b';' | b',', _) => {
                self.take(1, byte);
                // `if (a) b; else if (c) …` is one statement, and each deeper than the one before.
                if self.next_word().is_none_or(|word| word != "else") {
                    self.levels.settle();
                }
            }
            (b'>', _) if self.levels.kind() == Kind::Tag => {
                self.levels.begin_children();
                self.take(1, b'>');
            }
            (b'/', b'>') if self.levels.kind() == Kind::Tag => {
                self.levels.pop();
                self.take(2, b')');
            }
            (b'<', _) if self.is_element() => {
                self.levels.push(Kind::Tag);
                self.take(1, b'<');
            }
            (b'/', _) if self.is_operand_next() => self.regex(),
            (b'=' | b'?' | b':', _) => self.sign(NESTING),
            (_, _) if is_word(byte) => self.take_word(),
            _ => self.sign(LINK),
        }
    }

    fn rest(&self) -> &'s [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn sign(&mut self, cost: u32) {
        self.levels.spend(cost);
        self.take(1, self.peek(0));
    }

    fn open(&mut self, closing: u8) {
        self.levels.push(Kind::Closed(closing));
        self.take(1, self.peek(0));
    }

    /// Closes what is open; what closes nothing is passed over.
    fn close(&mut self, closing: u8) {
        self.levels.close(closing);
        self.take(1, closing);
    }

    /// The end of a line ends a statement, if one can end before it and one can begin behind it.
    fn line(&mut self) {
        self.at += 1;
        let ends = is_word(self.before) || matches!(self.before, b')' | b']' | b'}' | b'"');
        let goes_on = GOING_ON.contains(&self.word) || WORDS.contains(&self.word);
        let Some(next) = self.next_word() else { return };
        // `if (a)` goes on in the next line, and looks like a call.
        let is_nested = self.before == b')' && WORDS.contains(&next);
        if ends && !goes_on && !is_nested && !GOING_ON.contains(&next) {
            self.levels.settle();
        }
    }

    /// The word behind blanks, if there is one.
    fn next_word(&self) -> Option<&'s str> {
        let rest = self.rest();
        let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let word = word(rest.get(start..)?);
        (!word.is_empty()).then_some(word)
    }

    fn take_word(&mut self) {
        let word = word(self.rest());
        if WORDS.contains(&word) && self.before != b'.' {
            self.levels.spend(NESTING);
        }
        self.at += word.len().max(1);
        (self.before, self.word) = (b'a', word);
    }

    /// A string ends with its line, whatever it was.
    fn string(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() && !matches!(self.peek(0), b'\n') && self.peek(0) != quote {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        self.take(1, b'"');
    }

    /// A regular expression, if it ends in its line; else it was a sign.
    fn regex(&mut self) {
        let (mut is_class, mut at) = (false, self.at + 1);
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return self.sign(LINK),
                Some(b'\\') => at += 1,
                Some(b'[') => is_class = true,
                Some(b']') => is_class = false,
                Some(b'/') if !is_class => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.take(at + 1 - self.at, b'"');
    }

    fn skip_to(&mut self, end: &[u8]) {
        let found = self.rest().windows(end.len()).position(|window| window == end);
        // The end of a line is looked at.
        let behind = if end == b"\n" { 0 } else { end.len() };
        self.at = found.map_or(self.bytes.len(), |at| self.at + at + behind);
    }

    /// Whether what comes begins an operand: it stands behind a sign or a word of the language.
    fn is_operand_next(&self) -> bool {
        let is_operand = is_word(self.before) || matches!(self.before, b')' | b']' | b'}' | b'"');
        !is_operand || WORDS.contains(&self.word)
    }

    /// Whether a `<` begins an element, and not a comparison or a parameter of types.
    fn is_element(&self) -> bool {
        let name = word(self.bytes.get(self.at + 1..).unwrap_or_default());
        let begins = !name.is_empty() || self.peek(1) == b'>';
        let behind = self.bytes.get(self.at + 1 + name.len()..).unwrap_or_default().trim_ascii_start();
        let is_parameter = behind.first() == Some(&b',') || word(behind) == "extends";
        self.is_jsx && begins && !is_parameter && self.is_operand_next()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'@') || !byte.is_ascii()
}

/// The word that bytes begin with. All of it is of whole characters: what is no ASCII belongs to words.
fn word(bytes: &[u8]) -> &str {
    let length = bytes.iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len());
    bytes.get(..length).and_then(|word| std::str::from_utf8(word).ok()).unwrap_or_default()
}
