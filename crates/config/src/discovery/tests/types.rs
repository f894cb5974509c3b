//! What is told of each type.

use serde_json::{Value, json};

use super::super::*;
use super::captured::*;
use crate::item::Relationship;
use crate::observe::Description;

/// The resource with a name or an id, or with a tag, or any.
async fn find(name: &str, which: &str) -> (String, Description) {
    let all = all(name).await;
    let is_it = |(id, found): &&(String, Description)| {
        which == "*"
            || id == which
            || found.resource_name.as_deref() == Some(which)
            || found.tags.values().any(|value| value == which)
    };
    all.iter().find(is_it).unwrap_or_else(|| panic!("{name} {which}")).clone()
}

const NONE: &str = "Not Applicable";
const SEVERAL: &str = "Multiple Availability Zones";
const REGION: &str = "Regional";

#[tokio::test]
async fn each_type_has_its_name_arn_zone_and_tags() {
    for (name, which, resource_name, arn, zone, tag) in [
        ("EC2::VPC", "main", "", "ec2:eu-west-1:123456789012:vpc/{id}", SEVERAL, "Name=main"),
        ("EC2::Subnet", "main", "", "ec2:eu-west-1:123456789012:subnet/{id}", "eu-west-1a", "Name=main"),
        ("EC2::SecurityGroup", "web", "web", "ec2:eu-west-1:123456789012:security-group/{id}", NONE, ""),
        ("EC2::NetworkInterface", "*", "", "ec2:eu-west-1:123456789012:network-interface/{id}", "eu-west-1a", ""),
        ("EC2::Volume", "*", "", "ec2:eu-west-1:123456789012:volume/{id}", "eu-west-1a", ""),
        ("EC2::Instance", "*", "", "ec2:eu-west-1:123456789012:instance/{id}", "eu-west-1a", "Name=web-1"),
        ("EC2::RouteTable", "*", "", "ec2:eu-west-1:123456789012:route-table/{id}", NONE, ""),
        ("EC2::NetworkAcl", "*", "", "ec2:eu-west-1:123456789012:network-acl/{id}", SEVERAL, ""),
        ("EC2::InternetGateway", "*", "", "ec2:eu-west-1:123456789012:internet-gateway/{id}", SEVERAL, ""),
        ("EC2::NatGateway", "*", "", "ec2:eu-west-1:123456789012:natgateway/{id}", NONE, ""),
        ("EC2::EIP", "*", "", "ec2:eu-west-1:123456789012:eip-allocation/{id}", NONE, ""),
        ("S3::Bucket", "acme-full", "acme-full", "s3:::acme-full", REGION, "env=prod"),
        ("IAM::User", "ada", "ada", "iam::123456789012:user/staff/ada", NONE, "team=core"),
        ("IAM::Group", "admins", "admins", "iam::123456789012:group/admins", NONE, ""),
        ("IAM::Role", "batch", "batch", "iam::123456789012:role/batch", NONE, "a=b"),
        ("IAM::Policy", "ops-read", "ops-read", "iam::123456789012:policy/ops-read", NONE, ""),
        ("Lambda::Function", "full", "full", "lambda:eu-west-1:123456789012:function:full", NONE, "team=core"),
        ("DynamoDB::Table", "orders", "orders", "dynamodb:eu-west-1:123456789012:table/orders", NONE, "env=prod"),
        ("SQS::Queue", "jobs", "jobs", "sqs:eu-west-1:123456789012:jobs", REGION, "env=prod"),
        ("SNS::Topic", "news", "news", "sns:eu-west-1:123456789012:news", NONE, "env=prod"),
        ("KMS::Key", "prod", "", "kms:eu-west-1:123456789012:key/{id}", NONE, "env=prod"),
        ("RDS::DBSubnetGroup", "inside", "inside", "rds:eu-west-1:123456789012:subgrp:inside", SEVERAL, "env=prod"),
        ("RDS::DBCluster", "cluster", "cluster", "rds:eu-west-1:123456789012:cluster:cluster", SEVERAL, "env=prod"),
        ("RDS::DBSnapshot", "before", "before", "rds:eu-west-1:123456789012:snapshot:before", "", "env=prod"),
        ("AutoScaling::AutoScalingGroup", "workers", "workers", "{id}", SEVERAL, "env=prod"),
        ("AutoScaling::LaunchConfiguration", "launch", "launch", "{id}", NONE, ""),
        ("ElasticLoadBalancingV2::LoadBalancer", "front", "front", "{id}", SEVERAL, "env=prod"),
        ("SecretsManager::Secret", "database", "database", "{id}", NONE, "env=prod"),
        ("CloudFormation::Stack", "base", "base", "{id}", REGION, "env=prod"),
        ("ACM::Certificate", "*", "", "{id}", REGION, "env=prod"),
        ("ECS::Cluster", "main", "main", "ecs:eu-west-1:123456789012:cluster/main", REGION, "env=prod"),
        ("ECS::Service", "web", "web", "{id}", REGION, "env=prod"),
        ("ECS::TaskDefinition", "web:1", "web:1", "{id}", REGION, "env=prod"),
        ("EKS::Cluster", "pods", "pods", "eks:eu-west-1:123456789012:cluster/pods", REGION, "env=prod"),
        ("Route53::HostedZone", "prod", "example.org.", "route53:::hostedzone/{id}", REGION, "env=prod"),
    ] {
        let (id, found) = find(&format!("AWS::{name}"), which).await;
        let expected = arn.replace("{id}", &id);
        let expected = if expected.starts_with("arn:") { expected } else { format!("arn:aws:{expected}") };
        assert_eq!(found.arn.as_deref(), Some(expected.as_str()), "{name}");
        assert_eq!(found.resource_name.as_deref().unwrap_or_default(), resource_name, "{name}");
        assert_eq!(found.availability_zone.as_deref().unwrap_or_default(), zone, "{name}");
        let tags: Vec<String> = found.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(tags.join(","), tag, "{name}");
        let is_global = ["IAM", "Route53"].iter().any(|service| name.starts_with(service));
        assert_eq!(found.aws_region, if is_global { "global" } else { "eu-west-1" }, "{name}");
    }
}

