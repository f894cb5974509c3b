//! From a widget and what was read for it to the description of its picture.

use std::collections::{BTreeMap, HashMap};

use graph::{Graph, Line};
use lang::search;

use super::{MetricRow, RowSource, Widget};
use crate::query::{Outcome, Plan, ResultSeries, Source, Status};

impl Widget {
    /// The picture of these results, which came of a plan of [`Widget::queries`].
    pub fn graph(&self, plan: &Plan, outcome: Outcome) -> Graph {
        let rows: HashMap<&str, &MetricRow> = self.metrics.iter().map(|row| (row.id.as_str(), row)).collect();
        // A notice about the whole, such as more metrics than are shown, or data of another account.
        let incomplete =
            !outcome.messages.is_empty() || outcome.results.iter().any(|series| series.status != Status::Complete);
        let mut counts: HashMap<String, usize> = HashMap::new();
        outcome.results.iter().for_each(|series| *counts.entry(series.id.clone()).or_default() += 1);
        let mut lines: Vec<Line> = Vec::with_capacity(outcome.results.len());
        let mut drawn: Vec<&MetricRow> = Vec::with_capacity(outcome.results.len());
        let mut id_before = String::new();
        for series in outcome.results {
            let Some(row) = rows.get(series.id.as_str()) else { continue };
            // A band is two series of one query: the lower bound, then the upper (cloudwatch.md §4.6).
            let upper = id_before == series.id && counts[&series.id] == 2 && is_band(plan, &series.id);
            let band_from = if upper { lines.len().checked_sub(1) } else { None };
            id_before.clone_from(&series.id);
            lines.push(line(row, series, band_from));
            drawn.push(row);
        }
        distinguish(&mut lines, &drawn);
        Graph {
            width: self.width,
            height: self.height,
            title: self.title.clone(),
            view: self.view,
            stacked: self.stacked,
            dark: self.dark,
            utc_offset_secs: i32::try_from(self.utc_offset_secs).unwrap_or(0),
            start_secs: self.start.secs(),
            end_secs: self.end.secs(),
            lines,
            left: self.left.clone(),
            right: self.right.clone(),
            horizontal: self.horizontal.clone(),
            vertical: self.vertical.clone(),
            legend: self.legend,
            incomplete,
            sparkline: self.sparkline,
            full_precision: self.full_precision,
        }
    }
}

/// Whether a query lays a band around another.
fn is_band(plan: &Plan, id: &str) -> bool {
    let query = plan.queries().iter().find(|query| query.id == id);
    query
        .is_some_and(|query| matches!(&query.source, Source::Math { expression, .. } if !expression.bands().is_empty()))
}

/// Adds to the labels of metrics without one of their own, that would be called the same, what
/// tells them apart, as a search does. Inferred: a legend of equal labels would say nothing.
/// `rows` are parallel to the lines.
fn distinguish(lines: &mut [Line], rows: &[&MetricRow]) {
    let mut same: BTreeMap<String, Vec<(usize, Found<'_>)>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let (None, RowSource::Metric { namespace, name, dimensions, .. }) = (&row.label, &row.source) {
            let mut dimensions: Vec<(&str, &str)> =
                dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            dimensions.sort_unstable();
            same.entry(lines[at].label.clone()).or_default().push((at, (namespace, name, dimensions)));
        }
    }
    for members in same.values().filter(|members| members.len() > 1) {
        let found: Vec<_> = members
            .iter()
            .map(|(_, (namespace, name, dimensions))| (*namespace, *name, dimensions.as_slice()))
            .collect();
        // Identical metrics stay alike: nothing tells them apart.
        for ((at, (_, name, _)), tells) in members.iter().zip(search::distinguishing_labels(&found)) {
            if tells != *name {
                lines[*at].label = format!("{} {tells}", lines[*at].label);
            }
        }
    }
}

/// Namespace, name and dimensions.
type Found<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

fn line(row: &MetricRow, series: ResultSeries, band_from: Option<usize>) -> Line {
    let label = match &row.source {
        // An expression without name and label is called after itself.
        RowSource::Expression { text, .. } if !row.named && series.label == row.id => text.clone(),
        _ => series.label,
    };
    Line {
        label: if band_from.is_some() { label.replacen(" upper)", ")", 1) } else { label },
        points: series.points,
        period_secs: series.period_secs,
        color: row.color,
        side: row.side,
        unit: series.unit.map(|unit| unit.as_str().to_owned()),
        band_from,
    }
}
