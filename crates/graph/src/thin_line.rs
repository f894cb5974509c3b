//! Thin antialiased lines through many points.
//!
//! A general stroker turns a line into an outline and fills that: for a noisy series of a thousand
//! points this takes milliseconds. Here each pixel near the line takes the distance from its
//! centre to the nearest straight piece as its coverage, which is ten times as fast and gives
//! round joints.

/// How much of each pixel of a sheet a line covers.
#[derive(Default)]
pub(crate) struct Coverage {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    touched: Touched,
}

/// The columns and rows, ends excluded, in which pixels are covered.
#[derive(Clone, Copy, Debug)]
struct Touched {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Default for Touched {
    fn default() -> Self {
        Self { left: usize::MAX, top: usize::MAX, right: 0, bottom: 0 }
    }
}

impl Coverage {
    /// Nothing covered on a sheet of this size.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height], touched: Touched::default() }
    }

    /// Covers a line of this width through the points.
    pub(crate) fn add(&mut self, points: &[(f32, f32)], width: f32) {
        let reach = width / 2.0 + 0.5;
        let finite = |point: &(f32, f32)| point.0.is_finite() && point.1.is_finite();
        points.windows(2).filter(|pair| pair.iter().all(finite)).for_each(|pair| self.piece(pair[0], pair[1], reach));
    }

    /// Hands out (row, first column, coverage) of each touched row and starts anew.
    pub(crate) fn drain(&mut self, mut row: impl FnMut(usize, usize, &[u8])) {
        let touched = std::mem::take(&mut self.touched);
        for y in touched.top..touched.bottom {
            let pixels = &mut self.pixels[y * self.width + touched.left..y * self.width + touched.right];
            row(y, touched.left, pixels);
            pixels.fill(0);
        }
    }

    /// Covers what lies within reach of a straight piece, going along its longer direction.
    fn piece(&mut self, from: (f32, f32), to: (f32, f32), reach: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length_squared = dx * dx + dy * dy;
        let flat = dx.abs() >= dy.abs();
        let along = |point: (f32, f32)| if flat { point } else { (point.1, point.0) };
        let ((a0, b0), (a1, b1)) =
            if along(from).0 <= along(to).0 { (along(from), along(to)) } else { (along(to), along(from)) };
        let run = a1 - a0;
        let slope = if run > 0.0 { (b1 - b0) / run } else { 0.0 };
        // Across the longer direction, the reach is at most √2 times as far.
        let across = reach * if run > 0.0 { length_squared.sqrt() / run } else { 1.0 };
        let (limit_a, limit_b) = if flat { (self.width, self.height) } else { (self.height, self.width) };
        for a in pixels(a0 - reach, a1 + reach, limit_a) {
            let center = a as f32 + 0.5;
            let middle = b0 + (center.clamp(a0, a1) - a0) * slope;
            for b in pixels(middle - across, middle + across, limit_b) {
                let (x, y) = if flat { (a, b) } else { (b, a) };
                let distance = distance((x as f32 + 0.5, y as f32 + 0.5), from, (dx, dy), length_squared);
                let covered = ((reach - distance).clamp(0.0, 1.0) * 255.0) as u8;
                if covered > 0 {
                    self.cover(x, y, covered);
                }
            }
        }
    }

    fn cover(&mut self, x: usize, y: usize, covered: u8) {
        let pixel = &mut self.pixels[y * self.width + x];
        *pixel = (*pixel).max(covered);
        let touched = &mut self.touched;
        touched.left = touched.left.min(x);
        touched.right = touched.right.max(x + 1);
        touched.top = touched.top.min(y);
        touched.bottom = touched.bottom.max(y + 1);
    }
}

/// The pixels whose centres may lie between two places, within the sheet.
fn pixels(from: f32, to: f32, limit: usize) -> std::ops::Range<usize> {
    let first = (from - 0.5).ceil().max(0.0) as usize;
    let end = ((to - 0.5).floor() + 1.0).max(0.0) as usize;
    first..end.min(limit).max(first.min(limit))
}

/// From a point to the nearest point of a straight piece.
fn distance(point: (f32, f32), from: (f32, f32), (dx, dy): (f32, f32), length_squared: f32) -> f32 {
    let (x, y) = (point.0 - from.0, point.1 - from.1);
    let share = if length_squared > 0.0 { ((x * dx + y * dy) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (x - share * dx, y - share * dy);
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(points: &[(f32, f32)], width: f32) -> Vec<Vec<u8>> {
        let mut coverage = Coverage::new(8, 4);
        coverage.add(points, width);
        let mut rows = vec![vec![0; 8]; 4];
        coverage.drain(|y, left, pixels| rows[y][left..left + pixels.len()].copy_from_slice(pixels));
        rows
    }

    #[test]
    fn a_line_along_pixels_covers_them_fully() {
        let rows = covered(&[(2.0, 1.5), (6.0, 1.5)], 1.0);
        assert_eq!(rows[1][2..6], [255; 4]);
        assert_eq!((&rows[0], &rows[2]), (&vec![0; 8], &vec![0; 8]));
    }

    #[test]
    fn a_line_between_pixels_covers_both_by_half() {
        let rows = covered(&[(0.0, 2.0), (8.0, 2.0)], 1.0);
        assert_eq!((rows[1][4], rows[2][4]), (127, 127));
    }

    #[test]
    fn what_is_outside_the_sheet_is_left_out() {
        for far in [1e9_f32, -1e9, f32::NAN, f32::INFINITY] {
            covered(&[(far, 2.0), (3.0, far), (far, far)], 2.0);
        }
        assert_eq!(covered(&[(-5.0, -5.0), (-1.0, -5.0)], 1.0), vec![vec![0; 8]; 4]);
    }

    #[test]
    fn draining_starts_anew() {
        let mut coverage = Coverage::new(8, 4);
        coverage.add(&[(0.0, 0.0), (8.0, 4.0)], 1.0);
        coverage.drain(|_, _, _| {});
        coverage.drain(|_, _, pixels| assert!(pixels.is_empty()));
    }
}
