//! `GetAccountAuthorizationDetails`: gives all users, groups, roles and policies of the account, and how they belong
//! together.
//!
//! Of AWS's own policies those are given that somebody uses (observed).

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::{self, encoded, policy_version, tag_list};
use crate::iam::usage::Usage;
use crate::managed::{self, AwsPolicy};
use crate::record::{Group, Holder, Permissions, Policy, PolicyRef, Role, User, key};

pub(super) async fn get_account_authorization_details(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetAccountAuthorizationDetailsRequest,
) -> Result<types::GetAccountAuthorizationDetailsResponse, ServiceError> {
    let details = entities(iam, cx, input.filter.as_deref().unwrap_or_default());
    let page = page(details, input.marker.as_deref(), input.max_items)?;
    let mut answer = types::GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(Vec::new()),
        group_detail_list: Some(Vec::new()),
        role_detail_list: Some(Vec::new()),
        policies: Some(Vec::new()),
        is_truncated: page.is_truncated,
        marker: page.marker,
    };
    for entity in page.items {
        match entity {
            Entity::User(record) => answer.user_detail_list.get_or_insert_default().push(user(iam, cx, &record)),
            Entity::Group(record) => answer.group_detail_list.get_or_insert_default().push(group(iam, cx, &record)),
            Entity::Role(record) => answer.role_detail_list.get_or_insert_default().push(role(iam, cx, &record)),
            Entity::Policy(record, usage) => {
                answer.policies.get_or_insert_default().push(own_policy(cx, &record, usage));
            }
            Entity::AwsPolicy(policy, usage) => {
                answer.policies.get_or_insert_default().push(aws_policy(cx, policy, usage));
            }
        }
    }
    Ok(answer)
}

