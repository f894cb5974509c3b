//! Conditions on what messages hold.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Like, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use lang::needle::Needle;

use super::{is_column, text};

/// What a row's message must contain for the condition to hold.
pub fn needle(filter: &Expr, column: &str) -> Needle {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => binary(left, *op, right, column),
        Expr::Like(like) if !like.negated && is_column(&like.expr, column) => like_needle(like),
        Expr::ScalarFunction(function) => holds(function, column),
        Expr::IsTrue(inner) => needle(inner, column),
        _ => Needle::Anything,
    }
}

fn binary(left: &Expr, op: Operator, right: &Expr, column: &str) -> Needle {
    match op {
        Operator::And => Needle::all([needle(left, column), needle(right, column)]),
        Operator::Or => Needle::any_of([needle(left, column), needle(right, column)]),
        Operator::Eq if is_column(left, column) => text(right).map_or(Needle::Anything, Needle::contains),
        Operator::Eq if is_column(right, column) => text(left).map_or(Needle::Anything, Needle::contains),
        Operator::RegexMatch if is_column(left, column) => text(right).map_or(Needle::Anything, Needle::regex),
        Operator::RegexIMatch if is_column(left, column) => {
            text(right).map_or(Needle::Anything, |pattern| Needle::regex(&format!("(?i:{pattern})")))
        }
        Operator::LikeMatch if is_column(left, column) => {
            text(right).map_or(Needle::Anything, |pattern| pieces(pattern, None, false))
        }
        Operator::ILikeMatch if is_column(left, column) => {
            text(right).map_or(Needle::Anything, |pattern| pieces(pattern, None, true))
        }
        // `strpos(message, 'x') > 0` and the like.
        Operator::Gt | Operator::NotEq if is_whole_number(right, 0) => found(left, column),
        Operator::GtEq if is_whole_number(right, 1) => found(left, column),
        Operator::Lt | Operator::NotEq if is_whole_number(left, 0) => found(right, column),
        _ => Needle::Anything,
    }
}

fn is_whole_number(expr: &Expr, number: i64) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Int32(Some(value)), _) => i64::from(*value) == number,
        Expr::Literal(ScalarValue::Int64(Some(value)), _) => *value == number,
        Expr::Literal(ScalarValue::UInt64(Some(value)), _) => i64::try_from(*value) == Ok(number),
        _ => false,
    }
}

/// What is contained when `strpos` finds something.
fn found(expr: &Expr, column: &str) -> Needle {
    match expr {
        Expr::Cast(cast) => found(&cast.expr, column),
        Expr::ScalarFunction(function) if function.name() == "strpos" => argument(function, column),
        _ => Needle::Anything,
    }
}

/// What is contained when a function of truth holds.
fn holds(function: &ScalarFunction, column: &str) -> Needle {
    match function.name() {
        "contains" | "starts_with" | "ends_with" => argument(function, column),
        "regexp_like" if function.args.first().is_some_and(|first| is_column(first, column)) => {
            match (&function.args[1..], function.args.get(2).map(text)) {
                ([pattern], None) => text(pattern).map_or(Needle::Anything, Needle::regex),
                ([pattern, _], Some(Some(flags))) if flags.bytes().all(|flag| b"imsR".contains(&flag)) => {
                    let flags = if flags.contains('i') { "i" } else { "" };
                    text(pattern).map_or(Needle::Anything, |pattern| Needle::regex(&format!("(?{flags}:{pattern})")))
                }
                _ => Needle::Anything,
            }
        }
        _ => Needle::Anything,
    }
}

/// The text that is the second argument of a function of the column.
fn argument(function: &ScalarFunction, column: &str) -> Needle {
    match &function.args[..] {
        [of, piece] if is_column(of, column) => text(piece).map_or(Needle::Anything, Needle::contains),
        _ => Needle::Anything,
    }
}

fn like_needle(like: &Like) -> Needle {
    text(&like.pattern).map_or(Needle::Anything, |pattern| pieces(pattern, like.escape_char, like.case_insensitive))
}

/// What lies between a pattern's wildcards.
fn pieces(pattern: &str, escape: Option<char>, any_case: bool) -> Needle {
    let escape = escape.unwrap_or('\\');
    let (mut needles, mut piece) = (Vec::new(), String::new());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' | '_' => needles.push(contains(&std::mem::take(&mut piece), any_case)),
            c if c == escape => piece.push(chars.next().unwrap_or(c)),
            c => piece.push(c),
        }
    }
    needles.push(contains(&piece, any_case));
    Needle::all(needles)
}

fn contains(piece: &str, any_case: bool) -> Needle {
    if !any_case {
        return Needle::contains(piece);
    }
    // Beyond ASCII there are other cases; also a k and an s have one there.
    let folds = |c: char| !c.is_ascii() || matches!(c.to_ascii_lowercase(), 'k' | 's');
    let parts = piece.split(folds).filter(|part| !part.is_empty());
    Needle::all(parts.map(|part| Needle::Contains { literal: part.to_owned(), exact_case: false }))
}

/// In words, for EXPLAIN.
pub fn describe(needle: &Needle) -> String {
    let list = |needles: &[Needle], word: &str| {
        let all: Vec<_> = needles.iter().map(describe).collect();
        format!("({})", all.join(word))
    };
    match needle {
        Needle::Anything => "anything".to_owned(),
        Needle::Nothing => "nothing".to_owned(),
        Needle::Contains { literal, exact_case: true } => format!("'{}'", literal.escape_default()),
        Needle::Contains { literal, exact_case: false } => format!("'{}' in any case", literal.escape_default()),
        Needle::All(needles) => list(needles, " and "),
        Needle::AnyOf(needles) => list(needles, " or "),
    }
}
