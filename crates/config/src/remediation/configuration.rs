//! What a remediation configuration says, and whether it can be.

use api::ServiceError;
use api::config::{errors, types};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::resource_types::check_type;
use crate::rule::ResourceKey;

/// The parameter with the role of an automation.
const ROLE_PARAMETER: &str = "AutomationAssumeRole";

/// What is done about resources that break a rule. The key is the rule's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemediationRecord {
    /// A UUID, for the ARN.
    pub(crate) id: String,
    /// A document of Systems Manager, or the URL of a webhook.
    pub(crate) target_id: String,
    pub(crate) target_version: Option<String>,
    pub(crate) parameters: Vec<(String, ParameterValue)>,
    /// Resources of this type alone.
    pub(crate) resource_type: Option<String>,
    /// As given.
    pub(crate) automatic: Option<bool>,
    /// As given, in percent.
    pub(crate) controls: Option<Controls>,
    pub(crate) attempts_max: Option<i32>,
    pub(crate) retry_secs: Option<i64>,
    pub(crate) created_by: Option<String>,
    /// Since when the resources that break the rule are to be looked at.
    pub(crate) look_since: Option<Timestamp>,
}

impl Record for RemediationRecord {
    const KIND: &'static str = "config.remediation";
    const FORMAT: u32 = 1;
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ParameterValue {
    /// The id of the resource.
    ResourceId,
    Static(Vec<String>),
}

/// How many executions may run and fail, in percent of the resources that break the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Controls {
    pub(crate) concurrent: Option<i32>,
    pub(crate) errors: Option<i32>,
}

impl RemediationRecord {
    pub(crate) fn is_automatic(&self) -> bool {
        self.automatic == Some(true)
    }

    /// Whether it is about resources of a type.
    pub(crate) fn is_about(&self, resource_type: &str) -> bool {
        self.resource_type.as_ref().is_none_or(|only| only == resource_type)
    }

    /// The URL of a webhook, where it is one that is called.
    pub(crate) fn webhook(&self) -> Option<&str> {
        is_webhook(&self.target_id).then_some(self.target_id.as_str())
    }

    /// Failed attempts after which no more is tried by itself.
    pub(crate) fn attempts_max(&self) -> usize {
        self.attempts_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(5)
    }

    /// Within how much time those attempts are made.
    pub(crate) fn window_ms(&self) -> i64 {
        self.retry_secs.unwrap_or(60).saturating_mul(1000)
    }

    /// How many of so many executions may run at a time: one at least.
    pub(crate) fn concurrent(&self, of: usize) -> usize {
        (percent(self.controls.and_then(|controls| controls.concurrent), 10) * of / 100).max(1)
    }

    /// Whether so many failures of so many executions are too many for those that wait.
    pub(crate) fn is_too_many(&self, failed: usize, of: usize) -> bool {
        failed * 100 > percent(self.controls.and_then(|controls| controls.errors), 50) * of
    }

    /// The parameters for a resource.
    pub(crate) fn parameters_for(&self, resource: &ResourceKey) -> Vec<(String, Vec<String>)> {
        let values = |value: &ParameterValue| match value {
            ParameterValue::ResourceId => vec![resource.resource_id.clone()],
            ParameterValue::Static(values) => values.clone(),
        };
        self.parameters.iter().map(|(name, value)| (name.clone(), values(value))).collect()
    }

    /// `RemediationConfiguration`: what was given, and the ARN.
    pub(crate) fn to_api(&self, scope: &Scope, rule_name: &str) -> types::RemediationConfiguration {
        let controls = |controls: Controls| types::ExecutionControls {
            ssm_controls: Some(types::SsmControls {
                concurrent_execution_rate_percentage: controls.concurrent,
                error_percentage: controls.errors,
            }),
        };
        let parameters = self.parameters.iter().map(|(name, value)| (name.clone(), value.to_api())).collect::<Vec<_>>();
        types::RemediationConfiguration {
            config_rule_name: rule_name.to_owned(),
            target_type: types::RemediationTargetType::SsmDocument,
            target_id: self.target_id.clone(),
            target_version: self.target_version.clone(),
            parameters: (!parameters.is_empty()).then_some(parameters),
            resource_type: self.resource_type.clone(),
            automatic: Some(self.is_automatic()),
            execution_controls: self.controls.map(controls),
            maximum_automatic_attempts: self.attempts_max,
            retry_attempt_seconds: self.retry_secs,
            arn: Some(self.arn(scope, rule_name)),
            created_by_service: self.created_by.clone(),
        }
    }
}

fn percent(given: Option<i32>, default: usize) -> usize {
    given.and_then(|given| usize::try_from(given).ok()).unwrap_or(default)
}

fn is_webhook(target_id: &str) -> bool {
    target_id.starts_with("https://") || target_id.starts_with("http://")
}

impl ParameterValue {
    fn of_api(value: &types::RemediationParameterValue) -> Option<Self> {
        match (&value.resource_value, &value.static_value) {
            (Some(_), None) => Some(Self::ResourceId),
            (None, Some(given)) => Some(Self::Static(given.values.clone())),
            _ => None,
        }
    }

    fn to_api(&self) -> types::RemediationParameterValue {
        match self {
            Self::ResourceId => types::RemediationParameterValue {
                resource_value: Some(types::ResourceValue { value: types::ResourceValueType::ResourceId }),
                static_value: None,
            },
            Self::Static(values) => types::RemediationParameterValue {
                resource_value: None,
                static_value: Some(types::StaticValue { values: values.clone() }),
            },
        }
    }
}

/// What a caller says is to be done, as a record with this id.
///
/// # Errors
/// `InvalidParameterValueException`
pub(crate) fn of_api(
    given: &types::RemediationConfiguration,
    id: String,
    now: Timestamp,
) -> Result<RemediationRecord, ServiceError> {
    let rule_name = &given.config_rule_name;
    let invalid = || {
        let message = format!(
            "There were invalid RemediationParameterValues for configurations for AWS Config Rules [{rule_name}]"
        );
        errors::invalid_parameter_value_exception(message)
    };
    let mut parameters = Vec::new();
    for (name, value) in given.parameters.iter().flatten() {
        parameters.push((name.clone(), ParameterValue::of_api(value).ok_or_else(invalid)?));
    }
    let has_role = parameters.iter().any(|(name, value)| {
        name == ROLE_PARAMETER && matches!(value, ParameterValue::Static(values) if !values.is_empty())
    });
    if given.automatic == Some(true) && !has_role && !is_webhook(&given.target_id) {
        let message = format!(
            "The parameter {ROLE_PARAMETER} is required for the automatic remediation of AWS Config Rule {rule_name}."
        );
        return Err(errors::invalid_parameter_value_exception(message));
    }
    given.resource_type.as_deref().map_or(Ok(()), check_type)?;
    let controls = given.execution_controls.as_ref().and_then(|controls| controls.ssm_controls.as_ref());
    let controls = controls.map(|controls| Controls {
        concurrent: controls.concurrent_execution_rate_percentage,
        errors: controls.error_percentage,
    });
    Ok(RemediationRecord {
        id,
        target_id: given.target_id.clone(),
        target_version: given.target_version.clone(),
        parameters,
        resource_type: given.resource_type.clone(),
        automatic: given.automatic,
        controls,
        attempts_max: given.maximum_automatic_attempts,
        retry_secs: given.retry_attempt_seconds,
        created_by: None,
        look_since: (given.automatic == Some(true)).then_some(now),
    })
}
