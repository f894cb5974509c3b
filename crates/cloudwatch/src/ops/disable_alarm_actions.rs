//! `DisableAlarmActions`: keeps alarms from running their actions (cloudwatch.md §6.7).

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use super::enable_alarm_actions::set_actions_enabled;
use crate::CloudWatch;

pub(super) async fn disable_alarm_actions(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DisableAlarmActionsInput,
) -> Result<api::Unit, ServiceError> {
    set_actions_enabled(cloudwatch, cx, &input.alarm_names, false).await
}
