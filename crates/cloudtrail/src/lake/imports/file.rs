//! What is taken of a log file: a pure function of its bytes and the import.

use std::io::Read as _;

use base::Timestamp;
use flate2::bufread::MultiGzDecoder;
use lang::event_selector::{Facts, Selector};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::lake_event::LakeEvent;

/// Bytes of a log file at most, as it is in the bucket.
pub(super) const BYTES_MAX: u64 = 64 << 20;
/// Bytes that a log file unpacks to at most.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// What a record may have (cloudtrail.md §1.2).
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Which events are taken.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) from: Timestamp,
    /// The latest time, included.
    pub(super) to: Timestamp,
    pub(super) selectors: Vec<Selector>,
    /// What the rows have as their source.
    pub(super) number: u64,
}

#[derive(Deserialize)]
struct LogFile<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Dated<'a> {
    #[serde(rename = "eventTime", borrow)]
    time: std::borrow::Cow<'a, str>,
}

/// The events that are taken of a log file.
///
/// # Errors
/// Why the file is none: nothing is taken of it then.
pub(super) fn events(packed: &[u8], wanted: &Wanted) -> Result<Vec<LakeEvent>, String> {
    let bytes = unpacked(packed).ok_or("The file is not packed with gzip, or is too large.")?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "The file is not UTF-8.")?;
    let file: LogFile<'_> = serde_json::from_str(text).map_err(|_| "The file is not a list of records.")?;
    let mut events = Vec::new();
    for record in file.records {
        let record = record.get();
        let dated: Dated<'_> = serde_json::from_str(record).map_err(|_| "A record has no eventTime.")?;
        let time = Timestamp::parse_iso(&dated.time).ok_or("A record's eventTime is not valid.")?;
        let facts = Facts::of_record(record).map_err(|_| "A record is not an event.")?;
        let in_time = wanted.from <= time && time <= wanted.to;
        if in_time && wanted.selectors.iter().any(|selector| selector.matches(&facts)) {
            if record.len() > RECORD_BYTES_MAX {
                return Err("A record is larger than 1 MB.".to_owned());
            }
            events.push(LakeEvent { time, source: wanted.number, record: record.to_owned() });
        }
    }
    Ok(events)
}

/// What a file holds that was packed with gzip, in however many pieces.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.ok().filter(|bytes| *bytes as u64 <= UNPACKED_BYTES_MAX)?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use lang::event_selector::FieldSelector;
    use serde_json::json;

    use super::*;
    use crate::delivery::gzipped;

    fn wanted() -> Wanted {
        let management = Selector { name: None, fields: vec![FieldSelector::equal("eventCategory", &["Management"])] };
        Wanted { from: at("T08:00:00"), to: at("T09:00:00"), selectors: vec![management], number: 7 }
    }

    fn at(time: &str) -> Timestamp {
        Timestamp::parse_iso(&format!("2026-03-02{time}Z")).unwrap()
    }

    fn record(time: &str, category: &str) -> serde_json::Value {
        json!({"eventVersion": "1.11", "eventTime": time, "eventCategory": category, "eventID": "é\u{1F600}"})
    }

    #[test]
    fn events_are_chosen_by_time_and_selectors_and_kept_as_they_are() {
        let records = [
            record("2026-03-02T07:59:59Z", "Management"),
            record("2026-03-02T08:00:00Z", "Management"),
            record("2026-03-02T08:30:00Z", "Data"),
            record("2026-03-02T09:00:00Z", "Management"),
            record("2026-03-02T09:00:01Z", "Management"),
        ];
        let packed = gzipped(json!({ "Records": records }).to_string().as_bytes());
        let event = |time, record: &serde_json::Value| LakeEvent { time, source: 7, record: record.to_string() };
        let expected = vec![event(at("T08:00:00"), &records[1]), event(at("T09:00:00"), &records[3])];
        assert_eq!(events(&packed, &wanted()), Ok(expected.clone()));
        let text = json!({ "Records": records }).to_string();
        let (start, end) = text.split_at(40);
        let in_two = [gzipped(start.as_bytes()), gzipped(end.as_bytes())].concat();
        assert_eq!(events(&in_two, &wanted()), Ok(expected));
    }

    #[test]
    fn a_file_that_is_no_log_file_gives_nothing_and_a_reason() {
        let good = record("2026-03-02T08:00:00Z", "Management");
        for content in [
            "".to_owned(),
            "[]".to_owned(),
            json!({ "records": [] }).to_string(),
            json!({ "Records": [good, {"eventTime": 5}] }).to_string(),
            json!({ "Records": [good, {"eventTime": "yesterday"}] }).to_string(),
            json!({ "Records": [good, {"eventTime": "2026-03-02T08:00:00Z", "readOnly": "no"}] }).to_string(),
            json!({ "Records": [good, 5] }).to_string(),
        ] {
            assert!(events(&gzipped(content.as_bytes()), &wanted()).is_err(), "{content}");
            assert!(events(content.as_bytes(), &wanted()).is_err(), "{content}");
        }
        assert!(events(&gzipped(&[0xff]), &wanted()).is_err());
        assert_eq!(events(&gzipped(b"{\"Records\":[]}"), &wanted()), Ok(vec![]));
    }
}
