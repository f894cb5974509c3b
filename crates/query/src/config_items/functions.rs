//! Functions that statements over items need: `config_at(time)`, what leads into JSON, and the order of versions.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use base::Timestamp;
use datafusion::catalog::{TableFunction, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{Expr, ScalarUDF};
use lang::package_version::Scheme;
use serde_json::Value;

use super::{Shelf, TableAtTime};
use crate::lake::functions::json::{extract_functions, scalar_text};
use crate::lake::functions::row::Kind::{Integer, Text, TextList};
use crate::lake::functions::row::{Cell, by_row, text};
use crate::table::Provider;
use crate::tables::Reach;

/// A function that makes a table as of a time: `config_at(time)`.
pub struct AtTime<T> {
    shelf: Shelf,
    reach: Reach,
    table: PhantomData<fn() -> T>,
}

impl<T: TableAtTime> AtTime<T> {
    /// The function over items, as far as a statement reaches. It is called as its table is.
    pub fn function(shelf: Shelf, reach: Reach) -> Arc<TableFunction> {
        let function = Self { shelf, reach, table: PhantomData };
        Arc::new(TableFunction::new(T::NAME.to_owned(), Arc::new(function)))
    }
}

impl<T: TableAtTime> fmt::Debug for AtTime<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", T::NAME, self.reach)
    }
}

impl<T: TableAtTime> TableFunctionImpl for AtTime<T> {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let name = T::NAME;
        let [Expr::Literal(given, _)] = args.exprs() else {
            return plan_err!(
                "{name} takes one time, such as TIMESTAMP '2026-01-31T10:00:00Z' or now() - INTERVAL '1 day'"
            );
        };
        let Some(time) = time(given) else {
            return plan_err!("{name} takes a time, and {given} is none");
        };
        Ok(Arc::new(Provider::new(T::at(self.shelf.clone(), time), self.reach.clone())))
    }
}

fn time(value: &ScalarValue) -> Option<Timestamp> {
    let millis = match value {
        ScalarValue::TimestampSecond(Some(secs), _) => secs.checked_mul(1000)?,
        ScalarValue::TimestampMillisecond(Some(millis), _) => *millis,
        ScalarValue::TimestampMicrosecond(Some(micros), _) => micros.div_euclid(1000),
        ScalarValue::TimestampNanosecond(Some(nanos), _) => nanos.div_euclid(1_000_000),
        ScalarValue::Date32(Some(days)) => i64::from(*days).checked_mul(base::time::DAY_MS)?,
        text => return Timestamp::parse_iso(text.try_as_str()??),
    };
    Some(Timestamp::from_millis(millis))
}

/// `json_extract`, `json_extract_scalar`, `json_values` and `version_compare`.
pub fn item_functions() -> Vec<Arc<ScalarUDF>> {
    let values = by_row("json_values", &[Text, Text], 0, TextList, |of| {
        let Ok(value) = serde_json::from_str::<Value>(text(&of[0])) else { return Ok(None) };
        let mut found = Vec::new();
        let names: Vec<_> = text(&of[1]).split('.').collect();
        collect(&value, &names, &mut found);
        Ok(Some(Cell::List(found)))
    });
    let compare = by_row("version_compare", &[Text, Text, Text], 1, Integer, |of| {
        let scheme = of.get(2).map_or(Ok(Scheme::Debian), |name| scheme(text(name)))?;
        Ok(Some(Cell::Int(scheme.compare(text(&of[0]), text(&of[1])) as i64)))
    });
    extract_functions().into_iter().chain([values, compare]).map(Arc::new).collect()
}

fn scheme(name: &str) -> Result<Scheme, String> {
    Scheme::of_name(name).ok_or_else(|| {
        let known = Scheme::ALL.map(Scheme::name).join(", ");
        format!("version_compare knows no scheme {name}: it takes one of {known}")
    })
}

/// All texts, numbers and truth values that names lead to, through lists.
fn collect(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match (value, names) {
        (Value::Array(elements), _) => elements.iter().for_each(|element| collect(element, names, found)),
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get(*name) {
                collect(member, rest, found);
            }
        }
        (value, []) => found.extend(scalar_text(value)),
        _ => {}
    }
}
