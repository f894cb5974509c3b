//! A group's record. Who is in a group stands in the users' records.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use crate::policy::Origin;

use super::{Holder, Permissions};

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// The name, with its case.
    pub name: String,
    /// The path.
    pub path: String,
    /// `AGPA…`
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// The policies.
    pub permissions: Permissions,
}

impl Record for Group {
    const KIND: &'static str = "iam.group";
    const FORMAT: u32 = 1;
}

impl Holder for Group {
    const NOUN: &'static str = "group";
    const ORIGIN: Origin = Origin::Group;
    const INLINE_BYTES_MAX: usize = 5120;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerGroup";

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
