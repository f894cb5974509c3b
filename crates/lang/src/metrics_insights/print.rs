//! From a [`Query`] to text.

use std::fmt::{Display, Formatter, Result};

use super::{Aggregate, Condition, GroupKey, Operand, Query, lex, reserved};

impl Aggregate {
    /// Every aggregate.
    pub const ALL: [Self; 5] = [Self::Avg, Self::Count, Self::Max, Self::Min, Self::Sum];

    /// Its name in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avg => "AVG",
            Self::Count => "COUNT",
            Self::Max => "MAX",
            Self::Min => "MIN",
            Self::Sum => "SUM",
        }
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "SELECT {}({}) FROM ", self.aggregate.name(), Name(&self.metric_name))?;
        match &self.schema {
            None => write!(f, "{}", Name(&self.namespace))?,
            Some(dimensions) => {
                write!(f, "SCHEMA({}", Name(&self.namespace))?;
                dimensions.iter().try_for_each(|dimension| write!(f, ", {}", Name(dimension)))?;
                f.write_str(")")?;
            }
        }
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(f, " {} {condition}", if index == 0 { "WHERE" } else { "AND" })?;
        }
        for (index, key) in self.group_by.iter().enumerate() {
            write!(f, "{} {key}", if index == 0 { " GROUP BY" } else { "," })?;
        }
        if let Some(order) = self.order_by {
            write!(f, " ORDER BY {}() {}", order.aggregate.name(), if order.descending { "DESC" } else { "ASC" })?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, " LIMIT {limit}"))
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {} ", self.key, if self.equal { "=" } else { "!=" })?;
        match &self.operand {
            Operand::Text(text) => quote(f, text, '\''),
            Operand::CurrentAccountId => f.write_str("CURRENT_ACCOUNT_ID()"),
        }
    }
}

impl Display for GroupKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Dimension(name) => write!(f, "{}", Name(name)),
            Self::Tag(key) => write!(f, "tag.{}", Name(key)),
            Self::AccountId => f.write_str("AWS.AccountId"),
        }
    }
}

/// A name, in double quotes where it needs them.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.chars().all(lex::is_word) && !reserved::is_reserved(self.0) {
            f.write_str(self.0)
        } else {
            quote(f, self.0, '"')
        }
    }
}

fn quote(f: &mut Formatter<'_>, text: &str, quote: char) -> Result {
    write!(f, "{quote}")?;
    for c in text.chars() {
        if c == quote || c == '\\' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    write!(f, "{quote}")
}
