//! Records in the shapes of the API.

use api::CallContext;
use api::iam::types;
use base::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use store::catalog::Key;

use super::Iam;
use super::login_profiles::ROOT;
use super::usage::Usage;
use crate::managed::{self, AwsPolicy};
use crate::record::{
    AccessKey, AccountAlias, Bounded, Group, Holder, LoginProfile, Policy, PolicyRef, PolicyVersion, Role, Tag, User,
    key, policy_arn,
};

/// What RFC 3986 leaves as it is, as IAM encodes documents in its answers.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A policy document as it stands in an answer.
pub(crate) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// The ARN of a user, group or role.
pub(crate) fn arn<H: Holder>(cx: &CallContext, record: &H) -> String {
    cx.arn_of("iam", "", format!("{}{}{}", H::NOUN, record.path(), record.name())).to_string()
}

/// A policy's ARN as the caller sees it.
pub(crate) fn own_policy_arn(cx: &CallContext, policy: &Policy) -> String {
    policy_arn(cx.partition, cx.account().as_str(), &policy.path, &policy.name)
}

/// A group.
pub(crate) fn group(cx: &CallContext, group: &Group) -> types::Group {
    types::Group {
        path: group.path.clone(),
        group_name: group.name.clone(),
        group_id: group.id.clone(),
        arn: arn(cx, group),
        create_date: group.created,
    }
}

/// A role as lists hold it: without tags, boundary and last use (documented).
pub(crate) fn role_in_list(cx: &CallContext, role: &Role) -> types::Role {
    types::Role {
        path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        arn: arn(cx, role),
        create_date: role.created,
        assume_role_policy_document: Some(encoded(role.trust.text())),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_secs),
        permissions_boundary: None,
        tags: None,
        role_last_used: None,
    }
}

/// Tags; `None` when there are none, as AWS leaves them out.
pub(crate) fn tags(tags: &[Tag]) -> Option<Vec<types::Tag>> {
    (!tags.is_empty()).then(|| tag_list(tags))
}

/// Tags as a list.
pub(crate) fn tag_list(tags: &[Tag]) -> Vec<types::Tag> {
    tags.iter().map(|tag| types::Tag { key: tag.key.clone(), value: tag.value.clone() }).collect()
}

/// An access key without its secret.
pub(crate) fn access_key_metadata(user_name: &str, access_key: &AccessKey) -> types::AccessKeyMetadata {
    types::AccessKeyMetadata {
        user_name: Some(user_name.to_owned()),
        access_key_id: Some(access_key.id.clone()),
        status: Some(status(access_key)),
        create_date: Some(access_key.created),
    }
}

/// Whether an access key works.
pub(crate) fn status(access_key: &AccessKey) -> types::StatusType {
    if access_key.active { types::StatusType::Active } else { types::StatusType::Inactive }
}

/// A version without its document.
pub(crate) fn policy_version(policy: &Policy, version: &PolicyVersion) -> types::PolicyVersion {
    types::PolicyVersion {
        document: None,
        version_id: Some(format!("v{}", version.number)),
        is_default_version: Some(version.number == policy.default_version),
        create_date: Some(version.created),
    }
}

/// An own policy as lists hold it: without description and tags (documented).
pub(crate) fn policy_in_list(cx: &CallContext, policy: &Policy, usage: Usage) -> types::Policy {
    types::Policy {
        policy_name: Some(policy.name.clone()),
        policy_id: Some(policy.id.clone()),
        arn: Some(own_policy_arn(cx, policy)),
        path: Some(policy.path.clone()),
        default_version_id: Some(format!("v{}", policy.default_version)),
        attachment_count: Some(usage.attached),
        permissions_boundary_usage_count: Some(usage.boundaries),
        is_attachable: Some(true),
        description: None,
        create_date: Some(policy.created),
        update_date: Some(policy.updated),
        tags: None,
    }
}

