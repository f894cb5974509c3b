//! A scanner over the bytes of JSON: strict as JSON is, and building only what it is asked for.

use std::borrow::Cow;

use crate::insights::Value;

/// How deep JSON may nest; what goes deeper is no JSON.
pub(super) const DEPTH_MAX: usize = 128;

/// A place in a text. Every method leaves it after what it read and gives `None` where that was not JSON.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

/// A string as it stands in the text.
#[derive(Clone, Copy)]
pub(super) struct Raw<'t> {
    text: &'t str,
    escaped: bool,
}

impl<'t> Raw<'t> {
    /// What the string means. Half of a surrogate pair is no character and reads as U+FFFD.
    pub fn read(self) -> Cow<'t, str> {
        if self.escaped { Cow::Owned(unescape(self.text)) } else { Cow::Borrowed(self.text) }
    }
}

/// What a value begins with.
pub(super) enum Kind {
    Object,
    Array,
    /// Anything that is not made of others.
    Leaf,
}

impl<'t> Scanner<'t> {
    /// At the beginning of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// What the next value is.
    pub fn kind(&mut self) -> Option<Kind> {
        self.blanks();
        Some(match self.peek()? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            _ => Kind::Leaf,
        })
    }

    /// Goes into an object or an array. Whether there is anything in it.
    pub fn enter(&mut self) -> Option<bool> {
        let close = self.peek()? + 2;
        self.at += 1;
        self.blanks();
        let empty = self.peek()? == close;
        self.at += usize::from(empty);
        Some(!empty)
    }

    /// After an element: goes to the next, or out of what closes with `close`. Whether there is a next.
    pub fn next(&mut self, close: u8) -> Option<bool> {
        self.blanks();
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => Some(true),
            _ if byte == close => Some(false),
            _ => None,
        }
    }

    /// The key of an entry, and the colon after it.
    pub fn key(&mut self) -> Option<Raw<'t>> {
        self.blanks();
        let key = self.string()?;
        self.blanks();
        self.expect(b':')?;
        Some(key)
    }

    /// A value that is not made of others.
    pub fn leaf(&mut self) -> Option<Value> {
        match self.peek()? {
            b'"' => self.string().map(|raw| match raw.escaped {
                true => Value::from(raw.read()),
                false => Value::from(raw.text),
            }),
            b't' => self.word("true").map(|()| Value::Bool(true)),
            b'f' => self.word("false").map(|()| Value::Bool(false)),
            b'n' => self.word("null").map(|()| Value::Null),
            _ => self.number().map(number),
        }
    }

    /// Passes over a value. How many leaves it has that are not null.
    pub fn skip(&mut self, depth: usize) -> Option<usize> {
        match self.kind()? {
            Kind::Leaf => self.skip_leaf(),
            _ if depth == DEPTH_MAX => None,
            Kind::Object => {
                let mut leaves = 0;
                let mut more = self.enter()?;
                while more {
                    self.key()?;
                    leaves += self.skip(depth + 1)?;
                    more = self.next(b'}')?;
                }
                Some(leaves)
            }
            Kind::Array => {
                let mut leaves = 0;
                let mut more = self.enter()?;
                while more {
                    leaves += self.skip(depth + 1)?;
                    more = self.next(b']')?;
                }
                Some(leaves)
            }
        }
    }

    fn skip_leaf(&mut self) -> Option<usize> {
        match self.peek()? {
            b'"' => self.string().map(|_| 1),
            b't' => self.word("true").map(|()| 1),
            b'f' => self.word("false").map(|()| 1),
            b'n' => self.word("null").map(|()| 0),
            _ => self.number().map(|_| 1),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes()[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<Raw<'t>> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = special(self.bytes(), self.at)?;
            match self.bytes()[self.at] {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Some(Raw { text, escaped })
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes().get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' => {
                let digits = self.bytes().get(self.at + 2..self.at + 6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<&'t str> {
        let start = self.at;
        let _ = self.expect(b'-');
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.expect(b'.').is_some() {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(&self.text[start..self.at])
    }
}

/// The value of a number. Whole ones beyond 64 bits stay texts, which compare as numbers, so that ids keep
/// their digits.
fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse() {
        return Value::Int(whole);
    }
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if whole { Value::from(text) } else { text.parse::<f64>().ok().into() }
}

/// Where the next byte is that a string cannot just go on with: a quote, a backslash, a control character.
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The high bit of each byte that is less than `n`; the lowest such bit is exact, those above may be wrong.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGHS;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().expect("the chunk has eight bytes"));
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let found = below(word, 0x20) | quote | backslash;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|index| at + index)
}

/// The meaning of a string whose escapes were checked.
fn unescape(text: &str) -> String {
    let mut meaning = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        meaning.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        meaning.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (c, read) = unicode(rest);
                rest = &rest[read..];
                c
            }
            other => char::from(other),
        });
    }
    meaning.push_str(rest);
    meaning
}

/// The character after `\u`, and how many bytes of the text it took.
fn unicode(text: &str) -> (char, usize) {
    let unit = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let first = unit(text).expect("the digits were checked");
    if (0xd800..0xdc00).contains(&first) {
        let second = text[4..].strip_prefix("\\u").and_then(unit);
        if let Some(second @ 0xdc00..0xe000) = second {
            let c = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return (char::from_u32(c).expect("a pair is a character"), 10);
        }
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}
