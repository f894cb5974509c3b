//! When metric alarms are evaluated, and up to when their data reaches (cloudwatch.md §6.3). Pure.
//!
//! AWS says how often; at which second is ours: it is spread by a hash of the alarm's place and
//! name, so that load spreads too and points that come a little late are still seen.

use base::{Scope, Timestamp};

use super::points;
use crate::record::{MetricAlarm, Watched};

/// How long after it was put an alarm is first evaluated.
const FIRST_AFTER_MS: i64 = 2_000;
/// The period of queries that cannot be evaluated, in seconds.
const PERIOD_SECS_DEFAULT: i64 = 300;
const MINUTE_SECS: i64 = 60;
const HOUR_SECS: i64 = 3_600;
const DAY_SECS: i64 = 86_400;

/// How often an alarm is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every ten seconds: periods below a minute.
    TenSeconds,
    /// Every minute.
    Minute,
    /// Every hour: alarms that look at more than a day.
    Hour,
}

impl Cadence {
    /// Of this alarm.
    pub fn of(alarm: &MetricAlarm) -> Self {
        let period_secs = period_secs(alarm);
        match i64::from(alarm.evaluation_periods).saturating_mul(period_secs) {
            _ if period_secs < MINUTE_SECS => Self::TenSeconds,
            span if span > DAY_SECS => Self::Hour,
            _ => Self::Minute,
        }
    }

    /// The time between evaluations, in seconds. Data reaches to the last multiple of it.
    pub const fn secs(self) -> i64 {
        match self {
            Self::TenSeconds => 10,
            Self::Minute => MINUTE_SECS,
            Self::Hour => HOUR_SECS,
        }
    }

    /// How long after a multiple of it an alarm is evaluated: from when, and how many seconds
    /// there are to choose from.
    const fn offset(self) -> (i64, u64) {
        match self {
            Self::TenSeconds => (1, 3),
            Self::Minute => (3, 10),
            Self::Hour => (3 * MINUTE_SECS, 60),
        }
    }
}

/// The width of an alarm's buckets in seconds: the metric's period, or that of the query which is
/// compared, as the query engine has it.
pub fn period_secs(alarm: &MetricAlarm) -> i64 {
    match &alarm.watched {
        Watched::Metric(metric) => i64::from(metric.period_secs),
        Watched::Queries(queries) => points::queries_period_secs(alarm, queries).unwrap_or(PERIOD_SECS_DEFAULT),
    }
}

/// When an alarm that was put or changed at `put` is evaluated for the first time; later
/// evaluations follow from there by [`next_after`].
pub fn first_after_put(put: Timestamp) -> Timestamp {
    put.plus_millis(FIRST_AFTER_MS)
}

/// The first evaluation of an alarm after `now`; never at `now` itself.
pub fn next_after(scope: &Scope, name: &str, alarm: &MetricAlarm, now: Timestamp) -> Timestamp {
    let cadence = Cadence::of(alarm);
    let offset_ms = offset_secs(scope, name, cadence) * 1000;
    let step_ms = cadence.secs() * 1000;
    let since = now.millis().saturating_sub(offset_ms);
    now.plus_millis(step_ms - since.rem_euclid(step_ms))
}

/// Where the newest bucket of an evaluation at `now` ends, in seconds since the epoch: the last
/// whole ten seconds, minute or hour. Buckets go back from there in steps of the period.
pub fn data_end_secs(alarm: &MetricAlarm, now: Timestamp) -> i64 {
    let step = Cadence::of(alarm).secs();
    now.secs().div_euclid(step) * step
}

fn offset_secs(scope: &Scope, name: &str, cadence: Cadence) -> i64 {
    let (from, choices) = cadence.offset();
    let chosen = hash(&[scope.account.as_str(), scope.region.as_str(), name]) % choices;
    from + i64::try_from(chosen).expect("a minute has few seconds")
}

