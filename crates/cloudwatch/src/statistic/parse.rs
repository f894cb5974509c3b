//! The names of statistics (cloudwatch.md §3.1).

use super::{Span, Statistic};

/// Digits after the point that a bound may have.
const DECIMALS_MAX: usize = 10;
/// The first percentile that is refused; those between it and 100 count as 100 (cloudwatch.md §3.3).
const PERCENTILE_REFUSED: f64 = 101.0;

pub(super) fn statistic(name: &str) -> Option<Statistic> {
    match name {
        "SampleCount" => return Some(Statistic::SampleCount),
        "Sum" => return Some(Statistic::Sum),
        "Average" => return Some(Statistic::Average),
        "Minimum" => return Some(Statistic::Minimum),
        "Maximum" => return Some(Statistic::Maximum),
        "IQM" => return Some(Statistic::TrimmedMean(Span::Percents { from: 25.0, to: 75.0 })),
        _ => {}
    }
    if let Some(digits) = name.strip_prefix('p') {
        let percent = plain_number(digits).filter(|percent| *percent < PERCENTILE_REFUSED)?;
        return Some(Statistic::Percentile(percent.min(100.0)));
    }
    let (kind, argument) = name.split_at_checked(2)?;
    match kind {
        "tm" => short(argument).map(Statistic::TrimmedMean),
        "wm" => short(argument).map(Statistic::WinsorizedMean),
        "tc" => short(argument).map(Statistic::TrimmedCount),
        "ts" => short(argument).map(Statistic::TrimmedSum),
        "TM" => range(argument).map(Statistic::TrimmedMean),
        "WM" => range(argument).map(Statistic::WinsorizedMean),
        "TC" => range(argument).map(Statistic::TrimmedCount),
        "TS" => range(argument).map(Statistic::TrimmedSum),
        "PR" => match range(argument)? {
            Span::Percents { .. } => None,
            values => Some(Statistic::PercentileRank(values)),
        },
        _ => None,
    }
}

/// The `NN` of `tmNN`: everything up to that percentile.
fn short(digits: &str) -> Option<Span> {
    let to = plain_number(digits).filter(|to| (0.0..=100.0).contains(to))?;
    Some(Span::Percents { from: 0.0, to })
}

/// `(a:b)`, both percents or both values, not both absent.
fn range(text: &str) -> Option<Span> {
    let (from, to) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(':')?;
    if from.is_empty() && to.is_empty() {
        return None;
    }
    let percents = [from, to].map(|bound| bound.is_empty() || bound.ends_with('%'));
    if percents == [true, true] {
        let percent = |bound: &str, absent: f64| match bound.strip_suffix('%') {
            None => Some(absent),
            Some(digits) => plain_number(digits).filter(|percent| (0.0..=100.0).contains(percent)),
        };
        let (from, to) = (percent(from, 0.0)?, percent(to, 100.0)?);
        return (from < to).then_some(Span::Percents { from, to });
    }
    let value = |bound: &str, absent: f64| if bound.is_empty() { Some(absent) } else { parse_bound(bound) };
    let (above, up_to) = (value(from, f64::NEG_INFINITY)?, value(to, f64::INFINITY)?);
    (above < up_to).then_some(Span::Values { above, up_to })
}

/// A bound that is a value: digits with up to ten decimals, or in scientific form.
pub fn parse_bound(text: &str) -> Option<f64> {
    let Some(at) = text.find(['e', 'E']) else { return plain_number(text) };
    plain_number(&text[..at])?;
    let exponent = text[at + 1..].trim_start_matches(['+', '-']);
    let digits = !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
    let signs = text.len() - at - 1 - exponent.len();
    let value = (digits && signs <= 1).then(|| text.parse::<f64>().ok())??;
    value.is_finite().then_some(value)
}

/// Digits, with a point and up to ten decimals, or just the point.
fn plain_number(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = !whole.is_empty() && digits(whole) && digits(decimals) && decimals.len() <= DECIMALS_MAX;
    well_formed.then(|| text.parse().ok()).flatten()
}