/// One of AWS's policies as lists hold it.
pub(crate) fn aws_policy_in_list(cx: &CallContext, policy: &AwsPolicy, usage: Usage) -> types::Policy {
    types::Policy {
        policy_name: Some(policy.name.clone()),
        policy_id: Some(policy.id()),
        arn: Some(policy.arn(cx.partition)),
        path: Some(policy.path.clone()),
        default_version_id: Some("v1".to_owned()),
        attachment_count: Some(usage.attached),
        permissions_boundary_usage_count: Some(usage.boundaries),
        is_attachable: Some(true),
        description: None,
        create_date: Some(managed::CREATED),
        update_date: Some(managed::CREATED),
        tags: None,
    }
}

impl Iam {
    /// A user as lists hold it: without tags and boundary (documented).
    pub(crate) fn user_in_list(&self, cx: &CallContext, user: &User) -> types::User {
        types::User {
            path: user.path.clone(),
            user_name: user.name.clone(),
            user_id: user.id.clone(),
            arn: arn(cx, user),
            create_date: user.created,
            password_last_used: self.password_last_used(cx, &user.id),
            permissions_boundary: None,
            tags: None,
        }
    }

    /// A user with all that there is to it.
    pub(crate) fn user_shape(&self, cx: &CallContext, user: &User) -> types::User {
        types::User {
            permissions_boundary: self.boundary_shape(cx, user),
            tags: tags(&user.tags),
            ..self.user_in_list(cx, user)
        }
    }

    /// Root is no user; IAM shows it as one with the account's id (observed in AWS). AWS gives its name only when the
    /// account has an alias, but the member is required, so it is `root` here.
    pub(crate) fn root_shape(&self, cx: &CallContext) -> types::User {
        let alias = self.catalog.get::<AccountAlias>(&Key::global(cx.account(), "alias"));
        types::User {
            path: "/".to_owned(),
            user_name: alias.map_or_else(|| ROOT.to_owned(), |found| found.value.alias.clone()),
            user_id: cx.account().to_string(),
            arn: cx.arn_of("iam", "", "root").to_string(),
            // An account has no date of its own here.
            create_date: Timestamp::from_secs(0),
            password_last_used: self.password_last_used(cx, ROOT),
            permissions_boundary: None,
            tags: None,
        }
    }

    /// By the user's unique id, or [`ROOT`].
    fn password_last_used(&self, cx: &CallContext, id: &str) -> Option<Timestamp> {
        self.catalog.get::<LoginProfile>(&Key::global(cx.account(), id))?.value.last_used
    }

    /// A role with all that there is to it but its last use.
    pub(crate) fn role_shape(&self, cx: &CallContext, role: &Role) -> types::Role {
        types::Role {
            permissions_boundary: self.boundary_shape(cx, role),
            tags: tags(&role.tags),
            ..role_in_list(cx, role)
        }
    }

    /// The ARN of a policy that something refers to; `None` when it is gone.
    pub(crate) fn arn_of_ref(&self, cx: &CallContext, policy: &PolicyRef) -> Option<(String, String)> {
        match policy {
            PolicyRef::Aws(name) => managed::find(name).map(|found| (found.name.clone(), found.arn(cx.partition))),
            PolicyRef::Account(name) => {
                let found = self.catalog.get::<Policy>(&key(cx.account(), name))?.value;
                Some((found.name.clone(), own_policy_arn(cx, &found)))
            }
        }
    }

    fn boundary_shape<B: Bounded>(&self, cx: &CallContext, record: &B) -> Option<types::AttachedPermissionsBoundary> {
        let (_, arn) = self.arn_of_ref(cx, record.boundary()?)?;
        Some(types::AttachedPermissionsBoundary {
            permissions_boundary_type: Some(types::PermissionsBoundaryAttachmentType::PermissionsBoundaryPolicy),
            permissions_boundary_arn: Some(arn),
        })
    }
}
