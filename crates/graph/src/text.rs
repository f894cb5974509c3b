//! Text: the font, widths, shortening with an ellipsis, and the coverage of single glyphs.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};

/// Noto Sans Regular (Apache License 2.0).
static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(ttf_noto_sans::REGULAR).expect("the built-in font is sound"));

/// No text on a graph is longer; what follows could not be read anyway.
const CHARS_MAX: usize = 400;
const ELLIPSIS: char = '…';

/// A font size: pixels to the em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size(pub f32);

impl Size {
    /// Tick labels, legend, notes.
    pub(crate) const SMALL: Self = Self(11.0);
    /// The title.
    pub(crate) const TITLE: Self = Self(14.0);

    /// The library counts a size from the highest to the lowest point of the font, we by the em.
    fn scale(self) -> PxScale {
        let units_per_em = FONT.units_per_em().unwrap_or(1000.0);
        PxScale::from(self.0 * FONT.height_unscaled() / units_per_em)
    }

    /// From the baseline to the top of a capital letter.
    pub(crate) fn cap_height(self) -> f32 {
        self.0 * 0.714
    }
}

/// A glyph and where it goes: pixels right of the start of the text.
pub(crate) struct Placed {
    pub id: GlyphId,
    pub x: f32,
}

/// The glyphs of a text in a row, and its width in pixels. Characters that no font shows become blanks.
pub(crate) fn row(text: &str, size: Size) -> (Vec<Placed>, f32) {
    let font = FONT.as_scaled(size.scale());
    let mut glyphs = Vec::with_capacity(text.len());
    let mut x = 0.0;
    let mut previous = None;
    for character in text.chars().take(CHARS_MAX) {
        let id = font.glyph_id(if character.is_control() { ' ' } else { character });
        if let Some(previous) = previous {
            x += font.kern(previous, id);
        }
        glyphs.push(Placed { id, x });
        x += font.h_advance(id);
        previous = Some(id);
    }
    (glyphs, x)
}

/// The width of a text in pixels.
pub(crate) fn width(text: &str, size: Size) -> f32 {
    row(text, size).1
}

/// The text itself where it fits, else as much of its start as does, with an ellipsis; empty
/// where not even one letter fits.
pub(crate) fn fit(text: &str, size: Size, width_max: f32) -> String {
    if text.chars().nth(CHARS_MAX).is_none() && width(text, size) <= width_max {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().take(CHARS_MAX).collect();
    let cut = |kept: usize| -> String {
        let start: String = chars[..kept].iter().collect();
        format!("{}{ELLIPSIS}", start.trim_end())
    };
    // Widths grow with the number of letters, so the longest that fits is found by halving.
    let fitting = |kept: &usize| width(&cut(*kept), size) <= width_max;
    let lengths: Vec<usize> = (1..=chars.len().min(CHARS_MAX - 1)).collect();
    match lengths.partition_point(fitting) {
        0 => String::new(),
        kept => cut(kept),
    }
}

/// How much of each pixel a glyph covers.
pub(crate) struct Coverage {
    /// Pixels from the glyph's origin to the left edge.
    pub left: i32,
    /// Pixels from the baseline to the upper edge, downwards.
    pub top: i32,
    pub width: usize,
    /// Rows of `width`, 0 to 255.
    pub pixels: Vec<u8>,
}

/// Rasterises a glyph whose origin is `shift` (0 to 1) of a pixel right of a pixel's edge; `None` for blanks.
pub(crate) fn coverage(id: GlyphId, size: Size, shift: f32) -> Option<Coverage> {
    let glyph: Glyph = id.with_scale_and_position(size.scale(), point(shift, 0.0));
    let outlined = FONT.outline_glyph(glyph)?;
    let bounds = outlined.px_bounds();
    let (width, height) = (bounds.width().ceil() as usize, bounds.height().ceil() as usize);
    let mut pixels = vec![0; width * height];
    outlined.draw(|x, y, covered| {
        if let Some(pixel) = pixels.get_mut(y as usize * width + x as usize) {
            *pixel = (covered.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    });
    Some(Coverage { left: bounds.min.x as i32, top: bounds.min.y as i32, width, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_fits_stays_and_longer_text_ends_with_an_ellipsis() {
        assert_eq!(fit("CPUUtilization", Size::SMALL, 500.0), "CPUUtilization");
        let short = fit("CPUUtilization", Size::SMALL, 50.0);
        assert!(short.starts_with("CPU") && short.ends_with('…'), "{short}");
        assert!(width(&short, Size::SMALL) <= 50.0);
        assert_eq!(fit("CPUUtilization", Size::SMALL, 3.0), "");
    }

    #[test]
    fn text_without_end_is_cut() {
        let endless = "w".repeat(100_000);
        assert!(fit(&endless, Size::SMALL, 1e9).chars().count() <= CHARS_MAX);
        // Marks of no width would otherwise fit for ever.
        let marks = "\u{0301}".repeat(100_000);
        assert!(fit(&marks, Size::SMALL, 100.0).chars().count() <= CHARS_MAX);
    }
}
