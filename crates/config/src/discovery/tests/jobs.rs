//! The jobs that ask upstreams, over one that has what a test puts there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use base::Scope;
use serde_json::{Value, json};

use super::super::*;
use super::captured::{document, refused};
use crate::test_world::{World, scope};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INSTANCE: &str = "AWS::EC2::Instance";
const INTERFACE: &str = "AWS::EC2::NetworkInterface";
const VPC: &str = "AWS::EC2::VPC";

/// An upstream for EC2 that has lists by operation, and refuses operations.
#[derive(Default)]
struct Cloud {
    state: Mutex<State>,
    is_stopping: AtomicBool,
    serves_topics: AtomicBool,
}

#[derive(Default)]
struct State {
    /// By the name of the list and of the member that names a resource.
    lists: BTreeMap<&'static str, (&'static str, &'static str, Vec<Value>)>,
    refusals: BTreeMap<&'static str, CallFailed>,
    asked: Vec<&'static str>,
}

impl Cloud {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn has(&self, operation: &'static str, list: &'static str, id: &'static str, all: Vec<Value>) {
        self.state().lists.insert(operation, (list, id, all));
    }

    fn has_vpcs(&self, ids: &[&str]) {
        self.has("DescribeVpcs", "vpcSet", "vpcId", ids.iter().map(|id| json!({"vpcId": id})).collect());
    }

    fn has_group(&self, rules: &[&str]) {
        let rules: Vec<_> = rules.iter().map(|port| json!({"ipProtocol": "tcp", "fromPort": port})).collect();
        let group = json!({"groupId": "sg-1", "groupName": "web", "ipPermissions": {"item": rules}});
        self.has("DescribeSecurityGroups", "securityGroupInfo", "groupId", vec![group]);
    }

    /// An instance and its interface, in the group.
    fn has_instance(&self) {
        let groups = json!({"item": {"groupId": "sg-1", "groupName": "web"}});
        let instance = json!({"instanceId": "i-1", "groupSet": groups, "instanceState": {"name": "running"}});
        let reservation = json!({"instancesSet": {"item": instance}});
        self.has("DescribeInstances", "reservationSet", "", vec![reservation]);
        let interface = json!({"networkInterfaceId": "eni-1", "groupSet": groups});
        self.has("DescribeNetworkInterfaces", "networkInterfaceSet", "networkInterfaceId", vec![interface]);
    }

    fn refuses(&self, operation: &'static str, failure: Option<CallFailed>) {
        match failure {
            Some(failure) => drop(self.state().refusals.insert(operation, failure)),
            None => drop(self.state().refusals.remove(operation)),
        }
    }

    /// How often an operation was called since it was last asked for.
    fn asked(&self, operation: &str) -> usize {
        let mut state = self.state();
        let count = state.asked.iter().filter(|asked| **asked == operation).count();
        state.asked.retain(|asked| *asked != operation);
        count
    }
}

