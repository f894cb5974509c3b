//! Functions that make one value of the values of a row; null when any of them is.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float64Builder, Int32Builder, Int64Builder,
    LargeStringBuilder, ListBuilder, StringBuilder, TimestampMillisecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::{DataFusionError, Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// A type of Trino.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `varchar`
    Text,
    /// `json`: its text. No other type is kept as long text.
    Json,
    /// `varchar` or `json`
    TextOrJson,
    /// `bigint`; of smaller integers too
    Bigint,
    /// `integer`, as a result
    Integer,
    /// `double`; of integers too
    Double,
    /// `bigint` or `double`
    Number,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `timestamp(3)`
    Timestamp,
    /// `timestamp(3) with time zone`, in UTC
    ZonedTimestamp,
    /// `timestamp(3)` with or without a zone
    AnyTimestamp,
    /// `date` or a timestamp
    Instant,
    /// Any of these
    OneOf(&'static [Kind]),
    /// `array(varchar)`, as a result
    TextList,
    /// The type of the argument at this place, as a result
    Like(usize),
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// The text of JSON.
    Json(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// Days since the epoch.
    Date(i32),
    /// Milliseconds since the epoch.
    Time(i64),
    /// The same, with a zone.
    Zoned(i64),
    /// Texts.
    List(Vec<String>),
}

/// What a function makes of a row's values, none of which is null.
pub type Run = for<'a, 'b> fn(&'b [Cell<'a>]) -> Result<Option<Cell<'b>>, String>;

/// A function.
#[derive(Clone, Debug)]
pub struct ByRow {
    name: &'static str,
    takes: &'static [Kind],
    /// How many of the last may be missing.
    optional: usize,
    gives: Kind,
    run: Run,
    on_error: OnError,
    signature: Signature,
}

/// What becomes of a value that a function cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnError {
    Fail,
    Null,
}

impl PartialEq for ByRow {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ByRow {}

impl Hash for ByRow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A function that fails on what it cannot take.
pub fn by_row(name: &'static str, takes: &'static [Kind], optional: usize, gives: Kind, run: Run) -> ScalarUDF {
    let (signature, on_error) = (Signature::user_defined(Volatility::Immutable), OnError::Fail);
    ScalarUDF::new_from_impl(ByRow { name, takes, optional, gives, run, on_error, signature })
}

/// A function of one value that makes null of what it cannot take.
pub fn by_row_or_null(name: &'static str, takes: &'static [Kind], gives: Kind, run: Run) -> ScalarUDF {
    let (signature, on_error) = (Signature::user_defined(Volatility::Immutable), OnError::Null);
    ScalarUDF::new_from_impl(ByRow { name, takes, optional: 0, gives, run, on_error, signature })
}

/// `timestamp(3)`
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, None)
}

/// `timestamp(3) with time zone`
pub fn zoned_timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()))
}

impl Kind {
    /// The type that a value of a type is taken as; `None` when it is not taken.
    pub fn takes(self, given: &DataType) -> Option<DataType> {
        let integer = given.is_integer();
        let text = matches!(given, DataType::Utf8 | DataType::Utf8View);
        let json = matches!(given, DataType::LargeUtf8);
        let double = matches!(given, DataType::Float64 | DataType::Float32 | DataType::Decimal128(..));
        let date = matches!(given, DataType::Date32);
        let taken = match (self, given) {
            (Self::OneOf(kinds), _) => return kinds.iter().find_map(|kind| kind.takes(given)),
            (kind, DataType::Null) => kind.data_type(&[]),
            (Self::Text | Self::TextOrJson, _) if text => DataType::Utf8,
            (Self::Json | Self::TextOrJson, _) if json => DataType::LargeUtf8,
            (Self::Bigint | Self::Number, _) if integer => DataType::Int64,
            (Self::Double, _) if integer || double => DataType::Float64,
            (Self::Number, _) if double => DataType::Float64,
            (Self::Boolean, DataType::Boolean) => DataType::Boolean,
            (Self::Date | Self::Instant, _) if date => DataType::Date32,
            (Self::Timestamp | Self::AnyTimestamp | Self::Instant, DataType::Timestamp(_, None)) => timestamp(),
            (Self::ZonedTimestamp | Self::AnyTimestamp | Self::Instant, DataType::Timestamp(_, Some(_))) => {
                zoned_timestamp()
            }
            _ => return None,
        };
        Some(taken)
    }

