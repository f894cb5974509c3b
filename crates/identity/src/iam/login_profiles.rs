//! Login profiles and whose they are.

use api::iam::{errors, types};
use api::{CallContext, Principal, ServiceError};
use base::AccountId;
use store::catalog::{Key, Transaction, Versioned};

use super::Iam;
use super::change::touch;
use super::find::user_name;
use crate::record::{LoginProfile, User};

/// The key of root's login profile; users' have their unique ids.
pub(crate) const ROOT: &str = "root";

/// Whose login profile a request means.
pub(crate) struct Holder {
    /// The profile's key.
    pub(crate) key: Key,
    /// The name, for answers and errors.
    pub(crate) name: String,
    user: Option<(Key, Versioned<User>)>,
}

/// What a password's hash is sealed under.
pub(crate) fn seal_name(account: &AccountId, key: &str) -> String {
    format!("login profile {account}/{key}")
}

/// The user that is named, or the caller. Root means itself; in AWS it must act through `AssumeRoot` for that, which is
/// not there.
pub(crate) fn holder(iam: &Iam, cx: &CallContext, given: Option<String>) -> Result<Holder, ServiceError> {
    if given.is_none() && matches!(cx.principal, Principal::Root { .. }) {
        return Ok(Holder { key: Key::global(cx.account(), ROOT), name: ROOT.to_owned(), user: None });
    }
    let (key, user) = iam.find::<User>(cx, &user_name(cx, given)?)?;
    let name = user.value.name.clone();
    Ok(Holder { key: Key::global(cx.account(), user.value.id.as_str()), name, user: Some((key, user)) })
}

/// The holder's login profile.
pub(crate) fn existing(iam: &Iam, holder: &Holder) -> Result<Versioned<LoginProfile>, ServiceError> {
    iam.catalog.get::<LoginProfile>(&holder.key).ok_or_else(|| {
        errors::no_such_entity_exception(format!("Login Profile for User {} cannot be found.", holder.name))
    })
}

impl Holder {
    /// Has the change fail where the user is deleted meanwhile.
    pub(crate) fn hold(&self, transaction: &mut Transaction) {
        if let Some((key, user)) = &self.user {
            touch(transaction, key.clone(), user);
        }
    }
}

/// A login profile as answers give it.
pub(crate) fn shape(holder: &Holder, profile: &LoginProfile) -> types::LoginProfile {
    types::LoginProfile {
        user_name: holder.name.clone(),
        create_date: profile.created,
        password_reset_required: Some(profile.reset_required),
    }
}
