//! Rules as the API has them, to records and back (config.md §6.1).

use api::config::types;
use base::Scope;

use crate::channel::{frequency, hours};
use crate::rule_book::{MessageKind, Mode, RuleRecord, RuleScope, RuleSource, RuleState, SourceDetail};
use crate::rule_state::RuleStateRecord;

impl RuleRecord {
    /// `ConfigRule`, as it was given and with what the service adds; a policy's text is shown elsewhere.
    pub(crate) fn to_api(&self, scope: &Scope, state: &RuleStateRecord) -> types::ConfigRule {
        let modes = if self.modes.is_empty() { &[Mode::Detective][..] } else { &self.modes };
        let mode = |mode: &Mode| types::EvaluationModeConfiguration { mode: Some(mode.to_api()) };
        types::ConfigRule {
            config_rule_name: Some(self.name.clone()),
            config_rule_arn: Some(self.arn(scope)),
            config_rule_id: Some(self.id.clone()),
            description: self.description.clone(),
            scope: (!self.scope.is_empty()).then(|| self.scope.to_api()),
            source: self.source.to_api(),
            input_parameters: self.input_parameters.clone(),
            maximum_execution_frequency: self.period_hours.and_then(frequency),
            config_rule_state: Some(shown_state(self.state, state)),
            created_by: self.created_by.clone(),
            evaluation_modes: Some(modes.iter().map(mode).collect()),
        }
    }
}

/// `ConfigRuleState`
pub(crate) fn shown_state(stored: RuleState, state: &RuleStateRecord) -> types::ConfigRuleState {
    match stored {
        RuleState::Active if state.is_evaluating() => types::ConfigRuleState::Evaluating,
        RuleState::Active => types::ConfigRuleState::Active,
        RuleState::Deleting => types::ConfigRuleState::Deleting,
        RuleState::DeletingResults => types::ConfigRuleState::DeletingResults,
    }
}

impl Mode {
    pub(crate) fn to_api(self) -> types::EvaluationMode {
        match self {
            Self::Detective => types::EvaluationMode::Detective,
            Self::Proactive => types::EvaluationMode::Proactive,
        }
    }

    pub(crate) fn of_api(given: types::EvaluationMode) -> Self {
        match given {
            types::EvaluationMode::Detective => Self::Detective,
            types::EvaluationMode::Proactive => Self::Proactive,
        }
    }
}

impl RuleScope {
    pub(crate) fn of_api(given: types::Scope) -> Self {
        Self {
            types: given.compliance_resource_types.unwrap_or_default(),
            resource_id: given.compliance_resource_id,
            tag_key: given.tag_key,
            tag_value: given.tag_value,
        }
    }

    fn to_api(&self) -> types::Scope {
        types::Scope {
            compliance_resource_types: (!self.types.is_empty()).then(|| self.types.clone()),
            compliance_resource_id: self.resource_id.clone(),
            tag_key: self.tag_key.clone(),
            tag_value: self.tag_value.clone(),
        }
    }
}

impl RuleSource {
    fn to_api(&self) -> types::Source {
        let details = |details: &[SourceDetail]| Some(details.iter().map(SourceDetail::to_api).collect());
        match self {
            Self::Managed { identifier } => types::Source {
                owner: types::Owner::Aws,
                source_identifier: Some(identifier.clone()),
                source_details: None,
                custom_policy_details: None,
            },
            Self::Lambda { function_arn, details: given } => types::Source {
                owner: types::Owner::CustomLambda,
                source_identifier: Some(function_arn.clone()),
                source_details: details(given),
                custom_policy_details: None,
            },
            Self::Policy { runtime, text: _, logs_evaluations, details: given } => types::Source {
                owner: types::Owner::CustomPolicy,
                source_identifier: None,
                source_details: details(given),
                custom_policy_details: Some(types::CustomPolicyDetails {
                    policy_runtime: runtime.clone(),
                    // `GetCustomRulePolicy` shows it.
                    policy_text: None,
                    enable_debug_log_delivery: Some(*logs_evaluations),
                }),
            },
        }
    }
}

impl SourceDetail {
    fn to_api(&self) -> types::SourceDetail {
        types::SourceDetail {
            event_source: Some(types::EventSource::AwsConfig),
            message_type: Some(self.message.to_api()),
            maximum_execution_frequency: self.period_hours.and_then(frequency),
        }
    }
}

impl MessageKind {
    fn to_api(self) -> types::MessageType {
        match self {
            Self::Change => types::MessageType::ConfigurationItemChangeNotification,
            Self::OversizedChange => types::MessageType::OversizedConfigurationItemChangeNotification,
            Self::Scheduled => types::MessageType::ScheduledNotification,
            Self::SnapshotDelivered => types::MessageType::ConfigurationSnapshotDeliveryCompleted,
        }
    }

    pub(crate) fn of_api(given: types::MessageType) -> Self {
        match given {
            types::MessageType::ConfigurationItemChangeNotification => Self::Change,
            types::MessageType::OversizedConfigurationItemChangeNotification => Self::OversizedChange,
            types::MessageType::ScheduledNotification => Self::Scheduled,
            types::MessageType::ConfigurationSnapshotDeliveryCompleted => Self::SnapshotDelivered,
        }
    }
}

/// The hours of a frequency.
pub(crate) fn period(given: Option<types::MaximumExecutionFrequency>) -> Option<i64> {
    given.map(hours)
}
