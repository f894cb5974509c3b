//! What Logs tells of itself as metrics, in the namespace `AWS/Logs` (logs.md MF-14).

use base::Timestamp;
use store::log_event::NewEvent;
use store::metric::{Metric, Unit};

use super::emf::Errors;
use super::samples::{Resolution, Samples};

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

fn count_of(name: &str, group: &str, count: u64, taken: Timestamp, samples: &mut Samples) {
    if count > 0 {
        samples.add(metric(name, Some(group)), Unit::NONE, taken, Resolution::Standard, count as f64);
    }
}

fn metric(name: &str, group: Option<&str>) -> Metric {
    let dimensions = group.map(|group| ("LogGroupName".into(), group.into()));
    Metric { namespace: "AWS/Logs".into(), name: name.into(), dimensions: dimensions.into_iter().collect() }
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
