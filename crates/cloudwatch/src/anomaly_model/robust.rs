//! Statistics that a few wild values do not move.

/// Makes a median absolute deviation comparable with the standard deviation of a normal distribution.
const NORMAL: f64 = 1.4826;

/// The value below which a share (0 to 1) of the values lies, interpolated; `None` without values.
pub(super) fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = share.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let below = values[place.floor() as usize];
    let above = values[place.ceil() as usize];
    Some(below + (above - below) * place.fract())
}

/// The middle value; `None` without values.
pub(super) fn median(values: Vec<f64>) -> Option<f64> {
    quantile(values, 0.5)
}

/// The typical size of deviations that lie around zero, as a standard deviation; zero without any.
pub(super) fn deviation(deviations: impl Iterator<Item = f64>) -> f64 {
    NORMAL * median(deviations.map(f64::abs).collect()).unwrap_or(0.0)
}

/// The correlation of pairs, -1 to 1; zero when either side does not vary.
pub(super) fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len().max(1) as f64;
    let left_mean = pairs.iter().map(|pair| pair.0 / count).sum::<f64>();
    let right_mean = pairs.iter().map(|pair| pair.1 / count).sum::<f64>();
    let (mut both, mut left, mut right) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let (x, y) = (pair.0 - left_mean, pair.1 - right_mean);
        both += x * y;
        left += x * x;
        right += y * y;
    }
    let scale = left.sqrt() * right.sqrt();
    if scale > 0.0 { (both / scale).clamp(-1.0, 1.0) } else { 0.0 }
}
