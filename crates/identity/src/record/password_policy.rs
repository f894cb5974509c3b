//! The account's policy for its users' passwords.

use base::AccountId;
use serde::{Deserialize, Serialize};
use store::catalog::{Key, Record};

/// What the passwords of an account's users must be. There is one at most, under one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub length_min: u32,
    /// A symbol is needed.
    pub symbols: bool,
    /// A digit is needed.
    pub numbers: bool,
    /// A letter of A to Z is needed.
    pub uppercase: bool,
    /// A letter of a to z is needed.
    pub lowercase: bool,
    /// Users may change their own passwords without a policy that says so.
    pub users_may_change: bool,
    /// After how many days a password is good no more.
    pub age_days_max: Option<u32>,
    /// How many of a user's last passwords, the present one included, cannot be taken again.
    pub reuse_prevention: Option<u32>,
    /// Whether only an administrator can replace an expired password at the console's sign-in page. Kept for answers:
    /// signing in here replaces none.
    pub hard_expiry: Option<bool>,
}

impl PasswordPolicy {
    /// The key of the account's policy.
    pub fn key(account: &AccountId) -> Key {
        Key::global(account, "policy")
    }
}

impl Record for PasswordPolicy {
    const KIND: &'static str = "iam.password_policy";
    const FORMAT: u32 = 1;
}
