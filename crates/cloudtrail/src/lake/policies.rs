//! Policies of event data stores and channels: what other accounts may do with them (cloudtrail.md §7.4, §9.3).

mod check;

use std::sync::Arc;

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use base::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction};

use super::channels::{self, ChannelRecord};
use super::stores::{self, EventDataStoreRecord};

pub(crate) use check::check;

/// The policy of a store or a channel. The key is its account and region, and what its ARN ends in: its kind and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourcePolicyRecord {
    /// The policy as it was given.
    pub(crate) policy: String,
}

impl Record for ResourcePolicyRecord {
    const KIND: &'static str = "cloudtrail.resource_policy";
    const FORMAT: u32 = 1;
}

/// What has a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EventDataStore,
    Channel,
}

impl Kind {
    /// What stands before the id in an ARN.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::EventDataStore => stores::RESOURCE,
            Self::Channel => channels::RESOURCE,
        }
    }
}

/// Something that has a policy, or can have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) kind: Kind,
    pub(crate) scope: Scope,
    pub(crate) id: String,
    /// Its record's.
    version: u64,
}

impl Resource {
    pub(crate) fn arn(&self) -> String {
        super::arn(&self.scope, self.kind.resource(), &self.id)
    }

    pub(crate) fn key(&self) -> Key {
        key(&self.scope, self.kind.resource(), &self.id)
    }

    /// Lets a transaction fail when the resource was changed or deleted since it was found.
    pub(crate) fn expect_there(&self, transaction: &mut Transaction) {
        let key = Key::regional(&self.scope.account, &self.scope.region, &*self.id);
        match self.kind {
            Kind::EventDataStore => {
                transaction.check::<EventDataStoreRecord>(key, Expect::Version(self.version));
            }
            Kind::Channel => {
                transaction.check::<ChannelRecord>(key, Expect::Version(self.version));
            }
        }
    }
}

/// The caller's resource of an ARN.
///
/// # Errors
/// `ResourceARNNotValidException`, `ResourceTypeNotSupportedException`, `ResourceNotFoundException`
pub(crate) fn resource(catalog: &Catalog, cx: &CallContext, arn: &str) -> Result<Resource, ServiceError> {
    let invalid = || errors::resource_arn_not_valid_exception(format!("The ARN {arn} is not valid."));
    let parsed: Arn = arn.parse().map_err(|_| invalid())?;
    if parsed.service != "cloudtrail" {
        return Err(invalid());
    }
    let kinds = [Kind::EventDataStore, Kind::Channel];
    let Some(kind) = kinds.into_iter().find(|kind| parsed.resource.starts_with(kind.resource())) else {
        let message = format!("This server has policies for event data stores and channels, and not for {arn}.");
        return Err(errors::resource_type_not_supported_exception(message));
    };
    let (scope, id) = super::parse(cx, kind.resource(), arn).ok_or_else(invalid)?;
    let version = match kind {
        _ if scope != cx.scope() => None,
        Kind::EventDataStore => {
            stores::at(catalog, &scope, &id).filter(|store| store.record.deleted.is_none()).map(|store| store.version)
        }
        Kind::Channel => channels::at(catalog, &scope, &id).map(|channel| channel.version),
    };
    match version {
        Some(version) => Ok(Resource { kind, scope, id, version }),
        None => Err(errors::resource_not_found_exception(format!("The resource {arn} does not exist."))),
    }
}

/// No policy is there.
pub(crate) fn not_found(resource: &Resource) -> ServiceError {
    errors::resource_policy_not_found_exception(format!("The resource {} has no policy.", resource.arn()))
}

/// The policy of a resource, for the engine.
pub(crate) fn of(catalog: &Catalog, scope: &Scope, resource: &str, id: &str) -> Option<Arc<str>> {
    Some(catalog.get::<ResourcePolicyRecord>(&key(scope, resource, id))?.value.policy.as_str().into())
}

/// Removes the policy of what is deleted.
pub(crate) fn remove(catalog: &Catalog, scope: &Scope, resource: &str, id: &str, transaction: &mut Transaction) {
    let key = key(scope, resource, id);
    if let Some(found) = catalog.get::<ResourcePolicyRecord>(&key) {
        transaction.delete::<ResourcePolicyRecord>(key, found.version);
    }
}

fn key(scope: &Scope, resource: &str, id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, format!("{resource}{id}"))
}
