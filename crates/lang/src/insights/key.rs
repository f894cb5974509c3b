//! Values as bytes that are equal where records belong together: in groups, in `dedup`, in `count_distinct`.

use super::Value;
use super::evaluate::Node;
use super::record::Record;

/// Whether there is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    Missing,
}

/// Appends what a node gives. Maps and lists count as missing (logs.md FN-2).
pub(super) fn encode_node(node: &Node, record: &Record<'_>, bytes: &mut Vec<u8>) -> Presence {
    match node.system_text(record) {
        Some(text) => {
            encode_text(text, bytes);
            Presence::Present
        }
        None => encode(&node.value(record), bytes),
    }
}

/// Appends a value. A number and a text that prints the same are the same.
pub(super) fn encode(value: &Value, bytes: &mut Vec<u8>) -> Presence {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => {
            bytes.push(0);
            return Presence::Missing;
        }
        Value::Text(text) => encode_text(text, bytes),
        Value::Time(time) => {
            bytes.push(2);
            bytes.extend(time.to_le_bytes());
        }
        Value::Float(number) if number.fract() != 0.0 => {
            bytes.push(3);
            bytes.extend(number.to_bits().to_le_bytes());
        }
        Value::Int(_) | Value::Bool(_) | Value::Float(_) => encode_text(&value.to_string(), bytes),
    }
    Presence::Present
}

fn encode_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(1);
    // A length in front keeps neighbours apart.
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}
