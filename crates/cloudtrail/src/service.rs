//! The CloudTrail API.

use std::sync::Arc;

use api::{CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use store::trail_event::TrailEvents;
use wire::schema;
use wire::value::Value;

use crate::ops;
use crate::throttle::Throttle;

/// How the service behaves where AWS's numbers may not fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// LookupEvents calls a second for each account and region; zero for no limit (cloudtrail.md §10.1).
    pub lookup_events_per_second: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lookup_events_per_second: 2 }
    }
}

/// The CloudTrail service.
pub struct CloudTrail {
    pub(crate) events: Arc<TrailEvents>,
    pub(crate) lookups: Throttle,
    operations: OperationTable<CloudTrail>,
}

impl CloudTrail {
    /// The service over this table of events.
    pub fn new(events: Arc<TrailEvents>, settings: &Settings) -> Self {
        Self { events, lookups: Throttle::new(settings.lookup_events_per_second), operations: ops::table() }
    }
}

#[async_trait]
impl Service for CloudTrail {
    fn schema(&self) -> &'static schema::Service {
        &api::cloudtrail::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    fn validation_error(
        &self,
        operation: &'static schema::Operation,
        paths: &[String],
        message: String,
    ) -> ServiceError {
        ops::validation_error(operation.name, paths, message)
    }

    async fn call(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        self.operations.call(self, cx, self.schema(), operation, input).await
    }
}
