//! The newest values as large numbers, over small lines of their history when asked for.

use crate::Graph;
use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::grid;
use crate::number;
use crate::plot::Plane;
use crate::scale::Demand;
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_series::{self, NO_DATA};

const MARGIN: f32 = 8.0;
const VALUE_SIZE_MAX: f32 = 44.0;
const VALUE_SIZE_MIN: f32 = 9.0;
const SQUARE: f32 = 8.0;
/// The share of a cell's height that the history takes.
const HISTORY: f32 = 0.4;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) {
    if series.is_empty() {
        time_series::note(canvas, theme, room, NO_DATA);
    }
    for (one, cell) in series.iter().zip(grid::cells(room, series.len(), 2.2)) {
        draw_cell(canvas, graph, theme, one, cell);
    }
}

fn draw_cell(canvas: &mut Canvas, graph: &Graph, theme: &Theme, one: &Series<'_>, cell: Rect) {
    let margin = MARGIN.min(cell.width() / 8.0).min(cell.height() / 8.0);
    let mut inside = cell.inset(margin, margin);
    if graph.sparkline {
        let history = Rect { top: inside.bottom - inside.height() * HISTORY, ..inside };
        draw_history(canvas, graph, one, history);
        inside.bottom = history.top;
    }
    let labelled = inside.height() >= 34.0;
    let written = if graph.full_precision { number::full } else { number::short };
    let value = one.last().map_or_else(|| "–".to_owned(), written);
    let unit = number::unit_suffix(one.line.unit.as_deref().filter(|_| !hides_unit(graph, one)));
    let size = value_size(&value, unit, inside, labelled);
    let unit_size = Size((size.0 * 0.45).max(9.0));
    let gap = if unit.is_empty() { 0.0 } else { size.0 * 0.12 };
    let value_width = text::width(&value, size);
    let left = inside.center_x() - (value_width + gap + text::width(unit, unit_size)) / 2.0;
    let label_height = if labelled { Size::SMALL.0 + 8.0 } else { 0.0 };
    let baseline = inside.center_y() - label_height / 2.0 + size.cap_height() / 2.0;
    canvas.text(&value, left, baseline, Anchor::Start, size, theme.text);
    canvas.text(unit, left + value_width + gap, baseline, Anchor::Start, unit_size, theme.faint_text);
    if labelled {
        draw_label(canvas, theme, one, inside, baseline + Size::SMALL.0 + 8.0);
    }
}

fn hides_unit(graph: &Graph, one: &Series<'_>) -> bool {
    match one.line.side {
        crate::Side::Left => graph.left.hide_units,
        crate::Side::Right => graph.right.hide_units,
    }
}

/// The largest size at which value and unit fit.
fn value_size(value: &str, unit: &str, room: Rect, labelled: bool) -> Size {
    let height = room.height() - if labelled { Size::SMALL.0 + 8.0 } else { 0.0 };
    let width_of_one = text::width(value, Size(1.0)) + 0.12 + text::width(unit, Size(0.45));
    Size((height * 0.8).min(room.width() / width_of_one.max(0.1)).clamp(VALUE_SIZE_MIN, VALUE_SIZE_MAX))
}

fn draw_label(canvas: &mut Canvas, theme: &Theme, one: &Series<'_>, room: Rect, baseline: f32) {
    let label = text::fit(&one.line.label, Size::SMALL, room.width() - SQUARE - 5.0);
    let left = room.center_x() - (text::width(&label, Size::SMALL) + SQUARE + 5.0) / 2.0;
    let bottom = baseline.round();
    let square = Rect { left, top: bottom - SQUARE, right: left + SQUARE, bottom };
    canvas.fill_rect(square, Ink::solid(one.color));
    canvas.text(&label, left + SQUARE + 5.0, baseline, Anchor::Start, Size::SMALL, theme.faint_text);
}

fn draw_history(canvas: &mut Canvas, graph: &Graph, one: &Series<'_>, area: Rect) {
    let mut demand = Demand::default();
    one.values().for_each(|value| demand.include(value));
    if demand.data.is_none() || area.height() < 4.0 {
        return;
    }
    let scale = demand.scale(2);
    let plane = Plane { area, start: graph.start_secs, end: graph.end_secs, scale: &scale };
    for run in &one.runs {
        let slab: Vec<(i64, f64, f64)> = run.iter().map(|(secs, value)| (*secs, scale.low, *value)).collect();
        canvas.polygon(&plane.between(&slab), Ink::faint(one.color, 0.2));
    }
    time_series::draw_line(canvas, &plane, &one.runs, one.color);
}
