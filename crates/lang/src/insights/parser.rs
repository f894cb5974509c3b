//! What every part of the parser needs: the token at hand and the moves over it.

use std::ops::Range;

use super::QueryError;
use super::expression::KEYWORDS;
use super::lexer::{Lexer, Token};

/// How deep expressions may nest.
const DEPTH_MAX: usize = 64;

/// A reader over tokens.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token,
    span: Range<usize>,
    end_of_last: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, QueryError> {
        let mut lexer = Lexer::new(text);
        let (token, span) = lexer.next()?;
        Ok(Self { lexer, token, span, end_of_last: 0, depth: 0 })
    }

    /// The query's text.
    pub(super) fn text(&self) -> &'t str {
        self.lexer.text()
    }

    /// The token at hand.
    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the token before it ends.
    pub(super) fn end_of_last(&self) -> usize {
        self.end_of_last
    }

    /// Whether nothing stands between it and the one before.
    pub(super) fn is_adjacent(&self) -> bool {
        self.end_of_last == self.span.start
    }

    pub(super) fn advance(&mut self) -> Result<(), QueryError> {
        self.end_of_last = self.span.end;
        (self.token, self.span) = self.lexer.next()?;
        Ok(())
    }

    /// The token at hand is out of place.
    pub(super) fn unexpected(&self) -> QueryError {
        QueryError::unexpected(self.text(), self.span())
    }

    /// What begins with the token at hand is known and refused.
    pub(super) fn refuse(&self, message: impl Into<String>) -> QueryError {
        QueryError::at(self.text(), self.span(), message)
    }

    pub(super) fn is_mark(&self, mark: &str) -> bool {
        matches!(&self.token, Token::Mark(at_hand) if *at_hand == mark)
    }

    pub(super) fn take_mark(&mut self, mark: &str) -> Result<bool, QueryError> {
        let found = self.is_mark(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn mark(&mut self, mark: &str) -> Result<(), QueryError> {
        if self.take_mark(mark)? { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The unquoted word at hand.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Name(parts) => match parts.as_slice() {
                [part] if !part.quoted => Some(&part.text),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn take_keyword(&mut self, keyword: &str) -> Result<bool, QueryError> {
        let found = self.is_keyword(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Result<(), QueryError> {
        if self.take_keyword(keyword)? { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Whether the command is over.
    pub(super) fn is_end(&self) -> bool {
        self.is_mark("|") || self.token == Token::End
    }

    /// Whether the word at hand is a function's name: no keyword, with a bracket behind.
    pub(super) fn is_call(&self) -> bool {
        if KEYWORDS.iter().any(|keyword| self.is_keyword(keyword)) {
            return false;
        }
        // Whatever stands there is read again, and a mistake in it is found then.
        let next = self.lexer.clone().next();
        matches!(next, Ok((Token::Mark("("), _)))
    }

    /// The parts of a name that is no keyword.
    pub(super) fn name(&mut self) -> Result<Vec<String>, QueryError> {
        if KEYWORDS.iter().any(|keyword| self.is_keyword(keyword)) {
            return Err(self.unexpected());
        }
        let Token::Name(parts) = &self.token else { return Err(self.unexpected()) };
        let parts = parts.iter().map(|part| part.text.clone()).collect();
        self.advance()?;
        Ok(parts)
    }

    /// A name for what a command makes: its parts are one name.
    pub(super) fn alias(&mut self) -> Result<String, QueryError> {
        Ok(self.name()?.join("."))
    }

    /// A text in quotes.
    pub(super) fn quoted(&mut self) -> Result<String, QueryError> {
        let Token::Text(text) = &self.token else { return Err(self.unexpected()) };
        let text = text.clone();
        self.advance()?;
        Ok(text)
    }

    /// A whole number without a sign.
    pub(super) fn whole(&mut self) -> Result<u64, QueryError> {
        let Token::Number(number) = &self.token else { return Err(self.unexpected()) };
        let number = number.parse().map_err(|_| self.unexpected())?;
        self.advance()?;
        Ok(number)
    }

    /// The regular expression that begins with the slash at hand.
    pub(super) fn regex(&mut self) -> Result<String, QueryError> {
        if !self.is_mark("/") {
            return Err(self.unexpected());
        }
        let pattern = self.lexer.regex()?;
        self.span.end = self.lexer.at();
        self.advance()?;
        Ok(pattern)
    }

    /// Reads something that may hold itself.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        if self.depth == DEPTH_MAX {
            return Err(self.unexpected());
        }
        self.depth += 1;
        let outcome = read(self);
        self.depth -= 1;
        outcome
    }

    /// Things with commas between; at least one.
    pub(super) fn separated<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        let mut all = vec![read(self)?];
        while self.take_mark(",")? {
            all.push(read(self)?);
        }
        Ok(all)
    }
}
