//! Which accounts and regions a filter is for: `@aws.account = "…" AND @aws.region NOT IN ["…"]` (logs.md MF-12).

#[cfg(test)]
mod tests;

/// A parsed criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSelection {
    root: Expression,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Among { field: Field, values: Vec<String>, negated: bool },
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Account,
    Region,
}

/// How deep parentheses may nest, which bounds the stack.
const DEPTH_MAX: usize = 64;

/// Why a text is no criterion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid field selection criteria at char {at}, must be: {expected}")]
pub struct SelectionError {
    /// How many characters stand before the place that is wrong.
    pub at: usize,
    /// What may stand there.
    pub expected: &'static str,
}

impl FieldSelection {
    /// Parses a criterion. AND binds tighter than OR; keywords may be in either case.
    ///
    /// # Errors
    /// Where it is wrong and what may stand there.
    pub fn parse(text: &str) -> Result<Self, SelectionError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let root = parser.any()?;
        match parser.rest().is_empty() {
            true => Ok(Self { root }),
            false => Err(parser.expected("AND, OR or the end")),
        }
    }

    /// Whether it holds for events of an account in a region.
    pub fn matches(&self, account: &str, region: &str) -> bool {
        self.root.holds(account, region)
    }
}

impl Expression {
    fn holds(&self, account: &str, region: &str) -> bool {
        match self {
            Self::Among { field, values, negated } => {
                let value = match field {
                    Field::Account => account,
                    Field::Region => region,
                };
                values.iter().any(|one| one == value) != *negated
            }
            Self::All(parts) => parts.iter().all(|part| part.holds(account, region)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(account, region)),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn any(&mut self) -> Result<Expression, SelectionError> {
        let mut parts = vec![self.all()?];
        while self.keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, SelectionError> {
        let mut parts = vec![self.primary()?];
        while self.keyword("AND") {
            parts.push(self.primary()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::All(parts) })
    }

    fn primary(&mut self) -> Result<Expression, SelectionError> {
        let begin = self.expected("fewer parentheses");
        if self.symbol("(") {
            if self.depth == DEPTH_MAX {
                return Err(begin);
            }
            self.depth += 1;
            let inner = self.any()?;
            self.depth -= 1;
            return if self.symbol(")") { Ok(inner) } else { Err(self.expected("AND, OR or ')'")) };
        }
        let field = match () {
            () if self.keyword("@aws.account") => Field::Account,
            () if self.keyword("@aws.region") => Field::Region,
            () => return Err(self.expected("@aws.account, @aws.region or '('")),
        };
        let (values, negated) = match () {
            () if self.symbol("!=") => (vec![self.value()?], true),
            () if self.symbol("=") => (vec![self.value()?], false),
            () if self.keyword("NOT") && self.keyword("IN") => (self.values()?, true),
            () if self.keyword("IN") => (self.values()?, false),
            () => return Err(self.expected("=, !=, IN or NOT IN")),
        };
        Ok(Expression::Among { field, values, negated })
    }

    fn values(&mut self) -> Result<Vec<String>, SelectionError> {
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
    fn value(&mut self) -> Result<String, SelectionError> {
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

    fn symbol(&mut self, symbol: &str) -> bool {
        let there = self.rest().starts_with(symbol);
        if there {
            self.at += symbol.len();
        }
        there
    }

    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let there = rest.get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word));
        let ends = there && !rest[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    /// What is left, after blanks.
    fn rest(&mut self) -> &'t str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn expected(&self, expected: &'static str) -> SelectionError {
        SelectionError { at: self.text[..self.at].chars().count(), expected }
    }
}
