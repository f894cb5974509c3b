//! `ListEntitiesForPolicy`: lists the users, groups and roles that use a managed policy.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::record::{Bounded as _, Group, Holder, PolicyRef, Role, User};

pub(super) async fn list_entities_for_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListEntitiesForPolicyRequest,
) -> Result<types::ListEntitiesForPolicyResponse, ServiceError> {
    let policy = iam.existing_policy(cx, &input.policy_arn)?.reference();
    let users = users_of(iam, cx, &policy, &input);
    let page = page(users, input.marker.as_deref(), input.max_items)?;
    let (mut groups, mut users, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for entity in page.items {
        match entity {
            Entity::Group(group) => groups.push(group),
            Entity::User(user) => users.push(user),
            Entity::Role(role) => roles.push(role),
        }
    }
    Ok(types::ListEntitiesForPolicyResponse {
        policy_groups: Some(groups),
        policy_users: Some(users),
        policy_roles: Some(roles),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// What uses the policy in the way and of the kind that is asked for, sorted by kind and name.
fn users_of(
    iam: &Iam,
    cx: &CallContext,
    policy: &PolicyRef,
    input: &types::ListEntitiesForPolicyRequest,
) -> Vec<(String, Entity)> {
    let kind = |kind: types::EntityType| input.entity_filter.is_none_or(|filter| filter == kind);
    let wanted = |uses: Uses| uses.wanted(input.policy_usage_filter);
    let prefix = input.path_prefix.as_deref();
    let mut items = Vec::new();
    if kind(types::EntityType::Group) {
        for (key, found) in iam.list::<Group>(cx, prefix) {
            let Group { name, id, .. } = found.value.as_ref();
            let shape = types::PolicyGroup { group_name: Some(name.clone()), group_id: Some(id.clone()) };
            if wanted(Uses::of(policy, found.value.as_ref(), None)) {
                items.push((format!("group {key}"), Entity::Group(shape)));
            }
        }
    }
    if kind(types::EntityType::Role) {
        for (key, found) in iam.list::<Role>(cx, prefix) {
            let Role { name, id, .. } = found.value.as_ref();
            let shape = types::PolicyRole { role_name: Some(name.clone()), role_id: Some(id.clone()) };
            if wanted(Uses::of(policy, found.value.as_ref(), found.value.boundary())) {
                items.push((format!("role {key}"), Entity::Role(shape)));
            }
        }
    }
    if kind(types::EntityType::User) {
        for (key, found) in iam.list::<User>(cx, prefix) {
            let User { name, id, .. } = found.value.as_ref();
            let shape = types::PolicyUser { user_name: Some(name.clone()), user_id: Some(id.clone()) };
            if wanted(Uses::of(policy, found.value.as_ref(), found.value.boundary())) {
                items.push((format!("user {key}"), Entity::User(shape)));
            }
        }
    }
    items
}

enum Entity {
    Group(types::PolicyGroup),
    User(types::PolicyUser),
    Role(types::PolicyRole),
}

/// How an entity uses the policy.
struct Uses {
    attached: bool,
    bounds: bool,
}

impl Uses {
    fn of(policy: &PolicyRef, holder: &impl Holder, boundary: Option<&PolicyRef>) -> Self {
        Self { attached: holder.permissions().attached.contains(policy), bounds: boundary == Some(policy) }
    }

    fn wanted(&self, filter: Option<types::PolicyUsageType>) -> bool {
        match filter {
            Some(types::PolicyUsageType::PermissionsPolicy) => self.attached,
            Some(types::PolicyUsageType::PermissionsBoundary) => self.bounds,
            None => self.attached || self.bounds,
        }
    }
}
