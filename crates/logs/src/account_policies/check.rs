//! Which account policies are accepted (logs.md AP-1 to AP-4).

use std::fmt::Display;

use api::ServiceError;
use api::logs::{errors, types};
use lang::group_selection::{GroupSelection, Side};
use lang::mask::{Findings, Policy};
use lang::transform::{Processor, Transformer};
use serde_json::{Value, json};
use store::catalog::Versioned;

use super::{AccountPolicyRecord, AccountPolicyType};
use crate::field_indexes::IndexDocument;
use crate::subscriptions::AccountSubscriptionDocument;

/// The longest document, in characters, and the longest name.
const DOCUMENT_CHARACTERS_MAX: usize = 30_720;
const NAME_CHARACTERS_MAX: usize = 256;
/// The longest criterion, in bytes (logs.md AP-3).
const SELECTION_BYTES_MAX: usize = 25 * 1024;
/// Values of a metric extraction policy's criterion (logs.md AP-3).
const SELECTION_VALUES_MAX: usize = 50;

/// A policy that is right by itself.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What it is about.
    pub(crate) of: AccountPolicyType,
    /// The groups that it is for.
    pub(crate) selection: Option<GroupSelection>,
    /// What a subscription filter policy says.
    pub(crate) subscription: Option<AccountSubscriptionDocument>,
}

/// What is right by itself in what a call puts.
///
/// # Errors
/// `InvalidParameterException` with what is wrong.
pub(crate) fn check(input: &types::PutAccountPolicyRequest) -> Result<Checked, ServiceError> {
    checked(input).map_err(errors::invalid_parameter_exception)
}

fn checked(input: &types::PutAccountPolicyRequest) -> Result<Checked, String> {
    let (of, name, document) = (AccountPolicyType::of(input.policy_type), &input.policy_name, &input.policy_document);
    if name.is_empty() || name.chars().nth(NAME_CHARACTERS_MAX).is_some() || name.contains([':', '*']) {
        return Err(format!(
            "The policyName must have 1 to {NAME_CHARACTERS_MAX} characters, none of them ':' or '*'."
        ));
    }
    if name.starts_with("aws/") {
        return Err("The policyName cannot start with aws/.".to_owned());
    }
    if document.chars().nth(DOCUMENT_CHARACTERS_MAX).is_some() {
        return Err(format!("The policyDocument cannot have more than {DOCUMENT_CHARACTERS_MAX} characters."));
    }
    let mut subscription = None;
    match of {
        AccountPolicyType::DataProtection => data_protection(document).map(|_| ())?,
        AccountPolicyType::SubscriptionFilter => subscription = Some(AccountSubscriptionDocument::parse(document)?),
        AccountPolicyType::FieldIndex => IndexDocument::parse(document).map(|_| ())?,
        AccountPolicyType::Transformer => transformer(document).map(|_| ())?,
        AccountPolicyType::MetricExtraction => metric_extraction(document)?,
    }
    let selection = input.selection_criteria.as_deref().filter(|criteria| !criteria.trim().is_empty());
    let selection = selection.map(|criteria| checked_selection(of, criteria)).transpose()?;
    Ok(Checked { of, selection, subscription })
}

/// logs.md AP-3.
fn checked_selection(of: AccountPolicyType, criteria: &str) -> Result<GroupSelection, String> {
    if criteria.len() > SELECTION_BYTES_MAX {
        return Err(format!("The selectionCriteria cannot have more than {SELECTION_BYTES_MAX} bytes."));
    }
    let selection = GroupSelection::parse(criteria).map_err(|error| error.to_string())?;
    let these = selection.side() == Some(Side::These);
    let (fits, wanted) = match of {
        AccountPolicyType::DataProtection => (false, "no selectionCriteria"),
        AccountPolicyType::SubscriptionFilter => {
            (!these && matches!(selection, GroupSelection::Names(_)), "LogGroupName NOT IN [...]")
        }
        AccountPolicyType::Transformer => {
            (these && matches!(selection, GroupSelection::Prefixes(_)), "LogGroupNamePrefix")
        }
        AccountPolicyType::FieldIndex => {
            let fits = match selection {
                GroupSelection::Names(_) => false,
                GroupSelection::Prefixes(_) => these,
                GroupSelection::DataSource { .. } => true,
            };
            (fits, "LogGroupNamePrefix, or DataSourceName AND DataSourceType")
        }
        AccountPolicyType::MetricExtraction => {
            let fits = selection.side().is_some() && selection.values() <= SELECTION_VALUES_MAX;
            (fits, "LogGroupName or LogGroupNamePrefix, IN or NOT IN at most 50 values")
        }
    };
    match fits {
        true => Ok(selection),
        false => Err(format!("The selectionCriteria of a {} can be only: {wanted}.", of.api().as_str())),
    }
}

