//! Which instance this machine is.
//!
//! In this order: the one that it is told to be, the one that it registered as, the one that EC2 says, and
//! else one that is made of its machine id, so that it is the same after everything of the agent is
//! removed. The machine id itself does not leave the machine: it is a secret, by `machine-id(5)`.

use std::fmt;

use base::Entropy;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::host::Host;

/// What keeps these ids apart from others that are made of the same machine id.
const PURPOSE: &[u8] = b"trailwatch managed instance\n";
/// Hexadecimal digits of the id of a managed instance.
const DIGITS: usize = 17;

/// The id of an instance, `i-…` or `mi-…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceId(pub String);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the service takes the id for that of an instance (config.md §9.1).
pub fn is_instance_id(id: &str) -> bool {
    let is_lower_hex = |at: u8| at.is_ascii_digit() || (b'a'..=b'f').contains(&at);
    match (id.strip_prefix("mi-"), id.strip_prefix("i-")) {
        (Some(digits), _) => digits.len() == DIGITS && digits.bytes().all(is_lower_hex),
        (None, Some(rest)) => {
            [8, 17].contains(&rest.len()) && rest.bytes().all(|at| at.is_ascii_alphanumeric() || at == b'_')
        }
        (None, None) => false,
    }
}

/// What stands for this machine and no other, and does not tell its machine id; `None` when it has none.
pub fn fingerprint(host: &Host) -> Option<String> {
    let paths = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let id = paths.iter().map(|path| host.read_or_empty(path).trim().to_owned()).find(|id| is_machine_id(id))?;
    let digest = Sha256::new().chain_update(PURPOSE).chain_update(id.as_bytes()).finalize();
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A machine that was made of an image and not yet started has none, or `uninitialized`.
fn is_machine_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|at| at.is_ascii_hexdigit()) && id.bytes().any(|at| at != b'0')
}

/// The id of the machine with this fingerprint.
pub fn of_fingerprint(fingerprint: &str) -> InstanceId {
    InstanceId(format!("mi-{}", &fingerprint[..DIGITS]))
}

/// An id for a machine that nothing tells apart from others.
pub fn random(entropy: &dyn Entropy) -> InstanceId {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    of_fingerprint(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;

    use super::super::host::tests::{host, write};
    use super::*;

    #[test]
    fn ids_of_instances_are_of_two_kinds() {
        for id in ["i-12345678", "i-0123456789abcdef0", "mi-0123456789abcdef0"] {
            assert!(is_instance_id(id), "{id}");
        }
        for id in ["", "i-", "i-123456789", "mi-12345678", "mi-0123456789abcdeg0", "mi-0123456789ABCDEF0", "box"] {
            assert!(!is_instance_id(id), "{id}");
        }
    }

    #[test]
    fn a_machine_is_always_the_same_instance_and_does_not_tell_its_machine_id() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        assert_eq!(fingerprint(&host), None);
        write(&host, "/etc/machine-id", "uninitialized\n");
        assert_eq!(fingerprint(&host), None);
        write(&host, "/etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
        let one = of_fingerprint(&fingerprint(&host).unwrap());
        // `printf 'trailwatch managed instance\n3d12…' | sha256sum`
        assert_eq!(one.0, "mi-e22e08e99874d5f31");
        assert!(is_instance_id(&one.0) && !one.0.contains("3d1219c"));
        write(&host, "/etc/machine-id", "4d1219c7c4c5404aaa1f6d2a48adfda4\n");
        assert_ne!(of_fingerprint(&fingerprint(&host).unwrap()), one);
    }

    #[test]
    fn a_machine_without_an_id_gets_one() {
        let id = random(&SeededEntropy::new(1));
        assert!(is_instance_id(&id.0), "{id}");
        assert_ne!(id, random(&SeededEntropy::new(2)));
    }
}
