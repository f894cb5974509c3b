//! The values that a label can show of a series, and how numbers and times are written.
//!
//! AWS's documentation names the values but not their form; these forms are ours.

use base::Timestamp;

use super::Facts;

/// Stands for a value of a series that has no points.
const NOTHING: &str = "--";

/// Digits after the point.
const DECIMALS_MAX: usize = 4;

/// The value of this name; `None` when there is no such name.
pub fn live_value(name: &str, facts: &Facts<'_>) -> Option<String> {
    if name == "DATAPOINT_COUNT" {
        return Some(facts.points.len().to_string());
    }
    let form = form(name)?;
    let Some(chosen) = Chosen::of(facts.points) else { return Some(NOTHING.to_owned()) };
    let now_secs = facts.now.secs();
    Some(match form {
        Form::Number(of) => number(of(&chosen)),
        Form::Time(of) => time(of(&chosen), facts.utc_offset_secs),
        Form::Relative(of) => duration(now_secs.saturating_sub(of(&chosen))),
        Form::Duration(of) => duration(of(&chosen)),
    })
}

/// The points that labels speak of.
struct Chosen {
    first: (i64, f64),
    last: (i64, f64),
    min: (i64, f64),
    max: (i64, f64),
    sum: f64,
    count: usize,
}

impl Chosen {
    /// `None` when there are no points. Of equal extremes the oldest is meant.
    fn of(points: &[(i64, f64)]) -> Option<Self> {
        let (first, last) = (*points.first()?, *points.last()?);
        let mut chosen = Self { first, last, min: first, max: first, sum: 0.0, count: points.len() };
        for point in points {
            chosen.sum += point.1;
            if point.1 < chosen.min.1 {
                chosen.min = *point;
            }
            if point.1 > chosen.max.1 {
                chosen.max = *point;
            }
        }
        Some(chosen)
    }
}

enum Form {
    Number(fn(&Chosen) -> f64),
    Time(fn(&Chosen) -> i64),
    Relative(fn(&Chosen) -> i64),
    Duration(fn(&Chosen) -> i64),
}

fn form(name: &str) -> Option<Form> {
    Some(match name {
        "AVG" => Form::Number(|chosen| chosen.sum / chosen.count as f64),
        "SUM" => Form::Number(|chosen| chosen.sum),
        "MIN" => Form::Number(|chosen| chosen.min.1),
        "MAX" => Form::Number(|chosen| chosen.max.1),
        "FIRST" => Form::Number(|chosen| chosen.first.1),
        "LAST" => Form::Number(|chosen| chosen.last.1),
        "MIN_MAX_RANGE" => Form::Number(|chosen| chosen.max.1 - chosen.min.1),
        "FIRST_LAST_RANGE" => Form::Number(|chosen| chosen.last.1 - chosen.first.1),
        "MIN_TIME" => Form::Time(|chosen| chosen.min.0),
        "MAX_TIME" => Form::Time(|chosen| chosen.max.0),
        "FIRST_TIME" => Form::Time(|chosen| chosen.first.0),
        "LAST_TIME" => Form::Time(|chosen| chosen.last.0),
        "MIN_TIME_RELATIVE" => Form::Relative(|chosen| chosen.min.0),
        "MAX_TIME_RELATIVE" => Form::Relative(|chosen| chosen.max.0),
        "FIRST_TIME_RELATIVE" => Form::Relative(|chosen| chosen.first.0),
        "LAST_TIME_RELATIVE" => Form::Relative(|chosen| chosen.last.0),
        "MIN_MAX_TIME_RANGE" => Form::Duration(|chosen| chosen.max.0 - chosen.min.0),
        "FIRST_LAST_TIME_RANGE" => Form::Duration(|chosen| chosen.last.0 - chosen.first.0),
        _ => return None,
    })
}

/// At most four decimals, and none that are zero.
fn number(value: f64) -> String {
    let fixed = format!("{value:.DECIMALS_MAX$}");
    let short = if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.') } else { &fixed };
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

fn time(secs: i64, utc_offset_secs: i64) -> String {
    let iso = Timestamp::from_secs(secs.saturating_add(utc_offset_secs)).iso_secs();
    iso.trim_end_matches('Z').replace('T', " ")
}

/// Days, hours, minutes and seconds, those that are zero left out. Never negative.
fn duration(secs: i64) -> String {
    let secs = secs.unsigned_abs();
    let parts = [(secs / 86_400, 'd'), (secs / 3600 % 24, 'h'), (secs / 60 % 60, 'm'), (secs % 60, 's')];
    let words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}
