//! The older notation: management events by reading and writing, data events by ARN.

use serde::{Deserialize, Serialize};

use super::check::EXCLUDABLE_SOURCES;
use super::{Category, EventResource, Facts, Invalid};

/// Selectors of a trail, and data resources over all of them.
const SELECTORS_MAX: usize = 5;
const VALUES_MAX: usize = 250;

/// Which management events, by what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadWrite {
    /// All.
    #[default]
    All,
    /// Those that only read.
    ReadOnly,
    /// Those that write.
    WriteOnly,
}

/// A basic selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicSelector {
    /// Reading, writing or both, of management and data events alike.
    pub read_write: ReadWrite,
    /// Whether management events are taken.
    pub management: bool,
    /// Whose data events are taken.
    pub data: Vec<DataResource>,
    /// Sources whose management events are not.
    pub excluded_sources: Vec<String>,
}

/// Resources of a type, by ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataResource {
    /// One of the three that this notation knows.
    pub resource_type: String,
    /// ARNs; for objects: what they start with.
    pub values: Vec<String>,
}

impl Default for BasicSelector {
    /// What trails that were made through the API begin with.
    fn default() -> Self {
        Self { read_write: ReadWrite::All, management: true, data: Vec::new(), excluded_sources: Vec::new() }
    }
}

impl BasicSelector {
    /// Whether the event is taken.
    pub fn matches(&self, event: &Facts<'_>) -> bool {
        let wanted = match self.read_write {
            ReadWrite::All => true,
            ReadWrite::ReadOnly => event.read_only == Some(true),
            ReadWrite::WriteOnly => event.read_only == Some(false),
        };
        wanted
            && match event.category() {
                Some(Category::Management) => {
                    self.management && !self.excluded_sources.iter().any(|source| *source == event.event_source)
                }
                Some(Category::Data) => {
                    self.data.iter().any(|data| event.resources.iter().any(|resource| data.covers(resource)))
                }
                _ => false,
            }
    }
}

impl DataResource {
    fn covers(&self, resource: &EventResource<'_>) -> bool {
        let Some(arn) = resource.arn.as_deref().filter(|_| resource.resource_type == self.resource_type) else {
            return false;
        };
        self.values.iter().any(|value| match self.resource_type.as_str() {
            "AWS::S3::Object" => arn.starts_with(value.as_str()),
            _ => {
                arn == value
                    || (is_every(value) && arn.strip_prefix(value.as_str()).is_some_and(|rest| rest.starts_with(':')))
            }
        })
    }
}

/// Checks the basic selectors of a trail.
///
/// # Errors
/// What is wrong with them.
pub fn check(selectors: &[BasicSelector]) -> Result<(), Invalid> {
    if !(1..=SELECTORS_MAX).contains(&selectors.len()) {
        return Err(Invalid("Specify a valid number of selectors (1 to 5) for your trail".to_owned()));
    }
    for selector in selectors {
        for data in &selector.data {
            check_data(data)?;
        }
        for source in &selector.excluded_sources {
            if !EXCLUDABLE_SOURCES.contains(&source.as_str()) {
                return Err(Invalid(format!("Value {source} for ExcludeManagementEventSources is invalid.")));
            }
            if !selector.management {
                let text = "ExcludeManagementEventSources needs IncludeManagementEvents to be true.";
                return Err(Invalid(text.to_owned()));
            }
        }
    }
    let values = selectors.iter().flat_map(|selector| &selector.data).flat_map(|data| &data.values);
    if values.filter(|value| !is_every(value)).count() > VALUES_MAX {
        return Err(Invalid("Specify at most 250 data resources over all selectors of your trail.".to_owned()));
    }
    Ok(())
}

fn check_data(data: &DataResource) -> Result<(), Invalid> {
    let valid: fn(&str) -> bool = match data.resource_type.as_str() {
        "AWS::S3::Object" => is_object_value,
        "AWS::Lambda::Function" => is_function_value,
        "AWS::DynamoDB::Table" => is_table_value,
        other => return Err(Invalid(format!("Value {other} for DataResources.Type is invalid."))),
    };
    match data.values.iter().find(|value| !valid(value)) {
        Some(value) => Err(Invalid(format!("Value {value} for DataResources.Values is invalid."))),
        None if data.values.is_empty() => Err(Invalid("DataResources.Values must not be empty.".to_owned())),
        None => Ok(()),
    }
}

/// The forms that stand for all resources of a service: `arn:aws:s3`, `arn:aws:s3:::`.
fn is_every(value: &str) -> bool {
    let mut fields = value.split(':');
    let service = |name: &str| matches!(name, "s3" | "lambda" | "dynamodb");
    fields.next() == Some("arn")
        && fields.next().is_some_and(is_partition)
        && fields.next().is_some_and(service)
        && fields.all(str::is_empty)
}

fn is_partition(name: &str) -> bool {
    matches!(name, "aws" | "aws-cn" | "aws-us-gov")
}

fn after_partition(value: &str) -> Option<&str> {
    let (partition, rest) = value.strip_prefix("arn:")?.split_once(':')?;
    is_partition(partition).then_some(rest)
}

fn is_object_value(value: &str) -> bool {
    match after_partition(value) {
        Some("s3" | "s3:::") => true,
        Some(rest) => {
            let bucket = rest.strip_prefix("s3:::").and_then(|path| path.split_once('/'));
            bucket.is_some_and(|(bucket, _)| !bucket.is_empty() && !bucket.contains('*'))
        }
        None => false,
    }
}

fn is_function_value(value: &str) -> bool {
    let fields: Vec<_> = after_partition(value).map(|rest| rest.split(':').collect()).unwrap_or_default();
    match fields[..] {
        ["lambda"] => true,
        ["lambda", region, account, "function", name] => {
            !region.is_empty() && !account.is_empty() && !name.is_empty() && name != "*"
        }
        _ => false,
    }
}

fn is_table_value(value: &str) -> bool {
    let fields: Vec<_> = after_partition(value).map(|rest| rest.split(':').collect()).unwrap_or_default();
    match fields[..] {
        ["dynamodb"] => true,
        ["dynamodb", region, account, table] => {
            let name = table.strip_prefix("table/").unwrap_or_default();
            !region.is_empty() && !account.is_empty() && !name.is_empty() && !name.contains(['/', '*'])
        }
        _ => false,
    }
}
