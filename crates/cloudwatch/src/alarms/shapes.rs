//! Alarms as AWS shows them (cloudwatch.md §6.1).

use api::cloudwatch::types;
use base::Scope;

use super::arn;
use crate::anomaly_detectors::{dimension_list, query_shape};
use crate::record::{
    AlarmRecord, AlarmStateRecord, Comparison, CompositeAlarm, EvaluationProblem, HistoryKind, LowSamples, MetricAlarm,
    StateValue, SuppressedBy, Suppression, TreatMissingData, Watched,
};

/// A metric alarm. What was not set is not there, but for dimensions and actions, which are
/// there even when empty (recorded).
pub(crate) fn metric_alarm(
    scope: &Scope,
    name: &str,
    alarm: &AlarmRecord,
    metric: &MetricAlarm,
    state: &AlarmStateRecord,
) -> types::MetricAlarm {
    let mut shape = types::MetricAlarm {
        alarm_name: Some(name.to_owned()),
        alarm_arn: Some(arn(scope, name)),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.updated()),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(alarm.ok_actions.clone()),
        alarm_actions: Some(alarm.alarm_actions.clone()),
        insufficient_data_actions: Some(alarm.insufficient_data_actions.clone()),
        state_value: Some(state_value(state.state.value)),
        state_reason: Some(state.state.reason.clone()),
        state_reason_data: state.state.reason_data.clone(),
        state_updated_timestamp: Some(state.updated),
        state_transitioned_timestamp: Some(state.transitioned),
        evaluation_state: state.evaluation.map(evaluation_state),
        dimensions: Some(Vec::new()),
        evaluation_periods: Some(integer(metric.evaluation_periods)),
        datapoints_to_alarm: metric.datapoints_to_alarm.map(integer),
        threshold: metric.threshold,
        threshold_metric_id: metric.threshold_metric_id.clone(),
        comparison_operator: Some(comparison_operator(metric.comparison)),
        treat_missing_data: metric.treat_missing_data.map(|treatment| treat_missing_data(treatment).to_owned()),
        evaluate_low_sample_count_percentile: metric.low_samples.map(|option| low_samples(option).to_owned()),
        ..types::MetricAlarm::default()
    };
    match &metric.watched {
        Watched::Metric(watched) => {
            shape.metric_name = Some(watched.name.clone());
            shape.namespace = Some(watched.namespace.clone());
            shape.dimensions = Some(dimension_list(&watched.dimensions));
            shape.period = Some(integer(watched.period_secs));
            shape.unit = watched.unit.as_deref().and_then(|unit| unit.parse().ok());
            match watched.extended {
                true => shape.extended_statistic = Some(watched.stat.clone()),
                false => shape.statistic = watched.stat.parse().ok(),
            }
        }
        Watched::Queries(queries) => {
            let query = |query| {
                let shape = query_shape(query);
                types::MetricDataQuery { return_data: Some(shape.return_data.unwrap_or(true)), ..shape }
            };
            shape.metrics = Some(queries.iter().map(query).collect());
        }
    }
    shape
}

/// A composite alarm.
pub(crate) fn composite_alarm(
    scope: &Scope,
    name: &str,
    alarm: &AlarmRecord,
    composite: &CompositeAlarm,
    state: &AlarmStateRecord,
) -> types::CompositeAlarm {
    let suppressor = composite.suppressor.as_ref();
    let suppressed = state.suppression.as_ref().filter(|suppression| suppression.held.is_some());
    types::CompositeAlarm {
        alarm_name: Some(name.to_owned()),
        alarm_arn: Some(arn(scope, name)),
        alarm_description: alarm.description.clone(),
        alarm_configuration_updated_timestamp: Some(alarm.updated()),
        alarm_rule: Some(composite.rule.clone()),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(alarm.ok_actions.clone()),
        alarm_actions: Some(alarm.alarm_actions.clone()),
        insufficient_data_actions: Some(alarm.insufficient_data_actions.clone()),
        state_value: Some(state_value(state.state.value)),
        state_reason: Some(state.state.reason.clone()),
        state_reason_data: state.state.reason_data.clone(),
        state_updated_timestamp: Some(state.updated),
        state_transitioned_timestamp: Some(state.transitioned),
        actions_suppressed_by: suppressed.map(suppressed_by),
        actions_suppressed_reason: suppressed
            .map(|suppression| format!("Actions suppressed by {}", suppressed_by(suppression).as_str())),
        actions_suppressor: suppressor.map(|suppressor| suppressor.alarm.clone()),
        actions_suppressor_wait_period: suppressor.map(|suppressor| integer(suppressor.wait_secs)),
        actions_suppressor_extension_period: suppressor.map(|suppressor| integer(suppressor.extension_secs)),
    }
}

