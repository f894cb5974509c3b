//! Values that are collected into metric data: one datum for each metric, unit and time.

use std::collections::HashMap;

use base::Timestamp;
use store::metric::{Datum, Metric, StatSample, Unit};

/// The greatest absolute value that CloudWatch takes: 2^360 (cloudwatch.md §1.4).
const VALUE_MAX: f64 = f64::from_bits((1023 + 360) << 52);

/// How fine the times of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resolution {
    /// A minute.
    Standard,
    /// A second.
    High,
}

/// Data under way.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    places: HashMap<Slot, usize>,
    /// Each with its (value, count) pairs, in the order they came first.
    slots: Vec<(Slot, Vec<(f64, f64)>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Slot {
    metric: Metric,
    unit: Unit,
    time_secs: i64,
    resolution: Resolution,
}

impl Samples {
    /// Adds a value; its time is cut to what the resolution keeps.
    pub(crate) fn add(&mut self, metric: Metric, unit: Unit, time: Timestamp, resolution: Resolution, value: f64) {
        let time_secs = match resolution {
            Resolution::Standard => minute_secs(time),
            Resolution::High => time.secs(),
        };
        let slot = Slot { metric, unit, time_secs, resolution };
        // Events come in the order of time, and most filters make one metric: the last slot is mostly the one.
        if let Some((last, values)) = self.slots.last_mut()
            && *last == slot
        {
            return push(values, value);
        }
        match self.places.get(&slot) {
            Some(place) => push(&mut self.slots[*place].1, value),
            None => {
                self.places.insert(slot.clone(), self.slots.len());
                self.slots.push((slot, vec![(value, 1.0)]));
            }
        }
    }

    /// All that was collected.
    pub(crate) fn into_data(self) -> Vec<Datum> {
        let datum = |(slot, values): (Slot, Vec<(f64, f64)>)| {
            Some(Datum {
                metric: slot.metric,
                unit: slot.unit,
                time_secs: slot.time_secs,
                high_resolution: slot.resolution == Resolution::High,
                sample: StatSample::of_values(&values)?,
            })
        };
        self.slots.into_iter().filter_map(datum).collect()
    }
}

/// Equal values that follow one another are one pair: a filter that counts has a single one.
fn push(values: &mut Vec<(f64, f64)>, value: f64) {
    match values.last_mut() {
        Some((last, count)) if last.to_bits() == value.to_bits() => *count += 1.0,
        _ => values.push((value, 1.0)),
    }
}

/// The start of a time's minute, in seconds since the epoch.
pub(crate) fn minute_secs(time: Timestamp) -> i64 {
    time.secs().div_euclid(60) * 60
}

/// Whether a metric can have this value.
pub(crate) fn is_value(value: f64) -> bool {
    value.abs() <= VALUE_MAX
}

/// A number that a metric can have, from its text.
pub(crate) fn value_of(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value| is_value(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str) -> Metric {
        Metric { namespace: "N".into(), name: name.into(), dimensions: [].into() }
    }

    #[test]
    fn values_of_one_metric_and_minute_are_one_datum() {
        let mut samples = Samples::default();
        for (name, millis, value) in [("a", 0, 1.0), ("b", 0, 1.0), ("a", 59_999, 3.0), ("a", 60_000, 5.0)] {
            samples.add(metric(name), Unit::NONE, Timestamp::from_millis(millis), Resolution::Standard, value);
        }
        let data = samples.into_data();
        let of = |datum: &Datum| (datum.metric.name.to_string(), datum.time_secs, datum.sample.count, datum.sample.sum);
        let expected = [("a", 0, 2.0, 4.0), ("b", 0, 1.0, 1.0), ("a", 60, 1.0, 5.0)];
        assert_eq!(data.iter().map(of).collect::<Vec<_>>(), expected.map(|(n, t, c, s)| (n.to_owned(), t, c, s)));
        assert_eq!(data[0].sample.distribution.values().unwrap(), [(1.0, 1.0), (3.0, 1.0)]);
    }

    #[test]
    fn high_resolution_keeps_seconds() {
        let mut samples = Samples::default();
        for millis in [1_500, 1_999, 2_000] {
            samples.add(metric("a"), Unit::NONE, Timestamp::from_millis(millis), Resolution::High, 1.0);
        }
        let times: Vec<_> = samples.into_data().iter().map(|datum| (datum.time_secs, datum.high_resolution)).collect();
        assert_eq!(times, [(1, true), (2, true)]);
    }

    #[test]
    fn values_are_finite_and_within_the_bounds_of_metrics() {
        assert_eq!(value_of("1.5e3"), Some(1500.0));
        assert_eq!(value_of("2.3485425827738332e108"), Some(VALUE_MAX));
        for text in ["", "x", "NaN", "inf", "-infinity", "2.3485425827738336e108", "1 "] {
            assert_eq!(value_of(text), None, "{text}");
        }
    }
}
