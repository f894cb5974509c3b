//! Deliveries of the logs that services of AWS vend (logs.md §8.6): sources, destinations, and what connects them.
//!
//! They are kept, judged and shown. No service here vends such logs, so nothing is ever delivered.

mod destinations;
mod sources;

use api::ServiceError;
use api::logs::{errors, types};
use base::{Entropy, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

pub(crate) use destinations::{DeliveryDestinationRecord, DestinationKind, OutputFormat};
pub(crate) use sources::{DeliverySourceRecord, TRACES, service};

use crate::list_page::{self, Asked, Order};
use crate::tagged::Tagged;
use crate::tags::{self, Tags};
use crate::{Logs, groups};

/// What ARNs have before the name or the id.
pub(crate) const SOURCE: &str = "delivery-source:";
pub(crate) const DESTINATION: &str = "delivery-destination:";
pub(crate) const DELIVERY: &str = "delivery:";

/// A delivery: what connects a source and a destination. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryRecord {
    /// The name of the source.
    pub(crate) source: String,
    /// The name of the destination.
    pub(crate) destination: String,
    /// Where the destination leads.
    pub(crate) kind: DestinationKind,
    /// The fields of a record, in order.
    pub(crate) record_fields: Vec<String>,
    /// What stands between fields.
    pub(crate) field_delimiter: Option<String>,
    /// Where objects are put in a bucket.
    pub(crate) objects: Option<ObjectPath>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, String)>,
    /// When it was made.
    pub(crate) created: Timestamp,
}

/// Where objects are put in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectPath {
    /// What follows the bucket's prefix.
    pub(crate) suffix: Option<String>,
    /// Whether the path names its parts, for Hive.
    pub(crate) hive_compatible: Option<bool>,
}

impl Record for DeliveryRecord {
    const KIND: &'static str = "logs.delivery";
    const FORMAT: u32 = 1;
}

impl Tagged for DeliveryRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// A new delivery's id.
pub(crate) fn new_id(entropy: &dyn Entropy) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = [0; 16];
    entropy.fill(&mut random);
    random.iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect()
}

/// The delivery of this id.
///
/// # Errors
/// logs.md DL-1.
pub(crate) fn delivery(catalog: &Catalog, scope: &Scope, id: &str) -> Result<Versioned<DeliveryRecord>, ServiceError> {
    find(catalog, scope, id, "Delivery")
}

/// The source of this name.
///
/// # Errors
/// logs.md DL-1.
pub(crate) fn source(
    catalog: &Catalog,
    scope: &Scope,
    name: &str,
) -> Result<Versioned<DeliverySourceRecord>, ServiceError> {
    find(catalog, scope, name, "Delivery Source")
}

/// The destination of this name.
///
/// # Errors
/// logs.md DL-1.
pub(crate) fn destination(
    catalog: &Catalog,
    scope: &Scope,
    name: &str,
) -> Result<Versioned<DeliveryDestinationRecord>, ServiceError> {
    find(catalog, scope, name, "Delivery Destination")
}

fn find<R: Record>(catalog: &Catalog, scope: &Scope, name: &str, what: &str) -> Result<Versioned<R>, ServiceError> {
    catalog.get::<R>(&key(scope, name)).ok_or_else(|| not_found(what))
}

/// logs.md DL-1.
pub(crate) fn not_found(what: &str) -> ServiceError {
    errors::resource_not_found_exception(format!("Requested {what} does not exist in this account."))
}

/// The key of a source, a destination or a delivery.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// All deliveries of an account in a region.
pub(crate) fn all(catalog: &Catalog, scope: &Scope) -> Vec<(String, Versioned<DeliveryRecord>)> {
    catalog.list::<DeliveryRecord>(&scope.account, Some(&scope.region))
}

/// Whether there is a delivery of the source of this name.
pub(crate) fn takes_from(catalog: &Catalog, scope: &Scope, source: &str) -> bool {
    all(catalog, scope).iter().any(|(_, found)| found.value.source == source)
}

/// Whether there is a delivery to the destination of this name.
pub(crate) fn leads_to(catalog: &Catalog, scope: &Scope, destination: &str) -> bool {
    all(catalog, scope).iter().any(|(_, found)| found.value.destination == destination)
}

/// The tags of something new.
///
/// # Errors
/// `ValidationException`.
pub(crate) fn first_tags(given: Option<Vec<(String, String)>>) -> Result<Tags, ServiceError> {
    tags::merged(Vec::new(), &given.unwrap_or_default(), tags::too_many).map_err(as_validation)
}

