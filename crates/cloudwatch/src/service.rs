//! The CloudWatch API.

use std::sync::Arc;

use api::{Answer, Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{Clock, Entropy};
use store::Catalog;
use store::metric::Metrics;
use wire::schema;
use wire::value::Value;

use crate::alarms::Signals;
use crate::metric_streams::Destinations;
use crate::ops::{self, get_metric_widget_image, put_metric_data};
use crate::{authorization, validation};

/// What the service is made of.
#[derive(Clone)]
pub struct Parts {
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Records: dashboards, detectors, streams, tags.
    pub catalog: Arc<Catalog>,
    /// Where metric streams deliver.
    pub metric_stream_destinations: Arc<Destinations>,
    /// What wakes the jobs of alarms.
    pub alarm_signals: Arc<Signals>,
    /// Whether alarms' events are sent anywhere.
    pub alarm_events: bool,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// The CloudWatch service.
pub struct CloudWatch {
    pub(crate) parts: Parts,
    operations: OperationTable<CloudWatch>,
}

impl CloudWatch {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, operations: ops::table() }
    }
}

#[async_trait]
impl Service for CloudWatch {
    fn schema(&self) -> &'static schema::Service {
        &api::cloudwatch::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        authorization::resources(operation, input, cx, &self.parts.catalog)
    }

    fn validate(&self, operation: &'static schema::Operation, input: &Value) -> Result<(), ServiceError> {
        let mut violations = operation.input.map(|shape| wire::validate(shape, input)).unwrap_or_default();
        if operation.name == "PutMetricData" {
            put_metric_data::judge_entities_later(&mut violations);
        }
        match violations.is_empty() {
            true => Ok(()),
            false => Err(validation::error(operation, input, &violations)),
        }
    }

    fn body_bytes_max(&self, operation: &'static schema::Operation) -> Option<usize> {
        (operation.name == "PutMetricData").then_some(put_metric_data::BODY_BYTES_MAX)
    }

    async fn answer(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Answer, ServiceError> {
        let entity_failure = match operation.name {
            "PutMetricData" => put_metric_data::entity_failure(&input),
            _ => None,
        };
        let image_format = match operation.name {
            "GetMetricWidgetImage" => input.get("OutputFormat").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        let answer = Answer::from(self.call(cx, operation, input).await?);
        let mut answer = get_metric_widget_image::framed(image_format.as_deref(), answer);
        let header = |failure: &str| (put_metric_data::FAILURE_HEADER, failure.to_owned());
        answer.headers.extend(entity_failure.map(header));
        Ok(answer)
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
