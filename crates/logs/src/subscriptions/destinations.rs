//! Logical destinations: names for streams, which other accounts may subscribe to (logs.md §5.4).

use api::ServiceError;
use api::logs::{errors, types};
use base::{AccountId, Arn, Region, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

use super::target::Target;
use crate::groups;
use crate::tagged::Tagged;
use crate::tags::Tags;

/// A destination. The key is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DestinationRecord {
    /// The stream.
    pub(crate) target_arn: String,
    /// The role that was named.
    pub(crate) role_arn: String,
    /// Who may subscribe.
    pub(crate) policy: Option<String>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, String)>,
    /// When it was first put.
    pub(crate) created: Timestamp,
}

impl Record for DestinationRecord {
    const KIND: &'static str = "logs.destination";
    const FORMAT: u32 = 1;
}

impl Tagged for DestinationRecord {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// The ARN of a destination.
pub(crate) fn destination_arn(scope: &Scope, name: &str) -> String {
    groups::arn_of(scope, &format!("destination:{name}"))
}

/// The destination of this name.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(crate) fn destination(
    catalog: &Catalog,
    scope: &Scope,
    name: &str,
) -> Result<Versioned<DestinationRecord>, ServiceError> {
    let absent = || errors::resource_not_found_exception("The specified destination does not exist.");
    catalog.get(&Key::regional(&scope.account, &scope.region, name)).ok_or_else(absent)
}

/// A logical destination, and whose it is.
pub(crate) type Logical = (Scope, Versioned<DestinationRecord>);

/// The record and owner of the destination with this ARN.
fn of_arn(catalog: &Catalog, arn: &str) -> Option<Logical> {
    let parsed: Arn = arn.parse().ok()?;
    let name = parsed.resource.strip_prefix("destination:").filter(|_| parsed.service == "logs")?;
    let (account, region): (AccountId, Region) = (parsed.account.parse().ok()?, parsed.region.parse().ok()?);
    let scope = Scope { account, region };
    let found = catalog.get(&Key::regional(&scope.account, &scope.region, name))?;
    Some((scope, found))
}

/// Where a subscription's destination leads in the end; with the logical destination on the way, and whose that is.
pub(crate) fn resolve(catalog: &Catalog, destination: &str) -> Option<(Target, Option<Logical>)> {
    match Target::parse(destination) {
        Some(target) => Some((target, None)),
        None => {
            let (owner, found) = of_arn(catalog, destination)?;
            let target = Target::parse(&found.value.target_arn)?;
            Some((target, Some((owner, found))))
        }
    }
}

/// What DescribeDestinations gives of it.
pub(crate) fn described(scope: &Scope, name: &str, record: &DestinationRecord) -> types::Destination {
    types::Destination {
        destination_name: Some(name.to_owned()),
        target_arn: Some(record.target_arn.clone()),
        role_arn: Some(record.role_arn.clone()),
        access_policy: record.policy.clone(),
        arn: Some(destination_arn(scope, name)),
        creation_time: Some(record.created.millis()),
    }
}
