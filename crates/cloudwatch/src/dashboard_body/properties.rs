//! The properties of each type of widget.

use super::check::{Check, Node};
use super::metric_row;

/// Metrics in one widget (cloudwatch.md §5.2, §10).
const METRICS_MAX: usize = 500;
/// Alarms in one alarm widget.
const ALARMS_MAX: usize = 100;

const NO_SOURCE: &str = "The metric widget should have specified a region and a data source or an alarm annotation";

/// Checks the properties of a widget. Explorer, trace, custom and chart widgets may hold anything.
pub(super) fn check(check: &mut Check, kind: &str, properties: &Node<'_>) {
    match kind {
        "metric" => check_metric(check, properties),
        "text" => check_text(check, properties),
        "log" => check_log(check, properties),
        "alarm" => check_alarm(check, properties),
        _ => {}
    }
}

fn check_text(check: &mut Check, properties: &Node<'_>) {
    if let Some(markdown) = check.required(properties, "markdown") {
        check.string(&markdown);
    }
    check.optional(properties, "background", |check, node| check.one_of(node, &["solid", "transparent"]));
}

fn check_log(check: &mut Check, properties: &Node<'_>) {
    for name in ["region", "query"] {
        if let Some(member) = check.required(properties, name) {
            check.string(&member);
        }
    }
    check.optional(properties, "title", Check::string);
    check.optional(properties, "stacked", Check::boolean);
    check.optional(properties, "view", |check, node| check.one_of(node, &["table", "timeSeries", "bar", "pie"]));
}

fn check_alarm(check: &mut Check, properties: &Node<'_>) {
    if let Some(alarms) = check.required(properties, "alarms") {
        for alarm in check.array(&alarms, 0, ALARMS_MAX) {
            check.string(&alarm);
        }
    }
    check.optional(properties, "title", Check::string);
}

fn check_metric(check: &mut Check, properties: &Node<'_>) {
    check_source(check, properties);
    if let Some(metrics) = properties.member("metrics") {
        let rows = check_rows(check, &metrics);
        metric_row::check_all(check, &rows);
    }
    for name in ["title", "region", "accountId", "start", "end"] {
        check.optional(properties, name, Check::string);
    }
    for name in ["stacked", "sparkline", "liveData", "setPeriodToTimeRange", "singleValueFullPrecision", "trend"] {
        check.optional(properties, name, Check::boolean);
    }
    check.optional(properties, "period", metric_row::check_period);
    check.optional(properties, "stat", |check, node| check.pattern(node, metric_row::is_statistic));
    check.optional(properties, "timezone", |check, node| check.pattern(node, is_offset));
    check.optional(properties, "view", |check, node| {
        check.one_of(node, &["timeSeries", "singleValue", "gauge", "bar", "pie", "table"])
    });
    check.optional(properties, "table", Check::object);
    check.optional(properties, "legend", |check, legend| {
        check.object(legend)
            && check.optional(legend, "position", |check, node| check.one_of(node, &["bottom", "right", "hidden"]))
    });
    check_axes(check, properties);
    if let Some(annotations) = properties.member("annotations")
        && check.object(&annotations)
    {
        check_annotations(check, &annotations);
    }
}

/// The data of a metric widget: a region and either metrics or one alarm. The three errors of a
/// widget without any are recorded in this order.
fn check_source(check: &mut Check, properties: &Node<'_>) {
    let metrics = properties.member("metrics");
    let annotations = properties.member("annotations");
    let alarms = annotations.as_ref().and_then(|annotations| annotations.member("alarms"));
    match (metrics, alarms) {
        (Some(_), Some(_)) => {
            check.fail(properties, "Should match exactly one schema in oneOf");
        }
        (None, None) => {
            check.required(properties, "metrics");
            check.fail(properties, NO_SOURCE);
            match annotations {
                Some(annotations) => check.required(&annotations, "alarms"),
                None => check.required(properties, "annotations"),
            };
        }
        _ if properties.member("region").is_none() => {
            check.fail(properties, NO_SOURCE);
        }
        _ => {}
    }
}

/// The rows of `metrics` that are arrays, after reporting the others.
fn check_rows<'a>(check: &mut Check, metrics: &Node<'a>) -> Vec<Node<'a>> {
    let mut rows = check.array(metrics, 0, METRICS_MAX);
    rows.retain(|row| {
        row.value.is_array() || {
            check.fail(row, "Should be array");
            check.fail(
                row,
                "Field \"metrics\" has to be an array of array of strings, with an optional metricRenderer object as last element",
            )
        }
    });
    rows
}

/// The axes; a gauge needs both ends of its left one.
fn check_axes(check: &mut Check, properties: &Node<'_>) {
    let gauge = properties.value.get("view").and_then(|view| view.as_str()) == Some("gauge");
    let axes = if gauge { check.required(properties, "yAxis") } else { properties.member("yAxis") };
    let Some(axes) = axes.filter(|axes| check.object(axes)) else { return };
    let left = if gauge { check.required(&axes, "left") } else { axes.member("left") };
    for (axis, ends_required) in [(left, gauge), (axes.member("right"), false)] {
        let Some(axis) = axis.filter(|axis| check.object(axis)) else { continue };
        check.optional(&axis, "label", Check::string);
        check.optional(&axis, "showUnits", Check::boolean);
        let mut end = |name| {
            let end = if ends_required { check.required(&axis, name) } else { axis.member(name) };
            end.filter(|end| check.number(end))
        };
        if let (Some(min), Some(max)) = (end("min"), end("max"))
            && min.value.as_f64() >= max.value.as_f64()
        {
            check.fail(&min, format!("Should be <= {}", max.value));
        }
    }
}

fn check_annotations(check: &mut Check, annotations: &Node<'_>) {
    if let Some(alarms) = annotations.member("alarms") {
        for alarm in check.array(&alarms, 1, 1) {
            check.string(&alarm);
        }
    }
    if let Some(lines) = annotations.member("horizontal") {
        for line in check.array(&lines, 0, usize::MAX) {
            check_annotation(check, &line, Check::number);
        }
    }
    if let Some(lines) = annotations.member("vertical") {
        for line in check.array(&lines, 0, usize::MAX) {
            check_annotation(check, &line, Check::string);
        }
    }
}

/// A line, or a band as an array of two of them.
fn check_annotation(check: &mut Check, line: &Node<'_>, of_value: fn(&mut Check, &Node<'_>) -> bool) {
    let ends = if line.value.is_array() { check.array(line, 2, 2) } else { vec![line.clone()] };
    for end in ends {
        if check.object(&end)
            && let Some(value) = check.required(&end, "value")
        {
            of_value(check, &value);
            check.optional(&end, "label", Check::string);
            check.optional(&end, "color", |check, node| check.pattern(node, metric_row::is_color));
            check.optional(&end, "visible", Check::boolean);
        }
    }
}

/// `+0130`
fn is_offset(text: &str) -> bool {
    text.strip_prefix(['+', '-']).is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
}
