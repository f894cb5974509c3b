//! Whole graphs, looked at pixel by pixel.

use proptest::prelude::*;

use crate::canvas::Canvas;
use crate::theme::palette;
use crate::{Axis, Color, Fill, Graph, Horizontal, Legend, Line, Side, Vertical, View, draw, png};

const VIEWS: [View; 6] = [View::TimeSeries, View::Bar, View::Pie, View::SingleValue, View::Gauge, View::Table];

fn line(points: &[(i64, f64)]) -> Line {
    Line { label: "requests".to_owned(), points: points.to_vec(), period_secs: 60, ..Line::default() }
}

/// A graph without any text: a margin of 12 pixels around an area of 576 × 376, of which the
/// labels of the axes take their part.
fn graph(lines: Vec<Line>) -> Graph {
    Graph { width: 600, height: 400, end_secs: 600, legend: Legend::Hidden, lines, ..Graph::default() }
}

fn flat(value: f64) -> Line {
    line(&(0..=10).map(|minute| (minute * 60, value)).collect::<Vec<_>>())
}

fn pixel(canvas: &Canvas, x: u32, y: u32) -> Color {
    let pixel = canvas.pixmap().pixel(x, y).expect("inside the sheet");
    Color(pixel.red(), pixel.green(), pixel.blue())
}

/// Antialiasing leaves a pixel in the middle of a line a little short of the line's colour.
fn near(a: Color, b: Color) -> bool {
    [(a.0, b.0), (a.1, b.1), (a.2, b.2)].iter().all(|(a, b)| a.abs_diff(*b) <= 4)
}

fn count(canvas: &Canvas, color: Color) -> usize {
    let rows = 0..canvas.pixmap().height();
    rows.map(|y| columns_of(canvas, y, color).len()).sum()
}

/// The rows in which this column has the colour.
fn rows_of(canvas: &Canvas, x: u32, color: Color) -> Vec<u32> {
    (0..canvas.pixmap().height()).filter(|y| near(pixel(canvas, x, *y), color)).collect()
}

/// The columns in which this row has the colour.
fn columns_of(canvas: &Canvas, y: u32, color: Color) -> Vec<u32> {
    (0..canvas.pixmap().width()).filter(|x| near(pixel(canvas, *x, y), color)).collect()
}

