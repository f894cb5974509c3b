//! From a widget and what was read for it to the description of its picture.

use std::collections::HashMap;

use graph::{Graph, Line};

use super::{MetricRow, RowSource, Widget};
use crate::query::{Outcome, Plan, ResultSeries, Source, Status};

impl Widget {
    /// The picture of these results, which came of a plan of [`Widget::queries`].
    pub fn graph(&self, plan: &Plan, outcome: Outcome) -> Graph {
        let rows: HashMap<&str, &MetricRow> = self.metrics.iter().map(|row| (row.id.as_str(), row)).collect();
        let bands = band_ids(plan, &outcome.results);
        // A notice about the whole, such as more metrics than are shown, or data of another account.
        let incomplete =
            !outcome.messages.is_empty() || outcome.results.iter().any(|series| series.status != Status::Complete);
        let mut lines: Vec<Line> = Vec::with_capacity(outcome.results.len());
        for series in outcome.results {
            let Some(row) = rows.get(series.id.as_str()) else { continue };
            let second_of_band = bands.contains_key(&series.id) && lines.len() == bands[&series.id] + 1;
            let band_from = second_of_band.then_some(lines.len().saturating_sub(1));
            lines.push(line(row, series, band_from));
        }
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

/// Ids of queries that give a band, each with the place of its first series.
fn band_ids(plan: &Plan, results: &[ResultSeries]) -> HashMap<String, usize> {
    let is_band = |id: &str| {
        let query = plan.queries().iter().find(|query| query.id == id);
        query.is_some_and(|query| match &query.source {
            Source::Math { expression, .. } => !expression.bands().is_empty(),
            _ => false,
        })
    };
    let mut bands = HashMap::new();
    for (place, series) in results.iter().enumerate() {
        let several = results.iter().filter(|other| other.id == series.id).count();
        if several == 2 && !bands.contains_key(&series.id) && is_band(&series.id) {
            bands.insert(series.id.clone(), place);
        }
    }
    bands
}

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
