//! The series in rows: label, minimum, maximum, mean and newest value.

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::number;
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_series::{self, NO_DATA};

const ROW_HEIGHT: f32 = 22.0;
const SQUARE: f32 = 10.0;
const CELL_GAP: f32 = 10.0;
const COLUMNS: [&str; 4] = ["Min", "Max", "Average", "Last"];
const COLUMN_WIDTH_MAX: f32 = 90.0;
/// The share of the width that stays for the labels.
const LABEL_SHARE: f32 = 0.36;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, theme: &Theme, series: &[Series<'_>], room: Rect) {
    if series.is_empty() {
        time_series::note(canvas, theme, room, NO_DATA);
        return;
    }
    let columns = columns(room);
    let baseline = |row: usize| room.top + (row as f32 + 0.5) * ROW_HEIGHT + Size::SMALL.cap_height() / 2.0;
    canvas.text("Label", room.left, baseline(0), Anchor::Start, Size::SMALL, theme.faint_text);
    for (right, title) in &columns {
        canvas.text(title, *right, baseline(0), Anchor::End, Size::SMALL, theme.faint_text);
    }
    let label_right = columns.first().map_or(room.right, |(right, _)| right - column_width(room));
    let rows = (((room.height() / ROW_HEIGHT).floor() as usize).max(2) - 1).max(1);
    let shown = if series.len() > rows { rows.saturating_sub(1) } else { series.len() };
    for (index, one) in series.iter().take(shown).enumerate() {
        let top = room.top + (index + 1) as f32 * ROW_HEIGHT;
        canvas.rule(room.left, room.right, top, Ink::solid(theme.track));
        draw_row(canvas, theme, one, (room.left, label_right), &columns, baseline(index + 1));
    }
    if shown < series.len() {
        let note = text::fit(&format!("+{} more", series.len() - shown), Size::SMALL, room.width());
        canvas.text(&note, room.left, baseline(shown + 1), Anchor::Start, Size::SMALL, theme.faint_text);
    }
}

fn column_width(room: Rect) -> f32 {
    (room.width() * (1.0 - LABEL_SHARE) / COLUMNS.len() as f32).min(COLUMN_WIDTH_MAX)
}

/// The right edges and titles of the columns that have room; the newest value is the last to go.
fn columns(room: Rect) -> Vec<(f32, &'static str)> {
    let width = column_width(room);
    let shown = if width >= 46.0 { COLUMNS.len() } else { 1 };
    let titles = &COLUMNS[COLUMNS.len() - shown..];
    titles.iter().rev().enumerate().map(|(index, title)| (room.right - index as f32 * width, *title)).rev().collect()
}

fn draw_row(
    canvas: &mut Canvas,
    theme: &Theme,
    one: &Series<'_>,
    (left, right): (f32, f32),
    columns: &[(f32, &'static str)],
    baseline: f32,
) {
    let bottom = baseline.round();
    canvas.fill_rect(
        Rect { left, top: bottom - SQUARE + 1.0, right: left + SQUARE, bottom: bottom + 1.0 },
        Ink::solid(one.color),
    );
    let label = text::fit(&one.line.label, Size::SMALL, right - left - SQUARE - CELL_GAP - 6.0);
    canvas.text(&label, left + SQUARE + 6.0, baseline, Anchor::Start, Size::SMALL, theme.text);
    for (right, title) in columns {
        let value = statistic(one, title).map_or_else(|| "–".to_owned(), number::short);
        canvas.text(&value, *right, baseline, Anchor::End, Size::SMALL, theme.text);
    }
}

fn statistic(one: &Series<'_>, title: &str) -> Option<f64> {
    match title {
        "Min" => one.values().reduce(f64::min),
        "Max" => one.values().reduce(f64::max),
        "Average" => {
            // A running mean stays finite where a sum would not.
            let mean = |(mean, count): (f64, f64), value: f64| (mean + (value - mean) / (count + 1.0), count + 1.0);
            let (mean, count) = one.values().fold((0.0, 0.0), mean);
            (count > 0.0).then_some(mean)
        }
        _ => one.last(),
    }
}