#[async_trait]
impl Upstream for Cloud {
    fn serves(&self, service: &str) -> bool {
        ["ec2", "route53"].contains(&service) || (service == "sns" && self.serves_topics.load(Ordering::Relaxed))
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    async fn call(&self, _scope: &Scope, call: &Call) -> Result<Answer, CallFailed> {
        let mut state = self.state();
        state.asked.push(call.operation);
        for operation in [call.operation, "*"] {
            if let Some(failure) = state.refusals.get(operation) {
                return Err(failure.clone());
            }
        }
        if call.operation == "ListHostedZones" {
            let content = json!({"HostedZones": ""});
            return Ok(Answer::Xml { root: "ListHostedZonesResponse".to_owned(), content });
        }
        let Some((list, id, all)) = state.lists.get(call.operation) else {
            return Ok(document(call.operation, json!({})));
        };
        let CallForm::Query { parameters, .. } = &call.form else { panic!("EC2 is asked by queries") };
        let wanted = parameters.iter().find(|(name, _)| name.ends_with("Id.1")).map(|(_, value)| value.as_str());
        let is_wanted = |one: &&Value| id.is_empty() || wanted.is_none_or(|wanted| one[*id] == *wanted);
        let found: Vec<_> = all.iter().filter(is_wanted).collect();
        Ok(document(call.operation, json!({*list: {"item": found}})))
    }
}

async fn world() -> (World, Arc<Cloud>) {
    let cloud = Arc::new(Cloud::default());
    (World::with_upstream(cloud.clone()).await, cloud)
}

async fn status(world: &World) -> (String, Option<String>) {
    let answer = world.ok("DescribeConfigurationRecorderStatus", json!({})).await;
    let status = &answer["ConfigurationRecordersStatus"][0];
    let text = |name: &str| status[name].as_str().map(str::to_owned);
    (text("lastStatus").unwrap(), text("lastErrorCode"))
}

/// The statuses of a resource's items; none while it was never seen.
async fn statuses(world: &World, resource_type: &str, id: &str) -> Vec<String> {
    let key = json!({"resourceType": resource_type, "resourceId": id});
    if world.call("GetResourceConfigHistory", key).await.is_err() {
        return Vec::new();
    }
    world.history(resource_type, id).await.into_iter().map(|(status, _)| status).collect()
}

fn success() -> (String, Option<String>) {
    ("SUCCESS".to_owned(), None)
}

fn failure(code: &str) -> (String, Option<String>) {
    ("FAILURE".to_owned(), Some(code.to_owned()))
}

#[tokio::test]
async fn all_that_an_upstream_has_is_listed_when_a_recorder_starts_and_again_by_period() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.start(json!({})).await;
    assert_eq!(status(&world).await.0, "PENDING");
    world.run_woken().await;
    assert_eq!(
        (status(&world).await, statuses(&world, VPC, "vpc-1").await),
        (success(), vec!["ResourceDiscovered".to_owned()])
    );
    cloud.has_vpcs(&["vpc-1", "vpc-2"]);
    world.advance(599).await;
    assert!(statuses(&world, VPC, "vpc-2").await.is_empty());
    world.advance(1).await;
    assert_eq!(statuses(&world, VPC, "vpc-2").await, ["ResourceDiscovered"]);
}

#[tokio::test]
async fn what_is_gone_is_deleted_once_a_second_listing_lacks_it_which_comes_soon() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1", "vpc-2"]);
    world.start(json!({})).await;
    world.run_woken().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.advance(600).await;
    assert_eq!(statuses(&world, VPC, "vpc-2").await, ["ResourceDiscovered"]);
    world.advance(30).await;
    assert_eq!(statuses(&world, VPC, "vpc-2").await, ["ResourceDiscovered", "ResourceDeleted"]);
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered"]);
}

#[tokio::test]
async fn a_failure_is_in_the_status_and_leaves_everything_as_it_was() {
    for (operation, failed, code) in [
        ("DescribeVpcs", refused(403, "UnauthorizedOperation"), "AccessDenied"),
        ("DescribeVpcs", refused(500, "InternalError"), "InternalError"),
        ("*", CallFailed::Unanswered("nobody is there".to_owned()), "UpstreamUnavailable"),
    ] {
        let (world, cloud) = world().await;
        cloud.has_vpcs(&["vpc-1"]);
        world.start(json!({})).await;
        world.run_woken().await;
        cloud.refuses(operation, Some(failed));
        cloud.has_group(&["22"]);
        world.advance(3 * 600).await;
        assert_eq!(status(&world).await, failure(code));
        assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered"]);
        // What is not refused is recorded all the same.
        assert_eq!(statuses(&world, GROUP, "sg-1").await.is_empty(), operation == "*");
        cloud.refuses(operation, None);
        world.advance(600).await;
        assert_eq!(status(&world).await, success());
    }
}

