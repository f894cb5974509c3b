//! What is there and what is not, and choices between values.

use super::{ANY, Function, Value, function};

/// Pairs of condition and value that `case` takes, and a default.
const CASE_MAX: usize = 2 * 10 + 1;

pub(super) static FUNCTIONS: [Function; 6] = [
    // A JSON null counts as missing (logs.md FN-3).
    function("ispresent", 1..=1, |_, a| Value::Bool(!a[0].is_null())),
    function("coalesce", 1..=ANY, |_, a| a.iter().find(|value| !value.is_null()).cloned().into()),
    function("case", 2..=CASE_MAX, |_, a| case(a)),
    function("if", 3..=3, |_, a| a[if a[0].is_true() { 1 } else { 2 }].clone()),
    function("isNumeric", 1..=1, |_, a| (!a[0].is_null()).then(|| Value::Bool(a[0].exact().is_some())).into()),
    function("messageSize", 1..=1, |_, a| a[0].text().map(|text| text.len() as i64).into()),
];

fn case(arguments: &[Value]) -> Value {
    let pairs = arguments.chunks_exact(2);
    let default = pairs.remainder().first();
    let holds = pairs.into_iter().find(|pair| pair[0].is_true()).map(|pair| &pair[1]);
    holds.or(default).cloned().unwrap_or_default()
}
