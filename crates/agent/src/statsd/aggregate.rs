//! StatsD lines of one publishing interval, gathered until it ends.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use base::Timestamp;

use super::{Kind, Line, Value};
use crate::datum::{Datum, DatumValue, Series, Unit, is_value};
use crate::distribution::Distribution;
use crate::window::{floor, is_high_resolution, to_data};

/// Series that are held at once. An application that puts ids into names or tags would
/// otherwise take all memory, here and at the server.
const SERIES_MAX: usize = 20_000;
/// Members of all sets together.
const MEMBERS_MAX: usize = 200_000;
/// A gauge that nobody touched for so long starts from zero again.
const GAUGE_LIFE: Duration = Duration::from_secs(3600);

/// What came since the last interval ended.
pub struct Aggregate {
    tags_max: usize,
    interval: Duration,
    since: Timestamp,
    series: BTreeMap<Series, Gathered>,
    gauges: BTreeMap<Series, Gauge>,
    members: usize,
    problems: Problems,
}

enum Gathered {
    Counter(f64),
    Samples(Distribution),
    Set(HashSet<String>),
}

struct Gauge {
    value: f64,
    changed: bool,
    seen: Timestamp,
}

/// Lines of an interval that came to nothing.
#[derive(Debug, Default)]
struct Problems {
    malformed: u64,
    example: Option<String>,
    too_many: u64,
}

impl Aggregate {
    /// Gathers from `since` in intervals that start at multiples of their length; `tags_max` is
    /// the room for tags among a metric's dimensions.
    pub fn new(since: Timestamp, interval: Duration, tags_max: usize) -> Self {
        Self {
            tags_max,
            interval,
            since,
            series: BTreeMap::new(),
            gauges: BTreeMap::new(),
            members: 0,
            problems: Problems::default(),
        }
    }

    /// Takes in one datagram: lines that end with a newline or with the datagram.
    pub fn take(&mut self, datagram: &[u8], now: Timestamp) {
        let text = String::from_utf8_lossy(datagram);
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            match Line::parse(line, self.tags_max) {
                Ok(line) => self.add(line, now),
                Err(why) => {
                    self.problems.malformed += 1;
                    self.problems.example.get_or_insert_with(|| {
                        format!("{why}: {}", line.chars().take(100).collect::<String>().escape_debug())
                    });
                }
            }
        }
    }

    fn add(&mut self, line: Line, now: Timestamp) {
        let series = Series { name: line.name, dimensions: line.dimensions, unit: Unit::None };
        let known = self.series.contains_key(&series) || self.gauges.contains_key(&series);
        if !known && self.series.len() + self.gauges.len() >= SERIES_MAX {
            self.problems.too_many += 1;
            return;
        }
        // Invariant: the type is among the dimensions, so a series has one type for ever, and
        // the parser gives each type values of its own form.
        for value in line.values {
            match (line.kind, value) {
                (Kind::Gauge, value) => self.set_gauge(&series, &value, now),
                (Kind::Set, Value::Member(member)) => self.add_member(&series, member),
                (Kind::Counter, Value::Number(number)) => {
                    if let Gathered::Counter(sum) = self.gathered(&series, || Gathered::Counter(0.0)) {
                        *sum += number / line.rate;
                    }
                }
                (Kind::Timing | Kind::Histogram | Kind::Distribution, Value::Number(number)) => {
                    if let Gathered::Samples(samples) = self.gathered(&series, || Gathered::Samples(<_>::default())) {
                        samples.add(number, 1.0 / line.rate);
                    }
                }
                (_, Value::Number(_) | Value::Change(_) | Value::Member(_)) => {}
            }
        }
    }

    fn gathered(&mut self, series: &Series, make: impl FnOnce() -> Gathered) -> &mut Gathered {
        self.series.entry(series.clone()).or_insert_with(make)
    }

    fn add_member(&mut self, series: &Series, member: String) {
        let full = self.members >= MEMBERS_MAX;
        let Gathered::Set(set) = self.gathered(series, || Gathered::Set(HashSet::new())) else { return };
        if set.contains(&member) {
            return;
        }
        if full {
            self.problems.too_many += 1;
            return;
        }
        set.insert(member);
        self.members += 1;
    }

    fn set_gauge(&mut self, series: &Series, value: &Value, now: Timestamp) {
        let gauge = self.gauges.entry(series.clone()).or_insert(Gauge { value: 0.0, changed: false, seen: now });
        let new = match value {
            Value::Change(change) => gauge.value + change,
            Value::Number(number) => *number,
            Value::Member(_) => return,
        };
        *gauge = Gauge { value: new, changed: true, seen: now };
    }

    /// Whether `at` lies in another interval than where gathering began.
    pub fn is_over(&self, at: Timestamp) -> bool {
        floor(at, self.interval) != floor(self.since, self.interval)
    }

    /// Ends the interval: gives what was gathered, stamped with the interval's start, and
    /// says what came to nothing. Gauges keep their value and are given only when one came.
    pub fn close(&mut self, now: Timestamp) -> Vec<Datum> {
        self.report_problems();
        let timestamp = std::mem::replace(&mut self.since, now);
        let high_resolution = is_high_resolution(self.interval);
        self.members = 0;
        let mut data = Vec::new();
        let mut samples = |series: &Series, single, distribution| {
            data.extend(to_data(series, timestamp, single, distribution, high_resolution));
        };
        let one = |value: f64| {
            let mut distribution = Distribution::default();
            distribution.add(value, 1.0);
            distribution
        };
        for (series, gathered) in std::mem::take(&mut self.series) {
            match gathered {
                Gathered::Counter(sum) => samples(&series, true, one(sum)),
                Gathered::Set(set) => samples(&series, true, one(set.len() as f64)),
                Gathered::Samples(distribution) => samples(&series, false, distribution),
            }
        }
        for (series, gauge) in &mut self.gauges {
            if std::mem::take(&mut gauge.changed) {
                samples(series, true, one(gauge.value));
            }
        }
        let forget = now.minus(GAUGE_LIFE);
        self.gauges.retain(|_, gauge| gauge.seen >= forget);
        let before = data.len();
        data.retain(is_acceptable);
        if data.len() < before {
            let dropped = before - data.len();
            tracing::error!(dropped, "METRICS LOST: StatsD sums are beyond what CloudWatch takes");
        }
        data
    }

    fn report_problems(&mut self) {
        let Problems { malformed, example, too_many } = std::mem::take(&mut self.problems);
        if malformed > 0 {
            let example = example.unwrap_or_default();
            tracing::warn!(malformed, %example, "StatsD lines were malformed and left out");
        }
        if too_many > 0 {
            tracing::error!(
                too_many,
                "METRICS LOST: more than {SERIES_MAX} StatsD series or {MEMBERS_MAX} set members in one interval"
            );
        }
    }
}

/// Sums can leave the range of numbers that the API takes though no single value did.
fn is_acceptable(datum: &Datum) -> bool {
    match &datum.value {
        DatumValue::Single(value) => is_value(*value),
        DatumValue::Distribution(bins) => is_value(bins.iter().map(|bin| bin.sum.abs()).sum()),
    }
}

#[cfg(test)]
mod tests;