#[tokio::test]
async fn a_key_pair_is_known_by_its_name() {
    let (id, found) = find("AWS::EC2::KeyPair", "ops").await;
    assert_eq!(id, "ops");
    let key = at(&found.configuration, "/KeyPairId");
    assert_eq!(found.arn, Some(format!("arn:aws:ec2:eu-west-1:123456789012:key-pair/{}", key.as_str().unwrap())));
    assert_eq!(at(&found.configuration, "/KeyType"), "ed25519");
}

#[tokio::test]
async fn resources_name_those_that_they_are_related_to() {
    for (name, which, expected) in [
        (
            "EC2::Instance",
            "web-1",
            vec![
                ("Is associated with SecurityGroup", "EC2::SecurityGroup", "web"),
                ("Is contained in Subnet", "EC2::Subnet", "main"),
                ("Is contained in Vpc", "EC2::VPC", "main"),
            ],
        ),
        ("EC2::SecurityGroup", "web", vec![("Is contained in Vpc", "EC2::VPC", "main")]),
        ("EC2::Subnet", "main", vec![("Is contained in Vpc", "EC2::VPC", "main")]),
        ("EC2::Volume", "*", vec![("Is attached to Instance", "EC2::Instance", "web-1")]),
        ("EC2::InternetGateway", "*", vec![("Is attached to Vpc", "EC2::VPC", "main")]),
        // Unqualified names end with a blank (config.md §2.8).
        (
            "EC2::NatGateway",
            "*",
            vec![("Is contained in ", "EC2::VPC", "main"), ("Is contained in ", "EC2::Subnet", "main")],
        ),
        (
            "Lambda::Function",
            "full",
            vec![("Is associated with ", "EC2::SecurityGroup", "web"), ("Is contained in ", "EC2::Subnet", "main")],
        ),
        (
            "RDS::DBInstance",
            "single",
            vec![
                ("Is associated with DBSubnetGroup", "RDS::DBSubnetGroup", "inside"),
                ("Is associated with SecurityGroup", "EC2::SecurityGroup", "web"),
            ],
        ),
        ("RDS::DBCluster", "cluster", vec![("Is associated with ", "EC2::SecurityGroup", "web")]),
        (
            "RDS::DBSubnetGroup",
            "inside",
            vec![("Is associated with Subnet", "EC2::Subnet", "main"), ("Is associated with Vpc", "EC2::VPC", "main")],
        ),
        (
            "ElasticLoadBalancingV2::LoadBalancer",
            "front",
            vec![
                ("Is associated with SecurityGroup", "EC2::SecurityGroup", "web"),
                ("Is attached to Subnet", "EC2::Subnet", "main"),
                ("Is contained in Vpc", "EC2::VPC", "main"),
            ],
        ),
        ("AutoScaling::AutoScalingGroup", "workers", vec![("Is associated with ", "EC2::Subnet", "main")]),
        ("AutoScaling::LaunchConfiguration", "launch", vec![("Is associated with ", "EC2::SecurityGroup", "web")]),
        ("SecretsManager::Secret", "database", vec![("Is associated with ", "KMS::Key", "prod")]),
        ("IAM::Policy", "ops-read", vec![("Is attached to User", "IAM::User", "ada")]),
        ("IAM::Policy", "ops-read", vec![("Is attached to Group", "IAM::Group", "admins")]),
        ("IAM::Policy", "ops-read", vec![("Is attached to Role", "IAM::Role", "batch")]),
        ("IAM::Group", "admins", vec![("Contains User", "IAM::User", "ada")]),
    ] {
        let (_, found) = find(&format!("AWS::{name}"), which).await;
        for (relationship, other, which) in expected {
            let (id, _) = find(&format!("AWS::{other}"), which).await;
            let is_it = |related: &&Relationship| {
                related.name == relationship
                    && related.resource_type == format!("AWS::{other}")
                    && related.resource_id.as_deref() == Some(&id)
            };
            assert!(found.relationships.iter().any(|related| is_it(&related)), "{name} {relationship}{other}");
        }
        assert!(found.relationships.is_sorted(), "{name}");
    }
}

