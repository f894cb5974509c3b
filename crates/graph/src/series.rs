//! Series made ready for drawing: colours, runs without gaps, stacks, bands.

use std::collections::BTreeSet;

use crate::scale::SIZE_MAX;
use crate::theme::{Theme, palette};
use crate::{Color, Graph, Line, Side};

/// Points with no gap between them, oldest first; never empty.
pub(crate) type Run = Vec<(i64, f64)>;

/// A series and how it looks.
pub(crate) struct Series<'a> {
    pub line: &'a Line,
    pub color: Color,
    pub runs: Vec<Run>,
    /// The runs of the lower bound, when this is a band.
    pub lower: Option<Vec<Run>>,
}

impl Series<'_> {
    /// The newest value.
    pub(crate) fn last(&self) -> Option<f64> {
        self.runs.last().and_then(|run| run.last()).map(|(_, value)| *value)
    }

    /// All values, oldest first.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        self.runs.iter().flatten().map(|(_, value)| *value)
    }
}

/// The series of a graph. The lower bounds of bands are no series of their own; bands do not
/// use up colours of the palette.
pub(crate) fn prepare<'a>(graph: &'a Graph, theme: &Theme) -> Vec<Series<'a>> {
    let lower_bounds: BTreeSet<usize> = graph.lines.iter().filter_map(|line| line.band_from).collect();
    let mut colors = 0;
    let mut series = Vec::new();
    for (index, line) in graph.lines.iter().enumerate() {
        let lower = line.band_from.filter(|from| *from != index).and_then(|from| graph.lines.get(from));
        if lower.is_none() && lower_bounds.contains(&index) {
            continue;
        }
        let color = match (line.color, lower) {
            (Some(color), _) => color,
            (None, Some(_)) => theme.band,
            (None, None) => {
                colors += 1;
                palette(colors - 1)
            }
        };
        let lower = lower.map(|lower| runs(lower, graph));
        series.push(Series { line, color, runs: runs(line, graph), lower });
    }
    series
}

/// The points within the graph's time in runs: a gap of more than one period ends a run.
fn runs(line: &Line, graph: &Graph) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before: Option<i64> = None;
    let inside = |point: &&(i64, f64)| point.1.is_finite() && (graph.start_secs..=graph.end_secs).contains(&point.0);
    for (secs, value) in line.points.iter().filter(inside) {
        let point = (*secs, value.clamp(-SIZE_MAX, SIZE_MAX));
        let broken = before.is_none_or(|before| line.period_secs > 0 && secs.saturating_sub(before) > line.period_secs);
        match runs.last_mut() {
            Some(run) if !broken => run.push(point),
            _ => runs.push(vec![point]),
        }
        before = Some(*secs);
    }
    runs
}

/// A stretch of a stacked area: (seconds, lower edge, upper edge).
pub(crate) type Slab = Vec<(i64, f64, f64)>;

