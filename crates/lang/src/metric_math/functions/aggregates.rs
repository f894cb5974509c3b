//! What the functions share that make one number of many: over time for a series, across the
//! series at every timestamp for an array (cloudwatch.md §4.2).

use crate::metric_math::arguments::{Arguments, OneOrMany};
use crate::metric_math::series::{coarsest, settled, settled_scalar};
use crate::metric_math::{Environment, Error, Series, Value};

/// Applies an aggregate to the one argument of a call.
///
/// The aggregate gets the values that are there, and how many there could be: the number of
/// series of an array; for a single series just as many. It is not called for a timestamp that
/// no series has.
pub(super) fn aggregate(
    arguments: &mut Arguments<'_>,
    environment: &dyn Environment,
    of: fn(&[f64], usize) -> f64,
) -> Result<Value, Error> {
    let label = arguments.name();
    Ok(match arguments.one_or_many()? {
        OneOrMany::One(series) => {
            let values = series.values();
            settled_scalar(of(&values, values.len()))
        }
        OneOrMany::Many(array) => Value::Series(across(&array, label, environment.range(), of)),
    })
}

fn across(array: &[Series], label: &str, otherwise: (i64, i64, i64), of: fn(&[f64], usize) -> f64) -> Series {
    let mut all: Vec<(i64, f64)> = array.iter().flat_map(|series| series.points.iter().copied()).collect();
    all.sort_by_key(|point| point.0);
    let mut values = Vec::with_capacity(array.len());
    let mut result = Series::empty(label, coarsest(array, otherwise));
    for points in all.chunk_by(|one, next| one.0 == next.0) {
        values.clear();
        values.extend(points.iter().map(|point| point.1));
        result.points.extend(settled(of(&values, array.len())).map(|value| (points[0].0, value)));
    }
    result
}
