//! Whether a detector has learnt enough from its metric's data.
//!
//! AWS does not say how it decides. Here a model learns from the last two weeks, at a grain of
//! five minutes and without what the excluded ranges touch; what counts is how many points there
//! are, and in how many different hours.

use api::cloudwatch::types::AnomalyDetectorStateValue as State;
use base::{Scope, Timestamp};
use store::StoreError;
use store::metric::{Bucket, BucketRead, Metric, Metrics};

use crate::record::{AnomalyDetectorRecord, Subject, SubjectQueryForm};
use crate::statistic::Statistic;

/// How far back a model learns, in seconds: two weeks (cloudwatch.md §4.6).
pub const HISTORY_SECS: i64 = 14 * 86_400;

/// The grain at which excluded ranges are cut out, in seconds.
const STEP_SECS: i64 = 300;

/// With fewer points there is no model, as [`crate::anomaly_model::Model::fit`] has it:
/// `PENDING_TRAINING`.
pub const POINTS_MIN: usize = 8;

/// With points in fewer hours the model has not seen a whole day: `TRAINED_INSUFFICIENT_DATA`.
pub const HOURS_OF_A_DAY: usize = 24;

/// What there is to learn from. Ordered from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Learnt {
    /// In how many different hours there are points.
    pub hours: usize,
    /// How many points there are.
    pub points: usize,
}

impl Learnt {
    /// The state of a model that learns from this.
    pub fn state(self) -> State {
        match self {
            Self { points: 0..POINTS_MIN, .. } => State::PendingTraining,
            Self { hours: 0..HOURS_OF_A_DAY, .. } => State::TrainedInsufficientData,
            Self { .. } => State::Trained,
        }
    }
}

/// The states of detectors at a time.
///
/// # Errors
/// Those of the read.
pub(crate) async fn states(
    metrics: &Metrics,
    scope: &Scope,
    now: Timestamp,
    detectors: &[&AnomalyDetectorRecord],
) -> Result<Vec<State>, StoreError> {
    let watched: Vec<Vec<Watched>> = detectors.iter().map(|detector| watched(&detector.subject)).collect();
    let mut series = Vec::new();
    // Which detector and which of its metrics each series belongs to.
    let mut places = Vec::new();
    for (at, watched) in watched.iter().enumerate() {
        for (nth, one) in watched.iter().enumerate() {
            for (_, id) in metrics.series(scope, &one.metric) {
                series.push(id);
                places.push((at, nth));
            }
        }
    }
    let mut learnt: Vec<Vec<Learnt>> = watched.iter().map(|watched| vec![Learnt::default(); watched.len()]).collect();
    let start_secs = (now.secs() - HISTORY_SECS).div_euclid(STEP_SECS) * STEP_SECS;
    let read = BucketRead { series, start_secs, end_secs: now.secs() + 1, period_secs: STEP_SECS, now };
    for ((at, nth), buckets) in places.into_iter().zip(metrics.read(read).await?) {
        // Data is kept apart by unit, and a model is of one unit: the best known counts.
        let found = learn(detectors[at], watched[at][nth].stat.as_ref(), &buckets);
        learnt[at][nth] = learnt[at][nth].max(found);
    }
    // A result of metric math is known no better than the least known of its metrics.
    Ok(learnt.into_iter().map(|learnt| learnt.into_iter().min().unwrap_or_default().state()).collect())
}

/// What buckets, oldest first, have to learn from.
fn learn(detector: &AnomalyDetectorRecord, stat: Option<&Statistic>, buckets: &[Bucket]) -> Learnt {
    let counts = |bucket: &&Bucket| {
        !detector.excludes(bucket.start_secs, bucket.start_secs + STEP_SECS)
            && stat.is_none_or(|stat| stat.value(&bucket.sample).is_some())
    };
    let mut hours: Vec<i64> = buckets.iter().filter(counts).map(|bucket| bucket.start_secs.div_euclid(3600)).collect();
    let points = hours.len();
    hours.dedup();
    Learnt { hours: hours.len(), points }
}

