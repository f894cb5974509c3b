//! The bytes of a sample in the write-ahead log, and of a distribution in log and files.
//!
//! Whole numbers are varints (LEB128), signed ones zigzag. A **number** is an exponent + 22
//! (1) and the signed varint of a mantissa, for mantissa / 10^exponent (a product where the
//! exponent is negative); or 255 and the eight bytes of the double, little-endian.
//!
//! A **sample** is flags (1), the number of the sum and, where the flags say so, the numbers
//! of minimum, maximum and count, and the distribution. Without a flag the minimum and the
//! maximum are the sum, the count is one, and the distribution is what follows from these.
//!
//! A **distribution** is its kind (1) and then
//! - 0, unknown: nothing;
//! - 1, exact: the number of values; an exponent + 22 (1), or 255; the values' mantissas as
//!   signed varints of the difference from the one before, or else doubles of eight bytes;
//!   the counts;
//! - 2, bins: the number of zeros; the number of bins; the bins' keys as signed varints of
//!   the difference from the one before; the counts.
//!
//! **Counts** are 0 when all are one; or 1 and a varint each; or 2 and a number each.

use super::decimal::{self, EXPONENTS, Scaled};
use super::distribution::EXACT_MAX;
use super::{Distribution, StatSample};

const HAS_MIN: u8 = 1;
const HAS_MAX: u8 = 2;
const HAS_COUNT: u8 = 4;
const HAS_DISTRIBUTION: u8 = 8;

const UNKNOWN: u8 = 0;
const EXACT: u8 = 1;
const BINS: u8 = 2;

const ALL_ONE: u8 = 0;
const WHOLE: u8 = 1;
const NUMBERS: u8 = 2;

const RAW: u8 = 255;
/// Whole numbers below this are exact in binary64.
const WHOLE_END: f64 = 9_007_199_254_740_992.0;

/// Appends a sample.
pub fn encode_sample(sample: &StatSample, bytes: &mut Vec<u8>) {
    let StatSample { count, sum, min, max, distribution } = sample;
    let has_min = min.to_bits() != sum.to_bits();
    let has_max = max.to_bits() != sum.to_bits();
    let has_count = *count != 1.0;
    let has_distribution = !distribution.is_implied(*count, *sum, *min, *max);
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    bytes.push(
        flag(has_min, HAS_MIN)
            | flag(has_max, HAS_MAX)
            | flag(has_count, HAS_COUNT)
            | flag(has_distribution, HAS_DISTRIBUTION),
    );
    put_number(*sum, bytes);
    for (has, number) in [(has_min, min), (has_max, max), (has_count, count)] {
        if has {
            put_number(*number, bytes);
        }
    }
    if has_distribution {
        encode_distribution(distribution, bytes);
    }
}

/// Takes the sample that [`encode_sample`] wrote off the front of `bytes`.
///
/// # Errors
/// What is wrong with the bytes.
pub fn decode_sample(bytes: &mut &[u8]) -> Result<StatSample, String> {
    let [flags] = take(bytes)?;
    if flags > HAS_MIN | HAS_MAX | HAS_COUNT | HAS_DISTRIBUTION {
        return Err(format!("a sample has the unknown flags {flags}"));
    }
    let sum = take_number(bytes)?;
    let mut number = |flag, otherwise| if flags & flag != 0 { take_number(bytes) } else { Ok(otherwise) };
    let (min, max, count) = (number(HAS_MIN, sum)?, number(HAS_MAX, sum)?, number(HAS_COUNT, 1.0)?);
    let distribution = match flags & HAS_DISTRIBUTION {
        0 => Distribution::implied(count, sum, min, max),
        _ => decode_distribution(bytes)?,
    };
    Ok(StatSample { count, sum, min, max, distribution })
}