#[tokio::test]
async fn instances_contain_interfaces_and_are_attached_to_volumes() {
    let (_, instance) = find("AWS::EC2::Instance", "web-1").await;
    let count = |name: &str| instance.relationships.iter().filter(|related| related.name == name).count();
    assert_eq!((count("Contains NetworkInterface"), count("Is attached to Volume")), (1, 2));
    assert_eq!(instance.relationships.len(), 6);
}

#[tokio::test]
async fn some_resources_are_related_to_by_name_alone() {
    for (name, which, relationship, other, called) in [
        ("Lambda::Function", "full", "Is associated with ", "IAM::Role", "batch"),
        ("IAM::User", "ada", "Is attached to Group", "IAM::Group", "admins"),
        ("RDS::DBCluster", "cluster", "Contains ", "RDS::DBInstance", "member"),
        (
            "AutoScaling::AutoScalingGroup",
            "workers",
            "Is associated with ",
            "AutoScaling::LaunchConfiguration",
            "launch",
        ),
    ] {
        let (_, found) = find(&format!("AWS::{name}"), which).await;
        let expected = Relationship {
            resource_type: format!("AWS::{other}"),
            resource_id: None,
            resource_name: Some(called.to_owned()),
            name: relationship.to_owned(),
        };
        assert!(found.relationships.contains(&expected), "{name} {:?}", found.relationships);
    }
}

#[tokio::test]
async fn policies_of_aws_are_no_relationships_and_own_ones_get_their_ids() {
    let (_, mut role) = find("AWS::IAM::Role", "batch").await;
    assert_eq!(at(&role.configuration, "/attachedManagedPolicies").as_array().unwrap().len(), 2);
    complete(&mut role.relationships, |of, name| {
        ((of, name) == ("AWS::IAM::Policy", "ops-read")).then(|| "ANPA1".to_owned())
    });
    let expected = Relationship {
        resource_type: "AWS::IAM::Policy".to_owned(),
        resource_id: Some("ANPA1".to_owned()),
        resource_name: Some("ops-read".to_owned()),
        name: "Is attached to CustomerManagedPolicy".to_owned(),
    };
    assert_eq!(role.relationships, [expected]);
}

