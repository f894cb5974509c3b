//! What an instance's inventory tells: its platform, and the applications on it (config.md §9.3).

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{Parameters, Verdict};

/// Config's type of the inventories of instances that Systems Manager manages.
pub(crate) const INVENTORY: &str = "AWS::SSM::ManagedInstanceInventory";

/// The entries of a type of inventory; `None` where nothing of that type was gathered. They are a list, or a map by some
/// key (I-5).
pub(crate) fn entries<'a>(item: &'a Item, inventory_type: &str) -> Option<Vec<&'a Value>> {
    match item::at(item.configuration.get(inventory_type)?, "Content")? {
        Value::Array(entries) => Some(entries.iter().collect()),
        Value::Object(entries) => Some(entries.values().collect()),
        _ => None,
    }
}

/// A text of what the agent says of its instance, such as `PlatformName`.
pub(crate) fn information<'a>(item: &'a Item, key: &str) -> Option<&'a str> {
    entries(item, "AWS:InstanceInformation")?.into_iter().find_map(|entry| item::at(entry, key)?.as_str())
}

/// That an instance is of the platform of the parameter `platformType`, where that is said.
pub(crate) fn of_platform(item: &Item, parameters: &Parameters) -> Result<(), Verdict> {
    let Some(wanted) = parameters.text("platformType") else { return Ok(()) };
    match information(item, "PlatformType") {
        Some(platform) if platform.eq_ignore_ascii_case(wanted) => Ok(()),
        Some(_) => Err(Verdict::not_applicable()),
        None => Err(super::untold("the PlatformType of AWS:InstanceInformation")),
    }
}

/// The applications of an instance. A rule about applications is not about an instance of which none were gathered.
pub(crate) fn applications(item: &Item) -> Result<Vec<&Value>, Verdict> {
    entries(item, "AWS:Application").ok_or_else(Verdict::not_applicable)
}

/// The versions in which an application is installed; names must be the same to the letter. Where the wanted version
/// has a release (`1.2-3`), so have they.
pub(crate) fn versions(applications: &[&Value], name: &str, wanted: Option<&str>) -> Vec<String> {
    let named = applications.iter().filter(|entry| text(entry, "Name") == Some(name));
    let version = |entry: &&Value| {
        let version = text(entry, "Version").unwrap_or_default();
        match text(entry, "Release").filter(|release| !release.is_empty()) {
            Some(release) if wanted.is_some_and(|wanted| wanted.contains('-')) && !version.contains('-') => {
                format!("{version}-{release}")
            }
            _ => version.to_owned(),
        }
    };
    named.map(version).collect()
}

fn text<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    item::at(entry, key)?.as_str()
}

#[cfg(test)]
pub(crate) mod examples {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;

    /// The inventory of a Debian host with `openssl` and `nginx`.
    pub(crate) fn debian() -> Item {
        let application = |name: &str, version: &str, release: &str| json!({ "Name": name, "Version": version, "Release": release, "Architecture": "x86_64", "Publisher": "Debian" });
        let configuration = json!({
            "AWS:InstanceInformation": { "SchemaVersion": "1.0", "Content": { "mi-0123456789abcdef0": {
                "PlatformVersion": "12", "PlatformName": "Debian GNU/Linux", "PlatformType": "Linux",
                "AgentType": "amazon-ssm-agent", "AgentVersion": "3.3.1", "InstanceId": "mi-0123456789abcdef0",
                "ComputerName": "db1.lan", "ResourceType": "ManagedInstance", "IpAddress": "10.0.0.9",
            } } },
            "AWS:Application": { "SchemaVersion": "1.1", "Content": [
                application("openssl", "3.0.15", "1~deb12u1"), application("nginx", "1.22.1", "9"),
            ] },
        });
        shelf::item(INVENTORY, "mi-0123456789abcdef0", configuration)
    }

    /// The inventory of an instance whose applications were not gathered.
    pub(crate) fn without_applications() -> Item {
        let mut item = debian();
        item.configuration.as_object_mut().unwrap().remove("AWS:Application");
        item
    }
}
