//! The entries of `metrics`: `["NS", "Name", "Dim", "value", {options}]` with repeat markers, or
//! `[{"expression": …}]`.

use std::collections::HashSet;

use base::Region;
use graph::{Color, Side};

use super::field::{Field, Invalid};
use super::{Defaults, METRICS_MAX, check_region};

/// Repeats the field at the same place of the entry before.
const REPEAT: &str = ".";
/// Repeats all fields of the entry before that are not written after it.
const REPEAT_ALL: &str = "...";
const EXPRESSION_CHARS_MAX: usize = 2048;
const ID_CHARS_MAX: usize = 255;

const OPTIONS: [&str; 10] =
    ["accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis"];

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRow {
    /// How expressions refer to it; unique.
    pub id: String,
    /// Whether the id was given, not made up.
    pub named: bool,
    /// What it gives.
    pub source: RowSource,
    /// The label asked for; may hold dynamic values.
    pub label: Option<String>,
    /// The colour asked for.
    pub color: Option<Color>,
    /// Whether it is drawn; what is not may still be used by expressions.
    pub visible: bool,
    /// Its axis.
    pub side: Side,
}

/// What an entry gives.
#[derive(Clone, Debug, PartialEq)]
pub enum RowSource {
    /// A statistic of a metric.
    Metric {
        /// The namespace.
        namespace: String,
        /// The metric's name.
        name: String,
        /// Names and values.
        dimensions: Vec<(String, String)>,
        /// The statistic.
        stat: String,
        /// Seconds between points.
        period_secs: i64,
        /// The account that owns the metric, when it is named.
        account: Option<String>,
    },
    /// Metric math or a Metrics Insights query.
    Expression {
        /// The expression.
        text: String,
        /// Seconds between points, where the expression leaves it open.
        period_secs: i64,
    },
}

/// Reads all entries.
pub(super) fn parse_all(widget: &Field<'_>, defaults: &Defaults, region: &Region) -> Result<Vec<MetricRow>, Invalid> {
    let metrics = widget.required("metrics")?;
    let entries = metrics.items()?;
    if entries.is_empty() || entries.len() > METRICS_MAX {
        return Err(metrics.wrong(format!("Should have 1 to {METRICS_MAX} items")));
    }
    // Fields of the last entry that had any, with markers resolved.
    let mut before: Vec<String> = Vec::new();
    let mut rows = Vec::with_capacity(entries.len());
    let mut ids = HashSet::new();
    for entry in &entries {
        let row = parse(entry, &mut before, defaults, region)?;
        if row.named && !ids.insert(row.id.clone()) {
            return Err(entry.wrong(format!("The id '{}' is not unique", row.id)));
        }
        rows.push(row);
    }
    let mut numbers = 0..;
    for row in rows.iter_mut().filter(|row| !row.named) {
        let free = numbers.by_ref().map(made_up_id).find(|id| !ids.contains(id));
        row.id = free.expect("there are more numbers than ids");
    }
    Ok(rows)
}

/// An id that `METRICS("…")` is unlikely to look for.
fn made_up_id(number: usize) -> String {
    format!("z_{number}")
}

fn parse(
    entry: &Field<'_>,
    before: &mut Vec<String>,
    defaults: &Defaults,
    region: &Region,
) -> Result<MetricRow, Invalid> {
    let mut fields = entry.items()?;
    let options = fields.pop_if(|last| last.value.is_object());
    if let Some(options) = &options {
        options.object(&OPTIONS)?;
        check_region(options, region)?;
    }
    let option = |name| options.as_ref().and_then(|options| options.member(name));
    let text = |name| option(name).map(|field| field.text().map(str::to_owned)).transpose();
    let period_secs = option("period").map_or(Ok(defaults.period_secs), |field| field.period())?;
    let source = if fields.is_empty() {
        expression(entry, option, period_secs)?
    } else {
        if let Some(expression) = option("expression") {
            return Err(expression.wrong("Should NOT stand beside a metric"));
        }
        let resolved = resolve(entry, &fields, before)?;
        before.clone_from(&resolved);
        let account = text("accountId")?.or_else(|| defaults.account.clone());
        let stat = option("stat").map_or(Ok(defaults.stat.as_str()), |field| field.stat())?.to_owned();
        metric(entry, resolved, stat, period_secs, account)?
    };
    let id = option("id").map(|field| id(&field)).transpose()?;
    Ok(MetricRow {
        named: id.is_some(),
        id: id.unwrap_or_default(),
        source,
        label: text("label")?,
        color: option("color").map(|field| field.color()).transpose()?,
        visible: option("visible").map_or(Ok(true), |field| field.boolean())?,
        side: option("yAxis")
            .map_or(Ok(Side::Left), |field| field.choice(&[("left", Side::Left), ("right", Side::Right)]))?,
    })
}