/// A metric that a detector looks at, with the statistic where it is one that can be computed.
struct Watched {
    metric: Metric,
    stat: Option<Statistic>,
}

fn watched(subject: &Subject) -> Vec<Watched> {
    let watched = |namespace: &str, name: &str, dimensions: &[(String, String)], stat: &str| Watched {
        metric: Metric {
            namespace: namespace.into(),
            name: name.into(),
            dimensions: dimensions.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect(),
        },
        stat: Statistic::parse(stat),
    };
    match subject {
        Subject::SingleMetric { namespace, name, dimensions, stat } => vec![watched(namespace, name, dimensions, stat)],
        Subject::MetricMath(queries) => {
            let metric = |form: &SubjectQueryForm| match form {
                SubjectQueryForm::Metric { namespace, name, dimensions, stat, .. } => {
                    Some(watched(namespace, name, dimensions, stat))
                }
                SubjectQueryForm::Expression(_) => None,
            };
            queries.iter().filter_map(|query| metric(&query.form)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use store::metric::StatSample;

    use super::*;
    use crate::anomaly_model::Model;
    use crate::record::ExcludedRange;

    fn record(excluded: Vec<ExcludedRange>) -> AnomalyDetectorRecord {
        AnomalyDetectorRecord {
            subject: Subject::MetricMath(Vec::new()),
            excluded,
            timezone: None,
            periodic_spikes: None,
            created: Timestamp::from_secs(0),
        }
    }

    fn buckets(steps: impl Iterator<Item = i64>, value: f64) -> Vec<Bucket> {
        steps.map(|step| Bucket { start_secs: step * STEP_SECS, sample: StatSample::single(value) }).collect()
    }

    #[test]
    fn the_state_follows_points_and_hours() {
        for (hours, points, expected) in [
            (0, 0, State::PendingTraining),
            (7, 7, State::PendingTraining),
            (1, 8, State::TrainedInsufficientData),
            (23, 276, State::TrainedInsufficientData),
            (24, 24, State::Trained),
        ] {
            assert_eq!(Learnt { hours, points }.state(), expected, "{points} points in {hours} hours");
        }
    }

    #[test]
    fn a_model_can_be_made_when_training_is_no_longer_pending() {
        let points = |count: usize| (0..count).map(|at| (at as i64 * STEP_SECS, 1.0)).collect::<Vec<_>>();
        for count in [POINTS_MIN - 1, POINTS_MIN] {
            let made = Model::fit(&points(count), STEP_SECS, &[], 0).is_some();
            let state = Learnt { hours: 1, points: count }.state();
            assert_eq!(made, state != State::PendingTraining, "{count} points");
        }
    }

    #[test]
    fn an_hour_counts_once_however_many_points_it_has() {
        assert_eq!(learn(&record(Vec::new()), None, &buckets(0..36, 1.0)), Learnt { hours: 3, points: 36 });
        let far_apart = buckets([0, 12, 240].into_iter(), 1.0);
        assert_eq!(learn(&record(Vec::new()), None, &far_apart), Learnt { hours: 3, points: 3 });
    }

    #[test]
    fn what_is_excluded_is_not_learnt() {
        let hour = ExcludedRange { start: Timestamp::from_secs(3600), end: Timestamp::from_secs(7200) };
        assert_eq!(learn(&record(vec![hour]), None, &buckets(0..36, 1.0)), Learnt { hours: 2, points: 24 });
    }

    #[test]
    fn points_without_the_statistic_are_not_learnt() {
        let p90 = Statistic::parse("p90");
        assert_eq!(learn(&record(Vec::new()), p90.as_ref(), &buckets(0..36, -1.0)), Learnt::default());
        assert_eq!(learn(&record(Vec::new()), p90.as_ref(), &buckets(0..36, 1.0)).points, 36);
    }
}
