//! A managed policy's record. Who it is attached to stands in the records of users,
//! groups and roles.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::{PolicyText, Tag, Tagged};

/// A managed policy of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// The name, with its case.
    pub name: String,
    /// The path.
    pub path: String,
    /// `ANPA…`
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// When a version was last added or made the default.
    pub updated: Timestamp,
    /// What it is for.
    pub description: Option<String>,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The highest number given so far; numbers are not used again.
    pub last_version: u32,
    /// The versions, oldest first; at most five.
    pub versions: Vec<PolicyVersion>,
}

/// A version of a managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The number: `v3` is 3.
    pub number: u32,
    /// When it was added.
    pub created: Timestamp,
    /// The document.
    pub document: PolicyText,
}

impl Record for Policy {
    const KIND: &'static str = "iam.policy";
    const FORMAT: u32 = 1;
}

impl Policy {
    /// The version in force.
    pub fn in_force(&self) -> &PolicyVersion {
        self.version(self.default_version).expect("the default version is never deleted")
    }

    /// The version of this number.
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

impl Tagged for Policy {
    fn tags(&self) -> &[Tag] {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Vec<Tag> {
        &mut self.tags
    }
}
