//! The recorder of an account and region (config.md §1).

use std::sync::Arc;

use api::ServiceError;
use api::config::{errors, types};
use base::{Arn, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::catalog::{Catalog, Key, Record, Versioned};

use crate::observe::Description;
use crate::ports::Sender;
use crate::recording_group::{RecordingGroup, RecordingMode};
use crate::service::Parts;

/// The name that a recorder has unless it is given another.
pub(crate) const DEFAULT_NAME: &str = "default";

/// What names of service-linked recorders start with.
pub(crate) const SERVICE_LINKED: &str = "AWSConfigurationRecorderFor";

/// The customer managed recorder. There is one at most: the key is the account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecorderRecord {
    pub(crate) name: String,
    /// What its ARN ends with.
    pub(crate) id: String,
    pub(crate) role_arn: String,
    pub(crate) group: RecordingGroup,
    pub(crate) mode: RecordingMode,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) is_recording: bool,
    pub(crate) started: Option<Timestamp>,
    pub(crate) stopped: Option<Timestamp>,
    pub(crate) status: Option<SweepStatus>,
    pub(crate) status_changed: Option<Timestamp>,
}

impl Record for RecorderRecord {
    const KIND: &'static str = "config.recorder";
    const FORMAT: u32 = 1;
}

/// How the last look at everything went (REC-14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SweepStatus {
    /// The first has not ended.
    Pending,
    Success,
    Failure {
        code: String,
        message: String,
    },
}

/// The key of the recorder of an account and region.
pub(crate) fn key(scope: &Scope) -> Key {
    Key::regional(&scope.account, &scope.region, "")
}

/// The recorder of an account and region, if there is one.
pub(crate) fn find(catalog: &Catalog, scope: &Scope) -> Option<Versioned<RecorderRecord>> {
    catalog.get(&key(scope))
}

