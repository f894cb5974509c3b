//! Annotations: levels, bands, moments and spans, and where their labels go.

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::plot::Plane;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::{Fill, Horizontal, Vertical};

const SHADE: f32 = 0.15;
const LABEL_GAP: f32 = 4.0;
const LABEL_HEIGHT: f32 = 14.0;

/// Shades what a level asks for; drawn below the data.
pub(crate) fn shade_level(canvas: &mut Canvas, plane: &Plane<'_>, note: &Horizontal, theme: &Theme) {
    let area = plane.area;
    let y = plane.y(note.value);
    let (upper, lower) = match note.to {
        Some(to) => (y.min(plane.y(to)), y.max(plane.y(to))),
        None => (y, y),
    };
    let ink = Ink::faint(note.color.unwrap_or(theme.annotation), SHADE);
    if note.to.is_some() {
        canvas.fill_rect(Rect { top: upper, bottom: lower, ..area }, ink);
    }
    match note.fill {
        Fill::None => {}
        Fill::Above => canvas.fill_rect(Rect { bottom: upper, ..area }, ink),
        Fill::Below => canvas.fill_rect(Rect { top: lower, ..area }, ink),
    }
}

/// Shades what a moment asks for; drawn below the data.
pub(crate) fn shade_moment(canvas: &mut Canvas, plane: &Plane<'_>, note: &Vertical, theme: &Theme) {
    let area = plane.area;
    let x = |secs: i64| plane.x(secs).clamp(area.left, area.right);
    let from = x(note.time_secs);
    let to = note.to_secs.map_or(from, x);
    let ink = Ink::faint(note.color.unwrap_or(theme.annotation), SHADE);
    if note.to_secs.is_some() {
        canvas.fill_rect(Rect { left: from.min(to), right: from.max(to), ..area }, ink);
    }
    match note.fill {
        Fill::None => {}
        Fill::Above => canvas.fill_rect(Rect { left: from.max(to), ..area }, ink),
        Fill::Below => canvas.fill_rect(Rect { right: from.min(to), ..area }, ink),
    }
}

/// Labels that have found their place, so that the next ones keep clear of them.
#[derive(Default)]
pub(crate) struct Labels {
    taken: Vec<Rect>,
}

/// Draws the line of a level and its label; over the data.
pub(crate) fn level(canvas: &mut Canvas, plane: &Plane<'_>, note: &Horizontal, theme: &Theme, labels: &mut Labels) {
    let color = note.color.unwrap_or(theme.annotation);
    let area = plane.area;
    for value in [Some(note.value), note.to].into_iter().flatten().filter(|value| plane.shows(*value)) {
        canvas.rule(area.left, area.right, plane.y(value), Ink::solid(color));
    }
    let Some(label) = note.label.as_deref().filter(|_| plane.shows(note.value)) else { return };
    let label = text::fit(label, Size::SMALL, area.width() - 2.0 * LABEL_GAP);
    let width = text::width(&label, Size::SMALL);
    let y = plane.y(note.value);
    let lefts = [area.left + LABEL_GAP, area.right - LABEL_GAP - width, area.center_x() - width / 2.0];
    let places = lefts.into_iter().flat_map(|left| [(left, y - LABEL_HEIGHT), (left, y + 1.0)]);
    place(canvas, area, places, (label, width), theme, labels, color);
}

/// Draws the lines of a moment or span and its label; over the data.
pub(crate) fn moment(canvas: &mut Canvas, plane: &Plane<'_>, note: &Vertical, theme: &Theme, labels: &mut Labels) {
    let color = note.color.unwrap_or(theme.annotation);
    let area = plane.area;
    let shown = |secs: &i64| (plane.start..=plane.end).contains(secs);
    for secs in [Some(note.time_secs), note.to_secs].into_iter().flatten().filter(shown) {
        canvas.post(plane.x(secs).min(area.right - 1.0), area.top, area.bottom, Ink::solid(color));
    }
    let first = [Some(note.time_secs), note.to_secs].into_iter().flatten().filter(shown).min();
    let (Some(label), Some(first)) = (note.label.as_deref(), first) else { return };
    let label = text::fit(label, Size::SMALL, area.width() / 2.0);
    let width = text::width(&label, Size::SMALL);
    let x = plane.x(first);
    let tops = (0..4).map(|row| area.top + 1.0 + row as f32 * LABEL_HEIGHT);
    let places = tops.flat_map(|top| [(x + LABEL_GAP, top), (x - LABEL_GAP - width, top)]);
    place(canvas, area, places, (label, width), theme, labels, color);
}

/// Writes a label at the first place (left, top) that is inside the area and free; nowhere when there is none.
fn place(
    canvas: &mut Canvas,
    area: Rect,
    places: impl Iterator<Item = (f32, f32)>,
    (label, width): (String, f32),
    theme: &Theme,
    labels: &mut Labels,
    color: crate::Color,
) {
    let rect = |(left, top): (f32, f32)| Rect { left, top, right: left + width, bottom: top + LABEL_HEIGHT - 1.0 };
    let free = |rect: &Rect| area.encloses(rect) && !labels.taken.iter().any(|taken| taken.overlaps(rect));
    let Some(rect) = places.map(rect).find(free) else { return };
    // The label stays readable where lines run beneath it.
    canvas.fill_rect(rect.inset(-2.0, 0.0), Ink::faint(theme.background, 0.7));
    let baseline = rect.center_y() + Size::SMALL.cap_height() / 2.0;
    canvas.text(&label, rect.left, baseline, Anchor::Start, Size::SMALL, color);
    labels.taken.push(rect);
}
