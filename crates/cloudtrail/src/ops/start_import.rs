//! `StartImport`

use api::cloudtrail::errors;
use api::cloudtrail::types::{ImportSource, StartImportRequest, StartImportResponse};
use api::{CallContext, ServiceError};
use base::id;
use lang::event_selector::StoreContent;
use store::Versioned;
use store::catalog::{Catalog, Key, Transaction};

use crate::change::change;
use crate::lake::changes::{note_account_change, note_change};
use crate::lake::imports::{
    FailureStatus, ImportFailureRecord, ImportRecord, Source, Statistics, Status, found, key, ongoing, parse,
};
use crate::lake::stores::{self, EventDataStore, found_active};
use crate::ports::KeyRange;
use crate::service::CloudTrail;

/// Begins an import, or lets one go on that was stopped or had failures (cloudtrail.md §7.6).
pub async fn start_import(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StartImportRequest,
) -> Result<StartImportResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let is_new = input.destinations.is_some()
        || input.import_source.is_some()
        || input.start_event_time.is_some()
        || input.end_event_time.is_some();
    let (key, import) = match (input.import_id.as_deref(), is_new) {
        (Some(_), true) => {
            return Err(errors::invalid_parameter_exception(
                "ImportId cannot be specified together with Destinations, ImportSource, StartEventTime or EndEventTime.",
            ));
        }
        (Some(import_id), false) => change(&parts.catalog, || again(&parts.catalog, cx, import_id)).await?,
        (None, _) => {
            let (Some(destinations), Some(source)) = (&input.destinations, input.import_source.clone()) else {
                return Err(errors::invalid_parameter_exception(
                    "Specify either an ImportId, or Destinations and an ImportSource.",
                ));
            };
            if input.start_event_time.zip(input.end_event_time).is_some_and(|(start, end)| start > end) {
                return Err(errors::invalid_parameter_exception("StartEventTime must not be after EndEventTime."));
            }
            let destination = destinations.first().map(String::as_str).unwrap_or_default();
            let store = destination_store(&parts.catalog, cx, destination)?;
            let import = ImportRecord {
                store: store.id.clone(),
                source: checked(cloudtrail, cx, &store, source).await?,
                from: input.start_event_time,
                to: input.end_event_time,
                status: Status::Initializing,
                created: cx.now,
                updated: cx.now,
                statistics: Statistics::default(),
                after: String::new(),
                listed: false,
                taking: None,
            };
            let import_key = key(&store.scope, &id::uuid(&*parts.entropy).to_string());
            change(&parts.catalog, || {
                let mut transaction = Transaction::default();
                note_changes(&parts.catalog, cx, &mut transaction);
                check_none_ongoing(&parts.catalog, cx)?;
                let store = destination_store(&parts.catalog, cx, destination)?;
                store.expect_unchanged(&mut transaction);
                transaction.create(import_key.clone(), &import);
                Ok((transaction, (import_key.clone(), import.clone())))
            })
            .await?
        }
    };
    parts.signals.imports.notify_one();
    Ok(StartImportResponse {
        import_id: Some(key.name),
        destinations: Some(import.destinations(&cx.scope())),
        import_source: Some(import.source_to_api()),
        start_event_time: import.from,
        end_event_time: import.to,
        import_status: Some(import.status.to_api()),
        created_timestamp: Some(import.created),
        updated_timestamp: Some(import.updated),
    })
}

/// A store that calls are copied into.
fn destination_store(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<EventDataStore, ServiceError> {
    let store = found_active(catalog, cx, text)?;
    match store.content() {
        StoreContent::Calls => Ok(store),
        _ => Err(errors::invalid_event_data_store_category_exception(
            "Events can be imported into event data stores of management events, data events and network activity only.",
        )),
    }
}

/// The source, once it is sure that there is such a bucket and that the role may list it.
async fn checked(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    store: &EventDataStore,
    source: ImportSource,
) -> Result<Source, ServiceError> {
    let source = source.s3;
    let invalid = |message: String| errors::invalid_import_source_exception(message);
    let uri = &source.s3_location_uri;
    let location = parse(uri).ok_or_else(|| invalid(format!("{uri} is not the URI of a location in S3.")))?;
    let buckets = &cloudtrail.parts.buckets;
    let region = buckets.region(&location.bucket).await.map_err(|error| invalid(error.message))?;
    let region = region.ok_or_else(|| invalid(format!("The bucket {} does not exist.", location.bucket)))?;
    if region.as_str() != source.s3_bucket_region {
        return Err(invalid(format!("The bucket {} is in {region}.", location.bucket)));
    }
    let import =
        Source { uri: uri.clone(), region: source.s3_bucket_region, role_arn: source.s3_bucket_access_role_arn };
    let reader = crate::ports::LogReader {
        store_arn: store.arn(),
        scope: store.scope.clone(),
        role_arn: import.role_arn.clone(),
    };
    let range = KeyRange { bucket: &location.bucket, prefix: &location.prefix, after: "", count: 1 };
    let listed = buckets.list_as(&reader, range, cx.now).await;
    listed.map_err(|error| invalid(format!("{uri} cannot be listed: {}", error.message)))?;
    Ok(import)
}

/// Lets an import go on: what failed is tried again, and then what was not looked at.
fn again(
    catalog: &Catalog,
    cx: &CallContext,
    import_id: &str,
) -> Result<(Transaction, (Key, ImportRecord)), ServiceError> {
    let mut transaction = Transaction::default();
    note_changes(catalog, cx, &mut transaction);
    let (key, Versioned { value, version }) = found(catalog, cx, import_id)?;
    check_none_ongoing(catalog, cx)?;
    let store = destination_store(catalog, cx, &stores::arn(&cx.scope(), &value.store))?;
    store.expect_unchanged(&mut transaction);
    let below = format!("{import_id}/");
    for (name, failure) in catalog.list_prefix::<ImportFailureRecord>(&key.account, key.region.as_ref(), &below) {
        if failure.value.status == FailureStatus::Failed {
            let again = ImportFailureRecord { status: FailureStatus::Retry, ..(*failure.value).clone() };
            transaction.update(Key { name, ..key.clone() }, failure.version, &again);
        }
    }
    let import = ImportRecord { status: Status::Initializing, updated: cx.now, ..(*value).clone() };
    transaction.update(key.clone(), version, &import);
    Ok((transaction, (key, import)))
}

fn check_none_ongoing(catalog: &Catalog, cx: &CallContext) -> Result<(), ServiceError> {
    match ongoing(catalog, cx.account()) {
        None => Ok(()),
        Some((key, _)) => {
            Err(errors::account_has_ongoing_import_exception(format!("The import {} is still in progress.", key.name)))
        }
    }
}

/// Lets the transaction fail when another import begins, or the store is deleted, meanwhile.
fn note_changes(catalog: &Catalog, cx: &CallContext, transaction: &mut Transaction) {
    note_account_change(catalog, cx.account(), transaction);
    note_change(catalog, &cx.scope(), transaction);
}
