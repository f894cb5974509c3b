//! `REQUIRED_TAGS`: resources have tags, of some values where these are given.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};

/// The types that AWS's page for the rule names; tags of others it does not look at.
const TYPES: &[&str] = &[
    "AWS::ACM::Certificate",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudFormation::Stack",
    "AWS::CodeBuild::Project",
    "AWS::DynamoDB::Table",
    "AWS::EC2::CustomerGateway",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::Volume",
    "AWS::EC2::VPC",
    "AWS::EC2::VPNConnection",
    "AWS::EC2::VPNGateway",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSecurityGroup",
    "AWS::RDS::DBSnapshot",
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::EventSubscription",
    "AWS::Redshift::Cluster",
    "AWS::Redshift::ClusterParameterGroup",
    "AWS::Redshift::ClusterSecurityGroup",
    "AWS::Redshift::ClusterSnapshot",
    "AWS::Redshift::ClusterSubnetGroup",
    "AWS::S3::Bucket",
];

const NAMES: &[(&str, &str)] = &[
    ("tag1Key", "tag1Value"),
    ("tag2Key", "tag2Value"),
    ("tag3Key", "tag3Value"),
    ("tag4Key", "tag4Value"),
    ("tag5Key", "tag5Value"),
    ("tag6Key", "tag6Value"),
];

/// `REQUIRED_TAGS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "REQUIRED_TAGS",
    trigger: Trigger::Change,
    subject: Subject::Resources(TYPES),
    parameters: &[
        Parameter::required("tag1Key", ParameterKind::Text).with_default("CostCenter"),
        Parameter::optional("tag1Value", ParameterKind::List),
        Parameter::optional("tag2Key", ParameterKind::Text),
        Parameter::optional("tag2Value", ParameterKind::List),
        Parameter::optional("tag3Key", ParameterKind::Text),
        Parameter::optional("tag3Value", ParameterKind::List),
        Parameter::optional("tag4Key", ParameterKind::Text),
        Parameter::optional("tag4Value", ParameterKind::List),
        Parameter::optional("tag5Key", ParameterKind::Text),
        Parameter::optional("tag5Value", ParameterKind::List),
        Parameter::optional("tag6Key", ParameterKind::Text),
        Parameter::optional("tag6Value", ParameterKind::List),
    ],
    facts: &[],
    evaluate: |item, parameters, _| {
        let mut wrong = NAMES.iter().filter_map(|(key, values)| shortcoming(item, parameters, key, values));
        Verdict::of(wrong.next())
    },
};

/// What is wrong about one of the tags. Keys and values are compared to the letter.
fn shortcoming(item: &Item, parameters: &Parameters, key: &str, values: &str) -> Option<String> {
    let key = parameters.text(key)?;
    let Some(value) = item.tags.get(key) else { return Some(format!("The tag {key} is missing.")) };
    let allowed = parameters.list(values)?;
    (!allowed.contains(&value.as_str()))
        .then(|| format!("The value of the tag {key} is not one of the required values."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn resources_have_each_tag_with_one_of_its_values() {
        let tags: &[(&str, &str)] = &[("CostCenter", "cc-1"), ("Stage", "prod"), ("Empty", "")];
        for (tags, parameters, expected) in [
            (tags, json!({ "tag1Key": "CostCenter" }), Compliance::Compliant),
            (tags, json!({ "tag1Key": "costcenter" }), Compliance::NonCompliant),
            (tags, json!({ "tag1Key": "Owner" }), Compliance::NonCompliant),
            (tags, json!({ "tag1Key": "CostCenter", "tag1Value": "cc-2, cc-1" }), Compliance::Compliant),
            (tags, json!({ "tag1Key": "CostCenter", "tag1Value": "CC-1" }), Compliance::NonCompliant),
            (tags, json!({ "tag1Key": "Empty" }), Compliance::Compliant),
            (tags, json!({ "tag1Key": "CostCenter", "tag2Key": "Stage", "tag2Value": "prod" }), Compliance::Compliant),
            (
                tags,
                json!({ "tag1Key": "CostCenter", "tag6Key": "Stage", "tag6Value": "dev" }),
                Compliance::NonCompliant,
            ),
            (&[], json!({ "tag1Key": "CostCenter" }), Compliance::NonCompliant),
        ] {
            let mut item = shelf::item("AWS::EC2::Volume", "vol-1", json!({ "size": 8 }));
            item.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{tags:?} {parameters}");
        }
    }
}
