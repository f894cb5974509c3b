//! CAST and TRY_CAST.

use datafusion::logical_expr::ScalarUDF;
use serde_json::Value;

use super::instant;
use super::row::Kind::{self, Bigint, Boolean, Date, Double, Instant, Integer, Json, Text, Timestamp, ZonedTimestamp};
use super::row::{Cell, by_row, by_row_or_null, text};

type Made<'b> = Result<Option<Cell<'b>>, String>;

/// What can be cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `varchar`
    Text,
    /// `bigint`
    Bigint,
    /// `integer`
    Integer,
    /// `double`
    Double,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `timestamp(3)`
    Timestamp,
    /// `timestamp(3) with time zone`; of literals alone
    ZonedTimestamp,
    /// `json`
    Json,
    /// `array(json)`
    JsonArray,
    /// `array(varchar)`
    TextArray,
    /// `map(varchar, json)`
    JsonMap,
    /// `map(varchar, varchar)`
    TextMap,
}

/// What the session calls a cast.
pub fn name(target: Target) -> &'static str {
    match target {
        Target::Text => "trino_cast_varchar",
        Target::Bigint => "trino_cast_bigint",
        Target::Integer => "trino_cast_integer",
        Target::Double => "trino_cast_double",
        Target::Boolean => "trino_cast_boolean",
        Target::Date => "trino_cast_date",
        Target::Timestamp => "trino_cast_timestamp",
        Target::ZonedTimestamp => "trino_cast_zoned_timestamp",
        Target::Json => "trino_cast_json",
        Target::JsonArray => "trino_cast_array_json",
        Target::TextArray => "trino_cast_array_varchar",
        Target::JsonMap => "trino_cast_map_json",
        Target::TextMap => "trino_cast_map_varchar",
    }
}

/// What the session calls a cast that gives null where the other fails.
pub fn try_name(target: Target) -> &'static str {
    match target {
        Target::Text => "trino_try_cast_varchar",
        Target::Bigint => "trino_try_cast_bigint",
        Target::Integer => "trino_try_cast_integer",
        Target::Double => "trino_try_cast_double",
        Target::Boolean => "trino_try_cast_boolean",
        Target::Date => "trino_try_cast_date",
        Target::Timestamp => "trino_try_cast_timestamp",
        Target::ZonedTimestamp => "trino_cast_zoned_timestamp",
        Target::Json => "trino_try_cast_json",
        Target::JsonArray => "trino_try_cast_array_json",
        Target::TextArray => "trino_try_cast_array_varchar",
        Target::JsonMap => "trino_try_cast_map_json",
        Target::TextMap => "trino_try_cast_map_varchar",
    }
}

// A double as text is not among them: Trino's way of writing one is its own.
const TO_TEXT: &[Kind] = &[Kind::OneOf(&[Text, Json, Bigint, Boolean, Instant])];
const TO_NUMBER: &[Kind] = &[Kind::OneOf(&[Text, Json, Kind::Number, Boolean])];
const TO_MOMENT: &[Kind] = &[Kind::OneOf(&[Text, Instant])];
const TO_JSON: &[Kind] = &[Kind::OneOf(&[Json, Text, Bigint, Boolean])];

/// All of values that are no lists.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        by_row("trino_cast_varchar", TO_TEXT, 0, Text, to_text),
        by_row("trino_cast_bigint", TO_NUMBER, 0, Bigint, to_int),
        by_row("trino_cast_integer", TO_NUMBER, 0, Integer, to_integer),
        by_row("trino_cast_double", TO_NUMBER, 0, Double, to_double),
        by_row("trino_cast_boolean", TO_NUMBER, 0, Boolean, to_bool),
        by_row("trino_cast_date", TO_MOMENT, 0, Date, to_date),
        by_row("trino_cast_timestamp", TO_MOMENT, 0, Timestamp, to_timestamp),
        by_row("trino_cast_zoned_timestamp", &[Text], 0, ZonedTimestamp, to_timestamp),
        by_row("trino_cast_json", TO_JSON, 0, Json, to_json),
        by_row_or_null("trino_try_cast_varchar", TO_TEXT, Text, to_text),
        by_row_or_null("trino_try_cast_bigint", TO_NUMBER, Bigint, to_int),
        by_row_or_null("trino_try_cast_integer", TO_NUMBER, Integer, to_integer),
        by_row_or_null("trino_try_cast_double", TO_NUMBER, Double, to_double),
        by_row_or_null("trino_try_cast_boolean", TO_NUMBER, Boolean, to_bool),
        by_row_or_null("trino_try_cast_date", TO_MOMENT, Date, to_date),
        by_row_or_null("trino_try_cast_timestamp", TO_MOMENT, Timestamp, to_timestamp),
        by_row_or_null("trino_try_cast_json", TO_JSON, Json, to_json),
    ]
}

