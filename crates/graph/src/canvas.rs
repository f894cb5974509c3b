//! The sheet that graphs are drawn on: rectangles, lines, areas, discs and text in pixels.

use std::collections::BTreeMap;

use ab_glyph::GlyphId;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use crate::Color;
use crate::text::{self, Coverage, Size};
use crate::thin_line;

/// The largest width and height in pixels.
pub(crate) const SIDE_MAX: u32 = 2000;

/// A rectangle in pixels; empty when right ≤ left or bottom ≤ top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Rect {
    pub(crate) fn width(&self) -> f32 {
        (self.right - self.left).max(0.0)
    }

    pub(crate) fn height(&self) -> f32 {
        (self.bottom - self.top).max(0.0)
    }

    pub(crate) fn center_x(&self) -> f32 {
        (self.left + self.right) / 2.0
    }

    pub(crate) fn center_y(&self) -> f32 {
        (self.top + self.bottom) / 2.0
    }

    /// The rectangle less a margin on all sides.
    pub(crate) fn inset(&self, x: f32, y: f32) -> Self {
        Self { left: self.left + x, top: self.top + y, right: self.right - x, bottom: self.bottom - y }
    }

    /// The rectangle, or an empty one at its left upper corner when edges have passed each other.
    pub(crate) fn upright(self) -> Self {
        Self { right: self.right.max(self.left), bottom: self.bottom.max(self.top), ..self }
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Whether the other lies inside, edges included.
    pub(crate) fn encloses(&self, other: &Self) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }
}

/// A colour and how much of what is below shows through: 1 for nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    pub color: Color,
    pub opacity: f32,
}

impl Ink {
    pub(crate) fn solid(color: Color) -> Self {
        Self { color, opacity: 1.0 }
    }

    pub(crate) fn faint(color: Color, opacity: f32) -> Self {
        Self { color, opacity }
    }

    fn paint(self) -> Paint<'static> {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let Color(red, green, blue) = self.color;
        paint.set_color_rgba8(red, green, blue, (self.opacity.clamp(0.0, 1.0) * 255.0).round() as u8);
        paint
    }
}

/// Which point of a text stands at the given x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Steps of a pixel at which glyphs may begin.
const SHIFTS: f32 = 4.0;

type GlyphKey = (GlyphId, u32, u8);

/// The sheet.
pub(crate) struct Canvas {
    pixmap: Pixmap,
    glyphs: BTreeMap<GlyphKey, Option<Coverage>>,
    /// What the line being drawn covers.
    line: thin_line::Coverage,
}

impl Canvas {
    /// A sheet of one colour; sides are kept within 1 and [`SIDE_MAX`].
    pub(crate) fn new(width: u32, height: u32, background: Color) -> Self {
        let mut pixmap = Pixmap::new(width.clamp(1, SIDE_MAX), height.clamp(1, SIDE_MAX)).expect("sides are in bounds");
        pixmap.fill(tiny_skia::Color::from_rgba8(background.0, background.1, background.2, 255));
        let line = thin_line::Coverage::new(pixmap.width() as usize, pixmap.height() as usize);
        Self { pixmap, glyphs: BTreeMap::new(), line }
    }

    /// The whole sheet.
    pub(crate) fn bounds(&self) -> Rect {
        Rect { left: 0.0, top: 0.0, right: self.pixmap.width() as f32, bottom: self.pixmap.height() as f32 }
    }

    /// The pixels.
    pub(crate) fn pixmap(&self) -> &Pixmap {
        &self.pixmap
    }

    /// A filled rectangle, its edges moved to whole pixels.
    pub(crate) fn fill_rect(&mut self, rect: Rect, ink: Ink) {
        let edges =
            tiny_skia::Rect::from_ltrb(rect.left.round(), rect.top.round(), rect.right.round(), rect.bottom.round());
        if let Some(edges) = edges {
            let paint = Paint { anti_alias: false, ..ink.paint() };
            self.pixmap.fill_rect(edges, &paint, Transform::identity(), None);
        }
    }

    /// A sharp horizontal line, one pixel thick.
    pub(crate) fn rule(&mut self, left: f32, right: f32, y: f32, ink: Ink) {
        let top = y.floor();
        self.fill_rect(Rect { left, top, right, bottom: top + 1.0 }, ink);
    }