#[tokio::test]
async fn a_type_that_an_upstream_does_not_have_is_no_failure_and_rests() {
    let (world, cloud) = world().await;
    cloud.refuses("DescribeNatGateways", Some(refused(501, "NotImplemented")));
    world.start(json!({})).await;
    world.run_woken().await;
    assert_eq!((status(&world).await, cloud.asked("DescribeNatGateways")), (success(), 1));
    world.advance(23 * 3600).await;
    assert_eq!(cloud.asked("DescribeNatGateways"), 0);
    world.advance(3600).await;
    assert_eq!(cloud.asked("DescribeNatGateways"), 1);
}

#[tokio::test]
async fn types_that_are_not_recorded_are_not_asked_for_and_joining_ones_are_at_once() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    cloud.has_group(&["22"]);
    let only = |types: &[&str]| json!({"recordingGroup": {"resourceTypes": types}});
    world.start(only(&[GROUP])).await;
    world.run_woken().await;
    assert_eq!((cloud.asked("DescribeVpcs"), cloud.asked("DescribeSecurityGroups")), (0, 1));
    world.start(only(&[GROUP, VPC])).await;
    world.run_woken().await;
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered"]);
}

#[tokio::test]
async fn nothing_is_asked_while_the_recorder_is_stopped_and_a_start_finds_what_changed() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.start(json!({})).await;
    world.run_woken().await;
    let name = json!({"ConfigurationRecorderName": "default"});
    world.ok("StopConfigurationRecorder", name.clone()).await;
    cloud.asked("DescribeVpcs");
    cloud.has_vpcs(&["vpc-2"]);
    world.parts().upstream_called(&scope(), "ec2", "DeleteVpc", &json!({"vpcId": "vpc-1"}), None, world.now());
    world.advance(7200).await;
    assert_eq!(cloud.asked("DescribeVpcs"), 0);
    world.ok("StartConfigurationRecorder", name).await;
    world.run_woken().await;
    world.advance(30).await;
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered", "ResourceDeleted"]);
    assert_eq!(statuses(&world, VPC, "vpc-2").await, ["ResourceDiscovered"]);
}

#[tokio::test]
async fn a_resource_that_a_call_changed_is_looked_at_once_it_was_quiet() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.start(json!({})).await;
    world.run_woken().await;
    cloud.has_vpcs(&[]);
    let called = |world: &World| {
        let input = json!({"vpcId": "vpc-1"});
        world.parts().upstream_called(&scope(), "ec2", "DeleteVpc", &input, None, world.now());
    };
    cloud.asked("DescribeVpcs");
    called(&world);
    world.advance(1).await;
    called(&world);
    assert_eq!(cloud.asked("DescribeVpcs"), 0);
    world.advance(1).await;
    // The answer to a question for this one tells at once that it is gone.
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered", "ResourceDeleted"]);
    world.advance(60).await;
    assert_eq!(cloud.asked("DescribeVpcs"), 1);
}

#[tokio::test]
async fn a_type_of_which_a_call_may_have_changed_any_is_listed_after_half_a_minute() {
    let (world, cloud) = world().await;
    world.start(json!({})).await;
    world.run_woken().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.parts().upstream_called(&scope(), "ec2", "CreateDefaultVpc", &json!({}), None, world.now());
    world.advance(29).await;
    assert!(statuses(&world, VPC, "vpc-1").await.is_empty());
    world.advance(1).await;
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered"]);
}

#[tokio::test]
async fn a_look_that_fails_is_made_again_and_at_last_the_type_is_listed() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.start(json!({})).await;
    world.run_woken().await;
    cloud.has_vpcs(&[]);
    cloud.refuses("DescribeVpcs", Some(CallFailed::Unanswered("nobody is there".to_owned())));
    world.parts().upstream_called(&scope(), "ec2", "DeleteVpc", &json!({"vpcId": "vpc-1"}), None, world.now());
    world.advance(2).await;
    assert_eq!(status(&world).await, success(), "one look is no look at everything");
    world.advance(5 + 10 + 20 + 40 + 80).await;
    assert_eq!(status(&world).await, failure("UpstreamUnavailable"));
    assert_eq!(statuses(&world, VPC, "vpc-1").await, ["ResourceDiscovered"]);
}

