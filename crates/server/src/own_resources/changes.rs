//! Which of the server's own resources a call changes (D-7).

use std::sync::OnceLock;

use api::CallContext;
use base::{Region, Scope};
use config::Parts;
use s3::ports::{EventKind, FinishedCall};
use wire::schema;
use wire::value::Value;

use super::{ALARM, BUCKET, GROUP, LOG_GROUP, POLICY, ROLE, TOPIC, TRAIL, USER};

/// What a call touches, known before it runs: its input is gone then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    resource_type: &'static str,
    /// `None` where the call does not name it by its id, or names several.
    resource_id: Option<String>,
}

/// Operations that change resources: the service, the type, the member that is its id, and their names.
const CHANGES: &[(&str, &str, Option<&str>, &[&str])] = &[
    ("cloudwatch", ALARM, Some("AlarmName"), &["PutMetricAlarm"]),
    (
        "cloudwatch",
        ALARM,
        None,
        &["DeleteAlarms", "DisableAlarmActions", "EnableAlarmActions", "TagResource", "UntagResource"],
    ),
    (
        "logs",
        LOG_GROUP,
        Some("logGroupName"),
        &[
            "CreateLogGroup",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "PutRetentionPolicy",
            "TagLogGroup",
            "UntagLogGroup",
        ],
    ),
    ("logs", LOG_GROUP, None, &["AssociateKmsKey", "DisassociateKmsKey", "TagResource", "UntagResource"]),
    (
        "sns",
        TOPIC,
        None,
        &[
            "AddPermission",
            "CreateTopic",
            "DeleteTopic",
            "RemovePermission",
            "SetTopicAttributes",
            "TagResource",
            "UntagResource",
        ],
    ),
    (
        "cloudtrail",
        TRAIL,
        None,
        &[
            "AddTags",
            "CreateTrail",
            "DeleteTrail",
            "PutEventSelectors",
            "PutInsightSelectors",
            "RemoveTags",
            "UpdateTrail",
        ],
    ),
    // Users and groups tell of each other, and policies of whom they are attached to. Calls name none by its id.
    (
        "iam",
        USER,
        None,
        &[
            "AddUserToGroup",
            "AttachUserPolicy",
            "CreateUser",
            "DeleteUser",
            "DeleteUserPermissionsBoundary",
            "DeleteUserPolicy",
            "DetachUserPolicy",
            "PutUserPermissionsBoundary",
            "PutUserPolicy",
            "RemoveUserFromGroup",
            "TagUser",
            "UntagUser",
            "UpdateGroup",
            "UpdateUser",
        ],
    ),
    (
        "iam",
        GROUP,
        None,
        &[
            "AddUserToGroup",
            "AttachGroupPolicy",
            "CreateGroup",
            "DeleteGroup",
            "DeleteGroupPolicy",
            "DetachGroupPolicy",
            "PutGroupPolicy",
            "RemoveUserFromGroup",
            "UpdateGroup",
            "UpdateUser",
        ],
    ),
    (
        "iam",
        ROLE,
        None,
        &[
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "UpdateRoleDescription",
        ],
    ),
    (
        "iam",
        POLICY,
        None,
        &[
            "AttachGroupPolicy",
            "AttachRolePolicy",
            "AttachUserPolicy",
            "CreatePolicy",
            "CreatePolicyVersion",
            "CreateRole",
            "CreateUser",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "DeleteUser",
            "DeleteUserPermissionsBoundary",
            "DetachGroupPolicy",
            "DetachRolePolicy",
            "DetachUserPolicy",
            "PutRolePermissionsBoundary",
            "PutUserPermissionsBoundary",
            "SetDefaultPolicyVersion",
            "TagPolicy",
            "UntagPolicy",
            "UpdateGroup",
            "UpdateUser",
        ],
    ),
];

/// What a call touches; nothing for those that change no resource.
pub fn touched(service: &schema::Service, operation: &schema::Operation, input: &Value) -> Vec<Touched> {
    let changes = CHANGES.iter().filter(|row| row.0 == service.name && row.3.contains(&operation.name));
    let touched = |&(_, resource_type, member, _): &(_, &'static str, Option<&str>, _)| {
        let resource_id = member.and_then(|member| input.get(member)).and_then(Value::as_str).map(str::to_owned);
        Touched { resource_type, resource_id }
    };
    changes.map(touched).collect()
}

