//! From entries to events: which are sent, and what they say. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::export::{Entry, Field};
use super::settings::{Format, JournalSource, Matching};
use super::tail::{Place, Read};
use crate::logs::batch::MESSAGE_BYTES_MAX;

/// What an entry without a `PRIORITY` counts as: info.
const PRIORITY_UNSAID: u8 = 6;

/// What is sent of an entry; an entry that is not sent has no message, and moves the position.
pub fn read(entry: Entry, source: &JournalSource) -> Read {
    let message = match is_wanted(&entry, source) {
        true => Some(message(&entry, source.format)).filter(|message| source.filters.admit(message)),
        false => None,
    };
    Read {
        at_ms: i64::try_from(entry.received_us / 1000).unwrap_or(i64::MAX),
        message: message.unwrap_or_default(),
        place: Place::Entry(entry.cursor),
    }
}

fn is_wanted(entry: &Entry, source: &JournalSource) -> bool {
    let priority = entry.get("PRIORITY").and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    priority.unwrap_or(PRIORITY_UNSAID) <= source.priority
        && !source.exclude_units.iter().any(|unit| is_of(entry, unit))
        && !source.exclude_matches.iter().any(|matching| matches(entry, matching))
}

/// Whether the unit logged it, or the service manager logged it about the unit.
fn is_of(entry: &Entry, unit: &str) -> bool {
    let has = |name: &str, value: &str| entry.all(name).any(|at| at == value.as_bytes());
    has("_SYSTEMD_UNIT", unit) || (has("_PID", "1") && has("UNIT", unit))
}

fn matches(entry: &Entry, matching: &Matching) -> bool {
    matching.iter().all(|(name, value)| entry.all(name).any(|at| at == value.as_bytes()))
}

fn message(entry: &Entry, format: Format) -> String {
    match format {
        Format::Text => String::from_utf8_lossy(entry.get("MESSAGE").unwrap_or_default()).into_owned(),
        Format::Json => json(&entry.fields),
    }
}

/// The entry as an object, as `journalctl --output=json` has it: values are text, those of a name
/// that comes more than once are a list, and the longest are `null` when the event is too long.
/// Only bytes that are no text are U+FFFD instead of a list of numbers.
fn json(fields: &[Field]) -> String {
    let mut values: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for Field { name, value, is_cut } in fields {
        let text = String::from_utf8_lossy(value).into_owned();
        // Half a value is none, but half a message says something.
        let value = if *is_cut && name != "MESSAGE" { Value::Null } else { Value::String(text) };
        values.entry(name).or_default().push(value);
    }
    let mut object: serde_json::Map<String, Value> =
        values.into_iter().map(|(name, values)| (name.to_owned(), one_or_all(values))).collect();
    let mut text = Value::Object(object.clone()).to_string();
    while text.len() > MESSAGE_BYTES_MAX {
        shorten(&mut object);
        text = Value::Object(object.clone()).to_string();
    }
    text
}

fn one_or_all(mut values: Vec<Value>) -> Value {
    match values.len() {
        1 => values.remove(0),
        _ => Value::Array(values),
    }
}

