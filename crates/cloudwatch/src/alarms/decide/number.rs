//! How numbers are printed in reasons: as Java's `Double.toString` does (cloudwatch.md §6.5).

/// From here on, and below a thousandth, numbers are printed with an exponent.
const PLAIN_BELOW: f64 = 1e7;
const PLAIN_FROM: f64 = 1e-3;

/// The shortest decimal text that reads back as the same number and always has a point: `21.5`,
/// `0.0`, `20000.0`, `1.0E10`, `2.5E-4`.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() || (PLAIN_FROM..PLAIN_BELOW).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').expect("the exponent form has an exponent");
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}
