//! Finding users, groups, roles and policies by what callers name them.

use api::iam::errors;
use api::{CallContext, Principal, ServiceError};
use base::Arn;
use store::catalog::{Key, Record, Versioned};

use super::Iam;
use crate::managed::{self, AwsPolicy};
use crate::record::{Holder, Policy, PolicyRef, key};

/// Users an account can have (default quota).
pub(crate) const USERS_MAX: usize = 5000;
/// Groups an account can have (default quota).
pub(crate) const GROUPS_MAX: usize = 300;
/// Roles an account can have (default quota).
pub(crate) const ROLES_MAX: usize = 1000;
/// Managed policies an account can have (default quota).
pub(crate) const POLICIES_MAX: usize = 1500;

/// A managed policy that exists.
pub(crate) enum Found {
    /// One of AWS's.
    Aws(&'static AwsPolicy),
    /// One of the account's own.
    Own(Key, Versioned<Policy>),
}

impl Iam {
    /// The user, group or role of this name.
    pub(crate) fn find<H: Holder>(&self, cx: &CallContext, name: &str) -> Result<(Key, Versioned<H>), ServiceError> {
        let key = key(cx.account(), name);
        match self.catalog.get::<H>(&key) {
            Some(found) => Ok((key, found)),
            None => Err(errors::no_such_entity_exception(format!("The {} with name {name} cannot be found.", H::NOUN))),
        }
    }

    /// All users, groups or roles under a path, by name.
    pub(crate) fn list<H: Holder>(&self, cx: &CallContext, path_prefix: Option<&str>) -> Vec<(String, Versioned<H>)> {
        let mut all = self.catalog.list::<H>(cx.account(), None);
        all.retain(|(_, found)| path_prefix.is_none_or(|prefix| found.value.path().starts_with(prefix)));
        all
    }

    /// Refuses another record where an account already has as many as it can have.
    pub(crate) fn ensure_room<R: Record>(&self, cx: &CallContext, quota: &str, max: usize) -> Result<(), ServiceError> {
        if self.catalog.list::<R>(cx.account(), None).len() < max {
            return Ok(());
        }
        Err(errors::limit_exceeded_exception(format!("Cannot exceed quota for {quota}: {max}")))
    }

    /// The managed policy that an ARN names, if there is one.
    pub(crate) fn policy(&self, cx: &CallContext, arn: &str) -> Result<Option<Found>, ServiceError> {
        let invalid = || errors::invalid_input_exception(format!("ARN {arn} is not valid."));
        let parsed: Arn = arn.parse().map_err(|_| invalid())?;
        if parsed.service != "iam" || !parsed.resource.starts_with("policy/") {
            return Err(invalid());
        }
        Ok(match PolicyRef::from_arn(arn, cx.account()) {
            Some(PolicyRef::Aws(name)) => managed::find(&name).map(Found::Aws),
            Some(PolicyRef::Account(name)) => {
                let key = key(cx.account(), &name);
                let found = self.catalog.get::<Policy>(&key);
                let named = |found: &Versioned<Policy>| {
                    let Policy { path, name, .. } = found.value.as_ref();
                    parsed.resource == format!("policy{path}{name}")
                };
                found.filter(named).map(|found| Found::Own(key, found))
            }
            None => None,
        })
    }

    /// The managed policy that an ARN names.
    pub(crate) fn existing_policy(&self, cx: &CallContext, arn: &str) -> Result<Found, ServiceError> {
        self.policy(cx, arn)?.ok_or_else(|| policy_not_found(arn))
    }

    /// A policy of the account's own; AWS's cannot be changed.
    pub(crate) fn own_policy(
        &self,
        cx: &CallContext,
        arn: &str,
        action: &str,
    ) -> Result<(Key, Versioned<Policy>), ServiceError> {
        match self.existing_policy(cx, arn)? {
            Found::Own(key, found) => Ok((key, found)),
            Found::Aws(_) => {
                Err(crate::authenticator::access_denied(cx, &format!("iam:{action}"), &format!("policy {arn}"), ""))
            }
        }
    }
}

pub(crate) fn policy_not_found(arn: &str) -> ServiceError {
    errors::no_such_entity_exception(format!("Policy {arn} was not found."))
}

/// The name given, or the caller's own when none is; root and roles have none.
pub(crate) fn user_name(cx: &CallContext, given: Option<String>) -> Result<String, ServiceError> {
    match (given, &cx.principal) {
        (Some(name), _) => Ok(name),
        (None, Principal::User { name, .. }) => Ok(name.clone()),
        (None, _) => Err(ServiceError::validation("Must specify userName when calling with non-User credentials")),
    }
}
