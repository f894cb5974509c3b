//! The rows of a metric widget: `["NS", "Name", "Dim", "value", {options}]`, with repeat markers.

use serde_json::{Number, Value};

use super::check::{Check, Node};

/// Repeats the field at the same place of the row before.
const REPEAT: &str = ".";
/// Repeats all fields of the row before that are not written after it.
const REPEAT_ALL: &str = "...";

/// Checks all rows, each of which is an array.
pub(super) fn check_all(check: &mut Check, rows: &[Node<'_>]) {
    // Fields of the last row that had any, with markers resolved.
    let mut fields_before = 0;
    for row in rows {
        if let Some(fields) = check_row(check, row, fields_before) {
            fields_before = fields;
        }
    }
}

/// Checks a row; the number of its fields unless it is an expression or wrong.
fn check_row(check: &mut Check, row: &Node<'_>, fields_before: usize) -> Option<usize> {
    let mut fields = check.array(row, 1, usize::MAX);
    let items = fields.len();
    let options = fields.pop_if(|last| last.value.is_object());
    let mut good = items > 0;
    for field in &fields {
        if !field.value.is_string() {
            good = check.fail(field, "Invalid metric field type, only \"String\" type is allowed");
        }
    }
    let options_fit = options.as_ref().is_none_or(options_fit);
    if !good {
        return None;
    }
    if fields.is_empty() {
        let options = options?;
        if options.value.get("expression").is_none() {
            check.required(&options, "expression");
        } else if !options_fit {
            check.fail(row, format!("Should NOT have more than {} items", items - 1));
        }
        return None;
    }
    let count = resolve(check, &fields, fields_before)?;
    if count < 2 {
        check.fail(row, "Should NOT have fewer than 2 items");
        return None;
    }
    // Recorded: options that do not fit and dimensions that are no pairs both leave one item over.
    if !options_fit || count % 2 != 0 {
        check.fail(row, format!("Should NOT have more than {} items", items - 1));
        return None;
    }
    Some(count)
}

/// How many fields a row has once its markers are replaced.
fn resolve(check: &mut Check, fields: &[Node<'_>], fields_before: usize) -> Option<usize> {
    let repeats_all = fields.first().and_then(|first| first.value.as_str()) == Some(REPEAT_ALL);
    let written = fields.len() - usize::from(repeats_all);
    let repeated = if repeats_all { fields_before.saturating_sub(written) } else { 0 };
    if repeats_all && repeated == 0 {
        not_enough(check, &fields[0], REPEAT_ALL);
        return None;
    }
    let mut good = true;
    for (index, field) in fields[usize::from(repeats_all)..].iter().enumerate() {
        if field.value.as_str() == Some(REPEAT) && repeated + index >= fields_before {
            good = not_enough(check, field, REPEAT);
        }
    }
    good.then_some(repeated + written)
}

fn not_enough(check: &mut Check, field: &Node<'_>, marker: &str) -> bool {
    check.fail(field, format!("Repeat marker \"{marker}\" used but not enough fields in previous metric"))
}

/// Whether an object is a set of options. AWS says nothing of what is wrong with it.
fn options_fit(options: &Node<'_>) -> bool {
    let Some(members) = options.value.as_object() else { return false };
    let mut check = Check::default();
    members.keys().all(|name| {
        check.optional(options, name, |check, node| match name.as_str() {
            "accountId" | "expression" | "id" | "label" | "region" => check.string(node),
            "color" => check.pattern(node, is_color),
            "period" => check_period(check, node),
            "stat" => check.pattern(node, is_statistic),
            "visible" => check.boolean(node),
            "yAxis" => check.one_of(node, &["left", "right"]),
            _ => false,
        })
    })
}

/// A period: 1, 5, 10, 20, 30 or a multiple of 60.
pub(super) fn check_period(check: &mut Check, node: &Node<'_>) -> bool {
    match node.value {
        Value::Number(number) if is_period(number) => true,
        Value::Number(_) => check.fail(node, "Should be multiple of 60"),
        _ => check.number(node),
    }
}

fn is_period(number: &Number) -> bool {
    number.as_u64().is_some_and(|secs| matches!(secs, 1 | 5 | 10 | 20 | 30) || secs > 0 && secs % 60 == 0)
}

/// `#rrggbb` or `#rgb`
pub(super) fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The form of a statistic's name (cloudwatch.md §3.1): a plain one, `p99.9`, `tm90`, `TM(10%:90%)`.
pub(super) fn is_statistic(text: &str) -> bool {
    if matches!(text, "SampleCount" | "Average" | "Sum" | "Minimum" | "Maximum" | "IQM" | "iqm") {
        return true;
    }
    let digits = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, argument) = text.split_at(digits);
    match name.to_ascii_lowercase().as_str() {
        "p" => is_percent(argument),
        "tm" | "tc" | "ts" | "wm" => is_percent(argument.trim_end_matches('%')) || is_range(argument),
        "pr" => is_range(argument),
        _ => false,
    }
}

/// 0 to 100 with decimals.
fn is_percent(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.parse::<f64>().is_ok_and(|percent| percent <= 100.0)
}

/// `(from:to)`, either with `%`, one of them may be absent.
fn is_range(text: &str) -> bool {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let Some((from, to)) = inside.and_then(|inside| inside.split_once(':')) else { return false };
    let is_bound = |bound: &str| bound.is_empty() || bound.trim_end_matches('%').parse::<f64>().is_ok();
    (!from.is_empty() || !to.is_empty()) && is_bound(from) && is_bound(to)
}
