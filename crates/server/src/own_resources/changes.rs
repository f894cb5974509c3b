//! Which of the server's own resources a call changes (D-7).

use api::CallContext;
use base::Scope;
use config::Parts;
use wire::schema;
use wire::value::Value;

use super::{ALARM, LOG_GROUP, TOPIC, TRAIL};

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
];

/// What a call touches; `None` for those that change no resource.
pub fn touched(service: &schema::Service, operation: &schema::Operation, input: &Value) -> Option<Touched> {
    let changes = CHANGES.iter().find(|row| row.0 == service.name && row.3.contains(&operation.name));
    let &(_, resource_type, member, _) = changes?;
    let resource_id = member.and_then(|member| input.get(member)).and_then(Value::as_str).map(str::to_owned);
    Some(Touched { resource_type, resource_id })
}

impl Touched {
    /// Lets it be looked at soon.
    pub fn tell(&self, parts: &Parts, cx: &CallContext) {
        let scope = Scope { account: cx.account().clone(), region: cx.region.clone() };
        match &self.resource_id {
            Some(id) => parts.own_resource_changed(&scope, self.resource_type, id),
            None => parts.own_type_changed(&scope, self.resource_type),
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
        ] {
            let known = api::SERVICES.iter().find(|known| known.name == service).expect(service);
            let operation = known.operation(operation).expect(operation);
            for (shape, members) in [(operation.input, asked), (operation.output, answered)] {
                let structure = shape.and_then(|shape| shape.structure()).expect(operation.name);
                for member in members {
                    assert!(structure.member(member).is_some(), "{}: {member}", operation.name);
                }
            }
        }
    }
}
