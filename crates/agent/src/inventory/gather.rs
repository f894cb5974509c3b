//! All collectors together: what is known now, and of which types nothing is.

use std::path::PathBuf;

use super::command::{Command, run};
use super::host::{Host, addresses};
use super::identity::InstanceId;
use super::item::{Entry, Item};
use super::settings::InventorySettings;
use super::{Source, custom, details, dpkg, firewall, instance, network, npm, pip, rpm, service, snap, windows_update};

/// Attributes of `AWS:AWSComponent`, all of which `AWS:Application` has too (config.md §9.2).
const OF_COMPONENTS: [&str; 7] =
    ["Name", "ApplicationType", "Publisher", "Version", "InstalledTime", "Architecture", "URL"];
/// Applications that are components of AWS, by the reference agent's list for Linux; and beginnings of such.
const COMPONENTS: [&str; 2] = ["amazon-ssm-agent", "aws-cfn-bootstrap"];
const COMPONENT_BEGINNINGS: [&str; 2] = ["aws-apitools-", "aws-amitools-"];
/// The type of applications, and the version of its schema.
const APPLICATION: (&str, &str) = ("AWS:Application", "1.1");
const COMPONENT: (&str, &str) = ("AWS:AWSComponent", "1.0");

/// What is known of the machine, one item a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// What is known.
    pub items: Vec<Item>,
    /// What could not be looked at.
    pub unknown: Vec<Unknown>,
}

/// Something that could not be looked at. What was told of it stays: a list with a hole in it would say that
/// what is in the hole was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Types of which nothing is known now.
    pub types: Types,
    /// What was looked at, for people.
    pub what: &'static str,
    /// What went wrong.
    pub why: String,
}

/// Types that go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// These.
    Named(&'static [&'static str]),
    /// Those of custom files.
    CustomFiles,
}

impl Gathered {
    /// Whether nothing is known of the type now, though there may be something.
    pub fn is_unknown(&self, type_name: &str) -> bool {
        self.unknown.iter().any(|unknown| match unknown.types {
            Types::Named(names) => names.contains(&type_name),
            Types::CustomFiles => type_name.starts_with("Custom:") && type_name != firewall::TYPE.0,
        })
    }
}

/// Asks the programs that collectors need, and the kernel for addresses.
pub async fn ask(settings: &InventorySettings, root: PathBuf, search: Vec<PathBuf>) -> Host {
    let mut said = Vec::new();
    for command in settings.collect.iter().flat_map(|source| commands(*source)) {
        said.push((*command, run(command, &search).await));
    }
    // Interfaces without addresses are found all the same.
    let addresses = addresses().unwrap_or_else(|error| {
        tracing::warn!(%error, "the addresses of this machine cannot be had");
        Vec::new()
    });
    Host { root, search, said, addresses }
}

/// The programs that a collector needs.
fn commands(source: Source) -> &'static [Command] {
    match source {
        Source::Rpm => &[rpm::COMMAND],
        Source::Snap => &[snap::COMMAND],
        Source::Services => &[service::SHOW, service::FILES],
        Source::Firewall => &[firewall::NFT, firewall::IPTABLES, firewall::IP6TABLES, firewall::UFW],
        Source::Updates if cfg!(windows) => &[windows_update::COMMAND],
        Source::Instance
        | Source::Details
        | Source::Dpkg
        | Source::Pip
        | Source::Npm
        | Source::Network
        | Source::Updates => &[],
    }
}

/// Runs the collectors of these settings.
pub fn collect(host: &Host, settings: &InventorySettings, instance_id: &InstanceId) -> Gathered {
    let mut gathered = Gathered::default();
    let is_on = |source: Source| settings.collect.contains(&source);
    if settings.collect.iter().any(|source| source.is_of_applications()) {
        applications(host, settings, &mut gathered);
    }
    if is_on(Source::Instance) {
        let entry = instance::collect(host).entry(&instance_id.0);
        gathered.items.push(Item::new("AWS:InstanceInformation", "1.0", vec![entry]));
    }
    if is_on(Source::Network) {
        gathered.items.push(Item::new("AWS:Network", "1.0", network::collect(host)));
    }
    let some = |entries: Vec<Entry>| Some(entries);
    if is_on(Source::Details) {
        gathered.add(("AWS:InstanceDetailedInformation", "1.0"), "details", details::collect(host).map(some));
    }
    if is_on(Source::Services) {
        gathered.add(("AWS:Service", "1.0"), "services", service::collect(host).map(some));
    }
    if is_on(Source::Firewall) {
        gathered.add(firewall::TYPE, "firewall", firewall::collect(host));
    }
    if is_on(Source::Updates) {
        gathered.add(("AWS:WindowsUpdate", "1.0"), "updates", windows_update::collect(host));
    }
    if let Some(folder) = &settings.custom {
        let (items, wrong) = custom::collect(folder);
        gathered.items.extend(items);
        let unknown = |why| Unknown { types: Types::CustomFiles, what: "custom", why };
        gathered.unknown.extend(wrong.into_iter().map(unknown));
    }
    gathered
}

/// A type with the version of its schema.
type Type = (&'static str, &'static str);

impl Gathered {
    /// Adds what a collector came to; it has nothing to tell where there is no such thing.
    fn add(&mut self, (name, version): Type, what: &'static str, found: Result<Option<Vec<Entry>>, String>) {
        match found {
            Ok(Some(entries)) => self.items.push(Item::new(name, version, entries)),
            Ok(None) => {}
            Err(why) => self.unknown.push(Unknown { types: of_type(name), what, why }),
        }
    }
}

/// The types that are unknown with this one.
fn of_type(name: &'static str) -> Types {
    match name {
        "AWS:InstanceDetailedInformation" => Types::Named(&["AWS:InstanceDetailedInformation"]),
        "AWS:Service" => Types::Named(&["AWS:Service"]),
        "AWS:WindowsUpdate" => Types::Named(&["AWS:WindowsUpdate"]),
        "Custom:Firewall" => Types::Named(&["Custom:Firewall"]),
        _ => Types::Named(&[APPLICATION.0, COMPONENT.0]),
    }
}

/// The packages of all managers are one type: when one of them cannot be asked, it is unknown as a whole.
fn applications(host: &Host, settings: &InventorySettings, gathered: &mut Gathered) {
    let mut entries = Vec::new();
    for source in settings.collect.iter().copied().filter(|source| source.is_of_applications()) {
        let found = match source {
            Source::Dpkg => dpkg::collect(host),
            Source::Rpm => rpm::collect(host),
            Source::Snap => snap::collect(host),
            Source::Pip => Ok(pip::collect(host, &settings.python_environments)),
            _ => Ok(npm::collect(host, &settings.node_modules)),
        };
        match found {
            Ok(found) => entries.extend(found),
            Err(why) => {
                gathered.unknown.push(Unknown { types: of_type(APPLICATION.0), what: source.as_str(), why });
            }
        }
    }
    if !gathered.is_unknown(APPLICATION.0) {
        let components = entries.iter().filter(|entry| is_component(entry)).map(component).collect();
        gathered.items.push(Item::new(APPLICATION.0, APPLICATION.1, entries));
        gathered.items.push(Item::new(COMPONENT.0, COMPONENT.1, components));
    }
}

fn is_component(entry: &Entry) -> bool {
    let name = entry.get("Name").map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    COMPONENTS.contains(&&*name) || COMPONENT_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn component(entry: &Entry) -> Entry {
    let kept = entry.iter().filter(|(name, _)| OF_COMPONENTS.contains(&&***name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
