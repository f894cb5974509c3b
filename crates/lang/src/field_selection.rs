//! Which accounts and regions a filter is for: `@aws.account = "…" AND @aws.region NOT IN ["…"]` (logs.md MF-12).

use crate::criteria::{Cursor, Misplaced};

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
        let mut parser = Parser { cursor: Cursor::new(text), depth: 0 };
        let root = parser.any()?;
        match parser.cursor.rest().is_empty() {
            true => Ok(Self { root }),
            false => Err(parser.cursor.expected("AND, OR or the end").into()),
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

impl From<Misplaced> for SelectionError {
    fn from(Misplaced { at, expected }: Misplaced) -> Self {
        Self { at, expected }
    }
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Expression, Misplaced> {
        let mut parts = vec![self.all()?];
        while self.cursor.keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, Misplaced> {
        let mut parts = vec![self.primary()?];
        while self.cursor.keyword("AND") {
            parts.push(self.primary()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Expression::All(parts) })
    }

    fn primary(&mut self) -> Result<Expression, Misplaced> {
        let begin = self.cursor.expected("fewer parentheses");
        if self.cursor.symbol("(") {
            if self.depth == DEPTH_MAX {
                return Err(begin);
            }
            self.depth += 1;
            let inner = self.any()?;
            self.depth -= 1;
            return if self.cursor.symbol(")") { Ok(inner) } else { Err(self.cursor.expected("AND, OR or ')'")) };
        }
        let field = match () {
            () if self.cursor.keyword("@aws.account") => Field::Account,
            () if self.cursor.keyword("@aws.region") => Field::Region,
            () => return Err(self.cursor.expected("@aws.account, @aws.region or '('")),
        };
        let (values, negated) = match () {
            () if self.cursor.symbol("!=") => (vec![self.cursor.value()?], true),
            () if self.cursor.symbol("=") => (vec![self.cursor.value()?], false),
            () if self.cursor.keyword("NOT") && self.cursor.keyword("IN") => (self.cursor.values()?, true),
            () if self.cursor.keyword("IN") => (self.cursor.values()?, false),
            () => return Err(self.cursor.expected("=, !=, IN or NOT IN")),
        };
        Ok(Expression::Among { field, values, negated })
    }
}
