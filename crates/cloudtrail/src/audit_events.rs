//! `cloudtrail-data`: the service by which others put audit events into event data stores (cloudtrail.md §7.8).

use api::{Authorization, CallContext, OperationTable, Service, ServiceError, operations};
use async_trait::async_trait;
use wire::schema;
use wire::value::Value;

use crate::authorization::shared;
use crate::lake::policies::Kind;
use crate::ops::put_audit_events;
use crate::service::Parts;

/// The service, over the same parts as [`crate::CloudTrail`].
pub struct CloudTrailData {
    pub(crate) parts: Parts,
    operations: OperationTable<CloudTrailData>,
}

impl CloudTrailData {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        let operations = operations! { CloudTrailData;
            api::cloudtrail_data::PutAuditEvents => put_audit_events::put_audit_events;
        };
        Self { parts, operations }
    }
}

#[async_trait]
impl Service for CloudTrailData {
    fn schema(&self) -> &'static schema::Service {
        &api::cloudtrail_data::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    /// The channel, with its policy: callers of other accounts need one, which may ask for an external id.
    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        let mut wanted = Authorization::any(self.schema(), operation.name);
        let text = |name: &str| input?.get(name)?.as_str();
        let named = text("channelArn").and_then(|arn| {
            shared(&self.parts.catalog, cx, Kind::Channel, arn, &mut wanted).filter(|_| arn.starts_with("arn:"))
        });
        if let Some(arn) = named {
            wanted.resources = vec![arn];
        }
        if let Some(external_id) = text("externalId") {
            wanted.conditions.push(("cloudtrail:ExternalId".to_owned(), vec![external_id.to_owned()]));
        }
        wanted
    }

    fn validation_error(
        &self,
        _operation: &'static schema::Operation,
        paths: &[String],
        message: String,
    ) -> ServiceError {
        match paths.first().map(String::as_str) {
            Some("channelArn") => api::cloudtrail_data::errors::invalid_channel_arn(message),
            _ => ServiceError::validation(message),
        }
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
