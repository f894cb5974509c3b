//! The steps of a decision (cloudwatch.md §6.4).

use super::classify::{Bound, PointClass};
use super::{DataPoint, Observation, Outcome, treatment};
use crate::record::{EvaluationProblem, LowSamples, MetricAlarm, StateValue, TreatMissingData, Watched};
use crate::statistic::Statistic;

/// Samples that a percentile needs on its shorter side to say something (cloudwatch.md §6.4).
const SAMPLES_BEYOND_PERCENTILE: f64 = 10.0;

/// All that a decision rests on.
pub(super) struct Judgement<'a> {
    pub(super) alarm: &'a MetricAlarm,
    pub(super) observed: &'a Observation,
    /// None when the alarm has nothing to compare with.
    pub(super) bound: Option<Bound>,
    pub(super) treatment: TreatMissingData,
    /// N
    pub(super) evaluation_periods: usize,
    /// M
    pub(super) datapoints_to_alarm: usize,
    /// Parallel to the observed points.
    pub(super) classes: Vec<PointClass>,
    /// Places of the points that count, newest first: the newest N that are not missing.
    pub(super) counted: Vec<usize>,
    /// How many of them breach.
    pub(super) breaching: usize,
    pub(super) rule: Rule,
}

/// Which step decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// There is nothing to compare with.
    NoBound,
    /// A percentile over fewer samples than it needs.
    LowSamples { samples: f64, needed: f64 },
    /// There are N points.
    Enough,
    /// There is none, or too few, and fillers stand in.
    Filled,
    /// There is no point at all, and that is missing data.
    NoData,
    /// There is no point at all, and that is ignored.
    NoDataIgnored,
    /// M points breach, although fewer than N are there.
    EnoughBreaching,
    /// Fewer than M breach, and a point does not.
    SomeNotBreaching,
    /// All points breach; too few, but the oldest has been there for long enough.
    OldEnough { position: usize },
    /// All points breach, too few, and none of them is old enough.
    Premature,
    /// All points breach, too few, and missing points are ignored.
    TooFewIgnored,
}

/// Takes all steps.
pub(super) fn judge<'a>(alarm: &'a MetricAlarm, observed: &'a Observation) -> Judgement<'a> {
    let evaluation_periods = usize::try_from(alarm.evaluation_periods).unwrap_or(usize::MAX).max(1);
    let asked = alarm.datapoints_to_alarm.and_then(|datapoints| usize::try_from(datapoints).ok());
    let bound = Bound::of(alarm);
    let class = |point: &DataPoint| bound.map_or(PointClass::Missing, |bound| bound.classify(point));
    let classes: Vec<PointClass> = observed.points.iter().map(class).collect();
    let real = (0..classes.len()).filter(|at| classes[*at] != PointClass::Missing);
    let counted: Vec<usize> = real.take(evaluation_periods).collect();
    let mut judgement = Judgement {
        alarm,
        observed,
        bound,
        treatment: treatment(alarm),
        evaluation_periods,
        datapoints_to_alarm: asked.unwrap_or(evaluation_periods).clamp(1, evaluation_periods),
        breaching: counted.iter().filter(|at| classes[**at] == PointClass::Breaching).count(),
        classes,
        counted,
        rule: Rule::NoBound,
    };
    judgement.rule = judgement.decide();
    judgement
}

