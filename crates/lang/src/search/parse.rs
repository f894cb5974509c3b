//! From text to a [`Search`].

use super::{CHARACTERS_MAX, DEPTH_MAX, Pattern, Property, Schema, Search, Terms, TokenTerm};

pub(super) fn parse(text: &str) -> Result<Search, String> {
    let length = text.chars().count();
    if length > CHARACTERS_MAX {
        return Err(format!("the search expression has {length} characters, the most is {CHARACTERS_MAX}"));
    }
    let (schema, rest) = schema(text.trim())?;
    let mut parser = Parser { items: lex(rest)?, next: 0, depth: 0 };
    let terms = if parser.items.is_empty() { None } else { Some(parser.any()?) };
    if parser.peek().is_some() {
        return Err("the search expression has a closing parenthesis that was never opened".to_owned());
    }
    if schema.is_none() && terms.is_none() {
        return Err("the search expression needs a metric schema or a search term".to_owned());
    }
    Ok(Search { schema, terms })
}

/// The schema, if there is one, and what follows it and its optional comma.
fn schema(text: &str) -> Result<(Option<Schema>, &str), String> {
    let Some(mut rest) = text.strip_prefix('{') else { return Ok((None, text)) };
    let mut parts = Vec::new();
    loop {
        let (part, after) = schema_part(rest.trim_start())?;
        parts.push(part);
        let after = after.trim_start();
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
        } else if let Some(after) = after.strip_prefix('}') {
            rest = after.trim_start();
            break;
        } else if after.is_empty() {
            return Err("the metric schema has no closing brace".to_owned());
        } else {
            return Err("names of the metric schema with blanks or quotes must be in double quotes".to_owned());
        }
    }
    let namespace = parts.remove(0);
    parts.sort();
    parts.dedup();
    Ok((Some(Schema { namespace, dimension_names: parts }), rest.strip_prefix(',').unwrap_or(rest)))
}

/// One name of the schema, and what follows it.
fn schema_part(text: &str) -> Result<(String, &str), String> {
    let (part, rest) = match text.strip_prefix('"') {
        Some(inside) => quoted(inside)?,
        None => {
            let end =
                text.find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | '{' | '"')).unwrap_or(text.len());
            (text[..end].to_owned(), &text[end..])
        }
    };
    if part.is_empty() { Err("the metric schema has an empty name".to_owned()) } else { Ok((part, rest)) }
}

/// Reads up to the closing double quote; gives the text without escapes, and what follows.
/// A backslash is only an escape before `"`, `\`, `(` and `)`.
fn quoted(inside: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = inside.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((value, &inside[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\' | '(' | ')')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    Err("the search expression has an unclosed double quote".to_owned())
}

#[derive(Debug, PartialEq)]
enum Item {
    Word(String),
    Quoted(String),
    Equals,
    Open,
    Close,
}

fn lex(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '(' | ')' | '=' => {
                items.push(match c {
                    '(' => Item::Open,
                    ')' => Item::Close,
                    _ => Item::Equals,
                });
                after
            }
            '"' => {
                let (value, after) = quoted(after)?;
                items.push(Item::Quoted(value));
                after
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '=' | '"'));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                items.push(Item::Word(word.to_owned()));
                after
            }
        }
        .trim_start();
    }
    Ok(items)
}

struct Parser {
    items: Vec<Item>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Item> {
        self.items.get(self.next)
    }

    /// Whether the next item is this operator, and not a property of that name.
    fn at_operator(&self, operator: &str) -> bool {
        self.peek() == Some(&Item::Word(operator.to_owned())) && self.items.get(self.next + 1) != Some(&Item::Equals)
    }

    fn take_operator(&mut self, operator: &str) -> bool {
        let found = self.at_operator(operator);
        self.next += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Terms, String> {
        let mut parts = vec![self.all()?];
        while self.take_operator("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Terms::Any(parts) })
    }

    fn all(&mut self) -> Result<Terms, String> {
        let mut parts = vec![self.not()?];
        loop {
            let joined = self.take_operator("AND");
            if !joined && (self.peek().is_none_or(|item| *item == Item::Close) || self.at_operator("OR")) {
                break;
            }
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Terms::All(parts) })
    }

    fn not(&mut self) -> Result<Terms, String> {
        let mut negated = false;
        while self.take_operator("NOT") {
            negated = !negated;
        }
        let part = if self.peek() == Some(&Item::Open) { self.group()? } else { self.term()? };
        Ok(if negated { Terms::Not(Box::new(part)) } else { part })
    }

    fn group(&mut self) -> Result<Terms, String> {
        self.next += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("the search expression is nested deeper than {DEPTH_MAX} parentheses"));
        }
        let inside = self.any()?;
        if self.peek() != Some(&Item::Close) {
            return Err("the search expression has an unclosed parenthesis".to_owned());
        }
        self.next += 1;
        self.depth -= 1;
        Ok(inside)
    }

    fn term(&mut self) -> Result<Terms, String> {
        let property = if self.items.get(self.next + 1) == Some(&Item::Equals) {
            let property = self.property()?;
            self.next += 2;
            Some(property)
        } else {
            None
        };
        let pattern = self.pattern(property.as_ref())?;
        self.next += 1;
        Ok(Terms::Term { property, pattern })
    }

    fn property(&self) -> Result<Property, String> {
        match self.peek() {
            Some(Item::Word(name)) => match name.as_str() {
                "MetricName" => Ok(Property::MetricName),
                "Namespace" => Ok(Property::Namespace),
                ":aws.AccountId" => Ok(Property::AccountId),
                // Names that begin with a colon are AWS's own; no dimension has one.
                _ if name.starts_with(':') => Err(format!("the property '{name}' is unknown")),
                _ => Ok(Property::Dimension(name.clone())),
            },
            Some(Item::Quoted(name)) => Ok(Property::Dimension(name.clone())),
            _ => Err("'=' must follow the name of a property".to_owned()),
        }
    }

    fn pattern(&self, property: Option<&Property>) -> Result<Pattern, String> {
        let of_account = property == Some(&Property::AccountId);
        match self.peek() {
            Some(Item::Word(value) | Item::Quoted(value)) if of_account => {
                let account = value.trim_matches('\'');
                Ok(if account == "LOCAL" { Pattern::LocalAccount } else { Pattern::Exact(account.to_owned()) })
            }
            Some(Item::Quoted(value)) => Ok(Pattern::Exact(value.clone())),
            Some(Item::Word(word)) if self.at_operator(word) && matches!(word.as_str(), "AND" | "OR") => {
                Err(format!("'{word}' must stand between two search terms"))
            }
            Some(Item::Word(word)) => TokenTerm::new(word)
                .map(Pattern::Tokens)
                .ok_or_else(|| format!("the search term '{word}' has no letter or digit")),
            Some(Item::Equals) => Err("'=' must follow the name of a property".to_owned()),
            Some(Item::Open) => Err("a property takes one value, not a group".to_owned()),
            Some(Item::Close) => Err("a search term is missing before ')'".to_owned()),
            None => Err("a search term is missing at the end".to_owned()),
        }
    }
}
