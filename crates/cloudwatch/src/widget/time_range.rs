//! The time range: ISO 8601 times, or durations that count from now.

use base::Timestamp;

use super::field::{Field, Invalid};

const START_DEFAULT: &str = "-PT3H";
const END_DEFAULT: &str = "-PT0H";

/// Start and end of the time axis, the one before the other.
pub(super) fn parse(widget: &Field<'_>, now: Timestamp) -> Result<(Timestamp, Timestamp), Invalid> {
    let moment = |name: &str, default: &str| match widget.member(name) {
        None => Ok(parse_moment(default, now).unwrap_or(now)),
        Some(field) => parse_moment(field.text()?, now).ok_or_else(|| {
            field.wrong("Should be an ISO 8601 time such as 2018-12-17T06:00:00.000Z or a duration such as -PT3H")
        }),
    };
    let (start, end) = (moment("start", START_DEFAULT)?, moment("end", END_DEFAULT)?);
    if start >= end {
        return Err(widget.wrong(format!("The start {start} should be before the end {end}")));
    }
    Ok((start, end))
}

fn parse_moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if !text.trim_start_matches(['-', '+']).starts_with(['P', 'p']) {
        return Timestamp::parse_iso(text);
    }
    let span: jiff::Span = text.parse().ok()?;
    // Months and years are those of the calendar.
    let from = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    Some(Timestamp::from_millis(from.checked_add(span).ok()?.timestamp().as_millisecond()))
}