/// Takes the longest value out; the message's turn comes last, and it is halved.
fn shorten(object: &mut serde_json::Map<String, Value>) {
    const SHORT: usize = 1024;
    let length = |value: &Value| value.to_string().len();
    let others = object.iter_mut().filter(|(name, _)| *name != "MESSAGE");
    let longest = others.map(|(_, value)| (length(value), value)).max_by_key(|(length, _)| *length);
    if let Some((length, value)) = longest
        && length > SHORT
    {
        *value = Value::Null;
        return;
    }
    match object.get_mut("MESSAGE") {
        Some(Value::String(text)) if text.len() > SHORT => text.truncate(text.floor_char_boundary(text.len() / 2)),
        Some(value @ Value::Array(_)) => *value = Value::Null,
        // An entry of a thousand short fields.
        _ => {
            let last = object.keys().next_back().cloned();
            last.and_then(|name| object.remove(&name));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::settings::tests::source;
    use super::*;

    fn entry(fields: &[(&str, &[u8])]) -> Entry {
        let field =
            |(name, value): &(&str, &[u8])| Field { name: (*name).to_owned(), value: value.to_vec(), is_cut: false };
        Entry { cursor: "c".to_owned(), received_us: 1_772_000_000_123_999, fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn an_event_is_the_message_at_the_time_it_was_received() {
        let read = read(entry(&[("MESSAGE", b"a\nb\xff"), ("_PID", b"1")]), &source(""));
        let expected =
            Read { at_ms: 1_772_000_000_123, message: "a\nb\u{fffd}".to_owned(), place: Place::Entry("c".to_owned()) };
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_not_wanted_has_no_message() {
        for (more, fields, expected) in [
            ("", [("PRIORITY", "6"), ("A", "")], true),
            ("", [("PRIORITY", "7"), ("A", "")], false),
            ("", [("A", ""), ("A", "")], true),
            ("priority = 'debug'", [("PRIORITY", "7"), ("A", "")], true),
            ("priority = 'err'", [("PRIORITY", "4"), ("A", "")], false),
            ("exclude_units = ['x']", [("_SYSTEMD_UNIT", "x.service"), ("_PID", "7")], false),
            ("exclude_units = ['x']", [("UNIT", "x.service"), ("_PID", "1")], false),
            ("exclude_units = ['x']", [("UNIT", "x.service"), ("_PID", "7")], true),
            ("exclude_matches = [{_UID = '0', _COMM = 'a'}]", [("_UID", "0"), ("_COMM", "b")], true),
            ("exclude_matches = [{_UID = '0', _COMM = 'a'}]", [("_UID", "0"), ("_COMM", "a")], false),
            ("exclude_matches = [{_UID = '0'}, {_COMM = 'a'}]", [("_UID", "1"), ("_COMM", "a")], false),
            ("filters = [{type = 'exclude', expression = '^hel'}]", [("A", ""), ("A", "")], false),
        ] {
            let mut all = vec![("MESSAGE", b"hello".as_slice())];
            all.extend(fields.map(|(name, value)| (name, value.as_bytes())));
            assert_eq!(!read(entry(&all), &source(more)).message.is_empty(), expected, "{more} {fields:?}");
        }
        assert_eq!(read(entry(&[("_PID", b"1")]), &source("")).message, "");
    }

    #[test]
    fn the_whole_entry_is_an_object() {
        let fields: [(&str, &[u8]); 4] = [("MESSAGE", b"a\nb"), ("A", b"1"), ("A", b"2"), ("B", b"\xff")];
        let message = read(entry(&fields), &source("event_format = 'json'")).message;
        let object: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(object, json!({"MESSAGE": "a\nb", "A": ["1", "2"], "B": "\u{fffd}"}));
    }

    #[test]
    fn an_object_that_is_too_long_loses_its_longest_values_and_its_message_last() {
        let (long, dump) = (vec![b'm'; 600_000], vec![b'd'; 500_000]);
        let fields: [(&str, &[u8]); 3] = [("MESSAGE", &long), ("COREDUMP", &dump), ("_PID", b"1")];
        let message = read(entry(&fields), &source("event_format = 'json'")).message;
        let object: Value = serde_json::from_str(&message).unwrap();
        assert_eq!((&object["COREDUMP"], &object["_PID"]), (&Value::Null, &json!("1")));
        assert_eq!(object["MESSAGE"].as_str().unwrap().len(), 600_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn every_object_fits_an_event(lengths in prop::collection::vec(0usize..900_000, 1..5), escaped in any::<bool>()) {
            let names = ["MESSAGE", "MESSAGE", "A", "B", "C"];
            let byte = if escaped { 1 } else { b'x' };
            let values: Vec<Vec<u8>> = lengths.iter().map(|length| vec![byte; *length]).collect();
            let fields: Vec<(&str, &[u8])> = names.into_iter().skip(1).zip(values.iter().map(Vec::as_slice)).collect();
            let message = json(&entry(&fields).fields);
            prop_assert!(message.len() <= MESSAGE_BYTES_MAX);
            prop_assert!(serde_json::from_str::<Value>(&message).is_ok());
        }
    }
}
