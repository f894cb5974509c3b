//! `ListImportFailures`

use api::cloudtrail::types::{ImportFailureListItem, ListImportFailuresRequest, ListImportFailuresResponse};
use api::{CallContext, ServiceError};

use crate::lake::imports::{ImportFailureRecord, found, parse};
use crate::lake::page::page;
use crate::service::CloudTrail;

/// Lists the files that an import could not take, those that it took later among them (cloudtrail.md §7.6).
pub async fn list_import_failures(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListImportFailuresRequest,
) -> Result<ListImportFailuresResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let (key, import) = found(catalog, cx, &input.import_id)?;
    let below = format!("{}/", input.import_id);
    let failures = catalog.list_prefix::<ImportFailureRecord>(&key.account, key.region.as_ref(), &below);
    let list = format!("ListImportFailures {}", input.import_id);
    let (failures, next_token) = page(cx, &list, failures, |(name, _)| name, (input.next_token, input.max_results))?;
    let location = parse(&import.value.source.uri);
    let listed = |(name, found): (String, store::Versioned<ImportFailureRecord>)| ImportFailureListItem {
        location: match name.get(below.len()..).filter(|file| !file.is_empty()) {
            Some(file) => location.as_ref().map(|location| location.uri(file)),
            None => Some(import.value.source.uri.clone()),
        },
        status: Some(found.value.status.to_api()),
        error_type: Some(found.value.error.clone()),
        error_message: Some(found.value.message.clone()),
        last_updated_time: Some(found.value.updated),
    };
    Ok(ListImportFailuresResponse { failures: Some(failures.into_iter().map(listed).collect()), next_token })
}
