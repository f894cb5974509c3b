//! `GetLookupTable` (logs.md §8.7).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::lookup_tables;

pub(super) async fn get_lookup_table(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetLookupTableRequest,
) -> Result<types::GetLookupTableResponse, ServiceError> {
    let (name, found) = lookup_tables::find(&logs.parts.catalog, cx, &input.lookup_table_arn)?;
    let described = lookup_tables::described(&cx.scope(), name, &found.value);
    Ok(types::GetLookupTableResponse {
        lookup_table_arn: described.lookup_table_arn,
        lookup_table_name: described.lookup_table_name,
        description: described.description,
        table_body: Some(lookup_tables::text(logs, &found.value).await?),
        size_bytes: described.size_bytes,
        last_updated_time: described.last_updated_time,
        kms_key_id: None,
    })
}
