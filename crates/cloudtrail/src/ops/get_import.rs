//! `GetImport`

use api::cloudtrail::types::{GetImportRequest, GetImportResponse};
use api::{CallContext, ServiceError};

use crate::lake::imports::found;
use crate::service::CloudTrail;

/// Tells how far an import is (cloudtrail.md §7.6).
pub async fn get_import(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetImportRequest,
) -> Result<GetImportResponse, ServiceError> {
    let import = found(&cloudtrail.parts.catalog, cx, &input.import_id)?.1.value;
    Ok(GetImportResponse {
        import_id: Some(input.import_id),
        destinations: Some(import.destinations(&cx.scope())),
        import_source: Some(import.source_to_api()),
        start_event_time: import.from,
        end_event_time: import.to,
        import_status: Some(import.status.to_api()),
        created_timestamp: Some(import.created),
        updated_timestamp: Some(import.updated),
        import_statistics: Some(import.statistics.to_api()),
    })
}
