//! What the operators and functions do with single series.

use super::{Error, Series, Value, limits};

/// A computed number as a point has it: what is no finite number is dropped (division by zero,
/// the logarithm of zero, overflow; cloudwatch.md §4.2), and zero has no sign.
pub(super) fn settled(value: f64) -> Option<f64> {
    value.is_finite().then_some(value + 0.0)
}

/// The same for a scalar, where "no value" is not a number.
pub(super) fn settled_scalar(value: f64) -> Value {
    Value::Scalar(settled(value).unwrap_or(f64::NAN))
}

impl Series {
    /// A series without points over the range of a request: period, start, end.
    pub(super) fn empty(label: &str, (period_secs, start_secs, end_secs): (i64, i64, i64)) -> Self {
        Self { label: label.to_owned(), points: Vec::new(), period_secs, start_secs, end_secs }
    }

    /// Period, start and end.
    pub(super) fn range(&self) -> (i64, i64, i64) {
        (self.period_secs, self.start_secs, self.end_secs)
    }

    /// The series with other points.
    pub(super) fn with_points(&self, points: Vec<(i64, f64)>) -> Self {
        Self { points, ..Self::empty(&self.label, self.range()) }
    }

    /// Every point through a function; points without a finite result are dropped.
    pub(super) fn map(mut self, function: impl Fn(f64) -> f64) -> Self {
        self.points.retain_mut(|(_, value)| match settled(function(*value)) {
            Some(result) => {
                *value = result;
                true
            }
            None => false,
        });
        self
    }

    /// Every point but the first with the one before it: earlier, later, in (seconds, value).
    pub(super) fn map_pairs(&self, function: impl Fn((i64, f64), (i64, f64)) -> f64) -> Self {
        let pairs = self.points.windows(2);
        let points = pairs.filter_map(|pair| Some((pair[1].0, settled(function(pair[0], pair[1]))?)));
        self.with_points(points.collect())
    }

    /// Two series, timestamp by timestamp. One missing operand counts as zero (cloudwatch.md §4.2).
    /// The result has the label of the left and the range of the coarser.
    pub(super) fn combine(left: &Self, right: &Self, function: impl Fn(f64, f64) -> f64) -> Self {
        let (mut a, mut b) = (left.points.as_slice(), right.points.as_slice());
        let mut points = Vec::with_capacity(a.len().max(b.len()));
        loop {
            let at = match (a.first(), b.first()) {
                (None, None) => break,
                (Some(point), None) | (None, Some(point)) => point.0,
                (Some(first), Some(second)) => first.0.min(second.0),
            };
            let value = function(take_at(&mut a, at).unwrap_or(0.0), take_at(&mut b, at).unwrap_or(0.0));
            points.extend(settled(value).map(|value| (at, value)));
        }
        let range = if right.period_secs > left.period_secs { right.range() } else { left.range() };
        Self { points, ..Self::empty(&left.label, range) }
    }

    /// The value at a time.
    pub(super) fn at(&self, at_secs: i64) -> Option<f64> {
        let index = self.points.binary_search_by_key(&at_secs, |point| point.0).ok()?;
        Some(self.points[index].1)
    }

    /// The values alone.
    pub(super) fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.1).collect()
    }

    /// The starts of all buckets of the range.
    pub(super) fn grid(&self) -> Result<impl Iterator<Item = i64> + use<>, Error> {
        let (period, start, end) = self.range();
        if period <= 0 {
            return Err(Error::new("A time series has no period"));
        }
        let span = end.saturating_sub(start).max(0);
        let buckets = span / period + i64::from(span % period > 0);
        if buckets > limits::BUCKETS_MAX {
            return Err(Error::new(format!("The range has more than {} periods", limits::BUCKETS_MAX)));
        }
        Ok((0..buckets).map(move |bucket| start + bucket * period))
    }

    /// A series that is never sparse, computed from its timestamps.
    pub(super) fn over_grid(&self, label: &str, function: impl Fn(i64) -> Option<f64>) -> Result<Self, Error> {
        let points = self.grid()?.filter_map(|at| Some((at, settled(function(at)?)?))).collect();
        Ok(Self { points, ..Self::empty(label, self.range()) })
    }
}

/// Takes the first point off the front when it is at a time.
fn take_at(points: &mut &[(i64, f64)], at_secs: i64) -> Option<f64> {
    let (first, rest) = points.split_first()?;
    (first.0 == at_secs).then(|| {
        *points = rest;
        first.1
    })
}

/// The range of an array as a whole: that of its coarsest series, `otherwise` when it has none.
pub(super) fn coarsest(array: &[Series], otherwise: (i64, i64, i64)) -> (i64, i64, i64) {
    let mut range = array.first().map_or(otherwise, Series::range);
    for series in array {
        if series.period_secs > range.0 {
            range = series.range();
        }
    }
    range
}
