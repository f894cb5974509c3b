//! Rules in their plainest spelling.

use std::fmt;

use super::{AtLeast, Expression, Rule, State, Threshold};

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.into_iter().find(|(_, state)| state == self).map(|(word, _)| word);
        f.write_str(word.unwrap_or_default())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(true) => f.write_str("TRUE"),
            Self::Constant(false) => f.write_str("FALSE"),
            Self::InState(state, reference) => write!(f, "{state}({})", Quoted(reference)),
            Self::AtLeast(at_least) => at_least.fmt(f),
            Self::Not(part) => write!(f, "NOT {}", Grouped(part)),
            Self::All(parts) => chain(f, parts, " AND "),
            Self::Any(parts) => chain(f, parts, " OR "),
        }
    }
}

impl fmt::Display for AtLeast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.threshold {
            Threshold::Count(count) => write!(f, "AT_LEAST({count}, ")?,
            Threshold::Percent(percent) => write!(f, "AT_LEAST({percent}%, ")?,
        }
        let not = if self.negated { "NOT " } else { "" };
        write!(f, "{not}{}, (", self.state)?;
        for (at, reference) in self.references.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}", Quoted(reference))?;
        }
        f.write_str("))")
    }
}

fn chain(f: &mut fmt::Formatter<'_>, parts: &[Expression], operator: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        let operator = if at == 0 { "" } else { operator };
        write!(f, "{operator}{}", Grouped(part))?;
    }
    Ok(())
}

/// In parentheses when it is a chain.
struct Grouped<'a>(&'a Expression);

impl fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expression::All(_) | Expression::Any(_) => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
