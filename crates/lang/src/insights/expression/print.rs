//! Expressions as text that reads back to the same.

use std::fmt::{self, Display, Formatter};

use super::{Arithmetic, Call, Expression, Field, KEYWORDS, Segment, Sense};
use crate::insights::lexer::{is_plain, is_plain_start};

/// How strongly an expression holds together; brackets go around what is weaker than its place asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Any,
    All,
    Not,
    Comparison,
    Sum,
    Product,
    Negative,
    Power,
    Primary,
}

impl Expression {
    fn strength(&self) -> Strength {
        match self {
            Self::Any(_) => Strength::Any,
            Self::All(_) => Strength::All,
            Self::Not(_) => Strength::Not,
            Self::Comparison(..) | Self::Like(..) | Self::In(..) => Strength::Comparison,
            Self::Arithmetic(_, operator, _) => match operator {
                Arithmetic::Add | Arithmetic::Subtract => Strength::Sum,
                Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => Strength::Product,
                Arithmetic::Power => Strength::Power,
            },
            Self::Negative(_) => Strength::Negative,
            _ => Strength::Primary,
        }
    }
}

/// An expression in a place that asks for strength.
struct In<'e>(&'e Expression, Strength);

impl Display for In<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.strength() < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Regex(pattern, _) => Slashed(pattern).fmt(f),
            Self::Duration(duration, _) => f.write_str(duration),
            Self::List(elements) => write!(f, "[{}]", Separated(elements)),
            Self::Field(field) => field.fmt(f),
            Self::Call(call) => call.fmt(f),
            Self::Star(_) => f.write_str("*"),
            Self::Negative(inner) => write!(f, "-{}", In(inner, Strength::Negative)),
            Self::Not(inner) => write!(f, "not {}", In(inner, Strength::Not)),
            Self::Arithmetic(left, operator, right) => {
                // All but powers hold to the left.
                let (at_left, at_right) = match self.strength() {
                    Strength::Sum => (Strength::Sum, Strength::Product),
                    Strength::Product => (Strength::Product, Strength::Negative),
                    _ => (Strength::Primary, Strength::Negative),
                };
                write!(f, "{} {} {}", In(left, at_left), operator.mark(), In(right, at_right))
            }
            Self::Comparison(left, comparison, right) => {
                write!(f, "{} {} {}", In(left, Strength::Sum), comparison.mark(), In(right, Strength::Sum))
            }
            Self::Like(left, sense, right) => {
                write!(f, "{} {}like {}", In(left, Strength::Sum), Not(*sense), In(right, Strength::Sum))
            }
            Self::In(left, sense, elements) => {
                write!(f, "{} {}in [{}]", In(left, Strength::Sum), Not(*sense), Separated(elements))
            }
            Self::All(parts) => joined(f, parts, " and ", Strength::Not),
            Self::Any(parts) => joined(f, parts, " or ", Strength::All),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expression], word: &str, strength: Strength) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        In(part, strength).fmt(f)?;
    }
    Ok(())
}

struct Not(Sense);

impl Display for Not {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 == Sense::Negated { "not " } else { "" })
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, Separated(&self.arguments))
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // A first name with a name behind it cannot be taken for a keyword.
        let alone = !matches!(self.path.get(1), Some(Segment::Name(_)));
        for (index, segment) in self.path.iter().enumerate() {
            match segment {
                Segment::Index(at) => write!(f, "[{at}]")?,
                Segment::Name(name) if index == 0 && alone => Name(name).fmt(f)?,
                Segment::Name(name) => {
                    f.write_str(if index > 0 { "." } else { "" })?;
                    part(f, name, if index > 0 && is_name(&self.path[index - 1]) { is_plain } else { is_plain_start })?;
                }
            }
        }
        Ok(())
    }
}

fn is_name(segment: &Segment) -> bool {
    matches!(segment, Segment::Name(_))
}

fn part(f: &mut Formatter<'_>, name: &str, is_plain: fn(&str) -> bool) -> fmt::Result {
    if is_plain(name) { f.write_str(name) } else { write!(f, "`{name}`") }
}

/// A name that is one thing: it stands in backticks where it must.
pub struct Name<'n>(pub &'n str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let reserved = |word: &&str| self.0.eq_ignore_ascii_case(word);
        if KEYWORDS.iter().chain(&["true", "false"]).any(reserved) {
            return write!(f, "`{}`", self.0);
        }
        part(f, self.0, is_plain_start)
    }
}

/// A text in quotes.
pub struct Quoted<'t>(pub &'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

/// A regular expression between slashes.
pub struct Slashed<'t>(pub &'t str);

impl Display for Slashed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        let mut characters = self.0.chars();
        while let Some(c) = characters.next() {
            match c {
                '/' => f.write_str("\\/")?,
                '\\' => {
                    f.write_str("\\")?;
                    // What is escaped stays so. A pattern as it is read never ends here.
                    characters.next().map_or(Ok(()), |escaped| write!(f, "{escaped}"))?;
                }
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("/")
    }
}

/// Things with commas between.
pub struct Separated<'l, T>(pub &'l [T]);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, thing) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            thing.fmt(f)?;
        }
        Ok(())
    }
}
