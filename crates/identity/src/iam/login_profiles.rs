//! Login profiles and whose they are.

use api::iam::{errors, types};
use api::{CallContext, Principal, ServiceError};
use base::AccountId;
use store::catalog::{Key, Transaction, Versioned};

use super::Iam;
use super::change::touch;
use super::find::user_name;
use crate::password;
use crate::record::{LoginProfile, PasswordPolicy, User};
use crate::secrets::Secret;

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

/// Refuses a new password that the account's policy, or AWS where there is none, does not take. `present` is what it
/// takes the place of. Policies are for users: root's passwords are held against AWS's rules alone (documented).
pub(crate) async fn ensure_acceptable(
    iam: &Iam,
    cx: &CallContext,
    holder: &Holder,
    present: Option<&LoginProfile>,
    password: &Secret,
) -> Result<(), ServiceError> {
    let policy =
        holder.user.as_ref().and_then(|_| iam.catalog.get::<PasswordPolicy>(&PasswordPolicy::key(cx.account())));
    let policy = policy.as_ref().map(|found| found.value.as_ref());
    password::check(password.expose(), policy)?;
    let Some((count, present)) = policy.and_then(|policy| policy.reuse_prevention).zip(present) else { return Ok(()) };
    let name = seal_name(cx.account(), &holder.key.name);
    for hash in present.last(count) {
        if iam.passwords.matches(password, Some(hash), &name).await {
            return password::violation(format!("Password should be none of the last {count}"));
        }
    }
    Ok(())
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
