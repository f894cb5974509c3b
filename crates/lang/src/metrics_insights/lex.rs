//! From text to words and signs.

/// A word or sign of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// Letters, digits and `_` without quotes: a keyword, a name or a number.
    Word(String),
    /// In double quotes: a name.
    Name(String),
    /// In single quotes: a value.
    Value(String),
    /// `( ) , . = !=`
    Sign(&'static str),
}

/// An item, or the end of the text as `None`, and the byte where it begins.
pub(super) type Placed<T> = (T, usize);

/// Splits a query into items.
pub(super) fn lex(text: &str) -> Result<Vec<Placed<Item>>, Placed<String>> {
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (item, length) = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => quoted(rest, '"').map(|(value, length)| (Item::Name(value), length)).map_err(|m| (m, at))?,
            '\'' => quoted(rest, '\'').map(|(value, length)| (Item::Value(value), length)).map_err(|m| (m, at))?,
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Item::Word(rest[..length].to_owned()), length)
            }
            _ => match ["(", ")", ",", ".", "=", "!="].into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => (Item::Sign(sign), sign.len()),
                None => {
                    return Err((
                        format!("'{c}' is not expected; names with such characters must be in double quotes"),
                        at,
                    ));
                }
            },
        };
        items.push((item, at));
        at += length;
    }
    Ok(items)
}

/// Whether a character needs no quotes in a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Reads from an opening quote to its fellow: the text without escapes, and the length with both
/// quotes. A backslash is an escape before a quote or a backslash, and itself elsewhere.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            c if c == quote => return Ok((value, at + 1)),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\'' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    Err("a quotation mark is not closed".to_owned())
}
