//! The tree of an expression.

use super::functions::Function;

/// A part of an expression that has a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A number, never negative: a sign is [`Node::Negate`].
    Number(f64),
    /// The id of another query.
    Id(String),
    /// `-x`
    Negate(Box<Node>),
    /// `x ^ y`
    Power(Box<Node>, Box<Node>),
    /// `a + b - c`, from left to right.
    ///
    /// Invariant: there is at least one operator, and all have the same precedence. A sum of a
    /// thousand terms is one node, so that depth is nesting and nothing else.
    Chain(Box<Node>, Vec<(Operator, Node)>),
    /// `[a, b]`; never empty.
    Array(Vec<Node>),
    /// `F(…)`; the number and the kinds of the arguments are right.
    Call(&'static Function, Vec<Argument>),
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    /// An expression.
    Value(Node),
    /// A string.
    Text(Text),
    /// A word such as `REPEAT`.
    Keyword(Keyword),
}

/// A string, with the quotes it was written in: they decide what is escaped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    /// What stands between the quotes. A backslash before the quote is gone, any other stays:
    /// searches have escapes of their own.
    pub value: String,
    /// `'` or `"`.
    pub quote: char,
}

/// The words that some functions take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Repeat,
    Linear,
    Asc,
    Desc,
    Avg,
    Min,
    Max,
    Sum,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// How strongly a part binds, loosest first (the grammar of cloudwatch.md §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl Precedence {
    /// The next tighter.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Sign,
            Self::Sign => Self::Power,
            Self::Power | Self::Atom => Self::Atom,
        }
    }
}

impl Operator {
    /// How strongly it binds.
    pub(super) fn precedence(self) -> Precedence {
        match self {
            Self::Or => Precedence::Or,
            Self::And => Precedence::And,
            Self::Equal | Self::NotEqual | Self::AtMost | Self::AtLeast | Self::Less | Self::Greater => {
                Precedence::Comparison
            }
            Self::Add | Self::Subtract => Precedence::Sum,
            Self::Multiply | Self::Divide => Precedence::Product,
            Self::Power => Precedence::Power,
        }
    }

    /// As it is printed.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }
}

impl Keyword {
    const ALL: [Self; 8] =
        [Self::Repeat, Self::Linear, Self::Asc, Self::Desc, Self::Avg, Self::Min, Self::Max, Self::Sum];

    /// The word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Repeat => "REPEAT",
            Self::Linear => "LINEAR",
            Self::Asc => "ASC",
            Self::Desc => "DESC",
            Self::Avg => "AVG",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Sum => "SUM",
        }
    }

    /// The keyword that a word is.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.name() == name)
    }
}

impl Node {
    /// How strongly the outermost operator binds.
    pub(super) fn precedence(&self) -> Precedence {
        match self {
            Self::Number(_) | Self::Id(_) | Self::Array(_) | Self::Call(..) => Precedence::Atom,
            Self::Negate(_) => Precedence::Sign,
            Self::Power(..) => Precedence::Power,
            Self::Chain(_, rest) => rest.first().map_or(Precedence::Atom, |(operator, _)| operator.precedence()),
        }
    }

    /// Visits the node, then its parts from left to right.
    pub(super) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        match self {
            Self::Number(_) | Self::Id(_) => {}
            Self::Negate(operand) => operand.walk(visit),
            Self::Power(base, exponent) => {
                base.walk(visit);
                exponent.walk(visit);
            }
            Self::Chain(first, rest) => {
                first.walk(visit);
                rest.iter().for_each(|(_, operand)| operand.walk(visit));
            }
            Self::Array(members) => members.iter().for_each(|member| member.walk(visit)),
            Self::Call(_, arguments) => {
                for argument in arguments {
                    if let Argument::Value(node) = argument {
                        node.walk(visit);
                    }
                }
            }
        }
    }
}
