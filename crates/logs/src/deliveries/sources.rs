//! Sources of deliveries: resources of AWS, and what they log.

use api::ServiceError;
use api::logs::{errors, types};
use base::{Arn, Scope, Timestamp};
use lang::transform::CLOUDFRONT_FIELDS;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::{DestinationKind, ObjectPath, SOURCE};
use crate::groups;
use crate::tagged::Tagged;
use crate::tags::Tags;

/// The type of logs that are traces, and go nowhere but to X-Ray.
pub(crate) const TRACES: &str = "TRACES";

/// What services vend, by their names in ARNs, as the reference of PutDeliverySource lists it.
const SERVICES: [(&str, &[&str]); 22] = [
    ("aidevops", &["APPLICATION_LOGS"]),
    ("bedrock", &["APPLICATION_LOGS", "EVENT_LOGS"]),
    ("bedrock-agentcore", &["APPLICATION_LOGS", "USAGE_LOGS", TRACES]),
    ("cloudfront", &["ACCESS_LOGS"]),
    ("codewhisperer", &["EVENT_LOGS"]),
    ("ec2", &["EVENT_LOGS"]),
    (
        "eks",
        &[
            "AUTO_MODE_BLOCK_STORAGE_LOGS",
            "AUTO_MODE_COMPUTE_LOGS",
            "AUTO_MODE_IPAM_LOGS",
            "AUTO_MODE_LOAD_BALANCING_LOGS",
        ],
    ),
    ("elasticloadbalancing", &["NLB_ACCESS_LOGS"]),
    ("entityresolution", &["WORKFLOW_LOGS"]),
    ("mediapackage", &["EGRESS_ACCESS_LOGS", "INGRESS_ACCESS_LOGS"]),
    ("mediapackagev2", &["EGRESS_ACCESS_LOGS", "INGRESS_ACCESS_LOGS"]),
    ("mediatailor", &["AD_DECISION_SERVER_LOGS", "MANIFEST_SERVICE_LOGS", "TRANSCODE_LOGS"]),
    ("network-firewall", &["ALERT_LOGS", "ALLOW_LOGS", "DENY_LOGS"]),
    ("pcs", &["PCS_SCHEDULER_LOGS", "PCS_JOBCOMP_LOGS", "PCS_SCHEDULER_AUDIT_LOGS"]),
    ("qbusiness", &["EVENT_LOGS", "SYNC_JOB_LOGS"]),
    ("qdeveloper", &["EVENT_LOGS"]),
    ("quicksight", &["CHAT_LOGS", "FEEDBACK_LOGS"]),
    ("rtbfabric", &["APPLICATION_LOGS"]),
    ("securityhub", &["SECURITY_FINDING_LOGS"]),
    // The first was called so in earlier references.
    ("ses", &["APPLICATION_LOG", "APPLICATION_LOGS", "TRAFFIC_POLICY_DEBUG_LOGS"]),
    ("sso", &["ERROR_LOGS"]),
    (
        "workmail",
        &[
            "ACCESS_CONTROL_LOGS",
            "AUTHENTICATION_LOGS",
            "WORKMAIL_AVAILABILITY_PROVIDER_LOGS",
            "WORKMAIL_MAILBOX_ACCESS_LOGS",
            "WORKMAIL_PERSONAL_ACCESS_TOKEN_LOGS",
        ],
    ),
];

/// A source. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliverySourceRecord {
    /// The resource that logs.
    pub(crate) resource_arn: String,
    /// The service that it is of.
    pub(crate) service: String,
    /// What it logs.
    pub(crate) log_type: String,
    /// How it logs.
    pub(crate) configuration: Vec<(String, String)>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, String)>,
    /// When it was first put.
    pub(crate) created: Timestamp,
}

impl Record for DeliverySourceRecord {
    const KIND: &'static str = "logs.delivery_source";
    const FORMAT: u32 = 1;
}

impl Tagged for DeliverySourceRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// The service of a resource that vends logs of this type.
///
/// # Errors
/// logs.md DL-1: `ResourceNotFoundException` where none does, `ValidationException` for other types.
pub(crate) fn service(resource_arn: &str, log_type: &str) -> Result<&'static str, ServiceError> {
    let parsed: Option<Arn> = resource_arn.parse().ok();
    let found = parsed.and_then(|arn| SERVICES.iter().find(|(service, _)| *service == arn.service));
    let (service, log_types) =
        found.ok_or_else(|| errors::resource_not_found_exception("Cannot access provided service."))?;
    match log_types.contains(&log_type) {
        true => Ok(service),
        false => Err(errors::validation_exception(" This service is not allowed for this LogSource.")),
    }
}

impl DeliverySourceRecord {
    /// The fields of a delivery that names none.
    pub(crate) fn default_fields(&self) -> Vec<String> {
        match self.service.as_str() {
            // logs.md DL-3.
            "cloudfront" => CLOUDFRONT_FIELDS.map(str::to_owned).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Where a delivery that does not say puts its objects.
    pub(crate) fn default_objects(&self, kind: DestinationKind) -> Option<ObjectPath> {
        let suffix = Some("AWSLogs/{account-id}/CloudFront/".to_owned());
        let of_cloudfront = self.service == "cloudfront" && kind == DestinationKind::S3;
        of_cloudfront.then_some(ObjectPath { suffix, hive_compatible: Some(false) })
    }

    /// What GetDeliverySource gives of it: no tags (logs.md DL-3).
    pub(crate) fn described(scope: &Scope, name: &str, record: &Self) -> types::DeliverySource {
        types::DeliverySource {
            name: Some(name.to_owned()),
            arn: Some(groups::arn_of(scope, &format!("{SOURCE}{name}"))),
            resource_arns: Some(vec![record.resource_arn.clone()]),
            service: Some(record.service.clone()),
            log_type: Some(record.log_type.clone()),
            tags: None,
            delivery_source_configuration: (!record.configuration.is_empty()).then(|| record.configuration.clone()),
            status: Some(types::DeliverySourceStatus::Active),
            status_reason: None,
        }
    }
}