impl Touched {
    /// Lets it be looked at soon; what belongs to no region is looked at in the home region.
    pub fn tell(&self, parts: &Parts, cx: &CallContext, home: &Region) {
        let is_global = matches!(self.resource_type, USER | GROUP | ROLE | POLICY);
        let region = if is_global { home } else { &cx.region };
        let scope = Scope { account: cx.account().clone(), region: region.clone() };
        match &self.resource_id {
            Some(id) => parts.own_resource_changed(&scope, self.resource_type, id),
            None => parts.own_type_changed(&scope, self.resource_type),
        }
    }
}

/// Hears of S3's calls, which are made elsewhere, once there is somebody to tell of buckets that they change.
#[derive(Default)]
pub struct BucketChanges(OnceLock<(Parts, s3::Buckets)>);

impl BucketChanges {
    /// From here on changes of these buckets are told.
    pub fn tell(&self, parts: Parts, buckets: s3::Buckets) {
        // It is set once, at the start.
        drop(self.0.set((parts, buckets)));
    }

    /// Lets the bucket that a call changed be looked at soon. Calls on objects change none (D-8).
    pub fn heard(&self, call: &FinishedCall) {
        let Some((parts, buckets)) = self.0.get() else { return };
        let changes_one = call.error.is_none() && !call.read_only && call.kind == EventKind::Management;
        let Some(bucket) = call.bucket.as_deref().filter(|_| changes_one) else { return };
        // Of one that was deleted the call knows where it was.
        let was = || call.bucket_owner.clone().map(|owner| (owner, call.region.clone()));
        if let Some((account, region)) = buckets.find(bucket).or_else(was) {
            parts.own_resource_changed(&Scope { account, region }, BUCKET, bucket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_that_changes_something_is_one_of_its_service() {
        for (service, _, member, operations) in CHANGES {
            let known = api::SERVICES.iter().find(|known| known.name == *service).expect(service);
            for name in *operations {
                let operation = known.operation(name).expect(name);
                if let Some(member) = member {
                    let input = operation.input.and_then(|shape| shape.structure()).expect(name);
                    assert!(input.member(member).is_some(), "{name} has no {member}");
                }
            }
        }
    }

    #[test]
    fn the_inputs_and_answers_that_descriptions_are_read_from_have_these_members() {
        for (service, operation, asked, answered) in [
            (
                "cloudwatch",
                "DescribeAlarms",
                &["AlarmTypes", "AlarmNames", "NextToken"][..],
                &["MetricAlarms", "NextToken"][..],
            ),
            ("cloudwatch", "ListTagsForResource", &["ResourceARN"], &["Tags"]),
            ("logs", "DescribeLogGroups", &["logGroupNamePrefix", "nextToken"], &["logGroups", "nextToken"]),
            ("logs", "ListTagsForResource", &["resourceArn"], &["tags"]),
            ("sns", "ListTopics", &["NextToken"], &["Topics", "NextToken"]),
            ("sns", "GetTopicAttributes", &["TopicArn"], &["Attributes"]),
            ("sns", "ListTagsForResource", &["ResourceArn"], &["Tags"]),
            ("cloudtrail", "DescribeTrails", &["includeShadowTrails"], &["trailList"]),
            ("cloudtrail", "ListTags", &["ResourceIdList"], &["ResourceTagList"]),
            ("cloudtrail", "GetTrailStatus", &["Name"], &["IsLogging", "LatestCloudWatchLogsDeliveryTime"]),
            ("cloudtrail", "GetEventSelectors", &["TrailName"], &["EventSelectors", "AdvancedEventSelectors"]),
            (
                "iam",
                "GetAccountAuthorizationDetails",
                &["Filter", "MaxItems", "Marker"],
                &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies", "Marker"],
            ),
            ("iam", "ListPolicyTags", &["PolicyArn", "Marker"], &["Tags", "Marker"]),
            ("iam", "GetAccountSummary", &[], &["SummaryMap"]),
            ("iam", "ListUsers", &["Marker"], &["Users", "Marker"]),
            ("iam", "GetLoginProfile", &["UserName"], &["LoginProfile"]),
            ("iam", "ListMFADevices", &["UserName", "Marker"], &["MFADevices", "Marker"]),
            ("iam", "ListAccessKeys", &["UserName", "Marker"], &["AccessKeyMetadata", "Marker"]),
            ("iam", "GetAccessKeyLastUsed", &["AccessKeyId"], &["AccessKeyLastUsed"]),
        ] {
            let known = api::SERVICES.iter().find(|known| known.name == service).expect(service);
            let operation = known.operation(operation).expect(operation);
            for (shape, members) in [(operation.input, asked), (operation.output, answered)] {
                let structure = shape.and_then(|shape| shape.structure());
                for member in members {
                    let known = structure.and_then(|structure| structure.member(member));
                    assert!(known.is_some(), "{}: {member}", operation.name);
                }
            }
        }
    }
}
