//! `PutMetricAlarm`: makes a metric alarm or replaces its configuration (cloudwatch.md §6.1, §6.2).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use lang::metrics_insights;
use store::Catalog;

use crate::CloudWatch;
use crate::alarms::configure;
use crate::alarms::validate::alarm_of;
use crate::record::{AlarmKind, AlarmRecord, Busy, SubjectQueryForm, Watched, change};

/// Alarms on Metrics Insights in a region (cloudwatch.md §10).
const INSIGHTS_ALARMS_MAX: usize = 200;

pub(super) async fn put_metric_alarm(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutMetricAlarmInput,
) -> Result<api::Unit, ServiceError> {
    let parts = &cloudwatch.parts;
    let asked = alarm_of(&input, &cx.scope(), cx.now)?;
    let tags = input.tags.as_deref().unwrap_or_default();
    change(&parts.catalog, Busy::Internal, || {
        check_limit(&parts.catalog, cx, &input.alarm_name, &asked)?;
        Ok((configure::put(parts, cx, &input.alarm_name, &asked, tags)?, ()))
    })
    .await?;
    configure::wake(parts);
    Ok(api::Unit)
}

fn check_limit(catalog: &Catalog, cx: &CallContext, name: &str, asked: &AlarmRecord) -> Result<(), ServiceError> {
    if !uses_insights(asked) {
        return Ok(());
    }
    let present = catalog.list::<AlarmRecord>(cx.account(), Some(&cx.region));
    let others = present.iter().filter(|(other, alarm)| other != name && uses_insights(&alarm.value)).count();
    match others >= INSIGHTS_ALARMS_MAX {
        true => Err(errors::limit_exceeded_fault(format!(
            "An account can have no more than {INSIGHTS_ALARMS_MAX} Metrics Insights alarms in a region."
        ))),
        false => Ok(()),
    }
}

fn uses_insights(alarm: &AlarmRecord) -> bool {
    let AlarmKind::Metric(metric) = &alarm.kind else { return false };
    let Watched::Queries(queries) = &metric.watched else { return false };
    queries.iter().any(|query| match &query.form {
        SubjectQueryForm::Expression(text) => metrics_insights::is_query(text),
        SubjectQueryForm::Metric { .. } => false,
    })
}
