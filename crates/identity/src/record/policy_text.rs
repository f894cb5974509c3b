//! Policies as records hold them: inline by text, managed by reference.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base::{AccountId, Arn, Partition};
use serde::{Deserialize, Serialize};

use super::fold;
use crate::policy::{Document, Malformed, PolicyKind};

/// A policy document as it was given, parsed at most once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct PolicyText {
    text: String,
    parsed: OnceLock<Result<Arc<Document>, Malformed>>,
}

impl PolicyText {
    /// The text as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document.
    ///
    /// # Errors
    /// When the text is no document of its kind. Texts are checked before they are stored,
    /// so this shows only when the rules have grown stricter since.
    pub fn document(&self, kind: PolicyKind) -> Result<Arc<Document>, Malformed> {
        self.parsed.get_or_init(|| Document::parse(&self.text, kind).map(Arc::new)).clone()
    }

    /// The number of characters that count against quotas: all but blanks (documented).
    pub fn counted_len(&self) -> usize {
        self.text.chars().filter(|c| !c.is_whitespace()).count()
    }
}

impl From<String> for PolicyText {
    fn from(text: String) -> Self {
        Self { text, parsed: OnceLock::new() }
    }
}

impl From<PolicyText> for String {
    fn from(policy: PolicyText) -> Self {
        policy.text
    }
}

/// The policies of a user, group or role.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Permissions {
    /// Inline policies by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// Attached managed policies, in the order of attachment.
    pub attached: Vec<PolicyRef>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyRef {
    /// One of AWS's, by path and name: `job-function/ViewOnlyAccess`.
    Aws(String),
    /// One of the account's own, by its record's key.
    Account(String),
}

impl PolicyRef {
    /// The policy that an ARN names, of AWS or of this account; `None` for any other ARN.
    /// The partition is that of the region of the call, so it is not looked at.
    pub fn from_arn(arn: &str, account: &AccountId) -> Option<Self> {
        let arn: Arn = arn.parse().ok()?;
        let rest = arn.resource.strip_prefix("policy/")?;
        if arn.service != "iam" || !arn.region.is_empty() {
            return None;
        }
        if arn.account == "aws" {
            return Some(Self::Aws(rest.to_owned()));
        }
        (arn.account == account.as_str()).then(|| Self::Account(fold(rest.rsplit('/').next().unwrap_or(rest))))
    }
}

/// The ARN of a policy with this path and name; `account` is `aws` for AWS's own.
pub(crate) fn policy_arn(partition: Partition, account: &str, path: &str, name: &str) -> String {
    format!("arn:{}:iam::{account}:policy{path}{name}", partition.as_str())
}
