//! A decision with all its steps, for people who ask why.

use super::classify::PointClass;
use super::judge::{Judgement, Rule};
use super::{DataPoint, Outcome, Verdict, verdict};
use crate::record::{StateValue, TreatMissingData};

/// A decision and what led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What stands in for missing points.
    pub treatment: TreatMissingData,
    /// N: how many points are looked at.
    pub evaluation_periods: usize,
    /// M: how many of them must breach.
    pub datapoints_to_alarm: usize,
    /// R: how many buckets were looked at.
    pub range: usize,
    /// All of them, newest first.
    pub points: Vec<ExplainedPoint>,
    /// How many of the points that count breach.
    pub breaching: usize,
    /// How many of the points that count do not.
    pub not_breaching: usize,
    /// How many points were stood in for.
    pub fillers: usize,
    /// What comes of it.
    pub verdict: Verdict,
    /// Why, in one sentence that names the rule.
    pub why: String,
}

/// A bucket and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExplainedPoint {
    /// The bucket.
    pub point: DataPoint,
    /// What it is.
    pub class: PointClass,
    /// Its part in the decision.
    pub part: Part,
}

/// The part of a bucket in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It is one of the points that count.
    Counted,
    /// It is missing, and something stood in for it.
    Filled,
    /// It was passed over: it is missing, or older than what counts.
    PassedOver,
}

pub(super) fn of(judgement: &Judgement<'_>, present: StateValue) -> Explanation {
    Explanation {
        treatment: judgement.treatment,
        evaluation_periods: judgement.evaluation_periods,
        datapoints_to_alarm: judgement.datapoints_to_alarm,
        range: judgement.observed.points.len(),
        points: points(judgement),
        breaching: judgement.breaching,
        not_breaching: judgement.counted.len() - judgement.breaching,
        fillers: judgement.fillers(),
        verdict: verdict(judgement),
        why: why(judgement, present),
    }
}

fn points(judgement: &Judgement<'_>) -> Vec<ExplainedPoint> {
    let mut fillers = judgement.fillers();
    let mut part = |at: usize, class: PointClass| match class {
        _ if judgement.counted.contains(&at) => Part::Counted,
        PointClass::Missing if fillers > 0 => {
            fillers -= 1;
            Part::Filled
        }
        _ => Part::PassedOver,
    };
    let explained = |(at, point): (usize, &DataPoint)| {
        let class = judgement.classes[at];
        ExplainedPoint { point: *point, class, part: part(at, class) }
    };
    judgement.observed.points.iter().enumerate().map(explained).collect()
}

fn why(judgement: &Judgement<'_>, present: StateValue) -> String {
    let (n, m, breaching) = (judgement.evaluation_periods, judgement.datapoints_to_alarm, judgement.breaching);
    let real = judgement.counted.len();
    let because = match judgement.rule {
        Rule::NoBound => "the alarm has no threshold to compare with".to_owned(),
        Rule::LowSamples { samples, needed } => format!(
            "the percentile is over {} samples, it needs {} to say something, and fewer are to be ignored",
            samples,
            needed.ceil()
        ),
        Rule::Enough => {
            format!("there are {n} points, so that missing data plays no part; {breaching} breach and {m} must")
        }
        Rule::Filled => filled(judgement),
        Rule::NoData => format!("none of the {} buckets has a point", judgement.observed.points.len()),
        Rule::NoDataIgnored => {
            format!("none of the {} buckets has a point, and that is to be ignored", judgement.observed.points.len())
        }
        Rule::EnoughBreaching => {
            format!("{breaching} of {real} points breach and {m} must, so that {n} are not needed")
        }
        Rule::SomeNotBreaching => {
            format!("{breaching} of {real} points breach, {m} must, and {} do not", real - breaching)
        }
        Rule::OldEnough { position } => format!(
            "there are only breaching points, {breaching} where {m} must breach, but the oldest of the last {n} \
             buckets among them is {position} buckets old, as old as {m} points would be"
        ),
        Rule::Premature => format!(
            "there are only breaching points, {breaching} where {m} must breach, and none in the last {n} buckets is \
             {m} buckets old: that would be premature"
        ),
        Rule::TooFewIgnored => format!(
            "there are only breaching points, {breaching} where {m} must breach, and missing ones are to be ignored"
        ),
    };
    match judgement.outcome() {
        Outcome::State(value) => format!("{} because {because}.", value.as_str()),
        Outcome::Keep => format!("Still {} because {because}.", present.as_str()),
        Outcome::Problem(_) => format!("Still {}, and it cannot be evaluated, because {because}.", present.as_str()),
    }
}

fn filled(judgement: &Judgement<'_>) -> String {
    let (n, m, breaching) = (judgement.evaluation_periods, judgement.datapoints_to_alarm, judgement.breaching);
    let (real, missing) = (judgement.counted.len(), judgement.missing());
    let (word, all) = match judgement.treatment {
        TreatMissingData::Breaching => ("breaching", breaching + missing),
        _ => ("not breaching", breaching),
    };
    format!(
        "{real} of {n} points are there and {missing} missing ones are treated as {word}, which makes {all} that \
         breach, and {m} must"
    )
}
