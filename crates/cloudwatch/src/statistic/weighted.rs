//! Computing over weighted samples, exactly as far as the distribution is exact.

use store::metric::{Distribution, StatSample};

use super::Span;

/// Samples rising by value, each with a weight above zero, and at least one of them.
pub(super) struct Weighted {
    samples: Vec<(f64, f64)>,
    count: f64,
    // The smallest and the largest, which are known exactly whatever the bins say.
    ends: (f64, f64),
}

/// What is inside a range: how many samples, and their sum.
pub(super) struct Inside {
    pub(super) count: f64,
    pub(super) sum: f64,
}

impl Inside {
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

impl Weighted {
    /// `None` when the spread of the samples is not known, or there are none.
    pub(super) fn of(sample: &StatSample) -> Option<Self> {
        let exact = matches!(sample.distribution, Distribution::Exact(_));
        let mut samples = sample.distribution.values()?;
        samples.retain(|(_, weight)| *weight > 0.0);
        if !exact {
            // The middle of a bin may lie outside of what was seen.
            samples.iter_mut().for_each(|(value, _)| *value = value.clamp(sample.min, sample.max));
        }
        let count = samples.iter().map(|(_, weight)| weight).sum();
        let (first, last) = (samples.first()?.0, samples.last()?.0);
        let ends = if exact { (first, last) } else { (sample.min, sample.max) };
        Some(Self { samples, count, ends })
    }

    pub(super) fn count(&self) -> f64 {
        self.count
    }

    /// Nearest ranks with linear interpolation between neighbours: p0 is the smallest sample,
    /// p100 the largest (cloudwatch.md §3.1).
    pub(super) fn percentile(&self, percent: f64) -> f64 {
        match percent {
            0.0 => return self.ends.0,
            100.0 => return self.ends.1,
            _ => {}
        }
        let rank = (percent / 100.0 * (self.count - 1.0)).max(0.0);
        let (lower, part) = (rank.floor(), rank.fract());
        let below = self.at_rank(lower);
        if part == 0.0 { below } else { below + (self.at_rank(lower + 1.0) - below) * part }
    }

    /// The sample that has `rank` samples before it, were each weight that many samples.
    fn at_rank(&self, rank: f64) -> f64 {
        let mut before = 0.0;
        for (value, weight) in &self.samples {
            before += weight;
            if before > rank {
                return *value;
            }
        }
        self.largest()
    }

    fn largest(&self) -> f64 {
        self.samples[self.samples.len() - 1].0
    }

    /// The samples inside a range. A sample whose weight lies across a percent bound is in by part.
    pub(super) fn inside(&self, span: &Span) -> Inside {
        let mut inside = Inside { count: 0.0, sum: 0.0 };
        let mut before = 0.0;
        for (value, weight) in &self.samples {
            let taken = match *span {
                Span::Values { above, up_to } if *value > above && *value <= up_to => *weight,
                Span::Values { .. } => 0.0,
                Span::Percents { from, to } => {
                    let (from, to) = (from / 100.0 * self.count, to / 100.0 * self.count);
                    ((before + weight).min(to) - before.max(from)).max(0.0)
                }
            };
            before += weight;
            inside.count += taken;
            inside.sum += taken * value;
        }
        inside
    }

    /// The mean with the samples outside moved to the bounds. Percent bounds stand for the
    /// outermost samples inside them.
    pub(super) fn winsorized_mean(&self, span: &Span) -> Option<f64> {
        let (low, high) = match *span {
            Span::Values { above, up_to } => (above, up_to),
            Span::Percents { from, to } => {
                (self.at_rank(from / 100.0 * self.count), self.up_to(to / 100.0 * self.count))
            }
        };
        if low > high {
            return None;
        }
        let sum: f64 = self.samples.iter().map(|(value, weight)| value.clamp(low, high) * weight).sum();
        Some(sum / self.count)
    }

    /// The value that the weight up to `rank` ends with.
    fn up_to(&self, rank: f64) -> f64 {
        let mut before = 0.0;
        for (value, weight) in &self.samples {
            before += weight;
            if before >= rank {
                return *value;
            }
        }
        self.largest()
    }
}
