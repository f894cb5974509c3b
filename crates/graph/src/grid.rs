//! Equal cells for views that show each series on its own.

use crate::canvas::Rect;

/// Divides the room into cells for so many series, about as wide as `aspect` times their height.
pub(crate) fn cells(room: Rect, count: usize, aspect: f32) -> Vec<Rect> {
    let columns =
        (1..=count).max_by(|a, b| fitting(room, count, *a, aspect).total_cmp(&fitting(room, count, *b, aspect)));
    let columns = columns.unwrap_or(1);
    let rows = count.div_ceil(columns).max(1);
    let (width, height) = (room.width() / columns as f32, room.height() / rows as f32);
    (0..count)
        .map(|index| {
            let left = room.left + (index % columns) as f32 * width;
            let top = room.top + (index / columns) as f32 * height;
            Rect { left, top, right: left + width, bottom: top + height }
        })
        .collect()
}

/// The height of the largest picture of the wanted form that fits a cell, less for cells that stay empty.
fn fitting(room: Rect, count: usize, columns: usize, aspect: f32) -> f32 {
    let rows = count.div_ceil(columns);
    let used = count as f32 / (rows * columns) as f32;
    (room.height() / rows as f32).min(room.width() / columns as f32 / aspect) * used.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_take_the_form_that_shows_most() {
        let wide = Rect { left: 0.0, top: 0.0, right: 400.0, bottom: 100.0 };
        assert_eq!(cells(wide, 4, 1.0)[3], Rect { left: 300.0, top: 0.0, right: 400.0, bottom: 100.0 });
        let tall = Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 400.0 };
        assert_eq!(cells(tall, 4, 1.0)[3], Rect { left: 0.0, top: 300.0, right: 100.0, bottom: 400.0 });
        assert_eq!(cells(wide, 0, 1.0), []);
    }
}
