//! Columns of statements, made of the store's columns and of what records say.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, MapBuilder, RecordBatch,
    RecordBatchOptions, StringArray, StringBuilder, StructArray, TimestampMillisecondArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::error::ArrowError;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use store::lake_event::LakeColumn;

use super::columns::{Column, From, IDENTITY, Member, Shape, fields};
use super::functions::instant;
use super::functions::lists::map_names;
use super::statement::Uses;

/// How the columns of a scan are made.
#[derive(Debug)]
pub struct Plan {
    columns: Vec<(&'static Column, Made)>,
    /// What is read of the store, in this order.
    pub stored: Vec<LakeColumn>,
    /// Members of records that are read.
    members: Vec<&'static str>,
    schema: SchemaRef,
}

/// How one column is made.
#[derive(Debug)]
enum Made {
    /// It is the store's, at this place.
    Stored(usize),
    /// It is in a member of the record, at this place among those that are read.
    Member(usize),
    /// Its members are the store's, at these places; others are not asked for.
    Members(Vec<Option<usize>>),
    Checksum,
}

impl Plan {
    /// How to make these columns, of whose members a statement uses these.
    pub fn of(columns: &[&'static Column], uses: &Uses, schema: SchemaRef) -> Self {
        let mut plan = Self { columns: Vec::new(), stored: Vec::new(), members: Vec::new(), schema };
        for column in columns {
            let made = match column.from {
                From::Flat(stored) => Made::Stored(plan.store(stored)),
                From::Checksum => {
                    plan.store(LakeColumn::EventJson);
                    Made::Checksum
                }
                From::Record(path) => plan.member(path[0]),
                From::Identity => match (column.shape, uses.members(column.name)) {
                    (Shape::Row(members), Some(used)) if are_stored(used) => {
                        Made::Members(members.iter().map(|member| plan.identity(member, used)).collect())
                    }
                    _ => plan.member("userIdentity"),
                },
            };
            plan.columns.push((column, made));
        }
        plan
    }

    fn store(&mut self, column: LakeColumn) -> usize {
        let found = self.stored.iter().position(|stored| *stored == column);
        found.unwrap_or_else(|| {
            self.stored.push(column);
            self.stored.len() - 1
        })
    }

    fn member(&mut self, name: &'static str) -> Made {
        self.store(LakeColumn::EventJson);
        let found = self.members.iter().position(|member| *member == name);
        Made::Member(found.unwrap_or_else(|| {
            self.members.push(name);
            self.members.len() - 1
        }))
    }

    fn identity(&mut self, member: &Member, used: &BTreeSet<String>) -> Option<usize> {
        let (_, stored) = IDENTITY.iter().find(|(name, _)| *name == member.name && used.contains(*name))?;
        Some(self.store(*stored))
    }

    /// The columns of a batch of the store.
    ///
    /// # Errors
    /// The store's columns have other types than they should.
    pub fn rows(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let count = batch.num_rows();
        let json = self.stored.iter().position(|stored| *stored == LakeColumn::EventJson);
        let json = json.map(|place| cast(batch.column(place), &DataType::Utf8)).transpose()?;
        let records = json.as_ref().map(|json| json.as_string::<i32>());
        let read = |row: usize| match records {
            Some(records) if !self.members.is_empty() && records.is_valid(row) => {
                members(records.value(row), &self.members)
            }
            _ => vec![None; self.members.len()],
        };
        let read: Vec<Vec<Option<&RawValue>>> = (0..count).map(read).collect();
        let columns = self.columns.iter().map(|(column, made)| {
            Ok(match made {
                Made::Stored(place) => cast(batch.column(*place), &column.shape.data_type())?,
                Made::Member(place) => of_record(column, &read.iter().map(|row| row[*place]).collect::<Vec<_>>()),
                Made::Members(places) => identity(column, batch, places)?,
                Made::Checksum => checksums(records, count),
            })
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)
    }
}

fn are_stored(used: &BTreeSet<String>) -> bool {
    used.iter().all(|used| IDENTITY.iter().any(|(name, _)| name == used))
}

/// The values of some members of a record.
fn members<'r>(record: &'r str, wanted: &[&str]) -> Vec<Option<&'r RawValue>> {
    let mut found = vec![None; wanted.len()];
    let mut deserializer = serde_json::Deserializer::from_str(record);
    // A record that is not JSON to its end has what stands before.
    let _ = Members { wanted, found: &mut found }.deserialize(&mut deserializer);
    found
}

struct Members<'w, 'r> {
    wanted: &'w [&'w str],
    found: &'w mut Vec<Option<&'r RawValue>>,
}

