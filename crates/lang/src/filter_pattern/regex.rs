//! The regular expressions of patterns: a subset without groups, checked here and run in linear time by the `regex`
//! crate (logs.md §3.4).
//!
//! Messages are bytes to them: `.` is one byte, and classes know ASCII alone.

use ::regex::bytes::{Regex, RegexBuilder};

use crate::needle::Needle;

/// The most memory of a compiled expression, in bytes: `{m,n}` may ask for much.
const SIZE_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Debug)]
pub(super) struct PatternRegex {
    compiled: Regex,
    /// Alternatives, each with the texts that it cannot do without.
    literals: Vec<Vec<String>>,
}

impl PatternRegex {
    /// Compiles what stands between percent signs; `None` if it is outside the subset or too big.
    pub fn parse(source: &str) -> Option<Self> {
        if source.is_empty() {
            return None;
        }
        let mut parser = Parser { rest: source.as_bytes(), out: String::new(), run: String::new(), runs: Vec::new() };
        let literals = parser.alternatives()?;
        let mut builder = RegexBuilder::new(&parser.out);
        let compiled = builder.unicode(false).size_limit(SIZE_BYTES_MAX).dfa_size_limit(SIZE_BYTES_MAX).build().ok()?;
        Some(Self { compiled, literals })
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text.as_bytes())
    }

    /// What a text must contain to match, where `piece` says what a literal part of the match demands.
    pub fn needle(&self, piece: &impl Fn(String) -> Needle) -> Needle {
        let all = |literals: &Vec<String>| Needle::all(literals.iter().cloned().map(piece));
        Needle::any_of(self.literals.iter().map(all))
    }
}

/// Reads the subset and writes the same for the `regex` crate, with every literal as a number, so that nothing in it
/// can mean more there than here.
struct Parser<'t> {
    rest: &'t [u8],
    out: String,
    /// Literal characters that follow one another.
    run: String,
    /// Such runs of the alternative that is being read.
    runs: Vec<String>,
}

/// One thing that may be repeated.
enum Atom {
    Literal(u8),
    Other,
}

/// How often an atom comes.
enum Repetition {
    Once,
    AtLeast(u32),
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Vec<Vec<String>>> {
        let mut alternatives = Vec::new();
        loop {
            while self.rest.first().is_some_and(|byte| *byte != b'|') {
                self.piece()?;
            }
            self.end_run();
            alternatives.push(std::mem::take(&mut self.runs));
            if !self.eat(b'|') {
                return Some(alternatives);
            }
            self.out.push('|');
        }
    }

    /// An anchor, or an atom with how often it comes.
    fn piece(&mut self) -> Option<()> {
        if matches!(self.rest.first(), Some(b'^' | b'$')) {
            self.end_run();
            let anchor = self.next()?;
            self.out.push(char::from(anchor));
            return Some(());
        }
        let atom = self.atom()?;
        match (atom, self.repetition()?) {
            (Atom::Literal(byte), Repetition::Once) => self.run.push(char::from(byte)),
            (Atom::Literal(byte), Repetition::AtLeast(1..)) => {
                self.run.push(char::from(byte));
                self.end_run();
            }
            (Atom::Literal(_), Repetition::AtLeast(0)) | (Atom::Other, _) => self.end_run(),
        }
        Some(())
    }

    fn atom(&mut self) -> Option<Atom> {
        match self.next()? {
            b'.' => self.out.push('.'),
            b'[' => self.class()?,
            b'\\' => match self.escape()? {
                Escape::Class(name) => self.out.extend(['\\', char::from(name)]),
                Escape::Byte(byte) => {
                    self.literal(byte);
                    // A run is text; a byte that is only a part of a character is none.
                    return Some(if byte.is_ascii() { Atom::Literal(byte) } else { Atom::Other });
                }
            },
            byte if is_plain(byte) => {
                self.literal(byte);
                return Some(Atom::Literal(byte));
            }
            _ => return None,
        }
        Some(Atom::Other)
    }

    /// `*`, `+`, `?` or `{m,n}` with either bound left out; or nothing.
    fn repetition(&mut self) -> Option<Repetition> {
        let min = match self.rest.first() {
            Some(b'*' | b'?') => 0,
            Some(b'+') => 1,
            Some(b'{') => {
                self.next();
                let from = self.number();
                let to = if self.eat(b',') { self.number() } else { Some(from?) };
                if !self.eat(b'}') || from.is_none() && to.is_none() {
                    return None;
                }
                let from = from.unwrap_or(0);
                let bounds = match to {
                    Some(to) if to < from => return None,
                    Some(to) => format!("{{{from},{to}}}"),
                    None => format!("{{{from},}}"),
                };
                self.out.push_str(&bounds);
                return Some(Repetition::AtLeast(from));
            }
            _ => return Some(Repetition::Once),
        };
        let sign = self.next()?;
        self.out.push(char::from(sign));
        Some(Repetition::AtLeast(min))
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.eat(b'^') {
            self.out.push('^');
        }
        if self.rest.first() == Some(&b']') {
            return None;
        }
        loop {
            let first = match self.next()? {
                b']' => break,
                b'\\' => match self.escape()? {
                    Escape::Class(name) => {
                        self.out.extend(['\\', char::from(name)]);
                        continue;
                    }
                    Escape::Byte(byte) => byte,
                },
                byte if is_plain(byte) || is_operator(byte) => byte,
                _ => return None,
            };
            self.literal(first);
            // A hyphen before the end of the class is itself.
            if let [b'-', last, ..] = *self.rest
                && last != b']'
            {
                self.rest = &self.rest[1..];
                let last = match self.next()? {
                    b'\\' => match self.escape()? {
                        Escape::Class(_) => return None,
                        Escape::Byte(byte) => byte,
                    },
                    byte if is_plain(byte) || is_operator(byte) => byte,
                    _ => return None,
                };
                self.out.push('-');
                self.literal(last);
            }
        }
        self.out.push(']');
        Some(())
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Option<Escape> {
        match self.next()? {
            name @ (b'd' | b'D' | b's' | b'S' | b'w' | b'W') => Some(Escape::Class(name)),
            b'x' => {
                let digits = std::str::from_utf8(self.rest.get(..2)?).ok()?;
                if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return None;
                }
                self.rest = &self.rest[2..];
                Some(Escape::Byte(u8::from_str_radix(digits, 16).ok()?))
            }
            byte if is_operator(byte) || is_plain(byte) && !byte.is_ascii_alphanumeric() => Some(Escape::Byte(byte)),
            _ => None,
        }
    }

    fn literal(&mut self, byte: u8) {
        self.out.push_str(&format!("\\x{byte:02X}"));
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            self.runs.push(std::mem::take(&mut self.run));
        }
    }

    fn number(&mut self) -> Option<u32> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.rest.first() == Some(&byte);
        if there {
            self.rest = &self.rest[1..];
        }
        there
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

enum Escape {
    /// The letter of a class such as `\d`.
    Class(u8),
    Byte(u8),
}

/// What stands for itself (logs.md FR-1).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'#' | b'=' | b'@' | b'/' | b';' | b',' | b'-' | b' ')
}

fn is_operator(byte: u8) -> bool {
    matches!(byte, b'^' | b'$' | b'?' | b'[' | b']' | b'{' | b'}' | b'|' | b'\\' | b'*' | b'+' | b'.')
}
