//! Account policies: what holds for all log groups of an account in a region, or for those that a criterion chooses
//! (logs.md §5.3).
//!
//! Nothing of a policy is copied into groups. Whoever takes or shows events asks what the account's policies say of the
//! group, so groups that are made later are taken up by themselves, and a deleted policy has no effect on what comes
//! after. Data protection, transformers and indexes work on events when they are read, by what held when the event was
//! ingested: of these the record stays after deletion, with what held before.

mod check;
mod effects;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction, Versioned};
use store::log_event::Position;

use crate::groups;
use crate::history::History;
use crate::record::LogGroupClass;

pub(crate) use check::{check, check_against};
use effects::Selected;
pub(crate) use effects::{AccountEffects, AccountSubscription, Effects};

/// What a policy is about (logs.md AP-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AccountPolicyType {
    /// Masks sensitive data (logs.md §8.4).
    DataProtection,
    /// Sends events on (logs.md §5).
    SubscriptionFilter,
    /// Indexes fields (logs.md §8.5).
    FieldIndex,
    /// Transforms events (logs.md §8.3).
    Transformer,
    /// Says that no embedded metrics are extracted (logs.md EM-5).
    MetricExtraction,
}

/// An account policy. The key is its type, a colon and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountPolicyRecord {
    /// What was put, and when. Nothing holds any more once it was deleted.
    pub(crate) versions: History<AccountPolicy>,
    /// When it was last put.
    pub(crate) updated: Timestamp,
    /// Where the order of arrival was when the policy was made: what a subscription filter does not send.
    pub(crate) since: Position,
}

/// What was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountPolicy {
    /// The document, as it was given.
    pub(crate) document: String,
    /// The groups that it is for, as it was given; all where there is none (logs.md AP-3). What a
    /// [`lang::group_selection::GroupSelection`] is parsed of.
    pub(crate) selection: Option<String>,
}

impl Record for AccountPolicyRecord {
    const KIND: &'static str = "logs.account_policy";
    const FORMAT: u32 = 1;
}

impl AccountPolicyType {
    /// As the API's type has it.
    pub(crate) fn api(self) -> types::PolicyType {
        match self {
            Self::DataProtection => types::PolicyType::DataProtectionPolicy,
            Self::SubscriptionFilter => types::PolicyType::SubscriptionFilterPolicy,
            Self::FieldIndex => types::PolicyType::FieldIndexPolicy,
            Self::Transformer => types::PolicyType::TransformerPolicy,
            Self::MetricExtraction => types::PolicyType::MetricExtractionPolicy,
        }
    }

    /// Of the API's type.
    pub(crate) fn of(api: types::PolicyType) -> Self {
        match api {
            types::PolicyType::DataProtectionPolicy => Self::DataProtection,
            types::PolicyType::SubscriptionFilterPolicy => Self::SubscriptionFilter,
            types::PolicyType::FieldIndexPolicy => Self::FieldIndex,
            types::PolicyType::TransformerPolicy => Self::Transformer,
            types::PolicyType::MetricExtractionPolicy => Self::MetricExtraction,
        }
    }

    /// The key of the policy of this type and name.
    pub(crate) fn key(self, scope: &Scope, name: &str) -> Key {
        Key::regional(&scope.account, &scope.region, format!("{}{name}", self.prefix()))
    }

    fn prefix(self) -> String {
        format!("{}:", self.api().as_str())
    }

    /// Whether events are seen by what held when they were ingested, however long ago: then the record keeps what held.
    pub(crate) fn reaches_back(self) -> bool {
        matches!(self, Self::DataProtection | Self::Transformer | Self::FieldIndex)
    }

    /// What else a caller must be allowed who puts a policy of this type, or deletes one: what it would need for a
    /// single group.
    pub(crate) fn actions(self) -> (&'static str, &'static str) {
        match self {
            Self::DataProtection => ("logs:PutDataProtectionPolicy", "logs:DeleteDataProtectionPolicy"),
            Self::SubscriptionFilter => ("logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter"),
            Self::FieldIndex => ("logs:PutIndexPolicy", "logs:DeleteIndexPolicy"),
            Self::Transformer => ("logs:PutTransformer", "logs:DeleteTransformer"),
            Self::MetricExtraction => ("logs:PutMetricExtractionPolicy", "logs:DeleteMetricExtractionPolicy"),
        }
    }
}

