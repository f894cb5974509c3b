//! The recorder as a resource that it records itself (REC-11), and its end.

use api::ServiceError;
use base::{Scope, Timestamp};
use store::catalog::Transaction;

use crate::change::{catalog_failure, change, store_failure};
use crate::observe::{Observation, ObserveError, Source};
use crate::recorder::{self, RecorderRecord, SweepStatus, not_running};
use crate::resource_types::RECORDER;
use crate::service::Parts;

impl Parts {
    /// Records how the recorder is set up.
    pub(crate) async fn record_recorder(&self, scope: &Scope, now: Timestamp) -> Result<(), ServiceError> {
        match recorder::find(&self.catalog, scope) {
            Some(found) => self.record_as(scope, Some(&found.value), &found.value.name, now).await,
            None => Ok(()),
        }
    }

    /// Ends recording; nothing happens when it is ended. That it ended is the last that is recorded.
    pub(crate) async fn stop_recorder(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), ServiceError> {
        let found = recorder::find(&self.catalog, scope).filter(|found| found.value.is_recording);
        if let Some(found) = found {
            let stopped = RecorderRecord { is_recording: false, ..RecorderRecord::clone(&found.value) };
            self.record_as(scope, Some(&stopped), name, now).await?;
        }
        self.stop(scope, name, now).await
    }

    /// The same for a recorder that is being removed.
    pub(crate) async fn forget_recorder(&self, scope: &Scope, now: Timestamp) -> Result<(), ServiceError> {
        let Some(found) = recorder::find(&self.catalog, scope).filter(|found| found.value.is_recording) else {
            return Ok(());
        };
        self.record_as(scope, None, &found.value.name, now).await?;
        self.stop(scope, &found.value.name, now).await
    }

    async fn stop(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), ServiceError> {
        change(&self.catalog, || {
            let found = recorder::named(&self.catalog, scope, name)?;
            let mut transaction = Transaction::default();
            if found.value.is_recording {
                let record = RecorderRecord {
                    is_recording: false,
                    stopped: Some(now),
                    status: Some(SweepStatus::Success),
                    status_changed: Some(now),
                    ..RecorderRecord::clone(&found.value)
                };
                transaction.update(recorder::key(scope), found.version, &record);
            }
            Ok((transaction, ()))
        })
        .await
    }

    async fn record_as(
        &self,
        scope: &Scope,
        record: Option<&RecorderRecord>,
        name: &str,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let observation = Observation {
            resource_type: RECORDER.to_owned(),
            resource_id: name.to_owned(),
            description: record.map(|record| record.describe(scope)),
            source: Source::Own,
        };
        match self.observe(scope, vec![observation], now).await {
            // Somebody stopped it meanwhile.
            Ok(_) | Err(ObserveError::NotRecording) => Ok(()),
            Err(error) => Err(error.to_service_error()),
        }
    }
}

impl ObserveError {
    /// The error as a client sees it; the cause is logged here.
    pub(crate) fn to_service_error(&self) -> ServiceError {
        match self {
            Self::NotRecording => not_running(),
            Self::Store(error) => store_failure(error),
            Self::Catalog(error) => catalog_failure(error),
        }
    }
}
