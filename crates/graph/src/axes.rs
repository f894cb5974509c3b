//! The frame of a drawing over time or of bars: room for labels, value axes, grid and time axis.

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::number;
use crate::scale::{Demand, Scale};
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_scale;
use crate::{Axis, Graph, Side};

/// Below this size of the room there are no labels: they would leave no drawing.
const ROOM_MIN: (f32, f32) = (110.0, 60.0);
const LABEL_GAP: f32 = 6.0;
/// One tick about every so many pixels.
const TICK_EVERY: f32 = 48.0;
const INTERVALS_MAX: usize = 8;
/// The height of the row of labels below an area.
pub(crate) const TIME_LABELS_HEIGHT: f32 = 18.0;
const AXIS_LABEL_HEIGHT: f32 = 22.0;
const TICK_LENGTH: f32 = 4.0;

/// The drawing area and its value axes.
pub(crate) struct Frame {
    pub area: Rect,
    /// Always there, so that there is a grid; without ticks where nothing is measured by it.
    pub left: Scale,
    pub right: Option<Scale>,
    /// Whether there is room for labels.
    labelled: bool,
}

impl Frame {
    /// The axis of a side; the left one where the right one is not used.
    pub(crate) fn scale(&self, side: Side) -> &Scale {
        match (side, &self.right) {
            (Side::Right, Some(right)) => right,
            _ => &self.left,
        }
    }
}

/// What each axis has to show; `None` for an axis that nothing is measured by.
pub(crate) struct Demands {
    pub left: Option<Demand>,
    pub right: Option<Demand>,
}

/// Divides the room and draws the value axes with their grid. `x_labels` keeps room below for a row of labels.
pub(crate) fn draw(
    canvas: &mut Canvas,
    graph: &Graph,
    theme: &Theme,
    series: &[Series<'_>],
    demands: &Demands,
    room: Rect,
    x_labels: bool,
) -> Frame {
    let labelled = room.width() >= ROOM_MIN.0 && room.height() >= ROOM_MIN.1;
    let titles = [(Side::Left, &graph.left), (Side::Right, &graph.right)].map(|(side, axis)| title(axis, side, series));
    let mut area = room;
    if labelled {
        area.top += if titles.iter().any(Option::is_some) { AXIS_LABEL_HEIGHT } else { Size::SMALL.cap_height() / 2.0 };
        area.bottom -= if x_labels { TIME_LABELS_HEIGHT } else { Size::SMALL.cap_height() / 2.0 };
    }
    let frame = measure(demands, area, labelled);
    if labelled {
        draw_titles(canvas, theme, titles, room);
    }
    draw_grid(canvas, theme, &frame);
    frame
}

fn measure(demands: &Demands, mut area: Rect, labelled: bool) -> Frame {
    let intervals = ((area.height() / TICK_EVERY) as usize).clamp(2, INTERVALS_MAX);
    let left = demands.left.map(|demand| demand.scale(intervals));
    let right = demands.right.map(|demand| match &left {
        Some(left) => demand.scale_level_with(left.ticks.len().saturating_sub(1)),
        None => demand.scale(intervals),
    });
    if labelled {
        let room = |scale: &Option<Scale>| scale.as_ref().map(|scale| labels_width(scale) + LABEL_GAP);
        area.left += room(&left).unwrap_or(LABEL_GAP);
        // Half of the last time's label stands out to the right.
        area.right -= room(&right).unwrap_or(16.0);
    }
    let left = left.unwrap_or_else(|| Scale { ticks: Vec::new(), ..Demand::default().scale(intervals) });
    Frame { area: area.upright(), left, right, labelled }
}

fn labels_width(scale: &Scale) -> f32 {
    let widths = number::axis_labels(&scale.ticks).into_iter().map(|label| text::width(&label, Size::SMALL));
    widths.fold(0.0, f32::max).ceil()
}

/// The axis' own label; else the unit where all of its series have the same.
fn title(axis: &Axis, side: Side, series: &[Series<'_>]) -> Option<String> {
    if let Some(label) = axis.label.as_deref().filter(|label| !label.is_empty()) {
        return Some(label.to_owned());
    }
    if axis.hide_units {
        return None;
    }
    let mut units = series.iter().filter(|one| one.line.side == side).map(|one| one.line.unit.as_deref());
    let first = units.next()?.filter(|unit| *unit != "None")?;
    units.all(|unit| unit == Some(first)).then(|| first.to_owned())
}

fn draw_titles(canvas: &mut Canvas, theme: &Theme, titles: [Option<String>; 2], room: Rect) {
    let width_max = room.width() / 2.0 - LABEL_GAP;
    let baseline = room.top + Size::SMALL.cap_height() + 1.0;
    let [left, right] = titles;
    for (title, x, anchor) in [(left, room.left, Anchor::Start), (right, room.right, Anchor::End)] {
        if let Some(title) = title {
            let title = text::fit(&title, Size::SMALL, width_max);
            canvas.text(&title, x, baseline, anchor, Size::SMALL, theme.faint_text);
        }
    }
}

fn draw_grid(canvas: &mut Canvas, theme: &Theme, frame: &Frame) {
    let area = frame.area;
    let height = |scale: &Scale, tick: f64| area.bottom - (scale.share(tick) * f64::from(area.height())) as f32;
    let grid = if frame.left.ticks.is_empty() { frame.right.as_ref() } else { Some(&frame.left) };
    for (scale, tick) in grid.into_iter().flat_map(|scale| scale.ticks.iter().map(move |tick| (scale, *tick))) {
        canvas.rule(area.left, area.right, height(scale, tick), Ink::solid(theme.grid));
    }
    if !frame.labelled {
        return;
    }
    let left = (Some(&frame.left), area.left - LABEL_GAP, Anchor::End);
    let right = (frame.right.as_ref(), area.right + LABEL_GAP, Anchor::Start);
    for (scale, x, anchor) in [left, right] {
        let Some(scale) = scale else { continue };
        for (tick, label) in scale.ticks.iter().zip(number::axis_labels(&scale.ticks)) {
            let baseline = height(scale, *tick) + Size::SMALL.cap_height() / 2.0;
            canvas.text(&label, x, baseline, anchor, Size::SMALL, theme.faint_text);
        }
    }
}

/// The line at the foot of the area.
pub(crate) fn draw_foot(canvas: &mut Canvas, theme: &Theme, frame: &Frame) {
    canvas.rule(frame.area.left, frame.area.right, frame.area.bottom, Ink::solid(theme.axis));
}

/// The time axis below the area.
pub(crate) fn draw_times(canvas: &mut Canvas, graph: &Graph, theme: &Theme, frame: &Frame) {
    let area = frame.area;
    if !frame.labelled {
        return;
    }
    let count_max = (area.width() / 64.0) as usize;
    let span = (graph.end_secs - graph.start_secs).max(1) as f64;
    let baseline = area.bottom + TICK_LENGTH + 2.0 + Size::SMALL.cap_height() + 2.0;
    for tick in time_scale::ticks(graph.start_secs, graph.end_secs, graph.utc_offset_secs, count_max) {
        let x = area.left + ((tick.secs - graph.start_secs) as f64 / span * f64::from(area.width())) as f32;
        canvas.post(x.min(area.right - 1.0), area.bottom, area.bottom + TICK_LENGTH, Ink::solid(theme.axis));
        let half = text::width(&tick.label, Size::SMALL) / 2.0;
        let x = x.clamp(half, (canvas.bounds().right - half).max(half));
        canvas.text(&tick.label, x, baseline, Anchor::Middle, Size::SMALL, theme.faint_text);
    }
}
