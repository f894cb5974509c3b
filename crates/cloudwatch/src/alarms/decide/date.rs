//! Times as they stand in alarms' texts and JSON.

/// `26/02/26 10:14:00`: day, month and year, then the time of day, in UTC (cloudwatch.md §6.5).
pub fn short(secs: i64) -> String {
    match jiff::Timestamp::from_second(secs) {
        Ok(time) => time.strftime("%d/%m/%y %H:%M:%S").to_string(),
        Err(_) => secs.to_string(),
    }
}

/// `2026-02-26T10:15:04.399+0000`: every time in JSON of alarms (cloudwatch.md §6.6).
pub fn full(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
        Err(_) => millis.to_string(),
    }
}
