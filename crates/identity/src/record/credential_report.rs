//! The last credential report of an account.

use base::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Key, Record};

/// How long a report is good, in seconds: no other is made meanwhile (documented).
const GOOD_SECS: i64 = 4 * 3600;

/// A credential report. There is one at most, under one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReport {
    /// When it was made.
    pub made: Timestamp,
    /// The table, as CSV.
    pub text: String,
}

impl CredentialReport {
    /// The key of the account's report.
    pub fn key(account: &AccountId) -> Key {
        Key::global(account, "report")
    }

    /// Whether it is recent enough to be handed out.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now.secs() - self.made.secs() < GOOD_SECS
    }
}

impl Record for CredentialReport {
    const KIND: &'static str = "iam.credential_report";
    const FORMAT: u32 = 1;
}