/// The recorder of this name.
///
/// # Errors
/// `NoSuchConfigurationRecorderException`
pub(crate) fn named(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<RecorderRecord>, ServiceError> {
    find(catalog, scope).filter(|found| found.value.name == name).ok_or_else(|| no_such_recorder(name))
}

pub(crate) fn no_such_recorder(name: &str) -> ServiceError {
    let message = format!("Cannot find configuration recorder with the specified name '{name}'.");
    errors::no_such_configuration_recorder_exception(message)
}

/// # Errors
/// `NoAvailableConfigurationRecorderException` when there is none; `NoRunningConfigurationRecorderException` when it is
/// stopped (REC-16, REC-17).
pub(crate) fn running(catalog: &Catalog, scope: &Scope) -> Result<Versioned<RecorderRecord>, ServiceError> {
    let found = available(catalog, scope)?;
    match found.value.is_recording {
        true => Ok(found),
        false => Err(not_running()),
    }
}

/// # Errors
/// `NoAvailableConfigurationRecorderException`
pub(crate) fn available(catalog: &Catalog, scope: &Scope) -> Result<Versioned<RecorderRecord>, ServiceError> {
    let message = "There are no configuration recorders available to provide the requested information.";
    find(catalog, scope).ok_or_else(|| errors::no_available_configuration_recorder_exception(message))
}

pub(crate) fn not_running() -> ServiceError {
    let message = "There is no configuration recorder running.";
    errors::no_running_configuration_recorder_exception(message)
}

impl Parts {
    /// What is recorded in an account and region, for sources that tell everything anew when that changes: another text
    /// after each start and each change of the recording group; `None` while nothing is recorded.
    pub fn recording(&self, scope: &Scope) -> Option<String> {
        let recorder = find(&self.catalog, scope).filter(|found| found.value.is_recording)?.value;
        Some(json!([recorder.id, recorder.started, recorder.group, recorder.mode]).to_string())
    }
}

impl RecorderRecord {
    /// The recorder's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        Arn {
            partition: scope.region.partition().as_str().to_owned(),
            service: "config".to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource: format!("configuration-recorder/{}/{}", self.name, self.id),
        }
        .to_string()
    }

    /// As whom it delivers.
    pub(crate) fn sender(&self, scope: &Scope) -> Sender {
        Sender { scope: scope.clone(), role_arn: self.role_arn.clone() }
    }

    /// `ConfigurationRecorder` (REC-4).
    pub(crate) fn to_api(&self, scope: &Scope) -> types::ConfigurationRecorder {
        types::ConfigurationRecorder {
            arn: Some(self.arn(scope)),
            name: Some(self.name.clone()),
            role_arn: Some(self.role_arn.clone()),
            recording_group: Some(self.group.to_api()),
            recording_mode: Some(self.mode.to_api()),
            recording_scope: Some(types::RecordingScope::Paid),
            service_principal: None,
        }
    }

    /// `ConfigurationRecorderStatus` (REC-13, REC-14): with words in upper case, as AWS sends them.
    pub(crate) fn to_status(&self, scope: &Scope) -> types::ConfigurationRecorderStatus {
        let (word, code, message) = match &self.status {
            None | Some(SweepStatus::Pending) => ("PENDING", None, None),
            Some(SweepStatus::Success) => ("SUCCESS", None, None),
            Some(SweepStatus::Failure { code, message }) => ("FAILURE", Some(code.clone()), Some(message.clone())),
        };
        types::ConfigurationRecorderStatus {
            arn: Some(self.arn(scope)),
            name: Some(self.name.clone()),
            last_start_time: self.started,
            last_stop_time: self.stopped,
            recording: Some(self.is_recording),
            last_status: Some(word.to_owned()),
            last_error_code: code,
            last_error_message: message,
            last_status_change_time: self.status_changed,
            service_principal: None,
        }
    }

    /// The recorder as a resource of its own (REC-11).
    pub(crate) fn describe(&self, scope: &Scope) -> Description {
        let group = self.group.to_api();
        let listed = |types: Option<Vec<String>>| types.unwrap_or_default();
        let excluded = group.exclusion_by_resource_types.and_then(|by| by.resource_types);
        let strategy = group.recording_strategy.and_then(|strategy| strategy.use_only);
        let mode = self.mode.to_api();
        let exceptions: Vec<_> = mode.recording_mode_overrides.unwrap_or_default();
        let exceptions = exceptions.into_iter().map(|exception| {
            json!({
                "description": exception.description,
                "resourceTypes": exception.resource_types,
                "recordingFrequency": exception.recording_frequency.as_str(),
            })
        });
        Description {
            aws_region: scope.region.to_string(),
            resource_name: Some(self.name.clone()),
            arn: Some(self.arn(scope)),
            tags: self.tags.iter().cloned().collect(),
            configuration: json!({
                "Id": self.name,
                "Name": self.name,
                "Recording": self.is_recording,
                "RoleARN": self.role_arn,
                "RecordingGroup": {
                    "allSupported": group.all_supported,
                    "includeGlobalResourceTypes": group.include_global_resource_types,
                    "resourceTypes": listed(group.resource_types),
                    "exclusionByResourceTypes": { "resourceTypes": listed(excluded) },
                    "recordingStrategy": { "useOnly": strategy.map(types::RecordingStrategyType::as_str) },
                },
                "RecordingMode": {
                    "recordingFrequency": mode.recording_frequency.as_str(),
                    "recordingModeOverrides": exceptions.collect::<Vec<_>>(),
                },
            }),
            ..Description::default()
        }
    }
}

/// The recorders that a request selects: none selected is the one there is (config.md §1.3).
///
/// # Errors
/// `ValidationException` when more than one is named; `NoSuchConfigurationRecorderException` when there is none such.
pub(crate) fn selected(
    catalog: &Catalog,
    scope: &Scope,
    names: Option<&[String]>,
    principal: Option<&str>,
    arn: Option<&str>,
) -> Result<Option<Arc<RecorderRecord>>, ServiceError> {
    let names = names.unwrap_or_default();
    if names.len() > 1 {
        let message = "Only one configuration recorder can be described at a time.";
        return Err(errors::validation_exception(message));
    }
    if principal.is_some() && !(names.is_empty() && arn.is_none()) {
        let message = "A service principal cannot be given with a name or an ARN.";
        return Err(errors::validation_exception(message));
    }
    if let Some(principal) = principal {
        // There are no service-linked recorders.
        return Err(no_such_recorder(principal));
    }
    let found = find(catalog, scope);
    let by_arn = arn.map(|arn| found.clone().filter(|found| found.value.arn(scope) == arn));
    match (names.first(), by_arn) {
        (None, None) => Ok(found.map(|found| found.value)),
        (Some(name), None) => named(catalog, scope, name).map(|found| Some(found.value)),
        (None, Some(by_arn)) => match by_arn {
            Some(found) => Ok(Some(found.value)),
            None => Err(no_such_recorder(arn.unwrap_or_default())),
        },
        (Some(name), Some(by_arn)) => match (named(catalog, scope, name)?, by_arn) {
            (found, Some(_)) => Ok(Some(found.value)),
            _ => Err(errors::validation_exception("The name and the ARN are of different configuration recorders.")),
        },
    }
}
