//! What can have tags, by ARN (logs.md TG-2), and how its tags are changed.

use api::logs::errors;
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, Key, Record, Transaction};

use crate::deliveries::{self, DeliveryDestinationRecord, DeliveryRecord, DeliverySourceRecord};
use crate::groups;
use crate::lookup_tables::LookupTableRecord;
use crate::record::LogGroupRecord;
use crate::subscriptions::DestinationRecord;
use crate::tags::Tags;

/// A record of something with tags.
pub(crate) trait Tagged: Record + Clone {
    /// Its tags.
    fn tags(&self) -> &Tags;

    /// Its tags, to be changed.
    fn tags_mut(&mut self) -> &mut Tags;
}

impl Tagged for LogGroupRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// What tags become.
pub(crate) type Edit<'a> = &'a (dyn Fn(Tags) -> Result<Tags, ServiceError> + Sync);

/// One kind of resource.
struct Kind {
    /// What the ARN has before the name, which is the record's key.
    prefix: &'static str,
    read: fn(&Catalog, &Key) -> Option<Tags>,
    edit: fn(&Catalog, Key, &mut Transaction, Edit<'_>) -> Result<bool, ServiceError>,
}

const KINDS: &[Kind] = &[
    kind::<LogGroupRecord>("log-group:"),
    kind::<DestinationRecord>("destination:"),
    kind::<LookupTableRecord>("lookup-table:"),
    kind::<DeliverySourceRecord>(deliveries::SOURCE),
    kind::<DeliveryDestinationRecord>(deliveries::DESTINATION),
    kind::<DeliveryRecord>(deliveries::DELIVERY),
];

const fn kind<R: Tagged>(prefix: &'static str) -> Kind {
    Kind { prefix, read: read::<R>, edit: edit_record::<R> }
}

fn read<R: Tagged>(catalog: &Catalog, key: &Key) -> Option<Tags> {
    Some(catalog.get::<R>(key)?.value.tags().clone())
}

/// Whether there is such a record; the transaction then changes its tags.
fn edit_record<R: Tagged>(
    catalog: &Catalog,
    key: Key,
    transaction: &mut Transaction,
    edit: Edit<'_>,
) -> Result<bool, ServiceError> {
    let Some(found) = catalog.get::<R>(&key) else { return Ok(false) };
    let mut record = R::clone(&found.value);
    *record.tags_mut() = edit(found.value.tags().clone())?;
    if record.tags() != found.value.tags() {
        transaction.update(key, found.version, &record);
    }
    Ok(true)
}

/// The tags of the resource that an ARN names.
///
/// # Errors
/// As [`edit`], but for those of the change.
pub(crate) fn list(catalog: &Catalog, cx: &CallContext, arn: &str) -> Result<Tags, ServiceError> {
    let (kind, key) = resource(cx, arn)?;
    (kind.read)(catalog, &key).ok_or_else(not_found)
}

/// Changes the tags of the resource that an ARN names.
///
/// # Errors
/// `InvalidParameterException` when it is no ARN of something that has tags; `ResourceNotFoundException`
/// (logs.md TG-3); those of the change.
pub(crate) fn edit(
    catalog: &Catalog,
    cx: &CallContext,
    arn: &str,
    edit: Edit<'_>,
) -> Result<Transaction, ServiceError> {
    let (kind, key) = resource(cx, arn)?;
    let mut transaction = Transaction::default();
    match (kind.edit)(catalog, key, &mut transaction, edit)? {
        true => Ok(transaction),
        false => Err(not_found()),
    }
}

fn resource(cx: &CallContext, arn: &str) -> Result<(&'static Kind, Key), ServiceError> {
    let scope = cx.scope();
    let invalid = || errors::invalid_parameter_exception(format!("The ARN {arn} names nothing that has tags."));
    if !arn.starts_with("arn:") {
        return Err(invalid());
    }
    let start = groups::arn_of(&scope, "");
    // What is of other accounts and regions is not there.
    let resource = arn.strip_prefix(start.as_str()).ok_or_else(not_found)?;
    let found = KINDS.iter().find_map(|kind| Some((kind, resource.strip_prefix(kind.prefix)?)));
    match found {
        Some((kind, name)) if !name.is_empty() => Ok((kind, groups::key(&scope, name))),
        _ => Err(invalid()),
    }
}

fn not_found() -> ServiceError {
    errors::resource_not_found_exception("The specified resource does not exist.")
}
