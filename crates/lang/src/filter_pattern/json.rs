//! Patterns over JSON: `{ $.status = 404 && $.path != "/health" }` (logs.md §3.2).

use super::PatternError;
use super::comparison::{Comparison, Spelling};
use super::cursor::Cursor;
use super::expression::Expression;
use super::path::{Found, Path, find};
use super::scalar::Scalar;
use crate::needle::Needle;

/// The most wildcards in all paths of a pattern (logs.md FJ-8).
const WILDCARDS_MAX: usize = 3;

/// How deep parentheses may nest, which bounds the stack. AWS names no bound of its own.
const DEPTH_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct JsonPattern {
    /// Each path once.
    paths: Vec<Path>,
    root: Expression<Condition>,
}

#[derive(Debug)]
struct Condition {
    /// The index of the path.
    path: usize,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Compare(Comparison),
    IsNull,
    IsBool(bool),
    NotExists,
}

impl JsonPattern {
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let begin = cursor.invalid();
        cursor.expect("{")?;
        let mut reader = Reader::default();
        let root = reader.expression(cursor)?;
        cursor.expect("}")?;
        cursor.expect_end()?;
        if reader.wildcards > WILDCARDS_MAX { Err(begin) } else { Ok(Self { paths: reader.paths, root }) }
    }

    pub fn matches(&self, message: &str) -> bool {
        find(&self.paths, message).is_some_and(|found| self.holds(&found))
    }

    /// The value of each path that leads to one, by the path's text; the first where there are several.
    pub fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        let found = find(&self.paths, message).filter(|found| self.holds(found))?;
        let first = |found: Found<'_>| found.values.into_iter().next().map(|value| value.into_text().into_owned());
        let values = self.paths.iter().zip(found);
        Some(values.filter_map(|(path, found)| Some((path.text.clone(), first(found)?))).collect())
    }

    pub fn needle(&self) -> Needle {
        self.root.needle(&|condition| {
            let path = &self.paths[condition.path];
            let value = match &condition.check {
                Check::NotExists => return Needle::Anything,
                Check::Compare(comparison) => comparison.needle(Spelling::Json),
                Check::IsNull => Needle::contains("null"),
                Check::IsBool(true) => Needle::contains("true"),
                Check::IsBool(false) => Needle::contains("false"),
            };
            Needle::all([value, path.needle()])
        })
    }

    fn holds(&self, found: &[Found<'_>]) -> bool {
        self.root.holds(&|condition| {
            let found = &found[condition.path];
            let any = |fits: &dyn Fn(&Scalar<'_>) -> bool| found.values.iter().any(fits);
            match &condition.check {
                Check::Compare(comparison) => any(&|value| comparison.holds(value)),
                Check::IsNull => any(&|value| *value == Scalar::Null),
                Check::IsBool(wanted) => any(&|value| *value == Scalar::Bool(*wanted)),
                Check::NotExists => !found.exists,
            }
        })
    }
}

#[derive(Default)]
struct Reader {
    paths: Vec<Path>,
    wildcards: usize,
    /// Parentheses that are open.
    depth: usize,
}

impl Reader {
    fn expression(&mut self, cursor: &mut Cursor<'_>) -> Result<Expression<Condition>, PatternError> {
        Expression::parse(cursor, &mut |cursor| {
            let begin = cursor.invalid();
            if cursor.eat("(") {
                if self.depth == DEPTH_MAX {
                    return Err(begin);
                }
                self.depth += 1;
                let inner = self.expression(cursor)?;
                self.depth -= 1;
                cursor.expect(")")?;
                return Ok(inner);
            }
            let path = Path::parse(cursor)?;
            self.wildcards += path.wildcards();
            let known = self.paths.iter().position(|known| known.is_same(&path));
            let path = known.unwrap_or_else(|| {
                self.paths.push(path);
                self.paths.len() - 1
            });
            cursor.skip_blanks();
            Ok(Expression::Is(Condition { path, check: check(cursor)? }))
        })
    }
}

fn check(cursor: &mut Cursor<'_>) -> Result<Check, PatternError> {
    if cursor.eat_keyword("IS") {
        cursor.skip_blanks();
        match () {
            () if cursor.eat_keyword("NULL") => Ok(Check::IsNull),
            () if cursor.eat_keyword("TRUE") => Ok(Check::IsBool(true)),
            () if cursor.eat_keyword("FALSE") => Ok(Check::IsBool(false)),
            () => Err(cursor.invalid()),
        }
    } else if cursor.eat_keyword("NOT") {
        cursor.skip_blanks();
        if cursor.eat_keyword("EXISTS") { Ok(Check::NotExists) } else { Err(cursor.invalid()) }
    } else {
        Ok(Check::Compare(Comparison::parse(cursor)?))
    }
}
