//! Reads: the rows of memory and files as they are at one moment, merged into buckets.

use std::ops::Range;
use std::sync::Arc;

use super::files::LiveFile;
use super::head::HeadRow;
use super::table::Inner;
use super::tier::{Ages, TIME_MAX, TIME_MIN, Tier, ceil};
use super::{Bucket, BucketRead, Buckets, SeriesId, StatSample};
use crate::error::StoreError;

/// Series of which each thread that reads files has at least so many. Tests do it too.
const PARALLEL_SERIES: usize = if cfg!(test) { 2 } else { 50 };

/// A read made ready.
struct Plan {
    ages: Ages,
    // Rising, each once.
    series: Vec<SeriesId>,
    start_secs: i64,
    end_secs: i64,
    period_secs: i64,
    // Buckets that start before this are of a grain that the period is no multiple of.
    readable_from_secs: i64,
}

impl Plan {
    fn new(read: &BucketRead) -> Self {
        let mut series = read.series.clone();
        series.sort_unstable();
        series.dedup();
        let ages = Ages::at(read.now);
        Self {
            series,
            start_secs: read.start_secs.clamp(TIME_MIN, TIME_MAX),
            end_secs: read.end_secs.clamp(TIME_MIN, TIME_MAX),
            period_secs: read.period_secs.max(1),
            readable_from_secs: readable_from(&ages, read.period_secs.max(1)),
            ages,
        }
    }

    /// The times that rows may have that count in a bucket.
    fn row_times(&self) -> (i64, i64) {
        // A row past the end counts before it when its time is rounded down across it.
        let end = ceil(self.end_secs, self.ages.grain_secs(self.end_secs));
        (self.start_secs.max(self.readable_from_secs), end)
    }

    /// Where the bucket of a row starts.
    fn bucket(&self, time_secs: i64) -> Option<i64> {
        let time = self.ages.effective(time_secs)?;
        if time < self.start_secs || time >= self.end_secs {
            return None;
        }
        let start = time - (time - self.start_secs) % self.period_secs;
        (start >= self.readable_from_secs).then_some(start)
    }

    /// How many buckets there are after this.
    fn buckets_after(&self, start_secs: i64) -> usize {
        usize::try_from((self.end_secs - start_secs) / self.period_secs).unwrap_or(usize::MAX)
    }

    /// The buckets of the series as they were asked for: in another order, some repeatedly.
    fn spread(&self, mut buckets: Vec<Buckets>, asked: &[SeriesId]) -> Vec<Buckets> {
        let places: Vec<usize> = asked.iter().map(|id| self.series.partition_point(|series| series < id)).collect();
        let mut left: Vec<usize> = vec![0; buckets.len()];
        places.iter().for_each(|place| left[*place] += 1);
        let give = |place: usize| {
            left[place] -= 1;
            if left[place] == 0 { std::mem::take(&mut buckets[place]) } else { buckets[place].clone() }
        };
        places.into_iter().map(give).collect()
    }
}

/// The first time whose data's grain divides the period (cloudwatch.md §2).
fn readable_from(ages: &Ages, period_secs: i64) -> i64 {
    let readable = |tier: &Tier| period_secs % tier.grain_secs() == 0;
    match Tier::ALL.into_iter().rev().find(readable) {
        Some(Tier::Hour) | None => TIME_MIN,
        Some(tier) => ages.bound(tier),
    }
}

/// Everything that a read has to look at, as it was at one moment.
pub(super) struct Snapshot {
    plan: Plan,
    // The rows in memory of each series.
    memory: Vec<Vec<HeadRow>>,
    files: Vec<Arc<LiveFile>>,
    // Rows of files from here on are in memory too.
    files_end_secs: i64,
}

