//! `ListEntitiesForPolicy`: lists the users, groups and roles that use a managed policy.

use api::iam::types;
use api::{CallContext, ServiceError};
use std::sync::Arc;

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::record::{Bounded as _, Group, Holder, PolicyRef, Role, User};

pub(super) async fn list_entities_for_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListEntitiesForPolicyRequest,
) -> Result<types::ListEntitiesForPolicyResponse, ServiceError> {
    let policy = iam.existing_policy(cx, &input.policy_arn)?.reference();
    let mut items = Vec::new();
    let holds = |uses: Uses| uses.wanted(input.policy_usage_filter);
    let kind = |kind: types::EntityType| input.entity_filter.is_none_or(|filter| filter == kind);
    let prefix = input.path_prefix.as_deref();
    if kind(types::EntityType::Group) {
        for (key, group) in iam.list::<Group>(cx, prefix) {
            if holds(Uses::of(&policy, &*group.value, None)) {
                items.push((format!("group {key}"), Entity::Group(group.value)));
            }
        }
    }
    if kind(types::EntityType::User) {
        for (key, user) in iam.list::<User>(cx, prefix) {
            if holds(Uses::of(&policy, &*user.value, user.value.boundary())) {
                items.push((format!("user {key}"), Entity::User(user.value)));
            }
        }
    }
    if kind(types::EntityType::Role) {
        for (key, role) in iam.list::<Role>(cx, prefix) {
            if holds(Uses::of(&policy, &*role.value, role.value.boundary())) {
                items.push((format!("role {key}"), Entity::Role(role.value)));
            }
        }
    }
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    let page = page(items, input.marker.as_deref(), input.max_items)?;
    let (mut groups, mut users, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for entity in page.items {
        match entity {
            Entity::Group(group) => groups
                .push(types::PolicyGroup { group_name: Some(group.name.clone()), group_id: Some(group.id.clone()) }),
            Entity::User(user) => {
                users.push(types::PolicyUser { user_name: Some(user.name.clone()), user_id: Some(user.id.clone()) })
            }
            Entity::Role(role) => {
                roles.push(types::PolicyRole { role_name: Some(role.name.clone()), role_id: Some(role.id.clone()) })
            }
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

enum Entity {
    Group(Arc<Group>),
    User(Arc<User>),
    Role(Arc<Role>),
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
