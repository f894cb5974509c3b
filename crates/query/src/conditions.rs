//! What a query's conditions say of a table's columns, as far as the store can use it.
//!
//! What is understood is necessary for a row to pass; unless it is exact, the query looks at
//! the rows again. What is not understood says nothing.

mod message;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator, TableProviderFilterPushDown};
use lang::needle::Needle;

pub use time::Window;

/// The columns of a table whose conditions are of use.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// The column of times.
    pub time: &'static str,
    /// Columns of text that are compared for equality.
    pub texts: &'static [&'static str],
    /// Those of them that the scan itself compares, so that no row is left to look at again.
    pub exact_texts: &'static [&'static str],
    /// Columns of truth values.
    pub flags: &'static [&'static str],
    /// The column that an index finds pieces of texts in.
    pub message: Option<&'static str>,
}

/// What all of a query's conditions say together.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// When.
    pub window: Window,
    /// The values that a column of text may have; any where it is missing.
    pub texts: BTreeMap<&'static str, BTreeSet<String>>,
    /// The value that a flag has; any where it is missing.
    pub flags: BTreeMap<&'static str, bool>,
    /// What the message contains.
    pub needle: Needle,
}

impl Conditions {
    /// Any row may pass.
    pub fn none() -> Self {
        Self { window: Window::ALL, texts: BTreeMap::new(), flags: BTreeMap::new(), needle: Needle::Anything }
    }

    /// What conditions say that all hold.
    pub fn of(filters: &[Expr], columns: &Columns) -> Self {
        let mut conditions = Self::none();
        for filter in filters {
            conditions.add(filter, columns);
        }
        conditions
    }

    fn add(&mut self, filter: &Expr, columns: &Columns) {
        if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) = filter {
            self.add(left, columns);
            self.add(right, columns);
            return;
        }
        if let Some(window) = time::window(filter, columns.time) {
            self.window = self.window.intersect(window);
        } else if let Some((column, values)) = values(filter, columns.texts) {
            self.restrict(column, values);
        } else if let Some((column, value)) = flag(filter, columns.flags) {
            self.flags.insert(column, value);
        }
        if let Some(message) = columns.message {
            let needle = message::needle(filter, message);
            self.needle = Needle::all([std::mem::replace(&mut self.needle, Needle::Anything), needle]);
        }
    }

    /// Lets a column have these values alone, of those that it may have.
    pub fn restrict(&mut self, column: &'static str, values: BTreeSet<String>) {
        let restricted = match self.texts.remove(column) {
            Some(held) => held.intersection(&values).cloned().collect(),
            None => values,
        };
        self.texts.insert(column, restricted);
    }

    /// Whether a column may have a value.
    pub fn allows(&self, column: &str, value: &str) -> bool {
        self.texts.get(column).is_none_or(|values| values.contains(value))
    }

    /// The one value that a column may have.
    pub fn only(&self, column: &str) -> Option<&str> {
        let mut values = self.texts.get(column)?.iter();
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// Whether no row can pass.
    pub fn are_impossible(&self) -> bool {
        self.window.is_empty() || self.texts.values().any(BTreeSet::is_empty) || self.needle == Needle::Nothing
    }
}

/// For EXPLAIN: what the store is told.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        said.extend(self.window.describe());
        for (column, values) in &self.texts {
            let values: Vec<_> = values.iter().map(|value| format!("'{}'", value.escape_default())).collect();
            said.push(format!("{column} in ({})", values.join(", ")));
        }
        said.extend(self.flags.iter().map(|(column, value)| format!("{column} is {value}")));
        if self.needle != Needle::Anything {
            said.push(format!("message holds {}", message::describe(&self.needle)));
        }
        f.write_str(&said.join("; "))
    }
}

/// What becomes of a condition: whether the scan sees to it, wholly or in part.
pub fn pushdown(filter: &Expr, columns: &Columns) -> TableProviderFilterPushDown {
    let exact = time::window(filter, columns.time).is_some()
        || values(filter, columns.exact_texts).is_some_and(|(_, values)| !values.is_empty());
    if exact {
        return TableProviderFilterPushDown::Exact;
    }
    let conditions = Conditions::of(std::slice::from_ref(filter), columns);
    let says_nothing = conditions.window == Window::ALL
        && conditions.texts.is_empty()
        && conditions.flags.is_empty()
        && conditions.needle == Needle::Anything;
    match says_nothing {
        true => TableProviderFilterPushDown::Unsupported,
        false => TableProviderFilterPushDown::Inexact,
    }
}

/// The column of a name, whatever type of text or time it is cast to.
fn is_column(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Column(column) => column.name == name,
        Expr::Cast(Cast { expr, field }) => {
            let kind = field.data_type();
            (kind.is_string() || time::keeps_millis(kind)) && is_column(expr, name)
        }
        _ => false,
    }
}

/// The text that an expression is.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        Expr::Cast(Cast { expr, field }) if field.data_type().is_string() => text(expr),
        _ => None,
    }
}

/// One of the columns and the values that it must have one of.
fn values(filter: &Expr, columns: &'static [&'static str]) -> Option<(&'static str, BTreeSet<String>)> {
    let column = |expr: &Expr| columns.iter().find(|name| is_column(expr, name)).copied();
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            let (column, value) = match column(left) {
                Some(column) => (column, text(right)?),
                None => (column(right)?, text(left)?),
            };
            Some((column, BTreeSet::from([value.to_owned()])))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let ((left, mut values), (right, others)) = (values(left, columns)?, self::values(right, columns)?);
            values.extend(others);
            (left == right).then_some((left, values))
        }
        Expr::InList(list) if !list.negated => {
            let column = column(&list.expr)?;
            let values: Option<_> = list.list.iter().map(|value| text(value).map(str::to_owned)).collect();
            Some((column, values?))
        }
        _ => None,
    }
}

/// One of the columns and the value that it must have.
fn flag(filter: &Expr, columns: &'static [&'static str]) -> Option<(&'static str, bool)> {
    let column = |expr: &Expr| columns.iter().find(|name| is_column(expr, name)).copied();
    match filter {
        Expr::Column(_) => Some((column(filter)?, true)),
        Expr::Not(inner) => Some((column(inner)?, false)),
        Expr::IsTrue(inner) => Some((column(inner)?, true)),
        Expr::IsFalse(inner) => Some((column(inner)?, false)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (&**left, &**right) {
            (of, Expr::Literal(ScalarValue::Boolean(Some(value)), _))
            | (Expr::Literal(ScalarValue::Boolean(Some(value)), _), of) => Some((column(of)?, *value)),
            _ => None,
        },
        _ => None,
    }
}
