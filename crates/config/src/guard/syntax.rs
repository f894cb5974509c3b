//! What a policy is made of.

use regex::Regex;
use serde_json::Value;

/// A policy.
#[derive(Debug)]
pub(super) struct File {
    pub(super) lets: Vec<Let>,
    pub(super) rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    /// It is about documents alone of which this holds.
    pub(super) when: Option<Clauses>,
    pub(super) block: Block,
}

/// `let name = value`
#[derive(Debug)]
pub(super) struct Let {
    pub(super) name: String,
    pub(super) value: Operand,
}

/// Variables, and what must hold.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) lets: Vec<Let>,
    pub(super) clauses: Clauses,
}

/// All must hold; of each, one of these.
pub(super) type Clauses = Vec<Vec<Clause>>;

/// Something that must hold.
#[derive(Debug)]
pub(super) enum Clause {
    /// Of the values of a query.
    Check(Check),
    /// A rule of this name.
    Rule { name: String, is_negated: bool },
    /// A block, of each value of a query.
    Each {
        query: Query,
        /// Whether there must be a value.
        must_be: bool,
        block: Block,
    },
    /// A block, where something else holds.
    When { when: Clauses, block: Block },
}

/// A check of the values of a query.
#[derive(Debug)]
pub(super) struct Check {
    /// `not` before the query.
    pub(super) is_inverted: bool,
    pub(super) query: Query,
    pub(super) operator: Operator,
    /// `!` or `not` before the operator.
    pub(super) is_negated: bool,
    /// Of operators that compare.
    pub(super) with: Option<Operand>,
}

/// An operator. `!=` is `==` that is negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Exists,
    Empty,
    IsString,
    IsList,
    IsStruct,
    IsBool,
    IsInt,
    IsFloat,
    IsNull,
    Equal,
    In,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub(super) const fn compares(self) -> bool {
        matches!(self, Self::Equal | Self::In | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }
}

/// What is compared with.
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Literal),
    Query(Query),
}

/// A way to values.
#[derive(Debug)]
pub(super) struct Query {
    /// `some`: one value is enough.
    pub(super) is_some: bool,
    pub(super) parts: Vec<Part>,
}

/// A step on the way.
#[derive(Debug)]
pub(super) enum Part {
    /// `this`
    This,
    /// `%name`, as the first.
    Variable(String),
    /// `.name`
    Key(String),
    /// `.%name`: the keys that a variable has.
    VariableKey(String),
    /// `[1]`
    Index(i64),
    /// `[*]`
    AllIndices,
    /// `.*`
    AllValues,
    /// `[ … ]`: what these hold of.
    Filter(Clauses),
    /// `[ keys == … ]`: the members whose keys are so.
    Keys { operator: Operator, is_negated: bool, with: Operand },
}

/// A value that stands in the policy.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    Json(Value),
    Regex(Regex),
    Range(Range),
    List(Vec<Literal>),
}

/// `r[1, 10)`
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) from: Value,
    pub(super) to: Value,
    pub(super) with_from: bool,
    pub(super) with_to: bool,
}
