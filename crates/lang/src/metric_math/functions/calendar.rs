//! What the functions share that read the calendar: a series that is never sparse, over the
//! range of the request at the period of the argument, of a part of the time in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::metric_math::arguments::Arguments;
use crate::metric_math::{Error, Value};

/// Applies a part of the time to the one argument of a call. Times that no calendar has, before
/// the year -9999 or after 9999, have no point.
pub(super) fn calendar(arguments: &mut Arguments<'_>, part: fn(DateTime) -> i32) -> Result<Value, Error> {
    let label = arguments.name();
    let series = arguments.series()?;
    let part_at = |at| Some(f64::from(part(Offset::UTC.to_datetime(Timestamp::from_second(at).ok()?))));
    series.over_grid(label, part_at).map(Value::Series)
}
