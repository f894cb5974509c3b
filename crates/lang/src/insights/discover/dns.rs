//! Route 53 query logs of public zones (logs.md SY-4).

use super::{Value, word};

/// The fields, in the order of the line.
const FIELDS: [&str; 10] = [
    "version",
    "queryTimestamp",
    "hostZoneId",
    "queryName",
    "queryType",
    "responseCode",
    "protocol",
    "edgeLocation",
    "resolverIp",
    "ednsClientSubnet",
];
/// Every field that such a line may have.
pub(super) const NAMES: [&str; 10] = FIELDS;

/// Tells the fields of a query's line. Whether the message is one.
pub(super) fn fields(message: &str, emit: &mut impl FnMut(&str, Value)) -> bool {
    if !message.starts_with("1.") {
        return false;
    }
    let words: Vec<&str> = message.trim_ascii_end().split(' ').take(FIELDS.len() + 1).collect();
    let known = words.len() == FIELDS.len()
        && words[1].len() >= 20
        && words[1].as_bytes()[10] == b'T'
        && words[2].starts_with('Z')
        && matches!(words[6], "TCP" | "UDP");
    if !known {
        return false;
    }
    for (name, text) in FIELDS.into_iter().zip(words) {
        emit(name, word(text));
    }
    true
}