fn size_in_header(file: &[u8]) -> (u32, u32) {
    assert_eq!(file[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(file[12..16], *b"IHDR");
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
fn the_file_has_the_size_asked_for() {
    for (width, height) in [(1, 1), (600, 400), (37, 1999), (2000, 2000)] {
        for view in VIEWS {
            let graph = Graph { width, height, view, ..graph(vec![flat(5.0), flat(7.0)]) };
            assert_eq!(size_in_header(&png(&graph)), (width, height));
        }
    }
    let zero = Graph { width: 0, height: 3000, ..graph(vec![]) };
    assert_eq!(size_in_header(&png(&zero)), (1, 2000));
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    for view in VIEWS {
        let graph = Graph { view, title: Some("title".to_owned()), ..graph(vec![flat(5.0), flat(7.0)]) };
        assert_eq!(png(&graph), png(&graph.clone()));
        let other = Graph { title: Some("another".to_owned()), ..graph.clone() };
        assert_ne!(png(&graph), png(&other));
    }
}

#[test]
fn the_file_decodes_to_what_was_drawn() {
    let graph = graph(vec![flat(5.0)]);
    let file = png(&graph);
    let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let drawn = draw(&graph);
    let expected: Vec<u8> =
        drawn.pixmap().pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    assert!(pixels == expected);
}

#[test]
fn a_line_lies_where_its_value_is() {
    let bounds = Axis { min: Some(0.0), max: Some(100.0), ..Axis::default() };
    let heights = [25.0, 50.0, 75.0].map(|value| {
        let canvas = draw(&Graph { left: bounds.clone(), ..graph(vec![flat(value)]) });
        let rows = rows_of(&canvas, 300, palette(0));
        assert!((1..=3).contains(&rows.len()), "{value}: {rows:?}");
        f64::from(rows[0])
    });
    // Higher values lie higher, at even distances: a quarter of the area's height.
    assert!((heights[0] - heights[1] - (heights[1] - heights[2])).abs() <= 1.0, "{heights:?}");
    assert!((heights[0] - heights[1] - 348.0 / 4.0).abs() < 6.0, "{heights:?}");
}

#[test]
fn gaps_break_lines_and_single_points_are_dots() {
    let canvas = draw(&graph(vec![line(&[(0, 5.0), (60, 5.0), (120, 5.0), (300, 5.0), (540, 5.0), (600, 5.0)])]));
    let row = rows_of(&canvas, 100, palette(0))[0];
    let columns = columns_of(&canvas, row, palette(0));
    let widths: Vec<usize> = columns.chunk_by(|a, b| a + 1 == *b).map(<[u32]>::len).collect();
    assert_eq!(widths.len(), 3, "{widths:?}");
    assert!(widths[0] > 90 && (2..8).contains(&widths[1]) && widths[2] > 40, "{widths:?}");
}

#[test]
fn values_beyond_fixed_bounds_stay_inside_the_area() {
    let bounds = Axis { min: Some(0.0), max: Some(10.0), ..Axis::default() };
    let wild = line(&[(0, 1e300), (300, -1e300), (600, 1e300)]);
    for stacked in [false, true] {
        let canvas = draw(&Graph { left: bounds.clone(), stacked, ..graph(vec![wild.clone()]) });
        for y in (0..10).chain(390..400) {
            assert_eq!(columns_of(&canvas, y, palette(0)), Vec::<u32>::new());
        }
    }
}

#[test]
fn themes_differ_in_their_background() {
    let light = draw(&graph(vec![flat(5.0)]));
    assert_eq!(pixel(&light, 0, 0), Color(0xff, 0xff, 0xff));
    let dark = draw(&Graph { dark: true, ..graph(vec![flat(5.0)]) });
    assert_eq!(pixel(&dark, 0, 0), Color(0x16, 0x1d, 0x26));
}

#[test]
fn series_take_the_palette_in_turn_unless_they_have_a_colour() {
    let own = Color(1, 2, 3);
    let lines = vec![flat(1.0), Line { color: Some(own), ..flat(2.0) }, flat(3.0)];
    let canvas = draw(&graph(lines));
    for (color, there) in [(palette(0), true), (own, true), (palette(1), true), (palette(2), false)] {
        assert_eq!(count(&canvas, color) > 100, there, "{color:?}");
    }
}

#[test]
fn stacked_areas_stand_on_each_other() {
    let bounds = Axis { min: Some(0.0), max: Some(10.0), ..Axis::default() };
    let canvas = draw(&Graph { stacked: true, left: bounds, ..graph(vec![flat(3.0), flat(4.0)]) });
    let first = rows_of(&canvas, 300, palette(0));
    let second = rows_of(&canvas, 300, palette(1));
    // The upper edges, of 3 and of 3 + 4, above the foot of the area.
    let heights = [first[0], second[0]].map(|top| f64::from(370 - top));
    assert!((heights[1] / heights[0] - 7.0 / 3.0).abs() < 0.05, "{heights:?}");
}

#[test]
fn a_band_is_shaded_and_its_bounds_are_not_drawn() {
    let band = Color(200, 0, 0);
    let upper = Line { band_from: Some(0), color: Some(band), ..flat(8.0) };
    let canvas = draw(&graph(vec![flat(2.0), upper]));
    assert_eq!((count(&canvas, band), count(&canvas, palette(0))), (0, 0));
    let middle = pixel(&canvas, 300, 200);
    assert!(middle.0 > middle.1 + 40, "{middle:?}");
}

#[test]
fn annotations_shade_the_side_they_name() {
    let bounds = Axis { min: Some(0.0), max: Some(10.0), ..Axis::default() };
    let level = Horizontal { value: 5.0, to: None, label: None, color: None, fill: Fill::Above, side: Side::Left };
    let moment = Vertical { time_secs: 300, to_secs: None, label: None, color: None, fill: Fill::Below };
    let white = Color(0xff, 0xff, 0xff);
    let base = || Graph { left: bounds.clone(), ..graph(vec![flat(1.0)]) };
    let above = draw(&Graph { horizontal: vec![level], ..base() });
    assert_ne!(pixel(&above, 301, 60), white);
    assert_eq!(pixel(&above, 301, 293), white);
    let before = draw(&Graph { vertical: vec![moment], ..base() });
    assert_ne!(pixel(&before, 150, 60), white);
    assert_eq!(pixel(&before, 450, 60), white);
}

#[test]
fn incomplete_data_are_marked() {
    let sign = Color(0xff, 0x99, 0x00);
    for legend in [Legend::Bottom, Legend::Right, Legend::Hidden] {
        for incomplete in [false, true] {
            let canvas = draw(&Graph { legend, incomplete, ..graph(vec![flat(5.0)]) });
            assert_eq!(count(&canvas, sign) > 30, incomplete, "{legend:?}");
        }
    }
}

#[test]
fn absence_of_data_is_told() {
    for view in VIEWS {
        let empty = draw(&Graph { view, ..graph(vec![]) });
        let mut middle = (150..450).flat_map(|x| (185..215).map(move |y| (x, y)));
        assert!(middle.any(|(x, y)| near(pixel(&empty, x, y), Color(0x54, 0x5b, 0x64))), "{view:?}");
    }
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -1e3..1e3_f64, Just(0.0)]
}

fn any_secs() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), 0..10_000_i64]
}

