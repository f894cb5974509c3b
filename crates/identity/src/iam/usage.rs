//! Who uses which managed policy.

use std::collections::BTreeMap;

use api::CallContext;

use super::Iam;
use crate::record::{Bounded as _, Group, Holder as _, PolicyRef, Role, User};

/// How often a policy is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Users, groups and roles it is attached to.
    pub(crate) attached: i32,
    /// Users and roles it bounds.
    pub(crate) boundaries: i32,
}

impl Iam {
    /// The use of every managed policy of the account that is in use. One pass over all
    /// users, groups and roles.
    pub(crate) fn usage(&self, cx: &CallContext) -> BTreeMap<PolicyRef, Usage> {
        let mut usage: BTreeMap<PolicyRef, Usage> = BTreeMap::new();
        let mut attached = |policies: &[PolicyRef]| {
            for policy in policies {
                usage.entry(policy.clone()).or_default().attached += 1;
            }
        };
        let users = self.catalog.list::<User>(cx.account(), None);
        let roles = self.catalog.list::<Role>(cx.account(), None);
        for (_, group) in self.catalog.list::<Group>(cx.account(), None) {
            attached(&group.value.permissions().attached);
        }
        users.iter().for_each(|(_, user)| attached(&user.value.permissions.attached));
        roles.iter().for_each(|(_, role)| attached(&role.value.permissions.attached));
        let of_users = users.iter().filter_map(|(_, user)| user.value.boundary());
        for boundary in of_users.chain(roles.iter().filter_map(|(_, role)| role.value.boundary())) {
            usage.entry(boundary.clone()).or_default().boundaries += 1;
        }
        usage
    }
}
