//! Conditions on times.

use base::Timestamp;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::is_column;

const NANOS_PER_MILLI: i128 = 1_000_000;

/// Milliseconds since the epoch from one on and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first, inclusive.
    pub from: i64,
    /// The last, exclusive.
    pub to: i64,
}

impl Window {
    /// Any time.
    pub const ALL: Self = Self { from: i64::MIN, to: i64::MAX };
    const NEVER: Self = Self { from: 0, to: 0 };

    /// What is in both.
    pub fn intersect(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// Whether no time is in it.
    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// In words, if it is not all.
    pub fn describe(self) -> Option<String> {
        let iso = |millis| Timestamp::from_millis(millis).iso();
        match self {
            Self::ALL => None,
            Self { from: i64::MIN, to } => Some(format!("before {}", iso(to))),
            Self { from, to: i64::MAX } => Some(format!("from {}", iso(from))),
            Self { from, to } => Some(format!("from {} to {}", iso(from), iso(to))),
        }
    }
}

/// Whether a cast of milliseconds to this type loses nothing.
pub fn keeps_millis(kind: &DataType) -> bool {
    matches!(kind, DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond, _))
}

/// The times that pass a condition that is on the column alone; exactly those.
pub fn window(filter: &Expr, column: &str) -> Option<Window> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            Some(window(left, column)?.intersect(window(right, column)?))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match is_column(left, column) {
            true => compared(*op, nanos(right)?),
            false if is_column(right, column) => compared(op.swap()?, nanos(left)?),
            false => None,
        },
        Expr::Between(between) if !between.negated && is_column(&between.expr, column) => {
            let (low, high) = (nanos(&between.low)?, nanos(&between.high)?);
            Some(compared(Operator::GtEq, low)?.intersect(compared(Operator::LtEq, high)?))
        }
        _ => None,
    }
}

/// Nanoseconds since the epoch; `None` inside when it is null, which nothing compares with.
fn nanos(expr: &Expr) -> Option<Option<i128>> {
    let Expr::Literal(value, _) = expr else { return None };
    let scaled = |value: &Option<i64>, nanos: i128| Some(value.map(|value| i128::from(value) * nanos));
    match value {
        ScalarValue::TimestampSecond(value, _) => scaled(value, 1_000_000_000),
        ScalarValue::TimestampMillisecond(value, _) => scaled(value, NANOS_PER_MILLI),
        ScalarValue::TimestampMicrosecond(value, _) => scaled(value, 1_000),
        ScalarValue::TimestampNanosecond(value, _) => scaled(value, 1),
        _ => None,
    }
}

fn compared(op: Operator, nanos: Option<i128>) -> Option<Window> {
    let Some(nanos) = nanos else { return Some(Window::NEVER) };
    // The first millisecond at or after the time, and the first after it.
    let at = millis(-((-nanos).div_euclid(NANOS_PER_MILLI)));
    let after = millis(nanos.div_euclid(NANOS_PER_MILLI) + 1);
    Some(match op {
        Operator::GtEq => Window { from: at, to: i64::MAX },
        Operator::Gt => Window { from: after, to: i64::MAX },
        Operator::Lt => Window { from: i64::MIN, to: at },
        Operator::LtEq => Window { from: i64::MIN, to: after },
        Operator::Eq => Window { from: at, to: after },
        _ => return None,
    })
}

fn millis(millis: i128) -> i64 {
    i64::try_from(millis).unwrap_or(if millis < 0 { i64::MIN } else { i64::MAX })
}
