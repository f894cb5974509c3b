//! Value axes: bounds from data and wishes, and ticks at round values.

/// Values are kept within this, so that spans of an axis stay finite.
pub(crate) const SIZE_MAX: f64 = 1e300;
/// Values nearer to zero count as zero, so that steps of an axis stay above it.
const SIZE_MIN: f64 = 1e-290;
/// A smaller span, as a share of the values' size, is widened: its ticks could not be told apart.
const SPAN_MIN: f64 = 1e-6;
const TICKS_MAX: usize = 50;

/// A value axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    /// Rising, within the bounds.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// Where a value lies: 0 at the lower bound, 1 at the upper.
    pub(crate) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// What an axis has to show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// Smallest and largest value.
    pub data: Option<(f64, f64)>,
    /// The lower bound, when it is not to come from the data.
    pub min: Option<f64>,
    /// The upper bound, likewise.
    pub max: Option<f64>,
}

impl Demand {
    /// Widens the data by a value.
    pub(crate) fn include(&mut self, value: f64) {
        if value.is_finite() {
            let value = bounded(value);
            let (low, high) = self.data.unwrap_or((value, value));
            self.data = Some((low.min(value), high.max(value)));
        }
    }

    /// An axis of about so many intervals.
    pub(crate) fn scale(&self, intervals: usize) -> Scale {
        let (low, high) = self.bounds();
        let step = nice_step((high - low) / intervals.max(1) as f64);
        let low = if self.fixed(self.min) { low } else { (low / step).floor() * step };
        let high = if self.fixed(self.max) { high } else { (high / step).ceil() * step };
        Scale { low, high, ticks: multiples(low, high, step) }
    }

    /// An axis of exactly so many intervals, so that its ticks stand level with another
    /// axis'; fixed bounds come first.
    pub(crate) fn scale_level_with(&self, intervals: usize) -> Scale {
        if intervals == 0 || self.fixed(self.min) || self.fixed(self.max) {
            return self.scale(intervals);
        }
        let (low, high) = self.bounds();
        let mut step = nice_step((high - low) / intervals as f64);
        // A step of ten times the first always suffices.
        for _ in 0..6 {
            let from = (low / step).floor() * step;
            let to = from + step * intervals as f64;
            if to >= high {
                let ticks = (0..=intervals).map(|index| from + step * index as f64).collect();
                return Scale { low: from, high: to, ticks };
            }
            step = nice_step(step * 1.01);
        }
        self.scale(intervals)
    }

    fn fixed(&self, bound: Option<f64>) -> bool {
        bound.is_some_and(f64::is_finite)
    }

    /// Lower and upper bound before they are rounded outwards; a finite span above zero.
    fn bounds(&self) -> (f64, f64) {
        let min = self.min.filter(|min| min.is_finite()).map(bounded);
        let max = self.max.filter(|max| max.is_finite()).map(bounded);
        let (mut low, mut high) = self.data.unwrap_or((0.0, 1.0));
        // Data that reach down near zero are shown from zero.
        if low > 0.0 && low <= high / 4.0 {
            low = 0.0;
        }
        if high < 0.0 && high >= low / 4.0 {
            high = 0.0;
        }
        low = min.unwrap_or(low);
        high = max.unwrap_or(high);
        let size = low.abs().max(high.abs());
        if high - low > size * SPAN_MIN {
            return (low, high);
        }
        let room = if size == 0.0 { 1.0 } else { size * 0.1 };
        match (min, max) {
            (Some(min), _) => (min, min + room),
            (None, Some(max)) => (max - room, max),
            (None, None) if size == 0.0 => (0.0, 1.0),
            (None, None) => (low - room, high + room),
        }
    }
}

fn bounded(value: f64) -> f64 {
    if value.abs() < SIZE_MIN { 0.0 } else { value.clamp(-SIZE_MAX, SIZE_MAX) }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the step.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = step / power;
    let nice = [1.0, 2.0, 2.5, 5.0].into_iter().find(|nice| factor <= nice * (1.0 + 1e-9)).unwrap_or(10.0);
    nice * power
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-6).ceil();
    let last = (high / step + 1e-6).floor();
    (0..TICKS_MAX).map(|index| first + index as f64).take_while(|index| *index <= last).map(|n| n * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(low: f64, high: f64) -> Demand {
        Demand { data: Some((low, high)), ..Demand::default() }
    }

    #[test]
    fn ticks_are_round_and_enclose_the_data() {
        let table = [
            ((3.0, 97.0), vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]),
            ((80.0, 97.0), vec![80.0, 85.0, 90.0, 95.0, 100.0]),
            ((-4.0, 4.0), vec![-4.0, -2.0, 0.0, 2.0, 4.0]),
            ((0.0, 0.0), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ];
        for ((low, high), expected) in table {
            let ticks = demand(low, high).scale(5).ticks;
            assert_eq!(ticks.len(), expected.len(), "{ticks:?}");
            for (tick, expected) in ticks.iter().zip(expected) {
                assert!((tick - expected).abs() < 1e-9, "{ticks:?}");
            }
        }
    }

    #[test]
    fn fixed_bounds_are_kept_to_the_letter() {
        let scale = Demand { data: Some((20.0, 80.0)), min: Some(7.0), max: Some(93.0) }.scale(5);
        assert_eq!((scale.low, scale.high), (7.0, 93.0));
        assert_eq!(scale.ticks, [20.0, 40.0, 60.0, 80.0]);
    }

    #[test]
    fn every_axis_has_a_finite_span() {
        let odd =
            [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.0, -1.0, 1e15, 1e15 + 0.125, f64::NAN, f64::INFINITY];
        for low in odd {
            for high in odd {
                let mut data = Demand::default();
                data.include(low);
                data.include(high);
                let fixed = Demand { min: Some(low), max: Some(high), ..data };
                for demand in [data, Demand { min: Some(low), ..data }, Demand { max: Some(high), ..data }, fixed] {
                    for scale in [demand.scale(5), demand.scale_level_with(4)] {
                        assert!(scale.high > scale.low && (scale.high - scale.low).is_finite(), "{demand:?} {scale:?}");
                        assert!(scale.ticks.len() <= TICKS_MAX && scale.ticks.iter().all(|tick| tick.is_finite()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_second_axis_has_as_many_intervals() {
        for high in [1.0, 7.3, 99.0, 1234.0] {
            let scale = demand(0.3, high).scale_level_with(5);
            assert_eq!(scale.ticks.len(), 6);
            assert!(scale.low <= 0.3 && scale.high >= high);
        }
    }
}
