//! Functions of lists and maps.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Int64Builder, LargeStringBuilder, ListArray, ListBuilder, MapArray,
    MapBuilder, MapFieldNames, StringBuilder, UInt64Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use serde_json::Value;

use super::cast::printed;
use super::row::{Cell, Kind, cell, told};

/// All of them.
pub fn functions() -> Vec<ScalarUDF> {
    use Function as F;
    let all = [
        F::ElementAt,
        F::Subscript,
        F::Cardinality,
        F::MapKeys,
        F::MapValues,
        F::MapEntries,
        F::Contains,
        F::ArrayJoin,
        F::Cast(Container::JsonArray, Failing::Fails),
        F::Cast(Container::TextArray, Failing::Fails),
        F::Cast(Container::JsonMap, Failing::Fails),
        F::Cast(Container::TextMap, Failing::Fails),
        F::Cast(Container::JsonArray, Failing::IsNull),
        F::Cast(Container::TextArray, Failing::IsNull),
        F::Cast(Container::JsonMap, Failing::IsNull),
        F::Cast(Container::TextMap, Failing::IsNull),
    ];
    let signature = || Signature::user_defined(Volatility::Immutable);
    all.into_iter().map(|of| ScalarUDF::new_from_impl(OfLists { of, signature: signature() })).collect()
}

