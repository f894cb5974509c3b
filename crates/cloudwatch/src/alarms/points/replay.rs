//! One alarm at many times, for `backtest`: what it would have observed at each.

use std::collections::{BTreeMap, HashMap};

use base::{Scope, Timestamp};
use store::metric::{Bucket, BucketRead, Distribution, Metrics, StatSample};
use store::{Catalog, StoreError};

use super::single::Single;
use super::{Asked, Compiled, Form, Observed, Span, observe_compiled};
use crate::alarms::schedule::Cadence;
use crate::record::{EvaluationProblem, MetricAlarm};

/// Times after which others get on.
const YIELD_EVERY: usize = 64;

/// How long data is kept by the second, and by the minute, in seconds (cloudwatch.md §2).
const KEPT_SECS: (i64, i64) = (3 * 3600, 15 * 86_400);

/// Reads that many times are worth. Buckets of longer periods, which start at more places, are put
/// together from short ones: their sums may differ in the last bit where a minute has several
/// samples.
const READS_MAX: i64 = 60;

/// An alarm made ready to be observed at many times.
pub(crate) struct Replay<'a> {
    metrics: &'a Metrics,
    catalog: &'a Catalog,
    scope: &'a Scope,
    alarm: &'a MetricAlarm,
    compiled: Compiled,
}

/// What is seen at one time, and whether that is not all there is.
pub(crate) type Sight = (Observed, Option<EvaluationProblem>);

impl<'a> Replay<'a> {
    /// Of this alarm of an account and region.
    pub(crate) fn of(metrics: &'a Metrics, catalog: &'a Catalog, scope: &'a Scope, alarm: &'a MetricAlarm) -> Self {
        Self { metrics, catalog, scope, alarm, compiled: Compiled::of(alarm) }
    }

    /// Whether many times take few reads. Queries are evaluated anew at each time: what their
    /// functions give depends on the range.
    pub(crate) fn is_cheap(&self) -> bool {
        self.together().is_some()
    }

    /// What the alarm would have observed at these rising times, in their order; the same as
    /// [`super::observe`] at each.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn observe(&self, times: &[Timestamp]) -> Result<Vec<Sight>, StoreError> {
        if let Some(single) = self.together() {
            let grain_secs = gcd(single.period_secs, Cadence::of(self.alarm).secs());
            return match single.period_secs / grain_secs <= READS_MAX {
                true => self.observe_together(single, times).await,
                false => self.observe_from_grains(single, grain_secs, times).await,
            };
        }
        let mut sights = Vec::with_capacity(times.len());
        for now in times {
            let asked = Asked { scope: self.scope, alarm: self.alarm, compiled: &self.compiled };
            let seen = observe_compiled(self.metrics, self.catalog, &[asked], *now).await;
            if let Some(error) = seen.error {
                return Err(error);
            }
            sights.extend(seen.observed.into_iter().flatten());
        }
        Ok(sights)
    }

    /// The single metric whose buckets can be read for many times at once: those that reach back
    /// past the time of their grain are of another grain at each time.
    fn together(&self) -> Option<&Single> {
        let Form::Single(single) = &self.compiled.0 else { return None };
        let span = Span::of(self.alarm, single.period_secs, Timestamp::from_secs(0));
        let kept_secs = if single.period_secs < 60 { KEPT_SECS.0 } else { KEPT_SECS.1 };
        (span.end_secs - span.start_secs() < kept_secs).then_some(single)
    }

    /// Times at which buckets start at the same places are read together.
    async fn observe_together(&self, single: &Single, times: &[Timestamp]) -> Result<Vec<Sight>, StoreError> {
        let Some(earliest) = times.first().copied() else { return Ok(Vec::new()) };
        let spans: Vec<Span> = times.iter().map(|now| Span::of(self.alarm, single.period_secs, *now)).collect();
        let mut phases: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (at, span) in spans.iter().enumerate() {
            phases.entry(span.end_secs.rem_euclid(span.period_secs)).or_default().push(at);
        }
        let series = single.series(self.metrics, self.scope);
        let mut sights: Vec<Option<Sight>> = vec![None; times.len()];
        for members in phases.values() {
            let (Some(first), Some(last)) = (members.first(), members.last()) else { continue };
            let read = BucketRead {
                series: series.clone(),
                start_secs: spans[*first].start_secs(),
                end_secs: spans[*last].end_secs,
                period_secs: single.period_secs,
                now: earliest,
            };
            let units = self.metrics.read(read).await?;
            for at in members {
                let within: Vec<&[Bucket]> = units.iter().map(|unit| within(unit, &spans[*at])).collect();
                let observation = single.observation(&spans[*at], &within, times[*at]);
                sights[*at] = Some((Observed::One(observation), None));
            }
        }
        Ok(sights.into_iter().flatten().collect())
    }
}

