//! `SetAlarmState`: puts an alarm into a state until its next evaluation (cloudwatch.md §6.7).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use serde::de::IgnoredAny;
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::alarms::configure::{Present, present};
use crate::alarms::shapes::state_of;
use crate::alarms::transition::{Transition, TransitionParts};
use crate::alarms::{composite, key};
use crate::record::{Busy, change};

pub(super) async fn set_alarm_state(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::SetAlarmStateInput,
) -> Result<api::Unit, ServiceError> {
    let data = input.state_reason_data.as_deref();
    if data.is_some_and(|data| serde_json::from_str::<IgnoredAny>(data).is_err()) {
        // The words are not known.
        return Err(errors::invalid_format_fault("StateReasonData was not valid JSON"));
    }
    let parts = &cloudwatch.parts;
    let transitions =
        TransitionParts { catalog: parts.catalog.clone(), entropy: parts.entropy.clone(), events: parts.alarm_events };
    let key = key(&cx.scope(), &input.alarm_name);
    change(&parts.catalog, Busy::Internal, || {
        let Present { alarm, state } = present(parts, &key).ok_or_else(not_found)?;
        let mut transaction = Transaction::default();
        let mut transition = Transition::of(&transitions, &key, &alarm, &state, cx.now);
        let value = state_of(input.state_value);
        if value != state.value.state.value {
            // The actions of a composite alarm may have to wait for its suppressor.
            let held =
                composite::suppression_of_change(&parts.catalog, &cx.scope(), &alarm.value, &state.value, cx.now);
            transition.edit(|record| record.suppression = held);
        }
        transition.enter(value, input.state_reason.clone(), input.state_reason_data.clone());
        transition.record(&mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    parts.alarm_signals.changed.notify_one();
    parts.alarm_signals.actions.notify_one();
    Ok(api::Unit)
}

/// The error has no message at all (recorded).
fn not_found() -> ServiceError {
    ServiceError { message: None, ..errors::resource_not_found("") }
}
