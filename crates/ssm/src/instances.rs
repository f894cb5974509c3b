//! Hosts: what names them, and how they are found.

use api::ServiceError;
use api::ssm::{errors, types};
use base::{Entropy, Scope, Timestamp};
use store::catalog::{Catalog, Key, Versioned};

use crate::record::{Agent, InstanceRecord, Origin, TypeHead};

/// The key of a host's record.
pub(crate) fn key(scope: &Scope, instance_id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, instance_id)
}

/// The account and region of a key.
pub(crate) fn scope_of(key: &Key) -> Option<Scope> {
    Some(Scope { account: key.account.clone(), region: key.region.clone()? })
}

/// The key of the entries of a type of a host, or of how it complies.
pub(crate) fn part_key(scope: &Scope, instance_id: &str, type_name: &str) -> Key {
    key(scope, &format!("{instance_id}/{type_name}"))
}

/// A host, deregistered or not.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, instance_id: &str) -> Option<Versioned<InstanceRecord>> {
    catalog.get(&key(scope, instance_id))
}

/// A host that was not deregistered.
pub(crate) fn managed(catalog: &Catalog, scope: &Scope, instance_id: &str) -> Option<Versioned<InstanceRecord>> {
    find(catalog, scope, instance_id).filter(|found| found.value.deregistered.is_none())
}

/// A host that tells something: one that is known, or `None` for one that is heard of for the first time.
///
/// # Errors
/// `InvalidInstanceId` for what is no id, and for a host that was deregistered.
pub(crate) fn telling(
    catalog: &Catalog,
    scope: &Scope,
    instance_id: &str,
) -> Result<Option<Versioned<InstanceRecord>>, ServiceError> {
    if !is_id(instance_id) {
        return Err(errors::invalid_instance_id(format!("{instance_id} is not the id of an instance.")));
    }
    match find(catalog, scope, instance_id) {
        Some(found) if found.value.deregistered.is_some() => {
            Err(errors::invalid_instance_id(format!("The instance {instance_id} was deregistered.")))
        }
        found => Ok(found),
    }
}

/// Whether a host may have this id. One that makes its own may not take what cannot be deregistered.
fn is_id(id: &str) -> bool {
    match id.strip_prefix("mi-") {
        Some(digits) => digits.len() == 17 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        None => id.starts_with("i-"),
    }
}

/// Whether an id is one of EC2's.
pub(crate) fn is_ec2(instance_id: &str) -> bool {
    instance_id.starts_with("i-")
}

/// A new id.
pub(crate) fn new_id(entropy: &dyn Entropy) -> String {
    let mut random = [0; 17];
    entropy.fill(&mut random);
    let digits = random.iter().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    digits.fold("mi-".to_owned(), |mut id, digit| {
        id.push(digit);
        id
    })
}

/// `ResourceType` of a host.
pub(crate) fn resource_type(instance_id: &str) -> types::ResourceType {
    match is_ec2(instance_id) {
        true => types::ResourceType::Ec2Instance,
        false => types::ResourceType::ManagedInstance,
    }
}

impl InstanceRecord {
    /// A host that is heard of for the first time.
    pub(crate) fn new(origin: Origin, now: Timestamp) -> Self {
        Self {
            registered: now,
            origin,
            agent: Agent::default(),
            last_contact: now,
            deregistered: None,
            is_silent: false,
            tags: std::collections::BTreeMap::new(),
            types: std::collections::BTreeMap::new(),
        }
    }

    /// The same host, heard of now.
    pub(crate) fn heard(mut self, now: Timestamp) -> Self {
        self.last_contact = now;
        self.is_silent = false;
        self
    }

    /// Bytes of all of its inventory.
    pub(crate) fn bytes(&self) -> usize {
        self.types.values().map(|head| head.bytes).sum()
    }

    /// Whether the server manages it still (I-7).
    pub(crate) fn is_unmanaged(&self) -> bool {
        self.deregistered.is_some() || self.is_silent
    }

    /// What is known of a type.
    pub(crate) fn head(&self, type_name: &str) -> Option<&TypeHead> {
        self.types.get(type_name)
    }
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;

    use super::*;

    #[test]
    fn ids_are_those_of_ec2_and_those_that_can_be_deregistered() {
        for (id, expected) in [
            ("mi-0123456789abcdef0", true),
            ("mi-0123456789ABCDEF0", false),
            ("mi-0123456789abcdefg", false),
            ("mi-0123456789abcdef", false),
            ("i-0123456789abcdef0", true),
            ("i-01234567", true),
            ("x-0123456789abcdef0", false),
        ] {
            assert_eq!(is_id(id), expected, "{id}");
        }
    }

    #[test]
    fn a_new_id_is_one() {
        let entropy = SeededEntropy::new(3);
        let (one, other) = (new_id(&entropy), new_id(&entropy));
        assert!(is_id(&one) && is_id(&other), "{one} {other}");
        assert_ne!(one, other);
    }
}
