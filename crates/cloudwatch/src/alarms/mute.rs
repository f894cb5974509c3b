//! Mute rules: when they are in force, and for whom (cloudwatch.md §6.11).

mod cron;
pub(crate) mod release;
pub(crate) mod schedule;
#[cfg(test)]
mod tests;

use api::cloudwatch::types::AlarmMuteRuleStatus;
use base::{Arn, Scope, Timestamp};
use store::Catalog;
use store::catalog::Key;

use crate::record::AlarmMuteRuleRecord;
use schedule::{Schedule, Window};

/// The window of a mute rule that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveMute {
    /// The rule's name: of several in force, the one whose window started last.
    pub rule: String,
    /// When its window started.
    pub start: Timestamp,
    /// When its window ends.
    pub end: Timestamp,
    /// How many other rules are in force for the same alarm.
    pub others: usize,
}

/// What mutes an alarm at `now`. Looks at the rules of the scope, which are few.
pub fn active(catalog: &Catalog, scope: &Scope, alarm: &str, now: Timestamp) -> Option<ActiveMute> {
    let rules = catalog.list::<AlarmMuteRuleRecord>(&scope.account, Some(&scope.region));
    let aimed = rules.into_iter().filter(|(_, rule)| rule.value.targets.iter().any(|target| target == alarm));
    let mut windows: Vec<(Window, String)> =
        aimed.filter_map(|(name, rule)| Some((window(&rule.value, now)?, name))).collect();
    let newest = windows.iter().enumerate().max_by_key(|(_, (window, _))| window.start).map(|(at, _)| at)?;
    let (Window { start, end }, rule) = windows.swap_remove(newest);
    Some(ActiveMute { rule, start, end, others: windows.len() })
}

/// The window of a rule that is open at `now`.
fn window(rule: &AlarmMuteRuleRecord, now: Timestamp) -> Option<Window> {
    Schedule::of(rule).ok()?.window(now)
}

/// The status of a rule.
pub(crate) fn status(rule: &AlarmMuteRuleRecord, now: Timestamp) -> AlarmMuteRuleStatus {
    match Schedule::of(rule) {
        Ok(schedule) if schedule.has_expired(now) => AlarmMuteRuleStatus::Expired,
        Ok(schedule) if schedule.window(now).is_some() => AlarmMuteRuleStatus::Active,
        _ => AlarmMuteRuleStatus::Scheduled,
    }
}

/// `ONE_TIME` or `RECURRING`.
pub(crate) fn mute_type(rule: &AlarmMuteRuleRecord) -> &'static str {
    match Schedule::of(rule) {
        Ok(schedule) if schedule.is_once() => "ONE_TIME",
        _ => "RECURRING",
    }
}

/// The key of a rule.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// A rule's ARN.
pub(crate) fn arn(scope: &Scope, name: &str) -> String {
    Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "cloudwatch".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource: format!("alarm-mute-rule:{name}"),
    }
    .to_string()
}
