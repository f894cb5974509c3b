//! Times.

use super::{Function, Moment, Value, function, text};
use crate::insights::bin::Bin;
use crate::java_date::{self, Pattern};

pub(super) static FUNCTIONS: [Function; 13] = [
    function("datefloor", 2..=2, |_, a| on_grid(a, Bin::floor).into()),
    function("date_floor", 2..=2, |_, a| on_grid(a, Bin::floor).into()),
    function("dateceil", 2..=2, |_, a| on_grid(a, Bin::ceil).into()),
    function("date_ceil", 2..=2, |_, a| on_grid(a, Bin::ceil).into()),
    function("fromMillis", 1..=1, |_, a| a[0].whole().map(Value::Time).into()),
    function("toMillis", 1..=1, |_, a| a[0].whole().into()),
    function("now", 0..=0, |moment, _| Value::Int(moment.now_ms.div_euclid(1000))),
    function("queryStartTime", 0..=0, |moment, _| Value::Int(moment.start_ms)),
    function("queryEndTime", 0..=0, |moment, _| Value::Int(moment.end_ms)),
    function("queryTimeRange", 0..=0, query_time_range),
    function("parseDate", 2..=3, |_, a| parse(a).into()),
    function("formatDate", 2..=3, |_, a| format(a).into()),
    function("strftime", 2..=3, |_, a| format(a).into()),
];

fn query_time_range(moment: &Moment, _: &[Value]) -> Value {
    Value::Int(moment.end_ms.saturating_sub(moment.start_ms))
}

fn on_grid(arguments: &[Value], place: fn(&Bin, i64) -> i64) -> Option<Value> {
    let bin = Bin::parse(&text(arguments, 1)?).ok()?;
    Some(Value::Time(place(&bin, arguments[0].whole()?)))
}

/// Milliseconds of a text, by a pattern of Java. Without a zone in the text it is in the one given, else in UTC.
fn parse(arguments: &[Value]) -> Option<i64> {
    let pattern = Pattern::parse(&text(arguments, 1)?).ok()?;
    pattern.read(&text(arguments, 0)?, &zone(arguments)?)
}

/// A time by a format of `strftime`.
fn format(arguments: &[Value]) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(arguments[0].whole()?).ok()?;
    let zoned = time.to_zoned(zone(arguments)?);
    jiff::fmt::strtime::format(&*text(arguments, 1)?, &zoned).ok()
}

fn zone(arguments: &[Value]) -> Option<jiff::tz::TimeZone> {
    match arguments.get(2) {
        Some(name) => java_date::zone(&name.text()?),
        None => Some(jiff::tz::TimeZone::UTC),
    }
}
