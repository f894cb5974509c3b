//! `op value`: what a value is compared with (logs.md FJ-5 to FJ-7, FS-2).

use std::cmp::Ordering;

use memchr::memmem::Finder;

use super::PatternError;
use super::cursor::Cursor;
use super::regex::PatternRegex;
use super::scalar::{Number, Scalar};
use crate::needle::Needle;

#[derive(Debug)]
pub(super) enum Comparison {
    Equal(Comparand),
    NotEqual(Comparand),
    Less(Number),
    LessOrEqual(Number),
    Greater(Number),
    GreaterOrEqual(Number),
}

#[derive(Debug)]
pub(super) enum Comparand {
    /// A number, with the text that a string is compared with.
    Number(Number, String),
    Text(Glob),
    Regex(PatternRegex),
}

/// How values stand in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As JSON: strings may be escaped, numbers may be written in other ways than compared.
    Json,
    /// As they are.
    Plain,
}

/// A text in which `*` stands for any run of characters.
#[derive(Debug)]
pub(super) enum Glob {
    Exact(String),
    Wild { prefix: String, middle: Vec<Finder<'static>>, suffix: String },
}

impl Comparison {
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let equality: Option<fn(Comparand) -> Self> = match () {
            () if cursor.eat("!=") => Some(Self::NotEqual),
            () if cursor.eat("=") => Some(Self::Equal),
            () => None,
        };
        if let Some(equality) = equality {
            cursor.skip_blanks();
            return Ok(equality(Comparand::parse(cursor)?));
        }
        let order: fn(Number) -> Self = match () {
            () if cursor.eat("<=") => Self::LessOrEqual,
            () if cursor.eat(">=") => Self::GreaterOrEqual,
            () if cursor.eat("<") => Self::Less,
            () if cursor.eat(">") => Self::Greater,
            () => return Err(cursor.invalid()),
        };
        cursor.skip_blanks();
        let begin = cursor.invalid();
        Ok(order(Number::parse(cursor.take_while(is_bare)).ok_or(begin)?))
    }

    pub fn holds(&self, value: &Scalar<'_>) -> bool {
        let ordered = |number: Number, fits: fn(Ordering) -> bool| {
            value.number().and_then(|value| value.compare(number)).is_some_and(fits)
        };
        match self {
            Self::Equal(comparand) => comparand.equals(value),
            Self::NotEqual(comparand) => !comparand.equals(value),
            Self::Less(number) => ordered(*number, Ordering::is_lt),
            Self::LessOrEqual(number) => ordered(*number, Ordering::is_le),
            Self::Greater(number) => ordered(*number, Ordering::is_gt),
            Self::GreaterOrEqual(number) => ordered(*number, Ordering::is_ge),
        }
    }

    /// What a message must contain for a value in it to pass.
    pub fn needle(&self, spelling: Spelling) -> Needle {
        match self {
            Self::Equal(comparand) => comparand.needle(spelling),
            _ => Needle::Anything,
        }
    }
}

impl Comparand {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        match cursor.peek() {
            Some('"') => Ok(Self::Text(Glob::new(&cursor.quoted()?))),
            Some('%') => Ok(Self::Regex(cursor.regex()?)),
            _ => {
                let text = cursor.take_while(is_bare);
                match Number::parse(text) {
                    _ if text.is_empty() => Err(cursor.invalid()),
                    Some(number) => Ok(Self::Number(number, text.to_owned())),
                    None => Ok(Self::Text(Glob::new(text))),
                }
            }
        }
    }

    fn equals(&self, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Number(number, _), Scalar::Number(value)) => value.compare(*number) == Some(Ordering::Equal),
            (Self::Number(_, text), value) => value.text() == text.as_str(),
            (Self::Text(glob), value) => glob.matches(&value.text()),
            (Self::Regex(regex), value) => regex.is_match(&value.text()),
        }
    }

    fn needle(&self, spelling: Spelling) -> Needle {
        let piece = |text: &str| match spelling {
            Spelling::Plain => Needle::contains(text),
            Spelling::Json if may_be_of_number(text) => Needle::Anything,
            Spelling::Json => Needle::json_string(text),
        };
        match (self, spelling) {
            // A number may be written in many ways.
            (Self::Number(..), Spelling::Json) => Needle::Anything,
            (Self::Number(_, text), Spelling::Plain) => Needle::contains(text),
            // The text of a number has digits alone only if it was written so.
            (Self::Text(Glob::Exact(text)), Spelling::Json) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Needle::json_string(text)
            }
            (Self::Text(glob), _) => Needle::all(glob.pieces().map(|text| piece(&text))),
            (Self::Regex(regex), _) => regex.needle(&|text| piece(&text)),
        }
    }
}

impl Glob {
    fn new(text: &str) -> Self {
        let mut pieces = text.split('*');
        let prefix = pieces.next().expect("splitting gives at least one piece").to_owned();
        match pieces.next_back() {
            None => Self::Exact(prefix),
            Some(suffix) => {
                let middle = pieces.filter(|piece| !piece.is_empty());
                let middle = middle.map(|piece| Finder::new(piece).into_owned()).collect();
                Self::Wild { prefix, middle, suffix: suffix.to_owned() }
            }
        }
    }

    fn matches(&self, text: &str) -> bool {
        let (prefix, middle, suffix) = match self {
            Self::Exact(exact) => return exact == text,
            Self::Wild { prefix, middle, suffix } => (prefix, middle, suffix),
        };
        let Some(text) = text.strip_prefix(prefix.as_str()) else { return false };
        let Some(text) = text.strip_suffix(suffix.as_str()) else { return false };
        // What comes first is taken first: a later place for it could only leave less to the rest.
        let mut rest = text.as_bytes();
        middle.iter().all(|piece| match piece.find(rest) {
            Some(at) => {
                rest = &rest[at + piece.needle().len()..];
                true
            }
            None => false,
        })
    }

    fn pieces(&self) -> impl Iterator<Item = String> {
        let (first, middle, last) = match self {
            Self::Exact(exact) => (exact, &[][..], None),
            Self::Wild { prefix, middle, suffix } => (prefix, middle.as_slice(), Some(suffix)),
        };
        let middle = middle.iter().map(|piece| String::from_utf8_lossy(piece.needle()).into_owned());
        std::iter::once(first.clone()).chain(middle).chain(last.cloned())
    }
}

/// Characters of values without quotation marks: besides letters and digits those of numbers, addresses and ARNs,
/// and the wildcard.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '*' | '-' | '+' | ':' | '/' | '@' | '#')
}

/// Whether a number, written in another way, may have this text in it.
fn may_be_of_number(text: &str) -> bool {
    let of_number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    text.bytes().all(of_number) && text.matches('.').count() <= 1
}