/// Whether a policy may be there beside the others of its type (logs.md AP-2, AP-3).
///
/// # Errors
/// `LimitExceededException` where there are as many as can be; `InvalidParameterException` where they are for some of
/// the same groups.
pub(crate) fn check_against(
    checked: &Checked,
    others: &[(String, Versioned<AccountPolicyRecord>)],
) -> Result<(), ServiceError> {
    let limit = || errors::limit_exceeded_exception("Resource limit exceeded.");
    let others: Vec<(&str, Option<GroupSelection>)> =
        others.iter().map(|(name, found)| (name.as_str(), selection_of(&found.value))).collect();
    let by_source = |selection: &Option<GroupSelection>| matches!(selection, Some(GroupSelection::DataSource { .. }));
    // Those for data sources are counted apart from those for groups.
    let others: Vec<_> =
        others.into_iter().filter(|(_, other)| by_source(other) == by_source(&checked.selection)).collect();
    let scoped_max = match checked.of {
        AccountPolicyType::DataProtection | AccountPolicyType::SubscriptionFilter => 1,
        AccountPolicyType::Transformer | AccountPolicyType::FieldIndex => 20,
        AccountPolicyType::MetricExtraction => 5,
    };
    if others.len() >= scoped_max {
        return Err(limit());
    }
    for (name, other) in &others {
        match (&checked.selection, other) {
            // One for all groups is the only one.
            (None, _) | (_, None) => return Err(limit()),
            (Some(selection), Some(other)) if selection.overlaps(other) => {
                let message = format!("The selectionCriteria overlap with those of the policy {name}.");
                return Err(errors::invalid_parameter_exception(message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The groups that a policy which holds is for.
fn selection_of(record: &AccountPolicyRecord) -> Option<GroupSelection> {
    GroupSelection::parse(record.versions.current()?.selection.as_deref()?).ok()
}

/// What a data protection policy says.
pub(super) fn data_protection(document: &str) -> Result<Policy, String> {
    let policy = Policy::parse(document)?;
    match *policy.findings() == Findings::default() {
        true => Ok(policy),
        false => Err("A destination for audit findings is not supported by this server: FindingsDestination must be \
                      empty."
            .to_owned()),
    }
}

/// What a transformer policy says: a list of processors.
pub(super) fn transformer(document: &str) -> Result<Transformer, String> {
    let processors: Vec<Processor> = serde_json::from_str(document)
        .map_err(|error| format!("The transformer configuration is not valid: {error}."))?;
    Transformer::new(&processors)
}

/// What a metric extraction policy says. By the API's reference it can only switch extraction off.
fn metric_extraction(document: &str) -> Result<(), String> {
    let disabled = json!({ "EmbeddedMetricFormat": { "Status": "Disabled" } });
    let invalid = |what: &dyn Display| format!("The policyDocument is not a valid metric extraction policy: {what}.");
    let document: Value = serde_json::from_str(document).map_err(|error| invalid(&error))?;
    if document == disabled {
        return Ok(());
    }
    match document["EmbeddedMetricFormat"]["Status"].as_str() {
        None | Some("Disabled") => Err(invalid(&format_args!("it must be {disabled}"))),
        Some(other) => {
            Err(format!("The Status {other} of EmbeddedMetricFormat is not supported: it must be Disabled."))
        }
    }
}
