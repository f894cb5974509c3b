//! The legend: coloured squares and labels below or beside the drawing, and the sign for incomplete data.

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::{Color, Graph, Legend};

const SQUARE: f32 = 10.0;
const ROW_HEIGHT: f32 = 18.0;
/// Between a square and its label.
const LABEL_GAP: f32 = 6.0;
/// Between an entry and the next in a row.
const ENTRY_GAP: f32 = 18.0;
/// Between the legend and the drawing.
const MARGIN: f32 = 8.0;
/// The sheet must be this large for a legend to leave room for a drawing.
const SHEET_MIN: (f32, f32) = (120.0, 90.0);
/// The share of the sheet that a legend may take.
const SHARE_MAX: f32 = 0.35;
/// An entry shortened to make room for the note is at least this wide.
const SHORTENED_MIN: f32 = 48.0;
const SIGN_WIDTH: f32 = 14.0;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    label: String,
    /// `None` for the note that tells how many are left out.
    color: Option<Color>,
    width: f32,
}

impl Entry {
    fn new(label: &str, color: Option<Color>, width_max: f32) -> Self {
        let indent = if color.is_some() { SQUARE + LABEL_GAP } else { 0.0 };
        let label = text::fit(label, Size::SMALL, width_max - indent);
        let width = indent + text::width(&label, Size::SMALL);
        Self { label, color, width }
    }
}

/// Draws the legend into the room and gives back what is left of it.
pub(crate) fn draw(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) -> Rect {
    let sheet = canvas.bounds();
    let large = sheet.width() >= SHEET_MIN.0 && sheet.height() >= SHEET_MIN.1;
    let shown = large && !series.is_empty() && graph.legend != Legend::Hidden;
    match graph.legend {
        Legend::Bottom if shown => at_bottom(canvas, graph, theme, series, room),
        Legend::Right if shown => at_right(canvas, graph, theme, series, room),
        _ => {
            if graph.incomplete {
                sign(canvas, theme, room.right - SIGN_WIDTH, room.top);
                return Rect { right: room.right - SIGN_WIDTH - 4.0, ..room };
            }
            room
        }
    }
}

fn at_bottom(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) -> Rect {
    let indent = if graph.incomplete { SIGN_WIDTH + LABEL_GAP } else { 0.0 };
    let rows_max = (canvas.bounds().height() * SHARE_MAX / ROW_HEIGHT).floor().max(1.0) as usize;
    let rows = rows(series, room.width() - indent, rows_max);
    let top = room.bottom - rows.len() as f32 * ROW_HEIGHT;
    for (index, row) in rows.iter().enumerate() {
        let middle = top + (index as f32 + 0.5) * ROW_HEIGHT;
        let mut x = room.left + indent;
        for entry in row {
            draw_entry(canvas, theme, entry, x, middle);
            x += entry.width + ENTRY_GAP;
        }
    }
    if graph.incomplete {
        sign(canvas, theme, room.left, top + (ROW_HEIGHT - SIGN_WIDTH) / 2.0);
    }
    Rect { bottom: top - MARGIN, ..room }
}