#[tokio::test]
async fn configurations_are_spelled_as_config_does() {
    for (name, which, pointer, expected) in [
        ("EC2::Instance", "web-1", "/state", json!({"code": 16, "name": "running"})),
        ("EC2::Instance", "web-1", "/keyName", json!("ops")),
        ("EC2::Instance", "web-1", "/ebsOptimized", json!(false)),
        ("EC2::Instance", "web-1", "/securityGroups/0/groupName", json!("web")),
        ("EC2::Instance", "web-1", "/tags", json!([{"key": "Name", "value": "web-1"}])),
        ("EC2::Instance", "web-1", "/licenses", json!([])),
        ("EC2::SecurityGroup", "web", "/ipPermissions/0/ipRanges", json!(["0.0.0.0/0"])),
        (
            "EC2::SecurityGroup",
            "web",
            "/ipPermissions/0/ipv4Ranges",
            json!([{"cidrIp": "0.0.0.0/0", "description": "https"}]),
        ),
        ("EC2::VPC", "main", "/isDefault", json!(false)),
        ("EC2::NetworkAcl", "*", "/entries/0/ruleNumber", json!(100)),
        ("EC2::InternetGateway", "*", "/attachments/0/state", json!("available")),
        ("IAM::User", "ada", "/groupList", json!(["admins"])),
        ("IAM::User", "ada", "/userPolicyList/0/policyName", json!("inline")),
        ("IAM::Policy", "ops-read", "/policyVersionList/0/isDefaultVersion", json!(true)),
        ("IAM::Policy", "ops-read", "/description", json!("reads")),
        ("RDS::DBInstance", "single", "/dBInstanceIdentifier", json!("single")),
        ("RDS::DBInstance", "single", "/storageEncrypted", json!(true)),
        ("RDS::DBInstance", "single", "/vpcSecurityGroups/0/status", json!("active")),
        ("RDS::DBCluster", "cluster", "/dbclusterMembers/0/dbinstanceIdentifier", json!("member")),
        ("Lambda::Function", "full", "/tracingConfig/mode", json!("PassThrough")),
        ("Lambda::Function", "full", "/environment", json!(null)),
        ("DynamoDB::Table", "orders", "/ssedescription/ssetype", json!("KMS")),
        ("DynamoDB::Table", "orders", "/keySchema", json!([{"attributeName": "id", "keyType": "HASH"}])),
        ("KMS::Key", "prod", "/awsaccountId", json!("123456789012")),
        ("ElasticLoadBalancingV2::LoadBalancer", "front", "/state", json!({"code": "active"})),
        ("AutoScaling::AutoScalingGroup", "workers", "/maxSize", json!(2)),
        ("SQS::Queue", "jobs", "/QueueName", json!("jobs")),
        ("SQS::Queue", "jobs", "/VisibilityTimeout", json!("30")),
        ("SQS::Queue", "jobs", "/ApproximateNumberOfMessages", json!(null)),
        ("SNS::Topic", "news", "/Owner", json!("123456789012")),
        ("SNS::Topic", "news", "/SubscriptionsConfirmed", json!(null)),
        ("SecretsManager::Secret", "database", "/Tags", json!([{"Key": "env", "Value": "prod"}])),
        ("ECS::Cluster", "main", "/ClusterSettings", json!([{"Name": "containerInsights", "Value": "disabled"}])),
        ("ECS::TaskDefinition", "web:1", "/ContainerDefinitions/0/PortMappings/0/ContainerPort", json!(80)),
        ("ECS::Service", "web", "/DesiredCount", json!(1)),
        // Keys of maps are the user's.
        ("EKS::Cluster", "pods", "/Tags", json!({"env": "prod"})),
        ("CloudFormation::Stack", "base", "/stackStatus", json!("CREATE_COMPLETE")),
        ("ACM::Certificate", "*", "/domainValidationOptions/0/resourceRecord/type", json!("CNAME")),
        ("Route53::HostedZone", "prod", "/HostedZoneTags", json!([{"Key": "env", "Value": "prod"}])),
    ] {
        let (_, found) = find(&format!("AWS::{name}"), which).await;
        assert_eq!(at(&found.configuration, pointer), expected, "{name} {pointer}");
    }
}

/// CI-12.
#[tokio::test]
async fn what_an_old_type_may_say_and_does_not_is_null() {
    let (_, instance) = find("AWS::EC2::Instance", "web-1").await;
    let members = instance.configuration.as_object().unwrap();
    for name in ["kernelId", "spotInstanceRequestId", "outpostArn"] {
        assert_eq!(members.get(name), Some(&Value::Null), "{name}");
    }
    let (_, cluster) = find("AWS::ECS::Cluster", "main").await;
    assert!(cluster.configuration.get("Configuration").is_none());
}

