//! Graphs of series as PNG images: a description goes in, pixels come out. No I/O.
//!
//! Knows nothing of metrics or of any API: [`Graph`] says what to draw. The same graph gives the same bytes.

mod axes;
mod bar;
mod canvas;
mod gauge;
mod grid;
mod legend;
mod notes;
mod number;
mod pie;
mod plot;
mod png_file;
mod scale;
mod series;
mod single_value;
mod table;
mod text;
mod theme;
mod thin_line;
mod time_scale;
mod time_series;

#[cfg(test)]
mod tests;

use canvas::{Anchor, Canvas, Rect};
use text::Size;
use theme::Theme;

/// How series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum View {
    /// Lines over time, or stacked areas.
    #[default]
    TimeSeries,
    /// One bar a series, of its newest value.
    Bar,
    /// Shares of the newest values.
    Pie,
    /// The newest values as numbers.
    SingleValue,
    /// The newest value on an arc between the left axis' bounds.
    Gauge,
    /// The newest values in rows: label, minimum, maximum, mean, last.
    Table,
}

/// Which vertical axis a series belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Side {
    /// Left.
    #[default]
    Left,
    /// Right.
    Right,
}

/// Where the legend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Legend {
    /// Below.
    #[default]
    Bottom,
    /// At the right.
    Right,
    /// Nowhere.
    Hidden,
}

/// What is shaded next to an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fill {
    /// Nothing.
    #[default]
    None,
    /// Above (horizontal) or after (vertical).
    Above,
    /// Below (horizontal) or before (vertical).
    Below,
}

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

/// One series to draw.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Line {
    /// The text in the legend.
    pub label: String,
    /// (seconds since the epoch, value), oldest first. A gap of more than one period breaks the line.
    pub points: Vec<(i64, f64)>,
    /// Seconds between points.
    pub period_secs: i64,
    /// The colour; else the next of the palette.
    pub color: Option<Color>,
    /// The axis.
    pub side: Side,
    /// Such as `Percent`, for the axis' label.
    pub unit: Option<String>,
    /// When this is one of a band, the index of the line that is its lower bound: the area between is shaded.
    pub band_from: Option<usize>,
}

/// A vertical axis.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Axis {
    /// Lower bound; else from the data.
    pub min: Option<f64>,
    /// Upper bound; else from the data.
    pub max: Option<f64>,
    /// The axis' label; else the unit where all lines share one.
    pub label: Option<String>,
    /// Whether the unit is shown.
    pub hide_units: bool,
}

/// A level or band across the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Horizontal {
    /// The level.
    pub value: f64,
    /// The other bound of a band.
    pub to: Option<f64>,
    /// Its text.
    pub label: Option<String>,
    /// Its colour.
    pub color: Option<Color>,
    /// Shading.
    pub fill: Fill,
    /// Its axis.
    pub side: Side,
}

/// A moment or span across the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Vertical {
    /// Seconds since the epoch.
    pub time_secs: i64,
    /// The other bound of a span.
    pub to_secs: Option<i64>,
    /// Its text.
    pub label: Option<String>,
    /// Its colour.
    pub color: Option<Color>,
    /// Shading.
    pub fill: Fill,
}

/// A whole graph.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Graph {
    /// Width in pixels, 1 to 2000.
    pub width: u32,
    /// Height in pixels, 1 to 2000.
    pub height: u32,
    /// The title.
    pub title: Option<String>,
    /// How series are drawn.
    pub view: View,
    /// Areas on top of each other instead of lines.
    pub stacked: bool,
    /// Light on dark instead of dark on light.
    pub dark: bool,
    /// Seconds east of UTC, for the times on the axis.
    pub utc_offset_secs: i32,
    /// Start of the time axis, in seconds since the epoch.
    pub start_secs: i64,
    /// End of the time axis.
    pub end_secs: i64,
    /// The series.
    pub lines: Vec<Line>,
    /// The left axis.
    pub left: Axis,
    /// The right axis.
    pub right: Axis,
    /// Levels.
    pub horizontal: Vec<Horizontal>,
    /// Moments.
    pub vertical: Vec<Vertical>,
    /// Where the legend is.
    pub legend: Legend,
    /// Some data could not be read: a warning sign by the legend.
    pub incomplete: bool,
    /// Single values are drawn over a small line of their history.
    pub sparkline: bool,
    /// Single values are written with all their digits.
    pub full_precision: bool,
}

/// Draws the graph as a PNG of exactly its width and height; sides outside 1 to 2000 are brought within.
pub fn png(graph: &Graph) -> Vec<u8> {
    let mut graph = graph.clone();
    graph.start_secs = graph.start_secs.clamp(*time_scale::TIMES.start(), *time_scale::TIMES.end());
    graph.end_secs = graph.end_secs.clamp(graph.start_secs, *time_scale::TIMES.end()).max(graph.start_secs + 1);
    graph.utc_offset_secs = graph.utc_offset_secs.clamp(-86_399, 86_399);
    png_file::encode(draw(&graph).pixmap())
}

/// The largest margin around the drawing.
const MARGIN: f32 = 12.0;

fn draw(graph: &Graph) -> Canvas {
    let theme = Theme::of(graph);
    let mut canvas = Canvas::new(graph.width, graph.height, theme.background);
    let sheet = canvas.bounds();
    let margin = MARGIN.min(sheet.width() / 20.0).min(sheet.height() / 20.0);
    let room = draw_title(&mut canvas, graph, &theme, sheet.inset(margin, margin));
    let series = series::prepare(graph, &theme);
    let listed = if matches!(graph.view, View::TimeSeries | View::Bar | View::Pie) { series.as_slice() } else { &[] };
    let room = legend::draw(&mut canvas, graph, &theme, listed, room).upright();
    match graph.view {
        View::TimeSeries => time_series::draw(&mut canvas, graph, &theme, &series, room),
        View::Bar => bar::draw(&mut canvas, graph, &theme, &series, room),
        View::Pie => pie::draw(&mut canvas, &theme, &series, room),
        View::SingleValue => single_value::draw(&mut canvas, graph, &theme, &series, room),
        View::Gauge => gauge::draw(&mut canvas, graph, &theme, &series, room),
        View::Table => table::draw(&mut canvas, &theme, &series, room),
    }
    canvas
}

/// Writes the title above the middle where there is room; gives back what is left.
fn draw_title(canvas: &mut Canvas, graph: &Graph, theme: &Theme, room: Rect) -> Rect {
    let Some(title) = graph.title.as_deref().filter(|title| !title.is_empty()) else { return room };
    if room.height() < 56.0 || room.width() < 60.0 {
        return room;
    }
    let title = text::fit(title, Size::TITLE, room.width());
    let baseline = room.top + Size::TITLE.cap_height() + 2.0;
    canvas.text(&title, room.center_x(), baseline, Anchor::Middle, Size::TITLE, theme.text);
    Rect { top: room.top + Size::TITLE.0 + 10.0, ..room }
}
