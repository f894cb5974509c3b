//! Rows as columns, and back.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Float64Builder, Int8Builder, Int64Builder, TimestampMillisecondBuilder, UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int8Type, Int64Type, TimestampMillisecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, PrimitiveArray, RecordBatch};

use super::schema::{Column, SCHEMA};
use crate::metric::codec::{decode_distribution, encode_distribution};
use crate::metric::decimal::{self, EXPONENTS, Scaled, ULPS_MAX};
use crate::metric::row::Row;
use crate::metric::{Distribution, SeriesId, StatSample};

/// Bits that count for a value as a double where all of a series are, and where it is one
/// among whole numbers. The first is less than it takes, since numbers that are no decimals
/// should not become such by chance, and the second more than the first, since both kinds
/// have their columns then.
const DOUBLE_BITS: u64 = 44;
const DOUBLE_AMONG_WHOLE_BITS: u64 = 64;
const ULPS_BITS: u64 = 4;

/// Milliseconds in a second.
pub(super) const MILLIS: i64 = 1000;

/// A row on its way into columns.
struct Pending {
    series: u64,
    time_millis: i64,
    count: f64,
    sum: f64,
    // None where they are the sum.
    min: Option<f64>,
    max: Option<f64>,
    // In `Batch::distributions`; `None` when it is implied.
    distribution: Option<Range<usize>>,
}

/// Rows on their way into columns.
#[derive(Default)]
pub(super) struct Batch {
    rows: Vec<Pending>,
    distributions: Vec<u8>,
}

impl Batch {
    /// Adds a row; `time_millis` is its time.
    pub fn push(&mut self, row: &Row, time_millis: i64) {
        let StatSample { count, sum, min, max, distribution } = &row.sample;
        let unless_sum = |value: &f64| (value.to_bits() != sum.to_bits()).then_some(*value);
        let distribution = (!distribution.is_implied(*count, *sum, *min, *max)).then(|| {
            let start = self.distributions.len();
            encode_distribution(distribution, &mut self.distributions);
            start..self.distributions.len()
        });
        self.rows.push(Pending {
            series: row.series.0,
            time_millis,
            count: *count,
            sum: *sum,
            min: unless_sum(min),
            max: unless_sum(max),
            distribution,
        });
    }

    /// Rows in the batch.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        self.rows.len() * size_of::<Pending>() + self.distributions.len()
    }

    /// The rows as columns; none are left.
    pub fn take(&mut self) -> RecordBatch {
        let mut builders = Builders::with_capacity(self.rows.len());
        for run in self.rows.chunk_by(|a, b| a.series == b.series) {
            let exponent = common_exponent(run);
            for row in run {
                builders.append(row, exponent, &self.distributions);
            }
        }
        self.rows.clear();
        self.distributions.clear();
        RecordBatch::try_new(SCHEMA.clone(), builders.finish()).expect("the columns are those of the schema")
    }
}

/// The exponent at which the rows of a series take the fewest bits, about; `None` when that
/// is to keep them all as doubles. With one exponent for all, steps from row to row are small.
fn common_exponent(run: &[Pending]) -> Option<i8> {
    let mut candidates = [false; EXPONENTS.end().abs_diff(*EXPONENTS.start()) as usize + 1];
    let place = |exponent: i8| usize::from(exponent.abs_diff(*EXPONENTS.start()));
    for row in run {
        let own = decimal::smallest_exponent(row.sum, ULPS_MAX);
        let extremes = [row.min, row.max].into_iter().flatten();
        for exponent in extremes.map(|value| decimal::smallest_exponent(value, 0)).chain([own]).flatten() {
            candidates[place(exponent)] = true;
        }
    }
    let candidates = EXPONENTS.filter(|exponent| candidates[place(*exponent)]);
    let best = candidates.map(|exponent| (bits_at(run, exponent), exponent)).min()?;
    (best.0 < bits_of_doubles(run)).then_some(best.1)
}