/// What UNNEST makes of a map: its entries as a list.
pub fn map_entries() -> ScalarUDF {
    ScalarUDF::new_from_impl(OfLists {
        of: Function::MapEntries,
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Function {
    ElementAt,
    Subscript,
    Cardinality,
    MapKeys,
    MapValues,
    MapEntries,
    Contains,
    ArrayJoin,
    Cast(Container, Failing),
}

/// What JSON is cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Container {
    JsonArray,
    TextArray,
    JsonMap,
    TextMap,
}

/// What becomes of JSON that is something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Failing {
    Fails,
    IsNull,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfLists {
    of: Function,
    signature: Signature,
}

/// `map(varchar, …)`
fn map_of(value: DataType) -> DataType {
    let names = map_names();
    let key = Field::new(names.key, DataType::Utf8, false);
    let fields = Fields::from(vec![key, Field::new(names.value, value, true)]);
    DataType::Map(Arc::new(Field::new(names.entry, DataType::Struct(fields), false)), false)
}

/// The names of a map's parts, the same everywhere.
pub fn map_names() -> MapFieldNames {
    MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() }
}

/// `map(varchar, varchar)`
pub fn text_map() -> DataType {
    map_of(DataType::Utf8)
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

fn parts(map: &DataType) -> Option<(&Arc<Field>, &Arc<Field>)> {
    let DataType::Map(entries, _) = map else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    Some((fields.first()?, fields.get(1)?))
}

impl ScalarUDFImpl for OfLists {
    fn name(&self) -> &str {
        match self.of {
            Function::ElementAt => "trino_element_at",
            Function::Subscript => "trino_subscript",
            Function::Cardinality => "trino_cardinality",
            Function::MapKeys => "trino_map_keys",
            Function::MapValues => "trino_map_values",
            Function::MapEntries => "trino_map_entries",
            Function::Contains => "trino_contains",
            Function::ArrayJoin => "trino_array_join",
            Function::Cast(Container::JsonArray, Failing::Fails) => "trino_cast_array_json",
            Function::Cast(Container::TextArray, Failing::Fails) => "trino_cast_array_varchar",
            Function::Cast(Container::JsonMap, Failing::Fails) => "trino_cast_map_json",
            Function::Cast(Container::TextMap, Failing::Fails) => "trino_cast_map_varchar",
            Function::Cast(Container::JsonArray, Failing::IsNull) => "trino_try_cast_array_json",
            Function::Cast(Container::TextArray, Failing::IsNull) => "trino_try_cast_array_varchar",
            Function::Cast(Container::JsonMap, Failing::IsNull) => "trino_try_cast_map_json",
            Function::Cast(Container::TextMap, Failing::IsNull) => "trino_try_cast_map_varchar",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let is_list = matches!(given.first(), Some(DataType::List(_)));
        let is_map = given.first().is_some_and(|first| parts(first).is_some());
        let mut taken = vec![given.first().cloned().unwrap_or(DataType::Null)];
        let rest = match (self.of, given) {
            (Function::ElementAt | Function::Subscript, [_, index]) if is_list => {
                Kind::Bigint.takes(index).map(|of| vec![of])
            }
            (Function::ElementAt | Function::Subscript, [_, key]) if is_map => Kind::Text.takes(key).map(|of| vec![of]),
            (Function::Cardinality, [_]) if is_list || is_map => Some(Vec::new()),
            (Function::MapKeys | Function::MapValues | Function::MapEntries, [_]) if is_map => Some(Vec::new()),
            (Function::Contains, [DataType::List(item), wanted]) => {
                let kinds = &[Kind::Text, Kind::Bigint, Kind::Boolean, Kind::Date];
                let item = Kind::OneOf(kinds).takes(item.data_type());
                item.filter(|item| Kind::OneOf(kinds).takes(wanted).as_ref() == Some(item)).map(|item| {
                    taken[0] = list_of(item.clone());
                    vec![item]
                })
            }
            (Function::ArrayJoin, [DataType::List(item), texts @ ..]) if (1..=2).contains(&texts.len()) => {
                let kinds = &[Kind::Text, Kind::Bigint, Kind::Boolean, Kind::Instant];
                let item = Kind::OneOf(kinds).takes(item.data_type());
                let texts: Option<Vec<_>> = texts.iter().map(|of| Kind::Text.takes(of)).collect();
                item.and_then(|item| {
                    taken[0] = list_of(item);
                    texts
                })
            }
            (Function::Cast(..), [DataType::LargeUtf8]) => Some(Vec::new()),
            _ => None,
        };
        match rest {
            Some(rest) => Ok(taken.into_iter().chain(rest).collect()),
            None => {
                let given: Vec<_> = given.iter().map(told).collect();
                let name = self.name().trim_start_matches("trino_");
                plan_err!("Unexpected parameters ({}) for function {name}.", given.join(", "))
            }
        }
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        Ok(match (self.of, given) {
            (Function::ElementAt | Function::Subscript, [DataType::List(item), ..]) => item.data_type().clone(),
            (Function::ElementAt | Function::Subscript, [map, ..]) => value_type(map, |_, value| value)?,
            (Function::MapKeys, [map]) => list_of(value_type(map, |key, _| key)?),
            (Function::MapValues, [map]) => list_of(value_type(map, |_, value| value)?),
            (Function::MapEntries, [DataType::Map(entries, _)]) => {
                DataType::List(Arc::new(Field::new_list_field(entries.data_type().clone(), true)))
            }
            (Function::Cardinality, _) => DataType::Int64,
            (Function::Contains, _) => DataType::Boolean,
            (Function::ArrayJoin, _) => DataType::Utf8,
            (Function::Cast(Container::JsonArray, _), _) => list_of(DataType::LargeUtf8),
            (Function::Cast(Container::TextArray, _), _) => list_of(DataType::Utf8),
            (Function::Cast(Container::JsonMap, _), _) => map_of(DataType::LargeUtf8),
            (Function::Cast(Container::TextMap, _), _) => text_map(),
            _ => return plan_err!("Unexpected parameters for function {}", self.name()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let made: ArrayRef = match self.of {
            Function::ElementAt | Function::Subscript => element(&columns, self.of == Function::Subscript)?,
            Function::Cardinality => cardinality(&columns[0]),
            Function::MapKeys => list(&columns[0], args.return_field.data_type(), |map| map.keys().clone())?,
            Function::MapValues => list(&columns[0], args.return_field.data_type(), |map| map.values().clone())?,
            Function::MapEntries => {
                list(&columns[0], args.return_field.data_type(), |map| Arc::new(map.entries().clone()))?
            }
            Function::Contains => contains(&columns)?,
            Function::ArrayJoin => array_join(&columns)?,
            Function::Cast(container, failing) => cast(&columns[0], container, failing)?,
        };
        Ok(ColumnarValue::Array(made))
    }
}

fn value_type(map: &DataType, part: for<'f> fn(&'f Arc<Field>, &'f Arc<Field>) -> &'f Arc<Field>) -> Result<DataType> {
    match parts(map) {
        Some((key, value)) => Ok(part(key, value).data_type().clone()),
        None => plan_err!("{} is no map", told(map)),
    }
}

/// The value of a key, or the item of an index from 1, or from the end when it is negative. A subscript fails where
/// there is none; the function gives null.
fn element(columns: &[ArrayRef], fails: bool) -> Result<ArrayRef> {
    let (of, wanted) = (&columns[0], &columns[1]);
    let mut places: Vec<Option<u64>> = Vec::with_capacity(of.len());
    let values = match of.data_type() {
        DataType::Map(..) => {
            let map = of.as_map();
            for row in 0..map.len() {
                let found = match (map.is_null(row), cell(wanted, row)?) {
                    (false, Some(Cell::Text(key))) => {
                        let found = key_place(map, row, &key)?;
                        if found.is_none() && fails {
                            return exec_err!("Key not present in map: {key}");
                        }
                        found
                    }
                    _ => None,
                };
                places.push(found);
            }
            map.values().clone()
        }
        _ => {
            let list = of.as_list::<i32>();
            for row in 0..list.len() {
                let found = match (list.is_null(row), cell(wanted, row)?) {
                    (false, Some(Cell::Int(index))) => item_place(list, row, index, fails)?,
                    _ => None,
                };
                places.push(found);
            }
            list.values().clone()
        }
    };
    Ok(take(&values, &UInt64Array::from(places), None)?)
}

fn key_place(map: &MapArray, row: usize, key: &str) -> Result<Option<u64>> {
    let (start, end) = bounds(map.value_offsets(), row);
    for place in start..end {
        if let Some(Cell::Text(held)) = cell(map.keys(), place)?
            && held == key
        {
            return Ok(Some(place as u64));
        }
    }
    Ok(None)
}

fn item_place(list: &ListArray, row: usize, index: i64, fails: bool) -> Result<Option<u64>> {
    let (start, end) = bounds(list.value_offsets(), row);
    let count = i64::try_from(end - start).unwrap_or(i64::MAX);
    let place = match index {
        0 => return exec_err!("SQL array indices start at 1"),
        index if index > 0 => index - 1,
        _ if fails => return exec_err!("Array subscript is negative: {index}"),
        index => count + index,
    };
    match (0..count).contains(&place) {
        true => Ok(u64::try_from(place).ok().map(|place| start as u64 + place)),
        false if fails => {
            exec_err!("Array subscript must be less than or equal to array length: {index} > {count}")
        }
        false => Ok(None),
    }
}

fn bounds(offsets: &[i32], row: usize) -> (usize, usize) {
    let at = |place: usize| usize::try_from(offsets[place]).unwrap_or_default();
    (at(row), at(row + 1))
}

fn cardinality(of: &ArrayRef) -> ArrayRef {
    let offsets = match of.data_type() {
        DataType::Map(..) => of.as_map().value_offsets(),
        _ => of.as_list::<i32>().value_offsets(),
    };
    let mut made = Int64Builder::with_capacity(of.len());
    for row in 0..of.len() {
        let (start, end) = bounds(offsets, row);
        made.append_option((!of.is_null(row)).then(|| i64::try_from(end - start).unwrap_or(i64::MAX)));
    }
    Arc::new(made.finish())
}

/// A part of maps as lists.
fn list(of: &ArrayRef, kind: &DataType, part: impl FnOnce(&MapArray) -> ArrayRef) -> Result<ArrayRef> {
    let map = of.as_map();
    let DataType::List(item) = kind else { return exec_err!("a list was expected") };
    let made = ListArray::try_new(item.clone(), map.offsets().clone(), part(map), map.nulls().cloned())?;
    Ok(Arc::new(made))
}

/// Null when it is not found and something is null.
fn contains(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let list = columns[0].as_list::<i32>();
    let mut made = BooleanBuilder::with_capacity(list.len());
    for row in 0..list.len() {
        let wanted = cell(&columns[1], row)?.filter(|_| !list.is_null(row));
        let Some(wanted) = wanted else {
            made.append_null();
            continue;
        };
        let (start, end) = bounds(list.value_offsets(), row);
        let (mut found, mut null) = (false, false);
        for place in start..end {
            match cell(list.values(), place)? {
                Some(held) => found |= held == wanted,
                None => null = true,
            }
        }
        made.append_option((found || !null).then_some(found));
    }
    Ok(Arc::new(made.finish()))
}

/// What is null is left out, unless there is something to stand for it.
fn array_join(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let list = columns[0].as_list::<i32>();
    let mut made = StringBuilder::new();
    for row in 0..list.len() {
        let delimiter = cell(&columns[1], row)?.filter(|_| !list.is_null(row));
        let null = columns.get(2).map(|column| cell(column, row)).transpose()?;
        let (Some(Cell::Text(delimiter)), false) = (delimiter, matches!(null, Some(None))) else {
            made.append_null();
            continue;
        };
        let null = null.flatten().and_then(|of| printed(&of));
        let (start, end) = bounds(list.value_offsets(), row);
        let mut texts = Vec::with_capacity(end - start);
        for place in start..end {
            texts.extend(match cell(list.values(), place)? {
                Some(held) => printed(&held),
                None => null.clone(),
            });
        }
        made.append_value(texts.join(&delimiter));
    }
    Ok(Arc::new(made.finish()))
}

fn cast(of: &ArrayRef, to: Container, failing: Failing) -> Result<ArrayRef> {
    let mut made = match to {
        Container::JsonArray => Making::JsonArray(ListBuilder::new(LargeStringBuilder::new())),
        Container::TextArray => Making::TextArray(ListBuilder::new(StringBuilder::new())),
        Container::JsonMap => {
            Making::JsonMap(MapBuilder::new(Some(map_names()), StringBuilder::new(), LargeStringBuilder::new()))
        }
        Container::TextMap => {
            Making::TextMap(MapBuilder::new(Some(map_names()), StringBuilder::new(), StringBuilder::new()))
        }
    };
    for row in 0..of.len() {
        let json = cell(of, row)?;
        let value = match &json {
            Some(Cell::Json(text)) => serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_null()),
            _ => None,
        };
        match (made.push(value), failing) {
            (Ok(()), _) => {}
            (Err(_), Failing::IsNull) => made.push(None).map_err(DataFusionError::Execution)?,
            (Err(reason), Failing::Fails) => return Err(DataFusionError::Execution(reason)),
        }
    }
    made.finish()
}

/// Lists or maps in the making.
enum Making {
    JsonArray(ListBuilder<LargeStringBuilder>),
    TextArray(ListBuilder<StringBuilder>),
    JsonMap(MapBuilder<StringBuilder, LargeStringBuilder>),
    TextMap(MapBuilder<StringBuilder, StringBuilder>),
}

impl Making {
    fn push(&mut self, value: Option<Value>) -> Result<(), String> {
        let arrow = |error: datafusion::arrow::error::ArrowError| error.to_string();
        match (self, value) {
            (Self::JsonArray(made), Some(Value::Array(items))) => {
                made.append_value(items.iter().map(|item| Some(item.to_string())));
            }
            (Self::JsonArray(made), None) => made.append_null(),
            (Self::TextArray(made), Some(Value::Array(items))) => {
                let texts = items.iter().map(scalar_text).collect::<Result<Vec<_>, _>>()?;
                made.append_value(texts);
            }
            (Self::TextArray(made), None) => made.append_null(),
            (Self::JsonMap(made), Some(Value::Object(members))) => {
                for (name, value) in &members {
                    made.keys().append_value(name);
                    made.values().append_value(value.to_string());
                }
                made.append(true).map_err(arrow)?;
            }
            (Self::JsonMap(made), None) => made.append(false).map_err(arrow)?,
            (Self::TextMap(made), Some(Value::Object(members))) => {
                let texts = members.values().map(scalar_text).collect::<Result<Vec<_>, _>>()?;
                for (name, text) in members.keys().zip(texts) {
                    made.keys().append_value(name);
                    made.values().append_option(text);
                }
                made.append(true).map_err(arrow)?;
            }
            (Self::TextMap(made), None) => made.append(false).map_err(arrow)?,
            (_, Some(value)) => return Err(format!("Cannot cast '{value}'")),
        }
        Ok(())
    }

    fn finish(self) -> Result<ArrayRef> {
        Ok(match self {
            Self::JsonArray(mut made) => Arc::new(made.finish()),
            Self::TextArray(mut made) => Arc::new(made.finish()),
            Self::JsonMap(mut made) => Arc::new(made.finish()),
            Self::TextMap(mut made) => Arc::new(made.finish()),
        })
    }
}

fn scalar_text(value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => Err(format!("Cannot cast '{value}' to varchar")),
    }
}