impl Judgement<'_> {
    /// How many of the N points are not there.
    pub(super) fn missing(&self) -> usize {
        self.evaluation_periods - self.counted.len()
    }

    /// How many points are stood in for: those that are missing, when something stands in.
    pub(super) fn fillers(&self) -> usize {
        match self.rule {
            Rule::Filled => self.missing(),
            _ => 0,
        }
    }

    /// The points that count and are of this class, newest first.
    pub(super) fn counted_of(&self, class: PointClass) -> impl Iterator<Item = &DataPoint> {
        self.counted.iter().filter(move |at| self.classes[**at] == class).map(|at| &self.observed.points[*at])
    }

    /// Places of the buckets that the decision speaks of, newest first: the points that count
    /// and, for each that is not there, one of the newest missing ones.
    pub(super) fn evaluated(&self) -> Vec<usize> {
        let missing = (0..self.classes.len()).filter(|at| self.classes[*at] == PointClass::Missing);
        let mut places: Vec<usize> = self.counted.iter().copied().chain(missing.take(self.missing())).collect();
        places.sort_unstable();
        places
    }

    /// What comes of it.
    pub(super) fn outcome(&self) -> Outcome {
        let alarm_if = |holds| Outcome::State(if holds { StateValue::Alarm } else { StateValue::Ok });
        match self.rule {
            Rule::NoBound => Outcome::Problem(EvaluationProblem::EvaluationError),
            Rule::Enough => alarm_if(self.breaching >= self.datapoints_to_alarm),
            Rule::Filled => {
                let breaching = self.treatment == TreatMissingData::Breaching;
                let fillers = if breaching { self.missing() } else { 0 };
                alarm_if(self.breaching + fillers >= self.datapoints_to_alarm)
            }
            Rule::NoData => Outcome::State(StateValue::InsufficientData),
            Rule::EnoughBreaching | Rule::OldEnough { .. } => alarm_if(true),
            Rule::SomeNotBreaching => alarm_if(false),
            Rule::LowSamples { .. } | Rule::NoDataIgnored | Rule::Premature | Rule::TooFewIgnored => Outcome::Keep,
        }
    }

    fn decide(&self) -> Rule {
        if self.bound.is_none() {
            return Rule::NoBound;
        }
        if let Some(low) = self.low_samples() {
            return low;
        }
        let (real, ignored) = (self.counted.len(), self.treatment == TreatMissingData::Ignore);
        if real >= self.evaluation_periods {
            return Rule::Enough;
        }
        if matches!(self.treatment, TreatMissingData::Breaching | TreatMissingData::NotBreaching) {
            return Rule::Filled;
        }
        match real {
            0 if ignored => Rule::NoDataIgnored,
            0 => Rule::NoData,
            _ if self.breaching >= self.datapoints_to_alarm => Rule::EnoughBreaching,
            _ if self.breaching < real => Rule::SomeNotBreaching,
            _ if ignored => Rule::TooFewIgnored,
            _ => self.premature(),
        }
    }

    /// All points breach and are fewer than M: the oldest within the last N buckets must have
    /// been there for M of them. Nothing but breaching and missing buckets is newer.
    fn premature(&self) -> Rule {
        match self.counted.iter().rfind(|at| **at < self.evaluation_periods) {
            Some(at) if at + 1 >= self.datapoints_to_alarm => Rule::OldEnough { position: at + 1 },
            _ => Rule::Premature,
        }
    }

    /// Whether the alarm asks to be kept over too few samples, and there are too few.
    fn low_samples(&self) -> Option<Rule> {
        let Watched::Metric(metric) = &self.alarm.watched else { return None };
        if self.alarm.low_samples != Some(LowSamples::Ignore) {
            return None;
        }
        let needed = samples_needed(Statistic::parse(&metric.stat)?)?;
        let samples: f64 = self.counted.iter().filter_map(|at| self.observed.points[*at].samples).sum();
        // A decimal such as 99.9 is not exactly what it says.
        (samples < needed * (1.0 - 1e-9)).then_some(Rule::LowSamples { samples, needed })
    }
}

/// The samples that a percentile needs: `10/(1-p)`, or `10/p` below the median. Its ends, the
/// minimum and the maximum, are what they are over any number of samples.
fn samples_needed(statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Percentile(percent) => {
            let beyond = percent.min(100.0 - percent) / 100.0;
            (beyond > 0.0).then(|| SAMPLES_BEYOND_PERCENTILE / beyond)
        }
        _ => None,
    }
}
