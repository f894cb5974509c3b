//! Queries as text.

use std::fmt::{self, Display, Formatter, Write as _};

use super::parse::is_plain;
use super::{
    Aggregate, Comparison, Condition, Item, Literal, Order, OrderBy, Path, Pattern, Predicate, Query, Test, Wildcard,
};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        listed(f, &self.items)?;
        if let Some(condition) = &self.condition {
            write!(f, " WHERE {condition}")?;
        }
        if !self.groups.is_empty() {
            f.write_str(" GROUP BY ")?;
            listed(f, &self.groups)?;
        }
        if !self.order.is_empty() {
            f.write_str(" ORDER BY ")?;
            listed(f, &self.order)?;
        }
        Ok(())
    }
}

fn listed<T: Display>(f: &mut Formatter<'_>, parts: &[T]) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{part}")?;
    }
    Ok(())
}

/// The name that results have.
impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Property(path) => path.fmt(f),
            Self::Aggregate(aggregate) => aggregate.fmt(f),
        }
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.of {
            Some(path) => write!(f, "{}({path})", self.word),
            None => write!(f, "{}(*)", self.word),
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.by {
            OrderBy::Property(path) => path.fmt(f)?,
            OrderBy::Aggregate(aggregate) => aggregate.fmt(f)?,
        }
        f.write_str(if self.descends { " DESC" } else { "" })
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().iter().enumerate() {
            if at > 0 {
                f.write_char('.')?;
            }
            match is_plain(name) {
                true => f.write_str(name)?,
                false => write!(f, "\"{}\"", name.replace('"', "\"\""))?,
            }
        }
        Ok(())
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut Formatter<'_>, parts: &[Self], word: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    // What was in brackets stays there, so that it is read as it was.
                    Self::Any(_) | Self::All(_) if !(word == "OR" && matches!(part, Self::All(_))) => {
                        write!(f, "({part})")?;
                    }
                    part => part.fmt(f)?,
                }
            }
            Ok(())
        };
        match self {
            Self::Any(parts) => joined(f, parts, "OR"),
            Self::All(parts) => joined(f, parts, "AND"),
            Self::Not(part) => match **part {
                Self::Any(_) | Self::All(_) => write!(f, "NOT ({part})"),
                _ => write!(f, "NOT {part}"),
            },
            Self::Predicate(predicate) => predicate.fmt(f),
        }
    }
}

impl Display for Predicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "NOT " } else { "" };
        write!(f, "{} ", self.path)?;
        match &self.test {
            Test::Compare(comparison, literal) => write!(f, "{} {literal}", comparison.sign()),
            Test::In(literals) => {
                write!(f, "{not}IN (")?;
                listed(f, literals)?;
                f.write_char(')')
            }
            Test::Between(low, high) => write!(f, "{not}BETWEEN {low} AND {high}"),
            Test::Like(pattern) => write!(f, "{not}LIKE {pattern}"),
        }
    }
}

impl Comparison {
    fn sign(self) -> &'static str {
        let (sign, _) = Self::SIGNS.into_iter().find(|(_, known)| *known == self).expect("every comparison has a sign");
        sign
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(f, text),
            Self::Number(number) => f.write_str(number),
            Self::Flag(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.start.len() + 1);
        for c in self.start.chars() {
            if matches!(c, '%' | '_' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        match self.end {
            Wildcard::Nothing => {}
            Wildcard::OneCharacter => text.push('_'),
            Wildcard::Anything => text.push('%'),
        }
        quoted(f, &text)
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}
