//! Conditions joined by `&&` and `||`; the former binds tighter (logs.md FJ-2).

use super::PatternError;
use super::cursor::Cursor;
use crate::needle::Needle;

#[derive(Debug)]
pub(super) enum Expression<C> {
    Is(C),
    All(Vec<Expression<C>>),
    Any(Vec<Expression<C>>),
}

impl<C> Expression<C> {
    /// Reads an expression whose parts `primary` reads.
    pub fn parse(
        cursor: &mut Cursor<'_>,
        primary: &mut impl FnMut(&mut Cursor<'_>) -> Result<Self, PatternError>,
    ) -> Result<Self, PatternError> {
        let any = joined(cursor, "||", &mut |cursor| Ok(of(joined(cursor, "&&", primary)?, Self::All)))?;
        Ok(of(any, Self::Any))
    }

    pub fn holds(&self, condition: &impl Fn(&C) -> bool) -> bool {
        match self {
            Self::Is(one) => condition(one),
            Self::All(parts) => parts.iter().all(|part| part.holds(condition)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(condition)),
        }
    }

    pub fn needle(&self, condition: &impl Fn(&C) -> Needle) -> Needle {
        match self {
            Self::Is(one) => condition(one),
            Self::All(parts) => Needle::all(parts.iter().map(|part| part.needle(condition))),
            Self::Any(parts) => Needle::any_of(parts.iter().map(|part| part.needle(condition))),
        }
    }
}

fn joined<T>(
    cursor: &mut Cursor<'_>,
    operator: &str,
    part: &mut impl FnMut(&mut Cursor<'_>) -> Result<T, PatternError>,
) -> Result<Vec<T>, PatternError> {
    let mut parts = Vec::new();
    loop {
        cursor.skip_blanks();
        parts.push(part(cursor)?);
        cursor.skip_blanks();
        if !cursor.eat(operator) {
            return Ok(parts);
        }
    }
}

/// One part stands for itself.
fn of<C>(mut parts: Vec<Expression<C>>, many: fn(Vec<Expression<C>>) -> Expression<C>) -> Expression<C> {
    if parts.len() == 1 { parts.swap_remove(0) } else { many(parts) }
}
