//! From times and values to pixels, and lines cut to what can be seen.

use crate::canvas::Rect;
use crate::scale::Scale;

/// A point in pixels.
pub(crate) type Point = (f32, f32);

/// The area of a drawing, its time and one value axis.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a> {
    pub area: Rect,
    pub start: i64,
    pub end: i64,
    pub scale: &'a Scale,
}

impl Plane<'_> {
    /// The x of a time.
    pub(crate) fn x(&self, secs: i64) -> f32 {
        let share = (secs.saturating_sub(self.start)) as f64 / self.end.saturating_sub(self.start).max(1) as f64;
        self.area.left + (share * f64::from(self.area.width())) as f32
    }

    /// The y of a value, also outside the area.
    fn y_unbounded(&self, value: f64) -> f64 {
        f64::from(self.area.bottom) - self.scale.share(value) * f64::from(self.area.height())
    }

    /// The y of a value; of the nearest edge when it lies outside.
    pub(crate) fn y(&self, value: f64) -> f32 {
        self.y_unbounded(value).clamp(f64::from(self.area.top), f64::from(self.area.bottom)) as f32
    }

    /// Whether a value lies within the axis.
    pub(crate) fn shows(&self, value: f64) -> bool {
        (self.scale.low..=self.scale.high).contains(&value)
    }

    /// The parts of a line through these points that lie within the area.
    pub(crate) fn visible(&self, points: &[(i64, f64)]) -> Vec<Vec<Point>> {
        let (top, bottom) = (f64::from(self.area.top), f64::from(self.area.bottom));
        let mut parts: Vec<Vec<Point>> = Vec::new();
        let mut open = false;
        for pair in thin(points.iter().map(|(secs, value)| (self.x(*secs), self.y_unbounded(*value)))).windows(2) {
            let Some(piece) = cut(pair[0], pair[1], top, bottom) else {
                open = false;
                continue;
            };
            match parts.last_mut() {
                Some(part) if open => part.push(piece.to),
                _ => parts.push(vec![piece.from, piece.to]),
            }
            open = piece.ends_inside;
        }
        parts
    }

    /// The area between two edges, cut to the plane: the lower edge forth, the upper edge back.
    pub(crate) fn between(&self, slab: &[(i64, f64, f64)]) -> Vec<Point> {
        let low = self.bounded_edge(slab.iter().map(|(secs, low, _)| (*secs, *low)));
        let mut high = self.bounded_edge(slab.iter().map(|(secs, _, high)| (*secs, *high)));
        high.reverse();
        let mut outline = low;
        outline.append(&mut high);
        outline
    }

    /// An edge pressed to the bounds of the area, with corners where it crosses them.
    fn bounded_edge(&self, points: impl Iterator<Item = (i64, f64)>) -> Vec<Point> {
        let (top, bottom) = (f64::from(self.area.top), f64::from(self.area.bottom));
        let mut edge: Vec<Point> = Vec::new();
        let mut before: Option<(f32, f64)> = None;
        for (x, y) in points.map(|(secs, value)| (self.x(secs), self.y_unbounded(value))) {
            if let Some(before) = before
                && let Some(piece) = cut(before, (x, y), top, bottom)
            {
                edge.push(piece.from);
                edge.push(piece.to);
            }
            edge.push((x, y.clamp(top, bottom) as f32));
            before = Some((x, y));
        }
        edge.dedup();
        edge
    }
}

/// What is left of a straight line.
struct Piece {
    from: Point,
    to: Point,
    /// Its end is the line's own.
    ends_inside: bool,
}

