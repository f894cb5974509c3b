//! How users sign in, as the server's IAM tells it.

use std::collections::BTreeMap;

use api::Service;
use base::{Scope, Timestamp};
use config::ports::PortError;
use config::rule::{AccessKey, SecretUse, UserCredentials};
use wire::value::Value;

use crate::own_resources::OwnServices;

/// Those of all users of an account, by name. Users that go meanwhile are left out.
pub(super) async fn of_all_users(
    own: &OwnServices,
    iam: &dyn Service,
    scope: &Scope,
) -> Result<BTreeMap<String, UserCredentials>, PortError> {
    let mut all = BTreeMap::new();
    for user in own.all_pages(iam, scope, ("ListUsers", "Users", "Marker"), &[]).await? {
        let Some(name) = user.get("UserName").and_then(Value::as_str) else { continue };
        match of_user(own, iam, scope, &user, name).await {
            Ok(credentials) => drop(all.insert(name.to_owned(), credentials)),
            Err(error) if error.code == "NoSuchEntity" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn of_user(
    own: &OwnServices,
    iam: &dyn Service,
    scope: &Scope,
    user: &Value,
    name: &str,
) -> Result<UserCredentials, PortError> {
    let named = || ("UserName", Value::String(name.to_owned()));
    let password = match own.call(iam, scope, "GetLoginProfile", vec![named()]).await {
        Ok(answer) => answer.get("LoginProfile").and_then(|profile| {
            let made = time(profile.get("CreateDate"))?;
            Some(SecretUse { made, used: time(user.get("PasswordLastUsed")) })
        }),
        Err(error) if error.code == "NoSuchEntity" => None,
        Err(error) => return Err(error),
    };
    let devices = own.all_pages(iam, scope, ("ListMFADevices", "MFADevices", "Marker"), &[named()]).await?;
    let mut access_keys = Vec::new();
    for key in own.all_pages(iam, scope, ("ListAccessKeys", "AccessKeyMetadata", "Marker"), &[named()]).await? {
        let text = |member| key.get(member).and_then(Value::as_str).unwrap_or_default();
        let (id, Some(made)) = (text("AccessKeyId"), time(key.get("CreateDate"))) else { continue };
        let asked = vec![("AccessKeyId", Value::String(id.to_owned()))];
        let used = own.call(iam, scope, "GetAccessKeyLastUsed", asked).await?;
        let used = used.get("AccessKeyLastUsed").and_then(|used| time(used.get("LastUsedDate")));
        access_keys.push(AccessKey {
            id: id.to_owned(),
            is_active: text("Status") == "Active",
            secret: SecretUse { made, used },
        });
    }
    Ok(UserCredentials { password, mfa_devices: devices.len(), access_keys })
}

fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value {
        Some(Value::Timestamp(time)) => Some(*time),
        _ => None,
    }
}
