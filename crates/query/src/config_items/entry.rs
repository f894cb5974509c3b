//! Entries of inventories as rows and columns.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    Array as _, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use lang::package_version::Package;
use serde_json::{Map, Value};

use super::row::{Row, no_tags};

/// The column that says what an entry is one of.
pub(super) const TYPE_NAME: &str = "type_name";
/// The column of what an entry calls itself.
pub(super) const NAME: &str = "name";
/// The type that says what a host is.
const INSTANCE_INFORMATION: &str = "AWS:InstanceInformation";

/// A column; the order is that of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Account,
    Region,
    InstanceId,
    Taken,
    IsManaged,
    TypeName,
    Version,
    FullVersion,
    Scheme,
    Attributes,
    /// An attribute of `AWS:InstanceInformation`, whatever the row's entry is.
    OfHost(&'static str, &'static str),
    /// An attribute of the entry.
    OfEntry(&'static str, &'static str),
}

/// The columns of both tables.
pub(super) static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |column: &Column| Field::new(column.name(), column.data_type(), column.is_optional());
    Arc::new(Schema::new(Column::ALL.iter().map(field).collect::<Vec<_>>()))
});

impl Column {
    pub(super) const ALL: [Self; 20] = [
        Self::Account,
        Self::Region,
        Self::InstanceId,
        Self::OfHost("computer_name", "ComputerName"),
        Self::OfHost("platform_name", "PlatformName"),
        Self::OfHost("platform_version", "PlatformVersion"),
        Self::IsManaged,
        Self::Taken,
        Self::TypeName,
        Self::OfEntry(NAME, "Name"),
        Self::Version,
        Self::FullVersion,
        Self::Scheme,
        Self::OfEntry("architecture", "Architecture"),
        Self::OfEntry("publisher", "Publisher"),
        Self::OfEntry("application_type", "ApplicationType"),
        Self::OfEntry("installed_time", "InstalledTime"),
        Self::OfEntry("package_id", "PackageId"),
        Self::OfEntry("summary", "Summary"),
        Self::Attributes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
            Self::InstanceId => "instance_id",
            Self::Taken => "taken",
            Self::IsManaged => "is_managed",
            Self::TypeName => TYPE_NAME,
            Self::Version => "version",
            Self::FullVersion => "full_version",
            Self::Scheme => "scheme",
            Self::Attributes => "attributes",
            Self::OfHost(name, _) | Self::OfEntry(name, _) => name,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Taken => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::IsManaged => DataType::Boolean,
            Self::Attributes => no_tags().finish().data_type().clone(),
            _ => DataType::Utf8,
        }
    }

    fn is_optional(self) -> bool {
        matches!(self, Self::Version | Self::FullVersion | Self::Scheme | Self::OfHost(..) | Self::OfEntry(..))
    }
}

/// The columns that are read, and of which entries.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    pub(super) columns: Vec<Column>,
    pub(super) schema: SchemaRef,
    /// The types that are wanted; all where none are said.
    pub(super) types: Option<BTreeSet<String>>,
    /// The names that are wanted, as well.
    pub(super) names: Option<BTreeSet<String>>,
}

/// An entry, and what it is one of.
struct Entry<'a> {
    host: &'a Host<'a>,
    type_name: &'a str,
    attributes: &'a Map<String, Value>,
}

/// A host's item, and what it holds.
struct Host<'a> {
    row: &'a Row,
    inventory: Map<String, Value>,
}

impl Projection {
    /// The entries of items.
    pub(super) fn batch(&self, items: &[Row]) -> RecordBatch {
        let hosts: Vec<Host<'_>> = items.iter().filter_map(|row| self.host(row)).collect();
        let entries: Vec<Entry<'_>> = hosts.iter().flat_map(|host| self.entries(host)).collect();
        let columns = self.columns.iter().map(|column| array(&entries, *column)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(entries.len()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .expect("the columns are those of the schema")
    }

    /// What an item holds; nothing where none of it can be wanted.
    fn host<'a>(&self, row: &'a Row) -> Option<Host<'a>> {
        let text = row.configuration()?;
        if self.names.as_ref().is_some_and(|names| !names.iter().any(|name| may_hold(text, name))) {
            return None;
        }
        let inventory = serde_json::from_str(text).ok()?;
        Some(Host { row, inventory })
    }

