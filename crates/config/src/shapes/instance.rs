//! The state of an EC2 instance.

use crate::item::Item;
use crate::rule::Verdict;

use super::{described, untold};

/// EC2's type of instances.
pub(crate) const INSTANCE: &str = "AWS::EC2::Instance";

/// The word for an instance's state, such as `running`.
pub(crate) fn state(item: &Item) -> Result<&str, Verdict> {
    item.text("state.name").ok_or_else(|| untold("state.name"))
}

/// That an instance has a configuration and is not gone: EC2 describes one for an hour after it was terminated, and no
/// rule is about such.
pub(crate) fn not_terminated(item: &Item) -> Result<(), Verdict> {
    described(item)?;
    match state(item) {
        Ok("terminated" | "shutting-down") => Err(Verdict::not_applicable()),
        _ => Ok(()),
    }
}

/// That an instance is running; a rule about running instances is not about others.
pub(crate) fn running(item: &Item) -> Result<(), Verdict> {
    if state(item)? == "running" { Ok(()) } else { Err(Verdict::not_applicable()) }
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::shelf;

    /// A running instance as EC2 describes it, with other members over its own.
    pub(crate) fn instance(more: Value) -> Item {
        let mut configuration = json!({
            "amiLaunchIndex": 0,
            "imageId": "ami-0123456789abcdef0",
            "instanceId": "i-0123456789abcdef0",
            "instanceType": "t3.small",
            "keyName": null,
            "launchTime": "2026-01-02T03:04:05.000Z",
            "monitoring": { "state": "disabled" },
            "placement": { "availabilityZone": "eu-west-1a", "groupName": "", "tenancy": "default" },
            "platform": null,
            "privateDnsName": "ip-10-0-0-5.eu-west-1.compute.internal",
            "privateIpAddress": "10.0.0.5",
            "publicDnsName": "",
            "publicIpAddress": null,
            "state": { "code": 16, "name": "running" },
            "stateTransitionReason": "",
            "subnetId": "subnet-0123456789abcdef0",
            "vpcId": "vpc-0123456789abcdef0",
            "iamInstanceProfile": null,
            "networkInterfaces": [{
                "association": null,
                "networkInterfaceId": "eni-0123456789abcdef0",
                "privateIpAddress": "10.0.0.5",
                "status": "in-use",
            }],
            "securityGroups": [{ "groupId": "sg-0123456789abcdef0", "groupName": "web" }],
            "metadataOptions": { "httpEndpoint": "enabled", "httpTokens": "optional", "state": "applied" },
        });
        configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shelf::item(INSTANCE, "i-0123456789abcdef0", configuration)
    }

    /// The same in a state.
    pub(crate) fn in_state(word: &str) -> Item {
        instance(json!({ "state": { "name": word } }))
    }
}
