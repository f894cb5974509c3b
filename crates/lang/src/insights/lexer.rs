//! Splits a query into tokens; each knows where it stands.

use std::ops::Range;

use super::QueryError;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name in its parts: `a.b` has two. A part may be quoted in backticks.
    Name(Vec<Part>),
    /// A number as it is written.
    Number(String),
    /// A number with a unit, as it is written: `5m`.
    Duration(String),
    /// What quotes held.
    Text(String),
    /// A mark: an operator, a bracket, a comma.
    Mark(&'static str),
    /// The query is over.
    End,
}

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// Every mark, the longer ones first.
const MARKS: [&str; 22] =
    ["!=", "<=", ">=", "=~", "|", "(", ")", "[", "]", ",", ":", ".", "+", "-", "*", "/", "^", "%", "=", "<", ">", "!"];

/// Reads tokens off a text, one at a time: a slash begins a regular expression only where one may stand.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The text that is read.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// How far it has been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next token and its bytes.
    pub(super) fn next(&mut self) -> Result<(Token, Range<usize>), QueryError> {
        self.skip_blanks();
        let start = self.at;
        let token = match self.peek() {
            None => Token::End,
            Some('\'' | '"') => self.quoted()?,
            Some(c) if c.is_ascii_digit() => self.number(),
            Some('.') if self.text[self.at + 1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            Some(c) if starts_name(c) => self.name()?,
            Some(c) => match MARKS.iter().find(|mark| self.text[self.at..].starts_with(**mark)) {
                Some(mark) => {
                    self.at += mark.len();
                    Token::Mark(mark)
                }
                None => return Err(QueryError::unexpected(self.text, start..start + c.len_utf8())),
            },
        };
        Ok((token, start..self.at))
    }

    /// The rest of a regular expression whose first slash is read: its pattern, with `\/` as `/`.
    pub(super) fn regex(&mut self) -> Result<String, QueryError> {
        let start = self.at - 1;
        let mut pattern = String::new();
        while let Some(c) = self.take() {
            match c {
                '/' => return Ok(pattern),
                '\\' => match self.take() {
                    Some('/') => pattern.push('/'),
                    Some(escaped) => pattern.extend(['\\', escaped]),
                    None => break,
                },
                c => pattern.push(c),
            }
        }
        Err(QueryError::unexpected(self.text, start..self.text.len()))
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.text[self.at..].trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let len = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// A backslash gives quotes, itself, and the usual blanks; before anything else it stays, as
    /// texts are also globs and regular expressions.
    fn quoted(&mut self) -> Result<Token, QueryError> {
        let start = self.at;
        let quote = self.take();
        let mut text = String::new();
        while let Some(c) = self.take() {
            if Some(c) == quote {
                return Ok(Token::Text(text));
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match self.take() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(escaped @ ('\\' | '"' | '\'')) => text.push(escaped),
                Some(other) => text.extend(['\\', other]),
                None => break,
            }
        }
        Err(QueryError::unexpected(self.text, start..self.text.len()))
    }

    /// `12`, `1.5`, `1e3`, `5m`.
    fn number(&mut self) -> Token {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        if self.text[self.at..].starts_with('.') {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        if let Some(len) = exponent_len(&self.text.as_bytes()[self.at..]) {
            self.at += len;
            self.take_while(|c| c.is_ascii_digit());
            return Token::Number(self.text[start..self.at].to_owned());
        }
        let unit = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let text = self.text[start..self.at].to_owned();
        if unit.is_empty() { Token::Number(text) } else { Token::Duration(text) }
    }

    fn name(&mut self) -> Result<Token, QueryError> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.part()?);
            let rest = &self.text[self.at..];
            let goes_on = rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(continues_name));
            if !goes_on {
                return Ok(Token::Name(parts));
            }
            self.at += 1;
        }
    }

    fn part(&mut self) -> Result<Part, QueryError> {
        if self.peek() != Some('`') {
            let text = self.take_while(|c| continues_name(c) && c != '`').to_owned();
            return Ok(Part { text, quoted: false });
        }
        let start = self.at;
        self.at += 1;
        let text = self.take_while(|c| c != '`').to_owned();
        if self.take().is_none() || text.is_empty() {
            return Err(QueryError::unexpected(self.text, start..self.at));
        }
        Ok(Part { text, quoted: true })
    }
}

/// How long the beginning of an exponent is, up to its first digit.
fn exponent_len(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'e' | b'E', b'0'..=b'9', ..] => Some(2),
        [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] => Some(3),
        _ => None,
    }
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '@' | '`')
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '`')
}

/// Whether a later part of a name can do without backticks.
pub(super) fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| continues_name(c) && c != '`')
}

/// Whether the first part of a name can.
pub(super) fn is_plain_start(part: &str) -> bool {
    is_plain(part) && part.starts_with(starts_name)
}