/// The entries in rows no wider than the room. The last row ends with a note where entries are left out.
fn rows(series: &[Series<'_>], width_max: f32, rows_max: usize) -> Vec<Vec<Entry>> {
    let mut rows: Vec<Vec<Entry>> = vec![Vec::new()];
    let mut x = 0.0;
    for (index, one) in series.iter().enumerate() {
        let entry = Entry::new(&one.line.label, Some(one.color), width_max);
        if x > 0.0 && x + entry.width > width_max {
            if rows.len() == rows_max {
                leave_out(rows.last_mut().expect("there is a row"), series.len() - index, width_max);
                break;
            }
            rows.push(Vec::new());
            x = 0.0;
        }
        x += entry.width + ENTRY_GAP;
        rows.last_mut().expect("there is a row").push(entry);
    }
    rows
}

/// Ends the row with how many entries are left out, dropping as many more as the note needs room.
fn leave_out(row: &mut Vec<Entry>, mut left_out: usize, width_max: f32) {
    loop {
        let note = Entry::new(&format!("+{left_out} more"), None, width_max);
        let used: f32 = row.iter().map(|entry| entry.width + ENTRY_GAP).sum();
        if row.is_empty() || used + note.width <= width_max {
            row.push(note);
            return;
        }
        let room = width_max - note.width - ENTRY_GAP;
        if let [only] = row.as_mut_slice()
            && room >= SHORTENED_MIN
        {
            *only = Entry::new(&only.label, only.color, room);
            row.push(note);
            return;
        }
        row.pop();
        left_out += 1;
    }
}

fn at_right(canvas: &mut Canvas, graph: &Graph, theme: &Theme, series: &[Series<'_>], room: Rect) -> Rect {
    let width_max = canvas.bounds().width() * SHARE_MAX;
    let indent = if graph.incomplete { ROW_HEIGHT } else { 0.0 };
    let rows_max = ((room.height() - indent) / ROW_HEIGHT).floor().max(1.0) as usize;
    let shown = if series.len() > rows_max { rows_max.saturating_sub(1) } else { series.len() };
    let mut entries: Vec<Entry> =
        series[..shown].iter().map(|one| Entry::new(&one.line.label, Some(one.color), width_max)).collect();
    if shown < series.len() {
        entries.push(Entry::new(&format!("+{} more", series.len() - shown), None, width_max));
    }
    let width = entries.iter().fold(SIGN_WIDTH, |widest, entry| widest.max(entry.width));
    let left = room.right - width;
    if graph.incomplete {
        sign(canvas, theme, left, room.top);
    }
    for (index, entry) in entries.iter().enumerate() {
        draw_entry(canvas, theme, entry, left, room.top + indent + (index as f32 + 0.5) * ROW_HEIGHT);
    }
    Rect { right: left - 2.0 * MARGIN, ..room }
}

fn draw_entry(canvas: &mut Canvas, theme: &Theme, entry: &Entry, x: f32, middle: f32) {
    let mut label_x = x;
    if let Some(color) = entry.color {
        let top = (middle - SQUARE / 2.0).round();
        canvas.fill_rect(Rect { left: x, top, right: x + SQUARE, bottom: top + SQUARE }, Ink::solid(color));
        label_x += SQUARE + LABEL_GAP;
    }
    let baseline = middle + Size::SMALL.cap_height() / 2.0;
    canvas.text(&entry.label, label_x, baseline, Anchor::Start, Size::SMALL, theme.faint_text);
}

/// A warning triangle with an exclamation mark, fourteen pixels wide.
fn sign(canvas: &mut Canvas, theme: &Theme, left: f32, top: f32) {
    let (middle, bottom) = (left + SIGN_WIDTH / 2.0, top + SIGN_WIDTH - 1.0);
    canvas.polygon(&[(middle, top), (left + SIGN_WIDTH, bottom), (left, bottom)], Ink::solid(theme.warning));
    let ink = Ink::solid(Color(0xff, 0xff, 0xff));
    canvas.polygon(
        &[(middle - 0.9, top + 4.5), (middle + 0.9, top + 4.5), (middle + 0.7, top + 9.0), (middle - 0.7, top + 9.0)],
        ink,
    );
    canvas.disc(middle, top + 10.8, 0.95, ink);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;

    fn lines(count: usize) -> Vec<Line> {
        (0..count).map(|index| Line { label: format!("host number {index}"), ..Line::default() }).collect()
    }

    fn series(lines: &[Line]) -> Vec<Series<'_>> {
        lines.iter().map(|line| Series { line, color: Color(0, 0, 0), runs: Vec::new(), lower: None }).collect()
    }

    fn width(row: &[Entry]) -> f32 {
        row.iter().map(|entry| entry.width + ENTRY_GAP).sum::<f32>() - ENTRY_GAP
    }

    #[test]
    fn entries_wrap_within_the_width() {
        let lines = lines(10);
        let rows = rows(&series(&lines), 300.0, 10);
        assert!(rows.len() > 1 && rows.iter().all(|row| width(row) <= 300.0));
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 10);
    }

    #[test]
    fn one_entry_is_shortened_rather_than_dropped() {
        let lines = lines(3);
        let rows = rows(&series(&lines), 130.0, 1);
        assert_eq!((rows[0].len(), rows[0][1].label.as_str()), (2, "+2 more"));
        assert!(rows[0][0].label.starts_with("hos") && width(&rows[0]) <= 130.0);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let lines = lines(50);
        let rows = rows(&series(&lines), 300.0, 2);
        let note = &rows[1].last().unwrap().label;
        let shown = rows.iter().map(Vec::len).sum::<usize>() - 1;
        assert_eq!(*note, format!("+{} more", 50 - shown));
        assert!(rows.iter().all(|row| width(row) <= 300.0));
    }
}