/// The series of one side on top of each other, the first at the bottom; the stretches of each, by
/// the series' index. Where a series has no value it adds nothing; within a run it is drawn
/// straight from point to point.
pub(crate) fn stack(series: &[Series<'_>], side: Side) -> Vec<(usize, Vec<Slab>)> {
    let members = || series.iter().enumerate().filter(|(_, one)| one.line.side == side && one.lower.is_none());
    let times: BTreeSet<i64> =
        members().flat_map(|(_, one)| one.runs.iter().flatten().map(|(secs, _)| *secs)).collect();
    let times: Vec<i64> = times.into_iter().collect();
    let mut heights = vec![0.0; times.len()];
    members()
        .map(|(index, one)| (index, one.runs.iter().map(|run| slab(run, &times, &mut heights)).collect()))
        .collect()
}

fn slab(run: &Run, times: &[i64], heights: &mut [f64]) -> Slab {
    let (Some((start, _)), Some((end, _))) = (run.first(), run.last()) else { return Vec::new() };
    let from = times.partition_point(|secs| secs < start);
    let to = times.partition_point(|secs| secs <= end);
    let mut at = 0;
    let mut slab = Vec::with_capacity(to.saturating_sub(from));
    for index in from..to.max(from) {
        let secs = times[index];
        while at + 2 < run.len() && run[at + 1].0 <= secs {
            at += 1;
        }
        let low = heights[index];
        let high = (low + between(run, at, secs)).clamp(-SIZE_MAX, SIZE_MAX);
        heights[index] = high;
        slab.push((secs, low, high));
    }
    slab
}

/// The value at a time on the straight line from the point at this index to the next.
fn between(run: &Run, index: usize, secs: i64) -> f64 {
    let (from, low) = run[index];
    let Some((to, high)) = run.get(index + 1).copied() else { return low };
    if to <= from {
        return high;
    }
    let share = ((secs - from) as f64 / (to - from) as f64).clamp(0.0, 1.0);
    low * (1.0 - share) + high * share
}

/// The stretches of a band: where both bounds have points at the same times.
pub(crate) fn band(upper: &[Run], lower: &[Run]) -> Vec<Slab> {
    let mut below = lower.iter().flatten().copied().peekable();
    let mut slabs = Vec::new();
    for run in upper {
        let mut slab = Slab::new();
        for (secs, high) in run {
            while below.peek().is_some_and(|(before, _)| before < secs) {
                below.next();
            }
            match below.peek() {
                Some((at, low)) if at == secs => slab.push((*secs, *low, *high)),
                _ => slabs.push(std::mem::take(&mut slab)),
            }
        }
        slabs.push(slab);
    }
    slabs.retain(|slab| !slab.is_empty());
    slabs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(i64, f64)]) -> Line {
        Line { points: points.to_vec(), period_secs: 60, ..Line::default() }
    }

    fn graph(lines: Vec<Line>) -> Graph {
        Graph { end_secs: 1000, lines, ..Graph::default() }
    }

    #[test]
    fn a_gap_of_more_than_a_period_ends_a_run() {
        let graph = graph(vec![line(&[(0, 1.0), (60, 2.0), (180, 3.0), (240, f64::NAN), (300, 4.0), (2000, 5.0)])]);
        let series = prepare(&graph, &Theme::of(&graph));
        assert_eq!(series[0].runs, [vec![(0, 1.0), (60, 2.0)], vec![(180, 3.0)], vec![(300, 4.0)]]);
        assert_eq!(series[0].last(), Some(4.0));
    }

    #[test]
    fn stacks_add_up_and_fill_in_between_points() {
        let graph = graph(vec![
            line(&[(0, 1.0), (60, 3.0)]),
            Line { period_secs: 30, ..line(&[(0, 1.0), (30, 1.0), (60, 1.0)]) },
        ]);
        let series = prepare(&graph, &Theme::of(&graph));
        let stack = stack(&series, Side::Left);
        assert_eq!(stack[0].1, [[(0, 0.0, 1.0), (30, 0.0, 2.0), (60, 0.0, 3.0)]]);
        assert_eq!(stack[1].1, [[(0, 1.0, 2.0), (30, 2.0, 3.0), (60, 3.0, 4.0)]]);
    }

    #[test]
    fn a_band_is_one_series_without_a_palette_colour() {
        let upper = Line { band_from: Some(0), ..line(&[(0, 5.0), (60, 6.0), (120, 7.0)]) };
        let graph = graph(vec![line(&[(0, 1.0), (120, 3.0)]), upper, line(&[(0, 2.0)])]);
        let theme = Theme::of(&graph);
        let series = prepare(&graph, &theme);
        assert_eq!(series.iter().map(|one| one.color).collect::<Vec<_>>(), [theme.band, palette(0)]);
        let slabs = band(&series[0].runs, series[0].lower.as_deref().unwrap_or_default());
        assert_eq!(slabs, [vec![(0, 1.0, 5.0)], vec![(120, 3.0, 7.0)]]);
    }
}
