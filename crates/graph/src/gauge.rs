//! The newest value on an arc between the bounds of its axis, one arc a series.

use std::f32::consts::PI;

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::number;
use crate::pie::arc;
use crate::scale::{Demand, Scale};
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_series::{self, NO_DATA};
use crate::{Axis, Fill, Graph, Horizontal, Side};

/// The arc begins at the lower left and ends at the lower right.
const FROM: f32 = PI - PI / 6.0;
const TO: f32 = 2.0 * PI + PI / 6.0;
const THICKNESS: f32 = 0.22;
/// Below this radius there is only the arc.
const LABEL_RADIUS_MIN: f32 = 32.0;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) {
    if series.is_empty() {
        time_series::note(canvas, theme, room, NO_DATA);
    }
    for (one, cell) in series.iter().zip(grid_cells(room, series.len())) {
        draw_gauge(canvas, graph, theme, one, cell);
    }
}

fn grid_cells(room: Rect, count: usize) -> Vec<Rect> {
    crate::grid::cells(room, count, 1.2)
}

fn draw_gauge(canvas: &mut Canvas, graph: &Graph, theme: &Theme, one: &Series<'_>, cell: Rect) {
    let label_height = if cell.height() >= 90.0 { 26.0 } else { 0.0 };
    // The arc reaches from the full radius above its centre to half of it below.
    let radius = ((cell.width() / 2.0).min((cell.height() - label_height) / 1.5) - 8.0).max(0.0);
    if radius < 2.0 {
        return;
    }
    let center = (cell.center_x(), cell.top + (cell.height() - label_height - 1.5 * radius) / 2.0 + radius);
    let scale = scale(graph, one);
    let width = (radius * THICKNESS).max(2.0);
    let middle_radius = radius - width / 2.0;
    let at = |value: f64| FROM + (TO - FROM) * scale.share(value).clamp(0.0, 1.0) as f32;
    canvas.stroke(&arc(center, middle_radius, FROM, TO), width, Ink::solid(theme.track));
    let color = level_color(graph, one).unwrap_or(one.color);
    if let Some(value) = one.last() {
        canvas.stroke(&arc(center, middle_radius, FROM, at(value)), width, Ink::solid(color));
    }
    for note in graph.horizontal.iter().filter(|note| note.side == one.line.side) {
        let color = Ink::solid(note.color.unwrap_or(theme.annotation));
        for value in
            [Some(note.value), note.to].into_iter().flatten().filter(|value| (0.0..=1.0).contains(&scale.share(*value)))
        {
            let turn = 1.5 / radius;
            canvas.stroke(&arc(center, middle_radius, at(value) - turn, at(value) + turn), width + 4.0, color);
        }
    }
    if radius >= LABEL_RADIUS_MIN {
        draw_value(canvas, theme, graph, one, center, radius);
        draw_bounds(canvas, theme, &scale, center, radius, width);
    }
    if label_height > 0.0 {
        let label = text::fit(&one.line.label, Size::SMALL, cell.width() - 8.0);
        let baseline = center.1 + radius / 2.0 + 26.0;
        canvas.text(&label, center.0, baseline.min(cell.bottom - 3.0), Anchor::Middle, Size::SMALL, theme.faint_text);
    }
}

fn axis(graph: &Graph, side: Side) -> &Axis {
    match side {
        Side::Left => &graph.left,
        Side::Right => &graph.right,
    }
}

/// The bounds of the axis; where one is not given, 0 to 100 for shares, else from the data.
fn scale(graph: &Graph, one: &Series<'_>) -> Scale {
    let axis = axis(graph, one.line.side);
    let percent = one.line.unit.as_deref() == Some("Percent");
    let (min, max) = (axis.min.or(percent.then_some(0.0)), axis.max.or(percent.then_some(100.0)));
    let mut demand = Demand { data: None, min, max };
    one.values().for_each(|value| demand.include(value));
    demand.scale(4)
}

/// The colour of the last shaded level that the newest value lies in.
fn level_color(graph: &Graph, one: &Series<'_>) -> Option<crate::Color> {
    let value = one.last()?;
    let inside = |note: &&Horizontal| match (note.to, note.fill) {
        (Some(to), _) => (note.value.min(to)..=note.value.max(to)).contains(&value),
        (None, Fill::Above) => value >= note.value,
        (None, Fill::Below) => value <= note.value,
        (None, Fill::None) => false,
    };
    graph.horizontal.iter().filter(|note| note.side == one.line.side).rfind(inside)?.color
}

fn draw_value(canvas: &mut Canvas, theme: &Theme, graph: &Graph, one: &Series<'_>, center: (f32, f32), radius: f32) {
    let value = one.last().map_or_else(|| "–".to_owned(), number::short);
    let hidden = axis(graph, one.line.side).hide_units;
    let unit = number::unit_suffix(one.line.unit.as_deref().filter(|_| !hidden));
    let sign = unit == "%";
    let value = if sign { format!("{value}%") } else { value };
    let width_of_one = text::width(&value, Size(1.0)).max(0.1);
    let size = Size((radius * 0.38).min(radius * 1.2 / width_of_one).max(9.0));
    canvas.text(&value, center.0, center.1 + size.cap_height() / 2.0, Anchor::Middle, size, theme.text);
    if !sign && !unit.is_empty() {
        let unit = text::fit(unit, Size::SMALL, radius * 1.2);
        let baseline = center.1 + size.cap_height() / 2.0 + Size::SMALL.0 + 5.0;
        canvas.text(&unit, center.0, baseline, Anchor::Middle, Size::SMALL, theme.faint_text);
    }
}

/// The lowest and the highest value, below the ends of the arc.
fn draw_bounds(canvas: &mut Canvas, theme: &Theme, scale: &Scale, center: (f32, f32), radius: f32, width: f32) {
    let baseline = center.1 + radius / 2.0 + 14.0;
    let middle_radius = radius - width / 2.0;
    for (value, angle) in [(scale.low, FROM), (scale.high, TO)] {
        let x = center.0 + middle_radius * angle.cos();
        canvas.text(&number::short(value), x, baseline, Anchor::Middle, Size::SMALL, theme.faint_text);
    }
}
