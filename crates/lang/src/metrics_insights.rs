//! Metrics Insights: the SQL over metrics (cloudwatch.md §4.8).

mod lex;
mod parse;
mod print;
mod reserved;
mod run;
#[cfg(test)]
mod tests;

pub use run::{OTHER, Subject};

/// The most series that a query gives (cloudwatch.md §4.8).
pub const SERIES_MAX: usize = 500;

/// An aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// AVG
    Avg,
    /// COUNT
    Count,
    /// MAX
    Max,
    /// MIN
    Min,
    /// SUM
    Sum,
}

/// A key of WHERE and GROUP BY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupKey {
    /// A dimension.
    Dimension(String),
    /// `tag.<key>`
    Tag(String),
    /// `AWS.AccountId`
    AccountId,
}

/// What a condition compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// `CURRENT_ACCOUNT_ID()`
    CurrentAccountId,
}

/// One condition of WHERE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is compared.
    pub key: GroupKey,
    /// `=` or `!=`.
    pub equal: bool,
    /// With what.
    pub operand: Operand,
}

/// ORDER BY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// Of each series over the whole range.
    pub aggregate: Aggregate,
    /// DESC.
    pub descending: bool,
}

/// A parsed query. Its `Display` is the query in its plainest spelling, which parses to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The function of SELECT.
    pub aggregate: Aggregate,
    /// The metric's name.
    pub metric_name: String,
    /// The namespace of FROM.
    pub namespace: String,
    /// The dimension names of SCHEMA, which a metric must have exactly; `None` for a bare namespace.
    pub schema: Option<Vec<String>>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// GROUP BY.
    pub group_by: Vec<GroupKey>,
    /// ORDER BY.
    pub order_by: Option<OrderBy>,
    /// LIMIT, 1 to 500.
    pub limit: Option<usize>,
}

/// Whether an expression is a query rather than metric math: its first word is SELECT.
pub fn is_query(text: &str) -> bool {
    let text = text.trim_start();
    text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SELECT"))
        && !text[6..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

impl Query {
    /// Parses a query; the error is a reason for people with the place (line and column, both from
    /// one).
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text)
    }
}
