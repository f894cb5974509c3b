//! A login profile: the password that a user, or root, signs in with.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::password::PasswordHash;

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
}

impl Record for LoginProfile {
    const KIND: &'static str = "iam.login_profile";
    const FORMAT: u32 = 1;
}