fn bits_of_doubles(run: &[Pending]) -> u64 {
    let values = |row: &Pending| 1 + u64::from(row.min.is_some()) + u64::from(row.max.is_some());
    run.iter().map(values).sum::<u64>() * DOUBLE_BITS
}

fn bits_at(run: &[Pending], exponent: i8) -> u64 {
    let mut before = [None; 3];
    let mut bits = 0;
    for row in run {
        for (place, value) in [Some(row.sum), row.min, row.max].into_iter().enumerate() {
            let Some(value) = value else { continue };
            let ulps_max = if place == 0 { ULPS_MAX } else { 0 };
            bits += match decimal::scale(value, exponent, ulps_max) {
                Some(Scaled { mantissa, ulps }) => {
                    // The first step is not the run's, and all exponents have one.
                    let step = before[place].map_or(0, |before: i64| mantissa.abs_diff(before));
                    before[place] = Some(mantissa);
                    u64::from(u64::BITS - step.leading_zeros()) + if ulps == 0 { 0 } else { ULPS_BITS }
                }
                None => DOUBLE_AMONG_WHOLE_BITS,
            };
        }
    }
    bits
}

struct Builders {
    series: UInt64Builder,
    ts: TimestampMillisecondBuilder,
    exponent: Int8Builder,
    sum_ulps: Int8Builder,
    // Sum, minimum, maximum, count.
    whole: [Int64Builder; 4],
    doubles: [Float64Builder; 4],
    distributions: BinaryBuilder,
}

impl Builders {
    fn with_capacity(rows: usize) -> Self {
        Self {
            series: UInt64Builder::with_capacity(rows),
            ts: TimestampMillisecondBuilder::with_capacity(rows).with_timezone("UTC"),
            exponent: Int8Builder::with_capacity(rows),
            sum_ulps: Int8Builder::with_capacity(rows),
            whole: std::array::from_fn(|_| Int64Builder::with_capacity(rows)),
            doubles: std::array::from_fn(|_| Float64Builder::with_capacity(rows)),
            distributions: BinaryBuilder::new(),
        }
    }

    fn append(&mut self, row: &Pending, exponent: Option<i8>, distributions: &[u8]) {
        self.series.append_value(row.series);
        self.ts.append_value(row.time_millis);
        let scale = |value: Option<f64>, ulps_max| decimal::scale(value?, exponent?, ulps_max);
        let scaled = [scale(Some(row.sum), ULPS_MAX), scale(row.min, 0), scale(row.max, 0)];
        self.exponent.append_option(exponent.filter(|_| scaled.iter().any(Option::is_some)));
        self.sum_ulps.append_option(scaled[0].map(|sum| sum.ulps).filter(|ulps| *ulps != 0));
        for (place, value) in [Some(row.sum), row.min, row.max].into_iter().enumerate() {
            self.whole[place].append_option(scaled[place].map(|scaled| scaled.mantissa));
            self.doubles[place].append_option(value.filter(|_| scaled[place].is_none()));
        }
        let count = Some(row.count).filter(|count| *count != 1.0);
        let whole = count.and_then(|count| decimal::scale(count, 0, 0));
        self.whole[3].append_option(whole.map(|whole| whole.mantissa));
        self.doubles[3].append_option(count.filter(|_| whole.is_none()));
        self.distributions.append_option(row.distribution.clone().map(|place| &distributions[place]));
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let [sum, min, max, count] = self.whole.each_mut().map(|builder| builder.finish());
        let [sum_f64, min_f64, max_f64, count_f64] = self.doubles.each_mut().map(|builder| builder.finish());
        vec![
            Arc::new(self.series.finish()),
            Arc::new(self.ts.finish()),
            Arc::new(self.exponent.finish()),
            Arc::new(sum),
            Arc::new(self.sum_ulps.finish()),
            Arc::new(min),
            Arc::new(max),
            Arc::new(count),
            Arc::new(sum_f64),
            Arc::new(min_f64),
            Arc::new(max_f64),
            Arc::new(count_f64),
            Arc::new(self.distributions.finish()),
        ]
    }
}

