//! The samples of one row in memory; a single sample, as most are, takes two words.

use super::{Distribution, StatSample};

/// Samples of one series and time.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// One sample.
    One { value: f64, high_resolution: bool },
    /// Anything else.
    Many { sample: Box<StatSample>, high_resolution: bool },
}

impl Cell {
    /// The samples, and whether any is of high resolution.
    pub fn new(sample: StatSample, high_resolution: bool) -> Self {
        if is_single(&sample) {
            return Self::One { value: sample.sum, high_resolution };
        }
        Self::Many { sample: Box::new(sample), high_resolution }
    }

    /// Whether any of the samples is of high resolution.
    pub fn high_resolution(&self) -> bool {
        match self {
            Self::One { high_resolution, .. } | Self::Many { high_resolution, .. } => *high_resolution,
        }
    }

    /// The samples' statistics.
    pub fn sample(&self) -> StatSample {
        match self {
            Self::One { value, .. } => StatSample::single(*value),
            Self::Many { sample, .. } => StatSample::clone(sample),
        }
    }

    /// Takes in other samples.
    pub fn merge(&mut self, other: Self) {
        let high_resolution = self.high_resolution() || other.high_resolution();
        let other = match other {
            Self::One { value, .. } => StatSample::single(value),
            Self::Many { sample, .. } => *sample,
        };
        match self {
            Self::Many { sample, high_resolution: high } => {
                sample.merge(&other);
                *high = high_resolution;
            }
            Self::One { value, .. } => {
                let mut sample = Box::new(StatSample::single(*value));
                sample.merge(&other);
                *self = Self::Many { sample, high_resolution };
            }
        }
    }

    /// Bytes that the cell holds beside itself, about.
    pub fn heap_bytes(&self) -> usize {
        let Self::Many { sample, .. } = self else { return 0 };
        size_of::<StatSample>()
            + match &sample.distribution {
                Distribution::Exact(values) if values.spilled() => size_of_val(values.as_slice()),
                Distribution::Exact(_) => 0,
                Distribution::Bins { bins, .. } => size_of_val(bins.as_slice()),
                Distribution::Unknown => 0,
            }
    }
}

/// Whether the sample is, to the bit, what [`StatSample::single`] makes of its sum.
fn is_single(sample: &StatSample) -> bool {
    let same = |other: f64| other.to_bits() == sample.sum.to_bits();
    let Distribution::Exact(values) = &sample.distribution else { return false };
    let [(value, 1.0)] = values[..] else { return false };
    sample.count == 1.0 && same(sample.min) && same(sample.max) && same(value)
}
