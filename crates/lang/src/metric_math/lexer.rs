//! From text to tokens.

use std::ops::Range;

use super::Error;
use super::syntax::{Operator, Text};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A number; finite and without a sign.
    Number(f64),
    /// A string.
    Text(Text),
    /// A word that begins with a lower-case letter.
    Id(String),
    /// A word that begins with an upper-case letter, other than `AND` and `OR`.
    Name(String),
    /// A binary operator; the minus may also be a sign.
    Operator(Operator),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenArray,
    /// `]`
    CloseArray,
    /// `,`
    Comma,
}

/// The tokens of a text, each with its bytes.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Error> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            '\'' | '"' => string(text, at)?,
            'a'..='z' | 'A'..='Z' => word(rest),
            '0'..='9' | '.' => number(rest, at)?,
            _ => symbol(text, at)?,
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

fn word(rest: &str) -> (Token, usize) {
    let word = leading(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let token = match word {
        "AND" => Token::Operator(Operator::And),
        "OR" => Token::Operator(Operator::Or),
        _ if word.starts_with(|c: char| c.is_ascii_lowercase()) => Token::Id(word.to_owned()),
        _ => Token::Name(word.to_owned()),
    };
    (token, word.len())
}

/// `12`, `12.5`, `.5`, `1e-36`
fn number(rest: &str, at: usize) -> Result<(Token, usize), Error> {
    let digits = |from: usize| leading(&rest[from..], |c| c.is_ascii_digit()).len();
    let mut length = digits(0);
    if rest[length..].starts_with('.') {
        length += 1;
        length += digits(length);
    }
    if rest[length..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    match rest[..length].parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Number(number), length)),
        _ => Err(Error::at(at..at + length, format!("'{}' is not a number", &rest[..length]))),
    }
}

/// A string ends at the quote it began with, unless a backslash stands before it.
fn string(text: &str, at: usize) -> Result<(Token, usize), Error> {
    let rest = &text[at..];
    let mut characters = rest.char_indices();
    let quote = characters.next().map_or('"', |(_, quote)| quote);
    let mut value = String::new();
    while let Some((index, c)) = characters.next() {
        if c == quote {
            return Ok((Token::Text(Text { value, quote }), index + 1));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        // A pair is taken together, so that a string may end in two backslashes.
        match characters.next() {
            Some((_, escaped)) if escaped == quote => value.push(quote),
            Some((_, other)) => value.extend(['\\', other]),
            None => break,
        }
    }
    let message = format!("The string that begins at character {} has no end", position(text, at));
    Err(Error::at(at..text.len(), message))
}

fn symbol(text: &str, at: usize) -> Result<(Token, usize), Error> {
    /// Longer symbols first.
    const SYMBOLS: [(&str, Token); 18] = [
        ("==", Token::Operator(Operator::Equal)),
        ("!=", Token::Operator(Operator::NotEqual)),
        ("<=", Token::Operator(Operator::AtMost)),
        (">=", Token::Operator(Operator::AtLeast)),
        ("&&", Token::Operator(Operator::And)),
        ("||", Token::Operator(Operator::Or)),
        ("<", Token::Operator(Operator::Less)),
        (">", Token::Operator(Operator::Greater)),
        ("+", Token::Operator(Operator::Add)),
        ("-", Token::Operator(Operator::Subtract)),
        ("*", Token::Operator(Operator::Multiply)),
        ("/", Token::Operator(Operator::Divide)),
        ("^", Token::Operator(Operator::Power)),
        ("(", Token::Open),
        (")", Token::Close),
        ("[", Token::OpenArray),
        ("]", Token::CloseArray),
        (",", Token::Comma),
    ];
    let rest = &text[at..];
    if let Some((symbol, token)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        return Ok((token.clone(), symbol.len()));
    }
    let c = rest.chars().next().map_or(String::new(), |c| c.to_string());
    Err(Error::at(at..at + c.len(), format!("Unexpected '{c}' at character {}", position(text, at))))
}

/// Which character of the text a byte begins, from one, for people.
pub(super) fn position(text: &str, at: usize) -> usize {
    text[..at].chars().count() + 1
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !belongs(c)).unwrap_or(text.len())]
}