/// The state as the API spells it.
pub(crate) fn state_value(value: StateValue) -> types::StateValue {
    match value {
        StateValue::Ok => types::StateValue::Ok,
        StateValue::Alarm => types::StateValue::Alarm,
        StateValue::InsufficientData => types::StateValue::InsufficientData,
    }
}

/// The state that the API spells.
pub(crate) fn state_of(value: types::StateValue) -> StateValue {
    match value {
        types::StateValue::Ok => StateValue::Ok,
        types::StateValue::Alarm => StateValue::Alarm,
        types::StateValue::InsufficientData => StateValue::InsufficientData,
    }
}

/// The type of a history entry as the API spells it.
pub(crate) fn history_item_type(kind: HistoryKind) -> types::HistoryItemType {
    match kind {
        HistoryKind::ConfigurationUpdate => types::HistoryItemType::ConfigurationUpdate,
        HistoryKind::StateUpdate => types::HistoryItemType::StateUpdate,
        HistoryKind::Action => types::HistoryItemType::Action,
        HistoryKind::AlarmContributorStateUpdate => types::HistoryItemType::AlarmContributorStateUpdate,
        HistoryKind::AlarmContributorAction => types::HistoryItemType::AlarmContributorAction,
    }
}

fn evaluation_state(problem: EvaluationProblem) -> types::EvaluationState {
    match problem {
        EvaluationProblem::PartialData => types::EvaluationState::PartialData,
        EvaluationProblem::EvaluationError => types::EvaluationState::EvaluationError,
        EvaluationProblem::EvaluationFailure => types::EvaluationState::EvaluationFailure,
    }
}

fn suppressed_by(suppression: &Suppression) -> types::ActionsSuppressedBy {
    match suppression.by {
        SuppressedBy::WaitPeriod => types::ActionsSuppressedBy::WaitPeriod,
        SuppressedBy::Alarm => types::ActionsSuppressedBy::Alarm,
        SuppressedBy::ExtensionPeriod => types::ActionsSuppressedBy::ExtensionPeriod,
    }
}

fn comparison_operator(comparison: Comparison) -> types::ComparisonOperator {
    use {Comparison as Ours, types::ComparisonOperator as Theirs};
    match comparison {
        Ours::GreaterThanOrEqualToThreshold => Theirs::GreaterThanOrEqualToThreshold,
        Ours::GreaterThanThreshold => Theirs::GreaterThanThreshold,
        Ours::LessThanThreshold => Theirs::LessThanThreshold,
        Ours::LessThanOrEqualToThreshold => Theirs::LessThanOrEqualToThreshold,
        Ours::LessThanLowerOrGreaterThanUpperThreshold => Theirs::LessThanLowerOrGreaterThanUpperThreshold,
        Ours::LessThanLowerThreshold => Theirs::LessThanLowerThreshold,
        Ours::GreaterThanUpperThreshold => Theirs::GreaterThanUpperThreshold,
    }
}

fn treat_missing_data(treatment: TreatMissingData) -> &'static str {
    match treatment {
        TreatMissingData::Breaching => "breaching",
        TreatMissingData::NotBreaching => "notBreaching",
        TreatMissingData::Ignore => "ignore",
        TreatMissingData::Missing => "missing",
    }
}

fn low_samples(option: LowSamples) -> &'static str {
    match option {
        LowSamples::Evaluate => "evaluate",
        LowSamples::Ignore => "ignore",
    }
}

/// A number as the API has it: what was put came as one of these.
fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
