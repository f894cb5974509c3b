//! Texts that are JSON.

use super::{Function, Value, function, one_or_zero};

pub(super) static FUNCTIONS: [Function; 4] = [
    function("jsonParse", 1..=1, |_, a| parse(&a[0]).into()),
    function("jsonStringify", 1..=1, |_, a| (!a[0].is_null()).then(|| a[0].to_json()).into()),
    function("jsonArraySize", 1..=1, |_, a| list(&a[0], |elements| Value::Int(elements.len() as i64))),
    function("jsonArrayContains", 2..=2, |_, a| match a[1].is_null() {
        true => Value::Null,
        false => list(&a[0], |elements| one_or_zero(elements.iter().any(|element| element.equals(&a[1])))),
    }),
];

/// The map or list that a text is; a map or list stays what it is.
fn parse(value: &Value) -> Option<Value> {
    match value {
        Value::Map(_) | Value::List(_) => Some(value.clone()),
        Value::Text(text) => {
            let json: serde_json::Value = serde_json::from_str(text).ok()?;
            (json.is_object() || json.is_array()).then(|| Value::from_json(&json))
        }
        _ => None,
    }
}

/// What a list gives, or a text that is one.
fn list(value: &Value, give: impl FnOnce(&[Value]) -> Value) -> Value {
    match parse(value) {
        Some(Value::List(elements)) => give(&elements),
        _ => Value::Null,
    }
}
