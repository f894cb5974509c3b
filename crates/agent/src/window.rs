//! The samples of one publishing interval, gathered until it ends.

use std::collections::BTreeMap;
use std::time::Duration;

use base::Timestamp;

use crate::datum::{Datum, DatumValue, Sample, Series};
use crate::distribution::{Distribution, EXACT_MAX};

/// Gathers samples into windows of a length; windows start at multiples of it since the epoch.
#[derive(Debug)]
pub struct Window {
    length: Duration,
    start: Timestamp,
    gathered: BTreeMap<Series, Gathered>,
}

#[derive(Debug)]
struct Gathered {
    first: Timestamp,
    samples: u64,
    distribution: Distribution,
}

impl Window {
    /// An empty window around `now`.
    pub fn new(length: Duration, now: Timestamp) -> Self {
        Self { length, start: floor(now, length), gathered: BTreeMap::new() }
    }

    /// Adds samples taken at `at`. When that lies in another window than what was gathered
    /// so far, as after a machine slept, the former window is given back as data first.
    pub fn add(&mut self, at: Timestamp, samples: Vec<Sample>) -> Vec<Datum> {
        let start = floor(at, self.length);
        let done = if start == self.start { Vec::new() } else { self.close() };
        self.start = start;
        for Sample { series, value } in samples {
            let gathered = self.gathered.entry(series).or_insert_with(|| Gathered {
                first: at,
                samples: 0,
                distribution: Distribution::default(),
            });
            gathered.samples += 1;
            gathered.distribution.add(value, 1.0);
        }
        done
    }

    /// Whether no further sample will fall into this window: the next one comes at `next`.
    pub fn ends_before(&self, next: Timestamp) -> bool {
        floor(next, self.length) != self.start
    }

    /// Gives all that was gathered as data and starts empty.
    pub fn close(&mut self) -> Vec<Datum> {
        let high_resolution = is_high_resolution(self.length);
        let mut data = Vec::with_capacity(self.gathered.len());
        for (series, gathered) in std::mem::take(&mut self.gathered) {
            let Gathered { first, samples, distribution } = gathered;
            let timestamp = if samples == 1 { first } else { self.start };
            data.extend(to_data(&series, timestamp, samples == 1, distribution, high_resolution));
        }
        data
    }
}

/// Data published more often than each minute is kept by the second (cloudwatch.md §9.2).
pub fn is_high_resolution(interval: Duration) -> bool {
    interval < Duration::from_secs(60)
}

/// The data of one series: as many as are needed to keep within 150 values each.
pub(crate) fn to_data(
    series: &Series,
    timestamp: Timestamp,
    single: bool,
    distribution: Distribution,
    high_resolution: bool,
) -> Vec<Datum> {
    let bins = distribution.into_bins();
    let datum = |value| Datum { series: series.clone(), timestamp, value, high_resolution };
    match bins.as_slice() {
        [one] if single && one.count == 1.0 => vec![datum(DatumValue::Single(one.value()))],
        _ => bins.chunks(EXACT_MAX).map(|chunk| datum(DatumValue::Distribution(chunk.to_vec()))).collect(),
    }
}

/// The multiple of `step` at or before `at`.
pub(crate) fn floor(at: Timestamp, step: Duration) -> Timestamp {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_millis(at.millis().div_euclid(step) * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datum::Unit;

    const MINUTE: i64 = 60;

    fn used(value: f64) -> Vec<Sample> {
        vec![Sample::new("mem_used", Unit::Bytes, value)]
    }

    #[test]
    fn five_minutes_of_samples_become_one_datum_stamped_with_the_windows_start() {
        let mut window = Window::new(Duration::from_secs(300), Timestamp::from_secs(600));
        for minute in 0..5 {
            let at = Timestamp::from_secs(600 + minute * MINUTE);
            assert!(window.add(at, used(minute as f64)).is_empty());
            assert_eq!(window.ends_before(at.plus(Duration::from_secs(60))), minute == 4);
        }
        let data = window.close();
        assert_eq!(data.len(), 1);
        assert_eq!(data[0].timestamp, Timestamp::from_secs(600));
        assert!(!data[0].high_resolution);
        let DatumValue::Distribution(bins) = &data[0].value else { panic!("{data:?}") };
        assert_eq!(
            bins.iter().map(|bin| (bin.value(), bin.count)).collect::<Vec<_>>(),
            [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)]
        );
        assert!(window.close().is_empty());
    }

    #[test]
    fn a_single_sample_keeps_its_own_time() {
        let mut window = Window::new(Duration::from_secs(5), Timestamp::from_secs(600));
        window.add(Timestamp::from_millis(602_250), used(7.0));
        let data = window.close();
        assert_eq!(data[0].timestamp, Timestamp::from_millis(602_250));
        assert_eq!(data[0].value, DatumValue::Single(7.0));
        assert!(data[0].high_resolution);
    }

    #[test]
    fn samples_of_a_later_window_push_out_the_former() {
        let mut window = Window::new(Duration::from_secs(300), Timestamp::from_secs(600));
        window.add(Timestamp::from_secs(600), used(1.0));
        window.add(Timestamp::from_secs(660), used(1.0));
        let former = window.add(Timestamp::from_secs(9000), used(2.0));
        assert_eq!(former.len(), 1);
        assert_eq!(former[0].timestamp, Timestamp::from_secs(600));
        assert_eq!(window.close()[0].value, DatumValue::Single(2.0));
    }
}