    fn entries<'a>(&'a self, host: &'a Host<'a>) -> impl Iterator<Item = Entry<'a>> {
        let parts = host.inventory.iter().filter(|(name, _)| is_wanted(self.types.as_ref(), Some(name)));
        let entries = parts.flat_map(move |(type_name, part)| {
            contents(part).map(move |attributes| Entry { host, type_name, attributes })
        });
        entries.filter(|entry| is_wanted(self.names.as_ref(), entry.get("Name")))
    }
}

/// Whether a value is one of those that are wanted.
fn is_wanted(wanted: Option<&BTreeSet<String>>, value: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| value.is_some_and(|value| wanted.contains(value)))
}

/// Whether a name can be in JSON: one of plain letters is there as it is, unless something there is escaped.
fn may_hold(json: &str, name: &str) -> bool {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+_-".contains(&byte));
    !is_plain || json.contains(name) || json.contains(r"\u")
}

/// The entries of a type: a list, or what is kept by a key.
fn contents(part: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let (list, keyed) = match &part["Content"] {
        Value::Array(list) => (Some(list), None),
        Value::Object(keyed) => (None, Some(keyed)),
        _ => (None, None),
    };
    let entries = list.into_iter().flatten().chain(keyed.into_iter().flat_map(Map::values));
    entries.filter_map(Value::as_object)
}

impl Entry<'_> {
    fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute)?.as_str()
    }

    /// The entry as a package, where it has a version.
    fn package(&self) -> Option<Package<'_>> {
        let get = |attribute| self.get(attribute).unwrap_or_default();
        Some(Package {
            version: self.get("Version")?,
            release: get("Release"),
            epoch: get("Epoch"),
            application_type: get("ApplicationType"),
            package_id: get("PackageId"),
        })
    }
}

impl Host<'_> {
    fn get(&self, attribute: &str) -> Option<&str> {
        contents(self.inventory.get(INSTANCE_INFORMATION)?).next()?.get(attribute)?.as_str()
    }
}

fn array(entries: &[Entry<'_>], column: Column) -> ArrayRef {
    match column {
        Column::Account => own(entries, |row| &row.account),
        Column::Region => own(entries, |row| &row.region),
        Column::InstanceId => own(entries, |row| &row.resource_id),
        Column::Taken => {
            let times = TimestampMillisecondArray::from_iter_values(entries.iter().map(|entry| entry.host.row.taken));
            Arc::new(times.with_timezone("UTC"))
        }
        Column::IsManaged => {
            Arc::new(entries.iter().map(|entry| Some(entry.host.row.is_managed())).collect::<BooleanArray>())
        }
        Column::TypeName => Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| entry.type_name))),
        Column::Version => texts(entries, |entry| entry.get("Version")),
        Column::FullVersion => texts(entries, |entry| entry.package().map(|package| package.full_version())),
        Column::Scheme => texts(entries, |entry| entry.package().map(|package| package.scheme().name())),
        Column::Attributes => attributes(entries),
        Column::OfHost(_, attribute) => texts(entries, |entry| entry.host.get(attribute)),
        Column::OfEntry(_, attribute) => texts(entries, |entry| entry.get(attribute)),
    }
}

fn own(entries: &[Entry<'_>], of: fn(&Row) -> &str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| of(entry.host.row))))
}

fn texts<'a, T: AsRef<str>>(entries: &'a [Entry<'a>], of: impl Fn(&'a Entry<'a>) -> Option<T>) -> ArrayRef {
    Arc::new(entries.iter().map(of).collect::<StringArray>())
}

fn attributes(entries: &[Entry<'_>]) -> ArrayRef {
    let mut maps = no_tags();
    for entry in entries {
        for (name, value) in entry.attributes {
            if let Some(value) = value.as_str() {
                maps.keys().append_value(name);
                maps.values().append_value(value);
            }
        }
        maps.append(true).expect("there are as many values as keys");
    }
    Arc::new(maps.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_looked_into_cannot_hold_the_name() {
        for (json, name, expected) in [
            (r#"{"Name":"openssl"}"#, "openssl", true),
            (r#"{"Name":"openssl"}"#, "bash", false),
            (r#"{"Name":"\u006fpenssl"}"#, "openssl", true),
            (r#"{"Name":"@acme\/tool"}"#, "@acme/tool", true),
            (r#"{"Name":"a\"b"}"#, "a\"b", true),
            (r#"{"Name":"libstdc++6"}"#, "libstdc++6", true),
        ] {
            assert_eq!(may_hold(json, name), expected, "{json} {name}");
        }
    }
}
