//! Values as `GetQueryResults` has them: texts, as Trino prints them (cloudtrail.md §7.3).

use std::fmt::Write as _;

use datafusion::arrow::array::types::{Float64Type, Int64Type, TimestampMillisecondType};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, TimeUnit};
use datafusion::arrow::error::ArrowError;

use super::functions::instant;

/// A row: the values of its columns, none where one is null.
pub type LakeRow = Vec<Option<String>>;

/// The rows of a batch.
///
/// # Errors
/// A column has a type that cannot be printed.
pub fn rows(batch: &RecordBatch) -> Result<Vec<LakeRow>, ArrowError> {
    let columns = batch.columns().iter().map(printable).collect::<Result<Vec<_>, _>>()?;
    let row = |row: usize| {
        let cells = columns.iter().map(|column| {
            if column.is_null(row) {
                return Ok(None);
            }
            let mut text = String::new();
            print(column.as_ref(), row, &mut text)?;
            Ok(Some(text))
        });
        cells.collect::<Result<LakeRow, ArrowError>>()
    };
    (0..batch.num_rows()).map(row).collect()
}

/// The column as one of the types that are printed.
fn printable(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let as_kind = |kind| cast(column, &kind);
    match column.data_type() {
        DataType::Utf8View | DataType::LargeUtf8 => as_kind(DataType::Utf8),
        kind if kind.is_integer() => as_kind(DataType::Int64),
        DataType::Float32 | DataType::Decimal128(..) => as_kind(DataType::Float64),
        DataType::Timestamp(unit, zone) if *unit != TimeUnit::Millisecond => {
            as_kind(DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))
        }
        _ => Ok(column.clone()),
    }
}

fn print(column: &dyn Array, row: usize, out: &mut String) -> Result<(), ArrowError> {
    if column.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match column.data_type() {
        DataType::Utf8 => out.push_str(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(column.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(column.as_string_view().value(row)),
        DataType::Boolean => drop(write!(out, "{}", column.as_boolean().value(row))),
        DataType::Int64 => drop(write!(out, "{}", column.as_primitive::<Int64Type>().value(row))),
        DataType::Float64 => out.push_str(&double(column.as_primitive::<Float64Type>().value(row))),
        DataType::Date32 => out.push_str(&instant::print_date(column.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            out.push_str(&instant::print(column.as_primitive::<TimestampMillisecondType>().value(row)));
            out.push_str(if zone.is_some() { " UTC" } else { "" });
        }
        DataType::List(_) => {
            let items = printable(&column.as_list::<i32>().value(row))?;
            out.push('[');
            for at in 0..items.len() {
                out.push_str(if at > 0 { ", " } else { "" });
                print(items.as_ref(), at, out)?;
            }
            out.push(']');
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let (keys, values) = (printable(entries.column(0))?, printable(entries.column(1))?);
            out.push('{');
            for at in 0..keys.len() {
                out.push_str(if at > 0 { ", " } else { "" });
                print(keys.as_ref(), at, out)?;
                out.push('=');
                print(values.as_ref(), at, out)?;
            }
            out.push('}');
        }
        DataType::Struct(fields) => {
            out.push('{');
            for (at, (field, member)) in fields.iter().zip(column.as_struct().columns()).enumerate() {
                let _ = write!(out, "{}{}=", if at > 0 { ", " } else { "" }, field.name());
                print(printable(member)?.as_ref(), row, out)?;
            }
            out.push('}');
        }
        other => return Err(ArrowError::NotYetImplemented(format!("values of type {other} cannot be printed"))),
    }
    Ok(())
}

/// A number as Java prints it.
pub fn double(number: f64) -> String {
    let magnitude = number.abs();
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        format!("{number:?}")
    } else {
        let text = format!("{number:E}");
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::double;

    #[test]
    fn doubles_print_as_in_java() {
        let cases = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1234567.0, "1234567.0"),
            (12345678.0, "1.2345678E7"),
            (1e10, "1.0E10"),
            (f64::INFINITY, "Infinity"),
        ];
        for (number, text) in cases {
            assert_eq!(double(number), text);
        }
    }
}