/// Refuses tags where nothing new is made (logs.md DL-2).
///
/// # Errors
/// `ConflictException`.
pub(crate) fn refuse_tags(given: Option<&Vec<(String, String)>>) -> Result<(), ServiceError> {
    match given {
        None => Ok(()),
        Some(_) => {
            let message = "Tags can only be provided when a resource is being created, not updated.";
            Err(errors::conflict_exception(message))
        }
    }
}

/// A page of the records of one kind, as `described` tells of them.
///
/// # Errors
/// `ValidationException` for a token that is of no such list.
pub(crate) fn page<R: Record, T>(
    logs: &Logs,
    cx: &api::CallContext,
    limit: Option<i32>,
    token: Option<&str>,
    described: fn(&Scope, &str, &R) -> T,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let scope = cx.scope();
    let parameters = format!("{:?}", (R::KIND, &scope));
    let asked =
        Asked { parameters: &parameters, token, limit: list_page::limit(limit), order: Order::Ascending, now: cx.now };
    let found = logs.parts.catalog.list::<R>(&scope.account, Some(&scope.region));
    let (page, next) = list_page::page(&asked, found.into_iter().map(|(name, found)| (name.clone(), (name, found))))
        .map_err(as_validation)?;
    Ok((page.into_iter().map(|(name, found)| described(&scope, &name, &found.value)).collect(), next))
}

/// What these operations call what others call an invalid parameter.
fn as_validation(error: ServiceError) -> ServiceError {
    errors::validation_exception(error.message.unwrap_or_default())
}

/// What GetDelivery gives of it: no tags (logs.md DL-3).
pub(crate) fn described(scope: &Scope, id: &str, record: &DeliveryRecord) -> types::Delivery {
    types::Delivery {
        id: Some(id.to_owned()),
        arn: Some(groups::arn_of(scope, &format!("{DELIVERY}{id}"))),
        delivery_source_name: Some(record.source.clone()),
        delivery_destination_arn: Some(groups::arn_of(scope, &format!("{DESTINATION}{}", record.destination))),
        delivery_destination_type: Some(record.kind.api()),
        record_fields: (!record.record_fields.is_empty()).then(|| record.record_fields.clone()),
        field_delimiter: record.field_delimiter.clone(),
        s3_delivery_configuration: record.objects.as_ref().map(|objects| types::S3DeliveryConfiguration {
            suffix_path: objects.suffix.clone(),
            enable_hive_compatible_path: objects.hive_compatible,
        }),
        tags: None,
    }
}

/// The tags of something new as its answer shows them.
pub(crate) fn shown(tags: &Tags) -> Option<Vec<(String, String)>> {
    (!tags.is_empty()).then(|| tags.clone())
}

/// How a delivery's records are written, as far as a call says.
pub(crate) struct Layout {
    /// The fields of a record.
    pub(crate) record_fields: Option<Vec<String>>,
    /// What stands between them.
    pub(crate) field_delimiter: Option<String>,
    /// Where objects are put.
    pub(crate) objects: Option<types::S3DeliveryConfiguration>,
}

impl Layout {
    /// Sets what is given of it.
    ///
    /// # Errors
    /// `ValidationException` for what does not fit the destination.
    pub(crate) fn apply(
        self,
        delivery: &mut DeliveryRecord,
        destination: &DeliveryDestinationRecord,
    ) -> Result<(), ServiceError> {
        let refused = |message: String| Err(errors::validation_exception(message));
        if let Some(fields) = self.record_fields {
            delivery.record_fields = fields;
        }
        if let Some(delimiter) = self.field_delimiter {
            // Records of these formats have no fields beside one another.
            if let Some(format @ (OutputFormat::Json | OutputFormat::Parquet)) = destination.output_format {
                let format = format.api().as_str();
                return refused(format!("fieldDelimiter is not allowed for the output format {format}."));
            }
            delivery.field_delimiter = Some(delimiter);
        }
        if let Some(given) = self.objects {
            if destination.kind != DestinationKind::S3 {
                let kind = destination.kind.api().as_str();
                return refused(format!(
                    "s3DeliveryConfiguration is not allowed for a destination of the type {kind}."
                ));
            }
            let known = delivery.objects.take();
            let (suffix, hive) = known.map_or((None, None), |known| (known.suffix, known.hive_compatible));
            delivery.objects = Some(ObjectPath {
                suffix: given.suffix_path.or(suffix),
                hive_compatible: given.enable_hive_compatible_path.or(hive),
            });
        }
        Ok(())
    }
}
