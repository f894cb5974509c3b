//! `ListImports`

use api::cloudtrail::types::{ImportsListItem, ListImportsRequest, ListImportsResponse};
use api::{CallContext, ServiceError};

use crate::lake::imports::{ImportRecord, Status};
use crate::lake::page::page;
use crate::lake::stores;
use crate::service::CloudTrail;

/// Lists the account's imports in this region, those into one store or of one status if that is asked for
/// (cloudtrail.md §7.6).
pub async fn list_imports(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListImportsRequest,
) -> Result<ListImportsResponse, ServiceError> {
    let scope = cx.scope();
    let destination = input.destination.as_deref().map(|text| stores::parse(cx, text)).transpose()?;
    let status = input.import_status.map(Status::of_api);
    let mut imports = cloudtrail.parts.catalog.list::<ImportRecord>(&scope.account, Some(&scope.region));
    imports.retain(|(_, found)| {
        status.is_none_or(|status| found.value.status == status)
            && destination.as_ref().is_none_or(|(of, id)| *of == scope && found.value.store == *id)
    });
    let (imports, next_token) = page(cx, "ListImports", imports, |(id, _)| id, (input.next_token, input.max_results))?;
    let listed = |(id, found): (String, store::Versioned<ImportRecord>)| ImportsListItem {
        import_id: Some(id),
        import_status: Some(found.value.status.to_api()),
        destinations: Some(found.value.destinations(&scope)),
        created_timestamp: Some(found.value.created),
        updated_timestamp: Some(found.value.updated),
    };
    Ok(ListImportsResponse { imports: Some(imports.into_iter().map(listed).collect()), next_token })
}
