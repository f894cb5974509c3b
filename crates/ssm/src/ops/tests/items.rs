//! What AWS Config is told of hosts, and when (config.md §9.3).

use serde_json::json;

use crate::test_world::{HOST, INVENTORY, World};

const EC2: &str = "i-0123456789abcdef2";

async fn recording() -> World {
    let world = World::new().await;
    world.observer.record(Some("all"));
    world
}

#[tokio::test]
async fn an_item_holds_what_config_holds_in_an_order_of_its_own() {
    let world = recording().await;
    world
        .ok(
            "UpdateInstanceInformation",
            json!({"InstanceId": HOST, "AgentName": "agent", "AgentStatus": "Active", "PlatformType": "Linux"}),
        )
        .await;
    world.run().await;
    assert_eq!(world.observer.known(INVENTORY, HOST), None, "a host without inventory has no item");
    world
        .put(
            HOST,
            "AWS:Application",
            json!([{"Name": "nginx"}, {"Name": "a", "Version": "2"}, {"Name": "a", "Version": "1"}]),
        )
        .await;
    world.put(HOST, "AWS:Service", json!([{"Name": "sshd"}])).await;
    world.put(HOST, "Custom:Rack", json!([{"Row": "7"}])).await;
    world
        .ok(
            "AddTagsToResource",
            json!({"ResourceType": "ManagedInstance", "ResourceId": HOST, "Tags": [{"Key": "team", "Value": "db"}]}),
        )
        .await;
    world.run().await;
    let known = world.observer.known(INVENTORY, HOST).unwrap();
    let expected = json!({
        "AWS:Application": {"SchemaVersion": "1.0", "Content": [
            {"Name": "a", "Version": "1"}, {"Name": "a", "Version": "2"}, {"Name": "nginx"}]},
        "AWS:InstanceInformation": {"SchemaVersion": "1.0", "Content": {HOST: {
            "AgentType": "agent", "InstanceId": HOST, "PlatformType": "Linux", "ResourceType": "ManagedInstance"}}},
    });
    assert_eq!(known.configuration.to_string(), expected.to_string());
    assert_eq!(known.arn.unwrap(), format!("arn:aws:ssm:eu-west-1:210987654321:managed-instance-inventory/{HOST}"));
    assert_eq!(known.tags["team"], "db");
    assert_eq!((known.associated_with, known.supplementary.len()), (None, 0));
    world.put(EC2, "AWS:Application", json!([])).await;
    world.run().await;
    let known = world.observer.known(INVENTORY, EC2).unwrap();
    assert_eq!(known.associated_with, Some(("AWS::EC2::Instance", EC2.to_owned())));
}

#[tokio::test]
async fn hosts_are_told_of_when_they_change_and_all_when_recording_changes() {
    let world = recording().await;
    world.put(HOST, "AWS:Application", json!([])).await;
    world.put(EC2, "AWS:Application", json!([])).await;
    world.run().await;
    let told = world.observer.told();
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    world.run().await;
    assert_eq!(world.observer.told(), told, "a heartbeat changes nothing");
    world.put(HOST, "AWS:Application", json!([{"Name": "a"}])).await;
    world.run().await;
    assert_eq!(world.observer.told(), told + 3);
    world.observer.record(None);
    world.put(HOST, "AWS:Application", json!([])).await;
    world.run().await;
    assert_eq!(world.observer.told(), told + 3);
    world.observer.record(Some("all"));
    world.run().await;
    assert_eq!(world.observer.told(), told + 9);
    let world = world.restarted().await;
    world.run().await;
    assert_eq!(world.observer.told(), told + 15);
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later() {
    let world = recording().await;
    world.observer.break_off(true);
    world.put(HOST, "AWS:Application", json!([])).await;
    world.try_run().await.unwrap_err();
    world.observer.break_off(false);
    world.run().await;
    assert!(world.observer.known(INVENTORY, HOST).is_some());
}

#[tokio::test]
async fn a_host_that_is_silent_or_deregistered_is_unmanaged() {
    let world = recording().await;
    world.put(HOST, "AWS:Application", json!([])).await;
    world.run().await;
    let status = || world.observer.known(INVENTORY, HOST).unwrap().supplementary.get("InstanceStatus").cloned();
    assert_eq!(status(), None);
    world.sleep(30 * 86_400);
    world.run().await;
    assert_eq!(status(), None);
    world.sleep(1);
    world.run().await;
    assert_eq!(status(), Some(json!("Unmanaged")));
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    world.run().await;
    assert_eq!(status(), None);
    world.ok("DeregisterManagedInstance", json!({"InstanceId": HOST})).await;
    world.run().await;
    assert_eq!(status(), Some(json!("Unmanaged")));
    world.sleep(30 * 86_400 + 1);
    world.run().await;
    assert_eq!(world.observer.known(INVENTORY, HOST), None);
    let put = json!({"InstanceId": HOST, "Items": [crate::test_world::item("AWS:File", json!([]))]});
    assert_eq!(world.refused("PutInventory", put).await, "InvalidInstanceId");
}

#[tokio::test]
async fn how_a_host_complies_is_an_item_that_names_the_host() {
    let world = recording().await;
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    let told = json!({"ResourceId": HOST, "ResourceType": "ManagedInstance", "ComplianceType": "Patch",
        "ExecutionSummary": {"ExecutionTime": 1_783_157_400},
        "Items": [{"Id": "KB1", "Title": "One", "Severity": "HIGH", "Status": "NON_COMPLIANT"}]});
    world.ok("PutComplianceItems", told).await;
    world.run().await;
    let id = format!("{INVENTORY}/{HOST}");
    let known = world.observer.known("AWS::SSM::PatchCompliance", &id).unwrap();
    assert_eq!(known.associated_with, Some((INVENTORY, HOST.to_owned())));
    let summary = &known.configuration["AWS:ComplianceSummary"]["Content"]["Patch"];
    assert_eq!((&summary["Status"], &summary["NonCompliantHighCount"]), (&json!("NON_COMPLIANT"), &json!(1)));
    assert_eq!(known.configuration["AWS:ComplianceItem"]["Content"]["Patch"][0]["Id"], "KB1");
    assert_eq!(world.observer.known("AWS::SSM::AssociationCompliance", &id), None);
}