impl Replay<'_> {
    /// Every bucket of the alarm is made of whole grains, which are read once.
    async fn observe_from_grains(
        &self,
        single: &Single,
        grain_secs: i64,
        times: &[Timestamp],
    ) -> Result<Vec<Sight>, StoreError> {
        let (Some(earliest), Some(latest)) = (times.first(), times.last()) else { return Ok(Vec::new()) };
        let span = |now: &Timestamp| Span::of(self.alarm, single.period_secs, *now);
        let read = BucketRead {
            series: single.series(self.metrics, self.scope),
            start_secs: span(earliest).start_secs(),
            end_secs: span(latest).end_secs,
            period_secs: grain_secs,
            now: *earliest,
        };
        let mut grains = self.metrics.read(read).await?;
        if !single.statistic.is_extended() {
            // Merging how values are spread is the costly part, and here nobody asks for it.
            let samples = grains.iter_mut().flatten().map(|grain| &mut grain.sample);
            samples.for_each(|sample| sample.distribution = Distribution::Unknown);
        }
        let mut units: Vec<Windows<'_>> =
            grains.iter().map(|grains| Windows::over(grains, single.period_secs)).collect();
        let mut sights = Vec::with_capacity(times.len());
        for (at, now) in times.iter().enumerate() {
            let span = span(now);
            let buckets: Vec<Vec<Bucket>> = units.iter_mut().map(|unit| unit.buckets(&span)).collect();
            sights.push((Observed::One(single.observation(&span, &buckets, *now)), None));
            if at % YIELD_EVERY == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(sights)
    }
}

/// Buckets that start anywhere, made of shorter ones; each once.
struct Windows<'a> {
    grains: &'a [Bucket],
    period_secs: i64,
    made: HashMap<i64, Option<StatSample>>,
}

impl<'a> Windows<'a> {
    fn over(grains: &'a [Bucket], period_secs: i64) -> Self {
        Self { grains, period_secs, made: HashMap::new() }
    }

    /// The buckets of a span that have data, oldest first.
    fn buckets(&mut self, span: &Span) -> Vec<Bucket> {
        let starts = (1..=i64::from(span.buckets)).rev().map(|back| span.end_secs - back * span.period_secs);
        starts.filter_map(|start_secs| Some(Bucket { start_secs, sample: self.sample(start_secs)? })).collect()
    }

    fn sample(&mut self, start_secs: i64) -> Option<StatSample> {
        let (grains, period_secs) = (self.grains, self.period_secs);
        let make = || {
            let from = grains.partition_point(|grain| grain.start_secs < start_secs);
            let mut inside = grains[from..].iter().take_while(|grain| grain.start_secs < start_secs + period_secs);
            let mut sample = inside.next()?.sample.clone();
            inside.for_each(|grain| sample.merge(&grain.sample));
            Some(sample)
        };
        self.made.entry(start_secs).or_insert_with(make).clone()
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// The buckets that lie in a span.
fn within<'a>(buckets: &'a [Bucket], span: &Span) -> &'a [Bucket] {
    let from = buckets.partition_point(|bucket| bucket.start_secs < span.start_secs());
    let to = buckets.partition_point(|bucket| bucket.start_secs < span.end_secs);
    &buckets[from..to.max(from)]
}
