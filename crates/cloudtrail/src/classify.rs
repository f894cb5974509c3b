//! What class of event a call is: read or write, management or data, regional or global
//! (cloudtrail.md §2.3, §2.4, §2.7).

use api::CallContext;
use base::Region;
use base::operation_name::tells_reading;
use wire::schema::{Operation, Service};

/// Operations whose read-only flag is not what their name says: (service, operation, read-only).
const READ_ONLY_OVERRIDES: &[(&str, &str, bool)] = &[
    ("sts", "AssumeRole", true),
    ("sts", "AssumeRoleWithSAML", true),
    ("sts", "AssumeRoleWithWebIdentity", true),
    ("sts", "DecodeAuthorizationMessage", true),
    ("sts", "GetSessionToken", false),
    ("sts", "GetFederationToken", false),
    ("sts", "AssumeRoot", false),
    ("sts", "GetWebIdentityToken", false),
    ("sts", "GetDelegatedAccessToken", false),
    ("iam", "SimulateCustomPolicy", true),
    ("iam", "SimulatePrincipalPolicy", true),
    ("logs", "StartQuery", true),
    ("logs", "StartLiveTail", true),
    ("cloudtrail", "GenerateQuery", true),
    ("ssm", "StartSession", false),
];

/// Operations of the data plane, with the resource type their selectors name. They
/// never show in the event history (cloudtrail.md §2.1, §2.7; logs.md CT-6).
const DATA_OPERATIONS: &[(&str, &str, &str)] = &[
    ("cloudtrail-data", "PutAuditEvents", "AWS::CloudTrail::Channel"),
    ("cloudwatch", "GetMetricData", "AWS::CloudWatch::Metric"),
    ("cloudwatch", "GetMetricStatistics", "AWS::CloudWatch::Metric"),
    ("cloudwatch", "ListMetrics", "AWS::CloudWatch::Metric"),
    ("cloudwatch", "PutMetricData", "AWS::CloudWatch::Metric"),
    ("logs", "PutLogEvents", "AWS::Logs::LogGroup"),
    ("sns", "Publish", "AWS::SNS::Topic"),
    ("sns", "PublishBatch", "AWS::SNS::Topic"),
];

/// Services that act in one region of their partition whatever region is asked (cloudtrail.md §2.4).
const GLOBAL_SERVICES: &[&str] = &["iam"];

/// The class of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Control plane: always in the event history.
    Management,
    /// Data plane, on resources of this type.
    Data(&'static str),
}

/// Whether the operation only reads (`readOnly`).
pub fn read_only(service: &Service, operation: &Operation) -> bool {
    let named = |(of, name, _): &&(&str, &str, bool)| *of == service.name && *name == operation.name;
    if let Some((_, _, flag)) = READ_ONLY_OVERRIDES.iter().find(named) {
        return *flag;
    }
    operation.read_only_trait || tells_reading(operation.name)
}

/// Whether the operation belongs to the control or the data plane.
pub fn category(service: &Service, operation: &Operation) -> Category {
    DATA_OPERATIONS
        .iter()
        .find(|(of, name, _)| *of == service.name && *name == operation.name)
        .map_or(Category::Management, |(_, _, resource_type)| Category::Data(resource_type))
}

/// Whether the call went to a global service, whose events show in every region.
pub fn is_global(service: &Service, cx: &CallContext) -> bool {
    // The global STS endpoint is known by its host name alone; every other STS call is regional.
    GLOBAL_SERVICES.contains(&service.name) || (service.name == "sts" && cx.host == "sts.amazonaws.com")
}

/// The event's `awsRegion`.
pub fn region(service: &Service, cx: &CallContext) -> Region {
    if is_global(service, cx) { cx.partition.global_region() } else { cx.region.clone() }
}
