//! The words that selection criteria are written in: fields, `=`, `IN`, `NOT IN`, and values in quotation marks or
//! lists. What may be said with them is for each language to say.

/// A place in a text.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// Why a text cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misplaced {
    /// How many characters stand before the place that is wrong.
    pub(crate) at: usize,
    /// What may stand there.
    pub(crate) expected: &'static str,
}

impl<'t> Cursor<'t> {
    /// The start of a text.
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Values between brackets, at least one.
    pub(crate) fn values(&mut self) -> Result<Vec<String>, Misplaced> {
        if !self.symbol("[") {
            return Err(self.expected("'['"));
        }
        let mut values = vec![self.value()?];
        while self.symbol(",") {
            values.push(self.value()?);
        }
        if self.symbol("]") { Ok(values) } else { Err(self.expected("',' or ']'")) }
    }

    /// In quotation marks of either kind, or a bare number or name.
    pub(crate) fn value(&mut self) -> Result<String, Misplaced> {
        let rest = self.rest();
        let quoted = ['"', '\''].into_iter().find(|mark| rest.starts_with(*mark));
        let (value, length) = match quoted {
            Some(mark) => {
                let inside = rest[1..].split_once(mark).ok_or_else(|| self.expected("a closed quotation mark"))?.0;
                (inside, inside.len() + 2)
            }
            None => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        if value.is_empty() {
            return Err(self.expected("a value"));
        }
        self.at += length;
        Ok(value.to_owned())
    }

    /// Passes a symbol, if it is there.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let there = self.rest().starts_with(symbol);
        if there {
            self.at += symbol.len();
        }
        there
    }

    /// Passes a word, if it is there, in either case.
    pub(crate) fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let there = rest.get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word));
        let ends = there && !rest[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    /// What is left, after blanks.
    pub(crate) fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    /// That something else was expected here.
    pub(crate) fn expected(&self, expected: &'static str) -> Misplaced {
        Misplaced { at: self.text[..self.at].chars().count(), expected }
    }
}