impl<'r> DeserializeSeed<'r> for Members<'_, 'r> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'r>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'r> Visitor<'r> for Members<'_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'r, str>>()? {
            match self.wanted.iter().position(|wanted| *wanted == name) {
                Some(place) => self.found[place] = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn of_record(column: &Column, found: &[Option<&RawValue>]) -> ArrayRef {
    let path = match column.from {
        From::Record(path) => &path[1..],
        _ => &[],
    };
    if let (Shape::Map, []) = (column.shape, path) {
        return maps(found.iter().map(|found| found.map(RawValue::get)));
    }
    let values: Vec<Option<Value>> =
        found.iter().map(|found| found.and_then(|found| serde_json::from_str(found.get()).ok())).collect();
    let at: Vec<Option<&Value>> =
        values.iter().map(|value| value.as_ref().and_then(|value| follow(value, path))).collect();
    build(column.shape, &at)
}

fn follow<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |at, name| at.get(name))
}

/// Objects as maps, without parsing what is nested in them.
fn maps<'r>(objects: impl Iterator<Item = Option<&'r str>>) -> ArrayRef {
    let mut made = MapBuilder::new(Some(map_names()), StringBuilder::new(), StringBuilder::new());
    for object in objects {
        let members = object.and_then(object_members);
        for (name, value) in members.iter().flatten() {
            made.keys().append_value(name);
            match value.get() {
                "null" => made.values().append_null(),
                text if text.starts_with('"') => {
                    made.values().append_option(serde_json::from_str::<Cow<'_, str>>(text).ok());
                }
                json => made.values().append_value(json),
            }
        }
        made.append(members.is_some()).expect("each key has a value");
    }
    Arc::new(made.finish())
}

fn object_members(object: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct All;
    impl<'r> Visitor<'r> for All {
        type Value = Vec<(Cow<'r, str>, &'r RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(object).deserialize_map(All).ok()
}

fn identity(column: &Column, batch: &RecordBatch, places: &[Option<usize>]) -> Result<ArrayRef, ArrowError> {
    let Shape::Row(members) = column.shape else {
        return Err(ArrowError::SchemaError(format!("{} is no row", column.name)));
    };
    let arrays = members.iter().zip(places).map(|(member, place)| match place {
        Some(place) => cast(batch.column(*place), &member.shape.data_type()),
        None => Ok(build(member.shape, &vec![None; batch.num_rows()])),
    });
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(fields(members), arrays, None, batch.num_rows())?))
}

fn checksums(records: Option<&StringArray>, count: usize) -> ArrayRef {
    let sums = (0..count).map(|row| {
        let record = records.filter(|records| records.is_valid(row))?.value(row);
        Some(STANDARD.encode(Sha256::digest(record.as_bytes())))
    });
    Arc::new(sums.collect::<StringArray>())
}

/// A column of values.
fn build(shape: Shape, values: &[Option<&Value>]) -> ArrayRef {
    match shape {
        Shape::Text => Arc::new(values.iter().map(|value| value.and_then(text)).collect::<StringArray>()),
        Shape::Time => {
            let millis = |value: &Value| value.as_str().and_then(instant::parse).map(|parsed| parsed.millis);
            Arc::new(values.iter().map(|value| value.and_then(millis)).collect::<TimestampMillisecondArray>())
        }
        Shape::Bigint => Arc::new(values.iter().map(|value| value.and_then(Value::as_i64)).collect::<Int64Array>()),
        Shape::Double => Arc::new(values.iter().map(|value| value.and_then(Value::as_f64)).collect::<Float64Array>()),
        Shape::Bool => Arc::new(values.iter().map(|value| value.and_then(truth)).collect::<BooleanArray>()),
        Shape::Map => {
            let objects: Vec<_> = values.iter().map(|value| value.map(Value::to_string)).collect();
            maps(objects.iter().map(|object| object.as_deref()))
        }
        Shape::List(item) => {
            let lists: Vec<_> = values.iter().map(|value| value.and_then(Value::as_array)).collect();
            let items: Vec<_> = lists.iter().flatten().flat_map(|list| list.iter().map(Some)).collect();
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, Vec::len)));
            let nulls: NullBuffer = lists.iter().map(Option::is_some).collect();
            let field = Arc::new(Field::new_list_field(item.data_type(), true));
            Arc::new(ListArray::new(field, offsets, build(*item, &items), Some(nulls)))
        }
        Shape::Row(members) => {
            let objects: Vec<_> = values.iter().map(|value| value.filter(|value| value.is_object())).collect();
            let arrays = members.iter().map(|member| {
                let children: Vec<_> =
                    objects.iter().map(|object| object.and_then(|object| child(object, member))).collect();
                build(member.shape, &children)
            });
            let arrays = arrays.collect();
            let nulls: NullBuffer = objects.iter().map(Option::is_some).collect();
            Arc::new(
                StructArray::try_new_with_length(fields(members), arrays, Some(nulls), values.len())
                    .expect("there is an array of the same length for each member"),
            )
        }
    }
}

fn child<'v>(object: &'v Value, member: &Member) -> Option<&'v Value> {
    if !member.path.is_empty() {
        return follow(object, member.path);
    }
    let members = object.as_object()?;
    members.iter().find(|(name, _)| name.eq_ignore_ascii_case(member.name)).map(|(_, value)| value)
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
