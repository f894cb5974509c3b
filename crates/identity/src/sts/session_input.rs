//! What a request says of the session it wants: its policies, tags and second factor.

use api::ServiceError;
use api::sts::{errors, types};
use base::AccountId;

use super::Sts;
use crate::policy::{Document, Malformed, PolicyKind};
use crate::record::{Policy, PolicyRef, Tag, fold, key};

/// Managed session policies one session can have (documented).
const POLICY_ARNS_MAX: usize = 10;
/// Tags one session can have (documented).
const TAGS_MAX: usize = 50;
/// What `PackedPolicySize` is a percentage of, in characters. AWS packs policies and tags
/// into a form of its own with a limit it does not tell; ours is not packed.
const CHARS_MAX: usize = 8192;

/// Session policies, checked.
pub(crate) struct SessionPolicies {
    /// The inline policy's text.
    pub(crate) inline: Vec<String>,
    /// Managed policies.
    pub(crate) managed: Vec<PolicyRef>,
}

impl Sts {
    /// Checks session policies; managed ones are of the role's account (documented).
    pub(crate) fn session_policies(
        &self,
        account: &AccountId,
        inline: Option<String>,
        arns: Option<Vec<types::PolicyDescriptorType>>,
    ) -> Result<SessionPolicies, ServiceError> {
        if let Some(text) = &inline {
            Document::parse(text, PolicyKind::Inline)
                .map_err(|Malformed(message)| errors::malformed_policy_document_exception(message))?;
        }
        let without_arn = || ServiceError::validation("A policy descriptor must name the policy's arn.");
        let arns = arns.unwrap_or_default().into_iter().map(|policy| policy.arn.ok_or_else(without_arn));
        let arns = arns.collect::<Result<Vec<String>, _>>()?;
        if arns.len() > POLICY_ARNS_MAX {
            let message = format!("Cannot exceed quota for PolicyArns: {POLICY_ARNS_MAX}");
            return Err(ServiceError::validation(message));
        }
        let managed = arns.iter().map(|arn| self.session_policy(account, arn)).collect::<Result<Vec<_>, _>>()?;
        Ok(SessionPolicies { inline: inline.into_iter().collect(), managed })
    }

    fn session_policy(&self, account: &AccountId, arn: &str) -> Result<PolicyRef, ServiceError> {
        let found = PolicyRef::from_arn(arn, account).filter(|policy| match policy {
            PolicyRef::Aws(name) => crate::managed::find(name).is_some(),
            PolicyRef::Account(name) => self.catalog.get::<Policy>(&key(account, name)).is_some(),
        });
        found.ok_or_else(|| ServiceError::validation(format!("Policy {arn} does not exist or is not attachable.")))
    }
}

/// Session tags: those given, and those that go on from the caller's session, which cannot
/// be given anew (documented).
pub(crate) fn session_tags(given: Option<Vec<types::Tag>>, inherited: &[Tag]) -> Result<Vec<Tag>, ServiceError> {
    let mut tags = inherited.to_vec();
    for types::Tag { key, value } in given.unwrap_or_default() {
        if inherited.iter().any(|tag| fold(&tag.key) == fold(&key)) {
            let message = "One of the specified transitive tag keys can't be set because it conflicts with a \
                           transitive tag key from the calling session.";
            return Err(invalid_parameter(message));
        }
        if fold(&key).starts_with("aws:") {
            return Err(invalid_parameter("aws: prefixed tag key names are not allowed for external use."));
        }
        if tags.iter().any(|tag| fold(&tag.key) == fold(&key)) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(invalid_parameter(message));
        }
        tags.push(Tag { key, value });
    }
    if tags.len() > TAGS_MAX {
        return Err(ServiceError::validation(format!("A session can have at most {TAGS_MAX} tags.")));
    }
    Ok(tags)
}

/// The size of policies and tags, in percent of what a session can have; `None` when it
/// has neither.
///
/// # Errors
/// `PackedPolicyTooLarge`
pub(crate) fn packed_size(policies: &SessionPolicies, tags: &[Tag]) -> Result<Option<i32>, ServiceError> {
    let policy_chars = policies.inline.iter().map(|text| text.chars().count()).sum::<usize>();
    // A managed policy counts by its ARN, of which the name is the part that differs.
    let name_chars = |policy: &PolicyRef| match policy {
        PolicyRef::Aws(name) | PolicyRef::Account(name) => name.chars().count(),
    };
    let managed_chars = policies.managed.iter().map(name_chars).sum::<usize>();
    let tag_chars = tags.iter().map(|tag| tag.key.chars().count() + tag.value.chars().count()).sum::<usize>();
    let chars = policy_chars + managed_chars + tag_chars;
    let percent = i32::try_from((chars * 100).div_ceil(CHARS_MAX)).unwrap_or(i32::MAX);
    if percent > 100 {
        let message = format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
        return Err(errors::packed_policy_too_large_exception(message));
    }
    Ok((chars > 0).then_some(percent))
}

pub(crate) fn invalid_parameter(message: &str) -> ServiceError {
    ServiceError::common("InvalidParameterValue", "InvalidParameterValue", 400, message)
}