/// Appends a distribution.
pub fn encode_distribution(distribution: &Distribution, bytes: &mut Vec<u8>) {
    match distribution {
        Distribution::Unknown => bytes.push(UNKNOWN),
        Distribution::Exact(pairs) => {
            bytes.push(EXACT);
            put_varint(pairs.len() as u64, bytes);
            put_values(pairs, bytes);
            put_counts(|| pairs.iter().map(|(_, count)| *count), bytes);
        }
        Distribution::Bins { zeros, bins } => {
            bytes.push(BINS);
            put_number(*zeros, bytes);
            put_varint(bins.len() as u64, bytes);
            let mut before = 0;
            for (key, _) in bins {
                put_signed(i64::from(*key) - before, bytes);
                before = i64::from(*key);
            }
            put_counts(|| bins.iter().map(|(_, count)| *count), bytes);
        }
    }
}

/// Takes the distribution that [`encode_distribution`] wrote off the front of `bytes`.
///
/// # Errors
/// What is wrong with the bytes: also when values or keys do not rise, or are too many.
pub fn decode_distribution(bytes: &mut &[u8]) -> Result<Distribution, String> {
    match take(bytes)? {
        [UNKNOWN] => Ok(Distribution::Unknown),
        [EXACT] => {
            let values = take_values(bytes)?;
            let counts = take_counts(values.len(), bytes)?;
            Ok(Distribution::Exact(values.into_iter().zip(counts).collect()))
        }
        [BINS] => {
            let zeros = take_number(bytes)?;
            let keys = take_keys(bytes)?;
            let counts = take_counts(keys.len(), bytes)?;
            Ok(Distribution::Bins { zeros, bins: keys.into_iter().zip(counts).collect() })
        }
        [kind] => Err(format!("a distribution is of the unknown kind {kind}")),
    }
}

/// Appends a whole number: seven bits a byte, the lowest first, the eighth set on all but
/// the last.
pub fn put_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes the number that [`put_varint`] wrote off the front of `bytes`.
///
/// # Errors
/// The bytes end too early, or the number has more than 64 bits.
pub fn take_varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(bytes)?;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            break;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number has more than 64 bits".to_owned())
}

/// Appends a whole number of either sign, in few bytes when it is near zero.
pub fn put_signed(number: i64, bytes: &mut Vec<u8>) {
    put_varint(((number << 1) ^ (number >> 63)).cast_unsigned(), bytes);
}

