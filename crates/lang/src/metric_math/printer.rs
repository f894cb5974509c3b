//! The canonical text of an expression.

use std::fmt::{self, Display};

use super::Expression;
use super::syntax::{Argument, Node, Precedence, Text};

impl Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(out)
    }
}

impl Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number_text(*number, out),
            Self::Id(id) => out.write_str(id),
            Self::Negate(operand) => {
                out.write_str("-")?;
                within(operand, Precedence::Sign, out)
            }
            Self::Power(base, exponent) => {
                within(base, Precedence::Atom, out)?;
                out.write_str("^")?;
                within(exponent, Precedence::Sign, out)
            }
            Self::Chain(first, rest) => {
                let operand_precedence = self.precedence().tighter();
                within(first, operand_precedence, out)?;
                for (operator, operand) in rest {
                    write!(out, " {} ", operator.symbol())?;
                    within(operand, operand_precedence, out)?;
                }
                Ok(())
            }
            Self::Array(members) => {
                out.write_str("[")?;
                separated(members, out)?;
                out.write_str("]")
            }
            Self::Call(function, arguments) => {
                write!(out, "{}(", function.name)?;
                separated(arguments, out)?;
                out.write_str(")")
            }
        }
    }
}

impl Display for Argument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(node) => node.fmt(out),
            Self::Text(text) => text.fmt(out),
            Self::Keyword(keyword) => out.write_str(keyword.name()),
        }
    }
}

impl Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = self.quote;
        let escaped = format!("\\{quote}");
        write!(out, "{quote}{}{quote}", self.value.replace(quote, &escaped))
    }
}

/// An operand, in parentheses when it binds more loosely than its place asks for.
fn within(operand: &Node, place: Precedence, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if operand.precedence() < place { write!(out, "({operand})") } else { operand.fmt(out) }
}

fn separated<T: Display>(items: &[T], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(out, "{separator}{item}")?;
    }
    Ok(())
}

/// The shortest text that reads back as the same number: plain, or with an exponent when the
/// number is far from one.
fn number_text(number: f64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = format!("{number:?}");
    out.write_str(text.strip_suffix(".0").unwrap_or(&text))
}
