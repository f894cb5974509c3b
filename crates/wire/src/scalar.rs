//! Single values as text: how query, XML, headers, paths and query strings write them.

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::value::Value;

/// The form a timestamp is written in: the member's own, else the shape's, else the protocol's.
pub(crate) fn timestamp_format(member: Option<&Member>, shape: &Shape, default: TimestampFormat) -> TimestampFormat {
    let own = match shape.kind {
        Kind::Timestamp(format) => format,
        _ => None,
    };
    member.and_then(|member| member.timestamp_format).or(own).unwrap_or(default)
}

/// Why a text is not the value it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadScalar(pub String);

impl BadScalar {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Reads a scalar by its shape. Collections are no scalars and are refused.
pub(crate) fn parse(shape: &Shape, format: TimestampFormat, text: &str) -> Result<Value, BadScalar> {
    Ok(match &shape.kind {
        Kind::String(_) => Value::String(text.to_owned()),
        Kind::Boolean => match text.trim() {
            yes if yes.eq_ignore_ascii_case("true") => Value::Boolean(true),
            no if no.eq_ignore_ascii_case("false") => Value::Boolean(false),
            other => return Err(BadScalar::new(format!("'{other}' is not a valid Boolean"))),
        },
        Kind::Integer(_) | Kind::Long(_) => Value::Integer(parse_integer(shape, text)?),
        Kind::Float | Kind::Double => Value::Float(parse_float(text)?),
        Kind::Blob(_) => Value::Blob(parse_blob(text)?),
        Kind::Timestamp(_) => Value::Timestamp(parse_timestamp(format, text)?),
        Kind::Document => Value::Document(
            serde_json::from_str(text).map_err(|error| BadScalar::new(format!("not a JSON document: {error}")))?,
        ),
        Kind::List(_) => return Err(BadScalar::new("Unexpected list element termination")),
        Kind::Map(_) => return Err(BadScalar::new("Unexpected map element termination")),
        Kind::Structure(_) => return Err(BadScalar::new("Unexpected complex element termination")),
    })
}

/// Java's `parseInt` and `parseLong` fail with these words, and AWS lets them through.
fn parse_integer(shape: &Shape, text: &str) -> Result<i64, BadScalar> {
    let bad = || BadScalar::new(format!("For input string: \"{text}\""));
    let wide: i128 = text.trim().parse().map_err(|_| bad())?;
    integer_of(shape, wide).ok_or_else(bad)
}

/// Fits a whole number into its shape. A number outside the type is passed on, clamped to
/// 64 bits, when the model's own range refuses it anyway: then the validator says so in
/// AWS's words. Otherwise there is no value to pass on.
pub(crate) fn integer_of(shape: &Shape, wide: i128) -> Option<i64> {
    let (range, low, high) = match shape.kind {
        Kind::Integer(range) => (range, i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::Long(range) => (range, i128::from(i64::MIN), i128::from(i64::MAX)),
        _ => return None,
    };
    let refused =
        range.max.is_some_and(|max| wide > i128::from(max)) || range.min.is_some_and(|min| wide < i128::from(min));
    if (low..=high).contains(&wide) {
        return i64::try_from(wide).ok();
    }
    refused.then(|| wide.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

/// A whole number out of a floating one: the fraction is cut off, as AWS does
/// (recorded: a `MaxResults` of 1.5 is taken as 1).
pub(crate) fn integer_of_float(shape: &Shape, number: f64) -> Option<i64> {
    if !number.is_finite() {
        return None;
    }
    // Beyond 2^126 nothing fits; the cast saturates, which keeps the sign for the range check.
    integer_of(shape, number.trunc() as i128)
}

fn parse_float(text: &str) -> Result<f64, BadScalar> {
    match text.trim() {
        "NaN" => Ok(f64::NAN),
        "Infinity" | "+Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        number => {
            let numeric = number.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
            let parsed = number.parse().ok().filter(|_| numeric);
            parsed.ok_or_else(|| BadScalar::new(format!("For input string: \"{text}\"")))
        }
    }
}

/// Strict base64 with padding.
pub(crate) fn parse_blob(text: &str) -> Result<Vec<u8>, BadScalar> {
    let compact;
    let text = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        compact = text.split_ascii_whitespace().collect::<String>();
        &compact
    } else {
        text
    };
    BASE64.decode(text).map_err(|error| {
        let why = match error {
            _ if text.len() % 4 != 0 => {
                format!("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.len())
            }
            base64::DecodeError::InvalidByte(_, byte) => {
                format!("Invalid Base64 character: '{}'", char::from(byte))
            }
            // AWS's own spelling.
            _ => "Invalid last non-pad Base64 character dectected".to_owned(),
        };
        BadScalar::new(format!("'{text}' can not be converted to a Blob: {why}"))
    })
}

/// Reads a timestamp. ISO and epoch numbers are told apart by their form, because old
/// clients send the one where the other is due (cloudwatch.md §1.1).
pub(crate) fn parse_timestamp(format: TimestampFormat, text: &str) -> Result<Timestamp, BadScalar> {
    let trimmed = text.trim();
    let number = || trimmed.parse::<f64>().ok().filter(|_| is_plain_number(trimmed)).and_then(Timestamp::from_secs_f64);
    let parsed = match format {
        TimestampFormat::UnixTimestamp => number().or_else(|| Timestamp::parse_iso(trimmed)),
        TimestampFormat::Iso8601 => Timestamp::parse_iso(trimmed).or_else(number),
        TimestampFormat::Rfc822 => Timestamp::parse_http_date(trimmed).or_else(|| Timestamp::parse_iso(trimmed)),
    };
    parsed.ok_or_else(|| BadScalar::new("timestamp must follow ISO8601"))
}

fn is_plain_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
}

/// Appends a scalar's text. Collections have none and append nothing.
pub(crate) fn write(out: &mut String, value: &Value, format: TimestampFormat) {
    match value {
        Value::Boolean(true) => out.push_str("true"),
        Value::Boolean(false) => out.push_str("false"),
        Value::Integer(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float_text(*number)),
        Value::String(text) => out.push_str(text),
        Value::Blob(bytes) => BASE64.encode_string(bytes, out),
        Value::Timestamp(at) => out.push_str(&timestamp_text(*at, format)),
        Value::Document(document) => out.push_str(&document.to_string()),
        Value::List(_) | Value::Map(_) | Value::Struct(_) => {}
    }
}

/// A float the way Java and JSON agree on: `1.0`, `0.25`, `1e300`, `NaN`, `Infinity`.
pub(crate) fn float_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        format!("{number:?}")
    }
}

/// A timestamp in one of its textual forms.
pub(crate) fn timestamp_text(at: Timestamp, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::Iso8601 => at.iso(),
        TimestampFormat::Rfc822 => at.http_date(),
        TimestampFormat::UnixTimestamp if at.millis() % 1000 == 0 => at.secs().to_string(),
        TimestampFormat::UnixTimestamp => at.secs_f64().to_string(),
    }
}
