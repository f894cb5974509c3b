//! Lines, stacked areas and bands over time.

use crate::axes::{self, Demands, Frame};
use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::notes::{self, Labels};
use crate::plot::Plane;
use crate::scale::Demand;
use crate::series::{self, Run, Series, Slab};
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::{Axis, Color, Graph, Side};

const LINE_WIDTH: f32 = 2.0;
const DOT_RADIUS: f32 = 2.5;
const AREA_OPACITY: f32 = 0.7;
const BAND_OPACITY: f32 = 0.3;
pub(crate) const NO_DATA: &str = "No data available";

/// What stands on top of each other, by the index of its series.
type Stack = Vec<(usize, Vec<Slab>)>;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) {
    let stacks: Option<[Stack; 2]> =
        graph.stacked.then(|| [series::stack(series, Side::Left), series::stack(series, Side::Right)]);
    let demands = demands(graph, series, stacks.as_ref());
    let frame = axes::draw(canvas, graph, theme, series, &demands, room, true);
    let plane =
        |side: Side| Plane { area: frame.area, start: graph.start_secs, end: graph.end_secs, scale: frame.scale(side) };
    graph.vertical.iter().for_each(|note| notes::shade_moment(canvas, &plane(Side::Left), note, theme));
    graph.horizontal.iter().for_each(|note| notes::shade_level(canvas, &plane(note.side), note, theme));
    for one in series {
        if let Some(lower) = &one.lower {
            draw_band(canvas, &plane(one.line.side), one, lower);
        }
    }
    match &stacks {
        Some([left, right]) => {
            draw_stack(canvas, &plane(Side::Left), series, left);
            draw_stack(canvas, &plane(Side::Right), series, right);
        }
        None => {
            let lines = series.iter().filter(|one| one.lower.is_none());
            lines.for_each(|one| draw_line(canvas, &plane(one.line.side), &one.runs, one.color));
        }
    }
    axes::draw_foot(canvas, theme, &frame);
    axes::draw_times(canvas, graph, theme, &frame);
    let mut labels = Labels::default();
    graph.horizontal.iter().for_each(|note| notes::level(canvas, &plane(note.side), note, theme, &mut labels));
    graph.vertical.iter().for_each(|note| notes::moment(canvas, &plane(Side::Left), note, theme, &mut labels));
    if series.iter().all(|one| one.runs.is_empty()) {
        draw_no_data(canvas, theme, &frame);
    }
}

fn demands(graph: &Graph, series: &[Series<'_>], stacks: Option<&[Stack; 2]>) -> Demands {
    let of_side = |side: Side, axis: &Axis, stack: Option<&Stack>| {
        let lines = series.iter().any(|one| one.line.side == side);
        let levels = graph.horizontal.iter().filter(|note| note.side == side);
        if !lines && levels.clone().next().is_none() && (side == Side::Right || !graph.lines.is_empty()) {
            return None;
        }
        let mut demand = Demand { data: None, min: axis.min, max: axis.max };
        levels.flat_map(|note| [Some(note.value), note.to]).flatten().for_each(|value| demand.include(value));
        for one in series.iter().filter(|one| one.line.side == side && (stack.is_none() || one.lower.is_some())) {
            one.values().for_each(|value| demand.include(value));
            one.lower.iter().flatten().flatten().for_each(|(_, value)| demand.include(*value));
        }
        for (_, low, high) in stack.into_iter().flatten().flat_map(|(_, slabs)| slabs).flatten() {
            demand.include(*low);
            demand.include(*high);
        }
        Some(demand)
    };
    let [left, right] = match stacks {
        Some([left, right]) => [Some(left), Some(right)],
        None => [None, None],
    };
    Demands { left: of_side(Side::Left, &graph.left, left), right: of_side(Side::Right, &graph.right, right) }
}

/// Runs as lines; a run of one point as a dot.
pub(crate) fn draw_line(canvas: &mut Canvas, plane: &Plane<'_>, runs: &[Run], color: Color) {
    for run in runs {
        match run.as_slice() {
            [(secs, value)] if plane.shows(*value) => {
                canvas.disc(plane.x(*secs), plane.y(*value), DOT_RADIUS, Ink::solid(color));
            }
            [_] => {}
            run => {
                plane.visible(run).iter().for_each(|part| canvas.polyline(part, LINE_WIDTH, Ink::solid(color)));
            }
        }
    }
}

fn draw_stack(canvas: &mut Canvas, plane: &Plane<'_>, series: &[Series<'_>], stack: &Stack) {
    for (index, slabs) in stack {
        let ink = Ink::faint(series[*index].color, AREA_OPACITY);
        for slab in slabs {
            canvas.polygon(&plane.between(slab), ink);
            if let [(secs, low, high)] = slab.as_slice() {
                // An area of one point has no width: a post shows how high it is.
                let x = plane.x(*secs);
                canvas.stroke(&[(x, plane.y(*low)), (x, plane.y(*high))], 2.0 * DOT_RADIUS, ink);
            }
        }
    }
    // The edges come last, else the next area would cover half of each.
    for (index, slabs) in stack {
        let edge = |slab: &Slab| slab.iter().map(|(secs, _, high)| (*secs, *high)).collect::<Run>();
        let edges: Vec<Run> = slabs.iter().map(edge).collect();
        draw_line(canvas, plane, &edges, series[*index].color);
    }
}

fn draw_band(canvas: &mut Canvas, plane: &Plane<'_>, one: &Series<'_>, lower: &[Run]) {
    for slab in series::band(&one.runs, lower) {
        if let [(secs, low, high)] = slab.as_slice() {
            let x = plane.x(*secs);
            canvas.stroke(&[(x, plane.y(*low)), (x, plane.y(*high))], 2.0, Ink::faint(one.color, BAND_OPACITY));
        } else {
            canvas.polygon(&plane.between(&slab), Ink::faint(one.color, BAND_OPACITY));
        }
    }
}

fn draw_no_data(canvas: &mut Canvas, theme: &Theme, frame: &Frame) {
    note(canvas, theme, frame.area, NO_DATA);
}

/// Writes a note in the middle of an area, where it fits.
pub(crate) fn note(canvas: &mut Canvas, theme: &Theme, area: Rect, text: &str) {
    let size = Size(13.0);
    let text = text::fit(text, size, area.width() - 4.0);
    if area.height() >= size.0 {
        let half = text::width(&text, size) / 2.0 + 6.0;
        let (x, y) = (area.center_x(), area.center_y());
        canvas.fill_rect(
            Rect { left: x - half, right: x + half, top: y - size.0, bottom: y + size.0 },
            Ink::faint(theme.background, 0.8),
        );
        canvas.text(&text, x, y + size.cap_height() / 2.0, Anchor::Middle, size, theme.faint_text);
    }
}
