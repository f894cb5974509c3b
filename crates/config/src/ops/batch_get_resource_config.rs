//! `BatchGetResourceConfig`

use api::config::types::{BatchGetResourceConfigRequest, BatchGetResourceConfigResponse};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::{present, recorder};

/// What resources are like now, in the order in which they were asked for. Those that are gone, not recorded or unknown
/// are left out without a word (config.md §3.4).
pub async fn batch_get_resource_config(
    config: &Config,
    cx: &CallContext,
    input: BatchGetResourceConfigRequest,
) -> Result<BatchGetResourceConfigResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    recorder::available(catalog, &scope)?;
    let keys = input.resource_keys.iter();
    let found = keys.filter_map(|key| present::live(catalog, &scope, &key.resource_type, &key.resource_id));
    Ok(BatchGetResourceConfigResponse {
        base_configuration_items: Some(found.map(|item| item.to_base_api()).collect()),
        unprocessed_resource_keys: Some(Vec::new()),
    })
}
