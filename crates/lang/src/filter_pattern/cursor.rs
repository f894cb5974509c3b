//! A place in the text of a pattern, and what all kinds of patterns are made of.

use super::regex::PatternRegex;
use super::{PatternError, REGEXES_MAX};

/// AWS's words for nearly every mistake (logs.md FP-6).
pub(super) const INVALID: &str = "Invalid filter pattern";

pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    regexes: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, regexes: 0 }
    }

    /// How many regular expressions were read.
    pub fn regexes(&self) -> usize {
        self.regexes
    }

    pub fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub fn eat(&mut self, word: &str) -> bool {
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    /// A keyword in either case (logs.md FJ-10).
    pub fn eat_keyword(&mut self, word: &str) -> bool {
        let there = self.rest().get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word));
        let ends = there && !self.rest()[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    pub fn expect(&mut self, word: &str) -> Result<(), PatternError> {
        if self.eat(word) { Ok(()) } else { Err(self.invalid()) }
    }

    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub fn skip_blanks(&mut self) -> bool {
        !self.take_while(char::is_whitespace).is_empty()
    }

    /// Nothing but blanks may follow.
    pub fn expect_end(&mut self) -> Result<(), PatternError> {
        self.skip_blanks();
        if self.rest().is_empty() { Ok(()) } else { Err(self.invalid()) }
    }

    /// That the pattern is wrong here.
    pub fn invalid(&self) -> PatternError {
        self.error(INVALID.to_owned())
    }

    pub fn error(&self, message: String) -> PatternError {
        PatternError { message, position: self.text[..self.at].chars().count() }
    }

    /// A text in quotation marks; `\"` and `\\` stand for what is escaped, any other backslash for itself.
    pub fn quoted(&mut self) -> Result<String, PatternError> {
        let begin = self.invalid();
        self.expect("\"")?;
        let mut value = String::new();
        loop {
            if self.eat("\\\"") {
                value.push('"');
            } else if self.eat("\\\\") {
                value.push('\\');
            } else {
                match self.next() {
                    Some('"') => return Ok(value),
                    Some(other) => value.push(other),
                    None => return Err(begin),
                }
            }
        }
    }

    /// A regular expression between percent signs.
    pub fn regex(&mut self) -> Result<PatternRegex, PatternError> {
        let begin = self.invalid();
        self.expect("%")?;
        let source = self.take_while(|c| c != '%');
        self.expect("%")?;
        self.regexes += 1;
        match PatternRegex::parse(source) {
            Some(regex) if self.regexes <= REGEXES_MAX => Ok(regex),
            _ => Err(begin),
        }
    }
}
