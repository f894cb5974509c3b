//! Access keys and whose they are.

use std::sync::Arc;

use api::iam::errors;
use api::{CallContext, Principal, ServiceError};
use store::catalog::{Key, Versioned};

use super::Iam;
use super::find::user_name;
use crate::record::{AccessKey, Owner, User, key};

/// Access keys one user, or root, can have (fixed quota).
pub(crate) const PER_USER_MAX: usize = 2;

/// The owner that a request means, by name or as the caller, and its name for answers.
pub(crate) fn owner(iam: &Iam, cx: &CallContext, given: Option<String>) -> Result<(Owner, String), ServiceError> {
    if given.is_none() && matches!(cx.principal, Principal::Root { .. }) {
        return Ok((Owner::Root, owner_name(iam, cx, &Owner::Root)));
    }
    let (key, user) = iam.find::<User>(cx, &user_name(cx, given)?)?;
    Ok((Owner::User(key.name), user.value.name.clone()))
}

/// The owner's name as answers give it. Root has none; it is `root` here.
pub(crate) fn owner_name(iam: &Iam, cx: &CallContext, owner: &Owner) -> String {
    match owner {
        Owner::Root => "root".to_owned(),
        Owner::User(name) => match iam.catalog.get::<User>(&key(cx.account(), name)) {
            Some(user) => user.value.name.clone(),
            None => name.clone(),
        },
    }
}

/// All access keys of an owner, by id.
pub(crate) fn of(iam: &Iam, cx: &CallContext, owner: &Owner) -> Vec<(String, Arc<AccessKey>)> {
    let all = iam.catalog.list::<AccessKey>(cx.account(), None);
    all.into_iter().map(|(id, found)| (id, found.value)).filter(|(_, found)| found.owner == *owner).collect()
}

/// The access key of this id, which must be of the user that is named, or else the caller's own.
pub(crate) fn find(
    iam: &Iam,
    cx: &CallContext,
    given: Option<String>,
    id: &str,
) -> Result<(Key, Versioned<AccessKey>), ServiceError> {
    let (owner, _) = owner(iam, cx, given)?;
    let key = Key::global(cx.account(), id);
    let found = iam.catalog.get::<AccessKey>(&key).filter(|found| found.value.owner == owner);
    found.map(|found| (key, found)).ok_or_else(|| not_found(id))
}

pub(crate) fn not_found(id: &str) -> ServiceError {
    errors::no_such_entity_exception(format!("The Access Key with id {id} cannot be found."))
}

pub(crate) fn no_user(name: &str) -> ServiceError {
    errors::no_such_entity_exception(format!("The user with name {name} cannot be found."))
}