    /// The type of a result, given the arguments'.
    fn data_type(self, arguments: &[DataType]) -> DataType {
        match self {
            Self::Text | Self::TextOrJson => DataType::Utf8,
            Self::OneOf(kinds) => kinds.first().map_or(DataType::Null, |kind| kind.data_type(arguments)),
            Self::Json => DataType::LargeUtf8,
            Self::Bigint | Self::Number => DataType::Int64,
            Self::Integer => DataType::Int32,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp | Self::AnyTimestamp | Self::Instant => timestamp(),
            Self::ZonedTimestamp => zoned_timestamp(),
            Self::TextList => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            Self::Like(at) => arguments.get(at).cloned().unwrap_or(DataType::Null),
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Text => "varchar",
            Self::Json => "json",
            Self::TextOrJson => "varchar or json",
            Self::Bigint => "bigint",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Number => "bigint or double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::ZonedTimestamp => "timestamp with time zone",
            Self::AnyTimestamp => "timestamp",
            Self::Instant => "date or timestamp",
            Self::OneOf(_) => "scalar",
            Self::TextList => "array(varchar)",
            Self::Like(_) => "any",
        }
    }
}

/// What Trino calls a type.
pub fn told(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::LargeUtf8 => "json".to_owned(),
        DataType::Int64 | DataType::UInt64 => "bigint".to_owned(),
        kind if kind.is_integer() => "integer".to_owned(),
        DataType::Float64 | DataType::Float32 | DataType::Decimal128(..) => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(_, None) => "timestamp(3)".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamp(3) with time zone".to_owned(),
        DataType::List(item) => format!("array({})", told(item.data_type())),
        DataType::Map(..) => "map(varchar, varchar)".to_owned(),
        DataType::Struct(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{} {}", field.name(), told(field.data_type()))).collect();
            format!("row({})", fields.join(", "))
        }
        DataType::Null => "unknown".to_owned(),
        DataType::Interval(_) => "interval".to_owned(),
        other => other.to_string(),
    }
}

impl ScalarUDFImpl for ByRow {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let counts = (self.takes.len() - self.optional)..=self.takes.len();
        let taken: Option<Vec<_>> = given.iter().zip(self.takes).map(|(given, kind)| kind.takes(given)).collect();
        match taken.filter(|_| counts.contains(&given.len())) {
            Some(taken) => Ok(taken),
            None => {
                let given: Vec<_> = given.iter().map(told).collect();
                let expected: Vec<_> = self.takes.iter().map(|kind| kind.told()).collect();
                let name = self.name.trim_start_matches("trino_");
                plan_err!(
                    "Unexpected parameters ({}) for function {name}. Expected: {name}({})",
                    given.join(", "),
                    expected.join(", ")
                )
            }
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(self.gives.data_type(arguments))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let is_constant = args.args.iter().all(|of| matches!(of, ColumnarValue::Scalar(_)));
        let columns = args.args.into_iter().map(|of| of.into_array(if is_constant { 1 } else { rows }));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let count = if is_constant { 1 } else { rows };
        let mut made = Made::new(args.return_field.data_type(), count)?;
        let mut cells = Vec::with_capacity(columns.len());
        for row in 0..count {
            cells.clear();
            for column in &columns {
                match cell(column, row)? {
                    Some(value) => cells.push(value),
                    None => break,
                }
            }
            let value = match cells.len() == columns.len() {
                true => match ((self.run)(&cells), self.on_error) {
                    (Ok(value), _) => value,
                    (Err(_), OnError::Null) => None,
                    (Err(reason), OnError::Fail) => return Err(DataFusionError::Execution(reason)),
                },
                false => None,
            };
            made.push(value)?;
        }
        let made = made.finish();
        match is_constant {
            true => Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&made, 0)?)),
            false => Ok(ColumnarValue::Array(made)),
        }
    }
}

/// The value of a row, if it is not null.
pub fn cell(column: &ArrayRef, row: usize) -> Result<Option<Cell<'_>>> {
    if column.is_null(row) {
        return Ok(None);
    }
    let column = column.as_ref();
    Ok(Some(match column.data_type() {
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).into()),
        DataType::LargeUtf8 => Cell::Json(column.as_string::<i64>().value(row).into()),
        DataType::Utf8View => Cell::Text(column.as_string_view().value(row).into()),
        DataType::Int64 => Cell::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Int32 => Cell::Int(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Float64 => Cell::Double(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Cell::Bool(column.as_boolean().value(row)),
        DataType::Date32 => Cell::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            if zone.is_some() { Cell::Zoned(millis) } else { Cell::Time(millis) }
        }
        other => return exec_err!("a value of type {other} was not expected"),
    }))
}