/// A batch that was read. A column that was left out is null in every row.
pub(super) struct Columns<'a> {
    pub series: &'a [u64],
    pub times_millis: &'a [i64],
    exponent: Option<&'a PrimitiveArray<Int8Type>>,
    sum_ulps: Option<&'a PrimitiveArray<Int8Type>>,
    whole: [Option<&'a PrimitiveArray<Int64Type>>; 4],
    doubles: [Option<&'a PrimitiveArray<Float64Type>>; 4],
    distributions: Option<&'a BinaryArray>,
}

/// A column; `None` when it was left out, or has no values.
fn values<T: ArrowPrimitiveType>(batch: &RecordBatch, column: Column) -> Option<&PrimitiveArray<T>> {
    batch.column_by_name(column.name())?.as_primitive_opt::<T>().filter(|array| array.null_count() < array.len())
}

fn at<T: ArrowPrimitiveType>(array: Option<&PrimitiveArray<T>>, row: usize) -> Option<T::Native> {
    array.filter(|array| array.is_valid(row)).map(|array| array.value(row))
}

impl<'a> Columns<'a> {
    /// The columns of a batch; an error when they are not those of the table.
    pub fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        for field in batch.schema_ref().fields() {
            if SCHEMA.field_with_name(field.name()).is_ok_and(|known| known == &**field) {
                continue;
            }
            return Err(format!("its column {} is not of the table", field.name()));
        }
        let no_key = || "it has no series or times".to_owned();
        Ok(Self {
            series: values::<UInt64Type>(batch, Column::SeriesId).ok_or_else(no_key)?.values(),
            times_millis: values::<TimestampMillisecondType>(batch, Column::Ts).ok_or_else(no_key)?.values(),
            exponent: values(batch, Column::Exponent),
            sum_ulps: values(batch, Column::SumUlps),
            whole: [Column::Sum, Column::Min, Column::Max, Column::Count].map(|column| values(batch, column)),
            doubles: [Column::SumF64, Column::MinF64, Column::MaxF64, Column::CountF64]
                .map(|column| values(batch, column)),
            distributions: batch.column_by_name(Column::Dist.name()).and_then(|array| array.as_binary_opt::<i32>()),
        })
    }

    /// A row.
    pub fn row(&self, row: usize) -> Result<Row, String> {
        let sum = self.value(row, 0)?.ok_or("a row has no sum")?;
        let sum = at(self.sum_ulps, row).map_or(sum, |ulps| decimal::add_ulps(sum, ulps));
        let min = self.value(row, 1)?.unwrap_or(sum);
        let max = self.value(row, 2)?.unwrap_or(sum);
        let whole = at(self.whole[3], row).map(|count| count as f64);
        let count = whole.or_else(|| at(self.doubles[3], row)).unwrap_or(1.0);
        let bytes = self.distributions.filter(|array| array.is_valid(row)).map(|array| array.value(row));
        let distribution = match bytes {
            Some(bytes) => whole_distribution(bytes)?,
            None => Distribution::implied(count, sum, min, max),
        };
        Ok(Row {
            series: SeriesId(self.series[row]),
            time_secs: self.times_millis[row].div_euclid(MILLIS),
            sample: StatSample { count, sum, min, max, distribution },
        })
    }

    fn value(&self, row: usize, place: usize) -> Result<Option<f64>, String> {
        let Some(mantissa) = at(self.whole[place], row) else { return Ok(at(self.doubles[place], row)) };
        let exponent = at(self.exponent, row).filter(|exponent| EXPONENTS.contains(exponent));
        Ok(Some(decimal::unscale(mantissa, exponent.ok_or("a row has no exponent that is known")?)))
    }
}

fn whole_distribution(mut bytes: &[u8]) -> Result<Distribution, String> {
    let distribution = decode_distribution(&mut bytes)?;
    if bytes.is_empty() { Ok(distribution) } else { Err("a distribution is followed by other bytes".to_owned()) }
}