/// Takes the number that [`put_signed`] wrote off the front of `bytes`.
///
/// # Errors
/// The bytes end too early, or the number has more than 64 bits.
pub fn take_signed(bytes: &mut &[u8]) -> Result<i64, String> {
    let number = take_varint(bytes)?;
    Ok((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
}

fn put_number(number: f64, bytes: &mut Vec<u8>) {
    let exponent = decimal::smallest_exponent(number, 0);
    match exponent.and_then(|exponent| Some((exponent, decimal::scale(number, exponent, 0)?))) {
        Some((exponent, Scaled { mantissa, .. })) => {
            bytes.push(exponent_byte(exponent));
            put_signed(mantissa, bytes);
        }
        None => {
            bytes.push(RAW);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
}

fn take_number(bytes: &mut &[u8]) -> Result<f64, String> {
    match take_exponent(bytes)? {
        Some(exponent) => Ok(decimal::unscale(take_signed(bytes)?, exponent)),
        None => Ok(f64::from_le_bytes(take(bytes)?)),
    }
}

fn exponent_byte(exponent: i8) -> u8 {
    (exponent - EXPONENTS.start()).cast_unsigned()
}

fn take_exponent(bytes: &mut &[u8]) -> Result<Option<i8>, String> {
    let [byte] = take(bytes)?;
    if byte == RAW {
        return Ok(None);
    }
    let exponent = i8::try_from(i16::from(byte) + i16::from(*EXPONENTS.start())).ok();
    match exponent.filter(|exponent| EXPONENTS.contains(exponent)) {
        Some(exponent) => Ok(Some(exponent)),
        None => Err(format!("a number has the unknown form {byte}")),
    }
}

/// All values at one exponent, or none.
fn put_values(pairs: &[(f64, f64)], bytes: &mut Vec<u8>) {
    let smallest = pairs.iter().map(|(value, _)| decimal::smallest_exponent(*value, 0));
    let exponent = smallest.collect::<Option<Vec<i8>>>().map(|all| all.into_iter().max().unwrap_or(0));
    let scaled = exponent.and_then(|exponent| {
        let scaled = pairs.iter().map(|(value, _)| decimal::scale(*value, exponent, 0));
        Some((exponent, scaled.collect::<Option<Vec<Scaled>>>()?))
    });
    let Some((exponent, scaled)) = scaled else {
        bytes.push(RAW);
        return pairs.iter().for_each(|(value, _)| bytes.extend_from_slice(&value.to_le_bytes()));
    };
    bytes.push(exponent_byte(exponent));
    let mut before = 0;
    for Scaled { mantissa, .. } in scaled {
        put_signed(mantissa - before, bytes);
        before = mantissa;
    }
}

fn take_values(bytes: &mut &[u8]) -> Result<Vec<f64>, String> {
    let len = take_len(bytes)?;
    if len > EXACT_MAX {
        return Err(format!("a distribution has {len} exact values"));
    }
    let exponent = take_exponent(bytes)?;
    let (mut values, mut mantissa) = (Vec::with_capacity(len), 0_i64);
    for _ in 0..len {
        let value = match exponent {
            Some(exponent) => {
                mantissa = mantissa.wrapping_add(take_signed(bytes)?);
                decimal::unscale(mantissa, exponent)
            }
            None => f64::from_le_bytes(take(bytes)?),
        };
        if values.last().is_some_and(|last: &f64| last.total_cmp(&value).is_ge()) {
            return Err("a distribution's values do not rise".to_owned());
        }
        values.push(value);
    }
    Ok(values)
}

fn take_keys(bytes: &mut &[u8]) -> Result<Vec<i32>, String> {
    let len = take_len(bytes)?;
    let (mut keys, mut before) = (Vec::with_capacity(len), 0_i64);
    for at in 0..len {
        let step = take_signed(bytes)?;
        let key = before.checked_add(step).filter(|_| at == 0 || step > 0);
        let key = key.and_then(|key| i32::try_from(key).ok()).ok_or("a distribution's bins do not rise")?;
        keys.push(key);
        before = i64::from(key);
    }
    Ok(keys)
}

fn put_counts<I: Iterator<Item = f64>>(counts: impl Fn() -> I, bytes: &mut Vec<u8>) {
    if counts().all(|count| count == 1.0) {
        bytes.push(ALL_ONE);
    } else if counts().all(|count| (1.0..WHOLE_END).contains(&count) && count == count.trunc()) {
        bytes.push(WHOLE);
        counts().for_each(|count| put_varint(count as u64, bytes));
    } else {
        bytes.push(NUMBERS);
        counts().for_each(|count| put_number(count, bytes));
    }
}

fn take_counts(len: usize, bytes: &mut &[u8]) -> Result<Vec<f64>, String> {
    match take(bytes)? {
        [ALL_ONE] => Ok(vec![1.0; len]),
        [WHOLE] => (0..len).map(|_| Ok(take_varint(bytes)? as f64)).collect(),
        [NUMBERS] => (0..len).map(|_| take_number(bytes)).collect(),
        [form] => Err(format!("counts have the unknown form {form}")),
    }
}

/// A number of items, each of which takes a byte at least.
fn take_len(bytes: &mut &[u8]) -> Result<usize, String> {
    let len = usize::try_from(take_varint(bytes)?).ok();
    len.filter(|len| *len <= bytes.len()).ok_or_else(cut_short)
}

/// Takes bytes off the front of `bytes`.
///
/// # Errors
/// There are fewer.
pub fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (taken, rest) = bytes.split_first_chunk().ok_or_else(cut_short)?;
    *bytes = rest;
    Ok(*taken)
}

fn cut_short() -> String {
    "a sample is cut short".to_owned()
}

#[cfg(test)]
mod tests;
