//! Activations: what lets hosts without credentials register.

use api::ServiceError;
use api::ssm::{errors, types};
use base::{AccountId, Entropy, Region, Scope, Timestamp};
use ring::digest::{SHA256, digest};
use store::catalog::{Catalog, Key, Versioned};

use crate::answer;
use crate::record::ActivationRecord;

/// What codes are made of.
const CODE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The key of an activation.
pub(crate) fn key(scope: &Scope, activation_id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, activation_id)
}

/// A new code: 20 characters, 120 random bits. It is shown once, and only its digest is kept.
pub(crate) fn new_code(entropy: &dyn Entropy) -> String {
    let mut random = [0; 20];
    entropy.fill(&mut random);
    random.iter().map(|byte| char::from(CODE[usize::from(byte & 63)])).collect()
}

/// What is kept of a code. No code can be guessed, so that its digest needs no salt.
pub(crate) fn code_digest(code: &str) -> String {
    let digest = digest(&SHA256, code.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// An activation that a host without credentials names, wherever it was made: first where the server itself is at home.
///
/// # Errors
/// `InvalidActivation`
pub(crate) fn presented(
    catalog: &Catalog,
    home: &Scope,
    activation_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<(Scope, Versioned<ActivationRecord>), ServiceError> {
    let at_home = catalog.get::<ActivationRecord>(&key(home, activation_id)).map(|found| (home.clone(), found));
    let found = at_home.or_else(|| {
        let (key, _) = catalog.versions::<ActivationRecord>().into_iter().find(|(key, _)| key.name == activation_id)?;
        let scope = crate::instances::scope_of(&key)?;
        catalog.get::<ActivationRecord>(&key).map(|found| (scope, found))
    });
    // Whoever guesses is not told what was right.
    let message = "The activation isn't valid. The activation might have been deleted, or the ActivationId and the \
                   ActivationCode don't match.";
    found
        .filter(|(_, found)| found.value.code_digest == code_digest(code) && found.value.expires > now)
        .ok_or_else(|| errors::invalid_activation(message))
}

/// # Errors
/// `InvalidActivation` when as many hosts registered as may.
pub(crate) fn check_room(activation: &ActivationRecord) -> Result<(), ServiceError> {
    match activation.registrations < activation.registration_limit {
        true => Ok(()),
        false => Err(errors::invalid_activation("Registration limit reached for the activation.")),
    }
}

/// All activations of an account and region, the newest first.
pub(crate) fn all(catalog: &Catalog, account: &AccountId, region: &Region) -> Vec<(String, ActivationRecord)> {
    let all = catalog.list::<ActivationRecord>(account, Some(region)).into_iter();
    let mut all: Vec<_> = all.map(|(id, found)| (id, ActivationRecord::clone(&found.value))).collect();
    all.sort_by(|a, b| b.1.created.cmp(&a.1.created).then_with(|| a.0.cmp(&b.0)));
    all
}

/// `Activation`
pub(crate) fn shown(id: String, record: ActivationRecord, now: Timestamp) -> types::Activation {
    types::Activation {
        activation_id: Some(id),
        description: record.description,
        default_instance_name: record.default_instance_name,
        iam_role: Some(record.iam_role),
        registration_limit: Some(record.registration_limit),
        registrations_count: Some(record.registrations),
        expiration_date: Some(record.expires),
        expired: Some(record.expires <= now),
        created_date: Some(record.created),
        tags: Some(answer::tags(&record.tags)),
    }
}