/// The policies of one type that hold now, by name.
pub(crate) fn in_force(
    catalog: &Catalog,
    scope: &Scope,
    of: AccountPolicyType,
) -> Vec<(String, Versioned<AccountPolicyRecord>)> {
    let mut found = records(catalog, scope, of);
    found.retain(|(_, found)| found.value.versions.current().is_some());
    found
}

/// All records of one type by the policies' names, those of deleted policies too.
fn records(catalog: &Catalog, scope: &Scope, of: AccountPolicyType) -> Vec<(String, Versioned<AccountPolicyRecord>)> {
    let prefix = of.prefix();
    let found = catalog.list_prefix::<AccountPolicyRecord>(&scope.account, Some(&scope.region), &prefix);
    found.into_iter().map(|(name, found)| (name[prefix.len()..].to_owned(), found)).collect()
}

/// The index policy that holds for a group of this name by itself, with its name.
pub(crate) fn index_policy(
    catalog: &Catalog,
    scope: &Scope,
    group: &str,
) -> Option<(String, Versioned<AccountPolicyRecord>)> {
    let mut found = in_force(catalog, scope, AccountPolicyType::FieldIndex).into_iter();
    found.find(|(name, found)| {
        let policy = found.value.versions.current();
        policy.and_then(|policy| Selected::of(name, policy)).is_some_and(|selected| selected.holds(group))
    })
}

/// The earliest time that any group of an account can still have at `now`.
pub(crate) fn kept_from(catalog: &Catalog, scope: &Scope, now: Timestamp) -> Timestamp {
    let standard =
        groups::list(catalog, scope, "").into_iter().filter(|group| group.record.class == LogGroupClass::Standard);
    standard.map(|group| group.kept_from(now)).min().unwrap_or(now)
}

/// Removes what is left of deleted policies of one type that no event which is still kept can have seen.
pub(crate) fn remove_forgotten(
    transaction: &mut Transaction,
    catalog: &Catalog,
    scope: &Scope,
    of: AccountPolicyType,
    kept_from: Timestamp,
) {
    for (name, found) in records(catalog, scope, of) {
        let mut versions = found.value.versions.clone();
        versions.forget(kept_from);
        if versions.is_blank() {
            transaction.delete::<AccountPolicyRecord>(of.key(scope, &name), found.version);
        }
    }
}

/// Refuses a caller that may not do with a group what the policy would do with all.
///
/// # Errors
/// `AccessDeniedException`.
pub(crate) fn require_action(logs: &crate::Logs, cx: &CallContext, action: &str) -> Result<(), ServiceError> {
    let arn = groups::arn(&cx.scope(), "*");
    if logs.parts.permissions.allows(cx, action, &arn) {
        return Ok(());
    }
    let who = cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default();
    let message = format!("User: {who} is not authorized to perform: {action} on resource: {arn}");
    Err(errors::access_denied_exception(message))
}

/// What the API gives of a policy (logs.md AP-1); nothing of a deleted one.
pub(crate) fn described(
    scope: &Scope,
    of: AccountPolicyType,
    name: &str,
    record: &AccountPolicyRecord,
) -> Option<types::AccountPolicy> {
    let policy = record.versions.current()?;
    Some(types::AccountPolicy {
        policy_name: Some(name.to_owned()),
        policy_document: Some(policy.document.clone()),
        last_updated_time: Some(record.updated.millis()),
        policy_type: Some(of.api()),
        scope: Some(types::Scope::All),
        selection_criteria: policy.selection.clone(),
        account_id: Some(scope.account.to_string()),
    })
}

/// logs.md AP-5.
pub(crate) fn not_found() -> ServiceError {
    errors::resource_not_found_exception("The specified account policy does not exist.")
}

/// What is read of a policy that holds; where that fails it is logged and passed over, for it was accepted once.
fn read<T>(name: &str, read: Result<T, String>) -> Option<T> {
    let told = |error: &String| {
        tracing::error!(error, policy = name, "an account policy that was accepted cannot be read any more");
    };
    read.inspect_err(told).ok()
}
