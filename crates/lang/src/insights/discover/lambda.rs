//! The lines that Lambda writes (logs.md SY-3).

use super::Value;

/// Every field that such a line may have.
pub(super) const NAMES: [&str; 9] = [
    "@type",
    "@requestId",
    "@duration",
    "@billedDuration",
    "@maxMemoryUsed",
    "@memorySize",
    "@initDuration",
    "@xrayTraceId",
    "@xraySegmentId",
];

/// Tells the fields of a line of Lambda. Whether it is one.
pub(super) fn fields(message: &str, emit: &mut impl FnMut(&str, Value)) -> bool {
    let word = &message[..message.find([' ', '\t']).unwrap_or(message.len())];
    let known = match word {
        "START" | "END" | "REPORT" => message[word.len()..].starts_with(" RequestId: "),
        "INIT_START" => message[word.len()..].starts_with(" Runtime Version: "),
        "INIT_REPORT" => message[word.len()..].starts_with(" Init Duration: "),
        _ => return of_the_function(message, emit),
    };
    if !known {
        return false;
    }
    emit("@type", Value::from(word));
    let members = message[word.len()..].split(['\t', '\n']);
    for (name, value) in members.filter_map(|member| member.trim().split_once(": ")) {
        let value = value.trim();
        match name {
            // `START` and `END` go on after the id, with blanks between.
            "RequestId" => emit("@requestId", value.split(' ').next().into()),
            "Duration" => emit("@duration", quantity(value, "ms", 1)),
            "Billed Duration" => emit("@billedDuration", quantity(value, "ms", 1)),
            "Init Duration" => emit("@initDuration", quantity(value, "ms", 1)),
            // In bytes: AWS's own samples divide by 1000 twice to get back to megabytes.
            "Memory Size" => emit("@memorySize", quantity(value, "MB", 1_000_000)),
            "Max Memory Used" => emit("@maxMemoryUsed", quantity(value, "MB", 1_000_000)),
            "XRAY TraceId" => emit("@xrayTraceId", Value::from(value)),
            "SegmentId" => emit("@xraySegmentId", Value::from(value)),
            _ => {}
        }
    }
    true
}

/// A line that the function itself wrote: `TIME\tREQUEST-ID\tLEVEL\tTEXT`, or with a `[LEVEL]` before. How
/// AWS's runtimes write them is documented; that the id is discovered is inferred from queries in its console.
fn of_the_function(message: &str, emit: &mut impl FnMut(&str, Value)) -> bool {
    let mut members = message.split('\t');
    let (Some(first), Some(second)) = (members.next(), members.next()) else { return false };
    let (time, id) = match first.starts_with('[') {
        true => (second, members.next()),
        false => (first, Some(second)),
    };
    let timed = time.len() >= 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T';
    match id.filter(|id| timed && is_uuid(id)) {
        Some(id) => emit("@requestId", Value::from(id)),
        None => return false,
    }
    true
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The number before a unit, times a factor.
fn quantity(text: &str, unit: &str, factor: i64) -> Value {
    let number = text.strip_suffix(unit).map(str::trim_end).unwrap_or(text);
    match number.parse::<i64>() {
        Ok(whole) => Value::Int(whole.saturating_mul(factor)),
        Err(_) => number.parse::<f64>().ok().map(|number| number * factor as f64).into(),
    }
}