impl Snapshot {
    /// What is there now.
    pub fn take(inner: &Inner, read: &BucketRead) -> Self {
        let plan = Plan::new(read);
        let (start, end) = plan.row_times();
        if start >= end {
            return Self {
                memory: vec![Vec::new(); plan.series.len()],
                plan,
                files: Vec::new(),
                files_end_secs: start,
            };
        }
        let state = inner.state();
        let rows = |series: &SeriesId| {
            let unflushed = state.frozen.iter().map(|head| &**head).chain([&state.active]);
            let unflushed = unflushed.flat_map(|head| head.range(*series, start, end));
            state.recent.range(*series, start, end).chain(unflushed).cloned().collect()
        };
        let memory = plan.series.iter().map(rows).collect();
        let files_end_secs = end.min(state.recent.start_secs());
        let set = state.files.clone();
        drop(state);
        let mut files = Vec::new();
        if start < files_end_secs && !plan.series.is_empty() {
            for tier in Tier::ALL {
                let days = set.tier(tier).days.range(tier.partition(start)..=tier.partition(files_end_secs));
                files.extend(
                    days.flat_map(|(_, files)| files)
                        .filter(|file| {
                            file.entry.time_max >= start * 1000 && file.entry.time_min < files_end_secs * 1000
                        })
                        .cloned(),
                );
            }
            // Rows that come in order need no sorting.
            files.sort_by_key(|file| file.entry.time_min);
        }
        Self { plan, memory, files, files_end_secs }
    }

    /// The buckets of each series that was asked for.
    pub async fn buckets(self, asked: &[SeriesId]) -> Result<Vec<Buckets>, StoreError> {
        let all = 0..self.plan.series.len();
        let snapshot = Arc::new(self);
        let buckets = if snapshot.files.is_empty() {
            snapshot.part(all)?
        } else {
            // Threads that stay, as these do, keep the memory that reads need again and again.
            let share = all.len().div_ceil(threads(all.len()));
            let parts = all.clone().step_by(share.max(1)).map(|start| start..all.end.min(start + share));
            let run = |part| {
                let snapshot = snapshot.clone();
                tokio::task::spawn_blocking(move || snapshot.part(part))
            };
            let running: Vec<_> = parts.map(run).collect();
            let mut buckets = Vec::with_capacity(all.len());
            for part in running {
                buckets.extend(part.await.map_err(|error| StoreError::failed("reading metrics", error))??);
            }
            buckets
        };
        let plan = &snapshot.plan;
        Ok(if asked == plan.series { buckets } else { plan.spread(buckets, asked) })
    }

    /// The buckets of a part of the series. Blocks if there are files.
    fn part(&self, part: Range<usize>) -> Result<Vec<Buckets>, StoreError> {
        let plan = &self.plan;
        let mut found: Vec<Filling> = part.clone().map(|_| Filling::default()).collect();
        let (start, end) = (plan.row_times().0, self.files_end_secs);
        for file in &self.files {
            file.open()?.each(&plan.series[part.clone()], start, end, |place, follow, row| {
                if let Some(bucket) = plan.bucket(row.time_secs) {
                    found[place].add(bucket, row.sample, follow.min(plan.buckets_after(bucket)));
                }
            })?;
        }
        for (filling, rows) in found.iter_mut().zip(&self.memory[part]) {
            for (row, follow) in rows.iter().zip((0..rows.len()).rev()) {
                if let Some(bucket) = plan.bucket(row.time_secs) {
                    filling.add(bucket, row.cell.sample(), follow.min(plan.buckets_after(bucket)));
                }
            }
        }
        Ok(found.into_iter().map(Filling::finish).collect())
    }
}

/// The threads that read so many series from files.
fn threads(series: usize) -> usize {
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    (series / PARALLEL_SERIES).clamp(1, most)
}

/// The buckets of a series while rows come in, mostly in order.
#[derive(Default)]
struct Filling {
    in_order: Vec<Bucket>,
    late: Vec<Bucket>,
}

impl Filling {
    /// Adds a row; not many more than `follow` new buckets come after it.
    fn add(&mut self, start_secs: i64, sample: StatSample, follow: usize) {
        match self.in_order.last_mut() {
            Some(last) if last.start_secs == start_secs => last.sample.merge(&sample),
            Some(last) if last.start_secs > start_secs => self.late.push(Bucket { start_secs, sample }),
            _ => {
                if self.in_order.len() == self.in_order.capacity() {
                    self.in_order.reserve(follow + 1);
                }
                self.in_order.push(Bucket { start_secs, sample });
            }
        }
    }

    fn finish(self) -> Buckets {
        let Self { in_order: mut buckets, late } = self;
        if !late.is_empty() {
            buckets.extend(late);
            buckets.sort_by_key(|bucket| bucket.start_secs);
            buckets.dedup_by(|next, kept| {
                let same = next.start_secs == kept.start_secs;
                if same {
                    kept.sample.merge(&next.sample);
                }
                same
            });
        }
        buckets
    }
}