#[tokio::test]
async fn times_are_text_but_where_they_are_numbers() {
    let (_, instance) = find("AWS::EC2::Instance", "web-1").await;
    let created = instance.created.unwrap();
    assert_eq!(at(&instance.configuration, "/launchTime"), created.iso_millis());
    let (_, cluster) = find("AWS::RDS::DBCluster", "cluster").await;
    assert_eq!(at(&cluster.configuration, "/clusterCreateTime"), cluster.created.unwrap().millis());
}

/// CI-13.
#[tokio::test]
async fn policies_of_iam_are_percent_encoded() {
    let (_, role) = find("AWS::IAM::Role", "batch").await;
    let document = at(&role.configuration, "/assumeRolePolicyDocument");
    assert!(document.as_str().unwrap().starts_with("%7B%22Version%22"), "{document}");
}

#[tokio::test]
async fn a_plain_bucket_has_what_every_bucket_has() {
    let (_, bucket) = find("AWS::S3::Bucket", "acme-plain").await;
    let owner = at(&bucket.configuration, "/owner/id");
    let expected = json!({"name": "acme-plain", "owner": {"displayName": "webfile", "id": owner},
        "creationDate": bucket.created.unwrap().iso_millis()});
    assert_eq!(bucket.configuration, expected);
    let mut supplementary = bucket.supplementary;
    let list = supplementary.remove("AccessControlList").unwrap();
    let list: Value = serde_json::from_str(list.as_str().unwrap()).unwrap();
    let expected = json!({
        "grantSet": null,
        "grantList": [
            {"grantee": {"id": owner, "displayName": null}, "permission": "FullControl"},
            {"grantee": "AllUsers", "permission": "Read"},
        ],
        "owner": {"displayName": "webfile", "id": owner},
        "isRequesterCharged": false,
    });
    assert_eq!(list, expected);
    let expected = json!({
        "BucketAccelerateConfiguration": {"status": null},
        "BucketLoggingConfiguration": {"destinationBucketName": null, "logFilePrefix": null},
        "BucketNotificationConfiguration": {"configurations": {}},
        "BucketPolicy": {"policyText": null},
        "BucketVersioningConfiguration": {"status": "Off", "isMfaDeleteEnabled": null},
        "IsRequesterPaysEnabled": false,
    });
    assert_eq!(json!(supplementary), expected);
}

#[tokio::test]
async fn a_bucket_shows_all_that_is_set() {
    let (_, bucket) = find("AWS::S3::Bucket", "acme-full").await;
    let mut supplementary = bucket.supplementary;
    supplementary.remove("AccessControlList");
    let lifecycle = json!({"rules": [{
        "id": "old", "prefix": null, "status": "Enabled",
        "filter": {"predicate": {"type": "LifecyclePrefixPredicate", "prefix": "logs/"}},
        "expirationInDays": 30, "expiredObjectDeleteMarker": false, "noncurrentVersionExpirationInDays": -1,
        "expirationDate": null, "transitions": null, "noncurrentVersionTransitions": null,
        "abortIncompleteMultipartUpload": null,
    }]});
    let expected = json!({
        "BucketAccelerateConfiguration": {"status": "Enabled"},
        "BucketCrossOriginConfiguration": {"rules": [{"id": null, "allowedMethods": ["GET"], "allowedOrigins": ["*"],
            "maxAgeSeconds": 300, "exposedHeaders": [], "allowedHeaders": []}]},
        "BucketLifecycleConfiguration": lifecycle,
        "BucketLoggingConfiguration": {"destinationBucketName": null, "logFilePrefix": null},
        "BucketNotificationConfiguration": {"configurations": {}},
        "BucketPolicy": {"policyText": "{\"Version\": \"2012-10-17\", \"Statement\": []}"},
        "BucketTaggingConfiguration": {"tagSets": [{"tags": {"env": "prod"}}]},
        "BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": null},
        "BucketWebsiteConfiguration": {"indexDocumentSuffix": "index.html", "errorDocument": null,
            "redirectAllRequestsTo": null, "routingRules": []},
        "IsRequesterPaysEnabled": false,
        "PublicAccessBlockConfiguration": {"blockPublicAcls": true, "ignorePublicAcls": true,
            "blockPublicPolicy": true, "restrictPublicBuckets": false},
        "ServerSideEncryptionConfiguration": {"rules": [{"applyServerSideEncryptionByDefault":
            {"sseAlgorithm": "aws:kms", "kmsMasterKeyID": "k-1"}, "bucketKeyEnabled": true}]},
    });
    assert_eq!(json!(supplementary), expected);
}