/// A column in the making.
enum Made {
    Text(StringBuilder),
    Json(LargeStringBuilder),
    Bigint(Int64Builder),
    Integer(Int32Builder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Time(TimestampMillisecondBuilder),
    List(ListBuilder<StringBuilder>),
}

impl Made {
    fn new(kind: &DataType, rows: usize) -> Result<Self> {
        Ok(match kind {
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::LargeUtf8 => Self::Json(LargeStringBuilder::new()),
            DataType::Int64 => Self::Bigint(Int64Builder::with_capacity(rows)),
            DataType::Int32 => Self::Integer(Int32Builder::with_capacity(rows)),
            DataType::Float64 => Self::Double(Float64Builder::with_capacity(rows)),
            DataType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Date32 => Self::Date(Date32Builder::with_capacity(rows)),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                Self::Time(TimestampMillisecondBuilder::with_capacity(rows).with_data_type(kind.clone()))
            }
            DataType::List(_) => Self::List(ListBuilder::new(StringBuilder::new())),
            other => return exec_err!("no function gives values of type {other}"),
        })
    }

    fn push(&mut self, value: Option<Cell<'_>>) -> Result<()> {
        match (self, value) {
            (Self::Text(made), Some(Cell::Text(text) | Cell::Json(text))) => made.append_value(text),
            (Self::Text(made), None) => made.append_null(),
            (Self::Json(made), Some(Cell::Text(text) | Cell::Json(text))) => made.append_value(text),
            (Self::Json(made), None) => made.append_null(),
            (Self::Bigint(made), Some(Cell::Int(number))) => made.append_value(number),
            (Self::Bigint(made), None) => made.append_null(),
            (Self::Integer(made), Some(Cell::Int(number))) => match i32::try_from(number) {
                Ok(number) => made.append_value(number),
                Err(_) => return exec_err!("Out of range for integer: {number}"),
            },
            (Self::Integer(made), None) => made.append_null(),
            (Self::Double(made), Some(Cell::Double(number))) => made.append_value(number),
            (Self::Double(made), None) => made.append_null(),
            (Self::Boolean(made), Some(Cell::Bool(value))) => made.append_value(value),
            (Self::Boolean(made), None) => made.append_null(),
            (Self::Date(made), Some(Cell::Date(days))) => made.append_value(days),
            (Self::Date(made), None) => made.append_null(),
            (Self::Time(made), Some(Cell::Time(millis) | Cell::Zoned(millis))) => made.append_value(millis),
            (Self::Time(made), None) => made.append_null(),
            (Self::List(made), Some(Cell::List(texts))) => made.append_value(texts.into_iter().map(Some)),
            (Self::List(made), None) => made.append_null(),
            (_, Some(value)) => return exec_err!("a function gave {value:?}, which is not of its type"),
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut made) => Arc::new(made.finish()),
            Self::Json(mut made) => Arc::new(made.finish()),
            Self::Bigint(mut made) => Arc::new(made.finish()),
            Self::Integer(mut made) => Arc::new(made.finish()),
            Self::Double(mut made) => Arc::new(made.finish()),
            Self::Boolean(mut made) => Arc::new(made.finish()),
            Self::Date(mut made) => Arc::new(made.finish()),
            Self::Time(mut made) => Arc::new(made.finish()),
            Self::List(mut made) => Arc::new(made.finish()),
        }
    }
}

/// The text of a value that is one.
pub fn text<'b>(cell: &'b Cell<'_>) -> &'b str {
    match cell {
        Cell::Text(text) | Cell::Json(text) => text,
        _ => "",
    }
}

/// The number of a value that is a whole one.
pub fn int(cell: &Cell<'_>) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        _ => 0,
    }
}

/// The number of a value that is one.
pub fn double(cell: &Cell<'_>) -> f64 {
    match cell {
        Cell::Double(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "as Trino casts")]
        Cell::Int(number) => *number as f64,
        _ => 0.0,
    }
}
