//! From items to a tree, by recursive descent.

use super::lex::{Item, Placed, lex, unescaped};
use super::{AtLeast, ELEMENTS_MAX, Error, Expression, State, Threshold};

/// The words of AWS for the start of a condition (cloudwatch.md §6.9).
const CONDITION: &str = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA";
const REFERENCE: &str = "the name or ARN of an alarm";

pub(super) fn parse(text: &str) -> Result<Expression, Error> {
    let (items, characters) = lex(text)?;
    let mut parser = Parser { items, next: 0, characters, elements: 0, depth: 0 };
    let root = parser.any()?;
    match parser.peek() {
        Some(_) => Err(parser.unsupported("'AND', 'OR' or the end of the rule")),
        None => Ok(root),
    }
}

struct Parser<'a> {
    items: Vec<Placed<'a>>,
    next: usize,
    /// Of the whole text.
    characters: usize,
    elements: usize,
    /// Parentheses and NOTs around what is being read. Bounded, so that the stack is.
    depth: usize,
}

impl<'a> Parser<'a> {
    /// `all ("OR" all)*`
    fn any(&mut self) -> Result<Expression, Error> {
        self.chain("OR", Self::all, Expression::Any)
    }

    /// `not ("AND" not)*`
    fn all(&mut self) -> Result<Expression, Error> {
        self.chain("AND", Self::not, Expression::All)
    }

    fn chain(
        &mut self,
        operator: &str,
        part: fn(&mut Self) -> Result<Expression, Error>,
        of: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, Error> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.peek() == Some(Item::Word(operator)) {
            self.next += 1;
            parts.push(part(self)?);
        }
        let only = if parts.len() == 1 { parts.pop() } else { None };
        Ok(only.unwrap_or_else(|| of(parts)))
    }

    /// `"NOT" not | "(" any ")" | condition`
    fn not(&mut self) -> Result<Expression, Error> {
        let inside = match self.peek() {
            Some(Item::Word("NOT")) => Self::not,
            Some(Item::Open) => Self::any,
            _ => return self.condition(),
        };
        let grouped = self.peek() == Some(Item::Open);
        self.depth += 1;
        if self.depth > ELEMENTS_MAX {
            return Err(Error::TooManyElements);
        }
        if grouped {
            self.count_element()?;
        }
        self.next += 1;
        let inside = inside(self)?;
        self.depth -= 1;
        match grouped {
            true => self.expect(Item::Close, "')'").map(|()| inside),
            false => Ok(Expression::Not(Box::new(inside))),
        }
    }

    fn condition(&mut self) -> Result<Expression, Error> {
        let Some(Item::Word(word)) = self.peek() else { return Err(self.unsupported(CONDITION)) };
        if word.eq_ignore_ascii_case("TRUE") || word.eq_ignore_ascii_case("FALSE") {
            self.next += 1;
            self.count_element()?;
            return Ok(Expression::Constant(word.eq_ignore_ascii_case("TRUE")));
        }
        if word == "AT_LEAST" {
            self.next += 1;
            return self.at_least().map(Expression::AtLeast);
        }
        let state = State::of(word).ok_or_else(|| self.unsupported(CONDITION))?;
        self.next += 1;
        self.expect(Item::Open, "'('")?;
        let reference = self.reference()?;
        self.expect(Item::Close, "')'")?;
        Ok(Expression::InState(state, reference))
    }

    /// What follows `AT_LEAST`.
    fn at_least(&mut self) -> Result<AtLeast, Error> {
        self.expect(Item::Open, "'('")?;
        let threshold_at = self.next;
        let threshold = self.threshold()?;
        self.expect(Item::Comma, "','")?;
        let negated = self.peek() == Some(Item::Word("NOT"));
        self.next += usize::from(negated);
        let expected =
            if negated { "ALARM, OK, or INSUFFICIENT_DATA" } else { "'NOT', ALARM, OK, or INSUFFICIENT_DATA" };
        let state = match self.peek() {
            Some(Item::Word(word)) => State::of(word),
            _ => None,
        };
        let state = state.ok_or_else(|| self.unsupported(expected))?;
        self.next += 1;
        self.expect(Item::Comma, "','")?;
        self.expect(Item::Open, "'('")?;
        let mut references = vec![self.reference()?];
        while self.peek() == Some(Item::Comma) {
            self.next += 1;
            references.push(self.reference()?);
        }
        self.expect(Item::Close, "',' or ')'")?;
        self.expect(Item::Close, "')'")?;
        if matches!(threshold, Threshold::Count(count) if count > references.len()) {
            self.next = threshold_at;
            return Err(
                self.unsupported(&format!("a number from 1 to {}, as many as there are alarms", references.len()))
            );
        }
        Ok(AtLeast { threshold, negated, state, references })
    }

    /// `INT` or `INT "%"`
    fn threshold(&mut self) -> Result<Threshold, Error> {
        const EXPECTED: &str = "a number from 1, or a percentage from 1% to 100%";
        let Some(Item::Word(word)) = self.peek() else { return Err(self.unsupported(EXPECTED)) };
        let apart = self.items.get(self.next + 1).is_some_and(|after| after.item == Item::Word("%"));
        let (digits, percent) = match word.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (word, apart),
        };
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<usize>().ok()).flatten();
        let threshold = match (number, percent) {
            (Some(percent @ 1..=100), true) => Threshold::Percent(percent),
            (Some(count @ 1..), false) => Threshold::Count(count),
            _ => return Err(self.unsupported(EXPECTED)),
        };
        self.next += if percent && apart { 2 } else { 1 };
        Ok(threshold)
    }

    fn reference(&mut self) -> Result<String, Error> {
        let reference = match self.peek() {
            Some(Item::Word(word)) => word.to_owned(),
            Some(Item::Quoted(written)) if !written.is_empty() => unescaped(written),
            _ => return Err(self.unsupported(REFERENCE)),
        };
        self.next += 1;
        self.count_element()?;
        Ok(reference)
    }

    fn count_element(&mut self) -> Result<(), Error> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX { Err(Error::TooManyElements) } else { Ok(()) }
    }

    fn expect(&mut self, item: Item<'_>, expected: &str) -> Result<(), Error> {
        if self.peek() != Some(item) {
            return Err(self.unsupported(expected));
        }
        self.next += 1;
        Ok(())
    }

    fn peek(&self) -> Option<Item<'a>> {
        self.items.get(self.next).map(|placed| placed.item)
    }

    /// The next item cannot stand there.
    fn unsupported(&self, expected: &str) -> Error {
        let expected = expected.to_owned();
        match self.items.get(self.next) {
            Some(Placed { text, at, .. }) => Error::Unsupported { token: (*text).to_owned(), at: *at, expected },
            None => Error::End { at: self.characters, expected },
        }
    }
}
