//! Bands of expected values around a series (cloudwatch.md §4.6).

use base::Scope;
use lang::metric_math::Series;
use store::Catalog;

use super::MetricSource;
use crate::anomaly_detectors;
use crate::anomaly_model::Model;
use crate::record::ExcludedRange;
use crate::time_window::Grid;

/// A model is learnt from up to two weeks.
const TRAINING_SECS: i64 = 14 * 86_400;

/// What a detector's record says of how to learn. Without one it is learnt all the same, as a
/// graph does.
#[derive(Clone, Debug, Default)]
pub(super) struct Detector {
    /// Times that are not learnt from, in seconds since the epoch, ends exclusive.
    pub(super) excluded: Vec<(i64, i64)>,
}

/// What the record of the metric's detector says, when there is one. A bucket that an excluded
/// range touches is not learnt from.
pub(super) fn detector(catalog: &Catalog, scope: &Scope, source: &MetricSource, period_secs: i64) -> Detector {
    let Some(record) = anomaly_detectors::detector_for(catalog, scope, &source.metric, &source.stat) else {
        return Detector::default();
    };
    let touched = |range: &ExcludedRange| {
        let end_secs = range.end.plus_millis(999).secs();
        (range.start.secs().saturating_sub(period_secs - 1), end_secs)
    };
    Detector { excluded: record.excluded.iter().map(touched).collect() }
}

/// The time that a band over `asked` is learnt from: what came before it.
pub(super) fn training(asked: &Grid) -> Grid {
    let buckets = TRAINING_SECS / asked.period_secs;
    let start_secs = asked.start_secs.saturating_sub(buckets * asked.period_secs);
    Grid { start_secs, end_secs: asked.start_secs, period_secs: asked.period_secs }
}

/// The band over the grid of a series: lower, then upper. Both are empty when there is too little
/// to learn from, before the range or within it.
pub(super) fn band(before: &Series, asked: &Series, detector: &Detector, width: f64) -> (Series, Series) {
    // Days begin at midnight UTC: the record keeps no other clock.
    let fit = |points: &[(i64, f64)]| Model::fit(points, asked.period_secs, &detector.excluded, 0);
    let (mut lower, mut upper) = (empty(asked, "lower"), empty(asked, "upper"));
    let model = fit(&before.points).or_else(|| {
        let all: Vec<(i64, f64)> = before.points.iter().chain(&asked.points).copied().collect();
        fit(&all)
    });
    let Some(model) = model else { return (lower, upper) };
    let grid = Grid { start_secs: asked.start_secs, end_secs: asked.end_secs, period_secs: asked.period_secs };
    for at in grid.buckets() {
        let (low, high) = model.band(at, width);
        lower.points.push((at, low));
        upper.points.push((at, high));
    }
    (lower, upper)
}

fn empty(series: &Series, side: &str) -> Series {
    let label = format!("{} (expected {side})", series.label);
    Series { label, points: Vec::new(), ..series.clone() }
}
