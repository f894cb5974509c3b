//! Advanced queries of AWS Config: the subset of SQL that `SelectResourceConfig` takes (config.md §7).
//!
//! [`Query::parse`] reads a query and holds it against the rules of the language; a [`Plan`] of it is run over
//! *documents*: a JSON object for each resource, with the properties of config.md §7.3 under their own names.
//!
//! Nothing here is SQL's but the words. A path matches if any value that it leads to through arrays does, a property
//! has no type but that of the value that is found, and addresses are ranges: so conditions, groups and orders are
//! evaluated here, document by document.

mod check;
mod compare;
mod condition;
mod group;
mod parse;
mod path;
mod plan;
mod print;
mod project;
mod run;
#[cfg(test)]
mod tests;
mod value;
mod wanted;

pub use path::Path;
pub use plan::Plan;
pub use run::{Going, Outcome, Place, Run, TooManyGroups};
pub use wanted::Wanted;

/// How deep conditions may be within each other.
pub const DEPTH_MAX: usize = 64;

/// The most properties that are grouped by.
pub const GROUPS_MAX: usize = 3;

/// Characters that stand in a pattern before its wildcard, at least.
pub const PATTERN_CHARACTERS_MIN: usize = 3;

/// A query that keeps to the rules. Its `Display` is the query in its plainest spelling, which parses to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    items: Vec<Item>,
    condition: Option<Condition>,
    groups: Vec<Path>,
    order: Vec<Order>,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// `*`
    All,
    Property(Path),
    Aggregate(Aggregate),
}

/// A function over the resources of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Aggregate {
    function: Function,
    /// The function's name as it was written, which results are called by.
    word: String,
    /// `None` is `*`.
    of: Option<Path>,
}

impl Aggregate {
    /// Whether two are the same but for how they are written.
    fn is_same(&self, other: &Self) -> bool {
        self.function == other.function && self.of == other.of
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    const WORDS: [(&'static str, Self); 5] =
        [("COUNT", Self::Count), ("SUM", Self::Sum), ("AVG", Self::Avg), ("MIN", Self::Min), ("MAX", Self::Max)];

    fn of(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, function)| function)
    }
}

/// What results are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    by: OrderBy,
    descends: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OrderBy {
    Property(Path),
    Aggregate(Aggregate),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// Two or more.
    Any(Vec<Condition>),
    /// Two or more.
    All(Vec<Condition>),
    Not(Box<Condition>),
    Predicate(Predicate),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Predicate {
    path: Path,
    /// Whether `NOT` stands before `IN`, `BETWEEN` or `LIKE`.
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Compare(Comparison, Literal),
    In(Vec<Literal>),
    Between(Literal, Literal),
    Like(Pattern),
}

/// Those but the first three are no part of AWS's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    Greater,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
}

impl Comparison {
    /// With their signs, longer ones first.
    const SIGNS: [(&'static str, Self); 7] = [
        ("!=", Self::NotEqual),
        ("<>", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Literal {
    Text(String),
    /// As it was written.
    Number(String),
    Flag(bool),
}

/// What `LIKE` looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// What a text starts with.
    start: String,
    end: Wildcard,
}

/// What follows the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wildcard {
    Nothing,
    /// `_`
    OneCharacter,
    /// `%`
    Anything,
}

/// Why a text is no query. All but the first say so in words of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something else has to stand in a place. The form is AWS's.
    #[error("syntax error at line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// No resource has a property of this name.
    #[error("unknown property '{0}'")]
    UnknownProperty(String),
    /// A pattern has its wildcard elsewhere than at the end, or too little before it.
    #[error(
        "the pattern '{0}' is not supported: a wildcard (% or _) stands at the end, after at least \
         {PATTERN_CHARACTERS_MIN} characters"
    )]
    Pattern(String),
    /// Conditions are too deep within each other.
    #[error("the conditions are nested more than {DEPTH_MAX} deep")]
    TooDeep,
    /// See [`GROUPS_MAX`].
    #[error("a query is grouped by at most {GROUPS_MAX} properties")]
    TooManyGroups,
    /// What is selected, or ordered by, beside an aggregate, or in groups, is not grouped by.
    #[error("'{0}' must be in GROUP BY")]
    NotGrouped(String),
    /// A query that orders by an aggregate has one property in `GROUP BY`.
    #[error("a query that is ordered by an aggregate is grouped by exactly one property")]
    AggregateOrder,
    /// Two spellings of a property.
    #[error("the properties '{0}' and '{1}' differ in case alone")]
    Spellings(String, String),
    /// A function is of one property.
    #[error("only COUNT takes *")]
    StarInFunction,
}

impl Query {
    /// Parses a query.
    ///
    /// # Errors
    /// Where it is wrong, or which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let query = parse::parse(text)?;
        check::check(&query)?;
        Ok(query)
    }
}
