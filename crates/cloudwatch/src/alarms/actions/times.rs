//! The forms that times have in what alarms send.

use base::Timestamp;

/// `2026-02-26T10:15:04.399+0000`: the form inside all JSON of alarms (cloudwatch.md §6.6).
pub(crate) fn json_time(at: Timestamp) -> String {
    match at.iso_millis().strip_suffix('Z') {
        Some(digits) => format!("{digits}+0000"),
        None => at.iso_millis(),
    }
}

/// `Friday 19 January, 2024 10:59:22 UTC`: the form for people (cloudwatch.md §7.1).
pub(crate) fn long_time(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(time) => time.strftime("%A %d %B, %Y %H:%M:%S UTC").to_string(),
        Err(_) => at.iso_millis(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_recorded_forms() {
        let at = Timestamp::parse_iso("2024-01-09T10:59:22.007Z").unwrap();
        assert_eq!(json_time(at), "2024-01-09T10:59:22.007+0000");
        assert_eq!(long_time(at), "Tuesday 09 January, 2024 10:59:22 UTC");
    }
}
