//! What the catalog keeps of hosts, their inventories, and activations. All records are regional.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::{Held, Record};

use crate::content::Packed;

/// A host. The key is its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceRecord {
    /// When it was first heard of.
    pub registered: Timestamp,
    /// How it came to be known.
    pub origin: Origin,
    /// What its agent says of it.
    pub agent: Agent,
    /// When its agent was last heard of, as far as that was written down: see [`crate::contacts`].
    pub last_contact: Timestamp,
    /// When it was deregistered. Nothing is taken from it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistered: Option<Timestamp>,
    /// Whether it was silent for so long that it counts as unmanaged (I-7).
    #[serde(default)]
    pub is_silent: bool,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What is known of each type of its inventory; the entries are in records of their own.
    #[serde(default)]
    pub types: BTreeMap<String, TypeHead>,
}

impl Record for InstanceRecord {
    const KIND: &'static str = "ssm.instance";
    const FORMAT: u32 = 1;
}

/// How a host came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// It told of itself, with credentials and an id of its own.
    Itself,
    /// With an activation.
    Activation {
        /// The activation's id.
        activation_id: String,
        /// The activation's role.
        iam_role: String,
        /// The activation's name for its hosts.
        name: Option<String>,
        /// What the host takes itself for.
        fingerprint: Option<String>,
    },
}

/// What an agent says of its host; what it never said is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the member of UpdateInstanceInformation that it is named after")]
pub struct Agent {
    pub agent_name: Option<String>,
    pub agent_version: Option<String>,
    pub agent_status: Option<String>,
    pub platform_type: Option<String>,
    pub platform_name: Option<String>,
    pub platform_version: Option<String>,
    pub ip_address: Option<String>,
    pub computer_name: Option<String>,
    pub source_id: Option<String>,
    pub source_type: Option<String>,
}

/// What is known of a type of inventory of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeHead {
    /// `SchemaVersion`
    pub schema_version: String,
    /// `CaptureTime`, as told.
    pub capture_time: String,
    /// The agent's own word for the content.
    pub content_hash: Option<String>,
    /// `Context`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, String>,
    /// How many bytes the content has as JSON.
    pub bytes: usize,
    /// When it was told.
    pub received: Timestamp,
}

/// The entries of a type of a host. The key is `INSTANCE/TYPE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentRecord(pub Packed);

impl Record for ContentRecord {
    const KIND: &'static str = "ssm.inventory_content";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// An activation. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationRecord {
    /// SHA-256 of its code, in hexadecimal digits.
    pub code_digest: String,
    /// `Description`
    pub description: Option<String>,
    /// `DefaultInstanceName`
    pub default_instance_name: Option<String>,
    /// `IamRole`
    pub iam_role: String,
    /// How many hosts may register.
    pub registration_limit: i32,
    /// How many have.
    pub registrations: i32,
    /// From when on none may.
    pub expires: Timestamp,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags, which are those of its hosts too.
    pub tags: BTreeMap<String, String>,
}

impl Record for ActivationRecord {
    const KIND: &'static str = "ssm.activation";
    const FORMAT: u32 = 1;
}

/// A type of inventory that callers made up. The key is its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomTypeRecord {
    /// The highest version of its schema.
    pub version: String,
    /// The names of its attributes.
    pub attributes: BTreeSet<String>,
    /// The version up to which inventory of the type is passed over (`DisableSchema`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_version: Option<String>,
}

impl Record for CustomTypeRecord {
    const KIND: &'static str = "ssm.custom_type";
    const FORMAT: u32 = 1;
}

/// A deletion of inventory. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRecord {
    /// The type that is deleted.
    pub type_name: String,
    /// What makes a repetition of the call known.
    pub client_token: Option<String>,
    /// When it was asked for: what is told later stays.
    pub started: Timestamp,
    /// When something was last done.
    pub updated: Timestamp,
    /// How many hosts had the type, by the version of its schema.
    pub counts: BTreeMap<String, i32>,
    /// On how many it is still to be deleted.
    pub remaining: BTreeMap<String, i32>,
    /// Whether all of it is done.
    pub is_complete: bool,
}

impl Record for DeletionRecord {
    const KIND: &'static str = "ssm.inventory_deletion";
    const FORMAT: u32 = 1;
}

/// What is said of how a host complies. The key is `INSTANCE/TYPE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComplianceRecord {
    /// `ExecutionTime`
    pub execution_time: Timestamp,
    /// `ExecutionId`
    pub execution_id: Option<String>,
    /// `ExecutionType`
    pub execution_type: Option<String>,
    /// `ItemContentHash`
    pub content_hash: Option<String>,
    /// What is complied with and what is not, in the order of their ids.
    pub items: Vec<ComplianceItem>,
}

impl Record for ComplianceRecord {
    const KIND: &'static str = "ssm.compliance";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// Something that a host complies with or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is the member of ComplianceItemEntry that it is named after")]
pub struct ComplianceItem {
    pub id: String,
    pub title: Option<String>,
    pub severity: String,
    pub status: String,
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}
