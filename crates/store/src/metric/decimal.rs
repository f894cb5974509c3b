//! Numbers as whole numbers and powers of ten, where that is exact to the bit.
//!
//! A value is `mantissa / 10^exponent` as binary64 division gives it (a product where the
//! exponent is negative), and then `ulps` added to its bit pattern: sums of decimal numbers
//! are often a few units in the last place beside the decimal number that they mean.

/// The smallest and the largest exponent: these powers of ten are exact in binary64.
pub(super) const EXPONENTS: std::ops::RangeInclusive<i8> = -22..=22;

/// Units in the last place that a writer corrects, at most: more is a value that is better
/// kept whole.
pub(super) const ULPS_MAX: i8 = 31;

/// Mantissas are below this, so that they are exact in binary64.
const MANTISSA_END: f64 = 9_007_199_254_740_992.0;

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number as a whole number, for an exponent that is kept beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scaled {
    /// The whole number.
    pub mantissa: i64,
    /// What is added to the bit pattern.
    pub ulps: i8,
}

fn power(exponent: i8) -> f64 {
    POWERS[usize::from(exponent.unsigned_abs()).min(POWERS.len() - 1)]
}

/// The value at an exponent, if it is within `ulps_max` of it; the exponent is one of
/// [`EXPONENTS`].
pub(super) fn scale(value: f64, exponent: i8, ulps_max: i8) -> Option<Scaled> {
    let scaled = if exponent < 0 { value / power(exponent) } else { value * power(exponent) };
    // Also refuses what is no number.
    if scaled.is_nan() || scaled.abs() >= MANTISSA_END {
        return None;
    }
    let mantissa = (scaled + 0.5_f64.copysign(scaled)) as i64;
    let ulps = bits(value).wrapping_sub(bits(unscale(mantissa, exponent)));
    let ulps = i8::try_from(ulps).ok().filter(|ulps| ulps.unsigned_abs() <= ulps_max.unsigned_abs())?;
    Some(Scaled { mantissa, ulps })
}

/// The value of a whole number at an exponent; one that is out of range counts as the
/// nearest of [`EXPONENTS`].
pub(super) fn unscale(mantissa: i64, exponent: i8) -> f64 {
    let mantissa = mantissa as f64;
    if exponent < 0 { mantissa * power(exponent) } else { mantissa / power(exponent) }
}

/// The value with `ulps` added to its bit pattern.
pub(super) fn add_ulps(value: f64, ulps: i8) -> f64 {
    f64::from_bits(bits(value).wrapping_add(i64::from(ulps)).cast_unsigned())
}

/// The smallest exponent at which the value is within `ulps_max` of a whole number. Zero
/// has the least there is.
pub(super) fn smallest_exponent(value: f64, ulps_max: i8) -> Option<i8> {
    if value.to_bits() == 0 {
        return Some(*EXPONENTS.start());
    }
    if value.abs() < MANTISSA_END && value == value.trunc() {
        return (value != 0.0).then(|| whole_exponent(value as i64));
    }
    // The mantissa grows with the exponent: past what fits, nothing fits.
    let first = if value.abs() >= MANTISSA_END { *EXPONENTS.start() } else { 0 };
    let fitting = |exponent: &i8| scale(value, *exponent, ulps_max).is_some();
    (first..=*EXPONENTS.end()).take_while(|exponent| !too_large(value, *exponent)).find(fitting)
}

fn too_large(value: f64, exponent: i8) -> bool {
    exponent >= 0 && value.abs() * power(exponent) >= MANTISSA_END || !value.is_finite()
}

/// Minus the number of zeros that a whole number ends with; it is not zero.
fn whole_exponent(mut whole: i64) -> i8 {
    let mut exponent = 0;
    while whole % 10 == 0 {
        whole /= 10;
        exponent -= 1;
    }
    exponent
}

fn bits(value: f64) -> i64 {
    value.to_bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_smallest_exponent_of_decimals_is_their_number_of_places() {
        let cases = [(12.34, 2), (-0.5, 1), (7.0, 0), (1200.0, -2), (1e20, -20), (1e-22, 22), (0.3, 1)];
        for (value, exponent) in cases {
            assert_eq!(smallest_exponent(value, 0), Some(exponent), "{value}");
        }
    }

    #[test]
    fn what_is_no_decimal_number_has_no_exponent() {
        for value in [-0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::from_bits(1), 1e300, 0.1 + 0.2] {
            assert_eq!(smallest_exponent(value, 0), None, "{value}");
        }
    }

    #[test]
    fn a_sum_of_decimals_is_a_decimal_and_some_units_in_the_last_place() {
        assert_eq!(smallest_exponent(0.1 + 0.2, ULPS_MAX), Some(1));
        assert_eq!(scale(0.1 + 0.2, 1, ULPS_MAX), Some(Scaled { mantissa: 3, ulps: 1 }));
    }

    proptest! {
        #[test]
        fn scaling_gives_back_every_bit(bits: u64, exponent in EXPONENTS, ulps_max in 0..=ULPS_MAX) {
            let value = f64::from_bits(bits);
            if let Some(Scaled { mantissa, ulps }) = scale(value, exponent, ulps_max) {
                prop_assert_eq!(add_ulps(unscale(mantissa, exponent), ulps).to_bits(), bits);
            }
        }

        #[test]
        fn decimals_scale_at_their_smallest_exponent(mantissa in -1_000_000_000_000_i64..1_000_000_000_000, exponent in EXPONENTS) {
            let value = unscale(mantissa, exponent);
            let smallest = smallest_exponent(value, 0);
            prop_assert!(smallest.is_some_and(|smallest| smallest <= exponent));
            prop_assert!(scale(value, smallest.unwrap(), 0).is_some());
        }
    }
}
