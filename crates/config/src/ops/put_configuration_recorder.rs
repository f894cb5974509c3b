//! `PutConfigurationRecorder`

use api::config::errors;
use api::config::types::PutConfigurationRecorderRequest;
use api::{CallContext, ServiceError, Unit};
use base::Arn;
use store::catalog::Transaction;

use crate::change::change;
use crate::recorder::{self, DEFAULT_NAME, RecorderRecord, SERVICE_LINKED};
use crate::recording_group::{RecordingGroup, RecordingMode};
use crate::service::Config;
use crate::{names, tags};

/// Makes the recorder, which is not recording yet, or changes the one of this name. Checks come in AWS's order: name,
/// role, count, recording group, recording mode (config.md §1.3).
pub async fn put_configuration_recorder(
    config: &Config,
    cx: &CallContext,
    input: PutConfigurationRecorderRequest,
) -> Result<Unit, ServiceError> {
    let parts = &config.parts;
    let (catalog, scope) = (&parts.catalog, cx.scope());
    let given = input.configuration_recorder;
    let name = given.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
    if name.is_empty() || name.starts_with(SERVICE_LINKED) {
        let blank = if name.is_empty() { ", blank string" } else { "" };
        let message = format!("The configuration recorder name '{name}' is not valid{blank}.");
        return Err(errors::invalid_configuration_recorder_name_exception(message));
    }
    let role_arn = given.role_arn.unwrap_or_default();
    check_role(&role_arn)?;
    check_count(config, cx, &name)?;
    let group = RecordingGroup::of_api(given.recording_group)?;
    let mode = RecordingMode::of_api(given.recording_mode, &group)?;
    let tags = tags::with(Vec::new(), &input.tags.unwrap_or_default())?;
    let id = names::unique(&*parts.entropy, 16);
    let is_recording = change(catalog, || {
        let mut transaction = Transaction::default();
        let Some(found) = recorder::find(catalog, &scope) else {
            let record = RecorderRecord {
                name: name.clone(),
                id: id.clone(),
                role_arn: role_arn.clone(),
                group: group.clone(),
                mode: mode.clone(),
                tags: tags.clone(),
                is_recording: false,
                started: None,
                stopped: None,
                status: None,
                status_changed: None,
            };
            transaction.create(recorder::key(&scope), &record);
            return Ok((transaction, false));
        };
        check_count(config, cx, &name)?;
        let record = RecorderRecord {
            role_arn: role_arn.clone(),
            group: group.clone(),
            mode: mode.clone(),
            ..RecorderRecord::clone(&found.value)
        };
        if record != *found.value {
            transaction.update(recorder::key(&scope), found.version, &record);
        }
        Ok((transaction, record.is_recording))
    })
    .await?;
    if is_recording {
        // What is recorded may be more or less than before: everything is looked at once more.
        parts.sweep_soon(&scope);
        parts.record_recorder(&scope, cx.now).await?;
    }
    Ok(Unit)
}

/// A role must be given, though the model lets it be left out (REC-2).
fn check_role(role_arn: &str) -> Result<(), ServiceError> {
    let is_role = role_arn.parse::<Arn>().is_ok_and(|arn| {
        arn.service == "iam"
            && arn.region.is_empty()
            && arn.account.len() == 12
            && arn.account.bytes().all(|byte| byte.is_ascii_digit())
            && arn.partition.starts_with("aws")
            && arn.resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
    });
    match is_role {
        true => Ok(()),
        false => Err(errors::invalid_role_exception(format!("The role arn '{role_arn}' is not valid."))),
    }
}

fn check_count(config: &Config, cx: &CallContext, name: &str) -> Result<(), ServiceError> {
    match recorder::find(&config.parts.catalog, &cx.scope()) {
        Some(found) if found.value.name != name => {
            let message = format!(
                "Failed to put configuration recorder '{name}' because the maximum number of configuration recorders: 1 is reached."
            );
            Err(errors::max_number_of_configuration_recorders_exceeded_exception(message))
        }
        _ => Ok(()),
    }
}
