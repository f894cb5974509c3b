//! Copies of the rows of the last three hours that are in files, for alarms and dashboards.

use std::sync::Arc;

use base::Timestamp;

use super::SeriesId;
use super::head::{Head, HeadRow};
use super::tier::{Ages, TIME_MIN, Tier, ceil, floor};

/// Copies in memory, in bytes, past which the oldest go.
const BYTES_MAX: usize = 256 << 20;
/// Heads of about the same size that are made one: a read looks into each.
const MERGE_HEADS: usize = 8;
/// The bound is a whole number of these, so that rounding a time down never crosses it.
const HOUR: i64 = 3600;

/// Every row that is in a file and not before the bound.
pub(super) struct Recent {
    heads: Vec<Arc<Head>>,
    from_secs: i64,
}

impl Recent {
    /// No copies of rows of files up to this time.
    pub fn after(time_secs: Option<i64>) -> Self {
        Self { heads: Vec::new(), from_secs: time_secs.map_or(TIME_MIN, |time| ceil(time + 1, HOUR)) }
    }

    /// The bound: rows from here on are all here, and those before are not asked for.
    pub fn start_secs(&self) -> i64 {
        self.from_secs
    }

    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        self.heads.iter().map(|head| head.bytes()).sum()
    }

    /// The rows of a series from the bound and `start_secs` on, and before `end_secs`.
    pub fn range(&self, series: SeriesId, start_secs: i64, end_secs: i64) -> impl Iterator<Item = &HeadRow> {
        let start = start_secs.max(self.from_secs);
        self.heads.iter().flat_map(move |head| head.range(series, start, end_secs))
    }

    /// Takes in rows that are now in files.
    pub fn with(&self, heads: &[Arc<Head>]) -> Self {
        let new = heads.iter().filter(|head| head.reaches(self.from_secs));
        Self { heads: self.heads.iter().chain(new).cloned().collect(), from_secs: self.from_secs }
    }

    /// The same with what is past three hours left out, and small heads made one; `None` if
    /// nothing is to do.
    pub fn tidied(&self, now: Timestamp) -> Option<Self> {
        let from_secs = self.from_secs.max(floor(Ages::at(now).bound(Tier::Second), HOUR));
        let mut tidy = Self { heads: self.heads.clone(), from_secs };
        if from_secs > self.from_secs {
            tidy.leave_out();
        } else if self.bytes() <= BYTES_MAX && !tidy.merge_small() {
            return None;
        }
        while tidy.bytes() > BYTES_MAX {
            tidy.from_secs += HOUR;
            tidy.leave_out();
        }
        Some(tidy)
    }

    /// Drops what is before the bound.
    fn leave_out(&mut self) {
        let (mixed, mut kept): (Vec<_>, Vec<_>) =
            self.heads.drain(..).partition(|head| head.reaches_before(self.from_secs));
        let mixed: Vec<_> = mixed.into_iter().filter(|head| head.reaches(self.from_secs)).collect();
        if !mixed.is_empty() {
            kept.push(Arc::new(merged(&mixed, self.from_secs)));
        }
        self.heads = kept;
    }

    /// Makes one of many heads of about the same size; tells whether there were any.
    fn merge_small(&mut self) -> bool {
        let class = |head: &Arc<Head>| head.rows().max(1).ilog2() / 3;
        let mut any = false;
        loop {
            let many = |of: &u32| self.heads.iter().filter(|head| class(head) == *of).count() >= MERGE_HEADS;
            let Some(of) = self.heads.iter().map(class).find(many) else { return any };
            let (small, mut kept): (Vec<_>, Vec<_>) = self.heads.drain(..).partition(|head| class(head) == of);
            kept.push(Arc::new(merged(&small, self.from_secs)));
            self.heads = kept;
            any = true;
        }
    }
}

/// The rows of all heads from `from_secs` on.
fn merged(heads: &[Arc<Head>], from_secs: i64) -> Head {
    let mut all = Head::default();
    for head in heads {
        for (series, rows) in head.iter() {
            let start = rows.partition_point(|row| row.time_secs < from_secs);
            rows[start..].iter().for_each(|row| all.take(series, row.clone()));
        }
    }
    all.shrink();
    all
}
