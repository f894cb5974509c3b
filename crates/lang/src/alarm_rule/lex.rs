//! From text to words and signs.

use super::Error;

/// A word or sign of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// What has no blank, parenthesis or comma in it and does not start with a quotation mark.
    Word(&'a str),
    /// What stands between quotation marks, as it was written.
    Quoted(&'a str),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// An item and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) item: Item<'a>,
    /// As written.
    pub(super) text: &'a str,
    /// Characters before it.
    pub(super) at: usize,
}

/// Splits a rule into items; also says how many characters it has.
pub(super) fn lex(text: &str) -> Result<(Vec<Placed<'_>>, usize), Error> {
    let (mut items, mut rest, mut at) = (Vec::new(), text, 0);
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() {
            (rest, at) = (&rest[c.len_utf8()..], at + 1);
            continue;
        }
        let (item, bytes) = match c {
            '(' => (Item::Open, 1),
            ')' => (Item::Close, 1),
            ',' => (Item::Comma, 1),
            '"' => {
                let inside = quoted_bytes(&rest[1..]).ok_or(Error::OpenQuote { at })?;
                (Item::Quoted(&rest[1..=inside]), inside + 2)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',');
                let bytes = rest.find(ends).unwrap_or(rest.len());
                (Item::Word(&rest[..bytes]), bytes)
            }
        };
        let (text, after) = rest.split_at(bytes);
        items.push(Placed { item, text, at });
        (rest, at) = (after, at + text.chars().count());
    }
    Ok((items, at))
}

/// How many bytes stand before the closing quotation mark.
fn quoted_bytes(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// What was written between quotation marks, without its escapes: a backslash before a quotation
/// mark or a backslash. Elsewhere it is itself.
pub(super) fn unescaped(written: &str) -> String {
    let mut value = String::with_capacity(written.len());
    let mut characters = written.chars().peekable();
    while let Some(c) = characters.next() {
        let escaped = (c == '\\').then(|| characters.next_if(|next| matches!(next, '"' | '\\'))).flatten();
        value.push(escaped.unwrap_or(c));
    }
    value
}
