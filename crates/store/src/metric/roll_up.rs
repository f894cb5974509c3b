//! Rolling rows up to the next grain as they age, and dropping what is past all of them.

use std::sync::Arc;

use base::Timestamp;

use super::SeriesId;
use super::files::{LiveFile, Writers};
use super::maintain::{blocking, merged_rows, write_records};
use super::series_file::{News, Record};
use super::table::{Inner, Swap};
use super::tier::{Ages, Tier};
use crate::error::StoreError;

/// Files that were rolled up have been merged once.
const LEVEL: u32 = 1;

impl Inner {
    /// Moves the rows of partitions that are wholly past their tier to where they belong at
    /// their age, drops those past the last, and lets go of series without data.
    pub async fn roll_up(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        let ages = Ages::at(now);
        let mut outcome = Ok(());
        // What a tier gives the next is there when that is looked at.
        for tier in Tier::ALL {
            for inputs in self.past(tier, &ages) {
                // A partition that fails does not keep the others from it.
                outcome = outcome.and(self.clone().roll_up_files(inputs, ages, now).await);
            }
        }
        outcome.and(self.clone().remove_gone_series(&ages, now).await)
    }

    /// The files of each partition that is wholly past the tier.
    fn past(&self, tier: Tier, ages: &Ages) -> Vec<Vec<Arc<LiveFile>>> {
        let files = self.file_set();
        let past = |partition: i64| tier.partition_start(partition.saturating_add(1)) <= ages.bound(tier);
        let days = files.tier(tier).days.iter().take_while(|(partition, _)| past(**partition));
        days.map(|(_, files)| files.clone()).collect()
    }

    /// Puts what the rows of files are rolled up to in their place, at once.
    async fn roll_up_files(
        self: Arc<Self>,
        inputs: Vec<Arc<LiveFile>>,
        ages: Ages,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (inner, reading) = (self.clone(), inputs.clone());
        let add = blocking(move || {
            let mut writers = Writers::new(&inner.files, LEVEL, now);
            let gone = reading.iter().all(|file| ages.effective(file.entry.time_max.div_euclid(1000)).is_none());
            if !gone {
                for row in merged_rows(&reading)? {
                    writers.place(&ages, row?, true)?;
                }
            }
            writers.finish()
        });
        self.clone().replace(Vec::new(), Swap { add: add.await?, remove: inputs, ..Swap::default() }).await
    }

    /// Takes series all of whose data has expired out of the index and the files.
    async fn remove_gone_series(self: Arc<Self>, ages: &Ages, now: Timestamp) -> Result<(), StoreError> {
        // No row of the log that is needed at start may belong to a series that is gone.
        let _flushing = self.flushing.lock().await;
        let removed = self.index.remove_gone(ages.bound(Tier::Hour), |series| !self.has_unflushed(series));
        let gone: Vec<SeriesId> = {
            let mut gone = self.gone.lock().expect("no holder of this lock can panic");
            gone.extend(removed.iter().map(|series| series.id));
            gone.clone()
        };
        if gone.is_empty() {
            return Ok(());
        }
        let records: Vec<_> = gone.iter().map(|series| Record { series: *series, news: News::Gone }).collect();
        let inner = self.clone();
        let add_series = blocking(move || write_records(&inner.files, records, now)).await?;
        self.clone().replace(Vec::new(), Swap { add_series, ..Swap::default() }).await?;
        self.gone.lock().expect("no holder of this lock can panic").clear();
        self.compact_wake.notify_one();
        Ok(())
    }
}
