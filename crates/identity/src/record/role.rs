//! A role's record.

use std::collections::BTreeMap;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::policy::Origin;

use super::{Bounded, Holder, Permissions, PolicyRef, PolicyText, Tag, Tagged};

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// The name, with its case.
    pub name: String,
    /// The path.
    pub path: String,
    /// `AROA…`
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// What it is for.
    pub description: Option<String>,
    /// Who may assume it.
    pub trust: PolicyText,
    /// The unique ids that ARNs in the trust policy stood for when it was written: a
    /// principal made anew under the same name is not trusted.
    pub bound: BTreeMap<String, String>,
    /// The longest session, in seconds.
    pub max_session_secs: i32,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The permissions boundary.
    pub boundary: Option<PolicyRef>,
    /// The policies.
    pub permissions: Permissions,
}

impl Record for Role {
    const KIND: &'static str = "iam.role";
    const FORMAT: u32 = 1;
}

impl Holder for Role {
    const NOUN: &'static str = "role";
    const ORIGIN: Origin = Origin::Role;
    const INLINE_BYTES_MAX: usize = 10_240;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerRole";

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    fn permissions_mut(&mut self) -> &mut Permissions {
        &mut self.permissions
    }
}

impl Bounded for Role {
    fn boundary(&self) -> Option<&PolicyRef> {
        self.boundary.as_ref()
    }

    fn set_boundary(&mut self, boundary: Option<PolicyRef>) {
        self.boundary = boundary;
    }
}

impl Tagged for Role {
    fn tags(&self) -> &[Tag] {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Vec<Tag> {
        &mut self.tags
    }
}
