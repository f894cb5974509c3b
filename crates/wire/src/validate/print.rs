//! Values as Java prints them, which is how AWS repeats them in its messages (logs.md W-6).

use base::Timestamp;

use crate::scalar;
use crate::schema::{Kind, Shape};
use crate::value::Value;

/// `text`, `[a, b]`, `{k=v}`, `Shape(member=value, other=null)`.
pub(super) fn value(shape: &Shape, value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, shape, value);
    out
}

fn write(out: &mut String, shape: &Shape, value: &Value) {
    match (&shape.kind, value) {
        // Java's records of sensitive values say only this much.
        _ if shape.sensitive => out.push_str("*** Sensitive Data Redacted ***"),
        (Kind::List(list), Value::List(elements)) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                separate(out, at);
                write(out, list.member, element);
            }
            out.push(']');
        }
        (Kind::Map(map), Value::Map(entries)) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                separate(out, at);
                out.push_str(key);
                out.push('=');
                write(out, map.value, value);
            }
            out.push('}');
        }
        (Kind::Structure(structure), Value::Struct(found)) => {
            out.push_str(shape.name);
            out.push('(');
            for (at, member) in structure.members.iter().enumerate() {
                separate(out, at);
                let mut letters = member.name.chars();
                out.extend(letters.next().map(|first| first.to_ascii_lowercase()));
                out.push_str(letters.as_str());
                out.push('=');
                match u16::try_from(at).ok().and_then(|at| found.at(at)) {
                    Some(value) => write(out, member.shape, value),
                    None => out.push_str("null"),
                }
            }
            out.push(')');
        }
        (_, Value::Blob(bytes)) => {
            let length = bytes.len();
            out.push_str(&format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]"));
        }
        (_, Value::Timestamp(at)) => out.push_str(&java_date(*at)),
        (_, value) => scalar::write(out, value, crate::schema::TimestampFormat::Iso8601),
    }
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push_str(", ");
    }
}

/// `Sat Jan 31 10:00:00 UTC 2026`, out of `Sat, 31 Jan 2026 10:00:00 GMT`.
fn java_date(at: Timestamp) -> String {
    let http = at.http_date();
    let parts: Vec<&str> = http.split([',', ' ']).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [weekday, day, month, year, time, _] => format!("{weekday} {month} {day} {time} UTC {year}"),
        _ => http,
    }
}
