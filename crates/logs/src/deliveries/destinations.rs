//! Destinations of deliveries: log groups, buckets, streams and X-Ray.

use api::ServiceError;
use api::logs::{errors, types};
use base::{Arn, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::DESTINATION;
use crate::groups;
use crate::tagged::Tagged;
use crate::tags::Tags;

/// A destination. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryDestinationRecord {
    /// Where it leads.
    pub(crate) kind: DestinationKind,
    /// The group, bucket or stream; X-Ray has none.
    pub(crate) resource_arn: Option<String>,
    /// How records are written.
    pub(crate) output_format: Option<OutputFormat>,
    /// Who of other accounts may deliver to it.
    pub(crate) policy: Option<String>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, String)>,
    /// When it was first put.
    pub(crate) created: Timestamp,
}

impl Record for DeliveryDestinationRecord {
    const KIND: &'static str = "logs.delivery_destination";
    const FORMAT: u32 = 1;
}

impl Tagged for DeliveryDestinationRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// Where a destination leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DestinationKind {
    /// A bucket.
    S3,
    /// A log group.
    LogGroup,
    /// A stream of Firehose.
    Firehose,
    /// X-Ray, for traces.
    XRay,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OutputFormat {
    /// JSON.
    Json,
    /// Plain text.
    Plain,
    /// The W3C's extended log format.
    W3c,
    /// As it comes.
    Raw,
    /// Parquet.
    Parquet,
}

impl DestinationKind {
    /// Where a destination leads, by its resource or what the caller says of it.
    ///
    /// # Errors
    /// `ValidationException` where that is nowhere, or not what the caller says.
    pub(crate) fn of(
        resource_arn: Option<&str>,
        said: Option<types::DeliveryDestinationType>,
    ) -> Result<Self, ServiceError> {
        let refused = |message: String| Err(errors::validation_exception(message));
        let Some(text) = resource_arn else {
            return match said {
                Some(types::DeliveryDestinationType::Xray) => Ok(Self::XRay),
                _ => refused("deliveryDestinationConfiguration is required for this type of destination.".to_owned()),
            };
        };
        let Some(kind) = text.parse::<Arn>().ok().and_then(|arn| Self::of_arn(&arn)) else {
            return refused(format!("The destination {text} is no ARN of a log group, a bucket or a delivery stream."));
        };
        match said {
            Some(said) if said != kind.api() => {
                refused(format!("The destination {text} is not of the type {}.", said.as_str()))
            }
            _ => Ok(kind),
        }
    }

    fn of_arn(arn: &Arn) -> Option<Self> {
        let named = |prefix: &str| arn.resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
        match arn.service.as_str() {
            "s3" => Some(Self::S3),
            "logs" if named("log-group:") => Some(Self::LogGroup),
            "firehose" if named("deliverystream/") => Some(Self::Firehose),
            _ => None,
        }
    }

    /// As the API's type has it.
    pub(crate) fn api(self) -> types::DeliveryDestinationType {
        match self {
            Self::S3 => types::DeliveryDestinationType::S3,
            Self::LogGroup => types::DeliveryDestinationType::Cwl,
            Self::Firehose => types::DeliveryDestinationType::Fh,
            Self::XRay => types::DeliveryDestinationType::Xray,
        }
    }
}

impl OutputFormat {
    /// Of the API's type.
    pub(crate) fn of(format: types::OutputFormat) -> Self {
        match format {
            types::OutputFormat::Json => Self::Json,
            types::OutputFormat::Plain => Self::Plain,
            types::OutputFormat::W3c => Self::W3c,
            types::OutputFormat::Raw => Self::Raw,
            types::OutputFormat::Parquet => Self::Parquet,
        }
    }

    /// As the API's type has it.
    pub(crate) fn api(self) -> types::OutputFormat {
        match self {
            Self::Json => types::OutputFormat::Json,
            Self::Plain => types::OutputFormat::Plain,
            Self::W3c => types::OutputFormat::W3c,
            Self::Raw => types::OutputFormat::Raw,
            Self::Parquet => types::OutputFormat::Parquet,
        }
    }
}

impl DeliveryDestinationRecord {
    /// What GetDeliveryDestination gives of it: no tags (logs.md DL-3).
    pub(crate) fn described(scope: &Scope, name: &str, record: &Self) -> types::DeliveryDestination {
        types::DeliveryDestination {
            name: Some(name.to_owned()),
            arn: Some(groups::arn_of(scope, &format!("{DESTINATION}{name}"))),
            delivery_destination_type: Some(record.kind.api()),
            output_format: record.output_format.map(OutputFormat::api),
            delivery_destination_configuration: record
                .resource_arn
                .clone()
                .map(|destination_resource_arn| types::DeliveryDestinationConfiguration { destination_resource_arn }),
            tags: None,
        }
    }
}
