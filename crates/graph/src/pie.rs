//! The newest values as shares of a pie. Values below zero have no share.

use std::f32::consts::{FRAC_PI_2, TAU};

use crate::canvas::{Anchor, Canvas, Ink, Rect};
use crate::series::Series;
use crate::text::{self, Size};
use crate::theme::Theme;
use crate::time_series::{self, NO_DATA};

/// The hole, as a share of the radius.
const HOLE: f32 = 0.5;
/// Smaller slices carry no label.
const LABEL_SHARE_MIN: f64 = 0.04;
/// Below this radius there are no labels.
const LABEL_RADIUS_MIN: f32 = 45.0;
const ARC_STEP: f32 = TAU / 180.0;

/// Draws the view into the room.
pub(crate) fn draw(canvas: &mut Canvas, theme: &Theme, series: &[Series<'_>], room: Rect) {
    let slices: Vec<(&Series<'_>, f64)> =
        series.iter().filter_map(|one| Some((one, one.last()?))).filter(|(_, value)| *value > 0.0).collect();
    let total: f64 = slices.iter().map(|(_, value)| value).sum();
    if slices.is_empty() {
        time_series::note(canvas, theme, room, NO_DATA);
        return;
    }
    let center = (room.center_x(), room.center_y());
    let radius = room.width().min(room.height()) / 2.0 - 2.0;
    if radius < 1.0 {
        return;
    }
    let mut share_before = 0.0;
    let mut labels = Vec::new();
    for (one, value) in &slices {
        let share = value / total;
        let (from, to) = (angle(share_before), angle(share_before + share));
        canvas.polygon(&ring(center, radius, from, to), Ink::solid(one.color));
        if share >= LABEL_SHARE_MIN && radius >= LABEL_RADIUS_MIN {
            labels.push((label(share), (from + to) / 2.0, one.color));
        }
        share_before += share;
    }
    if slices.len() > 1 {
        separate(canvas, theme, center, radius, slices.iter().map(|(_, value)| value / total));
    }
    for (label, middle, color) in labels {
        let (x, y) = on_circle(center, radius * (1.0 + HOLE) / 2.0, middle);
        let ink = crate::theme::readable_on(color);
        canvas.text(&label, x, y + Size::SMALL.cap_height() / 2.0, Anchor::Middle, Size::SMALL, ink);
    }
    if radius * HOLE >= 30.0 {
        let size = Size((radius * 0.2).clamp(12.0, 28.0));
        let sum = text::fit(&crate::number::short(total), size, radius * HOLE * 1.7);
        canvas.text(&sum, center.0, center.1 + size.cap_height() / 2.0, Anchor::Middle, size, theme.text);
    }
}

fn label(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 99.95 { "100%".to_owned() } else { format!("{percent:.1}%") }
}

/// Clockwise from the top.
fn angle(share: f64) -> f32 {
    share as f32 * TAU - FRAC_PI_2
}

fn on_circle(center: (f32, f32), radius: f32, angle: f32) -> (f32, f32) {
    (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
}

/// The outline of a part of a ring.
fn ring(center: (f32, f32), radius: f32, from: f32, to: f32) -> Vec<(f32, f32)> {
    let mut outline = arc(center, radius, from, to);
    outline.extend(arc(center, radius * HOLE, to, from));
    outline
}

/// Points along an arc, both ends included.
pub(crate) fn arc(center: (f32, f32), radius: f32, from: f32, to: f32) -> Vec<(f32, f32)> {
    let steps = (((to - from).abs() / ARC_STEP).ceil() as usize).clamp(1, 400);
    (0..=steps).map(|step| on_circle(center, radius, from + (to - from) * step as f32 / steps as f32)).collect()
}

/// Thin lines in the colour of the background between the slices.
fn separate(canvas: &mut Canvas, theme: &Theme, center: (f32, f32), radius: f32, shares: impl Iterator<Item = f64>) {
    let mut before = 0.0;
    for share in shares {
        let at = angle(before);
        let ends = [on_circle(center, radius * HOLE, at), on_circle(center, radius + 1.0, at)];
        canvas.polyline(&ends, 1.5, Ink::solid(theme.background));
        before += share;
    }
}
