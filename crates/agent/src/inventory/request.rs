//! PutInventory's calls: which items go in one, and whole or as a hash. Pure.

use base::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::identity::InstanceId;
use super::item::Content;

/// Items of a call (config.md §9.1).
const ITEMS_MAX: usize = 30;
/// Bytes of content in a call, as agents hold themselves to (I-2).
const CALL_BYTES_MAX: usize = 10 << 20;

/// How an item is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With its content.
    Whole,
    /// With its hash alone: the content is as it was (I-1).
    Hash,
}

/// How many of these items, from the first on, go in one call; at least one.
pub fn first_call(parts: &[(&Content, Form)]) -> usize {
    let mut bytes = 0;
    let fits = |(content, form): &&(&Content, Form)| {
        bytes += if *form == Form::Whole { content.json.len() } else { 0 };
        bytes <= CALL_BYTES_MAX
    };
    parts.iter().take(ITEMS_MAX).take_while(fits).count().clamp(1, parts.len().max(1))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    instance_id: &'a str,
    items: Vec<RequestItem<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RequestItem<'a> {
    type_name: &'a str,
    schema_version: &'a str,
    capture_time: &'a str,
    content_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a RawValue>,
}

/// The input of a call about what was collected at a time.
pub fn write(instance_id: &InstanceId, collected_at: Timestamp, parts: &[(&Content, Form)]) -> Vec<u8> {
    let capture_time = collected_at.iso_secs();
    let mut items = Vec::with_capacity(parts.len());
    for &(content, form) in parts {
        let whole = || serde_json::from_str(&content.json).expect("content is JSON");
        items.push(RequestItem {
            type_name: &content.type_name,
            schema_version: &content.schema_version,
            capture_time: &capture_time,
            content_hash: &content.hash,
            content: (form == Form::Whole).then(whole),
        });
    }
    serde_json::to_vec(&Request { instance_id: &instance_id.0, items }).expect("texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::super::item::{Item, entry, fit};
    use super::*;

    #[test]
    fn an_item_is_whole_or_a_hash() {
        let content = fit(Item::new("AWS:Application", "1.1", vec![entry([("Name", "a")])]));
        let id = InstanceId("mi-0123456789abcdef0".to_owned());
        let at = Timestamp::from_millis(1_780_300_800_250);
        let hash = &content.hash;
        let head = format!(
            r#"{{"InstanceId":"mi-0123456789abcdef0","Items":[{{"TypeName":"AWS:Application","SchemaVersion":"1.1","CaptureTime":"2026-06-01T08:00:00Z","ContentHash":"{hash}""#
        );
        for (form, rest) in [(Form::Whole, r#","Content":[{"Name":"a"}]}]}"#), (Form::Hash, "}]}")] {
            let written = String::from_utf8(write(&id, at, &[(&content, form)])).unwrap();
            assert_eq!(written, format!("{head}{rest}"));
        }
    }

    #[test]
    fn a_call_has_no_more_than_thirty_items_and_ten_megabytes() {
        let of = |bytes: usize| Content { json: "x".repeat(bytes), ..fit(Item::new("AWS:Network", "1.0", vec![])) };
        let (small, large) = (of(10), of(3 << 20));
        for (parts, expected) in [
            (vec![(&small, Form::Whole); 31], 30),
            (vec![(&large, Form::Whole); 7], 3),
            (vec![(&large, Form::Hash); 7], 7),
            (vec![(&small, Form::Whole)], 1),
        ] {
            assert_eq!(first_call(&parts), expected);
        }
    }
}
