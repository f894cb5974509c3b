//! What each point is: breaching, not breaching, or missing (cloudwatch.md §6.4, step 2).

use super::DataPoint;
use crate::record::{Comparison, MetricAlarm};

/// What a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointClass {
    /// The comparison holds.
    Breaching,
    /// It does not.
    NotBreaching,
    /// There is no value, or none to compare it with.
    Missing,
}

/// What values are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// A number; the value is on the left.
    Threshold(Relation, f64),
    /// The sides of each point's own band.
    Band(Sides),
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

/// The sides of a band that are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sides {
    Both,
    Lower,
    Upper,
}

impl Bound {
    /// Of this alarm; `None` when it compares with a number and has none.
    pub(super) fn of(alarm: &MetricAlarm) -> Option<Self> {
        let relation = match alarm.comparison {
            Comparison::GreaterThanOrEqualToThreshold => Relation::GreaterOrEqual,
            Comparison::GreaterThanThreshold => Relation::Greater,
            Comparison::LessThanThreshold => Relation::Less,
            Comparison::LessThanOrEqualToThreshold => Relation::LessOrEqual,
            Comparison::LessThanLowerOrGreaterThanUpperThreshold => return Some(Self::Band(Sides::Both)),
            Comparison::LessThanLowerThreshold => return Some(Self::Band(Sides::Lower)),
            Comparison::GreaterThanUpperThreshold => return Some(Self::Band(Sides::Upper)),
        };
        alarm.threshold.map(|threshold| Self::Threshold(relation, threshold))
    }

    /// What a point is against this bound. What is no number is missing, and so is a point
    /// without a band where there must be one.
    pub(super) fn classify(self, point: &DataPoint) -> PointClass {
        let Some(value) = point.value.filter(|value| value.is_finite()) else { return PointClass::Missing };
        let breaching = match self {
            Self::Threshold(relation, threshold) => relation.holds(value, threshold),
            Self::Band(sides) => match point.band {
                Some((lower, upper)) if lower.is_finite() && upper.is_finite() => sides.leaves(value, lower, upper),
                _ => return PointClass::Missing,
            },
        };
        if breaching { PointClass::Breaching } else { PointClass::NotBreaching }
    }
}

impl Relation {
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// AWS's words for it (cloudwatch.md §6.5).
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
        }
    }
}

impl Sides {
    /// Whether the lower side is watched.
    pub(super) const fn lower(self) -> bool {
        matches!(self, Self::Both | Self::Lower)
    }

    /// Whether the upper side is watched.
    pub(super) const fn upper(self) -> bool {
        matches!(self, Self::Both | Self::Upper)
    }

    fn leaves(self, value: f64, lower: f64, upper: f64) -> bool {
        (self.lower() && value < lower) || (self.upper() && value > upper)
    }
}
