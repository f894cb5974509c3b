//! The body for mail: prose (cloudwatch.md §7.1).
//!
//! The section with a link into the AWS console is left out: it would lead away from this server.

use std::fmt::Write as _;

use super::{Notice, state_text, trigger, triggering_children, when};
use crate::alarms::arn;
use crate::record::{AlarmKind, CompositeAlarm, MetricAlarm, SubjectQuery, SubjectQueryForm, Watched, WatchedMetric};

/// The text.
pub(super) fn text(notice: &Notice<'_>) -> String {
    let mut text = String::new();
    write_all(&mut text, notice).expect("a string takes all that is written");
    text
}

fn write_all(to: &mut String, notice: &Notice<'_>) -> std::fmt::Result {
    let (state, region, time) = (state_text(notice.new.value), notice.region(), when(notice.new));
    writeln!(
        to,
        "You are receiving this email because your Amazon CloudWatch Alarm \"{}\" in the {region} region has entered \
         the {state} state, because \"{}\" at \"{time}\".",
        notice.name, notice.new.reason,
    )?;
    writeln!(to, "\nAlarm Details:")?;
    row(to, "Name", notice.name)?;
    row(to, "Description", notice.alarm.description.as_deref().unwrap_or_default())?;
    row(to, "State Change", &format!("{} -> {state}", state_text(notice.old.value)))?;
    row(to, "Reason for State Change", &notice.new.reason)?;
    row(to, "Timestamp", &time)?;
    row(to, "AWS Account", notice.scope.account.as_str())?;
    row(to, "Alarm Arn", &arn(notice.scope, notice.name))?;
    if let Some((id, attributes)) = notice.contributor {
        let pairs: Vec<String> = attributes.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        row(to, "Contributor", &format!("{id} [{}]", pairs.join(", ")))?;
    }
    match &notice.alarm.kind {
        AlarmKind::Metric(metric) => metric_sections(to, metric)?,
        AlarmKind::Composite(composite) => composite_sections(to, composite, notice)?,
    }
    actions_section(to, notice)
}

fn metric_sections(to: &mut String, alarm: &MetricAlarm) -> std::fmt::Result {
    let (n, m) = (alarm.evaluation_periods, alarm.datapoints_to_alarm.unwrap_or(alarm.evaluation_periods));
    let operator = format!("{:?}", alarm.comparison);
    let bound = match (&alarm.threshold, &alarm.threshold_metric_id) {
        (Some(threshold), _) => format!("{operator} {threshold:?}"),
        (None, Some(band)) => format!("{operator} of the band {band}"),
        (None, None) => operator,
    };
    let period = match &alarm.watched {
        Watched::Metric(metric) => i64::from(metric.period_secs),
        Watched::Queries(queries) => trigger::period_secs(queries),
    };
    writeln!(to, "\nThreshold:")?;
    writeln!(
        to,
        "- The alarm is in the ALARM state when the metric is {bound} for at least {m} of the last {n} period(s) of \
         {period} seconds.",
    )?;
    match &alarm.watched {
        Watched::Metric(metric) => monitored_metric(to, alarm, metric),
        Watched::Queries(queries) => monitored_queries(to, alarm, queries),
    }
}

fn monitored_metric(to: &mut String, alarm: &MetricAlarm, metric: &WatchedMetric) -> std::fmt::Result {
    writeln!(to, "\nMonitored Metric:")?;
    row(to, "MetricNamespace", &metric.namespace)?;
    row(to, "MetricName", &metric.name)?;
    row(to, "Dimensions", &dimensions(&metric.dimensions))?;
    row(to, "Period", &format!("{} seconds", metric.period_secs))?;
    row(to, "Statistic", &metric.stat)?;
    row(to, "Unit", metric.unit.as_deref().unwrap_or("not specified"))?;
    row(to, "TreatMissingData", trigger::treatment(alarm).as_str().unwrap_or_default())
}

fn monitored_queries(to: &mut String, alarm: &MetricAlarm, queries: &[SubjectQuery]) -> std::fmt::Result {
    writeln!(to, "\nMonitored Metrics:")?;
    for query in queries {
        let told = match &query.form {
            SubjectQueryForm::Expression(expression) => expression.clone(),
            SubjectQueryForm::Metric { namespace, name, dimensions: given, period_secs, stat, unit } => {
                let unit = unit.as_ref().map(|unit| format!(", in {unit}")).unwrap_or_default();
                let dimensions = dimensions(given);
                format!("{stat} of {namespace} {name} {dimensions} over {period_secs} seconds{unit}")
            }
        };
        let label = query.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        row(to, &query.id, &format!("{told}{label}"))?;
    }
    row(to, "TreatMissingData", trigger::treatment(alarm).as_str().unwrap_or_default())
}

fn composite_sections(to: &mut String, composite: &CompositeAlarm, notice: &Notice<'_>) -> std::fmt::Result {
    writeln!(to, "\nAlarm Rule:\n- {}", composite.rule)?;
    let children = triggering_children(notice.new);
    if !children.is_empty() {
        writeln!(to, "\nTriggering Children:")?;
    }
    for child in children {
        writeln!(to, "- {} is in the {} state since {}", child.arn, child.value, child.timestamp)?;
    }
    Ok(())
}

fn actions_section(to: &mut String, notice: &Notice<'_>) -> std::fmt::Result {
    writeln!(to, "\nState Change Actions:")?;
    let alarm = notice.alarm;
    let lists = [
        ("OK", &alarm.ok_actions),
        ("ALARM", &alarm.alarm_actions),
        ("INSUFFICIENT_DATA", &alarm.insufficient_data_actions),
    ];
    for (state, actions) in lists {
        match actions.is_empty() {
            true => writeln!(to, "- {state}:")?,
            false => writeln!(to, "- {state}: [{}]", actions.join(", "))?,
        }
    }
    Ok(())
}

/// One line of a section; what follows the name stands in a column of its own.
fn row(to: &mut String, name: &str, value: &str) -> std::fmt::Result {
    let line = format!("- {:<27} {value}", format!("{name}:"));
    writeln!(to, "{}", line.trim_end())
}

fn dimensions(given: &[(String, String)]) -> String {
    let pairs: Vec<String> = given.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("[{}]", pairs.join(", "))
}
