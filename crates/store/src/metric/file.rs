//! A Parquet file of rows, sorted by series and time, exact to the last bit.
//!
//! Any Parquet reader can read the columns:
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `series_id` | UINT_64 | the series |
//! | `ts` | TIMESTAMP (ms, UTC) | start of the row's grain |
//! | `exponent` | INT_8, null | of the whole numbers `sum`, `min` and `max` |
//! | `sum` | INT64, null | the sum is `sum / 10^exponent` (a product if the exponent is negative) … |
//! | `sum_ulps` | INT_8, null | … with this added to the double's bit pattern |
//! | `min`, `max` | INT64, null | the same, without the correction |
//! | `count` | INT64, null | the number of samples, as it is |
//! | `sum_f64`, `min_f64`, `max_f64`, `count_f64` | DOUBLE, null | what is no such whole number |
//! | `dist` | BYTE_ARRAY, null | the distribution, as [`codec`](super::codec) has it |
//!
//! Where a statistic has neither form, it follows: minimum and maximum are the sum, and the
//! count is one. So a single value is a `sum` alone. A `dist` that is null follows too: equal
//! values, or the two of a count of two whose sum is theirs, are known, and else nothing is.
//!
//! `sum_ulps` is at most 31 either way, some 7e-15 of the value: readers may leave it out.
//!
//! Between the columns' data and the Parquet footer lie the CRC-32C of every 4 KiB of the
//! data (see [`sums`]): what is damaged is found when it is read.

mod columns;
mod pages;
mod reader;
mod schema;
mod sums;
mod writer;

pub use reader::OpenFile;
pub use writer::{FileWriter, Written};

#[cfg(test)]
mod tests;
