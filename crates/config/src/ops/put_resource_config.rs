//! `PutResourceConfig`

use api::config::errors;
use api::config::types::PutResourceConfigRequest;
use api::{CallContext, ServiceError, Unit};
use serde_json::Value;

use crate::observe::{Description, Observation, Source};
use crate::present::{self, LiveRecord, SEPARATOR};
use crate::recorder;
use crate::resource_types::{is_reserved, is_third_party};
use crate::service::Config;

/// Bytes of a configuration (H-8).
const CONFIGURATION_BYTES_MAX: usize = 64 << 10;

/// Takes what a caller says of a resource of its own (config.md §3.5).
pub async fn put_resource_config(
    config: &Config,
    cx: &CallContext,
    input: PutResourceConfigRequest,
) -> Result<Unit, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    check_type(&input.resource_type)?;
    if input.resource_id.contains(|char: char| char.is_control() || char == SEPARATOR) {
        return Err(errors::validation_exception("The resource id must not hold control characters."));
    }
    if input.configuration.len() > CONFIGURATION_BYTES_MAX {
        let message = format!("The configuration must not be larger than {CONFIGURATION_BYTES_MAX} bytes.");
        return Err(errors::validation_exception(message));
    }
    let configuration = match serde_json::from_str(&input.configuration) {
        Ok(configuration @ Value::Object(_)) => configuration,
        Ok(_) => return Err(errors::validation_exception("The configuration must be a JSON object.")),
        Err(error) => return Err(errors::validation_exception(format!("The configuration is not JSON: {error}"))),
    };
    recorder::running(&parts.catalog, &scope).map_err(|_| recorder::not_running())?;
    check_room(config, cx, &input.resource_type, &input.resource_id)?;
    let description = Description {
        aws_region: scope.region.to_string(),
        resource_name: input.resource_name,
        tags: input.tags.unwrap_or_default().into_iter().collect(),
        configuration,
        ..Description::default()
    };
    let observation = Observation {
        resource_type: input.resource_type,
        resource_id: input.resource_id,
        description: Some(description),
        source: Source::Pushed,
    };
    parts.observe(&scope, vec![observation], cx.now).await.map_err(|error| error.to_service_error())?;
    Ok(Unit)
}

/// # Errors
/// `ValidationException` for AWS's own types, and what is no type (H-6).
pub(super) fn check_type(resource_type: &str) -> Result<(), ServiceError> {
    if is_third_party(resource_type) {
        return Ok(());
    }
    let message = match is_reserved(resource_type) {
        true => format!("The organization of the resource type {resource_type} is reserved."),
        false => format!("The resource type {resource_type} is not of the form Organization::Service::Type."),
    };
    Err(errors::validation_exception(message))
}

/// # Errors
/// `MaxActiveResourcesExceededException`
fn check_room(config: &Config, cx: &CallContext, resource_type: &str, resource_id: &str) -> Result<(), ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    if present::live(&parts.catalog, &scope, resource_type, resource_id).is_some() {
        return Ok(());
    }
    let count = || {
        // Types of callers come in no range of their own: keys alone are looked at.
        let all = present::page::<LiveRecord>(&parts.catalog, &scope, "", "", usize::MAX);
        all.iter().filter(|(key, _)| is_third_party(present::names(key).0)).count()
    };
    match parts.pushed.admit(&scope, parts.settings.pushed_resources_max, count) {
        true => Ok(()),
        false => {
            let message = format!(
                "You have reached the limit of active custom resources in your account: {}.",
                parts.settings.pushed_resources_max
            );
            Err(errors::max_active_resources_exceeded_exception(message))
        }
    }
}