/// The part of a straight line between two heights; `None` when all of it is outside.
fn cut(from: (f32, f64), to: (f32, f64), top: f64, bottom: f64) -> Option<Piece> {
    let rise = to.1 - from.1;
    let inside = |y: f64| (top..=bottom).contains(&y);
    if rise == 0.0 {
        let piece = Piece { from: (from.0, from.1 as f32), to: (to.0, to.1 as f32), ends_inside: true };
        return inside(from.1).then_some(piece);
    }
    let (at_top, at_bottom) = ((top - from.1) / rise, (bottom - from.1) / rise);
    let enter = at_top.min(at_bottom).max(0.0);
    let leave = at_top.max(at_bottom).min(1.0);
    if enter > leave {
        return None;
    }
    let at = |share: f64| {
        let x = f64::from(from.0) + share * f64::from(to.0 - from.0);
        (x as f32, (from.1 + share * rise).clamp(top, bottom) as f32)
    };
    let start = if inside(from.1) { (from.0, from.1 as f32) } else { at(enter) };
    let end = if inside(to.1) { (to.0, to.1 as f32) } else { at(leave) };
    Some(Piece { from: start, to: end, ends_inside: inside(to.1) })
}

/// Of many points in one column of pixels, the first, the lowest, the highest and the last: the
/// line looks the same.
fn thin(points: impl Iterator<Item = (f32, f64)>) -> Vec<(f32, f64)> {
    let mut kept: Vec<(f32, f64)> = Vec::new();
    let mut column: Vec<(f32, f64)> = Vec::new();
    for point in points {
        if column.first().is_some_and(|first| first.0.floor() != point.0.floor()) {
            keep(&mut kept, &mut column);
        }
        column.push(point);
    }
    keep(&mut kept, &mut column);
    kept
}

fn keep(kept: &mut Vec<(f32, f64)>, column: &mut Vec<(f32, f64)>) {
    if column.len() > 4 {
        let indices = 0..column.len();
        let lowest = indices.clone().min_by(|a, b| column[*a].1.total_cmp(&column[*b].1)).unwrap_or_default();
        let highest = indices.max_by(|a, b| column[*a].1.total_cmp(&column[*b].1)).unwrap_or_default();
        let mut indices = vec![0, lowest, highest, column.len() - 1];
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| column[index]));
        column.clear();
    } else {
        kept.append(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        Scale { low: 0.0, high: 10.0, ticks: Vec::new() }
    }

    fn plane(scale: &Scale) -> Plane<'_> {
        Plane { area: Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 }, start: 0, end: 100, scale }
    }

    #[test]
    fn lines_are_cut_at_the_bounds_of_the_axis() {
        let scale = scale();
        let parts = plane(&scale).visible(&[(0, 5.0), (10, 15.0), (20, 5.0), (30, 5.0)]);
        assert_eq!(parts, [vec![(0.0, 50.0), (5.0, 0.0)], vec![(15.0, 0.0), (20.0, 50.0), (30.0, 50.0)]]);
        assert_eq!(plane(&scale).visible(&[(0, 11.0), (10, 1e300)]), Vec::<Vec<Point>>::new());
        let through = plane(&scale).visible(&[(0, -10.0), (30, 20.0)]);
        assert_eq!(through, [[(10.0, 100.0), (20.0, 0.0)]]);
    }

    #[test]
    fn areas_are_pressed_to_the_bounds() {
        let scale = scale();
        let outline = plane(&scale).between(&[(0, 0.0, 5.0), (10, 0.0, 15.0)]);
        assert_eq!(outline, [(0.0, 100.0), (10.0, 100.0), (10.0, 0.0), (5.0, 0.0), (0.0, 50.0)]);
    }

    #[test]
    fn a_peak_survives_thinning() {
        let scale = scale();
        let points: Vec<(i64, f64)> =
            (0..100_000).map(|index| (index / 1000, if index == 50_500 { 9.0 } else { 1.0 })).collect();
        let kept: Vec<Point> = plane(&scale).visible(&points).concat();
        assert!(kept.len() < 1000);
        assert!(kept.iter().any(|(x, y)| *x == 50.0 && (*y - 10.0).abs() < 0.01));
    }
}
