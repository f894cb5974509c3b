//! Functions of JSON. A value of type `json` is its text, as short as it can be written.

use std::borrow::Cow;

use datafusion::logical_expr::ScalarUDF;
use serde_json::Value;

use super::row::Kind::{Bigint, Json, Text, TextOrJson};
use super::row::{Cell, by_row, int, text};

type Made<'b> = Result<Option<Cell<'b>>, String>;

/// All of them.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        by_row("trino_json_extract", &[TextOrJson, Text], 0, Json, |of| extracted(of, |found| Ok(Some(json(found))))),
        by_row("trino_json_extract_scalar", &[TextOrJson, Text], 0, Text, extract_scalar),
        by_row("trino_json_size", &[TextOrJson, Text], 0, Bigint, |of| {
            extracted(of, |found| {
                let size = match found {
                    Value::Array(items) => items.len(),
                    Value::Object(members) => members.len(),
                    _ => 0,
                };
                Ok(Some(Cell::Int(i64::try_from(size).unwrap_or(i64::MAX))))
            })
        }),
        by_row("trino_json_array_get", &[TextOrJson, Bigint], 0, Json, |of| {
            let Ok(Value::Array(items)) = serde_json::from_str(text(&of[0])) else { return Ok(None) };
            let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
            // What is negative counts from the end.
            let index = if int(&of[1]) < 0 { count + int(&of[1]) } else { int(&of[1]) };
            let found = usize::try_from(index).ok().and_then(|index| items.get(index));
            Ok(found.filter(|found| !found.is_null()).map(json))
        }),
        by_row("trino_json_array_length", &[TextOrJson], 0, Bigint, |of| match serde_json::from_str(text(&of[0])) {
            Ok(Value::Array(items)) => Ok(Some(Cell::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))),
            _ => Ok(None),
        }),
        by_row("trino_json_parse", &[Text], 0, Json, |of| match serde_json::from_str::<Value>(text(&of[0])) {
            Ok(value) => Ok(Some(json(&value))),
            Err(_) => Err(format!("Cannot convert value to JSON: '{}'", text(&of[0]))),
        }),
        by_row("trino_json_format", &[Json], 0, Text, |of| Ok(Some(Cell::Text(text(&of[0]).into())))),
    ]
}

/// The first two for statements that know no type `json`: of text they make text.
pub fn extract_functions() -> [ScalarUDF; 2] {
    [
        by_row("json_extract", &[Text, Text], 0, Text, |of| extracted(of, |found| Ok(Some(json(found))))),
        by_row("json_extract_scalar", &[Text, Text], 0, Text, extract_scalar),
    ]
}

fn extract_scalar<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    extracted(of, |found| Ok(scalar_text(found).map(|text| Cell::Text(text.into()))))
}

fn json<'b>(value: &Value) -> Cell<'b> {
    Cell::Text(value.to_string().into())
}

/// The text of a text, a number or a truth value.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// What a path leads to in a text; nothing, when it is not JSON or there is nothing.
fn extracted<'b>(of: &'b [Cell<'_>], make: impl FnOnce(&Value) -> Made<'b>) -> Made<'b> {
    let path = parse_path(text(&of[1]))?;
    let Ok(value) = serde_json::from_str::<Value>(text(&of[0])) else { return Ok(None) };
    match follow(&value, &path) {
        Some(found) => make(found),
        None => Ok(None),
    }
}

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'p> {
    /// Into the member of this name.
    Member(Cow<'p, str>),
    /// Into the item of this index.
    Item(usize),
}

/// `$.a.b[0]["c d"]`
///
/// # Errors
/// It is no path of these forms.
pub fn parse_path(text: &str) -> Result<Vec<Step<'_>>, String> {
    let invalid = || format!("Invalid JSON path: '{text}'");
    let mut rest = text.strip_prefix('$').ok_or_else(invalid)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, left) = after.split_at(end);
            // Stars and the like would lead to several places.
            if name.is_empty() || name.contains(['*', '?', '(', '\'', '"', '@']) {
                return Err(invalid());
            }
            steps.push(Step::Member(name.into()));
            rest = left;
            continue;
        }
        let after = rest.strip_prefix('[').ok_or_else(invalid)?;
        if let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let (name, left) = quoted_name(&after[1..], quote).ok_or_else(invalid)?;
            steps.push(Step::Member(name));
            rest = left.strip_prefix(']').ok_or_else(invalid)?;
        } else {
            let (index, left) = after.split_once(']').ok_or_else(invalid)?;
            match index.parse() {
                Ok(index) => steps.push(Step::Item(index)),
                Err(_) => steps.push(Step::Member(plain_name(index).ok_or_else(invalid)?.into())),
            }
            rest = left;
        }
    }
    Ok(steps)
}

fn plain_name(text: &str) -> Option<&str> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    // A minus before digits would count from the end, which paths do not.
    (plain && !text.starts_with('-')).then_some(text)
}

fn quoted_name(text: &str, quote: char) -> Option<(Cow<'_, str>, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((name.into(), &text[at + c.len_utf8()..])),
            '\\' => name.push(chars.next()?.1),
            c => name.push(c),
        }
    }
    None
}

fn follow<'v>(value: &'v Value, path: &[Step<'_>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |at, step| match (at, step) {
        (Value::Object(members), Step::Member(name)) => members.get(name.as_ref()),
        (Value::Array(items), Step::Item(index)) => items.get(*index),
        (Value::Array(items), Step::Member(name)) => name.parse::<usize>().ok().and_then(|index| items.get(index)),
        (Value::Object(members), Step::Item(index)) => members.get(index.to_string().as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{follow, parse_path};

    #[test]
    fn paths_lead_to_members_and_items() {
        let value = json!({"a": {"b c": [1, {"d": true}]}, "AWS:x": {"y": 2}, "it's": 3});
        let cases = [
            ("$", value.clone()),
            ("$.a", value["a"].clone()),
            (r#"$.a["b c"][0]"#, json!(1)),
            ("$['a']['b c'][1].d", json!(true)),
            ("$.AWS:x.y", json!(2)),
            (r"$['it\'s']", json!(3)),
            ("$[a]", value["a"].clone()),
        ];
        for (path, expected) in cases {
            assert_eq!(follow(&value, &parse_path(path).unwrap()), Some(&expected), "{path}");
        }
        for path in ["$.b", "$.a[0]", "$.a.b c[7]", "$.a[\"b c\"][2]"] {
            assert_eq!(follow(&value, &parse_path(path).unwrap()), None, "{path}");
        }
    }

    #[test]
    fn paths_to_several_places_are_refused() {
        for path in ["", "a", "$a", "$.", "$..a", "$.*", "$[*]", "$[-1]", "$[", "$['a", "$['a'", "$.a[?(@.b)]"] {
            assert!(parse_path(path).is_err(), "{path}");
        }
    }
}