/// config.md §2.7.
#[tokio::test]
async fn supplementary_configuration_is_read_where_a_type_has_some() {
    let tags = json!([{"key": "env", "value": "prod"}]);
    for (name, which, key, expected) in [
        ("Lambda::Function", "full", "Concurrency", json!({"reservedConcurrentExecutions": 5})),
        ("Lambda::Function", "full", "Tags", json!({"team": "core"})),
        ("Lambda::Function", "plain", "Policy", json!(null)),
        ("Lambda::Function", "plain", "Concurrency", json!(null)),
        ("KMS::Key", "prod", "KeyRotationStatus", json!(true)),
        ("KMS::Key", "prod", "Tags", json!([{"tagKey": "env", "tagValue": "prod"}])),
        ("RDS::DBInstance", "single", "Tags", tags.clone()),
        ("RDS::DBSubnetGroup", "inside", "Tags", tags.clone()),
        (
            "RDS::DBSnapshot",
            "before",
            "DBSnapshotAttributes",
            json!([{"attributeName": "restore", "attributeValues": []}]),
        ),
        (
            "DynamoDB::Table",
            "orders",
            "ContinuousBackupsDescription",
            json!({"continuousBackupsStatus": "ENABLED",
                   "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": "DISABLED"}}),
        ),
        ("SNS::Topic", "news", "Tags", tags.clone()),
        ("ACM::Certificate", "*", "Tags", tags.clone()),
        ("ElasticLoadBalancingV2::LoadBalancer", "front", "Tags", tags),
        ("AutoScaling::AutoScalingGroup", "workers", "LifeCycleHooks", json!([])),
        ("CloudFormation::Stack", "base", "EnableTerminationProtection", json!(false)),
    ] {
        let (_, found) = find(&format!("AWS::{name}"), which).await;
        let value = found.supplementary.get(key).cloned().unwrap_or(Value::Null);
        assert_eq!(value, expected, "{name} {key}");
    }
    let (_, function) = find("AWS::Lambda::Function", "full").await;
    let policy = function.supplementary["Policy"].as_str().unwrap();
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Statement"][0]["Principal"]["Service"], "s3.amazonaws.com");
}

#[tokio::test]
async fn a_stack_contains_the_resources_whose_types_are_known() {
    let (_, stack) = find("AWS::CloudFormation::Stack", "base").await;
    let contains = |of: &str, id: &str| Relationship {
        resource_type: of.to_owned(),
        resource_id: Some(id.to_owned()),
        resource_name: None,
        name: "Contains ".to_owned(),
    };
    let topic = "arn:aws:sns:eu-west-1:123456789012:of-stack";
    let expected = [contains("AWS::Logs::LogGroup", "of-stack"), contains("AWS::SNS::Topic", topic)];
    assert_eq!(stack.relationships, expected);
    assert_eq!(at(&stack.supplementary["StackResourceSummaries"], "/0/physicalResourceId"), topic);
}

#[tokio::test]
async fn every_type_can_be_named_in_a_recording_group() {
    for of in resource_types() {
        assert!(crate::resource_types::is_known(of.name()), "{}", of.name());
    }
}

#[tokio::test]
async fn no_secret_is_in_what_is_told() {
    for of in resource_types() {
        let (moto, scope) = (Moto::new(), scope());
        let listing = Lister::new(&moto, &scope).list(of).await;
        assert!(!format!("{listing:?}").contains("hush"), "{}", of.name());
        assert!(!moto.asked.lock().unwrap().contains(&"GetSecretValue"));
    }
}

#[tokio::test]
async fn one_resource_is_told_as_the_listing_tells_it() {
    for of in resource_types() {
        let (moto, scope) = (Moto::new(), scope());
        let lister = Lister::new(&moto, &scope);
        for (id, description) in lister.list(of).await.resources {
            let key = match of.asked_by() {
                Handle::Id => id.clone(),
                Handle::Name => description.resource_name.clone().unwrap(),
                Handle::Arn => description.arn.clone().unwrap(),
            };
            match lister.look(of, &key).await {
                Ok(Looked::There(found, looked)) => assert_eq!((found, *looked), (id, description), "{}", of.name()),
                other => panic!("{} {key}: {other:?}", of.name()),
            }
        }
    }
}
