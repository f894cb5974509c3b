//! `StopConfigurationRecorder`

use api::config::types::StopConfigurationRecorderRequest;
use api::{CallContext, ServiceError, Unit};

use crate::recorder;
use crate::service::Config;

/// Ends recording; what was recorded stays. A recorder that is stopped stays so.
pub async fn stop_configuration_recorder(
    config: &Config,
    cx: &CallContext,
    input: StopConfigurationRecorderRequest,
) -> Result<Unit, ServiceError> {
    recorder::named(&config.parts.catalog, &cx.scope(), &input.configuration_recorder_name)?;
    config.parts.stop_recorder(&cx.scope(), &input.configuration_recorder_name, cx.now).await?;
    Ok(Unit)
}
