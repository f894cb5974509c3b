//! What is said of a rule that is put, held against what can be (config.md §6.2).

use api::ServiceError;
use api::config::errors;
use api::config::types::{
    ConfigRule, ConfigRuleState, CustomPolicyDetails, MaximumExecutionFrequency, MessageType, Owner, Source,
};
use base::Timestamp;

use crate::custom;
use crate::judge::ruling::PERIOD_HOURS;
use crate::resource_types::check_type;
use crate::rule::{ParameterError, Parameters};
use crate::rule_book::{MessageKind, Mode, RuleRecord, RuleScope, RuleSource, RuleState, SourceDetail};
use crate::rule_shapes::period;
use crate::rules;

/// A rule that can be put.
pub(crate) struct Given {
    description: Option<String>,
    scope: RuleScope,
    pub(crate) source: RuleSource,
    input_parameters: Option<String>,
    period_hours: Option<i64>,
    modes: Vec<Mode>,
}

impl Given {
    /// Reads what is given.
    ///
    /// # Errors
    /// The first that is wrong, in the order of config.md §6.2.
    pub(crate) fn read(given: ConfigRule) -> Result<Self, ServiceError> {
        if let Some(state) = given.config_rule_state.filter(|state| *state != ConfigRuleState::Active) {
            let message = format!(
                "The ConfigRuleState {} is invalid.  Only the following values are permitted: ACTIVE",
                state.as_str()
            );
            return Err(errors::invalid_parameter_value_exception(message));
        }
        let scope = scope(given.scope.map(RuleScope::of_api).unwrap_or_default())?;
        let period_hours = period(given.maximum_execution_frequency);
        let input_parameters = given.input_parameters;
        let source = source(given.source, period_hours)?;
        check_parameters(&source, input_parameters.as_deref())?;
        if given.created_by.is_some() {
            let message = "AWS Config populates the CreatedBy field for ServiceLinkedConfigRule. Try again without populating the CreatedBy field";
            return Err(errors::invalid_parameter_value_exception(message));
        }
        let modes = given.evaluation_modes.unwrap_or_default().into_iter().filter_map(|mode| mode.mode);
        let modes = modes_of(&source, modes.map(Mode::of_api).collect())?;
        Ok(Self { description: given.description, scope, source, input_parameters, period_hours, modes })
    }