/// FNV-1a over the parts, each ended by a zero byte, and mixed once more: its remainders alone
/// are not spread evenly. It must never change: an alarm keeps its second over restarts and
/// releases.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let fnv =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Comparison, SubjectQuery, SubjectQueryForm, WatchedMetric};

    fn scope() -> Scope {
        Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    fn alarm(period_secs: u32, evaluation_periods: u32) -> MetricAlarm {
        let watched = WatchedMetric {
            namespace: "app".to_owned(),
            name: "load".to_owned(),
            dimensions: Vec::new(),
            stat: "Average".to_owned(),
            extended: false,
            period_secs,
            unit: None,
        };
        MetricAlarm {
            watched: Watched::Metric(watched),
            comparison: Comparison::GreaterThanThreshold,
            threshold: Some(1.0),
            threshold_metric_id: None,
            evaluation_periods,
            datapoints_to_alarm: None,
            treat_missing_data: None,
            low_samples: None,
        }
    }

    fn second_of(millis: i64, step_secs: i64) -> i64 {
        assert_eq!(millis % 1000, 0);
        millis / 1000 % step_secs
    }

    #[test]
    fn each_cadence_has_its_seconds() {
        let now = Timestamp::from_millis(1_700_000_012_345);
        for (alarm, step, seconds) in [
            (alarm(10, 3), 10, 1..=3),
            (alarm(30, 1), 10, 1..=3),
            (alarm(60, 5), 60, 3..=12),
            (alarm(3600, 24), 60, 3..=12),
            (alarm(86_400, 1), 60, 3..=12),
            (alarm(3600, 25), 3600, 180..=239),
            (alarm(86_400, 7), 3600, 180..=239),
        ] {
            let mut seen = std::collections::BTreeSet::new();
            for name in 0..500 {
                let name = format!("alarm-{name}");
                let first = next_after(&scope(), &name, &alarm, now);
                let second = next_after(&scope(), &name, &alarm, first);
                assert!(first > now && first.millis() - now.millis() <= step * 1000);
                assert_eq!(second.millis() - first.millis(), step * 1000);
                let at = second_of(first.millis(), step);
                assert!(seconds.contains(&at), "{at} of {step}");
                seen.insert(at);
            }
            assert!(seen.len() * 10 >= seconds.clone().count() * 9, "load is not spread: {seen:?}");
        }
    }

    #[test]
    fn the_second_of_an_alarm_stays() {
        assert_eq!(hash(&["a"]), hash(&["a"]));
        assert_eq!(hash(&["000000000000", "us-east-1", "cpu"]), 0x69e3_4853_b42f_8dbb);
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }

    #[test]
    fn data_reaches_to_the_last_whole_step() {
        let now = Timestamp::parse_iso("2026-02-26T10:15:47.399Z").unwrap();
        let end = |alarm: &MetricAlarm| Timestamp::from_secs(data_end_secs(alarm, now)).iso();
        assert_eq!(end(&alarm(10, 1)), "2026-02-26T10:15:40Z");
        assert_eq!(end(&alarm(300, 1)), "2026-02-26T10:15:00Z");
        assert_eq!(end(&alarm(3600, 48)), "2026-02-26T10:00:00Z");
    }

    #[test]
    fn queries_have_the_period_of_the_one_that_is_compared() {
        let metric = |id: &str, period_secs| SubjectQuery {
            id: id.to_owned(),
            form: SubjectQueryForm::Metric {
                namespace: "app".to_owned(),
                name: "load".to_owned(),
                dimensions: Vec::new(),
                period_secs,
                stat: "Sum".to_owned(),
                unit: None,
            },
            label: None,
            return_data: Some(false),
            period_secs: None,
        };
        let compared = |text: &str, period_secs| SubjectQuery {
            id: "compared".to_owned(),
            form: SubjectQueryForm::Expression(text.to_owned()),
            label: None,
            return_data: None,
            period_secs,
        };
        let of = |queries| period_secs(&MetricAlarm { watched: Watched::Queries(queries), ..alarm(60, 1) });
        assert_eq!(of(vec![metric("a", 10), metric("b", 60), compared("a / b", None)]), 60);
        // What it does not rest on plays no part.
        assert_eq!(of(vec![metric("a", 10), metric("b", 60), compared("a * 2", None)]), 10);
        assert_eq!(of(vec![metric("a", 60), compared("SELECT AVG(requests) FROM app", Some(600))]), 600);
        assert_eq!(of(vec![compared("SELECT AVG(requests) FROM app", None)]), 300);
        assert_eq!(of(vec![compared("nothing", None)]), 300);
    }

    #[test]
    fn a_new_alarm_is_first_evaluated_two_seconds_later() {
        assert_eq!(first_after_put(Timestamp::from_millis(500)), Timestamp::from_millis(2500));
    }
}
