//! A user's record.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::policy::Origin;

use super::{Bounded, Holder, Permissions, PolicyRef, Tag, Tagged};

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The name, with its case.
    pub name: String,
    /// The path.
    pub path: String,
    /// `AIDA…`
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The permissions boundary.
    pub boundary: Option<PolicyRef>,
    /// The policies.
    pub permissions: Permissions,
    /// Keys of the groups that the user is in, sorted.
    pub groups: Vec<String>,
}

impl Record for User {
    const KIND: &'static str = "iam.user";
    const FORMAT: u32 = 1;
}

impl Holder for User {
    const NOUN: &'static str = "user";
    const ORIGIN: Origin = Origin::User;
    const INLINE_BYTES_MAX: usize = 2048;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerUser";

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

impl Bounded for User {
    fn boundary(&self) -> Option<&PolicyRef> {
        self.boundary.as_ref()
    }

    fn set_boundary(&mut self, boundary: Option<PolicyRef>) {
        self.boundary = boundary;
    }
}

impl Tagged for User {
    fn tags(&self) -> &[Tag] {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Vec<Tag> {
        &mut self.tags
    }
}
