//! What Logs tells of itself as metrics, in the namespace `AWS/Logs` (logs.md MF-14).

use base::Timestamp;
use store::log_event::NewEvent;
use store::metric::{Metric, Unit};

use super::emf::Errors;
use super::samples::{Resolution, Samples};
use super::transformed::Transformed;
use crate::transformers::Level;

/// Bytes that an event counts beside its message (logs.md PE-1).
const EVENT_OVERHEAD_BYTES: usize = 26;

/// Adds what a put of a group brought: IncomingBytes and IncomingLogEvents, with and without the group's name.
pub(super) fn incoming(group: &str, events: &[NewEvent], taken: Timestamp, samples: &mut Samples) {
    let bytes: usize = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
    for (name, value, unit) in [("IncomingBytes", bytes, Unit::BYTES), ("IncomingLogEvents", events.len(), Unit::NONE)]
    {
        for metric in [metric(name, Some(group)), metric(name, None)] {
            samples.add(metric, unit, taken, Resolution::Standard, value as f64);
        }
    }
}

/// Adds what went wrong with embedded metrics of a group, where anything did.
pub(super) fn embedded_errors(group: &str, errors: Errors, taken: Timestamp, samples: &mut Samples) {
    for (name, count) in [("EMFParsingErrors", errors.parsing), ("EMFValidationErrors", errors.validation)] {
        count_of(name, group, count, taken, samples);
    }
}

/// Adds how many events with embedded metrics were passed over, by an account's policy (logs.md EM-5).
pub(super) fn embedded_ignored(group: &str, count: u64, taken: Timestamp, samples: &mut Samples) {
    count_of("EMFDisabledErrors", group, count, taken, samples);
}

/// Adds what a transformer made of a put. The account's transformers are counted together, whatever the group.
pub(super) fn transformed(group: &str, made: &Transformed, taken: Timestamp, samples: &mut Samples) {
    let dimension = match made.level {
        Level::Group => ("LogGroupName", group),
        Level::Account => ("PolicyLevel", ACCOUNT_POLICY),
    };
    for (name, value, unit) in [
        ("TransformedLogEvents", made.events, Unit::NONE),
        ("TransformedBytes", made.bytes, Unit::BYTES),
        ("TransformationErrors", made.errors, Unit::NONE),
    ] {
        if value > 0 {
            samples.add(metric_of(name, &[dimension]), unit, taken, Resolution::Standard, value as f64);
        }
    }
}

/// What was sent of a subscription, or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// Events that were sent.
    pub(crate) events: u64,
    /// Bytes of their payloads, packed.
    pub(crate) bytes: u64,
    /// Events that the destination had no room for.
    pub(crate) throttled: u64,
    /// Events that could not be sent for another reason.
    pub(crate) failed: u64,
}

/// Which subscription something was sent for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForwardedBy<'a> {
    /// The subscription's name.
    pub(crate) filter: &'a str,
    /// What the destination is.
    pub(crate) destination_type: &'a str,
    /// The group; `None` for a policy of the account, which are counted over all groups.
    pub(crate) group: Option<&'a str>,
}

/// Adds what was sent of a subscription (logs.md MF-14). Whether a failure is one of the destination's limits is told
/// apart; each attempt counts.
pub(crate) fn forwarded(by: ForwardedBy<'_>, told: Forwarded, at: Timestamp, samples: &mut Samples) {
    // CloudWatch turns names into ASCII.
    let filter: String = by.filter.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    let level = by.group.map_or(("PolicyLevel", ACCOUNT_POLICY), |group| ("LogGroupName", group));
    let dimensions = [("DestinationType", by.destination_type), ("FilterName", filter.as_str()), level];
    for (name, value, unit) in [
        ("ForwardedLogEvents", told.events, Unit::NONE),
        ("ForwardedBytes", told.bytes, Unit::BYTES),
        ("DeliveryThrottling", told.throttled, Unit::NONE),
        ("DeliveryErrors", told.failed, Unit::NONE),
    ] {
        if value > 0 {
            samples.add(metric_of(name, &dimensions), unit, at, Resolution::Standard, value as f64);
        }
    }
}

/// The only value of the dimension `PolicyLevel`.
const ACCOUNT_POLICY: &str = "AccountPolicy";

fn count_of(name: &str, group: &str, count: u64, taken: Timestamp, samples: &mut Samples) {
    if count > 0 {
        samples.add(metric(name, Some(group)), Unit::NONE, taken, Resolution::Standard, count as f64);
    }
}

fn metric(name: &str, group: Option<&str>) -> Metric {
    metric_of(name, &group.map(|group| ("LogGroupName", group)).into_iter().collect::<Vec<_>>())
}

/// A metric of Logs itself; dimensions are given by name.
fn metric_of(name: &str, dimensions: &[(&str, &str)]) -> Metric {
    let dimensions = dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Metric { namespace: "AWS/Logs".into(), name: name.into(), dimensions }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_events_are_told_of_the_group_and_of_all() {
        let event = |message: &str| NewEvent { time: Timestamp::from_millis(5), message: message.to_owned() };
        let mut samples = Samples::default();
        incoming("g", &[event("abc"), event("ü")], Timestamp::from_secs(90), &mut samples);
        let told: Vec<_> = samples
            .into_data()
            .into_iter()
            .map(|datum| {
                assert_eq!((&*datum.metric.namespace, datum.time_secs), ("AWS/Logs", 60));
                let group = datum.metric.dimensions.first().map(|(name, value)| format!("{name}={value}"));
                (datum.metric.name.to_string(), group, datum.unit.as_str(), datum.sample.sum)
            })
            .collect();
        let group = || Some("LogGroupName=g".to_owned());
        let expected = [
            ("IncomingBytes".to_owned(), group(), "Bytes", 57.0),
            ("IncomingBytes".to_owned(), None, "Bytes", 57.0),
            ("IncomingLogEvents".to_owned(), group(), "None", 2.0),
            ("IncomingLogEvents".to_owned(), None, "None", 2.0),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn errors_are_told_only_where_there_are_any() {
        let mut samples = Samples::default();
        let errors = Errors { parsing: 0, validation: 2 };
        embedded_errors("g", errors, Timestamp::from_secs(0), &mut samples);
        let data = samples.into_data();
        assert_eq!(data.len(), 1);
        assert_eq!((&*data[0].metric.name, data[0].sample.sum), ("EMFValidationErrors", 2.0));
    }
}
