//! VPC flow logs in their default format (logs.md SY-4).

use super::{Value, word};

/// The fields, in the order of the line.
const FIELDS: [&str; 14] = [
    "version",
    "accountId",
    "interfaceId",
    "srcAddr",
    "dstAddr",
    "srcPort",
    "dstPort",
    "protocol",
    "packets",
    "bytes",
    "startTime",
    "endTime",
    "action",
    "logStatus",
];
/// Every field that such a line may have.
pub(super) const NAMES: [&str; 14] = FIELDS;

/// Tells the fields of a flow record. Whether the message is one.
pub(super) fn fields(message: &str, emit: &mut impl FnMut(&str, Value)) -> bool {
    // The default format is the version 2; longer ones are chosen, and so are their orders.
    if !message.starts_with("2 ") {
        return false;
    }
    let mut words = [""; FIELDS.len()];
    let mut count = 0;
    for word in message.trim_ascii_end().split(' ') {
        let Some(slot) = words.get_mut(count) else { return false };
        *slot = word;
        count += 1;
    }
    let account = words[1].len() == 12 && words[1].bytes().all(|byte| byte.is_ascii_digit());
    let status = matches!(words[13], "OK" | "NODATA" | "SKIPDATA");
    if count != FIELDS.len() || !account || !status {
        return false;
    }
    for (name, text) in FIELDS.into_iter().zip(words) {
        emit(name, word(text));
    }
    true
}