    /// A sharp vertical line, one pixel thick.
    pub(crate) fn post(&mut self, x: f32, top: f32, bottom: f32, ink: Ink) {
        let left = x.floor();
        self.fill_rect(Rect { left, top, right: left + 1.0, bottom }, ink);
    }

    /// A thin line through the points.
    pub(crate) fn polyline(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        self.line.add(points, width);
        let pixmap = &mut self.pixmap;
        self.line.drain(|y, left, covered| blend_row(pixmap, y, left, covered, ink));
    }

    /// A thick line through the points, cut straight at its ends.
    pub(crate) fn stroke(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        let Some(path) = path(points, false) else { return };
        let stroke = Stroke { width, line_cap: LineCap::Butt, line_join: LineJoin::Bevel, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &ink.paint(), &stroke, Transform::identity(), None);
    }

    /// A filled area within the points.
    pub(crate) fn polygon(&mut self, points: &[(f32, f32)], ink: Ink) {
        if let Some(path) = path(points, true) {
            self.pixmap.fill_path(&path, &ink.paint(), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A filled disc.
    pub(crate) fn disc(&mut self, x: f32, y: f32, radius: f32, ink: Ink) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.pixmap.fill_path(&path, &ink.paint(), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A row of text on a baseline.
    pub(crate) fn text(&mut self, text: &str, x: f32, baseline: f32, anchor: Anchor, size: Size, color: Color) {
        let (glyphs, width) = text::row(text, size);
        let start = match anchor {
            Anchor::Start => x,
            Anchor::Middle => (x - width / 2.0).round(),
            Anchor::End => x - width,
        };
        let baseline = baseline.round() as i32;
        for glyph in glyphs {
            let at = ((start + glyph.x) * SHIFTS).round() / SHIFTS;
            let shift = at - at.floor();
            let key = (glyph.id, size.0.to_bits(), (shift * SHIFTS) as u8);
            let coverage = self.glyphs.entry(key).or_insert_with(|| text::coverage(glyph.id, size, shift)).as_ref();
            if let Some(coverage) = coverage {
                blend(&mut self.pixmap, coverage, at.floor() as i32, baseline, color);
            }
        }
    }
}

fn path(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::with_capacity(points.len() + 1, points.len() + 1);
    let mut rest = points.iter();
    let (x, y) = rest.next()?;
    builder.move_to(*x, *y);
    rest.for_each(|(x, y)| builder.line_to(*x, *y));
    if closed {
        builder.close();
    }
    builder.finish()
}

/// Lays a glyph over the sheet.
fn blend(pixmap: &mut Pixmap, coverage: &Coverage, x: i32, baseline: i32, color: Color) {
    let (width, height) = (pixmap.width() as i32, pixmap.height() as i32);
    let left = x.saturating_add(coverage.left);
    for (row, covered) in coverage.pixels.chunks_exact(coverage.width.max(1)).enumerate() {
        let y = baseline.saturating_add(coverage.top + row as i32);
        let (from, to) = ((-left).clamp(0, covered.len() as i32), (width - left).clamp(0, covered.len() as i32));
        if (0..height).contains(&y) && from < to {
            let covered = &covered[from as usize..to as usize];
            blend_row(pixmap, y as usize, (left + from) as usize, covered, Ink::solid(color));
        }
    }
}

/// Lays an ink over part of a row of the sheet, whose pixels are all opaque.
fn blend_row(pixmap: &mut Pixmap, y: usize, left: usize, covered: &[u8], ink: Ink) {
    let opacity = (ink.opacity.clamp(0.0, 1.0) * 255.0).round() as u32;
    let Color(red, green, blue) = ink.color;
    let at = (y * pixmap.width() as usize + left) * 4;
    let row = &mut pixmap.data_mut()[at..at + covered.len() * 4];
    for (pixel, covered) in row.chunks_exact_mut(4).zip(covered).filter(|(_, covered)| **covered > 0) {
        let share = (u32::from(*covered) * opacity + 127) / 255;
        for (byte, ink) in pixel.iter_mut().zip([red, green, blue]) {
            *byte = ((u32::from(*byte) * (255 - share) + u32::from(ink) * share + 127) / 255) as u8;
        }
    }
}
