//! `DeleteResourceConfig`

use api::config::types::DeleteResourceConfigRequest;
use api::{CallContext, ServiceError, Unit};

use super::put_resource_config::check_type;
use crate::observe::{Observation, Source};
use crate::recorder;
use crate::service::Config;

/// Takes a caller's word that a resource of its own is gone; nothing happens when it is not known (H-10).
pub async fn delete_resource_config(
    config: &Config,
    cx: &CallContext,
    input: DeleteResourceConfigRequest,
) -> Result<Unit, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    check_type(&input.resource_type)?;
    recorder::running(&parts.catalog, &scope).map_err(|_| recorder::not_running())?;
    let observation = Observation {
        resource_type: input.resource_type,
        resource_id: input.resource_id,
        description: None,
        source: Source::Pushed,
    };
    parts.observe(&scope, vec![observation], cx.now).await.map_err(|error| error.to_service_error())?;
    Ok(Unit)
}
