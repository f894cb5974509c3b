//! The background work of a table, as a job.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::job::{Job, JobError};

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// One kind of work on a table `T`.
pub(crate) struct TableJob<T> {
    pub table: Arc<T>,
    pub name: &'static str,
    pub period: Duration,
    pub wake: fn(&T) -> &Notify,
    pub run: for<'a> fn(&'a T, Timestamp) -> Running<'a>,
}

#[async_trait]
impl<T: Send + Sync + 'static> Job for TableJob<T> {
    fn name(&self) -> &str {
        self.name
    }

    fn period(&self) -> Duration {
        self.period
    }

    fn wake(&self) -> &Notify {
        (self.wake)(&self.table)
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        Ok((self.run)(&self.table, now).await?)
    }
}
