//! A login profile: the password that a user, or root, signs in with.

use base::Timestamp;
use base::time::DAY_MS;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::PasswordPolicy;
use crate::password::PasswordHash;

/// Hashes kept of passwords that were replaced: with the present one as many as a policy can forbid to take again.
const PREVIOUS_MAX: usize = 23;

/// A password and what is known of it. The record's key is the user's unique id, which a new name does not change, or
/// `root`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginProfile {
    /// When it was created.
    pub created: Timestamp,
    /// Whether the password must be changed before it is good for anything.
    pub reset_required: bool,
    /// When somebody last signed in with it.
    pub last_used: Option<Timestamp>,
    /// The password.
    pub hash: PasswordHash,
    /// When the password was replaced, if ever.
    #[serde(default)]
    pub replaced: Option<Timestamp>,
    /// Passwords before this one, the last first.
    #[serde(default)]
    pub previous: Vec<PasswordHash>,
}

impl LoginProfile {
    /// Puts another password in place of the present one.
    pub(crate) fn replace(&mut self, hash: PasswordHash, now: Timestamp) {
        self.previous.insert(0, std::mem::replace(&mut self.hash, hash));
        self.previous.truncate(PREVIOUS_MAX);
        self.replaced = Some(now.truncate_to_secs());
    }

    /// Since when the password is what it is.
    pub(crate) fn since(&self) -> Timestamp {
        self.replaced.unwrap_or(self.created)
    }

    /// When a policy has the password expire.
    pub(crate) fn expires(&self, policy: Option<&PasswordPolicy>) -> Option<Timestamp> {
        let days = policy?.age_days_max?;
        Some(self.since().plus_millis(i64::from(days) * DAY_MS))
    }

    /// The last so many passwords, the present one first.
    pub(crate) fn last(&self, count: u32) -> impl Iterator<Item = &PasswordHash> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        std::iter::once(&self.hash).chain(&self.previous).take(count)
    }
}

impl Record for LoginProfile {
    const KIND: &'static str = "iam.login_profile";
    const FORMAT: u32 = 1;
}