/// An entry without fields. Statistic and account belong to metrics: an expression takes both
/// from what it refers to.
fn expression<'a>(
    entry: &Field<'a>,
    option: impl Fn(&'static str) -> Option<Field<'a>>,
    period_secs: i64,
) -> Result<RowSource, Invalid> {
    let Some(expression) = option("expression") else {
        return Err(entry.wrong("Should have a metric or the property 'expression'"));
    };
    if let Some(of_metrics) = option("stat").or_else(|| option("accountId")) {
        return Err(of_metrics.wrong("Should NOT stand beside an expression"));
    }
    let text = expression.text()?;
    if text.is_empty() || text.chars().count() > EXPRESSION_CHARS_MAX {
        return Err(expression.wrong(format!("Should have 1 to {EXPRESSION_CHARS_MAX} characters")));
    }
    Ok(RowSource::Expression { text: text.to_owned(), period_secs })
}

fn metric(
    entry: &Field<'_>,
    fields: Vec<String>,
    stat: String,
    period_secs: i64,
    account: Option<String>,
) -> Result<RowSource, Invalid> {
    let mut fields = fields.into_iter();
    let (Some(namespace), Some(name)) = (fields.next(), fields.next()) else {
        return Err(entry.wrong("Should NOT have fewer than 2 items"));
    };
    let mut dimensions = Vec::new();
    while let Some(dimension) = fields.next() {
        let Some(value) = fields.next() else {
            return Err(entry.wrong(format!("The dimension '{dimension}' should have a value")));
        };
        dimensions.push((dimension, value));
    }
    Ok(RowSource::Metric { namespace, name, dimensions, stat, period_secs, account })
}

/// The fields of an entry with markers replaced by what they repeat.
fn resolve(entry: &Field<'_>, fields: &[Field<'_>], before: &[String]) -> Result<Vec<String>, Invalid> {
    let texts: Vec<&str> = fields
        .iter()
        .map(|field| {
            field.text().map_err(|_| field.wrong("Invalid metric field type, only \"String\" type is allowed"))
        })
        .collect::<Result<_, _>>()?;
    let not_enough = |field: &Field<'_>, marker: &str| {
        field.wrong(format!("Repeat marker \"{marker}\" used but not enough fields in previous metric"))
    };
    let mut resolved = Vec::new();
    let mut written = texts.as_slice();
    if let [REPEAT_ALL, rest @ ..] = written {
        written = rest;
        match before.len().checked_sub(written.len()) {
            Some(repeated) if repeated > 0 => resolved.extend_from_slice(&before[..repeated]),
            _ => return Err(not_enough(&fields[0], REPEAT_ALL)),
        }
    }
    for (text, field) in written.iter().zip(&fields[fields.len() - written.len()..]) {
        let value = match *text {
            REPEAT_ALL => return Err(field.wrong("Repeat marker \"...\" should be the first item")),
            REPEAT => before.get(resolved.len()).cloned().ok_or_else(|| not_enough(field, REPEAT))?,
            "" => return Err(field.wrong("Should NOT be empty")),
            text => text.to_owned(),
        };
        resolved.push(value);
    }
    if resolved.len() < 2 {
        return Err(entry.wrong("Should NOT have fewer than 2 items"));
    }
    Ok(resolved)
}

/// `^[a-z][A-Za-z0-9_]*$`
fn id(field: &Field<'_>) -> Result<String, Invalid> {
    let text = field.text()?;
    let mut bytes = text.bytes();
    let fits = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.len() <= ID_CHARS_MAX;
    match fits {
        true => Ok(text.to_owned()),
        false => Err(field.wrong("Should begin with a lower-case letter and hold only letters, digits and _")),
    }
}