fn any_line() -> impl Strategy<Value = Line> {
    let points = prop::collection::vec((any_secs(), any_value()), 0..20);
    (points, "\\PC{0,60}", any_secs(), any::<bool>(), prop::option::of("[A-Z]{0,9}"), prop::option::of(0..4_usize))
        .prop_map(|(points, label, period_secs, right, unit, band_from)| {
            let side = if right { Side::Right } else { Side::Left };
            Line { label, points, period_secs, color: None, side, unit, band_from }
        })
}

fn any_axis() -> impl Strategy<Value = Axis> {
    let bound = || prop::option::of(any_value());
    (bound(), bound(), any::<bool>()).prop_map(|(min, max, hide_units)| Axis { min, max, label: None, hide_units })
}

prop_compose! {
    fn any_graph()(
        (width, height) in (1..300_u32, 1..300_u32),
        view in prop::sample::select(VIEWS.to_vec()),
        legend in prop::sample::select(vec![Legend::Bottom, Legend::Right, Legend::Hidden]),
        (stacked, dark, incomplete, sparkline, full_precision) in any::<(bool, bool, bool, bool, bool)>(),
        (start_secs, end_secs, utc_offset_secs) in (any_secs(), any_secs(), any::<i32>()),
        lines in prop::collection::vec(any_line(), 0..5),
        (left, right) in (any_axis(), any_axis()),
        levels in prop::collection::vec((any_value(), prop::option::of(any_value())), 0..3),
        moments in prop::collection::vec((any_secs(), prop::option::of(any_secs())), 0..3),
        title in prop::option::of("\\PC{0,60}"),
    ) -> Graph {
        let horizontal = levels.into_iter().map(|(value, to)| Horizontal {
            value, to, label: Some("level".to_owned()), color: None, fill: Fill::Above, side: Side::Right,
        });
        let vertical = moments.into_iter().map(|(time_secs, to_secs)| Vertical {
            time_secs, to_secs, label: Some("moment".to_owned()), color: None, fill: Fill::Below,
        });
        let (horizontal, vertical) = (horizontal.collect(), vertical.collect());
        Graph {
            width, height, title, view, stacked, dark, utc_offset_secs, start_secs, end_secs, lines, left, right,
            horizontal, vertical, legend, incomplete, sparkline, full_precision,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_graph_is_drawn(graph in any_graph()) {
        prop_assert_eq!(size_in_header(&png(&graph)), (graph.width, graph.height));
    }
}
