//! Patterns over fields between blanks: `[ip, user, ..., status = 4*, bytes > 1000]` (logs.md §3.3).

use std::borrow::Cow;

use smallvec::SmallVec;

use super::PatternError;
use super::comparison::{Comparison, Spelling};
use super::cursor::Cursor;
use super::expression::Expression;
use super::scalar::Scalar;
use crate::needle::Needle;

#[derive(Debug)]
pub(super) struct DelimitedPattern {
    fields: Vec<Field>,
    /// How many fields stand before the ellipsis.
    ellipsis: Option<usize>,
}

#[derive(Debug, Default)]
struct Field {
    name: Option<String>,
    condition: Option<Expression<Comparison>>,
}

/// A field of a message.
struct Token<'m> {
    /// Where it begins, its delimiter included.
    start: usize,
    /// What it says, without its delimiters.
    text: &'m str,
}

type Tokens<'m> = SmallVec<[Token<'m>; 16]>;

/// What a selector points at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// The field of this index.
    Field(usize),
    /// The token of this index.
    Token(usize),
}

impl DelimitedPattern {
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        cursor.expect("[")?;
        let mut pattern = Self { fields: Vec::new(), ellipsis: None };
        cursor.skip_blanks();
        if cursor.eat("]") {
            // `[]` takes any message: it is all ellipsis (logs.md FS-5).
            pattern.ellipsis = Some(0);
            cursor.expect_end()?;
            return Ok(pattern);
        }
        loop {
            pattern.field(cursor)?;
            if cursor.eat("]") {
                cursor.expect_end()?;
                return Ok(pattern);
            }
            cursor.expect(",")?;
        }
    }

    fn field(&mut self, cursor: &mut Cursor<'_>) -> Result<(), PatternError> {
        let begin = cursor.invalid();
        let name = name(cursor);
        match name {
            "..." if self.ellipsis.is_some() => return Err(begin),
            "..." => {
                self.ellipsis = Some(self.fields.len());
                return Ok(());
            }
            _ => {}
        }
        let mut field = Field { name: (!name.is_empty()).then(|| name.to_owned()), condition: None };
        if cursor.peek().is_some_and(|c| matches!(c, '=' | '!' | '<' | '>')) {
            if name.is_empty() {
                return Err(begin);
            }
            // The name that was just read belongs to the first comparison; the others repeat it.
            let mut is_first = true;
            let condition = Expression::parse(cursor, &mut |cursor| {
                let begin = cursor.invalid();
                if !std::mem::take(&mut is_first) && self::name(cursor) != name {
                    return Err(begin);
                }
                Ok(Expression::Is(Comparison::parse(cursor)?))
            })?;
            field.condition = Some(condition);
        }
        self.fields.push(field);
        Ok(())
    }

    pub fn matches_everything(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn matches(&self, message: &str) -> bool {
        self.bind(message).is_some_and(|tokens| self.holds(&tokens))
    }

    /// All tokens of a message that matches, by name, or by number from 1 where there is no name.
    pub fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        let tokens = self.bind(message).filter(|tokens| self.holds(tokens))?;
        let mut names: Vec<Option<&str>> = vec![None; tokens.len()];
        for (index, field) in self.fields.iter().enumerate() {
            names[self.token_of(index, tokens.len())] = field.name.as_deref();
        }
        let named = names.into_iter().zip(&tokens).enumerate();
        let name = |index: usize, name: Option<&str>| name.map_or_else(|| (index + 1).to_string(), str::to_owned);
        Some(named.map(|(index, (field, token))| (name(index, field), token.text.to_owned())).collect())
    }

    /// What `name`, the part of a selector after `$`, points at.
    pub fn target(&self, name: &str) -> Option<Target> {
        if let Some(field) = self.fields.iter().position(|field| field.name.as_deref() == Some(name)) {
            return Some(Target::Field(field));
        }
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let index = name.parse::<usize>().ok().filter(|_| is_number)?.checked_sub(1)?;
        (self.ellipsis.is_some() || index < self.fields.len()).then_some(Target::Token(index))
    }

    /// The value of a target in a message that has the fields.
    pub fn value<'m>(&self, target: Target, message: &'m str) -> Option<&'m str> {
        let tokens = self.bind(message)?;
        let index = match target {
            Target::Field(field) => self.token_of(field, tokens.len()),
            Target::Token(index) => index,
        };
        tokens.get(index).map(|token| token.text)
    }

    pub fn needle(&self) -> Needle {
        let conditions = self.fields.iter().filter_map(|field| field.condition.as_ref());
        Needle::all(conditions.map(|condition| condition.needle(&|one| one.needle(Spelling::Plain))))
    }

    /// The tokens of a message, if it has enough. Without an ellipsis the last field takes what is left of the
    /// message as it stands (logs.md FS-3).
    fn bind<'m>(&self, message: &'m str) -> Option<Tokens<'m>> {
        let fields = self.fields.len();
        let mut tokens: Tokens<'m> = match self.ellipsis {
            Some(_) => Tokenizer { message, at: 0 }.collect(),
            None => Tokenizer { message, at: 0 }.take(fields + 1).collect(),
        };
        if self.ellipsis.is_none() && tokens.len() > fields {
            tokens.truncate(fields);
            if let Some(last) = tokens.last_mut() {
                last.text = message[last.start..].trim_ascii_end();
            }
        }
        (tokens.len() >= fields).then_some(tokens)
    }

    fn holds(&self, tokens: &[Token<'_>]) -> bool {
        self.fields.iter().enumerate().all(|(index, field)| {
            let Some(condition) = &field.condition else { return true };
            let value = Scalar::Text(Cow::Borrowed(tokens[self.token_of(index, tokens.len())].text));
            condition.holds(&|comparison| comparison.holds(&value))
        })
    }

    /// The token that a field is bound to: those after the ellipsis count from the end (logs.md FS-4).
    fn token_of(&self, field: usize, tokens: usize) -> usize {
        match self.ellipsis {
            Some(before) if field >= before => tokens - (self.fields.len() - field),
            _ => field,
        }
    }
}

fn name<'t>(cursor: &mut Cursor<'t>) -> &'t str {
    cursor.take_while(|c| !matches!(c, ',' | '=' | '<' | '>' | '!' | ']')).trim()
}

/// Splits a message on blanks; what is in brackets or quotation marks is one token (logs.md FS-1). A bracket or a
/// quotation mark that is not closed is part of a word.
struct Tokenizer<'m> {
    message: &'m str,
    at: usize,
}

impl<'m> Iterator for Tokenizer<'m> {
    type Item = Token<'m>;

    fn next(&mut self) -> Option<Token<'m>> {
        let bytes = self.message.as_bytes();
        let start = self.at + bytes[self.at..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let closing = match bytes[start] {
            b'[' => Some(b']'),
            b'"' => Some(b'"'),
            _ => None,
        };
        let closed = closing.and_then(|closing| memchr::memchr(closing, &bytes[start + 1..]));
        if let Some(length) = closed {
            self.at = start + 1 + length + 1;
            return Some(Token { start, text: &self.message[start + 1..start + 1 + length] });
        }
        let end = bytes[start..].iter().position(u8::is_ascii_whitespace).map_or(bytes.len(), |length| start + length);
        self.at = end;
        Some(Token { start, text: &self.message[start..end] })
    }
}
