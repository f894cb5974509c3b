//! The records of conformance packs.

use api::ServiceError;
use api::config::{errors, types};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Versioned};

use crate::aggregators::arn;
use crate::tags::Tags;

/// The service that puts the rules of packs.
pub(crate) const CREATED_BY: &str = "config-conforms.amazonaws.com";

/// A conformance pack. The key's name is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackRecord {
    pub(crate) name: String,
    /// Nine letters or digits; its ARN and the names of its rules end with them.
    pub(crate) id: String,
    /// What the ARN of its stack ends with.
    pub(crate) stack_id: String,
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) delivery_bucket: Option<String>,
    pub(crate) delivery_prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Tags,
    pub(crate) state: PackState,
    /// The rules that were put for it, by name.
    pub(crate) rules: Vec<PackRule>,
    /// When it was last put, or was to be removed.
    pub(crate) requested: Timestamp,
    pub(crate) completed: Option<Timestamp>,
}

impl Record for PackRecord {
    const KIND: &'static str = "config.conformance_pack";
    const FORMAT: u32 = 1;
}

/// A rule that was put for a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackRule {
    pub(crate) name: String,
    /// The rule's id.
    pub(crate) id: String,
}

/// How far a pack is (updates have the same words as creations).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PackState {
    Creating,
    Created,
    CreateFailed { reason: String },
    Deleting,
}

/// The template of a pack, apart from it for its size. The key's name is the pack's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackTemplateRecord {
    pub(crate) text: String,
}

impl Record for PackTemplateRecord {
    const KIND: &'static str = "config.conformance_pack_template";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// The key of a pack, and of its template.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The pack of this name.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, name: &str) -> Option<Versioned<PackRecord>> {
    catalog.get(&key(scope, name))
}

/// The pack of this name.
///
/// # Errors
/// `NoSuchConformancePackException`
pub(crate) fn named(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<PackRecord>, ServiceError> {
    find(catalog, scope, name).ok_or_else(|| {
        let message = format!("Could not find a ConformancePack for given request with resourceName {name}");
        errors::no_such_conformance_pack_exception(message)
    })
}

/// All packs of an account and region, by name.
pub(crate) fn all(catalog: &Catalog, scope: &Scope) -> Vec<Versioned<PackRecord>> {
    let found = catalog.list::<PackRecord>(&scope.account, Some(&scope.region));
    found.into_iter().map(|(_, found)| found).collect()
}

impl PackRecord {
    /// `conformance-pack-` and the id.
    pub(crate) fn pack_id(&self) -> String {
        format!("conformance-pack-{}", self.id)
    }

    /// The pack's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        arn(scope, format!("conformance-pack/{}/{}", self.name, self.pack_id()))
    }

    /// The name that a rule of the template has once it is put.
    pub(crate) fn rule_name(&self, name: &str) -> String {
        format!("{name}-{}", self.pack_id())
    }

    /// Whether something is still to be done for it, in which it must not be disturbed.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.state, PackState::Creating | PackState::Deleting)
    }

    /// The bucket that its template is to be stored in, if there is to be one, and the key there, which is ours: AWS does
    /// not say its own.
    pub(crate) fn delivery(&self, scope: &Scope) -> Option<(&str, String)> {
        let bucket = self.delivery_bucket.as_deref().filter(|bucket| !bucket.is_empty())?;
        let prefix = self.delivery_prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let prefix = prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let (Scope { account, region }, name, id) = (scope, &self.name, self.pack_id());
        Some((bucket, format!("{prefix}AWSLogs/{account}/Config/{region}/ConformancePacks/{name}/{id}.yaml")))
    }

    /// `ConformancePackDetail`
    pub(crate) fn to_api(&self, scope: &Scope) -> types::ConformancePackDetail {
        let input = |(name, value): &(String, String)| types::ConformancePackInputParameter {
            parameter_name: name.clone(),
            parameter_value: value.clone(),
        };
        types::ConformancePackDetail {
            conformance_pack_name: self.name.clone(),
            conformance_pack_arn: self.arn(scope),
            conformance_pack_id: self.pack_id(),
            delivery_s3_bucket: self.delivery_bucket.clone(),
            delivery_s3_key_prefix: self.delivery_prefix.clone(),
            conformance_pack_input_parameters: Some(self.inputs.iter().map(input).collect()),
            last_update_requested_time: Some(self.requested),
            created_by: None,
            template_ssm_document_details: None,
        }
    }

    /// `ConformancePackStatusDetail`
    pub(crate) fn to_status(&self, scope: &Scope) -> types::ConformancePackStatusDetail {
        let (state, reason) = match &self.state {
            PackState::Creating => (types::ConformancePackState::CreateInProgress, None),
            PackState::Created => (types::ConformancePackState::CreateComplete, None),
            PackState::CreateFailed { reason } => (types::ConformancePackState::CreateFailed, Some(reason.clone())),
            PackState::Deleting => (types::ConformancePackState::DeleteInProgress, None),
        };
        let Scope { account, region } = scope;
        let partition = region.partition().as_str();
        types::ConformancePackStatusDetail {
            conformance_pack_name: self.name.clone(),
            conformance_pack_id: self.pack_id(),
            conformance_pack_arn: self.arn(scope),
            conformance_pack_state: state,
            stack_arn: format!(
                "arn:{partition}:cloudformation:{region}:{account}:stack/awsconfigconforms-{}-{}/{}",
                self.name,
                self.pack_id(),
                self.stack_id
            ),
            conformance_pack_status_reason: reason,
            last_update_requested_time: self.requested,
            last_update_completed_time: self.completed,
        }
    }
}
