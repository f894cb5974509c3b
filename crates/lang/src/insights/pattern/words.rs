//! Cuts a message into words, and knows numbers, times, addresses and ids by their form.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A word of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word<'t> {
    Fixed(&'t str),
    Token(Kind),
}

/// What a variable part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Time,
    Ip,
    Id,
    Number,
    /// Anything.
    Token,
}

impl Kind {
    /// As patterns show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Date => "Date",
            Self::Time => "Time",
            Self::Ip => "IP",
            Self::Id => "ID",
            Self::Number => "Number",
            Self::Token => "Token",
        }
    }
}

/// The separators of a message, one more than its words, and the words.
pub(super) fn cut(message: &str) -> (Vec<&str>, Vec<Word<'_>>) {
    let (mut separators, mut words) = (Vec::new(), Vec::new());
    let (mut separator_start, mut at) = (0, 0);
    while at < message.len() {
        let rest = &message[at..];
        let run = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if run == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        separators.push(&message[separator_start..at]);
        let (kind, length) = match known(rest) {
            Some(known) => known,
            None => (id(&rest[..run]), run),
        };
        words.push(kind.map_or(Word::Fixed(&rest[..length]), Word::Token));
        at += length;
        separator_start = at;
        // `2024-05-19T06:10:16`: the time is a token of its own, and `T` belongs to what separates them.
        at += usize::from(kind == Some(Kind::Date) && joins_time(&message[at..]));
    }
    separators.push(&message[separator_start..]);
    (separators, words)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What is longer than a run of letters and digits, at the beginning of a text: its kind, and its length.
fn known(text: &str) -> Option<(Option<Kind>, usize)> {
    let bytes = text.as_bytes();
    if !bytes[0].is_ascii_hexdigit() {
        return None;
    }
    // Where the word would end if all that these have inside were part of it.
    let ends = |length: usize| !text[length..].starts_with(is_word);
    let found = |kind: Kind, length: usize| ends(length).then_some((Some(kind), length));
    if shape(bytes, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") {
        return found(Kind::Id, 36);
    }
    if let Some(length) = ip(text) {
        return found(Kind::Ip, length);
    }
    if !bytes[0].is_ascii_digit() {
        return None;
    }
    for (date, length) in [("dddd-dd-dd", 10), ("dddd/dd/dd", 10), ("dd/aaa/dddd", 11), ("dd-dd-dddd", 10)] {
        if shape(bytes, date) {
            return if joins_time(&text[length..]) {
                Some((Some(Kind::Date), length))
            } else {
                found(Kind::Date, length)
            };
        }
    }
    if shape(bytes, "dd:dd") {
        return Some((Some(Kind::Time), time(text)));
    }
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    let length = match bytes.get(whole) {
        Some(b'.') if digits(whole + 1) > 0 => whole + 1 + digits(whole + 1),
        _ => whole,
    };
    found(Kind::Number, length)
}

/// Whether what follows a date is a time that belongs to it.
fn joins_time(text: &str) -> bool {
    shape(text.as_bytes(), "Tdd:dd")
}

/// Whether bytes begin as a shape does: `d` a digit, `h` a hexadecimal one, `a` a letter.
fn shape(bytes: &[u8], shape: &str) -> bool {
    bytes.len() >= shape.len()
        && bytes.iter().zip(shape.bytes()).all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            b'h' => byte.is_ascii_hexdigit(),
            b'a' => byte.is_ascii_alphabetic(),
            sign => *byte == sign,
        })
}

/// How long a time of day is: with seconds, a fraction and a zone, if it has them.
fn time(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 5;
    if shape(&bytes[length..], ":dd") {
        length += 3;
        if let Some(b'.' | b',') = bytes.get(length) {
            let digits = bytes[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            length += if digits > 0 { digits + 1 } else { 0 };
        }
    }
    let rest = &bytes[length..];
    for (zone, signed) in [("Z", false), ("+dd:dd", true), ("+dddd", true)] {
        let negative = zone.replace('+', "-");
        if shape(rest, zone) || (signed && shape(rest, &negative)) {
            return length + zone.len();
        }
    }
    length
}

/// How long an address is.
fn ip(text: &str) -> Option<usize> {
    let run = text.bytes().position(|byte| !(byte.is_ascii_hexdigit() || byte == b'.' || byte == b':'));
    let run = &text[..run.unwrap_or(text.len())];
    // A port or the end of a sentence may follow.
    let v4 = run.find(':').map_or(run, |colon| &run[..colon]).trim_end_matches('.');
    if v4.len() >= 7 && v4.parse::<Ipv4Addr>().is_ok() {
        return Some(v4.len());
    }
    let v6 = run.trim_end_matches('.');
    let groups = v6.bytes().filter(|byte| *byte == b':').count();
    (groups >= 2 && v6.contains("::") | (groups == 7) && v6.parse::<Ipv6Addr>().is_ok()).then_some(v6.len())
}

/// Whether a run of letters and digits looks made up by a machine.
fn id(word: &str) -> Option<Kind> {
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    (digit && word.len() >= 6).then_some(Kind::Id)
}
