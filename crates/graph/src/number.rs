//! Numbers as people read them: short, with SI suffixes.

const SUFFIXES: [(f64, &str); 7] =
    [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
/// From here on, and below its inverse, powers of ten are written.
const PLAIN_MAX: f64 = 1e21;
const PLAIN_MIN: f64 = 1e-4;
const DECIMALS_MAX: usize = 9;

/// A single value: three significant digits, at most two decimals from 1 on.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { "–".to_owned() };
    }
    if !(PLAIN_MIN..PLAIN_MAX).contains(&size) {
        return scientific(value, 2);
    }
    if size < 1.0 {
        // Three digits after the leading zeros.
        let leading = (-size.log10()).ceil() as usize;
        return trimmed(format!("{value:.*}", leading + 2));
    }
    // 999.996 reads as 1k, not as 1000: the rounded value chooses the suffix.
    let rounded = format!("{size:.2e}").parse::<f64>().unwrap_or(size);
    let (scale, suffix) = suffix_for(if size < 999.995 { size } else { rounded });
    format!("{}{suffix}", trimmed(format!("{:.2}", value / scale)))
}

/// A single value with all its digits; far from one, as a power of ten.
pub(crate) fn full(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (PLAIN_MIN..1e15).contains(&size) { trimmed(format!("{value}")) } else { format!("{value:e}") }
}

/// The labels of an axis, with just as many decimals as tell them apart.
pub(crate) fn axis_labels(ticks: &[f64]) -> Vec<String> {
    let largest = ticks.iter().fold(0.0_f64, |largest, tick| largest.max(tick.abs()));
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(largest, f64::min);
    if largest == 0.0 || (PLAIN_MIN..PLAIN_MAX).contains(&largest) {
        return ticks.iter().map(|tick| plain(*tick, step)).collect();
    }
    ticks.iter().map(|tick| if *tick == 0.0 { "0".to_owned() } else { scientific(*tick, 2) }).collect()
}

fn suffix_for(size: f64) -> (f64, &'static str) {
    SUFFIXES.into_iter().find(|(scale, _)| size >= *scale).unwrap_or((1.0, ""))
}

/// A tick with the suffix of its size, exact to a small part of the step between ticks.
fn plain(tick: f64, step: f64) -> String {
    // A tick that arithmetic left just below a power of a thousand has the suffix of that power.
    let (scale, suffix) = suffix_for(tick.abs() * (1.0 + 1e-12));
    let tolerance = (step / scale).abs() * 1e-3;
    let exact = |places: &usize| {
        let power = 10_f64.powi(*places as i32);
        ((tick / scale * power).round() / power - tick / scale).abs() <= tolerance
    };
    let decimals = (0..DECIMALS_MAX).find(exact).unwrap_or(DECIMALS_MAX);
    let digits = trimmed(format!("{:.decimals$}", tick / scale));
    if digits == "0" { digits } else { format!("{digits}{suffix}") }
}

fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{}e{power}", trimmed(digits.to_owned())),
        None => text,
    }
}

/// Without zeros at the end of the decimals, and without the sign of a zero.
fn trimmed(digits: String) -> String {
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits.as_str() };
    if digits == "-0" { "0".to_owned() } else { digits.to_owned() }
}

/// A unit as it stands behind a number: `Percent` is a sign, `None` is nothing.
pub(crate) fn unit_suffix(unit: Option<&str>) -> &str {
    match unit {
        None | Some("None") => "",
        Some("Percent") => "%",
        Some(unit) => unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_values_are_short() {
        let table = [
            (0.0, "0"),
            (-0.0, "0"),
            (7.0, "7"),
            (12.345, "12.35"),
            (532.0, "532"),
            (999.996, "1k"),
            (-1234.0, "-1.23k"),
            (999_999.0, "1M"),
            (5e9, "5G"),
            (1.5e12, "1.5T"),
            (0.012_34, "0.0123"),
            (0.5, "0.5"),
            (1e-7, "1e-7"),
            (f64::MAX, "1.8e308"),
            (f64::NAN, "–"),
        ];
        for (value, expected) in table {
            assert_eq!(short(value), expected, "{value}");
        }
    }

    #[test]
    fn full_values_keep_their_digits() {
        for (value, expected) in [(1_234.567_891, "1234.567891"), (100.0, "100"), (-0.0, "0"), (1e20, "1e20")] {
            assert_eq!(full(value), expected);
        }
    }

    #[test]
    fn labels_of_an_axis_are_as_exact_as_its_steps() {
        let table: [(&[f64], &[&str]); 7] = [
            (&[0.0, 0.5, 1.0], &["0", "0.5", "1"]),
            (&[0.0, 500.0, 1000.0, 1500.0], &["0", "500", "1k", "1.5k"]),
            (&[-2e6, 0.0, 2e6], &["-2M", "0", "2M"]),
            (&[99.98, 99.99, 100.0], &["99.98", "99.99", "100"]),
            (&[1e-6, 2e-6], &["1e-6", "2e-6"]),
            (&[0.0, 1e25], &["0", "1e25"]),
            (&[0.0], &["0"]),
        ];
        for (ticks, expected) in table {
            assert_eq!(axis_labels(ticks), expected);
        }
    }
}
