//! `DescribeAlarmsForMetric`: the alarms on one metric, of single metrics alone (cloudwatch.md §6.8).

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::alarms::configure::present;
use crate::alarms::{key, shapes};
use crate::record::{AlarmKind, AlarmRecord, Watched, WatchedMetric};

pub(super) async fn describe_alarms_for_metric(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DescribeAlarmsForMetricInput,
) -> Result<types::DescribeAlarmsForMetricOutput, ServiceError> {
    let parts = &cloudwatch.parts;
    let scope = cx.scope();
    let mut asked = pairs(input.dimensions.as_deref().unwrap_or_default());
    asked.sort_unstable();
    let mut metric_alarms = Vec::new();
    for (name, listed) in parts.catalog.list::<AlarmRecord>(cx.account(), Some(&cx.region)) {
        if !watches(&listed.value, &input, &asked) {
            continue;
        }
        let Some(present) = present(parts, &key(&scope, &name)) else { continue };
        if let AlarmKind::Metric(metric) = &present.alarm.value.kind {
            let state = &present.state.value;
            metric_alarms.push(shapes::metric_alarm(&scope, &name, &present.alarm.value, metric, state));
        }
    }
    Ok(types::DescribeAlarmsForMetricOutput { metric_alarms: Some(metric_alarms) })
}

fn pairs(dimensions: &[types::Dimension]) -> Vec<(String, String)> {
    dimensions.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect()
}

/// Whether an alarm watches what is asked for, with all of the metric's dimensions.
fn watches(alarm: &AlarmRecord, input: &types::DescribeAlarmsForMetricInput, asked: &[(String, String)]) -> bool {
    let AlarmKind::Metric(metric) = &alarm.kind else { return false };
    let Watched::Metric(watched) = &metric.watched else { return false };
    let WatchedMetric { namespace, name, dimensions, stat, extended, period_secs, unit } = watched;
    let mut dimensions = dimensions.clone();
    dimensions.sort_unstable();
    let statistic = input.statistic.map(|stat| stat.as_str());
    *namespace == input.namespace
        && *name == input.metric_name
        && dimensions == asked
        && statistic.is_none_or(|asked| !extended && asked == stat)
        && input.extended_statistic.as_deref().is_none_or(|asked| *extended && asked == stat)
        && input.period.is_none_or(|asked| i64::from(asked) == i64::from(*period_secs))
        && input.unit.is_none_or(|asked| Some(asked.as_str()) == unit.as_deref())
}
