//! Text with wildcards and policy variables, and the matching of it.

use super::context::Context;

#[cfg(test)]
mod tests;

/// Text of a policy in which `${…}` may stand for a value of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
    compiled: Option<Vec<Token>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text in which `*` and `?` are wildcards.
    Text(String),
    /// Text to be taken as it is: `${*}`, `${?}`, `${$}`.
    Literal(&'static str),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// How wildcards relate to the colons of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Wildcards run over everything.
    Free,
    /// As in `Resource`: inside the first five fields a wildcard stays in its field,
    /// except a `*` that ends the field (documented).
    Resource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    One,
    Any,
    OneInField,
    AnyInField,
}

impl Template {
    /// Reads text. In documents of version 2008-10-17 `variables` is false and `${` is plain text.
    pub fn parse(source: &str, variables: Variables) -> Self {
        let parts = match variables {
            Variables::Expanded => split(source),
            Variables::Plain => vec![Part::Text(source.to_owned())],
        };
        Self { source: source.to_owned(), parts, compiled: None }
    }

    /// The same, made ready for [`Template::matches`] with [`Fields::Resource`].
    pub fn parse_resource(source: &str, variables: Variables) -> Self {
        let mut template = Self::parse(source, variables);
        if !template.parts.iter().any(|part| matches!(part, Part::Variable { .. })) {
            template.compiled = template.tokens(&Context::default()).map(keep_in_fields);
        }
        template
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text with variables replaced and wildcards as plain characters; `None` when
    /// a variable has no value.
    pub fn text(&self, context: &Context) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Literal(plain) => text.push_str(plain),
                Part::Variable { key, default } => text.push_str(context.single(key).or(default.as_deref())?),
            }
        }
        Some(text)
    }

    /// Whether the text matches; `None` when a variable has no value.
    pub fn matches(&self, text: &str, fields: Fields, context: &Context) -> Option<bool> {
        match (fields, &self.compiled) {
            (Fields::Resource, Some(tokens)) => Some(matches(tokens, text)),
            (Fields::Resource, None) => Some(matches(&keep_in_fields(self.tokens(context)?), text)),
            (Fields::Free, _) => Some(matches(&self.tokens(context)?, text)),
        }
    }

    /// Whether an ARN matches field by field, as the `Arn…` condition operators compare;
    /// `None` when a variable has no value.
    pub fn matches_arn(&self, arn: &str, context: &Context) -> Option<bool> {
        let tokens = self.tokens(context)?;
        if tokens == [Token::Any] {
            return Some(true);
        }
        let wanted: Vec<&[Token]> = tokens.splitn(6, |token| *token == Token::Char(':')).collect();
        let found: Vec<&str> = arn.splitn(6, ':').collect();
        Some(wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| matches(wanted, found)))
    }

    /// Values that replace variables are plain text: a `*` in a tag is no wildcard.
    fn tokens(&self, context: &Context) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => tokens.extend(wildcards(text)),
                Part::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
                Part::Variable { key, default } => {
                    tokens.extend(context.single(key).or(default.as_deref())?.chars().map(Token::Char));
                }
            }
        }
        Some(tokens)
    }
}

/// Whether `${…}` means anything in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variables {
    /// Version 2012-10-17.
    Expanded,
    /// Version 2008-10-17.
    Plain,
}

/// Whether `text` matches a pattern of `*` and `?` alone.
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    matches(&wildcards(pattern).collect::<Vec<_>>(), text)
}

pub(crate) fn wildcards(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(|c| match c {
        '*' => Token::Any,
        '?' => Token::One,
        other => Token::Char(other),
    })
}

fn split(source: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(at) = rest.find("${") {
        let Some(length) = rest[at..].find('}') else { break };
        let inside = &rest[at + 2..at + length];
        text.push_str(&rest[..at]);
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(variable(inside));
        rest = &rest[at + length + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

fn variable(inside: &str) -> Part {
    match inside {
        "*" => Part::Literal("*"),
        "?" => Part::Literal("?"),
        "$" => Part::Literal("$"),
        _ => {
            let (key, default) = match inside.split_once(',') {
                Some((key, default)) => (key, quoted(default.trim())),
                None => (inside, None),
            };
            Part::Variable { key: key.trim().to_lowercase(), default }
        }
    }
}

fn quoted(text: &str) -> Option<String> {
    Some(text.strip_prefix('\'')?.strip_suffix('\'')?.to_owned())
}

/// Confines wildcards of an ARN's first five fields to their field. A `*` that ends its
/// field may go beyond it: `arn:aws:s3:*` matches every ARN of S3.
fn keep_in_fields(mut tokens: Vec<Token>) -> Vec<Token> {
    let is_arn = tokens.starts_with(&['a', 'r', 'n', ':'].map(Token::Char));
    let mut colons = if is_arn { 0 } else { 5 };
    for at in 0..tokens.len() {
        if colons == 5 {
            break;
        }
        let ends_field = matches!(tokens.get(at + 1), None | Some(Token::Char(':')));
        match tokens[at] {
            Token::Char(':') => colons += 1,
            Token::One => tokens[at] = Token::OneInField,
            Token::Any if !ends_field => tokens[at] = Token::AnyInField,
            _ => {}
        }
    }
    tokens
}

fn matches(tokens: &[Token], text: &str) -> bool {
    if tokens == [Token::Any] {
        return true;
    }
    if tokens.contains(&Token::AnyInField) { matches_in_fields(tokens, text) } else { matches_greedily(tokens, text) }
}

/// With one kind of `*` it is enough to return to the last one.
fn matches_greedily(tokens: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at_token, mut at_char) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_char < text.len() {
        match tokens.get(at_token) {
            Some(Token::Any) => {
                retry = Some((at_token + 1, at_char));
                at_token += 1;
                continue;
            }
            Some(token) if takes(*token, text[at_char]) => {
                at_token += 1;
                at_char += 1;
                continue;
            }
            _ => {}
        }
        let Some((after_star, taken_to)) = retry else { return false };
        retry = Some((after_star, taken_to + 1));
        at_token = after_star;
        at_char = taken_to + 1;
    }
    tokens[at_token..].iter().all(|token| *token == Token::Any)
}

/// Follows all positions in the pattern at once: `*` of two kinds cannot be retried one by one.
fn matches_in_fields(tokens: &[Token], text: &str) -> bool {
    let mut at = vec![false; tokens.len() + 1];
    at[0] = true;
    skip_stars(tokens, &mut at);
    for c in text.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (position, token) in tokens.iter().enumerate().filter(|(position, _)| at[*position]) {
            match token {
                Token::Any => next[position] = true,
                Token::AnyInField if c != ':' => next[position] = true,
                token if takes(*token, c) => next[position + 1] = true,
                _ => {}
            }
        }
        skip_stars(tokens, &mut next);
        at = next;
    }
    at[tokens.len()]
}

fn skip_stars(tokens: &[Token], at: &mut [bool]) {
    for (position, token) in tokens.iter().enumerate() {
        if at[position] && matches!(token, Token::Any | Token::AnyInField) {
            at[position + 1] = true;
        }
    }
}

fn takes(token: Token, c: char) -> bool {
    match token {
        Token::Char(wanted) => wanted == c,
        Token::One => true,
        Token::OneInField => c != ':',
        Token::Any | Token::AnyInField => false,
    }
}
