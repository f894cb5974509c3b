//! Items as rows and columns.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use base::Scope;
use datafusion::arrow::array::builder::{ListBuilder, MapBuilder, MapFieldNames, StringBuilder, StructBuilder};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::TimestampMillisecondType;
use datafusion::arrow::array::{
    Array as _, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, SchemaRef, TimeUnit};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::StoreError;

use super::NewestItem;

/// A column; the order is that of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Account,
    Region,
    ResourceType,
    ResourceId,
    Taken,
    AwsRegion,
    ResourceName,
    Arn,
    AvailabilityZone,
    Status,
    Created,
    Tags,
    Relationships,
    Configuration,
    SupplementaryConfiguration,
    Ended,
}

/// What a resource is related to.
static RELATIONSHIP: LazyLock<Fields> = LazyLock::new(|| {
    let field = |name: &str| Field::new(name, DataType::Utf8, true);
    ["resource_type", "resource_id", "resource_name", "relationship"].map(field).to_vec().into()
});

impl Column {
    pub(super) const ALL: [Self; 16] = [
        Self::Account,
        Self::Region,
        Self::ResourceType,
        Self::ResourceId,
        Self::Taken,
        Self::AwsRegion,
        Self::ResourceName,
        Self::Arn,
        Self::AvailabilityZone,
        Self::Status,
        Self::Created,
        Self::Tags,
        Self::Relationships,
        Self::Configuration,
        Self::SupplementaryConfiguration,
        Self::Ended,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Region => "region",
            Self::ResourceType => "resource_type",
            Self::ResourceId => "resource_id",
            Self::Taken => "taken",
            Self::AwsRegion => "aws_region",
            Self::ResourceName => "resource_name",
            Self::Arn => "arn",
            Self::AvailabilityZone => "availability_zone",
            Self::Status => "status",
            Self::Created => "created",
            Self::Tags => "tags",
            Self::Relationships => "relationships",
            Self::Configuration => "configuration",
            Self::SupplementaryConfiguration => "supplementary_configuration",
            Self::Ended => "ended",
        }
    }

    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Taken | Self::Created | Self::Ended => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::Tags => no_tags().finish().data_type().clone(),
            Self::Relationships => {
                DataType::List(Arc::new(Field::new_list_field(DataType::Struct(RELATIONSHIP.clone()), true)))
            }
            _ => DataType::Utf8,
        }
    }

    pub(super) fn is_optional(self) -> bool {
        matches!(
            self,
            Self::ResourceName | Self::Arn | Self::AvailabilityZone | Self::Created | Self::Configuration | Self::Ended
        )
    }

    /// Whether it is read from the item itself.
    pub(super) fn is_of_item(self) -> bool {
        !matches!(
            self,
            Self::Account | Self::Region | Self::ResourceType | Self::ResourceId | Self::Taken | Self::Ended
        )
    }
}

/// A column of maps without rows.
pub(super) fn no_tags() -> MapBuilder<StringBuilder, StringBuilder> {
    let names = MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new())
}

/// What the supplementary configuration of a host says that is not managed any more.
const UNMANAGED: &str = "Unmanaged";

/// An item.
pub(super) struct Row {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    pub(super) taken: i64,
    ended: Option<i64>,
    /// `None` when no column is of it.
    item: Option<Item>,
}

/// What of an item's text becomes columns, in the form in which it is stored.
#[derive(Deserialize)]
struct Item {
    taken: i64,
    status: String,
    aws_region: String,
    resource_name: Option<String>,
    arn: Option<String>,
    availability_zone: Option<String>,
    created: Option<i64>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    relationships: Vec<Relationship>,
    configuration: Option<Box<RawValue>>,
    supplementary: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Relationship {
    #[serde(rename = "type")]
    resource_type: String,
    id: Option<String>,
    called: Option<String>,
    name: String,
}

impl Item {
    fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|error| {
            let detail = format!("a configuration item cannot be read: {error}");
            StoreError::Damaged { file: Path::new("config_item").to_owned(), detail }
        })
    }
}

impl Row {
    /// The newest item of a resource.
    pub(super) fn of_newest(scope: &Scope, newest: NewestItem) -> Result<Self, StoreError> {
        let item = Item::read(&newest.item)?;
        Ok(Self {
            account: scope.account.to_string(),
            region: scope.region.to_string(),
            resource_type: newest.resource_type,
            resource_id: newest.resource_id,
            taken: item.taken,
            ended: None,
            item: Some(item),
        })
    }

