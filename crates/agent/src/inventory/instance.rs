//! `AWS:InstanceInformation`: the system, the machine's name and its address. It is also what the
//! machine says when it says that it is there.

use super::host::Host;
use super::item::{Entry, entry};
use super::network;

/// What this agent calls itself.
pub const AGENT: &str = "trailwatch-agent";

/// The system and the machine's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// `Debian GNU/Linux`
    pub platform_name: String,
    /// `12`
    pub platform_version: String,
    /// The machine's name.
    pub computer_name: String,
    /// The address that it is reached by.
    pub ip_address: String,
}

/// What this agent runs on, in the service's words.
pub const PLATFORM: &str = if cfg!(windows) { "Windows" } else { "Linux" };

/// Looks the machine up.
pub fn collect(host: &Host) -> Instance {
    let release = ["/etc/os-release", "/usr/lib/os-release"].into_iter().find_map(|path| host.read(path).ok());
    let (platform_name, platform_version) = parse(&release.unwrap_or_default());
    let computer_name = host.read_or_empty("/proc/sys/kernel/hostname").trim().to_owned();
    Instance { platform_name, platform_version, computer_name, ip_address: network::main_address(host) }
}

impl Instance {
    /// The only entry of the type, for the instance of this id.
    pub fn entry(&self, instance_id: &str) -> Entry {
        let resource = if instance_id.starts_with("mi-") { "ManagedInstance" } else { "EC2Instance" };
        entry([
            ("AgentType", AGENT),
            ("AgentVersion", env!("CARGO_PKG_VERSION")),
            ("AgentStatus", "Active"),
            ("ComputerName", &self.computer_name),
            ("InstanceId", instance_id),
            ("InstanceStatus", "Active"),
            ("IpAddress", &self.ip_address),
            ("PlatformName", &self.platform_name),
            ("PlatformType", PLATFORM),
            ("PlatformVersion", &self.platform_version),
            ("ResourceType", resource),
        ])
    }
}

/// Name and version in a file of the form of `os-release`.
pub fn parse(text: &str) -> (String, String) {
    let get = |name: &str| {
        let lines = text.lines().filter_map(|line| line.trim().split_once('='));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| unquote(value)).next_back().unwrap_or_default()
    };
    (get("NAME"), get("VERSION_ID"))
}

/// A value as the shell reads it: in quotes of either kind or none, with backslashes before special characters.
fn unquote(text: &str) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text);
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{host, this_machine, write};
    use super::*;

    #[test]
    fn name_and_version_are_those_of_os_release() {
        for (text, name, version) in [
            (
                "PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
                "Debian GNU/Linux",
                "12",
            ),
            ("NAME=Fedora\nVERSION_ID=42\n", "Fedora", "42"),
            ("NAME='Arch Linux'\n# VERSION_ID=1\n", "Arch Linux", ""),
            ("NAME=\"a \\\"b\\\" \\$c\"", "a \"b\" $c", ""),
            ("", "", ""),
        ] {
            assert_eq!(parse(text), (name.to_owned(), version.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_entry_says_what_kind_of_instance_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        write(&host, "/usr/lib/os-release", "NAME=Debian\nVERSION_ID=12\n");
        write(&host, "/proc/sys/kernel/hostname", "db1.lan\n");
        let entry = collect(&host).entry("mi-0123456789abcdef0");
        let got = ["ComputerName", "PlatformName", "PlatformType", "PlatformVersion", "ResourceType"]
            .map(|name| &*entry[name]);
        assert_eq!(got, ["db1.lan", "Debian", "Linux", "12", "ManagedInstance"]);
        assert_eq!(collect(&host).entry("i-0123456789abcdef0")["ResourceType"], "EC2Instance");
        assert!(!entry.contains_key("IpAddress"), "what is not known is not there");
    }

    #[test]
    fn this_machine_has_a_name_and_a_system() {
        let instance = collect(&this_machine());
        assert!(!instance.computer_name.is_empty() && !instance.platform_name.is_empty(), "{instance:?}");
    }
}
