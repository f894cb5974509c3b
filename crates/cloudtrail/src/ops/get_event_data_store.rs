//! `GetEventDataStore`

use api::cloudtrail::types::{GetEventDataStoreRequest, GetEventDataStoreResponse};
use api::{CallContext, ServiceError};

use crate::lake::shapes::described;
use crate::lake::stores::found_shared;
use crate::service::CloudTrail;

/// Gives all there is to tell of a store, also of one pending deletion, and of another account's if its policy says so
/// (cloudtrail.md §7.1, §9.3).
pub async fn get_event_data_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetEventDataStoreRequest,
) -> Result<GetEventDataStoreResponse, ServiceError> {
    Ok(described(&found_shared(&cloudtrail.parts.catalog, cx, &input.event_data_store)?))
}
