//! Reading queries and values that stand in a policy.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Number, Value};

use super::parse::{Parsed, Parser};
use super::syntax::{Literal, Operand, Operator, Part, Query, Range};

/// Steps of a query.
const PARTS_MAX: usize = 64;
/// Bytes that a compiled regular expression takes.
const REGEX_BYTES_MAX: usize = 1 << 20;

impl Parser<'_> {
    /// A value that stands here, or a query.
    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        match self.literal()? {
            Some(literal) => Ok(Operand::Literal(literal)),
            None => self.query().map(Operand::Query),
        }
    }

    pub(super) fn query(&mut self) -> Parsed<Query> {
        let is_some = self.takes_word(&["some", "SOME"]);
        let mut parts = Vec::new();
        if self.takes("%") {
            parts.push(Part::Variable(self.identifier()?));
        } else if self.sees("[") {
            // A filter right at the beginning of a filter is of the value itself.
            parts.push(Part::This);
        } else if self.takes("*") {
            parts.push(Part::AllValues);
        } else {
            let name = self.name()?;
            if self.rest().starts_with('(') {
                return self.fail("functions are not part of guard-2.x.x");
            }
            parts.push(if matches!(name.as_str(), "this" | "THIS") { Part::This } else { Part::Key(name) });
        }
        loop {
            // Blanks end a query, but for those before a filter.
            if self.rest().starts_with('.') {
                self.advance(1);
                parts.push(self.dotted()?);
            } else if self.rest().starts_with('[') {
                self.advance(1);
                parts.push(self.nested(Self::bracketed)?);
            } else {
                return Ok(Query { is_some, parts });
            }
            if parts.len() > PARTS_MAX {
                return self.fail(format!("a query has more than {PARTS_MAX} steps"));
            }
        }
    }

    fn name(&mut self) -> Parsed<String> {
        self.skip();
        match self.rest().starts_with(['"', '\'']) {
            true => self.string(),
            false => self.identifier(),
        }
    }

    fn dotted(&mut self) -> Parsed<Part> {
        if self.takes("*") {
            return Ok(Part::AllValues);
        }
        if self.takes("%") {
            return Ok(Part::VariableKey(self.identifier()?));
        }
        let name = self.name()?;
        Ok(name.parse().map_or(Part::Key(name), Part::Index))
    }

    /// What follows an opening bracket.
    fn bracketed(&mut self) -> Parsed<Part> {
        if self.takes("*") {
            self.expect("]")?;
            return Ok(Part::AllIndices);
        }
        self.skip();
        let start = self.place();
        if let Some(Literal::Json(value)) = self.literal()?
            && self.takes("]")
        {
            return match value {
                Value::String(key) => Ok(Part::Key(key)),
                Value::Number(number) if number.is_i64() => Ok(Part::Index(number.as_i64().unwrap_or_default())),
                _ => self.fail("this is no index"),
            };
        }
        self.back_to(start);
        if self.takes_word(&["keys", "KEYS"]) {
            return match self.operator() {
                Some((operator @ (Operator::Equal | Operator::In), is_negated)) => {
                    let with = self.operand()?;
                    self.expect("]")?;
                    Ok(Part::Keys { operator, is_negated, with })
                }
                _ => self.fail("keys are compared by ==, != and in alone"),
            };
        }
        let clauses = self.filter()?;
        self.expect("]")?;
        Ok(Part::Filter(clauses))
    }

    /// A value, if one stands here.
    fn literal(&mut self) -> Parsed<Option<Literal>> {
        self.skip();
        let json = |value: Value| Ok(Some(Literal::Json(value)));
        let rest = self.rest();
        if let Some(range) = self.range()? {
            return Ok(Some(Literal::Range(range)));
        }
        if self.takes_word(&["true", "True", "TRUE"]) {
            return json(true.into());
        }
        if self.takes_word(&["false", "False", "FALSE"]) {
            return json(false.into());
        }
        if self.takes_word(&["null", "NULL"]) {
            return json(Value::Null);
        }
        match rest.chars().next() {
            Some('"' | '\'') => json(self.string()?.into()),
            Some('/') => self.regex().map(|regex| Some(Literal::Regex(regex))),
            Some('-' | '0'..='9') => json(self.number()?),
            Some('[') => {
                self.advance(1);
                self.nested(Self::list).map(|list| Some(Literal::List(list)))
            }
            Some('{') => {
                self.advance(1);
                self.nested(Self::map).map(|map| Some(Literal::Json(Value::Object(map))))
            }
            _ => Ok(None),
        }
    }

    fn list(&mut self) -> Parsed<Vec<Literal>> {
        let mut list = Vec::new();
        while !self.takes("]") {
            match self.literal()? {
                Some(literal) => list.push(literal),
                None => return self.fail("a list holds values alone"),
            }
            if !self.takes(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(list)
    }

    fn map(&mut self) -> Parsed<Map<String, Value>> {
        let mut map = Map::new();
        while !self.takes("}") {
            let key = self.name()?;
            self.expect(":")?;
            let value = self.literal()?.as_ref().and_then(to_json);
            match value {
                Some(value) => map.insert(key, value),
                None => return self.fail("a map holds values alone"),
            };
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(map)
    }

    fn string(&mut self) -> Parsed<String> {
        let rest = self.rest();
        let quote = rest.chars().next().unwrap_or('"');
        let (mut text, mut is_escaped) = (String::new(), false);
        for (at, char) in rest.char_indices().skip(1) {
            match char {
                _ if is_escaped => {
                    // A backslash says something only before a quote.
                    if char != quote {
                        text.push('\\');
                    }
                    text.push(char);
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                _ if char == quote => {
                    self.advance(at + 1);
                    return Ok(text);
                }
                _ => text.push(char),
            }
        }
        self.fail("a string does not end")
    }

    fn regex(&mut self) -> Parsed<Regex> {
        let rest = self.rest();
        let mut pattern = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => match chars.next() {
                    Some((_, '/')) => pattern.push('/'),
                    Some((_, escaped)) => pattern.extend(['\\', escaped]),
                    None => break,
                },
                '/' => {
                    self.advance(at + 1);
                    let built = RegexBuilder::new(&pattern).size_limit(REGEX_BYTES_MAX).build();
                    return built.or_else(|error| self.fail(format!("/{pattern}/ cannot be used: {error}")));
                }
                '\n' => break,
                _ => pattern.push(char),
            }
        }
        self.fail("a regular expression does not end")
    }

    fn number(&mut self) -> Parsed<Value> {
        let rest = self.rest();
        let is_of_number = |char: char| char.is_ascii_digit() || "+-.eE".contains(char);
        let length = rest.find(|char| !is_of_number(char)).unwrap_or(rest.len());
        let text = &rest[..length];
        let float = || text.parse().ok().and_then(Number::from_f64).map(Value::Number);
        match text.parse::<i64>().map(Value::from).ok().or_else(float) {
            Some(number) => {
                self.advance(length);
                Ok(number)
            }
            None => self.fail(format!("{text} is no number")),
        }
    }

    /// `r[1, 10)`, if that is what stands here.
    fn range(&mut self) -> Parsed<Option<Range>> {
        let (start, rest) = (self.place(), self.rest());
        if !rest.starts_with("r[") && !rest.starts_with("r(") {
            return Ok(None);
        }
        self.advance(2);
        let bound = |parser: &mut Self| {
            parser.skip();
            match parser.rest().chars().next() {
                Some('-' | '0'..='9') => parser.number().ok(),
                Some('\'' | '"') => parser.string().ok().map(Value::from),
                _ => None,
            }
        };
        let from = bound(self);
        let has_comma = self.takes(",");
        let to = bound(self);
        let with_to = self.takes("]");
        let is_closed = with_to || self.takes(")");
        match (from, to) {
            (Some(from), Some(to)) if has_comma && is_closed => {
                Ok(Some(Range { from, to, with_from: rest.starts_with("r["), with_to }))
            }
            _ => {
                // A member whose name is r.
                self.back_to(start);
                Ok(None)
            }
        }
    }
}

/// A value without regular expressions and ranges in it.
fn to_json(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Json(value) => Some(value.clone()),
        Literal::List(list) => list.iter().map(to_json).collect::<Option<Vec<_>>>().map(Value::Array),
        Literal::Regex(_) | Literal::Range(_) => None,
    }
}