enum Entity {
    User(std::sync::Arc<User>),
    Group(std::sync::Arc<Group>),
    Role(std::sync::Arc<Role>),
    Policy(std::sync::Arc<Policy>, Usage),
    AwsPolicy(&'static AwsPolicy, Usage),
}

/// All that is wanted, sorted by kind and name.
fn entities(iam: &Iam, cx: &CallContext, filter: &[types::EntityType]) -> Vec<(String, Entity)> {
    let wanted = |kind| filter.is_empty() || filter.contains(&kind);
    let mut all = Vec::new();
    if wanted(types::EntityType::User) {
        let users = iam.list::<User>(cx, None).into_iter();
        all.extend(users.map(|(key, found)| (format!("1 {key}"), Entity::User(found.value))));
    }
    if wanted(types::EntityType::Group) {
        let groups = iam.list::<Group>(cx, None).into_iter();
        all.extend(groups.map(|(key, found)| (format!("2 {key}"), Entity::Group(found.value))));
    }
    if wanted(types::EntityType::Role) {
        let roles = iam.list::<Role>(cx, None).into_iter();
        all.extend(roles.map(|(key, found)| (format!("3 {key}"), Entity::Role(found.value))));
    }
    let usages = iam.usage(cx);
    let usage_of = |policy: &PolicyRef| usages.get(policy).copied().unwrap_or_default();
    if wanted(types::EntityType::LocalManagedPolicy) {
        for (key, found) in iam.catalog.list::<Policy>(cx.account(), None) {
            let usage = usage_of(&PolicyRef::Account(key.clone()));
            all.push((format!("4 {key}"), Entity::Policy(found.value, usage)));
        }
    }
    if wanted(types::EntityType::AwsManagedPolicy) {
        for (policy, usage) in &usages {
            let PolicyRef::Aws(name) = policy else { continue };
            let found = managed::find(name).map(|found| (format!("5 {name}"), Entity::AwsPolicy(found, *usage)));
            all.extend(found);
        }
    }
    all
}

fn user(iam: &Iam, cx: &CallContext, user: &User) -> types::UserDetail {
    let shape = iam.user_shape(cx, user);
    let name_of = |group: &String| Some(iam.catalog.get::<Group>(&key(cx.account(), group))?.value.name.clone());
    let inline = inline(&user.permissions);
    types::UserDetail {
        path: Some(shape.path),
        user_name: Some(shape.user_name),
        user_id: Some(shape.user_id),
        arn: Some(shape.arn),
        create_date: Some(shape.create_date),
        // A list without any is left out here alone (documented by its example).
        user_policy_list: (!inline.is_empty()).then_some(inline),
        group_list: Some(user.groups.iter().filter_map(name_of).collect()),
        attached_managed_policies: Some(attached(iam, cx, &user.permissions)),
        permissions_boundary: shape.permissions_boundary,
        tags: Some(tag_list(&user.tags)),
    }
}

fn group(iam: &Iam, cx: &CallContext, group: &Group) -> types::GroupDetail {
    let shape = shapes::group(cx, group);
    types::GroupDetail {
        path: Some(shape.path),
        group_name: Some(shape.group_name),
        group_id: Some(shape.group_id),
        arn: Some(shape.arn),
        create_date: Some(shape.create_date),
        group_policy_list: Some(inline(&group.permissions)),
        attached_managed_policies: Some(attached(iam, cx, &group.permissions)),
    }
}

fn role(iam: &Iam, cx: &CallContext, role: &Role) -> types::RoleDetail {
    let shape = iam.role_shape(cx, role);
    let used = iam.authenticator.last_used(cx.account(), role.id());
    types::RoleDetail {
        path: Some(shape.path),
        role_name: Some(shape.role_name),
        role_id: Some(shape.role_id),
        arn: Some(shape.arn),
        create_date: Some(shape.create_date),
        assume_role_policy_document: shape.assume_role_policy_document,
        // This server has no instance profiles.
        instance_profile_list: Some(Vec::new()),
        role_policy_list: Some(inline(&role.permissions)),
        attached_managed_policies: Some(attached(iam, cx, &role.permissions)),
        permissions_boundary: shape.permissions_boundary,
        tags: Some(tag_list(&role.tags)),
        role_last_used: Some(types::RoleLastUsed {
            last_used_date: used.as_ref().map(|used| used.at.truncate_to_secs()),
            region: used.map(|used| used.region),
        }),
    }
}

fn own_policy(cx: &CallContext, policy: &Policy, usage: Usage) -> types::ManagedPolicyDetail {
    // The newest first, as ListPolicyVersions has them.
    let versions = policy.versions.iter().rev().map(|version| types::PolicyVersion {
        document: Some(encoded(version.document.text())),
        ..policy_version(policy, version)
    });
    types::ManagedPolicyDetail {
        policy_version_list: Some(versions.collect()),
        description: policy.description.clone(),
        ..detail(shapes::policy_in_list(cx, policy, usage))
    }
}

fn aws_policy(cx: &CallContext, policy: &AwsPolicy, usage: Usage) -> types::ManagedPolicyDetail {
    let version = types::PolicyVersion {
        document: Some(encoded(policy.text)),
        version_id: Some("v1".to_owned()),
        is_default_version: Some(true),
        create_date: Some(managed::CREATED),
    };
    types::ManagedPolicyDetail {
        policy_version_list: Some(vec![version]),
        description: Some(policy.description.to_owned()),
        ..detail(shapes::aws_policy_in_list(cx, policy, usage))
    }
}

fn detail(policy: types::Policy) -> types::ManagedPolicyDetail {
    types::ManagedPolicyDetail {
        policy_name: policy.policy_name,
        policy_id: policy.policy_id,
        arn: policy.arn,
        path: policy.path,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        is_attachable: policy.is_attachable,
        description: policy.description,
        create_date: policy.create_date,
        update_date: policy.update_date,
        policy_version_list: None,
    }
}

fn inline(permissions: &Permissions) -> Vec<types::PolicyDetail> {
    let shape = |(name, document): (&String, &crate::record::PolicyText)| types::PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(encoded(document.text())),
    };
    permissions.inline.iter().map(shape).collect()
}

fn attached(iam: &Iam, cx: &CallContext, permissions: &Permissions) -> Vec<types::AttachedPolicy> {
    let found = permissions.attached.iter().filter_map(|policy| iam.arn_of_ref(cx, policy));
    found.map(|(name, arn)| types::AttachedPolicy { policy_name: Some(name), policy_arn: Some(arn) }).collect()
}
