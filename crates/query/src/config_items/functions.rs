//! Functions that statements over items need: `config_at(time)`, and what leads into JSON.

use std::fmt;
use std::sync::Arc;

use base::Timestamp;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{Expr, ScalarUDF};
use serde_json::Value;

use super::{AtTable, Shelf};
use crate::lake::functions::json::{extract_functions, scalar_text};
use crate::lake::functions::row::Kind::{Text, TextList};
use crate::lake::functions::row::{Cell, by_row, text};
use crate::table::Provider;
use crate::tables::Reach;

/// `config_at(time)`
pub struct ConfigAt {
    shelf: Shelf,
    reach: Reach,
}

impl ConfigAt {
    /// What statements call it.
    pub const NAME: &str = "config_at";

    /// Over items, as far as a statement reaches.
    pub fn new(shelf: Shelf, reach: Reach) -> Self {
        Self { shelf, reach }
    }
}

impl fmt::Debug for ConfigAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", Self::NAME, self.reach)
    }
}

impl TableFunctionImpl for ConfigAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [Expr::Literal(given, _)] = args.exprs() else {
            return plan_err!(
                "config_at takes one time, such as TIMESTAMP '2026-01-31T10:00:00Z' or now() - INTERVAL '1 day'"
            );
        };
        let Some(time) = time(given) else {
            return plan_err!("config_at takes a time, and {given} is none");
        };
        Ok(Arc::new(Provider::new(AtTable { shelf: self.shelf.clone(), time }, self.reach.clone())))
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

/// `json_extract`, `json_extract_scalar` and `json_values`.
pub fn json_functions() -> Vec<Arc<ScalarUDF>> {
    let values = by_row("json_values", &[Text, Text], 0, TextList, |of| {
        let Ok(value) = serde_json::from_str::<Value>(text(&of[0])) else { return Ok(None) };
        let mut found = Vec::new();
        let names: Vec<_> = text(&of[1]).split('.').collect();
        collect(&value, &names, &mut found);
        Ok(Some(Cell::List(found)))
    });
    extract_functions().into_iter().chain([values]).map(Arc::new).collect()
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
