//! The expressions of `SEARCH` (cloudwatch.md §4.5).

mod labels;
mod parse;
#[cfg(test)]
mod tests;
mod tokens;

pub use labels::{Found, distinguishing_labels};
use tokens::TokenTerm;

/// The longest expression, in characters (cloudwatch.md §4.5).
pub const CHARACTERS_MAX: usize = 1024;

/// The deepest nesting of parentheses that is read.
pub const DEPTH_MAX: usize = 50;

/// A parsed search expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    schema: Option<Schema>,
    terms: Option<Terms>,
}

/// What stands in braces.
#[derive(Clone, Debug, PartialEq)]
struct Schema {
    namespace: String,
    /// Sorted, each once. Empty leaves the dimensions free.
    dimension_names: Vec<String>,
}

/// A tree of terms.
#[derive(Clone, Debug, PartialEq)]
enum Terms {
    All(Vec<Terms>),
    Any(Vec<Terms>),
    Not(Box<Terms>),
    Term { property: Option<Property>, pattern: Pattern },
}

/// What a term is restricted to.
#[derive(Clone, Debug, PartialEq)]
enum Property {
    MetricName,
    Namespace,
    AccountId,
    Dimension(String),
}

/// How a term looks at a text.
#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    /// Double-quoted: the whole text as it stands.
    Exact(String),
    /// Bare: by tokens.
    Tokens(TokenTerm),
    /// `LOCAL` of the account.
    LocalAccount,
}

/// What a search looks at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The account that owns the metric.
    pub account: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The metric's name.
    pub name: &'a str,
    /// Its dimensions.
    pub dimensions: &'a [(&'a str, &'a str)],
}

impl Search {
    /// Parses a search expression; the error is a reason for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text)
    }

    /// The namespace that everything found has, for the index: that of the schema, or of an exact
    /// `Namespace=` which must hold.
    pub fn namespace(&self) -> Option<&str> {
        match &self.schema {
            Some(schema) => Some(&schema.namespace),
            None => self.terms.as_ref()?.required(&Property::Namespace),
        }
    }

    /// The metric name when the terms fix it exactly, for the index.
    pub fn metric_name(&self) -> Option<&str> {
        self.terms.as_ref()?.required(&Property::MetricName)
    }

    /// The dimension names of the schema, sorted: all metrics found have exactly these.
    /// None leave the dimensions free.
    pub fn dimension_names(&self) -> &[String] {
        self.schema.as_ref().map_or(&[], |schema| &schema.dimension_names)
    }

    /// Whether a metric is found. `:aws.AccountId=LOCAL` holds for every candidate, because a
    /// caller searches in its own account only.
    pub fn matches(&self, candidate: Candidate<'_>) -> bool {
        self.schema.as_ref().is_none_or(|schema| schema.matches(candidate))
            && self.terms.as_ref().is_none_or(|terms| terms.matches(candidate))
    }
}

impl Schema {
    fn matches(&self, candidate: Candidate<'_>) -> bool {
        let names = &self.dimension_names;
        self.namespace == candidate.namespace
            && (names.is_empty()
                || names.len() == candidate.dimensions.len()
                    && candidate.dimensions.iter().all(|(name, _)| names.iter().any(|wanted| wanted == name)))
    }
}

impl Terms {
    /// The exact value that this property must have wherever these terms hold.
    fn required(&self, wanted: &Property) -> Option<&str> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.required(wanted)),
            Self::Term { property: Some(property), pattern: Pattern::Exact(value) } if property == wanted => {
                Some(value)
            }
            Self::Any(_) | Self::Not(_) | Self::Term { .. } => None,
        }
    }

    fn matches(&self, candidate: Candidate<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(candidate)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(candidate)),
            Self::Not(part) => !part.matches(candidate),
            Self::Term { property, pattern } => match property {
                Some(Property::MetricName) => pattern.matches(candidate.name),
                Some(Property::Namespace) => pattern.matches(candidate.namespace),
                Some(Property::AccountId) => pattern.matches(candidate.account),
                Some(Property::Dimension(wanted)) => {
                    candidate.dimensions.iter().any(|(name, value)| name == wanted && pattern.matches(value))
                }
                None => {
                    pattern.matches(candidate.name)
                        || pattern.matches(candidate.namespace)
                        || candidate
                            .dimensions
                            .iter()
                            .any(|(name, value)| pattern.matches(name) || pattern.matches(value))
                }
            },
        }
    }
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Tokens(term) => term.matches(text),
            Self::LocalAccount => true,
        }
    }
}
