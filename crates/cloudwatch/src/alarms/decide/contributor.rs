//! The series of multi-series alarms, and what they make of the alarm (cloudwatch.md §6.10).

use super::judge::judge;
use super::{Observation, Outcome, Verdict, date, number, reason, reason_data};
use crate::record::{MetricAlarm, StateValue};

/// The reason of a series in OK that the query no longer gives, whatever missing data is treated
/// as (cloudwatch.md §6.5).
pub const CONTRIBUTOR_GONE: &str = "No data was returned for this contributor";

/// Beyond this many series in ALARM their number is not said (cloudwatch.md §6.5).
const COUNTED_MAX: usize = 100;

/// What one series of a multi-series alarm makes of what was observed of it: ALARM, OK or as it
/// is. One without data, where missing data has no other meaning, is in OK as if it were gone. A
/// series that the query does not give at all needs no decision: it goes into OK for
/// [`CONTRIBUTOR_GONE`].
pub fn decide_contributor(alarm: &MetricAlarm, observed: &Observation) -> Verdict {
    let judgement = judge(alarm, observed);
    let (value, reason) = match judgement.outcome() {
        Outcome::State(StateValue::InsufficientData) => (StateValue::Ok, CONTRIBUTOR_GONE.to_owned()),
        Outcome::State(value) => (value, reason::contributor_text(&judgement, value)),
        Outcome::Keep => return Verdict::Keep,
        Outcome::Problem(problem) => return Verdict::Problem(problem),
    };
    Verdict::State { value, reason, reason_data: reason_data::text(&judgement) }
}

/// The state of a multi-series alarm of which `total` series were given and `in_alarm` are in
/// ALARM: ALARM when any is, INSUFFICIENT_DATA when there are none at all, whatever missing data
/// is treated as. `query_millis` is when the data was read, `period_secs` the width of a bucket.
pub fn of_contributors(
    alarm: &MetricAlarm,
    query_millis: i64,
    period_secs: i64,
    in_alarm: usize,
    total: usize,
) -> Verdict {
    let value = match (in_alarm, total) {
        (0, 0) => StateValue::InsufficientData,
        (0, _) => StateValue::Ok,
        _ => StateValue::Alarm,
    };
    let reason = match value {
        StateValue::InsufficientData => {
            reason::no_data(usize::try_from(alarm.evaluation_periods).unwrap_or(usize::MAX))
        }
        _ if in_alarm > COUNTED_MAX => format!("{COUNTED_MAX}+ time series evaluated to ALARM"),
        _ => format!("{in_alarm} out of {total} time series evaluated to ALARM"),
    };
    let threshold = alarm.threshold.map(|threshold| format!(r#","threshold":{}"#, number(threshold)));
    let reason_data = format!(
        r#"{{"version":"1.0","queryDate":"{}","period":{period_secs},"recentDatapoints":[]{},"evaluatedDatapoints":[]}}"#,
        date::full(query_millis),
        threshold.unwrap_or_default(),
    );
    Verdict::State { value, reason, reason_data }
}