/// AWS's own example of what follows from a change: the rules of a group are what its instances let in.
#[tokio::test]
async fn a_rule_that_is_removed_is_recorded_of_the_group_and_of_all_that_is_in_it_once() {
    let (world, cloud) = world().await;
    cloud.has_group(&["22", "80"]);
    cloud.has_instance();
    world.start(json!({})).await;
    world.run_woken().await;
    world.advance(5).await;
    for (resource_type, id) in [(GROUP, "sg-1"), (INSTANCE, "i-1"), (INTERFACE, "eni-1")] {
        assert_eq!(statuses(&world, resource_type, id).await, ["ResourceDiscovered"]);
    }
    cloud.has_group(&["80"]);
    let input = json!({"groupId": "sg-1"});
    world.parts().upstream_called(&scope(), "ec2", "RevokeSecurityGroupIngress", &input, None, world.now());
    world.advance(2).await;
    world.advance(1800).await;
    for (resource_type, id) in [(GROUP, "sg-1"), (INSTANCE, "i-1"), (INTERFACE, "eni-1")] {
        let history = world.history(resource_type, id).await;
        let statuses: Vec<_> = history.iter().map(|(status, _)| status.as_str()).collect();
        assert_eq!(statuses, ["ResourceDiscovered", "OK"], "{id}");
        assert_eq!(history[0].1 == history[1].1, id != "sg-1", "{id}");
    }
}

#[tokio::test]
async fn a_rule_that_nobody_told_of_is_found_by_the_listing_with_all_that_is_in_the_group() {
    let (world, cloud) = world().await;
    cloud.has_group(&["22", "80"]);
    cloud.has_instance();
    world.start(json!({})).await;
    world.run_woken().await;
    cloud.has_group(&["80"]);
    world.advance(601).await;
    for (resource_type, id) in [(GROUP, "sg-1"), (INSTANCE, "i-1"), (INTERFACE, "eni-1")] {
        assert_eq!(statuses(&world, resource_type, id).await, ["ResourceDiscovered", "OK"], "{id}");
    }
}

#[tokio::test]
async fn nothing_is_made_of_what_was_under_way_when_the_server_stops() {
    let (world, cloud) = world().await;
    cloud.has_vpcs(&["vpc-1"]);
    world.start(json!({})).await;
    cloud.is_stopping.store(true, Ordering::Relaxed);
    cloud.refuses("*", Some(CallFailed::Unanswered("the server stops".to_owned())));
    world.run_woken().await;
    assert_eq!(status(&world).await.0, "PENDING");
    cloud.is_stopping.store(false, Ordering::Relaxed);
    cloud.refuses("*", None);
    let world = world.restarted().await;
    world.run_woken().await;
    assert_eq!(
        (status(&world).await, statuses(&world, VPC, "vpc-1").await),
        (success(), vec!["ResourceDiscovered".to_owned()])
    );
}

#[tokio::test]
async fn what_belongs_to_no_region_is_asked_for_in_the_home_region_alone() {
    let (world, cloud) = world().await;
    let zones = |home: &str| {
        let wanted = world.parts().wanted(&*cloud, &home.parse().unwrap());
        wanted[0].types.iter().any(|of| of.name() == "AWS::Route53::HostedZone")
    };
    world.start(json!({})).await;
    assert_eq!([zones("eu-west-1"), zones("us-east-1")], [true, false]);
}

#[tokio::test]
async fn what_the_server_has_of_a_service_that_was_sent_upstream_is_recorded_no_more() {
    const TOPIC: &str = "AWS::SNS::Topic";
    let (world, cloud) = world().await;
    world.start(json!({})).await;
    world.own(TOPIC, "t", Some(json!({}))).await;
    world.advance(3600).await;
    assert_eq!(statuses(&world, TOPIC, "t").await, ["ResourceDiscovered"]);
    cloud.serves_topics.store(true, Ordering::Relaxed);
    world.advance(3600).await;
    assert_eq!(statuses(&world, TOPIC, "t").await, ["ResourceDiscovered", "ResourceDeleted"]);
}
