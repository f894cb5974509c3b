//! Moving events from memory to files, merging files, and dropping what is not wanted any more.

use std::collections::HashSet;
use std::sync::Arc;

use base::Timestamp;
use tokio::sync::MutexGuard;

use super::TABLE;
use super::files::LiveFile;
use super::kept::{Fate, Kept};
use super::merge::{LEVEL_WHOLE, merge_files, write_heads};
use super::partition::day_of;
use super::table::Inner;
use crate::error::StoreError;
use crate::table_work::{self, change_files, level_after};

/// What a failure of this work is called.
pub(super) const DOING: &str = "working on the files of log events";

impl Inner {
    /// Writes the events in memory to files, some for each partition, and lets go of their log.
    pub async fn flush(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let flushing = self.flushing.lock().await;
        self.clone().flush_held(now, &flushing).await
    }

    /// Waits until there are not too many events in memory. Where more come than files are written of, whoever puts
    /// them waits for the flush that runs, and does the next one if that was not enough.
    pub async fn make_room(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        if !self.is_crowded() {
            return Ok(());
        }
        let flushing = self.flushing.lock().await;
        match self.is_crowded() {
            true => self.clone().flush_held(now, &flushing).await,
            false => Ok(()),
        }
    }

    async fn flush_held(self: Arc<Self>, now: Timestamp, _flushing: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
        let Some((heads, lsn)) = self.freeze() else { return Ok(()) };
        let (work, frozen) = (self.clone(), heads.clone());
        let added = blocking(move || work.learned(write_heads(&work.files, &frozen, now)?)).await?;
        change_files(&*self.parts.catalog, vec![(TABLE.to_owned(), lsn)], &added, &[]).await?;
        self.swap_flushed(&heads, added, lsn);
        if !heads.is_empty() {
            self.compact_wake.notify_one();
        }
        let log = self.parts.log.clone();
        blocking(move || {
            // The last holder of many events lets go of their memory.
            drop(heads);
            log.flushed(TABLE, lsn)
        })
        .await
    }

    /// Merges files where there are many, and those of past days into as few as can be.
    pub async fn compact(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        let is_whole = |file: &LiveFile| file.entry.level >= LEVEL_WHOLE;
        let is_past = |partition| day_of(partition) < now.day();
        // A partition that cannot be merged does not keep the others from it.
        let (mut failed, mut outcome) = (HashSet::new(), Ok(()));
        while let Some((partition, inputs)) = table_work::pick(&self.file_set(), is_whole, is_past, &failed, now) {
            let level = level_after(&inputs);
            if let Err(error) = self.clone().rewrite(inputs, level, now).await {
                failed.insert(partition);
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }

    /// Drops the files in which nothing is wanted any more, and writes those anew in which much is not.
    pub async fn expire(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        let kept = self.kept(now);
        if !kept.is_known() {
            return Ok(());
        }
        self.stats.retain(|group, stream| kept.from(group, stream).is_some());
        let files = self.file_set();
        let (mut dropped, mut rewritten, mut outcome) = (Vec::new(), Vec::new(), Ok(()));
        for file in files.iter() {
            let (looked_at, kept) = (file.clone(), kept.clone());
            let fate = blocking(move || {
                let created = Timestamp::from_millis(looked_at.entry.created);
                Ok(kept.fate(looked_at.open()?.summary()?, created))
            });
            match fate.await {
                Ok(Fate::Drop) => dropped.push(file.clone()),
                Ok(Fate::Rewrite) => rewritten.push(file.clone()),
                Ok(Fate::Stay) => {}
                // A file that cannot be read does not keep the others from going.
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        drop(files);
        if !dropped.is_empty() {
            outcome = outcome.and(self.replace(&dropped, vec![]).await);
            self.let_go(dropped).await?;
        }
        for file in rewritten {
            // What is left of a whole file may be merged with others.
            let level = if file.entry.level == LEVEL_WHOLE { 1 } else { file.entry.level };
            outcome = outcome.and(self.clone().rewrite(vec![file], level, now).await);
        }
        outcome
    }

    /// Writes what is wanted of files to new ones, in their place. The caller holds `rewriting`.
    async fn rewrite(
        self: Arc<Self>,
        inputs: Vec<Arc<LiveFile>>,
        level: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (inner, merging, kept) = (self.clone(), inputs.clone(), self.kept(now));
        let merge = move || inner.learned(merge_files(&inner.files, &merging, level, &kept, now)?);
        let added = blocking(merge).await?;
        let outcome = self.replace(&inputs, added).await;
        self.let_go(inputs).await?;
        outcome
    }

    /// New files, once it is known what is in them: each is read back before anything is dropped for it.
    fn learned(&self, written: Vec<Arc<LiveFile>>) -> Result<Vec<Arc<LiveFile>>, StoreError> {
        written.iter().try_for_each(|file| self.contents.learn(file))?;
        Ok(written)
    }

    /// Lets go of files where blocking is allowed: the last holder deletes them.
    async fn let_go(&self, files: Vec<Arc<LiveFile>>) -> Result<(), StoreError> {
        blocking(move || {
            drop(files);
            Ok(())
        })
        .await
    }

    fn kept(&self, now: Timestamp) -> Kept {
        Kept::new(self.keep.read().expect("no writer panics").clone(), now)
    }

    /// Puts files in the place of others: first in the catalog, then in memory.
    async fn replace(&self, removed: &[Arc<LiveFile>], added: Vec<Arc<LiveFile>>) -> Result<(), StoreError> {
        change_files(&*self.parts.catalog, vec![], &added, removed).await?;
        self.swap(added, removed);
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    table_work::blocking(DOING, work).await
}
