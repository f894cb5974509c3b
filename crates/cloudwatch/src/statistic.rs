//! Statistics: their names, and their values over samples (cloudwatch.md §3.1, §3.2).

mod parse;
mod weighted;

use store::metric::StatSample;

pub use parse::parse_bound;
use weighted::Weighted;

/// A statistic that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// `SampleCount`
    SampleCount,
    /// `Sum`
    Sum,
    /// `Average`
    Average,
    /// `Minimum`
    Minimum,
    /// `Maximum`
    Maximum,
    /// `pNN.NN`: 0 to 100.
    Percentile(f64),
    /// `TM(a:b)`, `tmNN`, `IQM`: the mean of the samples inside.
    TrimmedMean(Span),
    /// `WM(a:b)`, `wmNN`: the mean after the samples outside are moved to the bounds.
    WinsorizedMean(Span),
    /// `TC(a:b)`, `tcNN`: how many samples are inside.
    TrimmedCount(Span),
    /// `TS(a:b)`, `tsNN`: the sum of the samples inside.
    TrimmedSum(Span),
    /// `PR(a:b)`: the percentage of samples inside; bounds are values.
    PercentileRank(Span),
}

/// A range of samples. A bound that is absent does not bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// By rank, in percent of all samples.
    Percents {
        /// Where it starts, 0 when absent.
        from: f64,
        /// Where it ends, 100 when absent.
        to: f64,
    },
    /// By value: above `above`, up to and with `up_to`.
    Values {
        /// Exclusive; negative infinity when absent.
        above: f64,
        /// Inclusive; infinity when absent.
        up_to: f64,
    },
}

impl Statistic {
    /// The statistic of this name; `None` when there is no such statistic.
    pub fn parse(name: &str) -> Option<Self> {
        parse::statistic(name)
    }

    /// Whether it needs to know how the samples are spread.
    pub fn is_extended(&self) -> bool {
        !matches!(self, Self::SampleCount | Self::Sum | Self::Average | Self::Minimum | Self::Maximum)
    }

    /// Its value over samples. `None` where it does not exist: extended statistics need the
    /// distribution, and do not exist when a sample is negative (cloudwatch.md §3.2); a mean
    /// over no samples does not exist either.
    pub fn value(&self, sample: &StatSample) -> Option<f64> {
        match self {
            Self::SampleCount => Some(sample.count),
            Self::Sum => Some(sample.sum),
            Self::Average => (sample.count > 0.0).then(|| sample.sum / sample.count),
            Self::Minimum => Some(sample.min),
            Self::Maximum => Some(sample.max),
            _ if sample.min < 0.0 => None,
            extended => extended.of_distribution(&Weighted::of(sample)?),
        }
    }

    fn of_distribution(&self, samples: &Weighted) -> Option<f64> {
        match self {
            Self::Percentile(percent) => Some(samples.percentile(*percent)),
            Self::TrimmedMean(span) => samples.inside(span).mean(),
            Self::TrimmedCount(span) => Some(samples.inside(span).count),
            Self::TrimmedSum(span) => Some(samples.inside(span).sum),
            Self::WinsorizedMean(span) => samples.winsorized_mean(span),
            Self::PercentileRank(span) => Some(100.0 * samples.inside(span).count / samples.count()),
            Self::SampleCount | Self::Sum | Self::Average | Self::Minimum | Self::Maximum => None,
        }
    }
}

#[cfg(test)]
mod tests;