    /// The rule as a record that a caller puts.
    pub(crate) fn record(&self, name: &str, id: &str, tags: &[(String, String)], now: Timestamp) -> RuleRecord {
        RuleRecord {
            name: name.to_owned(),
            id: id.to_owned(),
            description: self.description.clone(),
            scope: self.scope.clone(),
            source: self.source.clone(),
            input_parameters: self.input_parameters.clone(),
            period_hours: self.period_hours,
            state: RuleState::Active,
            created_by: None,
            modes: self.modes.clone(),
            tags: tags.to_vec(),
            created: now,
            changed: now,
        }
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    errors::invalid_parameter_value_exception(message)
}

fn scope(scope: RuleScope) -> Result<RuleScope, ServiceError> {
    scope.types.iter().try_for_each(|named| check_type(named))?;
    let has_tag = scope.tag_key.is_some();
    if scope.tag_value.is_some() && !has_tag {
        return Err(invalid("Tag key should not be empty when tag value is provided in scope"));
    }
    if has_tag && (!scope.types.is_empty() || scope.resource_id.is_some()) {
        return Err(invalid("Scope cannot be applied to both resource and tag"));
    }
    if scope.resource_id.is_some() && scope.types.len() != 1 {
        return Err(invalid("A single resourceType should be provided when resourceId is provided in scope"));
    }
    Ok(scope)
}

fn source(given: Source, rule_hours: Option<i64>) -> Result<RuleSource, ServiceError> {
    let details = given.source_details.unwrap_or_default();
    match given.owner {
        Owner::Aws => {
            let identifier = given.source_identifier.unwrap_or_default();
            if rules::known(&identifier).is_none() {
                return Err(invalid(format!(
                    "The sourceIdentifier {identifier} is invalid.  Please refer to the documentation for a list of valid sourceIdentifiers that can be used when AWS is the Owner"
                )));
            }
            if !details.is_empty() {
                return Err(wrong_details());
            }
            if given.custom_policy_details.is_some() {
                return Err(invalid("CustomPolicyDetails should be null/empty if the owner is AWS."));
            }
            Ok(RuleSource::Managed { identifier })
        }
        Owner::CustomLambda => {
            if details.is_empty() {
                return Err(wrong_details());
            }
            let function_arn = given.source_identifier.filter(|arn| !arn.is_empty());
            let Some(function_arn) = function_arn else {
                return Err(invalid("SourceIdentifier should be provided if the owner is CUSTOM_LAMBDA."));
            };
            if given.custom_policy_details.is_some() {
                return Err(invalid("CustomPolicyDetails should be null/empty if the owner is CUSTOM_LAMBDA."));
            }
            Ok(RuleSource::Lambda { function_arn, details: read_details(details, rule_hours)? })
        }
        Owner::CustomPolicy => {
            let Some(policy) = given.custom_policy_details else {
                return Err(invalid("CustomPolicyDetails should be provided if the owner is CUSTOM_POLICY."));
            };
            let details = read_details(details, rule_hours)?;
            let is_of_change =
                |detail: &SourceDetail| matches!(detail.message, MessageKind::Change | MessageKind::OversizedChange);
            if details.is_empty() || !details.iter().all(is_of_change) {
                return Err(invalid(
                    "SourceDetails should be provided if the owner is CUSTOM_POLICY, with the MessageType ConfigurationItemChangeNotification or OversizedConfigurationItemChangeNotification.",
                ));
            }
            check_policy(&policy)?;
            Ok(RuleSource::Policy {
                runtime: policy.policy_runtime,
                text: policy.policy_text.unwrap_or_default(),
                logs_evaluations: policy.enable_debug_log_delivery == Some(true),
                details,
            })
        }
    }
}

fn wrong_details() -> ServiceError {
    invalid(
        "SourceDetails should be null/empty if the owner is AWS. SourceDetails should be provided if the owner is CUSTOM_LAMBDA",
    )
}

fn read_details(
    given: Vec<api::config::types::SourceDetail>,
    rule_hours: Option<i64>,
) -> Result<Vec<SourceDetail>, ServiceError> {
    let detail = |detail: api::config::types::SourceDetail| {
        let Some(message) = detail.message_type else {
            return Err(invalid("MessageType should be provided in SourceDetails."));
        };
        Ok(SourceDetail {
            message: MessageKind::of_api(message),
            period_hours: detail_hours(message, detail.maximum_execution_frequency, rule_hours)?,
        })
    };
    given.into_iter().map(detail).collect()
}

/// How often a message comes.
fn detail_hours(
    message: MessageType,
    given: Option<MaximumExecutionFrequency>,
    rule_hours: Option<i64>,
) -> Result<Option<i64>, ServiceError> {
    match message {
        MessageType::ScheduledNotification => Ok(period(given).or(rule_hours).or(Some(PERIOD_HOURS))),
        MessageType::ConfigurationSnapshotDeliveryCompleted => Ok(period(given)),
        _ if given.is_some() => Err(invalid(
            "A maximum execution frequency is not allowed if MessageType is ConfigurationItemChangeNotification or OversizedConfigurationItemChangeNotification",
        )),
        _ => Ok(None),
    }
}

fn check_parameters(source: &RuleSource, given: Option<&str>) -> Result<(), ServiceError> {
    let known = match source {
        RuleSource::Managed { identifier } => rules::known(identifier).map(|known| known.parameters.as_slice()),
        RuleSource::Lambda { .. } | RuleSource::Policy { .. } => None,
    };
    let checked = match (known, given) {
        (Some(known), given) => Parameters::read(known, given).map(drop),
        (None, Some(text)) => match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
            Ok(_) => Ok(()),
            Err(_) => Err(ParameterError::NotJson(text.to_owned())),
        },
        (None, None) => Ok(()),
    };
    checked.map_err(|error| invalid(error.to_string()))
}

/// Whether a policy can be evaluated.
fn check_policy(policy: &CustomPolicyDetails) -> Result<(), ServiceError> {
    if policy.enable_debug_log_delivery == Some(true) {
        return Err(invalid("EnableDebugLogDelivery is not supported: evaluations of policies are not logged."));
    }
    let checked = custom::policy::check(policy.policy_text.as_deref().unwrap_or_default());
    checked.map_err(|why| invalid(format!("The PolicyText is not valid: {why}")))
}

fn modes_of(source: &RuleSource, modes: Vec<Mode>) -> Result<Vec<Mode>, ServiceError> {
    let is_proactive = match source {
        RuleSource::Managed { identifier } => rules::known(identifier).is_some_and(|known| known.is_proactive),
        RuleSource::Lambda { .. } => true,
        RuleSource::Policy { .. } => false,
    };
    if modes.contains(&Mode::Proactive) && !is_proactive {
        return Err(invalid("The evaluation mode PROACTIVE is not supported by this rule."));
    }
    Ok(modes)
}