fn cannot<'b>(of: &Cell<'_>, to: &str) -> Made<'b> {
    Err(format!("Cannot cast '{}' to {to}", printed(of).unwrap_or_default()))
}

/// A value as text; none of a double.
pub fn printed(of: &Cell<'_>) -> Option<String> {
    Some(match of {
        Cell::Text(text) | Cell::Json(text) => text.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Bool(value) => value.to_string(),
        Cell::Date(days) => instant::print_date(*days),
        Cell::Time(millis) => instant::print(*millis),
        Cell::Zoned(millis) => instant::print(*millis) + " UTC",
        Cell::Double(_) | Cell::List(_) => return None,
    })
}

fn to_text<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    match &of[0] {
        Cell::Json(json) => match json_value(json)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(Cell::Text(text.into()))),
            scalar @ (Value::Bool(_) | Value::Number(_)) => Ok(Some(Cell::Text(scalar.to_string().into()))),
            Value::Array(_) | Value::Object(_) => cannot(&of[0], "varchar"),
        },
        other => Ok(printed(other).map(|text| Cell::Text(text.into()))),
    }
}

fn json_value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|_| format!("Cannot convert value to JSON: '{text}'"))
}

/// The value that a scalar of JSON is cast as; `None` for null.
fn of_json<'c>(of: &Cell<'c>) -> Result<Option<Cell<'c>>, String> {
    let Cell::Json(json) = of else { return Ok(Some(of.clone())) };
    Ok(match json_value(json)? {
        Value::Null => None,
        Value::Bool(value) => Some(Cell::Bool(value)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Some(Cell::Int(number)),
            None => number.as_f64().map(Cell::Double),
        },
        Value::String(text) => Some(Cell::Text(text.into())),
        Value::Array(_) | Value::Object(_) => return Err(format!("Cannot cast '{json}'")),
    })
}

/// What is between two whole numbers goes to the nearer one, and half away from zero.
fn to_int<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let Some(value) = of_json(&of[0])? else { return Ok(None) };
    let number = match &value {
        Cell::Int(number) => Some(*number),
        Cell::Bool(value) => Some(i64::from(*value)),
        Cell::Text(text) => text.parse().ok(),
        Cell::Double(number) => whole(number.round()),
        _ => None,
    };
    match number {
        Some(number) => Ok(Some(Cell::Int(number))),
        None => cannot(&of[0], "bigint"),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is looked at")]
fn whole(number: f64) -> Option<i64> {
    (number >= i64::MIN as f64 && number < i64::MAX as f64).then_some(number as i64)
}

fn to_integer<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    match to_int(of)? {
        Some(Cell::Int(number)) if i32::try_from(number).is_err() => Err(format!("Out of range for integer: {number}")),
        made => Ok(made),
    }
}

fn to_double<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let Some(value) = of_json(&of[0])? else { return Ok(None) };
    let number = match &value {
        Cell::Double(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "as Trino casts")]
        Cell::Int(number) => Some(*number as f64),
        Cell::Bool(value) => Some(f64::from(u8::from(*value))),
        Cell::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) => Ok(Some(Cell::Double(number))),
        None => cannot(&of[0], "double"),
    }
}

fn to_bool<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let Some(value) = of_json(&of[0])? else { return Ok(None) };
    let truth = match &value {
        Cell::Bool(value) => Some(*value),
        Cell::Int(number) => Some(*number != 0),
        Cell::Double(number) => Some(*number != 0.0),
        Cell::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(true),
            "false" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    match truth {
        Some(value) => Ok(Some(Cell::Bool(value))),
        None => cannot(&of[0], "boolean"),
    }
}

fn to_date<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let days = match &of[0] {
        Cell::Date(days) => Some(*days),
        Cell::Time(millis) | Cell::Zoned(millis) => i32::try_from(millis.div_euclid(instant::DAY_MS)).ok(),
        other => instant::parse_date(text(other)),
    };
    match days {
        Some(days) => Ok(Some(Cell::Date(days))),
        None => cannot(&of[0], "date"),
    }
}

fn to_timestamp<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let millis = match &of[0] {
        Cell::Date(days) => Some(i64::from(*days) * instant::DAY_MS),
        Cell::Time(millis) | Cell::Zoned(millis) => Some(*millis),
        other => instant::parse(text(other)).map(|parsed| parsed.millis),
    };
    match millis {
        Some(millis) => Ok(Some(Cell::Time(millis))),
        None => cannot(&of[0], "timestamp"),
    }
}

fn to_json<'b>(of: &'b [Cell<'_>]) -> Made<'b> {
    let json = match &of[0] {
        Cell::Text(text) => Value::String(text.to_string()).to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Bool(value) => value.to_string(),
        other => text(other).to_owned(),
    };
    Ok(Some(Cell::Json(json.into())))
}
