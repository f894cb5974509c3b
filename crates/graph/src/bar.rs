//! One bar a series, of its newest value.

use crate::axes::{self, Demands};
use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::notes::{self, Labels};
use crate::number;
use crate::plot::Plane;
use crate::scale::Demand;
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_series::{self, NO_DATA};
use crate::{Axis, Graph, Side};

const BAR_WIDTH_MAX: f32 = 90.0;
/// The share of its slot that a bar takes.
const BAR_SHARE: f32 = 0.7;
const LABEL_GAP: f32 = 4.0;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) {
    let demand = |side: Side, axis: &Axis| {
        let bars = series.iter().filter(|one| one.line.side == side);
        let levels = graph.horizontal.iter().filter(|note| note.side == side);
        if side == Side::Right && bars.clone().next().is_none() {
            return None;
        }
        let mut demand = Demand { data: None, min: axis.min, max: axis.max };
        bars.filter_map(Series::last).for_each(|value| demand.include(value));
        levels.flat_map(|note| [Some(note.value), note.to]).flatten().for_each(|value| demand.include(value));
        if demand.data.is_some() {
            demand.include(0.0);
        }
        Some(demand)
    };
    let demands = Demands { left: demand(Side::Left, &graph.left), right: demand(Side::Right, &graph.right) };
    let names_below = graph.legend == crate::Legend::Hidden;
    let frame = axes::draw(canvas, graph, theme, series, &demands, room, names_below);
    let plane = |side: Side| Plane { area: frame.area, start: 0, end: 1, scale: frame.scale(side) };
    graph.horizontal.iter().for_each(|note| notes::shade_level(canvas, &plane(note.side), note, theme));
    let slot = frame.area.width() / series.len().max(1) as f32;
    let width = (slot * BAR_SHARE).clamp(1.0, BAR_WIDTH_MAX);
    for (index, one) in series.iter().enumerate() {
        let middle = frame.area.left + (index as f32 + 0.5) * slot;
        draw_bar(canvas, theme, &plane(one.line.side), one, middle, width);
        if names_below && frame.area.bottom + axes::TIME_LABELS_HEIGHT <= room.bottom {
            let name = text::fit(&one.line.label, Size::SMALL, slot - LABEL_GAP);
            let baseline = frame.area.bottom + axes::TIME_LABELS_HEIGHT - LABEL_GAP;
            canvas.text(&name, middle, baseline, Anchor::Middle, Size::SMALL, theme.faint_text);
        }
    }
    axes::draw_foot(canvas, theme, &frame);
    let mut labels = Labels::default();
    graph.horizontal.iter().for_each(|note| notes::level(canvas, &plane(note.side), note, theme, &mut labels));
    if series.iter().all(|one| one.last().is_none()) {
        time_series::note(canvas, theme, frame.area, NO_DATA);
    }
}

fn draw_bar(canvas: &mut Canvas, theme: &Theme, plane: &Plane<'_>, one: &Series<'_>, middle: f32, width: f32) {
    let Some(value) = one.last() else { return };
    let (end, zero) = (plane.y(value), plane.y(0.0));
    let (top, bottom) = (end.min(zero), end.max(zero));
    let rect = Rect { left: middle - width / 2.0, top, right: middle + width / 2.0, bottom };
    canvas.fill_rect(rect, Ink::solid(one.color));
    let label = number::short(value);
    let height = Size::SMALL.cap_height();
    if text::width(&label, Size::SMALL) > width.max(24.0) {
        return;
    }
    // Above the bar where there is room, else inside it.
    let outside = if value < 0.0 { bottom + LABEL_GAP + height } else { top - LABEL_GAP };
    let fits = outside - height >= plane.area.top && outside <= plane.area.bottom;
    let inside = if value < 0.0 { bottom - LABEL_GAP } else { top + LABEL_GAP + height };
    let (baseline, color) = if fits { (outside, theme.text) } else { (inside, theme.background) };
    canvas.text(&label, middle, baseline, Anchor::Middle, Size::SMALL, color);
}