    /// The rows of a batch of past items, whose columns are the store's in their order; the last may be missing.
    pub(super) fn of_past(batch: &RecordBatch) -> Result<Vec<Self>, StoreError> {
        let text = |at: usize| batch.column(at).as_string::<i32>();
        let time = |at: usize| batch.column(at).as_primitive::<TimestampMillisecondType>();
        let (accounts, regions, types, ids, taken, ended) = (text(0), text(1), text(2), text(3), time(4), time(5));
        let items = (batch.num_columns() > 6).then(|| text(6));
        let row = |at: usize| {
            Ok(Self {
                account: accounts.value(at).to_owned(),
                region: regions.value(at).to_owned(),
                resource_type: types.value(at).to_owned(),
                resource_id: ids.value(at).to_owned(),
                taken: taken.value(at),
                ended: Some(ended.value(at)),
                item: items.map(|items| Item::read(items.value(at))).transpose()?,
            })
        };
        (0..batch.num_rows()).map(row).collect()
    }

    /// What it was like, in JSON.
    pub(super) fn configuration(&self) -> Option<&str> {
        self.item.as_ref()?.configuration.as_ref().map(|value| value.get())
    }

    /// Whether nothing says that a host is not managed any more.
    pub(super) fn is_managed(&self) -> bool {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        struct Supplementary<'a> {
            #[serde(borrow)]
            instance_status: Option<Cow<'a, str>>,
        }
        let supplementary = self.item.as_ref().and_then(|item| item.supplementary.as_ref());
        let read = supplementary.and_then(|value| serde_json::from_str::<Supplementary<'_>>(value.get()).ok());
        // Some write the value as JSON within a text.
        read.unwrap_or_default().instance_status.is_none_or(|status| status.trim_matches('"') != UNMANAGED)
    }

    /// Whether the resource was there and recorded.
    pub(super) fn is_live(&self) -> bool {
        self.item.as_ref().is_some_and(|item| matches!(&*item.status, "OK" | "ResourceDiscovered"))
    }
}

/// Columns of rows.
pub(super) fn batch(rows: &[Row], columns: &[Column], schema: &SchemaRef) -> RecordBatch {
    let columns = columns.iter().map(|column| array(rows, *column)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).expect("the columns are those of the schema")
}

fn array(rows: &[Row], column: Column) -> ArrayRef {
    let own = |of: fn(&Row) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
    let items = || rows.iter().map(|row| row.item.as_ref());
    let text = |of: fn(&Item) -> Option<&str>| -> ArrayRef {
        Arc::new(items().map(|item| item.and_then(of)).collect::<StringArray>())
    };
    let times =
        |times: Vec<Option<i64>>| -> ArrayRef { Arc::new(TimestampMillisecondArray::from(times).with_timezone("UTC")) };
    match column {
        Column::Account => own(|row| &row.account),
        Column::Region => own(|row| &row.region),
        Column::ResourceType => own(|row| &row.resource_type),
        Column::ResourceId => own(|row| &row.resource_id),
        Column::Taken => times(rows.iter().map(|row| Some(row.taken)).collect()),
        Column::Ended => times(rows.iter().map(|row| row.ended).collect()),
        Column::AwsRegion => text(|item| Some(&item.aws_region)),
        Column::ResourceName => text(|item| item.resource_name.as_deref()),
        Column::Arn => text(|item| item.arn.as_deref()),
        Column::AvailabilityZone => text(|item| item.availability_zone.as_deref()),
        Column::Status => text(|item| Some(&item.status)),
        Column::Created => times(items().map(|item| item.and_then(|item| item.created)).collect()),
        Column::Tags => tags(items()),
        Column::Relationships => relationships(items()),
        Column::Configuration => text(|item| item.configuration.as_ref().map(|value| value.get())),
        Column::SupplementaryConfiguration => {
            text(|item| Some(item.supplementary.as_ref().map_or("{}", |value| value.get())))
        }
    }
}

fn tags<'r>(items: impl Iterator<Item = Option<&'r Item>>) -> ArrayRef {
    let mut maps = no_tags();
    for item in items {
        for (key, value) in item.into_iter().flat_map(|item| &item.tags) {
            maps.keys().append_value(key);
            maps.values().append_value(value);
        }
        maps.append(true).expect("there are as many values as keys");
    }
    Arc::new(maps.finish())
}

fn relationships<'r>(items: impl Iterator<Item = Option<&'r Item>>) -> ArrayRef {
    let mut lists = ListBuilder::new(StructBuilder::from_fields(RELATIONSHIP.clone(), 0));
    for item in items {
        for related in item.into_iter().flat_map(|item| &item.relationships) {
            let members =
                [Some(&related.resource_type), related.id.as_ref(), related.called.as_ref(), Some(&related.name)];
            let one = lists.values();
            for (at, member) in members.into_iter().enumerate() {
                let texts = one.field_builder::<StringBuilder>(at).expect("all members are texts");
                texts.append_option(member);
            }
            one.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}
